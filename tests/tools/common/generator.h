/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the traffic generators of tests and demo share: they run until they are told to stop
 * (SIGTERM, SIGINT) or have made all they were asked for, in bursts at a steady rate, and print
 * what they made.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Stops at SIGTERM and SIGINT: from then on generator_goes_on() is false. */
void generator_catch_signals(void);

/*
 * Waits so that `made` events take made / rate seconds since the first call. False: it is time to
 * stop, by a signal (not before `at_least`), or because `made` reached `count` (0: no limit).
 */
bool generator_goes_on(uint64_t made, uint64_t rate, uint64_t at_least, uint64_t count);

/* A decimal argument, or the end of the program with a message that names it. */
uint64_t generator_number(const char *program, const char *what, const char *text);
