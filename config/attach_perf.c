/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/attach_perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/str.h"

/* Not a divisor of what timers run at, so that samples do not fall into step with them. */
#define DEFAULT_FREQUENCY 99

static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
	bool is_fast; /* counts time or cycles: one run for each would be too many */
} events[] = {
	{"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true},
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false},
	{"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, false},
	{"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, false},
	{"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, false},
	{"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, false},
	{"alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, false},
	{"emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, false},
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, true},
	{"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, true},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, true},
	{"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, true},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, true},
	{"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, true},
	{"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, true},
};

static int parse_event(const char *event, struct perf_place *place)
{
	const char *colon = strchr(event, ':');
	char type[16];
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (strcmp(event, events[i].name) == 0) {
			place->type = events[i].type;
			place->config = events[i].config;
			place->by_frequency = events[i].is_fast;
			place->sample = events[i].is_fast ? DEFAULT_FREQUENCY : 1;
			return 0;
		}
	if (!colon || str_format(type, sizeof(type), "%.*s", (int)MIN(colon - event, 16), event) ||
	    str_to_u64(type, &number) < 0 || number > UINT32_MAX ||
	    str_to_u64(colon + 1, &place->config) < 0)
		return -EINVAL;
	place->type = (uint32_t)number;
	place->by_frequency = true;
	place->sample = DEFAULT_FREQUENCY;
	return 0;
}

static int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	return str_to_u64(text, ret) < 0 || *ret < min || *ret > max ? -EINVAL : 0;
}

/* What has been given, each of them once. */
enum given { GIVEN_CPU = 1, GIVEN_PID = 2, GIVEN_SAMPLE = 4 };

static int parse_word(const char *word, struct perf_place *place, unsigned *given)
{
	unsigned is = GIVEN_SAMPLE;
	uint64_t number = 0;
	int err = -EINVAL;

	if (str_has_prefix(word, "cpu=", &word)) {
		err = parse_number(word, 0, INT32_MAX, &number);
		place->cpu = (int32_t)number;
		is = GIVEN_CPU;
	} else if (str_has_prefix(word, "pid=", &word)) {
		err = parse_number(word, 1, INT32_MAX, &number);
		place->pid = (int32_t)number;
		is = GIVEN_PID;
	} else if (str_has_prefix(word, "freq=", &word)) {
		err = parse_number(word, 1, INT32_MAX, &place->sample);
		place->by_frequency = true;
	} else if (str_has_prefix(word, "period=", &word)) {
		err = parse_number(word, 1, INT64_MAX, &place->sample);
		place->by_frequency = false;
	}
	if (err || (*given & is))
		return -EINVAL;
	*given |= is;
	return 0;
}

bool perf_event_is_valid(const char *event)
{
	struct perf_place place;

	return parse_event(event, &place) == 0;
}

int perf_place_parse(const struct attach *attach, struct perf_place *ret)
{
	struct perf_place place = {.cpu = -1, .pid = -1};
	char words[ATTACH_DETAIL_MAX], *rest = words;
	unsigned given = 0;
	int err = parse_event(attach->target, &place);

	if (!err)
		err = str_format(words, sizeof(words), "%s", attach->detail);
	while (!err && rest)
		err = parse_word(strsep(&rest, ","), &place, &given);
	if (err || !(given & (GIVEN_CPU | GIVEN_PID)))
		return -EINVAL;
	*ret = place;
	return 0;
}
