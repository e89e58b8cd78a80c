/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/section_terms.h"

#include "lib/macro.h"

void section_terms_read(const struct bank_section *section, struct section_terms *ret)
{
	*ret = (struct section_terms){0};
	for (size_t i = 0; i < section->ring_count; i++) {
		const struct stream *stream = section->rings[i].stream;

		if (!stream)
			continue;
		ret->consumed += stream_consumed(stream);
		ret->again += stream_again(stream);
		ret->dropped += stream_dropped(stream);
		ret->mismatched += stream_mismatched(stream);
		ret->waiting += stream_waiting(stream);
		ret->partial |= stream_is_partial(stream);
		if (stream_error(stream))
			ret->error = stream_error(stream);
	}
}

void section_fill_read(const struct bank_section *section, struct section_fill *ret)
{
	*ret = (struct section_fill){0};
	for (size_t i = 0; i < section->ring_count; i++) {
		const struct stream *stream = section->rings[i].stream;

		if (!stream)
			continue;
		ret->size = MAX(ret->size, stream_size(stream));
		ret->fill = MAX(ret->fill, stream_fill(stream));
		ret->peak = MAX(ret->peak, stream_peak(stream));
	}
}

uint64_t section_delivered(const struct bank_section *section, const struct section_terms *terms)
{
	if (!sink_wants_lines(section->sink))
		return 0;
	return terms->consumed - terms->dropped - terms->mismatched;
}
