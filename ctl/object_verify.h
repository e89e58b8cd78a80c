/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One object, loaded here by ebpfd-loader and let go of, and held against its units. */
#pragma once

#include "ctl/object_diff.h"

struct verification {
	const struct loader *loader;
	const struct object_units *units;
	const struct object_file *former; /* --against; NULL: nothing to compare with */
	int log_fd;			  /* gets the verifier's logs; -1: nobody wants them */
};

/*
 * {"object", "outcome", "message", "digest", "verifier", "memory", "unverified", "units",
 * "against", "reasons"}; what could not be found out is left out. "outcome" is the worst of all
 * that was looked at, as outcome_name() has it: done, refused (incompatible) or failed (nothing can
 * be said). A new reference.
 */
json_t *object_verify(const struct verification *verification, const char *path);

/* Of what object_verify() gave. */
enum outcome object_verify_outcome(const json_t *verified);

/* For people. */
void object_verify_print(FILE *out, const json_t *verified);
