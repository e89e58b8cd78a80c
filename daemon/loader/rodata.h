/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Variables of an open object's read-only data, found by name through BTF, written before load. */
#pragma once

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A variable: its type, and its bytes in the section's initial value. Valid while the object is
 * open. */
struct variable {
	const struct btf *btf;
	const struct btf_type *type; /* looked through typedef, const and volatile */
	void *data;
	size_t size;
};

bool rodata_find(const struct bpf_object *object, const char *name, struct variable *ret);

/* Writes the low bytes of the value, as many as the variable has (8 at most). */
void rodata_store(const struct variable *variable, uint64_t value);

/* The type behind typedef, const and volatile, or NULL. */
const struct btf_type *rodata_look_through(const struct btf *btf, uint32_t id);
