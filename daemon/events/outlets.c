/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/outlets.h"

#include "daemon/events/decode_wide.h"

void outlets_deinit(struct outlets *outlets)
{
	outlets->wide = decoder_wide_free(outlets->wide);
}

bool outlets_listen(const struct outlets *outlets)
{
	return sink_wants_lines(outlets->sink) || audience_listens(outlets->audience);
}

/* The sink's line is the subscribers' line as well. */
static void put_plain(struct outlets *outlets, const struct ring_record *record, bool again)
{
	struct audience *audience = outlets->audience;
	bool is_heard = audience_listens(audience) && audience->plain_count > 0;
	size_t size = decoder_line_max(outlets->decoder, record->length);
	char *line = sink_room(outlets->sink, size);
	bool sink_takes = line != NULL;
	size_t length;

	if (!line && is_heard)
		line = audience_room(audience, size);
	if (!line) {
		if (is_heard)
			audience_lose(audience, outlets->generation, false);
		return;
	}
	length = decoder_line(outlets->decoder, record, again, line);
	if (sink_takes)
		sink_put(outlets->sink, length);
	if (is_heard)
		audience_put(audience, outlets->generation, false,
			     (struct line_text){.start = line, .length = length});
}

static void put_wide(struct outlets *outlets, const struct ring_record *record, bool again)
{
	struct audience *audience = outlets->audience;
	char *line = NULL;
	size_t length;

	if (!outlets->wide)
		(void)decoder_wide_new(outlets->decoder, &outlets->wide);
	if (outlets->wide)
		line = audience_room(audience, decoder_line_max(outlets->wide, record->length));
	if (!line) {
		audience_lose(audience, outlets->generation, true);
		return;
	}
	length = decoder_line(outlets->wide, record, again, line);
	audience_put(audience, outlets->generation, true,
		     (struct line_text){.start = line, .length = length});
}

void outlets_put(struct outlets *outlets, const struct ring_record *record, bool again)
{
	const struct audience *audience = outlets->audience;

	if (!check_holds(outlets->check, record)) {
		outlets->mismatched++;
		return;
	}
	if (sink_wants_lines(outlets->sink) || (audience && audience->plain_count > 0))
		put_plain(outlets, record, again);
	if (audience && audience->wide_count > 0)
		put_wide(outlets, record, again);
}

uint64_t outlets_flush(struct outlets *outlets)
{
	if (audience_listens(outlets->audience))
		audience_flush(outlets->audience);
	return sink_flush(outlets->sink);
}
