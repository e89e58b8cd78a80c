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
	VALUE_UNSIGNED, /* 1, 2, 4 or 8 bytes */
	VALUE_SIGNED,
	VALUE_BOOL,
	VALUE_ENUM,
	VALUE_TEXT,
	VALUE_BYTES, /* hex in the order of memory */
	VALUE_HEX,   /* a number in hex */
	VALUE_IP4,
	VALUE_IP6,
	VALUE_MAC,
	VALUE_PORT,
	VALUE_NS,
};

/* A part of struct plan.text. */
struct literal {
	uint32_t start;
	uint32_t length;
};

/* A name of an enum; its literal has the quotes. */
struct enum_name {
	uint64_t value; /* cut to the enum's size, so that signs do not matter */
	struct literal name;
};

/* The names of one enum: a part of struct plan.enum_names, sorted by value. */
struct enum_names {
	uint32_t type_id;
	uint32_t start;
	uint32_t count;
	bool is_signed; /* how a value without name is shown */
};

struct value {
	enum value_kind kind;
	bool is_array;	 /* shown as an array of `count` values, `size` bytes apart */
	uint32_t offset; /* in the record */
	uint32_t size;	 /* bytes of one value */
	uint32_t count;
	uint32_t enum_index;   /* VALUE_ENUM: in struct plan.enums */
	struct literal before; /* what stands before the value */
};

/* One struct of Record=. */
struct record_plan {
	uint32_t size; /* of the struct */
	uint32_t first_value;
	uint32_t value_count;
	struct literal head; /* {"unit":…,"generation":…,"type":…  */
	struct literal tail; /* what closes after the last value */
	size_t line_max;
};

struct decoder {
	bool has_header;
	struct literal head; /* of a record without a type that is known */
	size_t record_line_max;
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
