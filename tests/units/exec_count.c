/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Executions that are counted by who makes them, on each CPU in turn, and by exec_count. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/full_map.h"
#include "tests/support/per_cpu.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/traffic.h"

#define CPUS_MAX 64

/* What the unit's maps hold. */
struct command {
	char name[16];
};

struct total {
	uint64_t executions, unlisted;
};

/* What was executed, as its maker counts it. */
struct executed {
	uint64_t by_cpu[CPUS_MAX];
	uint64_t all;
	unsigned next_cpu;
};

static const char *const names[] = {"counted-1", "a-name-that-is-too-long"};

static struct shipped shipped;
static struct traffic traffic;
static struct executed *executed;

/* ---- what is executed ---- */

static void path_of(const char *name, char path[64])
{
	(void)snprintf(path, 64, "%s/%s", sandbox.folder, name);
}

/* True by other names: the command is called after the file. */
static void make_commands(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		path_of(names[i], path);
		assert_int_equal(symlink("/bin/true", path), 0);
	}
}

static void remove_commands(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		path_of(names[i], path);
		(void)unlink(path);
	}
}

static int execute(const char *name)
{
	char path[64], self[] = "true";
	char *argv[] = {self, NULL}, *environment[] = {NULL};
	pid_t child;
	int status, err;

	path_of(name, path);
	err = posix_spawn(&child, path, NULL, NULL, argv, environment);
	if (err)
		return -err;
	if (waitpid(child, &status, 0) != child)
		return -errno;
	return status ? -EIO : 0;
}

static int join(void *data)
{
	(void)data;
	return sandbox_join_cgroup(&sandbox);
}

/* The next CPU that may be used, for this process and its children. */
static int change_cpu(struct executed *count)
{
	cpu_set_t one;

	for (unsigned i = 0; i < CPUS_MAX; i++) {
		count->next_cpu = (count->next_cpu + 1) % CPUS_MAX;
		CPU_ZERO(&one);
		CPU_SET(count->next_cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0)
			return 0;
	}
	return -errno;
}

/* Each command once, and one that is not there, which is no execution. */
static int execute_all(void *data)
{
	struct executed *count = data;
	int err = change_cpu(count);

	for (size_t i = 0; !err && i < ARRAY_SIZE(names); i++) {
		err = execute(names[i]);
		count->by_cpu[count->next_cpu] += !err;
		count->all += !err;
	}
	if (!err && execute("is-not-there") != -ENOENT)
		err = -EIO;
	return err;
}

/* ---- what was counted ---- */

static uint64_t counted_of(const char *name)
{
	cleanup_close int map = shipped_map(&shipped, "executions");
	struct command command = {0};

	(void)snprintf(command.name, sizeof(command.name), "%s", name);
	return per_cpu_sum(map, &command, sizeof(uint64_t), 0);
}

static uint64_t counted_on(unsigned cpu)
{
	cleanup_close int map = shipped_map(&shipped, "total");
	uint32_t zero = 0;

	return per_cpu_of(map, &zero, sizeof(struct total), offsetof(struct total, executions),
			  cpu);
}

static void load(void)
{
	shipped_load(&shipped, &sandbox, "exec_count",
		     (struct shipped_change[]){{"target_cgroup=0", shipped_target_cgroup(&sandbox)},
					       {0}});
}

/* ---- tests ---- */

static void counts_live_on_over_reloads(void **state)
{
	char what[64];

	(void)state;
	make_commands();
	executed = traffic_share(sizeof(*executed));
	traffic = (struct traffic){
		.step = execute_all, .prepare = join, .data = executed, .pause_usec = 2000};
	load();
	traffic_begin(&traffic, 0);
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(what, sizeof(what), "executions of %.15s", names[i]);
		shipped_account(&shipped, what, executed->all / ARRAY_SIZE(names),
				counted_of(names[i]));
	}
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (executed->by_cpu[cpu]) {
			(void)snprintf(what, sizeof(what), "executions on CPU %u", cpu);
			shipped_account(&shipped, what, executed->by_cpu[cpu], counted_on(cpu));
		}
	assert_int_equal(SHIPPED_TOTAL(&shipped, struct total, unlisted), 0);
}

/* The list of commands is full: what it has no room for is counted all the same. */
static void counts_what_the_list_has_no_room_for(void **state)
{
	cleanup_close int map = -1;

	(void)state;
	make_commands();
	executed = traffic_share(sizeof(*executed));
	traffic = (struct traffic){.step = execute_all, .prepare = join, .data = executed};
	load();
	map = shipped_map(&shipped, "executions");
	full_map_fill(map);
	traffic_begin(&traffic, 10);
	(void)traffic_end(&traffic, false);
	shipped_account(&shipped, "executions of commands without room", executed->all,
			SHIPPED_TOTAL(&shipped, struct total, unlisted));
	shipped_account(&shipped, "executions, with and without room", executed->all,
			SHIPPED_TOTAL(&shipped, struct total, executions));
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	traffic_unshare(executed, sizeof(*executed));
	executed = NULL;
	remove_commands();
	shipped_end(&shipped);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(counts_live_on_over_reloads, clean),
		cmocka_unit_test_teardown(counts_what_the_list_has_no_room_for, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
