/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of JSON of a record, in the two ways that are compared. */
#pragma once

#include <bpf/btf.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/events/decode.h"
#include "daemon/events/sink.h"
#include "tests/bench/pour.h"

#define LINE_SIZE_MAX 1024

/* The unit file of the benchmark, for records of `length` bytes. `sink` as Sink= takes it. */
struct unit_file *line_unit_file(uint32_t length, const char *sink);
struct decoder *line_decoder(const struct unit_file *file, const struct btf *btf);

/* By one snprintf(). Returns the line's length. */
size_t line_print(const void *record, uint32_t length, char line[LINE_SIZE_MAX]);
