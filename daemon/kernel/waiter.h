/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The waiter: one thread for calls that may wait (barrier, link updates, last unpins), so that the
 * loop never does. Work runs in the order of submission; its result comes back on the loop.
 */
#pragma once

#include <systemd/sd-event.h>

struct waiter;

/* On the thread. Must touch nothing that the loop may change meanwhile. */
typedef int (*waiter_work_fn)(void *data);
/* On the loop, with what the work returned. */
typedef void (*waiter_done_fn)(void *data, int result);

int waiter_new(sd_event *event, struct waiter **ret);

/* Accepts NULL; returns NULL. Lets work that has begun end; drops the rest without calling back. */
struct waiter *waiter_free(struct waiter *waiter);

/* `done` is called exactly once, also where the work failed. -ENOMEM. */
int waiter_submit(struct waiter *waiter, waiter_work_fn work, waiter_done_fn done, void *data);
