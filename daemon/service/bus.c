/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/figures/collector.h"
#include "daemon/service/bus_state.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/str.h"

/*
 * So many clients over MaxClients= are told at a time that they are refused. When one more comes,
 * one of them is dropped.
 */
#define REFUSED_MAX 64

static void log_turned_away(struct bus *bus, const char *why)
{
	char note[SPARING_NOTE_MAX];

	if (sparing_is_due(&bus->turned_away, clock_now_usec(CLOCK_MONOTONIC), note))
		log_warning("a client was turned away: %s%s", why, note);
}

/*
 * Who has its answer can go; then who has not even ended the handshake, because ebpfctl knows what
 * that means; last, who is between the two.
 */
static int rank_for_dropping(const struct client *client)
{
	if (client->called)
		return 2;
	return sd_bus_is_ready(client->connection) > 0 ? 0 : 1;
}

static void drop_a_refused(struct bus *bus)
{
	struct client *first = NULL;

	for (struct client *client = bus->clients; client; client = client->next)
		if (client->refused &&
		    (!first || rank_for_dropping(client) >= rank_for_dropping(first)))
			first = client;
	client_free(first);
}

/* Whether a new client is one too many. */
static bool is_full(struct bus *bus)
{
	char why[64];

	if (bus->client_count < bus->units->context->settings->max_clients)
		return false;
	(void)str_format(why, sizeof(why), "MaxClients=%zu are connected", bus->client_count);
	log_turned_away(bus, why);
	if (bus->refused_count == REFUSED_MAX)
		drop_a_refused(bus);
	return true;
}

static int accept_fd(int listen_fd)
{
	return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int open_spare(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* It would wait in the queue else, and the loop would be woken for it without end. */
static void turn_away(struct bus *bus)
{
	int fd;

	log_turned_away(bus, "no descriptor is left; raise LimitNOFILE=");
	close_and_forget(&bus->spare_fd);
	fd = accept_fd(bus->listen_fd);
	close_and_forget(&fd);
	bus->spare_fd = open_spare();
}

static int accept_client(sd_event_source *source, int listen_fd, uint32_t events, void *data)
{
	struct bus *bus = data;
	int fd = accept_fd(listen_fd), err;

	(void)source;
	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			turn_away(bus);
		return 0; /* or it left before we came */
	}
	err = client_new(bus, fd, is_full(bus));
	if (err < 0)
		log_turned_away(bus, strerror(-err));
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
	bus->collector = settings->collector;
	bus->runtime_directory = settings->runtime_directory;
	bus->listen_fd = settings->listen_fd;
	bus->spare_fd = open_spare();
	bus->since_usec = clock_now_usec(CLOCK_REALTIME);
	err = sd_event_add_io(settings->units->context->event, &bus->source, bus->listen_fd,
			      EPOLLIN, accept_client, bus);
	if (err < 0) {
		bus_free(bus);
		return err;
	}
	collector_count_clients(bus->collector, &bus->client_count);
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
	close_and_forget(&bus->spare_fd);
	free(bus);
	return NULL;
}
