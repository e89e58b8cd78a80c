/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A method call whose answer comes later: an operation on behalf of a client. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/unit/operations.h"

typedef int (*verb_fn)(struct units *units, const struct operation_request *request,
		       struct failure *reterr_failure);

/*
 * Reads `s unit, a{sv} options` and begins the verb. The reply and the Phase signals follow from
 * the loop, also if the client has left by then: the operation goes on without it. `options` is a
 * NULL-terminated list of those that the method knows; `asked_by` (borrowed) is for the receipt.
 * For returning from a method handler.
 */
int call_begin(struct units *units, sd_bus_message *message, json_t *asked_by, verb_fn verb,
	       const char *const *options);

/* Of struct operation_client, with a message that was referenced for it: a Phase signal; the reply.
 */
void call_phase(void *message, const char *unit, const char *phase, uint64_t usec);
void call_end(void *message, json_t *receipt, const struct failure *failure);

/* Of options that several methods take: the value of "numbers"; one that is not known. Negative. */
int call_read_numbers(sd_bus_message *message, bool *ret_wide_as_text,
		      struct failure *reterr_failure);
int call_refuse_option(const char *name, struct failure *reterr_failure);

/* Replies with the failure as a D-Bus error. For returning from a method handler. */
int call_fail(sd_bus_message *message, const struct failure *failure);

/*
 * Answers can be large: whether the client lets so many of them lie unread that it gets no more,
 * which the failure then says.
 */
bool call_is_unread(sd_bus_message *message, struct failure *reterr_failure);
