/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sink_lines.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* Patience while nothing comes: 20 s. */
#define STEPS	  400
#define STEP_USEC 50000

uint64_t sink_read(const char *path, void (*take)(const json_t *line, void *data), void *data)
{
	cleanup_fclose FILE *sink = fopen(path, "re");
	uint64_t lines = 0;
	char text[4096];

	while (sink && fgets(text, sizeof(text), sink)) {
		json_t *line = json_loads(text, 0, NULL);

		if (line) {
			lines++;
			take(line, data);
		}
		json_decref(line);
	}
	return lines;
}

static uint64_t count_lines(const char *path)
{
	cleanup_fclose FILE *sink = fopen(path, "re");
	uint64_t lines = 0;
	int byte;

	while (sink && (byte = getc_unlocked(sink)) != EOF)
		lines += byte == '\n';
	return lines;
}

uint64_t sink_wait(const char *path, uint64_t lines)
{
	uint64_t before = 0, now = count_lines(path);

	for (int i = 0; i < STEPS && now < lines; i++) {
		(void)usleep(STEP_USEC);
		before = now;
		now = count_lines(path);
		if (now != before)
			i = 0;
	}
	return now;
}
