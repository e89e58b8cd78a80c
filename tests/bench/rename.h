/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number as the name of a thread: a byte that no name begins with, then 7 bits a byte. */
#pragma once

#include <linux/types.h>

#define RENAME_MAGIC  1
#define RENAME_LENGTH 8

/* No byte of it is NUL. */
static inline void rename_compose(__u64 number, unsigned char name[RENAME_LENGTH])
{
	name[0] = RENAME_MAGIC;
	for (int i = 1; i < RENAME_LENGTH; i++, number >>= 7)
		name[i] = 0x80 | (number & 0x7f);
}

static inline __u64 rename_number(const unsigned char name[RENAME_LENGTH])
{
	__u64 number = 0;

	for (int i = RENAME_LENGTH - 1; i > 0; i--)
		number = number << 7 | (name[i] & 0x7f);
	return number;
}
