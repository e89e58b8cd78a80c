/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The figures of all units and of the daemon at one moment: one collection for all that show them
 * (metrics, `ebpfctl top`). It is made in two steps. figures_gather() copies on the loop what the
 * loop alone may read, and asks the kernel nothing; figures_complete() asks the kernel for the
 * rest, on a thread that may wait, and touches nothing of the loop's.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/record.h"
#include "daemon/kernel/run_time.h"
#include "daemon/maps/open_map.h"
#include "daemon/unit/section_terms.h"
#include "daemon/unit/unit.h"

/* A hook of the generation in force, at its place. */
struct hook_figures {
	struct manifest_hook hook;
	enum hook_condition condition; /* as it was last looked at */
	bool is_attached;	       /* that is, without another hand at it */
	uint64_t missed;	       /* failed tail calls of the entry, over generations */
	/* Of figures_complete(). */
	enum way way;	      /* now */
	bool has_entry;	      /* else nothing can be missed */
	uint32_t attached_id; /* program that the link runs: the entry's, or its own; 0: none */
	bool has_skipped;     /* else the kernel does not tell */
	uint64_t skipped;     /* of the program that the link runs */
	bool has_run_time;    /* else there is no such program */
	struct program_run_time run_time; /* of the program that the link runs */
};

/* What programs of one generation counted at one hook. */
struct counted_figures {
	char hook[NAME_MAX_LENGTH + 1];
	uint32_t number;
	bool is_known;		    /* else the object has no counters */
	struct ebpfd_counts counts; /* of figures_complete() */
};

struct ring_figures {
	char name[NAME_MAX_LENGTH + 1]; /* of the [Events] section */
	size_t rings;
	bool is_checked; /* Check= is set */
	bool is_broken;	 /* one of them is not read any more */
	struct section_terms terms;
	struct section_fill fill;
	uint64_t delivered;
};

/* A generation in one of the banks. */
struct generation_figures {
	uint32_t number;
	int bank;
	bool in_force;
	struct counted_figures *counted; /* one per hook */
	size_t counted_count;
	struct ring_figures *rings;
	size_t ring_count;
	int counts_fd; /* of figures_complete(), or -1 */
};

/* Each map once, whether one or both generations use it. */
struct map_figures {
	char name[OBJECT_NAME_MAX];
	uint32_t id;
	uint32_t generation; /* that it is of; of a kept map the one in force */
	bool kept;
	char shared[NAME_MAX_LENGTH + 1]; /* "": it is not */
	bool is_known;			  /* else it is gone by now */
	uint64_t bytes;			  /* of figures_complete() */
};

/* A [Metric] of the generation in force. Its map is read where it is shown. */
struct metric_figures {
	struct unit_metric *metric;
	struct open_map *map; /* NULL: it cannot be opened */
};

struct unit_figures {
	char name[UNIT_DIRECTORY_MAX];
	const char *state;	    /* as `list` says it; static text */
	uint32_t generation;	    /* in force; 0: none */
	uint64_t since_usec;	    /* CLOCK_REALTIME, when that was prepared */
	struct hook_figures *hooks; /* of the generation in force */
	size_t hook_count;
	struct generation_figures generations[EBPFD_BANKS];
	size_t generation_count;
	struct map_figures *maps;
	size_t map_count;
	uint64_t map_bytes;		/* of figures_complete(), of those that are known */
	struct metric_figures *metrics; /* where they are wanted */
	size_t metric_count;
	size_t subscribers;
	struct audience_totals lines; /* to subscribers */
	struct tally tally;
};

struct program_figures {
	struct program_run_time run_time;
	const struct unit_figures *unit; /* whose it is; NULL: not ours */
};

struct figures {
	char *root;
	uint64_t time_usec;	 /* CLOCK_REALTIME, of the loop's step */
	uint64_t monotonic_usec; /* the same moment, to take differences of */
	uint64_t since_usec;	 /* CLOCK_REALTIME, when the daemon began */
	uint64_t failed_loads;
	size_t failed_units; /* that should be loaded and are not */
	size_t clients;
	bool degraded;
	struct unit_figures *units; /* by name */
	size_t unit_count;
	/* Of figures_complete(). */
	bool run_time_is_counted; /* the kernel counts runs, and did before this question */
	bool has_memory;	  /* else /proc does not tell */
	uint64_t pss_bytes, rss_bytes;
	bool wants_programs;
	struct program_figures *programs; /* of the whole host, by id; where they are wanted */
	size_t program_count;
};

/* What not everybody wants. */
struct figures_wanted {
	bool programs; /* of the whole host */
	bool metrics;  /* of unit files */
};

/* NULL if memory is out. Free with figures_free(). */
struct figures *figures_gather(const struct units *units, struct figures_wanted wanted);

/* 0 or -ENOMEM: what else fails is left out of the figures. */
int figures_complete(struct figures *figures);

/* Accepts NULL; returns NULL. */
struct figures *figures_free(struct figures *figures);
