/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generations that were in force, on disk, so that they can be had again after their files
 * were overwritten and after a reboot:
 *
 *   STATE/units/UNIT/N.json        a generation: time, digest, origin, text of its unit file
 *   STATE/units/UNIT/current.json  which one is in force; not there: the unit was unloaded
 *
 * Nothing here decides while bpffs has the unit: the record follows what the selector says. Files
 * are replaced as a whole. What cannot be read counts as not there.
 */
#pragma once

#include <jansson.h>
#include <linux/types.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "lib/str.h"

/* Strings are those of `json`. */
struct history_entry {
	json_t *json;
	uint32_t generation;
	uint64_t time_usec; /* CLOCK_REALTIME, when it was prepared */
	const char *digest; /* names the object in the store */
	const char *object; /* where the object came from */
	const char *file;   /* where the unit file came from */
	const char *config; /* text of the unit file */
	const char *how;    /* load, reload, rollback */
	uint32_t again;	    /* the generation that this one is again; 0: none */
	enum ebpfd_override override_;
	json_t *receipts; /* of what brought it in force, the first first; or NULL */
};

/* Of a generation: the one that made it, and the last ones that came back to it. */
#define HISTORY_RECEIPTS_MAX 8

/* What is in force. */
struct history_current {
	uint32_t generation;
	uint32_t former; /* 0: none */
	enum ebpfd_override override_;
};

/* 0, -ENOENT, or -EINVAL for what is no entry. Free with history_entry_deinit(). */
int history_read(const char *state, const char *unit, uint32_t generation,
		 struct history_entry *ret);
/* Idempotent. */
void history_entry_deinit(struct history_entry *entry);

/* `entry->json` is not looked at; `entry->receipts` stays the caller's. */
int history_write(const char *state, const char *unit, const struct history_entry *entry);

/*
 * The generation came in force once more, by the operation of this receipt. Errors of
 * history_read() and history_write().
 */
int history_add_receipt(const char *state, const char *unit, uint32_t generation, json_t *receipt);

/* 0, -ENOENT for a unit that is not in force, -EINVAL. */
int history_read_current(const char *state, const char *unit, struct history_current *ret);
/* Writes nothing if the file says so already. */
int history_write_current(const char *state, const char *unit,
			  const struct history_current *current);
/* The unit was unloaded. Works on a full disk too. */
int history_forget_current(const char *state, const char *unit);

/* Above all generations of the unit's history: numbers never come again. 1 without a history. */
uint32_t history_next_generation(const char *state, const char *unit);

/*
 * Removes the oldest generations of a unit above `generations_max`, then the oldest of all units
 * until their objects have at most `bytes_max`, but none that is in force or former; and objects
 * that no generation names.
 */
void history_prune(const char *state, uint64_t generations_max, uint64_t bytes_max);

/*
 * Generations of the unit, newest first, with their receipts, without texts of unit files; empty if
 * there is none.
 */
json_t *history_to_json(const char *state, const char *unit);

/*
 * What `history` answers, whoever reads: {"unit", "in_force", "former", "generations"}, each with
 * its "state". 0 for a generation that is none. NULL if there is no generation at all.
 */
json_t *history_report(const char *state, const char *unit, uint32_t in_force, uint32_t former);
