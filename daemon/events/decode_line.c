/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/types.h>

#include "daemon/events/decode.h"

#include <arpa/inet.h>
#include <string.h>

#include "bpf/record.h"
#include "daemon/events/decode_plan.h"
#include "daemon/events/json_text.h"
#include "lib/macro.h"

static char *put_literal(const struct decoder *decoder, char *out, struct literal literal)
{
	return json_raw(out, decoder->text + literal.start, literal.length);
}

#define PUT(out, text) json_raw(out, text, sizeof(text) - 1)

/* ---- values --------------------------------------------------------------------------------- */

static uint64_t load_unsigned(const char *data, uint32_t size)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch (size) {
	case 8:
		memcpy(&eight, data, sizeof(eight));
		return eight;
	case 4:
		memcpy(&four, data, sizeof(four));
		return four;
	case 2:
		memcpy(&two, data, sizeof(two));
		return two;
	default:
		return (uint8_t)*data;
	}
}

static int64_t sign_extend(uint64_t value, uint32_t size)
{
	unsigned unused = 64 - 8 * size;

	return (int64_t)(value << unused) >> unused;
}

static const struct enum_name *find_enum_name(const struct decoder *decoder,
					      const struct enum_names *names, uint64_t number)
{
	size_t low = names->start, high = low + names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (decoder->enum_names[middle].value < number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < names->start + names->count && decoder->enum_names[low].value == number)
		return &decoder->enum_names[low];
	return NULL;
}

static char *put_enum(const struct decoder *decoder, const struct value *value, const char *data,
		      char *out)
{
	const struct enum_names *names = &decoder->enums[value->enum_index];
	uint64_t number = load_unsigned(data, value->size);
	const struct enum_name *name = find_enum_name(decoder, names, number);

	if (name)
		return put_literal(decoder, out, name->name);
	if (names->is_signed)
		return json_signed(out, sign_extend(number, value->size));
	return json_unsigned(out, number);
}

static char *put_ip4(const uint8_t *address, char *out)
{
	*out++ = '"';
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*out++ = '.';
		out = json_unsigned(out, address[i]);
	}
	*out++ = '"';
	return out;
}

static char *put_ip6(const char *address, char *out)
{
	*out++ = '"';
	inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
	out += strlen(out);
	*out++ = '"';
	return out;
}

static char *put_mac(const uint8_t *address, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 6; i++) {
		*out++ = i == 0 ? '"' : ':';
		*out++ = digits[address[i] >> 4];
		*out++ = digits[address[i] & 15];
	}
	*out++ = '"';
	return out;
}

static char *put_one(const struct decoder *decoder, const struct value *value, const char *data,
		     char *out)
{
	uint32_t size = value->size;

	switch (value->kind) {
	case VALUE_UNSIGNED:
		return json_unsigned(out, load_unsigned(data, size));
	case VALUE_SIGNED:
		return json_signed(out, sign_extend(load_unsigned(data, size), size));
	case VALUE_BOOL:
		return load_unsigned(data, size) ? PUT(out, "true") : PUT(out, "false");
	case VALUE_ENUM:
		return put_enum(decoder, value, data, out);
	case VALUE_TEXT:
		return json_text(out, data, strnlen(data, size));
	case VALUE_BYTES:
		return json_hex_bytes(out, data, size);
	case VALUE_HEX:
		return json_hex_number(out, load_unsigned(data, size));
	case VALUE_IP4:
		return put_ip4((const uint8_t *)data, out);
	case VALUE_IP6:
		return put_ip6(data, out);
	case VALUE_MAC:
		return put_mac((const uint8_t *)data, out);
	case VALUE_PORT:
		return json_unsigned(out, ntohs(load_unsigned(data, size)));
	case VALUE_NS:
		return json_seconds(out, load_unsigned(data, size));
	}
	__builtin_unreachable();
}

static char *put_value(const struct decoder *decoder, const struct value *value, const char *data,
		       char *out)
{
	out = put_literal(decoder, out, value->before);
	data += value->offset;
	if (!value->is_array)
		return put_one(decoder, value, data, out);

	*out++ = '[';
	for (uint32_t i = 0; i < value->count; i++) {
		if (i > 0)
			*out++ = ',';
		out = put_one(decoder, value, data + (size_t)i * value->size, out);
	}
	*out++ = ']';
	return out;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static const struct ebpfd_record *header_of(const struct decoder *decoder,
					    const struct ring_record *record)
{
	if (!decoder->has_header || record->length < sizeof(struct ebpfd_record))
		return NULL;
	return record->data;
}

static char *put_header(const struct ebpfd_record *header, bool again, char *out)
{
	if (header) {
		out = PUT(out, ",\"cpu\":");
		out = json_unsigned(out, header->cpu);
		out = PUT(out, ",\"time\":");
		out = json_unsigned(out, header->time);
		out = PUT(out, ",\"number\":");
		out = json_unsigned(out, header->number);
	}
	return again ? PUT(out, ",\"again\":true") : out;
}

static char *put_data(const struct ring_record *record, char *out)
{
	out = PUT(out, ",\"data\":");
	out = json_hex_bytes(out, record->data, record->length);
	*out++ = '}';
	return out;
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
			 bool again, char *out)
{
	const struct ebpfd_record *header = header_of(decoder, record);

	out = put_literal(decoder, out, decoder->head);
	out = put_header(header, again, out);
	if (header)
		out = put_unknown_type(header->type, out);
	else if (decoder->has_header)
		out = put_too_short(record->length, sizeof(*header), out);
	return put_data(record, out);
}

static char *put_typed(const struct decoder *decoder, const struct record_plan *plan,
		       const struct ring_record *record, bool again, char *out)
{
	const struct value *value = &decoder->values[plan->first_value];

	out = put_literal(decoder, out, plan->head);
	out = put_header(header_of(decoder, record), again, out);
	if (record->length < plan->size)
		return put_data(record, put_too_short(record->length, plan->size, out));
	for (size_t i = 0; i < plan->value_count; i++)
		out = put_value(decoder, &value[i], record->data, out);
	return put_literal(decoder, out, plan->tail);
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

uint32_t decoder_cpu(const struct decoder *decoder, const struct ring_record *record)
{
	const struct ebpfd_record *header = header_of(decoder, record);

	return header ? header->cpu : 0;
}
