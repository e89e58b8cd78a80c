/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hook is attached to, if that can go and come back: an interface, cgroup or network
 * namespace. The kernel numbers them. A directory `at-NUMBER` beside the link's pin keeps the
 * number, since a link that is not attached any more does not tell it: by the number a later daemon
 * knows whether the link was detached from what is there now, or from another one of that name.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"

struct bpf_link_info;

/* Whether a hook of this kind is at something that can go. */
bool hook_target_can_go(const struct attach *attach);

/* "interface", "cgroup", …, where it can go. */
const char *hook_target_noun(const struct attach *attach);

/* The number of what has that name now; 0: nothing has. */
uint64_t hook_target_now(const struct attach *attach);

/*
 * The number of what a link is attached to; 0: nothing. An interface keeps its number under another
 * name, and its links. A cgroup or namespace that is not at its path any more is gone, though its
 * links may live on for a while.
 */
uint64_t hook_target_of_link(const struct attach *attach, const struct bpf_link_info *info);

/* Whether the hook was attached to something else than `target`, as far as anybody knows. */
bool hook_target_differs(const struct unit_pins *pins, const struct manifest_hook *hook,
			 uint64_t target);

/* Notes what the hook is attached to. Errors are passed over: the next one notes it again. */
void hook_target_note(const struct unit_pins *pins, const struct manifest_hook *hook,
		      uint64_t target);

/* The same for all hooks of a generation that are attached. May wait. */
void hook_targets_note(const struct unit_pins *pins, const struct manifest *generation);
