/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tally FILE TYPE FIELD: reads a sink of JSON lines and counts the events of one type by the number
 * that their generator gave them: FIELD itself, or what follows its last '/'. Prints one line of
 *   received=N duplicated=N again=N torn=N highest=N
 * received: different numbers. duplicated: numbers seen before, in lines that do not say "again".
 * again: lines that say so. torn: lines that are no JSON, as a kill in the middle of a write
 * leaves.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/str.h"

struct tally {
	uint64_t received, duplicated, again, torn, highest;
	bool *seen;
	uint64_t room;
};

static bool mark_seen(struct tally *tally, uint64_t number)
{
	bool before;

	if (number >= tally->room) {
		uint64_t room = 2 * number + 1024;

		tally->seen = realloc(tally->seen, room);
		if (!tally->seen)
			exit(1);
		memset(tally->seen + tally->room, 0, room - tally->room);
		tally->room = room;
	}
	before = tally->seen[number];
	tally->seen[number] = true;
	return before;
}

static bool number_of(const json_t *value, uint64_t *ret)
{
	const char *text = json_string_value(value), *slash;

	if (json_is_integer(value)) {
		*ret = (uint64_t)json_integer_value(value);
		return true;
	}
	if (!text)
		return false;
	slash = strrchr(text, '/');
	return str_to_u64(slash ? slash + 1 : text, ret) == 0;
}

static void take_event(struct tally *tally, const json_t *event, const char *field)
{
	bool again = json_is_true(json_object_get(event, "again")), before;
	uint64_t number;

	if (!number_of(json_object_get(event, field), &number))
		return;
	before = mark_seen(tally, number);
	tally->received += !before;
	tally->again += again;
	tally->duplicated += before && !again;
	if (number > tally->highest)
		tally->highest = number;
}

static void take_line(struct tally *tally, const char *line, const char *type, const char *field)
{
	json_t *event = json_loads(line, 0, NULL);
	const char *of_type = json_string_value(json_object_get(event, "type"));

	if (!event)
		tally->torn++;
	else if (of_type && strcmp(of_type, type) == 0)
		take_event(tally, event, field);
	json_decref(event);
}

int main(int argc, char **argv)
{
	cleanup_fclose FILE *file = argc == 4 ? fopen(argv[1], "re") : NULL;
	cleanup_free char *line = NULL;
	struct tally tally = {0};
	size_t room = 0;

	if (!file) {
		(void)fputs("usage: tally FILE TYPE FIELD\n", stderr);
		return 2;
	}
	while (getline(&line, &room, file) > 0)
		take_line(&tally, line, argv[2], argv[3]);
	(void)printf("received=%" PRIu64 " duplicated=%" PRIu64 " again=%" PRIu64 " torn=%" PRIu64
		     " highest=%" PRIu64 "\n",
		     tally.received, tally.duplicated, tally.again, tally.torn, tally.highest);
	free(tally.seen);
	return 0;
}
