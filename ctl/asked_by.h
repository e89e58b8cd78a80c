/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who asked for an operation, in words. */
#pragma once

#include <jansson.h>

/*
 * "uid 0, pid 12, /user.slice" of a client; "the start of ebpfd", "SIGHUP". A new reference; null
 * where `asked_by`, of a receipt, says nothing.
 */
json_t *asked_by_text(const json_t *asked_by);
