/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `top` at a terminal: keys, sizes, and lines of top_view.h. The one file that knows ncurses. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ctl/top_source.h"
#include "ctl/top_view.h"

/*
 * Shows what the source says, each `interval_usec` anew, until somebody quits; a daemon that goes
 * away is told, and waited for. The model has its first answer. false, and nothing was shown, where
 * ncurses does not know the terminal.
 */
bool top_screen_run(struct top_source *source, struct top_model *model, struct top_view *view,
		    uint64_t interval_usec);
