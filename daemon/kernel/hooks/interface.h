/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of hook on a network interface share. */
#pragma once

#include <stdint.h>

#include "config/attach.h"

struct bpf_link_info;

/* The index of the interface that `attach` names, or a negative errno. */
int interface_index(const struct attach *attach, struct failure *reterr_failure);

/* Of struct hook_operations. */
uint64_t interface_target(const struct attach *attach);
uint64_t interface_link_target(const struct attach *attach, const struct bpf_link_info *info);
