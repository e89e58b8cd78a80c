/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/own_function.h"

#include <limits.h>
#include <stdio.h>

#include "lib/cleanup.h"
#include "tests/unit/expect.h"

uint64_t own_function_offset(const void *function)
{
	cleanup_fclose FILE *maps = fopen("/proc/self/maps", "re");
	const uint64_t address = (uint64_t)(uintptr_t)function;
	uint64_t begin, end, offset;
	char line[PATH_MAX + 128];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &begin, &end, &offset) == 3 &&
		    address >= begin && address < end)
			return address - begin + offset;
	fail_msg("the function is in no mapping");
	return 0;
}
