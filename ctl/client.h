/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon as ebpfctl sees it: methods of lib/bus_names.h, called over the control socket. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/outcome.h"

struct client;

/*
 * Connects to `runtime_directory`/control.sock. Failures: OUTCOME_NO_DAEMON where nobody listens,
 * OUTCOME_NOT_PERMITTED where the socket may not be opened, else OUTCOME_FAILED.
 */
int client_open(const char *runtime_directory, struct client **ret, struct failure *reterr_failure);

/* Accepts NULL. */
void client_free(struct client *client);

static inline void cleanup_client_pointer(struct client **client)
{
	client_free(*client);
}
#define cleanup_client __attribute__((cleanup(cleanup_client_pointer)))

/*
 * Calls a method that takes nothing (unit NULL) or a unit, and waits for some seconds. *ret_answer
 * is the caller's to free; give NULL for a method that answers nothing. An error of the daemon
 * comes back as its outcome with the daemon's sentence.
 */
int client_ask(struct client *client, const char *method, const char *unit, char **ret_answer,
	       struct failure *reterr_failure);

/* The same for an answer that is JSON; json_decref() it. */
int client_ask_json(struct client *client, const char *method, const char *unit,
		    json_t **ret_answer, struct failure *reterr_failure);

/* Calls Gc and waits as long as it takes; json_decref() the report. */
int client_ask_gc(struct client *client, bool really, json_t **ret_report,
		  struct failure *reterr_failure);

/* Calls Figures, `programs`: with those of the whole host, and waits for some seconds. */
int client_ask_figures(struct client *client, bool programs, json_t **ret_figures,
		       struct failure *reterr_failure);

/* One of the `options` of lib/bus_names.h. */
struct client_option {
	const char *name;
	char *const *texts; /* NULL-terminated; or NULL: the option is one of the following */
	const char *text;   /* or NULL: the option is a descriptor, or a number */
	bool is_truth;	    /* the option is a truth value: */
	bool truth;
	uint32_t number; /* or 0, which none of them may be: the option is a descriptor */
	int fd;		 /* stays the caller's */
};

struct client_operation {
	const char *method; /* Load, Unload, Reload, Rollback, Plan, DaemonReload, Events, Map… */
	const char *unit;   /* NULL: the method takes nothing, and is about all units */
	const char *const *arguments; /* texts behind the unit, NULL-terminated; or NULL */
	const struct client_option *options;
	size_t option_count;
	/* Called for each Phase signal that concerns the unit, or with unit NULL for each; or NULL.
	 * usec counts from the start of that unit's operation. */
	void (*phase)(void *userdata, const char *unit, const char *phase, uint64_t usec);
	void *userdata;
};

/*
 * Calls a method that takes a unit and options, and answers with a descriptor, which is the
 * caller's. Waits for some seconds; failures as client_ask().
 */
int client_ask_fd(struct client *client, const struct client_operation *operation, int *ret_fd,
		  struct failure *reterr_failure);

/* The same for one that answers with text, the caller's to free, or nothing (ret_answer NULL). */
int client_ask_with(struct client *client, const struct client_operation *operation,
		    char **ret_answer, struct failure *reterr_failure);

/*
 * Asks for an operation and waits for its receipt as long as it takes; json_decref() it. SIGINT
 * ends the waiting, not the operation: -ECANCELED. Other failures as client_ask(). SIGINT is
 * blocked within the call.
 */
int client_operate(struct client *client, const struct client_operation *operation,
		   json_t **ret_receipt, struct failure *reterr_failure);
