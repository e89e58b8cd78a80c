/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/tally.h"

#include <string.h>

#include "daemon/unit/operation.h"
#include "lib/clock.h"
#include "lib/macro.h"

const uint64_t tally_bounds_usec[TALLY_BUCKETS - 1] = {10,     100,	1000,	 10000,
						       100000, 1000000, 10000000};

static void count_result(struct tally *tally, const char *operation, enum outcome outcome)
{
	struct tally_result *result = tally->results;
	struct tally_result *end = result + tally->result_count;

	while (result < end &&
	       (strcmp(result->operation, operation) != 0 || result->outcome != outcome))
		result++;
	if (result == end) {
		if (tally->result_count == TALLY_RESULTS_MAX)
			return;
		tally->result_count++;
		*result = (struct tally_result){.operation = operation, .outcome = outcome};
	}
	result->count++;
}

static struct tally_phase *find_phase(struct tally *tally, const char *name)
{
	struct tally_phase *phase = tally->phases;
	struct tally_phase *end = phase + tally->phase_count;

	while (phase < end && strcmp(phase->name, name) != 0)
		phase++;
	if (phase < end)
		return phase;
	if (tally->phase_count == TALLY_PHASES_MAX)
		return NULL;
	tally->phase_count++;
	*phase = (struct tally_phase){.name = name};
	return phase;
}

static void count_phase(struct tally *tally, const char *name, uint64_t usec)
{
	struct tally_phase *phase = find_phase(tally, name);
	size_t bucket = 0;

	if (!phase)
		return;
	while (bucket < ARRAY_SIZE(tally_bounds_usec) && usec > tally_bounds_usec[bucket])
		bucket++;
	phase->buckets[bucket]++;
	phase->count++;
	phase->sum_usec += usec;
}

void tally_add(struct tally *tally, const struct operation *operation, enum outcome outcome)
{
	count_result(tally, operation->kind->name, outcome);
	for (size_t i = 0; i < operation->phase_count; i++)
		count_phase(tally, operation->phases[i].name, operation_phase_usec(operation, i));
	tally->last = (struct tally_last){.operation = operation->kind->name,
					  .outcome = outcome,
					  .end_usec = clock_now_usec(CLOCK_REALTIME),
					  .usec = operation->end_usec - operation->begin_usec};
}
