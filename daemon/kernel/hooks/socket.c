/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Socket filters of packet sockets that the daemon holds. Their verdict is how many bytes of the
 * packet wait in the socket to be read, which nobody does.
 */
#include "daemon/kernel/anchor.h"
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/hook.h"
#include "daemon/kernel/hooks/interface.h"
#include "daemon/kernel/packet_socket.h"
#include "lib/cleanup.h"

static int socket_describe(const struct attach *attach, struct hook_type *ret,
			   struct failure *reterr_failure)
{
	(void)attach;
	(void)reterr_failure;
	*ret = (struct hook_type){.program_type = BPF_PROG_TYPE_SOCKET_FILTER};
	return 0;
}

/*
 * One that runs the program is open already where only the pin of its anchor was removed. One whose
 * interface is gone is of no use any more.
 */
static bool is_open_already(uint32_t interface, struct anchor *anchor)
{
	struct anchor held;

	if (!held_sockets_find(anchor->program, &held))
		return false;
	if (held.interface == interface && packet_socket_is_there(&held) == 1) {
		*anchor = held;
		return true;
	}
	held_sockets_release(&held);
	return false;
}

static int open_and_hold(uint32_t interface, int program_fd, struct anchor *anchor,
			 struct failure *reterr_failure)
{
	cleanup_close int fd = packet_socket_open(interface, program_fd, anchor, reterr_failure);
	int err = fd < 0 ? fd : held_sockets_add(anchor, fd);

	if (!err)
		(void)TAKE_FD(fd);
	return err;
}

static int socket_attach(const struct attach *attach, int program_fd,
			 struct failure *reterr_failure)
{
	int index = interface_index(attach, reterr_failure), err, fd;
	struct anchor anchor;

	if (index < 0)
		return index;
	err = anchor_init(&anchor, ANCHOR_SOCKET, (uint32_t)index, program_fd, reterr_failure);
	if (!err && !is_open_already((uint32_t)index, &anchor))
		err = open_and_hold((uint32_t)index, program_fd, &anchor, reterr_failure);
	if (err)
		return err;
	fd = anchor_make(&anchor, reterr_failure);
	if (fd < 0)
		held_sockets_release(&anchor);
	return fd;
}

const struct hook_operations hook_socket = {.describe = socket_describe,
					    .attach = socket_attach,
					    .attachment = "socket",
					    .is_held = true,
					    .noun = "interface",
					    .target = interface_target,
					    .link_target = interface_link_target};
