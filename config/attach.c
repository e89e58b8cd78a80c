/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/attach.h"

#include <errno.h>
#include <string.h>

#include "config/attach_perf.h"
#include "config/attach_uprobe.h"
#include "config/schema.h"
#include "config/words.h"
#include "lib/str.h"

/* The form a kind's text has behind the colon. */
struct kind {
	const char *name;
	const char *form;	    /* for messages */
	char separator;		    /* between target and detail; 0: there is no detail */
	bool detail_needed;	    /* else target alone is complete */
	const char *const *details; /* the words a detail may be; NULL: as detail_is_valid says */
	const char *prefix;	    /* of what else it may be: before the name of a function */
	bool (*target_is_valid)(const char *target);
	const char *target_rule;
	bool (*detail_is_valid)(const struct attach *attach);
	const char *detail_noun, *detail_rule; /* for messages */
};

static const char *const xdp_modes[] = {"native", "generic", NULL};
static const char *const tc_directions[] = {"ingress", "egress", NULL};
static const char *const netkit_ends[] = {"primary", "peer", NULL};

/* What stands behind the last '/' of libbpf's section names for programs of cgroups. */
static const char *const cgroup_types[] = {
	"skb_ingress",
	"skb_egress",
	"sock_create",
	"sock_release",
	"post_bind4",
	"post_bind6",
	"bind4",
	"bind6",
	"connect4",
	"connect6",
	"connect_unix",
	"sendmsg4",
	"sendmsg6",
	"sendmsg_unix",
	"recvmsg4",
	"recvmsg6",
	"recvmsg_unix",
	"getpeername4",
	"getpeername6",
	"getpeername_unix",
	"getsockname4",
	"getsockname6",
	"getsockname_unix",
	"getsockopt",
	"setsockopt",
	"sockops",
	"dev",
	"sysctl",
	NULL,
};

static const char *const netns_types[] = {"sk_lookup", "flow_dissector", NULL};

/* Names of tracepoints and of their categories, some of which start with a digit (9p). */
static bool tracepoint_name_is_valid(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_-")] == '\0';
}

static bool tracepoint_detail_is_valid(const struct attach *attach)
{
	return tracepoint_name_is_valid(attach->detail);
}

static bool offset_is_valid(const struct attach *attach)
{
	uint64_t offset;

	return str_to_u64(attach->detail, &offset) == 0;
}

static bool uprobe_detail_is_valid(const struct attach *attach)
{
	struct uprobe_place place;

	return uprobe_place_parse(attach->detail, &place) == 0;
}

static bool perf_detail_is_valid(const struct attach *attach)
{
	struct perf_place place;

	return perf_place_parse(attach, &place) == 0;
}

#define INTERFACE_RULE	"an interface's name has 1 to 15 bytes, without blanks, '/' and ':'"
#define TRACEPOINT_RULE "it may have letters, digits, '_' and '-'"
#define FUNCTION_RULE	"it is the name of a function, without '()'"
#define FILE_RULE	"the file's path is absolute, without '//', '/./', '/../'"
#define UPROBE_RULE                                                                             \
	"it is SYMBOL[+OFFSET], or OFFSET, counted from the start of the file; behind a ',' it" \
	" may have pid=PID"

static const struct kind kinds[] = {
	[HOOK_XDP] = {.name = "xdp",
		      .form = "xdp:INTERFACE[,native|generic]",
		      .separator = ',',
		      .details = xdp_modes,
		      .target_is_valid = interface_name_is_valid,
		      .target_rule = INTERFACE_RULE},
	[HOOK_TCX] = {.name = "tcx",
		      .form = "tcx:INTERFACE/ingress|egress",
		      .separator = '/',
		      .detail_needed = true,
		      .details = tc_directions,
		      .target_is_valid = interface_name_is_valid,
		      .target_rule = INTERFACE_RULE},
	[HOOK_NETKIT] = {.name = "netkit",
			 .form = "netkit:INTERFACE/primary|peer",
			 .separator = '/',
			 .detail_needed = true,
			 .details = netkit_ends,
			 .target_is_valid = interface_name_is_valid,
			 .target_rule = INTERFACE_RULE},
	[HOOK_CGROUP] = {.name = "cgroup",
			 .form = "cgroup:PATH/TYPE",
			 .separator = '/',
			 .detail_needed = true,
			 .details = cgroup_types,
			 .prefix = ATTACH_CGROUP_LSM,
			 .target_is_valid = absolute_path_is_clean,
			 .target_rule =
				 "the cgroup's path is absolute, without '//', '/./', '/../'"},
	[HOOK_TRACEPOINT] = {.name = "tracepoint",
			     .form = "tracepoint:CATEGORY/NAME",
			     .separator = '/',
			     .detail_needed = true,
			     .target_is_valid = tracepoint_name_is_valid,
			     .target_rule = TRACEPOINT_RULE,
			     .detail_is_valid = tracepoint_detail_is_valid,
			     .detail_noun = "name",
			     .detail_rule = TRACEPOINT_RULE},
	[HOOK_RAW_TP] = {.name = "raw_tp",
			 .form = "raw_tp:NAME",
			 .target_is_valid = tracepoint_name_is_valid,
			 .target_rule = TRACEPOINT_RULE},
	[HOOK_ITER] = {.name = "iter",
		       .form = "iter:TARGET",
		       .target_is_valid = symbol_is_valid,
		       .target_rule = "it is the name of an iterator, such as task"},
	[HOOK_NETNS] = {.name = "netns",
			.form = "netns:PATH/sk_lookup|flow_dissector",
			.separator = '/',
			.detail_needed = true,
			.details = netns_types,
			.target_is_valid = absolute_path_is_clean,
			.target_rule = "the namespace's path, such as /run/netns/NAME, is "
				       "absolute, without '//', '/./', '/../'"},
	[HOOK_KPROBE] = {.name = "kprobe",
			 .form = "kprobe:FUNCTION[+OFFSET]",
			 .separator = '+',
			 .target_is_valid = symbol_is_valid,
			 .target_rule = FUNCTION_RULE,
			 .detail_is_valid = offset_is_valid,
			 .detail_noun = "offset",
			 .detail_rule = "it is a number of bytes, decimal or 0x hexadecimal"},
	[HOOK_KRETPROBE] = {.name = "kretprobe",
			    .form = "kretprobe:FUNCTION",
			    .target_is_valid = symbol_is_valid,
			    .target_rule = FUNCTION_RULE},
	[HOOK_UPROBE] = {.name = "uprobe",
			 .form = "uprobe:PATH:SYMBOL[+OFFSET][,pid=PID]",
			 .separator = ':',
			 .detail_needed = true,
			 .target_is_valid = absolute_path_is_clean,
			 .target_rule = FILE_RULE,
			 .detail_is_valid = uprobe_detail_is_valid,
			 .detail_noun = "place",
			 .detail_rule = UPROBE_RULE},
	[HOOK_URETPROBE] = {.name = "uretprobe",
			    .form = "uretprobe:PATH:SYMBOL[,pid=PID]",
			    .separator = ':',
			    .detail_needed = true,
			    .target_is_valid = absolute_path_is_clean,
			    .target_rule = FILE_RULE,
			    .detail_is_valid = uprobe_detail_is_valid,
			    .detail_noun = "place",
			    .detail_rule = UPROBE_RULE},
	[HOOK_FENTRY] = {.name = "fentry",
			 .form = "fentry:FUNCTION",
			 .target_is_valid = symbol_is_valid,
			 .target_rule = FUNCTION_RULE},
	[HOOK_FEXIT] = {.name = "fexit",
			.form = "fexit:FUNCTION",
			.target_is_valid = symbol_is_valid,
			.target_rule = FUNCTION_RULE},
	[HOOK_LSM] = {.name = "lsm",
		      .form = "lsm:HOOK",
		      .target_is_valid = symbol_is_valid,
		      .target_rule = FUNCTION_RULE},
	[HOOK_PERF] = {.name = "perf",
		       .form = "perf:EVENT/cpu=N|pid=N[,freq=HZ|period=N]",
		       .separator = '/',
		       .detail_needed = true,
		       .target_is_valid = perf_event_is_valid,
		       .target_rule = "events have the names that perf-list(1) shows, such as "
				      "cpu-clock, page-faults, cycles; else it is TYPE:CONFIG in "
				      "numbers",
		       .detail_is_valid = perf_detail_is_valid,
		       .detail_noun = "setting",
		       .detail_rule = "it has cpu=N or pid=N or both, and may have freq=HZ or "
				      "period=N, with ',' between them"},
	[HOOK_TC] = {.name = "tc",
		     .form = "tc:INTERFACE/ingress|egress",
		     .separator = '/',
		     .detail_needed = true,
		     .details = tc_directions,
		     .target_is_valid = interface_name_is_valid,
		     .target_rule = INTERFACE_RULE},
	[HOOK_SOCKET] = {.name = "socket",
			 .form = "socket:INTERFACE",
			 .target_is_valid = interface_name_is_valid,
			 .target_rule = INTERFACE_RULE},
};

_Static_assert(ARRAY_SIZE(kinds) == HOOK_KIND_MAX_, "a row for each kind");

const char *hook_kind_name(enum hook_kind kind)
{
	return kinds[kind].name;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* An error of ours; the forms of all sentences here. */
#define refuse(failure, ...) failure_set(failure, OUTCOME_FAILED, -EINVAL, __VA_ARGS__)

static int refuse_kind(const char *name, struct failure *reterr_failure)
{
	struct word_guess guess = {.typed = name};
	char there[256] = "";

	for (enum hook_kind kind = 0; kind < HOOK_KIND_MAX_; kind++)
		word_guess_consider(&guess, kinds[kind].name);
	if (guess.best)
		return refuse(reterr_failure, "unknown hook kind '%s'; did you mean '%s'?", name,
			      guess.best);
	for (enum hook_kind kind = 0; kind < HOOK_KIND_MAX_; kind++)
		(void)str_list_add(there, sizeof(there), kinds[kind].name);
	return refuse(reterr_failure, "unknown hook kind '%s'; there are %s", name, there);
}

static int parse_kind(const char *text, enum hook_kind *ret, const char **ret_rest,
		      struct failure *reterr_failure)
{
	const char *colon = strchr(text, ':');
	char name[32];

	if (!colon)
		return refuse(reterr_failure,
			      "'%s' has no ':'; write KIND:TARGET, such as xdp:eth0", text);
	if (str_format(name, sizeof(name), "%.*s", (int)MIN(colon - text, (ptrdiff_t)sizeof(name)),
		       text) < 0)
		return refuse(reterr_failure, "unknown hook kind '%s'", text);
	for (enum hook_kind kind = 0; kind < HOOK_KIND_MAX_; kind++)
		if (strcmp(name, kinds[kind].name) == 0) {
			*ret = kind;
			*ret_rest = colon + 1;
			return 0;
		}
	return refuse_kind(name, reterr_failure);
}

/* Interfaces, paths and names may be followed by one detail: the last separator decides. */
static int split(const char *rest, struct attach *attach, struct failure *reterr_failure)
{
	const struct kind *kind = &kinds[attach->kind];
	const char *separator = kind->separator ? strrchr(rest, kind->separator) : NULL;
	size_t length = separator ? (size_t)(separator - rest) : strlen(rest);

	if (!separator && kind->detail_needed)
		return refuse(reterr_failure, "'%s' is incomplete; the form is %s", rest,
			      kind->form);
	if (length >= sizeof(attach->target) ||
	    str_format(attach->detail, sizeof(attach->detail), "%s",
		       separator ? separator + 1 : "") < 0)
		return refuse(reterr_failure, "target or detail is too long: %s", rest);
	memcpy(attach->target, rest, length);
	attach->target[length] = '\0';
	if (separator && !attach->detail[0])
		return refuse(reterr_failure, "nothing follows '%c'; the form is %s",
			      kind->separator, kind->form);
	return 0;
}

static bool is_prefixed_function(const char *detail, const struct kind *kind)
{
	const char *function;

	return kind->prefix && str_has_prefix(detail, kind->prefix, &function) &&
	       symbol_is_valid(function);
}

static int check_detail(const struct attach *attach, struct failure *reterr_failure)
{
	const struct kind *kind = &kinds[attach->kind];
	struct word_guess guess = {.typed = attach->detail};

	if (!attach->detail[0])
		return 0;
	if (!kind->details)
		return kind->detail_is_valid(attach)
			       ? 0
			       : refuse(reterr_failure, "'%s' is no %s of a %s; %s", attach->detail,
					kind->detail_noun, kind->name, kind->detail_rule);
	if (is_one_of(attach->detail, kind->details) || is_prefixed_function(attach->detail, kind))
		return 0;
	for (const char *const *word = kind->details; *word; word++)
		word_guess_consider(&guess, *word);
	if (guess.best)
		return refuse(reterr_failure, "unknown '%s' in %s; did you mean '%s'?",
			      attach->detail, kind->form, guess.best);
	return refuse(reterr_failure, "unknown '%s'; the form is %s", attach->detail, kind->form);
}

static int check_target(const struct attach *attach, struct failure *reterr_failure)
{
	const struct kind *kind = &kinds[attach->kind];

	if (kind->target_is_valid(attach->target))
		return 0;
	return refuse(reterr_failure, "'%s' cannot be the target of %s; %s", attach->target,
		      kind->form, kind->target_rule);
}

int attach_parse(const char *text, struct attach *ret, struct failure *reterr_failure)
{
	struct attach attach = {0};
	const char *rest = text;
	int err;

	err = parse_kind(text, &attach.kind, &rest, reterr_failure);
	if (err)
		return err;
	err = split(rest, &attach, reterr_failure);
	if (err)
		return err;
	err = check_target(&attach, reterr_failure);
	if (err)
		return err;
	err = check_detail(&attach, reterr_failure);
	if (err)
		return err;
	*ret = attach;
	return 0;
}

int attach_format(const struct attach *attach, char *buffer, size_t size)
{
	const struct kind *kind = &kinds[attach->kind];

	if (!attach->detail[0])
		return str_format(buffer, size, "%s:%s", kind->name, attach->target);
	return str_format(buffer, size, "%s:%s%c%s", kind->name, attach->target, kind->separator,
			  attach->detail);
}

bool attach_excludes(const struct attach *a, const struct attach *b)
{
	return a->kind == HOOK_XDP && b->kind == HOOK_XDP && strcmp(a->target, b->target) == 0;
}

bool attach_equal(const struct attach *a, const struct attach *b)
{
	return a->kind == b->kind && strcmp(a->target, b->target) == 0 &&
	       strcmp(a->detail, b->detail) == 0;
}
