/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_SIZE 8192

static int log_level = LOG_INFO;
static int log_fd = STDERR_FILENO;
static bool is_socket, is_journal;
/* The waiter logs at debug. */
static atomic_size_t lost;
static atomic_bool is_torn; /* the last line was taken in part */

static const char *const level_words[] = {
	[LOG_EMERG] = "emergency", [LOG_ALERT] = "alert",     [LOG_CRIT] = "critical",
	[LOG_ERR] = "error",	   [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",	   [LOG_DEBUG] = "debug",
};

/* ---- where lines go ---- */

static bool names_file(const char *stream, const struct stat *file)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)file->st_dev,
		       (uintmax_t)file->st_ino);
	return stream && strcmp(stream, name) == 0;
}

/*
 * O_NONBLOCK is a matter of all who share an open file. A pipe or terminal opened again is one of
 * our own. A plain file has its offset in common with the loader, and does not wait anyway; a
 * socket cannot be opened again, and is told with each line not to wait.
 */
void log_open(void)
{
	struct stat file;
	int fd;

	if (fstat(STDERR_FILENO, &file) < 0)
		return;
	is_journal = names_file(getenv("JOURNAL_STREAM"), &file);
	is_socket = S_ISSOCK(file.st_mode);
	if (!S_ISFIFO(file.st_mode) && !S_ISCHR(file.st_mode))
		return;
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		log_fd = fd;
}

void log_set_level(int level)
{
	log_level = level;
}

bool log_has_level(int level)
{
	return level <= log_level;
}

bool log_is_journal(void)
{
	return is_journal;
}

/* ---- lines ---- */

/* Whether all of it was taken. */
static bool put(const char *text, size_t length)
{
	ssize_t written;

	do
		written = is_socket ? send(log_fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL)
				    : write(log_fd, text, length);
	while (written < 0 && errno == EINTR);
	if (written > 0)
		is_torn = (size_t)written < length;
	return written == (ssize_t)length;
}

/* `line`, of at least LINE_MAX_SIZE + 64, gets a prefix and an end; returns its length. */
static size_t format_line(char *line, size_t size, int level, const char *text)
{
	const char *begin = is_torn ? "\n" : "";
	int length;

	if (is_journal)
		length = snprintf(line, size, "%s<%d>%s\n", begin, level, text);
	else
		length = snprintf(line, size, "%s%s: %s\n", begin, level_words[level], text);
	return MIN((size_t)length, size - 1);
}

static bool put_line(int level, const char *text)
{
	char line[LINE_MAX_SIZE + 64];

	return put(line, format_line(line, sizeof(line), level, text));
}

/* What was lost is told first, so that lines stay in their order. */
static bool put_lost(void)
{
	size_t count = atomic_exchange(&lost, 0);
	char text[96];

	if (count == 0)
		return true;
	(void)snprintf(text, sizeof(text), "%zu line%s of this log could not be written here",
		       count, count == 1 ? "" : "s");
	if (put_line(LOG_WARNING, text))
		return true;
	lost += count;
	return false;
}

void log_line(int level, const char *format, ...)
{
	char text[LINE_MAX_SIZE];
	va_list values;

	if (!log_has_level(level))
		return;
	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	if (!put_lost() || !put_line(level, text))
		lost++;
}
