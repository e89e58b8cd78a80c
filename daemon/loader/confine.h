/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader may do once it reads the object, which nobody vouches for: bytes of it go through
 * libelf, libbpf and our own reading of its types, with the privileges that loading takes. What the
 * kernel cannot limit is left out, which `ebpfctl doctor` says.
 */
#pragma once

#include "daemon/loader/loading.h"

/*
 * For the rest of this process, which has a single thread: no file but those of confine_files(), no
 * system call but those of confine_calls(). Adds to the report's notes where files cannot be
 * limited. On failure the object must not be read.
 */
int confine(struct loading *loading, struct failure *reterr_failure);

/* The same where no unit file goes with the object: no pins, no store, and no files but to be read.
 */
int confine_without_unit(struct failure *reterr_failure);

/*
 * Leaves, by Landlock (Linux 5.13): the unit's pins and the folder of request->store, to be
 * changed; and to be read /proc and /sys, /usr, and the cgroups and files that the unit file's
 * hooks name. What is open stays open. A confined process cannot ask for what belongs to another
 * either, such as its network namespace (ptrace(2)). 0 or a negative errno.
 */
int confine_files(const struct loading *loading);

/*
 * Leaves, by seccomp: reading and writing files, memory that is not run, bpf(2) and perf events,
 * and sockets of AF_UNIX, that tell the numbers of interfaces; with hooks of kind tc in the unit
 * file, netlink too. Other calls fail with EPERM: programs and processes cannot be started, others
 * not be sent signals, and nothing be connected. 0 or a negative errno.
 */
int confine_calls(const struct loading *loading);
