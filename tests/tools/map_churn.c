// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes a pinned hash from u32 to u64.
 *
 *	map_churn PIN fill COUNT	keys 0 to COUNT - 1, each with itself as value; then ends
 *	map_churn PIN churn FIRST LAST	deletes and adds the keys from FIRST to LAST - 1 in turns,
 *					until it is ended
 */
#include <bpf/bpf.h>
#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"

#define BATCH 4096U

static int fail(const char *what, int err)
{
	fprintf(stderr, "map_churn: %s: %s\n", what, strerror(-err));
	return EXIT_FAILURE;
}

static int fill(int map, uint32_t count)
{
	static uint32_t keys[BATCH];
	static uint64_t values[BATCH];

	for (uint32_t first = 0; first < count; first += BATCH) {
		uint32_t size = MIN(BATCH, count - first);
		int err;

		for (uint32_t i = 0; i < size; i++)
			values[i] = keys[i] = first + i;
		err = bpf_map_update_batch(map, keys, values, &size, NULL);
		if (err)
			return fail("fill", err);
	}
	return EXIT_SUCCESS;
}

_Noreturn static void churn(int map, uint32_t first, uint32_t last)
{
	for (;;)
		for (uint32_t key = first; key < last; key++) {
			uint64_t value = key;

			if (bpf_map_delete_elem(map, &key) < 0)
				(void)bpf_map_update_elem(map, &key, &value, BPF_ANY);
		}
}

static uint32_t number(const char *text)
{
	uint64_t value = 0;

	return str_to_u64(text, &value) < 0 ? 0 : (uint32_t)value;
}

int main(int argc, char **argv)
{
	cleanup_close int map = argc > 2 ? bpf_obj_get(argv[1]) : -1;

	if (map < 0)
		return fail("cannot open the pin", map);
	if (argc == 4 && strcmp(argv[2], "fill") == 0)
		return fill(map, number(argv[3]));
	if (argc == 5 && strcmp(argv[2], "churn") == 0)
		churn(map, number(argv[3]), number(argv[4]));
	fprintf(stderr, "map_churn PIN fill COUNT | churn FIRST LAST\n");
	return EXIT_FAILURE;
}
