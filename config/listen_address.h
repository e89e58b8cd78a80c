/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An address to listen at, as settings have it: 127.0.0.1:9435 or [::1]:9435. */
#pragma once

#include <sys/socket.h>

struct listen_address {
	struct sockaddr_storage socket;
	socklen_t length;
};

/* Names are not looked up. -EINVAL: it is none; port 0 is none. */
int listen_address_parse(const char *text, struct listen_address *ret);
