/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "config/attach_perf.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "lib/cleanup.h"

/* A verdict of 0 ends the matter; another one has the kernel write a sample, which nobody reads. */
static int perf_describe(const struct attach *attach, struct hook_type *ret,
			 struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_PERF_EVENT, .has_task = true};
	return 0;
}

static int refuse(const struct attach *attach, const struct perf_place *place, int err,
		  struct failure *reterr_failure)
{
	switch (err) {
	case -ENOENT:
	case -EOPNOTSUPP:
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"no event \"%s\" on this machine; perf list shows what there is, "
			"and virtual machines often have software events alone (cpu-clock)",
			attach->target);
	case -ENODEV:
		return failure_set(reterr_failure, OUTCOME_REFUSED, err, "no CPU %d that is online",
				   place->cpu);
	case -ESRCH:
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "no process %d; give cpu=N alone to have all of them",
				   place->pid);
	case -EINVAL:
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "the kernel takes no event \"%s\" with %s; a CPU may be beyond "
				   "those of the "
				   "machine, a frequency above kernel.perf_event_max_sample_rate",
				   attach->target, attach->detail);
	default:
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot open event \"%s\"", attach->target);
	}
}

static int perf_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	struct perf_event_attr attributes = {0};
	struct perf_place place = {0};
	cleanup_close int event = -1;
	int err = perf_place_parse(attach, &place);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "\"%s\"",
					 attach->detail);
	attributes.type = place.type;
	attributes.config = place.config;
	attributes.freq = place.by_frequency;
	attributes.sample_freq = place.sample;
	event = perf_event_open(&attributes, place.pid, place.cpu);
	if (event < 0)
		return refuse(attach, &place, event, reterr_failure);
	return perf_event_link(event, program_fd, reterr_failure);
}

const struct hook_operations hook_perf = {.describe = perf_describe, .attach = perf_attach};
