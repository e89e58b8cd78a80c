/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/receipt_fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/macro.h"

/* A newline would begin a field of its own; names of maps, and paths, may have one. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		putc(*text == '\n' ? ' ' : *text, out);
}

static void put(FILE *out, const char *name, const json_t *value)
{
	if (!json_is_string(value) && !json_is_integer(value))
		return;
	fprintf(out, "%s=", name);
	if (json_is_string(value))
		put_text(out, json_string_value(value));
	else
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	putc('\n', out);
}

struct field {
	const char *name;
	const char *key;
};

static void put_all(FILE *out, const json_t *object, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(out, fields[i].name, json_object_get(object, fields[i].key));
}

static void put_asker(FILE *out, const json_t *asked_by)
{
	static const struct field fields[] = {
		{"EBPFD_ASKED_BY", "by"},
		{"EBPFD_CLIENT_UID", "uid"},
		{"EBPFD_CLIENT_PID", "pid"},
		{"EBPFD_CLIENT_CGROUP", "cgroup"},
	};

	put_all(out, asked_by, fields, ARRAY_SIZE(fields));
}

/* A field for each phase: they can be matched and added up alone. */
static void put_phases(FILE *out, const json_t *phases)
{
	for (size_t i = 0; i < json_array_size(phases); i++) {
		const json_t *phase = json_array_get(phases, i);
		const char *name = json_string_value(json_object_get(phase, "phase"));

		if (!name)
			continue;
		fputs("EBPFD_PHASE_", out);
		for (; *name; name++)
			putc(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_',
			     out);
		put(out, "_USEC", json_object_get(phase, "usec"));
	}
}

/* A field of one name for each map: the journal keeps all of them. */
static void put_verdicts(FILE *out, const json_t *maps)
{
	for (size_t i = 0; i < json_array_size(maps); i++) {
		const json_t *map = json_array_get(maps, i);
		const char *name = json_string_value(json_object_get(map, "name"));
		const char *verdict = json_string_value(json_object_get(map, "verdict"));

		if (!name || !verdict)
			continue;
		fputs("EBPFD_MAP_VERDICT=", out);
		put_text(out, name);
		fprintf(out, " %s\n", verdict);
	}
}

static json_int_t sum_of(const json_t *rings, const char *key)
{
	json_int_t sum = 0;

	for (size_t i = 0; i < json_array_size(rings); i++)
		sum += json_integer_value(json_object_get(json_array_get(rings, i), key));
	return sum;
}

/*
 * The identity of the generation that was drained. What its programs attempted and failed to
 * reserve is of all its rings, and stands with each; what the reader counted is of one.
 */
static void put_identity(FILE *out, const json_t *rings)
{
	static const struct field of_all[] = {
		{"EBPFD_EVENTS_GENERATION", "generation"},
		{"EBPFD_EVENTS_ATTEMPTED", "attempted"},
		{"EBPFD_EVENTS_FAILED", "failed"},
		{"EBPFD_EVENTS_IDENTITY", "identity"},
	};
	static const struct field of_each[] = {
		{"EBPFD_EVENTS_CONSUMED", "consumed"},
		{"EBPFD_EVENTS_IN_RING", "in_ring"},
		{"EBPFD_EVENTS_AGAIN", "again"},
	};

	if (json_array_size(rings) == 0)
		return;
	put_all(out, json_array_get(rings, 0), of_all, ARRAY_SIZE(of_all));
	for (size_t i = 0; i < ARRAY_SIZE(of_each); i++)
		fprintf(out, "%s=%" JSON_INTEGER_FORMAT "\n", of_each[i].name,
			sum_of(rings, of_each[i].key));
}

static void put_receipt(FILE *out, const json_t *receipt)
{
	cleanup_free char *text = json_dumps(receipt, JSON_COMPACT);

	if (text && strlen(text) <= RECEIPT_FIELD_MAX)
		fprintf(out, "EBPFD_RECEIPT=%s\n", text);
}

static void put_everything(FILE *out, const json_t *receipt)
{
	static const struct field fields[] = {
		{"EBPFD_DIGEST", "digest"},
		{"EBPFD_DIGEST_BEFORE", "digest_before"},
		{"EBPFD_OBJECT", "object"},
		{"EBPFD_USEC", "usec"},
	};

	put_asker(out, json_object_get(receipt, "asked_by"));
	put_all(out, receipt, fields, ARRAY_SIZE(fields));
	put(out, "EBPFD_GENERATION_BEFORE",
	    json_object_get(json_object_get(receipt, "generation"), "before"));
	put_phases(out, json_object_get(receipt, "phases"));
	put_verdicts(out, json_object_get(receipt, "maps"));
	put_identity(out, json_object_get(receipt, "events"));
	put_receipt(out, receipt);
}

char *receipt_fields(const json_t *receipt, size_t *ret_length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_length);

	if (!out)
		return NULL;
	put_everything(out, receipt);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
