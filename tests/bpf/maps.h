/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types of keys and values of tests/bpf/maps.bpf.c. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

enum level { LEVEL_NONE, LEVEL_LOW = 5, LEVEL_HIGH = 9 };

struct peer {
	__u32 address;
	__u16 port;
	char name[10];
};

struct all {
	__s8 tiny;
	__u8 byte;
	__s16 small;
	__u32 middle;
	__s64 large;
	__u64 huge;
	bool flag;
	enum level level;
	__u32 low : 3, high : 5;
	__s32 below : 4;
	__u16 list[3];
	__u8 raw[4];
	char text[8];
	struct {
		__u32 inner;
	} nested;
	union {
		__u32 left;
		__u8 right[4];
	};
	__u64 since;
};

struct counts {
	__u64 packets;
	__u32 errors;
	__s32 balance;
};

struct seen {
	__u64 packets;
	__u32 address;
};

struct prefix {
	__u32 length;
	__u8 address[4];
};
