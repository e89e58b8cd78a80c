/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sample_unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/selector.h"
#include "lib/cleanup.h"
#include "tests/support/tiny_program.h"

#define XDP_VERDICT 2 /* XDP_PASS */

/* Patience for a link that was unpinned: 5 s. */
#define DETACH_STEPS	 500
#define DETACH_STEP_USEC 10000

static const char config[] = "[Unit]\nObject=/sample.bpf.o\n[Hook in]\nProgram=p\nAttach=xdp:lo\n";

/* An overlap needs a hook that takes two programs at once. */
static struct attach attach_of(const struct sample_unit *unit)
{
	if (unit->way == WAY_OVERLAP)
		return (struct attach){HOOK_RAW_TP, .target = "sched_process_exec"};
	return (struct attach){HOOK_XDP, .target = "lo"};
}

static int new_program(const struct sample_unit *unit)
{
	int fd = unit->way == WAY_OVERLAP ? tiny_program(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0)
					  : tiny_program(BPF_PROG_TYPE_XDP, BPF_XDP, XDP_VERDICT);

	assert_true(fd >= 0);
	return fd;
}

static void path_of(const struct sample_unit *unit, const char *name, char path[PIN_PATH_MAX])
{
	pin_path(path, unit->root, "%s/%s", unit->name, name);
}

static void make_directory(const struct sample_unit *unit, const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(unit, name, path);
	assert_int_equal(bpffs_make_directory(path), 0);
}

static void pin(const struct sample_unit *unit, const char *name, int fd)
{
	char path[PIN_PATH_MAX];

	path_of(unit, name, path);
	assert_int_equal(bpffs_pin(fd, path, NULL), 0);
}

static int get(const struct sample_unit *unit, const char *name)
{
	char path[PIN_PATH_MAX];
	int fd;

	path_of(unit, name, path);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

static int get_program(const struct sample_unit *unit, uint32_t number)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "gen-%u/progs/p", number);
	return get(unit, name);
}

static struct manifest *describe(const struct sample_unit *unit, uint32_t number, uint32_t id)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	(void)snprintf(manifest->unit, sizeof(manifest->unit), "%s", unit->name);
	manifest->generation = number;
	manifest->digest = strdup("");
	manifest->object = strdup("/sample.bpf.o");
	manifest->file = strdup("/sample.conf");
	manifest->config = strdup(config);
	manifest->hook_count = 1;
	manifest->hooks = calloc(1, sizeof(*manifest->hooks));
	manifest->hooks[0] = (struct manifest_hook){.name = "in",
						    .place = "in",
						    .program = "p",
						    .attach = attach_of(unit),
						    .way = unit->way,
						    .program_type = BPF_PROG_TYPE_XDP,
						    .expected = BPF_XDP,
						    .program_id = id};
	return manifest;
}

void sample_unit_add_generation(struct sample_unit *unit, uint32_t number)
{
	static const char *const parts[] = {"", "progs", "maps"};
	cleanup_close int program = new_program(unit);
	char name[64], path[PIN_PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		(void)snprintf(name, sizeof(name), "gen-%u/%s", number, parts[i]);
		make_directory(unit, name);
	}
	(void)snprintf(name, sizeof(name), "gen-%u/progs/p", number);
	pin(unit, name, program);
	unit->generations[number] = describe(unit, number, tiny_program_id(program));
	(void)snprintf(name, sizeof(name), "gen-%u/manifest", number);
	path_of(unit, name, path);
	assert_int_equal(manifest_write(unit->generations[number], path, NULL), 0);
}

static void make_ledger(const struct sample_unit *unit)
{
	uint32_t cpus = (uint32_t)libbpf_num_possible_cpus();
	struct mapped mapped = MAPPED_INIT;
	struct ebpfd_ledger *ledger;

	assert_int_equal(mapped_create("ledger", ebpfd_ledger_size(cpus), &mapped), 0);
	ledger = mapped.value;
	ledger->format = EBPFD_FORMAT;
	ledger->size = ebpfd_ledger_size(cpus);
	ledger->cpus = cpus;
	pin(unit, "ledger", mapped.fd);
	mapped_deinit(&mapped);
}

static void fill_slot(const struct sample_unit *unit, int bank, int program)
{
	cleanup_close int slots = get(unit, "hooks/in/slots");
	uint32_t index = (uint32_t)bank;

	assert_int_equal(bpf_map_update_elem(slots, &index, &program, BPF_ANY), 0);
}

int sample_unit_attach(int program)
{
	const struct attach place = {HOOK_XDP, .target = "lo"};
	int link = -1;

	for (int i = 0; link < 0 && i < DETACH_STEPS; i++) {
		link = hook_attach(&place, program, NULL);
		if (link < 0)
			usleep(DETACH_STEP_USEC);
	}
	return link;
}

/* Any program stands for the entry: nothing runs here. */
static void attach(const struct sample_unit *unit)
{
	cleanup_close int program = -1, slots = -1, link = -1, neutral = new_program(unit);
	const struct attach place = attach_of(unit);

	pin(unit, "hooks/in/neutral", neutral);
	if (unit->way == WAY_ENTRY) {
		program = new_program(unit);
		slots = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "slots", 4, 4, EBPFD_BANKS, NULL);
		assert_true(slots >= 0);
		pin(unit, "hooks/in/slots", slots);
		pin(unit, "hooks/in/entry", program);
	} else {
		program = get_program(unit, 1);
	}
	link = unit->way == WAY_OVERLAP ? hook_attach(&place, program, NULL)
					: sample_unit_attach(program);
	assert_true(link >= 0);
	pin(unit, "hooks/in/link", link);
}

void sample_unit_make(struct sample_unit *unit, const char *root, const char *name, enum way way)
{
	static const char *const parts[] = {"", "hooks", "hooks/in", "maps"};

	*unit = (struct sample_unit){
		.root = root, .name = name, .way = way, .selector = MAPPED_INIT};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		make_directory(unit, parts[i]);
	assert_int_equal(selector_create(&unit->selector), 0);
	pin(unit, "selector", unit->selector.fd);
	make_ledger(unit);
	sample_unit_add_generation(unit, 1);
	attach(unit);
	sample_unit_put_in_force(unit, 1, 0);
}

void sample_unit_remove(struct sample_unit *unit)
{
	char path[PIN_PATH_MAX];

	mapped_deinit(&unit->selector);
	for (size_t i = 0; i < SAMPLE_GENERATIONS; i++)
		unit->generations[i] = manifest_free(unit->generations[i]);
	path_of(unit, "", path);
	assert_int_equal(bpffs_remove_unit(path), 0);
}

struct ebpfd_selector *sample_unit_selector(const struct sample_unit *unit)
{
	return unit->selector.value;
}

void sample_unit_put_in_force(struct sample_unit *unit, uint32_t number, int bank)
{
	struct ebpfd_selector *selector = sample_unit_selector(unit);
	int before = word_bank(selector->word);

	if (!unit->generations[number])
		sample_unit_add_generation(unit, number);
	if (unit->way == WAY_ENTRY) {
		cleanup_close int program = get_program(unit, number);

		fill_slot(unit, bank, program);
	} else if (unit->way == WAY_LINK) {
		sample_unit_force_link(unit, number);
	}
	selector->generation[bank] = number;
	selector->next_generation = number + 1;
	selector->former = (uint32_t)before + 1;
	selector_store_word(selector, word_with_bank(selector->word, bank));
}

static void update_link(const struct sample_unit *unit, int program)
{
	cleanup_close int link = get(unit, "hooks/in/link");

	assert_int_equal(bpf_link_update(link, program, NULL), 0);
}

void sample_unit_force_link(struct sample_unit *unit, uint32_t number)
{
	cleanup_close int program = get_program(unit, number);

	update_link(unit, program);
}

void sample_unit_force_foreign_link(struct sample_unit *unit)
{
	cleanup_close int program = new_program(unit);

	update_link(unit, program);
}

void sample_unit_force_foreign_slot(struct sample_unit *unit, int bank)
{
	cleanup_close int program = new_program(unit);

	fill_slot(unit, bank, program);
}

static uint32_t generation_of(const struct sample_unit *unit, uint32_t id)
{
	for (uint32_t i = 1; i < SAMPLE_GENERATIONS; i++)
		if (unit->generations[i] && unit->generations[i]->hooks[0].program_id == id)
			return i;
	return 0;
}

uint32_t sample_unit_in_link(const struct sample_unit *unit)
{
	cleanup_close int link = get(unit, "hooks/in/link");

	return generation_of(unit, tiny_program_of_link(link));
}

uint32_t sample_unit_in_slot(const struct sample_unit *unit, int bank)
{
	cleanup_close int slots = get(unit, "hooks/in/slots");
	uint32_t index = (uint32_t)bank, id = 0;

	(void)bpf_map_lookup_elem(slots, &index, &id);
	return generation_of(unit, id);
}

bool sample_unit_has(const struct sample_unit *unit, const char *name)
{
	char path[PIN_PATH_MAX];

	path_of(unit, name, path);
	return access(path, F_OK) == 0;
}
