/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/str.h"

struct prefix {
	int family; /* AF_UNSPEC: none has addresses of that size */
	size_t bytes;
	uint32_t length;
	uint8_t address[sizeof(struct in6_addr)];
};

static struct prefix prefix_of_size(size_t size)
{
	struct prefix prefix = {.bytes = size - sizeof(prefix.length)};

	if (prefix.bytes == sizeof(struct in_addr))
		prefix.family = AF_INET;
	else if (prefix.bytes == sizeof(struct in6_addr))
		prefix.family = AF_INET6;
	return prefix;
}

static bool parse(const char *text, struct prefix *prefix)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN];
	uint64_t length = 8 * prefix->bytes;

	if (str_format(address, sizeof(address), "%.*s",
		       (int)(slash ? (size_t)(slash - text) : strlen(text)), text) < 0 ||
	    inet_pton(prefix->family, address, prefix->address) != 1)
		return false;
	if (slash && str_to_u64(slash + 1, &length) < 0)
		return false;
	if (length > 8 * prefix->bytes)
		return false;
	prefix->length = (uint32_t)length;
	return true;
}

/* Returns whether there were bits behind the prefix. */
static bool clear_behind(struct prefix *prefix)
{
	bool any = false;

	for (size_t i = 0; i < prefix->bytes; i++) {
		const size_t first = 8 * i;
		const unsigned kept = prefix->length <= first ? 0
				      : prefix->length - first >= 8
					      ? 8
					      : prefix->length - (unsigned)first;
		const uint8_t mask = (uint8_t)(0xff00 >> kept);

		any |= prefix->address[i] & ~mask;
		prefix->address[i] &= mask;
	}
	return any;
}

int prefix_read(const char *text, void *key, size_t size, struct failure *reterr_failure)
{
	struct prefix prefix = prefix_of_size(size);
	char network[INET6_ADDRSTRLEN];

	if (prefix.family == AF_UNSPEC)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "key: must be an object; its %zu bytes are no IP address",
				   prefix.bytes);
	if (!parse(text, &prefix))
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "key: must be a network such as %s, or an object, not \"%s\"",
				   prefix.family == AF_INET ? "192.0.2.0/24" : "2001:db8::/32",
				   text);
	if (clear_behind(&prefix))
		return failure_set(
			reterr_failure, OUTCOME_USAGE, -EINVAL,
			"key: \"%s\" has bits behind its prefix; the network is %s/%u", text,
			inet_ntop(prefix.family, prefix.address, network, sizeof(network)),
			prefix.length);
	memcpy(key, &prefix.length, sizeof(prefix.length));
	memcpy((uint8_t *)key + sizeof(prefix.length), prefix.address, prefix.bytes);
	return 0;
}
