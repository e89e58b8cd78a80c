/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections opened to another host, refused by it and given up, each noted by who opens it: every
 * one has to be reported once, with its own ports, process, cgroup and a time that fits.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/child.h"
#include "tests/support/neighbour.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define OPEN_PORT   7777
#define CLOSED_PORT 7778
#define COMMAND	    "connecting"

#define NOTES_MAX 65536

enum way_to_go { IP4, IP6, REFUSED, GIVEN_UP, WAYS };

static const struct way {
	const char *what;
	const char *source, *destination; /* as the unit shows them */
	uint16_t port;
	const char *result;
} ways[WAYS] = {
	[IP4] = {"IPv4 connections", "::ffff:" NEIGHBOUR_OWN4, "::ffff:" NEIGHBOUR_ITS4, OPEN_PORT,
		 "CONNECTED"},
	[IP6] = {"IPv6 connections", NEIGHBOUR_OWN6, NEIGHBOUR_ITS6, OPEN_PORT, "CONNECTED"},
	[REFUSED] = {"refused connections", "::ffff:" NEIGHBOUR_OWN4, "::ffff:" NEIGHBOUR_ITS4,
		     CLOSED_PORT, "FAILED"},
	[GIVEN_UP] = {"connections whose process is gone", "::ffff:" NEIGHBOUR_OWN4,
		      "::ffff:" NEIGHBOUR_NONE, OPEN_PORT, "FAILED"},
};

/* A connection, as who opened it knows it. */
struct note {
	enum way_to_go way;
	uint16_t port; /* its own */
	pid_t pid;
	uint64_t before, after; /* CLOCK_MONOTONIC */
	unsigned reported;
};

struct notes {
	uint64_t count;
	struct note note[NOTES_MAX];
};

static struct shipped shipped;
static struct traffic traffic;
static struct notes *notes;
static struct neighbour neighbour = NEIGHBOUR_INIT;
static uint64_t cgroup_id;

/* ---- the other host ---- */

static int listen_there(void)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6,
					     .sin6_port = htons(OPEN_PORT)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 128) < 0)
		return -errno;
	return fd;
}

static void serve(int ready)
{
	int fd = listen_there();

	(void)close(ready);
	while (fd >= 0) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0)
			(void)close(client);
	}
}

/* ---- connections ---- */

static uint16_t own_port(int fd)
{
	struct sockaddr_in6 address;
	socklen_t length = sizeof(address);

	/* In both families it is in the same place. */
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	return ntohs(address.sin6_port);
}

static int connect4(int fd, const char *to, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	(void)inet_pton(AF_INET, to, &address.sin_addr);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int connect6(int fd, const char *to, uint16_t port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	(void)inet_pton(AF_INET6, to, &address.sin6_addr);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* With a port of its own, which a socket that was refused has no more. */
static int refused(int fd)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	int err;

	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	err = connect4(fd, NEIGHBOUR_ITS4, CLOSED_PORT);
	return err == -ECONNREFUSED ? 0 : -EIO;
}

/* It is still on its way when its process ends. */
static int given_up(int fd)
{
	const int err = connect4(fd, NEIGHBOUR_NONE, OPEN_PORT);

	return err == -EINPROGRESS ? 0 : -EIO;
}

static int open_connection(enum way_to_go way, int fd)
{
	switch (way) {
	case IP4:
		return connect4(fd, NEIGHBOUR_ITS4, OPEN_PORT);
	case IP6:
		return connect6(fd, NEIGHBOUR_ITS6, OPEN_PORT);
	case REFUSED:
		return refused(fd);
	default:
		return given_up(fd);
	}
}

static int make_connection(struct notes *list, enum way_to_go way)
{
	cleanup_close int fd = socket(way == IP6 ? AF_INET6 : AF_INET,
				      SOCK_STREAM | (way == GIVEN_UP ? SOCK_NONBLOCK : 0), 0);
	struct note *note = &list->note[list->count % NOTES_MAX];
	int err;

	*note = (struct note){.way = way, .pid = getpid(), .before = traffic_now()};
	err = open_connection(way, fd);
	note->port = own_port(fd);
	note->after = traffic_now();
	list->count += !err;
	return err;
}

static int give_up(void *data)
{
	return make_connection(data, GIVEN_UP);
}

/* By a process that is gone at once. */
static int give_one_up(struct notes *list)
{
	const pid_t child = child_start(give_up, list);

	return child < 0 ? child : child_wait(child);
}

static int prepare(void *data)
{
	(void)data;
	(void)prctl(PR_SET_NAME, COMMAND);
	return sandbox_join_cgroup(&sandbox);
}

static int connect_each_way(void *data)
{
	struct notes *list = data;
	int err = make_connection(list, IP4);

	if (!err)
		err = make_connection(list, IP6);
	if (!err)
		err = make_connection(list, REFUSED);
	return err ? err : give_one_up(list);
}

/* ---- what was reported ---- */

static const char *text_of(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static uint64_t number_of(const json_t *line, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(line, name));
}

static bool fits(const struct note *note, const json_t *line)
{
	const struct way *way = &ways[note->way];

	return note->port == number_of(line, "source_port") &&
	       way->port == number_of(line, "destination_port") &&
	       (uint64_t)note->pid == number_of(line, "pid") &&
	       !strcmp(text_of(line, "result"), way->result) &&
	       !strcmp(text_of(line, "source"), way->source) &&
	       !strcmp(text_of(line, "destination"), way->destination) &&
	       !strcmp(text_of(line, "command"), COMMAND);
}

/* What it says of time lies within what its process saw; one that was given up ends behind that. */
static bool time_fits(const struct note *note, const json_t *line)
{
	const uint64_t began = number_of(line, "began"), took = number_of(line, "took_ns");

	return began >= note->before && began <= note->after &&
	       began + took == number_of(line, "time") &&
	       (note->way == GIVEN_UP || began + took <= note->after);
}

static void take_event(const json_t *line, void *data)
{
	struct notes *list = data;

	assert_int_equal(number_of(line, "cgroup"), cgroup_id);
	for (uint64_t i = 0; i < list->count; i++)
		if (fits(&list->note[i], line) && time_fits(&list->note[i], line)) {
			list->note[i].reported++;
			return;
		}
	fail_msg("nobody made this connection: %s", json_dumps(line, 0));
}

static void account(void)
{
	uint64_t opened[WAYS] = {0}, reported[WAYS] = {0};

	assert_in_range(notes->count, 1, NOTES_MAX);
	(void)sink_wait(shipped.sink, notes->count);
	(void)sink_read(shipped.sink, take_event, notes);
	for (uint64_t i = 0; i < notes->count; i++) {
		assert_in_range(notes->note[i].reported, 0, 1);
		opened[notes->note[i].way]++;
		reported[notes->note[i].way] += notes->note[i].reported;
	}
	for (enum way_to_go way = 0; way < WAYS; way++)
		shipped_account(&shipped, ways[way].what, opened[way], reported[way]);
}

/* ---- tests ---- */

static void load(void)
{
	struct stat status;

	assert_int_equal(stat(sandbox.cgroup, &status), 0);
	cgroup_id = status.st_ino;
	shipped_load(&shipped, &sandbox, "tcp_connect",
		     (struct shipped_change[]){{"target_cgroup=0", shipped_target_cgroup(&sandbox)},
					       {0}});
}

/* Of no cgroup that counts, so it must not be reported. */
static void connect_from_elsewhere(void)
{
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect4(fd, NEIGHBOUR_ITS4, OPEN_PORT), 0);
}

static void each_connection_is_reported_once(void **state)
{
	(void)state;
	if (!sandbox.has_veth)
		skip_without("veth interfaces");
	neighbour_start(&neighbour, serve);
	notes = traffic_share(sizeof(*notes));
	traffic = (struct traffic){
		.step = connect_each_way, .prepare = prepare, .data = notes, .pause_usec = 2000};
	load();
	traffic_begin(&traffic, 0);
	connect_from_elsewhere();
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account();
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&traffic);
	neighbour_end(&neighbour);
	traffic_unshare(notes, sizeof(*notes));
	shipped_end(&shipped);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_connection_is_reported_once, clean),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
