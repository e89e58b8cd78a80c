/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion and manual page keep up with the command. Runs in the root of the tree. */
#include "tests/unit/expect.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl/cli.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "tests/support/ctl.h"
#include "tests/support/fake_daemon.h"

#define LIST "{\"units\": [{\"name\": \"fw\", \"state\": \"active\"}, {\"name\": \"trace\"}]}"

static struct fake_daemon daemon_process;
static char command[128];

/* Completion runs ebpfctl by the name it was called by: this program, by a link of that name. */
static int start(void **state)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)state;
	if (length < 0)
		return -1;
	self[length] = '\0';
	fake_daemon_start(&daemon_process, LIST);
	(void)snprintf(command, sizeof(command), "%s/ebpfctl", daemon_process.directory);
	return symlink(self, command);
}

static int stop(void **state)
{
	(void)state;
	unlink(command);
	fake_daemon_stop(&daemon_process);
	return 0;
}

/* What bash would offer for a line whose words, behind ebpfctl, are these; the last is completed.
 */
static void expect_offer(const char *words, const char *expected)
{
	char script[1024], offer[1024] = {};
	FILE *bash;

	(void)snprintf(
		script, sizeof(script),
		"bash --norc -c '. packaging/completion/ebpfctl; COMP_WORDS=(%s %s);"
		" COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _ebpfctl; echo \"${COMPREPLY[*]}\"'",
		command, words);
	bash = popen(script, "r");
	assert_non_null(bash);
	assert_non_null(fgets(offer, sizeof(offer), bash));
	assert_int_equal(pclose(bash), 0);
	offer[strcspn(offer, "\n")] = '\0';
	if (strcmp(offer, expected) != 0)
		fail_msg("%s: offered \"%s\", not \"%s\"", words, offer, expected);
}

static void verbs_are_offered(void **state)
{
	(void)state;
	expect_offer("\"\"",
		     "list status load unload reload plan rollback history events "
		     "top map reopen daemon-reload fsck gc doctor bugreport check diff verify ping "
		     "version");
	expect_offer("-q da", "daemon-reload");
	expect_offer("daemon-reload \"\"", "");
	expect_offer("-o json r", "reload rollback reopen");
	expect_offer("--output = json l", "list load");
}

/* The same where the daemon is asked. */
static void expect_offer_of_units(const char *words, const char *expected)
{
	char all[512];

	(void)snprintf(all, sizeof(all), "--runtime-dir %s %s", daemon_process.directory, words);
	expect_offer(all, expected);
}

static void units_of_the_daemon_are_offered(void **state)
{
	static const char *const verbs[] = {"reload", "rollback", "unload", "status", "history",
					    "events", "reopen",	  "fsck",   "doctor"};
	char words[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		(void)snprintf(words, sizeof(words), "%s \"\"", verbs[i]);
		expect_offer_of_units(words, "fw trace");
	}
	(void)snprintf(words, sizeof(words), "--runtime-dir = %s reload --object x.o t",
		       daemon_process.directory);
	expect_offer(words, "trace");
}

static void maps_of_the_daemon_are_offered(void **state)
{
	(void)state;
	expect_offer("map \"\"", "list dump get set delete");
	expect_offer("map d", "dump delete");
	expect_offer_of_units("map list \"\"", "fw trace");
	expect_offer_of_units("map dump \"\"", "fw/ trace/");
	expect_offer_of_units("map set t", "trace/");
	expect_offer_of_units("map get fw/", "fw/flows fw/fw.bss");
	expect_offer_of_units("map get fw/fl", "fw/flows");
	expect_offer_of_units("map get fw/flows \"\"", "");
	expect_offer("map get --per", "--per-cpu");
	expect_offer("map list --per", "");
	expect_offer("map delete --i", "--inner");
}

static void no_daemon_offers_nothing_and_says_nothing(void **state)
{
	(void)state;
	expect_offer("--runtime-dir /nonexistent reload \"\"", "");
}

static void options_are_those_of_the_verb(void **state)
{
	(void)state;
	expect_offer("list --l", "");
	expect_offer("load --l", "--log");
	expect_offer("load --o", "--output");
	expect_offer("reload --o", "--output --object");
	expect_offer("reload fw --ob", "--object");
	expect_offer("fsck --ro", "--root");
	expect_offer("doctor --ro", "--root");
	expect_offer("history --st", "--state-dir");
	expect_offer("diff --l", "--loader");
	expect_offer("verify --a", "--against");
	expect_offer("gc --y", "--yes");
	expect_offer("events --f", "--follow --filter");
	expect_offer("events --numbers = s", "string");
	expect_offer("events -n \"\"", "");
	expect_offer("reload --ro", "");
	expect_offer("list -o \"\"", "table json");
	expect_offer("list --output = j", "json");
}

static void files_are_offered_where_files_go(void **state)
{
	(void)state;
	expect_offer("check packaging/completion/eb", "packaging/completion/ebpfctl");
	expect_offer("diff packaging/completion/eb", "packaging/completion/ebpfctl");
	expect_offer("load packaging/completion/eb", "packaging/completion/ebpfctl");
	expect_offer("reload fw --object packaging/completion/eb", "packaging/completion/ebpfctl");
	expect_offer("--runtime-dir packaging/compl", "packaging/completion");
	expect_offer("verify --against packaging/completion/eb", "packaging/completion/ebpfctl");
	expect_offer("diff --units packaging/compl", "packaging/completion");
	expect_offer("fsck --root packaging/compl", "packaging/completion");
}

static char *text_of(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t length;

	assert_non_null(file);
	assert_int_equal(file_read_all(fileno(file), 1 << 20, &text, &length), 0);
	fclose(file);
	return text;
}

/* Each line of the help that begins as an item of a list: a verb, or an option. */
static void each_item_of_the_help_is_in_the_manual(void **state)
{
	cleanup_free char *manual = text_of("docs/ebpfctl.1");
	cleanup_free char *help = strdup(ctl_run("--help", NULL)->out);
	char *rest = help, *line;
	int items = 0;

	(void)state;
	while ((line = strsep(&rest, "\n"))) {
		char word[32], expected[64];
		char *option = strstr(line, "--");

		if (strncmp(line, "  ", 2) != 0)
			continue;
		assert_int_equal(sscanf(option ? option + 2 : line, "%31s", word), 1);
		(void)snprintf(expected, sizeof(expected), option ? "Fl Fl %s" : ".It Cm %s", word);
		expect_text_has(manual, expected);
		items++;
	}
	assert_true(items >= 9 + 7);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbs_are_offered),
		cmocka_unit_test(units_of_the_daemon_are_offered),
		cmocka_unit_test(maps_of_the_daemon_are_offered),
		cmocka_unit_test(no_daemon_offers_nothing_and_says_nothing),
		cmocka_unit_test(options_are_those_of_the_verb),
		cmocka_unit_test(files_are_offered_where_files_go),
		cmocka_unit_test(each_item_of_the_help_is_in_the_manual),
	};

	if (strcmp(basename(argv[0]), "ebpfctl") == 0)
		return cli_run(argc, argv, stdout, stderr);
	return cmocka_run_group_tests(tests, start, stop);
}
