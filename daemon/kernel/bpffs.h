/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root directory in bpffs, its lock, and names below it:
 *
 *   ROOT/UNIT/{selector,ledger}
 *   ROOT/UNIT/hooks/PLACE/{slots,entry,neutral,link,at-NUMBER}
 *   ROOT/UNIT/gen-N/{manifest,progs/NAME,maps/NAME}
 *   ROOT/UNIT/maps/NAME                  kept maps of the active generation, for people and tools
 *   ROOT/shared/NAME                     maps that several units share, for people and tools
 *   ROOT/gone-UNIT-…                     an unloaded unit on its way out
 *
 * The root directory itself is never removed: the lock is on it. A pin's last unlink may detach a
 * program and so wait; such calls belong on the waiter.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/macro.h"
#include "lib/outcome.h"

#define PIN_PATH_MAX PATH_MAX

/* Room for the name of a unit's directory: the unit's own, or gone-… with it and a number. */
#define UNIT_DIRECTORY_MAX 96

/* Writes "ROOT/FORMAT…"; paths below the root are bounded by legal names, so that they always fit.
 */
void pin_path(char path[PIN_PATH_MAX], const char *root, const char *format, ...) PRINTF_LIKE(3, 4);

/*
 * Opens the root directory, making it if its parent is bpffs. A root that is on no bpffs is refused
 * with the way out, as are one that is read-only and one that the process may not write.
 */
int bpffs_open_root(const char *root, int *ret_fd, struct failure *reterr_failure);

/*
 * Takes the writers' lock (flock on the root directory) without waiting. -EWOULDBLOCK if another
 * has it; the failure tells the pid of who took it, where /proc/locks does. A loader inherits the
 * descriptor and with it the lock: after its daemon was killed, the lock is held although who took
 * it is gone. *ret_holder_lives says which, and is written with -EWOULDBLOCK.
 */
int bpffs_lock(int root_fd, const char *root, bool *ret_holder_lives,
	       struct failure *reterr_failure);

/* mkdir() that is content with a directory that is there. */
int bpffs_make_directory(const char *path);

/* Pins `fd`'s object under `path`; an error that names the path. */
int bpffs_pin(int fd, const char *path, struct failure *reterr_failure);

/* Removes a directory with everything below. -ENOENT is no error. */
int bpffs_remove_tree(const char *path);

/* Detaches a pinned link, as far as the kernel does at once, and unpins it. */
int bpffs_remove_link(const char *path);

/* Detaches the links of a unit's hooks, as far as the kernel does at once, and unpins them. */
int bpffs_remove_links(const char *unit_path);

/*
 * Removes a unit's directory in the order that never leaves an entry without its slots: links
 * first, then entries, then all else.
 */
int bpffs_remove_unit(const char *path);

/*
 * A map's or program's name as a pin: '.' becomes '-', which no C identifier holds, so that no two
 * names meet. -ENAMETOOLONG.
 */
int bpffs_encode_name(const char *name, char *buffer, size_t size);
