/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where uprobes find what a test program probes in itself, whose symbols may be stripped. */
#pragma once

#include <stdint.h>

/* Bytes, in the file that this process runs, by the mapping that the function is in. */
uint64_t own_function_offset(const void *function);
