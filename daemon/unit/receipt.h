/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operation returns: who asked, generations, digests, verdicts, phases with times, events
 * term by term.
 */
#pragma once

#include "daemon/unit/operation.h"

/*
 * The receipt of an operation that has ended well, or is about to: its `end_usec` is set. A new
 * reference. On the loop.
 */
json_t *receipt_make(const struct operation *operation);

/* The same of one that has failed: an "error" instead of what is in force. */
json_t *receipt_of_failure(const struct operation *operation);
