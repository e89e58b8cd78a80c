/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks of netkit pairs: frames that are sent at either end. */
#include "tests/unit/expect.h"

#include "tests/support/frame.h"
#include "tests/support/hook_expect.h"
#include "tests/support/kind_life.h"
#include "tests/support/netkit.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"

#define AT_PRIMARY "netkit:" NETKIT_PRIMARY "/primary"
#define AT_PEER	   "netkit:" NETKIT_PRIMARY "/peer"

static int set_up(void **state)
{
	int err = sandbox_set_up(state);

	if (err || !feature_probe(FEATURE_NETKIT_LINK))
		return err;
	return netkit_make();
}

/* ---- lives ---- */

static int send_at_both(void *data)
{
	int err = frame_send(NETKIT_PRIMARY);

	(void)data;
	return err ? err : frame_send(NETKIT_PEER);
}

static void live(const char *swap, const char *way)
{
	static const char hooks[] = "[Hook primary]\nProgram=on_primary\nAttach=" AT_PRIMARY "\n"
				    "[Hook peer]\nProgram=on_peer\nAttach=" AT_PEER "\n";
	const struct kind_life life = {.object = "life_netkit",
				       .hooks = hooks,
				       .swap = swap,
				       .way = way,
				       .places = 2,
				       .trigger = send_at_both};

	skip_unless(FEATURE_NETKIT_LINK);
	kind_life_run(&sandbox, &life);
}

static void both_ends_flip_together(void **state)
{
	(void)state;
	live("auto", "entry");
}

static void both_ends_are_exchanged_in_their_links(void **state)
{
	(void)state;
	live("link", "link");
}

/* ---- attaching ---- */

static void both_ends_attach_and_update(void **state)
{
	(void)state;
	if (!feature_probe(FEATURE_NETKIT_LINK)) {
		hook_expect_refused("netkit:lo/peer", "refuses netkit links, which came with");
		skip_without(feature_rows[FEATURE_NETKIT_LINK].name);
	}
	hook_expect_attaches(AT_PRIMARY, 1);
	hook_expect_attaches(AT_PEER, 1);
}

static void missing_interface_is_named(void **state)
{
	(void)state;
	hook_expect_refused("netkit:nosuch0/primary", "no interface \"nosuch0\"");
}

static void interface_of_another_type_is_named(void **state)
{
	(void)state;
	skip_unless(FEATURE_NETKIT_LINK);
	hook_expect_refused("netkit:lo/primary", "interface \"lo\" is no netkit device");
	hook_expect_refused("netkit:lo/peer", "tcx:lo/ingress|egress attaches to any");
}

static void peer_has_no_say(void **state)
{
	(void)state;
	skip_unless(FEATURE_NETKIT_LINK);
	hook_expect_refused("netkit:" NETKIT_PEER "/primary",
			    "interface \"" NETKIT_PEER "\" is the peer of its pair");
	hook_expect_refused("netkit:" NETKIT_PEER "/peer", "as netkit:PRIMARY/primary|peer");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_attach_and_update),
		cmocka_unit_test(missing_interface_is_named),
		cmocka_unit_test(interface_of_another_type_is_named),
		cmocka_unit_test(peer_has_no_say),
		cmocka_unit_test_teardown(both_ends_flip_together, kind_life_clean),
		cmocka_unit_test_teardown(both_ends_are_exchanged_in_their_links, kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, set_up, sandbox_tear_down);
}
