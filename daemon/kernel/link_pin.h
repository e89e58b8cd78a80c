/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pin of a place's link, when another link takes it over. */
#pragma once

#include "daemon/kernel/place.h"

/* A link that is about to become the one of its place. */
#define LINK_PIN_NEW "link-new"

/*
 * Pins a link as the place's, over the one that is there. A kill on the way leaves the former pin
 * and LINK_PIN_NEW, or the new one. `operation` is that of the fault points.
 */
int link_pin_put(const struct unit_pins *pins, const char *place, int link, const char *operation,
		 struct failure *reterr_failure);
