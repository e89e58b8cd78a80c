/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the valid character at the start of `text`, 1 to 4; 0 if there is none. */
size_t utf8_character_length(const char *text, size_t length);

bool utf8_is_valid(const char *text, size_t length);

/* Cuts an incomplete character off the end of a string, as a bounded copy may leave it there. */
void utf8_drop_partial(char *text);

/* Puts a '?' for each byte that belongs to no valid character. */
void utf8_replace_invalid(char *text);
