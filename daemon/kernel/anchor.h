/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anchors: what stands for a link at hooks that the kernel has no links for. An anchor is a frozen
 * map of one value, pinned where the link would be, that says what is attached. It holds nothing
 * itself: whether that is still attached is asked of the kernel each time. It is pinned before the
 * program is attached, so that a kill in between leaves nothing that no pin leads to.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/outcome.h"

/* Values stand in pins, which outlive the daemon: they are only appended. */
enum anchor_kind {
	ANCHOR_FILTER = 1, /* of traffic control: tc_filter.h */
};

struct anchor {
	uint32_t kind;
	uint32_t interface; /* index */
	uint32_t program;   /* id of the program that is attached */
	uint32_t egress;    /* of a filter: 1, or 0 for ingress */
	uint64_t unused[6]; /* 0: for what later versions add */
};

/* A descriptor, the caller's to pin, or a negative errno. */
int anchor_make(const struct anchor *anchor);

/* Whether a map is one. */
bool anchor_is_map(const struct bpf_map_info *info);

/* -EINVAL: a kind of a later version. */
int anchor_read(int fd, struct anchor *ret);

/*
 * Attaches what a pinned anchor says. Does nothing where that is attached already. A negative errno
 * with *reterr_failure set.
 */
int anchor_attach(int fd, int program_fd, struct failure *reterr_failure);

/*
 * What the kernel would tell of a link there: the program that runs in its place, and the index of
 * the interface, in `xdp`, which is 0 if nothing is attached: then the program is the one that was.
 * May wait for the locks of the network.
 */
int anchor_look(int fd, struct bpf_link_info *ret);

/* Detaches the anchor's program. Another's in its place stays. */
void anchor_release(int fd);
