/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journal PATH: stands where the system's journal listens, and prints what its clients send: each
 * field as NAME=VALUE (a newline in a value as \n), a blank line behind each entry. Says "ready"
 * first. SIGUSR1 makes it stop reading for good, as a journal that hangs; SIGTERM ends it.
 */
#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ENTRY_MAX (1024 * 1024)

static void print_value(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (value[i] == '\n')
			(void)fputs("\\n", stdout);
		else
			(void)putchar(value[i]);
	(void)putchar('\n');
}

/* Prints the field at `at`; returns where the next one begins, or NULL if this one is broken. */
static const char *print_field(const char *at, const char *end)
{
	const char *name_end = at;
	uint64_t length;

	while (name_end < end && *name_end != '=' && *name_end != '\n')
		name_end++;
	if (name_end == end)
		return NULL;
	(void)printf("%.*s=", (int)(name_end - at), at);
	at = name_end + 1;
	if (*name_end == '=') {
		const char *value_end = memchr(at, '\n', (size_t)(end - at));

		if (!value_end)
			return NULL;
		print_value(at, (size_t)(value_end - at));
		return value_end + 1;
	}
	if ((size_t)(end - at) < sizeof(length))
		return NULL;
	memcpy(&length, at, sizeof(length));
	length = le64toh(length);
	at += sizeof(length);
	if (length >= (uint64_t)(end - at) || at[length] != '\n')
		return NULL;
	print_value(at, length);
	return at + length + 1;
}

static void print_entry(const char *at, const char *end)
{
	while (at && at < end)
		at = print_field(at, end);
	(void)puts(at ? "" : "BROKEN\n");
	(void)fflush(stdout);
}

static void hang(int signal)
{
	(void)signal;
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static char entry[ENTRY_MAX];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		(void)fputs("usage: journal PATH\n", stderr);
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	(void)unlink(argv[1]);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		(void)fprintf(stderr, "journal: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	(void)signal(SIGUSR1, hang);
	(void)puts("ready");
	(void)fflush(stdout);
	for (;;) {
		ssize_t length = recv(fd, entry, sizeof(entry), 0);

		if (length >= 0)
			print_entry(entry, entry + length);
	}
}
