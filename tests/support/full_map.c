/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/full_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "tests/unit/expect.h"

#define KEY_MAX 64

void full_map_fill(int map)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);
	char key[KEY_MAX] = {0};
	cleanup_free void *value = NULL;
	int err = 0;

	assert_int_equal(bpf_obj_get_info_by_fd(map, &info, &length), 0);
	assert_in_range(info.key_size, sizeof(uint32_t), KEY_MAX);
	/* Of per-CPU maps a value for each CPU, in steps of 8 bytes. */
	value = calloc((size_t)libbpf_num_possible_cpus(), (info.value_size + 7) / 8 * 8);
	assert_non_null(value);
	for (uint32_t i = 1; !err; i++) {
		memcpy(key, &i, sizeof(i));
		err = bpf_map_update_elem(map, key, value, BPF_NOEXIST);
	}
	assert_int_equal(err, -E2BIG);
}
