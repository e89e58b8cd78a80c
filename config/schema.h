/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file may hold: tables of sections and keys. Unknown and doubled ones are errors with their
 * line; an unknown one that is near a known one is asked about, and one that a later version will
 * know is named as such.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/errors.h"

#define NOT_SUPPORTED "not supported by this version"

/* Sections of a file and keys of a section; no file that makes sense comes near. */
#define SCHEMA_SECTIONS_MAX 256
#define SCHEMA_KEYS_MAX	    256

/* One KEY=VALUE. */
struct schema_value {
	const char *key;
	const char *text;
	unsigned line;
};

/*
 * Stores a value in `target`, which the section's begin() gave. Returns 0, also for a bad value,
 * which it adds to the errors; or -ENOMEM.
 */
typedef int schema_store(void *target, const struct schema_value *value,
			 struct config_errors *errors);

struct schema_key {
	const char *name;
	schema_store *store; /* NULL: of a later version */
	bool may_be_empty;
	bool required; /* in each section of its type */
};

struct schema_section {
	const char *type;
	bool named;    /* `[TYPE NAME]`, many with different names; else `[TYPE]`, once */
	bool later;    /* of a later version */
	bool required; /* once at least */
	const struct schema_key *keys;
	size_t key_count;
	schema_store *store_any; /* for any key that is an identifier, in place of `keys` */
	/*
	 * Makes room in `file` for a section and gives it as *ret_target, for store(), valid until
	 * the next begin(). Also for a section that is in error. Returns 0 or -ENOMEM.
	 */
	int (*begin)(void *file, const char *name, unsigned line, struct config_errors *errors,
		     void **ret_target);
};

struct schema {
	const struct schema_section *sections;
	size_t section_count;
};

/* A word that a value may be. */
struct schema_choice {
	const char *name;
	int value;
	bool later; /* of a later version */
};

/* Whether the value is one of the words; if so it is in *ret, else an error is added. */
bool schema_choose(const struct schema_value *value, const struct schema_choice *choices,
		   size_t count, int *ret, struct config_errors *errors);

/* The same of yes and no. */
bool schema_choose_yes(const struct schema_value *value, bool *ret, struct config_errors *errors);

/*
 * Calls `store_one` for each of the words that blanks part, until one returns other than 0, which
 * is returned. It may write to its word. -ENOMEM.
 */
int schema_for_each_word(const struct schema_value *value, void *target,
			 int (*store_one)(void *target, char *word, unsigned line,
					  struct config_errors *errors),
			 struct config_errors *errors);

/* Copies the value in place of what *field holds. */
int schema_copy(const struct schema_value *value, char **field);

/* The array of `count` elements, moved, with a zeroed one behind. NULL without memory: it stays. */
void *schema_grow(void *array, size_t count, size_t size);

/*
 * Reads text into `file` by the tables. Errors in it are added to `errors`; what is missing in a
 * section is one at the line of its header, a missing section one at the last line. Returns 0 or
 * -ENOMEM.
 */
int schema_read(const struct schema *schema, const char *text, size_t length, void *file,
		struct config_errors *errors);
