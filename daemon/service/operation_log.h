/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log says of an operation that has ended. */
#pragma once

#include "daemon/unit/operation.h"

/*
 * A line where something has changed, or was taken back; and one where the generation that was left
 * had lost events. What was refused changed nothing: whoever asked is told.
 */
void operation_log(const struct operation_end *end);
