/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks and programs: which function runs where, and as what type. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Finds each hook's program in the open object, settles where it attaches (`Attach=`, else the ELF
 * section) and its type. Sets types and which programs are loaded at all.
 */
int programs_resolve(struct loading *loading, struct failure *reterr_failure);

/* Checks after load what only the kernel knows, and collects the verifier's figures. */
int programs_inspect(struct loading *loading, struct failure *reterr_failure);

/* The program id of a loaded program; 0 if the kernel does not tell. */
uint32_t program_id(const struct bpf_program *program);

/* Whether an XDP program takes packets of several buffers; known before it is loaded. */
bool program_has_frags(const struct bpf_program *program);
