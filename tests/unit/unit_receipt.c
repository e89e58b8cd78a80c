/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receipt of an operation, from made-up ones. */
#include "tests/unit/expect.h"

#include <jansson.h>

#include "daemon/kernel/selector.h"
#include "daemon/unit/operation.h"
#include "daemon/unit/receipt.h"

struct fixture {
	struct context context;
	struct units units;
	struct manifest_hook hook;
	struct manifest manifest;
	struct unit unit;
	struct operation operation;
};

static const struct operation_kind reload = {.name = "reload"};

/* Generation 4 in bank a gave way to 5 in bank b, in 1000 µs. */
static void make_fixture(struct fixture *fixture)
{
	*fixture = (struct fixture){
		.hook = {.name = "in",
			 .program = "count",
			 .way = WAY_ENTRY,
			 .attach = {HOOK_XDP, .target = "veth0"}},
		.manifest = {.object = (char *)"/lib/fw.o", .digest = (char *)"abcd"},
		.unit = {.name = "fw"},
		.operation = {.kind = &reload,
			      .from = 0,
			      .to = 1,
			      .from_generation = 4,
			      .to_generation = 5,
			      .override_after = EBPFD_OVERRIDE_OBJECT,
			      .begin_usec = 500,
			      .end_usec = 1500,
			      .phases = {{"prepare", 0}, {"commit", 900}, {"settle", 950}},
			      .phase_count = 3},
	};
	fixture->manifest.hooks = &fixture->hook;
	fixture->manifest.hook_count = 1;
	fixture->unit.banks[1].manifest = &fixture->manifest;
	fixture->context.root = "/nowhere";
	fixture->units.context = &fixture->context;
	fixture->unit.units = &fixture->units;
	fixture->operation.unit = &fixture->unit;
	fixture->operation.notes = json_array();
}

static void free_fixture(struct fixture *fixture)
{
	json_decref(fixture->operation.notes);
	json_decref(fixture->operation.report);
	json_decref(fixture->operation.events);
}

static const char *text_at(json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "(none)";
}

static json_int_t number_at(json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static void generations_banks_and_override_are_told(void **state)
{
	struct fixture fixture;
	json_t *receipt;

	(void)state;
	make_fixture(&fixture);
	receipt = receipt_make(&fixture.operation);
	assert_string_equal(text_at(receipt, "unit"), "fw");
	assert_string_equal(text_at(receipt, "operation"), "reload");
	assert_int_equal(number_at(json_object_get(receipt, "generation"), "before"), 4);
	assert_int_equal(number_at(json_object_get(receipt, "generation"), "after"), 5);
	assert_string_equal(text_at(json_object_get(receipt, "bank"), "before"), "a");
	assert_string_equal(text_at(json_object_get(receipt, "bank"), "after"), "b");
	assert_string_equal(text_at(receipt, "override"), "object");
	assert_string_equal(text_at(receipt, "object"), "/lib/fw.o");
	assert_string_equal(text_at(receipt, "digest"), "abcd");
	json_decref(receipt);
	free_fixture(&fixture);
}

static void phases_add_up_to_the_whole(void **state)
{
	static const struct {
		const char *name;
		json_int_t usec;
	} expected[] = {{"prepare", 900}, {"commit", 50}, {"settle", 50}};
	struct fixture fixture;
	json_t *receipt, *phases;

	(void)state;
	make_fixture(&fixture);
	receipt = receipt_make(&fixture.operation);
	phases = json_object_get(receipt, "phases");
	assert_int_equal(json_array_size(phases), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		json_t *phase = json_array_get(phases, i);

		assert_string_equal(text_at(phase, "phase"), expected[i].name);
		assert_int_equal(number_at(phase, "usec"), expected[i].usec);
	}
	assert_int_equal(number_at(receipt, "usec"), 1000);
	json_decref(receipt);
	free_fixture(&fixture);
}

static void hooks_are_those_of_the_new_generation(void **state)
{
	struct fixture fixture;
	json_t *receipt, *hook;

	(void)state;
	make_fixture(&fixture);
	receipt = receipt_make(&fixture.operation);
	hook = json_array_get(json_object_get(receipt, "hooks"), 0);
	assert_string_equal(text_at(hook, "name"), "in");
	assert_string_equal(text_at(hook, "attach"), "xdp:veth0");
	assert_string_equal(text_at(hook, "way"), "entry");
	assert_string_equal(text_at(hook, "program"), "count");
	json_decref(receipt);
	free_fixture(&fixture);
}

static void report_of_the_loader_is_passed_on(void **state)
{
	struct fixture fixture;
	json_t *receipt, *notes;

	(void)state;
	make_fixture(&fixture);
	json_array_append_new(fixture.operation.notes, json_string("of the daemon"));
	fixture.operation.report =
		json_pack("{s:[{s:s}], s:[{s:i}], s:[s]}", "maps", "name", "flows", "verifier",
			  "insns", 123, "notes", "of the loader");
	receipt = receipt_make(&fixture.operation);
	assert_string_equal(text_at(json_array_get(json_object_get(receipt, "maps"), 0), "name"),
			    "flows");
	assert_int_equal(
		number_at(json_array_get(json_object_get(receipt, "verifier"), 0), "insns"), 123);
	notes = json_object_get(receipt, "note");
	assert_int_equal(json_array_size(notes), 2);
	assert_string_equal(json_string_value(json_array_get(notes, 0)), "of the daemon");
	assert_string_equal(json_string_value(json_array_get(notes, 1)), "of the loader");
	json_decref(receipt);
	free_fixture(&fixture);
}

/* The history has one that is made before the end, and the end another. */
static void making_it_twice_makes_the_same(void **state)
{
	struct fixture fixture;
	json_t *first, *second;

	(void)state;
	make_fixture(&fixture);
	fixture.operation.report = json_pack("{s:[s]}", "notes", "of the loader");
	first = receipt_make(&fixture.operation);
	second = receipt_make(&fixture.operation);
	assert_true(json_equal(first, second));
	assert_int_equal(json_array_size(json_object_get(second, "note")), 1);
	json_decref(first);
	json_decref(second);
	free_fixture(&fixture);
}

static void who_asked_when_and_for_what_is_told(void **state)
{
	struct fixture fixture;
	json_t *receipt, *asked_by = json_pack("{s:s, s:i}", "by", "client", "pid", 12);

	(void)state;
	make_fixture(&fixture);
	fixture.operation.client.asked_by = asked_by;
	fixture.operation.digest_before = (char *)"ef01";
	fixture.operation.time_usec = 1234567;
	receipt = receipt_make(&fixture.operation);
	assert_true(json_equal(json_object_get(receipt, "asked_by"), asked_by));
	assert_string_equal(text_at(receipt, "digest_before"), "ef01");
	assert_int_equal(number_at(receipt, "time_usec"), 1234567);
	json_decref(receipt);
	json_decref(asked_by);
	free_fixture(&fixture);
}

static void nobody_in_particular_is_null(void **state)
{
	struct fixture fixture;
	json_t *receipt;

	(void)state;
	make_fixture(&fixture);
	receipt = receipt_make(&fixture.operation);
	assert_true(json_is_null(json_object_get(receipt, "asked_by")));
	assert_true(json_is_null(json_object_get(receipt, "digest_before")));
	json_decref(receipt);
	free_fixture(&fixture);
}

static void a_failure_has_phases_and_no_generation(void **state)
{
	struct fixture fixture;
	json_t *receipt, *error;

	(void)state;
	make_fixture(&fixture);
	fixture.operation.failure =
		(struct failure){.outcome = OUTCOME_REFUSED, .text = "no such object"};
	receipt = receipt_of_failure(&fixture.operation);
	error = json_object_get(receipt, "error");
	assert_string_equal(text_at(error, "outcome"), "refused");
	assert_string_equal(text_at(error, "message"), "no such object");
	assert_string_equal(text_at(receipt, "unit"), "fw");
	assert_int_equal(json_array_size(json_object_get(receipt, "phases")), 3);
	assert_int_equal(number_at(receipt, "usec"), 1000);
	assert_null(json_object_get(receipt, "generation"));
	json_decref(receipt);
	free_fixture(&fixture);
}

static void first_load_comes_from_no_bank(void **state)
{
	struct fixture fixture;
	json_t *receipt;

	(void)state;
	make_fixture(&fixture);
	fixture.operation.from = BANK_NONE;
	fixture.operation.from_generation = 0;
	receipt = receipt_make(&fixture.operation);
	assert_string_equal(text_at(json_object_get(receipt, "bank"), "before"), "none");
	json_decref(receipt);
	free_fixture(&fixture);
}

static void unload_leads_to_no_bank(void **state)
{
	struct fixture fixture;
	json_t *receipt;

	(void)state;
	make_fixture(&fixture);
	fixture.operation.to = BANK_NONE;
	fixture.operation.to_generation = 0;
	receipt = receipt_make(&fixture.operation);
	assert_string_equal(text_at(json_object_get(receipt, "bank"), "after"), "none");
	assert_int_equal(json_array_size(json_object_get(receipt, "hooks")), 0);
	json_decref(receipt);
	free_fixture(&fixture);
}

static void overrides_have_names(void **state)
{
	(void)state;
	assert_string_equal(override_name(EBPFD_OVERRIDE_NONE), "none");
	assert_string_equal(override_name(EBPFD_OVERRIDE_OBJECT), "object");
	assert_string_equal(override_name(EBPFD_OVERRIDE_ROLLBACK), "rollback");
	/* Written by a later version. */
	assert_string_equal(override_name(1000), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(generations_banks_and_override_are_told),
		cmocka_unit_test(phases_add_up_to_the_whole),
		cmocka_unit_test(hooks_are_those_of_the_new_generation),
		cmocka_unit_test(report_of_the_loader_is_passed_on),
		cmocka_unit_test(making_it_twice_makes_the_same),
		cmocka_unit_test(who_asked_when_and_for_what_is_told),
		cmocka_unit_test(nobody_in_particular_is_null),
		cmocka_unit_test(a_failure_has_phases_and_no_generation),
		cmocka_unit_test(first_load_comes_from_no_bank),
		cmocka_unit_test(unload_leads_to_no_bank),
		cmocka_unit_test(overrides_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
