/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The methods MapList, MapDump, MapGet, MapSet, MapDelete. */
#pragma once

#include <systemd/sd-bus.h>

#include "daemon/service/client.h"
#include "daemon/unit/map_access.h"

/*
 * Reads the arguments and begins; the answer follows from the loop. The caller has seen whether the
 * client may. For returning from a method handler.
 */
int maps_begin(sd_bus_message *message, const struct client *client, enum map_verb verb);
