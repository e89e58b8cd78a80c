/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root in bpffs, its lock, and the order in which things below it go. */
#include "tests/unit/expect.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "lib/cleanup.h"
#include "tests/support/sandbox_group.h"

static const char *below(const char *name)
{
	static char path[PIN_PATH_MAX];

	pin_path(path, sandbox.bpffs, "%s", name);
	return path;
}

static bool exists(const char *name)
{
	return access(below(name), F_OK) == 0;
}

static void make_directory(const char *name)
{
	assert_int_equal(bpffs_make_directory(below(name)), 0);
}

static void make_pin(const char *name)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 4, 1, NULL);
	struct failure failure;

	assert_true(map >= 0);
	if (bpffs_pin(map, below(name), &failure) < 0)
		fail_msg("%s", failure.text);
}

static void expect_no_root(const char *path, const char *part)
{
	struct failure failure;
	int fd;

	assert_true(bpffs_open_root(path, &fd, &failure) < 0);
	expect_failure(&failure, OUTCOME_FAILED, part);
	expect_text_has(failure.text, path);
}

/* ---- the root ---- */

static void root_is_made_below_bpffs(void **state)
{
	cleanup_close int fd = -1;
	struct stat status;

	(void)state;
	assert_int_equal(bpffs_open_root(below("root"), &fd, NULL), 0);
	assert_int_equal(stat(below("root"), &status), 0);
	assert_int_equal(status.st_mode, S_IFDIR | 0755);
}

static void root_that_is_there_is_opened(void **state)
{
	cleanup_close int fd = -1;

	(void)state;
	assert_int_equal(bpffs_open_root(sandbox.bpffs, &fd, NULL), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void root_on_no_bpffs_is_refused_and_not_made(void **state)
{
	char path[64];

	(void)state;
	expect_no_root(sandbox.folder, "not on a bpffs");
	(void)snprintf(path, sizeof(path), "%s/root", sandbox.folder);
	expect_no_root(path, "mount -t bpf bpf");
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/no/root", sandbox.folder);
	expect_no_root(path, "not on a bpffs");
	expect_no_root("no-such-root", "not on a bpffs");
}

static void root_that_is_read_only_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mount(NULL, sandbox.bpffs, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL),
			 0);
	expect_no_root(sandbox.bpffs, "cannot be written");
	assert_int_equal(mount(NULL, sandbox.bpffs, NULL, MS_REMOUNT | MS_BIND, NULL), 0);
}

/* ---- the lock ---- */

static int lock(bool *ret_lives, struct failure *failure)
{
	cleanup_close int fd = -1;

	assert_int_equal(bpffs_open_root(sandbox.bpffs, &fd, NULL), 0);
	return bpffs_lock(fd, sandbox.bpffs, ret_lives, failure);
}

/* Takes the lock, tells by `ready`, and holds it until `end` is closed. */
static void hold_lock(int ready, int end)
{
	int fd;
	bool lives;
	char byte;

	if (bpffs_open_root(sandbox.bpffs, &fd, NULL) < 0 ||
	    bpffs_lock(fd, sandbox.bpffs, &lives, NULL) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	(void)!read(end, &byte, 1);
}

struct holder {
	pid_t pid;
	int end; /* the lock is held until this is closed */
};

/* With `heir`, a child of the holder has the descriptor as well, and the holder ends at once. */
static struct holder start_holder(bool heir)
{
	int ready[2], end[2];
	struct holder holder;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	holder.pid = fork();
	if (holder.pid == 0) {
		cleanup_close int fd = -1;
		bool lives;

		close(end[1]);
		close(sandbox.guard_fd);
		if (!heir) {
			hold_lock(ready[1], end[0]);
			_exit(0);
		}
		if (bpffs_open_root(sandbox.bpffs, &fd, NULL) < 0 ||
		    bpffs_lock(fd, sandbox.bpffs, &lives, NULL) < 0)
			_exit(1);
		if (fork() == 0) {
			(void)!write(ready[1], "", 1);
			(void)!read(end[0], &byte, 1);
		}
		_exit(0);
	}
	close(end[0]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	holder.end = end[1];
	if (heir)
		assert_int_equal(waitpid(holder.pid, NULL, 0), holder.pid);
	return holder;
}

static void lock_is_free_again_when_its_holder_has_ended(void **state)
{
	struct failure failure;
	bool lives;

	(void)state;
	assert_int_equal(lock(&lives, &failure), 0);
	assert_int_equal(lock(&lives, &failure), 0);
}

static void holder_of_the_lock_is_told(void **state)
{
	struct holder holder = start_holder(false);
	struct failure failure;
	bool lives = false;
	char pid[32];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "by process %d", holder.pid);
	assert_int_equal(lock(&lives, &failure), -EWOULDBLOCK);
	assert_true(lives);
	expect_failure(&failure, OUTCOME_FAILED, pid);
	close(holder.end);
	assert_int_equal(waitpid(holder.pid, NULL, 0), holder.pid);
	assert_int_equal(lock(&lives, &failure), 0);
}

static void lock_that_outlives_its_holder_is_told_apart(void **state)
{
	struct holder holder = start_holder(true);
	struct failure failure;
	bool lives = true;
	char pid[32];
	int err;

	(void)state;
	(void)snprintf(pid, sizeof(pid), "ebpfd %d, which is gone", holder.pid);
	assert_int_equal(lock(&lives, &failure), -EWOULDBLOCK);
	assert_false(lives);
	expect_text_has(failure.text, pid);
	close(holder.end);
	do
		err = lock(&lives, &failure);
	while (err == -EWOULDBLOCK);
	assert_int_equal(err, 0);
}

/* ---- pins ---- */

static void pin_over_a_pin_is_refused_by_its_path(void **state)
{
	cleanup_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "pinned", 4, 4, 1, NULL);
	struct failure failure;

	(void)state;
	make_pin("twice");
	assert_int_equal(bpffs_pin(map, below("twice"), &failure), -EEXIST);
	expect_failure(&failure, OUTCOME_REFUSED, below("twice"));
}

static void directory_may_be_there_already(void **state)
{
	(void)state;
	make_directory("there");
	make_directory("there");
	assert_int_equal(bpffs_make_directory(below("no/parent")), -ENOENT);
}

static void tree_is_removed_whole(void **state)
{
	(void)state;
	make_directory("tree");
	make_directory("tree/inner");
	for (int i = 0; i < 300; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "tree/%spin%d", i % 2 ? "inner/" : "", i);
		make_pin(name);
	}
	assert_int_equal(bpffs_remove_tree(below("tree")), 0);
	assert_false(exists("tree"));
	assert_int_equal(bpffs_remove_tree(below("tree")), 0);
}

static void make_unit(void)
{
	make_directory("unit");
	make_directory("unit/hooks");
	make_directory("unit/hooks/in");
	make_pin("unit/selector");
	make_pin("unit/hooks/in/slots");
}

static void unit_is_removed_whole(void **state)
{
	(void)state;
	make_unit();
	make_pin("unit/hooks/in/entry");
	make_pin("unit/hooks/in/link");
	assert_int_equal(bpffs_remove_unit(below("unit")), 0);
	assert_false(exists("unit"));
	assert_int_equal(bpffs_remove_unit(below("unit")), 0);
}

static void only_links_are_removed(void **state)
{
	(void)state;
	make_unit();
	make_pin("unit/hooks/in/entry");
	make_pin("unit/hooks/in/link");
	assert_int_equal(bpffs_remove_links(below("unit")), 0);
	assert_false(exists("unit/hooks/in/link"));
	assert_true(exists("unit/hooks/in/entry"));
	assert_true(exists("unit/hooks/in/slots"));
	assert_int_equal(bpffs_remove_tree(below("unit")), 0);
}

/* A link that cannot be unpinned: here, a directory in its place. */
static void entry_and_slots_stay_while_a_link_stays(void **state)
{
	(void)state;
	make_unit();
	make_pin("unit/hooks/in/entry");
	make_directory("unit/hooks/in/link");
	assert_int_equal(bpffs_remove_unit(below("unit")), -EISDIR);
	assert_true(exists("unit/hooks/in/entry"));
	assert_true(exists("unit/hooks/in/slots"));
	assert_true(exists("unit/selector"));
	assert_int_equal(bpffs_remove_tree(below("unit")), 0);
}

static void slots_stay_while_an_entry_stays(void **state)
{
	(void)state;
	make_unit();
	make_directory("unit/hooks/in/entry");
	make_pin("unit/hooks/in/link");
	assert_int_equal(bpffs_remove_unit(below("unit")), -EISDIR);
	assert_false(exists("unit/hooks/in/link"));
	assert_true(exists("unit/hooks/in/slots"));
	assert_int_equal(bpffs_remove_tree(below("unit")), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_is_made_below_bpffs),
		cmocka_unit_test(root_that_is_there_is_opened),
		cmocka_unit_test(root_on_no_bpffs_is_refused_and_not_made),
		cmocka_unit_test(root_that_is_read_only_is_refused),
		cmocka_unit_test(lock_is_free_again_when_its_holder_has_ended),
		cmocka_unit_test(holder_of_the_lock_is_told),
		cmocka_unit_test(lock_that_outlives_its_holder_is_told_apart),
		cmocka_unit_test(pin_over_a_pin_is_refused_by_its_path),
		cmocka_unit_test(directory_may_be_there_already),
		cmocka_unit_test(tree_is_removed_whole),
		cmocka_unit_test(unit_is_removed_whole),
		cmocka_unit_test(only_links_are_removed),
		cmocka_unit_test(entry_and_slots_stay_while_a_link_stays),
		cmocka_unit_test(slots_stay_while_an_entry_stays),
	};

	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
