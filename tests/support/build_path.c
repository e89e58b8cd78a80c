/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/build_path.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void build_path(const char *name, char *ret, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int written = -1;

	if (length > 0) {
		self[length] = '\0';
		/* BUILD/tests/integration/NAME */
		written = snprintf(ret, size, "%s/%s", dirname(dirname(dirname(self))), name);
	}
	if (written < 0 || (size_t)written >= size) {
		fprintf(stderr, "cannot find %s of this build\n", name);
		exit(EXIT_FAILURE);
	}
}
