/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The kernel keeps the primary group apart from the supplementary ones. */
static int read_groups(int fd, gid_t primary, struct peer *peer)
{
	socklen_t length = 0;

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length);
	peer->groups = malloc(length + sizeof(gid_t));
	if (!peer->groups)
		return -ENOMEM;
	if (length > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &length) < 0)
		return -errno;
	peer->group_count = length / sizeof(gid_t);
	peer->groups[peer->group_count++] = primary;
	return 0;
}

int peer_read(int fd, struct peer *ret)
{
	struct peer peer = {0};
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	int err;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return -errno;
	peer.pid = credentials.pid;
	peer.uid = credentials.uid;
	err = read_groups(fd, credentials.gid, &peer);
	if (err) {
		peer_deinit(&peer);
		return err;
	}
	*ret = peer;
	return 0;
}

void peer_deinit(struct peer *peer)
{
	free(peer->groups);
	*peer = (struct peer){0};
}

bool peer_may_change(const struct peer *peer, const char *reload_group)
{
	const struct group *group;

	if (peer->uid == 0)
		return true;
	group = reload_group ? getgrnam(reload_group) : NULL;
	for (size_t i = 0; group && i < peer->group_count; i++)
		if (peer->groups[i] == group->gr_gid)
			return true;
	return false;
}
