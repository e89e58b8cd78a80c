/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/place.h"

#include <string.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/pinned.h"
#include "lib/cleanup.h"

bool place_name_is_valid(const char *name)
{
	const char *number = strchr(name, '@');
	char hook[NAME_MAX_LENGTH + 1];
	uint64_t generation;

	if (!number)
		return name_is_valid(name);
	return str_format(hook, sizeof(hook), "%.*s", (int)(number - name), name) == 0 &&
	       name_is_valid(hook) && number[1] != '0' &&
	       strspn(number + 1, "0123456789") == strlen(number + 1) &&
	       str_to_u64(number + 1, &generation) == 0 && generation <= UINT32_MAX;
}

void place_path(const struct unit_pins *pins, const char *place, const char *pin, char *path)
{
	pin_path(path, pins->root, "%s/hooks/%s/%s", pins->unit, place, pin);
}

int place_link_look(int fd, struct bpf_link_info *ret)
{
	struct bpf_link_info info = {0};
	uint32_t length = sizeof(info);
	int err = pinned_kind(fd) == PIN_MAP ? anchor_look(fd, &info)
					     : bpf_obj_get_info_by_fd(fd, &info, &length);

	if (!err)
		*ret = info;
	return err;
}

static bool holds_event(const struct unit_pins *pins, const char *place, uint32_t *ret_entry)
{
	struct pinned link, entry;
	char path[PIN_PATH_MAX];

	place_path(pins, place, "link", path);
	if (pinned_look(path, &link) < 0 || !link.holds_event)
		return false;
	place_path(pins, place, "entry", path);
	*ret_entry = pinned_look(path, &entry) == 0 ? entry.id : 0;
	return true;
}

int place_link_info(const struct unit_pins *pins, const char *place, struct bpf_link_info *ret)
{
	struct bpf_link_info info = {0};
	char path[PIN_PATH_MAX];
	cleanup_close int link = -1;

	if (holds_event(pins, place, &info.prog_id)) {
		*ret = info;
		return 0;
	}
	place_path(pins, place, "link", path);
	link = bpf_obj_get(path);
	return link < 0 ? link : place_link_look(link, ret);
}

uint32_t place_link_id(const struct unit_pins *pins, const char *place)
{
	struct bpf_link_info info;

	return place_link_info(pins, place, &info) == 0 ? info.id : 0;
}
