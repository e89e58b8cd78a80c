/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What probes say is what the kernel does, and they leave nothing behind. Prints the kernel's line
 * of docs/kernels.md. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "daemon/kernel/feature.h"
#include "daemon/kernel/hook.h"
#include "lib/cleanup.h"
#include "tests/support/hook_expect.h"
#include "tests/support/quiet.h"
#include "tests/support/sandbox_group.h"
#include "tests/support/tiny_program.h"

/* Together 5 s. */
#define PATIENCE_STEPS	   500
#define PATIENCE_STEP_USEC 10000

static void all_features_are_told(void **state)
{
	bool has[FEATURE_MAX_];
	struct utsname name;

	(void)state;
	assert_int_equal(uname(&name), 0);
	assert_int_equal(feature_probe_all(has), 0);
	for (size_t i = 0; i < FEATURE_MAX_; i++)
		print_message("# feature\t%s\t%s\t%s\n", name.release, feature_rows[i].name,
			      has[i] ? "yes" : "no");
	/* The floor: Linux 5.10. */
	assert_true(has[FEATURE_RING_BUFFER] && has[FEATURE_XDP_LINK] && has[FEATURE_CGROUP_LINK] &&
		    has[FEATURE_RAW_TP]);
}

/* Attaches a program at `text` as a unit would: whether by a link, or by what is there for good. */
static bool has_link(const char *text)
{
	struct attach attach;
	struct hook_type type;
	cleanup_close int program = -1, link = -1;

	assert_int_equal(attach_parse(text, &attach, NULL), 0);
	assert_int_equal(hook_describe(&attach, &type, NULL), 0);
	program = tiny_program(type.program_type, type.expected, type.neutral);
	if (program >= 0)
		link = hook_attach(&attach, program, NULL);
	return link >= 0 && !hook_is_held_event(link) &&
	       hook_engage(&attach, link, program, NULL) == 0;
}

static void probes_agree_with_hooks(void **state)
{
	(void)state;
	assert_int_equal(feature_probe(FEATURE_XDP_LINK), has_link("xdp:lo"));
	assert_int_equal(feature_probe(FEATURE_TCX_LINK), has_link("tcx:lo/ingress"));
	assert_int_equal(feature_probe(FEATURE_TC_FILTER), has_link("tc:lo/ingress"));
	assert_int_equal(feature_probe(FEATURE_PACKET_SOCKET), has_link("socket:lo"));
	assert_int_equal(feature_probe(FEATURE_PERF_LINK),
			 has_link("tracepoint:sched/sched_process_exec"));
	assert_int_equal(feature_probe(FEATURE_RAW_TP), has_link("raw_tp:sched_process_exec"));
}

static bool is_a_probe_loaded(void)
{
	uint32_t id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		cleanup_close int program = bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info info = {0};
		uint32_t length = sizeof(info);

		if (program >= 0 && bpf_obj_get_info_by_fd(program, &info, &length) == 0 &&
		    strcmp(info.name, "ebpfd_feature") == 0)
			return true;
	}
	return false;
}

static void probing_leaves_nothing_loaded(void **state)
{
	(void)state;
	for (int i = 0; i < FEATURE_MAX_; i++)
		(void)feature_probe((enum feature)i);
	/* The kernel lets go of some a grace period later. */
	for (int i = 0; i < PATIENCE_STEPS && is_a_probe_loaded(); i++)
		usleep(PATIENCE_STEP_USEC);
	assert_false(is_a_probe_loaded());
}

static void kinds_name_what_they_lean_on(void **state)
{
	struct attach attach;

	(void)state;
	assert_int_equal(attach_parse("nonsense:lo", &attach, NULL), -EINVAL);
	assert_int_equal(feature_needs_of(HOOK_TCX)->count, 1);
	assert_int_equal(feature_needs_of(HOOK_TCX)->features[0], FEATURE_TCX_LINK);
	for (enum hook_kind kind = 0; kind < HOOK_KIND_MAX_; kind++)
		assert_true(feature_needs_of(kind)->count > 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_features_are_told),
		cmocka_unit_test(probes_agree_with_hooks),
		cmocka_unit_test(probing_leaves_nothing_loaded),
		cmocka_unit_test(kinds_name_what_they_lean_on),
	};

	quiet_libbpf();
	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
}
