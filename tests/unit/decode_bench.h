/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF that a test of the decoder builds, and what the decoder makes of records of it. */
#pragma once

#include "tests/unit/expect.h"

#include <bpf/btf.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/record.h"
#include "daemon/events/decode.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

#define LINE_MAX_ (64 * 1024)

/* BTF that a test builds, and what it asks of the decoder. */
struct bench {
	struct btf *btf;
	int u8, u16, u32, u64, s32, character, boolean;
	int header; /* struct ebpfd_record */
	struct unit_events events;
	char *records[4];
	struct unit_format formats[8];
	struct decoder *decoder;
	struct failure failure;
};

static inline int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct btf *btf = btf__new_empty();

	if (!bench || !btf)
		return -1;
	bench->btf = btf;
	bench->u8 = btf__add_int(btf, "unsigned char", 1, 0);
	bench->u16 = btf__add_int(btf, "unsigned short", 2, 0);
	bench->u32 = btf__add_int(btf, "unsigned int", 4, 0);
	bench->u64 = btf__add_int(btf, "unsigned long long", 8, 0);
	bench->s32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	bench->character = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	bench->boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	bench->header = btf__add_struct(btf, "ebpfd_record", 24);
	btf__add_field(btf, "type", bench->u16, 0, 0);
	btf__add_field(btf, "hook", bench->u16, 16, 0);
	btf__add_field(btf, "cpu", bench->u32, 32, 0);
	btf__add_field(btf, "number", bench->u64, 64, 0);
	btf__add_field(btf, "time", bench->u64, 128, 0);
	bench->events.records = bench->records;
	bench->events.formats = bench->formats;
	*state = bench;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;

	decoder_free(bench->decoder);
	btf__free(bench->btf);
	free(bench);
	return 0;
}

/* Begins a struct of Record=; fields are added behind it, at byte offsets. */
static inline int begin_record(struct bench *bench, char *name, uint32_t size)
{
	bench->records[bench->events.record_count++] = name;
	return btf__add_struct(bench->btf, name, size);
}

static inline void add_field(struct bench *bench, const char *name, int type, uint32_t offset)
{
	assert_int_equal(btf__add_field(bench->btf, name, type, offset * 8, 0), 0);
}

static inline void add_format(struct bench *bench, char *field, enum field_format format)
{
	bench->formats[bench->events.format_count++] =
		(struct unit_format){.field = field, .format = format};
}

static inline int compile_with(struct bench *bench, const struct btf *btf)
{
	const struct decoder_settings settings = {
		.unit = "fw",
		.generation = 3,
		.events = &bench->events,
		.btf = btf,
	};

	return decoder_new(&settings, &bench->decoder, &bench->failure);
}

static inline void compile(struct bench *bench)
{
	if (compile_with(bench, bench->btf) < 0)
		fail_msg("%s", bench->failure.text);
}

static inline void expect_line_as(struct bench *bench, const void *data, uint32_t length,
				  bool again, const char *expected)
{
	const struct ring_record record = {.data = data, .length = length};
	size_t max = decoder_line_max(bench->decoder, length), written;
	char *line = malloc(max + 1);

	written = decoder_line(bench->decoder, &record, again, line);
	assert_in_range(written, 0, max);
	line[written] = '\0';
	assert_string_equal(line, expected);
	free(line);
}

/* The fields of record "r", which has no header. */
static inline void expect_fields(struct bench *bench, const void *data, uint32_t length,
				 const char *fields)
{
	char expected[LINE_MAX_];

	snprintf(expected, sizeof(expected), "{\"unit\":\"fw\",\"generation\":3,\"type\":\"r\",%s}",
		 fields);
	expect_line_as(bench, data, length, false, expected);
}

static inline void expect_broken(struct bench *bench, int err, const char *text)
{
	assert_int_equal(compile_with(bench, bench->btf), err);
	expect_failure(&bench->failure, OUTCOME_FAILED, text);
	assert_null(bench->decoder);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
