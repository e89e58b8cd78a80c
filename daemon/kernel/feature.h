/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel can do, found by trying it: backports make its version a poor witness. The one
 * place for such questions that are asked before, or apart from, doing the thing itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/attach.h"

/* In the order of the table in feature.c. */
enum feature {
	FEATURE_RING_BUFFER,
	FEATURE_XDP_LINK,
	FEATURE_TCX_LINK,
	FEATURE_NETKIT_LINK,
	FEATURE_TC_FILTER,
	FEATURE_PACKET_SOCKET,
	FEATURE_CGROUP_LINK,
	FEATURE_NETNS_LINK,
	FEATURE_RAW_TP,
	FEATURE_PERF_LINK,
	FEATURE_KPROBE,
	FEATURE_UPROBE,
	FEATURE_BTF,
	FEATURE_FENTRY,
	FEATURE_LSM,
	FEATURE_ITER,
	FEATURE_SLEEPABLE,
	FEATURE_SLEEPABLE_RING,
	FEATURE_SLEEPABLE_TAIL_CALL,
	FEATURE_ATOMIC_FETCH,
	FEATURE_COOKIE,
	FEATURE_FUNCTION_ADDRESS,
	FEATURE_SKIPPED_RUNS,
	FEATURE_MEMBARRIER,
	FEATURE_LANDLOCK,
	FEATURE_SECCOMP,
	FEATURE_MAX_,
};

struct feature_row {
	const char *name;  /* as people say it: "tcx links" */
	const char *how;   /* what was tried */
	const char *worse; /* what is reduced without it */
	bool (*probe)(void);
};

extern const struct feature_row feature_rows[FEATURE_MAX_];

/*
 * Whether it is there, for a process with all privileges; one without finds nothing. Attaches for a
 * moment at the loopback of the caller's network namespace, at a function that nothing calls, and,
 * a program that permits, at the question for a process group. Waits for grace periods.
 */
bool feature_probe(enum feature feature);

/*
 * Probes all in a child with a network namespace of its own. Returns 0, or a negative errno with
 * nothing in `ret`: -EPERM without privileges.
 */
int feature_probe_all(bool ret[FEATURE_MAX_]);

/* What hooks of a kind lean on, first what they cannot be attached without. */
struct feature_needs {
	enum feature features[3];
	size_t count;
};

const struct feature_needs *feature_needs_of(enum hook_kind kind);
