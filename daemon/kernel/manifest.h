/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest of a generation: a frozen one-entry array pinned as gen-N/manifest, written last by
 * the loader. It says all that a daemon needs to adopt the generation: hooks, ways, types, program
 * ids, maps, and the text of the unit file that it was made from.
 *
 * Value: u32 format, u32 length, then `length` bytes of JSON.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "config/attach.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/place.h"
#include "lib/outcome.h"
#include "lib/str.h"

/* How a hook's program is swapped. */
enum way { WAY_LINK, WAY_ENTRY, WAY_OVERLAP, WAY_MAX_ };
const char *way_name(enum way way);

/* A name in an object: a C identifier, which ELF does not bound but libbpf's pins and we do. */
#define OBJECT_NAME_MAX 128

struct manifest_hook {
	char name[NAME_MAX_LENGTH + 1];
	char place[PLACE_NAME_MAX]; /* its directory below hooks/ */
	uint32_t number; /* of its counts: in ebpfd_counts, records and ledger.missed[] */
	char program[OBJECT_NAME_MAX];
	struct attach attach;
	enum way way;
	enum bpf_prog_type program_type;
	enum bpf_attach_type expected; /* as given at load */
	bool frags;		       /* BPF_F_XDP_HAS_FRAGS */
	bool sleepable;		       /* BPF_F_SLEEPABLE */
	uint32_t program_id;
};

struct manifest_map {
	char name[OBJECT_NAME_MAX];	  /* true name, with dots */
	bool kept;			  /* shared ones too */
	char shared[NAME_MAX_LENGTH + 1]; /* the name that units share it by; "": none */
	uint32_t id;
	uint32_t type, key_size, value_size, max_entries, flags;
};

struct manifest {
	char unit[UNIT_DIRECTORY_MAX]; /* the unit's name; when opened, that of its directory */
	uint32_t generation;
	uint64_t time_usec; /* CLOCK_REALTIME, when it was prepared */
	char *digest;	    /* SHA-256 of the object file, hex */
	char *object;	    /* where the object came from */
	char *file;	    /* where the unit file came from */
	char *config;	    /* text of the unit file */
	struct manifest_hook *hooks;
	size_t hook_count;
	struct manifest_map *maps;
	size_t map_count;
};

/* Makes, fills and freezes the map and pins it under `path`. */
int manifest_write(const struct manifest *manifest, const char *path,
		   struct failure *reterr_failure);

/* -EPROTO for a newer format; -EINVAL for garbage. Free with manifest_free(). */
int manifest_read(const char *path, struct manifest **ret, struct failure *reterr_failure);

/* Accepts NULL; returns NULL. */
struct manifest *manifest_free(struct manifest *manifest);

const struct manifest_hook *manifest_find_hook(const struct manifest *manifest, const char *name);
/* The hook that is attached at this place, or NULL. */
const struct manifest_hook *manifest_find_place(const struct manifest *manifest, const char *place);
/* Whether any of its hooks' programs may sleep; NULL: no. */
bool manifest_may_sleep(const struct manifest *manifest);
const struct manifest_map *manifest_find_map(const struct manifest *manifest, const char *name);

/* "hash", "ringbuf", …; "unknown" for types newer than libbpf. */
const char *manifest_map_type(const struct manifest_map *map);
