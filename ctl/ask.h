/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions that the daemon answers, or its pins where no daemon does. */
#pragma once

#include <jansson.h>

#include "ctl/offline.h"
#include "ctl/verb.h"

#define ASK_PINS_SAY "its pins say"

/* How a question is answered while no daemon does. */
struct ask_offline {
	bool (*is_there)(const struct offline_places *places);
	int (*answer)(const struct offline_places *places, const char *unit, json_t **ret,
		      struct failure *reterr_failure);
	const char *source; /* what the answer is from, behind "this is what" */
};

/*
 * Calls the method with the unit (NULL: it takes none). Where nobody listens at the socket and
 * there is something to read, answers from that and says so on `err`. Failures as client_ask_json()
 * and ctl/offline.h.
 */
int ask_daemon_or_files(const struct invocation *invocation, const char *method, const char *unit,
			const struct ask_offline *offline, json_t **ret,
			struct failure *reterr_failure);
