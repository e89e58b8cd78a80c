/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ROOT/UNIT/maps: the kept maps of the active generation under plain names, for people and tools.
 */
#pragma once

#include "daemon/kernel/manifest.h"

/*
 * Makes the directory hold exactly the kept maps of the generation. A name goes over from one map
 * to another by one rename, so that who opens it finds the old or the new. May wait: for the
 * waiter, or before the loop runs. Negative errno of the first thing that failed; the rest is done
 * all the same.
 */
int kept_maps_publish(const char *root, const struct manifest *generation);
