/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place that holds the version. */
#pragma once

#define EBPFD_VERSION "0.1.0"
