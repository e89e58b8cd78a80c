/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/journal_tail.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "ctl/output.h"
#include "lib/cleanup.h"
#include "lib/journal_ids.h"
#include "lib/macro.h"
#include "lib/str.h"

#define SERVICE	     "ebpfd.service"
#define FIELD_MAX    (64 * 1024)
#define USEC_PER_SEC UINT64_C(1000000)

#define cleanup_journal CLEANUP(close_journal)

static void close_journal(sd_journal **journal)
{
	sd_journal_close(*journal);
}

/* ---- which ones ---- */

static int match(sd_journal *journal, const char *name, const char *value)
{
	char text[256];
	int err = str_format(text, sizeof(text), "%s=%s", name, value);

	return err ? err : sd_journal_add_match(journal, text, 0);
}

/* Of one field any value will do. Who is not root may write what he likes into the journal. */
static int match_messages(sd_journal *journal)
{
#define JOURNAL_MESSAGE_ID(name, id) (id),
	static const char *const ids[] = {JOURNAL_MESSAGES(JOURNAL_MESSAGE_ID)};
	int err = match(journal, "_UID", "0");

	for (size_t i = 0; i < ARRAY_SIZE(ids) && err >= 0; i++)
		err = match(journal, "MESSAGE_ID", ids[i]);
	return err;
}

static int match_unit(sd_journal *journal, const char *unit)
{
	int err = match_messages(journal);

	return err < 0 ? err : match(journal, "EBPFD_UNIT", unit);
}

/* Messages; or lines of stderr; or what PID 1 says of the service. */
static int match_daemon(sd_journal *journal)
{
	int err = match_messages(journal);

	if (err >= 0)
		err = sd_journal_add_disjunction(journal);
	if (err >= 0)
		err = match(journal, "_SYSTEMD_UNIT", SERVICE);
	if (err >= 0)
		err = match(journal, "_TRANSPORT", "stdout");
	if (err >= 0)
		err = sd_journal_add_disjunction(journal);
	if (err >= 0)
		err = match(journal, "_PID", "1");
	return err < 0 ? err : match(journal, "UNIT", SERVICE);
}

/* ---- a line ---- */

/* The value of a field of the present entry, without its name; "" where there is none. */
static void read_field(sd_journal *journal, const char *name, char *ret, size_t size)
{
	const size_t skipped = strlen(name) + strlen("=");
	const void *data;
	size_t length;

	*ret = '\0';
	if (sd_journal_get_data(journal, name, &data, &length) < 0 || length < skipped)
		return;
	(void)snprintf(ret, size, "%.*s", (int)(length - skipped), (const char *)data + skipped);
}

static void write_time(sd_journal *journal, FILE *out)
{
	uint64_t usec = 0;
	char text[64] = "-";
	struct tm parts;
	time_t when;

	(void)sd_journal_get_realtime_usec(journal, &usec);
	when = (time_t)(usec / USEC_PER_SEC);
	if (localtime_r(&when, &parts))
		(void)strftime(text, sizeof(text), "%b %d %H:%M:%S", &parts);
	fputs(text, out);
}

static void write_line(sd_journal *journal, FILE *out)
{
	static char message[FIELD_MAX];
	char who[64], pid[32];

	read_field(journal, "SYSLOG_IDENTIFIER", who, sizeof(who));
	read_field(journal, "_PID", pid, sizeof(pid));
	read_field(journal, "MESSAGE", message, sizeof(message));
	write_time(journal, out);
	putc(' ', out);
	output_text(out, who);
	putc('[', out);
	output_text(out, pid);
	fputs("]: ", out);
	output_text(out, message);
	putc('\n', out);
}

/* ---- all of them ---- */

/* With no files of a journal at all, or none that may be read, opening succeeds all the same. */
static bool has_files(sd_journal *journal)
{
	return sd_journal_has_runtime_files(journal) > 0 ||
	       sd_journal_has_persistent_files(journal) > 0;
}

static int write_last(sd_journal *journal, size_t count, FILE *out)
{
	int lines = 0;
	int err = sd_journal_seek_tail(journal);

	if (err >= 0)
		err = sd_journal_previous_skip(journal, count);
	for (; err > 0; err = sd_journal_next(journal), lines++)
		write_line(journal, out);
	return err < 0 ? err : lines;
}

static int open_journal(sd_journal **ret)
{
	int err = sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY);

	if (err < 0)
		return err;
	return has_files(*ret) ? 0 : -ENOENT;
}

int journal_tail_of_unit(const char *unit, size_t count, FILE *out)
{
	cleanup_journal sd_journal *journal = NULL;
	int err = open_journal(&journal);

	if (!err)
		err = match_unit(journal, unit);
	return err < 0 ? err : write_last(journal, count, out);
}

int journal_tail_of_daemon(size_t count, FILE *out)
{
	cleanup_journal sd_journal *journal = NULL;
	int err = open_journal(&journal);

	if (!err)
		err = match_daemon(journal);
	return err < 0 ? err : write_last(journal, count, out);
}
