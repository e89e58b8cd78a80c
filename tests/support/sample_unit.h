/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit in bpffs as loader and daemon leave it, made by hand: one hook "in" at xdp:lo, for way
 * overlap at a raw tracepoint, and generations that are one tiny program each. So a test has every
 * state that a kill can leave.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "daemon/kernel/manifest.h"
#include "daemon/kernel/mapped.h"

#define SAMPLE_GENERATIONS 4 /* numbers 1 to 3 */

struct sample_unit {
	const char *root;
	const char *name;
	enum way way;
	struct mapped selector;
	struct manifest *generations[SAMPLE_GENERATIONS]; /* by number, or NULL */
};

/*
 * Makes and attaches the unit with generation 1 in bank a, in force; no former one. The strings are
 * borrowed. Ends the test on an error.
 */
void sample_unit_make(struct sample_unit *unit, const char *root, const char *name, enum way way);
/* Forgets it and removes what is left of it in bpffs. */
void sample_unit_remove(struct sample_unit *unit);

/* Makes gen-N as the loader does. */
void sample_unit_add_generation(struct sample_unit *unit, uint32_t number);

/* The state after a reload to `number`, made too, which sits in `bank` from now on. */
void sample_unit_put_in_force(struct sample_unit *unit, uint32_t number, int bank);

struct ebpfd_selector *sample_unit_selector(const struct sample_unit *unit);
/* Makes the link run a generation's program, whatever it runs now. */
void sample_unit_force_link(struct sample_unit *unit, uint32_t number);
/* Replaces link or slot by a program that nobody knows. */
void sample_unit_force_foreign_link(struct sample_unit *unit);
void sample_unit_force_foreign_slot(struct sample_unit *unit, int bank);

/* The generation whose program the link runs, or that sits in a slot; 0 if it is none of them. */
uint32_t sample_unit_in_link(const struct sample_unit *unit);
uint32_t sample_unit_in_slot(const struct sample_unit *unit, int bank);

/*
 * Attaches a program at xdp:lo, as soon as what was there is gone: the kernel detaches a link a
 * little after its last pin went (kernel/bpf/inode.c, bpf_free_inode()). A link, or negative.
 */
int sample_unit_attach(int program);

/* Whether ROOT/UNIT/NAME is there; "" for the unit itself. */
bool sample_unit_has(const struct sample_unit *unit, const char *name);
