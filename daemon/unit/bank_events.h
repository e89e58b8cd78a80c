/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a generation's events, term by term, for status and receipts. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "daemon/unit/bank.h"

/*
 * An array with an object per [Events] section: its rings' terms summed, and under "cpus" those of
 * each CPU that has any. attempted and failed come from the counters of ebpfd.bpf.h, which all
 * sections of a generation share. Where no program of it can run any more (`quiet`), the identity
 * attempted = consumed + failed + in_ring is judged over all sections: "holds" or "broken";
 * "unverified" without those counters, or where a
 * kill cost the reader's. While it runs, the terms move: "running". "ring_error" is
 * null or why one of its rings is not read any more.
 */
json_t *bank_events(const struct bank *bank, bool quiet);

/* Records consumed of this generation, of all its rings. */
uint64_t bank_consumed(const struct bank *bank);
