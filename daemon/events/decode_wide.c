/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_wide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_plan.h"
#include "lib/cleanup.h"

static void widen(struct value *value)
{
	if (value->load != LOAD_8)
		return;
	if (value->kind == VALUE_UNSIGNED)
		value->kind = VALUE_UNSIGNED_TEXT;
	else if (value->kind == VALUE_SIGNED)
		value->kind = VALUE_SIGNED_TEXT;
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
