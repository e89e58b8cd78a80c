/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/daemon_file.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#define cleanup_daemon_file CLEANUP(daemon_file_deinit)

static struct daemon_file defaults(void)
{
	struct daemon_file file;

	assert_int_equal(daemon_file_init(&file), 0);
	return file;
}

/* Reads text as the file "…/d.conf", in a folder that lives for the call. */
static int read_text(const char *text, struct daemon_file *file, struct failure *failure)
{
	char folder[] = "/tmp/ebpfd-test-XXXXXX", path[64];
	FILE *stream;
	int err;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(str_format(path, sizeof(path), "%s/d.conf", folder), 0);
	stream = fopen(path, "we");
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	err = daemon_file_read(path, file, failure);
	unlink(path);
	rmdir(folder);
	return err;
}

static void expect_read(const char *text, struct daemon_file *file)
{
	struct failure failure;

	if (read_text(text, file, &failure) != 0)
		fail_msg("%s", failure.text);
}

static void expect_refused(const char *text, const char *part)
{
	cleanup_daemon_file struct daemon_file file = defaults();
	struct daemon_file before = file;
	struct failure failure;

	if (read_text(text, &file, &failure) != -EINVAL)
		fail_msg("taken, though: %s", part);
	expect_failure(&failure, OUTCOME_FAILED, part);
	assert_memory_equal(&file, &before, sizeof(file));
	assert_string_equal(file.units_directory, "/etc/ebpfd/units.d");
}

static void expect_defaults(const struct daemon_file *file)
{
	assert_string_equal(file->units_directory, "/etc/ebpfd/units.d");
	assert_false(file->watch_units);
	assert_int_equal(file->load_timeout_usec, 30000000);
	assert_int_equal(file->load_memory_max, 512 << 20);
	assert_int_equal(file->object_size_max, 64 << 20);
	assert_int_equal(file->max_clients, 256);
	assert_int_equal(file->history_max, 10);
	assert_int_equal(file->object_store_max, 256 << 20);
	assert_int_equal(file->drift_interval_usec, 5000000);
	assert_int_equal(file->max_subscribers, 16);
	assert_int_equal(file->subscriber_buffer, 1 << 20);
	assert_null(file->reload_group);
	assert_null(file->metrics_listen);
	assert_int_equal(file->run_statistics, RUN_STATISTICS_ASKED);
}

static void defaults_are_those_of_the_manual(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	expect_defaults(&file);
}

static void shipped_file_changes_nothing(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();
	struct failure failure;

	(void)state;
	if (daemon_file_read("config/ebpfd.conf", &file, &failure) != 0)
		fail_msg("%s", failure.text);
	expect_defaults(&file);
}

/* Takes the '#' off each setting of the shipped file. */
static void settings_of_the_shipped_file_are_the_defaults(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();
	cleanup_fclose FILE *shipped = fopen("config/ebpfd.conf", "re");
	char text[4096] = "", line[256];
	unsigned settings = 0;

	(void)state;
	assert_non_null(shipped);
	file.watch_units = true;
	file.load_timeout_usec = file.load_memory_max = file.object_size_max = 1;
	file.max_clients = file.history_max = file.object_store_max = 1;
	file.drift_interval_usec = 1;
	file.run_statistics = RUN_STATISTICS_NEVER;
	file.max_subscribers = file.subscriber_buffer = 1;
	while (fgets(line, sizeof(line), shipped)) {
		bool setting = line[0] == '#' && line[1] != ' ';

		settings += setting;
		strcat(text, line + setting);
	}
	assert_int_equal(settings, 14);
	expect_read(text, &file);
	expect_defaults(&file);
}

static void empty_file_changes_nothing(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	expect_read("", &file);
	expect_defaults(&file);
}

static void all_settings_are_read(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	expect_read("[Daemon]\nUnitsDirectory=/u\nLoadTimeout=500ms\nLoadMemoryMax=1G\n"
		    "ObjectSizeMax=4096\nMaxClients=7\nReloadGroup=ops\n"
		    "HistoryMax=3\nObjectStoreMax=1G\nDriftInterval=100ms\n"
		    "MaxSubscribers=2\nSubscriberBuffer=64K\n",
		    &file);
	assert_int_equal(file.drift_interval_usec, 100000);
	assert_string_equal(file.units_directory, "/u");
	assert_int_equal(file.load_timeout_usec, 500000);
	assert_int_equal(file.load_memory_max, 1 << 30);
	assert_int_equal(file.object_size_max, 4096);
	assert_int_equal(file.max_clients, 7);
	assert_int_equal(file.max_subscribers, 2);
	assert_int_equal(file.subscriber_buffer, 65536);
	assert_string_equal(file.reload_group, "ops");
}

static void what_a_file_leaves_out_stays_as_it_was(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	expect_read("[Daemon]\nReloadGroup=ops\nMaxClients=7\n", &file);
	expect_read("[Daemon]\nMaxClients=8\n", &file);
	assert_string_equal(file.reload_group, "ops");
	assert_int_equal(file.max_clients, 8);
}

static void empty_group_takes_the_group_away(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	expect_read("[Daemon]\nReloadGroup=ops\n", &file);
	expect_read("[Daemon]\nReloadGroup=\n", &file);
	assert_null(file.reload_group);
}

static void bad_values_are_refused_with_their_line(void **state)
{
	(void)state;
	expect_refused("[Daemon]\nUnitsDirectory=units.d\n",
		       "/d.conf:2: UnitsDirectory=units.d: the path must be absolute");
	expect_refused("[Daemon]\nLoadTimeout=soon\n",
		       "/d.conf:2: LoadTimeout= cannot be 'soon'; it is a time above 0");
	expect_refused("[Daemon]\nLoadTimeout=0\n", "/d.conf:2: LoadTimeout= cannot be '0'");
	expect_refused("[Daemon]\nLoadMemoryMax=0\n", "/d.conf:2: LoadMemoryMax= cannot be '0'");
	expect_refused("[Daemon]\nObjectSizeMax=64MB\n",
		       "/d.conf:2: ObjectSizeMax= cannot be '64MB'; it is a number of bytes");
	expect_refused(
		"[Daemon]\nDriftInterval=99ms\n",
		"/d.conf:2: DriftInterval= cannot be '99ms'; it is a time of 100ms at least");
	expect_refused("[Daemon]\nDriftInterval=often\n",
		       "/d.conf:2: DriftInterval= cannot be 'often'");
	expect_refused("[Daemon]\nMaxClients=-1\n", "/d.conf:2: MaxClients= cannot be '-1'");
}

static void unknown_and_doubled_are_refused(void **state)
{
	(void)state;
	expect_refused("[Deamon]\n", "/d.conf:1: unknown section [Deamon]; did you mean [Daemon]?");
	expect_refused("[Daemon]\nMaxClient=1\n",
		       "/d.conf:2: unknown key MaxClient= in [Daemon]; did you mean MaxClients=?");
	expect_refused("[Daemon]\n[Daemon]\n", "/d.conf:2: [Daemon] is there already, at line 1");
	expect_refused("[Daemon]\nMaxClients=1\nMaxClients=2\n",
		       "/d.conf:3: MaxClients= is there already, at line 2");
}

static void metrics_have_an_address_and_run_statistics(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	assert_null(file.metrics_listen);
	assert_int_equal(file.run_statistics, RUN_STATISTICS_ASKED);
	expect_read("[Metrics]\nListen=[::1]:9435\nRunStatistics=never\n", &file);
	assert_string_equal(file.metrics_listen, "[::1]:9435");
	assert_int_equal(file.run_statistics, RUN_STATISTICS_NEVER);
	expect_read("[Metrics]\nListen=\n", &file);
	assert_null(file.metrics_listen);
}

static void addresses_that_are_none_are_refused(void **state)
{
	static const char *const texts[] = {
		"9435",
		"localhost:9435",
		"127.0.0.1",
		"127.0.0.1:0",
		"127.0.0.1:65536",
		"127.0.0.1:9435x",
		"::1:9435",
		"[::1]",
		"[::1]9435",
		"[127.0.0.1]:9435",
		":9435",
		"1.2.3:9435",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char text[64];

		assert_int_equal(str_format(text, sizeof(text), "[Metrics]\nListen=%s\n", texts[i]),
				 0);
		expect_refused(text, "must be an address and a port, such as 127.0.0.1:9435");
	}
}

static void one_bad_line_leaves_all_settings_alone(void **state)
{
	(void)state;
	expect_refused("[Daemon]\nUnitsDirectory=/u\nMaxClients=7\nnonsense\n",
		       "/d.conf:4: neither KEY=VALUE nor a [SECTION]");
}

static void missing_file_is_told_by_name(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();
	struct failure failure;

	(void)state;
	assert_int_equal(daemon_file_read("/nonexistent/d.conf", &file, &failure), -ENOENT);
	assert_string_equal(failure.text, "/nonexistent/d.conf: No such file or directory");
	expect_defaults(&file);
}

static void deinit_may_be_called_twice(void **state)
{
	struct daemon_file file = defaults();

	(void)state;
	daemon_file_deinit(&file);
	daemon_file_deinit(&file);
	assert_null(file.units_directory);
}

static void text_is_that_of_the_last_file_that_was_taken(void **state)
{
	cleanup_daemon_file struct daemon_file file = defaults();

	(void)state;
	assert_null(file.text);
	expect_read("[Daemon]\nMaxClients=7\n", &file);
	assert_string_equal(file.text, "[Daemon]\nMaxClients=7\n");
	assert_int_equal(read_text("[Daemon]\nRubbish=7\n", &file, NULL), -EINVAL);
	assert_string_equal(file.text, "[Daemon]\nMaxClients=7\n");
	expect_read("[Daemon]\n", &file);
	assert_string_equal(file.text, "[Daemon]\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(shipped_file_changes_nothing),
		cmocka_unit_test(settings_of_the_shipped_file_are_the_defaults),
		cmocka_unit_test(empty_file_changes_nothing),
		cmocka_unit_test(all_settings_are_read),
		cmocka_unit_test(what_a_file_leaves_out_stays_as_it_was),
		cmocka_unit_test(empty_group_takes_the_group_away),
		cmocka_unit_test(bad_values_are_refused_with_their_line),
		cmocka_unit_test(unknown_and_doubled_are_refused),
		cmocka_unit_test(metrics_have_an_address_and_run_statistics),
		cmocka_unit_test(addresses_that_are_none_are_refused),
		cmocka_unit_test(one_bad_line_leaves_all_settings_alone),
		cmocka_unit_test(missing_file_is_told_by_name),
		cmocka_unit_test(text_is_that_of_the_last_file_that_was_taken),
		cmocka_unit_test(deinit_may_be_called_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
