/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each object below the root has its class, its references, and what is wrong with it. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/inventory.h"
#include "daemon/kernel/inventory_build.h"
#include "daemon/kernel/selector.h"
#include "lib/cleanup.h"
#include "tests/support/sample_unit.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/tiny_program.h"

static struct sample_unit sample;
static struct inventory *inventory;
/* Not the top of the mount: the kernel has files of its own there. */
static char root[PIN_PATH_MAX];

static int set_up(void **state)
{
	if (sandbox_set_up(state) < 0)
		return -1;
	pin_path(root, sandbox.bpffs, "root");
	return bpffs_make_directory(root);
}

static int make_link_unit(void **state)
{
	(void)state;
	sample_unit_make(&sample, root, "fw", WAY_LINK);
	sample_unit_put_in_force(&sample, 2, 1);
	return 0;
}

static int make_entry_unit(void **state)
{
	(void)state;
	sample_unit_make(&sample, root, "fw", WAY_ENTRY);
	sample_unit_put_in_force(&sample, 2, 1);
	return 0;
}

static int remove_sample(void **state)
{
	(void)state;
	inventory = inventory_free(inventory);
	sample_unit_remove(&sample);
	return 0;
}

static void path_of(const char *name, char path[PIN_PATH_MAX])
{
	pin_path(path, root, "%s", name);
}

static void pin_map(const char *name)
{
	cleanup_close int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "stray", 4, 8, 1, NULL);
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
}

static void make_directory(const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(bpffs_make_directory(path), 0);
}

static void remove_directory(const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(rmdir(path), 0);
}

static void unpin(const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(name, path);
	assert_int_equal(unlink(path), 0);
}

static void look(void)
{
	struct failure failure = {};

	inventory = inventory_free(inventory);
	if (inventory_read(root, NULL, &inventory, &failure) < 0)
		fail_msg("%s", failure.text);
}

static const struct inventory_object *object_at(const char *path)
{
	const struct inventory_object *object = inventory_find(inventory, path);

	if (!object)
		fail_msg("%s is not listed", path);
	return object;
}

/* problem NULL: none */
static void expect_object(const char *path, enum inventory_class class, const char *problem)
{
	const struct inventory_object *object = object_at(path);

	if (object->class != class)
		fail_msg("%s is %s, not %s", path, inventory_class_name(object->class),
			 inventory_class_name(class));
	if (!problem && object->problem)
		fail_msg("%s: %s", path, object->problem);
	if (problem)
		expect_text_has(object->problem ? object->problem : "", problem);
}

static void expect_reference(const char *path, const char *text)
{
	cleanup_free char *all = json_dumps(object_at(path)->references, 0);

	expect_text_has(all, text);
}

static void units_that_stand_are_sound(void **state)
{
	(void)state;
	look();
	assert_true(inventory_is_sound(inventory));
	expect_object("fw", INVENTORY_OWNED, NULL);
	expect_object("fw/selector", INVENTORY_OWNED, NULL);
	expect_object("fw/ledger", INVENTORY_OWNED, NULL);
	expect_object("fw/hooks/in/link", INVENTORY_OWNED, NULL);
	expect_object("fw/gen-2/progs/p", INVENTORY_OWNED, NULL);
	expect_object("fw/gen-1", INVENTORY_FORMER, NULL);
	expect_object("fw/gen-1/manifest", INVENTORY_FORMER, NULL);
	expect_object("fw/gen-1/progs/p", INVENTORY_FORMER, NULL);
}

static void ids_and_kinds_are_the_kernels(void **state)
{
	const struct inventory_object *program;

	(void)state;
	look();
	program = object_at("fw/gen-2/progs/p");
	assert_int_equal(program->pinned.kind, PIN_PROGRAM);
	assert_int_equal(program->pinned.id, sample.generations[2]->hooks[0].program_id);
	assert_int_equal(object_at("fw/selector")->pinned.kind, PIN_MAP);
	assert_int_equal(object_at("fw/hooks/in/link")->pinned.kind, PIN_LINK);
	assert_int_equal(object_at("fw/hooks")->pinned.kind, PIN_DIRECTORY);
}

static void chains_go_from_the_selector_to_the_link(void **state)
{
	char entry[128];

	(void)state;
	look();
	(void)snprintf(entry, sizeof(entry),
		       "selector bank b → gen-2 → progs/p → slot b of hook in → entry %u → link %u",
		       object_at("fw/hooks/in/entry")->pinned.id,
		       object_at("fw/hooks/in/link")->pinned.id);
	expect_reference("fw/gen-2/progs/p", entry);
	expect_reference("fw/gen-1/manifest", "selector former bank a → gen-1 → manifest");
}

static void directories_come_before_what_is_in_them(void **state)
{
	(void)state;
	make_directory("fw-2");
	make_directory("fw0");
	look();
	assert_string_equal(inventory->objects[0].path, "fw");
	assert_string_equal(inventory->objects[1].path, "fw/gen-1");
	assert_string_equal(inventory->objects[inventory->count - 1].path, "fw0");
	remove_directory("fw-2");
	remove_directory("fw0");
}

static void generations_in_no_bank_are_orphans(void **state)
{
	(void)state;
	sample_unit_add_generation(&sample, 3);
	look();
	expect_object("fw/gen-3", INVENTORY_ORPHAN, "in no bank");
	expect_object("fw/gen-3/manifest", INVENTORY_ORPHAN, "in no bank");
	expect_object("fw/gen-3/progs/p", INVENTORY_ORPHAN, "in no bank");
	assert_false(inventory_is_sound(inventory));
}

static void operations_need_all_generations(void **state)
{
	(void)state;
	sample_unit_add_generation(&sample, 3);
	selector_begin(sample_unit_selector(&sample), EBPFD_OPERATION_RELOAD, 3, 0);
	look();
	expect_object("fw/gen-3/manifest", INVENTORY_OWNED, NULL);
	expect_reference("fw/gen-3", "reload under way");
	assert_true(inventory_is_sound(inventory));
}

static void busy_units_are_excused(void **state)
{
	(void)state;
	sample_unit_add_generation(&sample, 3);
	look();
	inventory_excuse(inventory, "f");
	expect_object("fw/gen-3", INVENTORY_ORPHAN, "in no bank");
	inventory_excuse(inventory, "fw");
	expect_object("fw/gen-3", INVENTORY_OWNED, NULL);
	expect_object("fw/gen-1", INVENTORY_FORMER, NULL);
}

static void hooks_that_nobody_names_are_orphans(void **state)
{
	(void)state;
	make_directory("fw/hooks/out");
	pin_map("fw/hooks/out/slots");
	look();
	expect_object("fw/hooks/out", INVENTORY_ORPHAN, "no manifest names this hook");
	expect_object("fw/hooks/out/slots", INVENTORY_ORPHAN, "no manifest names this hook");
}

static void staged_pins_and_stale_maps_are_orphans(void **state)
{
	(void)state;
	pin_map("fw/maps/new-flows");
	pin_map("fw/maps/flows");
	look();
	expect_object("fw/maps/new-flows", INVENTORY_ORPHAN, "staged");
	expect_object("fw/maps/flows", INVENTORY_ORPHAN, "no kept map");
}

/* What a kill leaves that came while a hook was attached again. */
static void staged_link_is_an_orphan_and_the_number_beside_it_is_owned(void **state)
{
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];

	(void)state;
	path_of("fw/hooks/in/link", from);
	path_of("fw/hooks/in/link-new", to);
	make_directory("fw/hooks/in/at-7");
	assert_int_equal(rename(from, to), 0);
	look();
	expect_object("fw/hooks/in/link-new", INVENTORY_ORPHAN, "staged");
	expect_object("fw/hooks/in/at-7", INVENTORY_OWNED, NULL);
	assert_int_equal(rename(to, from), 0);
}

static void units_that_are_gone_or_unfinished_are_orphans(void **state)
{
	char from[PIN_PATH_MAX], to[PIN_PATH_MAX];

	(void)state;
	selector_store_word(sample_unit_selector(&sample), 0);
	look();
	expect_object("fw/hooks/in/link", INVENTORY_ORPHAN, "first load");
	path_of("fw", from);
	path_of("gone-fw-1", to);
	assert_int_equal(rename(from, to), 0);
	look();
	expect_object("gone-fw-1", INVENTORY_ORPHAN, "unload");
	expect_object("gone-fw-1/gen-1/progs/p", INVENTORY_ORPHAN, "unload");
	assert_int_equal(rename(to, from), 0);
}

static void what_the_layout_does_not_know_is_foreign(void **state)
{
	char path[PIN_PATH_MAX];

	(void)state;
	pin_map("stray");
	pin_map("fw/stray");
	pin_map("fw/gen-2/maps/stray");
	pin_map("fw/gen-2/progs/stray");
	make_directory("Upper");
	pin_map("Upper/stray");
	make_directory("fw/gen-02");
	path_of("fw/hooks/out", path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	look();
	expect_object("stray", INVENTORY_FOREIGN, "only directories");
	expect_object("fw/stray", INVENTORY_FOREIGN, "no such name");
	expect_object("fw/gen-2/maps/stray", INVENTORY_FOREIGN, "names no such map");
	expect_object("fw/gen-2/progs/stray", INVENTORY_FOREIGN,
		      "a program belongs here, not a map");
	expect_object("Upper", INVENTORY_FOREIGN, "no unit can have this name");
	expect_object("Upper/stray", INVENTORY_FOREIGN, "foreign");
	expect_object("fw/gen-02", INVENTORY_FOREIGN, "no such name");
	expect_object("fw/hooks/out", INVENTORY_FOREIGN, "no BPF object");
	unpin("stray");
	unpin("Upper/stray");
	remove_directory("Upper");
}

static void newer_formats_and_garbage_are_not_judged(void **state)
{
	(void)state;
	sample_unit_add_generation(&sample, 3);
	sample_unit_selector(&sample)->format = EBPFD_FORMAT + 1;
	look();
	expect_object("fw/gen-3", INVENTORY_FOREIGN, "newer");
	sample_unit_selector(&sample)->format = EBPFD_FORMAT;
	unpin("fw/selector");
	make_directory("fw/selector");
	look();
	expect_object("fw/selector", INVENTORY_FOREIGN, "a map belongs here");
	expect_object("fw/gen-3", INVENTORY_FOREIGN, "no selector");
}

static void slots_with_other_programs_are_a_problem(void **state)
{
	(void)state;
	sample_unit_force_foreign_slot(&sample, 0);
	look();
	expect_object("fw/hooks/in/slots", INVENTORY_OWNED, "slot a holds program");
	sample_unit_force_foreign_slot(&sample, 1);
	look();
	expect_object("fw/hooks/in/slots", INVENTORY_OWNED, "slot b holds program");
}

static void links_with_other_programs_are_a_problem(void **state)
{
	(void)state;
	sample_unit_force_foreign_link(&sample);
	look();
	expect_object("fw/hooks/in/link", INVENTORY_OWNED, "runs program");
	assert_false(inventory_is_sound(inventory));
}

static void missing_pins_are_a_problem(void **state)
{
	(void)state;
	unpin("fw/ledger");
	unpin("fw/gen-2/progs/p");
	unpin("fw/gen-1/manifest");
	look();
	expect_object("fw/ledger", INVENTORY_OWNED, "not there");
	expect_object("fw/gen-2/progs/p", INVENTORY_OWNED, "not there");
	expect_object("fw/gen-1/manifest", INVENTORY_FORMER, "not there");
	assert_int_equal(object_at("fw/ledger")->pinned.kind, PIN_MISSING);
}

static void orphans_are_removed_and_nothing_else(void **state)
{
	json_t *failures = json_array();
	char path[PIN_PATH_MAX];

	(void)state;
	sample_unit_add_generation(&sample, 3);
	make_directory("fw/hooks/out");
	make_directory("fw/hooks/out/mine");
	pin_map("fw/maps/new-flows");
	look();
	assert_int_equal(inventory_remove_orphans(root, inventory, failures), 6);
	assert_int_equal(json_array_size(failures), 1);
	expect_text_has(json_string_value(json_object_get(json_array_get(failures, 0), "path")),
			"fw/hooks/out");
	json_decref(failures);
	assert_false(sample_unit_has(&sample, "gen-3"));
	assert_false(sample_unit_has(&sample, "maps/new-flows"));
	assert_true(sample_unit_has(&sample, "hooks/out/mine"));
	path_of("fw/hooks/out", path);
	assert_int_equal(bpffs_remove_tree(path), 0);
	look();
	assert_true(inventory_is_sound(inventory));
}

static void orphans_that_changed_meanwhile_stay(void **state)
{
	json_t *failures = json_array();

	(void)state;
	pin_map("fw/maps/new-flows");
	look();
	unpin("fw/maps/new-flows");
	pin_map("fw/maps/new-flows");
	assert_int_equal(inventory_remove_orphans(root, inventory, failures), 0);
	assert_int_equal(json_array_size(failures), 1);
	json_decref(failures);
	assert_true(sample_unit_has(&sample, "maps/new-flows"));
}

static void roots_that_are_none_are_refused(void **state)
{
	struct failure failure;

	(void)state;
	assert_int_equal(inventory_read("/nonexistent", NULL, &inventory, &failure), -ENOENT);
	assert_int_equal(inventory_read(sandbox.folder, NULL, &inventory, &failure), -EINVAL);
	expect_text_has(failure.text, "not on a bpffs");
	assert_int_equal(inventory_read(root, "nobody", &inventory, &failure), -ENOENT);
	assert_int_equal(failure.outcome, OUTCOME_NO_SUCH_UNIT);
}

/* clang-format off */
#define LINK(test) {#test " link", test, make_link_unit, remove_sample, NULL}
#define ENTRY(test) {#test " entry", test, make_entry_unit, remove_sample, NULL}
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LINK(units_that_stand_are_sound),
		ENTRY(units_that_stand_are_sound),
		LINK(ids_and_kinds_are_the_kernels),
		ENTRY(chains_go_from_the_selector_to_the_link),
		LINK(directories_come_before_what_is_in_them),
		ENTRY(generations_in_no_bank_are_orphans),
		LINK(operations_need_all_generations),
		LINK(busy_units_are_excused),
		ENTRY(hooks_that_nobody_names_are_orphans),
		LINK(staged_pins_and_stale_maps_are_orphans),
		LINK(staged_link_is_an_orphan_and_the_number_beside_it_is_owned),
		LINK(units_that_are_gone_or_unfinished_are_orphans),
		LINK(what_the_layout_does_not_know_is_foreign),
		LINK(newer_formats_and_garbage_are_not_judged),
		ENTRY(slots_with_other_programs_are_a_problem),
		LINK(links_with_other_programs_are_a_problem),
		ENTRY(links_with_other_programs_are_a_problem),
		LINK(missing_pins_are_a_problem),
		LINK(orphans_are_removed_and_nothing_else),
		LINK(orphans_that_changed_meanwhile_stay),
		LINK(roots_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, sandbox_tear_down);
}
