/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of executables and shared libraries. */
#pragma once

#include <stdint.h>

/*
 * Where in the file the function begins, bytes from its start: what a uprobe is placed by. Looks in
 * both symbol tables; names come without version. -ENOENT and other errors of open(2); -ENOEXEC: no
 * ELF file, or a broken one; -ESRCH: no such function, or it is defined in another file.
 */
int elf_find_function(const char *path, const char *name, uint64_t *ret);
