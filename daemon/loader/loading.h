/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one run of the loader works on. Passed to each of its steps; prepare.c has their order. */
#pragma once

#include <bpf/libbpf.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/manifest.h"
#include "daemon/kernel/places.h"
#include "daemon/loader/image.h"

/* What the daemon asks for, on the command line. */
struct request {
	const char *root;
	const char *unit;
	const char *object_path; /* for people */
	const char *file_path;
	uint32_t generation;
	uint32_t active_generation; /* 0: first load of the unit */
	int bank;		    /* that the generation will sit in */
	uint64_t object_size_max;
	const char *store;  /* path that gets a copy of the object; "": none */
	const char *digest; /* that the object has to have; "": any */
	bool plan;	    /* load, compare and report; pin and attach nothing */
	bool elsewhere;	    /* of a plan: the unit is for another host, which has its interfaces */
	bool take_rings;    /* the bank's rings are empty, and nobody writes to them */
};

/* One hook, in the order of the unit file. */
struct loading_hook {
	const struct unit_hook *config;
	char place[PLACE_NAME_MAX];
	uint32_t number; /* of its counts; no two hooks of both banks have the same */
	/* What is attached at its place: of the generation in force, else of the other one. NULL: a
	 * new place. */
	const struct manifest_hook *known;
	struct attach attach;
	struct hook_type type;
	enum way way;
	const char *why; /* that way */
	struct bpf_program *program;
	bool sleepable;
};

struct loading {
	const struct request *request;
	struct unit_file *file;
	struct image image;
	struct manifest *active; /* of the generation in force; NULL on first load */
	struct manifest *other;	 /* of the generation whose bank this one gets; NULL: none */
	struct places places;	 /* of the unit; none on first load */
	struct bpf_object *object;
	struct loading_hook hooks[EBPFD_HOOKS_MAX];
	size_t hook_count;
	/* What is attached by link and gets an entry now. */
	const struct manifest_hook *converted[2 * EBPFD_HOOKS_MAX];
	size_t converted_count;
	uint32_t ring_size[EBPFD_RINGS_MAX]; /* of each ring, bytes, where [Events] has Rings=cpu */
	uint64_t ring_memory;		     /* that those rings take, bytes, where they are new */
	char *verifier_log;		     /* of the program that was refused; "" if none was */
	json_t *map_verdicts;
	json_t *verifier_figures;
	json_t *reasons; /* of a plan: why a reload would be refused */
	json_t *notes;
	int shared_lock; /* among loaders that look for shared maps; -1: not needed yet */
	int store_error; /* why there is no copy at request->store: a negative errno */
	json_t *memory;	 /* NULL until the object is loaded */
};

/* Adds a sentence to the report's notes. */
void loading_note(struct loading *loading, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts the hook's name before the failure's text; returns `err`. */
int loading_fail_hook(const char *name, struct failure *reterr_failure, int err);
