/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit as the daemon sees it: a view of its directory in bpffs that can be rebuilt at any moment.
 * Also the set of all units, by name.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/events/audience.h"
#include "daemon/kernel/mapped.h"
#include "daemon/kernel/selector.h"
#include "daemon/kernel/swap.h"
#include "daemon/unit/bank.h"
#include "daemon/unit/context.h"
#include "daemon/unit/drift.h"
#include "daemon/unit/failed_units.h"
#include "daemon/unit/tally.h"

struct operation;
struct units;

struct unit {
	struct unit *next; /* by name */
	struct units *units;
	char name[UNIT_DIRECTORY_MAX];
	struct mapped selector; /* not mapped: the unit's first load is under way */
	struct mapped ledger;
	struct bank banks[EBPFD_BANKS];
	struct audience audience;
	struct operation *operation; /* under way, or NULL; owned by itself */
	uint64_t operation_number;   /* of the last one that began; 0: none did */
	struct drift drift;
	bool read_only; /* of a newer format: looked at, never touched */
	bool gone;	/* unloaded: its directory has another name by now */
	char *remark;	/* of the history, for status; or NULL */
	char *reason;	/* why the unit is degraded, or NULL */
	struct tally tally;
	json_t *last; /* receipt of the last operation, or {"error": …}, or NULL */
};

struct units {
	const struct context *context;
	struct unit *first;
	uint64_t operation_number; /* that began last, in any unit */
	struct audience leaving;   /* subscribers of unloaded units, which have not read all yet */
	struct failed_units failed;
	uint64_t failed_loads; /* of units that were not loaded before, since the start */
	size_t map_questions;  /* that wait for the waiter, see map_access.h */
	bool stopping;	       /* the daemon ends: no operation begins any more */
	bool collecting;       /* orphans are being removed: no operation begins meanwhile */
};

/* NULL if there is none of that name. */
struct unit *units_find(const struct units *units, const char *name);
/* A new unit with nothing open, in its place by name. NULL if memory is out. */
struct unit *units_add(struct units *units, const char *name);
/* Frees the unit and what it has open; touches nothing in bpffs. */
void units_remove(struct unit *unit);
void units_clear(struct units *units);
size_t units_count(const struct units *units);

/* Maps selector and ledger. */
int unit_open(struct unit *unit, struct failure *reterr_failure);

struct ebpfd_selector *unit_selector(const struct unit *unit);
/* The ledger of an open unit. */
int unit_ledger(const struct unit *unit, struct ledger *ret);

/* The active bank, or BANK_NONE. */
int unit_active(const struct unit *unit);
/* The bank that a rollback flips to, or BANK_NONE. */
int unit_former(const struct unit *unit);

struct unit_pins unit_pins(const struct unit *unit);

/* Whether something is wrong with it: `status` says what. */
bool unit_is_degraded(const struct unit *unit);
size_t units_count_degraded(const struct units *units);

/* Whether that is so with one of them, or one could not be loaded. */
bool units_are_degraded(const struct units *units);

/* Says why the unit is degraded; NULL: it is not any more. */
void unit_set_reason(struct unit *unit, const char *reason);
/* What people should know of the unit's history; NULL: nothing. */
void unit_set_remark(struct unit *unit, const char *remark);
