/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/traffic.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/unit/expect.h"

#define WAIT_USEC 1000

/* In memory that the test and the process share. */
struct traffic_state {
	bool stop;
	int error;
	uint64_t steps;
	uint64_t steps_max; /* 0: as many as there is time for */
};

void *traffic_share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

void traffic_unshare(void *memory, size_t size)
{
	if (memory)
		(void)munmap(memory, size);
}

/* What went wrong is told in `error`. */
static int make(void *data)
{
	const struct traffic *traffic = data;
	struct traffic_state *state = traffic->state;
	const uint64_t max = state->steps_max;

	if (traffic->prepare)
		state->error = traffic->prepare(traffic->data);
	for (uint64_t i = 0; !state->error && (!max || i < max); i++) {
		if (__atomic_load_n(&state->stop, __ATOMIC_SEQ_CST))
			break;
		state->error = traffic->step(traffic->data);
		if (!state->error)
			__atomic_add_fetch(&state->steps, 1, __ATOMIC_SEQ_CST);
		usleep(traffic->pause_usec);
	}
	return 0;
}

void traffic_begin(struct traffic *traffic, uint64_t steps)
{
	if (!traffic->state)
		traffic->state = traffic_share(sizeof(*traffic->state));
	*traffic->state = (struct traffic_state){.steps_max = steps};
	traffic->pid = child_start(make, traffic);
	assert_true(traffic->pid > 0);
}

/* It is waited for later. */
static bool has_ended(const struct traffic *traffic)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)traffic->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid != 0;
}

/* Two more: the first one may have begun before. */
void traffic_wait(const struct traffic *traffic)
{
	const uint64_t before = __atomic_load_n(&traffic->state->steps, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&traffic->state->steps, __ATOMIC_SEQ_CST) < before + 2 &&
	       !has_ended(traffic))
		usleep(WAIT_USEC);
}

uint64_t traffic_end(struct traffic *traffic, bool stop)
{
	const pid_t child = traffic->pid;

	__atomic_store_n(&traffic->state->stop, stop, __ATOMIC_SEQ_CST);
	traffic->pid = 0;
	assert_int_equal(child_wait(child), 0);
	if (traffic->state->error)
		fail_msg("the hooks cannot be made to run: %s", strerror(-traffic->state->error));
	return traffic->state->steps;
}

uint64_t traffic_now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void traffic_clean(struct traffic *traffic)
{
	child_kill(&traffic->pid);
	traffic_unshare(traffic->state, sizeof(*traffic->state));
	traffic->state = NULL;
}
