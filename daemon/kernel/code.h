/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of the small programs that are loaded to ask the kernel something. */
#pragma once

#include <linux/bpf.h>

/* register = number */
#define CODE_SET(register, number)                                                           \
	{                                                                                    \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (register), .imm = (number), \
	}

/* register = the map, or the first byte of its first value; two instructions */
#define CODE_MAP(register, how, fd)                                                                \
	{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (register), .src_reg = (how), .imm = (fd)}, \
	{                                                                                          \
		.code = 0                                                                          \
	}

#define CODE_CALL(helper)                                        \
	{                                                        \
		.code = BPF_JMP | BPF_CALL, .imm = (int)(helper) \
	}

#define CODE_EXIT                          \
	{                                  \
		.code = BPF_JMP | BPF_EXIT \
	}
