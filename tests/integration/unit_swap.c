/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flip does at the hooks: slots are filled and looked at, links compared and swapped. */
#include "tests/unit/expect.h"

#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/hook_state.h"
#include "daemon/kernel/link_pin.h"
#include "daemon/kernel/swap.h"
#include "lib/cleanup.h"
#include "tests/support/sample_unit.h"
#include "tests/support/sandbox_group.h"

static struct sample_unit sample;
static struct unit_pins pins;
static struct failure failure;

/* Generation 1 in bank a in force; 2 and 3 are there. */
static int make_sample(enum way way)
{
	sample_unit_make(&sample, sandbox.bpffs, "fw", way);
	sample_unit_add_generation(&sample, 2);
	sample_unit_add_generation(&sample, 3);
	pins = (struct unit_pins){.root = sandbox.bpffs, .unit = "fw"};
	failure = (struct failure){0};
	return 0;
}

static int make_link_unit(void **state)
{
	(void)state;
	return make_sample(WAY_LINK);
}

static int make_entry_unit(void **state)
{
	(void)state;
	return make_sample(WAY_ENTRY);
}

static int make_overlap_unit(void **state)
{
	(void)state;
	return make_sample(WAY_OVERLAP);
}

static int remove_sample(void **state)
{
	(void)state;
	sample_unit_remove(&sample);
	return 0;
}

static int swap(uint32_t from, uint32_t to, size_t *done)
{
	return swap_links(&pins, sample.generations[from], sample.generations[to], done, &failure);
}

static void unlink_pin(const char *name)
{
	char path[PIN_PATH_MAX];

	pin_path(path, sandbox.bpffs, "fw/%s", name);
	assert_int_equal(unlink(path), 0);
}

/* ---- slots ---- */

static void idle_slot_is_filled_and_the_other_left(void **state)
{
	(void)state;
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), 0);
	assert_int_equal(sample_unit_in_slot(&sample, 0), 1);
	assert_int_equal(sample_unit_in_slot(&sample, 1), 2);
	assert_int_equal(swap_check_slots(&pins, sample.generations[2], 1, &failure), 0);
}

static void full_slot_is_overwritten(void **state)
{
	(void)state;
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), 0);
	assert_int_equal(swap_fill_slots(&pins, sample.generations[3], 1, &failure), 0);
	assert_int_equal(sample_unit_in_slot(&sample, 1), 3);
}

static void empty_slot_is_refused(void **state)
{
	(void)state;
	assert_int_equal(swap_check_slots(&pins, sample.generations[2], 1, &failure), -ESTALE);
	expect_failure(&failure, OUTCOME_REFUSED, "slot b holds program 0");
}

static void foreign_program_in_a_slot_is_refused(void **state)
{
	(void)state;
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), 0);
	sample_unit_force_foreign_slot(&sample, 1);
	assert_int_equal(swap_check_slots(&pins, sample.generations[2], 1, &failure), -ESTALE);
	expect_failure(&failure, OUTCOME_REFUSED, "another hand");
}

/* The manifest says another id than the pinned program has. */
static void program_that_is_not_the_manifests_is_refused(void **state)
{
	(void)state;
	sample.generations[2]->hooks[0].program_id++;
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), -ESTALE);
}

static void missing_slots_are_named(void **state)
{
	(void)state;
	unlink_pin("hooks/in/slots");
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), -ENOENT);
	expect_failure(&failure, OUTCOME_REFUSED, "fw/hooks/in/slots");
}

static void missing_program_is_named(void **state)
{
	(void)state;
	unlink_pin("gen-2/progs/p");
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), -ENOENT);
	expect_failure(&failure, OUTCOME_REFUSED, "function \"p\" of generation 2");
	assert_int_equal(sample_unit_in_slot(&sample, 1), 0);
}

static void links_of_entries_are_not_touched(void **state)
{
	size_t done = 0;

	(void)state;
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(hook_states_check(&pins, sample.generations[1], &failure), 0);
}

static void entry_that_was_replaced_is_found(void **state)
{
	(void)state;
	sample_unit_force_foreign_link(&sample);
	assert_int_equal(hook_states_check(&pins, sample.generations[1], &failure), -ENOLINK);
	expect_failure(&failure, OUTCOME_REFUSED, "another hand");
}

/* ---- links ---- */

static void link_goes_over_and_back(void **state)
{
	size_t done = 0;

	(void)state;
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(done, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
	assert_int_equal(hook_states_check(&pins, sample.generations[2], &failure), 0);
	assert_int_equal(swap(2, 1, &done), 0);
	assert_int_equal(done, 2);
	assert_int_equal(sample_unit_in_link(&sample), 1);
}

static void swap_done_already_is_passed_over(void **state)
{
	size_t done = 0;

	(void)state;
	assert_int_equal(swap(1, 2, &done), 0);
	done = 0;
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(sample_unit_in_link(&sample), 2);
}

static void foreign_program_is_not_forced(void **state)
{
	size_t done = 0;

	(void)state;
	sample_unit_force_foreign_link(&sample);
	assert_int_equal(swap(1, 2, &done), -EPERM);
	assert_int_equal(done, 0);
	expect_failure(&failure, OUTCOME_REFUSED, "another hand");
	assert_int_equal(sample_unit_in_link(&sample), 0);
	assert_int_equal(hook_states_check(&pins, sample.generations[1], &failure), -ENOLINK);
}

/* Of the unit, but neither of the two. */
static void third_generation_is_not_forced(void **state)
{
	size_t done = 0;

	(void)state;
	sample_unit_force_link(&sample, 3);
	assert_int_equal(swap(1, 2, &done), -EPERM);
	assert_int_equal(sample_unit_in_link(&sample), 3);
}

/* Two hooks, the second one without a link: what was done before is told. */
static void links_done_before_a_failure_are_counted(void **state)
{
	struct manifest_hook from_hooks[2] = {sample.generations[1]->hooks[0],
					      sample.generations[1]->hooks[0]};
	struct manifest_hook to_hooks[2] = {sample.generations[2]->hooks[0],
					    sample.generations[2]->hooks[0]};
	struct manifest from = *sample.generations[1], to = *sample.generations[2];
	size_t done = 0;

	(void)state;
	strcpy(from_hooks[1].name, "out");
	strcpy(from_hooks[1].place, "out");
	to_hooks[1] = from_hooks[1];
	from.hooks = from_hooks;
	to.hooks = to_hooks;
	from.hook_count = to.hook_count = 2;
	assert_int_equal(swap_links(&pins, &from, &to, &done, &failure), -ENOENT);
	assert_int_equal(done, 1);
	expect_failure(&failure, OUTCOME_REFUSED, "hook out");
	assert_int_equal(sample_unit_in_link(&sample), 2);
}

static void slots_of_links_are_not_asked_for(void **state)
{
	(void)state;
	assert_int_equal(swap_fill_slots(&pins, sample.generations[2], 1, &failure), 0);
	assert_false(sample_unit_has(&sample, "hooks/in/slots"));
}

/* ---- overlaps ---- */

static uint32_t link_id(void)
{
	return place_link_id(&pins, "in");
}

static bool link_is_there(uint32_t id)
{
	uint32_t next = 0;

	return bpf_link_get_next_id(id - 1, &next) == 0 && next == id;
}

static void overlap_attaches_the_new_and_detaches_the_old(void **state)
{
	const uint32_t before = link_id();
	size_t done = 0;

	(void)state;
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(done, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
	assert_int_not_equal(link_id(), before);
	assert_false(link_is_there(before));
	assert_false(sample_unit_has(&sample, "hooks/in/" LINK_PIN_NEW));
	assert_int_equal(hook_states_check(&pins, sample.generations[2], &failure), 0);
	assert_int_equal(swap(2, 1, &done), 0);
	assert_int_equal(done, 2);
	assert_int_equal(sample_unit_in_link(&sample), 1);
}

static void overlap_done_already_is_passed_over(void **state)
{
	size_t done = 0;
	uint32_t after;

	(void)state;
	assert_int_equal(swap(1, 2, &done), 0);
	after = link_id();
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(done, 1);
	assert_int_equal(link_id(), after);
}

static void overlap_with_a_third_generation_is_not_forced(void **state)
{
	size_t done = 0;

	(void)state;
	assert_int_equal(swap(1, 3, &done), 0);
	assert_int_equal(swap(1, 2, &done), -EPERM);
	assert_int_equal(done, 1);
	assert_int_equal(sample_unit_in_link(&sample), 3);
}

/* Of a kill between pin and rename. */
static void stale_pin_of_an_overlap_is_no_obstacle(void **state)
{
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];
	size_t done = 0;

	(void)state;
	pin_path(from, sandbox.bpffs, "fw/hooks/in/link");
	pin_path(to, sandbox.bpffs, "fw/hooks/in/" LINK_PIN_NEW);
	assert_int_equal(link(from, to), 0);
	assert_int_equal(swap(1, 2, &done), 0);
	assert_int_equal(sample_unit_in_link(&sample), 2);
}

static void overlap_that_another_hand_holds_is_told(void **state)
{
	char path[PIN_PATH_MAX];
	cleanup_close int held = -1;
	size_t done = 0;

	(void)state;
	pin_path(path, sandbox.bpffs, "fw/hooks/in/link");
	held = bpf_obj_get(path);
	assert_true(held >= 0);
	assert_int_equal(swap(1, 2, &done), -ETIMEDOUT);
	expect_failure(&failure, OUTCOME_REFUSED, "another hand holds it");
	assert_int_equal(done, 1);
}

/* clang-format off */
#define OVERLAP(test) cmocka_unit_test_setup_teardown(test, make_overlap_unit, remove_sample)
#define LINK(test) cmocka_unit_test_setup_teardown(test, make_link_unit, remove_sample)
#define ENTRY(test) cmocka_unit_test_setup_teardown(test, make_entry_unit, remove_sample)
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ENTRY(idle_slot_is_filled_and_the_other_left),
		ENTRY(full_slot_is_overwritten),
		ENTRY(empty_slot_is_refused),
		ENTRY(foreign_program_in_a_slot_is_refused),
		ENTRY(program_that_is_not_the_manifests_is_refused),
		ENTRY(missing_slots_are_named),
		ENTRY(missing_program_is_named),
		ENTRY(links_of_entries_are_not_touched),
		ENTRY(entry_that_was_replaced_is_found),
		LINK(link_goes_over_and_back),
		LINK(swap_done_already_is_passed_over),
		LINK(foreign_program_is_not_forced),
		LINK(third_generation_is_not_forced),
		LINK(links_done_before_a_failure_are_counted),
		LINK(slots_of_links_are_not_asked_for),
		OVERLAP(overlap_attaches_the_new_and_detaches_the_old),
		OVERLAP(overlap_done_already_is_passed_over),
		OVERLAP(overlap_with_a_third_generation_is_not_forced),
		OVERLAP(stale_pin_of_an_overlap_is_no_obstacle),
		OVERLAP(overlap_that_another_hand_holds_is_told),
	};

	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
