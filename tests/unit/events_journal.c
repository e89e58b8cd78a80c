/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the journal, and its socket. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/events/sink_journal.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

struct fixture {
	struct sockaddr_un address;
	struct sink_journal *journal;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	if (!fixture)
		return -1;
	fixture->address.sun_family = AF_UNIX;
	(void)snprintf(fixture->address.sun_path, sizeof(fixture->address.sun_path),
		       "/tmp/ebpfd-journal-%d", getpid());
	return sink_journal_new(fixture->address.sun_path, &fixture->journal);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sink_journal_free(fixture->journal);
	unlink(fixture->address.sun_path);
	free(fixture);
	return 0;
}

static int listen_there(const struct fixture *fixture)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	unlink(fixture->address.sun_path);
	assert_int_equal(
		bind(fd, (const struct sockaddr *)&fixture->address, sizeof(fixture->address)), 0);
	return fd;
}

static uint64_t write_lines(struct fixture *fixture, const char *lines, int *ret_error)
{
	return sink_journal_write(fixture->journal, lines, strlen(lines), ret_error);
}

static void expect_entry(int fd, const char *expected)
{
	char entry[4096] = "";

	assert_true(recv(fd, entry, sizeof(entry) - 1, 0) > 0);
	assert_string_equal(entry, expected);
}

#define FIXED "PRIORITY=6\nSYSLOG_IDENTIFIER=ebpfd\n"

static void heads_fields_and_names(void **state)
{
	static const char line[] =
		"{\"unit\":\"fw\",\"generation\":3,\"type\":\"e\",\"cpu\":1,\"time\":9,"
		"\"number\":2,\"again\":true,\"Source.x\":\"a\\\"b\",\"time\":4,\"in\":{\"x\":[1]}"
		"}";
	static const char expected[] =
		FIXED "EBPFD_UNIT=fw\nEBPFD_GENERATION=3\nEBPFD_TYPE=e\nEBPFD_CPU=1\n"
		      "EBPFD_TIME_NS=9\nEBPFD_NUMBER=2\nEBPFD_AGAIN=true\n"
		      "EVENT_SOURCE_X=a\"b\nEVENT_TIME=4\nEVENT_IN={\"x\":[1]}\n";
	char entry[JOURNAL_ENTRY_MAX(sizeof(line)) + 1];

	(void)state;
	entry[journal_entry((struct line_text){.start = line, .length = strlen(line)}, entry)] = 0;
	expect_text_has(entry, line);
	assert_string_equal(strchr(entry, '\n') + 1, expected);
}

static void value_with_a_newline_has_its_length(void **state)
{
	static const char line[] = "{\"comm\":\"a\\nb\"}";
	static const char expected[] = "EVENT_COMM\n\3\0\0\0\0\0\0\0a\nb\n";
	char entry[JOURNAL_ENTRY_MAX(sizeof(line))];
	size_t length =
		journal_entry((struct line_text){.start = line, .length = strlen(line)}, entry);

	(void)state;
	assert_memory_equal(entry + length - sizeof(expected) + 1, expected, sizeof(expected) - 1);
}

static void long_name_is_cut(void **state)
{
	char line[200], entry[JOURNAL_ENTRY_MAX(sizeof(line))], *name;

	(void)state;
	(void)snprintf(line, sizeof(line), "{\"%0100d\":1}", 0);
	entry[journal_entry((struct line_text){.start = line, .length = strlen(line)}, entry)] = 0;
	name = strstr(entry, "EVENT_");
	assert_int_equal(strcspn(name, "="), 64);
}

static void absent_journal_loses_lines_until_it_comes(void **state)
{
	struct fixture *fixture = *state;
	int error = 0;

	assert_int_equal(write_lines(fixture, "{\"a\":1}\n{\"a\":2}\n", &error), 2);
	assert_int_equal(error, -ENOENT);
	for (int i = 0; i < 2; i++) { /* the second time as a journal that was started again */
		cleanup_close int fd = listen_there(fixture);

		assert_int_equal(write_lines(fixture, "{\"a\":3}\n{\"a\":4}\n", &error), 0);
		assert_int_equal(error, 0);
		expect_entry(fd, "MESSAGE={\"a\":3}\n" FIXED "EVENT_A=3\n");
		expect_entry(fd, "MESSAGE={\"a\":4}\n" FIXED "EVENT_A=4\n");
	}
}

static void journal_that_hangs_is_waited_for_once(void **state)
{
	struct fixture *fixture = *state;
	cleanup_close int fd = listen_there(fixture);
	cleanup_free char *lines = calloc(1, 8 * 5000 + 1);
	uint64_t lost, begun;
	int error;

	for (int i = 0; i < 5000; i++)
		memcpy(lines + 8 * i, "{\"a\":3}\n", 8);
	lost = write_lines(fixture, lines, &error);
	assert_in_range(lost, 1, 4999);
	assert_int_equal(error, -EAGAIN);
	begun = clock_now_usec(CLOCK_MONOTONIC);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write_lines(fixture, "{\"a\":3}\n", &error), 1);
	/* A thousand waits would take 10 s. */
	assert_true(clock_now_usec(CLOCK_MONOTONIC) - begun < 5 * 1000 * 1000);
	while (recv(fd, lines, 8 * 5000, 0) > 0)
		continue;
	assert_int_equal(write_lines(fixture, "{\"a\":3}\n", &error), 0);
	assert_int_equal(error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_fields_and_names),
		cmocka_unit_test(value_with_a_newline_has_its_length),
		cmocka_unit_test(long_name_is_cut),
		cmocka_unit_test_setup_teardown(absent_journal_loses_lines_until_it_comes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(journal_that_hangs_is_waited_for_once, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
