/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of cgroups: a unit at each sort of them, with sockets, devices and sysctls that are real.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/kind_life.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/tiny_program.h"

/* Of each the function on_TYPE of tests/bpf/life_cgroup.h. The last one not every kernel has. */
static const char *const types[] = {
	"sock_create", "sock_release", "post_bind4",   "bind4",		  "connect4",	"sendmsg4",
	"recvmsg4",    "getpeername4", "getsockname4", "getsockopt",	  "setsockopt", "dev",
	"sysctl",      "skb_egress",   "sockops",      "lsm_socket_bind",
};

/* ---- what makes the programs run ---- */

static int join_cgroup(void *data)
{
	(void)data;
	return sandbox_join_cgroup(&sandbox);
}

static const struct sockaddr_in loopback = {.sin_family = AF_INET};

static int bind_to_loopback(int fd, struct sockaddr_in *ret)
{
	socklen_t length = sizeof(*ret);

	*ret = loopback;
	ret->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)ret, sizeof(*ret)) < 0 ||
	    getsockname(fd, (struct sockaddr *)ret, &length) < 0)
		return -errno;
	return 0;
}

static int send_a_datagram(void)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address, sender;
	socklen_t length = sizeof(sender);
	int priority = 1;
	char byte = 'x';

	if (fd < 0 || bind_to_loopback(fd, &address) < 0 ||
	    sendto(fd, &byte, 1, 0, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&sender, &length) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)) < 0)
		return -errno;
	length = sizeof(priority);
	return getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, &length) < 0 ? -errno : 0;
}

static int make_a_connection(void)
{
	cleanup_close int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_close int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address, peer;
	socklen_t length = sizeof(peer);

	if (server < 0 || client < 0 || bind_to_loopback(server, &address) < 0 ||
	    listen(server, 1) < 0 ||
	    connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getpeername(client, (struct sockaddr *)&peer, &length) < 0)
		return -errno;
	return 0;
}

static int read_a_byte(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;

	return fd < 0 || read(fd, &byte, 1) < 0 ? -errno : 0;
}

static int use_everything(void *data)
{
	int err = send_a_datagram();

	(void)data;
	if (!err)
		err = make_a_connection();
	if (!err)
		err = read_a_byte("/dev/null");
	return err ? err : read_a_byte("/proc/sys/kernel/ostype");
}

/* ---- lives ---- */

static bool kernel_has_lsm_of_cgroups(void)
{
	int id = libbpf_find_vmlinux_btf_id("socket_bind", BPF_LSM_CGROUP);
	cleanup_close int cgroup = open(sandbox.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int program = -1, link = -1;

	if (id < 0 || cgroup < 0)
		return false;
	program = tiny_program_for(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, (uint32_t)id);
	if (program >= 0)
		link = bpf_link_create(program, cgroup, BPF_LSM_CGROUP, NULL);
	return link >= 0;
}

static unsigned count_types(void)
{
	return ARRAY_SIZE(types) - !kernel_has_lsm_of_cgroups();
}

static const char *hooks(void)
{
	static char text[4096];
	size_t used = 0;

	for (size_t i = 0; i < count_types(); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "[Hook %s]\nProgram=on_%s\nAttach=cgroup:%s/%s\n",
					 types[i], types[i], sandbox.cgroup, types[i]);
	return text;
}

static void live(const char *swap, const char *way)
{
	const struct kind_life life = {.object = "life_cgroup",
				       .hooks = hooks(),
				       .swap = swap,
				       .way = way,
				       .places = count_types(),
				       .trigger = use_everything,
				       .prepare = join_cgroup};

	if (!sandbox.cgroup[0])
		skip_without("cgroup v2");
	kind_life_run(&sandbox, &life);
}

static void all_types_flip_together(void **state)
{
	(void)state;
	live("auto", "entry");
}

static void all_types_are_exchanged_in_their_links(void **state)
{
	(void)state;
	live("link", "link");
}

static void security_modules_are_among_them(void **state)
{
	(void)state;
	if (!kernel_has_lsm_of_cgroups())
		skip_without("LSM programs of cgroups");
	assert_int_equal(count_types(), ARRAY_SIZE(types));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(security_modules_are_among_them),
		cmocka_unit_test_teardown(all_types_flip_together, kind_life_clean),
		cmocka_unit_test_teardown(all_types_are_exchanged_in_their_links, kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
