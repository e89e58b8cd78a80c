/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4). Of our own, because a process that lives for some milliseconds should not
 * spend most of them on a cryptographic library that sets itself up.
 */
#pragma once

#include <stddef.h>

#define SHA256_TEXT_SIZE 65 /* hexadecimal, with its NUL */

/* The digest of `size` bytes in small hexadecimal digits. */
void sha256_text(const void *data, size_t size, char ret[SHA256_TEXT_SIZE]);
