/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfd-loader as a child of ebpfctl, for verbs that look at objects where no daemon runs. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "config/daemon_file.h"
#include "lib/outcome.h"

struct loader {
	const char *path;
	struct daemon_file settings; /* limits on time, memory and size */
};

/*
 * `path` NULL: the installed one. The limits are those of ebpfd.conf, or the daemon's defaults
 * where there is no such file, or none that this user may read.
 */
int loader_init(const char *path, struct loader *ret, struct failure *reterr_failure);
void loader_deinit(struct loader *loader);

/* Words of a command line. All zero at first. */
struct loader_arguments {
	char **words; /* NULL-terminated; the words themselves are borrowed */
	size_t count;
	bool failed; /* memory was out; loader_run() says so */
};

void loader_arguments_add(struct loader_arguments *arguments, const char *word);
void loader_arguments_deinit(struct loader_arguments *arguments);

/* Descriptors are borrowed. */
struct loader_input {
	int object_fd;
	int former_fd;	    /* --diff: the former object */
	const char *config; /* else: the text of the unit file; or NULL */
	int log_fd;	    /* gets the verifier's log; -1: nobody wants it */
};

/*
 * Runs it with these arguments and the limit on an object's size. *ret is its report of outcome
 * "done", the caller's to free. Failures are the loader's own words, OUTCOME_FAILED where it has
 * none.
 */
int loader_run(const struct loader *loader, const struct loader_arguments *arguments,
	       const struct loader_input *input, json_t **ret, struct failure *reterr_failure);
