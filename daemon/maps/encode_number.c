/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/encoder.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/str.h"

typedef unsigned __int128 magnitude;

/* A whole number of any size. */
struct whole {
	magnitude size;
	bool is_negative;
};

#define NAMES_MAX 512

/* ---- text to numbers ------------------------------------------------------------------------ */

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return 16;
}

/* -EINVAL for what is no whole number, -ERANGE for one of more than 128 bits. */
static int read_whole(const char *text, struct whole *ret)
{
	struct whole whole = {.is_negative = *text == '-'};
	unsigned base = 10;

	text += whole.is_negative;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = (unsigned)digit_of(*text);

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(whole.size, (magnitude)base, &whole.size) ||
		    __builtin_add_overflow(whole.size, (magnitude)digit, &whole.size))
			return -ERANGE;
	}
	*ret = whole;
	return 0;
}

static int whole_of(const json_t *json, struct whole *ret)
{
	json_int_t number = json_integer_value(json);

	if (json_is_string(json))
		return read_whole(json_string_value(json), ret);
	if (!json_is_integer(json))
		return -EINVAL;
	ret->is_negative = number < 0;
	ret->size = number < 0 ? -(magnitude)number : (magnitude)number;
	return 0;
}

/* ---- numbers to bits ------------------------------------------------------------------------ */

static void put_bit(uint8_t *bytes, uint64_t at, bool is_set)
{
	uint8_t mask = (uint8_t)(__BYTE_ORDER == __LITTLE_ENDIAN ? 1U << at % 8 : 0x80U >> at % 8);

	if (is_set)
		bytes[at / 8] |= mask;
}

/* The first bit is the lowest one where bytes are stored so, too. */
static void put_bits(uint8_t *bytes, struct bits bits, magnitude number)
{
	for (uint32_t i = 0; i < bits.count; i++) {
		uint32_t shift = __BYTE_ORDER == __LITTLE_ENDIAN ? i : bits.count - 1 - i;

		put_bit(bytes, bits.first + i, number >> shift & 1);
	}
}

/* 2 to the power of so many bits, less 1. */
static magnitude all_ones(uint32_t bits)
{
	return bits >= 128 ? ~(magnitude)0 : ((magnitude)1 << bits) - 1;
}

static bool fits(struct whole whole, uint32_t bits, bool is_signed)
{
	magnitude most = all_ones(is_signed ? bits - 1 : bits);

	if (!whole.is_negative)
		return whole.size <= most;
	return is_signed ? whole.size <= most + 1 : whole.size == 0;
}

static void describe_range(char *text, size_t size, uint32_t bits, bool is_signed)
{
	magnitude most = all_ones(is_signed ? bits - 1 : bits);

	if (bits > 64)
		(void)snprintf(text, size, "a whole number of %u bits%s", bits,
			       is_signed ? ", with a sign" : "");
	else if (is_signed)
		(void)snprintf(text, size, "a whole number from -%llu to %llu",
			       (unsigned long long)(most + 1), (unsigned long long)most);
	else
		(void)snprintf(text, size, "a whole number from 0 to %llu",
			       (unsigned long long)most);
}

static int put_whole(struct encoder *encoder, struct bits bits, bool is_signed, const json_t *json,
		     uint8_t *bytes)
{
	struct whole whole;
	char range[128];

	if (whole_of(json, &whole) < 0 || !fits(whole, bits.count, is_signed)) {
		describe_range(range, sizeof(range), bits.count, is_signed);
		return encoder_refuse(encoder, json, range);
	}
	put_bits(bytes, bits, whole.is_negative ? -whole.size : whole.size);
	return 0;
}

int encoder_unsigned(struct encoder *encoder, struct bits bits, const json_t *json, uint8_t *bytes)
{
	return put_whole(encoder, bits, false, json, bytes);
}

/* ---- kinds of numbers ----------------------------------------------------------------------- */

static int put_bool(struct encoder *encoder, struct bits bits, const json_t *json, uint8_t *bytes)
{
	const char *text = json_string_value(json);
	bool is_true = json_is_true(json) || (text && strcmp(text, "true") == 0);
	bool is_false = json_is_false(json) || (text && strcmp(text, "false") == 0);
	struct whole whole;

	if (!is_true && !is_false && whole_of(json, &whole) == 0 && !whole.is_negative &&
	    whole.size <= 1) {
		is_true = whole.size == 1;
		is_false = !is_true;
	}
	if (!is_true && !is_false)
		return encoder_refuse(encoder, json, "true or false");
	put_bits(bytes, bits, is_true);
	return 0;
}

static int64_t enum_number(const struct btf_type *type, unsigned index)
{
	return btf_is_enum64(type) ? (int64_t)btf_enum64_value(&btf_enum64(type)[index])
				   : (int64_t)btf_enum(type)[index].val;
}

static const char *enum_name(const struct btf *btf, const struct btf_type *type, unsigned index)
{
	const char *name;
	uint32_t offset = btf_is_enum64(type) ? btf_enum64(type)[index].name_off
					      : btf_enum(type)[index].name_off;

	return type_name(btf, offset, &name) == 0 ? name : "";
}

static int refuse_enum(struct encoder *encoder, const struct btf_type *type, const json_t *json)
{
	char names[NAMES_MAX] = "", what[NAMES_MAX + 64];

	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (str_list_add(names, sizeof(names), enum_name(encoder->entry->btf, type, i)) < 0)
			break;
	(void)str_format(what, sizeof(what), "one of %s, or a number that fits into %u bytes",
			 names, type->size);
	return encoder_refuse(encoder, json, what);
}

static int put_enum(struct encoder *encoder, const struct btf_type *type, struct bits bits,
		    const json_t *json, uint8_t *bytes)
{
	const char *text = json_string_value(json);
	struct whole whole;

	for (unsigned i = 0; text && i < btf_vlen(type); i++)
		if (strcmp(enum_name(encoder->entry->btf, type, i), text) == 0) {
			put_bits(bytes, bits, (magnitude)enum_number(type, i));
			return 0;
		}
	/* Signed or not, as the compiler had it: what the bits can hold either way. */
	if (whole_of(json, &whole) < 0 || !fits(whole, bits.count, whole.is_negative))
		return refuse_enum(encoder, type, json);
	put_bits(bytes, bits, whole.is_negative ? -whole.size : whole.size);
	return 0;
}

/* -EINVAL; -ERANGE: it would become infinite, which is shown as null. */
static int read_float(const json_t *json, uint32_t bits, double *ret)
{
	const char *text = json_string_value(json);
	double wide = json_number_value(json);
	char *end;

	if (text) {
		wide = strtod(text, &end);
		/* Nothing but digits: it reads blanks, `nan` and `infinity`, too. */
		if (end == text || *end || !strchr("-.0123456789", *text))
			return -EINVAL;
	} else if (!json_is_number(json)) {
		return -EINVAL;
	}
	*ret = wide;
	return isfinite(bits == 8 * sizeof(float) ? (double)(float)wide : wide) ? 0 : -ERANGE;
}

static int put_float(struct encoder *encoder, uint32_t bits, const json_t *json, uint8_t *bytes)
{
	char what[64];
	double wide;
	float narrow;
	int err = read_float(json, bits, &wide);

	(void)str_format(what, sizeof(what), "a number that fits into %u bytes", bits / 8);
	if (err)
		return encoder_refuse(encoder, json, err == -ERANGE ? what : "a number");
	narrow = (float)wide;
	if (bits == 8 * sizeof(narrow))
		memcpy(bytes, &narrow, sizeof(narrow));
	else
		memcpy(bytes, &wide, sizeof(wide));
	return 0;
}

int encoder_number(struct encoder *encoder, const struct btf_type *type, struct bits bits,
		   const json_t *json, uint8_t *bytes)
{
	if (btf_is_float(type))
		return put_float(encoder, bits.count, json, bytes);
	if (btf_is_any_enum(type))
		return put_enum(encoder, type, bits, json, bytes);
	if (btf_is_int(type) && btf_int_encoding(type) & BTF_INT_BOOL)
		return put_bool(encoder, bits, json, bytes);
	return put_whole(encoder, bits, btf_is_int(type) && btf_int_encoding(type) & BTF_INT_SIGNED,
			 json, bytes);
}
