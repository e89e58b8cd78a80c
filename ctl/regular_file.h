/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names and a child or the daemon reads. */
#pragma once

#include "lib/outcome.h"

/*
 * Opens a regular file for reading and waits for nobody, as the writer of a FIFO. Returns the
 * descriptor, the caller's to close, or a negative errno with that outcome.
 */
int regular_file_open(const char *path, enum outcome outcome, struct failure *reterr_failure);

/* Makes the file, or empties it, for writing. Returns likewise. */
int regular_file_create(const char *path, enum outcome outcome, struct failure *reterr_failure);
