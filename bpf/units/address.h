/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* Addresses of both families in one form: an IPv4 address is shown as ::ffff:192.0.2.1. */
#pragma once

struct address {
	__u8 bytes[16];
};

static __always_inline void address_from_ip4(__u8 *address, const void *ip4)
{
	__builtin_memset(address, 0, 10);
	__builtin_memset(address + 10, 0xff, 2);
	__builtin_memcpy(address + 12, ip4, 4);
}
