/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/negotiate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RANGE_MAX 256
#define SPACE	  " \t"

/* One media range with what is said of it. */
struct range {
	const char *type;    /* "text/plain" */
	const char *version; /* NULL: none is named */
	unsigned quality;    /* thousandths */
};

/* "0.75": the digits behind the first three are for nobody. Nonsense is 1, as if nothing was said.
 */
static unsigned read_quality(const char *text)
{
	unsigned quality = 0, weight = 100;

	if (*text != '0')
		return 1000;
	if (text[1] != '.')
		return 0;
	for (text += 2; *text >= '0' && *text <= '9' && weight > 0; text++, weight /= 10)
		quality += (unsigned)(*text - '0') * weight;
	return quality;
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, SPACE);
	length = strlen(text);
	while (length > 0 && strchr(SPACE, text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* Takes the text apart, in place. */
static struct range read_range(char *text)
{
	char *rest = text;
	struct range range = {.type = trim(strsep(&rest, ";")), .quality = 1000};

	while (rest) {
		char *parameter = trim(strsep(&rest, ";"));

		if (strncasecmp(parameter, "version=", 8) == 0)
			range.version = parameter + 8;
		else if (strncasecmp(parameter, "q=", 2) == 0)
			range.quality = read_quality(parameter + 2);
	}
	return range;
}

static bool is_open(const struct range *range)
{
	return strcasecmp(range->type, "application/openmetrics-text") == 0 &&
	       (!range->version || strcmp(range->version, "1.0.0") == 0);
}

/* How well text/plain is named: by its name, by text, or by anything. 0: not at all. */
static int is_text(const struct range *range)
{
	static const char *const types[] = {"*/*", "text/*", "text/plain"};

	for (int i = 3; i > 0; i--)
		if (strcasecmp(range->type, types[i - 1]) == 0)
			return i;
	return 0;
}

enum metrics_format metrics_negotiate(const char *accept)
{
	unsigned open = 0, text = 0;
	int text_by = 0;

	while (accept && *accept) {
		size_t length = strcspn(accept, ",");
		char copy[RANGE_MAX];

		if (length < sizeof(copy)) {
			struct range range;

			memcpy(copy, accept, length);
			copy[length] = '\0';
			range = read_range(copy);
			if (is_open(&range) && range.quality > open)
				open = range.quality;
			if (is_text(&range) > text_by) {
				text_by = is_text(&range);
				text = range.quality;
			}
		}
		accept += length + (accept[length] == ',');
	}
	return open > 0 && open >= text ? METRICS_OPEN : METRICS_TEXT_0_0_4;
}
