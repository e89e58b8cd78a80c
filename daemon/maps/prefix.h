/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys of LPM tries as people write networks: 192.0.2.0/24, 2001:db8::/32, or an address, which is
 * one of full length.
 */
#pragma once

#include <stddef.h>

#include "lib/outcome.h"

/*
 * Writes a key of `size` bytes: the length as a number, and the address behind it, in network order
 * (include/uapi/linux/bpf.h, struct bpf_lpm_trie_key). OUTCOME_USAGE for text that is no network of
 * that size, or has bits behind its prefix, with the network that was meant.
 */
int prefix_read(const char *text, void *key, size_t size, struct failure *reterr_failure);
