/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entry of a place, and the neutral program that belongs to it: loaded, not yet pinned. */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/mapped.h"

/* What an entry must have in common with the programs behind it, and what is baked into it. */
struct entry_settings {
	struct hook_type type;
	bool frags;
	uint32_t number; /* of the hook's counts */
};

struct entry {
	struct bpf_object *object; /* owns what follows */
	int program, neutral, slots;
};

/* Loads it for one place. Free with entry_deinit(). */
int entry_load(const struct entry_settings *settings, const struct mapped *selector,
	       const struct mapped *ledger, struct entry *ret, struct failure *reterr_failure);
void entry_deinit(struct entry *entry);

/* Puts a program into a bank's slot: 0 or a negative errno. */
int entry_fill_slot(const struct entry *entry, int bank, int program);
