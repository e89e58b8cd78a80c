/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to BTF that may be broken or hostile: type chains of any length, loops, sizes that
 * overflow. All of them end, and answer with a negative errno where there is no answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;
struct btf_type;

/* Longest chain of types below a struct: typedefs, qualifiers, arrays, structs in structs. */
#define TYPE_DEPTH_MAX 32
/* Longest name, as the kernel has it (include/linux/kallsyms.h, KSYM_NAME_LEN). */
#define TYPE_NAME_MAX 511

/* The type behind typedefs and qualifiers. -ELOOP if there are too many, -EINVAL for a wrong id. */
int type_resolve(const struct btf *btf, uint32_t id, const struct btf_type **ret, uint32_t *ret_id);

/* Bytes of a value of the type; 0 for what has no size. -EOVERFLOW, -ELOOP, -EINVAL. */
int type_size(const struct btf *btf, uint32_t id, uint64_t *ret);

/* A name of the BTF. -EINVAL for a wrong offset, -ENAMETOOLONG. */
int type_name(const struct btf *btf, uint32_t offset, const char **ret);

/* What a type that is resolved is called in C: "unsigned int", "struct flow", "char[16]". */
void type_describe(const struct btf *btf, const struct btf_type *type, char *text, size_t size);

/* Numbers of 1, 2, 4 or 8 bytes: integers, bool, enums, pointers. */
bool type_is_number(const struct btf_type *type, uint64_t size);

/* Plain `char`, which clang marks by nothing but its name. */
bool type_is_char(const struct btf *btf, const struct btf_type *type);

/* A byte that says nothing by itself, so that several make one string: char and unsigned char. */
bool type_is_byte(const struct btf *btf, const struct btf_type *type);

/* An integer that fills less than its bytes, as old BTF has for bit fields. */
bool type_is_partial(const struct btf_type *type);
