/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the running kernel has a kind of hook, found out by attaching there for a moment. */
#pragma once

#include <linux/types.h>

#include "daemon/kernel/hook.h"

/* The smallest program that may sit at the hook, with the neutral verdict; or a negative errno. */
int kind_program(const struct attach *attach);

/* What is missing, for skip_without(); NULL: nothing. `text` is an Attach= that would do. */
const char *kind_missing(const char *text);
