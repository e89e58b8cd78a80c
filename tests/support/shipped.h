/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shipped unit in a sandbox, from its own unit file in config/units.d, and the proof that it
 * counts right. The test's working folder is the root of the tree.
 *
 * Each account that comes out even is a line on stdout, which tests/units/run makes a row of:
 *   # row<TAB>UNIT<TAB>WHAT<TAB>RELOADS<TAB>COUNTED OUTSIDE<TAB>COUNTED BY THE UNIT<TAB>SKIPPED
 * SKIPPED: what is between both, for which the kernel counted skipped runs.
 */
#pragma once

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/support/sandbox.h"
#include "tests/support/supervisor.h"
#include "tests/support/traffic.h"

struct shipped {
	const char *name;
	struct supervisor supervisor;
	char sink[64]; /* the file that its Sink=file: names */
	unsigned reloads;
};

/* A text that the unit file has, and what the test wants there instead. */
struct shipped_change {
	const char *from;
	const char *to;
};

/*
 * Starts a daemon and loads the unit, with its object of this build, its sink in the sandbox and
 * with `changes`, up to one without `from`. Ends the test on an error.
 */
void shipped_load(struct shipped *shipped, const struct sandbox *sandbox, const char *name,
		  const struct shipped_change *changes);

/* Of the sandbox's cgroup, as records and settings have it. */
uint64_t shipped_cgroup_id(const struct sandbox *sandbox);

/* "target_cgroup=N", in a static buffer, for the sandbox's cgroup. */
const char *shipped_target_cgroup(const struct sandbox *sandbox);

/* Writes its unit file anew, for the next reload. */
void shipped_change(const struct shipped *shipped, const struct sandbox *sandbox,
		    const struct shipped_change *changes);

/*
 * Reloads it 20 times (100 times without QUICK=1), with traffic before and after each; no receipt
 * may tell of a loss.
 */
void shipped_reload(struct shipped *shipped, const struct traffic *traffic);

/* A kept map, by its name in the object. The caller closes it. */
int shipped_map(const struct shipped *shipped, const char *name);

/* A member of the struct in its kept per-CPU map "total", summed. */
#define SHIPPED_TOTAL(shipped, type, member) \
	shipped_total((shipped), sizeof(type), offsetof(type, member))

uint64_t shipped_total(const struct shipped *shipped, size_t size, size_t offset);

/* Runs of its programs that the kernel says it skipped (daemon/kernel/skipped.h). */
uint64_t shipped_skipped(const struct shipped *shipped);

/*
 * What both sides counted has to be the same, but for skipped runs: makes a row, or fails.
 * `outside` is never 0, since that would prove nothing.
 */
void shipped_account(const struct shipped *shipped, const char *what, uint64_t outside,
		     uint64_t counted);

/* Ends daemon and unit, wherever the test ended. */
void shipped_end(struct shipped *shipped);
