/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/capabilities.h"

#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/str.h"

static uint64_t effective(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	/* Fails for versions that the kernel does not know alone. */
	(void)syscall(SYS_capget, &header, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

const char *capabilities_missing(void)
{
	static const struct {
		const char *name;
		int number;
	} needed[] = {{"CAP_BPF", CAP_BPF},
		      {"CAP_PERFMON", CAP_PERFMON},
		      {"CAP_NET_ADMIN", CAP_NET_ADMIN}};
	static char names[96];
	uint64_t set = effective();

	names[0] = '\0';
	for (size_t i = 0; !(set >> CAP_SYS_ADMIN & 1) && i < ARRAY_SIZE(needed); i++)
		if (!(set >> needed[i].number & 1))
			(void)str_list_add(names, sizeof(names), needed[i].name);
	return names;
}
