/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/kept_maps.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "lib/cleanup.h"

/* The id of the map that is pinned there; 0 if there is none. */
static uint32_t pinned_map_id(const char *path)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	cleanup_close int fd = bpf_obj_get(path);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		return 0;
	return info.id;
}

static int publish_map(const char *root, const struct manifest *generation,
		       const struct manifest_map *map)
{
	char encoded[OBJECT_NAME_MAX], path[PIN_PATH_MAX];
	char staged[PIN_PATH_MAX];
	cleanup_close int fd = -1;
	int err = bpffs_encode_name(map->name, encoded, sizeof(encoded));

	if (err)
		return err;
	pin_path(path, root, "%s/maps/%s", generation->unit, encoded);
	if (pinned_map_id(path) == map->id)
		return 0;
	/* No map's name begins so: C identifiers have no '-', and data sections are not kept. */
	pin_path(staged, root, "%s/maps/new-%s", generation->unit, encoded);
	fd = generation_open_map(root, generation, map->name);
	if (fd < 0)
		return fd;
	err = bpf_obj_pin(fd, staged);
	if (err && err != -EEXIST)
		return err;
	return rename(staged, path) < 0 ? -errno : 0;
}

static bool is_kept(const struct manifest *generation, const char *encoded)
{
	for (size_t i = 0; i < generation->map_count; i++) {
		char name[OBJECT_NAME_MAX];

		if (generation->maps[i].kept &&
		    bpffs_encode_name(generation->maps[i].name, name, sizeof(name)) == 0 &&
		    strcmp(name, encoded) == 0)
			return true;
	}
	return false;
}

static void remove_others(const char *root, const struct manifest *generation)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	pin_path(path, root, "%s/maps", generation->unit);
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && !is_kept(generation, entry->d_name))
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

int kept_maps_publish(const char *root, const struct manifest *generation)
{
	int result = 0;

	for (size_t i = 0; i < generation->map_count; i++) {
		int err = 0;

		if (generation->maps[i].kept)
			err = publish_map(root, generation, &generation->maps[i]);
		if (err && !result)
			result = err;
	}
	remove_others(root, generation);
	return result;
}
