/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"

/*
 * include/uapi/linux/bpf.h from Linux 6.1 on (BPF_FLOW_DISSECTOR_CONTINUE): dissect as without a
 * program. Older kernels know no such verdict, and take it for a packet that cannot be dissected.
 */
#define FLOW_DISSECTOR_CONTINUE 129

/* include/uapi/asm-generic/socket.h from Linux 5.14 on (SO_NETNS_COOKIE). */
#define NETNS_COOKIE 71

static int netns_describe(const struct attach *attach, struct hook_type *ret,
			  struct failure *reterr_failure)
{
	(void)reterr_failure;
	if (strcmp(attach->detail, "sk_lookup") == 0)
		*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SK_LOOKUP,
					  .expected = BPF_SK_LOOKUP,
					  .neutral = SK_PASS,
					  .updatable = true};
	else
		*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_FLOW_DISSECTOR,
					  .expected = BPF_FLOW_DISSECTOR,
					  .neutral = FLOW_DISSECTOR_CONTINUE,
					  .updatable = true};
	return 0;
}

static bool is_namespace(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == NSFS_MAGIC;
}

static int refuse(const struct attach *attach, int err, struct failure *reterr_failure)
{
	const char *path = attach->target;

	if (err == -E2BIG || err == -EEXIST)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"network namespace \"%s\" has as many %s programs as the kernel takes; see "
			"them with: bpftool link%s",
			path, attach->detail,
			strcmp(attach->detail, "flow_dissector") == 0
				? ". A flow dissector of the first namespace excludes all others"
				: "");
	if (err == -EINVAL)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "\"%s\" is no network namespace; Attach= takes a file such as "
				   "/run/netns/NAME or /proc/PID/ns/net",
				   path);
	return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
				 "cannot attach to network namespace \"%s\" as %s", path,
				 attach->detail);
}

static int netns_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	cleanup_close int fd = open(attach->target, O_RDONLY | O_CLOEXEC);
	struct hook_type type;
	int link;

	if (fd < 0 && errno == ENOENT)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "no network namespace \"%s\"; make it first (ip netns add), or "
				   "give another Attach=",
				   attach->target);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, -errno,
					 "cannot open network namespace \"%s\"", attach->target);
	if (!is_namespace(fd))
		return refuse(attach, -EINVAL, reterr_failure);
	(void)netns_describe(attach, &type, NULL);
	link = bpf_link_create(program_fd, fd, type.expected, NULL);
	return link < 0 ? refuse(attach, link, reterr_failure) : link;
}

/* The cookie of this thread's network namespace; 0 before Linux 5.14. */
static uint64_t own_cookie(void)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	return fd < 0 || getsockopt(fd, SOL_SOCKET, NETNS_COOKIE, &cookie, &length) < 0 ? 0
											: cookie;
}

/*
 * Only a socket within tells the cookie. Another thread does not notice; and one that cannot come
 * back would go on in a network that is not its own.
 */
static uint64_t cookie_of(int namespace)
{
	cleanup_close int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	uint64_t cookie;

	if (home < 0 || setns(namespace, CLONE_NEWNET) < 0)
		return 0;
	cookie = own_cookie();
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
	return cookie;
}

struct numbers {
	uint64_t inode;	 /* what links tell, and what the next namespace may get */
	uint64_t target; /* never used again, where the kernel has such a number */
};

/* Of what the path leads to. What ip(8) leaves behind of a namespace that is gone is an empty file.
 */
static struct numbers read_numbers(const struct attach *attach)
{
	cleanup_close int fd = open(attach->target, O_RDONLY | O_CLOEXEC);
	struct numbers numbers = {0};
	struct stat status;

	if (fd < 0 || !is_namespace(fd) || fstat(fd, &status) < 0)
		return numbers;
	numbers.inode = status.st_ino;
	numbers.target = cookie_of(fd);
	if (!numbers.target)
		numbers.target = numbers.inode;
	return numbers;
}

static uint64_t netns_target(const struct attach *attach)
{
	return read_numbers(attach).target;
}

static uint64_t netns_link_target(const struct attach *attach, const struct bpf_link_info *info)
{
	const struct numbers now = read_numbers(attach);

	return info->netns.netns_ino == now.inode ? now.target : 0;
}

const struct hook_operations hook_netns = {.describe = netns_describe,
					   .attach = netns_attach,
					   .noun = "network namespace",
					   .target = netns_target,
					   .link_target = netns_link_target};
