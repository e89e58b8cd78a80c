// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * The entry: the tiny program that stays attached at a hook and tail-calls the active bank's
 * program. One source for all kinds of hook: the loader sets its type and attach type. It reads
 * nothing of its context, so that it fits every hook.
 *
 * The index of the tail call is never a constant: for a constant one the JIT makes a direct jump
 * that the kernel patches at each change of the slot.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "bpf/abi.h"

/* Read-only data, set before load. */
const volatile int neutral;   /* verdict where no program speaks */
const volatile __u32 hook;    /* number of the hook: its counter in the ledger */
const volatile bool has_task; /* a thread is behind each run of this kind of hook */
/*
 * At fentry and fexit, bpf_get_func_ip() of a program behind the entry finds its answer only if the
 * attached one, this one, calls it too: the kernel stores it for those (kernel/bpf/trampoline.c).
 */
const volatile bool keeps_ip;
const volatile __u32 epoch; /* the word must carry this epoch, else this entry is silent */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ebpfd_selector);
} selector SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ebpfd_ledger);
} ledger SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, EBPFD_BANKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} slots SEC(".maps");

/* Fibonacci hashing: spreads neighbouring thread ids evenly over 32 bits. */
static __always_inline __u32 hash_of_task(void)
{
	return (__u32)bpf_get_current_pid_tgid() * 2654435769U;
}

static __always_inline bool candidate_is_chosen(__u64 word)
{
	__u32 share = word >> EBPFD_WORD_SHARE_SHIFT;
	__u32 draw;

	if (!(word & EBPFD_WORD_CANDIDATE))
		return false;
	if (has_task && (word & EBPFD_WORD_BY_TASK))
		draw = hash_of_task();
	else
		draw = bpf_get_prandom_u32();
	/* A full share of 2^32 - 1 is meant to be everything. */
	return draw < share || share == ~0U;
}

static __always_inline void count_missed(void)
{
	__u32 zero = 0, number = hook;
	struct ebpfd_ledger *counts = bpf_map_lookup_elem(&ledger, &zero);

	if (counts && number < EBPFD_HOOKS_MAX)
		__sync_fetch_and_add(&counts->missed[number], 1);
}

SEC("ebpfd")
int entry(void *context)
{
	__u32 zero = 0, bank;
	struct ebpfd_selector *unit = bpf_map_lookup_elem(&selector, &zero);
	__u64 word;

	if (keeps_ip)
		(void)bpf_get_func_ip(context);
	if (!unit)
		return neutral;
	word = *(volatile __u64 *)&unit->word;
	bank = word & EBPFD_WORD_BANK;
	if (!bank || ((word & EBPFD_WORD_EPOCH) >> EBPFD_WORD_EPOCH_SHIFT) != epoch)
		return neutral;
	bank -= 1;
	if (candidate_is_chosen(word))
		bank ^= 1;
	bpf_tail_call(context, &slots, bank);
	count_missed();
	return neutral;
}

/* What the slot of a bank holds whose generation has no hook here. It counts nothing. */
SEC("ebpfd")
int stand_in(void *context)
{
	return neutral;
}

char _license[] SEC("license") = "Dual BSD/GPL";
