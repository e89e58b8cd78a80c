/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfctl talks to a daemon that is made up. */
#include "tests/unit/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/cli.h"
#include "lib/str.h"
#include "lib/version.h"
#include "tests/support/ctl.h"
#include "tests/support/fake_daemon.h"
#include "tests/support/text_file.h"

#define LIST                                                                                    \
	"{\"units\": [{\"name\": \"fw\", \"state\": \"active\", \"generation\": 2, \"bank\": "  \
	"\"b\", \"former\": 1, \"override\": \"none\", \"hooks\": 2, \"since_usec\": 1000000, " \
	"\"consumed\": 123}]}"

static struct fake_daemon daemon_process;
static char folder[] = "/tmp/ebpfctl-files-XXXXXX";

#define run(...) ctl_run("--runtime-dir", daemon_process.directory, __VA_ARGS__, NULL)

static int start(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	fake_daemon_start(&daemon_process, LIST);
	return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	fake_daemon_stop(&daemon_process);
	return rmdir(folder);
}

static void expect_lines(const struct ctl_result *result, const char *expected)
{
	assert_string_equal(result->err, "");
	assert_int_equal(result->status, 0);
	assert_string_equal(result->out, expected);
}

/* Behind it comes what this machine's journal says of such a unit. */
static void expect_begin(const struct ctl_result *result, const char *expected)
{
	assert_string_equal(result->err, "");
	assert_int_equal(result->status, 0);
	if (!str_has_prefix(result->out, expected, NULL))
		assert_string_equal(result->out, expected);
}

static void list_is_a_table(void **state)
{
	(void)state;
	expect_lines(run("list"),
		     "  UNIT  STATE   GENERATION  BANK  FORMER  OVERRIDE  HOOKS  CONSUMED  SINCE\n"
		     "  fw    active           2  b          1  none          2       123  "
		     "1970-01-01 00:00:01\n");
}

static void list_in_json_is_the_daemons(void **state)
{
	const struct ctl_result *result = run("list", "-o", "json");

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "\"units\": [");
	expect_text_has(result->out, "\"name\": \"fw\"");
}

static void list_of_no_units_stays_valid(void **state)
{
	struct fake_daemon idle;
	const struct ctl_result *result;

	(void)state;
	fake_daemon_start(&idle, "{\"units\": []}");
	result = ctl_run("--runtime-dir", idle.directory, "list", NULL);
	assert_int_equal(result->status, 0);
	assert_string_equal(result->out, "no units\n");
	result = ctl_run("--runtime-dir", idle.directory, "list", "-o", "json", NULL);
	assert_string_equal(result->out, "{\n  \"units\": []\n}\n");
	fake_daemon_stop(&idle);
}

static void status_of_a_unit_shows_all_of_it(void **state)
{
	(void)state;
	expect_begin(run("status", "fw"), "fw - Count packets\n"
					  "           State: degraded\n"
					  "          Reason: someone else's hand\n"
					  "      Generation: 2, bank b\n"
					  "            File: /etc/ebpfd/units.d/fw.conf\n"
					  "           Hooks: in  xdp:veth0 by entry, count\n"
					  "                      verdicts 1:5 2:17\n"
					  "  Last operation: reload failed: no BTF\n"
					  "\n");
}

static void full_status_of_a_unit_has_tables(void **state)
{
	(void)state;
	expect_begin(run("status", "--full", "fw"),
		     "fw - Count packets\n"
		     "           State: degraded\n"
		     "          Reason: someone else's hand\n"
		     "      Generation: 2, bank b\n"
		     "            File: /etc/ebpfd/units.d/fw.conf\n"
		     "  Last operation: reload failed: no BTF\n"
		     "\n"
		     "  HOOK  ATTACH     WAY    PROGRAM  PROGRAM ID  MISSED  VERDICTS\n"
		     "  in    xdp:veth0  entry  count            77       0  1:5 2:17\n"
		     "\n");
}

static void status_alone_is_the_daemons(void **state)
{
	(void)state;
	expect_lines(run("status"), "ebpfd 9.9\n"
				    "      PID: 4711\n"
				    "     Root: /sys/fs/bpf/ebpfd\n"
				    "    Units: 1\n"
				    "  Barrier: map=yes membarrier=yes\n");
}

static void reload_prints_its_receipt(void **state)
{
	(void)state;
	expect_lines(run("reload", "fw"),
		     "fw: reloaded, generation 1 -> 2, bank a -> b\n"
		     "    Object: /lib/fw.o\n"
		     "   SHA-256: 0123456789ab\n"
		     "  Override: none\n"
		     "    Phases: prepare 1.5 ms, commit 17 us, together 1.5 ms\n"
		     "      Note: one thing\n"
		     "            and another\n"
		     "\n"
		     "  HOOK  ATTACH     WAY    PROGRAM\n"
		     "  in    xdp:veth0  entry  count\n"
		     "\n"
		     "  MAP    VERDICT\n"
		     "  flows  kept\n"
		     "\n"
		     "  RING    GENERATION  ATTEMPTED  FAILED  CONSUMED  IN RING  AGAIN  IDENTITY  "
		     "DELIVERED  DROPPED\n"
		     "  events           1         10       0        10        0      0  holds     "
		     "       10        0\n"
		     "\n"
		     "  PROGRAM  INSTRUCTIONS\n"
		     "  count             123\n");
}

static void receipt_in_json_is_the_daemons(void **state)
{
	const struct ctl_result *result = run("reload", "fw", "-o", "json");

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "{\n  \"unit\": \"fw\",\n  \"operation\": \"reload\",\n");
	expect_text_has(result->out, "\"digest\": \"0123456789abcdef\"");
}

static void quiet_says_nothing_of_success(void **state)
{
	(void)state;
	expect_lines(run("reload", "-q", "fw"), "");
	expect_lines(run("ping", "-q"), "");
	expect_text_has(run("-q", "reload", "refused")->err, "refused, it says");
}

static void verbs_call_their_methods(void **state)
{
	(void)state;
	expect_lines(run("load", "options"), "options: Load\n  Note: end\n");
	expect_lines(run("unload", "options"), "options: Unload\n  Note: end\n");
	expect_lines(run("reload", "options"), "options: Reload\n  Note: end\n");
	expect_lines(run("rollback", "options"), "options: Rollback\n  Note: end\n");
	expect_text_has(run("rollback", "options", "7")->out, "generation is number 7");
}

static void errors_keep_outcome_and_sentence(void **state)
{
	static const struct {
		const char *unit;
		int status;
	} errors[] = {
		{"failed", 1},	      {"busy", 1},    {"usage", 2},	 {"no-such-unit", 3},
		{"not-permitted", 4}, {"refused", 5}, {"taken-back", 6}, {"take-back-failed", 7},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		char text[64];
		const struct ctl_result *result = run("reload", errors[i].unit);

		assert_int_equal(result->status, errors[i].status);
		(void)snprintf(text, sizeof(text), "ebpfctl: %s, it says\n", errors[i].unit);
		assert_string_equal(result->err, text);
		assert_string_equal(result->out, "");
		result = run("status", errors[i].unit, "-o", "json");
		assert_int_equal(result->status, errors[i].status);
		(void)snprintf(text, sizeof(text), "\"outcome\": \"%s\"", errors[i].unit);
		expect_text_has(result->out, text);
		assert_string_equal(result->err, "");
	}
}

static void expect_cut_dump(const char *map, const char *why)
{
	char name[128];
	const struct ctl_result *result;

	(void)snprintf(name, sizeof(name), "fw/%s", map);
	result = run("map", "dump", "-o", "json", name);
	assert_int_equal(result->status, 1);
	/* What came before is no less true. */
	expect_text_has(result->out, "{\"key\":1,\"value\":2}\n");
	expect_text_has(result->out, why);
}

static void a_dump_without_its_end_is_told(void **state)
{
	(void)state;
	expect_lines(run("map", "dump", "fw/{\"end\":{\"entries\":1,\"complete\":true}}"),
		     "{\"key\":1,\"value\":2}\n");
	expect_cut_dump("cut", "the dump was cut off: it was read too slowly, or the daemon ended");
	expect_cut_dump("{\"end\":{\"entries\":1,\"complete\":false}}",
			"the dump gave up: entries were deleted faster than");
	expect_cut_dump("{\"end\":{\"entries\":1,\"complete\":false,\"error\":\"Bad address\"}}",
			"the dump ended early: the kernel says: Bad address");
}

static void errors_of_dbus_itself_are_mapped(void **state)
{
	const struct ctl_result *result = run("unload", "denied");

	(void)state;
	assert_int_equal(result->status, 4);
	assert_string_equal(result->err, "ebpfctl: for root alone\n");
	result = run("unload", "unknown");
	assert_int_equal(result->status, 1);
	expect_text_has(result->err, "org.freedesktop.DBus.Error.UnknownMethod: what is that");
}

static void answer_that_is_no_json_is_a_failure(void **state)
{
	const struct ctl_result *result = run("reload", "garbage");

	(void)state;
	assert_int_equal(result->status, 1);
	expect_text_has(result->err, "answer to Reload is no JSON");
}

static void closed_connection_leaves_the_end_open(void **state)
{
	const struct ctl_result *result = run("reload", "leaves");

	(void)state;
	assert_int_equal(result->status, 1);
	expect_text_has(result->err, "may have ended either way: `ebpfctl status leaves` tells");
}

static void ping_tells_the_time(void **state)
{
	const struct ctl_result *result = run("ping");

	(void)state;
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, daemon_process.directory);
	expect_text_has(result->out, "/control.sock answers in ");
	expect_text_has(run("ping", "-o", "json")->out, "{\"usec\": ");
}

static void version_names_both(void **state)
{
	(void)state;
	expect_lines(run("version"), "ebpfctl " EBPFD_VERSION "\nebpfd   9.9\n");
	expect_text_has(run("version", "-o", "json")->out, "\"ebpfd\": \"9.9\"");
}

static void object_goes_as_descriptor_and_path(void **state)
{
	char path[128], note[200];
	const struct ctl_result *result;

	(void)state;
	text_file_write_in(folder, "v2.o", "content", path, sizeof(path));
	result = run("reload", "options", "--object", path);
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "object has content\n");
	(void)snprintf(note, sizeof(note), "object-path is %s\n", path);
	expect_text_has(result->out, note);
	assert_null(strstr(result->out, "log"));
	unlink(path);
}

static void relative_path_is_made_absolute(void **state)
{
	char path[128], note[200], former[256];
	const struct ctl_result *result;

	(void)state;
	text_file_write_in(folder, "v2.o", "content", path, sizeof(path));
	assert_non_null(getcwd(former, sizeof(former)));
	assert_int_equal(chdir(folder), 0);
	result = run("reload", "options", "--object", "./v2.o");
	assert_int_equal(chdir(former), 0);
	(void)snprintf(note, sizeof(note), "object-path is %s\n", path);
	expect_text_has(result->out, note);
	unlink(path);
}

static void unit_file_names_its_unit(void **state)
{
	char path[128], note[200], former[256];
	const struct ctl_result *result;

	(void)state;
	text_file_write_in(folder, "options.conf", "content", path, sizeof(path));
	(void)snprintf(note, sizeof(note), "file-path is %s\n", path);
	result = run("load", path);
	assert_int_equal(result->status, 0);
	expect_text_has(result->out, "file has content\n");
	expect_text_has(result->out, note);
	/* The suffix alone makes it a file, too. */
	assert_non_null(getcwd(former, sizeof(former)));
	assert_int_equal(chdir(folder), 0);
	result = run("load", "options.conf");
	assert_int_equal(chdir(former), 0);
	expect_text_has(result->out, note);
	unlink(path);
}

static void any_path_is_a_unit_file(void **state)
{
	char path[128];

	(void)state;
	text_file_write_in(folder, "options", "content", path, sizeof(path));
	expect_text_has(run("load", path)->out, "file has content\n");
	unlink(path);
}

static void log_is_emptied_and_written_by_the_daemon(void **state)
{
	char path[128], content[64] = {};
	int fd;

	(void)state;
	text_file_write_in(folder, "log", "a log of before that is longer than the new one", path,
			   sizeof(path));
	assert_int_equal(run("load", "options", "--log", path)->status, 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, content, sizeof(content) - 1) > 0);
	close(fd);
	unlink(path);
	assert_string_equal(content, "every line of the verifier\n");
}

static void log_that_cannot_be_written_is_refused(void **state)
{
	const struct ctl_result *result = run("load", "options", "--log", "/nonexistent/log");

	(void)state;
	assert_int_equal(result->status, 5);
	assert_string_equal(result->err, "ebpfctl: cannot write /nonexistent/log: "
					 "No such file or directory\n");
}

static void path_that_is_not_utf8_is_refused(void **state)
{
	char path[128];
	const struct ctl_result *result;

	(void)state;
	text_file_write_in(folder, "\377.o", "content", path, sizeof(path));
	result = run("reload", "options", "--object", path);
	unlink(path);
	assert_int_equal(result->status, 2);
	expect_text_has(result->err, "not UTF-8");
}

static void socket_that_a_daemon_left_behind_is_3(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct ctl_result *result;

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", folder);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	result = ctl_run("--runtime-dir", folder, "list", NULL);
	unlink(address.sun_path);
	assert_int_equal(result->status, 3);
	expect_text_has(result->err, "no daemon answers at ");
}

/* In a child, since root may open any socket. */
static void socket_that_may_not_be_opened_is_4(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(chmod(daemon_process.directory, 0), 0);
	child = fork();
	if (child == 0) {
		const struct ctl_result *result;

		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(100);
		/* It forgives only that there is no daemon. */
		if (run("version")->status != 4)
			_exit(101);
		result = run("list");
		_exit(strstr(result->err, "not permitted to open") ? result->status : 102);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(daemon_process.directory, 0700), 0);
	assert_int_equal(WEXITSTATUS(status), 4);
}

struct terminal {
	int master;
	FILE *slave;
};

static void terminal_open(struct terminal *ret)
{
	int slave;

	assert_int_equal(openpty(&ret->master, &slave, NULL, NULL, NULL), 0);
	ret->slave = fdopen(slave, "w");
	assert_non_null(ret->slave);
}

static void terminal_close(struct terminal *terminal)
{
	fclose(terminal->slave);
	close(terminal->master);
}

/* What has been shown, until `end` stands in it; "" once the other side has closed. */
static void terminal_read(const struct terminal *terminal, const char *end, char *ret, size_t size)
{
	size_t length = 0;

	*ret = '\0';
	while (!strstr(ret, end)) {
		ssize_t got = read(terminal->master, ret + length, size - length - 1);

		if (got <= 0)
			fail_msg("\"%s\" never came behind \"%s\"", end, ret);
		length += got;
		ret[length] = '\0';
	}
}

static void phases_are_shown_at_a_terminal(void **state)
{
	struct terminal terminal;
	char shown[256];

	(void)state;
	terminal_open(&terminal);
	assert_int_equal(ctl_run_err(terminal.slave, "--runtime-dir", daemon_process.directory,
				     "reload", "fw", NULL)
				 ->status,
			 0);
	terminal_read(&terminal, "\n", shown, sizeof(shown));
	terminal_close(&terminal);
	expect_text_has(shown, "fw: prepare 1.5 ms, commit 17 us, settle ");
}

static void expect_nothing_shown(const char *option, const char *value, const char *unit)
{
	struct terminal terminal;
	char shown[256];

	terminal_open(&terminal);
	assert_int_equal(ctl_run_err(terminal.slave, "--runtime-dir", daemon_process.directory,
				     option, value, "reload", unit, NULL)
				 ->status,
			 0);
	fputs("end\n", terminal.slave);
	fflush(terminal.slave);
	terminal_read(&terminal, "\n", shown, sizeof(shown));
	terminal_close(&terminal);
	assert_string_equal(shown, "end\r\n");
}

static void phases_are_not_shown_for_programs_or_quiet(void **state)
{
	(void)state;
	expect_nothing_shown("-o", "json", "fw");
	expect_nothing_shown("-q", "-q", "fw");
	assert_string_equal(run("reload", "fw")->err, "");
}

static void phases_of_other_units_are_not_shown(void **state)
{
	(void)state;
	expect_nothing_shown("-o", "table", "others");
}

static void interrupt_leaves_and_says_what_goes_on(void **state)
{
	struct terminal terminal;
	char shown[512];
	int status;
	pid_t child;

	(void)state;
	terminal_open(&terminal);
	child = fork();
	if (child == 0)
		_exit(ctl_run_err(terminal.slave, "--runtime-dir", daemon_process.directory,
				  "reload", "hangs", NULL)
			      ->status);
	terminal_read(&terminal, "hangs: prepare", shown, sizeof(shown));
	assert_int_equal(kill(child, SIGINT), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), CLI_INTERRUPTED);
	terminal_read(&terminal, "tells how it ends\r\n", shown, sizeof(shown));
	terminal_close(&terminal);
	expect_text_has(shown, "s\r\nebpfctl: left; the daemon goes on with hangs");
	/* The daemon is there for the next one. */
	assert_int_equal(run("ping")->status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_a_table),
		cmocka_unit_test(list_in_json_is_the_daemons),
		cmocka_unit_test(list_of_no_units_stays_valid),
		cmocka_unit_test(status_of_a_unit_shows_all_of_it),
		cmocka_unit_test(full_status_of_a_unit_has_tables),
		cmocka_unit_test(status_alone_is_the_daemons),
		cmocka_unit_test(reload_prints_its_receipt),
		cmocka_unit_test(receipt_in_json_is_the_daemons),
		cmocka_unit_test(quiet_says_nothing_of_success),
		cmocka_unit_test(verbs_call_their_methods),
		cmocka_unit_test(errors_keep_outcome_and_sentence),
		cmocka_unit_test(a_dump_without_its_end_is_told),
		cmocka_unit_test(errors_of_dbus_itself_are_mapped),
		cmocka_unit_test(answer_that_is_no_json_is_a_failure),
		cmocka_unit_test(closed_connection_leaves_the_end_open),
		cmocka_unit_test(ping_tells_the_time),
		cmocka_unit_test(version_names_both),
		cmocka_unit_test(object_goes_as_descriptor_and_path),
		cmocka_unit_test(relative_path_is_made_absolute),
		cmocka_unit_test(unit_file_names_its_unit),
		cmocka_unit_test(any_path_is_a_unit_file),
		cmocka_unit_test(log_is_emptied_and_written_by_the_daemon),
		cmocka_unit_test(log_that_cannot_be_written_is_refused),
		cmocka_unit_test(path_that_is_not_utf8_is_refused),
		cmocka_unit_test(socket_that_a_daemon_left_behind_is_3),
		cmocka_unit_test(socket_that_may_not_be_opened_is_4),
		cmocka_unit_test(phases_are_shown_at_a_terminal),
		cmocka_unit_test(phases_are_not_shown_for_programs_or_quiet),
		cmocka_unit_test(phases_of_other_units_are_not_shown),
		cmocka_unit_test(interrupt_leaves_and_says_what_goes_on),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
