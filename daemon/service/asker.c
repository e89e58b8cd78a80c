/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/asker.h"

#include <systemd/sd-login.h>

#include "lib/cleanup.h"
#include "lib/utf8.h"

json_t *asker_client(int fd, const struct peer *peer)
{
	cleanup_free char *cgroup = NULL;

	/* Names of cgroups are any bytes. */
	if (sd_peer_get_cgroup(fd, &cgroup) >= 0)
		utf8_replace_invalid(cgroup);
	return json_pack("{s:s, s:I, s:I, s:s?}", "by", "client", "uid", (json_int_t)peer->uid,
			 "pid", (json_int_t)peer->pid, "cgroup", cgroup);
}

json_t *asker_daemon(const char *why)
{
	return json_pack("{s:s}", "by", why);
}
