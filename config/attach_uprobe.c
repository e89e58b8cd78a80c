/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/attach_uprobe.h"

#include <errno.h>
#include <string.h>

#include "config/words.h"
#include "lib/str.h"

static int parse_where(const char *text, struct uprobe_place *place)
{
	const char *plus = strchrnul(text, '+');

	if (*text >= '0' && *text <= '9')
		return str_to_u64(text, &place->offset) < 0 ? -EINVAL : 0;
	if (str_format(place->symbol, sizeof(place->symbol), "%.*s", (int)(plus - text), text) <
		    0 ||
	    !symbol_is_valid(place->symbol))
		return -EINVAL;
	return *plus && str_to_u64(plus + 1, &place->offset) < 0 ? -EINVAL : 0;
}

static int parse_filter(const char *text, struct uprobe_place *place)
{
	uint64_t pid;

	if (!str_has_prefix(text, "pid=", &text) || str_to_u64(text, &pid) < 0 || pid == 0 ||
	    pid > INT32_MAX)
		return -EINVAL;
	place->pid = (uint32_t)pid;
	return 0;
}

int uprobe_place_parse(const char *detail, struct uprobe_place *ret)
{
	struct uprobe_place place = {0};
	char where[ATTACH_DETAIL_MAX];
	const char *comma = strchrnul(detail, ',');
	int err = str_format(where, sizeof(where), "%.*s", (int)(comma - detail), detail);

	if (!err)
		err = parse_where(where, &place);
	if (!err && *comma)
		err = parse_filter(comma + 1, &place);
	if (err)
		return -EINVAL;
	*ret = place;
	return 0;
}
