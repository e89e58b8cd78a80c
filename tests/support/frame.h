/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that no one but a test sends. */
#pragma once

/* Sends an empty one of tests/bpf/frame_type.h by an interface. 0 or a negative errno. */
int frame_send(const char *interface);
