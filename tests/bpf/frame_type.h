/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The type of the frames that tests send, and programs look for: one for experiments. */
#pragma once

#define FRAME_TYPE 0x88b5
