/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/common/generator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/str.h"

static volatile sig_atomic_t asked_to_stop;

static void remember_stop(int signal)
{
	(void)signal;
	asked_to_stop = 1;
}

void generator_catch_signals(void)
{
	struct sigaction action = {.sa_handler = remember_stop};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static uint64_t now_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void keep_pace(uint64_t made, uint64_t rate)
{
	static uint64_t began;
	uint64_t due, now = now_nsec();

	if (!began)
		began = now;
	due = began + made * 1000000000 / rate;
	if (due > now) {
		struct timespec pause = {.tv_sec = (time_t)((due - now) / 1000000000),
					 .tv_nsec = (long)((due - now) % 1000000000)};

		(void)nanosleep(&pause, NULL);
	}
}

bool generator_goes_on(uint64_t made, uint64_t rate, uint64_t at_least, uint64_t count)
{
	if (count && made >= count)
		return false;
	keep_pace(made, rate);
	return !(asked_to_stop && made >= at_least);
}

uint64_t generator_number(const char *program, const char *what, const char *text)
{
	uint64_t value;

	if (str_to_u64(text, &value) == 0)
		return value;
	(void)fprintf(stderr, "%s: %s must be a number, not \"%s\"\n", program, what, text);
	exit(2);
}
