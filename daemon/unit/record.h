/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What operations leave in the history. A state directory that is full or read-only fails none of
 * them: the receipt has a note, and status a remark.
 */
#pragma once

#include "daemon/unit/operation.h"

/* Steps behind the flip: the second on the waiter, the others on the loop. */
int record_receipt(struct operation *operation);
int record_settled(struct operation *operation);
int record_remark(struct operation *operation);

/* The last steps of whatever brings a generation in force. */
/* clang-format off */
#define RECORD_STEPS                                                   \
	{.phase = "settle", .run = record_receipt},                    \
	{.phase = "settle", .run = record_settled, .on_waiter = true}, \
	{.phase = "settle", .run = record_remark}
/* clang-format on */

/*
 * Unload, before its commit: a kill behind the commit must not bring the unit back. On the waiter.
 */
int record_forget(struct operation *operation);
void record_forget_back(struct operation *operation);

/* As undo of the loader's step: removes the copy of an object that did not come in force. */
void record_drop_staged(const struct operation *operation);

/*
 * At start, once units are adopted and before anything else: what a kill left out is recorded, what
 * it left over is removed. May wait. -errno if the state directory cannot be used.
 */
int record_start(struct units *units);
