/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pins tell of a unit, as JSON: the daemon says it with what it knows besides, and ebpfctl
 * says it alone where no daemon answers. New references.
 */
#pragma once

#include <jansson.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/selector.h"
#include "daemon/kernel/swap.h"

/* One hook: name, attach, way, program. */
json_t *describe_hook(const struct unit_pins *pins, const struct manifest_hook *hook);

/*
 * The same with the ids of its program and link (null for a link that cannot be opened), and the
 * runs that the kernel skipped, or "unverified".
 */
json_t *describe_hook_in_force(const struct unit_pins *pins, const struct manifest_hook *hook);

/*
 * An array with an object per map: name, kept, id, type, sizes; if it is shared, also the name that
 * it is shared by and its users, names of units.
 */
json_t *describe_maps(const char *root, const struct manifest *manifest);

/*
 * What lists and status have first: name and state, then, as far as they are known (else NULL),
 * what the selector says and which generation is in force.
 */
json_t *describe_unit(const char *name, const char *state, const struct ebpfd_selector *selector,
		      const struct manifest *in_force);

/* Adds file, object, digest and override_object of the generation in force. */
void describe_origin(json_t *unit, const struct ebpfd_selector *selector,
		     const struct manifest *in_force);
