/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/status_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

struct text {
	char *buffer; /* STATUS_TEXT_MAX */
	size_t length;
};

static void add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct text *text, const char *format, ...)
{
	size_t room = STATUS_TEXT_MAX - text->length;
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(text->buffer + text->length, room, format, values);
	va_end(values);
	if (length > 0)
		text->length += MIN((size_t)length, room - 1);
}

/* A name within the brackets that end_names() closes. */
static void add_name(struct text *text, const char *name, size_t number)
{
	if (number < STATUS_TEXT_NAMES)
		add(text, "%s%s", number ? ", " : " (", name);
}

static void end_names(struct text *text, size_t count)
{
	if (count > STATUS_TEXT_NAMES)
		add(text, " and %zu more", count - STATUS_TEXT_NAMES);
	add(text, ")");
}

static void add_degraded(struct text *text, const struct units *units)
{
	size_t count = units_count_degraded(units), number = 0;

	if (!count)
		return;
	add(text, ", %zu degraded", count);
	for (const struct unit *unit = units->first; unit; unit = unit->next)
		if (unit_is_degraded(unit))
			add_name(text, unit->name, number++);
	end_names(text, count);
}

static void add_failed(struct text *text, const struct failed_units *failed)
{
	size_t count = 0, number = 0;

	for (const struct failed_unit *unit = failed->first; unit; unit = unit->next)
		count++;
	if (!count)
		return;
	add(text, ", %zu failed", count);
	for (const struct failed_unit *unit = failed->first; unit; unit = unit->next)
		add_name(text, unit->name, number++);
	end_names(text, count);
}

static void add_last(struct text *text, const struct status_last *last)
{
	if (!last->operation)
		return;
	add(text, "; last %s: %s", last->operation, last->unit);
	if (last->generation)
		add(text, ", generation %" PRIu32, last->generation);
	add(text, ", %s", outcome_name(last->outcome));
}

void status_last_set(struct status_last *last, const struct operation_end *end)
{
	*last = (struct status_last){.operation = end->operation,
				     .generation = end->generation,
				     .outcome =
					     end->failure ? end->failure->outcome : OUTCOME_DONE};
	(void)snprintf(last->unit, sizeof(last->unit), "%s", end->unit);
}

void status_text_make(const struct units *units, const struct status_last *last,
		      char ret[STATUS_TEXT_MAX])
{
	struct text text = {.buffer = ret};
	size_t count = units_count(units);

	add(&text, "%zu unit%s", count, count == 1 ? "" : "s");
	add_degraded(&text, units);
	add_failed(&text, &units->failed);
	add_last(&text, last);
	utf8_drop_partial(ret);
}
