/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit file: INI text to structure. doc: ebpfd.unit(5). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/attach.h"
#include "config/unit_metric.h"
#include "lib/outcome.h"
#include "lib/str.h"

/* A unit file larger than this is refused. */
#define UNIT_FILE_SIZE_MAX (256UL * 1024)

enum swap { SWAP_AUTO, SWAP_LINK, SWAP_ENTRY, SWAP_MAX_ };
enum on_change { ON_CHANGE_REFUSE, ON_CHANGE_RESET, ON_CHANGE_MAX_ };
enum keep { KEEP_UNSET, KEEP_NO, KEEP_YES };
enum rings { RINGS_ONE, RINGS_CPU, RINGS_MAX_ };
enum sink_kind { SINK_NONE, SINK_FILE, SINK_JOURNAL, SINK_KIND_MAX_ };
enum field_format {
	FORMAT_IP4,
	FORMAT_IP6,
	FORMAT_MAC,
	FORMAT_PORT,
	FORMAT_NS,
	FORMAT_HEX,
	FORMAT_DEC,
	FORMAT_TEXT,
	FORMAT_MAX_
};

/* [Set]: one key. The object's BTF gives the type. */
struct unit_set {
	char *name;
	char *value;
	unsigned line;
};

/* [Hook NAME] */
struct unit_hook {
	char name[NAME_MAX_LENGTH + 1];
	char *program;	 /* Program=, never NULL */
	bool has_attach; /* Attach= was given; else the program's ELF section decides */
	struct attach attach;
	unsigned line;
};

/* One word of Format=. */
struct unit_format {
	char *field; /* a.b for a member of a struct within */
	char *label; /* of Labels=, where it stands there; NULL: it stands in Format= */
	enum field_format format;
};

/* [Map NAME]; NAME is the map's name in the object. */
struct unit_map {
	char *name;
	enum keep keep;
	enum on_change on_change;
	char shared[NAME_MAX_LENGTH + 1]; /* Shared=; "": of this unit alone */
	struct unit_format *formats;	  /* of `key`, `value`, or fields of theirs */
	size_t format_count;
	unsigned line;
};

/* Check=, see daemon/events/check.h. */
enum event_check { CHECK_NONE, CHECK_TCP4 };

/* [Events NAME]; NAME is the name in the object of the ring, or of the array of rings. */
struct unit_events {
	char *name;
	char **records; /* names of structs of the object's BTF */
	size_t record_count;
	struct unit_format *formats;
	size_t format_count;
	enum event_check check; /* not CHECK_NONE: there is exactly one of `records` */
	enum rings rings;
	uint32_t size; /* of each ring, a power of two of at least a page; 0: the object's own */
	enum sink_kind sink;
	char *sink_path; /* SINK_FILE: absolute; else NULL */
	unsigned line;
};

struct unit_file {
	char name[NAME_MAX_LENGTH + 1];
	char *path; /* where it was read from */
	char *text; /* what was read, for the manifest; NUL-terminated */
	size_t text_length;
	char *description; /* or NULL */
	char *object;	   /* absolute: a relative Object= is taken from the unit file's folder */
	enum swap swap;
	bool heal; /* Heal=: attach again what another hand detached */
	struct unit_set *sets;
	size_t set_count;
	struct unit_hook *hooks; /* 1 to EBPFD_HOOKS_MAX */
	size_t hook_count;
	struct unit_map *maps;
	size_t map_count;
	struct unit_events *events; /* 0 to EBPFD_RINGS_MAX */
	size_t event_count;
	struct unit_metric *metrics;
	size_t metric_count;
	uint64_t map_memory_max; /* MapMemoryMax=, bytes; 0: no bound */
};

/*
 * Parses the text of the unit `name`. `path` is used in messages ("PATH:LINE: …") and as the base
 * of a relative Object=. All errors of the file are found in one pass; the text of the failure has
 * a line for each, in the order of lines (up to its size). Returns 0, -EINVAL, -ENOMEM; on failure
 * *reterr_failure has OUTCOME_FAILED and *ret is untouched. Free *ret with unit_file_free().
 */
int unit_file_parse(const char *name, const char *path, const char *text, size_t length,
		    struct unit_file **ret, struct failure *reterr_failure);

/*
 * Reads and parses an open file, from its start. The unit's name is `name`, or if that is NULL the
 * file's base name without ".conf", which must be a legal unit name.
 */
int unit_file_read(int fd, const char *path, const char *name, struct unit_file **ret,
		   struct failure *reterr_failure);

/* Opens `path` and reads it. -ENOENT and other errnos of open(2) are passed on. */
int unit_file_open(const char *path, const char *name, struct unit_file **ret,
		   struct failure *reterr_failure);

/* Accepts NULL. */
void unit_file_free(struct unit_file *file);

static inline void cleanup_unit_file_pointer(struct unit_file **file)
{
	unit_file_free(*file);
}
#define cleanup_unit_file __attribute__((cleanup(cleanup_unit_file_pointer)))
