/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/long_numbers.h"

#include <stdlib.h>
#include <string.h>

/* So many digits a double holds in any case. */
#define LENGTH_MAX 15

/* The end of the string that begins with a quote there. */
static const char *string_end(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static char *copy(char *out, const char *from, size_t length)
{
	memcpy(out, from, length);
	return out + length;
}

char *long_numbers_quote(const char *text)
{
	/* Two quotes for each number, which has more characters than that. */
	char *result = malloc(2 * strlen(text) + 1), *out = result;

	while (result && *text) {
		size_t length = strspn(text, "+-.0123456789eE");

		if (*text == '"') {
			length = (size_t)(string_end(text) - text);
			out = copy(out, text, length);
		} else if (length > LENGTH_MAX) {
			*out++ = '"';
			out = copy(out, text, length);
			*out++ = '"';
		} else {
			length = length ? length : 1;
			out = copy(out, text, length);
		}
		text += length;
	}
	if (result)
		*out = '\0';
	return result;
}
