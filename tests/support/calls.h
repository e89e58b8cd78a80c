/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The twelve system calls that the unit syscalls knows, made by hand so that each can be counted.
 */
#pragma once

#include <stdint.h>

/* In the order of the unit's enum call. */
enum call {
	CALL_OPENAT,
	CALL_CONNECT,
	CALL_EXECVE,
	CALL_MMAP,
	CALL_SENDTO,
	CALL_RECVFROM,
	CALL_CLOSE,
	CALL_BRK,
	CALL_MPROTECT,
	CALL_CLONE,
	CALL_FUTEX,
	CALL_EPOLL_WAIT,
	CALLS
};

extern const char *const call_names[CALLS];

struct call_made {
	uint64_t calls, errors;
	int error;	  /* the one that it ends with, if it does */
	uint64_t took_ns; /* as seen from outside, so at least what the kernel took */
	uint64_t asleep;  /* of the calls: those that slept for CALL_ASLEEP_NSEC at least */
};

#define CALL_ASLEEP_NSEC 2000000

/* What calls_make() works with. */
struct calls {
	struct call_made made[CALLS];
	int ends[2]; /* of a pair of sockets */
	int datagram, epoll;
	char *page;
};

/* Opens what they need, with calls that are none of the twelve but mmap(2). 0 or -errno. */
int calls_prepare(struct calls *calls);

/* Makes each of them, well and, where that can be, badly. 0, or -EIO where one went otherwise. */
int calls_make(struct calls *calls);
