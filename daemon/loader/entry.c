/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/entry.h"

#include <linux/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/loader/rodata.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

/* The compiled bpf/entry.bpf.c: see entry_object.S. */
extern const char entry_object[], entry_object_end[];

static int set_read_only(struct bpf_object *entry, const struct loading_hook *hook)
{
	const struct {
		const char *name;
		uint64_t value;
	} settings[] = {
		{"neutral", (uint64_t)(int64_t)hook->type.neutral},
		{"hook", hook->number},
		{"has_task", hook->type.has_task},
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct variable variable;

		if (!rodata_find(entry, settings[i].name, &variable))
			return -ENOENT;
		rodata_store(&variable, settings[i].value);
	}
	return 0;
}

static int share_map(struct bpf_object *entry, const char *name, const struct mapped *mapped)
{
	struct bpf_map *map = bpf_object__find_map_by_name(entry, name);

	return map ? bpf_map__reuse_fd(map, mapped->fd) : -ENOENT;
}

static int configure_entry(struct bpf_object *entry, const struct loading_hook *hook,
			   const struct mapped *selector, const struct mapped *ledger)
{
	struct bpf_program *program = bpf_object__find_program_by_name(entry, "entry");
	int err;

	if (!program)
		return -ENOENT;
	bpf_program__set_type(program, hook->type.program_type);
	bpf_program__set_expected_attach_type(program, hook->type.expected);
	/* Only frags is a property that entry and program must share; the rest are not asked for.
	 */
	bpf_program__set_flags(program, bpf_program__flags(hook->program) & (1U << 5));
	err = set_read_only(entry, hook);
	if (!err)
		err = share_map(entry, "selector", selector);
	if (!err)
		err = share_map(entry, "ledger", ledger);
	return err;
}

static int load_entry(const struct loading_hook *hook, const struct mapped *selector,
		      const struct mapped *ledger, struct bpf_object **ret)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpfd_entry");
	struct bpf_object *entry = bpf_object__open_mem(
		entry_object, (size_t)(entry_object_end - entry_object), &options);
	int err;

	if (!entry)
		return -errno;
	err = configure_entry(entry, hook, selector, ledger);
	if (!err)
		err = bpf_object__load(entry);
	if (err) {
		bpf_object__close(entry);
		return err;
	}
	*ret = entry;
	return 0;
}

static int pin_link(int link, const char *directory, struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int err;

	fault_point("load", "attached");
	pin_path(path, directory, "link");
	err = bpffs_pin(link, path, reterr_failure);
	fault_point("load", "link");
	return err;
}

static int pin_entry(const struct bpf_object *entry, const char *directory,
		     struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, directory, "slots");
	err = bpffs_pin(bpf_object__find_map_fd_by_name(entry, "slots"), path, reterr_failure);
	if (err)
		return err;
	fault_point("load", "slots");
	pin_path(path, directory, "entry");
	err = bpffs_pin(bpf_program__fd(bpf_object__find_program_by_name(entry, "entry")), path,
			reterr_failure);
	fault_point("load", "entry");
	return err;
}

static int fill_slot(const struct bpf_object *entry, int bank, int program_fd)
{
	uint32_t index = (uint32_t)bank;

	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(entry, "slots"), &index,
				   &program_fd, BPF_ANY);
}

static int attach_loaded_entry(const struct loading *loading, const struct loading_hook *hook,
			       const struct bpf_object *entry, const char *directory,
			       struct failure *reterr_failure)
{
	int program = bpf_program__fd(bpf_object__find_program_by_name(entry, "entry"));
	cleanup_close int link = -1;
	int err;

	err = fill_slot(entry, loading->request->bank, bpf_program__fd(hook->program));
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "the entry does not take function \"%s\"",
					 hook->config->program);
	err = pin_entry(entry, directory, reterr_failure);
	if (err)
		return err;
	link = hook_attach(&hook->attach, program, reterr_failure);
	return link < 0 ? link : pin_link(link, directory, reterr_failure);
}

static int attach_entry(const struct loading *loading, const struct loading_hook *hook,
			const struct mapped *selector, const struct mapped *ledger,
			const char *directory, struct failure *reterr_failure)
{
	struct bpf_object *entry = NULL;
	int err = load_entry(hook, selector, ledger, &entry);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "this kernel refuses the entry");
	err = attach_loaded_entry(loading, hook, entry, directory, reterr_failure);
	bpf_object__close(entry);
	return err;
}

/* 1: attached and pinned. 0: this kernel cannot update such a link; nothing is attached. */
static int attach_by_link(struct loading_hook *hook, const char *directory,
			  struct failure *reterr_failure)
{
	int program = bpf_program__fd(hook->program);
	cleanup_close int link = hook_attach(&hook->attach, program, reterr_failure);
	int can_update, err;

	if (link < 0)
		return link;
	can_update = hook_link_can_update(link, program);
	if (can_update < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, can_update,
					 "cannot tell whether the link can be updated");
	if (can_update == 0)
		return 0;
	err = pin_link(link, directory, reterr_failure);
	return err ? err : 1;
}

static int attach_hook(struct loading *loading, struct loading_hook *hook,
		       const struct mapped *selector, const struct mapped *ledger,
		       struct failure *reterr_failure)
{
	char directory[PIN_PATH_MAX];
	int err;

	pin_path(directory, loading->request->root, "%s/hooks/%s", loading->request->unit,
		 hook->place);
	err = bpffs_make_directory(directory);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "%s", directory);
	if (hook->way == WAY_LINK) {
		err = attach_by_link(hook, directory, reterr_failure);
		if (err != 0)
			return err < 0 ? err : 0;
		if (loading->file->swap == SWAP_LINK)
			return failure_set(
				reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
				"Swap=link is impossible: this kernel cannot update links "
				"of kind %s",
				hook_kind_name(hook->attach.kind));
		hook->way = WAY_ENTRY;
		loading_note(loading,
			     "hook %s: this kernel cannot update its link; it has an entry",
			     hook->config->name);
	}
	return attach_entry(loading, hook, selector, ledger, directory, reterr_failure);
}

int hooks_attach(struct loading *loading, const struct mapped *selector,
		 const struct mapped *ledger, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->hook_count; i++) {
		char prefix[NAME_MAX_LENGTH + 16];
		int err =
			attach_hook(loading, &loading->hooks[i], selector, ledger, reterr_failure);

		if (err) {
			(void)snprintf(prefix, sizeof(prefix), "hook %s",
				       loading->hooks[i].config->name);
			failure_prefix(reterr_failure, prefix);
			return err;
		}
	}
	return 0;
}
