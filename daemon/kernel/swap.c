/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/swap.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/link_pin.h"
#include "daemon/kernel/places.h"
#include "daemon/kernel/wait_gone.h"
#include "lib/cleanup.h"
#include "lib/fault.h"

/* For the end of a link that was unpinned. */
#define DETACH_PATIENCE_USEC (10UL * 1000 * 1000)

/* One place, and what a generation has there. */
struct part {
	const struct unit_pins *pins;
	const struct place *place;
	const struct manifest *generation;
	const struct manifest_hook *hook; /* NULL: the neutral program */
	const char *name;		  /* for people */
	uint32_t program_id;
};

static struct part part_of(const struct unit_pins *pins, const struct place *place,
			   const struct manifest *generation)
{
	const struct manifest_hook *hook =
		generation ? manifest_find_place(generation, place->name) : NULL;

	return (struct part){.pins = pins,
			     .place = place,
			     .generation = generation,
			     .hook = hook,
			     .name = hook ? hook->name : place->name,
			     .program_id = place_program(place, generation)};
}

static int open_pin(const struct part *part, const char *pin, struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];
	int fd;

	place_path(part->pins, part->place->name, pin, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "hook %s: cannot open its pin \"%s\"", part->name, path);
	return fd;
}

static int open_program(const struct part *part, struct failure *reterr_failure)
{
	int fd;

	if (!part->hook)
		return open_pin(part, "neutral", reterr_failure);
	fd = generation_open_program(part->pins->root, part->generation, part->hook->program);
	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, fd,
					 "hook %s: cannot open function \"%s\" of generation %u",
					 part->name, part->hook->program,
					 part->generation->generation);
	return fd;
}

/* ---- each place in turn ---- */

/* What is done with each place: `part` is the generation's there. */
typedef int (*visit_fn)(const struct part *part, void *data, struct failure *reterr_failure);

/* All places of the unit, those of `generation` first and then those of `other`; either may be
 * NULL.
 */
static int visit(const struct unit_pins *pins, const struct manifest *generation,
		 const struct manifest *other, visit_fn function, void *data,
		 struct failure *reterr_failure)
{
	cleanup_places struct places places = PLACES_INIT;
	int err = places_read(pins, generation, other, &places, reterr_failure);

	for (size_t i = 0; !err && i < places.count; i++) {
		struct part part = part_of(pins, &places.all[i], generation);

		err = function(&part, data, reterr_failure);
	}
	return err;
}

/* Of a loader that was killed in the middle of making it: no link reaches it. */
static bool is_half_made(const struct part *part)
{
	return !part->hook && !part->place->has_link;
}

/* ---- slots ---- */

static int fill_slot(const struct part *part, int bank, struct failure *reterr_failure)
{
	cleanup_close int program = open_program(part, reterr_failure), slots = -1;
	uint32_t index = (uint32_t)bank;
	int err;

	if (program < 0)
		return program;
	slots = open_pin(part, "slots", reterr_failure);
	if (slots < 0)
		return slots;
	err = bpf_map_update_elem(slots, &index, &program, BPF_ANY);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: the entry does not take %s%s%s", part->name,
					 part->hook ? "function \"" : "the neutral program",
					 part->hook ? part->hook->program : "",
					 part->hook ? "\"" : "");
	return 0;
}

static int check_slot(const struct part *part, int bank, struct failure *reterr_failure)
{
	cleanup_close int slots = open_pin(part, "slots", reterr_failure);
	uint32_t index = (uint32_t)bank, id = 0;
	int err;

	if (slots < 0)
		return slots;
	err = bpf_map_lookup_elem(slots, &index, &id);
	if (err && err != -ENOENT)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: cannot read its slots", part->name);
	if (id != part->program_id)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -ESTALE,
			"hook %s: slot %s holds program %u instead of %u; another hand was "
			"there",
			part->name, bank ? "b" : "a", id, part->program_id);
	return 0;
}

static int fill_and_check(const struct part *part, int bank, struct failure *reterr_failure)
{
	int err = fill_slot(part, bank, reterr_failure);

	return err ? err : check_slot(part, bank, reterr_failure);
}

static int visit_check_slot(const struct part *part, void *data, struct failure *reterr_failure)
{
	if (place_way(part->place) != WAY_ENTRY)
		return 0;
	return check_slot(part, *(const int *)data, reterr_failure);
}

int swap_check_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		     struct failure *reterr_failure)
{
	return visit(pins, generation, NULL, visit_check_slot, &bank, reterr_failure);
}

static int visit_fill_slot(const struct part *part, void *data, struct failure *reterr_failure)
{
	bool has_slots = part->place->has_slots || place_way(part->place) == WAY_ENTRY;

	if (!has_slots || is_half_made(part))
		return 0;
	return fill_and_check(part, *(const int *)data, reterr_failure);
}

int swap_fill_slots(const struct unit_pins *pins, const struct manifest *generation, int bank,
		    struct failure *reterr_failure)
{
	return visit(pins, generation, NULL, visit_fill_slot, &bank, reterr_failure);
}

/* ---- links ---- */

static int fail_foreign(const struct part *part, uint32_t found, uint32_t expected,
			struct failure *reterr_failure)
{
	return failure_set(
		reterr_failure, OUTCOME_REFUSED, -EPERM,
		"hook %s: its link runs program %u instead of %u; another hand replaced it, "
		"and it is not forced. Give the link back its program, or unload the unit "
		"and load it",
		part->name, found, expected);
}

/* Compare and swap; `expected` is the id of old_program. 1: updated; 0: it is attached to nothing.
 */
static int update_link(const struct part *part, int program, int old_program, uint32_t expected,
		       struct failure *reterr_failure)
{
	LIBBPF_OPTS(bpf_link_update_opts, options, .flags = BPF_F_REPLACE,
		    .old_prog_fd = (uint32_t)old_program);
	cleanup_close int link = open_pin(part, "link", reterr_failure);
	int err;

	if (link < 0)
		return link;
	err = bpf_link_update(link, program, &options);
	/* Attached to nothing: what is in force by then is attached there again (hook_heal.h). */
	if (err == -ENOLINK)
		return 0;
	if (err == -EPERM)
		return fail_foreign(part, part->place->link_program, expected, reterr_failure);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "hook %s: cannot update its link", part->name);
	return 1;
}

/* ---- overlaps ---- */

static uint32_t link_id(int link)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &length) ? 0 : info.id;
}

/* A pin that is gone lets go of its link after a grace period, and with the link goes its number.
 */
static int wait_for_detachment(const struct part *part, uint32_t id, struct failure *reterr_failure)
{
	int err = wait_gone(bpf_link_get_next_id, id, DETACH_PATIENCE_USEC);

	if (!err)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, err,
			   "hook %s: the former program stays attached, by link %u; another hand "
			   "holds it",
			   part->name, id);
}

/* The pin goes over in one rename: whoever finds it has the old link or the new one. */
static int replace_link(const struct part *part, const struct part *old, int program, size_t *done,
			struct failure *reterr_failure)
{
	const struct attach *attach = part->hook ? &part->hook->attach : &old->hook->attach;
	cleanup_close int former = open_pin(part, "link", reterr_failure), link = -1;
	uint32_t id;
	int err;

	if (former < 0)
		return former;
	if (part->place->link_program != old->program_id)
		return fail_foreign(part, part->place->link_program, old->program_id,
				    reterr_failure);
	link = hook_attach(attach, program, reterr_failure);
	if (link < 0)
		return link;
	fault_point("swap", "attached");
	err = link_pin_put(&(struct link_pin){.pins = part->pins,
					      .place = part->place->name,
					      .attach = attach,
					      .link = link,
					      .program = program,
					      .operation = "swap"},
			   reterr_failure);
	if (err)
		return err;
	(*done)++;
	id = link_id(former);
	close_and_forget(&former);
	return wait_for_detachment(part, id, reterr_failure);
}

struct swapping {
	const struct manifest *from;
	size_t *done;
	int bank;
};

/* Whether a flip to the part's generation has to update this link. */
static bool is_to_update(const struct part *part)
{
	return place_way(part->place) != WAY_ENTRY && !is_half_made(part) &&
	       (!part->place->has_link || part->place->link_program != part->program_id);
}

static int visit_swap(const struct part *part, void *data, struct failure *reterr_failure)
{
	const struct swapping *swapping = data;
	const struct part old = part_of(part->pins, part->place, swapping->from);
	cleanup_close int program = -1, old_program = -1;
	int updated;

	if (is_to_update(part)) {
		program = open_program(part, reterr_failure);
		if (program < 0)
			return program;
		old_program = open_program(&old, reterr_failure);
		if (old_program < 0)
			return old_program;
		updated =
			place_way(part->place) == WAY_OVERLAP
				? replace_link(part, &old, program, swapping->done, reterr_failure)
				: update_link(part, program, old_program, old.program_id,
					      reterr_failure);
		if (updated < 0)
			return updated;
		*swapping->done += (size_t)updated;
	}
	if (place_way(part->place) != WAY_ENTRY)
		fault_point("swap", "link");
	return 0;
}

int swap_links(const struct unit_pins *pins, const struct manifest *from, const struct manifest *to,
	       size_t *done, struct failure *reterr_failure)
{
	struct swapping swapping = {.from = from, .done = done};

	return visit(pins, to, from, visit_swap, &swapping, reterr_failure);
}

static int visit_find_link(const struct part *part, void *data, struct failure *reterr_failure)
{
	(void)reterr_failure;
	*(bool *)data |= is_to_update(part);
	return 0;
}

bool swap_is_by_link(const struct unit_pins *pins, const struct manifest *from,
		     const struct manifest *to)
{
	bool found = false;

	return visit(pins, to, from, visit_find_link, &found, NULL) < 0 || found;
}

static int visit_to_entry(const struct part *part, void *data, struct failure *reterr_failure)
{
	const struct swapping *swapping = data;
	cleanup_close int entry = -1, program = -1;
	int err, updated;

	if (!part->place->entry || !part->place->has_link || place_way(part->place) == WAY_ENTRY)
		return 0;
	err = fill_and_check(part, swapping->bank, reterr_failure);
	if (err)
		return err;
	entry = open_pin(part, "entry", reterr_failure);
	if (entry < 0)
		return entry;
	program = open_program(part, reterr_failure);
	if (program < 0)
		return program;
	updated = update_link(part, entry, program, part->program_id, reterr_failure);
	if (updated < 0)
		return updated;
	*swapping->done += (size_t)updated;
	fault_point("swap", "entry");
	return 0;
}

int swap_links_to_entries(const struct unit_pins *pins, const struct manifest *active, int bank,
			  size_t *done, struct failure *reterr_failure)
{
	struct swapping swapping = {.done = done, .bank = bank};

	return visit(pins, active, NULL, visit_to_entry, &swapping, reterr_failure);
}
