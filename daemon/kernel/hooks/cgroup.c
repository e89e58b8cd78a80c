/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/newer.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"

#define CGROUP_ALLOW 1

struct type {
	const char *name;
	enum bpf_prog_type program_type;
	enum bpf_attach_type attach_type;
};

static const struct type types[] = {
	{"skb_ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS},
	{"skb_egress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
	{"sock_create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE},
	{"sock_release", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE},
	{"post_bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND},
	{"post_bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND},
	{"bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND},
	{"bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND},
	{"connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT},
	{"connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT},
	{"connect_unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_UNIX_CONNECT},
	{"sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG},
	{"sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG},
	{"sendmsg_unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_UNIX_SENDMSG},
	{"recvmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG},
	{"recvmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG},
	{"recvmsg_unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_UNIX_RECVMSG},
	{"getpeername4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME},
	{"getpeername6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME},
	{"getpeername_unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_UNIX_GETPEERNAME},
	{"getsockname4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME},
	{"getsockname6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME},
	{"getsockname_unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_UNIX_GETSOCKNAME},
	{"getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT},
	{"setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT},
	{"sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS},
	{"dev", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE},
	{"sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL},
};

/* What the kernel's security modules are asked, by tasks of the cgroup: Linux 6.0. */
static bool is_lsm(const struct attach *attach, const char **ret_hook)
{
	return str_has_prefix(attach->detail, ATTACH_CGROUP_LSM, ret_hook);
}

/* Packets are seen, and TCP works, in softirqs too: no thread of the cgroup's own is behind them.
 */
static bool has_task(const struct type *type)
{
	return type->program_type != BPF_PROG_TYPE_CGROUP_SKB &&
	       type->program_type != BPF_PROG_TYPE_SOCK_OPS;
}

static int cgroup_describe(const struct attach *attach, struct hook_type *ret,
			   struct failure *reterr_failure)
{
	const char *hook;

	if (is_lsm(attach, &hook)) {
		*ret = (struct hook_type){
			.program_type = BPF_PROG_TYPE_LSM,
			.expected = BPF_LSM_CGROUP,
			.function = hook,
			.has_task = true,
			.neutral = CGROUP_ALLOW,
			.updatable = true,
		};
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].name, attach->detail) == 0) {
			*ret = (struct hook_type){
				.program_type = types[i].program_type,
				.expected = types[i].attach_type,
				.has_task = has_task(&types[i]),
				.neutral = CGROUP_ALLOW,
				.updatable = true,
			};
			return 0;
		}
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
			   "no cgroup attach type \"%s\" in this version", attach->detail);
}

static int cgroup_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	cleanup_close int cgroup = -1;
	struct hook_type type;
	int err, link;

	err = cgroup_describe(attach, &type, reterr_failure);
	if (err)
		return err;
	cgroup = open(attach->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0 && errno == ENOENT)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -ENOENT,
			"no cgroup \"%s\"; make it first, or give another Attach=", attach->target);
	if (cgroup < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, -errno,
					 "cannot open cgroup \"%s\"", attach->target);
	link = bpf_link_create(program_fd, cgroup, type.expected, NULL);
	if (link == -EBADF)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, link,
			"\"%s\" is no cgroup of the version 2 hierarchy; Attach= takes a "
			"folder below a mount of type cgroup2",
			attach->target);
	if (link < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, link,
					 "cannot attach to cgroup \"%s\" as %s", attach->target,
					 attach->detail);
	return link;
}

/* The inode number of its directory is the number of a cgroup (include/linux/kernfs.h). */
static uint64_t cgroup_target(const struct attach *attach)
{
	struct stat status;

	return stat(attach->target, &status) < 0 ? 0 : status.st_ino;
}

static uint64_t cgroup_link_target(const struct attach *attach, const struct bpf_link_info *info)
{
	uint64_t now = cgroup_target(attach);

	return info->cgroup.cgroup_id == now ? now : 0;
}

const struct hook_operations hook_cgroup = {.describe = cgroup_describe,
					    .attach = cgroup_attach,
					    .noun = "cgroup",
					    .target = cgroup_target,
					    .link_target = cgroup_link_target};
