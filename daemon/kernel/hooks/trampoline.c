/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds whose programs the kernel calls from code that it makes for one function: fentry, fexit,
 * lsm. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/tracefs.h"
#include "lib/cleanup.h"
#include "lib/file.h"

/* What the kernel answers where it has none (include/linux/errno.h, ENOTSUPP). */
#define KERNEL_ENOTSUPP 524

/* Of files in tracefs and securityfs, bytes: a line for each function of the kernel. */
#define LIST_TEXT_MAX (16UL * 1024 * 1024)

static enum bpf_attach_type attach_type_of(enum hook_kind kind)
{
	if (kind == HOOK_LSM)
		return BPF_LSM_MAC;
	return kind == HOOK_FENTRY ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
}

/*
 * 0 is the only verdict that fentry and fexit may have. From an LSM program it lets the kernel go
 * on to what it would have answered without one (arch/x86/net/bpf_jit_comp.c,
 * invoke_bpf_mod_ret()).
 */
static int trampoline_describe(const struct attach *attach, struct hook_type *ret,
			       struct failure *reterr_failure)
{
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = attach->kind == HOOK_LSM ? BPF_PROG_TYPE_LSM
									   : BPF_PROG_TYPE_TRACING,
				  .expected = attach_type_of(attach->kind),
				  .function = attach->target,
				  .has_task = true};
	return 0;
}

static char *read_list(const char *path)
{
	char *text = NULL;
	size_t length;

	return file_read_path(path, LIST_TEXT_MAX, &text, &length) < 0 ? NULL : text;
}

/* Whether a word of the text, between blanks, line ends and commas, is this one. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || strchr(" \n,", at[-1])) && strchr(" \n,", at[length]))
			return true;
	return false;
}

/* False where nobody can tell. */
static bool is_known_untraceable(const char *function)
{
	const char *tracefs = tracefs_mount();
	cleanup_free char *text = NULL;
	char path[64];

	if (!tracefs)
		return false;
	(void)snprintf(path, sizeof(path), "%s/available_filter_functions", tracefs);
	text = read_list(path);
	return text && !has_word(text, function);
}

static int refuse(const struct attach *attach, int err, struct failure *reterr_failure)
{
	const char *kind = hook_kind_name(attach->kind), *function = attach->target;

	if (err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
			"this kernel cannot attach %s on this architecture; use kprobe:%s", kind,
			function);
	if (err == -E2BIG)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "function \"%s\" has as many programs as the kernel takes; see "
				   "them with: bpftool link",
				   function);
	if (attach->kind != HOOK_LSM && is_known_untraceable(function))
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, err,
			"function \"%s\" cannot be traced: it is not in "
			"/sys/kernel/tracing/available_filter_functions; take one that it "
			"calls or is called by, or kprobe:%s",
			function, function);
	return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "cannot attach %s to \"%s\"",
				 kind, function);
}

static int trampoline_attach(const struct attach *attach, int program_fd,
			     struct failure *reterr_failure)
{
	/* The program knows the function since it was loaded. */
	int link = bpf_raw_tracepoint_open(NULL, program_fd);

	return link < 0 ? refuse(attach, link, reterr_failure) : link;
}

/* An LSM program can be attached, and never runs, where "bpf" is not among the active modules. */
static int lsm_attach(const struct attach *attach, int program_fd, struct failure *reterr_failure)
{
	cleanup_free char *active = read_list("/sys/kernel/security/lsm");

	if (active && !has_word(active, "bpf"))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
				   "LSM programs never run here: \"bpf\" is not among the active "
				   "security modules (%s); start the kernel with lsm=%s,bpf",
				   active, active);
	return trampoline_attach(attach, program_fd, reterr_failure);
}

const struct hook_operations hook_trampoline = {.describe = trampoline_describe,
						.attach = trampoline_attach};
const struct hook_operations hook_lsm = {.describe = trampoline_describe, .attach = lsm_attach};
