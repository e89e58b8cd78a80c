/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libbpf's own messages, demoted to debug: what an operator needs to know, we say ourselves. */
#pragma once

void library_log_to_debug(void);
