/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of packet sockets, which the daemon holds and a service manager keeps. */
#include "tests/unit/expect.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/held_sockets.h"
#include "tests/support/build_path.h"
#include "tests/support/frame.h"
#include "tests/support/hook_expect.h"
#include "tests/support/kind_life.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/skip.h"
#include "tests/support/supervisor.h"

#define HOOK "[Hook in]\nProgram=on_packet\nAttach=socket:" SANDBOX_PEER "\n"

/* Together 20 s. */
#define PATIENCE_STEPS	   400
#define PATIENCE_STEP_USEC 50000

static void need_interfaces(void)
{
	skip_unless(FEATURE_PACKET_SOCKET);
	if (!sandbox.has_veth)
		skip_without("veth");
}

/* ---- a life ---- */

static int send_frame(void *data)
{
	(void)data;
	return frame_send(SANDBOX_VETH);
}

static void packets_are_heard_over_all_that_comes(void **state)
{
	const struct kind_life life = {.object = "life_socket",
				       .hooks = HOOK,
				       .swap = "auto",
				       .way = "entry",
				       .places = 1,
				       .trigger = send_frame,
				       .is_held = true};

	(void)state;
	need_interfaces();
	kind_life_run(&sandbox, &life);
}

/* ---- with a service manager, and without ---- */

static struct supervisor supervisor;
static struct fd_keeper keeper;

static void load(bool kept)
{
	char object[PATH_MAX], text[PATH_MAX + 256];

	need_interfaces();
	if (kept)
		supervisor_start_kept(&supervisor, &sandbox, &keeper);
	else
		supervisor_start(&supervisor, &sandbox);
	build_path("tests/bpf/life_socket_v1.bpf.o", object, sizeof(object));
	(void)snprintf(text, sizeof(text), "[Unit]\nObject=%s\n" HOOK, object);
	supervisor_write_unit(&supervisor, "u", text);
	(void)supervisor_do(&supervisor, "load", "u");
}

static int end(void **state)
{
	(void)state;
	supervisor_end(&supervisor);
	return 0;
}

/* A text of the only hook in `status`; "" if it has none. The caller's until the next call. */
static const char *hook_text(const char *key)
{
	static char text[512];
	json_t *status = json_loads(supervisor_do(&supervisor, "status", "u"), 0, NULL);
	const json_t *hook = json_array_get(json_object_get(status, "hooks"), 0);
	const char *value = json_string_value(json_object_get(hook, key));

	assert_non_null(hook);
	(void)snprintf(text, sizeof(text), "%s", value ? value : "");
	json_decref(status);
	return text;
}

static void wait_until_attached(void)
{
	for (int i = 0; i < PATIENCE_STEPS && strcmp(hook_text("state"), "attached") != 0; i++)
		usleep(PATIENCE_STEP_USEC);
	assert_string_equal(hook_text("state"), "attached");
}

static void manager_keeps_one_for_as_long_as_the_unit_is_there(void **state)
{
	(void)state;
	load(true);
	assert_string_equal(hook_text("note"), "");
	assert_int_equal(fd_keeper_count(&keeper, HELD_SOCKET_PREFIX), 1);
	supervisor_kill(&supervisor);
	supervisor_start_again(&supervisor);
	assert_string_equal(hook_text("state"), "attached");
	assert_int_equal(fd_keeper_count(&keeper, HELD_SOCKET_PREFIX), 1);
	(void)supervisor_do(&supervisor, "unload", "u");
	assert_int_equal(fd_keeper_count(&keeper, HELD_SOCKET_PREFIX), 0);
}

static void without_a_manager_it_is_said_and_opened_again(void **state)
{
	(void)state;
	load(false);
	assert_string_equal(hook_text("note"), HELD_SOCKET_NOTE);
	expect_text_has(supervisor_do(&supervisor, "plan", "u"), "its socket is " HELD_SOCKET_NOTE);
	supervisor_kill(&supervisor);
	supervisor_start_again(&supervisor);
	wait_until_attached();
}

/* ---- bad input ---- */

static void missing_interface_is_refused_and_nothing_stays(void **state)
{
	char object[PATH_MAX], text[PATH_MAX + 256];

	(void)state;
	need_interfaces();
	supervisor_start_kept(&supervisor, &sandbox, &keeper);
	build_path("tests/bpf/life_socket_v1.bpf.o", object, sizeof(object));
	(void)snprintf(text, sizeof(text),
		       "[Unit]\nObject=%s\n" HOOK
		       "[Hook gone]\nProgram=on_packet\nAttach=socket:nosuch0\n",
		       object);
	supervisor_write_unit(&supervisor, "u", text);
	supervisor_refuses(&supervisor, "load", "u", 5, "hook gone: no interface \\\"nosuch0\\\"");
	assert_int_equal(fd_keeper_count(&keeper, HELD_SOCKET_PREFIX), 0);
}

static void loopback_has_a_hook_too(void **state)
{
	(void)state;
	skip_unless(FEATURE_PACKET_SOCKET);
	hook_expect_attaches("socket:lo", 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_has_a_hook_too),
		cmocka_unit_test_teardown(manager_keeps_one_for_as_long_as_the_unit_is_there, end),
		cmocka_unit_test_teardown(without_a_manager_it_is_said_and_opened_again, end),
		cmocka_unit_test_teardown(missing_interface_is_refused_and_nothing_stays, end),
		cmocka_unit_test_teardown(packets_are_heard_over_all_that_comes, kind_life_clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
