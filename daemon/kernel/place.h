/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places: hooks/PLACE of a unit, one for each attachment that it has or is about to have. A place
 * has the name of the hook that it was made for; where another place has that already, the number
 * of the generation that brought it stands behind: NAME@GENERATION.
 */
#pragma once

#include <bpf/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/outcome.h"
#include "lib/str.h"

/* Room for NAME@GENERATION. */
#define PLACE_NAME_MAX (NAME_MAX_LENGTH + 12)

/* Pins of one unit. */
struct unit_pins {
	const char *root;
	const char *unit;
};

bool place_name_is_valid(const char *name);

/* Path of one pin of a place: "slots", "entry", "link". */
void place_path(const struct unit_pins *pins, const char *place, const char *pin, char *path);

/*
 * What the kernel says of a place's link; -ENOENT where there is none. Of an event that a map holds
 * (held_event.h) nothing is known but that it runs the place's entry: `prog_id`, all else is 0.
 */
int place_link_info(const struct unit_pins *pins, const char *place, struct bpf_link_info *ret);

/*
 * The same of a link's descriptor, or of the one of an anchor (anchor.h), which tells what link
 * there would be, with 0 for its id.
 */
int place_link_look(int fd, struct bpf_link_info *ret);

/* Its id; 0 if it cannot be opened, or is no link. */
uint32_t place_link_id(const struct unit_pins *pins, const char *place);
