/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of hook, the kernel's side: one row and one small file in hooks/ each. Their syntax in unit
 * files is config/attach.h.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/attach.h"

/* What a program must be to run at a hook, and what its entry is made of. */
struct hook_type {
	enum bpf_prog_type program_type;
	enum bpf_attach_type expected; /* expected attach type at load; 0 where the kind has none */
	/* The kernel's function that the program is made for at load, named as BTF does, but for
	   the prefix of LSM hooks; borrowed from the struct attach. NULL: of none. */
	const char *function;
	bool has_task;	/* a thread is behind each run */
	int neutral;	/* verdict that leaves everything as without a program */
	bool updatable; /* some kernel can update its links; hook_link_can_update() asks this one */
};

struct hook_operations {
	/* Fills *ret from the syntax alone; touches nothing. */
	int (*describe)(const struct attach *attach, struct hook_type *ret,
			struct failure *reterr_failure);
	/* As hook_attach(). */
	int (*attach)(const struct attach *attach, int program_fd, struct failure *reterr_failure);
	/* As hook_engage(); NULL: to attach is enough. */
	int (*engage)(int link_fd, int program_fd, struct failure *reterr_failure);
	/* As hook_take_back(); NULL: by an update of the link. */
	int (*take_back)(int link_fd, int program_fd, uint32_t other);
	const char *attachment; /* for people; NULL: "link" */
	bool is_held;		/* hook_is_held() */
	/* hook_check_context(); NULL: the verifier knows all there is to know. */
	int (*check_context)(const struct attach *attach, const char *function, int program_fd,
			     int known_fd, struct failure *reterr_failure);
	/* The three of hook_target.h; NULL: what such a hook is at cannot go. */
	const char *noun;
	uint64_t (*target)(const struct attach *attach);
	uint64_t (*link_target)(const struct attach *attach, const struct bpf_link_info *info);
	/* hook_rival(); NULL: there can be none. */
	uint32_t (*rival)(const struct attach *attach, const struct bpf_link_info *info,
			  uint64_t attached_usec);
};

extern const struct hook_operations hook_xdp;
extern const struct hook_operations hook_tcx;
extern const struct hook_operations hook_netkit;
extern const struct hook_operations hook_cgroup;
extern const struct hook_operations hook_tracepoint;
extern const struct hook_operations hook_raw_tp;
extern const struct hook_operations hook_netns;
extern const struct hook_operations hook_iter;
extern const struct hook_operations hook_kprobe;     /* of kretprobe too */
extern const struct hook_operations hook_uprobe;     /* of uretprobe too */
extern const struct hook_operations hook_trampoline; /* of fentry and fexit */
extern const struct hook_operations hook_lsm;
extern const struct hook_operations hook_perf;
extern const struct hook_operations hook_tc;
extern const struct hook_operations hook_socket;

int hook_describe(const struct attach *attach, struct hook_type *ret,
		  struct failure *reterr_failure);

/*
 * Attaches a loaded program and returns the link, or the map that stands for it (held_event.h,
 * anchor.h), which the caller owns, pins, and then engages. An interface, cgroup, namespace,
 * tracepoint, function, file or process that is not there is OUTCOME_REFUSED. Interfaces are of
 * this process's network namespace.
 */
int hook_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure);

/*
 * Attaches where hook_attach() only returned what says that it is to be done, since the kernel has
 * nothing that goes with its last holder. Where it fails, the pin is the caller's to remove.
 */
int hook_engage(const struct attach *attach, int link_fd, int program_fd,
		struct failure *reterr_failure);

/*
 * Gives a link, or what stands for it, its program back from program `other`, an id. -EPERM: it
 * runs a third one by now.
 */
int hook_take_back(const struct attach *attach, int link_fd, int program_fd, uint32_t other);

/*
 * Whether what is attached lives no longer than a descriptor of it, so that the daemon attaches it
 * itself, where for other kinds the loader does.
 */
bool hook_is_held(const struct attach *attach);

/* "link", or what a hook of this kind has instead. */
const char *hook_attachment(const struct attach *attach);

/*
 * Whether what the hook hands over has all that the loaded program reads of its context. The
 * kernel looks at this when it attaches a program, not when it puts one into an entry's slot;
 * behind an entry, one that reads too far gets what lies there. The program does not run for this,
 * but one of two or three instructions is attached for a moment. May wait for a grace period. A
 * program that reads too far is OUTCOME_REFUSED, by the name `function`; so is an event that is not
 * there. `known_fd` is a program that was found to fit there before, or -1: where the new one reads
 * no more than that, nothing need be attached, since each attachment patches the kernel's text.
 */
int hook_check_context(const struct attach *attach, const char *function, int program_fd,
		       int known_fd, struct failure *reterr_failure);

/* The row of the hook's kind. */
const struct hook_operations *hook_operations_of(const struct attach *attach);

/*
 * The id of the program that runs before that of the link `info`, though it came later than
 * `attached_usec` (CLOCK_REALTIME), when the link was attached. Without a link (NULL): of the
 * program that takes the hook's only place. 0: there is none.
 */
uint32_t hook_rival(const struct attach *attach, const struct bpf_link_info *info,
		    uint64_t attached_usec);

/*
 * Whether the kernel can update this link, found by updating it to the program that it has: a no-op
 * where it can, EINVAL where it cannot (kernel/bpf/syscall.c, link_update()). 1, 0, negative errno.
 */
int hook_link_can_update(int link_fd, int program_fd);
