/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of `top`, from made-up answers of the method Figures. */
#include "tests/unit/expect.h"

#include <math.h>
#include <stdbool.h>

#include "ctl/top_model.h"

/* A unit with a hook and a ring, a program of it, and one of nobody here. */
struct sample {
	int usec;
	bool counted;
	int generation, attached_id;
	int runs, run_ns, consumed, fill;
	int others_runs;
};

static json_t *answer_of(const struct sample *sample)
{
	json_t *unit =
		json_pack("{s:s, s:s, s:i, s:i, s:[{s:s, s:s, s:i, s:{s:i, s:i}}],"
			  " s:[{s:i, s:[{s:i, s:i, s:i}]}], s:{s:i}}",
			  "name", "fw", "state", "active", "generation", sample->generation,
			  "since_usec", 5000, "hooks", "name", "in", "attach", "xdp:eth1",
			  "attached_id", sample->attached_id, "kernel", "runs", sample->runs,
			  "run_ns", sample->run_ns, "generations", "generation", sample->generation,
			  "rings", "consumed", sample->consumed, "size_bytes", 4096, "fill_bytes",
			  sample->fill, "last", "end_usec", 9000);
	json_t *programs =
		json_pack("[{s:i, s:s, s:s, s:i, s:i, s:s}, {s:i, s:s, s:s, s:i, s:i, s:n}]", "id",
			  60, "name", "entry", "type", "xdp", "runs", 1, "run_ns", 1, "unit", "fw",
			  "id", 7, "name", "other", "type", "tracing", "runs", sample->others_runs,
			  "run_ns", 10 * sample->others_runs, "unit");

	return json_pack("{s:i, s:b, s:[o], s:o}", "monotonic_usec", sample->usec,
			 "run_time_is_counted", (int)sample->counted, "units", unit, "programs",
			 programs);
}

static const struct sample first = {.usec = 1000000,
				    .counted = true,
				    .generation = 2,
				    .attached_id = 60,
				    .runs = 100,
				    .run_ns = 5000,
				    .consumed = 10,
				    .fill = 1024,
				    .others_runs = 40};

static void add(struct top_model *model, struct sample sample)
{
	assert_int_equal(top_model_add(model, answer_of(&sample)), 0);
}

/* Two seconds later: 400 runs of 100 ns, 30 events, 100 runs of the other. */
static struct sample second(void)
{
	struct sample sample = first;

	sample.usec += 2000000;
	sample.runs += 400;
	sample.run_ns += 40000;
	sample.consumed += 30;
	sample.others_runs += 100;
	return sample;
}

static void expect_double(double value, double expected)
{
	if (fabs(value - expected) > 1e-9)
		fail_msg("%g is not %g", value, expected);
}

static void rows_are_units_their_hooks_and_programs_of_nobody(void **state)
{
	struct top_model model = {0};

	(void)state;
	add(&model, first);
	assert_int_equal(model.count, 3);
	assert_string_equal(model.rows[0].name, "fw");
	assert_string_equal(model.rows[0].type, "active");
	assert_int_equal(model.rows[0].generation, 2);
	assert_int_equal(model.rows[0].since_usec, 9000);
	assert_string_equal(model.rows[1].name, "fw/in");
	assert_string_equal(model.rows[1].type, "xdp");
	assert_string_equal(model.rows[2].name, "other:7");
	assert_string_equal(model.rows[2].type, "tracing");
	top_model_deinit(&model);
	top_model_deinit(&model);
}

static void one_answer_has_no_rates_but_the_ring(void **state)
{
	struct top_model model = {0};

	(void)state;
	add(&model, first);
	for (size_t i = 0; i < model.count; i++) {
		assert_true(isnan(model.rows[i].seconds));
		assert_true(isnan(model.rows[i].calls));
		assert_true(isnan(model.rows[i].cpu));
		assert_true(isnan(model.rows[i].events));
		assert_int_equal(model.rows[i].history_count, 0);
	}
	expect_double(model.rows[0].ring, 0.25);
	top_model_deinit(&model);
}

static void rates_are_differences_over_time(void **state)
{
	struct top_model model = {0};

	(void)state;
	add(&model, first);
	add(&model, second());
	expect_double(model.rows[0].seconds, 2);
	expect_double(model.rows[2].seconds, 2);
	expect_double(model.rows[0].calls, 200);
	expect_double(model.rows[0].ns_per_call, 100);
	expect_double(model.rows[0].cpu, 20000 / 1e9);
	expect_double(model.rows[0].events, 15);
	expect_double(model.rows[1].calls, 200);
	assert_true(isnan(model.rows[1].events));
	expect_double(model.rows[2].calls, 50);
	expect_double(model.rows[2].ns_per_call, 10);
	assert_int_equal(model.rows[0].history_count, 1);
	top_model_deinit(&model);
}

static void without_the_kernels_statistics_there_are_events_alone(void **state)
{
	struct top_model model = {0};
	struct sample uncounted = second();

	(void)state;
	uncounted.counted = false;
	add(&model, first);
	add(&model, uncounted);
	assert_true(isnan(model.rows[0].calls));
	assert_true(isnan(model.rows[2].calls));
	expect_double(model.rows[0].events, 15);
	top_model_deinit(&model);
}

/* By link, a reload attaches another program, which counts from 0, and reads another ring. */
static void a_reload_begins_at_zero(void **state)
{
	struct top_model model = {0};
	struct sample reloaded = second();

	(void)state;
	reloaded.generation = 3;
	reloaded.attached_id = 61;
	reloaded.runs = 20;
	reloaded.run_ns = 200;
	reloaded.consumed = 4;
	add(&model, first);
	add(&model, reloaded);
	expect_double(model.rows[0].calls, 10);
	expect_double(model.rows[0].ns_per_call, 10);
	expect_double(model.rows[0].events, 2);
	top_model_deinit(&model);
}

static void no_call_has_no_time(void **state)
{
	struct top_model model = {0};
	struct sample idle = first;

	(void)state;
	idle.usec += 1000000;
	add(&model, first);
	add(&model, idle);
	expect_double(model.rows[0].calls, 0);
	expect_double(model.rows[0].cpu, 0);
	assert_true(isnan(model.rows[0].ns_per_call));
	top_model_deinit(&model);
}

static void histories_are_bounded_and_outlive_an_interruption(void **state)
{
	struct top_model model = {0};
	struct sample sample = first;

	(void)state;
	add(&model, sample);
	for (int i = 0; i < TOP_HISTORY_MAX + 5; i++) {
		sample.usec += 1000000;
		sample.runs += i;
		add(&model, sample);
	}
	assert_int_equal(model.rows[0].history_count, TOP_HISTORY_MAX);
	expect_double(model.rows[0].history[0], 5);
	expect_double(model.rows[0].history[TOP_HISTORY_MAX - 1], TOP_HISTORY_MAX + 4);
	top_model_interrupt(&model);
	assert_int_equal(model.count, 3);
	add(&model, sample);
	assert_true(isnan(model.rows[0].calls));
	assert_int_equal(model.rows[0].history_count, TOP_HISTORY_MAX);
	top_model_deinit(&model);
}

static void an_answer_of_another_version_makes_rows_of_what_it_has(void **state)
{
	struct top_model model = {0};

	(void)state;
	assert_int_equal(top_model_add(&model, json_pack("{s:[{}], s:i}", "units", "programs", 3)),
			 0);
	assert_int_equal(model.count, 1);
	assert_int_equal(top_model_add(&model, json_array()), 0);
	assert_int_equal(model.count, 0);
	top_model_deinit(&model);
}

static void what_is_not_known_is_null_in_json(void **state)
{
	struct top_model model = {0};
	json_t *row;

	(void)state;
	add(&model, first);
	row = top_row_to_json(&model.rows[0]);
	assert_true(json_is_null(json_object_get(row, "seconds")));
	assert_true(json_is_null(json_object_get(row, "calls_per_s")));
	expect_double(json_real_value(json_object_get(row, "ring")), 0.25);
	assert_string_equal(json_string_value(json_object_get(row, "kind")), "unit");
	json_decref(row);
	top_model_deinit(&model);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_units_their_hooks_and_programs_of_nobody),
		cmocka_unit_test(one_answer_has_no_rates_but_the_ring),
		cmocka_unit_test(rates_are_differences_over_time),
		cmocka_unit_test(without_the_kernels_statistics_there_are_events_alone),
		cmocka_unit_test(a_reload_begins_at_zero),
		cmocka_unit_test(no_call_has_no_time),
		cmocka_unit_test(histories_are_bounded_and_outlive_an_interruption),
		cmocka_unit_test(an_answer_of_another_version_makes_rows_of_what_it_has),
		cmocka_unit_test(what_is_not_known_is_null_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
