/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of a socket that somebody passed, before anybody accepts at it. */
#pragma once

/* NULL if it is a stream socket that listens; else what is wrong, static text. */
const char *listening_flaw(int fd);

/* The option of level SOL_SOCKET, or -1. */
int listening_option(int fd, int option);

void listening_set_nonblocking(int fd);
