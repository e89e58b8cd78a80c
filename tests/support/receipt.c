/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/receipt.h"

#include <jansson.h>

#include "tests/unit/expect.h"

void receipt_expect_no_loss(const char *text)
{
	json_t *receipt = json_loads(text, 0, NULL), *events;
	size_t i;

	assert_non_null(receipt);
	json_array_foreach (json_object_get(receipt, "events"), i, events) {
		assert_string_equal(json_string_value(json_object_get(events, "identity")),
				    "holds");
		assert_int_equal(json_integer_value(json_object_get(events, "failed")), 0);
	}
	json_decref(receipt);
}
