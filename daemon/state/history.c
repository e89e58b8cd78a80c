/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/state/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/unit_file.h"
#include "daemon/kernel/selector.h"
#include "daemon/state/store.h"
#include "lib/cleanup.h"
#include "lib/file.h"

/* JSON may need six bytes for one of the unit file's text. */
#define ENTRY_SIZE_MAX (8 * UNIT_FILE_SIZE_MAX)
#define SUFFIX	       ".json"
#define CURRENT	       "current"

static int directory_path(const char *state, const char *unit, char ret[PATH_MAX])
{
	return str_format(ret, PATH_MAX, "%s/units/%s", state, unit);
}

static int entry_path(const char *state, const char *unit, uint32_t generation, char ret[PATH_MAX])
{
	return str_format(ret, PATH_MAX, "%s/units/%s/%u" SUFFIX, state, unit, generation);
}

static int current_path(const char *state, const char *unit, char ret[PATH_MAX])
{
	return str_format(ret, PATH_MAX, "%s/units/%s/" CURRENT SUFFIX, state, unit);
}

/* ---- files ---- */

static int read_json(const char *path, json_t **ret)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_free char *text = NULL;
	size_t length;
	int err;

	if (fd < 0)
		return -errno;
	err = file_read_all(fd, ENTRY_SIZE_MAX, &text, &length);
	if (err)
		return err;
	*ret = json_loadb(text, length, 0, NULL);
	return *ret ? 0 : -EINVAL;
}

/* Takes the reference over. */
static int write_json(const char *state, const char *unit, const char *path, json_t *json)
{
	cleanup_free char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	char directory[PATH_MAX];
	int err;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	err = directory_path(state, unit, directory);
	if (!err && mkdir(directory, 0700) < 0 && errno != EEXIST)
		err = -errno;
	return err ? err : file_replace(path, text, strlen(text));
}

static int parse_override(const char *name, enum ebpfd_override *ret)
{
	for (enum ebpfd_override i = EBPFD_OVERRIDE_NONE; i <= EBPFD_OVERRIDE_ROLLBACK; i++)
		if (strcmp(override_name(i), name) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* ---- one generation ---- */

static int parse_entry(json_t *json, uint32_t number, struct history_entry *ret)
{
	json_int_t generation, time_usec, again;
	const char *override_;

	if (json_unpack(json, "{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "generation",
			&generation, "time_usec", &time_usec, "digest", &ret->digest, "object",
			&ret->object, "file", &ret->file, "config", &ret->config, "how", &ret->how,
			"again", &again, "override", &override_) < 0 ||
	    generation != number || again < 0 || again > UINT32_MAX ||
	    !digest_is_valid(ret->digest) || parse_override(override_, &ret->override_) < 0)
		return -EINVAL;
	ret->json = json;
	ret->generation = number;
	ret->time_usec = (uint64_t)time_usec;
	ret->again = (uint32_t)again;
	ret->receipts = json_object_get(json, "receipts");
	return 0;
}

int history_read(const char *state, const char *unit, uint32_t generation,
		 struct history_entry *ret)
{
	struct history_entry entry = {0};
	char path[PATH_MAX];
	json_t *json = NULL;
	int err = entry_path(state, unit, generation, path);

	if (!err)
		err = read_json(path, &json);
	if (!err)
		err = parse_entry(json, generation, &entry);
	if (err)
		json_decref(json);
	else
		*ret = entry;
	return err;
}

void history_entry_deinit(struct history_entry *entry)
{
	json_decref(entry->json);
	*entry = (struct history_entry){0};
}

static json_t *entry_to_json(const struct history_entry *entry)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:O*}", "generation",
			 (json_int_t)entry->generation, "time_usec", (json_int_t)entry->time_usec,
			 "digest", entry->digest, "object", entry->object, "file", entry->file,
			 "config", entry->config, "how", entry->how, "again",
			 (json_int_t)entry->again, "override", override_name(entry->override_),
			 "receipts", entry->receipts);
}

int history_write(const char *state, const char *unit, const struct history_entry *entry)
{
	char path[PATH_MAX];
	int err = entry_path(state, unit, entry->generation, path);

	return err ? err : write_json(state, unit, path, entry_to_json(entry));
}

/* How the generation came to be stays; of what came later, the oldest goes. */
static json_t *receipts_with(const json_t *receipts, json_t *receipt)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(receipts); i++)
		json_array_append(list, json_array_get(receipts, i));
	json_array_append(list, receipt);
	if (json_array_size(list) > HISTORY_RECEIPTS_MAX)
		json_array_remove(list, 1);
	return list;
}

int history_add_receipt(const char *state, const char *unit, uint32_t generation, json_t *receipt)
{
	struct history_entry entry;
	int err = history_read(state, unit, generation, &entry);

	if (err)
		return err;
	entry.receipts = receipts_with(entry.receipts, receipt);
	err = history_write(state, unit, &entry);
	json_decref(entry.receipts);
	history_entry_deinit(&entry);
	return err;
}

/* ---- what is in force ---- */

static int parse_current(json_t *json, struct history_current *ret)
{
	json_int_t generation, former;
	const char *override_;

	if (json_unpack(json, "{s:I, s:I, s:s}", "generation", &generation, "former", &former,
			"override", &override_) < 0 ||
	    generation < 1 || generation > UINT32_MAX || former < 0 || former > UINT32_MAX ||
	    parse_override(override_, &ret->override_) < 0)
		return -EINVAL;
	ret->generation = (uint32_t)generation;
	ret->former = (uint32_t)former;
	return 0;
}

int history_read_current(const char *state, const char *unit, struct history_current *ret)
{
	struct history_current current = {0};
	char path[PATH_MAX];
	json_t *json = NULL;
	int err = current_path(state, unit, path);

	if (!err)
		err = read_json(path, &json);
	if (!err)
		err = parse_current(json, &current);
	json_decref(json);
	if (!err)
		*ret = current;
	return err;
}

int history_write_current(const char *state, const char *unit,
			  const struct history_current *current)
{
	struct history_current is;
	char path[PATH_MAX];
	int err = current_path(state, unit, path);

	if (err)
		return err;
	if (history_read_current(state, unit, &is) == 0 && is.generation == current->generation &&
	    is.former == current->former && is.override_ == current->override_)
		return 0;
	return write_json(state, unit, path,
			  json_pack("{s:I, s:I, s:s}", "generation",
				    (json_int_t)current->generation, "former",
				    (json_int_t)current->former, "override",
				    override_name(current->override_)));
}

int history_forget_current(const char *state, const char *unit)
{
	char path[PATH_MAX];
	int err = current_path(state, unit, path);

	if (!err && unlink(path) < 0 && errno != ENOENT)
		err = -errno;
	return err;
}

/* ---- all of a unit ---- */

/* N of N.json, 0 for other names. */
static uint32_t number_of(const char *name)
{
	char digits[16];
	size_t length = strspn(name, "0123456789");
	uint64_t number;

	if (length == 0 || length >= sizeof(digits) || strcmp(name + length, SUFFIX) != 0)
		return 0;
	(void)str_format(digits, sizeof(digits), "%.*s", (int)length, name);
	return str_to_u64(digits, &number) == 0 && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static int is_entry(const struct dirent *entry)
{
	return number_of(entry->d_name) > 0;
}

static int newest_first(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? 1 : left > right ? -1 : 0;
}

/* Numbers of the unit's generations, newest first; the caller's to free. */
static int list_generations(const char *state, const char *unit, uint32_t **ret, size_t *ret_count)
{
	struct dirent **names = NULL;
	uint32_t *numbers;
	char path[PATH_MAX];
	int count, err = directory_path(state, unit, path);

	if (err)
		return err;
	count = scandir(path, &names, is_entry, NULL);
	if (count < 0)
		return -errno;
	numbers = calloc((size_t)count + 1, sizeof(*numbers));
	for (int i = 0; i < count; i++) {
		if (numbers)
			numbers[i] = number_of(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	if (!numbers)
		return -ENOMEM;
	qsort(numbers, (size_t)count, sizeof(*numbers), newest_first);
	*ret = numbers;
	*ret_count = (size_t)count;
	return 0;
}

uint32_t history_next_generation(const char *state, const char *unit)
{
	cleanup_free uint32_t *numbers = NULL;
	size_t count = 0;

	(void)list_generations(state, unit, &numbers, &count);
	return count > 0 ? numbers[0] + 1 : 1;
}

json_t *history_to_json(const char *state, const char *unit)
{
	cleanup_free uint32_t *numbers = NULL;
	json_t *list = json_array();
	size_t count = 0;

	(void)list_generations(state, unit, &numbers, &count);
	for (size_t i = 0; i < count; i++) {
		struct history_entry entry;

		if (history_read(state, unit, numbers[i], &entry) < 0)
			continue;
		json_object_del(entry.json, "config");
		json_object_set_new(entry.json, "stored",
				    json_boolean(store_size(state, entry.digest) > 0));
		json_array_append(list, entry.json);
		history_entry_deinit(&entry);
	}
	return list;
}

static const char *state_of(json_int_t generation, uint32_t in_force, uint32_t former)
{
	if (generation == in_force)
		return "in-force";
	return generation == former ? "former" : "kept";
}

static json_t *number_or_null(uint32_t generation)
{
	return generation ? json_integer(generation) : json_null();
}

json_t *history_report(const char *state, const char *unit, uint32_t in_force, uint32_t former)
{
	json_t *list = state ? history_to_json(state, unit) : json_array(), *entry;
	size_t i;

	if (!in_force && json_array_size(list) == 0) {
		json_decref(list);
		return NULL;
	}
	json_array_foreach (list, i, entry) {
		json_int_t generation = json_integer_value(json_object_get(entry, "generation"));

		json_object_set_new(entry, "state",
				    json_string(state_of(generation, in_force, former)));
	}
	return json_pack("{s:s, s:o, s:o, s:o}", "unit", unit, "in_force", number_or_null(in_force),
			 "former", number_or_null(former), "generations", list);
}

/* ---- bounds ---- */

/* A generation of any unit. */
struct kept {
	char unit[NAME_MAX_LENGTH + 1];
	char digest[65];
	uint32_t generation;
	uint64_t time_usec;
	uint64_t bytes;
	bool needed; /* in force or former */
	bool gone;
};

struct kept_list {
	struct kept *all;
	size_t count, room;
};

static struct kept *list_add(struct kept_list *list)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct kept *grown = reallocarray(list->all, room, sizeof(*grown));

		if (!grown)
			return NULL;
		list->all = grown;
		list->room = room;
	}
	return &list->all[list->count++];
}

/*
 * Called for the newest generation of a unit first. None is taken for newer than the next one,
 * whose time is `next_usec`: the clock may have been set back between the two.
 */
static int collect_entry(const char *state, const char *unit, const struct history_entry *entry,
			 const struct history_current *current, uint64_t *next_usec,
			 struct kept_list *list)
{
	struct kept *kept = list_add(list);

	*next_usec = MIN(*next_usec, entry->time_usec);

	if (!kept)
		return -ENOMEM;
	*kept = (struct kept){.generation = entry->generation,
			      .time_usec = *next_usec,
			      .bytes = store_size(state, entry->digest),
			      .needed = entry->generation == current->generation ||
					entry->generation == current->former};
	(void)str_format(kept->unit, sizeof(kept->unit), "%s", unit);
	(void)str_format(kept->digest, sizeof(kept->digest), "%s", entry->digest);
	return 0;
}

/* What is no entry names no object; what cannot be read for another reason might. */
static int collect_unit(const char *state, const char *unit, struct kept_list *list)
{
	struct history_current current = {0};
	cleanup_free uint32_t *numbers = NULL;
	uint64_t next_usec = UINT64_MAX;
	size_t count = 0;
	int err = list_generations(state, unit, &numbers, &count);

	if (err)
		return err == -ENOTDIR ? 0 : err;
	err = history_read_current(state, unit, &current);
	for (size_t i = 0; i < count && (!err || err == -ENOENT || err == -EINVAL); i++) {
		struct history_entry entry;

		err = history_read(state, unit, numbers[i], &entry);
		if (err)
			continue;
		err = collect_entry(state, unit, &entry, &current, &next_usec, list);
		history_entry_deinit(&entry);
	}
	return err == -ENOENT || err == -EINVAL ? 0 : err;
}

static int oldest_first(const void *a, const void *b)
{
	const struct kept *left = a, *right = b;

	if (left->time_usec != right->time_usec)
		return left->time_usec < right->time_usec ? -1 : 1;
	return left->generation < right->generation ? -1 : left->generation > right->generation;
}

static int collect(const char *state, struct kept_list *list)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	int err = str_format(path, sizeof(path), "%s/units", state);

	if (err)
		return err;
	directory = opendir(path);
	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory)))
		if (unit_name_is_valid(entry->d_name))
			err = collect_unit(state, entry->d_name, list);
	closedir(directory);
	if (!err && list->count > 0)
		qsort(list->all, list->count, sizeof(*list->all), oldest_first);
	return err;
}

static void drop(const char *state, struct kept *kept)
{
	char path[PATH_MAX];

	kept->gone = entry_path(state, kept->unit, kept->generation, path) == 0 &&
		     (unlink(path) == 0 || errno == ENOENT);
}

static void bound_unit(const char *state, struct kept_list *list, const char *unit, uint64_t max)
{
	uint64_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += strcmp(list->all[i].unit, unit) == 0 && !list->all[i].gone;
	for (size_t i = 0; i < list->count && count > max; i++) {
		struct kept *kept = &list->all[i];

		if (kept->needed || kept->gone || strcmp(kept->unit, unit) != 0)
			continue;
		drop(state, kept);
		count--;
	}
}

static bool is_named(const char *digest, const void *data)
{
	const struct kept_list *list = data;

	for (size_t i = 0; i < list->count; i++)
		if (!list->all[i].gone && strcmp(list->all[i].digest, digest) == 0)
			return true;
	return false;
}

/* Of each object once: of a digest the last generation counts. */
static uint64_t bytes_of(const struct kept_list *list)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct kept_list later = {.all = &list->all[i + 1],
						.count = list->count - i - 1};

		if (!list->all[i].gone && !is_named(list->all[i].digest, &later))
			bytes += list->all[i].bytes;
	}
	return bytes;
}

static void bound_bytes(const char *state, struct kept_list *list, uint64_t max)
{
	uint64_t bytes = bytes_of(list);

	for (size_t i = 0; i < list->count && bytes > max; i++) {
		struct kept *kept = &list->all[i];

		if (kept->needed || kept->gone)
			continue;
		drop(state, kept);
		if (!is_named(kept->digest, list))
			bytes -= kept->bytes;
	}
}

void history_prune(const char *state, uint64_t generations_max, uint64_t bytes_max)
{
	struct kept_list list = {0};

	/* With half a list an object that is needed would seem to be nobody's. */
	if (collect(state, &list) == 0) {
		for (size_t i = 0; i < list.count; i++)
			bound_unit(state, &list, list.all[i].unit, generations_max);
		bound_bytes(state, &list, bytes_max);
		store_keep_only(state, is_named, &list);
	}
	free(list.all);
}
