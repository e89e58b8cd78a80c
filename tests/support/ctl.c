/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/ctl.h"

#include <stdarg.h>
#include <stdlib.h>

#include "ctl/cli.h"

#define ARGUMENTS_MAX 16

static struct ctl_result result;

/* Both streams are opened and closed here, so that the texts are complete. */
static void run(FILE *err, const char *first, va_list rest)
{
	char *argv[ARGUMENTS_MAX + 1] = {(char *)"ebpfctl"};
	size_t out_length, err_length;
	int argc = 1;
	FILE *out, *captured;

	for (const char *at = first; at && argc < ARGUMENTS_MAX; at = va_arg(rest, const char *))
		argv[argc++] = (char *)at;
	free(result.out);
	free(result.err);
	out = open_memstream(&result.out, &out_length);
	captured = open_memstream(&result.err, &err_length);
	if (!out || !captured)
		abort();
	result.status = cli_run(argc, argv, out, err ? err : captured);
	fclose(out);
	fclose(captured);
}

const struct ctl_result *ctl_run(const char *first, ...)
{
	va_list rest;

	va_start(rest, first);
	run(NULL, first, rest);
	va_end(rest);
	return &result;
}

const struct ctl_result *ctl_run_err(FILE *err, const char *first, ...)
{
	va_list rest;

	va_start(rest, first);
	run(err, first, rest);
	va_end(rest);
	return &result;
}
