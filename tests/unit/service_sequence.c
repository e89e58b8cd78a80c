/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units by name, one after the other. */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/service/sequence.h"

/* What came to pass, as a text: names with a blank behind, "." at the end. */
struct story {
	struct units units;
	struct sequence sequence;
	char text[256];
	const char *waits; /* the name whose turn lasts */
	const char *stops; /* the name in whose turn the daemon stops */
};

static void tell(struct story *story, const char *word, const char *end)
{
	size_t length = strlen(story->text);

	(void)snprintf(story->text + length, sizeof(story->text) - length, "%s%s", word, end);
}

static bool begin(void *data, const char *name)
{
	struct story *story = data;

	assert_string_equal(name, sequence_name(&story->sequence));
	tell(story, name, " ");
	if (story->stops && strcmp(story->stops, name) == 0)
		story->units.stopping = true;
	return story->waits && strcmp(story->waits, name) == 0;
}

/* Everything has ended before the function returns, as a verb may. */
static bool begin_and_end(void *data, const char *name)
{
	struct story *story = data;

	tell(story, name, " ");
	sequence_next(&story->sequence);
	return true;
}

static void done(void *data)
{
	struct story *story = data;

	tell(story, ".", "");
	sequence_deinit(&story->sequence);
}

static void prepare(struct story *story)
{
	*story = (struct story){0};
	story->sequence = (struct sequence){
		.units = &story->units, .begin = begin, .done = done, .data = story};
}

static void add(struct story *story, const char *name)
{
	assert_int_equal(sequence_add(&story->sequence, name), 0);
}

static void order_is_that_of_names_each_once(void **state)
{
	struct story story;

	(void)state;
	prepare(&story);
	add(&story, "fw-b");
	add(&story, "trace");
	add(&story, "fw");
	add(&story, "fw-b");
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "fw fw-b trace .");
}

static void none_is_done_at_once(void **state)
{
	struct story story;

	(void)state;
	prepare(&story);
	sequence_next(&story.sequence);
	assert_string_equal(story.text, ".");
}

static void the_next_waits_for_the_one_before(void **state)
{
	struct story story;

	(void)state;
	prepare(&story);
	story.waits = "b";
	add(&story, "a");
	add(&story, "b");
	add(&story, "c");
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "a b ");
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "a b c .");
}

static void what_ends_before_it_returns_is_no_trap(void **state)
{
	struct story story;

	(void)state;
	prepare(&story);
	story.sequence.begin = begin_and_end;
	add(&story, "a");
	add(&story, "b");
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "a b .");
}

static void a_daemon_that_stops_begins_nothing_more(void **state)
{
	struct story story;

	(void)state;
	prepare(&story);
	story.stops = story.waits = "a";
	add(&story, "a");
	add(&story, "b");
	sequence_next(&story.sequence);
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "a .");
}

static void files_are_those_of_the_suffix(void **state)
{
	static const char *const names[] = {"b.conf", "a-b.conf", "a.conf",  ".hidden.conf",
					    "README", "c.conf~",  "d.conf.x"};
	char folder[] = "/tmp/ebpfd-test-XXXXXX";
	struct story story;
	int fd;

	(void)state;
	prepare(&story);
	assert_non_null(mkdtemp(folder));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		close(openat(fd, names[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(sequence_add_files(&story.sequence, folder, ".conf"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(unlinkat(fd, names[i], 0), 0);
	close(fd);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(sequence_add_files(&story.sequence, folder, ".conf"), -ENOENT);
	sequence_next(&story.sequence);
	assert_string_equal(story.text, "a a-b b .");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_that_of_names_each_once),
		cmocka_unit_test(none_is_done_at_once),
		cmocka_unit_test(the_next_waits_for_the_one_before),
		cmocka_unit_test(what_ends_before_it_returns_is_no_trap),
		cmocka_unit_test(a_daemon_that_stops_begins_nothing_more),
		cmocka_unit_test(files_are_those_of_the_suffix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
