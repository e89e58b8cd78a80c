/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that the daemon answers, or its pins where no daemon does. */
#pragma once

#include <jansson.h>

#include "ctl/verb.h"

typedef int (*ask_pins_fn)(const char *root, const char *unit, json_t **ret,
			   struct failure *reterr_failure);

/*
 * Calls the method with the unit (NULL: it takes none). Where nobody listens at the socket and
 * there is a root, asks the pins instead and says so on `err`. Failures as client_ask_json() and
 * ctl/offline.h.
 */
int ask_daemon_or_pins(const struct invocation *invocation, const char *method, const char *unit,
		       ask_pins_fn ask_pins, json_t **ret, struct failure *reterr_failure);
