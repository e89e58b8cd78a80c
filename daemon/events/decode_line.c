/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode.h"

#include "bpf/record.h"
#include "daemon/events/decode_plan.h"
#include "daemon/events/json_text.h"
#include "lib/macro.h"

#define PUT(out, text) json_raw(out, text, sizeof(text) - 1)

/* Room behind what was cut: for the brackets that are open, as many as structs can be nested, and
 * for what says so. */
#define CLOSE_MAX 256
#define TRUNCATED ",\"truncated\":true"

static const struct ebpfd_record *header_of(const struct decoder *decoder,
					    const struct ring_record *record)
{
	if (!decoder->has_header || record->length < sizeof(struct ebpfd_record))
		return NULL;
	return record->data;
}

static char *put_number(const struct decoder *decoder, uint64_t number, char *out)
{
	if (!decoder->is_wide_as_text)
		return json_unsigned(out, number);
	return PUT(json_unsigned(PUT(out, "\""), number), "\"");
}

static char *put_header(const struct decoder *decoder, const struct ebpfd_record *header,
			bool again, char *out)
{
	if (header) {
		out = PUT(out, ",\"cpu\":");
		out = json_unsigned(out, header->cpu);
		out = PUT(out, ",\"time\":");
		out = put_number(decoder, header->time, out);
		out = PUT(out, ",\"number\":");
		out = put_number(decoder, header->number, out);
	}
	return again ? PUT(out, ",\"again\":true") : out;
}

/* The end of what may be written before what is open must be closed. */
static const char *cut_end(const char *line)
{
	return line + DECODER_LINE_MAX - CLOSE_MAX;
}

static char *put_data(const struct ring_record *record, const char *line, char *out)
{
	size_t length = MIN((size_t)record->length, (size_t)(cut_end(line) - out) / 2);

	out = PUT(out, ",\"data\":");
	out = json_hex_bytes(out, record->data, length);
	return length < record->length ? PUT(out, TRUNCATED "}") : PUT(out, "}");
}

static char *put_too_short(uint32_t length, uint32_t size, char *out)
{
	out = PUT(out, ",\"error\":\"too short: ");
	out = json_unsigned(out, length);
	out = PUT(out, " of ");
	out = json_unsigned(out, size);
	return PUT(out, " bytes\"");
}

static char *put_unknown_type(uint16_t type, char *out)
{
	out = PUT(out, ",\"error\":\"unknown type ");
	out = json_unsigned(out, type);
	*out++ = '"';
	return out;
}

/* The line of a record whose struct is not known. */
static char *put_untyped(const struct decoder *decoder, const struct ring_record *record,
			 bool again, char *line)
{
	const struct ebpfd_record *header = header_of(decoder, record);
	char *out = literal_put(decoder, line, decoder->head);

	out = put_header(decoder, header, again, out);
	if (header)
		out = put_unknown_type(header->type, out);
	else if (decoder->has_header)
		out = put_too_short(record->length, sizeof(*header), out);
	return put_data(record, line, out);
}

/* ---- elements of a flexible array ----------------------------------------------------------- */

/* How many elements of the array the record has. */
static size_t element_count(const struct flexible *flexible, const struct ring_record *record)
{
	return (record->length - flexible->offset) / flexible->size;
}

static char *put_elements(const struct decoder *decoder, const struct flexible *flexible,
			  const struct ring_record *record, size_t count, char *out)
{
	const struct value *values = &decoder->values[flexible->first_value];
	const char *element = (const char *)record->data + flexible->offset;

	out = literal_put(decoder, out, flexible->before);
	for (size_t i = 0; i < count; i++, element += flexible->size) {
		if (i > 0)
			*out++ = ',';
		out = values_put(decoder, values, flexible->value_count, element, flexible->size,
				 out);
		out = literal_put(decoder, out, flexible->between);
	}
	return out;
}

/* Closes what is open behind the last value before the array, or before the line's end. */
static char *close_last(const struct decoder *decoder, const struct record_plan *plan, char *out)
{
	const struct value *values = &decoder->values[plan->first_value];

	return plan->value_count > 0
		       ? literal_put(decoder, out, values[plan->value_count - 1].after)
		       : out;
}

/* As many elements as fit whole. Returns whether those were all; if not, all is closed. */
static bool put_elements_within(const struct decoder *decoder, const struct record_plan *plan,
				const struct ring_record *record, const char *end, char **out)
{
	const struct flexible *flexible = &plan->flexible;
	size_t room = end - *out, count = element_count(flexible, record);

	if (flexible->before.length > room) {
		*out = close_last(decoder, plan, *out);
		return false;
	}
	room = (room - flexible->before.length) / flexible->text_max;
	*out = put_elements(decoder, flexible, record, MIN(count, room), *out);
	if (count <= room)
		return true;
	*(*out)++ = ']';
	*out = literal_put(decoder, *out, flexible->after);
	return false;
}

/* ---- records of a struct -------------------------------------------------------------------- */

static char *put_whole(const struct decoder *decoder, const struct record_plan *plan,
		       const struct ring_record *record, char *out)
{
	const struct value *values = &decoder->values[plan->first_value];

	out = values_put(decoder, values, plan->value_count, record->data, record->length, out);
	if (plan->flexible.size > 0)
		out = put_elements(decoder, &plan->flexible, record,
				   element_count(&plan->flexible, record), out);
	return literal_put(decoder, out, plan->tail);
}

/* The members from the first on, as far as they fit. */
static char *put_cut(const struct decoder *decoder, const struct record_plan *plan,
		     const struct ring_record *record, const char *line, char *out)
{
	const struct value *values = &decoder->values[plan->first_value];
	const char *end = cut_end(line);
	bool all = values_put_within(decoder, values, plan->value_count, record->data,
				     record->length, end, &out);

	if (all && plan->flexible.size > 0)
		all = put_elements_within(decoder, plan, record, end, &out);
	if (all && plan->tail.length <= (size_t)(end - out) + CLOSE_MAX)
		return literal_put(decoder, out, plan->tail);
	/* Members without a value may be many: the keys of empty structs. */
	if (all)
		out = close_last(decoder, plan, out);
	return PUT(out, TRUNCATED "}");
}

static char *put_typed(const struct decoder *decoder, const struct record_plan *plan,
		       const struct ring_record *record, bool again, char *line)
{
	char *out = literal_put(decoder, line, plan->head);

	out = put_header(decoder, header_of(decoder, record), again, out);
	if (record->length < plan->size)
		return put_data(record, line, put_too_short(record->length, plan->size, out));
	if (plan->line_max + plan->line_factor * record->length > DECODER_LINE_MAX)
		return put_cut(decoder, plan, record, line, out);
	return put_whole(decoder, plan, record, out);
}

static const struct record_plan *plan_of(const struct decoder *decoder,
					 const struct ring_record *record)
{
	const struct ebpfd_record *header = header_of(decoder, record);
	size_t type = header ? header->type : 0;

	if (type >= decoder->record_count || (decoder->has_header && !header))
		return NULL;
	return &decoder->records[type];
}

size_t decoder_line(const struct decoder *decoder, const struct ring_record *record, bool again,
		    char *line)
{
	const struct record_plan *plan = plan_of(decoder, record);
	char *end = plan ? put_typed(decoder, plan, record, again, line)
			 : put_untyped(decoder, record, again, line);

	return end - line;
}

bool decoder_has_header(const struct decoder *decoder)
{
	return decoder->has_header;
}
