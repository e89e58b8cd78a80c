/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/tc_filter.h"

#include <bpf/libbpf.h>
#include <errno.h>

static struct bpf_tc_hook hook_of(const struct anchor *anchor)
{
	return (struct bpf_tc_hook){.sz = sizeof(struct bpf_tc_hook),
				    .ifindex = (int)anchor->interface,
				    .attach_point =
					    anchor->egress ? BPF_TC_EGRESS : BPF_TC_INGRESS};
}

static struct bpf_tc_opts filter_of(const struct anchor *anchor)
{
	return (struct bpf_tc_opts){.sz = sizeof(struct bpf_tc_opts),
				    .handle = anchor->program,
				    .priority = TC_FILTER_PRIORITY};
}

/* Without the qdisc the kernel says EINVAL, without the interface ENODEV. */
int tc_filter_find(const struct anchor *anchor, uint32_t *ret)
{
	const struct bpf_tc_hook hook = hook_of(anchor);
	struct bpf_tc_opts filter = filter_of(anchor);
	int err = bpf_tc_query(&hook, &filter);

	if (err == -EINVAL || err == -ENODEV)
		return -ENOENT;
	if (!err)
		*ret = filter.prog_id;
	return err;
}

static int put(const struct anchor *anchor, int program_fd, uint32_t flags)
{
	const struct bpf_tc_hook hook = hook_of(anchor);
	struct bpf_tc_opts filter = filter_of(anchor);

	filter.prog_fd = program_fd;
	filter.flags = flags;
	return bpf_tc_attach(&hook, &filter);
}

static void detach(const struct anchor *anchor)
{
	const struct bpf_tc_hook hook = hook_of(anchor);
	const struct bpf_tc_opts filter = filter_of(anchor);

	(void)bpf_tc_detach(&hook, &filter);
}

/*
 * The older qdisc "ingress" has the same handle, and takes filters for egress as what it has itself
 * (net/sched/sch_ingress.c, ingress_find()).
 */
static bool is_at_ingress_instead(const struct anchor *anchor)
{
	struct anchor ingress = *anchor;
	uint32_t program;

	ingress.egress = 0;
	return anchor->egress && tc_filter_find(&ingress, &program) == 0;
}

static int make_qdisc(const struct anchor *anchor)
{
	struct bpf_tc_hook hook = hook_of(anchor);
	int err = bpf_tc_hook_create(&hook);

	return err == -EEXIST ? 0 : err;
}

static int attach(const struct anchor *anchor, int program_fd)
{
	int err = put(anchor, program_fd, 0);
	uint32_t program;

	/* It is there already, unless the handle is another's. */
	if (err == -EEXIST && tc_filter_find(anchor, &program) == 0 && program == anchor->program)
		err = 0;
	if (!err && is_at_ingress_instead(anchor)) {
		detach(anchor);
		err = -EXDEV;
	}
	return err;
}

int tc_filter_attach(const struct anchor *anchor, int program_fd, struct failure *reterr_failure)
{
	int err = make_qdisc(anchor);

	if (err == -ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"this kernel has no qdisc clsact (CONFIG_NET_SCH_INGRESS, module "
			"sch_ingress)");
	if (!err)
		err = attach(anchor, program_fd);
	if (err == -ENOENT)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "this kernel has no filters that run programs "
				   "(CONFIG_NET_CLS_BPF, module cls_bpf)");
	if (err == -EXDEV)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"the interface has the qdisc ingress, which has no egress; remove "
			"it (tc qdisc del dev IF ingress), and clsact is made in its "
			"place");
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot make a filter at the interface");
	return 0;
}

int tc_filter_take_back(const struct anchor *anchor, int program_fd, uint32_t other)
{
	uint32_t program = 0;
	int err = tc_filter_find(anchor, &program);

	if (err)
		return err;
	return program == other ? put(anchor, program_fd, BPF_TC_F_REPLACE) : -EPERM;
}

void tc_filter_detach(const struct anchor *anchor)
{
	uint32_t program;

	if (tc_filter_find(anchor, &program) == 0 && program == anchor->program)
		detach(anchor);
}
