/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/report.h"

#include <errno.h>
#include <string.h>

#include "daemon/kernel/loader_fds.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"
#include "lib/utf8.h"

#define TEXT_MAX 2048

json_t *report_failure(const struct failure *failure)
{
	return json_pack("{s:s, s:s}", "outcome", outcome_name(failure->outcome), "message",
			 failure->text);
}

int report_send(json_t *report)
{
	cleanup_free char *text = report ? json_dumps(report, JSON_COMPACT) : NULL;

	json_decref(report);
	if (!text)
		return -ENOMEM;
	return file_write_all(LOADER_FD_REPORT, text, strlen(text));
}

json_t *report_text(const char *text)
{
	char copy[TEXT_MAX];

	(void)str_format(copy, sizeof(copy), "%s", text);
	utf8_drop_partial(copy);
	utf8_replace_invalid(copy);
	return json_string(copy);
}
