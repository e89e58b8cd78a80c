/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a bug report, as text. None of them has an event or an entry of a map in it. A part
 * that cannot be had says why in its place, and the others follow.
 */
#pragma once

#include "ctl/verb.h"

/* Writes all of them. A daemon that does not answer at once is not asked again. */
void bugreport_write(const struct invocation *invocation, FILE *out);
