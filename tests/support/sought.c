/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sought.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bpf/life_probe_values.h"

static int file = -1;

int sought_prepare(void *data)
{
	(void)data;
	file = memfd_create("sought", MFD_CLOEXEC);
	return file < 0 ? -errno : 0;
}

int sought_by_lseek(void *data)
{
	(void)data;
	return lseek(file, LIFE_OFFSET, SEEK_SET) == LIFE_OFFSET ? 0 : -errno;
}

/* No file has an ioctl 0. */
int sought_by_ioctl(void *data)
{
	(void)data;
	return ioctl(file, 0, LIFE_OFFSET) < 0 && errno == ENOTTY ? 0 : -EEXIST;
}
