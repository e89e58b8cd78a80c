/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of keys and values as the object declares them. For maps of maps and some others libbpf
 * gives the kernel no types with the map; but those of the object, which it has with the programs,
 * hold each map's declaration, in the section .maps.
 */
#pragma once

#include <stdbool.h>

#include "daemon/events/decode_entry.h"

struct btf;

/*
 * Sets the types of both parts of the map, or with `of_inner` of the maps in it, or 0 where the
 * declaration has none or one of another size. NULL where there are no types or no such
 * declaration; else btf__free() it.
 */
struct btf *declared_types(int program_fd, const char *map, bool of_inner,
			   struct entry_settings *entry);
