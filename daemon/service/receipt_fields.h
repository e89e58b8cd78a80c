/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receipt as fields of a journal entry, named in ebpfd(8). */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Of EBPFD_RECEIPT=; a larger one is left out, so that an entry is one datagram. */
#define RECEIPT_FIELD_MAX (64UL * 1024)

/*
 * NAME=VALUE lines of the journal's protocol, for struct journal_fields; the caller's to free. What
 * the receipt does not have is left out. NULL without memory.
 */
char *receipt_fields(const json_t *receipt, size_t *ret_length);
