/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * objects FOLDER [PID]: prints which programs, maps and links are pinned below a folder of bpffs, a
 * line "prog ID PATH", "map ID PATH" or "link ID PATH" each, the path as from the folder; and which
 * are open in a process, with "-" for a path.
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "lib/macro.h"
#include "lib/str.h"

#define DESCRIPTORS_AT_ONCE 16
#define FDINFO_SIZE_MAX	    65536

/* What /proc/PID/fdinfo/FD says of the object. A descriptor that is gone, or of another kind, says
 * nothing. */
static void print_object(const char *pid, const char *fd, const char *name)
{
	/* Links first: they name their program, too. */
	static const char *const kinds[] = {"link", "map", "prog"};
	cleanup_free char *text = NULL;
	char path[64], key[16];
	size_t length;

	if (str_format(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd) < 0 ||
	    file_read_path(path, FDINFO_SIZE_MAX, &text, &length) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *found;

		(void)str_format(key, sizeof(key), "\n%s_id:\t", kinds[i]);
		found = strstr(text, key);
		if (!found)
			continue;
		found += strlen(key);
		(void)printf("%s %.*s %s\n", kinds[i], (int)strcspn(found, "\n"), found, name);
		return;
	}
}

static int print_pin(const char *path, const struct stat *status, int type, struct FTW *place)
{
	cleanup_close int fd = type == FTW_F ? bpf_obj_get(path) : -1;
	char number[16];

	(void)status;
	(void)place;
	if (fd < 0)
		return 0;
	(void)str_format(number, sizeof(number), "%d", fd);
	print_object("self", number, path + strlen("./"));
	return 0;
}

static void print_descriptors(const char *pid)
{
	char path[64];
	const struct dirent *entry;
	DIR *folder;

	if (str_format(path, sizeof(path), "/proc/%s/fdinfo", pid) < 0)
		return;
	folder = opendir(path);
	while (folder && (entry = readdir(folder)))
		print_object(pid, entry->d_name, "-");
	if (folder)
		closedir(folder);
}

int main(int argc, char **argv)
{
	if ((argc != 2 && argc != 3) || chdir(argv[1]) < 0 ||
	    nftw(".", print_pin, DESCRIPTORS_AT_ONCE, FTW_PHYS) < 0) {
		(void)fprintf(stderr, "objects: usage: objects FOLDER [PID] (%s)\n",
			      strerror(errno));
		return 2;
	}
	if (argc == 3)
		print_descriptors(argv[2]);
	return 0;
}
