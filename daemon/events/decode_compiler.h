/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the compiler that makes a decoder's plan from BTF. All functions that can fail fill
 * the compiler's failure and return a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/decode.h"
#include "daemon/events/decode_btf.h"
#include "daemon/events/decode_entry.h"
#include "daemon/events/decode_plan.h"
#include "lib/outcome.h"

struct btf_type;

/* Members and elements of one struct of Record=, at all levels. */
#define FIELDS_MAX 10000
/* No struct of a record is larger, so that sums of sizes stay far from overflowing. */
#define RECORD_SIZE_MAX (16UL * 1024 * 1024)

/* Numbers may become strings, see decode_wide.h. */
#define NUMBER_QUOTES 2

/* All literals of a decoder. */
#define TEXT_MAX (4UL * 1024 * 1024)

struct buffer {
	char *data;
	size_t length;
	size_t room;
};

/* Room for what messages call that which the plan is for. */
#define SUBJECT_MAX (TYPE_NAME_MAX + sizeof("Record="))

struct compiler {
	const struct decoder_settings *settings; /* of records; or NULL */
	const struct entry_settings *entry;	 /* of a map's entries; or NULL */
	bool each_cpu;				 /* of entries: one value per CPU */
	const struct btf *btf;
	const struct unit_format *formats;
	size_t format_count;
	struct decoder *decoder;
	struct buffer text;    /* becomes decoder->text */
	struct buffer pending; /* what stands between the last value and the next one */
	struct buffer path;    /* of the member that is being added, as Format= has it */
	bool *format_used;     /* one per Format= */
	const char *record;    /* whose plan is being made; of records alone */
	char subject[SUBJECT_MAX];
	struct record_plan *plan;
	uint64_t size;	    /* of the record, or of an element of its flexible array */
	uint64_t end;	    /* of the values so far */
	size_t fields_left; /* of FIELDS_MAX */
	struct failure *failure;
};

/* Where a value lies, in the record and in its JSON. */
struct place {
	uint64_t offset;
	unsigned depth;
	bool is_last;	 /* nothing follows in the record: an array without length is flexible */
	bool is_element; /* of an array: for messages */
	struct literal after; /* what closes the objects and arrays around it */
};

/* Members are added here. */
struct scope {
	struct place place;
	bool has_member;
};

/* ---- decode_plan.c ---- */

/*
 * Makes a decoder with room for so many records, which `add_records` adds.
 */
int compiler_run(struct compiler *compiler, size_t record_count,
		 int (*add_records)(struct compiler *compiler), struct decoder **ret);
void compiler_deinit(struct compiler *compiler);

/* Closes the line of compiler->plan, and counts what was added to it since its first value. */
int compiler_end_record(struct compiler *compiler);

/* ---- decode_compiler.c: text, limits, failures ---- */

/* Appends to what stands before the next value. The second makes a JSON string of it. */
int compiler_pend(struct compiler *compiler, const char *text);
int compiler_pend_json(struct compiler *compiler, const char *text);
/* Makes a literal of what is pending. */
int compiler_take_pending(struct compiler *compiler, struct literal *ret);
/* Makes a literal of the text as a JSON string, past what is pending. */
int compiler_add_json(struct compiler *compiler, const char *text, struct literal *ret);
/* Puts a bracket before the literal. */
int compiler_close_before(struct compiler *compiler, char bracket, struct literal *literal);

/* Appends a member to the path; it is cut back by its length before. */
int compiler_enter(struct compiler *compiler, const char *name);

/*
 * Room for one more element behind `count` of them, or NULL. Arrays grow when the count is a power
 * of two, so their room need not be kept.
 */
void *compiler_grow(void *array, size_t count, size_t size);

int compiler_use_field(struct compiler *compiler);
int compiler_check_depth(struct compiler *compiler, unsigned depth);
int compiler_out_of_memory(struct compiler *compiler);
int compiler_broken_type(struct compiler *compiler, int err);

/* ---- decode_enum.c ---- */

/* The index in decoder->enums of the enum, which is added if it is not there. */
int compiler_add_enum(struct compiler *compiler, uint32_t id, const struct btf_type *type,
		      uint32_t *ret);

/* ---- decode_format.c ---- */

/* The Format= of the member that the path names, or NULL. Marks it as used. */
const struct unit_format *compiler_find_format(struct compiler *compiler);

/*
 * The value that a type becomes by Format=. 1: *ret is it; 0: it is an array, whose elements are to
 * be asked for.
 */
int compiler_format_type(struct compiler *compiler, const struct unit_format *format, uint32_t id,
			 const struct place *place, struct value *ret);
/* Bit fields can be shown as numbers only. */
int compiler_format_bits(struct compiler *compiler, const struct unit_format *format, uint32_t bits,
			 struct value *value);

/* Fails for a Format= whose field no record has. */
int compiler_check_formats(struct compiler *compiler);

/* ---- decode_fields.c ---- */

/* "packet_event has sequence, length; exec_event has filename": what Format= could name, as far
 * as there is room. For messages, once all records are in the plan. */
void compiler_list_fields(struct compiler *compiler, char *buffer, size_t size);

/* ---- decode_value.c ---- */

/* Adds the value to the plan, with what is pending before it. */
int compiler_add_value(struct compiler *compiler, struct value value, const struct place *place);

/*
 * The value that a type becomes by itself. 1: *ret is it; 0: it is a struct, a union or an array
 * that has to be taken apart.
 */
int compiler_value_of(struct compiler *compiler, uint32_t id, struct value *ret);

/* ---- decode_type.c ---- */

/* A value of any type, in the form that Format= (or NULL) or else its type asks for. */
int compiler_add_type(struct compiler *compiler, uint32_t id, const struct unit_format *format,
		      const struct place *place);

/* Adds one element, at the place. */
typedef int (*compiler_add_element)(struct compiler *compiler, const void *data,
				    const struct place *place);

/* A JSON array that goes on to the record's end, with an element in each `size` bytes. */
int compiler_add_flexible(struct compiler *compiler, uint64_t size, compiler_add_element add,
			  const void *data, const struct place *place);

/* ---- decode_member.c ---- */

/* The key of a member, with the comma before it. */
int compiler_add_key(struct compiler *compiler, const char *name, struct scope *scope);

/* The members of a struct or union, from the `start`th on. */
int compiler_add_members(struct compiler *compiler, const struct btf_type *type, unsigned start,
			 struct scope *scope);
