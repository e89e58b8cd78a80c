/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clients SOCKET COUNT UNIT: many clients of ebpfd at once. Each connects and calls Ping; all stay.
 * Prints what became of them:
 *
 *   served=N refused=N closed=N other=N
 *
 * refused: the error that names MaxClients=. closed: without an answer. Then one of those that were
 * served calls Reload of UNIT, and "reload=done" or "reload=failed" is printed. All stay connected
 * until standard input ends. It speaks D-Bus itself: a thousand sd-bus connections in one process
 * would be slower than the daemon is patient.
 */
#include <endian.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/bus_names.h"

enum fate { UNKNOWN, SERVED, REFUSED, CLOSED, OTHER, FATES };

enum { METHOD_CALL = 1, METHOD_RETURN = 2, ERROR = 3 };

struct client {
	int fd;
	enum fate fate;
	bool called;
	char heard[2048];
	size_t length;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- D-Bus, as much of it as is needed: little-endian, strings as header fields ---- */

struct bytes {
	char data[512];
	size_t length;
};

static void add(struct bytes *bytes, const void *data, size_t length)
{
	memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

static void align(struct bytes *bytes, size_t boundary)
{
	while (bytes->length % boundary)
		bytes->data[bytes->length++] = 0;
}

static void add_u32(struct bytes *bytes, uint32_t value)
{
	value = htole32(value);
	add(bytes, &value, sizeof(value));
}

static void add_string(struct bytes *bytes, const char *text)
{
	add_u32(bytes, strlen(text));
	add(bytes, text, strlen(text) + 1);
}

static void add_field(struct bytes *bytes, char code, char type, const char *text)
{
	const char head[] = {code, 1, type, 0};

	align(bytes, 8);
	add(bytes, head, sizeof(head));
	add_string(bytes, text);
}

static void add_signature(struct bytes *bytes, const char *signature)
{
	const char head[] = {8, 1, 'g', 0, (char)strlen(signature)};

	align(bytes, 8);
	add(bytes, head, sizeof(head));
	add(bytes, signature, strlen(signature) + 1);
}

/* `body` may be empty; its signature is then left out. */
static void add_call(struct bytes *to, const char *method, const struct bytes *body)
{
	const char head[] = {'l', METHOD_CALL, 0, 1};
	struct bytes call = {0};
	uint32_t fields;

	add(&call, head, sizeof(head));
	add_u32(&call, body->length);
	add_u32(&call, 1);
	add_u32(&call, 0);
	add_field(&call, 1, 'o', BUS_PATH);
	add_field(&call, 2, 's', BUS_INTERFACE);
	add_field(&call, 3, 's', method);
	if (body->length)
		add_signature(&call, "sa{sv}");
	fields = htole32(call.length - 16);
	memcpy(call.data + 12, &fields, sizeof(fields));
	align(&call, 8);
	add(&call, body->data, body->length);
	add(to, call.data, call.length);
}

/* ---- clients ---- */

static void client_send(struct client *client, const struct bytes *bytes)
{
	if (send(client->fd, bytes->data, bytes->length, MSG_NOSIGNAL) != (ssize_t)bytes->length)
		client->fate = CLOSED;
}

static void client_begin(struct client *client, const char *path)
{
	static const char handshake[] = "\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct bytes bytes = {0};

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		die("clients: connect");
	add(&bytes, handshake, sizeof(handshake) - 1);
	client_send(client, &bytes);
}

/* What lies behind the lines of the handshake, or NULL while they are not there. */
static const char *find_messages(const struct client *client)
{
	static const char last_line[] = "AGREE_UNIX_FD\r\n";
	const char *end = memmem(client->heard, client->length, last_line, strlen(last_line));

	return end ? end + strlen(last_line) : NULL;
}

static void client_call(struct client *client)
{
	struct bytes bytes = {0};

	add_call(&bytes, "Ping", &(struct bytes){0});
	client_send(client, &bytes);
	client->called = true;
}

static enum fate fate_of(const struct client *client, const char *message)
{
	const char *end = client->heard + client->length;

	if (message[1] == METHOD_RETURN)
		return SERVED;
	return memmem(message, end - message, "MaxClients=", 11) ? REFUSED : OTHER;
}

static void client_hear(struct client *client)
{
	ssize_t length = recv(client->fd, client->heard + client->length,
			      sizeof(client->heard) - client->length, 0);
	const char *messages;

	if (length <= 0) {
		client->fate = CLOSED;
		return;
	}
	client->length += length;
	messages = find_messages(client);
	if (messages && !client->called)
		client_call(client);
	else if (messages && messages + 16 <= client->heard + client->length)
		client->fate = fate_of(client, messages);
}

static void hear_all(struct client *clients, struct pollfd *waits, size_t count)
{
	size_t waiting;

	do {
		waiting = 0;
		for (size_t i = 0; i < count; i++) {
			waits[i].fd = clients[i].fate == UNKNOWN ? clients[i].fd : -1;
			waits[i].events = POLLIN;
			waits[i].revents = 0;
			waiting += clients[i].fate == UNKNOWN;
		}
		if (waiting > 0 && poll(waits, count, -1) < 0)
			die("clients: poll");
		for (size_t i = 0; i < count; i++)
			if (waits[i].revents)
				client_hear(&clients[i]);
	} while (waiting > 0);
}

static void print_fates(const struct client *clients, size_t count)
{
	size_t fates[FATES] = {0};

	for (size_t i = 0; i < count; i++)
		fates[clients[i].fate]++;
	printf("served=%zu refused=%zu closed=%zu other=%zu\n", fates[SERVED], fates[REFUSED],
	       fates[CLOSED], fates[OTHER]);
	(void)fflush(stdout);
}

/* Its signals come before the answer. */
static bool reload(struct client *client, const char *unit)
{
	struct bytes body = {0}, call = {0};
	char heard[65536];
	ssize_t length = 0, got;

	add_string(&body, unit);
	align(&body, 4);
	add_u32(&body, 0);
	align(&body, 8);
	add_call(&call, "Reload", &body);
	client_send(client, &call);
	while ((got = recv(client->fd, heard + length, sizeof(heard) - length, 0)) > 0) {
		length += got;
		if (memmem(heard, length, "org.ebpfd.Error", 15))
			return false;
		if (memmem(heard, length, "\"operation\":\"reload\"", 20))
			return true;
	}
	return false;
}

static void reload_by_one(struct client *clients, size_t count, const char *unit)
{
	for (size_t i = 0; i < count; i++)
		if (clients[i].fate == SERVED) {
			printf("reload=%s\n", reload(&clients[i], unit) ? "done" : "failed");
			(void)fflush(stdout);
			return;
		}
}

int main(int argc, char **argv)
{
	size_t count = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	struct client *clients;
	struct pollfd *waits;

	if (count == 0) {
		(void)fputs("usage: clients SOCKET COUNT UNIT\n", stderr);
		return 2;
	}
	clients = calloc(count, sizeof(*clients));
	waits = calloc(count, sizeof(*waits));
	if (!clients || !waits)
		die("clients");
	for (size_t i = 0; i < count; i++)
		client_begin(&clients[i], argv[1]);
	hear_all(clients, waits, count);
	print_fates(clients, count);
	reload_by_one(clients, count, argv[3]);
	while (getchar() != EOF)
		;
	return 0;
}
