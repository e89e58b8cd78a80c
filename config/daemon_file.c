/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/daemon_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/listen_address.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/words.h"
#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/str.h"

#define DAEMON_FILE_SIZE_MAX (64UL * 1024)

static int begin_section(void *file, const char *name, unsigned line, struct config_errors *errors,
			 void **ret_target)
{
	(void)name, (void)line, (void)errors;
	*ret_target = file;
	return 0;
}

static int store_units_directory(void *target, const struct schema_value *value,
				 struct config_errors *errors)
{
	struct daemon_file *file = target;

	if (!absolute_path_is_clean(value->text)) {
		config_errors_add(errors, value->line,
				  "UnitsDirectory=%s: the path must be absolute, without '//', "
				  "'/./', '/../' and a '/' at the end",
				  value->text);
		return 0;
	}
	return schema_copy(value, &file->units_directory);
}

static int store_watch_units(void *target, const struct schema_value *value,
			     struct config_errors *errors)
{
	struct daemon_file *file = target;

	(void)schema_choose_yes(value, &file->watch_units, errors);
	return 0;
}

/* Stores a number above 0 that `parse` reads; `form` says how it may be written. */
static int store_number(const struct schema_value *value, int (*parse)(const char *, uint64_t *),
			const char *form, uint64_t *field, struct config_errors *errors)
{
	uint64_t number;

	if (parse(value->text, &number) < 0 || number == 0)
		config_errors_add(errors, value->line, "%s= cannot be '%s'; it is %s", value->key,
				  value->text, form);
	else
		*field = number;
	return 0;
}

#define TIME_FORM "a time above 0, such as 30s; suffixes: us, ms, s, min"
#define SIZE_FORM "a number of bytes above 0, such as 512M; suffixes: K, M, G"

static int store_load_timeout(void *target, const struct schema_value *value,
			      struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_usec, TIME_FORM, &file->load_timeout_usec, errors);
}

static int store_load_memory_max(void *target, const struct schema_value *value,
				 struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_size, SIZE_FORM, &file->load_memory_max, errors);
}

static int store_object_size_max(void *target, const struct schema_value *value,
				 struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_size, SIZE_FORM, &file->object_size_max, errors);
}

static int store_max_clients(void *target, const struct schema_value *value,
			     struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_u64, "a number above 0", &file->max_clients, errors);
}

static int store_history_max(void *target, const struct schema_value *value,
			     struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_u64, "a number above 0", &file->history_max, errors);
}

static int store_object_store_max(void *target, const struct schema_value *value,
				  struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_size, SIZE_FORM, &file->object_store_max, errors);
}

/* Each look reads every hook's link: more often is of no use, and a burden. */
#define DRIFT_INTERVAL_MIN_USEC 100000

static int store_drift_interval(void *target, const struct schema_value *value,
				struct config_errors *errors)
{
	struct daemon_file *file = target;
	uint64_t usec = 0;

	if (str_to_usec(value->text, &usec) < 0 || usec < DRIFT_INTERVAL_MIN_USEC)
		config_errors_add(errors, value->line,
				  "DriftInterval= cannot be '%s'; it is a time of 100ms at least, "
				  "such as 5s; suffixes: us, ms, s, min",
				  value->text);
	else
		file->drift_interval_usec = usec;
	return 0;
}

static int store_max_subscribers(void *target, const struct schema_value *value,
				 struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_u64, "a number above 0", &file->max_subscribers, errors);
}

static int store_subscriber_buffer(void *target, const struct schema_value *value,
				   struct config_errors *errors)
{
	struct daemon_file *file = target;

	return store_number(value, str_to_size, SIZE_FORM, &file->subscriber_buffer, errors);
}

static int store_reload_group(void *target, const struct schema_value *value,
			      struct config_errors *errors)
{
	struct daemon_file *file = target;

	(void)errors;
	if (*value->text)
		return schema_copy(value, &file->reload_group);
	free(file->reload_group);
	file->reload_group = NULL;
	return 0;
}

static const struct schema_key daemon_keys[] = {
	{.name = "UnitsDirectory", .store = store_units_directory},
	{.name = "WatchUnits", .store = store_watch_units},
	{.name = "LoadTimeout", .store = store_load_timeout},
	{.name = "LoadMemoryMax", .store = store_load_memory_max},
	{.name = "ObjectSizeMax", .store = store_object_size_max},
	{.name = "MaxClients", .store = store_max_clients},
	{.name = "HistoryMax", .store = store_history_max},
	{.name = "ObjectStoreMax", .store = store_object_store_max},
	{.name = "MaxSubscribers", .store = store_max_subscribers},
	{.name = "SubscriberBuffer", .store = store_subscriber_buffer},
	{.name = "ReloadGroup", .store = store_reload_group, .may_be_empty = true},
	{.name = "DriftInterval", .store = store_drift_interval},
};

static int store_listen(void *target, const struct schema_value *value,
			struct config_errors *errors)
{
	struct daemon_file *file = target;
	struct listen_address address;

	if (*value->text && listen_address_parse(value->text, &address) < 0) {
		config_errors_add(errors, value->line,
				  "Listen=%s: must be an address and a port, such as "
				  "127.0.0.1:9435 or [::1]:9435",
				  value->text);
		return 0;
	}
	if (*value->text)
		return schema_copy(value, &file->metrics_listen);
	free(file->metrics_listen);
	file->metrics_listen = NULL;
	return 0;
}

static int store_run_statistics(void *target, const struct schema_value *value,
				struct config_errors *errors)
{
	static const struct schema_choice choices[] = {{"asked", RUN_STATISTICS_ASKED, false},
						       {"always", RUN_STATISTICS_ALWAYS, false},
						       {"never", RUN_STATISTICS_NEVER, false}};
	struct daemon_file *file = target;
	int choice;

	if (schema_choose(value, choices, ARRAY_SIZE(choices), &choice, errors))
		file->run_statistics = (enum run_statistics_when)choice;
	return 0;
}

static const struct schema_key metrics_keys[] = {
	{.name = "Listen", .store = store_listen, .may_be_empty = true},
	{.name = "RunStatistics", .store = store_run_statistics},
};

static const struct schema_section sections[] = {
	{.type = "Daemon",
	 .keys = daemon_keys,
	 .key_count = ARRAY_SIZE(daemon_keys),
	 .begin = begin_section},
	{.type = "Metrics",
	 .keys = metrics_keys,
	 .key_count = ARRAY_SIZE(metrics_keys),
	 .begin = begin_section},
};

static const struct schema daemon_schema = {.sections = sections,
					    .section_count = ARRAY_SIZE(sections)};

int daemon_file_init(struct daemon_file *file)
{
	struct daemon_file fresh = {
		.units_directory = strdup(DEFAULT_UNITS_DIRECTORY),
		.load_timeout_usec = 30 * 1000000ULL,
		.load_memory_max = 512ULL << 20,
		.object_size_max = 64ULL << 20,
		.max_clients = 256,
		.history_max = 10,
		.object_store_max = 256ULL << 20,
		.drift_interval_usec = 5 * 1000000ULL,
		.max_subscribers = 16,
		.subscriber_buffer = 1ULL << 20,
	};

	if (!fresh.units_directory)
		return -ENOMEM;
	*file = fresh;
	return 0;
}

/* *ret owns copies of all strings, also where this fails. */
static int daemon_file_copy(const struct daemon_file *file, struct daemon_file *ret)
{
	*ret = *file;
	ret->text = NULL; /* comes with the next reading */
	ret->units_directory = strdup(file->units_directory);
	ret->reload_group = file->reload_group ? strdup(file->reload_group) : NULL;
	ret->metrics_listen = file->metrics_listen ? strdup(file->metrics_listen) : NULL;
	if (!ret->units_directory || !file->reload_group != !ret->reload_group ||
	    !file->metrics_listen != !ret->metrics_listen)
		return -ENOMEM;
	return 0;
}

static int read_text(const char *path, struct daemon_file *file, const char *text, size_t length,
		     struct failure *reterr_failure)
{
	CLEANUP(config_errors_deinit) struct config_errors errors = {0};
	int err = schema_read(&daemon_schema, text, length, file, &errors);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", path);
	return config_errors_report(&errors, path, reterr_failure);
}

int daemon_file_read(const char *path, struct daemon_file *file, struct failure *reterr_failure)
{
	CLEANUP(daemon_file_deinit) struct daemon_file next = {0};
	cleanup_free char *text = NULL;
	cleanup_close int fd = -1;
	struct daemon_file former;
	size_t length;
	int err;

	err = source_open(path, &fd, reterr_failure);
	if (err)
		return err;
	err = source_read(fd, path, DAEMON_FILE_SIZE_MAX, &text, &length, reterr_failure);
	if (err)
		return err;
	err = daemon_file_copy(file, &next);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", path);
	err = read_text(path, &next, text, length, reterr_failure);
	if (err)
		return err;
	next.text = TAKE_PTR(text);
	former = *file;
	*file = next;
	next = former;
	return 0;
}

void daemon_file_deinit(struct daemon_file *file)
{
	free(file->units_directory);
	free(file->reload_group);
	free(file->metrics_listen);
	free(file->text);
	*file = (struct daemon_file){0};
}
