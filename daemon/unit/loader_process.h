/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader as a child of the daemon: started with limits on memory and time, at low priority,
 * killed with its parent, holding the writers' lock while it lives.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/unit/context.h"
#include "lib/outcome.h"

struct loader_process;

struct loader_request {
	const char *unit;
	int object_fd; /* borrowed for the call */
	const char *object_path;
	const char *config; /* text of the unit file */
	const char *file_path;
	uint32_t generation;
	uint32_t active_generation; /* 0: first load */
	int bank;
	bool plan;	    /* load and compare only */
	bool take_rings;    /* the bank's rings are empty, and nobody writes to them */
	const char *store;  /* path that gets a copy of the object; "": none */
	const char *digest; /* that the object has to have; "": any */
	int log_fd;	    /* borrowed for the call; -1: nobody wants the log */
};

/*
 * On the loop, once: `report` (borrowed) is what the loader said, with outcome "done"; or NULL with
 * the failure filled. The process is gone by then.
 */
typedef void (*loader_done_fn)(void *data, json_t *report, const struct failure *failure);

int loader_process_start(const struct context *context, const struct loader_request *request,
			 loader_done_fn done, void *data, struct loader_process **ret,
			 struct failure *reterr_failure);

/* Kills it if it still runs, without calling back. Accepts NULL; returns NULL. */
struct loader_process *loader_process_free(struct loader_process *process);
