/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `Attach=`: where a hook is. Syntax only; what the kernel makes of it is daemon/kernel/hook.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/outcome.h"

/* Kinds of hook, in the order of the table in attach.c and of the one in daemon/kernel/hook.c. */
enum hook_kind {
	HOOK_XDP,
	HOOK_TCX,
	HOOK_NETKIT,
	HOOK_CGROUP,
	HOOK_TRACEPOINT,
	HOOK_RAW_TP,
	HOOK_NETNS,
	HOOK_ITER,
	HOOK_KPROBE,
	HOOK_KRETPROBE,
	HOOK_UPROBE,
	HOOK_URETPROBE,
	HOOK_FENTRY,
	HOOK_FEXIT,
	HOOK_LSM,
	HOOK_PERF,
	HOOK_TC,
	HOOK_SOCKET,
	HOOK_KIND_MAX_,
};

#define ATTACH_TARGET_MAX 4096
#define ATTACH_DETAIL_MAX 128

/* Before the name of an LSM hook, in the TYPE of a cgroup: cgroup:PATH/lsm_socket_bind. */
#define ATTACH_CGROUP_LSM "lsm_"

struct attach {
	enum hook_kind kind;
	/* interface, path, tracepoint category, raw_tp name, function, file, event */
	char target[ATTACH_TARGET_MAX];
	/* mode, direction, type, tracepoint name, offset, place in a file, settings; "" if none */
	char detail[ATTACH_DETAIL_MAX];
};

/* "xdp", "tcx", … */
const char *hook_kind_name(enum hook_kind kind);

/*
 * Parses `KIND:TARGET[SEPARATOR DETAIL]`:
 *   xdp:IF[,native|generic]  tcx:IF/ingress|egress  tc:IF/ingress|egress  cgroup:PATH/TYPE
 *   tracepoint:CATEGORY/NAME raw_tp:NAME  netns:PATH/sk_lookup|flow_dissector
 *   netkit:IF/primary|peer   socket:IF
 *   kprobe:FUNCTION[+OFFSET] kretprobe:FUNCTION fentry:FUNCTION fexit:FUNCTION lsm:HOOK
 *   uprobe:PATH:PLACE        uretprobe:PATH:PLACE (attach_uprobe.h)
 *   perf:EVENT/WORDS         (attach_perf.h)
 * Returns 0 or -EINVAL with *reterr_failure set (OUTCOME_FAILED). *ret is untouched on failure.
 */
int attach_parse(const char *text, struct attach *ret, struct failure *reterr_failure);

/* Writes the canonical text, which attach_parse() reads back. -ENAMETOOLONG if it does not fit. */
int attach_format(const struct attach *attach, char *buffer, size_t size);

/* Whether the kernel takes only one of the two at a time: XDP, one program per interface. */
bool attach_excludes(const struct attach *a, const struct attach *b);

bool attach_equal(const struct attach *a, const struct attach *b);
