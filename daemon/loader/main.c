/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ebpfd-loader: a short-lived child of ebpfd, one per load. It alone parses ELF and waits for the
 * verifier. Descriptors 3 to 7 are those of enum loader_fd; the report is JSON on LOADER_FD_REPORT:
 *   {"outcome":"done","hooks":[…],"mixed_window":false,"converted":0,"maps":[…],
 *    "verifier":[…],"reasons":[…],"notes":[…],"memory":{…},"store_error":0}
 *   {"outcome":"refused","message":"…"}
 * The first argument is the version of the daemon. While a package is upgraded, the daemon of
 * before meets the loader of after, and neither knows the arguments and reports of the other: such
 * a loader touches nothing. A second argument --diff or --verify asks for something else: diff.h,
 * verify.h.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/loader_fds.h"
#include "daemon/loader/diff.h"
#include "daemon/loader/match.h"
#include "daemon/loader/prepare.h"
#include "daemon/loader/report.h"
#include "daemon/loader/verifier_log.h"
#include "daemon/loader/verify.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/version.h"

#define STATUS_USAGE 2

static json_t *make_report(const struct loading *loading)
{
	return json_pack("{s:s, s:o, s:b, s:I, s:O, s:O, s:O, s:O, s:O?, s:i}", "outcome",
			 outcome_name(OUTCOME_DONE), "hooks", hooks_report(loading), "mixed_window",
			 (int)hooks_are_mixed(loading), "converted",
			 (json_int_t)loading->converted_count, "maps", loading->map_verdicts,
			 "verifier", loading->verifier_figures, "reasons", loading->reasons,
			 "notes", loading->notes, "memory", loading->memory, "store_error",
			 loading->store_error);
}

static int parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	int err = str_to_u64(text, ret);

	return err ? err : *ret <= max ? 0 : -ERANGE;
}

enum option_id {
	OPTION_ROOT,
	OPTION_UNIT,
	OPTION_OBJECT,
	OPTION_FILE,
	OPTION_GENERATION,
	OPTION_ACTIVE,
	OPTION_BANK,
	OPTION_SIZE,
	OPTION_STORE,
	OPTION_DIGEST,
	OPTION_PLAN,
	OPTION_ELSEWHERE,
	OPTION_TAKE_RINGS,
};

static int take_option(int option, const char *value, struct request *request)
{
	uint64_t number = 0;
	int err = 0;

	switch (option) {
	case OPTION_ROOT:
		request->root = value;
		break;
	case OPTION_UNIT:
		request->unit = value;
		break;
	case OPTION_OBJECT:
		request->object_path = value;
		break;
	case OPTION_FILE:
		request->file_path = value;
		break;
	case OPTION_GENERATION:
		err = parse_number(value, UINT32_MAX, &number);
		request->generation = (uint32_t)number;
		break;
	case OPTION_ACTIVE:
		err = parse_number(value, UINT32_MAX, &number);
		request->active_generation = (uint32_t)number;
		break;
	case OPTION_BANK:
		err = parse_number(value, EBPFD_BANKS - 1, &number);
		request->bank = (int)number;
		break;
	case OPTION_SIZE:
		err = parse_number(value, SIZE_MAX, &request->object_size_max);
		break;
	case OPTION_STORE:
		request->store = value;
		break;
	case OPTION_DIGEST:
		request->digest = value;
		break;
	case OPTION_PLAN:
		request->plan = true;
		break;
	case OPTION_ELSEWHERE:
		request->elsewhere = true;
		break;
	case OPTION_TAKE_RINGS:
		request->take_rings = true;
		break;
	default:
		err = -EINVAL;
	}
	return err;
}

static int parse_arguments(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"root", required_argument, NULL, OPTION_ROOT},
		{"unit", required_argument, NULL, OPTION_UNIT},
		{"object-path", required_argument, NULL, OPTION_OBJECT},
		{"file-path", required_argument, NULL, OPTION_FILE},
		{"generation", required_argument, NULL, OPTION_GENERATION},
		{"active-generation", required_argument, NULL, OPTION_ACTIVE},
		{"bank", required_argument, NULL, OPTION_BANK},
		{"object-size-max", required_argument, NULL, OPTION_SIZE},
		{"store", required_argument, NULL, OPTION_STORE},
		{"digest", required_argument, NULL, OPTION_DIGEST},
		{"plan", no_argument, NULL, OPTION_PLAN},
		{"elsewhere", no_argument, NULL, OPTION_ELSEWHERE},
		{"take-rings", no_argument, NULL, OPTION_TAKE_RINGS},
		{0},
	};
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = take_option(option, optarg, request);
	if (err || optind != argc || !request->root || !request->unit || !request->object_path ||
	    !request->file_path || !request->generation || !request->object_size_max)
		return -EINVAL;
	return 0;
}

/* Fails where nobody takes the report. */
static int refuse_version(const char *daemon_version)
{
	struct failure failure;

	(void)failure_set(&failure, OUTCOME_REFUSED, -EPROTO,
			  "ebpfd is %s and its loader %s already, as while the package is "
			  "upgraded; nothing was touched. Try again once ebpfd was restarted",
			  daemon_version, EBPFD_VERSION);
	return report_send(report_failure(&failure));
}

static void name_memory_limit(struct failure *failure)
{
	size_t used = strlen(failure->text);

	(void)str_format(failure->text + used, sizeof(failure->text) - used,
			 "; LoadMemoryMax= in ebpfd.conf may be too small for this object");
}

/* One generation, for ebpfd. */
static int load_main(int argc, char **argv)
{
	struct request request = {.store = "", .digest = ""};
	struct failure failure = {.outcome = OUTCOME_FAILED, .text = "the loader is out of memory"};
	struct loading *loading;
	int err;

	if (parse_arguments(argc, argv, &request) < 0)
		return STATUS_USAGE;
	loading = loading_new(&request);
	err = loading ? prepare(loading, &failure) : -ENOMEM;
	if (err == -ENOMEM)
		name_memory_limit(&failure);
	if (loading && loading->verifier_log[0])
		(void)file_write_all(LOADER_FD_LOG, loading->verifier_log,
				     strlen(loading->verifier_log));
	if (report_send(err ? report_failure(&failure) : make_report(loading)) < 0)
		err = -EIO;
	loading_free(loading);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc > 1 && strcmp(argv[1], EBPFD_VERSION) != 0 && refuse_version(argv[1]) == 0)
		return 1;
	verifier_log_capture_libbpf();
	/* The version stands for the name of the program, and so does a mode. */
	if (argc < 2)
		status = STATUS_USAGE;
	else if (argc > 2 && strcmp(argv[2], "--diff") == 0)
		status = diff_main(argc - 2, argv + 2);
	else if (argc > 2 && strcmp(argv[2], "--verify") == 0)
		status = verify_main(argc - 2, argv + 2);
	else
		status = load_main(argc - 1, argv + 1);
	if (status == STATUS_USAGE)
		log_error("ebpfd-loader is started by ebpfd and ebpfctl, not by hand");
	return status;
}
