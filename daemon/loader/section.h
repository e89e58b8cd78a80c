/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF section names as places to attach. */
#pragma once

#include "config/attach.h"

/*
 * The `Attach=` that a section name stands for: "tp/CATEGORY/NAME", "raw_tp/NAME" and their long
 * forms, "kprobe/FUNCTION" and likewise kretprobe, fentry, fexit and lsm, "uprobe/PATH:PLACE" and
 * uretprobe. Sections that name no place ("xdp", "cgroup/connect4", …) are an error that asks for
 * Attach=.
 */
int section_to_attach(const char *section, struct attach *ret, struct failure *reterr_failure);
