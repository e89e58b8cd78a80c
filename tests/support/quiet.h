/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Keeps libbpf from printing, unless EBPFD_TEST_VERBOSE is set: many tests provoke its warnings. */
void quiet_libbpf(void);
