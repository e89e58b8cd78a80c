/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/encode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "daemon/maps/encoder.h"
#include "daemon/maps/long_numbers.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* What of a wrong value is shown. */
#define SHOWN_MAX 80

/* ---- paths and failures --------------------------------------------------------------------- */

size_t encoder_enter(struct encoder *encoder, const char *format, ...)
{
	size_t length = strlen(encoder->path);
	va_list values;

	va_start(values, format);
	/* A path that is too long is cut, in messages alone. */
	(void)vsnprintf(encoder->path + length, sizeof(encoder->path) - length, format, values);
	va_end(values);
	return length;
}

void encoder_leave(struct encoder *encoder, size_t length)
{
	encoder->path[length] = '\0';
}

int encoder_refuse(struct encoder *encoder, const json_t *json, const char *what)
{
	cleanup_free char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	bool is_long = text && strlen(text) > SHOWN_MAX;

	return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL, "%s: must be %s, not %.*s%s",
			   encoder->path, what, SHOWN_MAX, text ? text : "that",
			   is_long ? "…" : "");
}

int encoder_broken(struct encoder *encoder, int err)
{
	return failure_set_errno(encoder->failure, OUTCOME_FAILED, err,
				 "%s: the types of map %s are broken", encoder->path,
				 encoder->entry->map);
}

/* ---- formats -------------------------------------------------------------------------------- */

/* Whether the path is that field's. Format= has no indexes. */
static bool is_path(const char *path, const char *field)
{
	while (*path) {
		if (*path == '[') {
			path = strchr(path, ']');
			if (!path)
				return false;
			path++;
		} else if (*path++ != *field++) {
			return false;
		}
	}
	return *field == '\0';
}

static const struct unit_format *find_format(const struct encoder *encoder)
{
	for (size_t i = 0; i < encoder->entry->format_count; i++)
		if (is_path(encoder->path, encoder->entry->formats[i].field))
			return &encoder->entry->formats[i];
	return NULL;
}

static uint64_t size_of_format(enum field_format format)
{
	switch (format) {
	case FORMAT_IP4:
		return 4;
	case FORMAT_IP6:
		return 16;
	case FORMAT_MAC:
		return 6;
	case FORMAT_PORT:
		return 2;
	case FORMAT_NS:
		return 8;
	default:
		return 0; /* any */
	}
}

/* ---- types ---------------------------------------------------------------------------------- */

static int encode_elements(struct encoder *encoder, const struct btf_array *array,
			   const json_t *json, uint8_t *bytes)
{
	char what[64];
	uint64_t size;
	int err = type_size(encoder->entry->btf, array->type, &size);

	if (err)
		return encoder_broken(encoder, err);
	(void)str_format(what, sizeof(what), "a list of %u", array->nelems);
	if (!json_is_array(json) || json_array_size(json) != array->nelems)
		return encoder_refuse(encoder, json, what);
	for (size_t i = 0; !err && i < array->nelems; i++) {
		size_t length = encoder_enter(encoder, "[%zu]", i);

		err = encoder_type(encoder, array->type, json_array_get(json, i), bytes + i * size);
		encoder_leave(encoder, length);
	}
	return err;
}

static int encode_array(struct encoder *encoder, const struct btf_type *type,
			const struct unit_format *format, const json_t *json, uint8_t *bytes)
{
	const struct btf_array *array = btf_array(type);
	const struct btf *btf = encoder->entry->btf;
	const struct btf_type *element;
	bool as_text, as_hex;
	int err = type_resolve(btf, array->type, &element, NULL);

	if (err)
		return encoder_broken(encoder, err);
	as_text = format ? format->format == FORMAT_TEXT : type_is_char(btf, element);
	as_hex = !format || format->format == FORMAT_HEX;
	if (!type_is_byte(btf, element) || json_is_array(json))
		return encode_elements(encoder, array, json, bytes);
	if (as_text)
		return encoder_text(encoder, json, array->nelems, bytes);
	return as_hex ? encoder_hex(encoder, json, array->nelems, bytes)
		      : encode_elements(encoder, array, json, bytes);
}

static bool is_number(const struct btf_type *type, uint64_t size)
{
	if (btf_is_float(type))
		return size == sizeof(float) || size == sizeof(double);
	if (btf_is_int(type) && size == sizeof(__int128))
		return true;
	return type_is_number(type, size) && !type_is_partial(type);
}

int encoder_type(struct encoder *encoder, uint32_t id, const json_t *json, uint8_t *bytes)
{
	const struct unit_format *format = find_format(encoder);
	const struct btf_type *type;
	uint64_t size;
	int err = type_resolve(encoder->entry->btf, id, &type, NULL);

	if (!err)
		err = type_size(encoder->entry->btf, id, &size);
	if (err)
		return encoder_broken(encoder, err);
	if (format && size == size_of_format(format->format))
		return encoder_address(encoder, format->format, json, bytes);
	if (btf_is_array(type))
		return encode_array(encoder, type, format, json, bytes);
	if (btf_is_composite(type))
		return format && format->format == FORMAT_HEX
			       ? encoder_hex(encoder, json, size, bytes)
			       : encoder_struct(encoder, type, json, bytes);
	if (is_number(type, size))
		return encoder_number(encoder, type, (struct bits){.count = 8 * (uint32_t)size},
				      json, bytes);
	return encoder_hex(encoder, json, size, bytes);
}

static int encode_untyped(struct encoder *encoder, const struct entry_part *part,
			  const json_t *json, uint8_t *bytes)
{
	return part->is_number ? encoder_unsigned(encoder, (struct bits){.count = 32}, json, bytes)
			       : encoder_hex(encoder, json, part->size, bytes);
}

static int encode_json(struct encoder *encoder, const struct entry_part *part, const json_t *json,
		       uint8_t *bytes)
{
	memset(bytes, 0, part->size);
	return part->type ? encoder_type(encoder, part->type, json, bytes)
			  : encode_untyped(encoder, part, json, bytes);
}

/* ---- text ----------------------------------------------------------------------------------- */

bool encode_is_json(const char *text)
{
	text += strspn(text, " \t\r\n");
	return *text && strchr("{[\"", *text);
}

static int parse(struct encoder *encoder, const char *text, json_t **ret)
{
	cleanup_free char *quoted = NULL;
	json_error_t error;
	json_t *json;

	if (!encode_is_json(text)) {
		json = json_string(text);
	} else {
		quoted = long_numbers_quote(text);
		json = quoted ? json_loads(quoted, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error)
			      : NULL;
		if (quoted && !json)
			return failure_set(encoder->failure, OUTCOME_USAGE, -EINVAL,
					   "%s: this is no JSON: %s", encoder->path, error.text);
	}
	if (!json)
		return failure_set_errno(encoder->failure, OUTCOME_FAILED, -ENOMEM, "%s",
					 encoder->path);
	*ret = json;
	return 0;
}

int encode_part(const struct entry_settings *entry, enum entry_side side, const char *text,
		void *bytes, struct failure *reterr_failure)
{
	const struct entry_part *part = side == ENTRY_KEY ? &entry->key : &entry->value;
	struct encoder encoder = {.entry = entry, .failure = reterr_failure};
	json_t *json;
	int err;

	(void)encoder_enter(&encoder, "%s", side == ENTRY_KEY ? "key" : "value");
	err = parse(&encoder, text, &json);
	if (err)
		return err;
	err = encode_json(&encoder, part, json, bytes);
	json_decref(json);
	return err;
}

static int encode_cpus(struct encoder *encoder, unsigned cpus, const json_t *json, uint8_t *bytes)
{
	const struct entry_part *value = &encoder->entry->value;
	char what[64];
	int err = 0;

	(void)str_format(what, sizeof(what), "a list of %u values, one for each CPU", cpus);
	if (!json_is_array(json) || json_array_size(json) != cpus)
		return encoder_refuse(encoder, json, what);
	for (unsigned i = 0; !err && i < cpus; i++) {
		size_t length = encoder_enter(encoder, "[%u]", i);

		err = encode_json(encoder, value, json_array_get(json, i),
				  bytes + (size_t)i * entry_value_stride(value->size));
		encoder_leave(encoder, length);
	}
	return err;
}

int encode_each_cpu(const struct entry_settings *entry, unsigned cpus, const char *text,
		    void *bytes, struct failure *reterr_failure)
{
	struct encoder encoder = {.entry = entry, .failure = reterr_failure, .path = "value"};
	json_t *json;
	int err = parse(&encoder, text, &json);

	if (err)
		return err;
	err = encode_cpus(&encoder, cpus, json, bytes);
	json_decref(json);
	return err;
}
