/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/loader/confine.h"
#include "lib/cleanup.h"

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* All of the first version (Linux 5.13). Later ones are denied where a ruleset does not name them,
   or would have to be asked for; what they add is a matter of calls here, see confine_calls(). */
#define EVERYTHING (((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What is not there cannot be read either; and the kernel takes no rule for files of its own, such
   as a network namespace, but does not hold them back. */
static int allow(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};
	cleanup_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return errno == EBADFD ? 0 : -errno;
	return 0;
}

static int allow_folder_of(int ruleset, const char *path, uint64_t access)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	if (!slash)
		return 0;
	return folder ? allow(ruleset, folder, access) : -ENOMEM;
}

static int allow_system(int ruleset)
{
	/* Symbols and types of the kernel, its tracepoints, what this process is; and programs and
	   libraries, for objects whose sections name one to probe. jansson wants a seed. */
	static const char *const read[] = {"/proc", "/sys", "/usr", "/lib", "/dev/urandom"};
	/* libbpf 1.1 opens "/" where it wants the number of a descriptor. So folders can be listed.
	 */
	int err = allow(ruleset, "/", LANDLOCK_ACCESS_FS_READ_DIR);

	for (size_t i = 0; !err && i < ARRAY_SIZE(read); i++)
		err = allow(ruleset, read[i], READ);
	return err;
}

static int allow_hooks(int ruleset, const struct unit_file *file)
{
	int err = 0;

	for (size_t i = 0; !err && i < file->hook_count; i++)
		if (file->hooks[i].has_attach && file->hooks[i].attach.target[0] == '/')
			err = allow(ruleset, file->hooks[i].attach.target, READ);
	return err;
}

int confine_files(const struct loading *loading)
{
	struct landlock_ruleset_attr attributes = {.handled_access_fs = EVERYTHING};
	cleanup_close int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes,
						 sizeof(attributes.handled_access_fs), 0);
	int err;

	if (ruleset < 0)
		return -errno;
	err = allow_system(ruleset);
	if (!err)
		err = allow(ruleset, loading->request->root, EVERYTHING);
	if (!err)
		err = allow_folder_of(ruleset, loading->request->store, EVERYTHING);
	if (!err)
		err = allow_hooks(ruleset, loading->file);
	if (!err && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		err = -errno;
	return err;
}
