/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections and keys of a unit file. */
#pragma once

#include "config/schema.h"

/* Reads into a struct unit_file whose `path` is set. */
extern const struct schema unit_schema;
