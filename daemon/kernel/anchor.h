/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anchors: what stands for a link at hooks that the kernel has no links for. An anchor is a frozen
 * map of one value, pinned where the link would be, that says what is attached. It holds nothing
 * itself: whether that is still attached is asked of the kernel each time.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/outcome.h"

/* Values stand in pins, which outlive the daemon: they are only appended. */
enum anchor_kind {
	ANCHOR_FILTER = 1, /* of traffic control: tc_filter.h */
	ANCHOR_SOCKET = 2, /* with a filter: packet_socket.h */
};

struct anchor {
	uint32_t kind;
	uint32_t interface; /* index */
	uint32_t program;   /* id of the program that is attached */
	uint32_t egress;    /* of a filter: 1, or 0 for ingress */
	uint64_t cookie;    /* of a socket: the kernel's number of it, never given twice */
	uint64_t inode;	    /* of a socket: its number in the kernel's lists */
	uint64_t unused[4]; /* 0: for what later versions add */
};

/* Of a program at an interface; the rest of *ret is 0. */
int anchor_init(struct anchor *ret, enum anchor_kind kind, uint32_t interface, int program_fd,
		struct failure *reterr_failure);

/* A descriptor, the caller's to pin, or a negative errno with *reterr_failure set. */
int anchor_make(const struct anchor *anchor, struct failure *reterr_failure);

/* Whether a map is one. */
bool anchor_is_map(const struct bpf_map_info *info);

/* -EINVAL: a kind of a later version. */
int anchor_read(int fd, struct anchor *ret);

/*
 * What the kernel would tell of a link there: the program that runs in its place, and the index of
 * the interface, in `xdp`, which is 0 if nothing is attached: then the program is the one that was.
 * May wait for the locks of the network.
 */
int anchor_look(int fd, struct bpf_link_info *ret);

/* Detaches the anchor's program. Another's in its place stays. */
void anchor_release(int fd);
