/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/neighbour.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/command.h"
#include "tests/support/sandbox.h"
#include "tests/unit/expect.h"

#define NETWORK "/proc/thread-self/ns/net"

static void set_up_end(const char *end, const char *ip4, const char *ip6)
{
	assert_int_equal(command_run("ip", "link", "set", "lo", "up", NULL), 0);
	assert_int_equal(command_run("ip", "link", "set", end, "up", NULL), 0);
	assert_int_equal(command_run("ip", "addr", "add", ip4, "dev", end, NULL), 0);
	assert_int_equal(command_run("ip", "addr", "add", ip6, "dev", end, "nodad", NULL), 0);
}

int neighbour_make(void)
{
	cleanup_close int own = open(NETWORK, O_RDONLY | O_CLOEXEC);
	char path[64];
	int its;

	assert_true(own >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	its = open(NETWORK, O_RDONLY | O_CLOEXEC);
	assert_true(its >= 0);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), its);
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "netns", path, NULL), 0);
	set_up_end(SANDBOX_VETH, NEIGHBOUR_OWN4 "/24", NEIGHBOUR_OWN6 "/64");
	assert_int_equal(setns(its, CLONE_NEWNET), 0);
	set_up_end(SANDBOX_PEER, NEIGHBOUR_ITS4 "/24", NEIGHBOUR_ITS6 "/64");
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	return its;
}

pid_t neighbour_serve(int neighbour, void (*serve)(int ready))
{
	int ready[2];
	pid_t server;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setns(neighbour, CLONE_NEWNET) == 0)
			serve(ready[1]);
		_exit(1);
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	(void)close(ready[0]);
	return server;
}

void neighbour_end_server(pid_t *server)
{
	if (*server > 0) {
		(void)kill(*server, SIGKILL);
		(void)waitpid(*server, NULL, 0);
	}
	*server = 0;
}
