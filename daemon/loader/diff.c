/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/diff.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/loader_fds.h"
#include "daemon/loader/confine.h"
#include "daemon/loader/layout.h"
#include "daemon/loader/report.h"
#include "daemon/loader/verifier_log.h"
#include "lib/str.h"

bool diff_lists(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

int diff_add_reason(struct diff *diff, const char *format, ...)
{
	char text[2 * LAYOUT_TEXT_MAX];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	return json_array_append_new(diff->reasons, report_text(text)) < 0 ? -ENOMEM : 0;
}

/* ---- the two objects ---- */

static int open_side(struct diff_side *side, int fd, uint64_t size_max,
		     struct failure *reterr_failure)
{
	int err = image_read(fd, size_max, &side->image, reterr_failure);

	if (!err)
		err = image_check(&side->image, reterr_failure);
	if (!err)
		err = object_open(&side->image, "diff", NULL, &side->object, reterr_failure);
	if (!err)
		return 0;
	/* Nothing was refused yet that could be compared. */
	reterr_failure->outcome = OUTCOME_FAILED;
	failure_prefix(reterr_failure, side->path);
	return err;
}

static void close_side(struct diff_side *side)
{
	bpf_object__close(side->object);
	image_deinit(&side->image);
}

static int compare(struct diff *diff, struct failure *reterr_failure)
{
	uint64_t size_max = diff->request->object_size_max;
	int err = confine_without_unit(reterr_failure);

	if (!err)
		err = open_side(&diff->former, LOADER_FD_CONFIG, size_max, reterr_failure);
	if (!err)
		err = open_side(&diff->object, LOADER_FD_OBJECT, size_max, reterr_failure);
	if (err)
		return err;
	err = diff_programs(diff);
	if (!err)
		err = diff_maps(diff);
	if (!err)
		err = diff_records(diff);
	if (err)
		(void)failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					"cannot compare the types of %s and %s", diff->former.path,
					diff->object.path);
	return err;
}

static json_t *describe_side(const struct diff_side *side)
{
	return json_pack("{s:o, s:s}", "path", report_text(side->path), "digest",
			 side->image.digest);
}

static json_t *make_report(const struct diff *diff)
{
	return json_pack("{s:s, s:o, s:o, s:b, s:O, s:O, s:O, s:O}", "outcome",
			 outcome_name(OUTCOME_DONE), "former", describe_side(&diff->former),
			 "object", describe_side(&diff->object), "safe",
			 (int)(json_array_size(diff->reasons) == 0), "programs", diff->programs,
			 "maps", diff->maps, "records", diff->records, "reasons", diff->reasons);
}

/* ---- the command line ---- */

enum option_id {
	OPTION_FORMER,
	OPTION_OBJECT,
	OPTION_SIZE,
	OPTION_KEPT,
	OPTION_PRIVATE,
	OPTION_RESET,
	OPTION_RECORD,
};

/* The list has room for all words of a command line. */
static void add_word(const char **list, const char *word)
{
	while (*list)
		list++;
	*list = word;
}

static int take_option(int option, const char *value, struct diff_request *request)
{
	switch (option) {
	case OPTION_FORMER:
		request->former_path = value;
		return 0;
	case OPTION_OBJECT:
		request->object_path = value;
		return 0;
	case OPTION_SIZE:
		return str_to_u64(value, &request->object_size_max);
	case OPTION_KEPT:
		add_word(request->kept, value);
		return 0;
	case OPTION_PRIVATE:
		add_word(request->private, value);
		return 0;
	case OPTION_RESET:
		add_word(request->reset, value);
		return 0;
	case OPTION_RECORD:
		add_word(request->records, value);
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse_arguments(int argc, char **argv, struct diff_request *request)
{
	static const struct option options[] = {
		{"former-path", required_argument, NULL, OPTION_FORMER},
		{"object-path", required_argument, NULL, OPTION_OBJECT},
		{"object-size-max", required_argument, NULL, OPTION_SIZE},
		{"kept", required_argument, NULL, OPTION_KEPT},
		{"private", required_argument, NULL, OPTION_PRIVATE},
		{"reset", required_argument, NULL, OPTION_RESET},
		{"record", required_argument, NULL, OPTION_RECORD},
		{0},
	};
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = take_option(option, optarg, request);
	if (err || optind != argc || !request->former_path || !request->object_path ||
	    !request->object_size_max)
		return -EINVAL;
	return 0;
}

static int run(const struct diff_request *request)
{
	struct diff diff = {.request = request,
			    .former.path = request->former_path,
			    .object.path = request->object_path,
			    .programs = json_array(),
			    .maps = json_array(),
			    .records = json_array(),
			    .reasons = json_array()};
	struct failure failure = {.outcome = OUTCOME_FAILED, .text = "the loader is out of memory"};
	int err = compare(&diff, &failure);

	if (report_send(err ? report_failure(&failure) : make_report(&diff)) < 0)
		err = -EIO;
	json_decref(diff.programs);
	json_decref(diff.maps);
	json_decref(diff.records);
	json_decref(diff.reasons);
	close_side(&diff.former);
	close_side(&diff.object);
	return err ? 1 : 0;
}

int diff_main(int argc, char **argv)
{
	size_t words = (size_t)argc + 1;
	const char **lists = calloc(4 * words, sizeof(*lists));
	struct diff_request request = {.kept = lists,
				       .private = lists + words,
				       .reset = lists + 2 * words,
				       .records = lists + 3 * words};
	int status = lists ? parse_arguments(argc, argv, &request) : -ENOMEM;

	status = status ? 2 : run(&request);
	free(lists);
	return status;
}
