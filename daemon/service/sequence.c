/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/sequence.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

static void cleanup_close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* Takes the name over, in its place by order; one that is there already is freed. */
static int insert(struct sequence *sequence, char *name)
{
	size_t place = sequence->count;
	char **names;

	while (place > 0 && strcmp(sequence->names[place - 1], name) > 0)
		place--;
	if (place > 0 && strcmp(sequence->names[place - 1], name) == 0) {
		free(name);
		return 0;
	}
	names = reallocarray(sequence->names, sequence->count + 1, sizeof(*names));
	if (!names) {
		free(name);
		return -ENOMEM;
	}
	memmove(names + place + 1, names + place, (sequence->count - place) * sizeof(*names));
	names[place] = name;
	sequence->names = names;
	sequence->count++;
	return 0;
}

static int add(struct sequence *sequence, const char *name, size_t length)
{
	char *copy = strndup(name, length);

	return copy ? insert(sequence, copy) : -ENOMEM;
}

int sequence_add(struct sequence *sequence, const char *name)
{
	return add(sequence, name, strlen(name));
}

int sequence_add_files(struct sequence *sequence, const char *directory, const char *suffix)
{
	CLEANUP(cleanup_close_directory) DIR *stream = opendir(directory);
	const struct dirent *entry;
	int err = 0;

	if (!stream)
		return -errno;
	while (!err && (entry = readdir(stream))) {
		size_t length = strlen(entry->d_name), end = strlen(suffix);

		if (entry->d_name[0] != '.' && length > end &&
		    strcmp(entry->d_name + length - end, suffix) == 0)
			err = add(sequence, entry->d_name, length - end);
	}
	return err;
}

void sequence_next(struct sequence *sequence)
{
	while (sequence->next < sequence->count && !sequence->units->stopping)
		if (sequence->begin(sequence->data, sequence->names[sequence->next++]))
			return; /* it may have come to the end already, and be gone */
	sequence->done(sequence->data);
}

const char *sequence_name(const struct sequence *sequence)
{
	return sequence->names[sequence->next - 1];
}

void sequence_deinit(struct sequence *sequence)
{
	for (size_t i = 0; i < sequence->count; i++)
		free(sequence->names[i]);
	free(sequence->names);
	sequence->names = NULL;
	sequence->count = sequence->next = 0;
}
