/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/section.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/newer.h"
#include "lib/str.h"

static const struct {
	const char *prefix;
	const char *kind;
} places[] = {
	{"tp/", "tracepoint"}, {"tracepoint/", "tracepoint"},
	{"raw_tp/", "raw_tp"}, {"raw_tracepoint/", "raw_tp"},
	{"kprobe/", "kprobe"}, {"kretprobe/", "kretprobe"},
	{"uprobe/", "uprobe"}, {"uretprobe/", "uretprobe"},
	{"fentry/", "fentry"}, {"fexit/", "fexit"},
	{"lsm/", "lsm"},       {"iter/", "iter"},
	{"iter.s/", "iter"},
};

int section_to_attach(const char *section, struct attach *ret, struct failure *reterr_failure)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char text[ATTACH_TARGET_MAX];
		const char *place;
		int err;

		if (!str_has_prefix(section, places[i].prefix, &place))
			continue;
		if (str_format(text, sizeof(text), "%s:%s", places[i].kind, place) < 0)
			break;
		err = attach_parse(text, ret, reterr_failure);
		if (err && reterr_failure)
			reterr_failure->outcome = OUTCOME_REFUSED;
		return err;
	}
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
			   "its section \"%s\" names no place to attach to; give Attach=", section);
}

bool section_to_type(const char *section, struct section_type *ret)
{
	static const struct {
		const char *section;
		struct section_type type;
	} types[] = {
		{"tcx/ingress", {BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_INGRESS}},
		{"tcx/egress", {BPF_PROG_TYPE_SCHED_CLS, ATTACH_TCX_EGRESS}},
		{"netkit/primary", {BPF_PROG_TYPE_SCHED_CLS, ATTACH_NETKIT_PRIMARY}},
		{"netkit/peer", {BPF_PROG_TYPE_SCHED_CLS, ATTACH_NETKIT_PEER}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(section, types[i].section) == 0) {
			*ret = types[i].type;
			return true;
		}
	return false;
}
