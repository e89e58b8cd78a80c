/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/metrics.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "daemon/events/decode_entry.h"
#include "daemon/events/decode_wide.h"
#include "daemon/events/entry_metric.h"
#include "daemon/events/entry_sum.h"
#include "daemon/kernel/map_kind.h"
#include "lib/cleanup.h"
#include "lib/str.h"

/* All that it takes to show an entry as a client of the map, and a metric, see it. */
struct shown {
	struct unit_format *formats;
	size_t format_count;
	struct decoder *decoder, *wide;
	struct entry_sum *sum;
	char *record, *text;
};

static void shown_deinit(struct shown *shown)
{
	decoder_wide_free(shown->wide);
	entry_sum_free(shown->sum);
	decoder_free(shown->decoder);
	unit_formats_free(shown->formats, shown->format_count);
	free(shown->record);
	free(shown->text);
}

static const struct map_kind *kind_of(const struct bpf_map *map)
{
	return map_kind_of(bpf_map__type(map));
}

static int make_decoder(const struct loading *loading, const struct bpf_map *map,
			const struct unit_metric *metric, struct shown *shown,
			struct failure *reterr_failure)
{
	struct entry_settings settings = {
		.map = metric->map,
		.key = {.size = bpf_map__key_size(map), .type = bpf_map__btf_key_type_id(map)},
		.value = {.size = bpf_map__value_size(map),
			  .type = bpf_map__btf_value_type_id(map)},
		.btf = bpf_object__btf(loading->object)};
	int err = unit_formats_of(loading->file, metric->map, metric, &shown->formats,
				  &shown->format_count);

	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "formats");
	settings.formats = shown->formats;
	settings.format_count = shown->format_count;
	err = entry_decoder_new(&settings, false, &shown->decoder, reterr_failure);
	if (err || !kind_of(map)->per_cpu)
		return err;
	err = entry_sum_new(shown->decoder, settings.key.size, &shown->sum);
	if (err)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "map \"%s\" has a value for each CPU, and those have more in "
				   "them than numbers, so that there is no sum",
				   metric->map);
	return 0;
}

/* The line of an entry of zeros; a new reference, or NULL if memory is out. */
static json_t *show_zeros(const struct bpf_map *map, struct shown *shown)
{
	const uint32_t stride = entry_value_stride(bpf_map__value_size(map));
	struct ring_record record = {.length = entry_value_offset(bpf_map__key_size(map)) +
					       bpf_map__value_size(map)};
	const struct decoder *decoder = shown->sum ? entry_sum_decoder(shown->sum) : shown->decoder;

	shown->record = calloc(1, record.length + stride);
	if (!shown->record || decoder_wide_new(decoder, &shown->wide) < 0)
		return NULL;
	record.data = shown->record;
	if (shown->sum)
		record.data =
			entry_sum_record(shown->sum, shown->record, stride, 1, &record.length);
	shown->text = malloc(decoder_line_max(shown->wide, record.length) + 1);
	if (!shown->text)
		return NULL;
	return json_loadb(shown->text, decoder_line(shown->wide, &record, false, shown->text), 0,
			  NULL);
}

static int check_entry(const struct loading *loading, const struct bpf_map *map,
		       const struct unit_metric *metric, struct failure *reterr_failure)
{
	CLEANUP(shown_deinit) struct shown shown = {0};
	int err = make_decoder(loading, map, metric, &shown, reterr_failure);
	json_t *line;

	if (err)
		return err;
	line = show_zeros(map, &shown);
	err = line ? entry_metric_check(line, metric, reterr_failure)
		   : failure_set_errno(reterr_failure, OUTCOME_FAILED, -ENOMEM, "an entry");
	json_decref(line);
	return err;
}

static int check_metric(const struct loading *loading, const struct unit_metric *metric,
			struct failure *reterr_failure)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(loading->object, metric->map);
	const struct map_kind *kind = map ? kind_of(map) : NULL;
	const char *type;

	if (!map)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOENT,
				   "no map \"%s\" in the object", metric->map);
	if (kind && kind->plain)
		return check_entry(loading, map, metric, reterr_failure);
	type = libbpf_bpf_map_type_str(bpf_map__type(map));
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EOPNOTSUPP,
			   "map \"%s\" is of type %s, of whose entries no metric can be made",
			   metric->map, type ? type : "unknown");
}

int metrics_check(const struct loading *loading, struct failure *reterr_failure)
{
	const struct unit_file *file = loading->file;

	for (size_t i = 0; i < file->metric_count; i++) {
		const struct unit_metric *metric = &file->metrics[i];
		char place[PATH_MAX + NAME_MAX_LENGTH + 32];
		int err = check_metric(loading, metric, reterr_failure);

		if (!err)
			continue;
		(void)str_format(place, sizeof(place), "%s:%u: [Metric %s]", file->path,
				 metric->line, metric->name);
		failure_prefix(reterr_failure, place);
		reterr_failure->outcome = OUTCOME_REFUSED;
		return err;
	}
	return 0;
}
