/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manifests: what is written is read back, and nothing else is taken for one. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <stdlib.h>

#include "config/unit_file.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/manifest.h"
#include "lib/cleanup.h"
#include "tests/support/sandbox_group.h"

static struct manifest_hook hooks[] = {
	{.name = "in",
	 .place = "in@4294967295",
	 .number = EBPFD_HOOKS_MAX - 1,
	 .program = "on_packet",
	 .attach = {HOOK_XDP, .target = "lo", .detail = "generic"},
	 .way = WAY_LINK,
	 .program_type = BPF_PROG_TYPE_XDP,
	 .expected = BPF_XDP,
	 .frags = true,
	 .program_id = 0xfffffff0},
	{.name = "execs",
	 .place = "execs",
	 .program = "on_exec",
	 .attach = {HOOK_TRACEPOINT, .target = "sched", .detail = "sched_process_exec"},
	 .way = WAY_ENTRY,
	 .program_type = BPF_PROG_TYPE_TRACEPOINT,
	 .program_id = 7},
};

static struct manifest_map maps[] = {
	{.name = "flows",
	 .kept = true,
	 .shared = "common",
	 .id = 1,
	 .type = 2,
	 .key_size = 3,
	 .value_size = 4,
	 .max_entries = 0xffffffff,
	 .flags = 6},
	{.name = ".data.x", .id = 0xffffffff},
};

static struct manifest example = {
	.unit = "fw",
	.generation = 0xfffffffe,
	.time_usec = 1700000000123456,
	.digest = (char *)"0123abcd",
	.object = (char *)"/lib/fw \"x\".o",
	.file = (char *)"/etc/fw.conf",
	.config = (char *)"[Unit]\nDescription=Grüße\n\t\\\n",
	.hooks = hooks,
	.hook_count = ARRAY_SIZE(hooks),
	.maps = maps,
	.map_count = ARRAY_SIZE(maps),
};

static const char *new_path(void)
{
	static char path[PIN_PATH_MAX];
	static int number;

	pin_path(path, sandbox.bpffs, "manifest%d", number++);
	return path;
}

/* Writes and reads back. */
static struct manifest *carry(const struct manifest *manifest)
{
	const char *path = new_path();
	struct manifest *read = NULL;
	struct failure failure;

	if (manifest_write(manifest, path, &failure) < 0 ||
	    manifest_read(path, &read, &failure) < 0)
		fail_msg("%s", failure.text);
	return read;
}

static void head_is_read_back(void **state)
{
	struct manifest *read = carry(&example);

	(void)state;
	assert_string_equal(read->unit, example.unit);
	assert_int_equal(read->generation, example.generation);
	assert_int_equal(read->time_usec, example.time_usec);
	assert_string_equal(read->digest, example.digest);
	assert_string_equal(read->object, example.object);
	assert_string_equal(read->file, example.file);
	assert_string_equal(read->config, example.config);
	assert_null(manifest_free(read));
}

static void hooks_are_read_back(void **state)
{
	struct manifest *read = carry(&example);

	(void)state;
	assert_int_equal(read->hook_count, ARRAY_SIZE(hooks));
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		const struct manifest_hook *hook = &read->hooks[i];

		assert_string_equal(hook->name, hooks[i].name);
		assert_string_equal(hook->place, hooks[i].place);
		assert_int_equal(hook->number, hooks[i].number);
		assert_string_equal(hook->program, hooks[i].program);
		assert_true(attach_equal(&hook->attach, &hooks[i].attach));
		assert_int_equal(hook->way, hooks[i].way);
		assert_int_equal(hook->program_type, hooks[i].program_type);
		assert_int_equal(hook->expected, hooks[i].expected);
		assert_int_equal(hook->frags, hooks[i].frags);
		assert_int_equal(hook->program_id, hooks[i].program_id);
	}
	manifest_free(read);
}

static void maps_are_read_back(void **state)
{
	struct manifest *read = carry(&example);

	(void)state;
	assert_int_equal(read->map_count, ARRAY_SIZE(maps));
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		assert_string_equal(read->maps[i].name, maps[i].name);
		assert_int_equal(read->maps[i].kept, maps[i].kept);
		assert_string_equal(read->maps[i].shared, maps[i].shared);
		assert_int_equal(read->maps[i].id, maps[i].id);
		assert_int_equal(read->maps[i].type, maps[i].type);
		assert_int_equal(read->maps[i].key_size, maps[i].key_size);
		assert_int_equal(read->maps[i].value_size, maps[i].value_size);
		assert_int_equal(read->maps[i].max_entries, maps[i].max_entries);
		assert_int_equal(read->maps[i].flags, maps[i].flags);
	}
	manifest_free(read);
}

static void hooks_and_maps_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(manifest_find_hook(&example, "execs"), &hooks[1]);
	assert_null(manifest_find_hook(&example, "exec"));
	assert_ptr_equal(manifest_find_place(&example, "in@4294967295"), &hooks[0]);
	assert_null(manifest_find_place(&example, "in"));
	assert_ptr_equal(manifest_find_map(&example, ".data.x"), &maps[1]);
	assert_null(manifest_find_map(&example, ""));
}

/* The largest unit file that is taken, of characters that JSON writes as six each. */
static void largest_unit_file_is_read_back(void **state)
{
	cleanup_free char *config = malloc(UNIT_FILE_SIZE_MAX + 1);
	struct manifest large = example, *read;

	(void)state;
	memset(config, '\x01', UNIT_FILE_SIZE_MAX);
	config[UNIT_FILE_SIZE_MAX] = '\0';
	large.config = config;
	read = carry(&large);
	assert_int_equal(strlen(read->config), UNIT_FILE_SIZE_MAX);
	assert_string_equal(read->config, config);
	manifest_free(read);
}

static void nobody_can_change_it(void **state)
{
	const char *path = new_path();
	cleanup_close int fd = -1;
	uint32_t zero = 0;
	char value[65536] = {0};

	(void)state;
	assert_int_equal(manifest_write(&example, path, NULL), 0);
	fd = bpf_obj_get(path);
	assert_int_equal(bpf_map_update_elem(fd, &zero, value, BPF_ANY), -EPERM);
}

static void second_manifest_in_one_place_is_refused(void **state)
{
	const char *path = new_path();
	struct failure failure;

	(void)state;
	assert_int_equal(manifest_write(&example, path, NULL), 0);
	assert_int_equal(manifest_write(&example, path, &failure), -EEXIST);
	expect_text_has(failure.text, path);
}

static void text_that_is_no_utf8_is_refused(void **state)
{
	struct manifest bad = example;
	struct failure failure;

	(void)state;
	bad.config = (char *)"Description=\xff\n";
	assert_true(manifest_write(&bad, new_path(), &failure) < 0);
	expect_text_has(failure.text, "UTF-8");
}

/* ---- what is no manifest ---- */

/* Pins a map with a header and a text in it. */
static const char *pin_value(uint32_t format, uint32_t length, const char *text)
{
	struct {
		uint32_t format, length;
		char text[256];
	} value = {.format = format, .length = length};
	cleanup_close int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, "manifest", 4, sizeof(value), 1, NULL);
	const char *path = new_path();
	uint32_t zero = 0;

	memcpy(value.text, text, strlen(text));
	assert_int_equal(bpf_map_update_elem(fd, &zero, &value, BPF_ANY), 0);
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
	return path;
}

static void expect_unreadable(const char *path, int err, const char *part)
{
	struct manifest *read = NULL;
	struct failure failure;

	assert_int_equal(manifest_read(path, &read, &failure), err);
	expect_failure(&failure, OUTCOME_FAILED, part);
	expect_text_has(failure.text, path);
	assert_null(read);
}

/* Places become paths, numbers indices. */
static void hooks_that_cannot_be_are_refused(void **state)
{
	struct manifest bad = example;
	struct manifest_hook hook = hooks[0];
	const char *path = new_path();

	(void)state;
	bad.hooks = &hook;
	bad.hook_count = 1;
	hook.number = EBPFD_HOOKS_MAX;
	assert_int_equal(manifest_write(&bad, path, NULL), 0);
	expect_unreadable(path, -EINVAL, "no manifest");
	hook = hooks[0];
	(void)snprintf(hook.place, sizeof(hook.place), "../x");
	path = new_path();
	assert_int_equal(manifest_write(&bad, path, NULL), 0);
	expect_unreadable(path, -EINVAL, "no manifest");
}

static void newer_format_is_told(void **state)
{
	(void)state;
	expect_unreadable(pin_value(EBPFD_FORMAT + 1, 2, "{}"), -EPROTO, "newer ebpfd");
}

static void garbage_is_refused(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "{}", "null", "{\"unit\": 3}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_unreadable(pin_value(EBPFD_FORMAT, (uint32_t)strlen(texts[i]), texts[i]),
				  -EINVAL, "no manifest");
	expect_unreadable(pin_value(0, 2, "{}"), -EINVAL, "no manifest");
}

static void length_past_the_end_is_refused(void **state)
{
	(void)state;
	expect_unreadable(pin_value(EBPFD_FORMAT, 257, "{}"), -EINVAL, "no manifest");
	expect_unreadable(pin_value(EBPFD_FORMAT, UINT32_MAX, "{}"), -EINVAL, "no manifest");
}

static void other_pins_are_no_manifest(void **state)
{
	cleanup_close int hash = bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 1, NULL);
	const char *path = new_path();

	(void)state;
	assert_int_equal(bpffs_pin(hash, path, NULL), 0);
	expect_unreadable(path, -EINVAL, "no manifest");
	expect_unreadable(new_path(), -ENOENT, "No such file or directory");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_is_read_back),
		cmocka_unit_test(hooks_are_read_back),
		cmocka_unit_test(maps_are_read_back),
		cmocka_unit_test(hooks_and_maps_are_found_by_name),
		cmocka_unit_test(largest_unit_file_is_read_back),
		cmocka_unit_test(nobody_can_change_it),
		cmocka_unit_test(second_manifest_in_one_place_is_refused),
		cmocka_unit_test(text_that_is_no_utf8_is_refused),
		cmocka_unit_test(hooks_that_cannot_be_are_refused),
		cmocka_unit_test(newer_format_is_told),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(length_past_the_end_is_refused),
		cmocka_unit_test(other_pins_are_no_manifest),
	};

	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
