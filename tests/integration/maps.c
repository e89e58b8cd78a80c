/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of real maps: walks over them, one by one, and dumps into pipes. */
#include "tests/unit/expect.h"

#include <linux/types.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/maps/dump.h"
#include "daemon/maps/dump_stream.h"
#include "daemon/maps/entry.h"
#include "daemon/maps/walk.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/stream_pipe.h"

struct prefix {
	uint32_t length;
	uint32_t address; /* network order */
};

/* Takes the descriptor over. */
static struct open_map *opened(int fd)
{
	struct open_map *map = calloc(1, sizeof(*map));
	struct failure failure;

	assert_non_null(map);
	assert_in_range(fd, 0, INT32_MAX);
	(void)snprintf(map->name, sizeof(map->name), "m");
	map->fd = fd;
	map->program_fd = -1;
	if (open_map_read(map, &failure) < 0)
		fail_msg("%s", failure.text);
	return map;
}

static int make(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .map_flags = type == BPF_MAP_TYPE_LPM_TRIE || value_size > 4096
					 ? BPF_F_NO_PREALLOC
					 : 0);

	return bpf_map_create(type, "m", key_size, value_size, entries, &options);
}

static void set(const struct open_map *map, uint32_t key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(map->fd, &key, value, BPF_ANY), 0);
}

/* ---- walks ---------------------------------------------------------------------------------- */

/* Counts the keys from 0 on; each value begins with its key. Returns how many runs it took. */
static unsigned expect_each_once(const struct open_map *map, uint32_t count)
{
	cleanup_free unsigned char *seen = calloc(1, count);
	struct walk *walk;
	struct walk_run run;
	unsigned runs = 0;
	int more;

	assert_int_equal(walk_new(map, &walk), 0);
	while ((more = walk_next(walk, &run)) > 0) {
		runs++;
		for (uint32_t i = 0; i < run.count; i++) {
			uint32_t key, value;

			memcpy(&key, run.keys + (size_t)i * map->entry.key.size, sizeof(key));
			memcpy(&value, run.values + i * open_map_value_bytes(map), sizeof(value));
			assert_in_range(key, 0, count - 1);
			assert_int_equal(value, key);
			assert_int_equal(seen[key]++, 0);
		}
	}
	assert_int_equal(more, 0);
	assert_false(walk_gave_up(walk));
	for (uint32_t key = 0; key < count; key++)
		assert_int_equal(seen[key], 1);
	walk_free(walk);
	return runs;
}

static void fill(const struct open_map *map, uint32_t count)
{
	cleanup_free char *values = calloc(1, open_map_value_bytes(map));

	for (uint32_t key = 0; key < count; key++) {
		memcpy(values, &key, sizeof(key));
		set(map, key, values);
	}
}

static void every_type_is_walked_to_its_end(void **state)
{
	static const enum bpf_map_type types[] = {
		BPF_MAP_TYPE_HASH,     BPF_MAP_TYPE_PERCPU_HASH,
		BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
		BPF_MAP_TYPE_ARRAY,    BPF_MAP_TYPE_PERCPU_ARRAY};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool is_array =
			types[i] == BPF_MAP_TYPE_ARRAY || types[i] == BPF_MAP_TYPE_PERCPU_ARRAY;
		/* An LRU map gives entries up before it is full. */
		struct open_map *map = opened(make(types[i], 4, 8, is_array ? 20000 : 100000));

		fill(map, 20000);
		/* More than one batch. */
		assert_in_range(expect_each_once(map, 20000), 4, 100);
		open_map_free(map);
	}
}

static void an_empty_map_ends_at_once(void **state)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_HASH, 4, 8, 10));

	(void)state;
	assert_in_range(expect_each_once(map, 0), 0, 1);
	open_map_free(map);
}

/* One entry has half of a run's bytes, so that no bucket with two of them fits at first. */
static void a_run_grows_for_a_bucket_that_is_larger(void **state)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_HASH, 4, 300 * 1024, 64));

	(void)state;
	fill(map, 64);
	(void)expect_each_once(map, 64);
	open_map_free(map);
}

static void slots_without_a_map_are_left_out(void **state)
{
	cleanup_close int inner = make(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
	LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = inner);
	struct open_map *map =
		opened(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "m", 4, 4, 5000, &options));
	struct walk *walk;
	struct walk_run run;
	uint32_t found = 0, at = 0;

	(void)state;
	set(map, 4999, &inner);
	assert_int_equal(walk_new(map, &walk), 0);
	while (walk_next(walk, &run) > 0) {
		found += run.count;
		if (run.count > 0)
			memcpy(&at, run.keys, sizeof(at));
	}
	assert_int_equal(found, 1);
	assert_int_equal(at, 4999);
	walk_free(walk);
	open_map_free(map);
}

static void a_trie_is_walked_from_key_to_key(void **state)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix), 4, 20000));
	struct walk *walk;
	struct walk_run run;
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		const struct prefix prefix = {.length = 32, .address = htonl(i)};

		assert_int_equal(bpf_map_update_elem(map->fd, &prefix, &i, BPF_ANY), 0);
	}
	assert_int_equal(walk_new(map, &walk), 0);
	while (walk_next(walk, &run) > 0)
		count += run.count;
	assert_int_equal(count, 10000);
	assert_false(walk_gave_up(walk));
	walk_free(walk);
	open_map_free(map);
}

/* Of interfaces, for which no kernel has batches. */
static struct open_map *filled_hash_of_interfaces(uint32_t count)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 2 * count));
	const uint32_t loopback = 1;

	for (uint32_t i = 0; i < count; i++)
		set(map, i, &loopback);
	return map;
}

/* The kernel begins again where the key that a walk stands at is gone. */
static void a_walk_that_goes_round_gives_up(void **state)
{
	struct open_map *map = filled_hash_of_interfaces(10000);
	struct walk *walk;
	struct walk_run run;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(walk_new(map, &walk), 0);
	while (walk_next(walk, &run) > 0) {
		const char *last = run.keys + (size_t)(run.count - 1) * sizeof(uint32_t);

		count += run.count;
		assert_int_equal(bpf_map_delete_elem(map->fd, last), 0);
	}
	assert_true(walk_gave_up(walk));
	assert_in_range(count, 2 * map->max_entries, 3 * map->max_entries);
	walk_free(walk);
	open_map_free(map);
}

/* ---- one entry ------------------------------------------------------------------------------ */

static void a_frozen_map_is_read_alone(void **state)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_HASH, 4, 4, 4));
	cleanup_free char *line = NULL;
	struct failure failure;

	(void)state;
	fill(map, 1);
	assert_int_equal(bpf_map_freeze(map->fd), 0);
	assert_int_equal(entry_get(map, "00000000", &line, &failure), 0);
	assert_string_equal(line, "{\"key\":\"00000000\",\"value\":\"00000000\"}");
	assert_int_equal(entry_set(map, "00000000", "00000001", &failure), -EPERM);
	expect_failure(&failure, OUTCOME_REFUSED, "map \"m\" is frozen");
	assert_int_equal(entry_delete(map, "00000000", &failure), -EPERM);
	expect_failure(&failure, OUTCOME_REFUSED, "map \"m\" is frozen");
	open_map_free(map);
}

/* ---- dumps ---------------------------------------------------------------------------------- */

struct fixture {
	sd_event *event;
	struct dumps *dumps;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	*state = fixture;
	if (!fixture || sd_event_new(&fixture->event) < 0)
		return -1;
	return dumps_new(fixture->event, &fixture->dumps);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	dumps_free(fixture->dumps);
	sd_event_unref(fixture->event);
	free(fixture);
	return 0;
}

static int begin(struct fixture *fixture, struct open_map *map)
{
	struct failure failure;
	int fd = -1;

	if (dumps_begin(fixture->dumps, map, &fd, &failure) < 0)
		fail_msg("%s", failure.text);
	return fd;
}

/* Far more than a pipe holds. */
static struct open_map *large(void)
{
	return opened(make(BPF_MAP_TYPE_ARRAY, 4, 64, 200000));
}

static void a_dump_has_a_line_for_each_entry_and_a_last_one(void **state)
{
	struct open_map *map = opened(make(BPF_MAP_TYPE_ARRAY, 4, 2, 3));
	cleanup_close int fd = begin(*state, map);
	char text[4096] = "";
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	assert_string_equal(text, "{\"key\":0,\"value\":\"0000\"}\n"
				  "{\"key\":1,\"value\":\"0000\"}\n"
				  "{\"key\":2,\"value\":\"0000\"}\n"
				  "{\"end\":{\"entries\":3,\"complete\":true}}\n");
}

/* What is in the pipe: the reader's end as it is. Returns the length of the text. */
static size_t drain(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size && (got = read(fd, text + length, size - length)) > 0)
		length += (size_t)got;
	return length;
}

static void a_reader_that_takes_nothing_is_cut_off(void **state)
{
	const size_t size = 4UL * 1024 * 1024;
	cleanup_close int reader = -1, writer = -1, stop = eventfd(0, EFD_CLOEXEC);
	cleanup_free char *text = malloc(size);
	struct open_map *map = large();
	size_t length;

	(void)state;
	assert_int_equal(stream_pipe(64 * 1024, &reader, &writer), 0);
	/* Without an end of its patience it would wait for ever. */
	(void)alarm(120);
	dump_stream(map, writer, stop, /* patience_usec= */ 1000);
	(void)alarm(0);
	close_and_forget(&writer);
	length = drain(reader, text, size);
	/* Lines as far as there was room, and no last one, which would say that these are all. */
	assert_in_range(length, 1, size - 1);
	assert_memory_equal(text, "{\"key\":0,", 9);
	assert_null(memmem(text, length, "\"end\"", 5));
	open_map_free(map);
}

static size_t under_way(struct fixture *fixture)
{
	/* What has ended is collected by the loop. */
	while (sd_event_run(fixture->event, 0) > 0)
		;
	return dumps_count(fixture->dumps);
}

static void a_reader_that_leaves_ends_its_dump_alone(void **state)
{
	struct fixture *fixture = *state;
	cleanup_close int stays = begin(fixture, large());
	int leaves = begin(fixture, large());

	assert_int_equal(under_way(fixture), 2);
	close(leaves);
	while (under_way(fixture) > 1)
		(void)sd_event_run(fixture->event, UINT64_MAX);
	assert_int_equal(under_way(fixture), 1);
}

static void one_dump_too_many_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct failure failure;
	int fds[DUMPS_MAX], fd = -1;

	for (size_t i = 0; i < DUMPS_MAX; i++)
		fds[i] = begin(fixture, large());
	assert_int_equal(dumps_begin(fixture->dumps, large(), &fd, &failure), -EBUSY);
	expect_failure(&failure, OUTCOME_BUSY, "8 dumps are under way already");
	assert_int_equal(fd, -1);
	/* Nobody reads; the end of all is no matter of patience, or this ends here. */
	(void)alarm(DUMP_PATIENCE_USEC / 1000000 / 2);
	fixture->dumps = dumps_free(fixture->dumps);
	(void)alarm(0);
	for (size_t i = 0; i < DUMPS_MAX; i++)
		close(fds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_is_walked_to_its_end),
		cmocka_unit_test(an_empty_map_ends_at_once),
		cmocka_unit_test(a_run_grows_for_a_bucket_that_is_larger),
		cmocka_unit_test(slots_without_a_map_are_left_out),
		cmocka_unit_test(a_trie_is_walked_from_key_to_key),
		cmocka_unit_test(a_walk_that_goes_round_gives_up),
		cmocka_unit_test(a_frozen_map_is_read_alone),
		cmocka_unit_test_setup_teardown(a_dump_has_a_line_for_each_entry_and_a_last_one,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reader_that_leaves_ends_its_dump_alone, set_up,
						tear_down),
		cmocka_unit_test(a_reader_that_takes_nothing_is_cut_off),
		cmocka_unit_test_setup_teardown(one_dump_too_many_is_refused, set_up, tear_down),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
