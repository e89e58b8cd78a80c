/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/entry.h"

#include <linux/bpf.h>
#include <errno.h>

#include "daemon/loader/rodata.h"
#include "daemon/loader/target.h"
#include "lib/macro.h"

/* include/uapi/linux/bpf.h from Linux 5.18 on. */
#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* The compiled bpf/entry.bpf.c: see entry_object.S. */
extern const char entry_object[], entry_object_end[];

static int set_read_only(struct bpf_object *object, const struct entry_settings *settings,
			 bool keeps_ip)
{
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{"neutral", (uint64_t)(int64_t)settings->type.neutral},
		{"hook", settings->number},
		{"has_task", settings->type.has_task},
		{"keeps_ip", keeps_ip},
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct variable variable;

		if (!rodata_find(object, values[i].name, &variable))
			return -ENOENT;
		rodata_store(&variable, values[i].value);
	}
	return 0;
}

static int share_map(struct bpf_object *object, const char *name, const struct mapped *mapped)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__reuse_fd(map, mapped->fd) : -ENOENT;
}

static int configure(struct bpf_object *object, const struct entry_settings *settings,
		     const struct mapped *selector, const struct mapped *ledger, bool keeps_ip)
{
	struct bpf_program *program;
	int err;

	bpf_object__for_each_program (program, object) {
		err = program_set_target(program, &settings->type, NULL);
		if (err)
			return err;
		/* Of all flags, only this one is a property that they must share. */
		bpf_program__set_flags(program, settings->frags ? BPF_F_XDP_HAS_FRAGS : 0);
	}
	err = set_read_only(object, settings, keeps_ip);
	if (!err)
		err = share_map(object, "selector", selector);
	if (!err)
		err = share_map(object, "ledger", ledger);
	return err;
}

static int program_of(const struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program ? bpf_program__fd(program) : -ENOENT;
}

static int load(const struct entry_settings *settings, const struct mapped *selector,
		const struct mapped *ledger, bool keeps_ip, struct entry *entry)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpfd_entry");
	int err;

	entry->object = bpf_object__open_mem(entry_object,
					     (size_t)(entry_object_end - entry_object), &options);
	if (!entry->object)
		return -errno;
	err = configure(entry->object, settings, selector, ledger, keeps_ip);
	if (!err)
		err = bpf_object__load(entry->object);
	if (err)
		return err;
	entry->program = program_of(entry->object, "entry");
	entry->neutral = program_of(entry->object, "stand_in");
	entry->slots = bpf_object__find_map_fd_by_name(entry->object, "slots");
	return entry->program < 0 || entry->neutral < 0 || entry->slots < 0 ? -ENOENT : 0;
}

/* Programs behind it may ask for the address that they are at, where the kernel can tell it at all.
 */
static bool may_keep_ip(const struct hook_type *type)
{
	return type->expected == BPF_TRACE_FENTRY || type->expected == BPF_TRACE_FEXIT;
}

int entry_load(const struct entry_settings *settings, const struct mapped *selector,
	       const struct mapped *ledger, struct entry *ret, struct failure *reterr_failure)
{
	bool keeps_ip = may_keep_ip(&settings->type);
	struct entry entry = {0};
	int err = load(settings, selector, ledger, keeps_ip, &entry);

	if (err && keeps_ip) {
		entry_deinit(&entry);
		err = load(settings, selector, ledger, /* keeps_ip= */ false, &entry);
	}
	if (err) {
		entry_deinit(&entry);
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "this kernel refuses the entry");
	}
	*ret = entry;
	return 0;
}

void entry_deinit(struct entry *entry)
{
	if (entry->object)
		bpf_object__close(entry->object);
	entry->object = NULL;
}

int entry_fill_slot(const struct entry *entry, int bank, int program)
{
	uint32_t index = (uint32_t)bank;

	return bpf_map_update_elem(entry->slots, &index, &program, BPF_ANY);
}
