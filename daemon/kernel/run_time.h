/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often programs ran and how long, as the kernel counts it, which it does only while somebody
 * asks for it: that takes two readings of the clock per run (include/linux/filter.h,
 * __bpf_prog_run()). Runs meanwhile are not counted later.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdint.h>

struct program_run_time {
	uint32_t id;
	enum bpf_prog_type type;
	char name[BPF_OBJ_NAME_LEN]; /* "": it has none */
	uint64_t runs;
	uint64_t run_ns;
};

/*
 * The kernel counts, for all programs of the host, until the descriptor is closed. May wait: code
 * of the kernel is patched. -EPERM without CAP_SYS_ADMIN.
 */
int run_time_count(void);

/* -ENOENT: there is no program of that id any more. */
int run_time_read(uint32_t program_id, struct program_run_time *ret);

/* The next program of the host by id, from *program_id (at first 0) on. -ENOENT at the end. */
int run_time_next(uint32_t *program_id);

/* "xdp", "raw_tracepoint", …; "unknown" for types newer than libbpf. */
const char *program_type_name(enum bpf_prog_type type);
