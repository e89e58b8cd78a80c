/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON has numbers of any length, jansson those of 63 bits and doubles. */
#pragma once

/*
 * A copy of JSON text in which each number of more than 15 characters is a string, for those who
 * read strings as numbers. The caller's to free; NULL: no memory. Text that is no JSON stays none.
 */
char *long_numbers_quote(const char *text);
