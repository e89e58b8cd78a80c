/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry alone on the bench: loaded through libbpf as some type of program, with its maps, and
 * run by BPF_PROG_TEST_RUN instead of a hook.
 */
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "daemon/kernel/mapped.h"

struct rig_settings {
	enum bpf_prog_type type;
	enum bpf_attach_type expected;
	int neutral;
	uint32_t hook;
	uint32_t epoch;
	bool has_task;
};

struct rig {
	struct bpf_object *object;
	enum bpf_prog_type type;
	int entry_fd; /* of the object */
	int slots_fd; /* of the object */
	struct mapped selector;
	struct mapped ledger;
};

#define RIG_INIT ((struct rig){.selector = MAPPED_INIT, .ledger = MAPPED_INIT})

/* 0 or a negative errno, after which there is nothing to take down. */
int rig_set_up(const struct rig_settings *settings, struct rig *ret);

/* Idempotent. */
void rig_take_down(struct rig *rig);

/* The one store that all decisions are. */
void rig_store_word(struct rig *rig, uint64_t word);

/* Puts a program into a bank's slot, 0 or 1. */
int rig_fill_slot(struct rig *rig, uint32_t bank, int program_fd);

/*
 * Runs the entry `times` times in this thread. Returns 0 and the last verdict, or a negative errno;
 * -EOPNOTSUPP if this kernel cannot run that type of program without a hook.
 */
int rig_run(const struct rig *rig, uint32_t times, int *ret_verdict);

/* Sets a variable of the object's read-only data before it is loaded. -ENOENT, -EINVAL if of
 * another size. */
int rig_set_constant(struct bpf_object *object, const char *name, const void *value, size_t size);
