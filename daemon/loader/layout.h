/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deep comparison of two types by BTF: whether the contents of a kept map mean the same to a new
 * object. Sizes alone cannot tell: a struct whose fields were re-ordered has the size it had.
 */
#pragma once

#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a handful of differences; the list is cut with "…" after that. */
#define LAYOUT_TEXT_MAX 1024

/*
 * Compares type `before_id` of `before` with `after_id` of `after`. Integers must agree in size and
 * signedness, arrays in length, structs and unions in each member by name, offset and type; enums
 * may gain names. Names of types, typedefs, const and volatile mean nothing; pointers are not
 * followed. 0: the same. 1: they differ, and `text` names each difference by its field's path,
 * which begins with `name`, by types and offsets in bytes. -EINVAL: a type id that the BTF has not,
 * nesting without end, or more members than any type of a map has.
 */
int layout_compare(const char *name, const struct btf *before, uint32_t before_id,
		   const struct btf *after, uint32_t after_id, char text[LAYOUT_TEXT_MAX]);
