/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared maps are found by manifests, and ROOT/shared follows these. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/pinned.h"
#include "daemon/kernel/shared_maps.h"
#include "lib/cleanup.h"
#include "tests/support/sandbox_group.h"

static char root[PIN_PATH_MAX];

static int set_up(void **state)
{
	if (sandbox_set_up(state) < 0)
		return -1;
	/* Not the top of the mount: the kernel has files of its own there. */
	pin_path(root, sandbox.bpffs, "root");
	return bpffs_make_directory(root);
}

static int empty_root(void **state)
{
	(void)state;
	(void)bpffs_remove_tree(root);
	return bpffs_make_directory(root);
}

static int new_map(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 4, 1, NULL);

	assert_true(fd >= 0);
	return fd;
}

static uint32_t id_of(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &length), 0);
	return info.id;
}

#define make_directory(...)                                       \
	do {                                                      \
		char path_[PIN_PATH_MAX];                         \
		pin_path(path_, root, __VA_ARGS__);               \
		assert_int_equal(bpffs_make_directory(path_), 0); \
	} while (0)

/* ROOT/UNIT/gen-N with the map `m`, which is shared as `name` ("": it is not). */
static void add_generation(const char *unit, uint32_t number, int map, const char *name)
{
	struct manifest_map described = {.name = "m", .kept = true, .id = id_of(map)};
	struct manifest manifest = {.generation = number,
				    .digest = (char *)"",
				    .object = (char *)"",
				    .file = (char *)"",
				    .config = (char *)"",
				    .maps = &described,
				    .map_count = 1};
	char path[PIN_PATH_MAX];

	(void)str_format(described.shared, sizeof(described.shared), "%s", name);
	(void)str_format(manifest.unit, sizeof(manifest.unit), "%s", unit);
	make_directory("%s", unit);
	make_directory("%s/gen-%u", unit, number);
	make_directory("%s/gen-%u/maps", unit, number);
	pin_path(path, root, "%s/gen-%u/maps/m", unit, number);
	assert_int_equal(bpf_obj_pin(map, path), 0);
	pin_path(path, root, "%s/gen-%u/manifest", unit, number);
	assert_int_equal(manifest_write(&manifest, path, NULL), 0);
}

static void remove_generation(const char *unit, uint32_t number)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, "%s/gen-%u", unit, number);
	assert_int_equal(bpffs_remove_tree(path), 0);
}

/* The id that ROOT/shared/NAME has; 0 if there is none. */
static uint32_t published(const char *name)
{
	char path[PIN_PATH_MAX];
	struct pinned pinned;

	pin_path(path, root, "shared/%s", name);
	assert_int_equal(pinned_look(path, &pinned), 0);
	return pinned.id;
}

static void pin_shared(const char *name, int map)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, "shared");
	assert_int_equal(bpffs_make_directory(path), 0);
	pin_path(path, root, "shared/%s", name);
	assert_int_equal(bpf_obj_pin(map, path), 0);
}

static void spoil_manifest(const char *unit, uint32_t number)
{
	cleanup_close int map = new_map();
	char path[PIN_PATH_MAX];

	pin_path(path, root, "%s/gen-%u/manifest", unit, number);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bpf_obj_pin(map, path), 0);
}

static void map_is_found_with_its_users_each_once(void **state)
{
	CLEANUP(shared_map_deinit) struct shared_map found = SHARED_MAP_INIT;
	cleanup_close int map = new_map(), other = new_map();

	(void)state;
	add_generation("b", 1, map, "x");
	add_generation("a", 1, map, "x");
	add_generation("a", 2, map, "x");
	add_generation("c", 1, other, "y");
	add_generation("d", 1, other, "");
	assert_int_equal(shared_map_find(root, "x", &found), 0);
	assert_int_equal(id_of(found.fd), id_of(map));
	assert_int_equal(json_array_size(found.users), 2);
	assert_string_equal(json_string_value(json_array_get(found.users, 0)), "a");
	assert_string_equal(json_string_value(json_array_get(found.users, 1)), "b");
}

static void name_that_nobody_uses_has_no_map(void **state)
{
	CLEANUP(shared_map_deinit) struct shared_map found = SHARED_MAP_INIT;
	cleanup_close int map = new_map();

	(void)state;
	add_generation("a", 1, map, "x");
	/* Whatever is pinned there: manifests decide. */
	pin_shared("y", map);
	assert_int_equal(shared_map_find(root, "y", &found), 0);
	assert_int_equal(found.fd, -1);
	assert_int_equal(json_array_size(found.users), 0);
}

static void pin_may_be_that_of_an_unreadable_manifest(void **state)
{
	CLEANUP(shared_map_deinit) struct shared_map found = SHARED_MAP_INIT;
	cleanup_close int map = new_map();

	(void)state;
	add_generation("a", 1, map, "x");
	assert_int_equal(shared_maps_publish(root), 0);
	spoil_manifest("a", 1);
	assert_int_equal(shared_map_find(root, "x", &found), 0);
	assert_int_equal(id_of(found.fd), id_of(map));
	/* Nor is the pin removed. */
	assert_int_equal(shared_maps_publish(root), 0);
	assert_int_equal(published("x"), id_of(map));
}

static void names_come_and_go_with_generations(void **state)
{
	cleanup_close int map = new_map();

	(void)state;
	add_generation("a", 1, map, "x");
	add_generation("b", 1, map, "x");
	assert_int_equal(shared_maps_publish(root), 0);
	assert_int_equal(published("x"), id_of(map));
	remove_generation("a", 1);
	assert_int_equal(shared_maps_follow(root), 0);
	assert_int_equal(published("x"), id_of(map));
	remove_generation("b", 1);
	assert_int_equal(shared_maps_follow(root), 0);
	assert_int_equal(published("x"), 0);
}

static void wrong_map_under_a_name_is_replaced(void **state)
{
	cleanup_close int map = new_map(), wrong = new_map();

	(void)state;
	add_generation("a", 1, map, "x");
	pin_shared("x", wrong);
	/* A kill between the two steps of a former replacement. */
	pin_shared("-x", wrong);
	assert_int_equal(shared_maps_publish(root), 0);
	assert_int_equal(published("x"), id_of(map));
	assert_int_equal(published("-x"), 0);
}

static void staged_name_of_nobody_is_removed(void **state)
{
	cleanup_close int map = new_map();

	(void)state;
	pin_shared("-x", map);
	assert_int_equal(shared_maps_publish(root), 0);
	assert_int_equal(published("-x"), 0);
}

static void what_is_no_shared_map_stays(void **state)
{
	cleanup_close int map = new_map();
	char path[PIN_PATH_MAX];

	(void)state;
	pin_shared("Foreign", map);
	pin_path(path, root, "shared/folder");
	assert_int_equal(bpffs_make_directory(path), 0);
	assert_int_equal(shared_maps_publish(root), 0);
	assert_int_equal(published("Foreign"), id_of(map));
	assert_int_equal(access(path, F_OK), 0);
}

static void without_users_there_is_no_directory(void **state)
{
	cleanup_close int map = new_map();
	char path[PIN_PATH_MAX];

	(void)state;
	add_generation("a", 1, map, "");
	assert_int_equal(shared_maps_publish(root), 0);
	pin_path(path, root, "shared");
	assert_int_equal(access(path, F_OK), -1);
}

static void lock_is_held_by_one(void **state)
{
	cleanup_close int lock = -1, second = -1;
	char path[PIN_PATH_MAX];

	(void)state;
	assert_int_equal(shared_maps_lock(root, &lock, NULL), 0);
	pin_path(path, root, "shared");
	second = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(second, LOCK_EX | LOCK_NB), -1);
	close_and_forget(&lock);
	assert_int_equal(flock(second, LOCK_EX | LOCK_NB), 0);
}

static void lock_on_no_directory_is_refused(void **state)
{
	cleanup_close int map = new_map();
	struct failure failure = {0};
	char path[PIN_PATH_MAX];
	int lock = -1;

	(void)state;
	pin_path(path, root, "shared");
	assert_int_equal(bpf_obj_pin(map, path), 0);
	assert_true(shared_maps_lock(root, &lock, &failure) < 0);
	assert_int_equal(failure.outcome, OUTCOME_REFUSED);
	assert_non_null(strstr(failure.text, path));
	assert_int_equal(lock, -1);
	assert_int_equal(unlink(path), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(map_is_found_with_its_users_each_once),
		TEST(name_that_nobody_uses_has_no_map),
		TEST(pin_may_be_that_of_an_unreadable_manifest),
		TEST(names_come_and_go_with_generations),
		TEST(wrong_map_under_a_name_is_replaced),
		TEST(staged_name_of_nobody_is_removed),
		TEST(what_is_no_shared_map_stays),
		TEST(without_users_there_is_no_directory),
		TEST(lock_is_held_by_one),
		TEST(lock_on_no_directory_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, sandbox_tear_down);
}
