/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Runs a program, found in PATH, with the arguments that follow up to NULL, and waits for it. Its
 * exit status; 128 and the signal's number if one ended it; a negative errno if it did not start.
 */
int command_run(const char *name, ...) __attribute__((sentinel));
