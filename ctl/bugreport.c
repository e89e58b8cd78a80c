/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/bugreport.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "ctl/client.h"
#include "ctl/journal_tail.h"
#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/macro.h"
#include "lib/str.h"
#include "lib/version.h"

#define FILE_SIZE_MAX (1024UL * 1024)
#define JOURNAL_LINES 200
#define DEPTH_MAX     8 /* of folders in bpffs; ours have four */

static void begin_part(FILE *out, const char *title)
{
	fprintf(out, "\n==== %s ====\n\n", title);
}

static void write_missing(FILE *out, const char *why)
{
	fputs("missing: ", out);
	output_text(out, why);
	putc('\n', out);
}

/* ---- verbs: what they would show, here ---- */

static void write_verb(const struct invocation *invocation, verb_function *verb,
		       enum output_format format, char *unit, FILE *out)
{
	char *const operands[] = {unit, NULL};
	struct invocation own = *invocation;
	struct failure failure = {0};

	own.format = format;
	own.quiet = false;
	own.operands = operands;
	own.operand_count = unit != NULL;
	own.out = own.err = out;
	if (verb(&own, &failure) < 0)
		write_missing(out, failure.text);
}

static void write_of_units(const struct invocation *invocation, const json_t *units, FILE *out)
{
	for (size_t i = 0; i < json_array_size(units); i++) {
		const char *name =
			json_string_value(json_object_get(json_array_get(units, i), "name"));
		char unit[NAME_MAX_LENGTH + 1], title[NAME_MAX_LENGTH + 16];

		if (!name || str_format(unit, sizeof(unit), "%s", name) < 0)
			continue;
		(void)str_format(title, sizeof(title), "status %s", unit);
		begin_part(out, title);
		write_verb(invocation, verb_status, OUTPUT_JSON, unit, out);
		(void)str_format(title, sizeof(title), "history %s", unit);
		begin_part(out, title);
		write_verb(invocation, verb_history, OUTPUT_JSON, unit, out);
	}
}

/* The units as `list` has them, whoever answers; NULL where nobody does. */
static json_t *list_units(const struct invocation *invocation)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *answer = NULL;
	size_t length;
	cleanup_fclose FILE *nowhere = fopen("/dev/null", "we");
	FILE *out = open_memstream(&text, &length);
	struct invocation own = *invocation;
	struct failure unused;

	if (!out || !nowhere)
		return NULL;
	own.format = OUTPUT_JSON;
	own.out = out;
	own.err = nowhere; /* that it is what pins say stands in the parts */
	(void)verb_list(&own, &unused);
	fclose(out);
	answer = text ? json_loads(text, 0, NULL) : NULL;
	return json_incref(json_object_get(answer, "units"));
}

static void write_figures(const struct invocation *invocation, FILE *out)
{
	cleanup_client struct client *client = NULL;
	cleanup_json json_t *figures = NULL;
	struct failure failure = {.text = "the daemon does not answer"};
	int err = invocation->no_daemon
			  ? -EHOSTDOWN
			  : client_open(invocation->runtime_directory, &client, &failure);

	if (!err)
		err = client_ask_figures(client, true, &figures, &failure);
	if (err)
		write_missing(out, failure.text);
	else
		output_json(out, figures);
}

/* ---- files ---- */

static void write_file(FILE *out, const char *path)
{
	cleanup_free char *text = NULL;
	size_t length;
	int err = file_read_path(path, FILE_SIZE_MAX, &text, &length);

	fprintf(out, "---- %s\n", path);
	if (err)
		write_missing(out, strerror(-err));
	else
		output_text(out, text);
}

static void write_files(FILE *out, const char *pattern)
{
	glob_t found = {0};

	if (glob(pattern, 0, NULL, &found) != 0)
		fprintf(out, "---- %s\nmissing: there is none\n", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		write_file(out, found.gl_pathv[i]);
	globfree(&found);
}

/* Of the daemon itself; NULL where it does not answer. */
static json_t *ask_status(const struct invocation *invocation)
{
	cleanup_client struct client *client = NULL;
	json_t *status = NULL;
	struct failure unused;

	if (invocation->no_daemon ||
	    client_open(invocation->runtime_directory, &client, &unused) < 0 ||
	    client_ask_json(client, "Status", "", &status, &unused) < 0)
		return NULL;
	return status;
}

static const char *text_or(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

/* What the daemon was started with, if it answers. */
static void write_configuration(const struct invocation *invocation, FILE *out)
{
	cleanup_json json_t *status = ask_status(invocation);
	char pattern[PATH_MAX];

	write_file(out, text_or(status, "settings_path", DEFAULT_CONFIG_FILE));
	if (str_format(pattern, sizeof(pattern), "%s/*.conf",
		       text_or(status, "units_directory", DEFAULT_UNITS_DIRECTORY)) == 0)
		write_files(out, pattern);
	write_files(out, "/etc/systemd/system/ebpfd.service.d/*.conf");
}

static void write_kernel(FILE *out)
{
	static const char *const files[] = {
		"/proc/sys/kernel/unprivileged_bpf_disabled",
		"/proc/sys/kernel/bpf_stats_enabled",
		"/proc/sys/net/core/bpf_jit_enable",
		"/proc/sys/net/core/bpf_jit_harden",
		"/sys/kernel/security/lsm",
		"/etc/os-release",
	};
	struct utsname kernel = {0};

	uname(&kernel);
	fprintf(out, "%s %s %s %s\n", kernel.sysname, kernel.release, kernel.version,
		kernel.machine);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		write_file(out, files[i]);
}

/* ---- bpffs ---- */

static void write_folder(FILE *out, const char *path, int depth)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);

	if (count < 0)
		write_missing(out, strerror(errno));
	for (int i = 0; i < count; i++) {
		cleanup_free struct dirent *entry = entries[i];
		char child[PATH_MAX];
		struct stat status;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    str_format(child, sizeof(child), "%s/%s", path, entry->d_name) < 0 ||
		    lstat(child, &status) < 0)
			continue;
		fprintf(out, "%06o %u:%u %s\n", (unsigned)status.st_mode, (unsigned)status.st_uid,
			(unsigned)status.st_gid, child);
		if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
			write_folder(out, child, depth + 1);
	}
	free(entries);
}

/* ---- the journal ---- */

static void write_journal(FILE *out)
{
	int count = journal_tail_of_daemon(JOURNAL_LINES, out);

	if (count == -ENOENT)
		write_missing(out, "no journal can be read here");
	else if (count < 0)
		write_missing(out, strerror(-count));
	else if (count == 0)
		write_missing(out, "nothing of ebpfd is in the journal");
}

/* ---- all of it ---- */

static void write_head(FILE *out)
{
	time_t now = time(NULL);
	char when[64] = "";
	struct tm parts;

	if (gmtime_r(&now, &parts))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts);
	fprintf(out,
		"Bug report of ebpfctl " EBPFD_VERSION ", %s.\n"
		"Names of units, hooks, paths, users' ids and settings are in it; events and "
		"contents of maps are not.\n",
		when);
}

/* Where it hangs, one question waits for its answer, and not each. */
static void ask_for_life(struct invocation *invocation, FILE *out)
{
	struct invocation own = *invocation;
	struct failure failure = {0};

	own.format = OUTPUT_TABLE;
	own.quiet = false;
	own.out = own.err = out;
	invocation->no_daemon = verb_ping(&own, &failure) < 0;
	if (invocation->no_daemon)
		write_missing(out, failure.text);
	else
		write_verb(invocation, verb_version, OUTPUT_TABLE, NULL, out);
}

void bugreport_write(const struct invocation *invocation, FILE *out)
{
	struct invocation asking = *invocation;
	cleanup_json json_t *units = NULL;

	write_head(out);
	begin_part(out, "daemon");
	ask_for_life(&asking, out);
	units = list_units(&asking);
	begin_part(out, "list");
	write_verb(&asking, verb_list, OUTPUT_TABLE, NULL, out);
	begin_part(out, "status");
	write_verb(&asking, verb_status, OUTPUT_JSON, NULL, out);
	write_of_units(&asking, units, out);
	begin_part(out, "figures");
	write_figures(&asking, out);
	begin_part(out, "fsck");
	write_verb(&asking, verb_fsck, OUTPUT_TABLE, NULL, out);
	begin_part(out, "bpffs");
	write_folder(out, invocation->root ? invocation->root : DEFAULT_ROOT, 0);
	begin_part(out, "journal");
	write_journal(out);
	begin_part(out, "configuration");
	write_configuration(&asking, out);
	begin_part(out, "kernel");
	write_kernel(out);
	begin_part(out, "doctor");
	write_verb(&asking, verb_doctor, OUTPUT_TABLE, NULL, out);
}
