/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a unit that went by last. */
#pragma once

#include <stddef.h>

#include "daemon/unit/unit.h"

/* More are not given. */
#define RECENT_MAX 10000

struct subscriber;

/*
 * Puts the last `max` lines that the subscriber wants, in the order of their time, as far as this
 * daemon has consumed them and the rings' memory still has them. -ENOMEM.
 */
int recent_put(const struct unit *unit, struct subscriber *subscriber, size_t max);
