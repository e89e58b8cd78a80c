/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states that a kill leaves, and what the next start makes of each: rows of docs/pinning.md. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/selector.h"
#include "daemon/unit/recover.h"
#include "lib/cleanup.h"
#include "tests/support/sample_unit.h"
#include "tests/support/sandbox.h"
#include "tests/support/tiny_program.h"

static struct sandbox sandbox = SANDBOX_INIT;
static struct sample_unit sample;
static struct context context;
static struct units units;

static int set_up(void **state)
{
	int err = sandbox_enter(&sandbox);

	(void)state;
	context = (struct context){.root = sandbox.bpffs, .barrier = BARRIER_INIT, .root_fd = -1};
	if (!err)
		err = barrier_init(&context.barrier);
	if (!err)
		err = sd_event_new(&context.event);
	return err < 0;
}

static int tear_down(void **state)
{
	(void)state;
	sd_event_unref(context.event);
	barrier_deinit(&context.barrier);
	sandbox_leave(&sandbox);
	return 0;
}

/* Generation 1 in bank a was left by a reload to generation 2 in bank b. */
static void make_sample(enum way way)
{
	units = (struct units){.context = &context};
	sample_unit_make(&sample, sandbox.bpffs, "fw", way);
	sample_unit_put_in_force(&sample, 2, 1);
}

static int make_link_unit(void **state)
{
	(void)state;
	make_sample(WAY_LINK);
	return 0;
}

static int make_entry_unit(void **state)
{
	(void)state;
	make_sample(WAY_ENTRY);
	return 0;
}

static int remove_sample(void **state)
{
	(void)state;
	units_clear(&units);
	sample_unit_remove(&sample);
	return 0;
}

static void ignore_note(int level, const char *text)
{
	(void)level;
	(void)text;
}

/* The unit after a start, or NULL if it is not there any more. */
static struct unit *recover(void)
{
	assert_int_equal(recover_units(&units, ignore_note), 0);
	return units_find(&units, "fw");
}

/* A reload to generation 3 in bank a, as far as its name in the selector. */
static void begin_reload(void)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	sample_unit_add_generation(&sample, 3);
	selector->next_generation = 4;
	selector->override_after = EBPFD_OVERRIDE_OBJECT;
	selector_begin(selector, EBPFD_OPERATION_RELOAD, 3, word_with_bank(selector->word, 0));
}

/* The same up to the arming. */
static void arm_reload(void)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	begin_reload();
	selector->former = 0;
	selector->generation[0] = 3;
}

static void arm_rollback(void)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	selector->override_after = EBPFD_OVERRIDE_ROLLBACK;
	selector_begin(selector, EBPFD_OPERATION_ROLLBACK, selector->generation[0],
		       word_with_bank(selector->word, 0));
}

static void store_word(void)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	selector_store_word(selector, selector->target);
}

static void expect_state(const struct unit *unit, uint32_t active_generation, int active,
			 uint32_t former_generation)
{
	const struct ebpfd_selector *selector = sample_unit_selector(&sample);

	assert_non_null(unit);
	if (unit->reason)
		fail_msg("%s", unit->reason);
	assert_int_equal(unit_active(unit), active);
	assert_int_equal(selector->generation[active], active_generation);
	assert_int_equal(unit->banks[active].manifest->generation, active_generation);
	assert_int_equal(selector->operation, EBPFD_OPERATION_NONE);
	assert_int_equal(selector->generation[!active], former_generation);
	assert_int_equal(unit_former(unit), former_generation ? !active : BANK_NONE);
	if (former_generation)
		assert_int_equal(unit->banks[!active].manifest->generation, former_generation);
}

static bool is_detached(void)
{
	cleanup_close int program = tiny_program(BPF_PROG_TYPE_XDP, BPF_XDP, 2);
	cleanup_close int link = sample_unit_attach(program);

	return link >= 0;
}

/* ---- nothing was under way ---- */

static void standing_unit_is_adopted_as_it_is(void **state)
{
	const struct unit *unit = recover();

	(void)state;
	expect_state(unit, 2, 1, 1);
	assert_false(unit->read_only);
	if (sample.way == WAY_LINK)
		assert_int_equal(sample_unit_in_link(&sample), 2);
	else
		assert_int_equal(sample_unit_in_slot(&sample, 1), 2);
}

static void stale_generations_are_swept(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	sample_unit_add_generation(&sample, 3);
	pin_path(path, sandbox.bpffs, "fw/gen-9");
	assert_int_equal(bpffs_make_directory(path), 0);
	pin_path(path, sandbox.bpffs, "fw/gen-x");
	assert_int_equal(bpffs_make_directory(path), 0);
	expect_state(recover(), 2, 1, 1);
	assert_false(sample_unit_has(&sample, "gen-3"));
	assert_false(sample_unit_has(&sample, "gen-9"));
	assert_true(sample_unit_has(&sample, "gen-x"));
	assert_true(sample_unit_has(&sample, "gen-1"));
	assert_true(sample_unit_has(&sample, "gen-2"));
}

static void former_generation_that_is_broken_is_no_obstacle(void **state)
{
	const struct unit *unit;
	char path[PIN_PATH_MAX];

	(void)state;
	pin_path(path, sandbox.bpffs, "fw/gen-1/manifest");
	assert_int_equal(unlink(path), 0);
	unit = recover();
	assert_null(unit->reason);
	assert_null(unit->banks[0].manifest);
	assert_int_equal(unit->banks[1].manifest->generation, 2);
}

static void active_generation_that_is_broken_degrades(void **state)
{
	const struct unit *unit;
	char path[PIN_PATH_MAX];

	(void)state;
	pin_path(path, sandbox.bpffs, "fw/gen-2/manifest");
	assert_int_equal(unlink(path), 0);
	unit = recover();
	assert_non_null(unit->reason);
	expect_text_has(unit->reason, "gen-2/manifest");
	assert_true(sample_unit_has(&sample, "gen-1"));
}

static void other_hands_at_the_link_degrade_and_are_not_forced(void **state)
{
	cleanup_free char *reason = NULL;

	(void)state;
	sample_unit_force_foreign_link(&sample);
	sample_unit_add_generation(&sample, 3);
	reason = drift_reason(recover());
	assert_non_null(reason);
	expect_text_has(reason, "another hand replaced its program");
	assert_int_equal(sample_unit_in_link(&sample), 0);
	/* And nothing is swept. */
	assert_true(sample_unit_has(&sample, "gen-3"));
}

static void other_hands_at_the_slot_degrade(void **state)
{
	(void)state;
	sample_unit_force_foreign_slot(&sample, 1);
	expect_text_has(recover()->reason, "another hand");
	assert_int_equal(sample_unit_in_slot(&sample, 1), 0);
}

/* ---- first loads ---- */

static void first_load_before_its_word_is_removed(void **state)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	(void)state;
	selector_begin(selector, EBPFD_OPERATION_LOAD, 1, word_with_bank(0, 0));
	selector_store_word(selector, 0);
	assert_null(recover());
	assert_false(sample_unit_has(&sample, ""));
	assert_true(is_detached());
}

static void first_load_after_its_word_is_finished(void **state)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample);

	(void)state;
	selector_begin(selector, EBPFD_OPERATION_LOAD, 1, selector->word);
	expect_state(recover(), 2, 1, 1);
}

static void first_load_before_its_selector_is_removed(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	pin_path(path, sandbox.bpffs, "fw/selector");
	assert_int_equal(unlink(path), 0);
	assert_null(recover());
	assert_false(sample_unit_has(&sample, ""));
	assert_true(is_detached());
}

/* ---- reloads ---- */

static void reload_before_its_flip_gives_the_links_back(void **state)
{
	(void)state;
	arm_reload();
	sample_unit_force_link(&sample, 3);
	expect_state(recover(), 2, 1, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
	assert_false(sample_unit_has(&sample, "gen-3"));
	assert_int_equal(sample_unit_selector(&sample)->override_, EBPFD_OVERRIDE_NONE);
}

static void reload_that_only_has_a_name_keeps_the_former_generation(void **state)
{
	(void)state;
	begin_reload();
	expect_state(recover(), 2, 1, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
	assert_false(sample_unit_has(&sample, "gen-3"));
}

static void reload_that_was_taken_back_half_way_is_taken_back(void **state)
{
	(void)state;
	arm_reload();
	sample_unit_selector(&sample)->generation[0] = 0; /* a kill in the middle of the recovery */
	expect_state(recover(), 2, 1, 1);
	assert_false(sample_unit_has(&sample, "gen-3"));
}

static void reload_before_its_links_is_taken_back(void **state)
{
	(void)state;
	arm_reload();
	expect_state(recover(), 2, 1, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
}

static void reload_after_its_flip_is_finished(void **state)
{
	(void)state;
	arm_reload();
	sample_unit_force_link(&sample, 3);
	store_word();
	expect_state(recover(), 3, 0, 2);
	assert_int_equal(sample_unit_in_link(&sample), 3);
	assert_false(sample_unit_has(&sample, "gen-1"));
	assert_int_equal(sample_unit_selector(&sample)->override_, EBPFD_OVERRIDE_OBJECT);
}

static void reload_before_its_flip_gives_the_slots_back(void **state)
{

	(void)state;
	arm_reload();
	sample_unit_force_foreign_slot(&sample, 0);
	expect_state(recover(), 2, 1, 1);
	assert_int_equal(sample_unit_in_slot(&sample, 0), 1);
	assert_int_equal(sample_unit_in_slot(&sample, 1), 2);
}

static void reload_without_a_former_generation_is_taken_back(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	arm_reload();
	pin_path(path, sandbox.bpffs, "fw/gen-1");
	assert_int_equal(bpffs_remove_tree(path), 0);
	expect_state(recover(), 2, 1, 0);
}

static void reload_with_other_hands_at_the_link_waits(void **state)
{
	const struct ebpfd_selector *selector = sample_unit_selector(&sample);
	const struct unit *unit;

	(void)state;
	arm_reload();
	sample_unit_force_foreign_link(&sample);
	unit = recover();
	expect_text_has(unit->reason, "another hand");
	assert_int_equal(sample_unit_in_link(&sample), 0);
	/* So that the next start can still end it. */
	assert_int_equal(selector->operation, EBPFD_OPERATION_RELOAD);
	units_clear(&units);
	sample_unit_force_link(&sample, 3);
	expect_state(recover(), 2, 1, 1);
	assert_int_equal(sample_unit_in_link(&sample), 2);
}

/* ---- rollbacks ---- */

static void rollback_before_its_flip_is_taken_back(void **state)
{
	(void)state;
	arm_rollback();
	if (sample.way == WAY_LINK)
		sample_unit_force_link(&sample, 1);
	expect_state(recover(), 2, 1, 1);
	if (sample.way == WAY_LINK)
		assert_int_equal(sample_unit_in_link(&sample), 2);
	assert_int_equal(sample_unit_selector(&sample)->override_, EBPFD_OVERRIDE_NONE);
}

static void rollback_after_its_flip_is_finished(void **state)
{
	(void)state;
	arm_rollback();
	if (sample.way == WAY_LINK)
		sample_unit_force_link(&sample, 1);
	store_word();
	expect_state(recover(), 1, 0, 2);
	if (sample.way == WAY_LINK)
		assert_int_equal(sample_unit_in_link(&sample), 1);
	assert_int_equal(sample_unit_selector(&sample)->override_, EBPFD_OVERRIDE_ROLLBACK);
}

/* ---- unloads, and what is not ours ---- */

static void unloaded_unit_is_dismantled(void **state)
{
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];

	(void)state;
	pin_path(from, sandbox.bpffs, "fw");
	pin_path(to, sandbox.bpffs, "gone-fw-1");
	assert_int_equal(rename(from, to), 0);
	assert_null(recover());
	assert_int_equal(access(to, F_OK), -1);
	assert_true(is_detached());
}

static void newer_format_is_adopted_read_only(void **state)
{
	struct ebpfd_selector *selector = sample_unit_selector(&sample), before;
	const struct unit *unit;

	(void)state;
	arm_reload();
	selector->format = EBPFD_FORMAT + 1;
	before = *selector;
	unit = recover();
	assert_true(unit->read_only);
	expect_text_has(unit->reason, "newer");
	assert_memory_equal(selector, &before, sizeof(before));
	assert_true(sample_unit_has(&sample, "gen-1"));
	assert_true(sample_unit_has(&sample, "gen-3"));
	assert_true(sample_unit_has(&sample, "hooks/in/link"));
}

static void other_directories_are_left_alone(void **state)
{
	static const char *const names[] = {"shared", "UPPER"};
	char path[PIN_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pin_path(path, sandbox.bpffs, "%s", names[i]);
		assert_int_equal(bpffs_make_directory(path), 0);
	}
	(void)recover();
	assert_int_equal(units_count(&units), 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		pin_path(path, sandbox.bpffs, "%s", names[i]);
		assert_int_equal(access(path, F_OK), 0);
	}
}

/* clang-format off */
#define LINK(test) {#test " link", test, make_link_unit, remove_sample, NULL}
#define ENTRY(test) {#test " entry", test, make_entry_unit, remove_sample, NULL}
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LINK(standing_unit_is_adopted_as_it_is),
		ENTRY(standing_unit_is_adopted_as_it_is),
		LINK(stale_generations_are_swept),
		LINK(former_generation_that_is_broken_is_no_obstacle),
		LINK(active_generation_that_is_broken_degrades),
		LINK(other_hands_at_the_link_degrade_and_are_not_forced),
		ENTRY(other_hands_at_the_link_degrade_and_are_not_forced),
		ENTRY(other_hands_at_the_slot_degrade),
		LINK(first_load_before_its_word_is_removed),
		ENTRY(first_load_before_its_word_is_removed),
		ENTRY(first_load_after_its_word_is_finished),
		ENTRY(first_load_before_its_selector_is_removed),
		LINK(reload_before_its_flip_gives_the_links_back),
		LINK(reload_that_only_has_a_name_keeps_the_former_generation),
		LINK(reload_that_was_taken_back_half_way_is_taken_back),
		LINK(reload_before_its_links_is_taken_back),
		LINK(reload_after_its_flip_is_finished),
		ENTRY(reload_before_its_flip_gives_the_slots_back),
		ENTRY(reload_without_a_former_generation_is_taken_back),
		LINK(reload_with_other_hands_at_the_link_waits),
		LINK(rollback_before_its_flip_is_taken_back),
		ENTRY(rollback_before_its_flip_is_taken_back),
		LINK(rollback_after_its_flip_is_finished),
		ENTRY(rollback_after_its_flip_is_finished),
		LINK(unloaded_unit_is_dismantled),
		ENTRY(unloaded_unit_is_dismantled),
		LINK(newer_format_is_adopted_read_only),
		LINK(other_directories_are_left_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
