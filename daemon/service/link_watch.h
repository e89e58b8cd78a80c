/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells when something happens to an interface of this network namespace, see rtnetlink(7). */
#pragma once

#include <systemd/sd-event.h>

struct link_watch;

/* Called on the loop; several changes may be one call. */
typedef void (*link_watch_fn)(void *data);

int link_watch_new(sd_event *event, link_watch_fn changed, void *data, struct link_watch **ret);

/* Accepts NULL; returns NULL. */
struct link_watch *link_watch_free(struct link_watch *watch);
