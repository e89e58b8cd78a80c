/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which format a client wants: its Accept header (RFC 9110, 12.5.1). */
#pragma once

#include "daemon/metrics/text.h"

/*
 * OpenMetrics where it is named, in a version that this is or without one, with no lower quality
 * than text/plain or what stands for it; else the text format, which everybody can read. NULL: no
 * header.
 */
enum metrics_format metrics_negotiate(const char *accept);
