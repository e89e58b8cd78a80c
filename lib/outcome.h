/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an operation ended, in the one vocabulary that the loader's report, the bus and the exit code
 * of ebpfctl share.
 */
#pragma once

#include "lib/macro.h"

enum outcome {
	OUTCOME_DONE,
	OUTCOME_FAILED, /* nothing more precise holds; also a bad file in `check` */
	OUTCOME_BUSY,	/* another operation of the unit is under way */
	OUTCOME_USAGE,	/* the caller's arguments make no sense */
	OUTCOME_NO_SUCH_UNIT,
	OUTCOME_NO_DAEMON, /* ebpfctl only: nobody answers at the socket */
	OUTCOME_NOT_PERMITTED,
	OUTCOME_REFUSED,    /* refused before the first flip: nothing was touched */
	OUTCOME_TAKEN_BACK, /* failed after the first flip, the former state is in force again */
	OUTCOME_TAKE_BACK_FAILED, /* failed after the first flip and could not be taken back */
	OUTCOME_MAX_,
};

/* A short word for reports and JSON, such as "refused". */
const char *outcome_name(enum outcome outcome);

/* The outcome of a name that outcome_name() gave; OUTCOME_FAILED for any other. */
enum outcome outcome_from_name(const char *name);

/* The D-Bus error name, such as "org.ebpfd.Error.Refused". */
const char *outcome_bus_error(enum outcome outcome);

/* The outcome of a D-Bus error name; OUTCOME_FAILED for a name that is not ours. */
enum outcome outcome_from_bus_error(const char *name);

/* The exit code of ebpfctl, 0 to 7. */
int outcome_exit_code(enum outcome outcome);

/* Room for the last lines of a verifier log beside the sentence that names cause and way out. */
#define FAILURE_TEXT_MAX 4096

/*
 * What went wrong, for the person who asked. Functions that are reachable from the socket take a
 * `struct failure *reterr_failure`, their last parameter, and fill it when they return a negative
 * errno, and only then.
 */
struct failure {
	enum outcome outcome;
	char text[FAILURE_TEXT_MAX];
};

/*
 * Writes outcome and text; returns `error`, a negative errno, so that a caller can
 * `return failure_set(...)`. The text is cut at FAILURE_TEXT_MAX. A NULL failure is allowed.
 */
int failure_set(struct failure *failure, enum outcome outcome, int error, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* As failure_set(), with ": " and the errno's text behind the message. */
int failure_set_errno(struct failure *failure, enum outcome outcome, int error, const char *format,
		      ...) PRINTF_LIKE(4, 5);

/* Puts "PREFIX: " before a text that is set already. */
void failure_prefix(struct failure *failure, const char *prefix);
