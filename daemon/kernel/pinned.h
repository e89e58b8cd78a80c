/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at what lies in bpffs without changing it, whatever it is and whoever put it there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pin_kind {
	PIN_MISSING,
	PIN_DIRECTORY,
	PIN_MAP,
	PIN_PROGRAM,
	PIN_LINK,
	PIN_OTHER, /* no BPF object: a symbolic link, a pin that cannot be opened */
	PIN_KIND_MAX_,
};

/* "map", "program", … */
const char *pin_kind_name(enum pin_kind kind);

struct pinned {
	enum pin_kind kind;
	uint32_t id;	     /* the kernel's; 0: none */
	uint32_t program_id; /* that a link runs; that an anchor is for, whatever runs there */
	bool holds_event;    /* a map that stands for a link (held_event.h) */
	bool is_anchor;	     /* the same (anchor.h) */
};

/* Of a descriptor: PIN_OTHER for one that is of no BPF object. */
enum pin_kind pinned_kind(int fd);

/* Whether it is a link, or stands for one. */
bool pinned_attaches(const struct pinned *pinned);

/*
 * Opens a pin for reading alone, where its kind allows that: a link has no such way
 * (kernel/bpf/inode.c, bpf_obj_get_user()). A descriptor or a negative errno.
 */
int pinned_open(const char *path);

/*
 * Says what lies there; symbolic links are not followed. 0 also for what is no BPF object or not
 * there; -EPERM and -EACCES where this process may not know.
 */
int pinned_look(const char *path, struct pinned *ret);

/*
 * The value of a one-entry array, the caller's to free, with at least 8 zero bytes behind it.
 * -EINVAL for any other map.
 */
int pinned_read_value(const char *path, char **ret, size_t *ret_size);
