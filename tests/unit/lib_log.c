/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log where nobody reads it: children of the test have a stderr of their own. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"

/* A child that waits without end is ended by its alarm. */
#define PATIENCE_SEC 60
#define MANY	     5000

/* Logs MANY lines to `fd`, says on `told` that it has, and one more when `go` ends. */
static void log_many(int fd, int told, int go)
{
	char byte;

	(void)alarm(PATIENCE_SEC);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)dup2(fd, STDERR_FILENO);
	log_open();
	for (int i = 0; i < MANY; i++)
		log_info("line %d of many, and of some length so that it fills what is there", i);
	if (write(told, "", 1) != 1 || read(go, &byte, 1) != 0)
		_exit(1);
	log_info("the last");
	_exit(0);
}

static int read_fd, told[2], go[2];
static pid_t child;

/* Runs log_many() with one end of the pair as stderr, until it has told; the other is read_fd. */
static void begin(int pair[2])
{
	char byte;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		close(go[1]);
		log_many(pair[1], told[1], go[0]);
	}
	close(pair[1]);
	close(told[1]);
	close(go[0]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	read_fd = pair[0];
}

/* Reads what is there, lets the child write its last line, and returns that and what was before. */
static char *end(void)
{
	size_t room = MANY * 128, length = 0;
	char *text = calloc(1, room);
	ssize_t count = 0;
	int status;

	assert_non_null(text);
	do {
		length += (size_t)count;
		count = recv(read_fd, text + length, room - length - 1, MSG_DONTWAIT);
		if (count < 0 && errno == ENOTSOCK) {
			(void)fcntl(read_fd, F_SETFL, O_NONBLOCK);
			count = read(read_fd, text + length, room - length - 1);
		}
	} while (count > 0);
	(void)fcntl(read_fd, F_SETFL, 0);
	close(go[1]);
	while ((count = read(read_fd, text + length, room - length - 1)) > 0)
		length += (size_t)count;
	close(read_fd);
	close(told[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	return text;
}

/* Some of the many came, the others were counted, and nothing is torn. */
static void expect_counted(char *text)
{
	size_t came = 0, counted = 0, last = 0;
	unsigned number;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "info: line %u of many", &number) == 1)
			came++;
		else if (sscanf(line, "warning: %u lines of this log", &number) == 1)
			counted = number;
		else if (strcmp(line, "info: the last") == 0)
			last++;
		else
			fail_msg("%s", line);
	assert_in_range(came, 1, MANY);
	assert_int_equal(last, 1);
	/* One that was taken in part is there and counted. */
	assert_in_range(came + counted, MANY, MANY + 1);
	free(text);
}

static void a_full_pipe_costs_counted_lines(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	begin(pair);
	expect_counted(end());
}

static void a_full_socket_costs_counted_lines(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	begin(pair);
	expect_counted(end());
}

static void others_with_the_pipe_still_wait(void **state)
{
	int pair[2], kept;

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	kept = dup(pair[1]);
	begin(pair);
	assert_false(fcntl(kept, F_GETFL) & O_NONBLOCK);
	close(kept);
	expect_counted(end());
}

/* Runs log_many() with `fd`, to its end, which has to be a good one. */
static void run_to_the_end(int fd)
{
	int status;

	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		close(go[1]);
		log_many(fd, told[1], go[0]);
	}
	close(go[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(told[0]);
	close(told[1]);
	close(go[0]);
}

static void nobody_at_the_other_end_is_survived(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	close(pair[0]);
	run_to_the_end(pair[1]);
	close(pair[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	close(pair[0]);
	run_to_the_end(pair[1]);
	close(pair[1]);
}

static void a_full_disk_is_survived(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	run_to_the_end(fd);
	close(fd);
}

/* What JOURNAL_STREAM names has to be what stderr is. */
static void the_journal_is_told_by_device_and_inode(void **state)
{
	int status, pair[2];
	struct stat file;
	char stream[64];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_int_equal(fstat(pair[1], &file), 0);
	for (int other = 0; other < 2; other++) {
		(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)file.st_dev,
			       (uintmax_t)file.st_ino + (uintmax_t)other);
		child = fork();
		if (child == 0) {
			(void)setenv("JOURNAL_STREAM", stream, 1);
			(void)dup2(pair[1], STDERR_FILENO);
			log_open();
			_exit(log_is_journal() ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(WEXITSTATUS(status), other);
	}
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_pipe_costs_counted_lines),
		cmocka_unit_test(a_full_socket_costs_counted_lines),
		cmocka_unit_test(others_with_the_pipe_still_wait),
		cmocka_unit_test(nobody_at_the_other_end_is_survived),
		cmocka_unit_test(a_full_disk_is_survived),
		cmocka_unit_test(the_journal_is_told_by_device_and_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
