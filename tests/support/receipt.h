/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What receipts of reloads and rollbacks say. */
#pragma once

/* The identity of each ring holds, and none of its reserves failed. `text`: the receipt as JSON. */
void receipt_expect_no_loss(const char *text);
