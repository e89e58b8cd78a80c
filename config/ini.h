/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INI text, line by line, with what inih alone does not tell: line numbers, and sections that hold
 * nothing. Lines are refused that inih would cut or read in a way that nobody expects: too long,
 * indented (inih joins them to the value before), with control characters, or not UTF-8.
 *
 * Syntax: `[TYPE]`, `[TYPE NAME]`, `KEY=VALUE`; comments after `;` or `#` at the start of a line
 * and after a blank and `;` elsewhere.
 */
#pragma once

#include <stddef.h>

#include "config/errors.h"

/* Bytes of a line without its end: what inih as packaged takes. */
#define INI_LINE_MAX 199
/* Bytes of a key, of a section's type and of its name. */
#define INI_NAME_MAX 48

/*
 * Called in the order of lines; the strings are valid for the call. Both return 0 or a negative
 * errno, which ends the reading. An error in the text is no reason to end: it goes to the errors.
 */
struct ini_visitor {
	/* `name` is "" for `[TYPE]`. Also called for a section that is empty. */
	int (*section)(void *userdata, const char *type, const char *name, unsigned line);
	/* Not called for keys before the first section and below a bad section header. */
	int (*key)(void *userdata, const char *key, const char *value, unsigned line);
};

/*
 * Reads the whole text. Errors in it are added to `errors` and do not end the reading. Returns 0 or
 * what a visitor returned. *ret_lines is the number of lines, at least 1.
 */
int ini_text_read(const char *text, size_t length, const struct ini_visitor *visitor,
		  void *userdata, struct config_errors *errors, unsigned *ret_lines);
