/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/naming.h"

#include <fts.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <net/if.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lib/cleanup.h"
#include "lib/utf8.h"

/* More folders are not looked at; theirs stay numbers. */
#define CGROUPS_MAX 20000

/* The id of a cgroup is the number of its folder's inode (fs/kernfs/dir.c, on 64 bits). */
struct cgroup_name {
	uint64_t id;
	char *path; /* from the root of the hierarchy on */
};

void naming_deinit(struct naming *naming)
{
	for (size_t i = 0; i < naming->cgroup_count; i++)
		free(naming->cgroups[i].path);
	free(naming->cgroups);
	*naming = (struct naming){0};
}

/* ---- cgroups ---- */

/* Where version 2 is mounted, by itself or beside version 1. */
static const char *find_hierarchy(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs info;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (statfs(places[i], &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static bool add_cgroup(struct naming *naming, uint64_t id, const char *path)
{
	struct cgroup_name *more =
		reallocarray(naming->cgroups, naming->cgroup_count + 1, sizeof(*more));

	if (!more)
		return false;
	naming->cgroups = more;
	more[naming->cgroup_count] = (struct cgroup_name){.id = id, .path = strdup(path)};
	if (!more[naming->cgroup_count].path)
		return false;
	utf8_replace_invalid(more[naming->cgroup_count].path);
	return ++naming->cgroup_count < CGROUPS_MAX;
}

static int compare_ids(const void *a, const void *b)
{
	const struct cgroup_name *one = a, *other = b;

	return one->id < other->id ? -1 : one->id > other->id;
}

static void read_cgroups(struct naming *naming)
{
	const char *hierarchy = find_hierarchy();
	char *const roots[] = {(char *)hierarchy, NULL};
	FTS *walk = hierarchy ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
	FTSENT *entry;

	naming->has_cgroups = true;
	while (walk && (entry = fts_read(walk))) {
		const char *path = entry->fts_path + strlen(hierarchy);

		if (entry->fts_info == FTS_D &&
		    !add_cgroup(naming, entry->fts_statp->st_ino, *path ? path : "/"))
			break;
	}
	if (walk)
		(void)fts_close(walk);
	if (naming->cgroup_count > 0)
		qsort(naming->cgroups, naming->cgroup_count, sizeof(*naming->cgroups), compare_ids);
}

static const char *find_cgroup(struct naming *naming, uint64_t id)
{
	const struct cgroup_name key = {.id = id};
	const struct cgroup_name *found = NULL;

	if (!naming->has_cgroups)
		read_cgroups(naming);
	if (naming->cgroup_count > 0)
		found = bsearch(&key, naming->cgroups, naming->cgroup_count,
				sizeof(*naming->cgroups), compare_ids);
	return found ? found->path : NULL;
}

/* ---- all of them ---- */

void naming_write(struct naming *naming, enum metric_naming kind, uint64_t number,
		  char text[NAMING_ROOM])
{
	cleanup_free char *call = NULL;
	char interface[IF_NAMESIZE];
	const char *name = NULL;

	if (kind == NAMING_CGROUP)
		name = find_cgroup(naming, number);
	else if (kind == NAMING_INTERFACE && number <= INT_MAX)
		name = if_indextoname((unsigned)number, interface);
	else if (kind == NAMING_SYSCALL && number <= INT_MAX)
		name = call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
	if (name)
		(void)snprintf(text, NAMING_ROOM, "%s", name);
	else
		(void)snprintf(text, NAMING_ROOM, "%" PRIu64, number);
	utf8_replace_invalid(text);
}
