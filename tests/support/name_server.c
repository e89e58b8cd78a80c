/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/name_server.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is behind the header: the first label, with its length before it. */
#define FIRST_LABEL (sizeof(HEADER) + 1)

struct exchange {
	int fd;
	struct sockaddr_in6 from;
	unsigned char packet[NAME_SERVER_BIG];
	size_t length;
};

static bool asks_for(const struct exchange *exchange, const char *word)
{
	return exchange->length > FIRST_LABEL + strlen(word) &&
	       memcmp(exchange->packet + FIRST_LABEL, word, strlen(word)) == 0;
}

static void send_back(const struct exchange *exchange, size_t length)
{
	(void)sendto(exchange->fd, exchange->packet, length, 0,
		     (const struct sockaddr *)&exchange->from, sizeof(exchange->from));
}

static void answer(struct exchange *exchange)
{
	HEADER *header = (HEADER *)exchange->packet;

	if (exchange->length < sizeof(*header) || asks_for(exchange, "silent"))
		return;
	if (asks_for(exchange, "echo"))
		send_back(exchange, exchange->length);
	header->qr = 1;
	header->ancount = htons(asks_for(exchange, "big"));
	header->rcode = asks_for(exchange, "nx") ? ns_r_nxdomain : ns_r_noerror;
	if (asks_for(exchange, "late"))
		(void)usleep(NAME_SERVER_LATE_MSEC * 1000);
	if (asks_for(exchange, "cut"))
		send_back(exchange, sizeof(*header) + 2);
	send_back(exchange, asks_for(exchange, "big") ? NAME_SERVER_BIG : exchange->length);
	if (asks_for(exchange, "twice")) {
		header->id = (uint16_t)~header->id;
		send_back(exchange, exchange->length);
	}
}

void name_server_run(int ready)
{
	const struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	struct exchange exchange = {.fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

	if (exchange.fd < 0 ||
	    bind(exchange.fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(1);
	(void)close(ready);
	for (;;) {
		socklen_t size = sizeof(exchange.from);
		ssize_t length;

		memset(exchange.packet, 0, sizeof(exchange.packet));
		length = recvfrom(exchange.fd, exchange.packet, sizeof(exchange.packet), 0,
				  (struct sockaddr *)&exchange.from, &size);
		exchange.length = length > 0 ? (size_t)length : 0;
		answer(&exchange);
	}
}
