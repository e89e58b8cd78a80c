/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/bank.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/events/counts.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "lib/cleanup.h"

static int open_ring(const struct context *context, const struct bank *bank, size_t index,
		     const struct btf *btf, struct bank_ring *ring, struct failure *reterr_failure)
{
	const struct unit_events *events = &bank->file->events[index];
	const struct manifest *manifest = bank->manifest;
	const struct decoder_settings settings = {.unit = bank->file->name,
						  .generation = manifest->generation,
						  .events = events,
						  .btf = btf};
	int err;

	ring->ring_fd = generation_open_map(context->root, manifest, events->name);
	if (ring->ring_fd < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, ring->ring_fd,
					 "cannot open ring \"%s\" of generation %u", events->name,
					 manifest->generation);
	err = decoder_new(&settings, &ring->decoder, reterr_failure);
	if (!err)
		err = sink_new(events, &ring->sink, reterr_failure);
	if (err && reterr_failure)
		reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

static int open_rings(const struct context *context, struct bank *bank,
		      struct failure *reterr_failure)
{
	struct btf *btf = generation_load_btf(context->root, bank->manifest);
	int err = 0;

	for (size_t i = 0; !err && i < bank->file->event_count; i++) {
		bank->rings[i].ring_fd = -1;
		bank->ring_count++;
		err = open_ring(context, bank, i, btf, &bank->rings[i], reterr_failure);
	}
	generation_free_btf(btf);
	return err;
}

int bank_open(const struct context *context, const char *unit, uint32_t generation,
	      struct bank *ret, struct failure *reterr_failure)
{
	struct bank bank = BANK_INIT;
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, context->root, "%s/gen-%u/manifest", unit, generation);
	err = manifest_read(path, &bank.manifest, reterr_failure);
	if (err)
		return err;
	err = unit_file_parse(bank.manifest->unit, bank.manifest->file, bank.manifest->config,
			      strlen(bank.manifest->config), &bank.file, reterr_failure);
	/* The directory of a unit that is being unloaded has another name. */
	(void)snprintf(bank.manifest->unit, sizeof(bank.manifest->unit), "%s", unit);
	if (!err)
		err = open_rings(context, &bank, reterr_failure);
	if (err) {
		bank_close(&bank);
		return err;
	}
	if (manifest_find_map(bank.manifest, EBPFD_COUNTS_MAP))
		bank.counts_fd =
			generation_open_map(context->root, bank.manifest, EBPFD_COUNTS_MAP);
	*ret = bank;
	return 0;
}

static int start_ring(struct bank_ring *ring, const struct stream_settings *settings,
		      sd_event *event, bool held)
{
	int err = stream_new(settings, &ring->stream);

	if (err)
		return err;
	ring->decoder = NULL;
	close_and_forget(&ring->ring_fd);
	stream_hold(ring->stream, held);
	return stream_start(ring->stream, event);
}

int bank_start(struct bank *bank, const struct context *context, const struct ledger *ledger,
	       int number, bool held)
{
	for (size_t i = 0; i < bank->ring_count; i++) {
		struct bank_ring *ring = &bank->rings[i];
		const struct stream_settings settings = {.ring_fd = ring->ring_fd,
							 .ledger = *ledger,
							 .bank = (unsigned)number,
							 .ring = (unsigned)i,
							 .generation = bank->manifest->generation,
							 .decoder = ring->decoder,
							 .sink = ring->sink};
		int err = start_ring(ring, &settings, context->event, held);

		if (err)
			return err;
	}
	return 0;
}

void bank_release(struct bank *bank)
{
	for (size_t i = 0; i < bank->ring_count; i++)
		stream_hold(bank->rings[i].stream, false);
}

void bank_close(struct bank *bank)
{
	for (size_t i = 0; i < bank->ring_count; i++) {
		struct bank_ring *ring = &bank->rings[i];

		stream_free(ring->stream);
		decoder_free(ring->decoder);
		sink_free(ring->sink);
		close_and_forget(&ring->ring_fd);
	}
	manifest_free(bank->manifest);
	unit_file_free(bank->file);
	close_and_forget(&bank->counts_fd);
	*bank = BANK_INIT;
}

int bank_drain(struct bank *bank)
{
	for (size_t i = 0; i < bank->ring_count; i++) {
		struct stream *stream = bank->rings[i].stream;
		int err = stream_drain(stream, stream_producer_position(stream));

		if (err)
			return err;
	}
	return 0;
}

static const char *judge(const struct bank *bank, const struct ebpfd_counts *counts,
			 uint64_t consumed, uint64_t waiting, bool quiet)
{
	if (!quiet)
		return "running";
	if (bank->counts_fd < 0 || bank->ring_count != 1)
		return "unverified";
	return counts->attempted == consumed + counts->failed + waiting ? "holds" : "broken";
}

static json_t *ring_events(const struct bank *bank, const struct bank_ring *ring, const char *name,
			   const struct ebpfd_counts *counts, bool quiet)
{
	uint64_t consumed = stream_consumed(ring->stream);
	uint64_t waiting = stream_waiting(ring->stream);

	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "ring", name,
			 "generation", (json_int_t)bank->manifest->generation, "attempted",
			 (json_int_t)counts->attempted, "failed", (json_int_t)counts->failed,
			 "consumed", (json_int_t)consumed, "again",
			 (json_int_t)stream_again(ring->stream), "dropped",
			 (json_int_t)stream_dropped(ring->stream), "in_ring", (json_int_t)waiting,
			 "identity", judge(bank, counts, consumed, waiting, quiet));
}

json_t *bank_events(const struct bank *bank, bool quiet)
{
	struct ebpfd_counts counts = {0};
	json_t *events = json_array();

	if (bank->counts_fd >= 0)
		(void)counts_read_all(bank->counts_fd, &counts);
	for (size_t i = 0; i < bank->ring_count; i++)
		json_array_append_new(events,
				      ring_events(bank, &bank->rings[i], bank->file->events[i].name,
						  &counts, quiet));
	return events;
}
