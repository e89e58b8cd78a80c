/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bugreport: one file of text, to be read before it is given away. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "ctl/bugreport.h"
#include "ctl/verb.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/str.h"

static int name_file(const struct invocation *invocation, char ret[PATH_MAX],
		     struct failure *reterr_failure)
{
	const time_t now = time(NULL);
	char when[32] = "";
	struct tm parts;
	int err;

	if (localtime_r(&now, &parts))
		(void)strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &parts);
	if (invocation->operand_count)
		err = str_format(ret, PATH_MAX, "%s", invocation->operands[0]);
	else
		err = str_format(ret, PATH_MAX, "ebpfd-bugreport-%s.txt", when);
	return err ? failure_set_errno(reterr_failure, OUTCOME_USAGE, err, "name of the report")
		   : 0;
}

static int write_report(const char *path, const char *text, size_t length,
			struct failure *reterr_failure)
{
	cleanup_close int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : file_write_all(fd, text, length);

	/* Half a report would be taken for a whole one. */
	if (fd >= 0 && err)
		unlink(path);
	if (err == -EEXIST)
		return failure_set(reterr_failure, OUTCOME_FAILED, err,
				   "\"%s\" is there already and is left as it is; name another "
				   "file: ebpfctl bugreport FILE",
				   path);
	return err ? failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot write \"%s\"",
				       path)
		   : 0;
}

static void tell(const struct invocation *invocation, const char *path)
{
	cleanup_json json_t *report = NULL;

	if (invocation->format == OUTPUT_JSON) {
		report = json_pack("{s:o}", "file", output_json_string(path));
		output_json(invocation->out, report);
	} else if (!invocation->quiet) {
		output_text(invocation->out, path);
		fputs(": read it before you give it away; it names your units and paths\n",
		      invocation->out);
	}
}

int verb_bugreport(const struct invocation *invocation, struct failure *reterr_failure)
{
	cleanup_free char *text = NULL;
	char path[PATH_MAX];
	size_t length;
	FILE *out;
	int err = name_file(invocation, path, reterr_failure);

	if (err)
		return err;
	out = open_memstream(&text, &length);
	if (!out)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOMEM, "out of memory");
	bugreport_write(invocation, out);
	if (fclose(out) != 0 || !text)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOMEM, "out of memory");
	err = write_report(path, text, length, reterr_failure);
	if (!err)
		tell(invocation, path);
	return err;
}
