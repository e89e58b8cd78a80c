/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of JSON, written to where the caller has made room. Each returns the end of what it wrote.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A string with its quotes. Each byte that does not belong to a character of UTF-8 becomes U+FFFD.
 * NUL is escaped like other controls.
 */
char *json_text(char *out, const void *text, size_t length);
#define JSON_TEXT_MAX(length) (6 * (size_t)(length) + 2)

char *json_unsigned(char *out, uint64_t value);
char *json_signed(char *out, int64_t value);
#define JSON_NUMBER_MAX 20

/* A string with the bytes in hex, in the order of memory: "0a1b". */
char *json_hex_bytes(char *out, const void *bytes, size_t length);
#define JSON_HEX_BYTES_MAX(length) (2 * (size_t)(length) + 2)

/* A string with the number in hex, without leading zeros: "0xa1b". */
char *json_hex_number(char *out, uint64_t value);
#define JSON_HEX_NUMBER_MAX 20

/* Nanoseconds as a number of seconds: 1.500000000. */
char *json_seconds(char *out, uint64_t nanoseconds);
#define JSON_SECONDS_MAX 22

/* Copies without quotes. */
char *json_raw(char *out, const char *text, size_t length);
