/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/selector.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/kernel/pinned.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

const char *bank_name(int bank)
{
	static const char *const names[] = {"none", "a", "b"};

	return names[bank + 1];
}

const char *override_name(uint32_t override_)
{
	static const char *const names[] = {[EBPFD_OVERRIDE_NONE] = "none",
					    [EBPFD_OVERRIDE_OBJECT] = "object",
					    [EBPFD_OVERRIDE_ROLLBACK] = "rollback"};

	return override_ < ARRAY_SIZE(names) ? names[override_] : "unknown";
}

const char *operation_name(uint32_t operation)
{
	static const char *const names[] = {[EBPFD_OPERATION_NONE] = "none",
					    [EBPFD_OPERATION_LOAD] = "load",
					    [EBPFD_OPERATION_RELOAD] = "reload",
					    [EBPFD_OPERATION_ROLLBACK] = "rollback"};

	return operation < ARRAY_SIZE(names) ? names[operation] : "unknown";
}

uint64_t word_with_bank(uint64_t word, int bank)
{
	return (word & EBPFD_WORD_EPOCH) | (uint64_t)(bank + 1);
}

int word_bank(uint64_t word)
{
	return (int)(word & EBPFD_WORD_BANK) - 1;
}

int selector_create(struct mapped *ret)
{
	int err = mapped_create("ebpfd_selector", sizeof(struct ebpfd_selector), ret);
	struct ebpfd_selector *selector;

	if (err)
		return err;
	selector = ret->value;
	selector->format = EBPFD_FORMAT;
	selector->size = sizeof(*selector);
	selector->next_generation = 1;
	return 0;
}

/* A map of this size that somebody else has put there, or that was damaged: banks are indices. */
static bool is_sound(const struct ebpfd_selector *selector)
{
	return word_bank(selector_word(selector)) < EBPFD_BANKS &&
	       word_bank(selector->target) < EBPFD_BANKS && selector->former <= EBPFD_BANKS &&
	       selector->operation <= EBPFD_OPERATION_ROLLBACK &&
	       selector->override_ <= EBPFD_OVERRIDE_ROLLBACK &&
	       selector->override_after <= EBPFD_OVERRIDE_ROLLBACK;
}

static int check_selector(const struct ebpfd_selector *selector, size_t size, const char *pin,
			  struct failure *reterr_failure)
{
	if (size < sizeof(*selector) || selector->format == 0)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL, "%s: no selector", pin);
	if (selector->format > EBPFD_FORMAT)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EPROTO,
				   "%s: format %u is newer than this ebpfd, which knows up to %u",
				   pin, selector->format, EBPFD_FORMAT);
	if (!is_sound(selector))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EUCLEAN,
				   "%s: its contents make no sense", pin);
	return 0;
}

int selector_open(const char *pin, struct mapped *ret, struct failure *reterr_failure)
{
	struct mapped mapped = MAPPED_INIT;
	int err = mapped_open(pin, &mapped);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", pin);
	err = check_selector(mapped.value, mapped.size, pin, reterr_failure);
	if (err) {
		mapped_deinit(&mapped);
		return err;
	}
	*ret = mapped;
	return 0;
}

int selector_read(const char *pin, struct ebpfd_selector *ret, struct failure *reterr_failure)
{
	cleanup_free char *value = NULL;
	size_t size;
	int err = pinned_read_value(pin, &value, &size);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", pin);
	err = check_selector((const struct ebpfd_selector *)value, size, pin, reterr_failure);
	if (!err)
		*ret = *(const struct ebpfd_selector *)value;
	return err;
}

uint64_t selector_word(const struct ebpfd_selector *selector)
{
	return __atomic_load_n(&selector->word, __ATOMIC_ACQUIRE);
}

void selector_store_word(struct ebpfd_selector *selector, uint64_t word)
{
	__atomic_store_n(&selector->word, word, __ATOMIC_SEQ_CST);
}

void selector_set(__u32 *field, __u32 value)
{
	__atomic_store_n(field, value, __ATOMIC_SEQ_CST);
}

void selector_begin(struct ebpfd_selector *selector, enum ebpfd_operation operation,
		    uint32_t candidate, uint64_t target)
{
	selector_set(&selector->candidate, candidate);
	__atomic_store_n(&selector->target, target, __ATOMIC_SEQ_CST);
	selector_set(&selector->operation, operation);
}

void selector_end(struct ebpfd_selector *selector)
{
	selector_set(&selector->operation, EBPFD_OPERATION_NONE);
}
