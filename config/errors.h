/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The errors of one file, collected so that a person mends them all in one go. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/macro.h"
#include "lib/outcome.h"

/* What does not fit a failure's text anyway is not kept. */
#define CONFIG_ERRORS_MAX 64

struct config_error {
	unsigned line;
	char *text;
};

/* Begins as {0}; always safe to deinit. */
struct config_errors {
	struct config_error list[CONFIG_ERRORS_MAX];
	size_t count;
	bool more; /* there are errors that were not kept */
};

/* Notes an error. Never fails: one that cannot be kept still makes the file a bad one. */
void config_errors_add(struct config_errors *errors, unsigned line, const char *format, ...)
	PRINTF_LIKE(3, 4);

/*
 * 0 if there are no errors. Else -EINVAL, with "PATH:LINE: TEXT" for each in the order of lines in
 * the failure (OUTCOME_FAILED), and a last line that says so where some did not fit.
 */
int config_errors_report(struct config_errors *errors, const char *path,
			 struct failure *reterr_failure);

void config_errors_deinit(struct config_errors *errors);
