/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry by itself: that the dispatch word alone decides which program answers, for each type of
 * program that one source has to serve.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/macro.h"
#include "tests/support/quiet.h"
#include "tests/support/rig.h"
#include "tests/support/skip.h"

#define HOOK	       5
#define EPOCH	       7
#define RUNS	       100000
#define THREADS	       32
#define RUNS_OF_THREAD 64

#define HALF (1ULL << 31)
#define ALL  0xffffffffULL

enum { A, B, BANKS };

/* Verdicts that differ wherever the verifier lets them. */
struct kind {
	struct rig_settings settings;
	int verdict[BANKS];
};

#define SETTINGS(program_type, ...)                                                             \
	{                                                                                       \
		.type = BPF_PROG_TYPE_##program_type, .hook = HOOK, .epoch = EPOCH, __VA_ARGS__ \
	}

static struct kind xdp = {SETTINGS(XDP, .expected = BPF_XDP, .neutral = 2), {1, 3}};
static struct kind sched_cls = {SETTINGS(SCHED_CLS, .neutral = -1), {0, 2}};
static struct kind cgroup_skb = {
	SETTINGS(CGROUP_SKB, .expected = BPF_CGROUP_INET_EGRESS, .neutral = 1),
	{0, 0},
};
static struct kind raw_tp = {SETTINGS(RAW_TRACEPOINT, .neutral = 0, .has_task = true), {11, 12}};
/* These run at their hooks alone. */
static struct kind tracepoint = {SETTINGS(TRACEPOINT, .has_task = true), {0, 0}};
static struct kind connect4 = {
	SETTINGS(CGROUP_SOCK_ADDR, .expected = BPF_CGROUP_INET4_CONNECT, .neutral = 1,
		 .has_task = true),
	{0, 0},
};

struct fixture {
	const struct kind *kind;
	struct rig rig;
	struct mapped calls; /* uint64_t per bank: runs of its program */
	int program_fd[BANKS];
};

static uint64_t word(unsigned bank, uint64_t flags, uint64_t share)
{
	return (bank + 1) | flags | (uint64_t)EPOCH << EBPFD_WORD_EPOCH_SHIFT |
	       share << EBPFD_WORD_SHARE_SHIFT;
}

/* The smallest program that tells that it ran: calls[bank]++, and its verdict. */
static int load_bank_program(const struct fixture *fixture, int bank)
{
	const struct rig_settings *settings = &fixture->kind->settings;
	const struct bpf_insn code[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_VALUE,
		 .imm = fixture->calls.fd},
		{.imm = bank * (int)sizeof(uint64_t)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1},
		{.code = BPF_STX | BPF_XADD | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_2},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = BPF_REG_0,
		 .imm = fixture->kind->verdict[bank]},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = settings->expected);

	return bpf_prog_load(settings->type, bank == A ? "bank_a" : "bank_b", "GPL", code,
			     ARRAY_SIZE(code), &options);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -ENOMEM;
	fixture->kind = *state;
	fixture->rig = RIG_INIT;
	*state = fixture;
	if (mapped_create("calls", BANKS * sizeof(uint64_t), &fixture->calls) ||
	    rig_set_up(&fixture->kind->settings, &fixture->rig))
		return -1;
	for (int bank = A; bank < BANKS; bank++) {
		fixture->program_fd[bank] = load_bank_program(fixture, bank);
		if (fixture->program_fd[bank] < 0 ||
		    rig_fill_slot(&fixture->rig, (uint32_t)bank, fixture->program_fd[bank]))
			return -1;
	}
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (int bank = A; bank < BANKS; bank++)
		close(fixture->program_fd[bank]);
	rig_take_down(&fixture->rig);
	mapped_deinit(&fixture->calls);
	free(fixture);
	return 0;
}

static uint64_t calls(const struct fixture *fixture, int bank)
{
	return __atomic_load_n((uint64_t *)fixture->calls.value + bank, __ATOMIC_RELAXED);
}

static uint64_t missed(const struct fixture *fixture)
{
	const struct ebpfd_ledger *ledger = fixture->rig.ledger.value;
	uint64_t sum = 0;

	for (size_t i = 0; i < EBPFD_HOOKS_MAX; i++)
		sum += ledger->missed[i];
	assert_int_equal(sum, ledger->missed[HOOK]);
	return sum;
}

static int run(struct fixture *fixture, uint32_t times)
{
	int verdict = 0, err = rig_run(&fixture->rig, times, &verdict);

	if (err == -EOPNOTSUPP)
		skip_without("BPF_PROG_TEST_RUN for this type of program");
	assert_int_equal(err, 0);
	return verdict;
}

/* Runs and checks how many calls each bank's program got more. */
static void assert_runs(struct fixture *fixture, uint32_t times, uint64_t by_a, uint64_t by_b)
{
	uint64_t a = calls(fixture, A), b = calls(fixture, B);

	run(fixture, times);
	assert_int_equal(calls(fixture, A) - a, by_a);
	assert_int_equal(calls(fixture, B) - b, by_b);
}

static void test_none_is_neutral(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(run(fixture, 1), fixture->kind->settings.neutral);
	/* With the epoch set, and a candidate that must not matter. */
	rig_store_word(&fixture->rig, (word(A, EBPFD_WORD_CANDIDATE, ALL) & ~EBPFD_WORD_BANK));
	assert_int_equal(run(fixture, 1), fixture->kind->settings.neutral);
	assert_runs(fixture, 10, 0, 0);
	assert_int_equal(missed(fixture), 0);
}

static void test_one_store_flips(void **state)
{
	struct fixture *fixture = *state;

	for (int round = 0; round < 3; round++) {
		rig_store_word(&fixture->rig, word(A, 0, 0));
		assert_int_equal(run(fixture, 1), fixture->kind->verdict[A]);
		assert_runs(fixture, 10, 10, 0);
		rig_store_word(&fixture->rig, word(B, 0, 0));
		assert_int_equal(run(fixture, 1), fixture->kind->verdict[B]);
		assert_runs(fixture, 10, 0, 10);
	}
	assert_int_equal(missed(fixture), 0);
}

/* A share without a candidate is nothing: abort may leave it. */
static void test_share_needs_a_candidate(void **state)
{
	struct fixture *fixture = *state;

	rig_store_word(&fixture->rig, word(A, 0, ALL));
	assert_runs(fixture, 1000, 1000, 0);
}

static void test_candidate_with_share_0_gets_nothing(void **state)
{
	struct fixture *fixture = *state;

	rig_store_word(&fixture->rig, word(A, EBPFD_WORD_CANDIDATE, 0));
	assert_runs(fixture, 1000, 1000, 0);
}

static void test_candidate_with_full_share_gets_all(void **state)
{
	struct fixture *fixture = *state;

	rig_store_word(&fixture->rig, word(A, EBPFD_WORD_CANDIDATE, ALL));
	assert_runs(fixture, 1000, 0, 1000);
	rig_store_word(&fixture->rig, word(B, EBPFD_WORD_CANDIDATE, ALL));
	assert_runs(fixture, 1000, 1000, 0);
}

static void test_candidate_with_half_share_gets_half(void **state)
{
	struct fixture *fixture = *state;
	/* Six standard deviations of RUNS fair coins: sqrt(RUNS) / 2 is 158. */
	const uint64_t margin = 6 * 158;

	rig_store_word(&fixture->rig, word(A, EBPFD_WORD_CANDIDATE, HALF));
	run(fixture, RUNS);
	assert_int_equal(calls(fixture, A) + calls(fixture, B), RUNS);
	assert_in_range(calls(fixture, B), RUNS / 2 - margin, RUNS / 2 + margin);
}

/* Returns the verdict that the thread always got, or -1. */
static void *run_in_thread(void *data)
{
	const struct fixture *fixture = data;
	int first = 0, verdict = 0;

	if (rig_run(&fixture->rig, 1, &first))
		return (void *)(intptr_t)-1;
	for (int i = 1; i < RUNS_OF_THREAD; i++)
		if (rig_run(&fixture->rig, 1, &verdict) || verdict != first)
			return (void *)(intptr_t)-1;
	return (void *)(intptr_t)first;
}

static void test_by_task_is_one_answer_per_thread(void **state)
{
	struct fixture *fixture = *state;
	int count[BANKS] = {0};
	pthread_t threads[THREADS];
	void *answer;

	run(fixture, 1); /* or skip */
	rig_store_word(&fixture->rig, word(A, EBPFD_WORD_CANDIDATE | EBPFD_WORD_BY_TASK, HALF));
	/* All at once, so that no two have the same thread id. */
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, fixture), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &answer), 0);
		for (int bank = A; bank < BANKS; bank++)
			count[bank] += (intptr_t)answer == fixture->kind->verdict[bank];
	}
	assert_int_equal(count[A] + count[B], THREADS);
	/* Ids in a row spread evenly: of 32 threads, at least a quarter on each side. */
	assert_in_range(count[A], THREADS / 4, THREADS - THREADS / 4);
}

/* No task is behind the run: the running thread's id must not decide. */
static void test_by_task_without_a_task_is_by_event(void **state)
{
	struct fixture *fixture = *state;

	rig_store_word(&fixture->rig, word(A, EBPFD_WORD_CANDIDATE | EBPFD_WORD_BY_TASK, HALF));
	run(fixture, 1000);
	assert_in_range(calls(fixture, A), 400, 600);
	assert_int_equal(calls(fixture, A) + calls(fixture, B), 1000);
}

static void test_other_epoch_is_neutral(void **state)
{
	struct fixture *fixture = *state;
	uint64_t other = word(A, 0, 0) ^ (1ULL << EBPFD_WORD_EPOCH_SHIFT);

	rig_store_word(&fixture->rig, other);
	assert_int_equal(run(fixture, 1), fixture->kind->settings.neutral);
	assert_runs(fixture, 10, 0, 0);
	assert_int_equal(missed(fixture), 0);
}

static void test_empty_slot_is_neutral_and_counted(void **state)
{
	struct fixture *fixture = *state;
	uint32_t bank = B;

	rig_store_word(&fixture->rig, word(B, 0, 0));
	run(fixture, 1); /* or skip */
	assert_int_equal(bpf_map_delete_elem(fixture->rig.slots_fd, &bank), 0);
	assert_int_equal(missed(fixture), 0);
	assert_int_equal(run(fixture, 1), fixture->kind->settings.neutral);
	assert_int_equal(missed(fixture), 1);
	assert_runs(fixture, 10, 0, 0);
	assert_int_equal(missed(fixture), 11);
}

/* Before a flip the daemon compares what sits in a slot with the generation's pinned program. */
static void test_slot_names_its_program(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t bank = A; bank < BANKS; bank++) {
		struct bpf_prog_info info = {0};
		uint32_t length = sizeof(info), id = 0;

		assert_int_equal(bpf_obj_get_info_by_fd(fixture->program_fd[bank], &info, &length),
				 0);
		assert_int_equal(bpf_map_lookup_elem(fixture->rig.slots_fd, &bank, &id), 0);
		assert_int_equal(id, info.id);
	}
}

/* clang-format off */
#define CASE(test, kind) {#test " " #kind, test, set_up, tear_down, &kind}
#define RUNNABLE(test) CASE(test, xdp), CASE(test, sched_cls), CASE(test, cgroup_skb), \
	CASE(test, raw_tp)
/* clang-format on */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RUNNABLE(test_none_is_neutral),
		RUNNABLE(test_one_store_flips),
		RUNNABLE(test_share_needs_a_candidate),
		RUNNABLE(test_candidate_with_share_0_gets_nothing),
		RUNNABLE(test_candidate_with_full_share_gets_all),
		RUNNABLE(test_candidate_with_half_share_gets_half),
		CASE(test_by_task_is_one_answer_per_thread, raw_tp),
		CASE(test_by_task_without_a_task_is_by_event, xdp),
		CASE(test_by_task_without_a_task_is_by_event, sched_cls),
		RUNNABLE(test_other_epoch_is_neutral),
		RUNNABLE(test_empty_slot_is_neutral_and_counted),
		RUNNABLE(test_slot_names_its_program),
		CASE(test_slot_names_its_program, tracepoint),
		CASE(test_slot_names_its_program, connect4),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
