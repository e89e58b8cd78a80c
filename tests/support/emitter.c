/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/emitter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/build_path.h"

/* Of a frame that nobody looks at: an Ethernet header is the least that the kernel takes. */
#define FRAME_LENGTH 64

static int load(struct emitter *emitter, uint32_t size)
{
	char path[PATH_MAX];
	struct bpf_map *ring;
	int err;

	build_path("tests/bpf/emit.bpf.o", path, sizeof(path));
	emitter->object = bpf_object__open_file(path, NULL);
	if (!emitter->object)
		return -errno;
	ring = bpf_object__find_map_by_name(emitter->object, "ring");
	bpf_map__set_max_entries(ring, size);
	err = bpf_object__load(emitter->object);
	if (err)
		return err;
	emitter->ring_fd = bpf_map__fd(ring);
	return 0;
}

static int map_orders(struct emitter *emitter)
{
	struct bpf_map *map = bpf_object__find_map_by_name(emitter->object, ".bss");
	void *orders;

	if (!map)
		return -ENOENT;
	orders = mmap(NULL, sizeof(struct emit_orders), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(map), 0);
	if (orders == MAP_FAILED)
		return -errno;
	emitter->orders = orders;
	return 0;
}

int emitter_set_up(uint32_t size, struct emitter *ret)
{
	struct emitter emitter = {};
	int err = load(&emitter, size);

	if (!err)
		err = map_orders(&emitter);
	if (err) {
		emitter_take_down(&emitter);
		return err;
	}
	*ret = emitter;
	return 0;
}

void emitter_take_down(struct emitter *emitter)
{
	if (emitter->orders)
		munmap((void *)emitter->orders, sizeof(struct emit_orders));
	bpf_object__close(emitter->object);
	*emitter = (struct emitter){};
}

static int run(struct emitter *emitter, const char *program, uint32_t times)
{
	char frame[FRAME_LENGTH] = {};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = times);
	int fd = bpf_program__fd(bpf_object__find_program_by_name(emitter->object, program));

	return bpf_prog_test_run_opts(fd, &options) < 0 ? -errno : 0;
}

int emitter_emit(struct emitter *emitter, uint32_t count, uint32_t length)
{
	emitter->orders->length = length;
	return run(emitter, "emit", count);
}

static void *run_hold(void *data)
{
	run(data, "hold", 1);
	return NULL;
}

/*
 * Two threads on CPUs of their own: a kernel that does not preempt programs would run the one that
 * holds to its end before it let the test go on.
 */
static int start_holder(struct emitter *emitter)
{
	cpu_set_t mine, others;
	pthread_attr_t attributes;
	int cpu = sched_getcpu(), err;

	if (sched_getaffinity(0, sizeof(others), &others) < 0)
		return -errno;
	emitter->cpus = others;
	CPU_ZERO(&mine);
	CPU_SET(cpu, &mine);
	CPU_CLR(cpu, &others);
	/* This thread never shares a CPU with the holder, not even while that one starts. */
	if (sched_setaffinity(0, sizeof(mine), &mine) < 0)
		return -errno;
	(void)pthread_attr_init(&attributes);
	if (CPU_COUNT(&others) > 0)
		(void)pthread_attr_setaffinity_np(&attributes, sizeof(others), &others);
	err = pthread_create(&emitter->holder, &attributes, run_hold, emitter);
	(void)pthread_attr_destroy(&attributes);
	return -err;
}

int emitter_hold(struct emitter *emitter)
{
	uint64_t before = emitter->orders->sequence;
	int err;

	emitter->orders->let_go = 0;
	err = start_holder(emitter);
	if (err)
		return err;
	for (int i = 0; emitter->orders->sequence == before; i++) {
		if (i == 2000) {
			emitter_let_go(emitter);
			return -ETIMEDOUT;
		}
		usleep(1000);
	}
	return 0;
}

void emitter_let_go(struct emitter *emitter)
{
	emitter->orders->let_go = 1;
	pthread_join(emitter->holder, NULL);
	(void)sched_setaffinity(0, sizeof(emitter->cpus), &emitter->cpus);
}
