/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the decoder, with any BTF, Format= and record. What it makes of them is a refusal
 * that says why in UTF-8, or a line within its bound that is a JSON object.
 *
 * An input is a byte that selects formats, the length of the BTF as two bytes, lowest first, the
 * BTF as an object has it, and the record. The record's structs are the last ones of the BTF.
 */
#include "daemon/events/decode.h"
#include "daemon/events/decode_wide.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <jansson.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/utf8.h"
#include "tests/fuzz/fuzz.h"

#define HEAD_LENGTH 3
#define RECORDS_MAX 2
#define NAME_LENGTH 64

/* What an input asks for. */
struct wish {
	const uint8_t *btf;
	size_t btf_length;
	struct ring_record record;
	char names[RECORDS_MAX][NAME_LENGTH];
	char *records[RECORDS_MAX];
	char field[NAME_LENGTH];
	struct unit_format format;
	struct unit_events events;
};

static bool read_wish(const uint8_t *data, size_t size, struct wish *wish)
{
	if (size < HEAD_LENGTH)
		return false;
	wish->btf = data + HEAD_LENGTH;
	wish->btf_length = MIN(size - HEAD_LENGTH, (size_t)(data[1] | data[2] << 8));
	wish->record.data = wish->btf + wish->btf_length;
	wish->record.length = size - HEAD_LENGTH - wish->btf_length;
	return true;
}

/* The format of the selector's lower bits, for a member of the struct by its upper ones. */
static void wish_format(struct wish *wish, const struct btf *btf, const struct btf_type *type,
			uint8_t selector)
{
	unsigned format = selector % 16, index = selector / 16;
	const char *name;

	if (format >= FORMAT_MAX_ || index >= btf_vlen(type))
		return;
	name = btf__name_by_offset(btf, btf_members(type)[index].name_off);
	if (!name || strlen(name) >= NAME_LENGTH)
		return;
	strcpy(wish->field, name);
	wish->format = (struct unit_format){.field = wish->field, .format = format};
	wish->events.formats = &wish->format;
	wish->events.format_count = 1;
}

static void wish_records(struct wish *wish, const struct btf *btf, uint8_t selector)
{
	wish->events.records = wish->records;
	for (uint32_t id = btf__type_cnt(btf) - 1; id > 0; id--) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);
		size_t count = wish->events.record_count;

		if (!btf_is_struct(type) || !name || strlen(name) >= NAME_LENGTH)
			continue;
		strcpy(wish->names[count], name);
		wish->records[count] = wish->names[count];
		if (count == 0)
			wish_format(wish, btf, type, selector);
		if (++wish->events.record_count == RECORDS_MAX)
			return;
	}
}

static void check_line(const struct decoder *decoder, const struct ring_record *record, bool again)
{
	size_t room = decoder_line_max(decoder, record->length);
	char *line = malloc(room);
	size_t length;
	json_t *json;

	fuzz_check(line);
	length = decoder_line(decoder, record, again, line);
	fuzz_check(length <= room && length <= DECODER_LINE_MAX);
	fuzz_check(utf8_is_valid(line, length));
	json = json_loadb(line, length, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	fuzz_check(json_is_object(json));
	json_decref(json);
	free(line);
}

/* Whole, and cut short. The record is a copy of its length, so that no byte behind it is read. */
static void check_lines(const struct decoder *decoder, const struct ring_record *record)
{
	struct ring_record copy = {.length = record->length};
	char *data = malloc(record->length + 1);

	fuzz_check(data);
	memcpy(data + 1, record->data, record->length);
	copy.data = data + 1; /* records lie at 8 bytes, but their members at any */
	check_line(decoder, &copy, false);
	copy.length /= 2;
	copy.data = data + 1 + record->length - copy.length;
	check_line(decoder, &copy, true);
	free(data);
}

/* The same with wide numbers as strings. */
static void check_wide_lines(const struct decoder *decoder, const struct ring_record *record)
{
	struct decoder *wide = NULL;

	fuzz_check(decoder_wide_new(decoder, &wide) == 0);
	check_lines(wide, record);
	decoder_wide_free(wide);
}

static int be_silent(enum libbpf_print_level level, const char *format, va_list values)
{
	(void)level, (void)format, (void)values;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decoder *decoder = NULL;
	struct wish wish = {0};
	struct failure failure;
	struct btf *btf;

	libbpf_set_print(be_silent);
	if (!read_wish(data, size, &wish))
		return 0;
	btf = btf__new(wish.btf, (uint32_t)wish.btf_length);
	if (btf)
		wish_records(&wish, btf, data[0]);
	if (decoder_new(
		    &(struct decoder_settings){
			    .unit = "fuzz", .generation = 1, .events = &wish.events, .btf = btf},
		    &decoder, &failure) == 0) {
		check_lines(decoder, &wish.record);
		check_wide_lines(decoder, &wish.record);
	} else {
		fuzz_check(!decoder && *failure.text);
		fuzz_check(utf8_is_valid(failure.text, strlen(failure.text)));
	}
	decoder_free(decoder);
	btf__free(btf);
	return 0;
}
