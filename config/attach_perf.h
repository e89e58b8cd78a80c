/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `perf:EVENT/WORDS`, in parts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/attach.h"

struct perf_place {
	uint32_t type;	 /* of struct perf_event_attr, as `config` */
	uint64_t config; /* which event of that type */
	int32_t cpu;	 /* -1: any, where there is a pid */
	int32_t pid;	 /* -1: all */
	bool by_frequency;
	uint64_t sample; /* runs a second, or events per run */
};

/* Whether it is the name of an event, or TYPE:CONFIG in numbers. */
bool perf_event_is_valid(const char *event);

/*
 * EVENT as above; WORDS are `cpu=N`, `pid=N` or both, and `freq=HZ` or `period=N`, between commas.
 * Without the latter the program runs once per event, and 99 times a second for clocks and cycles,
 * which would be too often. 0, or -EINVAL with *ret untouched.
 */
int perf_place_parse(const struct attach *attach, struct perf_place *ret);
