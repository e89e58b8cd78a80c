/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/kind_life.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/str.h"
#include "tests/support/build_path.h"
#include "tests/support/receipt.h"
#include "tests/support/supervisor.h"
#include "tests/support/traffic.h"
#include "tests/unit/expect.h"

#define UNIT	    "life"
#define RELOADS_MAX 100
#define GENERATIONS 128 /* more than the reloads and rollbacks of a life */
#define PLACES_MAX  32
#define RUNS_MAX    65536 /* of one program in one generation */

/* Runs made before the load, to see how often a call makes each program run. */
#define FIRST_CALLS 5

/* Between two calls under load: 2 ms. */
#define PAUSE_USEC 2000

/* Patience for events that are on their way, while none comes: 20 s. */
#define ARRIVAL_STEPS	  400
#define ARRIVAL_STEP_USEC 50000

struct play {
	const struct kind_life *life;
	struct supervisor supervisor;
	struct fd_keeper keeper;
	char sink[64];
	struct traffic load;
	uint64_t calls;
	uint64_t per_call[PLACES_MAX];
	uint64_t skipped[PLACES_MAX]; /* runs that the kernel says it left out */
	uint64_t lost;		      /* runs without a record when they were last counted */
};

/* ---- the unit ---- */

static void write_version(const struct play *play, int version)
{
	char object[64], path[PATH_MAX], text[8192];
	const struct kind_life *life = play->life;
	int length;

	(void)snprintf(object, sizeof(object), "tests/bpf/%s_v%d.bpf.o", life->object, version);
	build_path(object, path, sizeof(path));
	length = snprintf(text, sizeof(text),
			  "[Unit]\nObject=%s\n%s\n[Events events]\nRecord=life_event\n"
			  "Sink=file:%s\n[Reload]\nSwap=%s\n",
			  path, life->hooks, play->sink, life->swap);
	assert_in_range(length, 1, (int)sizeof(text) - 1);
	supervisor_write_unit(&play->supervisor, UNIT, text);
}

static json_t *status(const struct play *play)
{
	json_t *json = json_loads(supervisor_do(&play->supervisor, "status", UNIT), 0, NULL);

	assert_non_null(json);
	return json;
}

static void expect_ways(const struct play *play)
{
	json_t *all = status(play), *hook;
	size_t i;

	json_array_foreach (json_object_get(all, "hooks"), i, hook) {
		assert_string_equal(json_string_value(json_object_get(hook, "way")),
				    play->life->way);
		assert_string_equal(json_string_value(json_object_get(hook, "state")), "attached");
	}
	json_decref(all);
}

/*
 * The kernel leaves out a run where the same program was interrupted on that CPU, by whoever called
 * the function, and counts it where it can. Hooks are in the order of the places.
 */
static void read_skipped(struct play *play)
{
	json_t *all = status(play), *hook;
	size_t i;

	json_array_foreach (json_object_get(all, "hooks"), i, hook)
		play->skipped[i] = (uint64_t)json_integer_value(json_object_get(hook, "skipped"));
	json_decref(all);
}

/* ---- load ---- */

/* `calls`: 0: until it is told to stop. */
static void begin_load(struct play *play, uint64_t calls)
{
	traffic_begin(&play->load, calls);
}

static void end_load(struct play *play, bool stop)
{
	play->calls += traffic_end(&play->load, stop);
}

static void make_calls(struct play *play, uint64_t calls)
{
	begin_load(play, calls);
	end_load(play, false);
}

/* ---- what came of it ---- */

/* All records by generation, program and number. */
struct account {
	uint64_t records[PLACES_MAX]; /* each once */
	uint64_t doubled;	      /* though no line says that it is there again */
	unsigned last[PLACES_MAX];    /* version */
	unsigned highest[GENERATIONS][PLACES_MAX];
	unsigned count[GENERATIONS][PLACES_MAX];
	uint8_t seen[GENERATIONS][PLACES_MAX][RUNS_MAX / 8];
};

static unsigned number_of(const json_t *line, const char *name)
{
	return (unsigned)json_integer_value(json_object_get(line, name));
}

static bool mark_seen(struct account *account, unsigned generation, unsigned place, unsigned nth)
{
	uint8_t *byte = &account->seen[generation][place][nth / 8];
	const uint8_t bit = (uint8_t)(1U << (nth % 8));
	const bool before = *byte & bit;

	*byte |= bit;
	return before;
}

static void take_line(const struct play *play, struct account *account, const json_t *line)
{
	const unsigned generation = number_of(line, "generation");
	const unsigned place = number_of(line, "place"), nth = number_of(line, "nth");

	assert_in_range(generation, 1, GENERATIONS - 1);
	assert_in_range(place, 0, play->life->places - 1);
	assert_in_range(nth, 1, RUNS_MAX - 1);
	account->last[place] = number_of(line, "version");
	if (mark_seen(account, generation, place, nth)) {
		account->doubled += !json_is_true(json_object_get(line, "again"));
		return;
	}
	account->records[place]++;
	account->count[generation][place]++;
	if (nth > account->highest[generation][place])
		account->highest[generation][place] = nth;
}

/* A torn line at the end is still being written, or was when the daemon was killed. */
static void read_sink(const struct play *play, struct account *account)
{
	FILE *sink = fopen(play->sink, "re");
	char text[1024];

	memset(account, 0, sizeof(*account));
	while (sink && fgets(text, sizeof(text), sink)) {
		json_t *line = json_loads(text, 0, NULL);

		if (line)
			take_line(play, account, line);
		json_decref(line);
	}
	if (sink)
		fclose(sink);
}

static bool all_arrived(const struct play *play, const struct account *account)
{
	for (unsigned place = 0; place < play->life->places; place++)
		if (account->records[place] + play->skipped[place] <
		    play->calls * play->per_call[place])
			return false;
	return true;
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : status.st_size;
}

static void wait_for_all(const struct play *play, struct account *account)
{
	off_t size = size_of(play->sink);

	read_sink(play, account);
	for (int i = 0; i < ARRIVAL_STEPS && !all_arrived(play, account); i++) {
		usleep(ARRIVAL_STEP_USEC);
		if (size_of(play->sink) == size)
			continue;
		size = size_of(play->sink);
		read_sink(play, account);
		i = 0;
	}
}

/* What an exchange with both generations' programs running adds to one is not set against it. */
static void count_lost(struct play *play, const struct account *account)
{
	play->lost = 0;
	for (unsigned place = 0; place < play->life->places; place++) {
		const uint64_t expected = play->calls * play->per_call[place];

		const uint64_t known = account->records[place] + play->skipped[place];

		if (known < expected)
			play->lost += expected - known;
	}
}

/* None lost: the numbers of each program and generation have no gap, and the sum is right. */
static void expect_identity(struct play *play)
{
	struct account *account = malloc(sizeof(*account));

	assert_non_null(account);
	wait_for_all(play, account);
	count_lost(play, account);
	for (unsigned generation = 1; generation < GENERATIONS; generation++)
		for (unsigned place = 0; place < play->life->places; place++)
			if (account->count[generation][place] !=
			    account->highest[generation][place])
				fail_msg("generation %u, program %u: %u records, the last is %u",
					 generation, place, account->count[generation][place],
					 account->highest[generation][place]);
	assert_int_equal(account->doubled, 0);
	for (unsigned place = 0; place < play->life->places; place++) {
		const uint64_t expected = play->calls * play->per_call[place];

		if (account->records[place] + play->skipped[place] < expected ||
		    (account->records[place] > expected && !play->life->overlaps))
			fail_msg("program %u: %" PRIu64 " runs in %" PRIu64 " calls, and %" PRIu64
				 " records; the kernel left out %" PRIu64,
				 place, expected, play->calls, account->records[place],
				 play->skipped[place]);
	}
	free(account);
}

static void expect_identity_in_force(struct play *play)
{
	read_skipped(play);
	expect_identity(play);
}

static void expect_version(const struct play *play, unsigned version)
{
	struct account *account = malloc(sizeof(*account));

	assert_non_null(account);
	read_sink(play, account);
	for (unsigned place = 0; place < play->life->places; place++)
		assert_int_equal(account->last[place], version);
	free(account);
}

/* How often a call makes each program run; the number must be the same at each. */
static void find_out_runs_per_call(struct play *play)
{
	struct account *account = malloc(sizeof(*account));
	uint64_t sum, before;

	assert_non_null(account);
	make_calls(play, FIRST_CALLS);
	for (sum = 0, before = 1; !sum || sum != before;) {
		usleep(10 * ARRIVAL_STEP_USEC);
		before = sum;
		read_sink(play, account);
		sum = 0;
		for (unsigned place = 0; place < play->life->places; place++)
			sum += account->records[place];
		if (!sum && !before)
			fail_msg("no program ran");
	}
	for (unsigned place = 0; place < play->life->places; place++) {
		play->per_call[place] = account->records[place] / FIRST_CALLS;
		if (!play->per_call[place] || account->records[place] % FIRST_CALLS)
			fail_msg("program %u ran %" PRIu64 " times in %d calls", place,
				 account->records[place], FIRST_CALLS);
	}
	free(account);
}

/* ---- the life ---- */

/* An even number, since the life goes on from version 1. */
static unsigned number_of_reloads(void)
{
	const char *text = getenv("LIFE_RELOADS");
	uint64_t reloads = RELOADS_MAX;

	if (text && (str_to_u64(text, &reloads) < 0 || reloads == 0 || reloads % 2 ||
		     reloads > RELOADS_MAX))
		fail_msg("LIFE_RELOADS is no even number from 2 to %d: %s", RELOADS_MAX, text);
	return (unsigned)reloads;
}

static void reload_under_load(struct play *play)
{
	const unsigned reloads = number_of_reloads();
	const uint64_t before = play->calls;

	begin_load(play, 0);
	for (unsigned i = 0; i < reloads; i++) {
		write_version(play, i % 2 ? 1 : 2);
		receipt_expect_no_loss(supervisor_do(&play->supervisor, "reload", UNIT));
	}
	end_load(play, true);
	make_calls(play, 1);
	print_message("# reloads=%u calls=%" PRIu64 "\n", reloads, play->calls - before);
	assert_true(play->calls - before > reloads / 10);
	expect_identity_in_force(play);
	expect_version(play, 1);
}

/* From the last version, which is 1, to the one before, and back. */
static void roll_back_under_load(struct play *play)
{
	begin_load(play, 0);
	receipt_expect_no_loss(supervisor_do(&play->supervisor, "rollback", UNIT));
	end_load(play, true);
	make_calls(play, 1);
	expect_identity_in_force(play);
	expect_version(play, 2);
	(void)supervisor_do(&play->supervisor, "rollback", UNIT);
	make_calls(play, 1);
	expect_identity_in_force(play);
	expect_version(play, 1);
}

static json_t *links_of(const struct play *play)
{
	json_t *all = status(play), *ids = json_array(), *hook;
	size_t i;

	json_array_foreach (json_object_get(all, "hooks"), i, hook)
		json_array_append(ids, json_object_get(hook, "link_id"));
	json_decref(all);
	return ids;
}

/* What runs while no daemon does waits in the ring for the next one. */
static void adopt_under_load(struct play *play)
{
	json_t *before = links_of(play), *after;

	begin_load(play, 0);
	usleep(20 * PAUSE_USEC);
	supervisor_kill(&play->supervisor);
	usleep(20 * PAUSE_USEC);
	supervisor_start_again(&play->supervisor);
	end_load(play, true);
	expect_identity_in_force(play);
	after = links_of(play);
	assert_true(json_equal(before, after));
	expect_ways(play);
	json_decref(before);
	json_decref(after);
	write_version(play, 2);
	(void)supervisor_do(&play->supervisor, "reload", UNIT);
	make_calls(play, 1);
	expect_identity_in_force(play);
	expect_version(play, 2);
}

static void unload(struct play *play)
{
	const uint64_t calls = play->calls;

	(void)supervisor_do(&play->supervisor, "unload", UNIT);
	make_calls(play, 1);
	play->calls = calls;
	expect_identity(play);
}

static struct play play;

void kind_life_run(const struct sandbox *sandbox, const struct kind_life *life)
{
	play = (struct play){.life = life,
			     .load = {.step = life->trigger,
				      .prepare = life->prepare,
				      .data = life->data,
				      .pause_usec = PAUSE_USEC}};
	(void)snprintf(play.sink, sizeof(play.sink), "%s/life.jsonl", sandbox->folder);
	if (life->is_held)
		supervisor_start_kept(&play.supervisor, sandbox, &play.keeper);
	else
		supervisor_start(&play.supervisor, sandbox);
	write_version(&play, 1);
	(void)supervisor_do(&play.supervisor, "load", UNIT);
	expect_ways(&play);
	find_out_runs_per_call(&play);
	reload_under_load(&play);
	roll_back_under_load(&play);
	adopt_under_load(&play);
	unload(&play);
}

int kind_life_clean(void **state)
{
	(void)state;
	if (play.life)
		print_message("# lost=%" PRIu64 "\n", play.lost);
	traffic_clean(&play.load);
	if (play.sink[0])
		(void)unlink(play.sink);
	supervisor_end(&play.supervisor);
	play = (struct play){0};
	return 0;
}
