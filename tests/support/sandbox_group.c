/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/sandbox_group.h"

struct sandbox sandbox = SANDBOX_INIT;

int sandbox_set_up(void **state)
{
	(void)state;
	return sandbox_enter(&sandbox);
}

int sandbox_tear_down(void **state)
{
	(void)state;
	sandbox_leave(&sandbox);
	return 0;
}
