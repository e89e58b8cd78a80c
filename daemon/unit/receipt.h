/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operation returns: generations, verdicts, phases with times, events term by term. */
#pragma once

#include "daemon/unit/operation.h"

/* The receipt of an operation that has ended well. A new reference. */
json_t *receipt_make(const struct operation *operation);
