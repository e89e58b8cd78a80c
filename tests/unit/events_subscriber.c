/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subscribers and their bounds, on real pipes and a real loop. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/events/audience.h"
#include "daemon/events/subscriber.h"
#include "lib/cleanup.h"

#define BUFFER	  SUBSCRIBER_BUFFER_MIN
#define TURN_USEC 20000

struct fixture {
	sd_event *loop;
	struct audience audience;
	char *text; /* of the last read_all() */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	(void)signal(SIGPIPE, SIG_IGN);
	*state = fixture;
	if (!fixture || sd_event_new(&fixture->loop) < 0)
		return -1;
	fixture->audience.unit = "fw";
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	audience_deinit(&fixture->audience);
	sd_event_unref(fixture->loop);
	free(fixture->text);
	free(fixture);
	return 0;
}

/* Returns the reader's end, which does not block. */
static int join(struct fixture *fixture, bool wide, uint32_t generation, struct subscriber **ret)
{
	struct filters filters = {};
	const struct subscription subscription = {.event = fixture->loop,
						  .generation = generation,
						  .wide_as_text = wide,
						  .filters = &filters,
						  .buffer_size = BUFFER};
	int fd;

	assert_int_equal(audience_add(&fixture->audience, &subscription, ret, &fd), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void put(struct fixture *fixture, const char *line)
{
	audience_put(&fixture->audience, 1, false,
		     (struct line_text){.start = line, .length = strlen(line)});
}

/* Puts `count` lines of 64 bytes, newline included, that begin with their number from `first` on.
 */
static void put_many(struct fixture *fixture, unsigned first, unsigned count)
{
	char line[64];

	for (unsigned i = first; i < first + count; i++) {
		(void)snprintf(line, sizeof(line), "%08u%055d", i, 0);
		put(fixture, line);
	}
	audience_flush(&fixture->audience);
}

static const char *read_all(struct fixture *fixture, int fd)
{
	size_t length = 0;
	ssize_t got;

	free(fixture->text);
	fixture->text = malloc(1 << 20);
	while ((got = read(fd, fixture->text + length, (1 << 20) - length - 1)) > 0)
		length += (size_t)got;
	fixture->text[length] = '\0';
	return fixture->text;
}

static void turn(struct fixture *fixture)
{
	while (sd_event_run(fixture->loop, TURN_USEC) > 0)
		continue;
}

static unsigned lines_in(const char *text)
{
	unsigned lines = 0;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

static void lines_come_out_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct subscriber *subscriber;
	cleanup_close int fd = join(fixture, false, 0, &subscriber);

	put(fixture, "one");
	put(fixture, "two");
	audience_flush(&fixture->audience);
	assert_string_equal(read_all(fixture, fd), "one\ntwo\n");
	assert_int_equal(subscriber->delivered, 2);
	assert_int_equal(subscriber->lost, 0);
}

static void each_gets_its_form_and_generation_alone(void **state)
{
	struct fixture *fixture = *state;
	struct subscriber *subscriber;
	cleanup_close int plain = join(fixture, false, 0, &subscriber);
	cleanup_close int wide = join(fixture, true, 0, &subscriber);
	cleanup_close int other = join(fixture, false, 2, &subscriber);

	assert_int_equal(fixture->audience.plain_count, 2);
	assert_int_equal(fixture->audience.wide_count, 1);
	put(fixture, "plain");
	audience_put(&fixture->audience, 2, true, (struct line_text){.start = "w", .length = 1});
	audience_flush(&fixture->audience);
	assert_string_equal(read_all(fixture, plain), "plain\n");
	assert_string_equal(read_all(fixture, wide), "w\n");
	assert_string_equal(read_all(fixture, other), "");
}

static void slow_one_loses_its_own_lines_and_is_told_where(void **state)
{
	struct fixture *fixture = *state;
	struct subscriber *slow, *fast;
	cleanup_close int slow_fd = join(fixture, false, 0, &slow);
	cleanup_close int fast_fd = join(fixture, false, 0, &fast);
	unsigned fits, put_count = 10 * BUFFER / 64, fast_lines = 0;
	char expected[64];

	for (unsigned i = 0; i < put_count; i += 16) {
		put_many(fixture, i, 16);
		fast_lines += lines_in(read_all(fixture, fast_fd));
	}
	assert_int_equal(fast_lines, put_count);
	assert_int_equal(fast->lost, 0);
	assert_int_equal(slow->delivered + slow->lost, put_count);
	assert_true(slow->lost > 0);
	fits = (unsigned)slow->delivered;

	/* What the pipe and the buffer had is read; then comes the loss, and what follows it. */
	for (unsigned lines = 0; lines < fits; turn(fixture))
		lines += lines_in(read_all(fixture, slow_fd));
	(void)snprintf(expected, sizeof(expected), "{\"lost\":%u,\"unit\":\"fw\"}\n",
		       put_count - fits);
	assert_string_equal(read_all(fixture, slow_fd), expected);
	put_many(fixture, put_count, 1);
	assert_int_equal(lines_in(read_all(fixture, slow_fd)), 1);
	assert_int_equal(slow->lost, put_count - fits);
}

static void one_that_leaves_is_removed_by_the_loop(void **state)
{
	struct fixture *fixture = *state;
	struct subscriber *subscriber;
	int left = join(fixture, false, 0, &subscriber);
	cleanup_close int stays = join(fixture, false, 0, &subscriber);

	close(left);
	turn(fixture);
	assert_int_equal(fixture->audience.count, 1);
	assert_int_equal(fixture->audience.plain_count, 1);
	put(fixture, "still");
	audience_flush(&fixture->audience);
	assert_string_equal(read_all(fixture, stays), "still\n");
}

static void one_that_leaves_in_the_middle_of_lines_harms_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct subscriber *subscriber;
	int left = join(fixture, false, 0, &subscriber);

	put_many(fixture, 0, 10);
	close(left);
	put_many(fixture, 10, 10);
	turn(fixture);
	assert_int_equal(fixture->audience.count, 0);
	assert_false(audience_listens(&fixture->audience));
	assert_null(fixture->audience.first);
}

static void dismissed_one_reads_all_and_then_the_end(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(audience_deinit) struct audience leaving = {};
	struct subscriber *subscriber;
	cleanup_close int fd = join(fixture, false, 0, &subscriber);
	unsigned lines, delivered;
	char byte;

	put_many(fixture, 0, 10 * BUFFER / 64);
	delivered = (unsigned)subscriber->delivered;
	audience_dismiss(&fixture->audience, &leaving);
	assert_int_equal(fixture->audience.count, 0);
	assert_int_equal(leaving.count, 1);
	lines = lines_in(read_all(fixture, fd));
	turn(fixture);
	lines += lines_in(read_all(fixture, fd));
	turn(fixture);
	lines += lines_in(read_all(fixture, fd));
	assert_int_equal(lines, delivered + 1); /* and the loss */
	assert_int_equal(leaving.count, 0);
	assert_int_equal(read(fd, &byte, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_come_out_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_gets_its_form_and_generation_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(slow_one_loses_its_own_lines_and_is_told_where,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_leaves_is_removed_by_the_loop, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(one_that_leaves_in_the_middle_of_lines_harms_nobody,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(dismissed_one_reads_all_and_then_the_end, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
