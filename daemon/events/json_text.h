/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of JSON, written to where the caller has made room. Each returns the end of what it wrote.
 * Digits and text go out in whole words, so up to JSON_SLACK bytes behind that end may be
 * overwritten: the room for a piece is its maximum and JSON_SLACK.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_SLACK 16

/*
 * A string with its quotes. Each byte that does not belong to a character of UTF-8 becomes U+FFFD.
 * NUL is escaped like other controls.
 */
char *json_text(char *out, const void *text, size_t length);
#define JSON_TEXT_MAX(length) (6 * (size_t)(length) + 2)

char *json_unsigned(char *out, uint64_t value);
char *json_signed(char *out, int64_t value);
#define JSON_NUMBER_MAX 20

char *json_unsigned_128(char *out, unsigned __int128 value);
char *json_signed_128(char *out, __int128 value);
#define JSON_NUMBER_128_MAX 40

/*
 * The shortest decimal that reads back as the same value, of a float or of a double; null for what
 * JSON has no number for (infinite, not a number).
 */
char *json_float(char *out, float value);
char *json_double(char *out, double value);
#define JSON_FLOAT_MAX 32

/* A string with the bytes in hex, in the order of memory: "0a1b". */
char *json_hex_bytes(char *out, const void *bytes, size_t length);
#define JSON_HEX_BYTES_MAX(length) (2 * (size_t)(length) + 2)

/* A string with the number in hex, without leading zeros: "0xa1b". */
char *json_hex_number(char *out, unsigned __int128 value);
#define JSON_HEX_NUMBER_MAX 36

/* Nanoseconds as a number of seconds: 1.500000000. */
char *json_seconds(char *out, uint64_t nanoseconds);
#define JSON_SECONDS_MAX 22

/* Strings with an address of 4, 16 (as RFC 5952 writes it) or 6 bytes, in the order of memory. */
char *json_ip4(char *out, const void *address);
char *json_ip6(char *out, const void *address);
char *json_mac(char *out, const void *address);
#define JSON_ADDRESS_MAX 48

/* Copies without quotes. */
static inline char *json_raw(char *out, const char *text, size_t length)
{
	memcpy(out, text, length);
	return out + length;
}
