/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hooks/tracefs.h"

#include <limits.h>
#include <unistd.h>

#include "lib/macro.h"
#include "lib/str.h"

const char *tracefs_mount(void)
{
	static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		char path[PATH_MAX];

		if (str_format(path, sizeof(path), "%s/events", mounts[i]) == 0 &&
		    access(path, F_OK) == 0)
			return mounts[i];
	}
	return NULL;
}
