/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/run_time.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>

#include "lib/cleanup.h"

int run_time_count(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

int run_time_read(uint32_t program_id, struct program_run_time *ret)
{
	cleanup_close int program = bpf_prog_get_fd_by_id(program_id);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	int err = program < 0 ? program : bpf_obj_get_info_by_fd(program, &info, &length);

	if (err)
		return err;
	*ret = (struct program_run_time){.id = program_id,
					 .type = info.type,
					 .runs = info.run_cnt,
					 .run_ns = info.run_time_ns};
	(void)snprintf(ret->name, sizeof(ret->name), "%s", info.name);
	return 0;
}

int run_time_next(uint32_t *program_id)
{
	return bpf_prog_get_next_id(*program_id, program_id);
}

const char *program_type_name(enum bpf_prog_type type)
{
	const char *name = libbpf_bpf_prog_type_str(type);

	return name ? name : "unknown";
}
