/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sparing.h"

#include <stdio.h>

bool sparing_is_due(struct sparing *sparing, uint64_t now_usec, char ret_note[SPARING_NOTE_MAX])
{
	if (now_usec < sparing->next_usec) {
		sparing->kept_back++;
		return false;
	}
	ret_note[0] = '\0';
	if (sparing->kept_back)
		(void)snprintf(ret_note, SPARING_NOTE_MAX, " (%zu more since the last such line)",
			       sparing->kept_back);
	*sparing = (struct sparing){.next_usec = now_usec + SPARING_PAUSE_USEC};
	return true;
}
