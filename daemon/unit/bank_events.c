/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/bank_events.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/events/counts.h"
#include "daemon/unit/section_terms.h"
#include "lib/cleanup.h"

/* What the programs counted; no CPUs where they have no counters. */
struct counted {
	struct ebpfd_counts *cpus;
	unsigned cpu_count;
	struct ebpfd_counts sum;
};

static void counted_deinit(struct counted *counted)
{
	free(counted->cpus);
}

static void counted_read(const struct bank *bank, struct counted *ret)
{
	*ret = (struct counted){0};
	if (bank->counts_fd < 0 ||
	    counts_read_cpus(bank->counts_fd, &ret->cpus, &ret->cpu_count) < 0)
		return;
	for (unsigned cpu = 0; cpu < ret->cpu_count; cpu++)
		counts_add(&ret->sum, &ret->cpus[cpu]);
}

static int add_consumed(struct stream *stream, void *data)
{
	uint64_t *sum = data;

	*sum += stream_consumed(stream);
	return 0;
}

uint64_t bank_consumed(const struct bank *bank)
{
	uint64_t sum = 0;

	(void)bank_for_each_stream(bank, add_consumed, &sum);
	return sum;
}

static const char *judge(const struct section_terms *sections, size_t count,
			 const struct counted *counted, bool quiet)
{
	uint64_t accounted = counted->sum.failed;
	bool partial = false;

	for (size_t i = 0; i < count; i++) {
		accounted += sections[i].consumed + sections[i].waiting;
		partial |= sections[i].partial;
	}
	if (!quiet)
		return "running";
	if (!counted->cpus || partial)
		return "unverified";
	return counted->sum.attempted == accounted ? "holds" : "broken";
}

static json_t *cpus_of(const struct bank_section *section, const struct counted *counted)
{
	json_t *cpus = json_array();

	for (unsigned cpu = 0; cpu < counted->cpu_count; cpu++) {
		const struct ebpfd_counts *counts = &counted->cpus[cpu];
		uint64_t consumed = 0;

		for (size_t i = 0; i < section->ring_count; i++)
			if (section->rings[i].stream)
				consumed += stream_consumed_on(section->rings[i].stream, cpu);
		if (counts->attempted || consumed)
			json_array_append_new(cpus, json_pack("{s:I, s:I, s:I, s:I}", "cpu",
							      (json_int_t)cpu, "attempted",
							      (json_int_t)counts->attempted,
							      "failed", (json_int_t)counts->failed,
							      "consumed", (json_int_t)consumed));
	}
	return cpus;
}

static json_t *section_events(const struct bank *bank, size_t index,
			      const struct section_terms *terms, const struct counted *counted,
			      const char *identity)
{
	const struct bank_section *section = &bank->sections[index];

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o*, s:I, s:s?, s:s, s:o}", "ring",
		bank->file->events[index].name, "rings", (json_int_t)section->ring_count,
		"generation", (json_int_t)bank->manifest->generation, "attempted",
		(json_int_t)counted->sum.attempted, "failed", (json_int_t)counted->sum.failed,
		"consumed", (json_int_t)terms->consumed, "again", (json_int_t)terms->again,
		"delivered", (json_int_t)section_delivered(section, terms), "dropped",
		(json_int_t)terms->dropped, "mismatched",
		section->check.kind == CHECK_NONE ? NULL
						  : json_integer((json_int_t)terms->mismatched),
		"in_ring", (json_int_t)terms->waiting, "ring_error",
		terms->error ? strerror(-terms->error) : NULL, "identity", identity, "cpus",
		cpus_of(section, counted));
}

json_t *bank_events(const struct bank *bank, bool quiet)
{
	CLEANUP(counted_deinit) struct counted counted;
	struct section_terms terms[EBPFD_RINGS_MAX];
	json_t *events = json_array();
	const char *identity;

	counted_read(bank, &counted);
	for (size_t i = 0; i < bank->section_count; i++)
		section_terms_read(&bank->sections[i], &terms[i]);
	identity = judge(terms, bank->section_count, &counted, quiet);
	for (size_t i = 0; i < bank->section_count; i++)
		json_array_append_new(events,
				      section_events(bank, i, &terms[i], &counted, identity));
	return events;
}
