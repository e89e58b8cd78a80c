/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/macro.h"
#include "tests/support/traffic.h"

#define PAGE 4096

#ifndef SYS_epoll_wait /* where the C library makes it of this one */
#define SYS_epoll_wait SYS_epoll_pwait
#endif

const char *const call_names[CALLS] = {
	"openat", "connect", "execve",	 "mmap",  "sendto", "recvfrom",
	"close",  "brk",     "mprotect", "clone", "futex",  "epoll_wait",
};

static const long numbers[CALLS] = {
	SYS_openat, SYS_connect, SYS_execve,   SYS_mmap,  SYS_sendto, SYS_recvfrom,
	SYS_close,  SYS_brk,	 SYS_mprotect, SYS_clone, SYS_futex,  SYS_epoll_wait,
};

/* The arguments of a call that is made here; those that are left out are 0. */
struct arguments {
	long at[6];
};

static long make(struct calls *calls, enum call call, struct arguments arguments)
{
	struct call_made *made = &calls->made[call];
	const long *at = arguments.at;
	const uint64_t before = traffic_now();
	const long result = syscall(numbers[call], at[0], at[1], at[2], at[3], at[4], at[5]);
	const uint64_t took = traffic_now() - before;

	/* The child of a clone. */
	if (call == CALL_CLONE && result == 0)
		(void)syscall(SYS_exit_group, 0);
	made->calls++;
	if (result == -1) {
		made->errors++;
		made->error = errno;
	}
	made->took_ns += took;
	return result;
}

#define MAKE(calls, call, ...) make(calls, call, (struct arguments){{__VA_ARGS__}})

int calls_prepare(struct calls *calls)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, calls->ends) < 0)
		return -errno;
	calls->datagram = socket(AF_INET, SOCK_DGRAM, 0);
	calls->epoll = epoll_create1(0);
	calls->page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (calls->datagram < 0 || calls->epoll < 0 || calls->page == MAP_FAILED)
		return -errno;
	return 0;
}

static bool files(struct calls *calls)
{
	const long fd = MAKE(calls, CALL_OPENAT, AT_FDCWD, (long)"/dev/null", O_RDONLY);

	return fd >= 0 && MAKE(calls, CALL_OPENAT, AT_FDCWD, (long)"/is/not/there") == -1 &&
	       MAKE(calls, CALL_CLOSE, fd) == 0 && MAKE(calls, CALL_CLOSE, -1) == -1 &&
	       MAKE(calls, CALL_EXECVE, (long)"/is/not/there") == -1;
}

static bool memory(struct calls *calls)
{
	const long at = MAKE(calls, CALL_MMAP, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (at == -1 || munmap((void *)at, PAGE) < 0) // NOLINT(performance-no-int-to-ptr)
		return false;
	return MAKE(calls, CALL_MMAP, 0, 0) == -1 && MAKE(calls, CALL_BRK, 0) != 0 &&
	       MAKE(calls, CALL_MPROTECT, (long)calls->page, PAGE, PROT_READ) == 0 &&
	       MAKE(calls, CALL_MPROTECT, 1, PAGE, PROT_READ) == -1;
}

static bool sockets(struct calls *calls)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	char byte = 'x';

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MAKE(calls, CALL_CONNECT, calls->datagram, (long)&address, sizeof(address)) == 0 &&
	       MAKE(calls, CALL_CONNECT, -1, (long)&address, sizeof(address)) == -1 &&
	       MAKE(calls, CALL_SENDTO, calls->ends[0], (long)&byte, 1) == 1 &&
	       MAKE(calls, CALL_SENDTO, -1, (long)&byte, 1) == -1 &&
	       MAKE(calls, CALL_RECVFROM, calls->ends[1], (long)&byte, 1) == 1 &&
	       MAKE(calls, CALL_RECVFROM, calls->ends[1], (long)&byte, 1, MSG_DONTWAIT) == -1;
}

static bool processes(struct calls *calls)
{
	const long child = MAKE(calls, CALL_CLONE, SIGCHLD);
	int word = 1;

	if (child <= 0 || waitpid((pid_t)child, NULL, 0) != child)
		return false;
	return MAKE(calls, CALL_CLONE, CLONE_SIGHAND) == -1 &&
	       MAKE(calls, CALL_FUTEX, (long)&word, FUTEX_WAKE, 1) == 0 &&
	       MAKE(calls, CALL_FUTEX, (long)&word, FUTEX_WAIT, 0) == -1;
}

static bool waits(struct calls *calls)
{
	struct epoll_event event;

	calls->made[CALL_EPOLL_WAIT].asleep++;
	return MAKE(calls, CALL_EPOLL_WAIT, calls->epoll, (long)&event, 1, 0) == 0 &&
	       MAKE(calls, CALL_EPOLL_WAIT, calls->epoll, (long)&event, 1,
		    CALL_ASLEEP_NSEC / 1000000) == 0 &&
	       MAKE(calls, CALL_EPOLL_WAIT, -1, (long)&event, 1, 0) == -1;
}

int calls_make(struct calls *calls)
{
	return files(calls) && memory(calls) && sockets(calls) && processes(calls) && waits(calls)
		       ? 0
		       : -EIO;
}
