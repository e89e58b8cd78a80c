/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generations on disk: what is written is read, what is damaged is not believed, bounds hold. */
#include "tests/unit/expect.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/state/history.h"
#include "daemon/state/store.h"
#include "lib/cleanup.h"
#include "tests/support/state.h"

#define CONFIG "[Unit]\nDescription=\"h\xc3\xa9\"\n"

static int prepare(void **state)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	return state_make(state) < 0 ? -1 : store_prepare(*state);
}

static struct history_entry entry_of(uint32_t generation, unsigned digest)
{
	return (struct history_entry){
		.generation = generation,
		.time_usec = 1000 * generation,
		.digest = state_digest(digest),
		.object = "/lib/fw.bpf.o",
		.file = "/etc/fw.conf",
		.config = CONFIG,
		.how = "reload",
		.again = generation - 1,
		.override_ = EBPFD_OVERRIDE_OBJECT,
	};
}

/* A generation of the unit whose object has 100 bytes. */
static void add(const char *directory, const char *unit, uint32_t generation, unsigned digest)
{
	struct history_entry entry = entry_of(generation, digest);
	char name[80];

	assert_int_equal(history_write(directory, unit, &entry), 0);
	assert_int_equal(str_format(name, sizeof(name), "objects/%s", state_digest(digest)), 0);
	state_write(directory, name, 100);
}

static void set_current(const char *directory, const char *unit, uint32_t generation,
			uint32_t former)
{
	const struct history_current current = {.generation = generation, .former = former};

	assert_int_equal(history_write_current(directory, unit, &current), 0);
}

/* "3 2 1", newest first. */
static void expect_generations(const char *directory, const char *unit, const char *expected)
{
	json_t *list = history_to_json(directory, unit), *entry;
	char text[128] = "";
	size_t i;

	json_array_foreach (list, i, entry) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%d", used ? " " : "",
			       (int)json_integer_value(json_object_get(entry, "generation")));
	}
	json_decref(list);
	assert_string_equal(text, expected);
}

static void expect_objects(const char *directory, const char *digits)
{
	for (unsigned i = 0; i < 16; i++) {
		bool expected = strchr(digits, "0123456789abcdef"[i]) != NULL;

		if ((store_size(directory, state_digest(i)) > 0) != expected)
			fail_msg("object %x is %s", i, expected ? "gone" : "there");
	}
}

static void damage(const char *directory, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	assert_int_equal(str_format(path, sizeof(path), "%s/%s", directory, name), 0);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* ---- one generation ---- */

static void what_is_written_is_read(void **state)
{
	struct history_entry entry;

	add(*state, "fw", 3, 10);
	assert_int_equal(history_read(*state, "fw", 3, &entry), 0);
	assert_int_equal(entry.generation, 3);
	assert_int_equal(entry.time_usec, 3000);
	assert_string_equal(entry.digest, state_digest(10));
	assert_string_equal(entry.object, "/lib/fw.bpf.o");
	assert_string_equal(entry.file, "/etc/fw.conf");
	assert_string_equal(entry.config, CONFIG);
	assert_string_equal(entry.how, "reload");
	assert_int_equal(entry.again, 2);
	assert_int_equal(entry.override_, EBPFD_OVERRIDE_OBJECT);
	history_entry_deinit(&entry);
	history_entry_deinit(&entry);
}

/* Receipts with these numbers, in their order. */
static void expect_receipts(const char *directory, const json_int_t *expected, size_t count)
{
	struct history_entry entry;

	assert_int_equal(history_read(directory, "fw", 3, &entry), 0);
	assert_int_equal(json_array_size(entry.receipts), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(json_integer_value(json_object_get(
					 json_array_get(entry.receipts, i), "usec")),
				 expected[i]);
	assert_string_equal(entry.config, CONFIG);
	history_entry_deinit(&entry);
}

static void receipts_are_kept_the_first_and_the_last(void **state)
{
	static const json_int_t one[] = {1}, bounded[] = {1, 4, 5, 6, 7, 8, 9, 10};
	struct history_entry entry = entry_of(3, 10);

	entry.receipts = json_pack("[{s:i}]", "usec", 1);
	assert_int_equal(history_write(*state, "fw", &entry), 0);
	json_decref(entry.receipts);
	expect_receipts(*state, one, ARRAY_SIZE(one));
	for (int i = 2; i <= 10; i++) {
		json_t *receipt = json_pack("{s:i}", "usec", i);

		assert_int_equal(history_add_receipt(*state, "fw", 3, receipt), 0);
		json_decref(receipt);
	}
	expect_receipts(*state, bounded, ARRAY_SIZE(bounded));
}

static void a_generation_of_an_older_version_has_no_receipts_and_takes_some(void **state)
{
	static const json_int_t one[] = {7};
	json_t *receipt = json_pack("{s:i}", "usec", 7);

	add(*state, "fw", 3, 10);
	expect_receipts(*state, NULL, 0);
	assert_int_equal(history_add_receipt(*state, "fw", 3, receipt), 0);
	expect_receipts(*state, one, ARRAY_SIZE(one));
	assert_int_equal(history_add_receipt(*state, "fw", 4, receipt), -ENOENT);
	json_decref(receipt);
}

static void what_is_not_there_is_told(void **state)
{
	struct history_entry entry = {.generation = 7};

	assert_int_equal(history_read(*state, "fw", 3, &entry), -ENOENT);
	assert_int_equal(entry.generation, 7);
}

static void damaged_entry_is_not_believed(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"generation\": 3}", "null", "\"" CONFIG "\""};
	struct history_entry entry;

	add(*state, "fw", 3, 1);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		damage(*state, "units/fw/3.json", texts[i]);
		assert_int_equal(history_read(*state, "fw", 3, &entry), -EINVAL);
	}
	expect_generations(*state, "fw", "");
}

/* An entry under another's name, one whose digest is a path, one of an unknown override. */
static void entry_that_makes_no_sense_is_not_believed(void **state)
{
	static const char form[] = "{\"generation\": %d, \"time_usec\": 1, \"digest\": \"%s\","
				   " \"object\": \"\", \"file\": \"\", \"config\": \"\","
				   " \"how\": \"load\", \"again\": %d, \"override\": \"%s\"}";
	const struct {
		int generation, again;
		const char *digest, *override_;
		int result;
	} cases[] = {
		{3, 0, state_digest(1), "none", 0},
		{4, 0, state_digest(1), "none", -EINVAL},
		{3, -1, state_digest(1), "none", -EINVAL},
		{3, 0, "../../etc/passwd", "none", -EINVAL},
		{3, 0, state_digest(1), "whim", -EINVAL},
	};

	add(*state, "fw", 3, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct history_entry entry = {0};
		char text[512];

		assert_int_equal(str_format(text, sizeof(text), form, cases[i].generation,
					    cases[i].digest, cases[i].again, cases[i].override_),
				 0);
		damage(*state, "units/fw/3.json", text);
		assert_int_equal(history_read(*state, "fw", 3, &entry), cases[i].result);
		history_entry_deinit(&entry);
	}
}

static void full_disk_leaves_what_was_there(void **state)
{
	struct history_entry entry = entry_of(3, 2);
	struct rlimit limit;

	add(*state, "fw", 3, 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 10;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(history_write(*state, "fw", &entry), -EFBIG);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(history_read(*state, "fw", 3, &entry), 0);
	assert_string_equal(entry.digest, state_digest(1));
	history_entry_deinit(&entry);
	assert_false(state_has(*state, "units/fw/3.json.new"));
}

/* ---- what is in force ---- */

static void what_is_in_force_is_read_until_it_is_forgotten(void **state)
{
	const struct history_current written = {
		.generation = 5, .former = 4, .override_ = EBPFD_OVERRIDE_ROLLBACK};
	struct history_current current;

	assert_int_equal(history_read_current(*state, "fw", &current), -ENOENT);
	assert_int_equal(history_forget_current(*state, "fw"), 0);
	assert_int_equal(history_write_current(*state, "fw", &written), 0);
	assert_int_equal(history_read_current(*state, "fw", &current), 0);
	assert_int_equal(current.generation, 5);
	assert_int_equal(current.former, 4);
	assert_int_equal(current.override_, EBPFD_OVERRIDE_ROLLBACK);
	assert_int_equal(history_forget_current(*state, "fw"), 0);
	assert_int_equal(history_read_current(*state, "fw", &current), -ENOENT);
}

static void damaged_record_of_what_is_in_force_is_not_believed(void **state)
{
	static const char *const texts[] = {
		"", "{\"generation\": 0, \"former\": 0, \"override\": \"none\"}",
		"{\"generation\": 1, \"former\": -1, \"override\": \"none\"}",
		"{\"generation\": 1, \"former\": 0, \"override\": \"whim\"}",
		"{\"generation\": \"1\", \"former\": 0, \"override\": \"none\"}"};
	struct history_current current;

	set_current(*state, "fw", 1, 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		damage(*state, "units/fw/current.json", texts[i]);
		assert_int_equal(history_read_current(*state, "fw", &current), -EINVAL);
	}
	set_current(*state, "fw", 1, 0);
	assert_int_equal(history_read_current(*state, "fw", &current), 0);
}

/* ---- all of a unit ---- */

static void numbers_go_on_above_all_files(void **state)
{
	assert_int_equal(history_next_generation(*state, "fw"), 1);
	add(*state, "fw", 9, 1);
	add(*state, "fw", 10, 1);
	assert_int_equal(history_next_generation(*state, "fw"), 11);
	damage(*state, "units/fw/12.json", "garbage");
	damage(*state, "units/fw/13.json.new", "");
	damage(*state, "units/fw/99999999999.json", "");
	damage(*state, "units/fw/x14.json", "");
	assert_int_equal(history_next_generation(*state, "fw"), 13);
}

static void list_is_newest_first_and_has_no_texts(void **state)
{
	json_t *list, *newest;

	add(*state, "fw", 9, 1);
	add(*state, "fw", 10, 2);
	expect_generations(*state, "fw", "10 9");
	expect_generations(*state, "nobody", "");
	list = history_to_json(*state, "fw");
	newest = json_array_get(list, 0);
	assert_null(json_object_get(newest, "config"));
	assert_true(json_is_true(json_object_get(newest, "stored")));
	json_decref(list);
}

/* ---- bounds ---- */

static void oldest_generations_go_first(void **state)
{
	for (uint32_t i = 1; i <= 5; i++)
		add(*state, "fw", i, i);
	add(*state, "other", 1, 9);
	history_prune(*state, 3, 1 << 20);
	expect_generations(*state, "fw", "5 4 3");
	expect_generations(*state, "other", "1");
	expect_objects(*state, "3459");
}

static void a_clock_that_was_set_does_not_turn_the_order_round(void **state)
{
	static const uint64_t times[] = {5000, 9000000, 100, 200, 50};

	for (uint32_t i = 1; i <= ARRAY_SIZE(times); i++) {
		struct history_entry entry = entry_of(i, i);

		add(*state, "fw", i, i);
		entry.time_usec = times[i - 1];
		assert_int_equal(history_write(*state, "fw", &entry), 0);
	}
	history_prune(*state, 3, 1 << 20);
	expect_generations(*state, "fw", "5 4 3");
	history_prune(*state, 10, 200);
	expect_generations(*state, "fw", "5 4");
}

static void generations_in_force_and_former_stay(void **state)
{
	for (uint32_t i = 1; i <= 5; i++)
		add(*state, "fw", i, i);
	set_current(*state, "fw", 1, 2);
	history_prune(*state, 3, 1 << 20);
	expect_generations(*state, "fw", "5 2 1");
	history_prune(*state, 1, 1);
	expect_generations(*state, "fw", "2 1");
	expect_objects(*state, "12");
}

static void object_of_several_generations_counts_once_and_stays(void **state)
{
	add(*state, "fw", 1, 1);
	add(*state, "fw", 2, 2);
	add(*state, "fw", 3, 1);
	add(*state, "other", 4, 1);
	history_prune(*state, 10, 200);
	expect_generations(*state, "fw", "3 2 1");
	history_prune(*state, 1, 200);
	expect_generations(*state, "fw", "3");
	expect_objects(*state, "1");
}

static void bytes_are_those_of_all_units(void **state)
{
	add(*state, "a", 1, 1);
	add(*state, "b", 2, 2);
	add(*state, "a", 3, 3);
	add(*state, "b", 4, 4);
	set_current(*state, "a", 1, 0);
	history_prune(*state, 10, 399);
	expect_generations(*state, "a", "3 1");
	expect_generations(*state, "b", "4");
	history_prune(*state, 10, 200);
	expect_generations(*state, "a", "1");
	expect_generations(*state, "b", "4");
	expect_objects(*state, "14");
}

static void strangers_in_the_directory_are_left_alone(void **state)
{
	add(*state, "fw", 1, 1);
	state_write(*state, "units/README", 1);
	state_write(*state, "units/readme", 1);
	state_write(*state, "units/fw/notes", 1);
	add(*state, "fw", 3, 3);
	damage(*state, "units/fw/2.json", "garbage");
	history_prune(*state, 1, 1 << 20);
	assert_true(state_has(*state, "units/README"));
	assert_true(state_has(*state, "units/fw/notes"));
	assert_true(state_has(*state, "units/fw/2.json"));
	expect_generations(*state, "fw", "3");
	expect_objects(*state, "3");
}

/* One descriptor is left: enough for the list of units, not for what they have. */
static void history_that_cannot_be_read_costs_no_object(void **state)
{
	struct rlimit limit, less;
	int next = dup(STDERR_FILENO);

	close(next);
	add(*state, "fw", 1, 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	less = (struct rlimit){.rlim_cur = (rlim_t)next + 1, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	history_prune(*state, 1, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_generations(*state, "fw", "1");
	expect_objects(*state, "1");
}

#define test(function) cmocka_unit_test_setup_teardown(function, prepare, state_remove)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(what_is_written_is_read),
		test(receipts_are_kept_the_first_and_the_last),
		test(a_generation_of_an_older_version_has_no_receipts_and_takes_some),
		test(what_is_not_there_is_told),
		test(damaged_entry_is_not_believed),
		test(entry_that_makes_no_sense_is_not_believed),
		test(full_disk_leaves_what_was_there),
		test(what_is_in_force_is_read_until_it_is_forgotten),
		test(damaged_record_of_what_is_in_force_is_not_believed),
		test(numbers_go_on_above_all_files),
		test(list_is_newest_first_and_has_no_texts),
		test(oldest_generations_go_first),
		test(a_clock_that_was_set_does_not_turn_the_order_round),
		test(generations_in_force_and_former_stay),
		test(object_of_several_generations_counts_once_and_stays),
		test(bytes_are_those_of_all_units),
		test(strangers_in_the_directory_are_left_alone),
		test(history_that_cannot_be_read_costs_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
