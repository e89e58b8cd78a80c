/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/service/bus_state.h"
#include "daemon/service/methods.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/log.h"

static void client_free(struct client *client)
{
	struct client **place = &client->bus->clients;

	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
	client->bus->client_count--;
	sd_bus_close_unref(client->connection);
	peer_deinit(&client->peer);
	free(client);
}

static int client_left(sd_bus_message *message, void *data, sd_bus_error *error)
{
	(void)message;
	(void)error;
	client_free(data);
	return 0;
}

static int start_connection(struct client *client, int fd)
{
	sd_bus *connection = client->connection;
	sd_id128_t id;
	int err = sd_bus_set_fd(connection, fd, fd);

	if (err < 0) {
		close(fd);
		return err;
	}
	/* From here on the connection owns the descriptor. */
	err = sd_id128_randomize(&id);
	if (err >= 0)
		err = sd_bus_set_server(connection, true, id);
	if (err >= 0)
		err = methods_add(client);
	if (err >= 0)
		err = sd_bus_match_signal(connection, NULL, NULL, "/org/freedesktop/DBus/Local",
					  "org.freedesktop.DBus.Local", "Disconnected", client_left,
					  client);
	if (err >= 0)
		err = sd_bus_start(connection);
	if (err >= 0)
		err = sd_bus_attach_event(connection, client->bus->units->context->event, 0);
	return err;
}

static int client_init(struct client *client, struct bus *bus, int fd)
{
	int err = peer_read(fd, &client->peer);

	if (err)
		return err;
	err = sd_bus_new(&client->connection);
	if (err < 0)
		return err;
	client->bus = bus;
	client->next = bus->clients;
	bus->clients = client;
	bus->client_count++;
	return 0;
}

/* Takes the descriptor over. */
static int client_new(struct bus *bus, int socket)
{
	cleanup_close int fd = socket;
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client)
		return -ENOMEM;
	err = client_init(client, bus, fd);
	if (err < 0) {
		peer_deinit(&client->peer);
		free(client);
		return err;
	}
	err = start_connection(client, TAKE_FD(fd));
	if (err < 0)
		client_free(client);
	return err;
}

static int accept_client(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct bus *bus = data;
	cleanup_close int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int err;

	(void)source;
	(void)events;
	if (fd < 0)
		return 0; /* it left before we came */
	if (bus->client_count >= bus->units->context->settings->max_clients) {
		log_warning("a client was turned away: MaxClients=%zu are connected",
			    bus->client_count);
		return 0;
	}
	err = client_new(bus, TAKE_FD(fd));
	if (err < 0)
		log_warning("a client could not be served: %s", strerror(-err));
	return 0;
}

int bus_new(const struct bus_settings *settings, struct bus **ret)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	int err;

	if (!bus) {
		close(settings->listen_fd);
		return -ENOMEM;
	}
	bus->units = settings->units;
	bus->reload = settings->reload;
	bus->runtime_directory = settings->runtime_directory;
	bus->listen_fd = settings->listen_fd;
	bus->since_usec = clock_now_usec(CLOCK_REALTIME);
	err = sd_event_add_io(settings->units->context->event, &bus->source, bus->listen_fd,
			      EPOLLIN, accept_client, bus);
	if (err < 0) {
		bus_free(bus);
		return err;
	}
	*ret = bus;
	return 0;
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	while (bus->clients)
		client_free(bus->clients);
	sd_event_source_disable_unref(bus->source);
	close_and_forget(&bus->listen_fd);
	free(bus);
	return NULL;
}
