/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/errors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

static const char more_text[] = "(more errors follow; mend these first)";

void config_errors_add(struct config_errors *errors, unsigned line, const char *format, ...)
{
	va_list values;
	char *text;
	int length;

	if (errors->count == CONFIG_ERRORS_MAX) {
		errors->more = true;
		return;
	}
	va_start(values, format);
	length = vasprintf(&text, format, values);
	va_end(values);
	if (length < 0) {
		errors->more = true;
		return;
	}
	errors->list[errors->count++] = (struct config_error){.line = line, .text = text};
}

/* By insertion, which keeps the errors of one line in the order they were found in. */
static void sort_by_line(struct config_errors *errors)
{
	for (size_t i = 1; i < errors->count; i++) {
		struct config_error moved = errors->list[i];
		size_t at = i;

		for (; at > 0 && errors->list[at - 1].line > moved.line; at--)
			errors->list[at] = errors->list[at - 1];
		errors->list[at] = moved;
	}
}

int config_errors_report(struct config_errors *errors, const char *path,
			 struct failure *reterr_failure)
{
	char text[FAILURE_TEXT_MAX] = "";
	size_t room = sizeof(text) - sizeof(more_text) - 1, used = 0, i;

	if (errors->count == 0 && !errors->more)
		return 0;
	sort_by_line(errors);
	for (i = 0; i < errors->count; i++) {
		const struct config_error *error = &errors->list[i];

		if (str_format(text + used, room - used, "%s%s:%u: %s", used ? "\n" : "", path,
			       error->line, error->text) < 0)
			break;
		used += strlen(text + used);
	}
	if (i < errors->count || errors->more)
		(void)snprintf(text + used, sizeof(text) - used, "%s%s", used ? "\n" : "",
			       more_text);
	return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL, "%s", text);
}

void config_errors_deinit(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->list[i].text);
	*errors = (struct config_errors){0};
}
