/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "daemon/service/bus_state.h"
#include "daemon/service/call.h"
#include "daemon/service/methods.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/log.h"

static size_t *count_of(const struct client *client)
{
	return client->refused ? &client->bus->refused_count : &client->bus->client_count;
}

static void enlist(struct client *client)
{
	client->next = client->bus->clients;
	client->bus->clients = client;
	(*count_of(client))++;
}

static void delist(struct client *client)
{
	struct client **place = &client->bus->clients;

	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
	(*count_of(client))--;
}

void client_free(struct client *client)
{
	delist(client);
	sd_event_source_disable_unref(client->deadline);
	sd_bus_close_unref(client->connection);
	peer_deinit(&client->peer);
	free(client);
}

/* ---- its end ---- */

static void log_end(const struct client *client, const char *what)
{
	char note[SPARING_NOTE_MAX];

	if (sparing_is_due(&client->bus->dropped, clock_now_usec(CLOCK_MONOTONIC), note))
		log_warning("a client (pid %d, uid %u) %s%s", (int)client->peer.pid,
			    (unsigned)client->peer.uid, what, note);
}

/* Also where what it sent was no D-Bus: sd-bus hangs up then. */
static int client_left(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct client *client = data;

	(void)message;
	(void)error;
	if (!client->called)
		log_end(client, "left before its first call, or did not speak D-Bus");
	client_free(client);
	return 0;
}

static int client_was_silent(sd_event_source *source, uint64_t usec, void *data)
{
	struct client *client = data;

	(void)source;
	(void)usec;
	if (!client->called)
		log_end(client, "was dropped: it made no call within 15 s");
	client_free(client);
	return 0;
}

/* ---- its calls ---- */

static bool reads_its_answers(const struct client *client)
{
	uint64_t waiting;

	return sd_bus_get_n_queued_write(client->connection, &waiting) < 0 ||
	       waiting <= CLIENT_ANSWERS_MAX;
}

/* Not Hello: what comes behind it is a call whose answer busctl shows. */
static int refuse(const struct client *client, sd_bus_message *call)
{
	struct failure failure;

	if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus", "Hello"))
		return 0;
	(void)failure_set(&failure, OUTCOME_BUSY, -EBUSY,
			  "ebpfd serves %zu clients already (MaxClients=); try again when one has "
			  "left, or raise it in ebpfd.conf",
			  client->bus->client_count);
	(void)call_fail(call, &failure);
	return 1;
}

/* Sees each message before the methods do. */
static int client_speaks(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct client *client = data;

	(void)error;
	if (!sd_bus_message_is_method_call(message, NULL, NULL))
		return 0;
	client->called = true;
	if (!reads_its_answers(client)) {
		log_end(client, "was dropped: it does not read its answers");
		client_free(client);
		return 1;
	}
	/* What is refused keeps its deadline: to read that takes a moment, and not more. */
	if (client->refused)
		return refuse(client, message);
	client->deadline = sd_event_source_disable_unref(client->deadline);
	return 0;
}

/* ---- its begin ---- */

static int serve(struct client *client)
{
	sd_bus *connection = client->connection;
	sd_id128_t id;
	int err = sd_id128_randomize(&id);

	if (err >= 0)
		err = sd_bus_set_server(connection, true, id);
	if (err >= 0)
		err = sd_bus_add_filter(connection, NULL, client_speaks, client);
	if (err >= 0)
		err = methods_add(client);
	if (err >= 0)
		err = sd_bus_match_signal(connection, NULL, NULL, "/org/freedesktop/DBus/Local",
					  "org.freedesktop.DBus.Local", "Disconnected", client_left,
					  client);
	return err;
}

/* sd-bus asks for 8 MiB when it starts, which one that does not read could have the kernel hold. */
static int limit_unread(sd_bus *connection)
{
	const int bytes = CLIENT_UNREAD_MAX;
	int fd = sd_bus_get_fd(connection);

	if (fd < 0)
		return fd;
	return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) < 0 ? -errno : 0;
}

static int start(struct client *client)
{
	sd_event *event = client->bus->units->context->event;
	int err = serve(client);

	if (err >= 0)
		err = sd_bus_start(client->connection);
	if (err >= 0)
		err = limit_unread(client->connection);
	if (err >= 0)
		err = sd_bus_attach_event(client->connection, event, 0);
	if (err >= 0)
		err = sd_event_add_time_relative(event, &client->deadline, CLOCK_MONOTONIC,
						 CLIENT_SILENCE_USEC, 0, client_was_silent, client);
	return err;
}

/* The connection takes the descriptor over, but only where this succeeds. */
static int connection_new(int fd, sd_bus **ret)
{
	sd_bus *connection;
	int err = sd_bus_new(&connection);

	if (err < 0)
		return err;
	err = sd_bus_set_fd(connection, fd, fd);
	if (err < 0) {
		sd_bus_unref(connection);
		return err;
	}
	*ret = connection;
	return 0;
}

int client_new(struct bus *bus, int socket, bool refused)
{
	cleanup_close int fd = socket;
	cleanup_free struct client *client = calloc(1, sizeof(*client));
	struct client *started;
	int err;

	if (!client)
		return -ENOMEM;
	client->bus = bus;
	client->refused = refused;
	err = peer_read(fd, &client->peer);
	if (err)
		return err;
	err = connection_new(fd, &client->connection);
	if (err < 0) {
		peer_deinit(&client->peer);
		return err;
	}
	(void)TAKE_FD(fd);
	started = TAKE_PTR(client);
	enlist(started);
	err = start(started);
	if (err < 0)
		client_free(started);
	return err;
}
