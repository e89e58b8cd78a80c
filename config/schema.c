/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/ini.h"
#include "config/words.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#define BLANKS " \t"

#define SCHEMA_TYPES_MAX 8

/* A section or a key that was met, with its line. */
struct seen {
	char *text;
	unsigned line;
};

struct walk {
	const struct schema *schema;
	void *file;
	struct config_errors *errors;
	const struct schema_section *section; /* NULL: keys are skipped */
	unsigned section_line;
	void *target;
	bool met[SCHEMA_TYPES_MAX]; /* in the order of the schema's sections, also bad ones */
	struct seen sections[SCHEMA_SECTIONS_MAX];
	size_t section_count;
	struct seen keys[SCHEMA_KEYS_MAX];
	size_t key_count;
};

static void forget(struct seen *seen, size_t *count)
{
	while (*count > 0)
		free(seen[--*count].text);
}

static const struct seen *find_seen(const struct seen *seen, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i].text, text) == 0)
			return &seen[i];
	return NULL;
}

static int note_seen(struct seen *seen, size_t *count, const char *text, unsigned line)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	seen[(*count)++] = (struct seen){.text = copy, .line = line};
	return 0;
}

/* "a, b, c" of the words that this version knows. */
static void list_choices(const struct schema_choice *choices, size_t count, char *buffer,
			 size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (!choices[i].later)
			(void)str_list_add(buffer, size, choices[i].name);
}

bool schema_choose(const struct schema_value *value, const struct schema_choice *choices,
		   size_t count, int *ret, struct config_errors *errors)
{
	char list[128];

	for (size_t i = 0; i < count; i++) {
		if (strcmp(value->text, choices[i].name) != 0)
			continue;
		if (choices[i].later)
			config_errors_add(errors, value->line, "%s=%s is " NOT_SUPPORTED,
					  value->key, value->text);
		else
			*ret = choices[i].value;
		return !choices[i].later;
	}
	list_choices(choices, count, list, sizeof(list));
	config_errors_add(errors, value->line, "%s= cannot be '%s'; it may be: %s", value->key,
			  value->text, list);
	return false;
}

bool schema_choose_yes(const struct schema_value *value, bool *ret, struct config_errors *errors)
{
	if (str_to_bool(value->text, ret) == 0)
		return true;
	config_errors_add(errors, value->line, "%s= cannot be '%s'; it may be: yes, no", value->key,
			  value->text);
	return false;
}

int schema_for_each_word(const struct schema_value *value, void *target,
			 int (*store_one)(void *target, char *word, unsigned line,
					  struct config_errors *errors),
			 struct config_errors *errors)
{
	cleanup_free char *words = strdup(value->text);
	char *state, *word;
	int err = 0;

	if (!words)
		return -ENOMEM;
	for (word = strtok_r(words, BLANKS, &state); word && !err;
	     word = strtok_r(NULL, BLANKS, &state))
		err = store_one(target, word, value->line, errors);
	return err;
}

int schema_copy(const struct schema_value *value, char **field)
{
	char *copy = strdup(value->text);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

void *schema_grow(void *array, size_t count, size_t size)
{
	char *grown = reallocarray(array, count + 1, size);

	if (grown)
		memset(grown + count * size, 0, size);
	return grown;
}

static const struct schema_section *find_section(const struct schema *schema, const char *type)
{
	for (size_t i = 0; i < schema->section_count; i++)
		if (strcmp(schema->sections[i].type, type) == 0)
			return &schema->sections[i];
	return NULL;
}

static const struct schema_key *find_key(const struct schema_section *section, const char *name)
{
	for (size_t i = 0; i < section->key_count; i++)
		if (strcmp(section->keys[i].name, name) == 0)
			return &section->keys[i];
	return NULL;
}

static void unknown_section(struct walk *walk, const char *type, unsigned line)
{
	struct word_guess guess = {.typed = type};

	for (size_t i = 0; i < walk->schema->section_count; i++)
		word_guess_consider(&guess, walk->schema->sections[i].type);
	if (guess.best)
		config_errors_add(walk->errors, line, "unknown section [%s]; did you mean [%s]?",
				  type, guess.best);
	else
		config_errors_add(walk->errors, line, "unknown section [%s]", type);
}

/* Notes what is wrong with the header of a section of a known type; false if something is. */
static bool header_is_good(struct walk *walk, const struct schema_section *section,
			   const char *name, unsigned line)
{
	if (section->later)
		config_errors_add(walk->errors, line, "[%s] is " NOT_SUPPORTED, section->type);
	else if (section->named && !*name)
		config_errors_add(walk->errors, line, "[%s] needs a name: [%s NAME]", section->type,
				  section->type);
	else if (!section->named && *name)
		config_errors_add(walk->errors, line, "[%s] takes no name, '%s' was given",
				  section->type, name);
	else
		return true;
	return false;
}

/* Notes the section; 1 if it may begin, 0 if it may not, -ENOMEM. */
static int admit_section(struct walk *walk, const char *type, const char *name, unsigned line)
{
	char title[2 * INI_NAME_MAX + 2];
	const struct seen *former;
	size_t used = strlen(type);

	memcpy(title, type, used + 1);
	if (*name) {
		title[used] = ' ';
		strcpy(title + used + 1, name);
	}
	former = find_seen(walk->sections, walk->section_count, title);
	if (former) {
		config_errors_add(walk->errors, line, "[%s] is there already, at line %u", title,
				  former->line);
		return 0;
	}
	if (walk->section_count == SCHEMA_SECTIONS_MAX) {
		config_errors_add(walk->errors, line, "more than %d sections", SCHEMA_SECTIONS_MAX);
		return 0;
	}
	return note_seen(walk->sections, &walk->section_count, title, line) ?: 1;
}

static void leave_section(struct walk *walk)
{
	const struct schema_section *section = walk->section;

	for (size_t i = 0; section && i < section->key_count; i++)
		if (section->keys[i].required &&
		    !find_seen(walk->keys, walk->key_count, section->keys[i].name))
			config_errors_add(walk->errors, walk->section_line, "[%s] has no %s=",
					  walk->sections[walk->section_count - 1].text,
					  section->keys[i].name);
	walk->section = NULL;
	forget(walk->keys, &walk->key_count);
}

static int visit_section(void *userdata, const char *type, const char *name, unsigned line)
{
	struct walk *walk = userdata;
	const struct schema_section *section = find_section(walk->schema, type);
	int r;

	leave_section(walk);
	if (!section) {
		unknown_section(walk, type, line);
		return 0;
	}
	walk->met[section - walk->schema->sections] = true;
	if (!header_is_good(walk, section, name, line))
		return 0;
	r = admit_section(walk, type, name, line);
	if (r <= 0)
		return r;
	r = section->begin(walk->file, name, line, walk->errors, &walk->target);
	if (r < 0)
		return r;
	walk->section = section;
	walk->section_line = line;
	return 0;
}

static const struct schema_section *section_with_key(const struct schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->section_count; i++)
		if (find_key(&schema->sections[i], name))
			return &schema->sections[i];
	return NULL;
}

static void unknown_key(struct walk *walk, const char *name, unsigned line)
{
	const struct schema_section *section = walk->section;
	const struct schema_section *elsewhere = section_with_key(walk->schema, name);
	struct word_guess guess = {.typed = name};

	for (size_t i = 0; i < section->key_count; i++)
		word_guess_consider(&guess, section->keys[i].name);
	if (elsewhere)
		config_errors_add(walk->errors, line,
				  "unknown key %s= in [%s]; it belongs in [%s%s]", name,
				  section->type, elsewhere->type, elsewhere->named ? " NAME" : "");
	else if (guess.best)
		config_errors_add(walk->errors, line, "unknown key %s= in [%s]; did you mean %s=?",
				  name, section->type, guess.best);
	else
		config_errors_add(walk->errors, line, "unknown key %s= in [%s]", name,
				  section->type);
}

/* Notes the key; 1 if it may be stored, 0 if it may not, -ENOMEM. */
static int admit_key(struct walk *walk, const char *name, unsigned line)
{
	const struct seen *former = find_seen(walk->keys, walk->key_count, name);

	if (former) {
		config_errors_add(walk->errors, line, "%s= is there already, at line %u", name,
				  former->line);
		return 0;
	}
	if (walk->key_count == SCHEMA_KEYS_MAX) {
		config_errors_add(walk->errors, line, "more than %d keys in one section",
				  SCHEMA_KEYS_MAX);
		return 0;
	}
	return note_seen(walk->keys, &walk->key_count, name, line) ?: 1;
}

static int store_any(struct walk *walk, const struct schema_value *value)
{
	if (!identifier_is_valid(value->key)) {
		config_errors_add(walk->errors, value->line,
				  "'%s' cannot be the name of a variable", value->key);
		return 0;
	}
	return walk->section->store_any(walk->target, value, walk->errors);
}

static int store_known(struct walk *walk, const struct schema_value *value)
{
	const struct schema_key *key = find_key(walk->section, value->key);

	if (!key)
		unknown_key(walk, value->key, value->line);
	else if (!key->store)
		config_errors_add(walk->errors, value->line, "%s= is " NOT_SUPPORTED, value->key);
	else if (!*value->text && !key->may_be_empty)
		config_errors_add(walk->errors, value->line,
				  "%s= has no value; give one or leave the key out", value->key);
	else
		return key->store(walk->target, value, walk->errors);
	return 0;
}

static int visit_key(void *userdata, const char *name, const char *text, unsigned line)
{
	struct walk *walk = userdata;
	const struct schema_value value = {.key = name, .text = text, .line = line};
	int r;

	if (!walk->section)
		return 0;
	r = admit_key(walk, name, line);
	if (r <= 0)
		return r;
	return walk->section->store_any ? store_any(walk, &value) : store_known(walk, &value);
}

static void check_required_sections(struct walk *walk, unsigned last_line)
{
	for (size_t i = 0; i < walk->schema->section_count; i++) {
		const struct schema_section *section = &walk->schema->sections[i];

		if (section->required && !walk->met[i])
			config_errors_add(walk->errors, last_line,
					  "the file ends without a section [%s%s]", section->type,
					  section->named ? " NAME" : "");
	}
}

int schema_read(const struct schema *schema, const char *text, size_t length, void *file,
		struct config_errors *errors)
{
	static const struct ini_visitor visitor = {.section = visit_section, .key = visit_key};
	cleanup_free struct walk *walk = calloc(1, sizeof(*walk));
	unsigned lines;
	int err;

	assert(schema->section_count <= SCHEMA_TYPES_MAX);
	if (!walk)
		return -ENOMEM;
	walk->schema = schema;
	walk->file = file;
	walk->errors = errors;
	err = ini_text_read(text, length, &visitor, walk, errors, &lines);
	if (!err) {
		leave_section(walk);
		check_required_sections(walk, lines);
	}
	forget(walk->sections, &walk->section_count);
	forget(walk->keys, &walk->key_count);
	return err;
}
