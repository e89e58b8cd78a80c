/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/prepare.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/loader_fds.h"
#include "daemon/kernel/selector.h"
#include "daemon/loader/attach.h"
#include "daemon/loader/confine.h"
#include "daemon/loader/fit.h"
#include "daemon/loader/maps.h"
#include "daemon/loader/match.h"
#include "daemon/loader/memory.h"
#include "daemon/loader/metrics.h"
#include "daemon/loader/object.h"
#include "daemon/loader/programs.h"
#include "daemon/loader/rings.h"
#include "daemon/loader/settings.h"
#include "daemon/loader/verifier_log.h"
#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/file.h"

void loading_note(struct loading *loading, const char *format, ...)
{
	char text[1024];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	json_array_append_new(loading->notes, json_string(text));
}

int loading_fail_hook(const char *name, struct failure *reterr_failure, int err)
{
	char prefix[NAME_MAX_LENGTH + 16];

	(void)snprintf(prefix, sizeof(prefix), "hook %s", name);
	failure_prefix(reterr_failure, prefix);
	return err;
}

struct loading *loading_new(const struct request *request)
{
	struct loading *loading = calloc(1, sizeof(*loading));

	if (!loading)
		return NULL;
	loading->request = request;
	loading->shared_lock = -1;
	loading->map_verdicts = json_array();
	loading->verifier_figures = json_array();
	loading->reasons = json_array();
	loading->notes = json_array();
	loading->verifier_log = calloc(1, VERIFIER_LOG_SIZE);
	return loading->verifier_log ? loading : loading_free(loading);
}

struct loading *loading_free(struct loading *loading)
{
	if (!loading)
		return NULL;
	if (loading->object)
		bpf_object__close(loading->object);
	unit_file_free(loading->file);
	manifest_free(loading->active);
	manifest_free(loading->other);
	places_deinit(&loading->places);
	image_deinit(&loading->image);
	free(loading->verifier_log);
	json_decref(loading->map_verdicts);
	json_decref(loading->verifier_figures);
	json_decref(loading->reasons);
	json_decref(loading->notes);
	json_decref(loading->memory);
	close_and_forget(&loading->shared_lock);
	free(loading);
	return NULL;
}

/* A copy of a generation that comes from the store is what was put there, or is not used. */
static int check_digest(const struct loading *loading, struct failure *reterr_failure)
{
	const char *wanted = loading->request->digest;

	if (!*wanted || strcmp(loading->image.digest, wanted) == 0)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EBADMSG,
			   "the stored object is damaged and is not used: its SHA-256 is %s and "
			   "should be %s; take another generation (ebpfctl history %s), or reload "
			   "with --object",
			   loading->image.digest, wanted, loading->request->unit);
}

static int read_generation(const struct loading *loading, uint32_t generation,
			   struct manifest **ret, struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];

	pin_path(path, loading->request->root, "%s/gen-%u/manifest", loading->request->unit,
		 generation);
	return manifest_read(path, ret, reterr_failure);
}

/* What the unit has attached, for a reload. A former generation that cannot be read is lost. */
static int read_attached(struct loading *loading, struct failure *reterr_failure)
{
	const struct request *request = loading->request;
	const struct unit_pins pins = {.root = request->root, .unit = request->unit};
	struct ebpfd_selector selector;
	char path[PIN_PATH_MAX];
	int err = read_generation(loading, request->active_generation, &loading->active,
				  reterr_failure);

	if (err)
		return err;
	pin_path(path, request->root, "%s/selector", request->unit);
	err = selector_read(path, &selector, reterr_failure);
	if (err)
		return err;
	if (selector.generation[request->bank])
		(void)read_generation(loading, selector.generation[request->bank], &loading->other,
				      NULL);
	return places_read(&pins, loading->active, loading->other, &loading->places,
			   reterr_failure);
}

static int read_inputs(struct loading *loading, struct failure *reterr_failure)
{
	const struct request *request = loading->request;
	int err;

	err = unit_file_read(LOADER_FD_CONFIG, request->file_path, request->unit, &loading->file,
			     reterr_failure);
	if (!err)
		err = confine(loading, reterr_failure);
	if (err)
		return err;
	err = image_read(LOADER_FD_OBJECT, request->object_size_max, &loading->image,
			 reterr_failure);
	if (!err)
		err = check_digest(loading, reterr_failure);
	if (!err)
		err = image_check(&loading->image, reterr_failure);
	if (err || !request->active_generation)
		return err;
	return read_attached(loading, reterr_failure);
}

static int pin_programs(const struct loading *loading, const char *generation_path,
			struct failure *reterr_failure)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, loading->object) {
		char encoded[OBJECT_NAME_MAX], path[PIN_PATH_MAX];
		int err;

		if (!bpf_program__autoload(program))
			continue;
		err = bpffs_encode_name(bpf_program__name(program), encoded, sizeof(encoded));
		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
						 "function \"%s\"", bpf_program__name(program));
		pin_path(path, generation_path, "progs/%s", encoded);
		err = bpffs_pin(bpf_program__fd(program), path, reterr_failure);
		if (err)
			return err;
	}
	return 0;
}

static int make_directories(const char *const *names, size_t count, const char *parent,
			    struct failure *reterr_failure)
{
	for (size_t i = 0; i < count; i++) {
		char path[PIN_PATH_MAX];
		int err;

		pin_path(path, parent, "%s", names[i]);
		err = bpffs_make_directory(path);
		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
						 "cannot make \"%s\"", path);
	}
	return 0;
}

static int pin_generation(const struct loading *loading, const char *generation_path,
			  struct failure *reterr_failure)
{
	static const char *const names[] = {"", "progs", "maps"};
	int err = make_directories(names, ARRAY_SIZE(names), generation_path, reterr_failure);

	if (!err)
		err = pin_programs(loading, generation_path, reterr_failure);
	if (!err)
		err = maps_pin(loading, generation_path, reterr_failure);
	return err;
}

static void describe_hook(const struct loading_hook *hook, struct manifest_hook *ret)
{
	(void)snprintf(ret->name, sizeof(ret->name), "%s", hook->config->name);
	(void)snprintf(ret->place, sizeof(ret->place), "%s", hook->place);
	ret->number = hook->number;
	(void)snprintf(ret->program, sizeof(ret->program), "%s", hook->config->program);
	ret->attach = hook->attach;
	ret->way = hook->way;
	ret->program_type = hook->type.program_type;
	ret->expected = hook->type.expected;
	ret->frags = program_has_frags(hook->program);
	ret->sleepable = hook->sleepable;
	ret->program_id = program_id(hook->program);
}

static int fill_manifest(const struct loading *loading, struct manifest *manifest)
{
	const struct request *request = loading->request;

	(void)snprintf(manifest->unit, sizeof(manifest->unit), "%s", request->unit);
	manifest->generation = request->generation;
	manifest->time_usec = clock_now_usec(CLOCK_REALTIME);
	manifest->digest = strdup(loading->image.digest);
	manifest->object = strdup(request->object_path);
	manifest->file = strdup(request->file_path);
	manifest->config = strdup(loading->file->text);
	manifest->hooks = calloc(loading->hook_count, sizeof(*manifest->hooks));
	if (!manifest->digest || !manifest->object || !manifest->file || !manifest->config ||
	    !manifest->hooks)
		return -ENOMEM;
	for (; manifest->hook_count < loading->hook_count; manifest->hook_count++)
		describe_hook(&loading->hooks[manifest->hook_count],
			      &manifest->hooks[manifest->hook_count]);
	return maps_describe(loading, manifest);
}

/* The manifest is written last: a generation without one is not complete. */
static int write_manifest(const struct loading *loading, const char *generation_path,
			  struct failure *reterr_failure)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));
	char path[PIN_PATH_MAX];
	int err;

	if (!manifest)
		return -ENOMEM;
	pin_path(path, generation_path, "manifest");
	err = fill_manifest(loading, manifest);
	if (err)
		(void)failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					"cannot describe the generation");
	else
		err = manifest_write(manifest, path, reterr_failure);
	manifest_free(manifest);
	return err;
}

static int pin_mapped(const struct mapped *mapped, const char *unit_path, const char *name,
		      struct failure *reterr_failure)
{
	char path[PIN_PATH_MAX];

	pin_path(path, unit_path, "%s", name);
	return bpffs_pin(mapped->fd, path, reterr_failure);
}

static int create_ledger(struct mapped *ret)
{
	int cpus = libbpf_num_possible_cpus();
	struct ebpfd_ledger *ledger;
	int err;

	if (cpus < 0)
		return cpus;
	err = mapped_create("ebpfd_ledger", ebpfd_ledger_size((uint32_t)cpus), ret);
	if (err)
		return err;
	ledger = ret->value;
	ledger->format = EBPFD_FORMAT;
	ledger->size = ebpfd_ledger_size((uint32_t)cpus);
	ledger->cpus = (uint32_t)cpus;
	return 0;
}

/* Until the daemon stores the word, `operation` says that this unit never was in force. */
static void begin_load(const struct loading *loading, struct ebpfd_selector *selector)
{
	const struct request *request = loading->request;

	selector->generation[request->bank] = request->generation;
	selector->next_generation = request->generation + 1;
	selector_begin(selector, EBPFD_OPERATION_LOAD, request->generation,
		       word_with_bank(0, request->bank));
}

static int attach_first(struct loading *loading, const char *unit_path, struct mapped *selector,
			struct mapped *ledger, struct failure *reterr_failure)
{
	int err = selector_create(selector);

	if (!err)
		err = create_ledger(ledger);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot make selector and ledger");
	begin_load(loading, selector->value);
	/* The selector last: a unit that has one is whole, and one without is swept at start. */
	err = pin_mapped(ledger, unit_path, "ledger", reterr_failure);
	fault_point("load", "ledger");
	if (!err)
		err = pin_mapped(selector, unit_path, "selector", reterr_failure);
	fault_point("load", "selector");
	if (!err)
		err = hooks_attach(loading, selector, ledger, reterr_failure);
	return err;
}

static int place_first(struct loading *loading, const char *unit_path,
		       struct failure *reterr_failure)
{
	static const char *const names[] = {"", "hooks", "maps"};
	struct mapped selector = MAPPED_INIT, ledger = MAPPED_INIT;
	int err = make_directories(names, ARRAY_SIZE(names), unit_path, reterr_failure);

	if (!err)
		err = attach_first(loading, unit_path, &selector, &ledger, reterr_failure);
	mapped_deinit(&selector);
	mapped_deinit(&ledger);
	return err;
}

static int attach_next(struct loading *loading, const char *unit_path,
		       struct failure *reterr_failure)
{
	struct mapped selector = MAPPED_INIT, ledger = MAPPED_INIT;
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, unit_path, "selector");
	err = selector_open(path, &selector, reterr_failure);
	if (err)
		return err;
	pin_path(path, unit_path, "ledger");
	err = mapped_open(path, &ledger);
	if (err)
		(void)failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", path);
	else
		err = hooks_attach(loading, &selector, &ledger, reterr_failure);
	mapped_deinit(&selector);
	mapped_deinit(&ledger);
	return err;
}

static int place(struct loading *loading, const char *unit_path, const char *generation_path,
		 struct failure *reterr_failure)
{
	const char *operation = loading->active ? "reload" : "load";
	int err = loading->active ? attach_next(loading, unit_path, reterr_failure)
				  : place_first(loading, unit_path, reterr_failure);

	if (err)
		return err;
	err = pin_generation(loading, generation_path, reterr_failure);
	fault_point(operation, "pinned");
	if (!err)
		err = write_manifest(loading, generation_path, reterr_failure);
	fault_point(operation, "manifest");
	return err;
}

static int load_all(struct loading *loading, struct failure *reterr_failure)
{
	int err = read_inputs(loading, reterr_failure);

	if (!err)
		err = object_open(&loading->image, loading->request->unit, loading->verifier_log,
				  &loading->object, reterr_failure);
	if (!err)
		err = programs_resolve(loading, reterr_failure);
	if (!err)
		err = hooks_match(loading, reterr_failure);
	if (!err)
		err = settings_apply(loading, reterr_failure);
	if (!err)
		err = rings_check(loading, reterr_failure);
	/* A map that is reused has the types of the kernel's map, which may have none. */
	if (!err)
		err = metrics_check(loading, reterr_failure);
	if (!err)
		err = maps_reuse(loading, reterr_failure);
	if (!err)
		err = rings_take_over(loading, reterr_failure);
	if (!err)
		err = object_load(loading->object, loading->verifier_log, reterr_failure);
	if (!err)
		err = rings_fill(loading, reterr_failure);
	if (!err)
		err = programs_inspect(loading, reterr_failure);
	if (!err)
		err = hooks_fit(loading, reterr_failure);
	if (!err)
		err = memory_check(loading, reterr_failure);
	if (!err)
		loading->memory = memory_of(loading);
	return err;
}

/* What was loaded, for the history. That it cannot be kept is no reason to refuse it. */
static void keep_copy(struct loading *loading)
{
	const char *operation = loading->active ? "reload" : "load";
	const char *path = loading->request->store;

	if (!*path)
		return;
	loading->store_error = file_write_durably(path, loading->image.data, loading->image.size);
	fault_point(operation, "stored");
}

int prepare(struct loading *loading, struct failure *reterr_failure)
{
	const struct request *request = loading->request;
	char unit_path[PIN_PATH_MAX], generation_path[PIN_PATH_MAX];
	int err;

	pin_path(unit_path, request->root, "%s", request->unit);
	pin_path(generation_path, unit_path, "gen-%u", request->generation);
	err = load_all(loading, reterr_failure);
	if (err || request->plan)
		return err;
	keep_copy(loading);
	err = place(loading, unit_path, generation_path, reterr_failure);
	if (err && loading->active)
		(void)bpffs_remove_tree(generation_path);
	else if (err)
		(void)bpffs_remove_unit(unit_path);
	return err;
}
