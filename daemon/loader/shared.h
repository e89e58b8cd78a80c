/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps that the unit shares with others by a name. */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Gives the map the descriptor of the one that is shared by this name, if a generation of any unit
 * has it and its layout agrees; a plan collects the reason where it does not. Else the map is new,
 * or, if it was kept by the unit alone until now, goes on with its contents. The verdict says who
 * the other users are.
 */
int shared_reuse(struct loading *loading, struct bpf_map *map, const struct unit_map *config,
		 struct failure *reterr_failure);
