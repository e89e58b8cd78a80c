/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * For authors of BPF programs that ebpfd supervises. Nothing of it is required: an object that does
 * not include this header is loaded, swapped and drained all the same. With it
 *
 *   - each record says where and when it was made,
 *   - losses are counted, so that a reload's receipt can prove that nothing was lost,
 *   - verdicts and run time are known per generation (behind an entry the kernel's own statistics
 *     belong to the entry).
 *
 * A complete object:
 *
 *	#include <linux/bpf.h>
 *	#include <bpf/bpf_helpers.h>
 *	#include <ebpfd/ebpfd.bpf.h>
 *
 *	struct packet_event {
 *		struct ebpfd_record ebpfd;	// always the first member, always this name
 *		__u32 length;
 *	};
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_RINGBUF);
 *		__uint(max_entries, 256 * 1024);
 *	} events SEC(".maps");
 *
 *	SEC("xdp")
 *	int EBPFD_PROG(on_packet, struct xdp_md *ctx)
 *	{
 *		struct packet_event *event = EBPFD_RESERVE(&events, struct packet_event, 0);
 *
 *		if (!event)
 *			return XDP_PASS;	// the ring is full: counted already
 *		event->length = ctx->data_end - ctx->data;
 *		ebpfd_submit(event);
 *		return XDP_PASS;
 *	}
 *
 *	char _license[] SEC("license") = "Dual BSD/GPL";
 *
 * and its unit file:
 *
 *	[Unit]
 *	Object=packets.bpf.o
 *	[Hook in]
 *	Program=on_packet
 *	Attach=xdp:eth1
 *	[Events events]
 *	Record=packet_event
 *
 * Build with `clang -O2 -g -target bpf -mcpu=v3`. Verifies on kernels from 5.10 in programs that do
 * not sleep. Define EBPFD_NUMBERS (-DEBPFD_NUMBERS) to have records numbered: that needs a kernel
 * from 5.12, for its atomic fetch-and-add. See docs/authors.md.
 *
 * Include <linux/bpf.h> or vmlinux.h, and <bpf/bpf_helpers.h>, first.
 */
#pragma once

#include "record.h"

/* Private to a generation. The daemon sums it over CPUs. Keyed by the number of the hook. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EBPFD_HOOKS_MAX);
	__type(key, __u32);
	__type(value, struct ebpfd_counts);
} ebpfd_counts SEC(".maps");

static __always_inline struct ebpfd_counts *ebpfd_counts_of(__u32 hook)
{
	return bpf_map_lookup_elem(&ebpfd_counts, &hook);
}

/*
 * All counts are per CPU. Atomic adds all the same: a program may be interrupted by another one of
 * the same generation on its CPU.
 */
#define EBPFD_COUNT(counter) ((void)__sync_fetch_and_add((counter), 1))

/*
 * Defines a program:
 *
 *	SEC("xdp")
 *	int EBPFD_PROG(on_packet, struct xdp_md *ctx)
 *	{
 *		... a body that returns the verdict ...
 *	}
 *
 * Counts runs, verdicts and, of one run in 1024 on each CPU, the time. In the body `ebpfd_hook` is
 * the number of the hook: that of the first [Hook] section whose Program= is this function.
 */
#define EBPFD_PROG(name, context)                                                      \
	name(void *ebpfd_context);                                                     \
	/* Set before load by ebpfd. */                                                \
	const volatile __u16 ebpfd_hook_##name = 0;                                    \
	static __always_inline int ebpfd_body_##name(context, const __u16 ebpfd_hook); \
	int name(void *ebpfd_context)                                                  \
	{                                                                              \
		__u16 ebpfd_hook = ebpfd_hook_##name;                                  \
		struct ebpfd_counts *ebpfd_counted = ebpfd_counts_of(ebpfd_hook);      \
		__u64 ebpfd_start = ebpfd_run_begin(ebpfd_counted);                    \
		int ebpfd_verdict = ebpfd_body_##name(ebpfd_context, ebpfd_hook);      \
                                                                                       \
		ebpfd_run_end(ebpfd_counted, ebpfd_start, ebpfd_verdict);              \
		return ebpfd_verdict;                                                  \
	}                                                                              \
	static __always_inline int ebpfd_body_##name(context, const __u16 ebpfd_hook   \
						     __attribute__((unused)))

/*
 * clang leaves a type that only locals have out of the object's BTF, and the daemon could not
 * decode its records. A variable that points to it keeps it in. (Asking for its id would too, but
 * that is a CO-RE relocation, for which libbpf reads all of the kernel's BTF at each load.)
 */
#define EBPFD_KEEP_TYPE(type) static const type *const ebpfd_kept_type __attribute__((used))

/*
 * Reserves a record of `type`, which is the `index`th of the unit's Record= list, and fills its
 * head. NULL if the ring is full, which is counted. Where EBPFD_PROG has not brought `ebpfd_hook`
 * into scope, as in a function of your own, take it as an argument of that name.
 *
 * End each record with ebpfd_submit() or ebpfd_discard(), and no other call.
 */
#define EBPFD_RESERVE(ring, type, index)                                               \
	({                                                                             \
		_Static_assert(__builtin_offsetof(type, ebpfd) == 0,                   \
			       "the first member must be: struct ebpfd_record ebpfd"); \
		EBPFD_KEEP_TYPE(type);                                                 \
		(type *)ebpfd_reserve((ring), sizeof(type), (index), ebpfd_hook);      \
	})

/*
 * The same in the ring of this CPU, of an array of rings ([Events] Rings=cpu), where CPUs do not
 * wait for each other:
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
 *		__uint(max_entries, 1);	// ebpfd makes it one for each CPU
 *		__type(key, __u32);
 *		__array(values, struct {
 *			__uint(type, BPF_MAP_TYPE_RINGBUF);
 *			__uint(max_entries, 256 * 1024);	// of each
 *		});
 *	} events SEC(".maps");
 */
#define EBPFD_RESERVE_ON_CPU(rings, type, index) \
	EBPFD_RESERVE(ebpfd_ring_of_cpu((rings)), type, index)

static __always_inline void *ebpfd_ring_of_cpu(void *rings)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(rings, &cpu);
}

static __always_inline void ebpfd_count_failed(__u16 hook)
{
	struct ebpfd_counts *counts = ebpfd_counts_of(hook);

	if (!counts)
		return;
	EBPFD_COUNT(&counts->attempted);
	EBPFD_COUNT(&counts->failed);
}

static __always_inline void *ebpfd_reserve(void *ring, __u64 size, __u16 type, __u16 hook)
{
	struct ebpfd_record *record = ring ? bpf_ringbuf_reserve(ring, size, 0) : 0;

	if (!record) {
		ebpfd_count_failed(hook);
		return 0;
	}
	record->type = type;
	record->hook = hook;
	record->cpu = bpf_get_smp_processor_id();
	record->number = 0;
	record->time = bpf_ktime_get_ns();
	return record;
}

/*
 * Counts here rather than at the reserve, so that a record which is discarded is no attempt: then
 * attempted = consumed + failed + in the ring, and no count ever goes back. It takes its number
 * here too: then a number that is missing is a record that is missing. `flags` as BPF_RB_NO_WAKEUP.
 */
static __always_inline void ebpfd_submit_with(void *event, __u64 flags)
{
	struct ebpfd_record *record = event;
	struct ebpfd_counts *counts = ebpfd_counts_of(record->hook);

	if (counts) {
		EBPFD_COUNT(&counts->attempted);
#ifdef EBPFD_NUMBERS
		record->number = __sync_fetch_and_add(&counts->number, 1) + 1;
#endif
	}
	bpf_ringbuf_submit(event, flags);
}

static __always_inline void ebpfd_submit(void *event)
{
	ebpfd_submit_with(event, 0);
}

/* As if the record had never been reserved: nobody reads it, and it is counted nowhere. */
static __always_inline void ebpfd_discard(void *event)
{
	bpf_ringbuf_discard(event, 0);
}

/* The first run on a CPU is the slowest and stands for nothing: the second is sampled. */
static __always_inline __u64 ebpfd_run_begin(struct ebpfd_counts *counts)
{
	return counts && (counts->runs & 1023) == 1 ? bpf_ktime_get_ns() : 0;
}

static __always_inline void ebpfd_run_end(struct ebpfd_counts *counts, __u64 start, int verdict)
{
	__u32 slot = verdict;

	if (!counts)
		return;
	EBPFD_COUNT(&counts->runs);
	if (start) {
		EBPFD_COUNT(&counts->sampled);
		(void)__sync_fetch_and_add(&counts->sampled_ns, bpf_ktime_get_ns() - start);
	}
	if (slot > EBPFD_VERDICTS - 1)
		slot = EBPFD_VERDICTS - 1;
	/* Once more for the verifier, out of the compiler's sight, which would drop it. */
	__asm__ volatile("" : "+r"(slot));
	slot &= EBPFD_VERDICTS - 1;
	EBPFD_COUNT(&counts->verdict[slot]);
}
