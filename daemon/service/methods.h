/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The methods of org.ebpfd.Manager1, and what busctl needs beside them. */
#pragma once

#include "daemon/service/client.h"

/* Adds the objects to a client's connection. */
int methods_add(struct client *client);
