/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/shared_maps.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/pinned.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* ---- who uses what ---- */

/* Called for each use of a shared map by a generation. */
typedef int (*use_fn)(void *data, const struct manifest *generation,
		      const struct manifest_map *map);

struct visit {
	const char *root;
	use_fn use;
	void *data;
	size_t unreadable; /* manifests */
};

static int visit_generation(struct visit *visit, const char *unit, const char *directory)
{
	struct manifest *generation = NULL;
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, visit->root, "%s/%s/manifest", unit, directory);
	err = manifest_read(path, &generation, NULL);
	if (err) {
		/* One without a manifest is not complete, or on its way out. */
		visit->unreadable += err != -ENOENT;
		return err == -ENOMEM ? err : 0;
	}
	for (size_t i = 0; !err && i < generation->map_count; i++)
		if (*generation->maps[i].shared)
			err = visit->use(visit->data, generation, &generation->maps[i]);
	manifest_free(generation);
	return err;
}

static int is_unit(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && unit_name_is_valid(entry->d_name);
}

static int is_generation(const struct dirent *entry)
{
	uint32_t number;

	return entry->d_type == DT_DIR && generation_number(entry->d_name, &number);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `each` for the entries of a directory, in the order of names; one that has gone has none.
 */
static int for_each_entry(const char *path, int (*filter)(const struct dirent *entry),
			  int (*each)(struct visit *visit, const char *unit, const char *name),
			  struct visit *visit, const char *unit)
{
	cleanup_free struct dirent **entries = NULL;
	int count = scandir(path, &entries, filter, by_name), err = 0;

	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (!err)
			err = each(visit, unit, entries[i]->d_name);
		free(entries[i]);
	}
	return err;
}

static int visit_unit(struct visit *visit, const char *unit, const char *name)
{
	char path[PIN_PATH_MAX];

	(void)unit;
	pin_path(path, visit->root, "%s", name);
	return for_each_entry(path, is_generation, visit_generation, visit, name);
}

static int visit_all(struct visit *visit)
{
	return for_each_entry(visit->root, is_unit, visit_unit, visit, NULL);
}

/* ---- one map ---- */

struct search {
	const char *root;
	const char *name;
	bool open;
	struct shared_map found;
};

static bool has_last(const json_t *users, const char *unit)
{
	size_t count = json_array_size(users);

	return count > 0 && strcmp(json_string_value(json_array_get(users, count - 1)), unit) == 0;
}

static int note_user(void *data, const struct manifest *generation, const struct manifest_map *map)
{
	struct search *search = data;
	int fd;

	if (strcmp(map->shared, search->name) != 0)
		return 0;
	if (!has_last(search->found.users, generation->unit) &&
	    json_array_append_new(search->found.users, json_string(generation->unit)) < 0)
		return -ENOMEM;
	if (!search->open || search->found.fd >= 0)
		return 0;
	fd = generation_open_map(search->root, generation, map->name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd; /* the generation is on its way out */
	search->found.fd = fd;
	return 0;
}

static int open_pinned(const char *root, const char *name, int *ret_fd)
{
	char path[PIN_PATH_MAX];
	struct pinned pinned;
	int fd, err;

	pin_path(path, root, "shared/%s", name);
	err = pinned_look(path, &pinned);
	if (err || pinned.kind != PIN_MAP)
		return err;
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int shared_map_find(const char *root, const char *name, struct shared_map *ret)
{
	struct search search = {.root = root, .name = name, .open = true, .found = SHARED_MAP_INIT};
	struct visit visit = {.root = root, .use = note_user, .data = &search};
	int err;

	search.found.users = json_array();
	err = search.found.users ? visit_all(&visit) : -ENOMEM;
	if (!err && search.found.fd < 0 && visit.unreadable > 0)
		err = open_pinned(root, name, &search.found.fd);
	if (err)
		shared_map_deinit(&search.found);
	else
		*ret = search.found;
	return err;
}

void shared_map_deinit(struct shared_map *map)
{
	close_and_forget(&map->fd);
	json_decref(map->users);
	map->users = NULL;
}

json_t *shared_map_users(const char *root, const char *name)
{
	struct search search = {
		.root = root, .name = name, .found = {.fd = -1, .users = json_array()}};
	struct visit visit = {.root = root, .use = note_user, .data = &search};

	(void)visit_all(&visit);
	return search.found.users;
}

/* ---- the directory ---- */

int shared_maps_lock(const char *root, int *ret_fd, struct failure *reterr_failure)
{
	cleanup_close int fd = -1;
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, root, "shared");
	err = bpffs_make_directory(path);
	if (!err)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err && (fd < 0 || flock(fd, LOCK_EX) < 0))
		err = -errno;
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot make and lock \"%s\"", path);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

struct publication {
	const char *root;
	json_t *names; /* as keys */
	int result;
};

static int publish_use(void *data, const struct manifest *generation,
		       const struct manifest_map *map)
{
	struct publication *publication = data;
	char path[PIN_PATH_MAX], staged[PIN_PATH_MAX];
	int err;

	if (json_object_get(publication->names, map->shared))
		return 0;
	pin_path(path, publication->root, "shared");
	(void)bpffs_make_directory(path);
	pin_path(path, publication->root, "shared/%s", map->shared);
	pin_path(staged, publication->root, "shared/%c%s", SHARED_STAGED, map->shared);
	err = generation_publish_map(publication->root, generation, map, path, staged);
	if (err && !publication->result)
		publication->result = err;
	return json_object_set_new(publication->names, map->shared, json_true()) < 0 ? -ENOMEM : 0;
}

/* What a name of ours is the pin of, and nobody uses. */
static bool is_left_over(const struct publication *publication, const char *path, const char *name)
{
	struct pinned pinned;

	if (json_object_get(publication->names, name) ||
	    !name_is_valid(*name == SHARED_STAGED ? name + 1 : name))
		return false;
	return pinned_look(path, &pinned) == 0 && pinned.kind == PIN_MAP;
}

static void remove_left_over(const struct publication *publication)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	pin_path(path, publication->root, "shared");
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		pin_path(path, publication->root, "shared/%s", entry->d_name);
		if (is_left_over(publication, path, entry->d_name))
			(void)unlink(path);
	}
	closedir(directory);
}

int shared_maps_publish(const char *root)
{
	struct publication publication = {.root = root, .names = json_object()};
	struct visit visit = {.root = root, .use = publish_use, .data = &publication};
	int err = publication.names ? visit_all(&visit) : -ENOMEM;

	if (!err && !visit.unreadable)
		remove_left_over(&publication);
	json_decref(publication.names);
	return err ? err : publication.result;
}

int shared_maps_follow(const char *root)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, "shared");
	return access(path, F_OK) < 0 && errno == ENOENT ? 0 : shared_maps_publish(root);
}
