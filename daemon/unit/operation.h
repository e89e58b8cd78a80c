/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An operation works on a unit: load, reload, rollback, unload, plan. Each is a table of steps that
 * are run in order; when one fails, the steps that were begun are undone in reverse order. A unit
 * has at most one operation at a time.
 *
 * A step runs on the loop and must not wait, or on the waiter and must not touch what the loop may
 * change. A step that waits for something else on the loop returns OPERATION_WAITS and has
 * operation_continue() called later.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/unit/loader_process.h"
#include "daemon/unit/unit.h"

#define OPERATION_WAITS	     1
#define OPERATION_PHASES_MAX 12

/* Who asked. Both functions are called on the loop; `phase` may be NULL. */
struct operation_client {
	/* For the receipt: {"by", …}, see asker.h of service/; borrowed. NULL: nobody in
	 * particular. */
	json_t *asked_by;
	/* A phase begins, `usec` after the operation began. */
	void (*phase)(void *data, const char *unit, const char *phase, uint64_t usec);
	/* Once, at the end. `receipt` (borrowed) where it is done, else NULL and the failure. */
	void (*done)(void *data, json_t *receipt, const struct failure *failure);
	void *data;
};

/* Arguments. Descriptors are taken over, also on failure; strings are copied. */
struct operation_request {
	const char *unit;
	int object_fd;		 /* reload --object: the object; else -1 */
	const char *object_path; /* where it came from; else NULL */
	int file_fd;		 /* load FILE: the unit file; else -1 */
	const char *file_path;
	int log_fd;	     /* for the verifier log; else -1 */
	uint32_t generation; /* rollback: to this one of the history; 0: to the former one */
	bool own_object;     /* restore: the object that the unit file names, not the stored one */
	const char *remark;  /* for status, once it has ended well; else NULL */
	struct operation_client client;
};

/* For those who watch all operations. Everything in it is borrowed for the call. */
struct operation_end {
	const char *unit;
	const char *operation;	       /* of its kind, static text */
	uint32_t generation;	       /* in force now; 0: none */
	const json_t *receipt;	       /* of receipt_make() or receipt_of_failure() */
	const struct failure *failure; /* NULL where it is done */
};

struct operation_step {
	const char *phase; /* shown when the step begins; neighbours of one name are one phase */
	int (*run)(struct operation *operation);
	void (*undo)(struct operation *operation); /* NULL: nothing to undo */
	bool on_waiter;				   /* both run and undo are */
	/* Whether the step is for this operation at all; NULL: for each. */
	bool (*applies)(const struct operation *operation);
};

struct operation_kind {
	const char *name;   /* for people */
	const char *points; /* of its fault points, see docs/pinning.md */
	const struct operation_step *steps;
	size_t step_count;
	bool changes_nothing; /* the unit's last operation is still the one before */
};

struct operation_phase {
	const char *name;
	uint64_t begin_usec; /* since the operation began */
};

struct operation {
	const struct operation_kind *kind;
	struct unit *unit;
	struct operation_client client;
	size_t step;
	bool undoing;

	/* The request and what comes of it. */
	struct unit_file *file; /* load and reload: the unit file as read now */
	int object_fd;
	char *object_path;
	int log_fd;
	char *digest;	/* that the object has to have, or NULL: any */
	uint32_t again; /* the generation of the history that this is again; 0: none */
	char *remark;	/* becomes the unit's */
	struct loader_process *loader;
	json_t *report; /* of the loader */

	/* The flip. */
	int from;		  /* bank that was active, BANK_NONE on first load */
	int to;			  /* bank that becomes active */
	uint32_t from_generation; /* 0 on first load */
	uint32_t to_generation;
	uint32_t retired_generation; /* that sat in bank `to` before; 0: none */
	enum ebpfd_override override_after;
	struct bank candidate; /* opened, not yet in its place */
	void *retired_rows; /* of the ledger, as they were before the candidate's place was made */
	size_t links_swapped;
	bool flipped; /* the first link or the word was changed */
	bool take_back_failed;
	size_t drains_left; /* streams whose end has not been reached */
	struct heal *heal;  /* of the operation that attaches hooks again, see heal.h */

	/* For the receipt. */
	char *digest_before; /* of the object that was in force when it began, or NULL */
	json_t *so_far;	     /* the receipt as the history has it, made before it is written */
	json_t *events;	     /* of the generation that was drained */
	json_t *notes;
	uint64_t begin_usec; /* CLOCK_MONOTONIC */
	uint64_t end_usec;   /* likewise; before, of the receipt as the history has it */
	uint64_t time_usec;  /* of its begin, CLOCK_REALTIME */
	struct operation_phase phases[OPERATION_PHASES_MAX];
	size_t phase_count;
	struct failure failure;
};

/*
 * Begins an operation on the unit; it may already have ended when this returns. The unit must have
 * none under way.
 */
void operation_start(struct unit *unit, const struct operation_kind *kind,
		     struct operation *operation);

/* A new operation with the request's descriptors taken over. NULL if memory is out. */
struct operation *operation_new(const struct operation_request *request);
/* For operations that never were started. Accepts NULL. */
void operation_free(struct operation *operation);

/*
 * The daemon stops: every operation under way is dropped where it is, as a kill would, and its
 * client is told so; the next start ends it. The waiter must be gone.
 */
void operations_abandon(struct units *units);

/* The step that said OPERATION_WAITS has ended; a negative result fails the operation. */
void operation_continue(struct operation *operation, int result);

/* 0, or refuses while no operation at all may begin: the daemon stops, or a gc is under way. */
int operation_refuse_all(const struct units *units, struct failure *reterr_failure);

/* Refuses with OUTCOME_BUSY, naming the operation that is under way and its phase. */
int operation_refuse_busy(const struct unit *unit, struct failure *reterr_failure);

void operation_note(struct operation *operation, const char *format, ...) PRINTF_LIKE(2, 3);

/* How long one of the phases of an operation that has ended took, in microseconds. */
uint64_t operation_phase_usec(const struct operation *operation, size_t phase);
