/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/listener.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#define SOCKET_GROUP "ebpfd"
#define SOCKET_MODE  0660

static int make_address(const char *runtime_directory, struct sockaddr_un *ret,
			struct failure *reterr_failure)
{
	int err;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	err = str_format(ret->sun_path, sizeof(ret->sun_path), "%s/" CONTROL_SOCKET,
			 runtime_directory);
	if (err)
		return failure_set(reterr_failure, OUTCOME_FAILED, err,
				   "runtime directory \"%s\": its path is too long for a socket "
				   "(%zu bytes at most)",
				   runtime_directory, sizeof(ret->sun_path) - 1);
	return 0;
}

static bool somebody_answers(const struct sockaddr_un *address)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

/* Born without any rights for others, so that nobody slips in before group and mode are set. */
static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int err = 0;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err = -errno;
	(void)umask(before);
	return err;
}

static int set_access(const char *path)
{
	const struct group *group = getgrnam(SOCKET_GROUP);

	if (group && chown(path, (uid_t)-1, group->gr_gid) < 0)
		return -errno;
	return chmod(path, SOCKET_MODE) < 0 ? -errno : 0;
}

static int open_at(const struct sockaddr_un *address, int *ret_fd)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	(void)unlink(address->sun_path);
	err = bind_private(fd, address);
	if (!err)
		err = set_access(address->sun_path);
	if (!err && listen(fd, SOMAXCONN) < 0)
		err = -errno;
	if (err)
		return err;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int listener_open(const char *runtime_directory, int *ret_fd, struct failure *reterr_failure)
{
	struct sockaddr_un address;
	int err = make_address(runtime_directory, &address, reterr_failure);

	if (err)
		return err;
	if (mkdir(runtime_directory, 0755) < 0 && errno != EEXIST)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno,
					 "cannot make runtime directory \"%s\"", runtime_directory);
	if (somebody_answers(&address))
		return failure_set(reterr_failure, OUTCOME_FAILED, -EADDRINUSE,
				   "another ebpfd answers at \"%s\"; give each its --runtime-dir",
				   address.sun_path);
	err = open_at(&address, ret_fd);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot listen at \"%s\"", address.sun_path);
	return 0;
}
