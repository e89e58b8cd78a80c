/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of hook on a network interface share. */
#pragma once

#include "config/attach.h"

/* The index of the interface that `attach` names, or a negative errno. */
int interface_index(const struct attach *attach, struct failure *reterr_failure);
