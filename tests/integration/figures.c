/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector of figures and its thread, while units are loaded, reloaded and unloaded under it.
 */
#include "tests/unit/expect.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/figures/collector.h"
#include "daemon/figures/figures_json.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/maps/dump.h"
#include "daemon/metrics/render.h"
#include "daemon/unit/operations.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox.h"
#include "tests/support/text_file.h"

#define OPERATIONS 40

/* Patience for one event of the loop, also under emulation. */
#define PATIENCE_USEC (60 * 1000 * 1000)

static struct sandbox sandbox = SANDBOX_INIT;
static char root[64], units_directory[64], loader[PATH_MAX];
static struct daemon_file settings;
static struct context context;
static struct units units;
static struct collector *collector;

/* Asks again as soon as it is answered. */
struct asker {
	struct figures_wanted wanted;
	bool once;
	unsigned answers, refusals;
	json_int_t generation; /* of the unit that is always there, as the last answer had it */
};

static size_t under_way;
static bool is_over;

/* ---- surroundings ---------------------------------------------------------------------------- */

static void write_unit(const char *name, const char *object, const char *attach, const char *more)
{
	char path[128], text[PATH_MAX + 512], object_path[PATH_MAX];

	build_path(object, object_path, sizeof(object_path));
	(void)snprintf(path, sizeof(path), "%s/%s.conf", units_directory, name);
	(void)snprintf(text, sizeof(text),
		       "[Unit]\nObject=%s\n[Hook in]\nProgram=on_packet\nAttach=%s\n%s",
		       object_path, attach, more);
	text_file_write(path, text);
}

static int make_settings(void)
{
	int err = daemon_file_init(&settings);

	if (err)
		return err;
	free(settings.units_directory);
	settings.units_directory = strdup(units_directory);
	settings.load_timeout_usec = 10 * (uint64_t)PATIENCE_USEC;
	/* Sanitizers need address space beyond measure. */
	settings.load_memory_max = 0;
	return settings.units_directory ? 0 : -1;
}

static int make_context(void)
{
	struct failure failure;
	sigset_t children;
	int err;

	/* The loop waits for loaders. */
	(void)sigemptyset(&children);
	(void)sigaddset(&children, SIGCHLD);
	(void)pthread_sigmask(SIG_BLOCK, &children, NULL);
	build_path("ebpfd-loader", loader, sizeof(loader));
	context = (struct context){.barrier = BARRIER_INIT,
				   .root_fd = -1,
				   .root = root,
				   .loader = loader,
				   .settings = &settings};
	err = bpffs_open_root(root, &context.root_fd, &failure);
	if (!err)
		err = barrier_init(&context.barrier);
	if (!err)
		err = sd_event_new(&context.event);
	if (err >= 0)
		err = waiter_new(context.event, &context.waiter);
	if (!err)
		err = dumps_new(context.event, &context.dumps);
	return err;
}

static int set_up(void **state)
{
	int err = sandbox_enter(&sandbox);

	(void)state;
	quiet_libbpf();
	(void)snprintf(root, sizeof(root), "%s/ebpfd", sandbox.bpffs);
	(void)snprintf(units_directory, sizeof(units_directory), "%s/units", sandbox.folder);
	if (!err)
		err = mkdir(units_directory, 0700);
	if (!err)
		err = make_settings();
	if (!err)
		err = make_context();
	if (err)
		return err;
	units = (struct units){.context = &context};
	write_unit("steady", "bpf/examples/packets-v1.bpf.o", "xdp:lo",
		   "[Reload]\nSwap=entry\n[Map totals]\nKeep=yes\n[Events events]\n"
		   "Record=packet_event\nSink=none\n"
		   "[Metric packets]\nMap=totals\nValue=value.packets\n");
	write_unit("fleeting", "tests/bpf/metrics.bpf.o", "xdp:" SANDBOX_VETH,
		   "[Metric ports]\nMap=flows\nValue=value.bytes\nLabels=port:key.port:port\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	units.stopping = true;
	dumps_free(context.dumps);
	waiter_free(context.waiter);
	units_clear(&units);
	sd_event_unref(context.event);
	barrier_deinit(&context.barrier);
	close_and_forget(&context.root_fd);
	daemon_file_deinit(&settings);
	sandbox_leave(&sandbox);
	return 0;
}

static int make_collector(void **state)
{
	(void)state;
	is_over = false;
	return collector_new(&units, &collector);
}

static int free_collector(void **state)
{
	(void)state;
	collector = collector_free(collector);
	return 0;
}

static void run_loop_until(bool (*condition)(void))
{
	while (!condition())
		assert_true(sd_event_run(context.event, PATIENCE_USEC) > 0);
}

static bool nothing_is_under_way(void)
{
	return under_way == 0;
}

/* ---- askers ---------------------------------------------------------------------------------- */

static void ask(struct asker *asker);

static char *render(const struct figures *figures, void *data, size_t *ret_length)
{
	const struct asker *asker = data;

	*ret_length = 0;
	return asker->wanted.metrics ? metrics_render(figures, METRICS_OPEN, ret_length)
				     : figures_to_json(figures);
}

static void take_metrics(const char *answer, size_t length)
{
	static const char end[] = "# EOF\n";
	cleanup_free char *text = strndup(answer, length);

	assert_int_equal(strlen(text), length);
	expect_text_has(text, "ebpfd_unit_generation{unit=\"steady\"}");
	expect_text_has(text, "ebpfd_metric_complete{unit=\"steady\",metric=\"packets\"} 1");
	assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void take_json(struct asker *asker, const char *text)
{
	json_t *answer = json_loads(text, 0, NULL);
	const json_t *all = json_object_get(answer, "units");
	const json_t *last = json_array_get(all, json_array_size(all) - 1);
	json_int_t generation = json_integer_value(json_object_get(last, "generation"));

	assert_string_equal(json_string_value(json_object_get(last, "name")), "steady");
	assert_in_range(generation, MAX(asker->generation, 1), OPERATIONS);
	assert_int_equal(json_array_size(json_object_get(last, "hooks")), 1);
	asker->generation = generation;
	json_decref(answer);
}

static void answered(void *data, char *answer, size_t length, const struct failure *failure)
{
	struct asker *asker = data;
	cleanup_free char *text = answer;

	under_way--;
	if (!text) {
		assert_int_equal(failure->outcome, OUTCOME_FAILED);
		asker->refusals++;
		return;
	}
	asker->answers++;
	if (asker->wanted.metrics)
		take_metrics(text, length);
	else
		take_json(asker, text);
	if (!is_over && !asker->once)
		ask(asker);
}

static int try_to_ask(struct asker *asker, struct failure *reterr_failure)
{
	const struct collector_question question = {
		.wanted = asker->wanted, .render = render, .done = answered, .data = asker};
	int err = collector_ask(collector, &question, reterr_failure);

	if (!err)
		under_way++;
	return err;
}

static void ask(struct asker *asker)
{
	struct failure failure;

	if (try_to_ask(asker, &failure) < 0)
		fail_msg("%s", failure.text);
}

/* ---- operations ------------------------------------------------------------------------------ */

struct turn {
	int (*begin)(struct units *units, const struct operation_request *request,
		     struct failure *reterr_failure);
	const char *unit;
};

static unsigned operations;

static void operation_done(void *data, json_t *receipt, const struct failure *failure)
{
	(void)data;
	if (!receipt)
		fail_msg("%s", failure->text);
	operations++;
}

static void begin(const struct turn *turn)
{
	const struct operation_request request = {.unit = turn->unit,
						  .object_fd = -1,
						  .file_fd = -1,
						  .log_fd = -1,
						  .client = {.done = operation_done}};
	struct failure failure;

	if (turn->begin(&units, &request, &failure) < 0)
		fail_msg("%s", failure.text);
}

static void run(const struct turn *turn)
{
	const unsigned before = operations;

	begin(turn);
	while (operations == before)
		assert_true(sd_event_run(context.event, PATIENCE_USEC) > 0);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void answers_go_on_while_units_are_changed_beneath_them(void **state)
{
	static const struct turn first = {units_load, "steady"};
	static const struct turn turns[] = {{units_load, "fleeting"},
					    {units_reload, "steady"},
					    {units_unload, "fleeting"},
					    {units_reload, "steady"}};
	static struct asker askers[] = {{.wanted = {.metrics = true}},
					{.wanted = {.metrics = true}},
					{.wanted = {.programs = true}},
					{.once = false}};

	(void)state;
	run(&first);
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++)
		ask(&askers[i]);
	for (size_t i = 0; i < OPERATIONS; i++)
		run(&turns[i % ARRAY_SIZE(turns)]);
	is_over = true;
	run_loop_until(nothing_is_under_way);
	for (size_t i = 0; i < ARRAY_SIZE(askers); i++) {
		assert_true(askers[i].answers > 1);
		assert_int_equal(askers[i].refusals, 0);
	}
	/* They saw the unit change. */
	assert_true(askers[2].generation > 1);
}

static void one_question_too_many_is_refused_and_the_others_are_answered(void **state)
{
	static struct asker asker = {.once = true}, more = {.once = true};
	struct failure failure;

	(void)state;
	for (int i = 0; i < COLLECTOR_QUESTIONS_MAX; i++)
		ask(&asker);
	assert_int_equal(try_to_ask(&more, &failure), -EBUSY);
	expect_failure(&failure, OUTCOME_BUSY, "8 questions for figures are under way");
	run_loop_until(nothing_is_under_way);
	assert_int_equal(asker.answers, COLLECTOR_QUESTIONS_MAX);
	ask(&more);
	run_loop_until(nothing_is_under_way);
	assert_int_equal(more.answers, 1);
}

static void collector_that_goes_tells_those_who_wait(void **state)
{
	static struct asker asker = {.once = true, .wanted = {.metrics = true, .programs = true}};

	for (int i = 0; i < COLLECTOR_QUESTIONS_MAX; i++)
		ask(&asker);
	free_collector(state);
	assert_int_equal(under_way, 0);
	assert_int_equal(asker.refusals, COLLECTOR_QUESTIONS_MAX);
}

int main(void)
{
	/* In this order: the unit of the first is there in the others. */
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_go_on_while_units_are_changed_beneath_them,
						make_collector, free_collector),
		cmocka_unit_test_setup_teardown(
			one_question_too_many_is_refused_and_the_others_are_answered,
			make_collector, free_collector),
		cmocka_unit_test_setup_teardown(collector_that_goes_tells_those_who_wait,
						make_collector, free_collector),
	};

	return cmocka_run_group_tests_name("figures", tests, set_up, tear_down);
}
