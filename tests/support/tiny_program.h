/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest program there is, as some type: it returns its verdict. */
#pragma once

#include <bpf/bpf.h>
#include <stdint.h>

/* Returns a descriptor or a negative errno. */
int tiny_program(enum bpf_prog_type type, enum bpf_attach_type expected, int verdict);

/* The same with verdict 0, made for a function of the kernel by its BTF id. */
int tiny_program_for(enum bpf_prog_type type, enum bpf_attach_type expected, uint32_t btf_id);

/* As tiny_program_for(), and it may sleep. `btf_id`: 0 where the type has none. */
int tiny_program_that_sleeps(enum bpf_prog_type type, enum bpf_attach_type expected,
			     uint32_t btf_id);

/* 0 if the kernel does not tell. */
uint32_t tiny_program_id(int fd);

/* The id of the program that a link runs; 0 if the kernel does not tell. */
uint32_t tiny_program_of_link(int link);
