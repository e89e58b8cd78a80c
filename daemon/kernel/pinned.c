/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/pinned.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/held_event.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

const char *pin_kind_name(enum pin_kind kind)
{
	static const char *const names[PIN_KIND_MAX_] = {
		[PIN_MISSING] = "missing", [PIN_DIRECTORY] = "directory", [PIN_MAP] = "map",
		[PIN_PROGRAM] = "program", [PIN_LINK] = "link",		  [PIN_OTHER] = "other"};

	return names[kind];
}

bool pinned_attaches(const struct pinned *pinned)
{
	return pinned->kind == PIN_LINK || pinned->holds_event || pinned->is_anchor;
}

int pinned_open(const char *path)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
	int fd = bpf_obj_get_opts(path, &options);

	return fd == -EINVAL ? bpf_obj_get(path) : fd;
}

/*
 * The kernel's name of a descriptor is the only place that tells its kind (kernel/bpf/syscall.c has
 * two for links, by how the descriptor came to be).
 */
enum pin_kind pinned_kind(int fd)
{
	static const struct {
		const char *name;
		enum pin_kind kind;
	} kinds[] = {{"anon_inode:bpf-map", PIN_MAP},
		     {"anon_inode:bpf-prog", PIN_PROGRAM},
		     {"anon_inode:bpf-link", PIN_LINK},
		     {"anon_inode:bpf_link", PIN_LINK}};
	char path[64], name[64];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, name, sizeof(name) - 1);
	name[length > 0 ? length : 0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].kind;
	return PIN_OTHER;
}

static void look_at_map(int fd, const struct bpf_map_info *info, struct pinned *ret)
{
	struct anchor anchor;

	ret->holds_event = held_event_is_map(info);
	ret->is_anchor = anchor_is_map(info);
	if (ret->is_anchor && anchor_read(fd, &anchor) == 0)
		ret->program_id = anchor.program;
}

static int look_at(int fd, struct pinned *ret)
{
	union {
		struct bpf_map_info map;
		struct bpf_prog_info program;
		struct bpf_link_info link;
	} info;
	uint32_t length = sizeof(info);
	int err;

	memset(&info, 0, sizeof(info));
	*ret = (struct pinned){.kind = pinned_kind(fd)};
	if (ret->kind == PIN_OTHER)
		return 0;
	length = ret->kind == PIN_MAP	    ? sizeof(info.map)
		 : ret->kind == PIN_PROGRAM ? sizeof(info.program)
					    : sizeof(info.link);
	err = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (err)
		return err;
	if (ret->kind == PIN_LINK)
		ret->program_id = info.link.prog_id;
	ret->id = ret->kind == PIN_MAP	     ? info.map.id
		  : ret->kind == PIN_PROGRAM ? info.program.id
					     : info.link.id;
	if (ret->kind == PIN_MAP)
		look_at_map(fd, &info.map, ret);
	return 0;
}

int pinned_look(const char *path, struct pinned *ret)
{
	cleanup_close int fd = -1;
	struct stat status;

	if (lstat(path, &status) < 0) {
		*ret = (struct pinned){.kind = PIN_MISSING};
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	}
	*ret = (struct pinned){.kind = S_ISDIR(status.st_mode) ? PIN_DIRECTORY : PIN_OTHER};
	if (!S_ISREG(status.st_mode))
		return 0;
	fd = pinned_open(path);
	if (fd == -EPERM || fd == -EACCES)
		return fd;
	return fd < 0 ? 0 : look_at(fd, ret);
}

int pinned_read_value(const char *path, char **ret, size_t *ret_size)
{
	cleanup_close int fd = pinned_open(path);
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info), zero = 0;
	cleanup_free char *value = NULL;
	int err;

	if (fd < 0)
		return fd;
	if (pinned_kind(fd) != PIN_MAP)
		return -EINVAL;
	err = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (err)
		return err;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1)
		return -EINVAL;
	/* The kernel copies whole multiples of 8 bytes (kernel/bpf/syscall.c,
	 * bpf_map_value_size()). */
	value = calloc(1, info.value_size + 16);
	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &zero, value);
	if (err)
		return err;
	*ret_size = info.value_size;
	*ret = TAKE_PTR(value);
	return 0;
}
