/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/verifier_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"

#define LAST_LINES 12
/* Leaves room for our own words around it. */
#define LAST_BYTES (FAILURE_TEXT_MAX - 512)

static char last_message[512] = "no message";

static int remember(enum libbpf_print_level level, const char *format, va_list values)
{
	char text[sizeof(last_message)];
	const char *message = text;

	if (level != LIBBPF_WARN)
		return 0;
	(void)vsnprintf(text, sizeof(text), format, values);
	text[strcspn(text, "\n")] = '\0';
	(void)str_has_prefix(text, "libbpf: ", &message);
	/* These two only say that something before them failed. */
	if (!strstr(message, "failed to load object") && !strstr(message, "END PROG LOAD LOG"))
		(void)snprintf(last_message, sizeof(last_message), "%s", message);
	return 0;
}

void verifier_log_capture_libbpf(void)
{
	(void)libbpf_set_print(remember);
}

const char *verifier_log_libbpf_message(void)
{
	return last_message;
}

static const char *last_lines(const char *log)
{
	const char *end = log + strlen(log);
	const char *start = end;
	int lines = 0;

	while (start > log && end - start < LAST_BYTES) {
		if (start[-1] == '\n' && start != end && ++lines == LAST_LINES)
			break;
		start--;
	}
	return start;
}

int verifier_log_refusal(const char *log, int err, struct failure *reterr_failure)
{
	const char *tail = last_lines(log);
	size_t length = strlen(tail);

	while (length > 0 && tail[length - 1] == '\n')
		length--;
	return failure_set(reterr_failure, OUTCOME_REFUSED, err,
			   "the verifier refuses the object (%s). Last lines of its log "
			   "(--log FILE writes all of it):\n%.*s",
			   strerror(-err), (int)length, tail);
}
