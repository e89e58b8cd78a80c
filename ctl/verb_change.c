/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs that change a unit: load, unload, reload, rollback; and plan, which would. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/progress.h"
#include "ctl/receipt.h"
#include "ctl/regular_file.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"
#include "lib/utf8.h"

#define UNIT_FILE_SUFFIX ".conf"

/* A file that goes to the daemon as a descriptor, and where it came from. */
struct passed_file {
	int fd;
	char *path; /* absolute */
};

static void passed_file_deinit(struct passed_file *file)
{
	close_and_forget(&file->fd);
	free(file->path);
	file->path = NULL;
}

#define cleanup_passed_file CLEANUP(passed_file_deinit)

/* Symbolic links stay as they are: a relative Object= counts from the folder that the user named.
 */
static char *absolute_path(const char *path)
{
	cleanup_free char *folder = NULL;
	char *joined;

	if (*path == '/')
		return strdup(path);
	folder = getcwd(NULL, 0);
	if (!folder)
		return NULL;
	str_has_prefix(path, "./", &path);
	if (asprintf(&joined, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path) < 0)
		return NULL;
	return joined;
}

/* What cannot be read is refused before the daemon hears of it: nothing is touched. */
static int passed_file_open(const char *path, struct passed_file *ret,
			    struct failure *reterr_failure)
{
	cleanup_free char *absolute = absolute_path(path);
	int fd;

	if (!absolute)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot make %s an absolute path", path);
	if (!utf8_is_valid(absolute, strlen(absolute)))
		return failure_set(reterr_failure, OUTCOME_USAGE, -EILSEQ,
				   "the path of %s is not UTF-8, which the bus demands", path);
	fd = regular_file_open(path, OUTCOME_REFUSED, reterr_failure);
	if (fd < 0)
		return fd;
	ret->fd = fd;
	ret->path = TAKE_PTR(absolute);
	return 0;
}

/* The options of a request: at most a file with its path, and the log. */
struct request {
	const char *method;
	const char *unit;
	struct client_option options[3];
	size_t option_count;
};

static void add_text(struct request *request, const char *name, const char *text)
{
	request->options[request->option_count++] =
		(struct client_option){.name = name, .text = text, .fd = -1};
}

static void add_fd(struct request *request, const char *name, int fd)
{
	request->options[request->option_count++] = (struct client_option){.name = name, .fd = fd};
}

static int operate(const struct invocation *invocation, struct client *client,
		   const struct request *request, json_t **ret_receipt,
		   struct failure *reterr_failure)
{
	struct progress progress = progress_for(invocation);
	const struct client_operation operation = {
		.method = request->method,
		.unit = request->unit,
		.options = request->options,
		.option_count = request->option_count,
		.phase = progress_phase,
		.userdata = &progress,
	};
	int err = client_operate(client, &operation, ret_receipt, reterr_failure);

	progress_end(&progress);
	return err;
}

static void print_result(const struct invocation *invocation, const json_t *receipt)
{
	if (invocation->format == OUTPUT_JSON)
		output_json(invocation->out, receipt);
	else if (!invocation->quiet)
		receipt_print(invocation->out, receipt);
}

/* The log is opened, and so emptied, only when there is a daemon to write it. */
static int run_request(const struct invocation *invocation, struct request *request,
		       struct failure *reterr_failure)
{
	cleanup_client struct client *client = NULL;
	cleanup_json json_t *receipt = NULL;
	cleanup_close int log_fd = -1;
	int err = client_open(invocation->runtime_directory, &client, reterr_failure);

	if (!err && invocation->log_path) {
		log_fd = regular_file_create(invocation->log_path, OUTCOME_REFUSED, reterr_failure);
		err = MIN(log_fd, 0);
		add_fd(request, "log", log_fd);
	}
	if (!err)
		err = operate(invocation, client, request, &receipt, reterr_failure);
	if (err)
		return err;
	print_result(invocation, receipt);
	/* A plan that is not safe is what a reload would be refused for. */
	return json_is_false(json_object_get(receipt, "safe")) ? OUTCOME_REFUSED : 0;
}

static int change_unit(const struct invocation *invocation, const char *method,
		       struct failure *reterr_failure)
{
	struct request request = {.method = method, .unit = invocation->operands[0]};
	int err = verb_unit_name(request.unit, reterr_failure);

	return err ? err : run_request(invocation, &request, reterr_failure);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

static bool is_file_operand(const char *operand)
{
	return strchr(operand, '/') || has_suffix(operand, UNIT_FILE_SUFFIX);
}

/* The name of the unit that a unit file describes; the caller's to free. */
static char *unit_of_file(const char *path)
{
	const char *base = strrchr(path, '/');
	size_t length;

	base = base ? base + 1 : path;
	length = strlen(base);
	if (has_suffix(base, UNIT_FILE_SUFFIX))
		length -= strlen(UNIT_FILE_SUFFIX);
	return strndup(base, length);
}

static int load_file(const struct invocation *invocation, const char *path,
		     struct failure *reterr_failure)
{
	cleanup_passed_file struct passed_file file = {.fd = -1};
	cleanup_free char *unit = unit_of_file(path);
	struct request request = {.method = "Load", .unit = unit};
	int err;

	if (!unit)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "%s", path);
	err = verb_unit_name(unit, reterr_failure);
	if (!err)
		err = passed_file_open(path, &file, reterr_failure);
	if (err)
		return err;
	add_fd(&request, "file", file.fd);
	add_text(&request, "file-path", file.path);
	return run_request(invocation, &request, reterr_failure);
}

int verb_load(const struct invocation *invocation, struct failure *reterr_failure)
{
	const char *operand = invocation->operands[0];

	if (is_file_operand(operand))
		return load_file(invocation, operand, reterr_failure);
	return change_unit(invocation, "Load", reterr_failure);
}

int verb_unload(const struct invocation *invocation, struct failure *reterr_failure)
{
	return change_unit(invocation, "Unload", reterr_failure);
}

static int take_object(const struct invocation *invocation, const char *method,
		       struct failure *reterr_failure)
{
	cleanup_passed_file struct passed_file object = {.fd = -1};
	struct request request = {.method = method, .unit = invocation->operands[0]};
	int err = verb_unit_name(request.unit, reterr_failure);

	if (!err)
		err = passed_file_open(invocation->object_path, &object, reterr_failure);
	if (err)
		return err;
	add_fd(&request, "object", object.fd);
	add_text(&request, "object-path", object.path);
	return run_request(invocation, &request, reterr_failure);
}

static int make_generation(const struct invocation *invocation, const char *method,
			   struct failure *reterr_failure)
{
	if (invocation->object_path)
		return take_object(invocation, method, reterr_failure);
	return change_unit(invocation, method, reterr_failure);
}

int verb_reload(const struct invocation *invocation, struct failure *reterr_failure)
{
	return make_generation(invocation, "Reload", reterr_failure);
}

int verb_plan(const struct invocation *invocation, struct failure *reterr_failure)
{
	return make_generation(invocation, "Plan", reterr_failure);
}

static int roll_back_to(const struct invocation *invocation, const char *text,
			struct failure *reterr_failure)
{
	struct request request = {.method = "Rollback", .unit = invocation->operands[0]};
	int err = verb_unit_name(request.unit, reterr_failure);
	uint64_t generation;

	if (err)
		return err;
	if (str_to_u64(text, &generation) < 0 || generation == 0 || generation > UINT32_MAX)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "\"%s\" is no generation; `ebpfctl history %s` shows which "
				   "there are",
				   text, request.unit);
	request.options[request.option_count++] = (struct client_option){
		.name = "generation", .number = (uint32_t)generation, .fd = -1};
	return run_request(invocation, &request, reterr_failure);
}

int verb_rollback(const struct invocation *invocation, struct failure *reterr_failure)
{
	if (invocation->operand_count > 1)
		return roll_back_to(invocation, invocation->operands[1], reterr_failure);
	return change_unit(invocation, "Rollback", reterr_failure);
}
