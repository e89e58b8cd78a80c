/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bus_names.h"
#include "lib/cleanup.h"

int call_fail(sd_bus_message *message, const struct failure *failure)
{
	return sd_bus_reply_method_errorf(message, outcome_bus_error(failure->outcome), "%s",
					  failure->text);
}

/* ---- the answer ---- */

void call_phase(void *data, const char *unit, const char *phase, uint64_t usec)
{
	sd_bus_message *message = data;

	/* A client that has left, or does not read, misses it. */
	(void)sd_bus_emit_signal(sd_bus_message_get_bus(message), BUS_PATH, BUS_INTERFACE, "Phase",
				 "sst", unit, phase, usec);
}

void call_end(void *data, json_t *receipt, const struct failure *failure)
{
	sd_bus_message *message = data;
	cleanup_free char *text = receipt ? json_dumps(receipt, JSON_COMPACT) : NULL;

	if (text)
		(void)sd_bus_reply_method_return(message, "s", text);
	else
		(void)call_fail(message, failure);
	sd_bus_message_unref(message);
}

#define UNREAD_MAX 8

bool call_is_unread(sd_bus_message *message, struct failure *reterr_failure)
{
	uint64_t waiting;

	if (sd_bus_get_n_queued_write(sd_bus_message_get_bus(message), &waiting) < 0 ||
	    waiting <= UNREAD_MAX)
		return false;
	(void)failure_set(reterr_failure, OUTCOME_BUSY, -EBUSY,
			  "%d answers wait to be read; read them, and ask again", UNREAD_MAX);
	return true;
}

/* ---- the question ---- */

int call_refuse_option(const char *name, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
			   "option \"%s\" is not known to this ebpfd", name);
}

int call_read_numbers(sd_bus_message *message, bool *ret_wide_as_text,
		      struct failure *reterr_failure)
{
	const char *text;
	int err = sd_bus_message_read(message, "v", "s", &text);

	if (err < 0)
		return err;
	*ret_wide_as_text = strcmp(text, "string") == 0;
	if (*ret_wide_as_text || strcmp(text, "number") == 0)
		return 0;
	return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
			   "numbers can be 'number' or 'string', not '%s'", text);
}

struct option {
	const char *name;
	char type; /* h, s or u */
};

static const struct option known_options[] = {
	{"object", 'h'},    {"object-path", 's'}, {"file", 'h'},
	{"file-path", 's'}, {"log", 'h'},	  {"generation", 'u'},
};

static const struct option *find_option(const char *name, const char *const *allowed)
{
	for (; *allowed; allowed++)
		if (strcmp(*allowed, name) == 0)
			for (size_t i = 0; i < ARRAY_SIZE(known_options); i++)
				if (strcmp(known_options[i].name, name) == 0)
					return &known_options[i];
	return NULL;
}

/* A descriptor of the message is closed with it: the request has its own. */
static int take_fd(int fd, int *to)
{
	close_and_forget(to);
	*to = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *to < 0 ? -errno : 0;
}

static int store_option(const struct option *option, sd_bus_message *message,
			struct operation_request *request)
{
	union {
		const char *text;
		int fd;
		uint32_t number;
	} value = {0};
	int err = sd_bus_message_read_basic(message, option->type, &value);

	if (err < 0)
		return err;
	if (strcmp(option->name, "object") == 0)
		return take_fd(value.fd, &request->object_fd);
	if (strcmp(option->name, "file") == 0)
		return take_fd(value.fd, &request->file_fd);
	if (strcmp(option->name, "log") == 0)
		return take_fd(value.fd, &request->log_fd);
	if (strcmp(option->name, "object-path") == 0)
		request->object_path = value.text;
	else if (strcmp(option->name, "file-path") == 0)
		request->file_path = value.text;
	else
		request->generation = value.number;
	return 0;
}

static int read_option(sd_bus_message *message, const char *const *allowed,
		       struct operation_request *request, struct failure *reterr_failure)
{
	const struct option *option;
	char signature[2] = {0};
	const char *name;
	int err = sd_bus_message_read_basic(message, 's', &name);

	if (err < 0)
		return err;
	option = find_option(name, allowed);
	if (!option)
		return call_refuse_option(name, reterr_failure);
	signature[0] = option->type;
	err = sd_bus_message_enter_container(message, 'v', signature);
	if (err < 0)
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "option \"%s\" must be of type %s", name, signature);
	err = store_option(option, message, request);
	return err < 0 ? err : sd_bus_message_exit_container(message);
}

static int read_options(sd_bus_message *message, const char *const *allowed,
			struct operation_request *request, struct failure *reterr_failure)
{
	int err = sd_bus_message_enter_container(message, 'a', "{sv}");

	if (err < 0)
		return err;
	while ((err = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		err = read_option(message, allowed, request, reterr_failure);
		if (err < 0)
			return err;
		err = sd_bus_message_exit_container(message);
		if (err < 0)
			return err;
	}
	return err;
}

/* A descriptor needs the path that messages and status name it by, and the other way round. */
static int check_pairs(const struct operation_request *request, struct failure *reterr_failure)
{
	if ((request->object_fd >= 0) != (request->object_path != NULL) ||
	    (request->file_fd >= 0) != (request->file_path != NULL))
		return failure_set(reterr_failure, OUTCOME_USAGE, -EINVAL,
				   "a descriptor and its path must be given together");
	return 0;
}

int call_begin(struct units *units, sd_bus_message *message, json_t *asked_by, verb_fn verb,
	       const char *const *options)
{
	struct failure failure = {.outcome = OUTCOME_USAGE, .text = "the arguments make no sense"};
	struct operation_request request = {.object_fd = -1,
					    .file_fd = -1,
					    .log_fd = -1,
					    .client = {.asked_by = asked_by,
						       .phase = call_phase,
						       .done = call_end,
						       .data = message}};
	int err = sd_bus_message_read_basic(message, 's', &request.unit);

	if (err >= 0)
		err = read_options(message, options, &request, &failure);
	if (err >= 0)
		err = check_pairs(&request, &failure);
	if (err < 0) {
		close_and_forget(&request.object_fd);
		close_and_forget(&request.file_fd);
		close_and_forget(&request.log_fd);
		return call_fail(message, &failure);
	}
	sd_bus_message_ref(message);
	err = verb(units, &request, &failure);
	if (err < 0) {
		(void)call_fail(message, &failure);
		sd_bus_message_unref(message);
	}
	return 1;
}
