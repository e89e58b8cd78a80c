/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs ebpfctl's command line within the test. */
#pragma once

#include <stdio.h>

struct ctl_result {
	int status;
	char *out;
	char *err;
};

/* The arguments behind "ebpfctl", up to NULL. The result holds until the next call. */
const struct ctl_result *ctl_run(const char *first, ...) __attribute__((sentinel));

/* The same with `err` somewhere else, such as a terminal; the result's is "". */
const struct ctl_result *ctl_run_err(FILE *err, const char *first, ...) __attribute__((sentinel));
