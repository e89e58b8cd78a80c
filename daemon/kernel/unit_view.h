/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the pins of one unit say, copied once and for all: for those who only look. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "daemon/kernel/manifest.h"
#include "daemon/kernel/swap.h"
#include "lib/outcome.h"

enum unit_view_state {
	UNIT_VIEW_IN_FORCE,
	UNIT_VIEW_UNFINISHED, /* no selector yet, or a first load that never came in force */
	UNIT_VIEW_UNREADABLE, /* a newer format or no selector at all: not ours to judge */
};

struct unit_view {
	enum unit_view_state state;
	struct failure failure; /* where it is unreadable: why */
	struct ebpfd_selector selector;
	bool has_selector;			       /* that was copied */
	struct manifest *banks[EBPFD_BANKS];	       /* NULL: the bank is empty, or … */
	struct failure manifest_failures[EBPFD_BANKS]; /* … text says why it cannot be read */
};

/*
 * Reads the selector and the manifests of both banks. What is wrong with them is in the view;
 * -EPERM or -EACCES with a failure where this process may not read pins, -ENOMEM.
 */
int unit_view_read(const struct unit_pins *pins, struct unit_view **ret,
		   struct failure *reterr_failure);
/* Accepts NULL; returns NULL. */
struct unit_view *unit_view_free(struct unit_view *view);

/* The active bank, or BANK_NONE. */
int unit_view_active(const struct unit_view *view);
/* Whether the selector names an operation: it is under way, or was cut short. */
bool unit_view_is_moving(const struct unit_view *view);

/*
 * Says that `path` cannot be read: who may, with OUTCOME_NOT_PERMITTED, where it is a matter of
 * permission; else why. Returns `err`.
 */
int unit_view_refuse(const char *path, int err, struct failure *reterr_failure);
