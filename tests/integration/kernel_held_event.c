/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands for a link of a perf event on kernels before 5.15 works on all of them. */
#include "tests/unit/expect.h"

#include <bpf/libbpf.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/held_event.h"
#include "daemon/kernel/hooks/perf_event.h"
#include "daemon/kernel/pinned.h"
#include "daemon/kernel/place.h"
#include "daemon/kernel/wait_gone.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/tiny_program.h"

#define PATIENCE_USEC 20000000

/* ---- a program that counts the page faults of this process ---- */

static int seen = -1; /* its map: runs at key 1 */

static int load(void)
{
	struct bpf_object *object;
	char path[PATH_MAX];
	int program;

	build_path("tests/bpf/kind_perf_v1.bpf.o", path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	assert_int_equal(bpf_object__load(object), 0);
	seen = dup(bpf_object__find_map_fd_by_name(object, "seen"));
	program = dup(bpf_program__fd(bpf_object__find_program_by_name(object, "on_event")));
	bpf_object__close(object);
	assert_true(seen >= 0 && program >= 0);
	return program;
}

static int close_seen(void **state)
{
	(void)state;
	close_and_forget(&seen);
	return 0;
}

static void fault(void)
{
	char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(page, MAP_FAILED);
	*(volatile char *)page = 1;
	assert_int_equal(munmap(page, 1), 0);
}

static bool is_heard(void)
{
	const uint32_t key = 1;
	uint64_t before = 0, after = 0;

	assert_int_equal(bpf_map_lookup_elem(seen, &key, &before), 0);
	fault();
	assert_int_equal(bpf_map_lookup_elem(seen, &key, &after), 0);
	return after > before;
}

/* ---- held ---- */

static int hold(int program)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
					     .config = PERF_COUNT_SW_PAGE_FAULTS,
					     .sample_period = 1};
	cleanup_close int event = perf_event_open(&attributes, getpid(), -1);
	int held;

	assert_true(event >= 0);
	held = held_event_make(event, program);
	assert_true(held >= 0);
	return held;
}

/* The kernel lets go of events in the order in which they lost their maps, some time later. */
static void wait_for_what_was_let_go(void)
{
	cleanup_close int program = tiny_program(BPF_PROG_TYPE_PERF_EVENT, 0, 0);
	uint32_t id = tiny_program_id(program);
	cleanup_close int held = hold(program);

	close_and_forget(&program);
	close_and_forget(&held);
	assert_int_equal(wait_gone(bpf_prog_get_next_id, id, PATIENCE_USEC), 0);
}

static void program_runs_while_the_map_is_open(void **state)
{
	cleanup_close int program = load();
	uint32_t id = tiny_program_id(program);
	cleanup_close int held = hold(program);

	(void)state;
	close_and_forget(&program);
	assert_true(is_heard());
	close_and_forget(&held);
	assert_int_equal(wait_gone(bpf_prog_get_next_id, id, PATIENCE_USEC), 0);
	assert_false(is_heard());
}

/* With the pin, and whoever else has the map open. */
static void program_runs_while_the_map_is_pinned(void **state)
{
	cleanup_close int program = load();
	uint32_t id = tiny_program_id(program);
	cleanup_close int held = hold(program), other = -1;
	char path[PATH_MAX];
	struct pinned pinned;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/held", sandbox.bpffs);
	assert_int_equal(bpffs_pin(held, path, NULL), 0);
	close_and_forget(&held);
	close_and_forget(&program);
	wait_for_what_was_let_go();
	assert_true(is_heard());
	assert_int_equal(pinned_look(path, &pinned), 0);
	assert_int_equal(pinned.kind, PIN_MAP);
	assert_true(pinned.holds_event);
	other = bpf_obj_get(path);
	assert_true(other >= 0);
	assert_int_equal(bpffs_remove_link(path), 0);
	assert_int_equal(wait_gone(bpf_prog_get_next_id, id, PATIENCE_USEC), 0);
	assert_false(is_heard());
	assert_int_equal(held_event_release(other), -ENOENT);
}

static void place_says_that_it_runs_the_entry(void **state)
{
	const struct unit_pins pins = {.root = sandbox.bpffs, .unit = "held"};
	cleanup_close int program = load();
	cleanup_close int held = hold(program);
	struct bpf_link_info info;
	char path[PATH_MAX];

	(void)state;
	pin_path(path, sandbox.bpffs, "held");
	assert_int_equal(bpffs_make_directory(path), 0);
	pin_path(path, sandbox.bpffs, "held/hooks");
	assert_int_equal(bpffs_make_directory(path), 0);
	pin_path(path, sandbox.bpffs, "held/hooks/fault");
	assert_int_equal(bpffs_make_directory(path), 0);
	assert_int_equal(place_link_info(&pins, "fault", &info), -ENOENT);
	place_path(&pins, "fault", "link", path);
	assert_int_equal(bpffs_pin(held, path, NULL), 0);
	place_path(&pins, "fault", "entry", path);
	assert_int_equal(bpffs_pin(program, path, NULL), 0);
	assert_int_equal(place_link_info(&pins, "fault", &info), 0);
	assert_int_equal(info.prog_id, tiny_program_id(program));
	assert_int_equal(info.id, 0);
}

static void other_maps_hold_none(void **state)
{
	char path[PATH_MAX];
	struct pinned pinned;
	cleanup_close int map =
		bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4, 1, NULL);

	(void)state;
	assert_true(map >= 0);
	(void)snprintf(path, sizeof(path), "%s/other", sandbox.bpffs);
	assert_int_equal(bpffs_pin(map, path, NULL), 0);
	assert_int_equal(pinned_look(path, &pinned), 0);
	assert_false(pinned.holds_event);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(program_runs_while_the_map_is_open, close_seen),
		cmocka_unit_test_teardown(program_runs_while_the_map_is_pinned, close_seen),
		cmocka_unit_test_teardown(place_says_that_it_runs_the_entry, close_seen),
		cmocka_unit_test(other_maps_hold_none),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
