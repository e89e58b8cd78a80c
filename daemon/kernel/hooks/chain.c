/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hooks/chain.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/kernel/newer.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"

/* The kernel takes 64 programs (kernel/bpf/mprog.c). */
#define CHAIN_MAX 64U

/*
 * TCX_NEXT and NETKIT_NEXT (include/uapi/linux/bpf.h, if_link.h): go on with the next program, and
 * without one, let the packet pass.
 */
#define VERDICT_NEXT (-1)

static const struct {
	const char *detail;
	enum bpf_attach_type type;
} chains[] = {
	{"ingress", ATTACH_TCX_INGRESS},
	{"egress", ATTACH_TCX_EGRESS},
	{"primary", ATTACH_NETKIT_PRIMARY},
	{"peer", ATTACH_NETKIT_PEER},
};

int chain_describe(const struct attach *attach, struct hook_type *ret,
		   struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SCHED_CLS,
				  .neutral = VERDICT_NEXT,
				  .updatable = true};
	return 0;
}

static enum bpf_attach_type attach_type_of(const struct attach *attach)
{
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		if (strcmp(attach->detail, chains[i].detail) == 0)
			return chains[i].type;
	return __MAX_BPF_ATTACH_TYPE;
}

/* libbpf 1.1 has no attach calls for these. */
int chain_attach(const struct attach *attach, int interface, int program_fd)
{
	return bpf_link_create(program_fd, interface, attach_type_of(attach), NULL);
}

/* ---- who is in it ---- */

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
static int read_chain(const struct attach *attach, uint32_t interface, struct chain *ret)
{
	struct query query = {.interface = interface,
			      .attach_type = attach_type_of(attach),
			      .count = CHAIN_MAX,
			      .programs = (uintptr_t)ret->programs,
			      .links = (uintptr_t)ret->links};

	if (!interface)
		return -ENODEV;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0 && errno != ENOSPC)
		return -errno;
	ret->count = MIN(query.count, CHAIN_MAX);
	return 0;
}

bool chain_has_link(const struct attach *attach, uint32_t interface, uint32_t link)
{
	struct chain chain = {.count = 0};

	if (read_chain(attach, interface, &chain) < 0)
		return false;
	for (uint32_t i = 0; i < chain.count; i++)
		if (chain.links[i] == link)
			return true;
	return false;
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
uint32_t chain_rival(const struct attach *attach, const struct bpf_link_info *info,
		     uint64_t attached_usec)
{
	struct chain chain = {.count = 0};

	if (!info || read_chain(attach, if_nametoindex(attach->target), &chain) < 0)
		return 0;
	for (uint32_t i = 0; i < chain.count && chain.links[i] != info->id; i++)
		if (chain.links[i] > info->id ||
		    (!chain.links[i] && was_loaded_after(chain.programs[i], attached_usec)))
			return chain.programs[i];
	return 0;
}
