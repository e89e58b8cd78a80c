/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the encoder; private to encode*.c. All fill its failure and return -EINVAL. */
#pragma once

#include <bpf/btf.h>
#include <jansson.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/maps/encode.h"

#define ENCODER_PATH_MAX 512

struct encoder {
	const struct entry_settings *entry;
	char path[ENCODER_PATH_MAX]; /* of the field, as value.ports[2] */
	struct failure *failure;
};

/* Where a number goes: so many bits, the first of which is the `first`th of the first byte. */
struct bits {
	uint64_t first;
	uint32_t count;
};

/* ---- encode.c ---- */

/* "PATH: must be WHAT, not JSON". */
int encoder_refuse(struct encoder *encoder, const json_t *json, const char *what);

/* Broken types. */
int encoder_broken(struct encoder *encoder, int err);

/* Appends to the path, as format and name say; the path is cut back by its length before. */
size_t encoder_enter(struct encoder *encoder, const char *format, ...) PRINTF_LIKE(2, 3);
void encoder_leave(struct encoder *encoder, size_t length);

/* A value of any type. `bytes` are 0. */
int encoder_type(struct encoder *encoder, uint32_t id, const json_t *json, uint8_t *bytes);

/* ---- encode_number.c ---- */

/* Integers, bools, enums, pointers and floats, into the bits of them. */
int encoder_number(struct encoder *encoder, const struct btf_type *type, struct bits bits,
		   const json_t *json, uint8_t *bytes);
/* Of a number that has no type. */
int encoder_unsigned(struct encoder *encoder, struct bits bits, const json_t *json, uint8_t *bytes);

/* ---- encode_text.c ---- */

/* Two hex digits for each byte. */
int encoder_hex(struct encoder *encoder, const json_t *json, uint64_t size, uint8_t *bytes);
/* Characters, which may fill all of it. */
int encoder_text(struct encoder *encoder, const json_t *json, uint64_t size, uint8_t *bytes);
/* Formats of one size: addresses, ports and times. */
int encoder_address(struct encoder *encoder, enum field_format format, const json_t *json,
		    uint8_t *bytes);

/* ---- encode_struct.c ---- */

/* Structs and unions. */
int encoder_struct(struct encoder *encoder, const struct btf_type *type, const json_t *json,
		   uint8_t *bytes);
