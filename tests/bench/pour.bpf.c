// SPDX-License-Identifier: GPL-2.0-or-later
/* Fills a ring or a perf buffer: many records a run, each composed anew and copied in. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>

#include "tests/bench/pour.h"

volatile struct pour_orders orders;

/* Keep the types in the BTF for Record=. */
const volatile struct pour_16 type_16;
const volatile struct pour_64 type_64;
const volatile struct pour_256 type_256;
const volatile struct pour_1024 type_1024;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pour_state);
} states SEC(".maps");

#define FILL(record, number)                                           \
	do {                                                           \
		(record)->source = 0x0a000001 + ((number) << 8);       \
		(record)->destination = 0xc0a80001 ^ ((number) << 16); \
		(record)->source_port = (number)*7;                    \
		(record)->destination_port = 0x5000;                   \
		(record)->length = 64 + (number) % 1400;               \
		(record)->mark = (number)*31;                          \
	} while (0)

static __always_inline void compose(struct pour_state *state, __u32 length)
{
	__u64 number = ++state->attempted;
	struct pour_64 *record = (void *)state->record;

	if (length == sizeof(struct pour_16)) {
		FILL((struct pour_16 *)state->record, number);
		return;
	}
	record->ebpfd.type = 0;
	record->ebpfd.hook = 0;
	record->ebpfd.cpu = bpf_get_smp_processor_id();
	record->ebpfd.number = number;
	record->ebpfd.time = bpf_ktime_get_ns();
	FILL(record, number);
}

static __always_inline int pour(struct __sk_buff *skb, bool into_perf)
{
	__u32 zero = 0, length = orders.length;
	struct pour_state *state = bpf_map_lookup_elem(&states, &zero);

	if (!state || length > POUR_LENGTH_MAX)
		return 0;
	for (int i = 0; i < POUR_PER_RUN; i++) {
		long err;

		compose(state, length);
		if (into_perf)
			err = bpf_perf_event_output(skb, &perf, BPF_F_CURRENT_CPU, state->record,
						    length);
		else
			err = bpf_ringbuf_output(&ring, state->record, length, orders.flags);
		if (err)
			state->failed++;
	}
	return 0;
}

SEC("tc")
int pour_ring(struct __sk_buff *skb)
{
	return pour(skb, false);
}

SEC("tc")
int pour_perf(struct __sk_buff *skb)
{
	return pour(skb, true);
}

char _license[] SEC("license") = "GPL";
