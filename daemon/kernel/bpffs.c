/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/bpffs.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/held_event.h"
#include "lib/cleanup.h"
#include "lib/str.h"

void pin_path(char path[PIN_PATH_MAX], const char *root, const char *format, ...)
{
	int used = snprintf(path, PIN_PATH_MAX, "%s/", root);
	va_list values;

	va_start(values, format);
	(void)vsnprintf(path + used, PIN_PATH_MAX - (size_t)used, format, values);
	va_end(values);
}

static int refuse_no_bpffs(const char *root, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_FAILED, -EINVAL,
			   "root \"%s\" is not on a bpffs; mount one "
			   "(mount -t bpf bpf /sys/fs/bpf) or give another --root",
			   root);
}

/* Whether the parent of a path is on bpffs: only there do we make a root. */
static int check_parent(const char *root, struct failure *reterr_failure)
{
	cleanup_free char *parent = strdup(root);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	struct statfs fs = {0};

	if (!parent)
		return -ENOMEM;
	if (!slash || slash == parent)
		return refuse_no_bpffs(root, reterr_failure);
	*slash = '\0';
	if (statfs(parent, &fs) < 0 && errno != ENOENT)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "root \"%s\"",
					 root);
	return fs.f_type == BPF_FS_MAGIC ? 0 : refuse_no_bpffs(root, reterr_failure);
}

int bpffs_open_root(const char *root, int *ret_fd, struct failure *reterr_failure)
{
	cleanup_close int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	int err;

	if (fd < 0 && errno == ENOENT) {
		err = check_parent(root, reterr_failure);
		if (err)
			return err;
		if (mkdir(root, 0755) < 0)
			return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
						 "cannot make root \"%s\"", root);
		fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0 && errno == ENOTDIR)
		return refuse_no_bpffs(root, reterr_failure);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "root \"%s\"",
					 root);
	if (fs.f_type != BPF_FS_MAGIC)
		return refuse_no_bpffs(root, reterr_failure);
	if (faccessat(fd, ".", W_OK, AT_EACCESS) < 0)
		return failure_set_errno(
			reterr_failure, OUTCOME_FAILED, -errno,
			"root \"%s\" cannot be written; ebpfd needs a bpffs that is "
			"mounted read-write",
			root);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 00:2a:5 0 EOF". */
static bool find_lock_holder(int fd, int *ret_pid)
{
	cleanup_fclose FILE *locks = fopen("/proc/locks", "re");
	char line[256], wanted[64];
	struct stat st;

	if (!locks || fstat(fd, &st) < 0)
		return false;
	(void)snprintf(wanted, sizeof(wanted), "%02x:%02x:%lu", major(st.st_dev), minor(st.st_dev),
		       (unsigned long)st.st_ino);
	while (fgets(line, sizeof(line), locks)) {
		char inode[64];
		int pid;

		if (sscanf(line, "%*s FLOCK %*s %*s %d %63s", &pid, inode) == 2 &&
		    strcmp(inode, wanted) == 0) {
			*ret_pid = pid;
			return true;
		}
	}
	return false;
}

int bpffs_lock(int root_fd, const char *root, bool *ret_holder_lives,
	       struct failure *reterr_failure)
{
	int pid;

	if (flock(root_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot lock root \"%s\"", root);
	/* Once its owner has ended, /proc/locks shows a lock in the first pid namespace alone. */
	*ret_holder_lives = false;
	if (!find_lock_holder(root_fd, &pid))
		return failure_set(
			reterr_failure, OUTCOME_FAILED, -EWOULDBLOCK,
			"root \"%s\" is locked by a process that cannot be seen from here; "
			"one ebpfd serves one root",
			root);
	*ret_holder_lives = kill(pid, 0) == 0 || errno != ESRCH;
	return failure_set(
		reterr_failure, OUTCOME_FAILED, -EWOULDBLOCK,
		*ret_holder_lives
			? "root \"%s\" is in use by process %d; one ebpfd serves one root"
			: "root \"%s\" is still locked by a loader of ebpfd %d, which is gone; "
			  "start again once that loader has ended (fuser -v names it)",
		root, pid);
}

int bpffs_make_directory(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int bpffs_pin(int fd, const char *path, struct failure *reterr_failure)
{
	int err = bpf_obj_pin(fd, path);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err, "cannot pin \"%s\"",
					 path);
	return 0;
}

static int remove_below(int parent_fd, const char *name);

/* Empties the directory; closes it. */
static int remove_entries(DIR *directory)
{
	struct dirent *entry;
	int err = 0;

	while (!err && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR)
			err = remove_below(dirfd(directory), entry->d_name);
		else if (unlinkat(dirfd(directory), entry->d_name, 0) < 0)
			err = -errno;
	}
	closedir(directory);
	return err;
}

static int remove_below(int parent_fd, const char *name)
{
	cleanup_close int fd =
		openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory;
	int err;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	directory = fdopendir(fd);
	if (!directory)
		return -errno;
	(void)TAKE_FD(fd);
	err = remove_entries(directory);
	if (!err && unlinkat(parent_fd, name, AT_REMOVEDIR) < 0)
		err = -errno;
	return err;
}

int bpffs_remove_tree(const char *path)
{
	return remove_below(AT_FDCWD, path);
}

/*
 * Detaches before the pin goes: the kernel lets go of an unpinned link only some time later
 * (kernel/bpf/inode.c, bpf_free_inode() runs after a grace period), and until then the hook is
 * taken. Links of tracepoints cannot be detached (EOPNOTSUPP), and take no place from anybody.
 */
int bpffs_remove_link(const char *path)
{
	cleanup_close int fd = bpf_obj_get(path);

	/* Whichever of the three it is; the other calls are refused. */
	if (fd >= 0 && bpf_link_detach(fd) < 0 && held_event_release(fd) < 0)
		anchor_release(fd);
	return unlink(path) < 0 ? -errno : 0;
}

static int remove_pin(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

/* Removes one pin of each hook of a unit. */
static int remove_of_hooks(const char *unit_path, const char *pin,
			   int (*remove_one)(const char *path))
{
	char hooks[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	int result = 0;

	pin_path(hooks, unit_path, "hooks");
	directory = opendir(hooks);
	if (!directory)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(directory))) {
		char path[PIN_PATH_MAX];
		int err;

		if (entry->d_name[0] == '.')
			continue;
		pin_path(path, hooks, "%s/%s", entry->d_name, pin);
		err = remove_one(path);
		if (err && err != -ENOENT && err != -ENOTDIR)
			result = err;
	}
	closedir(directory);
	return result;
}

int bpffs_remove_links(const char *unit_path)
{
	return remove_of_hooks(unit_path, "link", bpffs_remove_link);
}

int bpffs_remove_unit(const char *path)
{
	int err = bpffs_remove_links(path);

	if (!err)
		err = remove_of_hooks(path, "entry", remove_pin);
	return err ? err : bpffs_remove_tree(path);
}

int bpffs_encode_name(const char *name, char *buffer, size_t size)
{
	int err = str_format(buffer, size, "%s", name);

	if (err)
		return err;
	for (; *buffer; buffer++)
		if (*buffer == '.')
			*buffer = '-';
	return 0;
}
