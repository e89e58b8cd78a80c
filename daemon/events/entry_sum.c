/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/entry_sum.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_plan.h"
#include "daemon/events/json_text.h"
#include "lib/cleanup.h"

struct entry_sum {
	const struct decoder *from;
	struct decoder to; /* borrows all but records and values */
	struct record_plan plan;
	uint32_t value_offset;
	char *record;
};

/* Of a number in 64 bits and a comma; a sum may become a string, see decode_wide.h. */
#define SUM_TEXT_MAX (JSON_FLOAT_MAX + 1)
_Static_assert(JSON_FLOAT_MAX >= JSON_SECONDS_MAX && JSON_FLOAT_MAX >= JSON_NUMBER_MAX + 2,
	       "a float is the longest");

static bool has_sum(const struct value *value)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_NS:
	case VALUE_FLOAT:
	case VALUE_DOUBLE:
		return true;
	default:
		return false;
	}
}

/* Each number gets eight bytes of its own. Returns the record's end. */
static uint32_t lay_out(struct entry_sum *sum, size_t first)
{
	uint32_t end = sum->value_offset;

	for (size_t i = first; i < sum->to.value_count; i++) {
		struct value *value = &sum->to.values[i];

		if (value->kind == VALUE_FLOAT)
			value->kind = VALUE_DOUBLE;
		value->load = LOAD_8;
		value->bit = 0;
		value->unused = 0;
		value->is_wide = true;
		value->offset = end;
		value->size = sizeof(uint64_t);
		value->text_max = SUM_TEXT_MAX;
		end += value->count * value->size;
	}
	return end;
}

/* The first value that is not the key's. */
static size_t first_of_value(const struct entry_sum *sum)
{
	size_t i = 0;

	while (i < sum->from->value_count && sum->from->values[i].offset < sum->value_offset)
		i++;
	return i;
}

static bool all_have_sums(const struct entry_sum *sum, size_t first)
{
	for (size_t i = first; i < sum->from->value_count; i++)
		if (!has_sum(&sum->from->values[i]))
			return false;
	return true;
}

static int copy_plan(struct entry_sum *sum)
{
	size_t first = first_of_value(sum);

	sum->to = *sum->from;
	sum->to.records = &sum->plan;
	sum->plan = sum->from->records[0];
	sum->to.values = calloc(sum->from->value_count + 1, sizeof(*sum->to.values));
	if (!sum->to.values)
		return -ENOMEM;
	memcpy(sum->to.values, sum->from->values, sum->from->value_count * sizeof(*sum->to.values));
	sum->plan.size = lay_out(sum, first);
	decoder_measure(&sum->to);
	sum->record = calloc(1, sum->plan.size + 1);
	return sum->record ? 0 : -ENOMEM;
}

static void free_sum(struct entry_sum **sum)
{
	entry_sum_free(*sum);
}

int entry_sum_new(const struct decoder *decoder, uint32_t key_size, struct entry_sum **ret)
{
	CLEANUP(free_sum) struct entry_sum *sum = calloc(1, sizeof(*sum));
	int err;

	if (!sum)
		return -ENOMEM;
	sum->from = decoder;
	sum->value_offset = entry_value_offset(key_size);
	if (!all_have_sums(sum, first_of_value(sum)))
		return -EOPNOTSUPP;
	err = copy_plan(sum);
	if (err)
		return err;
	*ret = TAKE_PTR(sum);
	return 0;
}

struct entry_sum *entry_sum_free(struct entry_sum *sum)
{
	if (!sum)
		return NULL;
	free(sum->to.values);
	free(sum->record);
	free(sum);
	return NULL;
}

const struct decoder *entry_sum_decoder(const struct entry_sum *sum)
{
	return &sum->to;
}

/* ---- adding --------------------------------------------------------------------------------- */

static double load_float(const struct value *value, const char *data)
{
	double wide;
	float narrow;

	if (value->kind == VALUE_DOUBLE) {
		memcpy(&wide, data, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, data, sizeof(narrow));
	return (double)narrow;
}

/* The sum of one number, whose first CPU's is at `data`. */
static void add_up(const struct value *value, const char *data, uint32_t stride, unsigned cpus,
		   char *to)
{
	uint64_t whole = 0;
	double real = 0;

	for (unsigned cpu = 0; cpu < cpus; cpu++, data += stride) {
		if (value->kind == VALUE_FLOAT || value->kind == VALUE_DOUBLE)
			real += load_float(value, data);
		else
			whole += value_number(value, data);
	}
	if (value->kind == VALUE_FLOAT || value->kind == VALUE_DOUBLE)
		memcpy(to, &real, sizeof(real));
	else
		memcpy(to, &whole, sizeof(whole));
}

const void *entry_sum_record(struct entry_sum *sum, const void *record, uint32_t stride,
			     unsigned cpus, uint32_t *ret_length)
{
	memcpy(sum->record, record, sum->value_offset);
	for (size_t i = first_of_value(sum); i < sum->from->value_count; i++) {
		const struct value *from = &sum->from->values[i];
		char *to = sum->record + sum->to.values[i].offset;

		for (uint32_t j = 0; j < from->count; j++)
			add_up(from, (const char *)record + from->offset + (size_t)j * from->size,
			       stride, cpus, to + j * sizeof(uint64_t));
	}
	*ret_length = sum->plan.size;
	return sum->record;
}
