/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/fit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/macro.h"

/* Of one program (include/linux/bpf_verifier.h). */
#define USED_MAPS_MAX 64

/* The maps in which a program keeps data per cgroup, one of each type at most. */
struct storage {
	uint32_t plain, per_cpu; /* ids; 0: none */
	char name[BPF_OBJ_NAME_LEN];
};

static int add_map(uint32_t id, struct storage *storage)
{
	cleanup_close int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	int err = fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, &info, &length);

	if (err)
		return err;
	if (info.type == BPF_MAP_TYPE_CGROUP_STORAGE)
		storage->plain = id;
	else if (info.type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)
		storage->per_cpu = id;
	else
		return 0;
	(void)snprintf(storage->name, sizeof(storage->name), "%s", info.name);
	return 0;
}

static int find_storage(int program_fd, struct storage *ret)
{
	uint32_t ids[USED_MAPS_MAX];
	struct bpf_prog_info info = {.nr_map_ids = ARRAY_SIZE(ids), .map_ids = (uintptr_t)ids};
	uint32_t length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(program_fd, &info, &length);

	*ret = (struct storage){0};
	for (uint32_t i = 0; !err && i < info.nr_map_ids; i++)
		err = add_map(ids[i], ret);
	return err;
}

static int find_storage_in_force(const struct manifest_hook *known, struct storage *ret)
{
	cleanup_close int program = bpf_prog_get_fd_by_id(known->program_id);

	return program < 0 ? program : find_storage(program, ret);
}

static int refuse_behind_entry(const char *function, const struct storage *storage,
			       struct failure *reterr_failure)
{
	return failure_set(
		reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
		"function \"%s\" keeps data per cgroup in map \"%s\", and the kernel takes no "
		"such program behind an entry; give the hook a unit of its own without "
		"Swap=entry, or make the map one of type BPF_MAP_TYPE_CGRP_STORAGE",
		function, storage->name);
}

/* The kernel would run the new program on the data of the old one's map, whatever their sizes. */
static int check_link(const struct loading *loading, const struct loading_hook *hook,
		      const struct storage *storage, struct failure *reterr_failure)
{
	const struct manifest_hook *known = manifest_find_place(loading->active, hook->place);
	struct storage before = {0};
	int err = known ? find_storage_in_force(known, &before) : 0;

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot look at the maps of function \"%s\" in force",
					 known->program);
	if (storage->plain == before.plain && storage->per_cpu == before.per_cpu)
		return 0;
	return failure_set(
		reterr_failure, OUTCOME_REFUSED, -EINVAL,
		"function \"%s\" and what is attached do not keep their data per cgroup in the "
		"same map \"%s\", and a link has that of its first program; set Keep=yes in "
		"[Map %s] from the first load on, or unload the unit and load it",
		hook->config->program, storage->name[0] ? storage->name : before.name,
		storage->name[0] ? storage->name : before.name);
}

static int check_storage(const struct loading *loading, const struct loading_hook *hook,
			 struct failure *reterr_failure)
{
	const char *function = hook->config->program;
	struct storage storage;
	int err = find_storage(bpf_program__fd(hook->program), &storage);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot look at the maps of function \"%s\"", function);
	if (hook->way != WAY_ENTRY)
		return loading->active ? check_link(loading, hook, &storage, reterr_failure) : 0;
	return storage.name[0] ? refuse_behind_entry(function, &storage, reterr_failure) : 0;
}

/* What is in force comes behind an entry as well, if its link goes over to one. */
static int check_conversion(const struct manifest_hook *known, struct failure *reterr_failure)
{
	struct storage storage;

	if (find_storage_in_force(known, &storage) < 0 || !storage.name[0])
		return 0;
	return refuse_behind_entry(known->program, &storage, reterr_failure);
}

static int check_context(const struct loading *loading, const struct loading_hook *hook,
			 struct failure *reterr_failure)
{
	const struct manifest_hook *known =
		loading->active ? manifest_find_place(loading->active, hook->place) : NULL;
	cleanup_close int known_fd = known ? bpf_prog_get_fd_by_id(known->program_id) : -1;

	return hook_check_context(&hook->attach, hook->config->program,
				  bpf_program__fd(hook->program), known_fd, reterr_failure);
}

int hooks_fit(const struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->hook_count; i++) {
		const struct loading_hook *hook = &loading->hooks[i];
		int err = check_storage(loading, hook, reterr_failure);

		if (!err)
			err = check_context(loading, hook, reterr_failure);
		if (err)
			return loading_fail_hook(hook->config->name, reterr_failure, err);
	}
	for (size_t i = 0; i < loading->converted_count; i++) {
		int err = check_conversion(loading->converted[i], reterr_failure);

		if (err)
			return loading_fail_hook(loading->converted[i]->name, reterr_failure, err);
	}
	return 0;
}
