/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/filter.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/json_text.h"
#include "lib/cleanup.h"

/* The encoder writes each value in one way, so that comparing text is enough. */
struct filter {
	char *path;
	char *plain;  /* VALUE as it was given: numbers, true, false, null */
	char *string; /* VALUE as the encoder writes that text */
};

static void filter_deinit(struct filter *filter)
{
	free(filter->path);
	free(filter->plain);
	free(filter->string);
}

static char *json_string_of(const char *text)
{
	size_t length = strlen(text);
	char *string = malloc(JSON_TEXT_MAX(length) + 1);

	if (string)
		*json_text(string, text, length) = '\0';
	return string;
}

static int filter_init(const char *text, struct filter *ret, struct failure *reterr_failure)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "'%s' is no filter; write FIELD=VALUE, as in dport=443 or "
				   "tuple.sport=22",
				   text);
	ret->path = strndup(text, (size_t)(equals - text));
	ret->plain = strdup(equals + 1);
	ret->string = json_string_of(equals + 1);
	if (!ret->path || !ret->plain || !ret->string)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "filter");
	return 0;
}

static size_t count_of(char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

int filters_init(char *const *texts, struct filters *ret, struct failure *reterr_failure)
{
	CLEANUP(filters_deinit) struct filters filters = {};
	size_t count = count_of(texts);

	if (count > FILTERS_MAX)
		return failure_set(reterr_failure, OUTCOME_USAGE, -E2BIG,
				   "%zu filters are more than %d", count, FILTERS_MAX);
	filters.list = calloc(count + 1, sizeof(*filters.list));
	if (!filters.list)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "filter");
	for (; filters.count < count; filters.count++) {
		int err = filter_init(texts[filters.count], &filters.list[filters.count],
				      reterr_failure);

		if (err) {
			filter_deinit(&filters.list[filters.count]);
			return err;
		}
	}
	ret->count = filters.count;
	ret->list = TAKE_PTR(filters.list);
	return 0;
}

void filters_deinit(struct filters *filters)
{
	for (size_t i = 0; filters->list && i < filters->count; i++)
		filter_deinit(&filters->list[i]);
	free(filters->list);
	*filters = (struct filters){};
}

static bool is_text(struct line_text value, const char *text)
{
	return strlen(text) == value.length && memcmp(text, value.start, value.length) == 0;
}

bool filters_match(const struct filters *filters, struct line_text line)
{
	for (size_t i = 0; i < filters->count; i++) {
		const struct filter *filter = &filters->list[i];
		struct line_text value;

		if (!line_find(line, filter->path, &value) ||
		    (!is_text(value, filter->plain) && !is_text(value, filter->string)))
			return false;
	}
	return true;
}
