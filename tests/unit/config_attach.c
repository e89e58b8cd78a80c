/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <errno.h>
#include <linux/perf_event.h>

#include "config/attach.h"
#include "config/attach_perf.h"
#include "config/attach_uprobe.h"
#include "lib/macro.h"
#include "lib/str.h"

static struct attach parsed(const char *text)
{
	struct attach attach;
	struct failure failure;

	if (attach_parse(text, &attach, &failure) != 0)
		fail_msg("%s: %s", text, failure.text);
	return attach;
}

static void expect_parsed(const char *text, enum hook_kind kind, const char *target,
			  const char *detail)
{
	struct attach attach = parsed(text);
	char again[256];

	assert_int_equal(attach.kind, kind);
	assert_string_equal(attach.target, target);
	assert_string_equal(attach.detail, detail);
	assert_int_equal(attach_format(&attach, again, sizeof(again)), 0);
	assert_string_equal(again, text);
}

static void expect_refused(const char *text, const char *part)
{
	struct attach attach, untouched;
	struct failure failure = {.outcome = OUTCOME_DONE};

	memset(&attach, 0x5a, sizeof(attach));
	untouched = attach;
	if (attach_parse(text, &attach, &failure) != -EINVAL)
		fail_msg("%s was taken", text);
	expect_failure(&failure, OUTCOME_FAILED, part);
	assert_memory_equal(&attach, &untouched, sizeof(attach));
}

static void xdp_has_an_optional_mode(void **state)
{
	(void)state;
	expect_parsed("xdp:eth0", HOOK_XDP, "eth0", "");
	expect_parsed("xdp:eth0,native", HOOK_XDP, "eth0", "native");
	expect_parsed("xdp:eth0.7,generic", HOOK_XDP, "eth0.7", "generic");
	expect_refused("xdp:eth0,fast", "xdp:INTERFACE[,native|generic]");
	expect_refused("xdp:eth0,", "nothing follows ','");
}

static void tcx_needs_a_direction(void **state)
{
	(void)state;
	expect_parsed("tcx:eth0/ingress", HOOK_TCX, "eth0", "ingress");
	expect_parsed("tcx:eth0/egress", HOOK_TCX, "eth0", "egress");
	expect_refused("tcx:eth0", "incomplete; the form is tcx:INTERFACE/ingress|egress");
	expect_refused("tcx:eth0/", "nothing follows '/'");
	expect_refused("tcx:eth0/engress", "did you mean");
}

static void tc_needs_a_direction(void **state)
{
	(void)state;
	expect_parsed("tc:eth0/ingress", HOOK_TC, "eth0", "ingress");
	expect_parsed("tc:eth0/egress", HOOK_TC, "eth0", "egress");
	expect_refused("tc:eth0", "incomplete; the form is tc:INTERFACE/ingress|egress");
	expect_refused("tc:eth0/primary", "the form is tc:INTERFACE/ingress|egress");
	expect_refused("tc:a/b/egress", "1 to 15 bytes");
}

static void socket_takes_an_interface(void **state)
{
	(void)state;
	expect_parsed("socket:eth0", HOOK_SOCKET, "eth0", "");
	expect_refused("socket:eth0/ingress", "1 to 15 bytes");
	expect_refused("socket:", "1 to 15 bytes");
}

static void netkit_needs_an_end(void **state)
{
	(void)state;
	expect_parsed("netkit:nk0/primary", HOOK_NETKIT, "nk0", "primary");
	expect_parsed("netkit:nk0/peer", HOOK_NETKIT, "nk0", "peer");
	expect_refused("netkit:nk0", "incomplete; the form is netkit:INTERFACE/primary|peer");
	expect_refused("netkit:nk0/pear", "did you mean 'peer'?");
	expect_refused("netkit:nk0/ingress", "the form is netkit:INTERFACE/primary|peer");
}

static void cgroup_takes_each_type(void **state)
{
	static const char *const types[] = {"skb_ingress",
					    "skb_egress",
					    "sock_create",
					    "sock_release",
					    "post_bind4",
					    "post_bind6",
					    "bind4",
					    "bind6",
					    "connect4",
					    "connect6",
					    "connect_unix",
					    "sendmsg4",
					    "sendmsg6",
					    "sendmsg_unix",
					    "recvmsg4",
					    "recvmsg6",
					    "recvmsg_unix",
					    "getpeername4",
					    "getpeername6",
					    "getpeername_unix",
					    "getsockname4",
					    "getsockname6",
					    "getsockname_unix",
					    "getsockopt",
					    "setsockopt",
					    "sockops",
					    "dev",
					    "sysctl",
					    "lsm_socket_bind"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char text[128] = "cgroup:/sys/fs/cgroup/a.slice/";

		expect_parsed(strcat(text, types[i]), HOOK_CGROUP, "/sys/fs/cgroup/a.slice",
			      types[i]);
	}
}

static void cgroup_type_that_is_near_is_asked_about(void **state)
{
	(void)state;
	expect_refused("cgroup:/sys/fs/cgroup/a/conect4", "did you mean 'connect4'?");
	expect_refused("cgroup:/sys/fs/cgroup/a/nonsense", "unknown 'nonsense'");
	expect_refused("cgroup:/sys/fs/cgroup/a/lsm_", "unknown 'lsm_'");
	expect_refused("cgroup:/sys/fs/cgroup/a/lsm_2x", "unknown 'lsm_2x'");
}

static void cgroup_path_must_be_clean_and_absolute(void **state)
{
	(void)state;
	expect_refused("cgroup:a.slice/connect4", "the cgroup's path is absolute");
	expect_refused("cgroup:/a/../b/connect4", "the cgroup's path is absolute");
	expect_refused("cgroup:/a//b/connect4", "the cgroup's path is absolute");
	expect_refused("cgroup:/connect4", "the cgroup's path is absolute");
}

static void tracepoint_has_category_and_name(void **state)
{
	(void)state;
	expect_parsed("tracepoint:sched/sched_process_exec", HOOK_TRACEPOINT, "sched",
		      "sched_process_exec");
	expect_parsed("tracepoint:9p/9p_client_req", HOOK_TRACEPOINT, "9p", "9p_client_req");
	expect_refused("tracepoint:sched_switch", "the form is tracepoint:CATEGORY/NAME");
	expect_refused("tracepoint:a/b/c", "cannot be the target");
	expect_refused("tracepoint:../b", "cannot be the target");
	expect_refused("tracepoint:sched/a b", "'a b' is no name of a tracepoint");
}

static void netns_has_a_path_and_a_type(void **state)
{
	(void)state;
	expect_parsed("netns:/run/netns/a/sk_lookup", HOOK_NETNS, "/run/netns/a", "sk_lookup");
	expect_parsed("netns:/proc/1/ns/net/flow_dissector", HOOK_NETNS, "/proc/1/ns/net",
		      "flow_dissector");
	expect_refused("netns:a/sk_lookup", "the namespace's path");
	expect_refused("netns:/run/netns/a", "unknown 'a'");
	expect_refused("netns:/run/netns/a/sk_lokup", "did you mean 'sk_lookup'?");
}

static void iter_has_a_target(void **state)
{
	(void)state;
	expect_parsed("iter:bpf_map", HOOK_ITER, "bpf_map", "");
	expect_refused("iter:", "cannot be the target");
	expect_refused("iter:a/b", "cannot be the target");
}

static void raw_tp_has_a_name(void **state)
{
	(void)state;
	expect_parsed("raw_tp:inet_sock_set_state", HOOK_RAW_TP, "inet_sock_set_state", "");
	expect_refused("raw_tp:", "cannot be the target");
	expect_refused("raw_tp:sched/sched_switch", "cannot be the target");
}

static void kprobe_has_a_function_and_may_have_an_offset(void **state)
{
	(void)state;
	expect_parsed("kprobe:do_exit", HOOK_KPROBE, "do_exit", "");
	expect_parsed("kprobe:tcp_v4_rcv.isra.0+0x1c", HOOK_KPROBE, "tcp_v4_rcv.isra.0", "0x1c");
	expect_parsed("kretprobe:do_exit", HOOK_KRETPROBE, "do_exit", "");
	expect_refused("kprobe:", "cannot be the target of kprobe:FUNCTION[+OFFSET]");
	expect_refused("kprobe:do_exit()", "without '()'");
	expect_refused("kprobe:0x1234", "cannot be the target");
	expect_refused("kprobe:do_exit+", "nothing follows '+'");
	expect_refused("kprobe:do_exit+x", "'x' is no offset of a kprobe; it is a number of bytes");
	expect_refused("kprobe:do_exit+-1", "is no offset");
	expect_refused("kretprobe:do_exit+4", "cannot be the target of kretprobe:FUNCTION");
}

static void trampolines_have_a_function(void **state)
{
	(void)state;
	expect_parsed("fentry:do_exit", HOOK_FENTRY, "do_exit", "");
	expect_parsed("fexit:do_exit", HOOK_FEXIT, "do_exit", "");
	expect_parsed("lsm:file_open", HOOK_LSM, "file_open", "");
	expect_refused("fentry:do_exit+4", "cannot be the target of fentry:FUNCTION");
	expect_refused("fexit:", "cannot be the target");
	expect_refused("lsm:file open", "cannot be the target of lsm:HOOK");
}

static void expect_uprobe(const char *text, const char *symbol, uint64_t offset, uint32_t pid)
{
	struct attach attach = parsed(text);
	struct uprobe_place place;

	assert_int_equal(uprobe_place_parse(attach.detail, &place), 0);
	assert_string_equal(place.symbol, symbol);
	assert_int_equal(place.offset, offset);
	assert_int_equal(place.pid, pid);
}

static void uprobe_has_a_file_and_a_place_in_it(void **state)
{
	(void)state;
	expect_parsed("uprobe:/bin/sh:main", HOOK_UPROBE, "/bin/sh", "main");
	expect_parsed("uretprobe:/lib/a:b:f,pid=7", HOOK_URETPROBE, "/lib/a:b", "f,pid=7");
	expect_uprobe("uprobe:/lib/libc.so.6:malloc", "malloc", 0, 0);
	expect_uprobe("uprobe:/lib/libc.so.6:malloc+0x10", "malloc", 16, 0);
	expect_uprobe("uprobe:/lib/libc.so.6:malloc+4,pid=12", "malloc", 4, 12);
	expect_uprobe("uprobe:/lib/libstdc++.so.6:0x1f00", "", 0x1f00, 0);
	expect_uprobe("uprobe:/lib/libstdc++.so.6:4096,pid=1", "", 4096, 1);
}

static void bad_places_in_a_file_are_refused(void **state)
{
	static const char *const details[] = {"",	  "+4",
					      "0x",	  "9main",
					      "main+",	  "main+x",
					      "ma in",	  "main,",
					      "main,7",	  "main,pid=0",
					      "main,pid", "main,pid=7,pid=8",
					      "main+4x",  "main,pid=99999999999"};

	(void)state;
	expect_refused("uprobe:/bin/sh", "incomplete; the form is uprobe:PATH:SYMBOL[+OFFSET]");
	expect_refused("uprobe:sh:main", "the file's path is absolute");
	expect_refused("uprobe:/bin/sh:9main", "'9main' is no place of a uprobe; it is SYMBOL");
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		struct uprobe_place place;

		assert_int_equal(uprobe_place_parse(details[i], &place), -EINVAL);
	}
}

static struct perf_place perf_of(const char *text)
{
	struct attach attach = parsed(text);
	struct perf_place place;

	assert_int_equal(perf_place_parse(&attach, &place), 0);
	return place;
}

static void perf_has_an_event_and_where_and_how_often(void **state)
{
	struct perf_place place = perf_of("perf:cpu-clock/cpu=3");

	(void)state;
	expect_parsed("perf:cpu-clock/cpu=0,freq=99", HOOK_PERF, "cpu-clock", "cpu=0,freq=99");
	assert_int_equal(place.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(place.config, PERF_COUNT_SW_CPU_CLOCK);
	assert_int_equal(place.cpu, 3);
	assert_int_equal(place.pid, -1);
	assert_true(place.by_frequency);
	place = perf_of("perf:page-faults/pid=7");
	assert_int_equal(place.cpu, -1);
	assert_int_equal(place.pid, 7);
	assert_false(place.by_frequency);
	assert_int_equal(place.sample, 1);
	place = perf_of("perf:cycles/period=1000000,cpu=1,pid=7");
	assert_int_equal(place.sample, 1000000);
	assert_false(place.by_frequency);
	place = perf_of("perf:4:0x1b1/cpu=0,freq=10");
	assert_int_equal(place.type, 4);
	assert_int_equal(place.config, 0x1b1);
	assert_int_equal(place.sample, 10);
}

static void bad_perf_events_are_refused(void **state)
{
	(void)state;
	expect_refused("perf:cpu-clock", "incomplete; the form is perf:EVENT/cpu=N|pid=N");
	expect_refused("perf:nonsense/cpu=0", "cannot be the target");
	expect_refused("perf:4:/cpu=0", "cannot be the target");
	expect_refused("perf:/cpu=0", "cannot be the target");
	expect_refused("perf:cycles/freq=9", "'freq=9' is no setting of a perf; it has cpu=N or");
	expect_refused("perf:cycles/cpu=0,cpu=1", "is no setting");
	expect_refused("perf:cycles/cpu=0,freq=9,period=9", "is no setting");
	expect_refused("perf:cycles/cpu=0,", "is no setting");
	expect_refused("perf:cycles/cpu=-1", "is no setting");
	expect_refused("perf:cycles/cpu=0,freq=0", "is no setting");
	expect_refused("perf:cycles/pid=0", "is no setting");
	expect_refused("perf:cycles/colour=red", "is no setting");
}

static void interface_names_are_those_of_the_kernel(void **state)
{
	(void)state;
	expect_parsed("xdp:abcdefghijklmno", HOOK_XDP, "abcdefghijklmno", "");
	expect_refused("xdp:abcdefghijklmnop", "1 to 15 bytes");
	expect_refused("xdp:", "1 to 15 bytes");
	expect_refused("xdp:a b", "1 to 15 bytes");
	expect_refused("xdp:a/b", "1 to 15 bytes");
	expect_refused("xdp:a:b", "1 to 15 bytes");
	expect_refused("xdp:..", "1 to 15 bytes");
	expect_refused("tcx:a/b/ingress", "1 to 15 bytes");
	expect_refused("netkit:a/b/peer", "1 to 15 bytes");
}

static void unknown_kind_is_refused(void **state)
{
	(void)state;
	expect_refused("nonsense:a", "unknown hook kind 'nonsense'; there are xdp, tcx");
	expect_refused("XDP:eth0", "did you mean 'xdp'?");
	expect_refused("tracepiont:a/b", "did you mean 'tracepoint'?");
	expect_refused("a-kind-whose-name-is-longer-than-any-there-is:x", "unknown hook kind");
	expect_refused(":x", "unknown hook kind ''");
}

static void text_without_a_colon_is_refused(void **state)
{
	(void)state;
	expect_refused("xdp", "write KIND:TARGET");
	expect_refused("", "write KIND:TARGET");
}

static void overlong_target_and_detail_are_refused(void **state)
{
	static char text[2 * ATTACH_TARGET_MAX];

	(void)state;
	assert_int_equal(
		str_format(text, sizeof(text), "cgroup:/%0*d/connect4", ATTACH_TARGET_MAX, 0), 0);
	expect_refused(text, "target or detail is too long");
	assert_int_equal(str_format(text, sizeof(text), "tracepoint:a/%0*d", ATTACH_DETAIL_MAX, 0),
			 0);
	expect_refused(text, "too long");
}

static void format_that_does_not_fit_fails(void **state)
{
	struct attach attach = parsed("tcx:eth0/ingress");
	char buffer[16];

	(void)state;
	assert_int_equal(attach_format(&attach, buffer, sizeof(buffer)), -ENAMETOOLONG);
}

static void equality_looks_at_kind_target_and_detail(void **state)
{
	struct attach a = parsed("tcx:eth0/ingress"), b = parsed("tcx:eth0/ingress");

	(void)state;
	assert_true(attach_equal(&a, &b));
	b = parsed("tcx:eth0/egress");
	assert_false(attach_equal(&a, &b));
	b = parsed("tcx:eth1/ingress");
	assert_false(attach_equal(&a, &b));
	a = parsed("xdp:eth0");
	b = parsed("raw_tp:eth0");
	assert_false(attach_equal(&a, &b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_has_an_optional_mode),
		cmocka_unit_test(tcx_needs_a_direction),
		cmocka_unit_test(tc_needs_a_direction),
		cmocka_unit_test(socket_takes_an_interface),
		cmocka_unit_test(netkit_needs_an_end),
		cmocka_unit_test(cgroup_takes_each_type),
		cmocka_unit_test(cgroup_type_that_is_near_is_asked_about),
		cmocka_unit_test(cgroup_path_must_be_clean_and_absolute),
		cmocka_unit_test(tracepoint_has_category_and_name),
		cmocka_unit_test(raw_tp_has_a_name),
		cmocka_unit_test(iter_has_a_target),
		cmocka_unit_test(netns_has_a_path_and_a_type),
		cmocka_unit_test(kprobe_has_a_function_and_may_have_an_offset),
		cmocka_unit_test(trampolines_have_a_function),
		cmocka_unit_test(uprobe_has_a_file_and_a_place_in_it),
		cmocka_unit_test(bad_places_in_a_file_are_refused),
		cmocka_unit_test(perf_has_an_event_and_where_and_how_often),
		cmocka_unit_test(bad_perf_events_are_refused),
		cmocka_unit_test(interface_names_are_those_of_the_kernel),
		cmocka_unit_test(unknown_kind_is_refused),
		cmocka_unit_test(text_without_a_colon_is_refused),
		cmocka_unit_test(overlong_target_and_detail_are_refused),
		cmocka_unit_test(format_that_does_not_fit_fails),
		cmocka_unit_test(equality_looks_at_kind_target_and_detail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
