/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/kept_maps.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"

static int publish_map(const char *root, const struct manifest *generation,
		       const struct manifest_map *map)
{
	char encoded[OBJECT_NAME_MAX], path[PIN_PATH_MAX];
	char staged[PIN_PATH_MAX];
	int err = bpffs_encode_name(map->name, encoded, sizeof(encoded));

	if (err)
		return err;
	pin_path(path, root, "%s/maps/%s", generation->unit, encoded);
	/* No map's name begins so: C identifiers have no '-', and data sections are not kept. */
	pin_path(staged, root, "%s/maps/new-%s", generation->unit, encoded);
	return generation_publish_map(root, generation, map, path, staged);
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
