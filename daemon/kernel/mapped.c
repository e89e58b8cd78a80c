/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/mapped.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cleanup.h"

/* Takes the descriptor over, also on failure. */
static int map_value(int fd, size_t size, struct mapped *ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t length = (size + page - 1) / page * page;
	void *value = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (value == MAP_FAILED) {
		int err = -errno;

		close(fd);
		return err;
	}
	*ret = (struct mapped){.fd = fd, .value = value, .size = size, .length = length};
	return 0;
}

int mapped_create(const char *name, size_t size, struct mapped *ret)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), (uint32_t)size, 1,
				&options);

	return fd < 0 ? fd : map_value(fd, size, ret);
}

int mapped_open(const char *pin, struct mapped *ret)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	cleanup_close int fd = bpf_obj_get(pin);
	int err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (err)
		return err;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1 ||
	    !(info.map_flags & BPF_F_MMAPABLE))
		return -EINVAL;
	return map_value(TAKE_FD(fd), info.value_size, ret);
}

void mapped_deinit(struct mapped *mapped)
{
	if (mapped->value)
		munmap(mapped->value, mapped->length);
	close_and_forget(&mapped->fd);
	*mapped = MAPPED_INIT;
}
