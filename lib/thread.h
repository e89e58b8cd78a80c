/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads beside a loop. */
#pragma once

#include <pthread.h>

/*
 * Starts a thread with all signals blocked: signals are for the loop. Negative errno. To be joined.
 */
int thread_start(pthread_t *ret_thread, void *(*run)(void *data), void *data);
