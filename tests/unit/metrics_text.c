/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <stdio.h>
#include <string.h>

#include "daemon/metrics/negotiate.h"
#include "daemon/metrics/text.h"

static const struct metric_family calls = {"calls", METRIC_COUNTER, NULL, "Say \"how many\"."};
static const struct metric_family wait = {"wait_seconds", METRIC_HISTOGRAM, "seconds", "Waits."};

static void expect_text(const struct metrics_text *text, const char *expected)
{
	assert_false(text->failed);
	assert_int_equal(text->length, strlen(expected));
	assert_memory_equal(text->data, expected, text->length);
}

static void a_counter_is_named_as_each_format_wants(void **state)
{
	struct metrics_text older = {.format = METRICS_TEXT_0_0_4};
	struct metrics_text open = {.format = METRICS_OPEN};
	const struct metric_labels none = {0};

	(void)state;
	metrics_text_family(&older, &calls);
	metrics_text_sample(&older, &calls, &none, (struct metric_value){.number = 7});
	metrics_text_end(&older);
	expect_text(&older, "# HELP ebpfd_calls_total Say \"how many\".\n"
			    "# TYPE ebpfd_calls_total counter\n"
			    "ebpfd_calls_total 7\n");
	metrics_text_family(&open, &calls);
	metrics_text_sample(&open, &calls, &none, (struct metric_value){.number = 7});
	metrics_text_end(&open);
	expect_text(&open, "# HELP ebpfd_calls Say \\\"how many\\\".\n"
			   "# TYPE ebpfd_calls counter\n"
			   "ebpfd_calls_total 7\n# EOF\n");
	metrics_text_deinit(&older);
	metrics_text_deinit(&open);
}

static void a_histogram_adds_its_buckets_up(void **state)
{
	struct metrics_text text = {.format = METRICS_OPEN};
	const struct metric_value bounds[] = {{.number = 10, .decimals = 6},
					      {.number = 1500000, .decimals = 6}};
	const uint64_t buckets[] = {2, 0, 3};
	const struct metric_value sum = {.number = 7000001, .decimals = 6};
	const struct metric_histogram histogram = {
		.bounds = bounds, .buckets = buckets, .bucket_count = 3, .sum = &sum};
	struct metric_labels labels = {0};

	(void)state;
	metric_labels_add(&labels, "unit", "fw");
	metrics_text_family(&text, &wait);
	metrics_text_histogram(&text, &wait, &labels, &histogram);
	expect_text(&text, "# HELP ebpfd_wait_seconds Waits.\n"
			   "# TYPE ebpfd_wait_seconds histogram\n"
			   "# UNIT ebpfd_wait_seconds seconds\n"
			   "ebpfd_wait_seconds_bucket{unit=\"fw\",le=\"0.00001\"} 2\n"
			   "ebpfd_wait_seconds_bucket{unit=\"fw\",le=\"1.5\"} 2\n"
			   "ebpfd_wait_seconds_bucket{unit=\"fw\",le=\"+Inf\"} 5\n"
			   "ebpfd_wait_seconds_sum{unit=\"fw\"} 7.000001\n"
			   "ebpfd_wait_seconds_count{unit=\"fw\"} 5\n");
	metrics_text_deinit(&text);
}

static void values_are_exact(void **state)
{
	static const struct {
		struct metric_value value;
		const char *text;
	} rows[] = {
		{{.number = UINT64_MAX}, "18446744073709551615"},
		{{.number = UINT64_MAX, .decimals = 9}, "18446744073.709551615"},
		{{.number = 1, .decimals = 9}, "0.000000001"},
		{{.number = 1500, .decimals = 3}, "1.5"},
		{{.number = 0, .decimals = 9}, "0"},
		{{.number = 5, .is_negative = true}, "-5"},
	};
	const struct metric_family family = {"x", METRIC_GAUGE, NULL, ""};
	const struct metric_labels none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct metrics_text text = {0};
		char expected[64];

		(void)snprintf(expected, sizeof(expected), "ebpfd_x %s\n", rows[i].text);
		metrics_text_sample(&text, &family, &none, rows[i].value);
		expect_text(&text, expected);
		metrics_text_deinit(&text);
	}
}

static void label_values_may_be_anything(void **state)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{"", ""},
		{"a\"b", "a\\\"b"},
		{"a\\b", "a\\\\b"},
		{"a\nb", "a\\nb"},
		{"\xc3\xa4", "\xc3\xa4"},
		{"\xff\xc3", "??"},
		{"a\xed\xa0\x80z", "a???z"},
		{"}\t{", "}\t{"},
	};
	const struct metric_family family = {"x", METRIC_GAUGE, NULL, ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct metrics_text text = {0};
		struct metric_labels labels = {0};
		char expected[64];

		(void)snprintf(expected, sizeof(expected), "ebpfd_x{l=\"%s\"} 0\n", rows[i].text);
		metric_labels_add(&labels, "l", rows[i].value);
		metrics_text_sample(&text, &family, &labels, (struct metric_value){0});
		expect_text(&text, expected);
		metrics_text_deinit(&text);
	}
}

static void many_samples_are_all_there(void **state)
{
	struct metrics_text text = {0};
	const struct metric_labels none = {0};

	(void)state;
	for (uint64_t i = 0; i < 100000; i++)
		metrics_text_sample(&text, &calls, &none, (struct metric_value){.number = 1});
	assert_int_equal(text.samples, 100000);
	assert_int_equal(text.length, 100000 * strlen("ebpfd_calls_total 1\n"));
	metrics_text_deinit(&text);
}

static void the_format_is_the_client_s(void **state)
{
	static const struct {
		const char *accept;
		enum metrics_format format;
	} rows[] = {
		{NULL, METRICS_TEXT_0_0_4},
		{"", METRICS_TEXT_0_0_4},
		{"*/*", METRICS_TEXT_0_0_4},
		{"text/html, */*;q=0.1", METRICS_TEXT_0_0_4},
		{"application/openmetrics-text", METRICS_OPEN},
		{"application/openmetrics-text; version=1.0.0; charset=utf-8", METRICS_OPEN},
		{"Application/OpenMetrics-Text;VERSION=1.0.0", METRICS_OPEN},
		{"application/openmetrics-text;version=0.0.1", METRICS_TEXT_0_0_4},
		/* Prometheus 2.42 */
		{"application/openmetrics-text;version=1.0.0,"
		 "application/openmetrics-text;version=0.0.1;q=0.75,"
		 "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		 METRICS_OPEN},
		{"text/plain;q=0.9, application/openmetrics-text;q=0.8", METRICS_TEXT_0_0_4},
		{"text/plain;q=0.5, */*;q=1, application/openmetrics-text;q=0.8", METRICS_OPEN},
		{"application/openmetrics-text;q=0", METRICS_TEXT_0_0_4},
		{"application/openmetrics-text;q=0.000, text/plain;q=0", METRICS_TEXT_0_0_4},
		{"application/openmetrics-text;q=nonsense", METRICS_OPEN},
		{",,;;q=,", METRICS_TEXT_0_0_4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (metrics_negotiate(rows[i].accept) != rows[i].format)
			fail_msg("%s", rows[i].accept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_is_named_as_each_format_wants),
		cmocka_unit_test(a_histogram_adds_its_buckets_up),
		cmocka_unit_test(values_are_exact),
		cmocka_unit_test(label_values_may_be_anything),
		cmocka_unit_test(many_samples_are_all_there),
		cmocka_unit_test(the_format_is_the_client_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
