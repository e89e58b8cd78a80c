/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a service manager is told, see sd_notify(3). Without one, nothing happens. */
#pragma once

#include "daemon/unit/operation.h"

struct notify;

/* 0 or a negative errno. */
int notify_new(const struct units *units, struct notify **ret);
/* Accepts NULL; returns NULL. */
struct notify *notify_free(struct notify *notify);

/* RELOADING=1. A notify_ready() follows, whatever happens, or the daemon stops. */
void notify_reloading(void);

/* READY=1, with the status; again until there is room for it. */
void notify_ready(struct notify *notify);

/* STOPPING=1, and nothing after that. */
void notify_stopping(struct notify *notify);

/*
 * The status may be another one now: it is told if so, soon. However often this is called, there
 * are no more messages than one in NOTIFY_PAUSE_USEC, and the last one has it all.
 */
#define NOTIFY_PAUSE_USEC 100000
/* And where the manager had no room for one, as long as this until the next. */
#define NOTIFY_AGAIN_USEC 1000000
void notify_changed(struct notify *notify);

/* The same, after an operation. */
void notify_operation_ended(struct notify *notify, const struct operation_end *end);
