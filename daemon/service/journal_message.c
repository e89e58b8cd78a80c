/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL) over a socket that
 * does not wait: sd_journal_sendv(3) does where the journal is slow.
 */
#include "daemon/service/journal_message.h"

#include <endian.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/events/sink_journal.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/outcome.h"

#define TEXT_MAX   (FAILURE_TEXT_MAX + 256)
#define FIELDS_MAX 1024

#define JOURNAL_MESSAGE_ID(name, id) [JOURNAL_MESSAGE_##name] = (id),
static const char *const ids[] = {JOURNAL_MESSAGES(JOURNAL_MESSAGE_ID)};

/* One entry is one datagram; there are few, so each has a socket of its own and none grows old. */
static bool send_entry(const struct iovec *parts, size_t count)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};
	const struct msghdr entry = {.msg_name = &address,
				     .msg_namelen = sizeof(address),
				     .msg_iov = (struct iovec *)parts,
				     .msg_iovlen = count};
	cleanup_close int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && sendmsg(fd, &entry, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static int add_field(char *out, size_t size, const char *name, const char *value)
{
	return value ? snprintf(out, size, "%s=%s\n", name, value) : 0;
}

/* All fields but MESSAGE and `others`. The longest values are names of units and operations: they
 * fit. */
static size_t make_fields(enum journal_message message, int level,
			  const struct journal_fields *fields, char out[FIELDS_MAX])
{
	int length =
		snprintf(out, FIELDS_MAX, "MESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=ebpfd\n",
			 ids[message], level);

	length += add_field(out + length, FIELDS_MAX - (size_t)length, "EBPFD_UNIT", fields->unit);
	length += add_field(out + length, FIELDS_MAX - (size_t)length, "EBPFD_OPERATION",
			    fields->operation);
	length += add_field(out + length, FIELDS_MAX - (size_t)length, "EBPFD_RESULT",
			    fields->result);
	if (fields->generation)
		length += snprintf(out + length, FIELDS_MAX - (size_t)length,
				   "EBPFD_GENERATION=%" PRIu32 "\n", fields->generation);
	return (size_t)length;
}

/* The message has its length before it: it may have several lines. */
static bool tell_journal(enum journal_message message, int level,
			 const struct journal_fields *fields, char *text)
{
	static char name[] = "MESSAGE\n", newline[] = "\n";
	uint64_t length = htole64(strlen(text));
	char own[FIELDS_MAX];
	const struct iovec parts[] = {{name, sizeof(name) - 1},
				      {&length, sizeof(length)},
				      {text, strlen(text)},
				      {newline, 1},
				      {own, make_fields(message, level, fields, own)},
				      {(char *)fields->others, fields->others_length}};

	return send_entry(parts, ARRAY_SIZE(parts));
}

void journal_message(enum journal_message message, int level, const struct journal_fields *fields,
		     const char *format, ...)
{
	char text[TEXT_MAX];
	va_list values;

	if (!log_has_level(level))
		return;
	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	if (!log_is_journal() || !tell_journal(message, level, fields, text))
		log_line(level, "%s", text);
}
