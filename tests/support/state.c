/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/state.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int state_make(void **state)
{
	static char path[32];

	*state = mkdtemp(strcpy(path, "/tmp/ebpfd-test-XXXXXX"));
	return *state ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

int state_remove(void **state)
{
	return nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *state_digest(unsigned i)
{
	static char digests[16][65];
	char *digest = digests[i % 16];

	memset(digest, "0123456789abcdef"[i % 16], 64);
	return digest;
}

void state_write(const char *directory, const char *name, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	for (size_t i = 0; file && i < size; i++)
		putc('x', file);
	if (!file || fclose(file) != 0)
		abort();
}

bool state_has(const char *directory, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}
