/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/rig.h"

#include <bpf/btf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/cleanup.h"
#include "tests/support/build_path.h"

/* What the kernel answers for a type without test run (include/linux/errno.h, ENOTSUPP). */
#define KERNEL_ENOTSUPP 524

static const struct btf_var_secinfo *find_constant(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (int i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *variable = btf_var_secinfos(section) + i;
		const struct btf_type *type = btf__type_by_id(btf, variable->type);

		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			return variable;
	}
	return NULL;
}

int rig_set_constant(struct bpf_object *object, const char *name, const void *value, size_t size)
{
	const struct btf_var_secinfo *variable = find_constant(bpf_object__btf(object), name);
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	cleanup_free char *data = NULL;
	const void *initial;
	size_t length;

	if (!variable || !map)
		return -ENOENT;
	initial = bpf_map__initial_value(map, &length);
	if (!initial || variable->size != size || variable->offset + size > length)
		return -EINVAL;
	data = malloc(length);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, length);
	memcpy(data + variable->offset, value, size);
	return bpf_map__set_initial_value(map, data, length);
}

static int set_constants(struct bpf_object *object, const struct rig_settings *settings)
{
	int err =
		rig_set_constant(object, "neutral", &settings->neutral, sizeof(settings->neutral));

	if (!err)
		err = rig_set_constant(object, "hook", &settings->hook, sizeof(settings->hook));
	if (!err)
		err = rig_set_constant(object, "epoch", &settings->epoch, sizeof(settings->epoch));
	if (!err)
		err = rig_set_constant(object, "has_task", &settings->has_task,
				       sizeof(settings->has_task));
	return err;
}

static int reuse(struct bpf_object *object, const char *name, const struct mapped *mapped)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__reuse_fd(map, mapped->fd) : -ENOENT;
}

static int load_entry(const struct rig_settings *settings, struct rig *rig)
{
	struct bpf_program *program;
	char path[PATH_MAX];
	int err;

	build_path("bpf/entry.bpf.o", path, sizeof(path));
	rig->object = bpf_object__open_file(path, NULL);
	if (!rig->object)
		return -errno;
	program = bpf_object__find_program_by_name(rig->object, "entry");
	if (!program)
		return -ENOENT;
	bpf_program__set_type(program, settings->type);
	bpf_program__set_expected_attach_type(program, settings->expected);
	bpf_program__set_autoload(bpf_object__find_program_by_name(rig->object, "stand_in"), false);
	err = set_constants(rig->object, settings);
	if (!err)
		err = reuse(rig->object, "selector", &rig->selector);
	if (!err)
		err = reuse(rig->object, "ledger", &rig->ledger);
	if (!err)
		err = bpf_object__load(rig->object);
	if (err)
		return err;
	rig->type = settings->type;
	rig->entry_fd = bpf_program__fd(program);
	rig->slots_fd = bpf_object__find_map_fd_by_name(rig->object, "slots");
	return rig->slots_fd < 0 ? -ENOENT : 0;
}

int rig_set_up(const struct rig_settings *settings, struct rig *ret)
{
	struct rig rig = RIG_INIT;
	int err = mapped_create("selector", sizeof(struct ebpfd_selector), &rig.selector);

	if (!err)
		err = mapped_create("ledger", sizeof(struct ebpfd_ledger), &rig.ledger);
	if (!err)
		err = load_entry(settings, &rig);
	if (err) {
		rig_take_down(&rig);
		return err;
	}
	*ret = rig;
	return 0;
}

void rig_take_down(struct rig *rig)
{
	bpf_object__close(rig->object);
	mapped_deinit(&rig->selector);
	mapped_deinit(&rig->ledger);
	*rig = RIG_INIT;
}

void rig_store_word(struct rig *rig, uint64_t word)
{
	struct ebpfd_selector *selector = rig->selector.value;

	__atomic_store_n(&selector->word, word, __ATOMIC_SEQ_CST);
}

int rig_fill_slot(struct rig *rig, uint32_t bank, int program_fd)
{
	return bpf_map_update_elem(rig->slots_fd, &bank, &program_fd, BPF_ANY);
}

static int run(int fd, struct bpf_test_run_opts *options, int *ret_verdict)
{
	int err = bpf_prog_test_run_opts(fd, options);

	if (err)
		return err == -KERNEL_ENOTSUPP ? -EOPNOTSUPP : err;
	*ret_verdict = (int)options->retval;
	return 0;
}

/* Such programs take no repeat (net/bpf/test_run.c, bpf_prog_test_run_raw_tp()). */
static int run_raw(const struct rig *rig, uint32_t times, int *ret_verdict)
{
	int err = 0;

	for (uint32_t i = 0; i < times && !err; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		err = run(rig->entry_fd, &options, ret_verdict);
	}
	return err;
}

static int run_with_packet(const struct rig *rig, uint32_t times, int *ret_verdict)
{
	/* An Ethernet frame of no known type. */
	unsigned char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = (int)times);

	return run(rig->entry_fd, &options, ret_verdict);
}

int rig_run(const struct rig *rig, uint32_t times, int *ret_verdict)
{
	if (rig->type == BPF_PROG_TYPE_RAW_TRACEPOINT)
		return run_raw(rig, times, ret_verdict);
	return run_with_packet(rig, times, ret_verdict);
}
