/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/netkit.h"

#include <errno.h>
#include <net/if.h>
#include <stddef.h>

#include "lib/macro.h"
#include "tests/support/command.h"

/*
 * The ip(8) of Debian 12 does not know netkit: it can name the type, and not the peer, which the
 * kernel then calls by the first of these that is free (drivers/net/netkit.c).
 */
#define PEER_AT_FIRST "nk0"

int netkit_make(void)
{
	static const char *const ends[] = {NETKIT_PRIMARY, NETKIT_PEER};

	if (command_run("ip", "link", "add", NETKIT_PRIMARY, "type", "netkit", NULL) ||
	    command_run("ip", "link", "set", PEER_AT_FIRST, "name", NETKIT_PEER, NULL))
		return -EIO;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		/* A kernel without IPv6 sends nothing of its own. */
		(void)command_run("ip", "link", "set", ends[i], "addrgenmode", "none", NULL);
		if (command_run("ip", "link", "set", ends[i], "up", NULL))
			return -EIO;
	}
	return 0;
}

void netkit_remove(void)
{
	if (if_nametoindex(NETKIT_PRIMARY))
		(void)command_run("ip", "link", "del", NETKIT_PRIMARY, NULL);
}
