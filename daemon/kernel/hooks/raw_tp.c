/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "daemon/kernel/code.h"
#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"

/* Arguments that a raw tracepoint may have (include/linux/bpf.h, MAX_BPF_FUNC_ARGS). */
#define ARGUMENTS_MAX 12U

#define ARGUMENT_SIZE ((uint32_t)sizeof(uint64_t))

static int raw_tp_describe(const struct attach *attach, struct hook_type *ret,
			   struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .has_task = true};
	return 0;
}

static int raw_tp_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	int link = bpf_raw_tracepoint_open(attach->target, program_fd);

	if (link == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, link,
			"no raw tracepoint \"%s\" in this kernel; they have the names of "
			"the tracepoints in /sys/kernel/tracing/events, without category",
			attach->target);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to raw tracepoint \"%s\"", attach->target);
	return link;
}

/*
 * A test run looks whether the context is as long as what the program reads of it, and copies it
 * only then (net/bpf/test_run.c, bpf_prog_test_run_raw_tp()): EINVAL is too short, EFAULT long
 * enough, and as there is nothing to copy at that address, the program does not run.
 */
static int try_context(int program_fd, uint32_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = (const void *)1, .ctx_size_in = size);

	return bpf_prog_test_run_opts(program_fd, &options);
}

/* The number of the last argument that the program reads, from 1; 0: it reads none. */
static int last_argument(int program_fd)
{
	int err = try_context(program_fd, 1);

	if (err == -EFAULT)
		return 0;
	for (uint32_t i = 1; err == -EINVAL && i <= ARGUMENTS_MAX; i++) {
		err = try_context(program_fd, i * ARGUMENT_SIZE);
		if (err == -EFAULT)
			return (int)i;
	}
	return err < 0 ? err : -EINVAL;
}

/* A program that reads that argument and does nothing. */
static int load_reader(int argument)
{
	const struct bpf_insn pass[] = {CODE_SET(BPF_REG_0, 0), CODE_EXIT};
	const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_DW | BPF_MEM,
		 .dst_reg = BPF_REG_0,
		 .src_reg = BPF_REG_1,
		 .off = (int16_t)((argument - 1) * (int)ARGUMENT_SIZE)},
		CODE_SET(BPF_REG_0, 0),
		CODE_EXIT,
	};

	return argument == 0 ? bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "ebpfd_probe", "GPL",
					     pass, ARRAY_SIZE(pass), NULL)
			     : bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "ebpfd_probe", "GPL",
					     code, ARRAY_SIZE(code), NULL);
}

/* Whether the tracepoint has that argument: by attaching, and letting go, a program that reads it.
 */
static int try_argument(const struct attach *attach, int argument, struct failure *reterr_failure)
{
	cleanup_close int reader = load_reader(argument), link = -1;

	if (reader < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, reader,
					 "cannot load a program to try raw tracepoint \"%s\"",
					 attach->target);
	link = raw_tp_attach(attach, reader, reterr_failure);
	return link < 0 ? link : 0;
}

/* Of a tracepoint that has less than `argument` of them. */
static int count_arguments(const struct attach *attach, int argument)
{
	while (--argument > 0 && try_argument(attach, argument, NULL) == -EINVAL)
		;
	return argument;
}

static int raw_tp_check_context(const struct attach *attach, const char *function, int program_fd,
				int known_fd, struct failure *reterr_failure)
{
	int argument = last_argument(program_fd), err;

	if (argument < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, argument,
					 "cannot tell which arguments function \"%s\" reads",
					 function);
	if (known_fd >= 0 && argument <= last_argument(known_fd))
		return 0;
	err = try_argument(attach, argument, reterr_failure);
	if (err != -EINVAL)
		return err;
	return failure_set(reterr_failure, OUTCOME_REFUSED, err,
			   "function \"%s\" reads argument %d of raw tracepoint \"%s\", which has "
			   "%d in this kernel; name another function in Program=, or another "
			   "tracepoint in Attach=",
			   function, argument, attach->target, count_arguments(attach, argument));
}

const struct hook_operations hook_raw_tp = {.describe = raw_tp_describe,
					    .attach = raw_tp_attach,
					    .check_context = raw_tp_check_context};
