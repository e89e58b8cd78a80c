/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/tiny_program.h"

#include "lib/macro.h"

static int load(enum bpf_prog_type type, int verdict, const struct bpf_prog_load_opts *options)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(type, "tiny", "GPL", code, ARRAY_SIZE(code), options);
}

int tiny_program(enum bpf_prog_type type, enum bpf_attach_type expected, int verdict)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = expected);

	return load(type, verdict, &options);
}

int tiny_program_for(enum bpf_prog_type type, enum bpf_attach_type expected, uint32_t btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = expected,
		    .attach_btf_id = btf_id);

	return load(type, 0, &options);
}

int tiny_program_that_sleeps(enum bpf_prog_type type, enum bpf_attach_type expected,
			     uint32_t btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = BPF_F_SLEEPABLE,
		    .expected_attach_type = expected, .attach_btf_id = btf_id);

	return load(type, 0, &options);
}

uint32_t tiny_program_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) ? 0 : info.id;
}

uint32_t tiny_program_of_link(int link)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &length) ? 0 : info.prog_id;
}
