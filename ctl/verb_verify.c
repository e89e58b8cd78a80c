/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verify: what a pipeline asks of object files before they go anywhere; without a daemon. */
#include "ctl/object_verify.h"
#include "ctl/regular_file.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"

/* Says so at once for people, in `reports` for programs. */
static enum outcome verify_one(const struct invocation *invocation,
			       const struct verification *verification, const char *path,
			       json_t *reports)
{
	json_t *verified = object_verify(verification, path);
	enum outcome outcome = object_verify_outcome(verified);

	if (invocation->format != OUTPUT_JSON && (!invocation->quiet || outcome != OUTCOME_DONE))
		object_verify_print(invocation->out, verified);
	json_array_append_new(reports, verified);
	return outcome;
}

static enum outcome verify_all(const struct invocation *invocation,
			       const struct verification *verification)
{
	cleanup_json json_t *reports = json_array();
	enum outcome worst = OUTCOME_DONE;

	for (size_t i = 0; i < invocation->operand_count; i++) {
		enum outcome outcome =
			verify_one(invocation, verification, invocation->operands[i], reports);

		if (outcome_exit_code(outcome) > outcome_exit_code(worst))
			worst = outcome;
	}
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, reports);
	return worst;
}

static int verify_with_units(const struct invocation *invocation, struct verification *verification,
			     struct failure *reterr_failure)
{
	struct object_units units = {0};
	int result = invocation->units_folder
			     ? object_units_read(invocation->units_folder, &units, reterr_failure)
			     : 0;

	verification->units = &units;
	if (!result)
		result = (int)verify_all(invocation, verification);
	object_units_deinit(&units);
	return result;
}

static int verify_with_log(const struct invocation *invocation, struct verification *verification,
			   struct failure *reterr_failure)
{
	cleanup_close int log_fd = -1;

	if (invocation->log_path) {
		log_fd = regular_file_create(invocation->log_path, OUTCOME_FAILED, reterr_failure);
		if (log_fd < 0)
			return log_fd;
	}
	verification->log_fd = log_fd;
	return verify_with_units(invocation, verification, reterr_failure);
}

static int verify_against(const struct invocation *invocation, struct verification *verification,
			  struct failure *reterr_failure)
{
	cleanup_close int fd = -1;
	struct object_file former;

	if (invocation->former_path) {
		fd = regular_file_open(invocation->former_path, OUTCOME_FAILED, reterr_failure);
		if (fd < 0)
			return fd;
		former = (struct object_file){invocation->former_path, fd};
		verification->former = &former;
	}
	return verify_with_log(invocation, verification, reterr_failure);
}

int verb_verify(const struct invocation *invocation, struct failure *reterr_failure)
{
	struct loader loader;
	struct verification verification = {.loader = &loader};
	int result = loader_init(invocation->loader_path, &loader, reterr_failure);

	if (result)
		return result;
	result = verify_against(invocation, &verification, reterr_failure);
	loader_deinit(&loader);
	return result;
}
