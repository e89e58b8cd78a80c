/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_plan.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "daemon/events/json_text.h"
#include "lib/macro.h"

_Static_assert(LITERAL_SLACK == 16, "literals are copied in pieces of 16 bytes");

char *literal_put(const struct decoder *decoder, char *out, struct literal literal)
{
	const char *text = decoder->text + literal.start;

	for (uint32_t done = 0; done < literal.length; done += LITERAL_SLACK)
		memcpy(out + done, text + done, LITERAL_SLACK);
	return out + literal.length;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static uint64_t load_bits(const struct value *value, const char *data)
{
	const uint8_t *bytes = (const uint8_t *)data;
	unsigned __int128 all = 0;

	/* The first bit is the lowest one where bytes are stored so, too. */
	if (__BYTE_ORDER == __LITTLE_ENDIAN) {
		for (uint32_t i = value->size; i-- > 0;)
			all = all << 8 | bytes[i];
		all >>= value->bit;
	} else {
		for (uint32_t i = 0; i < value->size; i++)
			all = all << 8 | bytes[i];
		all >>= 8 * value->size - value->bit - (64 - value->unused);
	}
	return (uint64_t)all << value->unused >> value->unused;
}

static uint64_t load_number(const struct value *value, const char *data)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch ((enum value_load)value->load) {
	case LOAD_1:
		return (uint8_t)*data;
	case LOAD_2:
		memcpy(&two, data, sizeof(two));
		return two;
	case LOAD_4:
		memcpy(&four, data, sizeof(four));
		return four;
	case LOAD_8:
		memcpy(&eight, data, sizeof(eight));
		return eight;
	case LOAD_BITS:
		return load_bits(value, data);
	}
	__builtin_unreachable();
}

static int64_t load_signed(const struct value *value, const char *data)
{
	return (int64_t)(load_number(value, data) << value->unused) >> value->unused;
}

uint64_t value_number(const struct value *value, const char *data)
{
	return value->kind == VALUE_SIGNED ? (uint64_t)load_signed(value, data)
					   : load_number(value, data);
}

static unsigned __int128 load_128(const char *data)
{
	unsigned __int128 number;

	memcpy(&number, data, sizeof(number));
	return number;
}

/* ---- enums ---------------------------------------------------------------------------------- */

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

static char *put_unsigned_text(uint64_t number, char *out)
{
	return json_raw(json_unsigned(json_raw(out, "\"", 1), number), "\"", 1);
}

static char *put_signed_text(int64_t number, char *out)
{
	return json_raw(json_signed(json_raw(out, "\"", 1), number), "\"", 1);
}

static char *put_enum(const struct decoder *decoder, const struct value *value, const char *data,
		      char *out)
{
	const struct enum_names *names = &decoder->enums[value->enum_index];
	int64_t number =
		names->is_signed ? load_signed(value, data) : (int64_t)load_number(value, data);
	unsigned cut = 64 - 8 * names->size;
	const struct enum_name *name =
		find_enum_name(decoder, names, (uint64_t)number << cut >> cut);

	if (name)
		return literal_put(decoder, out, name->name);
	if (value->kind == VALUE_ENUM_TEXT)
		return names->is_signed ? put_signed_text(number, out)
					: put_unsigned_text((uint64_t)number, out);
	return names->is_signed ? json_signed(out, number) : json_unsigned(out, number);
}

/* ---- values --------------------------------------------------------------------------------- */

static char *put_float(const char *data, char *out)
{
	float number;

	memcpy(&number, data, sizeof(number));
	return json_float(out, number);
}

static char *put_double(const char *data, char *out)
{
	double number;

	memcpy(&number, data, sizeof(number));
	return json_double(out, number);
}

static char *put_bool(bool number, char *out)
{
	return number ? json_raw(out, "true", 4) : json_raw(out, "false", 5);
}

static ALWAYS_INLINE char *put_one(const struct decoder *decoder, const struct value *value,
				   const char *data, char *out)
{
	switch ((enum value_kind)value->kind) {
	case VALUE_UNSIGNED:
		return json_unsigned(out, load_number(value, data));
	case VALUE_SIGNED:
		return json_signed(out, load_signed(value, data));
	case VALUE_BOOL:
		return put_bool(load_number(value, data), out);
	case VALUE_ENUM:
	case VALUE_ENUM_TEXT:
		return put_enum(decoder, value, data, out);
	case VALUE_HEX:
		return json_hex_number(out, load_number(value, data));
	case VALUE_UNSIGNED_128:
		return json_unsigned_128(out, load_128(data));
	case VALUE_SIGNED_128:
		return json_signed_128(out, load_128(data));
	case VALUE_HEX_128:
		return json_hex_number(out, load_128(data));
	case VALUE_FLOAT:
		return put_float(data, out);
	case VALUE_DOUBLE:
		return put_double(data, out);
	case VALUE_TEXT:
		return json_text(out, data, strnlen(data, value->size));
	case VALUE_BYTES:
		return json_hex_bytes(out, data, value->size);
	case VALUE_IP4:
		return json_ip4(out, data);
	case VALUE_IP6:
		return json_ip6(out, data);
	case VALUE_MAC:
		return json_mac(out, data);
	case VALUE_PORT:
		return json_unsigned(out, ntohs(load_number(value, data)));
	case VALUE_NS:
		return json_seconds(out, load_number(value, data));
	case VALUE_UNSIGNED_TEXT:
		return put_unsigned_text(load_number(value, data), out);
	case VALUE_SIGNED_TEXT:
		return put_signed_text(load_signed(value, data), out);
	case VALUE_UNSIGNED_128_TEXT:
		out = json_unsigned_128(json_raw(out, "\"", 1), load_128(data));
		return json_raw(out, "\"", 1);
	case VALUE_SIGNED_128_TEXT:
		out = json_signed_128(json_raw(out, "\"", 1), (__int128)load_128(data));
		return json_raw(out, "\"", 1);
	}
	__builtin_unreachable();
}

static char *put_array(const struct decoder *decoder, const struct value *value, const char *data,
		       char *out)
{
	*out++ = '[';
	for (uint32_t i = 0; i < value->count; i++) {
		if (i > 0)
			*out++ = ',';
		out = put_one(decoder, value, data + (size_t)i * value->size, out);
	}
	*out++ = ']';
	return out;
}

static ALWAYS_INLINE char *put_value(const struct decoder *decoder, const struct value *value,
				     const char *data, char *out)
{
	out = literal_put(decoder, out, value->before);
	data += value->offset;
	return value->is_array ? put_array(decoder, value, data, out)
			       : put_one(decoder, value, data, out);
}

/* The value as it is in a record of this length. */
static struct value stretched(const struct value *value, uint32_t length)
{
	struct value whole = *value;

	if (!value->is_flexible)
		return whole;
	if (value->is_array)
		whole.count = (length - value->offset) / value->size;
	else
		whole.size = length - value->offset;
	return whole;
}

char *values_put(const struct decoder *decoder, const struct value *values, size_t count,
		 const char *data, uint32_t length, char *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct value *value = &values[i];
		struct value whole;

		if (__builtin_expect(value->is_flexible, false)) {
			whole = stretched(value, length);
			value = &whole;
		}
		out = put_value(decoder, value, data, out);
	}
	return out;
}

/* ---- values that do not fit ----------------------------------------------------------------- */

/* Makes the value fit into the room, if its brackets and quotes do. */
static bool cut_to(struct value *value, size_t room)
{
	size_t around = value->before.length + 2 + (value->is_array ? 0 : value->text_max);

	if (around > room)
		return false;
	if (value->is_array)
		value->count = MIN((size_t)value->count, (room - around) / value_one_max(value));
	else if (value_byte_max(value) > 0)
		value->size = MIN((size_t)value->size, (room - around) / value_byte_max(value));
	return true;
}

bool values_put_within(const struct decoder *decoder, const struct value *values, size_t count,
		       const char *data, uint32_t length, const char *end, char **out)
{
	for (size_t i = 0; i < count; i++) {
		struct value value = stretched(&values[i], length);
		size_t room = end - *out;
		bool fits = value_text_max(&value) <= room;

		if (!fits && !cut_to(&value, room)) {
			if (i > 0)
				*out = literal_put(decoder, *out, values[i - 1].after);
			return false;
		}
		*out = put_value(decoder, &value, data, *out);
		if (!fits) {
			*out = literal_put(decoder, *out, value.after);
			return false;
		}
	}
	return true;
}
