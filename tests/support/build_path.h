/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things of the same build as the running test are. */
#pragma once

#include <stddef.h>

/*
 * Writes the path of `name`, such as "bpf/entry.bpf.o", below the folder that this test was built
 * into. Ends the process if that cannot be found out, since no test can go on.
 */
void build_path(const char *name, char *ret, size_t size);
