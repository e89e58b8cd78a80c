/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory a generation takes in the kernel. */
#pragma once

#include "daemon/loader/loading.h"

/* Bytes that the kernel accounts for the object behind the descriptor; 0 if it does not tell. */
uint64_t memory_of_fd(int fd);

/*
 * {"programs": bytes, "maps": bytes} of a loaded object, as the kernel accounts it in fdinfo
 * ("memlock"). Kept maps that were taken over are left out: they take nothing more. A new
 * reference, NULL if memory is out.
 */
json_t *memory_of(const struct loading *loading);
