/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WatchUnits=: a change in the folder of unit files is applied by itself, see inotify(7). */
#pragma once

#include <systemd/sd-event.h>

struct daemon_reload;
struct units_watch;

/*
 * Begins to watch the directory for `reload`, which is borrowed. A change calls it when no other
 * has come for half a second: files are written piece by piece, and several may belong together.
 * -ENOENT and the like where the directory cannot be watched.
 */
int units_watch_new(sd_event *event, const char *directory, struct daemon_reload *reload,
		    struct units_watch **ret);

/* Accepts NULL; returns NULL. */
struct units_watch *units_watch_free(struct units_watch *watch);
