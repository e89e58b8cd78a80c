/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selector of a unit: the dispatch word and what recovery needs. Layout: bpf/abi.h. */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "daemon/kernel/mapped.h"
#include "lib/outcome.h"

/* A bank by number: 0 is a, 1 is b. */
#define BANK_NONE (-1)

/* "a", "b", "none" */
const char *bank_name(int bank);
/* "none", "object", "rollback" */
const char *override_name(uint32_t override_);
/* "none", "load", "reload", "rollback" */
const char *operation_name(uint32_t operation);

/* The word that makes `bank` (or BANK_NONE) active for all events, with the epoch of `word` kept.
 */
uint64_t word_with_bank(uint64_t word, int bank);
int word_bank(uint64_t word);

/* Creates and maps a selector of format EBPFD_FORMAT: word none, banks empty. Not pinned yet. */
int selector_create(struct mapped *ret);

/*
 * Opens a pinned selector. -EPROTO with a failure that says so for a newer format, -EINVAL for what
 * is no selector.
 */
int selector_open(const char *pin, struct mapped *ret, struct failure *reterr_failure);

/* Copies what a pinned selector says now, for those who only look. Errors as selector_open(). */
int selector_read(const char *pin, struct ebpfd_selector *ret, struct failure *reterr_failure);

/* Reads the word as the entry does, and stores it: the one store that everything turns on. */
uint64_t selector_word(const struct ebpfd_selector *selector);
void selector_store_word(struct ebpfd_selector *selector, uint64_t word);

/*
 * Writes one of the selector's fields. A kill between two such stores, or between one and the word,
 * finds them done in the order of the program.
 */
void selector_set(__u32 *field, __u32 value);

/*
 * Names the operation that is under way, the generation that it brings in force and the word that
 * its commit will store. The operation is named last and before anything else of the unit changes,
 * so that a kill cannot be misread.
 */
void selector_begin(struct ebpfd_selector *selector, enum ebpfd_operation operation,
		    uint32_t candidate, uint64_t target);
/* No operation is under way any more. */
void selector_end(struct ebpfd_selector *selector);
