/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections and keys of a unit file. */
#pragma once

#include "config/schema.h"
#include "config/unit_file.h"

/* Reads into a struct unit_file whose `path` is set. */
extern const struct schema unit_schema;

/* A word of Format=, of which FIELD_FORMATS names all. */
bool field_format_parse(const char *word, enum field_format *ret);
#define FIELD_FORMATS "ip4, ip6, mac, port, ns, hex, dec, text"

/* A path in the key or in the value of a map's entry. */
bool unit_entry_field_is_valid(const char *field);
