/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tcx and netkit share: programs of traffic control in chains, of which an interface has two
 * (kernel/bpf/mprog.c). The hook's detail says which. A program's verdict may be to go on with the
 * next one.
 */
#pragma once

#include "daemon/kernel/hook.h"

/*
 * Attaches behind all others at the interface of this index, in this process's network namespace.
 * Returns a link or a negative errno.
 */
int chain_attach(const struct attach *attach, int interface, int program_fd);

/* Whether a link, by its id, is in the hook's chain at the interface of this index. */
bool chain_has_link(const struct attach *attach, uint32_t interface, uint32_t link);

/* Of struct hook_operations. */
int chain_describe(const struct attach *attach, struct hook_type *ret,
		   struct failure *reterr_failure);
uint32_t chain_rival(const struct attach *attach, const struct bpf_link_info *info,
		     uint64_t attached_usec);
