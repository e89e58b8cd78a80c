/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log says of an operation that has ended. */
#pragma once

#include "daemon/unit/operation.h"

/*
 * One message with the facts of the receipt, also where it was refused; but not where that was at
 * the start, of which start_units.h and restore_units.h tell. And one where the generation that was
 * left had lost events.
 */
void operation_log(const struct operation_end *end);
