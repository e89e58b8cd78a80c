/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash that has no room left. */
#pragma once

/* Adds keys that count up from 1, with values of zeroes, until it takes no more. Ends the test on
 * an error. */
void full_map_fill(int map);
