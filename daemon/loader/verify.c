/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/verify.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/loader_fds.h"
#include "daemon/loader/capabilities.h"
#include "daemon/loader/confine.h"
#include "daemon/loader/memory.h"
#include "daemon/loader/object.h"
#include "daemon/loader/prepare.h"
#include "daemon/loader/programs.h"
#include "daemon/loader/report.h"
#include "daemon/loader/section.h"
#include "daemon/loader/verifier_log.h"
#include "lib/file.h"

/* Nothing that stands on its own was refused: the file cannot be judged here. */
static int fail(int err, struct failure *reterr_failure)
{
	reterr_failure->outcome = OUTCOME_FAILED;
	return err;
}

static int read_object(struct loading *loading, struct failure *reterr_failure)
{
	const struct request *request = loading->request;
	int err = confine_without_unit(reterr_failure);

	if (!err)
		err = image_read(LOADER_FD_OBJECT, request->object_size_max, &loading->image,
				 reterr_failure);
	if (!err)
		err = image_check(&loading->image, reterr_failure);
	if (!err)
		err = object_open(&loading->image, request->unit, loading->verifier_log,
				  &loading->object, reterr_failure);
	return err ? fail(err, reterr_failure) : 0;
}

static int leave_out(json_t *unverified, struct bpf_program *program, bool optional,
		     const char *why)
{
	json_t *row = json_pack("{s:o, s:o, s:b, s:s}", "program",
				report_text(bpf_program__name(program)), "section",
				report_text(bpf_program__section_name(program)), "optional",
				(int)optional, "why", why);

	bpf_program__set_autoload(program, false);
	return json_array_append_new(unverified, row) < 0 ? -ENOMEM : 0;
}

/* The type that the section says, to libbpf or to us. */
static int choose_type(struct bpf_program *program, json_t *unverified)
{
	struct section_type type;

	if (!bpf_program__autoload(program))
		return leave_out(unverified, program, true, "its section asks not to be loaded");
	if (bpf_program__type(program) != BPF_PROG_TYPE_UNSPEC)
		return 0;
	if (!section_to_type(bpf_program__section_name(program), &type))
		return leave_out(unverified, program, false,
				 "its section names no type of program");
	bpf_program__set_type(program, type.program_type);
	bpf_program__set_expected_attach_type(program, type.expected);
	return 0;
}

static int load(struct loading *loading, json_t *unverified, struct failure *reterr_failure)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int err = 0;

	/* libbpf would pin them, or take what lies there. */
	bpf_object__for_each_map (map, loading->object)
		(void)bpf_map__set_pin_path(map, NULL);
	bpf_object__for_each_program (program, loading->object) {
		err = choose_type(program, unverified);
		if (err)
			return err;
	}
	err = object_load(loading->object, loading->verifier_log, reterr_failure);
	if (err)
		return err;
	err = programs_inspect(loading, reterr_failure);
	if (!err)
		loading->memory = memory_of(loading);
	return err;
}

/* In a user namespace, as of a container, a process has capabilities that the kernel does not ask
 * for.
 */
static int fail_permission(const char *missing, int err, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_FAILED, err,
			   "this process may not load programs, so that nothing can be said of the "
			   "object: that takes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, and it %s%s",
			   *missing ? "lacks " : "has them in a user namespace of its own alone",
			   missing);
}

static int verify(struct loading *loading, json_t *unverified, struct failure *reterr_failure)
{
	/* Before the process is confined: it could not ask any more. */
	const char *missing = capabilities_missing();
	int err = read_object(loading, reterr_failure);

	if (err)
		return err;
	err = load(loading, unverified, reterr_failure);
	/* The verifier has a word of its own for what less privileged programs must not do. */
	if ((err == -EPERM || err == -EACCES) && (*missing || !loading->verifier_log[0]))
		return fail_permission(missing, err, reterr_failure);
	return err;
}

static json_t *make_report(const struct loading *loading, json_t *unverified)
{
	return json_pack("{s:s, s:s, s:O, s:O, s:O}", "outcome", outcome_name(OUTCOME_DONE),
			 "digest", loading->image.digest, "verifier", loading->verifier_figures,
			 "memory", loading->memory, "unverified", unverified);
}

static int run(const struct request *request)
{
	struct failure failure = {.outcome = OUTCOME_FAILED, .text = "the loader is out of memory"};
	struct loading *loading = loading_new(request);
	json_t *unverified = json_array();
	int err = loading ? verify(loading, unverified, &failure) : -ENOMEM;

	if (loading && loading->verifier_log[0])
		(void)file_write_all(LOADER_FD_LOG, loading->verifier_log,
				     strlen(loading->verifier_log));
	if (report_send(err ? report_failure(&failure) : make_report(loading, unverified)) < 0)
		err = -EIO;
	json_decref(unverified);
	loading_free(loading);
	return err ? 1 : 0;
}

int verify_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"object-size-max", required_argument, NULL, 's'},
		{0},
	};
	struct request request = {.root = "", .unit = "verify", .store = ""};
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = option == 's' ? str_to_u64(optarg, &request.object_size_max) : -EINVAL;
	return err || optind != argc || !request.object_size_max ? 2 : run(&request);
}
