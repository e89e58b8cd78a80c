/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records to JSON lines, by a plan that is compiled once from BTF. Encoding allocates nothing.
 *
 * A line:  {"unit":"fw","generation":3,"type":"connect_event","cpu":1,"time":123,"number":7,FIELDS}
 * with "again":true before the fields where the record was delivered before a kill already.
 *
 * Fields, by their type: see docs/authors.md. A line that would become longer than DECODER_LINE_MAX
 * is cut: it has as many fields, elements and characters as fit, and ends with "truncated":true.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/unit_file.h"
#include "daemon/events/ring.h"
#include "lib/outcome.h"

struct btf;
struct decoder;

/* No line is longer. */
#define DECODER_LINE_MAX (256UL * 1024)

struct decoder_settings {
	const char *unit;
	uint32_t generation;
	const struct unit_events *events; /* Record= and Format=; borrowed for the call */
	const struct btf *btf;		  /* of the generation, or NULL; borrowed for the call */
};

/*
 * Compiles the plan. Without Record= (or without BTF) each record becomes "data" in hex. A struct
 * of Record= that the BTF has not, or a Format= for a field that no record has (both -ENOENT), BTF
 * that is broken and structs of more than 10,000 fields are errors, which name the struct or field
 * and what there is or fits instead.
 * Where a struct's first member is `struct ebpfd_record`, that is the header; a struct without one
 * must be the only one, and its records have no CPU, time and number.
 */
int decoder_new(const struct decoder_settings *settings, struct decoder **ret,
		struct failure *reterr_failure);
/* Accepts NULL; returns NULL. */
struct decoder *decoder_free(struct decoder *decoder);

/* The room for the line of any record of up to `length` bytes, without the newline: a little more
 * than the longest line, since encoding writes whole words. */
size_t decoder_line_max(const struct decoder *decoder, uint32_t length);

/* Writes the line, returns its length. A record that is too short for its struct, or of an unknown
 * type, becomes a line with "data" in hex and "error". */
size_t decoder_line(const struct decoder *decoder, const struct ring_record *record, bool again,
		    char *line);

/* Whether its records begin with struct ebpfd_record. */
bool decoder_has_header(const struct decoder *decoder);
