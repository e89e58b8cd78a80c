/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows the file in `uprobe:PATH:PLACE`, in parts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/attach.h"

struct uprobe_place {
	char symbol[ATTACH_DETAIL_MAX]; /* "": `offset` counts from the start of the file */
	uint64_t offset;		/* bytes, behind the symbol if there is one */
	uint32_t pid;			/* the only process that is probed; 0: all of them */
};

/*
 * Parses `SYMBOL[+OFFSET][,pid=PID]` or `OFFSET[,pid=PID]`; a symbol starts with no digit. 0, or
 * -EINVAL with *ret untouched.
 */
int uprobe_place_parse(const char *detail, struct uprobe_place *ret);
