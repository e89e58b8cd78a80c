/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* The daemon's loop waits for nothing, so that a question is answered at once or not at all. */
#define ANSWER_TIMEOUT_USEC (UINT64_C(10) * 1000 * 1000)

#define cleanup_message CLEANUP(sd_bus_message_unrefp)
#define cleanup_slot	CLEANUP(sd_bus_slot_unrefp)
#define cleanup_source	CLEANUP(sd_event_source_unrefp)

struct client {
	sd_event *event;
	sd_bus *bus;
	struct sockaddr_un address;
	bool welcomed; /* the daemon has answered the handshake */
};

static int set_address(struct client *client, const char *runtime_directory,
		       struct failure *reterr_failure)
{
	int err = str_format(client->address.sun_path, sizeof(client->address.sun_path), "%s/%s",
			     runtime_directory, CONTROL_SOCKET);

	client->address.sun_family = AF_UNIX;
	if (err)
		return failure_set(reterr_failure, OUTCOME_USAGE, err,
				   "--runtime-dir %s: too long for the address of a socket, which "
				   "has %zu bytes",
				   runtime_directory, sizeof(client->address.sun_path) - 1);
	return 0;
}

static int connect_failure(const char *socket_path, int err, struct failure *reterr_failure)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		return failure_set(reterr_failure, OUTCOME_NO_DAEMON, err,
				   "no daemon answers at %s: start ebpfd, or name its runtime "
				   "directory with --runtime-dir",
				   socket_path);
	case -EACCES:
	case -EPERM:
		return failure_set(reterr_failure, OUTCOME_NOT_PERMITTED, err,
				   "not permitted to open %s: be root, or a member of the group "
				   "that owns it",
				   socket_path);
	default:
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "cannot connect to %s", socket_path);
	}
}

static int open_socket(const struct client *client, int *ret_fd, struct failure *reterr_failure)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -errno, "socket");
	if (connect(fd, (const struct sockaddr *)&client->address, sizeof(client->address)) < 0)
		return connect_failure(client->address.sun_path, -errno, reterr_failure);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int connected_handler(sd_bus_message *signal, void *userdata, sd_bus_error *unused)
{
	struct client *client = userdata;

	(void)signal;
	(void)unused;
	client->welcomed = true;
	return 0;
}

/* sd-bus tells of the end of the handshake by a signal of its own. */
static int watch_handshake(struct client *client)
{
	int err = sd_bus_set_connected_signal(client->bus, true);

	if (err < 0)
		return err;
	return sd_bus_match_signal(client->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
				   "org.freedesktop.DBus.Local", "Connected", connected_handler,
				   client);
}

/* The bus takes the descriptor over, but only once sd_bus_set_fd() has succeeded. */
static int start_bus(struct client *client, int *fd)
{
	int err = sd_event_new(&client->event);

	if (err >= 0)
		err = sd_bus_new(&client->bus);
	if (err >= 0)
		err = sd_bus_set_bus_client(client->bus, false);
	if (err >= 0)
		err = sd_bus_negotiate_fds(client->bus, true);
	if (err >= 0)
		err = watch_handshake(client);
	if (err >= 0)
		err = sd_bus_set_fd(client->bus, *fd, *fd);
	if (err < 0)
		return err;
	(void)TAKE_FD(*fd);
	err = sd_bus_start(client->bus);
	if (err >= 0)
		err = sd_bus_attach_event(client->bus, client->event, SD_EVENT_PRIORITY_NORMAL);
	return err < 0 ? err : 0;
}

/*
 * Before the handshake: more clients came at once than the daemon can refuse by an answer. Later:
 * the daemon ended, or dropped us.
 */
static int closed_failure(const struct client *client, struct failure *reterr_failure)
{
	if (!client->welcomed)
		return failure_set(
			reterr_failure, OUTCOME_BUSY, -ECONNRESET,
			"ebpfd at %s takes no more clients: it serves as many as MaxClients= "
			"says, or ends; try again, or raise MaxClients= in ebpfd.conf",
			client->address.sun_path);
	return failure_set(
		reterr_failure, OUTCOME_FAILED, -ECONNRESET,
		"the daemon closed the connection at %s before it answered; its log says "
		"why",
		client->address.sun_path);
}

int client_open(const char *runtime_directory, struct client **ret, struct failure *reterr_failure)
{
	cleanup_client struct client *client = calloc(1, sizeof(*client));
	cleanup_close int fd = -1;
	int err;

	if (!client)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "client");
	err = set_address(client, runtime_directory, reterr_failure);
	if (err)
		return err;
	err = open_socket(client, &fd, reterr_failure);
	if (err)
		return err;
	err = start_bus(client, &fd);
	if (err == -EPIPE || err == -ECONNRESET)
		return closed_failure(client, reterr_failure);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot talk at %s",
					 client->address.sun_path);
	*ret = TAKE_PTR(client);
	return 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	/* Nothing is left to send, and a flush would wait for a daemon that hangs. */
	sd_bus_close_unref(client->bus);
	sd_event_unref(client->event);
	free(client);
}

static int new_call(struct client *client, const char *method, sd_bus_message **ret)
{
	/* The interface has one object, and between two peers there are no bus names. */
	return sd_bus_message_new_method_call(client->bus, ret, NULL, BUS_PATH, BUS_INTERFACE,
					      method);
}

struct wait {
	sd_bus_message *reply;
	bool interrupted;
};

static int reply_handler(sd_bus_message *reply, void *userdata, sd_bus_error *unused)
{
	struct wait *wait = userdata;

	(void)unused;
	wait->reply = sd_bus_message_ref(reply);
	return 0;
}

static int interrupt_handler(sd_event_source *source, const struct signalfd_siginfo *info,
			     void *userdata)
{
	struct wait *wait = userdata;

	(void)source;
	(void)info;
	wait->interrupted = true;
	return 0;
}

/*
 * Sends the call and runs the loop until its reply. sd-bus makes up an error reply where none can
 * come: connection closed, time over.
 */
static int exchange(struct client *client, sd_bus_message *call, uint64_t timeout_usec,
		    struct wait *wait)
{
	cleanup_slot sd_bus_slot *slot = NULL;
	int err = sd_bus_call_async(client->bus, &slot, call, reply_handler, wait, timeout_usec);

	while (err >= 0 && !wait->reply && !wait->interrupted)
		err = sd_event_run(client->event, UINT64_MAX);
	return err < 0 ? err : 0;
}

static enum outcome error_outcome(const char *name)
{
	if (strcmp(name, SD_BUS_ERROR_ACCESS_DENIED) == 0)
		return OUTCOME_NOT_PERMITTED;
	return outcome_from_bus_error(name);
}

static int error_failure(const sd_bus_error *error, struct failure *reterr_failure)
{
	const char *message = error->message ? error->message : error->name;
	enum outcome outcome = error_outcome(error->name);

	if (str_has_prefix(error->name, BUS_ERROR_PREFIX, NULL) || outcome == OUTCOME_NOT_PERMITTED)
		return failure_set(reterr_failure, outcome, -EREMOTEIO, "%s", message);
	return failure_set(reterr_failure, outcome, -EREMOTEIO, "the daemon answered %s: %s",
			   error->name, message);
}

static int reply_failure(struct client *client, sd_bus_message *reply,
			 struct failure *reterr_failure)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	if (sd_bus_is_open(client->bus) <= 0)
		return closed_failure(client, reterr_failure);
	if (strcmp(error->name, SD_BUS_ERROR_NO_REPLY) == 0)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ETIMEDOUT,
				   "the daemon at %s did not answer within %d seconds",
				   client->address.sun_path,
				   (int)(ANSWER_TIMEOUT_USEC / 1000 / 1000));
	return error_failure(error, reterr_failure);
}

static int call_failure(int err, const char *method, struct failure *reterr_failure)
{
	return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "cannot call %s", method);
}

/* *ret_answer is a copy of the reply's only string; nothing is read where it is NULL. */
static int read_answer(struct client *client, sd_bus_message *reply, const char *method,
		       char **ret_answer, struct failure *reterr_failure)
{
	const char *text;
	char *copy;
	int err;

	if (sd_bus_message_is_method_error(reply, NULL))
		return reply_failure(client, reply, reterr_failure);
	if (!ret_answer)
		return 0;
	err = sd_bus_message_read(reply, "s", &text);
	if (err < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "the daemon's answer to %s is no text; is it of another "
					 "version?",
					 method);
	copy = strdup(text);
	if (!copy)
		return call_failure(-ENOMEM, method, reterr_failure);
	*ret_answer = copy;
	return 0;
}

static int parse_answer(const char *text, const char *method, json_t **ret,
			struct failure *reterr_failure)
{
	json_error_t error;
	json_t *answer = json_loads(text, 0, &error);

	if (!answer)
		return failure_set(reterr_failure, OUTCOME_FAILED, -EBADMSG,
				   "the daemon's answer to %s is no JSON: %s", method, error.text);
	*ret = answer;
	return 0;
}

/* Sends a call that was begun with `err`, and reads the answer. */
static int ask(struct client *client, sd_bus_message *call, int err, uint64_t timeout_usec,
	       const char *method, char **ret_answer, struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *reply = NULL;
	struct wait wait = {};

	if (err >= 0)
		err = exchange(client, call, timeout_usec, &wait);
	if (err < 0)
		return call_failure(err, method, reterr_failure);
	reply = TAKE_PTR(wait.reply);
	return read_answer(client, reply, method, ret_answer, reterr_failure);
}

int client_ask(struct client *client, const char *method, const char *unit, char **ret_answer,
	       struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *call = NULL;
	int err = new_call(client, method, &call);

	if (err >= 0 && unit)
		err = sd_bus_message_append(call, "s", unit);
	return ask(client, call, err, ANSWER_TIMEOUT_USEC, method, ret_answer, reterr_failure);
}

/* A method that takes a truth value and answers with JSON. */
static int ask_with_truth(struct client *client, const char *method, bool truth,
			  uint64_t timeout_usec, json_t **ret, struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *call = NULL;
	cleanup_free char *text = NULL;
	int err = new_call(client, method, &call);

	if (err >= 0)
		err = sd_bus_message_append(call, "b", (int)truth);
	err = ask(client, call, err, timeout_usec, method, &text, reterr_failure);
	return err ? err : parse_answer(text, method, ret, reterr_failure);
}

int client_ask_gc(struct client *client, bool really, json_t **ret_report,
		  struct failure *reterr_failure)
{
	return ask_with_truth(client, "Gc", really, BUS_OPERATION_TIMEOUT_USEC, ret_report,
			      reterr_failure);
}

int client_ask_figures(struct client *client, bool programs, json_t **ret_figures,
		       struct failure *reterr_failure)
{
	return ask_with_truth(client, "Figures", programs, ANSWER_TIMEOUT_USEC, ret_figures,
			      reterr_failure);
}

int client_ask_json(struct client *client, const char *method, const char *unit,
		    json_t **ret_answer, struct failure *reterr_failure)
{
	cleanup_free char *text = NULL;
	int err = client_ask(client, method, unit, &text, reterr_failure);

	return err ? err : parse_answer(text, method, ret_answer, reterr_failure);
}

static int append_texts(sd_bus_message *call, const struct client_option *option)
{
	int err = sd_bus_message_open_container(call, 'e', "sv");

	if (err >= 0)
		err = sd_bus_message_append(call, "s", option->name);
	if (err >= 0)
		err = sd_bus_message_open_container(call, 'v', "as");
	if (err >= 0)
		err = sd_bus_message_append_strv(call, (char **)option->texts);
	if (err >= 0)
		err = sd_bus_message_close_container(call);
	return err < 0 ? err : sd_bus_message_close_container(call);
}

static int append_option(sd_bus_message *call, const struct client_option *option)
{
	if (option->texts)
		return append_texts(call, option);
	if (option->text)
		return sd_bus_message_append(call, "{sv}", option->name, "s", option->text);
	if (option->is_truth)
		return sd_bus_message_append(call, "{sv}", option->name, "b", (int)option->truth);
	if (option->number)
		return sd_bus_message_append(call, "{sv}", option->name, "u", option->number);
	return sd_bus_message_append(call, "{sv}", option->name, "h", option->fd);
}

static int append_operation(sd_bus_message *call, const struct client_operation *operation)
{
	int err;

	if (!operation->unit)
		return 0;
	err = sd_bus_message_append(call, "s", operation->unit);
	for (const char *const *text = operation->arguments; err >= 0 && text && *text; text++)
		err = sd_bus_message_append(call, "s", *text);
	if (err >= 0)
		err = sd_bus_message_open_container(call, 'a', "{sv}");
	for (size_t i = 0; err >= 0 && i < operation->option_count; i++)
		err = append_option(call, &operation->options[i]);
	return err < 0 ? err : sd_bus_message_close_container(call);
}

int client_ask_with(struct client *client, const struct client_operation *operation,
		    char **ret_answer, struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *call = NULL;
	int err = new_call(client, operation->method, &call);

	if (err >= 0)
		err = append_operation(call, operation);
	return ask(client, call, err, ANSWER_TIMEOUT_USEC, operation->method, ret_answer,
		   reterr_failure);
}

static int read_fd(struct client *client, sd_bus_message *reply, int *ret_fd,
		   struct failure *reterr_failure)
{
	int fd, err;

	if (sd_bus_message_is_method_error(reply, NULL))
		return reply_failure(client, reply, reterr_failure);
	err = sd_bus_message_read(reply, "h", &fd);
	if (err >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the message closes its own */
	if (err >= 0 && fd < 0)
		err = -errno;
	if (err < 0)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err,
					 "the daemon's answer is no descriptor");
	*ret_fd = fd;
	return 0;
}

int client_ask_fd(struct client *client, const struct client_operation *operation, int *ret_fd,
		  struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *call = NULL, *reply = NULL;
	struct wait wait = {};
	int err = new_call(client, operation->method, &call);

	if (err >= 0)
		err = append_operation(call, operation);
	if (err >= 0)
		err = exchange(client, call, ANSWER_TIMEOUT_USEC, &wait);
	if (err < 0)
		return call_failure(err, operation->method, reterr_failure);
	reply = TAKE_PTR(wait.reply);
	return read_fd(client, reply, ret_fd, reterr_failure);
}

static int phase_handler(sd_bus_message *signal, void *userdata, sd_bus_error *unused)
{
	const struct client_operation *operation = userdata;
	const char *unit, *phase;
	uint64_t usec;

	(void)unused;
	/* A signal that reads otherwise is of another version; what counts is the reply. */
	if (sd_bus_message_read(signal, "sst", &unit, &phase, &usec) < 0)
		return 0;
	if (operation->phase && (!operation->unit || strcmp(unit, operation->unit) == 0))
		operation->phase(operation->userdata, unit, phase, usec);
	return 0;
}

static int run_operation(struct client *client, const struct client_operation *operation,
			 struct wait *wait)
{
	cleanup_message sd_bus_message *call = NULL;
	cleanup_slot sd_bus_slot *match = NULL;
	cleanup_source sd_event_source *interrupt = NULL;
	int err = new_call(client, operation->method, &call);

	if (err >= 0)
		err = append_operation(call, operation);
	if (err >= 0)
		err = sd_bus_match_signal(client->bus, &match, NULL, BUS_PATH, BUS_INTERFACE,
					  "Phase", phase_handler, (void *)operation);
	if (err >= 0)
		err = sd_event_add_signal(client->event, &interrupt,
					  SIGINT | SD_EVENT_SIGNAL_PROCMASK, interrupt_handler,
					  wait);
	return err < 0 ? err : exchange(client, call, BUS_OPERATION_TIMEOUT_USEC, wait);
}

static int left_failure(const char *unit, struct failure *reterr_failure)
{
	if (!unit)
		return failure_set(
			reterr_failure, OUTCOME_FAILED, -ECANCELED,
			"left; the daemon goes on with it, and `ebpfctl list` shows what "
			"comes of it");
	return failure_set(reterr_failure, OUTCOME_FAILED, -ECANCELED,
			   "left; the daemon goes on with %s, and `ebpfctl status %s` tells "
			   "how it ends",
			   unit, unit);
}

static int unanswered_failure(const char *unit, struct failure *reterr_failure)
{
	return failure_set(reterr_failure, OUTCOME_FAILED, -ECONNRESET,
			   "the daemon closed the connection before it answered, so that "
			   "the operation may have ended either way: `ebpfctl %s%s` tells",
			   unit ? "status " : "list", unit ? unit : "");
}

int client_operate(struct client *client, const struct client_operation *operation,
		   json_t **ret_receipt, struct failure *reterr_failure)
{
	cleanup_message sd_bus_message *reply = NULL;
	cleanup_free char *text = NULL;
	struct wait wait = {};
	int err = run_operation(client, operation, &wait);

	reply = TAKE_PTR(wait.reply);
	if (err < 0)
		return call_failure(err, operation->method, reterr_failure);
	if (!reply && wait.interrupted)
		return left_failure(operation->unit, reterr_failure);
	err = read_answer(client, reply, operation->method, &text, reterr_failure);
	if (err == -ECONNRESET && client->welcomed)
		return unanswered_failure(operation->unit, reterr_failure);
	return err ? err : parse_answer(text, operation->method, ret_receipt, reterr_failure);
}
