/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF section names as places to attach. */
#pragma once

#include <linux/bpf.h>
#include <stdbool.h>

#include "config/attach.h"

/*
 * The `Attach=` that a section name stands for: "tp/CATEGORY/NAME", "raw_tp/NAME" and their long
 * forms, "kprobe/FUNCTION" and likewise kretprobe, fentry, fexit and lsm, "uprobe/PATH:PLACE" and
 * uretprobe. Sections that name no place ("xdp", "cgroup/connect4", …) are an error that asks for
 * Attach=.
 */
int section_to_attach(const char *section, struct attach *ret, struct failure *reterr_failure);

struct section_type {
	enum bpf_prog_type program_type;
	enum bpf_attach_type expected;
};

/* The type that a section newer than the oldest libbpf stands for: "tcx/...", "netkit/...". */
bool section_to_type(const char *section, struct section_type *ret);
