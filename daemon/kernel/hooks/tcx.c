/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/interface.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"

/* The kernel takes 64 programs (kernel/bpf/mprog.c). */
#define CHAIN_MAX 64U

/* include/uapi/linux/bpf.h from Linux 6.6 on; the header of the build machine may be older. */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_TCX_EGRESS  ((enum bpf_attach_type)47)
/* TCX_NEXT: go on with the next program, and without one, as if there were none. */
#define TCX_VERDICT_NEXT (-1)

static int tcx_describe(const struct attach *attach, struct hook_type *ret,
			struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SCHED_CLS,
				  .neutral = TCX_VERDICT_NEXT,
				  .updatable = true};
	return 0;
}

static enum bpf_attach_type direction_of(const struct attach *attach)
{
	return strcmp(attach->detail, "ingress") == 0 ? ATTACH_TCX_INGRESS : ATTACH_TCX_EGRESS;
}

static int tcx_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	int index = interface_index(attach, reterr_failure);
	int link;

	if (index < 0)
		return index;
	/* libbpf 1.1 has no attach call for tcx. */
	link = bpf_link_create(program_fd, index, direction_of(attach), NULL);
	if (link == -EINVAL)
		return failure_set(reterr_failure, OUTCOME_REFUSED, link,
				   "this kernel refuses tcx links, which came with Linux 6.6");
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach tcx to \"%s\" %s", attach->target,
					 attach->detail);
	return link;
}

/* ---- who runs before ---- */

/* What lies behind a program's number: a link, or none. */
struct chain {
	uint32_t programs[CHAIN_MAX];
	uint32_t links[CHAIN_MAX]; /* 0: attached without one */
	uint32_t count;
};

/* BPF_PROG_QUERY of Linux 6.6 (include/uapi/linux/bpf.h): libbpf 1.1 does not ask for links. */
struct query {
	uint32_t interface, attach_type, query_flags, attach_flags;
	uint64_t programs;
	uint32_t count, unused;
	uint64_t program_flags, links, link_flags, revision;
};

/* In the order in which they run. Of more than CHAIN_MAX the first ones (ENOSPC). */
static int read_chain(const struct attach *attach, struct chain *ret)
{
	struct query query = {.interface = if_nametoindex(attach->target),
			      .attach_type = direction_of(attach),
			      .count = CHAIN_MAX,
			      .programs = (uintptr_t)ret->programs,
			      .links = (uintptr_t)ret->links};

	if (!query.interface)
		return -ENODEV;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0 && errno != ENOSPC)
		return -errno;
	ret->count = MIN(query.count, CHAIN_MAX);
	return 0;
}

static bool was_loaded_after(uint32_t program, uint64_t usec)
{
	cleanup_close int fd = bpf_prog_get_fd_by_id(program);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0 &&
	       clock_from_boot(info.load_time) > usec;
}

/*
 * Programs that were there before were before from the start: a new one goes to the end. The kernel
 * numbers links in the order in which they are made. What is attached without a link was attached
 * after it was loaded, and that time alone is told.
 */
static uint32_t tcx_rival(const struct attach *attach, const struct bpf_link_info *info,
			  uint64_t attached_usec)
{
	struct chain chain = {.count = 0};

	if (!info || read_chain(attach, &chain) < 0)
		return 0;
	for (uint32_t i = 0; i < chain.count && chain.links[i] != info->id; i++)
		if (chain.links[i] > info->id ||
		    (!chain.links[i] && was_loaded_after(chain.programs[i], attached_usec)))
			return chain.programs[i];
	return 0;
}

const struct hook_operations hook_tcx = {.describe = tcx_describe,
					 .attach = tcx_attach,
					 .noun = "interface",
					 .target = interface_target,
					 .link_target = interface_link_target,
					 .rival = tcx_rival};
