/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/map_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/maps/describe_map.h"
#include "daemon/maps/dump.h"
#include "daemon/maps/entry.h"
#include "lib/cleanup.h"

struct job {
	struct units *units;
	enum map_verb verb;
	char *inner; /* or NULL */
	char *key, *value;
	struct open_map **maps; /* of MAP_LIST all, NULL if not to be opened; else one */
	size_t map_count;
	json_t *list;
	char *line;
	map_done_fn done;
	void *data;
	struct failure failure;
};

static void job_free(struct job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->map_count; i++)
		open_map_free(job->maps[i]);
	free(job->maps);
	json_decref(job->list);
	free(job->line);
	free(job->inner);
	free(job->key);
	free(job->value);
	free(job);
}

static void free_job(struct job **job)
{
	job_free(*job);
}

/* ---- on the waiter -------------------------------------------------------------------------- */

static int describe_all(struct job *job)
{
	for (size_t i = 0; i < job->map_count; i++) {
		json_t *known = json_array_get(job->list, i);
		json_t *described;

		if (!job->maps[i])
			continue;
		described = describe_map(job->maps[i]);
		if (!described || json_object_update(known, described) < 0) {
			json_decref(described);
			return failure_set(&job->failure, OUTCOME_FAILED, -EIO,
					   "cannot describe map \"%s\"", job->maps[i]->name);
		}
		json_decref(described);
	}
	return 0;
}

/* The map that is asked for: instead of the outer one that which is in it. */
static int read_map(struct job *job)
{
	struct open_map *inner = NULL;
	int err = open_map_read(job->maps[0], &job->failure);

	if (err || !job->inner)
		return err;
	err = entry_open_inner(job->maps[0], job->inner, &inner, &job->failure);
	if (err)
		return err;
	open_map_free(job->maps[0]);
	job->maps[0] = inner;
	return open_map_read(inner, &job->failure);
}

static int work(void *data)
{
	struct job *job = data;
	struct open_map *map;
	int err;

	if (job->verb == MAP_LIST)
		return describe_all(job);
	err = read_map(job);
	if (err)
		return err;
	map = job->maps[0];
	switch (job->verb) {
	case MAP_DUMP:
		return 0;
	case MAP_GET:
		return entry_get(map, job->key, &job->line, &job->failure);
	case MAP_SET:
		return entry_set(map, job->key, job->value, &job->failure);
	case MAP_DELETE:
		return entry_delete(map, job->key, &job->failure);
	default:
		return -EINVAL;
	}
}

/* ---- on the loop ---------------------------------------------------------------------------- */

static void end(void *data, int result)
{
	struct job *job = data;
	cleanup_close int fd = -1;
	json_t *list = NULL;
	struct map_answer answer;

	if (!result && job->verb == MAP_DUMP)
		result = dumps_begin(job->units->context->dumps, TAKE_PTR(job->maps[0]), &fd,
				     &job->failure);
	if (!result && job->verb == MAP_LIST)
		list = json_pack("{s:O}", "maps", job->list);
	job->units->map_questions--;
	answer = (struct map_answer){.list = list, .line = job->line, .fd = fd};
	job->done(job->data, result ? NULL : &answer, &job->failure);
	json_decref(list);
	job_free(job);
}

/* The generation in force. */
static const struct bank *find_bank(struct units *units, const char *name,
				    struct failure *reterr_failure)
{
	const struct unit *unit = units_find(units, name);
	int active;

	if (!unit || unit->gone) {
		(void)failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "no unit \"%s\" is loaded (ebpfctl list shows what is)", name);
		return NULL;
	}
	active = unit_active(unit);
	if (active == BANK_NONE || !unit->banks[active].manifest) {
		(void)failure_set(reterr_failure, OUTCOME_REFUSED, -EPROTO,
				  "unit \"%s\" has no generation in force whose maps this ebpfd "
				  "could read",
				  name);
		return NULL;
	}
	return &unit->banks[active];
}

/* One that cannot be opened, as where its pin is gone, does not hide the others. */
static int add_all_maps(struct job *job, struct map_wanted wanted, struct failure *reterr_failure)
{
	for (size_t i = 0; i < wanted.generation->map_count; i++) {
		const struct manifest_map *map = &wanted.generation->maps[i];
		struct failure failure;
		json_t *known =
			json_pack("{s:s, s:b, s:s?}", "name", map->name, "kept", (int)map->kept,
				  "shared", *map->shared ? map->shared : NULL);

		wanted.map = map->name;
		if (known && open_map_new(&wanted, &job->maps[i], &failure) < 0)
			json_object_set_new(known, "problem", json_string(failure.text));
		if (!known || json_array_append_new(job->list, known) < 0)
			return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "maps");
		job->map_count++;
	}
	return 0;
}

static int add_map(struct job *job, const struct map_wanted *wanted, struct failure *reterr_failure)
{
	int err = open_map_new(wanted, &job->maps[0], reterr_failure);

	job->map_count = !err;
	return err;
}

static int open_maps(struct job *job, const struct map_question *question,
		     struct failure *reterr_failure)
{
	const struct bank *bank = find_bank(job->units, question->unit, reterr_failure);
	struct map_wanted wanted = {.root = job->units->context->root,
				    .map = question->map,
				    .each_cpu = question->each_cpu,
				    .wide_as_text = question->wide_as_text};

	if (!bank)
		return -ENOENT;
	wanted.generation = bank->manifest;
	wanted.file = bank->file;
	job->maps = calloc(bank->manifest->map_count + 1, sizeof(struct open_map *));
	if (!job->maps)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "maps");
	return job->verb == MAP_LIST ? add_all_maps(job, wanted, reterr_failure)
				     : add_map(job, &wanted, reterr_failure);
}

static struct job *job_new(struct units *units, const struct map_question *question,
			   map_done_fn done, void *data)
{
	CLEANUP(free_job) struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	*job = (struct job){.units = units,
			    .verb = question->verb,
			    .inner = question->inner ? strdup(question->inner) : NULL,
			    .key = strdup(question->key ? question->key : ""),
			    .value = strdup(question->value ? question->value : ""),
			    .list = json_array(),
			    .done = done,
			    .data = data,
			    .failure = {.outcome = OUTCOME_FAILED, .text = "out of memory"}};
	if (!job->key || !job->value || !job->list || (question->inner && !job->inner))
		return NULL;
	return TAKE_PTR(job);
}

int map_access(struct units *units, const struct map_question *question, map_done_fn done,
	       void *data, struct failure *reterr_failure)
{
	CLEANUP(free_job) struct job *job = NULL;
	int err;

	if (units->map_questions == MAP_QUESTIONS_MAX)
		return failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
				   "%d questions about maps wait already; try again",
				   MAP_QUESTIONS_MAX);
	job = job_new(units, question, done, data);
	if (!job)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "maps");
	err = open_maps(job, question, reterr_failure);
	if (err)
		return err;
	err = waiter_submit(units->context->waiter, work, end, job);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot begin");
	(void)TAKE_PTR(job);
	units->map_questions++;
	return 0;
}
