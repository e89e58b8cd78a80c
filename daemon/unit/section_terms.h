/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader of an [Events] section counted, of its one or several rings. */
#pragma once

#include "daemon/unit/bank.h"

/* Records; see bank_events.h. */
struct section_terms {
	uint64_t consumed, again, dropped, mismatched, waiting;
	bool partial; /* some of what was consumed is not counted any more, see bpf/abi.h */
	int error;    /* of the last ring that is not read any more */
};

/* Of one ring, in bytes: of several, of the one that is, or was, the fullest. */
struct section_fill {
	uint64_t size; /* of each ring */
	uint64_t fill; /* produced and not consumed now */
	uint64_t peak; /* the most that this daemon has found */
};

void section_terms_read(const struct bank_section *section, struct section_terms *ret);
void section_fill_read(const struct bank_section *section, struct section_fill *ret);

/* Of the records consumed, those that the sink took. */
uint64_t section_delivered(const struct bank_section *section, const struct section_terms *terms);
