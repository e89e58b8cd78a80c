/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff: two object files side by side, without a daemon and without loading them. */
#include "ctl/object_diff.h"
#include "ctl/regular_file.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"

static int compare_files(const struct invocation *invocation, const struct object_units *units,
			 json_t **ret, struct failure *reterr_failure)
{
	const char *former_path = invocation->operands[0], *path = invocation->operands[1];
	cleanup_close int former_fd =
		regular_file_open(former_path, OUTCOME_FAILED, reterr_failure);
	cleanup_close int fd = -1;
	struct loader loader;
	int err;

	if (former_fd < 0)
		return former_fd;
	fd = regular_file_open(path, OUTCOME_FAILED, reterr_failure);
	if (fd < 0)
		return fd;
	err = loader_init(invocation->loader_path, &loader, reterr_failure);
	if (err)
		return err;
	err = object_diff(&loader, &(struct object_file){former_path, former_fd},
			  &(struct object_file){path, fd}, units, ret, reterr_failure);
	loader_deinit(&loader);
	return err;
}

static int compare(const struct invocation *invocation, json_t **ret,
		   struct failure *reterr_failure)
{
	struct object_units units = {0};
	int err = invocation->units_folder
			  ? object_units_read(invocation->units_folder, &units, reterr_failure)
			  : 0;

	if (!err)
		err = compare_files(invocation, &units, ret, reterr_failure);
	object_units_deinit(&units);
	return err;
}

int verb_diff(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_json json_t *diff = NULL;
	int err = compare(invocation, &diff, reterr_failure);
	bool safe = object_diff_is_safe(diff);

	if (err)
		return err;
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, diff);
	else if (!invocation->quiet || !safe)
		object_diff_print(invocation->out, diff);
	return safe ? 0 : OUTCOME_REFUSED;
}
