/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs of ebpfctl: one function each, one file for each family. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/output.h"
#include "lib/outcome.h"

/* As many --filter as the daemon takes. */
#define FILTERS_MAX 16

/* The command line, understood. Strings are those of argv. */
struct invocation {
	enum output_format format;
	bool format_given; /* by -o */
	bool quiet;
	bool no_daemon;	  /* it was found not to answer: questions go to its pins */
	bool once;	  /* --once */
	const char *sort; /* --sort, or NULL */
	bool full;	  /* --full: all there is, however long */
	bool yes;	  /* --yes: remove, instead of showing what would be removed */
	const char *runtime_directory;
	const char *root;		/* --root: of the pins, if no daemon answers; or NULL */
	const char *state_directory;	/* --state-dir: of the history, likewise; or NULL */
	const char *log_path;		/* --log, or NULL */
	const char *object_path;	/* --object, or NULL */
	const char *loader_path;	/* --loader, or NULL */
	const char *units_folder;	/* --units, or NULL */
	const char *former_path;	/* --against, or NULL */
	bool has_stream_option;		/* one of -f, --generation, --filter was given */
	bool follow;			/* --follow */
	const char *lines;		/* -n, or NULL */
	const char *generation;		/* --generation, or NULL */
	const char *numbers;		/* --numbers, or NULL */
	const char *inner;		/* --inner, or NULL */
	bool ready;			/* --ready */
	bool each_cpu;			/* --per-cpu */
	char *filters[FILTERS_MAX + 1]; /* --filter, each; NULL-terminated */
	size_t filter_count;
	char *const *operands; /* behind the verb; their number fits the verb */
	size_t operand_count;
	FILE *out; /* results */
	FILE *err; /* progress and failures */
};

/*
 * 0, or a negative errno with *reterr_failure set and nothing written to `out`; positive, an enum
 * outcome, where what is wrong stands in the output already (check).
 */
typedef int verb_function(const struct invocation *invocation, struct failure *reterr_failure);

/* verb_status.c */
verb_function verb_status;

/* verb_read.c */
verb_function verb_list;
verb_function verb_ping;
verb_function verb_version;

/* verb_change.c */
verb_function verb_load;
verb_function verb_unload;
verb_function verb_reload;
verb_function verb_rollback;
verb_function verb_plan;

/* verb_daemon_reload.c */
verb_function verb_daemon_reload;

/* verb_history.c */
verb_function verb_history;

/* verb_events.c */
verb_function verb_events;

/* verb_map.c */
verb_function verb_map_list;
verb_function verb_map_dump;
verb_function verb_map_get;
verb_function verb_map_set;
verb_function verb_map_delete;

/* verb_reopen.c */
verb_function verb_reopen;

/* verb_fsck.c */
verb_function verb_fsck;
verb_function verb_gc;

/* verb_top.c */
verb_function verb_top;

/* verb_bugreport.c */
verb_function verb_bugreport;

/* verb_doctor.c */
verb_function verb_doctor;

/* verb_check.c */
verb_function verb_check;

/* verb_numbers.c: what --numbers says, and what the daemon is to be asked for. -EINVAL, usage. */
int verb_check_numbers(const char *text, struct failure *reterr_failure);
const char *verb_numbers(const struct invocation *invocation, bool as_rows);
/* Whether lines are for people: as -o says, or else at a terminal. */
bool verb_wants_rows(const struct invocation *invocation);

/* verb_diff.c */
verb_function verb_diff;

/* verb_verify.c */
verb_function verb_verify;

/* verb_unit.c: 0, or -EINVAL with OUTCOME_USAGE and the rule for names. */
int verb_unit_name(const char *name, struct failure *reterr_failure);
