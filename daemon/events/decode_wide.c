/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_wide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_plan.h"
#include "lib/cleanup.h"
#include "lib/macro.h"

static void widen(struct value *value)
{
	static const uint8_t text_kinds[] = {
		[VALUE_UNSIGNED] = VALUE_UNSIGNED_TEXT,
		[VALUE_SIGNED] = VALUE_SIGNED_TEXT,
		[VALUE_ENUM] = VALUE_ENUM_TEXT,
		[VALUE_UNSIGNED_128] = VALUE_UNSIGNED_128_TEXT,
		[VALUE_SIGNED_128] = VALUE_SIGNED_128_TEXT,
	};

	if (value->is_wide && value->kind < ARRAY_SIZE(text_kinds) && text_kinds[value->kind])
		value->kind = text_kinds[value->kind];
}

int decoder_wide_new(const struct decoder *decoder, struct decoder **ret)
{
	cleanup_free struct decoder *wide = malloc(sizeof(*wide));

	if (!wide)
		return -ENOMEM;
	*wide = *decoder;
	wide->values = calloc(decoder->value_count + 1, sizeof(*wide->values));
	if (!wide->values)
		return -ENOMEM;
	for (size_t i = 0; i < decoder->value_count; i++) {
		wide->values[i] = decoder->values[i];
		widen(&wide->values[i]);
	}
	wide->is_wide_as_text = true;
	*ret = TAKE_PTR(wide);
	return 0;
}

struct decoder *decoder_wide_free(struct decoder *decoder)
{
	if (decoder)
		free(decoder->values);
	free(decoder);
	return NULL;
}
