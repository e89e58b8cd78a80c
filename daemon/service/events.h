/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The method Events: a subscription to a unit's lines. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/service/client.h"

/* Reads the arguments and answers with a pipe, or an error. For returning from a method handler. */
int events_subscribe(sd_bus_message *message, const struct client *client);
