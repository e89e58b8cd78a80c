/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/match.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/held_sockets.h"
#include "daemon/loader/programs.h"
#include "lib/macro.h"

static const struct loading_hook *hook_at(const struct loading *loading, const char *place)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		if (strcmp(loading->hooks[i].place, place) == 0)
			return &loading->hooks[i];
	return NULL;
}

/* ---- places ---- */

static bool fits(const struct loading *loading, const struct loading_hook *hook,
		 const struct manifest_hook *known, bool by_name)
{
	return attach_equal(&known->attach, &hook->attach) &&
	       (!by_name || strcmp(known->name, hook->config->name) == 0) &&
	       !hook_at(loading, known->place);
}

/* The active generation's hooks first, then those that are attached for a rollback. */
static const struct manifest_hook *find_known(const struct loading *loading,
					      const struct loading_hook *hook, bool by_name)
{
	const struct manifest *const generations[] = {loading->active, loading->other};

	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		for (size_t k = 0; generations[i] && k < generations[i]->hook_count; k++)
			if (fits(loading, hook, &generations[i]->hooks[k], by_name))
				return &generations[i]->hooks[k];
	return NULL;
}

/* All names first, so that no hook loses its place to one that came under another name. */
static void find_places(struct loading *loading, bool by_name)
{
	for (size_t i = 0; i < loading->hook_count; i++) {
		struct loading_hook *hook = &loading->hooks[i];

		if (!hook->known)
			hook->known = find_known(loading, hook, by_name);
		if (!hook->known || hook->place[0])
			continue;
		(void)snprintf(hook->place, sizeof(hook->place), "%s", hook->known->place);
		hook->number = hook->known->number;
	}
}

static bool number_is_taken(const struct loading *loading, uint32_t number)
{
	const struct manifest *const generations[] = {loading->active, loading->other};

	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		for (size_t k = 0; generations[i] && k < generations[i]->hook_count; k++)
			if (generations[i]->hooks[k].number == number)
				return true;
	for (size_t i = 0; i < loading->hook_count; i++)
		if (loading->hooks[i].place[0] && loading->hooks[i].number == number)
			return true;
	return false;
}

static int new_place(const struct loading *loading, struct loading_hook *hook,
		     struct failure *reterr_failure)
{
	const char *name = hook->config->name;
	uint32_t number = 0;

	while (number < EBPFD_HOOKS_MAX && number_is_taken(loading, number))
		number++;
	if (number == EBPFD_HOOKS_MAX)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -E2BIG,
			"a unit is attached at %d places at most, those counted that the former "
			"generation keeps for a rollback; reload once without the new hooks, and "
			"again with them",
			EBPFD_HOOKS_MAX);
	hook->number = number;
	if (places_find(&loading->places, name))
		(void)snprintf(hook->place, sizeof(hook->place), "%s@%u", name,
			       loading->request->generation);
	else
		(void)snprintf(hook->place, sizeof(hook->place), "%s", name);
	return 0;
}

/* ---- what the kernel could not do ---- */

static int fail_known(const struct loading_hook *hook, const char *what, const char *before,
		      const char *now, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
			   "%s is %s of what is attached (function \"%s\") and %s of function "
			   "\"%s\" of the new object, which the kernel cannot swap; unload the "
			   "unit and load it",
			   what, before ? before : "unknown", hook->known->program,
			   now ? now : "unknown", hook->config->program);
}

/* A link or entry in place fixes type, expected attach type and frags for all that come after. */
static int check_known(const struct loading_hook *hook, struct failure *reterr_failure)
{
	const struct manifest_hook *known = hook->known;

	if (known->program_type != hook->type.program_type)
		return fail_known(hook, "type", libbpf_bpf_prog_type_str(known->program_type),
				  libbpf_bpf_prog_type_str(hook->type.program_type),
				  reterr_failure);
	if (known->expected != hook->type.expected)
		return fail_known(hook, "expected attach type",
				  libbpf_bpf_attach_type_str(known->expected),
				  libbpf_bpf_attach_type_str(hook->type.expected), reterr_failure);
	if (known->frags != program_has_frags(hook->program))
		return fail_known(hook, "xdp.frags", known->frags ? "yes" : "no",
				  known->frags ? "no" : "yes", reterr_failure);
	return 0;
}

static int check_pair(const struct loading_hook *a, const struct loading_hook *b,
		      struct failure *reterr_failure)
{
	if (!attach_excludes(&a->attach, &b->attach))
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EBUSY,
			   "hooks %s and %s are both at xdp:%s, and an interface takes one XDP "
			   "program; give one of them another Attach=",
			   a->config->name, b->config->name, a->attach.target);
}

/* Of the unit itself: it stays attached as long as a rollback may need it. */
static int check_attached(const struct manifest *generation, const struct loading_hook *hook,
			  struct failure *reterr_failure)
{
	for (size_t i = 0; generation && i < generation->hook_count; i++)
		if (attach_excludes(&generation->hooks[i].attach, &hook->attach))
			return failure_set(
				reterr_failure, OUTCOME_REFUSED, -EBUSY,
				"interface \"%s\" has hook %s of generation %u in another mode, "
				"and takes one XDP program; unload the unit and load it",
				hook->attach.target, generation->hooks[i].name,
				generation->generation);
	return 0;
}

static int check_place(const struct loading *loading, const struct loading_hook *hook,
		       struct failure *reterr_failure)
{
	int err;

	if (hook->known)
		return check_known(hook, reterr_failure);
	err = check_attached(loading->active, hook, reterr_failure);
	return err ? err : check_attached(loading->other, hook, reterr_failure);
}

static int check_pairs(const struct loading *loading, struct failure *reterr_failure)
{
	int err = 0;

	for (size_t i = 0; i < loading->hook_count; i++)
		for (size_t k = i + 1; !err && k < loading->hook_count; k++)
			err = check_pair(&loading->hooks[i], &loading->hooks[k], reterr_failure);
	return err;
}

/* ---- ways ---- */

static bool is_by_entry(const struct loading *loading, const char *name)
{
	const struct place *place = places_find(&loading->places, name);

	return place && place_way(place) == WAY_ENTRY;
}

static bool some_entry_is_in_place(const struct loading *loading)
{
	const struct manifest *active = loading->active;

	for (size_t i = 0; active && i < active->hook_count; i++)
		if (is_by_entry(loading, active->hooks[i].place))
			return true;
	for (size_t i = 0; i < loading->hook_count; i++)
		if (is_by_entry(loading, loading->hooks[i].place))
			return true;
	return false;
}

static bool some_is_not_updatable(const struct loading *loading)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		if (!loading->hooks[i].type.updatable)
			return true;
	return false;
}

/* What all hooks would be swapped by. Whether this kernel updates a link is tried at attachment. */
static enum way choose_way(const struct loading *loading, const char **ret_why)
{
	enum swap swap = loading->file->swap;

	if (swap == SWAP_LINK)
		*ret_why = "Swap=link asks for it";
	else if (swap == SWAP_ENTRY)
		*ret_why = "Swap=entry asks for it";
	else if (loading->hook_count > 1)
		*ret_why = "several hooks flip in one store";
	else if (some_is_not_updatable(loading))
		*ret_why = "no kernel updates links of this kind";
	else if (some_entry_is_in_place(loading))
		*ret_why = "what is attached flips in one store";
	else
		swap = SWAP_LINK, *ret_why = "one hook, of a kind whose link the kernel can update";
	return swap == SWAP_LINK ? WAY_LINK : WAY_ENTRY;
}

/* No array of programs takes one that may sleep, so none can be behind an entry. */
static int give_sleepable_way(struct loading *loading, struct loading_hook *hook,
			      struct failure *reterr_failure)
{
	if (loading->file->swap == SWAP_ENTRY)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
			"Swap=entry is impossible: function \"%s\" may sleep, and an entry "
			"cannot call such a program; leave Swap= out",
			hook->config->program);
	if (hook->known && is_by_entry(loading, hook->place))
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
			"function \"%s\" may sleep, and the entry that is in place cannot "
			"call such a program; unload the unit and load it",
			hook->config->program);
	if (hook->type.updatable) {
		hook->way = WAY_LINK;
		hook->why = "it may sleep, and its link can be updated";
		return 0;
	}
	hook->way = WAY_OVERLAP;
	hook->why = "it may sleep, and neither a link nor an entry can exchange it";
	if (hook->known)
		loading_note(loading,
			     "hook %s: the new program is attached before the old one is detached; "
			     "for a moment both run, and its events may be there twice",
			     hook->config->name);
	return 0;
}

/* What has been attached without an entry for a program that may sleep, stays so. */
static bool is_given_sleepable_way(const struct loading *loading, const struct loading_hook *hook)
{
	return (hook->sleepable || (hook->known && hook->known->way == WAY_OVERLAP)) &&
	       (hook->type.updatable || loading->file->swap != SWAP_LINK);
}

static int give_way(struct loading *loading, struct loading_hook *hook, enum way way,
		    const char *why, struct failure *reterr_failure)
{
	if (is_given_sleepable_way(loading, hook))
		return give_sleepable_way(loading, hook, reterr_failure);
	hook->way = way;
	hook->why = why;
	if (!hook->known && way == WAY_LINK && !hook->type.updatable)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
				   "Swap=link is impossible: no kernel updates links of kind %s; "
				   "use Swap=entry or leave it out",
				   hook_kind_name(hook->attach.kind));
	if (hook->known && way == WAY_LINK && is_by_entry(loading, hook->place))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
				   "Swap= asks for another way than \"entry\", which is in place; "
				   "unload the unit and load it");
	if (hook->known && is_by_entry(loading, hook->place) == (way == WAY_ENTRY))
		hook->why = "the way of the generation in force";
	return 0;
}

static void convert(struct loading *loading, const struct manifest_hook *known, const char *why)
{
	if (is_by_entry(loading, known->place) || known->way == WAY_OVERLAP || known->sleepable)
		return;
	loading->converted[loading->converted_count++] = known;
	loading_note(loading, "hook %s: it has an entry from now on: %s", known->name, why);
}

/* Everything that the flip changes goes over, also what has no part in the new generation. */
static void convert_all(struct loading *loading, const char *why)
{
	const struct manifest *active = loading->active;

	for (size_t i = 0; i < loading->hook_count; i++)
		if (loading->hooks[i].known && loading->hooks[i].way == WAY_ENTRY)
			convert(loading, loading->hooks[i].known, why);
	for (size_t i = 0; active && i < active->hook_count; i++)
		if (!hook_at(loading, active->hooks[i].place))
			convert(loading, &active->hooks[i], why);
}

static int give_ways(struct loading *loading, struct failure *reterr_failure)
{
	const char *why;
	enum way way = choose_way(loading, &why);

	for (size_t i = 0; i < loading->hook_count; i++) {
		int err = give_way(loading, &loading->hooks[i], way, why, reterr_failure);

		if (err)
			return loading_fail_hook(loading->hooks[i].config->name, reterr_failure,
						 err);
	}
	if (way == WAY_ENTRY)
		convert_all(loading, why);
	return 0;
}

static void note_held(struct loading *loading)
{
	for (size_t i = 0; i < loading->hook_count; i++)
		if (hook_is_held(&loading->hooks[i].attach) && !held_sockets_outlive())
			loading_note(loading, "hook %s: its socket is " HELD_SOCKET_NOTE,
				     loading->hooks[i].config->name);
}

int hooks_match(struct loading *loading, struct failure *reterr_failure)
{
	int err = check_pairs(loading, reterr_failure);

	find_places(loading, true);
	find_places(loading, false);
	for (size_t i = 0; !err && i < loading->hook_count; i++) {
		struct loading_hook *hook = &loading->hooks[i];

		err = check_place(loading, hook, reterr_failure);
		if (!err && !hook->known)
			err = new_place(loading, hook, reterr_failure);
		if (err)
			return loading_fail_hook(hook->config->name, reterr_failure, err);
	}
	note_held(loading);
	return err ? err : give_ways(loading, reterr_failure);
}
