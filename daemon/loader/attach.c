/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/attach.h"

#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/loader/entry.h"
#include "daemon/loader/programs.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

/* A place that is being made. */
struct making {
	struct loading *loading;
	const struct mapped *selector, *ledger;
	struct entry entry;
	const char *points; /* operation of the fault points */
	char directory[PIN_PATH_MAX];
};

static int pin(const struct making *making, int fd, const char *name,
	       struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];

	pin_path(path, making->directory, "%s", name);
	return bpffs_pin(fd, path, reterr_failure);
}

static int pin_slots(const struct making *making, struct failure *reterr_failure)
{
	int err = pin(making, making->entry.slots, "slots", reterr_failure);

	fault_point(making->points, "slots");
	return err;
}

static int pin_entry(const struct making *making, struct failure *reterr_failure)
{
	int err = pin(making, making->entry.program, "entry", reterr_failure);

	fault_point(making->points, "entry");
	return err;
}

static int pin_neutral(const struct making *making, struct failure *reterr_failure)
{
	int err = pin(making, making->entry.neutral, "neutral", reterr_failure);

	fault_point(making->points, "neutral");
	return err;
}

static int pin_link(const struct making *making, const struct loading_hook *hook, int link,
		    int program, struct failure *reterr_failure)
{
	int err;

	fault_point(making->points, "attached");
	err = pin(making, link, "link", reterr_failure);
	if (!err)
		err = hook_engage(&hook->attach, link, program, reterr_failure);
	fault_point(making->points, "link");
	return err;
}

static int begin(struct making *making, const char *place, const struct entry_settings *settings,
		 struct failure *reterr_failure)
{
	const struct request *request = making->loading->request;
	struct ebpfd_ledger *ledger = making->ledger->value;
	int err;

	pin_path(making->directory, request->root, "%s/hooks/%s", request->unit, place);
	err = bpffs_make_directory(making->directory);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "%s",
					 making->directory);
	/* The number may have been another hook's, which is gone by now. */
	ledger->missed[settings->number] = 0;
	return entry_load(settings, making->selector, making->ledger, &making->entry,
			  reterr_failure);
}

/* What speaks at the place until the commit: nobody, or on first load the program, in an entry that
 * is silent. */
static int first_program(const struct making *making, const struct loading_hook *hook)
{
	return making->loading->active ? making->entry.neutral : bpf_program__fd(hook->program);
}

/* The bank whose slot is filled here: the one that the word will find. */
static int first_bank(const struct loading *loading)
{
	return loading->active ? !loading->request->bank : loading->request->bank;
}

static int attach_by_entry(const struct making *making, const struct loading_hook *hook,
			   struct failure *reterr_failure)
{
	cleanup_close int link = -1;
	int err = entry_fill_slot(&making->entry, first_bank(making->loading),
				  first_program(making, hook));

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "the entry does not take function \"%s\"",
					 hook->config->program);
	err = pin_slots(making, reterr_failure);
	if (!err)
		err = pin_entry(making, reterr_failure);
	if (!err)
		err = pin_neutral(making, reterr_failure);
	if (err || hook_is_held(&hook->attach))
		return err;
	link = hook_attach(&hook->attach, making->entry.program, reterr_failure);
	return link < 0 ? link
			: pin_link(making, hook, link, making->entry.program, reterr_failure);
}

/*
 * By link or overlap: the link runs the program itself. 1: attached and pinned. 0: this kernel
 * cannot update such a link, and it would have to; nothing is attached.
 */
static int attach_directly(const struct making *making, const struct loading_hook *hook,
			   struct failure *reterr_failure)
{
	int program = first_program(making, hook), can_update, err;
	cleanup_close int link = hook_attach(&hook->attach, program, reterr_failure);

	if (link < 0)
		return link;
	can_update = hook->way == WAY_OVERLAP ? 1 : hook_link_can_update(link, program);
	if (can_update < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, can_update,
					 "cannot tell whether the link can be updated");
	if (can_update == 0)
		return 0;
	err = pin_neutral(making, reterr_failure);
	if (!err)
		err = pin_link(making, hook, link, program, reterr_failure);
	return err ? err : 1;
}

static int attach(const struct making *making, struct loading_hook *hook,
		  struct failure *reterr_failure)
{
	int err;

	if (hook->way == WAY_ENTRY)
		return attach_by_entry(making, hook, reterr_failure);
	err = attach_directly(making, hook, reterr_failure);
	if (err != 0)
		return err < 0 ? err : 0;
	if (making->loading->file->swap == SWAP_LINK || hook->sleepable)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
				   "%s is impossible: this kernel cannot update links of kind %s",
				   hook->sleepable ? "a program that may sleep" : "Swap=link",
				   hook_kind_name(hook->attach.kind));
	hook->way = WAY_ENTRY;
	loading_note(making->loading,
		     "hook %s: this kernel cannot update its link; it has an entry",
		     hook->config->name);
	return attach_by_entry(making, hook, reterr_failure);
}

static int make_place(struct making *making, struct loading_hook *hook,
		      struct failure *reterr_failure)
{
	const struct entry_settings settings = {.type = hook->type,
						.frags = program_has_frags(hook->program),
						.number = hook->number};
	int err = begin(making, hook->place, &settings, reterr_failure);

	if (!err)
		err = attach(making, hook, reterr_failure);
	entry_deinit(&making->entry);
	return err;
}

/* Slots and entry beside a link that runs a program by itself. The daemon leads it over. */
static int make_entry(struct making *making, const struct manifest_hook *known,
		      struct failure *reterr_failure)
{
	struct entry_settings settings = {.frags = known->frags, .number = known->number};
	int err = hook_describe(&known->attach, &settings.type, reterr_failure);

	if (!err)
		err = begin(making, known->place, &settings, reterr_failure);
	if (!err)
		err = pin_slots(making, reterr_failure);
	if (!err)
		err = pin_entry(making, reterr_failure);
	entry_deinit(&making->entry);
	return err;
}

int hooks_attach(struct loading *loading, const struct mapped *selector,
		 const struct mapped *ledger, struct failure *reterr_failure)
{
	struct making making = {.loading = loading,
				.selector = selector,
				.ledger = ledger,
				.points = loading->active ? "place" : "load"};

	for (size_t i = 0; i < loading->hook_count; i++) {
		struct loading_hook *hook = &loading->hooks[i];
		int err = hook->known ? 0 : make_place(&making, hook, reterr_failure);

		if (err)
			return loading_fail_hook(hook->config->name, reterr_failure, err);
	}
	for (size_t i = 0; i < loading->converted_count; i++) {
		const struct manifest_hook *known = loading->converted[i];
		int err = make_entry(&making, known, reterr_failure);

		if (err)
			return loading_fail_hook(known->name, reterr_failure, err);
	}
	return 0;
}
