/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/listen_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "lib/str.h"

static int parse_port(const char *text, in_port_t *ret)
{
	uint64_t port;

	if (str_to_u64(text, &port) < 0 || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	*ret = htons((uint16_t)port);
	return 0;
}

static int parse_ip4(const char *host, in_port_t port, struct listen_address *ret)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = port};

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
		return -EINVAL;
	memcpy(&ret->socket, &address, sizeof(address));
	ret->length = sizeof(address);
	return 0;
}

static int parse_ip6(const char *host, in_port_t port, struct listen_address *ret)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = port};

	if (inet_pton(AF_INET6, host, &address.sin6_addr) != 1)
		return -EINVAL;
	memcpy(&ret->socket, &address, sizeof(address));
	ret->length = sizeof(address);
	return 0;
}

int listen_address_parse(const char *text, struct listen_address *ret)
{
	bool is_ip6 = text[0] == '[';
	const char *end = is_ip6 ? strstr(text, "]:") : strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	size_t length;
	in_port_t port;

	if (!end)
		return -EINVAL;
	length = (size_t)(end - text) - is_ip6;
	if (length >= sizeof(host) || parse_port(end + 1 + is_ip6, &port) < 0)
		return -EINVAL;
	memcpy(host, text + is_ip6, length);
	host[length] = '\0';
	return is_ip6 ? parse_ip6(host, port, ret) : parse_ip4(host, port, ret);
}
