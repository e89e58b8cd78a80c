/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * renames RATE AT_LEAST [COUNT]: gives its thread a number as name (tests/bench/rename.h), RATE
 * times a second, until it is told to stop and AT_LEAST are given, or COUNT are. Prints how many.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "tests/bench/rename.h"
#include "tests/tools/common/generator.h"

/* Names between two looks at the clock. */
#define BURST 16

int main(int argc, char **argv)
{
	uint64_t rate, at_least, count, given = 0;
	unsigned char name[RENAME_LENGTH + 1] = {0};

	if (argc != 3 && argc != 4) {
		(void)fputs("usage: renames RATE AT_LEAST [COUNT]\n", stderr);
		return 2;
	}
	rate = generator_number("renames", "RATE", argv[1]);
	at_least = generator_number("renames", "AT_LEAST", argv[2]);
	count = argc == 4 ? generator_number("renames", "COUNT", argv[3]) : 0;
	generator_catch_signals();
	while (generator_goes_on(given, rate, at_least, count))
		for (int i = 0; i < BURST && !(count && given == count); i++) {
			rename_compose(++given, name);
			(void)prctl(PR_SET_NAME, name);
		}
	(void)printf("%" PRIu64 "\n", given);
	return 0;
}
