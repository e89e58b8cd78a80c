/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of network namespaces: lookups of real sockets, and real frames that are dissected. */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "lib/cleanup.h"
#include "tests/support/frame.h"
#include "tests/support/hook_expect.h"
#include "tests/support/kind_life.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"

/* ---- what makes the programs run ---- */

/* Neither socket is connected, so that the receiver has to be looked up. */
static int send_a_datagram(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(address);
	char byte = 'x';

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
	    sendto(fd, &byte, 1, 0, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    recv(fd, &byte, 1, 0) < 0)
		return -errno;
	return 0;
}

static int send_both(void *data)
{
	int err = send_a_datagram();

	(void)data;
	/* The kernel looks for the headers of what a packet socket sends (af_packet.c). */
	return err ? err : frame_send("lo");
}

/* ---- lives ---- */

static void live(const char *swap, const char *way)
{
	static const char hooks[] = "[Hook lookup]\nProgram=on_sk_lookup\n"
				    "Attach=netns:/proc/self/ns/net/sk_lookup\n"
				    "[Hook dissect]\nProgram=on_flow_dissector\n"
				    "Attach=netns:/proc/self/ns/net/flow_dissector\n";
	const struct kind_life life = {.object = "life_netns",
				       .hooks = hooks,
				       .swap = swap,
				       .way = way,
				       .places = 2,
				       .trigger = send_both};

	kind_life_run(&sandbox, &life);
}

static void both_types_flip_together(void **state)
{
	(void)state;
	live("auto", "entry");
}

static void both_types_are_exchanged_in_their_links(void **state)
{
	(void)state;
	live("link", "link");
}

/* ---- attaching ---- */

static void both_types_attach_and_update(void **state)
{
	(void)state;
	hook_expect_attaches("netns:/proc/self/ns/net/sk_lookup", 1);
	hook_expect_attaches("netns:/proc/self/ns/net/flow_dissector", 1);
}

static void what_is_no_namespace_is_named(void **state)
{
	char text[128];

	(void)state;
	hook_expect_refused("netns:/run/netns/nosuch/sk_lookup",
			    "no network namespace \"/run/netns/nosuch\"; make it first");
	(void)snprintf(text, sizeof(text), "netns:%s/sk_lookup", sandbox.folder);
	hook_expect_refused(text, "is no network namespace; Attach= takes");
	hook_expect_refused("netns:/proc/self/ns/mnt/sk_lookup", "is no network namespace");
}

static void second_flow_dissector_is_refused(void **state)
{
	cleanup_close int link = hook_expect_attach("netns:/proc/self/ns/net/flow_dissector");

	(void)state;
	hook_expect_refused("netns:/proc/self/ns/net/flow_dissector",
			    "has as many flow_dissector programs as the kernel takes");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_types_attach_and_update),
		cmocka_unit_test(what_is_no_namespace_is_named),
		cmocka_unit_test(second_flow_dissector_is_refused),
		cmocka_unit_test_teardown(both_types_flip_together, kind_life_clean),
		cmocka_unit_test_teardown(both_types_are_exchanged_in_their_links, kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
