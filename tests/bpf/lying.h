/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define LYING_PORT 443
