/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/shared.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/kernel/generation.h"
#include "daemon/kernel/shared_maps.h"
#include "daemon/loader/kept.h"
#include "daemon/loader/maps.h"
#include "lib/cleanup.h"

#define cleanup_shared_map CLEANUP(shared_map_deinit)

/* Takes this unit off the list. */
static void leave_others(json_t *users, const char *unit)
{
	for (size_t i = json_array_size(users); i-- > 0;)
		if (strcmp(json_string_value(json_array_get(users, i)), unit) == 0)
			json_array_remove(users, i);
}

/* " with units a and b", or "" */
static void list_users(const json_t *users, char *text, size_t size)
{
	size_t count = json_array_size(users), used;
	json_t *user;
	size_t i;

	(void)str_format(text, size, "%s",
			 count == 0   ? ""
			 : count == 1 ? " with unit"
				      : " with units");
	used = strlen(text);
	json_array_foreach (users, i, user) {
		const char *before = i == 0 ? "" : i + 1 == count ? " and" : ",";

		if (str_format(text + used, size - used, "%s %s", before, json_string_value(user)) <
		    0)
			return;
		used += strlen(text + used);
	}
}

static int refuse(struct loading *loading, const char *name, const struct unit_map *config,
		  const struct shared_map *shared, const char *changes,
		  struct failure *reterr_failure)
{
	char users[512];
	json_t *verdict;

	list_users(shared->users, users, sizeof(users));
	if (!loading->request->plan)
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EINVAL,
			"map %s: %s; it is shared%s as %s, and a shared map never changes. Give "
			"the object its layout, or in [Map %s] another name in Shared=",
			name, changes, users, config->shared, name);
	verdict = maps_add_verdict(loading, name, "changed");
	if (!verdict || json_object_set_new(verdict, "changes", json_string(changes)) < 0 ||
	    json_object_set(verdict, "users", shared->users) < 0)
		return -ENOMEM;
	return json_array_append_new(loading->reasons,
				     json_sprintf("map %s: %s; it is shared%s as %s", name, changes,
						  users, config->shared));
}

static bool is_same_map(int a, int b)
{
	struct bpf_map_info infos[2] = {0};
	uint32_t length = sizeof(infos[0]);

	return bpf_obj_get_info_by_fd(a, &infos[0], &length) == 0 &&
	       bpf_obj_get_info_by_fd(b, &infos[1], &length) == 0 && infos[0].id == infos[1].id;
}

/* `fd`: what the map goes on with, or -1 for a new one. `former`: what it was until now, or -1. */
static int use(struct loading *loading, struct bpf_map *map, const struct unit_map *config,
	       const struct shared_map *shared, int fd, int former)
{
	int err = fd >= 0 ? bpf_map__reuse_fd(map, fd) : 0;
	json_t *verdict;

	if (err)
		return err;
	verdict = maps_add_verdict(loading, bpf_map__name(map), "shared");
	if (!verdict || json_object_set_new(verdict, "shared", json_string(config->shared)) < 0 ||
	    json_object_set(verdict, "users", shared->users) < 0 ||
	    json_object_set_new(verdict, "made", json_boolean(fd < 0)) < 0)
		return -ENOMEM;
	if (former >= 0 && (fd < 0 || !is_same_map(fd, former)))
		maps_leave_behind(loading, verdict, former);
	return 0;
}

/* The unit's map of this name so far, or -1. */
static int open_former(const struct loading *loading, const struct manifest_map *active)
{
	return active ? generation_open_map(loading->request->root, loading->active, active->name)
		      : -1;
}

static int refuse_comparison(const char *name, int err, struct failure *reterr_failure)
{
	return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
				 "map %s: cannot compare it with the shared map", name);
}

static int reuse_locked(struct loading *loading, struct bpf_map *map, const struct unit_map *config,
			struct failure *reterr_failure)
{
	cleanup_shared_map struct shared_map shared = SHARED_MAP_INIT;
	const char *name = bpf_map__name(map);
	const struct manifest_map *active = maps_find_active_kept(loading, name);
	cleanup_close int former = open_former(loading, active);
	char changes[LAYOUT_TEXT_MAX];
	int differs = shared_map_find(loading->request->root, config->shared, &shared);

	if (differs)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, differs,
					 "map %s: cannot open what is shared as %s", name,
					 config->shared);
	leave_others(shared.users, loading->request->unit);
	if (shared.fd >= 0) {
		differs = kept_compare(loading, map, shared.fd, changes);
		if (differs < 0)
			return refuse_comparison(name, differs, reterr_failure);
		return differs ? refuse(loading, name, config, &shared, changes, reterr_failure)
			       : use(loading, map, config, &shared, shared.fd, former);
	}
	/* Under another name it stays what it is: one map has one name. */
	if (former < 0 || *active->shared)
		return use(loading, map, config, &shared, -1, former);
	differs = kept_compare(loading, map, former, changes);
	if (differs < 0)
		return refuse_comparison(name, differs, reterr_failure);
	return use(loading, map, config, &shared, differs ? -1 : former, former);
}

int shared_reuse(struct loading *loading, struct bpf_map *map, const struct unit_map *config,
		 struct failure *reterr_failure)
{
	int err = 0;

	/* Until the manifest says so. A plan has none. */
	if (loading->shared_lock < 0 && !loading->request->plan)
		err = shared_maps_lock(loading->request->root, &loading->shared_lock,
				       reterr_failure);
	return err ? err : reuse_locked(loading, map, config, reterr_failure);
}
