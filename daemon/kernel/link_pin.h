/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pin of a place's link, when another link takes it over. */
#pragma once

#include "daemon/kernel/hook.h"
#include "daemon/kernel/place.h"

/* A link that is about to become the one of its place. */
#define LINK_PIN_NEW "link-new"

struct link_pin {
	const struct unit_pins *pins;
	const char *place;
	const struct attach *attach;
	int link; /* that hook_attach() returned for the program */
	int program;
	const char *operation; /* of the fault points */
};

/*
 * Pins a link as the place's, over the one that is there, and engages it. A kill on the way leaves
 * the former pin and LINK_PIN_NEW, or the new one.
 */
int link_pin_put(const struct link_pin *pin, struct failure *reterr_failure);
