/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verbs whose results are lines have in common. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl/verb.h"

int verb_check_numbers(const char *text, struct failure *reterr_failure)
{
	if (!text || strcmp(text, "number") == 0 || strcmp(text, "string") == 0)
		return 0;
	return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
			   "--numbers %s: must be number or string", text);
}

/* Rows need no numbers, but all of their digits. */
const char *verb_numbers(const struct invocation *invocation, bool as_rows)
{
	if (as_rows)
		return "string";
	return invocation->numbers ? invocation->numbers : "number";
}

/* Lines are for programs, and whatever is not a terminal is one. */
bool verb_wants_rows(const struct invocation *invocation)
{
	return invocation->format == OUTPUT_TABLE &&
	       (invocation->format_given || isatty(fileno(invocation->out)));
}
