/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Units that should be loaded and are not: their load at the start, or by a daemon-reload, failed.
 * While there is one, the daemon calls itself degraded.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct failed_unit {
	struct failed_unit *next; /* by name */
	char *name;		  /* one line of UTF-8: a file in UnitsDirectory= can have any */
	char *message;
	bool configured; /* named by UnitsDirectory=, not by the history alone */
};

/* All zeros to begin with. */
struct failed_units {
	struct failed_unit *first;
};

/* One that is there already gets the new message. Where memory is out, it is left out. */
void failed_units_add(struct failed_units *failed, const char *name, const char *message,
		      bool configured);
/* It was loaded, or nobody wants it any more. */
void failed_units_forget(struct failed_units *failed, const char *name);
/* UnitsDirectory= is read again. */
void failed_units_forget_configured(struct failed_units *failed);
/* Idempotent. */
void failed_units_deinit(struct failed_units *failed);

/* NULL if it is not among them. */
const struct failed_unit *failed_units_find(const struct failed_units *failed, const char *name);
/* [{"unit", "message"}], by name. A new reference. */
json_t *failed_units_to_json(const struct failed_units *failed);
