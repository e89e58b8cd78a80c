/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/events/sink.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "tests/support/text_file.h"

#define FILE_MAX (1024 * 1024)

struct fixture {
	char folder[32];
	char path[64];
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	strcpy(fixture->folder, "/tmp/ebpfd-sink-XXXXXX");
	if (!mkdtemp(fixture->folder))
		return -1;
	snprintf(fixture->path, sizeof(fixture->path), "%s/lines", fixture->folder);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	remove(fixture->path);
	rmdir(fixture->folder);
	free(fixture);
	return 0;
}

static int open_sink(const char *path, struct sink **ret, struct failure *failure)
{
	struct unit_events events = {.sink = SINK_FILE, .sink_path = (char *)path};

	return sink_new(&events, ret, failure);
}

static struct sink *sink_at(const char *path)
{
	struct failure failure;
	struct sink *sink;

	if (open_sink(path, &sink, &failure) < 0)
		fail_msg("%s", failure.text);
	return sink;
}

static void put_line(struct sink *sink, const char *line)
{
	char *room = sink_room(sink, strlen(line));

	assert_non_null(room);
	memcpy(room, line, strlen(line));
	sink_put(sink, strlen(line));
}

static char *read_file(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY);
	size_t length;
	char *text;

	assert_int_equal(file_read_all(fd, FILE_MAX, &text, &length), 0);
	return text;
}

static void expect_file(const char *path, const char *expected)
{
	cleanup_free char *text = read_file(path);

	assert_string_equal(text, expected);
}

static void no_sink_wants_no_lines(void **state)
{
	struct unit_events events = {.sink = SINK_NONE};
	struct failure failure;
	struct sink *sink;

	(void)state;
	assert_int_equal(sink_new(&events, &sink, &failure), 0);
	assert_null(sink_room(sink, 1));
	assert_int_equal(sink_flush(sink), 0);
	assert_int_equal(sink_error(sink), 0);
	assert_null(sink_free(sink));
	assert_null(sink_free(NULL));
}

static void new_file_gets_lines_and_a_mode(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink;
	struct stat status;
	mode_t mask = umask(0);

	sink = sink_at(fixture->path);
	umask(mask);
	put_line(sink, "one");
	put_line(sink, "two");
	expect_file(fixture->path, "");
	assert_int_equal(sink_flush(sink), 0);
	expect_file(fixture->path, "one\ntwo\n");
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	sink_free(sink);
}

static void lines_are_appended_and_flushed_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink;

	text_file_write(fixture->path, "old\n");
	sink = sink_at(fixture->path);
	put_line(sink, "new");
	sink_free(sink);
	expect_file(fixture->path, "old\nnew\n");
}

static void torn_last_line_is_ended(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink;

	text_file_write(fixture->path, "whole\n{\"torn\":");
	sink = sink_at(fixture->path);
	expect_file(fixture->path, "whole\n{\"torn\":\n");
	put_line(sink, "next");
	sink_free(sink);
	expect_file(fixture->path, "whole\n{\"torn\":\nnext\n");
}

static void shorter_line_than_the_room_for_it_leaves_no_gap(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);

	for (int i = 0; i < 2; i++) {
		char *room = sink_room(sink, 1000);

		room[0] = 'a' + i;
		sink_put(sink, 1);
	}
	sink_free(sink);
	expect_file(fixture->path, "a\nb\n");
}

static void full_buffer_is_written_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);
	cleanup_free char *text = NULL;
	char line[1001], *next;

	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "%01000d", i);
		put_line(sink, line);
	}
	assert_int_equal(sink_flush(sink), 0);
	text = next = read_file(fixture->path);
	for (int i = 0; i < 200; i++, next += 1001) {
		assert_int_equal(strtol(next, NULL, 10), i);
		assert_int_equal(next[1000], '\n');
	}
	assert_int_equal(*next, '\0');
	sink_free(sink);
}

static void line_larger_than_the_buffer_is_written_whole(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);
	size_t length = 200 * 1024;
	cleanup_free char *text = NULL;
	char *room;

	put_line(sink, "before");
	room = sink_room(sink, length);
	assert_non_null(room);
	memset(room, 'x', length);
	sink_put(sink, length);
	put_line(sink, "after");
	assert_int_equal(sink_flush(sink), 0);
	text = read_file(fixture->path);
	assert_int_equal(strlen(text), length + strlen("before\n\nafter\n"));
	expect_text_has(text + 7 + length, "\nafter\n");
	sink_free(sink);
}

static void full_disk_costs_counted_lines(void **state)
{
	struct sink *sink = sink_at("/dev/full");

	(void)state;
	put_line(sink, "one");
	put_line(sink, "two");
	assert_int_equal(sink_error(sink), 0);
	assert_int_equal(sink_flush(sink), 2);
	assert_int_equal(sink_error(sink), -ENOSPC);
	assert_int_equal(sink_flush(sink), 0);
	put_line(sink, "three");
	assert_int_equal(sink_flush(sink), 1);
	sink_free(sink);
}

static void lines_lost_by_a_full_buffer_are_counted_at_the_flush(void **state)
{
	struct sink *sink = sink_at("/dev/full");
	char line[1001];

	(void)state;
	snprintf(line, sizeof(line), "%01000d", 0);
	for (int i = 0; i < 200; i++)
		put_line(sink, line);
	assert_int_equal(sink_flush(sink), 200);
	sink_free(sink);
}

/* Lets the file grow to `size` and no further, as a disk that is full in the middle of a line. */
static void limit_file(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void line_torn_by_a_full_disk_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);
	void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
	uint64_t lost;
	int error;

	put_line(sink, "whole");
	put_line(sink, "torn");
	put_line(sink, "lost");
	limit_file(strlen("whole\nto"));
	lost = sink_flush(sink);
	error = sink_error(sink);
	limit_file(RLIM_INFINITY);
	assert_int_equal(lost, 2);
	assert_int_equal(error, -EFBIG);

	put_line(sink, "next");
	assert_int_equal(sink_flush(sink), 0);
	assert_int_equal(sink_error(sink), 0);
	expect_file(fixture->path, "whole\nnext\n");
	sink_free(sink);
	signal(SIGXFSZ, former);
}

/* Two sinks of one file, as both banks have during a reload. */
static void torn_line_is_never_glued_to_that_of_another_sink(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path), *other = sink_at(fixture->path);
	void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
	uint64_t lost;

	put_line(sink, "torn");
	limit_file(strlen("to"));
	lost = sink_flush(sink);
	limit_file(RLIM_INFINITY);
	assert_int_equal(lost, 1);
	put_line(other, "next");
	sink_free(other);
	sink_free(sink);
	expect_file(fixture->path, "next\n");
	signal(SIGXFSZ, former);
}

static void sink_that_is_opened_again_follows_the_path(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);
	cleanup_free char *moved = NULL;

	assert_true(asprintf(&moved, "%s.1", fixture->path) > 0);
	put_line(sink, "old");
	assert_int_equal(rename(fixture->path, moved), 0);
	assert_int_equal(sink_reopen(sink, NULL), 0);
	put_line(sink, "new");
	assert_int_equal(sink_flush(sink), 0);
	expect_file(moved, "old\n");
	expect_file(fixture->path, "new\n");
	sink_free(sink);
	unlink(moved);
}

static void sink_that_cannot_be_opened_again_keeps_its_file(void **state)
{
	struct fixture *fixture = *state;
	struct sink *sink = sink_at(fixture->path);
	cleanup_free char *moved = NULL;
	struct failure failure;

	assert_true(asprintf(&moved, "%s.1", fixture->path) > 0);
	assert_int_equal(rename(fixture->path, moved), 0);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	assert_int_equal(sink_reopen(sink, &failure), -EISDIR);
	expect_failure(&failure, OUTCOME_FAILED, fixture->path);
	put_line(sink, "new");
	sink_free(sink);
	expect_file(moved, "new\n");
	unlink(moved);
}

/* ---- reports ---- */

static char reported[512];
static int report_level, reports;

static void take_report(int level, const char *text)
{
	report_level = level;
	reports++;
	snprintf(reported, sizeof(reported), "%s", text);
}

static void losses_are_reported_once_a_minute(void **state)
{
	struct sink *sink = sink_at("/dev/full");

	(void)state;
	assert_int_equal(sink_set_report(sink, "unit fw", take_report), 0);
	assert_int_equal(sink_flush(sink), 0);
	assert_int_equal(reports, 0);
	put_line(sink, "one");
	put_line(sink, "two");
	assert_int_equal(sink_flush(sink), 2);
	assert_int_equal(report_level, LOG_WARNING);
	assert_string_equal(reported,
			    "unit fw: Sink=file:/dev/full lost 2 lines: No space left on device");
	put_line(sink, "three");
	assert_int_equal(sink_flush(sink), 1);
	assert_int_equal(reports, 1);
	sink_free(sink);
}

static void expect_refused(const char *path, int err, const char *text)
{
	struct sink *sink = (void *)1;
	struct failure failure;

	assert_int_equal(open_sink(path, &sink, &failure), err);
	expect_failure(&failure, OUTCOME_FAILED, path);
	expect_text_has(failure.text, text);
	assert_ptr_equal(sink, (void *)1);
}

static void folder_is_refused(void **state)
{
	struct fixture *fixture = *state;

	expect_refused(fixture->folder, -EISDIR, "directory");
}

static void path_without_its_folder_is_refused(void **state)
{
	(void)state;
	expect_refused("/no/such/folder/lines", -ENOENT, "its folder is missing");
}

static void fifo_without_a_reader_is_refused_at_once(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	expect_refused(fixture->path, -EINVAL, "no regular file but a FIFO");
}

static void terminal_that_takes_no_more_costs_lines(void **state)
{
	cleanup_close int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct sink *sink;
	uint64_t lost = 0;

	(void)state;
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	sink = sink_at(ptsname(terminal));
	for (int i = 0; i < 100000 && lost == 0; i++) {
		put_line(sink, "a line that nobody reads");
		lost = sink_flush(sink);
	}
	assert_int_equal(lost, 1);
	assert_int_equal(sink_error(sink), -EAGAIN);
	sink_free(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sink_wants_no_lines),
		cmocka_unit_test_setup_teardown(new_file_gets_lines_and_a_mode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_are_appended_and_flushed_at_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(torn_last_line_is_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(shorter_line_than_the_room_for_it_leaves_no_gap,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(full_buffer_is_written_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(line_larger_than_the_buffer_is_written_whole,
						set_up, tear_down),
		cmocka_unit_test(full_disk_costs_counted_lines),
		cmocka_unit_test(lines_lost_by_a_full_buffer_are_counted_at_the_flush),
		cmocka_unit_test_setup_teardown(line_torn_by_a_full_disk_is_taken_back, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(torn_line_is_never_glued_to_that_of_another_sink,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(sink_that_is_opened_again_follows_the_path, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(sink_that_cannot_be_opened_again_keeps_its_file,
						set_up, tear_down),
		cmocka_unit_test(losses_are_reported_once_a_minute),
		cmocka_unit_test_setup_teardown(folder_is_refused, set_up, tear_down),
		cmocka_unit_test(path_without_its_folder_is_refused),
		cmocka_unit_test(terminal_that_takes_no_more_costs_lines),
		cmocka_unit_test_setup_teardown(fifo_without_a_reader_is_refused_at_once, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
