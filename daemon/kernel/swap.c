/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/swap.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

enum way swap_way(const struct manifest *generation)
{
	return generation->hooks[0].way;
}

static int open_pin(const char *path, const struct manifest_hook *hook,
		    struct failure *reterr_failure)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "hook %s: cannot open its pin \"%s\"", hook->name, path);
	return fd;
}

static int open_program(const struct unit_pins *pins, const struct manifest *generation,
			const struct manifest_hook *hook, struct failure *reterr_failure)
{
	int fd = generation_open_program(pins->root, generation, hook->program);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "hook %s: cannot open function \"%s\" of generation %u",
					 hook->name, hook->program, generation->generation);
	return fd;
}

static int open_hook(const struct unit_pins *pins, const struct manifest_hook *hook,
		     const char *pin, struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];

	place_path(pins, hook->place, pin, path);
	return open_pin(path, hook, reterr_failure);
}

static int fill_slot(const struct unit_pins *pins, const struct manifest *generation,
		     const struct manifest_hook *hook, int bank, struct failure *reterr_failure)
{
	cleanup_close int program = -1, slots = -1;
	uint32_t index = (uint32_t)bank;
	int err;

	program = open_program(pins, generation, hook, reterr_failure);
	if (program < 0)
		return program;
	slots = open_hook(pins, hook, "slots", reterr_failure);
	if (slots < 0)
		return slots;
	err = bpf_map_update_elem(slots, &index, &program, BPF_ANY);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: the entry does not take function \"%s\"",
					 hook->name, hook->program);
	return 0;
}

static int check_slot(const struct unit_pins *pins, const struct manifest_hook *hook, int bank,
		      struct failure *reterr_failure)
{
	cleanup_close int slots = open_hook(pins, hook, "slots", reterr_failure);
	uint32_t index = (uint32_t)bank, id = 0;
	int err;

	if (slots < 0)
		return slots;
	err = bpf_map_lookup_elem(slots, &index, &id);
	if (err && err != -ENOENT)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: cannot read its slots", hook->name);
	if (id != hook->program_id)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -ESTALE,
			"hook %s: slot %s holds program %u instead of %u; another hand was "
			"there",
			hook->name, bank ? "b" : "a", id, hook->program_id);
	return 0;
}

int swap_check_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		     struct failure *reterr_failure)
{
	for (size_t i = 0; i < generation->hook_count; i++) {
		int err;

		if (generation->hooks[i].way != WAY_ENTRY)
			continue;
		err = check_slot(pins, &generation->hooks[i], bank, reterr_failure);
		if (err)
			return err;
	}
	return 0;
}

int swap_fill_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		    struct failure *reterr_failure)
{
	for (size_t i = 0; i < generation->hook_count; i++) {
		int err;

		if (generation->hooks[i].way != WAY_ENTRY)
			continue;
		err = fill_slot(pins, generation, &generation->hooks[i], bank, reterr_failure);
		if (err)
			return err;
	}
	return swap_check_slots(pins, generation, bank, reterr_failure);
}

static int link_program_id(int link, uint32_t *ret)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);
	int err = bpf_obj_get_info_by_fd(link, &info, &length);

	if (!err)
		*ret = info.prog_id;
	return err;
}

static int fail_foreign(const struct manifest_hook *hook, uint32_t found, uint32_t expected,
			struct failure *reterr_failure)
{
	return failure_set(
		reterr_failure, OUTCOME_REFUSED, -EPERM,
		"hook %s: its link runs program %u instead of %u; another hand replaced it, "
		"and it is not forced. Give the link back its program, or unload the unit "
		"and load it",
		hook->name, found, expected);
}

/* 1: updated; 0: it has the new program already. */
static int swap_link(const struct unit_pins *pins, const struct manifest *from,
		     const struct manifest *to, const struct manifest_hook *hook,
		     struct failure *reterr_failure)
{
	const struct manifest_hook *old = manifest_find_place(from, hook->place);
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE);
	cleanup_close int link = -1, old_program = -1, new_program = -1;
	uint32_t id = 0;
	int err;

	if (!old)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "hook %s is not in generation %u", hook->name, from->generation);
	link = open_hook(pins, hook, "link", reterr_failure);
	if (link < 0)
		return link;
	new_program = open_program(pins, to, hook, reterr_failure);
	if (new_program < 0)
		return new_program;
	old_program = open_program(pins, from, old, reterr_failure);
	if (old_program < 0)
		return old_program;
	options.old_prog_fd = (uint32_t)old_program;
	err = link_program_id(link, &id);
	if (!err && id == hook->program_id)
		return 0;
	if (!err)
		err = bpf_link_update(link, new_program, &options);
	/* Attached to nothing: what is in force by then is attached there again (hook_heal.h). */
	if (err == -ENOLINK)
		return 0;
	if (err == -EPERM)
		return fail_foreign(hook, id, old->program_id, reterr_failure);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: cannot update its link", hook->name);
	return 1;
}

int swap_links(const struct unit_pins *pins, const struct manifest *from, const struct manifest *to,
	       size_t *done, struct failure *reterr_failure)
{
	for (size_t i = 0; i < to->hook_count; i++) {
		int swapped;

		if (to->hooks[i].way != WAY_LINK)
			continue;
		swapped = swap_link(pins, from, to, &to->hooks[i], reterr_failure);
		if (swapped < 0)
			return swapped;
		*done += (size_t)swapped;
		fault_point("swap", "link");
	}
	return 0;
}
