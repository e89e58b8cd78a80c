/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A unit file against what is in force; the unit is made up, its selector plain memory. */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state/history.h"
#include "daemon/state/store.h"
#include "daemon/unit/difference.h"
#include "daemon/unit/operation.h"
#include "lib/file.h"

#define PAGE 4096
#define TEXT(mark) \
	"# " mark "\n[Unit]\nObject=/x.o\n[Hook in]\nProgram=p\nAttach=raw_tp:sched_switch\n"

static char folder[] = "/tmp/ebpfd-test-XXXXXX";
static char units_directory[64], state_directory[64], unit_path[80];
static struct daemon_file settings;
static struct context context = {.settings = &settings};
static struct units units = {.context = &context};

static enum difference found;
static char note[DIFFERENCE_NOTE_MAX];
static struct failure failure;

static void write_unit_file(const char *text)
{
	assert_int_equal(file_replace(unit_path, text, strlen(text)), 0);
}

static int find(void)
{
	return difference_find(&units, "fw", &found, note, &failure);
}

static void expect_found(enum difference expected, const char *part)
{
	if (find() != 0)
		fail_msg("%s", failure.text);
	assert_int_equal(found, expected);
	expect_text_has(note, part);
	assert_true(*part || !*note);
}

/* A generation in a bank, made from the text of `file`. */
static void put_generation(struct unit *unit, int bank, uint32_t generation, const char *file,
			   const char *text)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	assert_non_null(manifest);
	manifest->generation = generation;
	manifest->file = strdup(file);
	manifest->config = strdup(text);
	unit->banks[bank].manifest = manifest;
	((struct ebpfd_selector *)unit->selector.value)->generation[bank] = generation;
}

/* The unit "fw" with bank a active. */
static struct unit *put_unit(const char *file, const char *text)
{
	struct unit *unit = units_add(&units, "fw");
	struct ebpfd_selector *selector =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_non_null(unit);
	assert_ptr_not_equal(selector, MAP_FAILED);
	unit->selector.value = selector;
	unit->selector.size = unit->selector.length = PAGE;
	selector->word = 1;
	put_generation(unit, 0, 1, file, text);
	return unit;
}

/* Generation 2 with the second text was left again: the former one is in force. */
static struct unit *put_rolled_back(void)
{
	struct unit *unit = put_unit(unit_path, TEXT("one"));
	struct ebpfd_selector *selector = unit->selector.value;

	put_generation(unit, 1, 2, unit_path, TEXT("two"));
	selector->former = 2;
	selector->override_ = EBPFD_OVERRIDE_ROLLBACK;
	return unit;
}

static void record(uint32_t generation, uint32_t again, const char *text)
{
	const struct history_entry entry = {
		.generation = generation,
		.digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		.object = "/x.o",
		.file = unit_path,
		.config = text,
		.how = again ? "rollback" : "reload",
		.again = again,
	};

	assert_int_equal(history_write(state_directory, "fw", &entry), 0);
}

static void no_file_and_no_unit_is_no_difference(void **state)
{
	(void)state;
	expect_found(DIFFERENCE_NONE, "");
}

static void a_file_without_unit_is_new(void **state)
{
	(void)state;
	write_unit_file(TEXT("one"));
	expect_found(DIFFERENCE_NEW, "");
}

static void the_same_text_is_no_difference(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	write_unit_file(TEXT("one"));
	expect_found(DIFFERENCE_NONE, "");
}

static void another_text_is_a_change_even_in_a_comment(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	write_unit_file(TEXT("two"));
	expect_found(DIFFERENCE_CHANGED, "");
}

static void a_unit_of_the_directory_without_file_is_gone(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	expect_found(DIFFERENCE_GONE, "");
}

static void a_link_to_nowhere_is_not_gone(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	assert_int_equal(symlink("/nonexistent/x", unit_path), 0);
	assert_int_equal(find(), -ENOENT);
	expect_failure(&failure, OUTCOME_FAILED, unit_path);
}

static void without_the_directory_nothing_is_gone(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	assert_int_equal(rmdir(units_directory), 0);
	assert_int_equal(find(), -ENOENT);
	assert_int_equal(mkdir(units_directory, 0700), 0);
}

static void a_unit_from_elsewhere_is_let_alone(void **state)
{
	struct unit *unit = put_unit("/elsewhere/fw.conf", TEXT("one"));

	(void)state;
	assert_false(difference_is_configured(unit));
	expect_found(DIFFERENCE_NONE, "another file");
	write_unit_file(TEXT("two"));
	expect_found(DIFFERENCE_NONE, "another file");
}

static void a_broken_file_is_told_by_line(void **state)
{
	(void)state;
	put_unit(unit_path, TEXT("one"));
	write_unit_file(TEXT("one") "Rubbish=1\n");
	assert_int_equal(find(), -EINVAL);
	expect_failure(&failure, OUTCOME_FAILED, "fw.conf:7: ");
}

static void a_unit_that_is_busy_or_left_alone_is_refused(void **state)
{
	static const struct operation_kind kind = {.name = "reload"};
	struct operation operation = {.kind = &kind};
	struct unit *unit = put_unit(unit_path, TEXT("one"));

	(void)state;
	unit->operation = &operation;
	assert_int_equal(find(), -EBUSY);
	expect_failure(&failure, OUTCOME_BUSY, "reload is under way");
	unit->operation = NULL;
	unit->read_only = true;
	unit_set_reason(unit, "of a newer format");
	assert_int_equal(find(), -EUCLEAN);
	expect_failure(&failure, OUTCOME_REFUSED, "of a newer format");
}

static void an_override_by_object_is_compared_with_what_is_in_force(void **state)
{
	struct unit *unit = put_unit(unit_path, TEXT("one"));

	(void)state;
	((struct ebpfd_selector *)unit->selector.value)->override_ = EBPFD_OVERRIDE_OBJECT;
	write_unit_file(TEXT("one"));
	expect_found(DIFFERENCE_NONE, "override (object) stays");
	write_unit_file(TEXT("two"));
	expect_found(DIFFERENCE_CHANGED, "override (object) ends");
}

static void a_rollback_without_history_looks_at_the_younger_bank(void **state)
{
	(void)state;
	put_rolled_back();
	write_unit_file(TEXT("two"));
	expect_found(DIFFERENCE_NONE, "override (rollback) stays");
	write_unit_file(TEXT("one"));
	expect_found(DIFFERENCE_CHANGED, "override (rollback) ends");
}

static void a_rollback_with_history_looks_at_what_was_read_last(void **state)
{
	(void)state;
	put_rolled_back();
	context.state_directory = state_directory;
	assert_int_equal(store_prepare(state_directory), 0);
	record(1, 0, TEXT("one"));
	record(2, 0, TEXT("three"));
	record(3, 1, TEXT("one"));
	write_unit_file(TEXT("three"));
	expect_found(DIFFERENCE_NONE, "override (rollback) stays");
	write_unit_file(TEXT("two"));
	expect_found(DIFFERENCE_CHANGED, "override (rollback) ends");
}

static int prepare(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(units_directory, sizeof(units_directory), "%s/units.d", folder);
	(void)snprintf(state_directory, sizeof(state_directory), "%s/state", folder);
	(void)snprintf(unit_path, sizeof(unit_path), "%s/fw.conf", units_directory);
	settings.units_directory = units_directory;
	return mkdir(units_directory, 0700);
}

static int forget(void **state)
{
	(void)state;
	units_clear(&units);
	(void)unlink(unit_path);
	return 0;
}

static int clean(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(no_file_and_no_unit_is_no_difference, forget),
		cmocka_unit_test_teardown(a_file_without_unit_is_new, forget),
		cmocka_unit_test_teardown(the_same_text_is_no_difference, forget),
		cmocka_unit_test_teardown(another_text_is_a_change_even_in_a_comment, forget),
		cmocka_unit_test_teardown(a_unit_of_the_directory_without_file_is_gone, forget),
		cmocka_unit_test_teardown(a_link_to_nowhere_is_not_gone, forget),
		cmocka_unit_test_teardown(without_the_directory_nothing_is_gone, forget),
		cmocka_unit_test_teardown(a_unit_from_elsewhere_is_let_alone, forget),
		cmocka_unit_test_teardown(a_broken_file_is_told_by_line, forget),
		cmocka_unit_test_teardown(a_unit_that_is_busy_or_left_alone_is_refused, forget),
		cmocka_unit_test_teardown(an_override_by_object_is_compared_with_what_is_in_force,
					  forget),
		cmocka_unit_test_teardown(a_rollback_without_history_looks_at_the_younger_bank,
					  forget),
		cmocka_unit_test_teardown(a_rollback_with_history_looks_at_what_was_read_last,
					  forget),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
