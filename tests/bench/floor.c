/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor MODE OBJECT PROGRAM INTERFACE DIRECTORY: what a reload takes at least, in bare libbpf: a
 * fresh process that opens and loads the object, pins as many objects as ebpfd does, moves the hook
 * over, makes one barrier, drains the former ring and removes the former pins. Prints how many
 * records it drained. The first run in a DIRECTORY (of a bpffs) attaches.
 *
 *   link    an XDP link, updated by compare and swap
 *   slot    a slot of a pinned array of programs, for hooks that the kernel cannot update
 *   detach  an XDP link, taken away before the new one is attached: the old way
 *   drain   loads nothing, drains what is left
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/common/figures.h"

struct floor {
	const char *mode, *program, *directory;
	int interface;
	struct bpf_object *object;
	struct bpf_program *chosen;
};

static const char *path_of(const struct floor *floor, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, PATH_MAX, "%s/%s", floor->directory, name);
	return path;
}

static void pin(const struct floor *floor, int fd, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/new/%s", floor->directory, name);
	/* bpffs takes no dots: as .rodata has one */
	for (char *dot = path + strlen(path) - strlen(name); (dot = strchr(dot, '.'));)
		*dot = '-';
	if (bpf_obj_pin(fd, path) < 0)
		bench_fail("cannot pin %s: %m", path);
}

static void load(struct floor *floor, const char *path)
{
	struct bpf_program *program;

	floor->object = bpf_object__open_file(path, NULL);
	if (!floor->object)
		bench_fail("cannot open %s: %m", path);
	bpf_object__for_each_program (program, floor->object)
		bpf_program__set_autoload(program,
					  !strcmp(bpf_program__name(program), floor->program));
	if (bpf_object__load(floor->object) < 0)
		bench_fail("cannot load %s: %m", path);
	floor->chosen = bpf_object__find_program_by_name(floor->object, floor->program);
}

/* As many as ebpfd: programs, maps, and a map in place of its manifest. */
static void pin_all(const struct floor *floor)
{
	int extra = bpf_map_create(BPF_MAP_TYPE_ARRAY, "floor", 4, 4, 1, NULL);
	struct bpf_map *map;

	if (mkdir(path_of(floor, "new"), 0700) < 0)
		bench_fail("cannot make %s: %m", path_of(floor, "new"));
	pin(floor, bpf_program__fd(floor->chosen), "program");
	bpf_object__for_each_map (map, floor->object)
		if (bpf_map__fd(map) >= 0)
			pin(floor, bpf_map__fd(map), bpf_map__name(map));
	pin(floor, extra, "manifest");
}

static void attach(const struct floor *floor)
{
	int link = bpf_link_create(bpf_program__fd(floor->chosen), floor->interface, BPF_XDP, NULL);

	if (link < 0 || bpf_obj_pin(link, path_of(floor, "link")) < 0)
		bench_fail("cannot attach: %m");
}

static void detach(const struct floor *floor)
{
	int link = bpf_obj_get(path_of(floor, "link"));

	if (link < 0)
		return;
	if (bpf_link_detach(link) < 0 || unlink(path_of(floor, "link")) < 0)
		bench_fail("cannot detach: %m");
	close(link);
}

static void update_link(const struct floor *floor)
{
	int link = bpf_obj_get(path_of(floor, "link"));
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (__u32)bpf_obj_get(path_of(floor, "now/program")));

	if (link < 0) {
		attach(floor);
		return;
	}
	if (bpf_link_update(link, bpf_program__fd(floor->chosen), &options) < 0)
		bench_fail("cannot update the link: %m");
}

static void update_slot(const struct floor *floor)
{
	int slots = bpf_obj_get(path_of(floor, "slots")), program = bpf_program__fd(floor->chosen);
	__u32 zero = 0;

	if (slots < 0) {
		slots = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "slots", 4, 4, 1, NULL);
		if (bpf_obj_pin(slots, path_of(floor, "slots")) < 0)
			bench_fail("cannot pin the slots: %m");
	}
	if (bpf_map_update_elem(slots, &zero, &program, BPF_ANY) < 0)
		bench_fail("cannot fill the slot: %m");
}

/* The kernel waits in the update of a map of maps until nobody can see the former one. */
static void barrier(void)
{
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "inner", 4, 4, 1, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (__u32)inner);
	int outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "outer", 4, 4, 1, &options);
	__u32 zero = 0;

	if (bpf_map_update_elem(outer, &zero, &inner, BPF_ANY) < 0)
		bench_fail("cannot make a barrier: %m");
}

static int count_record(void *data, void *record, size_t length)
{
	(void)record, (void)length;
	++*(uint64_t *)data;
	return 0;
}

static uint64_t drain(const struct floor *floor, const char *name)
{
	int fd = bpf_obj_get(path_of(floor, name));
	struct ring_buffer *ring;
	uint64_t count = 0;

	if (fd < 0)
		return 0;
	ring = ring_buffer__new(fd, count_record, &count, NULL);
	if (!ring || ring_buffer__consume(ring) < 0)
		bench_fail("cannot drain: %m");
	ring_buffer__free(ring);
	close(fd);
	return count;
}

static void settle(const struct floor *floor)
{
	DIR *former = opendir(path_of(floor, "now"));
	struct dirent *entry;

	while (former && (entry = readdir(former)))
		(void)unlinkat(dirfd(former), entry->d_name, 0);
	if (former)
		closedir(former);
	(void)rmdir(path_of(floor, "now"));
	if (rename(path_of(floor, "new"), path_of(floor, "now")) < 0)
		bench_fail("cannot rename: %m");
}

static uint64_t reload(struct floor *floor, const char *object)
{
	bool detaches = strcmp(floor->mode, "detach") == 0;
	uint64_t count;

	/* The old way stops the old program, then starts the new one. */
	if (detaches)
		detach(floor);
	load(floor, object);
	pin_all(floor);
	if (detaches)
		attach(floor);
	else if (strcmp(floor->mode, "link") == 0)
		update_link(floor);
	else
		update_slot(floor);
	barrier();
	count = drain(floor, "now/events");
	settle(floor);
	return count;
}

int main(int argc, char **argv)
{
	struct floor floor;
	uint64_t count;

	if (argc != 6)
		bench_fail(
			"usage: floor link|slot|detach|drain OBJECT PROGRAM INTERFACE DIRECTORY");
	floor = (struct floor){.mode = argv[1],
			       .program = argv[3],
			       .interface = (int)if_nametoindex(argv[4]),
			       .directory = argv[5]};
	count = strcmp(floor.mode, "drain") == 0 ? drain(&floor, "now/events")
						 : reload(&floor, argv[2]);
	(void)printf("%" PRIu64 "\n", count);
	return 0;
}
