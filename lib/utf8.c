/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/utf8.h"

#include <stdint.h>
#include <string.h>

#include "lib/macro.h"

/* Valid first bytes with the range of the second; all further bytes are 80 to bf. */
struct form {
	uint8_t first_low, first_high;
	uint8_t second_low, second_high;
	uint8_t length;
};

static const struct form forms[] = {
	{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
	{0xe0, 0xe0, 0xa0, 0xbf, 3},				  /* below a0: overlong */
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, /* above 9f: a surrogate */
	{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, /* below 90: overlong */
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}, /* above 8f: beyond U+10FFFF */
};

static const struct form *form_of(uint8_t first)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (first >= forms[i].first_low && first <= forms[i].first_high)
			return &forms[i];
	return NULL;
}

size_t utf8_character_length(const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	const struct form *form = length > 0 ? form_of(bytes[0]) : NULL;

	if (!form || form->length > length)
		return 0;
	if (form->length > 1 && (bytes[1] < form->second_low || bytes[1] > form->second_high))
		return 0;
	for (size_t i = 2; i < form->length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return form->length;
}

bool utf8_is_valid(const char *text, size_t length)
{
	while (length > 0) {
		size_t step = utf8_character_length(text, length);

		if (step == 0)
			return false;
		text += step;
		length -= step;
	}
	return true;
}

void utf8_drop_partial(char *text)
{
	size_t length = strlen(text);

	for (size_t back = 1; back <= MIN(length, (size_t)3); back++) {
		uint8_t byte = text[length - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		if (byte >= 0xc0 && utf8_character_length(text + length - back, back) == 0)
			text[length - back] = '\0';
		return;
	}
}

void utf8_replace_invalid(char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		size_t step = utf8_character_length(text, length);

		if (step == 0) {
			*text = '?';
			step = 1;
		}
		text += step;
		length -= step;
	}
}
