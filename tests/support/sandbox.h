/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place where a test may attach programs: network and mount namespaces of its own, with a bpffs,
 * a tracefs, a pair of interfaces and a cgroup. Nothing of it outlives the test, however that ends:
 * what a namespace does not take along (one empty folder, one cgroup) a guard process removes when
 *the test process is gone.
 * sandbox_group.h has one for all tests of a program.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* The two ends of the pair, both up, with no address and no traffic of their own, if has_veth. */
#define SANDBOX_VETH "veth0"
#define SANDBOX_PEER "veth1"

struct sandbox {
	char folder[32]; /* a tmpfs for the test's files */
	char bpffs[40];	 /* in it */
	char cgroup[64]; /* cgroup v2, empty; "" where the machine has none mounted */
	bool has_veth;	 /* this kernel has such interfaces */
	int network_fd;	 /* the namespaces that sandbox_leave() goes back to */
	int mount_fd;
	int guard_fd; /* the guard cleans up when this is closed */
	pid_t guard;
};

#define SANDBOX_INIT ((struct sandbox){.network_fd = -1, .mount_fd = -1, .guard_fd = -1})

/*
 * Moves the calling thread, which must be the only one, into a new sandbox. 0 or a negative errno,
 * said on stderr, after which nothing is left to clean up.
 */
int sandbox_enter(struct sandbox *sandbox);

/* Goes back, ends what still runs in the cgroup and waits until all is cleaned up. Idempotent. */
void sandbox_leave(struct sandbox *sandbox);

/* Of both ends of the pair, in bytes. 0 or a negative errno. */
int sandbox_set_mtu(unsigned mtu);

/* Moves the calling process into the cgroup: a child of the test, never the test itself. */
int sandbox_join_cgroup(const struct sandbox *sandbox);
