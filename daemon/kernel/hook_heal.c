/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hook_heal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hook_target.h"
#include "daemon/kernel/link_pin.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

/* What the hook's link runs: its entry, or the generation's program. */
static int open_program(const struct unit_pins *pins, const struct manifest *generation,
			const struct manifest_hook *hook, struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int fd;

	place_path(pins, hook->place, "entry", path);
	fd = bpf_obj_get(path);
	if (fd == -ENOENT && hook->way != WAY_ENTRY)
		fd = generation_open_program(pins->root, generation, hook->program);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, fd,
					 "the pin of its %s cannot be opened; unload the unit and "
					 "load it",
					 hook->way == WAY_ENTRY ? "entry" : "program");
	return fd;
}

/* ---- a link that lost its pin ---- */

/* The same program may be at several hooks, by a link each. */
static bool is_of_another_hook(const struct unit_pins *pins, const struct manifest *generation,
			       const struct manifest_hook *hook, uint32_t link_id)
{
	for (size_t i = 0; i < generation->hook_count; i++)
		if (&generation->hooks[i] != hook &&
		    place_link_id(pins, generation->hooks[i].place) == link_id)
			return true;
	return false;
}

static bool is_still_attached(int link, uint32_t program_id, const struct unit_pins *pins,
			      const struct manifest *generation, const struct manifest_hook *hook)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &length) == 0 && info.prog_id == program_id &&
	       (!hook_target_can_go(&hook->attach) ||
		hook_target_of_link(&hook->attach, &info) == hook_target_now(&hook->attach)) &&
	       !is_of_another_hook(pins, generation, hook, info.id);
}

/* The hook's link without a pin, or -ENOENT: nobody else attaches that program. */
static int find_link(int program, const struct unit_pins *pins, const struct manifest *generation,
		     const struct manifest_hook *hook)
{
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info), id = 0;
	int err = bpf_obj_get_info_by_fd(program, &info, &length);

	while (!err && bpf_link_get_next_id(id, &id) == 0) {
		cleanup_close int link = bpf_link_get_fd_by_id(id);

		if (link >= 0 && is_still_attached(link, info.id, pins, generation, hook))
			return TAKE_FD(link);
	}
	return err ? err : -ENOENT;
}

/* ---- attaching ---- */

static void note_target(int link, const struct unit_pins *pins, const struct manifest_hook *hook)
{
	struct bpf_link_info info;

	if (place_link_look(link, &info) == 0)
		hook_target_note(pins, hook, hook_target_of_link(&hook->attach, &info));
	fault_point("heal", "noted");
}

static int attach_again(const struct unit_pins *pins, const struct manifest *generation,
			const struct manifest_hook *hook, bool missing,
			struct failure *reterr_failure)
{
	cleanup_close int program = open_program(pins, generation, hook, reterr_failure);
	cleanup_close int link = -1;
	int err;

	if (program < 0)
		return program;
	if (missing)
		link = find_link(program, pins, generation, hook);
	if (link < 0)
		link = hook_attach(&hook->attach, program, reterr_failure);
	if (link < 0)
		return link;
	fault_point("heal", "attached");
	err = link_pin_put(&(struct link_pin){.pins = pins,
					      .place = hook->place,
					      .attach = &hook->attach,
					      .link = link,
					      .program = program,
					      .operation = "heal"},
			   reterr_failure);
	if (!err)
		note_target(link, pins, hook);
	return err;
}

/* ---- compare and swap ---- */

static int give_back(const struct unit_pins *pins, const struct manifest *generation,
		     const struct manifest_hook *hook, uint32_t other_id,
		     struct failure *reterr_failure)
{
	cleanup_close int program = open_program(pins, generation, hook, reterr_failure);
	cleanup_close int link = -1;
	char path[PIN_PATH_MAX];
	int err;

	if (program < 0)
		return program;
	place_path(pins, hook->place, "link", path);
	link = bpf_obj_get(path);
	err = link < 0 ? link : hook_take_back(&hook->attach, link, program, other_id);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "its %s cannot be taken back from program %u",
					 hook_attachment(&hook->attach), other_id);
	fault_point("heal", "updated");
	return 0;
}

int hook_heal(const struct unit_pins *pins, const struct manifest *generation,
	      const struct manifest_hook *hook, const struct hook_state *state,
	      struct failure *reterr_failure)
{
	switch (state->condition) {
	case HOOK_STATE_DETACHED:
		return attach_again(pins, generation, hook, false, reterr_failure);
	case HOOK_STATE_MISSING:
		return attach_again(pins, generation, hook, true, reterr_failure);
	case HOOK_STATE_REPLACED:
		return give_back(pins, generation, hook, state->other.id, reterr_failure);
	case HOOK_STATE_ATTACHED:
	case HOOK_STATE_OUTRANKED:
	case HOOK_STATE_WAITING:
	case HOOK_STATE_MAX_:
		break;
	}
	return 0;
}

static void prefix_hook(struct failure *failure, const char *name)
{
	char prefix[NAME_MAX_LENGTH + 16];

	(void)str_format(prefix, sizeof(prefix), "hook %s", name);
	failure_prefix(failure, prefix);
}

static bool has_no_link(const struct unit_pins *pins, const struct manifest_hook *hook)
{
	char path[PIN_PATH_MAX];

	place_path(pins, hook->place, "link", path);
	return access(path, F_OK) < 0;
}

int hooks_attach_held(const struct unit_pins *pins, const struct manifest *generation,
		      struct failure *reterr_failure)
{
	int err = 0;

	for (size_t i = 0; !err && i < generation->hook_count; i++) {
		const struct manifest_hook *hook = &generation->hooks[i];

		if (!hook_is_held(&hook->attach) || !has_no_link(pins, hook))
			continue;
		err = attach_again(pins, generation, hook, false, reterr_failure);
		if (err)
			prefix_hook(reterr_failure, hook->name);
	}
	return err;
}

void hook_heal_clean_up(const struct unit_pins *pins, const struct manifest *generation)
{
	for (size_t i = 0; i < generation->hook_count; i++) {
		char path[PIN_PATH_MAX];

		place_path(pins, generation->hooks[i].place, LINK_PIN_NEW, path);
		if (bpffs_remove_link(path) == 0)
			fault_point("start", "unstaged");
	}
}
