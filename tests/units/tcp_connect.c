/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections opened to another host and to itself, refused and given up, each noted by who opens
 * it: every one has to be reported once, with its own ports, process, cgroup and a time that fits.
 */
#include "tests/unit/expect.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "tests/support/child.h"
#include "tests/support/neighbour.h"
#include "tests/support/quiet.h"
#include "tests/support/receipt.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/shipped.h"
#include "tests/support/sink_lines.h"
#include "tests/support/skip.h"
#include "tests/support/traffic.h"

#define OPEN_PORT   7777
#define CLOSED_PORT 7778
#define COMMAND	    "connecting"

#define NOTES_MAX 65536

enum way_to_go { IP4, IP6, MAPPED, BY_THREAD, TO_ITSELF, REFUSED, GIVEN_UP, HELD, WAYS };

static const struct way {
	const char *what;
	const char *source, *destination; /* as the unit shows them */
	uint16_t port;			  /* there; 0: its own */
	const char *result;
} ways[WAYS] = {
	[IP4] = {"IPv4 connections", "::ffff:" NEIGHBOUR_OWN4, "::ffff:" NEIGHBOUR_ITS4, OPEN_PORT,
		 "CONNECTED"},
	[IP6] = {"IPv6 connections", NEIGHBOUR_OWN6, NEIGHBOUR_ITS6, OPEN_PORT, "CONNECTED"},
	[MAPPED] = {"IPv4 connections by a socket of IPv6", "::ffff:" NEIGHBOUR_OWN4,
		    "::ffff:" NEIGHBOUR_ITS4, OPEN_PORT, "CONNECTED"},
	[BY_THREAD] = {"connections by a thread", "::ffff:" NEIGHBOUR_OWN4,
		       "::ffff:" NEIGHBOUR_ITS4, OPEN_PORT, "CONNECTED"},
	[TO_ITSELF] = {"connections of a socket to itself", "::ffff:" NEIGHBOUR_OWN4,
		       "::ffff:" NEIGHBOUR_OWN4, 0, "CONNECTED"},
	[REFUSED] = {"refused connections", "::ffff:" NEIGHBOUR_OWN4, "::ffff:" NEIGHBOUR_ITS4,
		     CLOSED_PORT, "FAILED"},
	[GIVEN_UP] = {"connections whose process is gone", "::ffff:" NEIGHBOUR_OWN4,
		      "::ffff:" NEIGHBOUR_NONE, OPEN_PORT, "FAILED"},
	[HELD] = {"connections begun before a reload and ended after it", "::ffff:" NEIGHBOUR_OWN4,
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
	bool is_held, may_let_go; /* of the one that is held over a reload */
	struct note note[NOTES_MAX];
};

static struct shipped shipped;
static struct traffic traffic, holder;
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

	if (fd < 0)
		return;
	(void)close(ready);
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client >= 0)
			(void)close(client);
	}
}

/* ---- connections ---- */

static uint16_t own_port(int fd)
{
	struct sockaddr_in6 address = {0};
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
static int take_port(int fd)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ? -errno : 0;
}

static int refused(int fd)
{
	const int err = take_port(fd);

	if (err)
		return err;
	return connect4(fd, NEIGHBOUR_ITS4, CLOSED_PORT) == -ECONNREFUSED ? 0 : -EIO;
}

/* Both ends of it are opened at once. */
static int to_itself(int fd)
{
	const int err = take_port(fd);

	return err ? err : connect4(fd, NEIGHBOUR_OWN4, own_port(fd));
}

/* It is still on its way when its process ends, or lets it go. */
static int begun(int fd)
{
	const int err = connect4(fd, NEIGHBOUR_NONE, OPEN_PORT);

	return err == -EINPROGRESS ? 0 : -EIO;
}

static int open_connection(enum way_to_go way, int fd)
{
	switch (way) {
	case IP6:
		return connect6(fd, NEIGHBOUR_ITS6, OPEN_PORT);
	case MAPPED:
		return connect6(fd, "::ffff:" NEIGHBOUR_ITS4, OPEN_PORT);
	case TO_ITSELF:
		return to_itself(fd);
	case REFUSED:
		return refused(fd);
	case GIVEN_UP:
	case HELD:
		return begun(fd);
	default:
		return connect4(fd, NEIGHBOUR_ITS4, OPEN_PORT);
	}
}

static int make_socket(enum way_to_go way)
{
	const int family = way == IP6 || way == MAPPED ? AF_INET6 : AF_INET;
	const int flags = way == GIVEN_UP || way == HELD ? SOCK_NONBLOCK : 0;
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	return fd < 0 ? -errno : fd;
}

static int open_and_note(struct notes *list, enum way_to_go way, int fd)
{
	struct note *note = &list->note[list->count % NOTES_MAX];
	int err;

	*note = (struct note){.way = way, .pid = getpid(), .before = traffic_now()};
	err = open_connection(way, fd);
	note->port = own_port(fd);
	note->after = traffic_now();
	list->count += !err;
	return err;
}

static int make_connection(struct notes *list, enum way_to_go way)
{
	cleanup_close int fd = make_socket(way);

	return fd < 0 ? fd : open_and_note(list, way, fd);
}

/* NULL: it is made. */
static void *make_in_thread(void *data)
{
	return make_connection(data, BY_THREAD) ? data : NULL;
}

static int make_by_thread(struct notes *list)
{
	pthread_t thread;
	void *failed;

	if (pthread_create(&thread, NULL, make_in_thread, list) || pthread_join(thread, &failed))
		return -EAGAIN;
	return failed ? -EIO : 0;
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
	static const enum way_to_go plain[] = {IP4, IP6, MAPPED, TO_ITSELF, REFUSED};
	struct notes *list = data;
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(plain); i++)
		err = make_connection(list, plain[i]);
	if (!err)
		err = make_by_thread(list);
	return err ? err : give_one_up(list);
}

/* Its process has another name by the time that it ends. */
static int hold_one(void *data)
{
	struct notes *list = data;
	cleanup_close int fd = make_socket(HELD);
	int err = fd < 0 ? fd : open_and_note(list, HELD, fd);

	if (err)
		return err;
	__atomic_store_n(&list->is_held, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&list->may_let_go, __ATOMIC_SEQ_CST))
		(void)usleep(1000);
	return prctl(PR_SET_NAME, "renamed") < 0 ? -errno : 0;
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

	return (way->port ? way->port : note->port) == number_of(line, "destination_port") &&
	       (uint64_t)note->pid == number_of(line, "pid") &&
	       !strcmp(text_of(line, "result"), way->result) &&
	       !strcmp(text_of(line, "source"), way->source) &&
	       !strcmp(text_of(line, "destination"), way->destination) &&
	       !strcmp(text_of(line, "command"), COMMAND);
}

/* What it says of time lies within what its process saw; those that were only begun end later. */
static bool time_fits(const struct note *note, const json_t *line)
{
	const uint64_t began = number_of(line, "began"), took = number_of(line, "took_ns");

	return began >= note->before && began <= note->after &&
	       began + took == number_of(line, "time") &&
	       (note->way == GIVEN_UP || note->way == HELD || began + took <= note->after);
}

static void take_event(const json_t *line, void *data)
{
	const uint64_t port = number_of(line, "source_port");
	struct notes *list = data;

	assert_int_equal(number_of(line, "cgroup"), cgroup_id);
	for (uint64_t i = 0; i < list->count; i++)
		if (list->note[i].port == port && fits(&list->note[i], line) &&
		    time_fits(&list->note[i], line)) {
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
	cgroup_id = shipped_cgroup_id(&sandbox);
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

static void hold_one_over_a_reload(void)
{
	holder = (struct traffic){.step = hold_one, .prepare = prepare, .data = notes};
	traffic_begin(&holder, 1);
	for (int i = 0; i < 10000 && !__atomic_load_n(&notes->is_held, __ATOMIC_SEQ_CST); i++)
		(void)usleep(1000);
	assert_true(notes->is_held);
	receipt_expect_no_loss(supervisor_do(&shipped.supervisor, "reload", shipped.name));
	__atomic_store_n(&notes->may_let_go, true, __ATOMIC_SEQ_CST);
	(void)traffic_end(&holder, false);
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
	hold_one_over_a_reload();
	traffic_begin(&traffic, 0);
	connect_from_elsewhere();
	shipped_reload(&shipped, &traffic);
	(void)traffic_end(&traffic, true);
	account();
}

static int clean(void **state)
{
	(void)state;
	traffic_clean(&holder);
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
