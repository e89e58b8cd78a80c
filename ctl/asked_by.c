/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/asked_by.h"

#include <string.h>

#include "lib/macro.h"

static json_t *client_text(const json_t *asked_by)
{
	const char *cgroup = json_string_value(json_object_get(asked_by, "cgroup"));

	return json_sprintf("uid %" JSON_INTEGER_FORMAT ", pid %" JSON_INTEGER_FORMAT "%s%s",
			    json_integer_value(json_object_get(asked_by, "uid")),
			    json_integer_value(json_object_get(asked_by, "pid")),
			    cgroup ? ", " : "", cgroup ? cgroup : "");
}

json_t *asked_by_text(const json_t *asked_by)
{
	static const char *const daemon[][2] = {
		{"start", "the start of ebpfd"},
		{"signal", "SIGHUP"},
		{"watch", "WatchUnits="},
	};
	const char *by = json_string_value(json_object_get(asked_by, "by"));

	if (!by)
		return json_null();
	if (strcmp(by, "client") == 0)
		return client_text(asked_by);
	for (size_t i = 0; i < ARRAY_SIZE(daemon); i++)
		if (strcmp(by, daemon[i][0]) == 0)
			return json_string(daemon[i][1]);
	return json_string(by);
}
