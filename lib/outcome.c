/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/bus_names.h"
#include "lib/utf8.h"

static const struct {
	const char *name;
	const char *bus_error;
	int exit_code;
} outcomes[] = {
	[OUTCOME_DONE] = {"done", NULL, 0},
	[OUTCOME_FAILED] = {"failed", BUS_ERROR_PREFIX "Failed", 1},
	[OUTCOME_BUSY] = {"busy", BUS_ERROR_PREFIX "Busy", 1},
	[OUTCOME_USAGE] = {"usage", BUS_ERROR_PREFIX "Usage", 2},
	[OUTCOME_NO_SUCH_UNIT] = {"no-such-unit", BUS_ERROR_PREFIX "NoSuchUnit", 3},
	[OUTCOME_NO_DAEMON] = {"no-daemon", BUS_ERROR_PREFIX "NoDaemon", 3},
	[OUTCOME_NOT_PERMITTED] = {"not-permitted", BUS_ERROR_PREFIX "NotPermitted", 4},
	[OUTCOME_REFUSED] = {"refused", BUS_ERROR_PREFIX "Refused", 5},
	[OUTCOME_TAKEN_BACK] = {"taken-back", BUS_ERROR_PREFIX "TakenBack", 6},
	[OUTCOME_TAKE_BACK_FAILED] = {"take-back-failed", BUS_ERROR_PREFIX "TakeBackFailed", 7},
};

_Static_assert(ARRAY_SIZE(outcomes) == OUTCOME_MAX_, "a row for each outcome");

const char *outcome_name(enum outcome outcome)
{
	return outcomes[outcome].name;
}

enum outcome outcome_from_name(const char *name)
{
	for (enum outcome o = 0; o < OUTCOME_MAX_; o++)
		if (strcmp(outcomes[o].name, name) == 0)
			return o;
	return OUTCOME_FAILED;
}

const char *outcome_bus_error(enum outcome outcome)
{
	return outcomes[outcome].bus_error;
}

enum outcome outcome_from_bus_error(const char *name)
{
	for (enum outcome o = OUTCOME_FAILED; o < OUTCOME_MAX_; o++)
		if (strcmp(outcomes[o].bus_error, name) == 0)
			return o;
	return OUTCOME_FAILED;
}

int outcome_exit_code(enum outcome outcome)
{
	return outcomes[outcome].exit_code;
}

static void failure_vset(struct failure *failure, enum outcome outcome, const char *format,
			 va_list values)
{
	failure->outcome = outcome;
	(void)vsnprintf(failure->text, sizeof(failure->text), format, values);
	/* The bus takes nothing but UTF-8, and texts quote paths, names in objects, verifier logs.
	 */
	utf8_drop_partial(failure->text);
	utf8_replace_invalid(failure->text);
}

int failure_set(struct failure *failure, enum outcome outcome, int error, const char *format, ...)
{
	if (failure) {
		va_list values;

		va_start(values, format);
		failure_vset(failure, outcome, format, values);
		va_end(values);
	}
	return error;
}

int failure_set_errno(struct failure *failure, enum outcome outcome, int error, const char *format,
		      ...)
{
	if (failure) {
		va_list values;
		size_t used;

		va_start(values, format);
		failure_vset(failure, outcome, format, values);
		va_end(values);
		used = strlen(failure->text);
		(void)snprintf(failure->text + used, sizeof(failure->text) - used, ": %s",
			       strerror(-error));
		utf8_drop_partial(failure->text);
	}
	return error;
}

void failure_prefix(struct failure *failure, const char *prefix)
{
	char text[FAILURE_TEXT_MAX];

	if (!failure)
		return;
	memcpy(text, failure->text, sizeof(text));
	(void)snprintf(failure->text, sizeof(failure->text), "%s: %.*s", prefix,
		       (int)(sizeof(text) - strlen(prefix) - 3), text);
	utf8_drop_partial(failure->text);
}
