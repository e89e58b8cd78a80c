/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/programs.h"

#include <linux/bpf.h>
#include <errno.h>
#include <string.h>

#include "daemon/kernel/newer.h"
#include "daemon/loader/section.h"
#include "daemon/loader/target.h"
#include "lib/str.h"

static void list_programs(const struct bpf_object *object, char *text, size_t size)
{
	struct bpf_program *program;

	*text = '\0';
	bpf_object__for_each_program (program, object)
		if (str_list_add(text, size, bpf_program__name(program)) < 0)
			return;
}

static int find_program(const struct loading *loading, struct loading_hook *hook,
			struct failure *reterr_failure)
{
	char there[512];

	hook->program = bpf_object__find_program_by_name(loading->object, hook->config->program);
	if (hook->program)
		return 0;
	list_programs(loading->object, there, sizeof(there));
	return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
			   "no function \"%s\" in the object; it has: %s", hook->config->program,
			   there);
}

static int settle_attach(struct loading_hook *hook, struct failure *reterr_failure)
{
	int err;

	if (hook->config->has_attach) {
		hook->attach = hook->config->attach;
	} else {
		err = section_to_attach(bpf_program__section_name(hook->program), &hook->attach,
					reterr_failure);
		if (err)
			return err;
	}
	return hook_describe(&hook->attach, &hook->type, reterr_failure);
}

/* libbpf reads the section's name no sooner than when it loads the program: "fentry.s/...". */
static bool is_sleepable(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	size_t length = strcspn(section, "/");

	return (bpf_program__flags(program) & BPF_F_SLEEPABLE) ||
	       (length > 2 && strncmp(section + length - 2, ".s", 2) == 0);
}

/* libbpf knows the type by the section; UNSPEC for sections newer than itself, such as tcx/. */
static int check_type(const struct loading_hook *hook, struct failure *reterr_failure)
{
	enum bpf_prog_type type = bpf_program__type(hook->program);
	enum bpf_attach_type expected = bpf_program__expected_attach_type(hook->program);
	const char *section = bpf_program__section_name(hook->program);

	if (type != BPF_PROG_TYPE_UNSPEC && type != hook->type.program_type)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EINVAL,
			"function \"%s\" (section \"%s\") is of type %s, hooks of kind %s take %s; "
			"name another function in Program=, or another hook in Attach=",
			hook->config->program, section, libbpf_bpf_prog_type_str(type),
			hook_kind_name(hook->attach.kind),
			libbpf_bpf_prog_type_str(hook->type.program_type));
	if (type != BPF_PROG_TYPE_UNSPEC && expected && hook->type.expected &&
	    expected != hook->type.expected)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EINVAL,
			"function \"%s\" (section \"%s\") expects to be attached as %s, "
			"the hook is %s; name another function in Program=, or another hook "
			"in Attach=",
			hook->config->program, section, libbpf_bpf_attach_type_str(expected),
			libbpf_bpf_attach_type_str(hook->type.expected));
	return 0;
}

/* libbpf reads the section's name no sooner than when it loads the program. */
bool program_has_frags(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *rest;

	if (bpf_program__flags(program) & BPF_F_XDP_HAS_FRAGS)
		return true;
	return str_has_prefix(section, "xdp.frags", &rest) && (*rest == '\0' || *rest == '/');
}

static int resolve_hook(struct loading *loading, struct loading_hook *hook,
			struct failure *reterr_failure)
{
	int err = find_program(loading, hook, reterr_failure);

	if (!err)
		err = settle_attach(hook, reterr_failure);
	if (!err)
		err = check_type(hook, reterr_failure);
	if (!err)
		err = program_set_target(hook->program, &hook->type, reterr_failure);
	if (err)
		return loading_fail_hook(hook->config->name, reterr_failure, err);
	hook->sleepable = is_sleepable(hook->program);
	return 0;
}

static bool is_hooked(const struct loading *loading, const struct bpf_program *program)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		if (loading->hooks[i].program == program)
			return true;
	return false;
}

/*
 * An object with a tail-call array of its own needs its other programs too; they stay as their
 * author declared them. Else only what a hook names is loaded.
 */
static void choose_loaded(struct loading *loading)
{
	bool has_program_array = false;
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map (map, loading->object)
		has_program_array |= bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY;
	bpf_object__for_each_program (program, loading->object) {
		if (is_hooked(loading, program))
			bpf_program__set_autoload(program, true);
		else if (!has_program_array)
			bpf_program__set_autoload(program, false);
	}
}

int programs_resolve(struct loading *loading, struct failure *reterr_failure)
{
	int err = 0;

	loading->hook_count = loading->file->hook_count;
	for (size_t i = 0; !err && i < loading->hook_count; i++) {
		struct loading_hook *hook = &loading->hooks[i];

		hook->config = &loading->file->hooks[i];
		err = resolve_hook(loading, hook, reterr_failure);
		if (err)
			return err;
	}
	choose_loaded(loading);
	return 0;
}

static int get_info(const struct bpf_program *program, struct bpf_prog_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(bpf_program__fd(program), info, &length);
}

uint32_t program_id(const struct bpf_program *program)
{
	struct bpf_prog_info info;

	return get_info(program, &info) == 0 ? info.id : 0;
}

int programs_inspect(struct loading *loading, struct failure *reterr_failure)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, loading->object) {
		struct bpf_prog_info info;
		int err;

		if (!bpf_program__autoload(program))
			continue;
		err = get_info(program, &info);
		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
						 "function \"%s\"", bpf_program__name(program));
		json_array_append_new(loading->verifier_figures,
				      json_pack("{s:s, s:I, s:I}", "program",
						bpf_program__name(program), "insns",
						(json_int_t)info.verified_insns, "jited_bytes",
						(json_int_t)info.jited_prog_len));
	}
	return 0;
}
