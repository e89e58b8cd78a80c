// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 2
#include "tests/bpf/life_socket.h"
