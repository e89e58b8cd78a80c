/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perf events that run a program, held by a map. Links of perf events came with Linux 5.15; before,
 * an event runs its program for as long as its descriptor is open, and descriptors of perf events
 * cannot be pinned. But a map of type PERF_EVENT_ARRAY keeps the files of its events, with
 * BPF_F_PRESERVE_ELEMS (Linux 5.10) also when who put them in closes the map
 * (kernel/bpf/arraymap.c, perf_event_fd_array_get_ptr(), perf_event_fd_array_release()). So such a
 * map is pinned where a link would be, and outlives processes as that does. It tells nothing: a
 * hook held so is taken to be attached for as long as the map is there.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>

/*
 * Makes the program run at the event, until the map has no descriptor and no pin any more or
 * held_event_release() was called. The map's descriptor, the caller's, or a negative errno.
 */
int held_event_make(int event, int program_fd);

/*
 * Lets the event go, whoever has the map. Its program may run until some time later: the kernel
 * closes the event's file after a grace period. -ENOENT: it holds none.
 */
int held_event_release(int map_fd);

/* Whether a map is one to hold an event. */
bool held_event_is_map(const struct bpf_map_info *info);
