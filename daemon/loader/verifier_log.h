/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verifier and libbpf say, turned into an answer for a person. */
#pragma once

#include "lib/outcome.h"

/* The kernel fills no more than this of the log; memory is touched only as far as it is long. */
#define VERIFIER_LOG_SIZE (16UL * 1024 * 1024)

/* From now on libbpf's own lines are kept back: only the last is remembered. */
void verifier_log_capture_libbpf(void);

/* The last warning of libbpf, without its prefix and newline. "no message" if there was none. */
const char *verifier_log_libbpf_message(void);

/*
 * The verifier refused: its last lines, and how to get them all. `err` is passed through.
 */
int verifier_log_refusal(const char *log, int err, struct failure *reterr_failure);
