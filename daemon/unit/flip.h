/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps that reload and rollback share: from the commit to the end. Before them both banks of
 * the unit are open, the idle one's slots are filled, and the selector names operation and target.
 */
#pragma once

#include "daemon/unit/operation.h"

/* Whether any link has to be updated, or as undo: was. */
bool flip_is_by_link(const struct operation *operation);

/* Commit, way "link": compare and swap each link. On the waiter. */
int flip_links(struct operation *operation);
void flip_links_back(struct operation *operation);

/* Commit: the one store. On the loop. */
int flip_store(struct operation *operation);
void flip_store_back(struct operation *operation);

/* No program of the bank that was left runs any more. On the waiter. */
int flip_barrier(struct operation *operation);
/* As undo: the same for the bank that was flipped to, if the flip was made. */
void flip_barrier_back(struct operation *operation);

/* Reads the ring of the bank that was left to its end, then lets the other's be read. */
int flip_drain(struct operation *operation);

/* The selector names the former bank and no operation. */
int flip_settle(struct operation *operation);

/* Removes the generation that was retired, with the places that only it had, and publishes kept and
 * shared maps. On the waiter. */
int flip_sweep(struct operation *operation);

/* Publishes what generations share now that some have come or gone. On the waiter. */
void flip_follow_shared(struct operation *operation);

/* Waits until everything in the rings of these banks, as of now, is consumed. OPERATION_WAITS or 0.
 */
int flip_drain_banks(struct operation *operation, struct bank *const *banks, size_t count);

/* From the armed unit to the end: the tail of both tables of steps. */
/* clang-format off */
#define FLIP_STEPS                                                                            \
	{.phase = "arm", .undo = flip_barrier_back, .on_waiter = true},                       \
	{.phase = "commit", .run = flip_links, .undo = flip_links_back, .on_waiter = true,    \
	 .applies = flip_is_by_link},                                                         \
	{.phase = "commit", .run = flip_store, .undo = flip_store_back},                      \
	{.phase = "barrier", .run = flip_barrier, .on_waiter = true},                         \
	{.phase = "drain", .run = flip_drain},                                                \
	{.phase = "settle", .run = flip_settle},                                              \
	{.phase = "settle", .run = flip_sweep, .on_waiter = true}
/* clang-format on */
