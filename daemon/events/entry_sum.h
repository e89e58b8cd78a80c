/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sum of the values that a per-CPU map has for one key: each number on its own, in 64 bits. */
#pragma once

#include <stdint.h>

#include "daemon/events/decode_entry.h"

struct entry_sum;

/*
 * A sum by the plan of entry_decoder_new() without each_cpu, which it borrows. -EOPNOTSUPP where a
 * value has anything but numbers in it: of addresses, enums or text there is no sum. Numbers of
 * more than 64 bits and those that Format= shows as hex are none here.
 */
int entry_sum_new(const struct decoder *decoder, uint32_t key_size, struct entry_sum **ret);
/* Accepts NULL; returns NULL. */
struct entry_sum *entry_sum_free(struct entry_sum *sum);

/* What decodes the sums. */
const struct decoder *entry_sum_decoder(const struct entry_sum *sum);

/*
 * Adds up the values of `cpus` CPUs of a record of entry_value_stride(value_size) each. *ret_length
 * is that of the record it returns, valid until the next call. Integers wrap round at 64 bits.
 */
const void *entry_sum_record(struct entry_sum *sum, const void *record, uint32_t stride,
			     unsigned cpus, uint32_t *ret_length);
