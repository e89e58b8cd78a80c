/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told, at a socket of the test's own. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/service/fd_store.h"
#include "daemon/service/notify.h"
#include "daemon/service/watchdog.h"

static char folder[] = "/tmp/ebpfd-test-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct context context;
static struct units units = {.context = &context};
static struct notify *notify;
static int manager = -1;
static char message[1024];

static int make_manager(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", folder);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (manager < 0 || bind(manager, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	(void)setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return sd_event_new(&context.event) < 0 || notify_new(&units, &notify) < 0 ? -1 : 0;
}

static int end_manager(void **state)
{
	(void)state;
	notify_free(notify);
	sd_event_unref(context.event);
	units_clear(&units);
	close(manager);
	(void)unlink(address.sun_path);
	return rmdir(folder);
}

/* The next message, or "" where there is none. */
static const char *take(void)
{
	ssize_t length = recv(manager, message, sizeof(message) - 1, 0);

	message[length > 0 ? length : 0] = '\0';
	return message;
}

/* Until nothing is due any more. */
static void run_loop(void)
{
	while (sd_event_run(context.event, 3 * NOTIFY_PAUSE_USEC) > 0)
		;
}

static void ready_has_the_status(void **state)
{
	(void)state;
	notify_ready(notify);
	assert_string_equal(take(), "READY=1\nSTATUS=0 units");
}

static void changes_are_told_once(void **state)
{
	(void)state;
	units_add(&units, "fw");
	for (int i = 0; i < 1000; i++)
		notify_changed(notify);
	assert_string_equal(take(), "");
	run_loop();
	assert_string_equal(take(), "STATUS=1 unit");
	assert_string_equal(take(), "");
}

static void what_is_the_same_is_not_told(void **state)
{
	(void)state;
	notify_changed(notify);
	run_loop();
	assert_string_equal(take(), "");
}

static void the_last_change_is_told(void **state)
{
	const struct operation_end end = {.unit = "fw", .operation = "reload", .generation = 7};

	(void)state;
	for (int i = 0; i < 100; i++)
		notify_operation_ended(notify, &(struct operation_end){.unit = "fw",
								       .operation = "load",
								       .generation = 6});
	notify_operation_ended(notify, &end);
	run_loop();
	assert_string_equal(take(), "STATUS=1 unit; last reload: fw, generation 7, done");
	assert_string_equal(take(), "");
}

static void reloading_has_a_stamp(void **state)
{
	uint64_t stamp = 0;
	struct timespec now;

	(void)state;
	notify_reloading();
	assert_int_equal(sscanf(take(), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64, &stamp), 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(stamp, 1, (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

/* As where PID 1 hangs. Returns how many messages that takes. */
static size_t fill_queue(void)
{
	int filler = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	size_t count = 0;

	assert_int_equal(connect(filler, (struct sockaddr *)&address, sizeof(address)), 0);
	while (send(filler, "x", 1, 0) == 1)
		count++;
	assert_int_equal(errno, EAGAIN);
	close(filler);
	return count;
}

static void drain(size_t count)
{
	for (; count > 0; count--)
		assert_string_equal(take(), "x");
}

static void a_manager_that_hangs_holds_nothing_up(void **state)
{
	size_t count = fill_queue();
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	/* Else they would wait for the test, and this for them. */
	(void)alarm(60);
	units_add(&units, "late");
	notify_reloading();
	notify_ready(notify);
	notify_changed(notify);
	fd_store_keep("ebpfd-socket", fd);
	fd_store_forget("ebpfd-socket");
	(void)alarm(0);
	close(fd);
	drain(count);
	assert_string_equal(take(), "");
	/* What has to arrive does so when there is room. */
	while (*take() == '\0')
		assert_true(sd_event_run(context.event, UINT64_MAX) > 0);
	assert_string_equal(message,
			    "READY=1\nSTATUS=2 units; last reload: fw, generation 7, done");
	assert_string_equal(take(), "");
}

static void the_watchdog_does_not_wait_either(void **state)
{
	sd_event_source *watchdog;
	size_t count = fill_queue();

	(void)state;
	(void)setenv("WATCHDOG_USEC", "20000", 1);
	assert_true(watchdog_new(context.event, &watchdog) >= 0);
	(void)alarm(60);
	for (int i = 0; i < 3; i++)
		assert_true(sd_event_run(context.event, UINT64_MAX) > 0);
	(void)alarm(0);
	drain(count);
	assert_true(sd_event_run(context.event, UINT64_MAX) > 0);
	assert_string_equal(take(), "WATCHDOG=1");
	sd_event_source_disable_unref(watchdog);
	(void)unsetenv("WATCHDOG_USEC");
	assert_int_equal(watchdog_new(context.event, &watchdog), 0);
	assert_null(watchdog);
}

static void nothing_comes_after_stopping(void **state)
{
	(void)state;
	notify_stopping(notify);
	assert_memory_equal(take(), "STOPPING=1\n", 11);
	units_add(&units, "dns");
	notify_changed(notify);
	run_loop();
	assert_string_equal(take(), "");
}

int main(void)
{
	/* One life, in this order. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_has_the_status),
		cmocka_unit_test(changes_are_told_once),
		cmocka_unit_test(what_is_the_same_is_not_told),
		cmocka_unit_test(the_last_change_is_told),
		cmocka_unit_test(reloading_has_a_stamp),
		cmocka_unit_test(a_manager_that_hangs_holds_nothing_up),
		cmocka_unit_test(the_watchdog_does_not_wait_either),
		cmocka_unit_test(nothing_comes_after_stopping),
	};

	return cmocka_run_group_tests(tests, make_manager, end_manager);
}
