/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/bank.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/generation.h"
#include "daemon/kernel/ring_map.h"
#include "lib/cleanup.h"

/* ---- opening -------------------------------------------------------------------------------- */

static int open_rings(const struct context *context, const struct manifest *manifest,
		      const char *name, struct bank_section *section)
{
	cleanup_close int map = generation_open_map(context->root, manifest, name);
	int count = map < 0 ? map : ring_map_count(map);

	if (count < 0)
		return count;
	section->rings = calloc((size_t)count, sizeof(*section->rings));
	if (!section->rings)
		return -ENOMEM;
	while (section->ring_count < (size_t)count) {
		int fd = ring_map_open(map, (uint32_t)section->ring_count);

		if (fd < 0)
			return fd;
		section->rings[section->ring_count++].fd = fd;
	}
	return 0;
}

/* A sink that nobody hears of for lack of memory is a sink all the same. */
static int open_sink(const struct context *context, const char *unit,
		     const struct unit_events *events, struct sink **ret,
		     struct failure *reterr_failure)
{
	cleanup_free char *owner = NULL;
	int err = sink_new(events, ret, reterr_failure);

	if (!err && context->say &&
	    asprintf(&owner, "unit %s: [Events %s]", unit, events->name) >= 0)
		(void)sink_set_report(*ret, owner, context->say);
	return err;
}

static int open_section(const struct context *context, const struct bank *bank, size_t index,
			const struct btf *btf, struct bank_section *section,
			struct failure *reterr_failure)
{
	const struct unit_events *events = &bank->file->events[index];
	const struct manifest *manifest = bank->manifest;
	const struct decoder_settings settings = {.unit = bank->file->name,
						  .generation = manifest->generation,
						  .events = events,
						  .btf = btf};
	int err = open_rings(context, manifest, events->name, section);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot open ring \"%s\" of generation %u", events->name,
					 manifest->generation);
	err = decoder_new(&settings, &section->decoder, reterr_failure);
	if (!err)
		err = check_new(&settings, &section->check, reterr_failure);
	if (!err)
		err = open_sink(context, bank->file->name, events, &section->sink, reterr_failure);
	if (err && reterr_failure)
		reterr_failure->outcome = OUTCOME_REFUSED;
	return err;
}

static int open_sections(const struct context *context, struct bank *bank,
			 struct failure *reterr_failure)
{
	struct btf *btf = generation_load_btf(context->root, bank->manifest);
	int err = 0;

	for (size_t i = 0; !err && i < bank->file->event_count; i++) {
		bank->section_count++;
		err = open_section(context, bank, i, btf, &bank->sections[i], reterr_failure);
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
		err = open_sections(context, &bank, reterr_failure);
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

/* ---- life ----------------------------------------------------------------------------------- */

static int start_ring(struct bank_ring *ring, const struct stream_settings *settings,
		      sd_event *event, bool held)
{
	int err = stream_new(settings, &ring->stream);

	if (err)
		return err;
	close_and_forget(&ring->fd);
	stream_hold(ring->stream, held);
	return stream_start(ring->stream, event);
}

static int start_section(struct bank_section *section, const struct stream_settings *common,
			 sd_event *event, bool held)
{
	for (size_t i = 0; i < section->ring_count; i++) {
		struct stream_settings settings = *common;
		int err;

		settings.ring_fd = section->rings[i].fd;
		if (section->ring_count > 1)
			settings.place.cpu = (int)i;
		err = start_ring(&section->rings[i], &settings, event, held);
		if (err)
			return err;
	}
	return 0;
}

int bank_start(struct bank *bank, const struct context *context, const struct ledger *ledger,
	       int number, bool held, struct audience *audience)
{
	for (size_t i = 0; i < bank->section_count; i++) {
		struct bank_section *section = &bank->sections[i];
		const struct stream_settings common = {.ledger = *ledger,
						       .place = {.bank = (unsigned)number,
								 .section = (unsigned)i,
								 .cpu = LEDGER_ALL_CPUS},
						       .generation = bank->manifest->generation,
						       .decoder = section->decoder,
						       .check = &section->check,
						       .sink = section->sink,
						       .audience = audience};
		int err = start_section(section, &common, context->event, held);

		if (err)
			return err;
	}
	return 0;
}

static void close_section(struct bank_section *section)
{
	for (size_t i = 0; i < section->ring_count; i++) {
		stream_free(section->rings[i].stream);
		close_and_forget(&section->rings[i].fd);
	}
	free(section->rings);
	decoder_free(section->decoder);
	sink_free(section->sink);
}

void bank_close(struct bank *bank)
{
	for (size_t i = 0; i < bank->section_count; i++)
		close_section(&bank->sections[i]);
	manifest_free(bank->manifest);
	unit_file_free(bank->file);
	close_and_forget(&bank->counts_fd);
	*bank = BANK_INIT;
}

/* ---- all streams ---------------------------------------------------------------------------- */

int bank_for_each_stream(const struct bank *bank, int (*visit)(struct stream *stream, void *data),
			 void *data)
{
	for (size_t i = 0; i < bank->section_count; i++)
		for (size_t j = 0; j < bank->sections[i].ring_count; j++) {
			struct stream *stream = bank->sections[i].rings[j].stream;
			int result = stream ? visit(stream, data) : 0;

			if (result)
				return result;
		}
	return 0;
}

static int hold_stream(struct stream *stream, void *data)
{
	const bool *held = data;

	stream_hold(stream, *held);
	return 0;
}

void bank_hold(const struct bank *bank, bool held)
{
	(void)bank_for_each_stream(bank, hold_stream, &held);
}

static int drain_stream(struct stream *stream, void *data)
{
	(void)data;
	return stream_drain(stream, stream_producer_position(stream));
}

int bank_drain(struct bank *bank)
{
	return bank_for_each_stream(bank, drain_stream, NULL);
}

static int find_left(struct stream *stream, void *data)
{
	(void)data;
	return stream_error(stream) || stream_waiting(stream) > 0;
}

bool bank_is_drained(const struct bank *bank)
{
	return !bank_for_each_stream(bank, find_left, NULL);
}
