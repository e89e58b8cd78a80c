/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/neighbour.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/child.h"
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

static int open_own_network(void)
{
	int own = open(NETWORK, O_RDONLY | O_CLOEXEC);

	assert_true(own >= 0);
	return own;
}

/* From where the caller is. */
static int move_peer(int network)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), network);
	return command_run("ip", "link", "set", SANDBOX_PEER, "netns", path, NULL);
}

/* Both ends have their addresses then. */
static int make_network(void)
{
	cleanup_close int own = open_own_network();
	int its;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	its = open_own_network();
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_int_equal(move_peer(its), 0);
	set_up_end(SANDBOX_VETH, NEIGHBOUR_OWN4 "/24", NEIGHBOUR_OWN6 "/64");
	assert_int_equal(setns(its, CLONE_NEWNET), 0);
	set_up_end(SANDBOX_PEER, NEIGHBOUR_ITS4 "/24", NEIGHBOUR_ITS6 "/64");
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	return its;
}

static void take_peer_back(int network)
{
	cleanup_close int own = open_own_network();

	assert_int_equal(setns(network, CLONE_NEWNET), 0);
	assert_int_equal(move_peer(own), 0);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_int_equal(command_run("ip", "link", "set", SANDBOX_PEER, "up", NULL), 0);
	assert_int_equal(command_run("ip", "addr", "flush", "dev", SANDBOX_VETH, NULL), 0);
}

struct service {
	int network;
	int ready;
	void (*serve)(int ready);
};

/* It comes back only where there is nothing to serve. */
static int serve_there(void *data)
{
	const struct service *service = data;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setns(service->network, CLONE_NEWNET) == 0)
		service->serve(service->ready);
	return -EIO;
}

static pid_t start_server(int network, void (*serve)(int ready))
{
	struct service service = {.network = network, .serve = serve};
	int ready[2];
	pid_t server;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	service.ready = ready[1];
	server = child_start(serve_there, &service);
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	(void)close(ready[0]);
	return server;
}

void neighbour_start(struct neighbour *neighbour, void (*serve)(int ready))
{
	neighbour->network = make_network();
	neighbour->server = start_server(neighbour->network, serve);
	assert_true(neighbour->server > 0);
}

void neighbour_end(struct neighbour *neighbour)
{
	child_kill(&neighbour->server);
	if (neighbour->network >= 0)
		take_peer_back(neighbour->network);
	close_and_forget(&neighbour->network);
}
