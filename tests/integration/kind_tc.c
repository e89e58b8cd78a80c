/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of traffic control, which have no links: frames as they leave and arrive. */
#include "tests/unit/expect.h"

#include "tests/support/frame.h"
#include "tests/support/hook_expect.h"
#include "tests/support/kind_life.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"

#define AT_EGRESS  "tc:" SANDBOX_VETH "/egress"
#define AT_INGRESS "tc:" SANDBOX_PEER "/ingress"

/* ---- lives ---- */

static int send_frame(void *data)
{
	(void)data;
	return frame_send(SANDBOX_VETH);
}

static void both_directions_flip_together(void **state)
{
	static const char hooks[] = "[Hook out]\nProgram=on_egress\nAttach=" AT_EGRESS "\n"
				    "[Hook in]\nProgram=on_ingress\nAttach=" AT_INGRESS "\n";
	const struct kind_life life = {.object = "life_tc",
				       .hooks = hooks,
				       .swap = "auto",
				       .way = "entry",
				       .places = 2,
				       .trigger = send_frame};

	(void)state;
	skip_unless(FEATURE_TC_FILTER);
	if (!sandbox.has_veth)
		skip_without("veth");
	kind_life_run(&sandbox, &life);
}

/* ---- attaching ---- */

static void both_directions_attach_for_good(void **state)
{
	(void)state;
	if (!feature_probe(FEATURE_TC_FILTER)) {
		hook_expect_refused("tc:lo/ingress", "this kernel has no ");
		skip_without(feature_rows[FEATURE_TC_FILTER].name);
	}
	hook_expect_attaches("tc:lo/ingress", 0);
	hook_expect_attaches("tc:lo/egress", 0);
}

static void missing_interface_is_named(void **state)
{
	(void)state;
	hook_expect_refused("tc:nosuch0/egress", "no interface \"nosuch0\"");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_attach_for_good),
		cmocka_unit_test(missing_interface_is_named),
		cmocka_unit_test_teardown(both_directions_flip_together, kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
