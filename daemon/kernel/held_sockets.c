/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/held_sockets.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/kernel/packet_socket.h"
#include "daemon/kernel/places.h"
#include "lib/cleanup.h"

struct held {
	struct anchor anchor;
	int fd;
	bool claimed;
};

static struct {
	pthread_mutex_t lock;
	const struct held_sockets_keeper *keeper;
	struct held *all;
	size_t count;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

void held_sockets_set_keeper(const struct held_sockets_keeper *keeper)
{
	table.keeper = keeper;
}

bool held_sockets_outlive(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

static void name_of(const struct anchor *anchor, char name[64])
{
	(void)snprintf(name, 64, HELD_SOCKET_PREFIX "%" PRIu64, anchor->cookie);
}

static void keep(const struct held *held)
{
	char name[64];

	name_of(&held->anchor, name);
	if (table.keeper)
		table.keeper->keep(name, held->fd);
}

static void let_go(struct held *held)
{
	char name[64];

	name_of(&held->anchor, name);
	packet_socket_mute(held->fd);
	if (table.keeper)
		table.keeper->forget(name);
	close_and_forget(&held->fd);
}

/* ---- the table, under its lock ---- */

static int append(const struct held *held)
{
	struct held *all = reallocarray(table.all, table.count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	table.all = all;
	all[table.count++] = *held;
	return 0;
}

static struct held *find(uint64_t cookie)
{
	for (size_t i = 0; i < table.count; i++)
		if (table.all[i].anchor.cookie == cookie)
			return &table.all[i];
	return NULL;
}

static struct held take_out(struct held *held)
{
	struct held taken = *held;

	*held = table.all[--table.count];
	return taken;
}

static void lock(void)
{
	(void)pthread_mutex_lock(&table.lock);
}

static void unlock(void)
{
	(void)pthread_mutex_unlock(&table.lock);
}

/* ---- while the daemon runs ---- */

int held_sockets_add(const struct anchor *anchor, int fd)
{
	const struct held held = {.anchor = *anchor, .fd = fd, .claimed = true};
	int err;

	lock();
	err = append(&held);
	unlock();
	if (!err)
		keep(&held);
	return err;
}

bool held_sockets_find(uint32_t program, struct anchor *ret)
{
	bool found = false;

	lock();
	for (size_t i = 0; !found && i < table.count; i++) {
		found = table.all[i].anchor.program == program;
		if (found)
			*ret = table.all[i].anchor;
	}
	unlock();
	return found;
}

void held_sockets_release(const struct anchor *anchor)
{
	struct held taken = {.fd = -1};
	struct held *held;

	lock();
	held = find(anchor->cookie);
	if (held)
		taken = take_out(held);
	unlock();
	/* Closing waits: not under the lock. */
	if (taken.fd >= 0)
		let_go(&taken);
}

/* ---- at the start ---- */

const char *held_sockets_offer(int fd)
{
	struct held held = {.fd = fd};
	int err = packet_socket_identify(fd, &held.anchor);

	if (err == -ENOTSOCK)
		return "is no packet socket";
	if (!err && find(held.anchor.cookie))
		return "is there twice";
	if (!err)
		err = append(&held);
	return err ? "cannot be taken over" : NULL;
}

static void claim(const struct unit_pins *pins, const char *place)
{
	char path[PIN_PATH_MAX];
	cleanup_close int fd = -1;
	struct anchor anchor;
	struct held *held;

	place_path(pins, place, "link", path);
	fd = bpf_obj_get(path);
	if (fd < 0 || anchor_read(fd, &anchor) < 0 || anchor.kind != ANCHOR_SOCKET)
		return;
	held = find(anchor.cookie);
	if (!held)
		return;
	held->anchor = anchor;
	held->claimed = true;
	keep(held);
}

void held_sockets_claim(const struct unit_pins *pins)
{
	cleanup_places struct places places = PLACES_INIT;

	if (places_read(pins, NULL, NULL, &places, NULL) < 0)
		return;
	for (size_t i = 0; i < places.count; i++)
		if (places.all[i].is_anchored)
			claim(pins, places.all[i].name);
}

size_t held_sockets_drop_unclaimed(void)
{
	size_t dropped = 0;

	for (size_t i = 0; i < table.count;) {
		struct held taken;

		if (table.all[i].claimed) {
			i++;
			continue;
		}
		taken = take_out(&table.all[i]);
		let_go(&taken);
		dropped++;
	}
	return dropped;
}

void held_sockets_deinit(void)
{
	for (size_t i = 0; i < table.count; i++)
		close_and_forget(&table.all[i].fd);
	free(table.all);
	table.all = NULL;
	table.count = 0;
}
