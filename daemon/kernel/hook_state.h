/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has become of a hook, by its pins and the kernel alone. Nothing here changes anything.
 *
 * How the kernel tells it (Linux 5.15 to 6.18):
 * - A link that was detached, by bpf_link_detach() or because its interface or cgroup went, lives
 *   on as long as its pin, and its info has 0 for interface or cgroup (net/core/dev.c,
 *   bpf_xdp_link_fill_link_info(); kernel/bpf/tcx.c, tcx_link_fill_info(); drivers/net/netkit.c,
 *   netkit_link_fill_info(); kernel/bpf/cgroup.c, bpf_cgroup_link_fill_link_info()). It still
 *   names its program.
 * - Links of tracepoints, probes, events and functions cannot be detached: they go with their last
 *   holder.
 * - Only at tcx and netkit can a program be put before another one. An XDP link takes the only
 *   place (net/core/dev.c, dev_xdp_attach()); at a cgroup all programs run, whatever the others say
 *   (kernel/bpf/cgroup.c, bpf_prog_run_array_cg()), and those of a cgroup come before its parents'.
 * - Info of links of interfaces and cgroups waits for the locks of those: it belongs on the waiter.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/kernel/manifest.h"
#include "daemon/kernel/place.h"

enum hook_condition {
	HOOK_STATE_ATTACHED,
	HOOK_STATE_OUTRANKED, /* attached, with a program before it that came later */
	HOOK_STATE_REPLACED,  /* its link runs another program */
	HOOK_STATE_DETACHED,  /* its link is attached to nothing, though there is what it was at */
	HOOK_STATE_MISSING,   /* the pin of its link is gone */
	HOOK_STATE_WAITING,   /* its interface or cgroup is not there */
	HOOK_STATE_MAX_,
};

/* "attached", … */
const char *hook_condition_name(enum hook_condition condition);

/* What the kernel tells of a program that is not ours. */
struct other_program {
	uint32_t id;	      /* 0: there is none, or it is gone by now */
	char name[16];	      /* "" if it has none */
	char tag[17];	      /* hash of its instructions, as bpftool shows it */
	uint32_t uid;	      /* of who loaded it */
	uint64_t loaded_usec; /* CLOCK_REALTIME */
};

struct hook_state {
	enum hook_condition condition;
	/*
	 * Detached or missing, and the interface or cgroup that is there now is another one than
	 * the link was attached to: it went and came back.
	 */
	bool returned;
	/*
	 * Detached, since whoever held it has ended: no other hand was at it, and it is attached
	 * again as one that returned.
	 */
	bool lost;
	uint64_t target; /* number of the interface or cgroup it is attached to; 0: none */
	struct other_program other; /* that outranks it, replaced it, or sits in its place */
};

/* 0, or a negative errno where it cannot be told. */
int hook_state_read(const struct unit_pins *pins, const struct manifest_hook *hook,
		    struct hook_state *ret);

/* Whether all hooks of a generation are attached; the failure says which one is not. -ENOLINK. */
int hook_states_check(const struct unit_pins *pins, const struct manifest *generation,
		      struct failure *reterr_failure);

/* Whether the two are the same to people. */
bool hook_state_equal(const struct hook_state *a, const struct hook_state *b);

/* A sentence without the hook's name; "" for a hook that is attached. */
void hook_state_describe(const struct hook_state *state, const struct manifest_hook *hook,
			 char *text, size_t size);

/* Adds "state", and where it is not "attached" "detail", and "other" of the other program. */
void hook_state_add(json_t *json, const struct hook_state *state, const struct manifest_hook *hook);
