/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks at all hooks, each DriftInterval= and whenever something happens to an interface; logs what
 * has changed, once, and begins to attach again what is to be (daemon/unit/heal.h). Units with an
 * operation under way are passed over until the next look.
 */
#pragma once

#include "daemon/unit/unit.h"

struct drift_watch;
struct notify;

/* The first look is soon. `notify` is borrowed, and told when things may have changed. Without
 * netlink there is the interval alone, which is logged. */
int drift_watch_new(struct units *units, struct notify *notify, struct drift_watch **ret);

/* Accepts NULL; returns NULL. The waiter must be gone, and all operations with it. */
struct drift_watch *drift_watch_free(struct drift_watch *watch);
