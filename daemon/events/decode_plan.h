/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled plan of a decoder. Keys, commas and brackets are known when the plan is made, so all
 * text between two values is one literal: nested structs cost nothing when a record is encoded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the bytes of one value become JSON. */
enum value_kind {
	VALUE_UNSIGNED,
	VALUE_SIGNED,
	VALUE_BOOL,
	VALUE_ENUM,
	VALUE_HEX, /* a number in hex */
	VALUE_UNSIGNED_128,
	VALUE_SIGNED_128,
	VALUE_HEX_128,
	VALUE_FLOAT,  /* 4 bytes */
	VALUE_DOUBLE, /* 8 bytes */
	VALUE_TEXT,
	VALUE_BYTES, /* hex in the order of memory */
	VALUE_IP4,
	VALUE_IP6,
	VALUE_MAC,
	VALUE_PORT,
	VALUE_NS,
	VALUE_UNSIGNED_TEXT, /* as a string: in the plans of decode_wide.h alone */
	VALUE_SIGNED_TEXT,
	VALUE_UNSIGNED_128_TEXT,
	VALUE_SIGNED_128_TEXT,
	VALUE_ENUM_TEXT, /* the same where the value has no name */
};

/* How the number of a value is read. */
enum value_load {
	LOAD_1,
	LOAD_2,
	LOAD_4,
	LOAD_8,
	LOAD_BITS, /* of `size` bytes, 1 to 9 */
};

/* A part of struct decoder.text. */
struct literal {
	uint32_t start;
	uint32_t length;
};

/* What may be read and written behind a literal, so that it is copied in whole words. */
#define LITERAL_SLACK 16

/* A name of an enum; its literal has the quotes. */
struct enum_name {
	uint64_t value; /* cut to the enum's size, so that signs do not matter */
	struct literal name;
};

/* The names of one enum: a part of struct decoder.enum_names, sorted by value. */
struct enum_names {
	uint32_t type_id;
	uint32_t start;
	uint32_t count;
	uint32_t size;
	uint32_t text_max; /* of its longest name, or a number */
	bool is_signed;	   /* how a value without name is shown */
};

struct value {
	uint8_t kind;	       /* enum value_kind */
	uint8_t load;	       /* enum value_load, where the kind is a number of up to 8 bytes */
	uint8_t bit;	       /* LOAD_BITS: the first bit's place in the first byte */
	uint8_t unused;	       /* 64 less the bits of the number */
	bool is_array;	       /* shown as an array of `count` values, `size` bytes apart */
	bool is_flexible;      /* goes on to the record's end: text and bytes, or an array */
	bool is_wide;	       /* its type has 64 bits or more, also where a bit field has fewer */
	uint32_t offset;       /* in the record */
	uint32_t size;	       /* bytes of one value */
	uint32_t count;	       /* of values; 1 for what is no array */
	uint32_t enum_index;   /* VALUE_ENUM: in struct decoder.enums */
	uint32_t text_max;     /* of one value and a comma, where it has no bytes of text or hex */
	struct literal before; /* what stands before the value */
	struct literal after;  /* what closes all that is open behind it, but for the line */
};

/* A flexible array whose elements are made of several values. */
struct flexible {
	uint32_t offset;
	uint32_t size; /* of an element; 0: there is no such array */
	uint32_t first_value;
	uint32_t value_count;
	size_t text_max;	/* of an element */
	struct literal before;	/* up to the first element */
	struct literal between; /* what closes an element */
	struct literal after;	/* as that of a value */
};

/* One struct of Record=. */
struct record_plan {
	uint32_t size; /* that a record must have */
	uint32_t first_value;
	uint32_t value_count;
	struct flexible flexible;
	struct literal head; /* {"unit":…,"generation":…,"type":…  */
	struct literal tail; /* what closes after the last value */
	size_t line_max;     /* of a record of `size` bytes */
	size_t line_factor;  /* more for each byte behind them */
};

struct decoder {
	bool has_header;
	bool is_wide_as_text; /* time and number are strings, see decode_wide.h */
	struct literal head;  /* of a record without a type that is known */
	size_t record_line_max;
	size_t record_line_factor;
	size_t error_line_max; /* of a line with "data", without the data */

	struct record_plan *records;
	size_t record_count;
	struct value *values;
	size_t value_count;
	struct enum_names *enums;
	size_t enum_count;
	struct enum_name *enum_names;
	size_t enum_name_count;
	char *text; /* all literals */
};

/* Characters that a byte of text or hex becomes at most; 0 of other kinds. */
static inline size_t value_byte_max(const struct value *value)
{
	if (value->kind == VALUE_TEXT)
		return 6;
	return value->kind == VALUE_BYTES ? 2 : 0;
}

/* The longest that one element of the value's array, or the value if it is none, can become. */
static inline size_t value_one_max(const struct value *value)
{
	return value->text_max + value_byte_max(value) * value->size;
}

/* All of the value, with what stands before it. */
static inline size_t value_text_max(const struct value *value)
{
	return value->before.length + 2 + value->count * value_one_max(value);
}

/* ---- decode_plan.c ---- */

/* Sets how long lines can become, by the values of all records. */
void decoder_measure(struct decoder *decoder);

/* ---- decode_put.c ---- */

/* The number of VALUE_UNSIGNED, VALUE_SIGNED and VALUE_NS; signs are extended to 64 bits. */
uint64_t value_number(const struct value *value, const char *data);

/* Writes the literal; up to LITERAL_SLACK bytes behind its end may be overwritten. */
char *literal_put(const struct decoder *decoder, char *out, struct literal literal);

/*
 * Writes values at places counted from `data`, and what stands before each. `length` is that of the
 * data: flexible values go on to its end.
 */
char *values_put(const struct decoder *decoder, const struct value *values, size_t count,
		 const char *data, uint32_t length, char *out);

/*
 * The same up to `end`: what does not fit before it is cut, and then what is open is closed, for
 * which there must be room behind it. Returns whether nothing was cut.
 */
bool values_put_within(const struct decoder *decoder, const struct value *values, size_t count,
		       const char *data, uint32_t length, const char *end, char **out);
