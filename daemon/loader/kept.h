/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a kept map can go on under a new object. */
#pragma once

#include "daemon/loader/layout.h"
#include "daemon/loader/loading.h"

/*
 * Compares the kept map behind `fd` with what the new object declares: type, sizes, flags, and key
 * and value deeply by BTF where both have it. 0: it can be taken over. 1: it cannot, and `text`
 * says what changed. Negative errno of the kernel.
 */
int kept_compare(const struct loading *loading, const struct bpf_map *map, int fd,
		 char text[LAYOUT_TEXT_MAX]);

/*
 * Entries that stay behind when a kept map is reset. Arrays count as full. Walks the whole of a
 * hash: a long one takes long. -EOPNOTSUPP for types that cannot be walked.
 */
int64_t kept_count_entries(int fd);
