/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/state/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/str.h"

#define DIGEST_LENGTH 64

bool digest_is_valid(const char *digest)
{
	return strspn(digest, "0123456789abcdef") == DIGEST_LENGTH && digest[DIGEST_LENGTH] == '\0';
}

int store_prepare(const char *state)
{
	static const char *const names[] = {"", "/objects", "/units"};
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int err = str_format(path, sizeof(path), "%s%s", state, names[i]);

		if (err)
			return err;
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int object_path(const char *state, const char *digest, char ret[PATH_MAX])
{
	if (!digest_is_valid(digest))
		return -EINVAL;
	return str_format(ret, PATH_MAX, "%s/objects/%s", state, digest);
}

int store_staged_path(const char *state, const char *unit, uint32_t generation, char *ret,
		      size_t size)
{
	return str_format(ret, size, "%s/objects/.%s-%u", state, unit, generation);
}

int store_take(const char *state, const char *unit, uint32_t generation, const char *digest)
{
	char staged[PATH_MAX], path[PATH_MAX];
	int err = store_staged_path(state, unit, generation, staged, sizeof(staged));

	if (!err)
		err = object_path(state, digest, path);
	return err ? err : file_rename_durably(staged, path);
}

void store_drop_staged(const char *state, const char *unit, uint32_t generation)
{
	char path[PATH_MAX];

	if (store_staged_path(state, unit, generation, path, sizeof(path)) == 0)
		(void)unlink(path);
}

int store_open(const char *state, const char *digest, int *ret_fd)
{
	char path[PATH_MAX];
	int err = object_path(state, digest, path);
	int fd;

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

uint64_t store_size(const char *state, const char *digest)
{
	char path[PATH_MAX];
	struct stat status;

	if (object_path(state, digest, path) < 0 || lstat(path, &status) < 0)
		return 0;
	return (uint64_t)status.st_size;
}

/* Unlinks the names in objects/ for which `is_over` holds. */
static void sweep(const char *state, bool (*is_over)(const char *name, const void *data),
		  const void *data)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	if (str_format(path, sizeof(path), "%s/objects", state) < 0)
		return;
	directory = opendir(path);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (is_over(entry->d_name, data))
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
}

static bool is_staged(const char *name, const void *data)
{
	(void)data;
	return name[0] == '.' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void store_sweep_staged(const char *state)
{
	sweep(state, is_staged, NULL);
}

struct naming {
	bool (*is_named)(const char *digest, const void *data);
	const void *data;
};

/* What has another name than we give is somebody else's. */
static bool is_unnamed(const char *name, const void *data)
{
	const struct naming *naming = data;

	return digest_is_valid(name) && !naming->is_named(name, naming->data);
}

void store_keep_only(const char *state, bool (*is_named)(const char *digest, const void *data),
		     const void *data)
{
	const struct naming naming = {.is_named = is_named, .data = data};

	sweep(state, is_unnamed, &naming);
}
