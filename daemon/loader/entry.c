/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/entry.h"

#include <linux/bpf.h>
#include <errno.h>
#include <string.h>

#include "daemon/kernel/newer.h"
#include "daemon/loader/rodata.h"
#include "daemon/loader/target.h"
#include "lib/macro.h"

/* The compiled bpf/entry.bpf.c: see entry_object.S. */
extern const char entry_object[], entry_object_end[];

/* Helpers that an entry calls for its programs' or its draw's sake, and can do without. */
struct helpers {
	bool func_ip;	  /* bpf_get_func_ip() */
	bool task_number; /* bpf_get_current_pid_tgid() */
};

static int set_read_only(struct bpf_object *object, const struct entry_settings *settings,
			 struct helpers helpers)
{
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{"neutral", (uint64_t)(int64_t)settings->type.neutral},
		{"hook", settings->number},
		{"has_task", helpers.task_number},
		{"keeps_ip", helpers.func_ip},
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
		     const struct mapped *selector, const struct mapped *ledger,
		     struct helpers helpers)
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
	err = set_read_only(object, settings, helpers);
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
		const struct mapped *ledger, struct helpers helpers, struct entry *entry)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "ebpfd_entry");
	int err;

	entry->object = bpf_object__open_mem(entry_object,
					     (size_t)(entry_object_end - entry_object), &options);
	if (!entry->object)
		return -errno;
	err = configure(entry->object, settings, selector, ledger, helpers);
	if (!err)
		err = bpf_object__load(entry->object);
	if (err)
		return err;
	entry->program = program_of(entry->object, "entry");
	entry->neutral = program_of(entry->object, "stand_in");
	entry->slots = bpf_object__find_map_fd_by_name(entry->object, "slots");
	return entry->program < 0 || entry->neutral < 0 || entry->slots < 0 ? -ENOENT : 0;
}

/* Programs behind it may ask for the address that they are at. */
static bool may_ask_for_ip(const struct hook_type *type)
{
	return type->expected == BPF_TRACE_FENTRY || type->expected == BPF_TRACE_FEXIT;
}

/*
 * Linux 5.10 tells no address, and no number of the task to a cgroup's programs of socket options,
 * devices and sysctls (kernel/bpf/cgroup.c, cgroup_base_func_proto()): a share by task is drawn by
 * event there, as where no task is.
 */
int entry_load(const struct entry_settings *settings, const struct mapped *selector,
	       const struct mapped *ledger, struct entry *ret, struct failure *reterr_failure)
{
	const bool func_ip = may_ask_for_ip(&settings->type), task = settings->type.has_task;
	const struct helpers attempts[] = {{func_ip, task}, {false, task}, {false, false}};
	struct entry entry = {0};
	int err = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		if (i && memcmp(&attempts[i], &attempts[i - 1], sizeof(attempts[i])) == 0)
			continue;
		err = load(settings, selector, ledger, attempts[i], &entry);
		if (!err)
			break;
		entry_deinit(&entry);
	}
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "this kernel refuses the entry");
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
