/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way to do something of a test in a process of its own. Such a process never comes back
 * into cmocka, which would run the tests that are left a second time there: what `work` returns is
 * its exit status, and an assertion that fails within says so and ends it by SIGABRT.
 */
#pragma once

#include <sys/types.h>

/* Runs `work`, which returns 0 where it succeeds. The process, or a negative errno. */
pid_t child_start(int (*work)(void *data), void *data);

/* Waits for its end: 0, -EIO if it failed or a signal ended it, or another negative errno. */
int child_wait(pid_t child);

/* Ends it, where it still runs, and waits. Idempotent: `child` is 0 then. */
void child_kill(pid_t *child);
