/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read-only data of the object, set before load: [Set], and what ebpfd.bpf.h leaves to the loader.
 */
#pragma once

#include "daemon/loader/loading.h"

/*
 * Writes each [Set] value by the name and type that BTF gives: integers within their range, bool,
 * enums by name, text into char arrays. Unknown names and values that do not fit are refused with
 * file and line. Also writes the hook numbers of EBPFD_PROG.
 */
int settings_apply(const struct loading *loading, struct failure *reterr_failure);
