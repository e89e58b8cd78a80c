/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/unit_sections.h"

#include <errno.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "config/unit_file.h"
#include "config/unit_metric_section.h"
#include "config/words.h"
#include "lib/cleanup.h"

/* ---- [Unit], [Set], [Reload]: their target is the file itself
 * ------------------------------------ */

static int begin_plain(void *file, const char *name, unsigned line, struct config_errors *errors,
		       void **ret_target)
{
	(void)name, (void)line, (void)errors;
	*ret_target = file;
	return 0;
}

static int store_description(void *target, const struct schema_value *value,
			     struct config_errors *errors)
{
	struct unit_file *file = target;

	(void)errors;
	return schema_copy(value, &file->description);
}

/* A relative path starts at the unit file's folder, and that at the working directory. */
static char *path_beside(const char *beside, const char *path)
{
	const char *slash = strrchr(beside, '/');
	int folder_length = slash ? (int)(slash - beside) + 1 : 0;
	cleanup_free char *working = *beside == '/' ? strdup("") : getcwd(NULL, 0);
	char *joined;

	if (!working || asprintf(&joined, "%s%s%.*s%s", working, *beside == '/' ? "" : "/",
				 folder_length, beside, path) < 0)
		return NULL;
	return joined;
}

static int store_object(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct unit_file *file = target;

	(void)errors;
	if (*value->text == '/')
		return schema_copy(value, &file->object);
	file->object = path_beside(file->path, value->text);
	return file->object ? 0 : -ENOMEM;
}

static int store_heal(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_file *file = target;

	(void)schema_choose_yes(value, &file->heal, errors);
	return 0;
}

static int store_map_memory_max(void *target, const struct schema_value *value,
				struct config_errors *errors)
{
	struct unit_file *file = target;
	uint64_t bytes;

	if (str_to_size(value->text, &bytes) < 0 || bytes == 0)
		config_errors_add(errors, value->line,
				  "MapMemoryMax= cannot be '%s'; it is a number of bytes above 0, "
				  "such as 64M; suffixes: K, M, G",
				  value->text);
	else
		file->map_memory_max = bytes;
	return 0;
}

static int store_swap(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice swaps[] = {{.name = "auto", .value = SWAP_AUTO},
						     {.name = "link", .value = SWAP_LINK},
						     {.name = "entry", .value = SWAP_ENTRY},
						     {.name = "overlap", .later = true}};
	struct unit_file *file = target;
	int swap;

	if (schema_choose(value, swaps, ARRAY_SIZE(swaps), &swap, errors))
		file->swap = swap;
	return 0;
}

static int store_set(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_file *file = target;
	struct unit_set *sets = schema_grow(file->sets, file->set_count, sizeof(*sets));
	struct unit_set *set;

	(void)errors;
	if (!sets)
		return -ENOMEM;
	file->sets = sets;
	set = &sets[file->set_count++];
	set->line = value->line;
	set->name = strdup(value->key);
	set->value = strdup(value->text);
	return set->name && set->value ? 0 : -ENOMEM;
}

/* ---- values of several words
 * --------------------------------------------------------------------- */

/* Where the words of a Format= go. */
struct format_list {
	struct unit_format **formats;
	size_t *count;
};

bool field_format_parse(const char *word, enum field_format *ret)
{
	static const char *const names[] = {
		[FORMAT_IP4] = "ip4",	[FORMAT_IP6] = "ip6",  [FORMAT_MAC] = "mac",
		[FORMAT_PORT] = "port", [FORMAT_NS] = "ns",    [FORMAT_HEX] = "hex",
		[FORMAT_DEC] = "dec",	[FORMAT_TEXT] = "text"};

	_Static_assert(ARRAY_SIZE(names) == FORMAT_MAX_, "a name for each format");
	for (enum field_format format = 0; format < FORMAT_MAX_; format++)
		if (strcmp(word, names[format]) == 0) {
			*ret = format;
			return true;
		}
	return false;
}

static int append_format(const struct format_list *list, const char *field,
			 enum field_format format)
{
	struct unit_format *formats = schema_grow(*list->formats, *list->count, sizeof(*formats));

	if (!formats)
		return -ENOMEM;
	*list->formats = formats;
	formats[*list->count] = (struct unit_format){.format = format, .field = strdup(field)};
	return formats[(*list->count)++].field ? 0 : -ENOMEM;
}

static int add_format(void *target, char *word, unsigned line, struct config_errors *errors)
{
	const struct format_list *list = target;
	char *colon = strchr(word, ':');
	enum field_format format;

	if (!colon) {
		config_errors_add(errors, line, "Format=: '%s' is not FIELD:FORMAT", word);
		return 0;
	}
	*colon = '\0';
	if (!member_path_is_valid(word))
		config_errors_add(errors, line,
				  "Format=: '%s' is no name of a field, as saddr, or a.b for one "
				  "of a struct within",
				  word);
	for (size_t i = 0; i < *list->count; i++)
		if (strcmp((*list->formats)[i].field, word) == 0)
			config_errors_add(errors, line, "Format=: field '%s' is there twice", word);
	if (!field_format_parse(colon + 1, &format)) {
		config_errors_add(errors, line,
				  "Format=: unknown format '%s'; there are " FIELD_FORMATS,
				  colon + 1);
		return 0;
	}
	return append_format(list, word, format);
}

/* ---- [Hook NAME]
 * --------------------------------------------------------------------------------- */

static int begin_hook(void *target, const char *name, unsigned line, struct config_errors *errors,
		      void **ret_target)
{
	struct unit_file *file = target;
	struct unit_hook *hooks = schema_grow(file->hooks, file->hook_count, sizeof(*hooks));
	struct unit_hook *hook;

	if (!hooks)
		return -ENOMEM;
	file->hooks = hooks;
	hook = &hooks[file->hook_count++];
	hook->line = line;
	if (name_is_valid(name))
		(void)str_format(hook->name, sizeof(hook->name), "%s", name);
	else
		config_errors_add(
			errors, line,
			"'%s' is no name of a hook; it has small letters, digits, '_' and "
			"'-', and starts with a letter or digit",
			name);
	if (file->hook_count == EBPFD_HOOKS_MAX + 1)
		config_errors_add(errors, line, "more than %d hooks; split the unit in two",
				  EBPFD_HOOKS_MAX);
	*ret_target = hook;
	return 0;
}

static int store_program(void *target, const struct schema_value *value,
			 struct config_errors *errors)
{
	struct unit_hook *hook = target;

	if (!identifier_is_valid(value->text))
		config_errors_add(errors, value->line,
				  "Program=%s is no name of a function in the object", value->text);
	return schema_copy(value, &hook->program);
}

static int store_attach(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct unit_hook *hook = target;
	struct failure failure;

	if (attach_parse(value->text, &hook->attach, &failure) < 0)
		config_errors_add(errors, value->line, "Attach=: %s", failure.text);
	else
		hook->has_attach = true;
	return 0;
}

/* ---- [Map NAME]
 * ---------------------------------------------------------------------------------- */

static int begin_map(void *target, const char *name, unsigned line, struct config_errors *errors,
		     void **ret_target)
{
	struct unit_file *file = target;
	struct unit_map *maps = schema_grow(file->maps, file->map_count, sizeof(*maps));
	struct unit_map *map;

	if (!maps)
		return -ENOMEM;
	file->maps = maps;
	map = &maps[file->map_count++];
	map->line = line;
	map->name = strdup(name);
	if (!identifier_is_valid(name))
		config_errors_add(errors, line,
				  "'%s' is no name of a map that can be kept; those of data "
				  "sections, such as .bss, belong to one generation always",
				  name);
	*ret_target = map;
	return map->name ? 0 : -ENOMEM;
}

static int store_keep(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_map *map = target;
	bool keep;

	if (schema_choose_yes(value, &keep, errors))
		map->keep = keep ? KEEP_YES : KEEP_NO;
	return 0;
}

static int store_on_change(void *target, const struct schema_value *value,
			   struct config_errors *errors)
{
	static const struct schema_choice choices[] = {
		{.name = "refuse", .value = ON_CHANGE_REFUSE},
		{.name = "reset", .value = ON_CHANGE_RESET},
		{.name = "migrate", .later = true}};
	struct unit_map *map = target;
	int on_change;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &on_change, errors))
		map->on_change = on_change;
	return 0;
}

static int store_shared(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct unit_map *map = target;

	if (name_is_valid(value->text))
		(void)str_format(map->shared, sizeof(map->shared), "%s", value->text);
	else
		config_errors_add(
			errors, value->line,
			"Shared= cannot be '%s'; a name has 1 to %d small letters, digits, '_' "
			"and '-', and starts with a letter or digit",
			value->text, NAME_MAX_LENGTH);
	return 0;
}

bool unit_entry_field_is_valid(const char *field)
{
	const char *rest;

	return member_path_is_valid(field) &&
	       (str_has_prefix(field, "key", &rest) || str_has_prefix(field, "value", &rest)) &&
	       (*rest == '\0' || *rest == '.');
}

static int store_map_format(void *target, const struct schema_value *value,
			    struct config_errors *errors)
{
	struct unit_map *map = target;
	struct format_list list = {.formats = &map->formats, .count = &map->format_count};
	int err = schema_for_each_word(value, &list, add_format, errors);

	for (size_t i = 0; i < map->format_count; i++)
		if (!unit_entry_field_is_valid(map->formats[i].field))
			config_errors_add(errors, value->line,
					  "Format=: '%s' is no field of a map's entry; name key, "
					  "value, or one of theirs, as key.saddr",
					  map->formats[i].field);
	return err;
}

/* ---- [Events NAME]
 * ------------------------------------------------------------------------------- */

static int begin_events(void *target, const char *name, unsigned line, struct config_errors *errors,
			void **ret_target)
{
	struct unit_file *file = target;
	struct unit_events *all = schema_grow(file->events, file->event_count, sizeof(*all));
	struct unit_events *events;

	if (!all)
		return -ENOMEM;
	file->events = all;
	events = &all[file->event_count++];
	events->line = line;
	events->name = strdup(name);
	if (!identifier_is_valid(name))
		config_errors_add(errors, line, "'%s' is no name of a ring in the object", name);
	if (file->event_count == EBPFD_RINGS_MAX + 1)
		config_errors_add(errors, line, "more than %d [Events] sections", EBPFD_RINGS_MAX);
	*ret_target = events;
	return events->name ? 0 : -ENOMEM;
}

static int add_record(void *target, char *word, unsigned line, struct config_errors *errors)
{
	struct unit_events *events = target;
	char **records;

	if (!identifier_is_valid(word))
		config_errors_add(errors, line,
				  "Record=: '%s' is no name of a struct; part several by blanks",
				  word);
	for (size_t i = 0; i < events->record_count; i++)
		if (strcmp(events->records[i], word) == 0)
			config_errors_add(errors, line, "Record=: '%s' is there twice", word);
	records = schema_grow(events->records, events->record_count, sizeof(*records));
	if (!records)
		return -ENOMEM;
	events->records = records;
	records[events->record_count] = strdup(word);
	return records[events->record_count++] ? 0 : -ENOMEM;
}

static int store_record(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	return schema_for_each_word(value, target, add_record, errors);
}

static int store_format(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct unit_events *events = target;
	struct format_list list = {.formats = &events->formats, .count = &events->format_count};

	return schema_for_each_word(value, &list, add_format, errors);
}

static int store_sink_file(struct unit_events *events, const char *path, unsigned line,
			   struct config_errors *errors)
{
	if (!absolute_path_is_clean(path)) {
		config_errors_add(errors, line,
				  "Sink=file:%s: the path must be absolute, without '//', '/./', "
				  "'/../'",
				  path);
		return 0;
	}
	events->sink = SINK_FILE;
	events->sink_path = strdup(path);
	return events->sink_path ? 0 : -ENOMEM;
}

static int store_rings(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice choices[] = {{.name = "one", .value = RINGS_ONE},
						       {.name = "cpu", .value = RINGS_CPU}};
	struct unit_events *events = target;
	int rings;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &rings, errors))
		events->rings = rings;
	return 0;
}

static int store_check(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice choices[] = {{.name = "none", .value = CHECK_NONE},
						       {.name = "tcp4", .value = CHECK_TCP4}};
	struct unit_events *events = target;
	int check;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &check, errors))
		events->check = check;
	return 0;
}

static int store_sink(void *target, const struct schema_value *value, struct config_errors *errors)
{
	static const struct schema_choice sinks[] = {{.name = "none", .value = SINK_NONE},
						     {.name = "file:PATH", .value = SINK_FILE},
						     {.name = "journal", .value = SINK_JOURNAL}};
	struct unit_events *events = target;
	const char *path;
	int sink;

	if (str_has_prefix(value->text, "file:", &path))
		return store_sink_file(events, path, value->line, errors);
	if (schema_choose(value, sinks, ARRAY_SIZE(sinks), &sink, errors))
		events->sink = sink;
	return 0;
}

/* The kernel takes powers of two of at least a page. */
#define RING_SIZE_MIN 4096UL
#define RING_SIZE_MAX (1UL << 31)

static int store_size(void *target, const struct schema_value *value, struct config_errors *errors)
{
	struct unit_events *events = target;
	uint64_t wanted, size = RING_SIZE_MIN;

	if (str_to_size(value->text, &wanted) < 0 || wanted == 0 || wanted > RING_SIZE_MAX) {
		config_errors_add(errors, value->line,
				  "Size= cannot be '%s'; it is a number of bytes up to 2G, with K, "
				  "M or G behind it for larger ones, and is rounded up to a power "
				  "of two",
				  value->text);
		return 0;
	}
	while (size < wanted || size < (uint64_t)sysconf(_SC_PAGESIZE))
		size *= 2;
	events->size = (uint32_t)size;
	return 0;
}

/* ---- the tables
 * ---------------------------------------------------------------------------------- */

/* Rows without a function are of later versions. */
static const struct schema_key unit_keys[] = {
	{.name = "Description", .store = store_description},
	{.name = "Object", .store = store_object, .required = true},
	{.name = "Heal", .store = store_heal},
	{.name = "DriftInterval"},
	{.name = "MapMemoryMax", .store = store_map_memory_max},
};

static const struct schema_key hook_keys[] = {
	{.name = "Program", .store = store_program, .required = true},
	{.name = "Attach", .store = store_attach},
};

static const struct schema_key map_keys[] = {
	{.name = "Keep", .store = store_keep},
	{.name = "OnChange", .store = store_on_change},
	{.name = "Shared", .store = store_shared},
	{.name = "Format", .store = store_map_format},
};

static const struct schema_key events_keys[] = {
	{.name = "Record", .store = store_record}, {.name = "Format", .store = store_format},
	{.name = "Sink", .store = store_sink},	   {.name = "Size", .store = store_size},
	{.name = "Rings", .store = store_rings},   {.name = "Check", .store = store_check},
};

static const struct schema_key reload_keys[] = {
	{.name = "Swap", .store = store_swap},
};

#define KEYS(table) .keys = (table), .key_count = ARRAY_SIZE(table)

static const struct schema_section sections[] = {
	{.type = "Unit", .required = true, KEYS(unit_keys), .begin = begin_plain},
	{.type = "Set", .store_any = store_set, .begin = begin_plain},
	{.type = "Hook", .named = true, .required = true, KEYS(hook_keys), .begin = begin_hook},
	{.type = "Map", .named = true, KEYS(map_keys), .begin = begin_map},
	{.type = "Events", .named = true, KEYS(events_keys), .begin = begin_events},
	{.type = "Reload", KEYS(reload_keys), .begin = begin_plain},
	{.type = "Metric", .named = true, KEYS(unit_metric_keys), .begin = unit_metric_begin},
};

const struct schema unit_schema = {.sections = sections, .section_count = ARRAY_SIZE(sections)};
