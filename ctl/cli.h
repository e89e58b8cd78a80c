/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of ebpfctl, from argv to the exit code. */
#pragma once

#include <stdio.h>

/* What shells give for a command that SIGINT ended. */
#define CLI_INTERRUPTED 130

/*
 * Does what argv asks; results go to `out`, progress and failures for people to `err`. Returns an
 * exit code of lib/outcome.h, or CLI_INTERRUPTED. May be called several times.
 */
int cli_run(int argc, char **argv, FILE *out, FILE *err);
