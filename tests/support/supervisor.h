/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real daemon in a sandbox, driven through ebpfctl's command line. */
#pragma once

#include <linux/types.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/support/fd_keeper.h"
#include "tests/support/sandbox.h"

struct supervisor {
	char root[64]; /* in the sandbox's bpffs */
	char runtime[64];
	char units[64];	 /* folder of unit files */
	char config[64]; /* of the daemon */
	char state[64];
	char log[64];
	pid_t pid;		  /* 0: none runs */
	struct fd_keeper *keeper; /* passes each daemon what the one before gave it; NULL: none */
};

/* Starts the first daemon in the sandbox and waits until it answers. Ends the test on an error. */
void supervisor_start(struct supervisor *supervisor, const struct sandbox *sandbox);

/*
 * The same below a service manager that keeps descriptors: `keeper`, borrowed, is started with it,
 * and ended by supervisor_end().
 */
void supervisor_start_kept(struct supervisor *supervisor, const struct sandbox *sandbox,
			   struct fd_keeper *keeper);

/* SIGKILL, and the next one. */
void supervisor_kill(struct supervisor *supervisor);
void supervisor_start_again(struct supervisor *supervisor);

/* Ends what runs and removes all that it made, whatever state that is in. Idempotent. */
void supervisor_end(struct supervisor *supervisor);

/* Writes the unit file NAME.conf. */
void supervisor_write_unit(const struct supervisor *supervisor, const char *name, const char *text);

/* `ebpfctl VERB UNIT`, which must succeed: what it printed, until the next call. */
const char *supervisor_do(const struct supervisor *supervisor, const char *verb, const char *unit);

/* The same, which must fail with exit code `status` and say `part`. */
void supervisor_refuses(const struct supervisor *supervisor, const char *verb, const char *unit,
			int status, const char *part);
