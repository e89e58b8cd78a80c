// SPDX-License-Identifier: GPL-2.0-or-later
#define VERSION 1
#include "tests/bpf/life_socket.h"
