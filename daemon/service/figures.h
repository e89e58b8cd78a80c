/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The method Figures. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/service/client.h"

/* The answer follows from the loop. For returning from a method handler. */
int figures_ask(sd_bus_message *message, const struct client *client);
