/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of ebpfd. */
#pragma once

#include <stdbool.h>

struct arguments {
	const char *root; /* absolute */
	const char *runtime_directory;
	const char *state_directory;
	const char *config;
	bool config_given; /* by --config: then the file has to be there */
	const char *loader;
};

/*
 * Fills in what is given, and defaults for the rest; strings are those of argv. Sets the level of
 * the log. 0: go on. 1: --help or --version, which are answered. Negative: a usage error, which is
 * told.
 */
int arguments_parse(int argc, char **argv, struct arguments *arguments);
