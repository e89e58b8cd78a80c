/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sandbox for all tests of a program, and cmocka's group set-up and tear-down for it:
 *
 *	return cmocka_run_group_tests(tests, sandbox_set_up, sandbox_tear_down);
 */
#pragma once

#include "tests/support/sandbox.h"

extern struct sandbox sandbox;

int sandbox_set_up(void **state);
int sandbox_tear_down(void **state);
