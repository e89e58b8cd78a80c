/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/fd_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/service/manager.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/str.h"

static void free_names(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

int fd_store_take(struct fd_store *ret)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(true, &names);

	*ret = (struct fd_store){0};
	if (count <= 0)
		return count;
	ret->passed = calloc((size_t)count, sizeof(*ret->passed));
	if (!ret->passed) {
		free_names(names);
		return -ENOMEM;
	}
	ret->count = (size_t)count;
	for (int i = 0; i < count; i++)
		ret->passed[i] =
			(struct fd_stored){.name = names[i], .fd = SD_LISTEN_FDS_START + i};
	free(names); /* each name is the store's now */
	return 0;
}

static void tell_flaw(const char *name, const char *wrong)
{
	log_warning("the descriptor \"%s\" that was passed %s", name, wrong);
}

int fd_store_claim(struct fd_store *store, const char *name, fd_store_flaw_fn flaw,
		   const void *data)
{
	int claimed = -1;

	for (size_t i = 0; i < store->count; i++) {
		struct fd_stored *stored = &store->passed[i];
		const char *wrong;

		if (stored->fd < 0 || strcmp(stored->name, name) != 0)
			continue;
		wrong = flaw(stored->fd, data);
		if (wrong)
			tell_flaw(name, wrong);
		else if (claimed < 0)
			claimed = TAKE_FD(stored->fd);
		else
			close_and_forget(&stored->fd);
	}
	return claimed;
}

void fd_store_claim_all(struct fd_store *store, const char *prefix, fd_store_take_fn take)
{
	for (size_t i = 0; i < store->count; i++) {
		struct fd_stored *stored = &store->passed[i];
		const char *wrong;

		if (stored->fd < 0 || !str_has_prefix(stored->name, prefix, NULL))
			continue;
		wrong = take(stored->fd);
		if (wrong)
			tell_flaw(stored->name, wrong);
		else
			stored->fd = -1;
	}
}

void fd_store_forget(const char *name)
{
	char text[256];

	if (str_format(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name) == 0)
		(void)manager_tell(text, -1);
}

void fd_store_drop_unclaimed(struct fd_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct fd_stored *stored = &store->passed[i];

		if (stored->fd < 0)
			continue;
		log_warning("nothing wants the descriptor \"%s\" that was passed; it is dropped",
			    stored->name);
		fd_store_forget(stored->name);
	}
	fd_store_deinit(store);
}

void fd_store_deinit(struct fd_store *store)
{
	for (size_t i = 0; i < store->count; i++) {
		close_and_forget(&store->passed[i].fd);
		free(store->passed[i].name);
	}
	free(store->passed);
	*store = (struct fd_store){0};
}

/* FDPOLL=0: whether it is still good is looked at when it comes back, and a flaw is then logged. */
void fd_store_keep(const char *name, int fd)
{
	char text[256];

	if (str_format(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name) == 0 &&
	    manager_tell(text, fd) == -EAGAIN)
		log_warning("the service manager takes no messages, so that it does not keep the "
			    "descriptor \"%s\" while ebpfd restarts",
			    name);
}
