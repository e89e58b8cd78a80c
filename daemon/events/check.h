/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check= of an [Events] section: a record that holds a copy of what it speaks of is decoded from
 * that copy once more before it is delivered, so that a program that parses wrongly is found out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/events/decode.h"

/* Where a member is in the record. */
struct check_member {
	uint32_t offset;
	uint32_t size;
};

/* Made by check_new(); zeroed: nothing is checked. */
struct check {
	enum event_check kind;
	uint32_t size; /* of the record */
	struct check_member header, source, destination, source_port, destination_port, length;
};

/*
 * Finds the members that Check= speaks of, by their names, in the only struct of Record=. 0, or
 * -ENOENT and -EINVAL for one that is not there or has another size, which the failure names.
 */
int check_new(const struct decoder_settings *settings, struct check *ret,
	      struct failure *reterr_failure);

/* Whether the record says what its copy does; true where nothing is checked, as by NULL. */
bool check_holds(const struct check *check, const struct ring_record *record);
