/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode.h"

#include <stdlib.h>

#include "daemon/events/decode_compiler.h"
#include "daemon/events/json_text.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

/* cpu, time, number, again: the keys and their longest values, two of which may be strings. */
#define HEADER_LINE_MAX \
	(sizeof(",\"cpu\":,\"time\":\"\",\"number\":\"\",\"again\":true") + 3UL * JSON_NUMBER_MAX)
/* "error" with two numbers, and "data" without its bytes. */
#define ERROR_LINE_MAX \
	(sizeof(",\"error\":\"too short:  of  bytes\",\"data\":\"\"}") + 2UL * JSON_NUMBER_MAX)

static size_t divide_up(size_t value, size_t by)
{
	return (value + by - 1) / by;
}

static void measure_record(const struct decoder *decoder, struct record_plan *plan)
{
	const struct flexible *flexible = &plan->flexible;

	plan->line_max = plan->head.length + HEADER_LINE_MAX + plan->tail.length;
	for (size_t i = 0; i < plan->value_count; i++) {
		const struct value *value = &decoder->values[plan->first_value + i];

		plan->line_max += value_text_max(value);
		if (value->is_flexible && value->is_array)
			plan->line_factor = divide_up(value_one_max(value), value->size);
		else if (value->is_flexible)
			plan->line_factor = value_byte_max(value);
	}
	if (flexible->size > 0) {
		plan->line_max += flexible->before.length;
		plan->line_factor = divide_up(flexible->text_max, flexible->size);
	}
}

/*
 * A record must have all of its struct, but where the last member is a flexible array: programs
 * send as much as they filled, which may be less than the struct with its padding.
 */
static uint32_t size_needed(const struct compiler *compiler)
{
	const struct record_plan *plan = compiler->plan;
	const struct value *last =
		plan->value_count > 0
			? &compiler->decoder->values[plan->first_value + plan->value_count - 1]
			: NULL;

	if (plan->flexible.size > 0)
		return MAX(compiler->end, (uint64_t)plan->flexible.offset);
	return last && last->is_flexible ? compiler->end : compiler->size;
}

/* ---- the decoder ---------------------------------------------------------------------------- */

static void decoder_free_pointer(struct decoder **decoder)
{
	decoder_free(*decoder);
}

void compiler_deinit(struct compiler *compiler)
{
	free(compiler->text.data);
	free(compiler->pending.data);
	free(compiler->path.data);
	free(compiler->format_used);
}

void decoder_measure(struct decoder *decoder)
{
	size_t head = decoder->head.length;

	for (size_t i = 0; i < decoder->record_count; i++) {
		struct record_plan *plan = &decoder->records[i];

		measure_record(decoder, plan);
		head = MAX(head, (size_t)plan->head.length);
		decoder->record_line_max = MAX(decoder->record_line_max, plan->line_max);
		decoder->record_line_factor = MAX(decoder->record_line_factor, plan->line_factor);
	}
	decoder->error_line_max = head + HEADER_LINE_MAX + ERROR_LINE_MAX;
}

int compiler_end_record(struct compiler *compiler)
{
	struct record_plan *plan = compiler->plan;
	int err = compiler_pend(compiler, "}");

	if (!err)
		err = compiler_take_pending(compiler, &plan->tail);
	if (err)
		return err;
	plan->value_count = (plan->flexible.size > 0 ? plan->flexible.first_value
						     : compiler->decoder->value_count) -
			    plan->first_value;
	plan->size = size_needed(compiler);
	return 0;
}

int compiler_run(struct compiler *compiler, size_t record_count,
		 int (*add_records)(struct compiler *compiler), struct decoder **ret)
{
	CLEANUP(decoder_free_pointer) struct decoder *decoder = calloc(1, sizeof(*decoder));
	int err;

	if (!decoder)
		return compiler_out_of_memory(compiler);
	compiler->decoder = decoder;
	compiler->format_used = calloc(compiler->format_count + 1, sizeof(bool));
	decoder->records = calloc(record_count + 1, sizeof(*decoder->records));
	/* There, even if no struct has a member. */
	decoder->values = calloc(1, sizeof(*decoder->values));
	if (!compiler->format_used || !decoder->records || !decoder->values)
		return compiler_out_of_memory(compiler);
	err = add_records(compiler);
	if (err)
		return err;
	decoder_measure(decoder);
	decoder->text = TAKE_PTR(compiler->text.data);
	*ret = TAKE_PTR(decoder);
	return 0;
}

struct decoder *decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return NULL;
	free(decoder->records);
	free(decoder->values);
	free(decoder->enums);
	free(decoder->enum_names);
	free(decoder->text);
	free(decoder);
	return NULL;
}

size_t decoder_line_max(const struct decoder *decoder, uint32_t length)
{
	size_t typed = decoder->record_line_max + decoder->record_line_factor * length;
	size_t longest = MAX(typed, decoder->error_line_max + 2 * (size_t)length);

	return MIN(longest, DECODER_LINE_MAX) + MAX(JSON_SLACK, LITERAL_SLACK);
}
