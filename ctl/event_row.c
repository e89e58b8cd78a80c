/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/event_row.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "ctl/output.h"
#include "lib/clock.h"
#include "lib/macro.h"
#include "lib/str.h"

/* What a line begins with; in a row it has its own place, or is not shown. */
static const char *const heads[] = {"unit", "generation", "type", "cpu", "time", "number"};

static const char *text_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

/* Nanoseconds of CLOCK_MONOTONIC as local time. */
static void put_time(FILE *out, const json_t *event)
{
	const char *text = text_of(event, "time");
	uint64_t nsec, usec;
	char clock_text[16] = "-";
	struct tm local;
	time_t seconds;

	if (!text || str_to_u64(text, &nsec) < 0) {
		fprintf(out, "%-15s", clock_text);
		return;
	}
	usec = clock_now_usec(CLOCK_REALTIME) - clock_now_usec(CLOCK_MONOTONIC) + nsec / 1000;
	seconds = (time_t)(usec / 1000000);
	if (localtime_r(&seconds, &local))
		(void)strftime(clock_text, sizeof(clock_text), "%H:%M:%S", &local);
	fprintf(out, "%s.%06" PRIu64, clock_text, usec % 1000000);
}

static bool is_head(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (strcmp(heads[i], key) == 0)
			return true;
	return false;
}

static void put_fields(FILE *out, json_t *event)
{
	const char *key;
	json_t *value;

	json_object_foreach (event, key, value) {
		if (is_head(key))
			continue;
		fputs("  ", out);
		output_text(out, key);
		putc('=', out);
		output_value(out, value, OUTPUT_TEXT);
	}
}

static void put_event(FILE *out, struct event_rows *rows, json_t *event)
{
	const char *type = text_of(event, "type");
	int width;

	put_time(out, event);
	fprintf(out, "  cpu %-3" JSON_INTEGER_FORMAT "  ",
		json_integer_value(json_object_get(event, "cpu")));
	type = type ? type : "-";
	rows->type_width = MAX(rows->type_width, strlen(type));
	width = (int)rows->type_width;
	fprintf(out, "%-*s", width, type);
	put_fields(out, event);
	putc('\n', out);
}

void event_row(FILE *out, struct event_rows *rows, const char *line, size_t length)
{
	cleanup_json json_t *event = json_loadb(line, length, 0, NULL);
	const json_t *lost = json_object_get(event, "lost");

	if (!event)
		fprintf(out, "%.*s\n", (int)length, line);
	else if (json_is_integer(lost) && !json_object_get(event, "generation"))
		fprintf(out,
			"-- %" JSON_INTEGER_FORMAT " events are lost: they came faster than "
			"they were read\n",
			json_integer_value(lost));
	else
		put_event(out, rows, event);
}
