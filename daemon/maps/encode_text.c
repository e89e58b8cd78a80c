/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/maps/encoder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define NSEC_PER_SEC 1000000000ULL
#define NSEC_DIGITS  9
#define MAC_BYTES    6

static int hex_digit(char character)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = character ? strchr(digits, character | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Whether the text has two hex digits for each of so many bytes, and nothing else. */
static bool read_hex(const char *text, uint64_t size, uint8_t *bytes)
{
	for (uint64_t i = 0; i < size; i++) {
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return text[2 * size] == '\0';
}

int encoder_hex(struct encoder *encoder, const json_t *json, uint64_t size, uint8_t *bytes)
{
	const char *text = json_string_value(json);
	char what[64];

	if (text && read_hex(text, size, bytes))
		return 0;
	(void)str_format(what, sizeof(what), "%llu hex digits", 2 * (unsigned long long)size);
	return encoder_refuse(encoder, json, what);
}

int encoder_text(struct encoder *encoder, const json_t *json, uint64_t size, uint8_t *bytes)
{
	size_t length = json_string_length(json);
	char what[64];

	if (json_is_string(json) && length <= size) {
		memcpy(bytes, json_string_value(json), length);
		return 0;
	}
	(void)str_format(what, sizeof(what), "text of up to %llu bytes", (unsigned long long)size);
	return encoder_refuse(encoder, json, what);
}

/* ---- formats -------------------------------------------------------------------------------- */

static bool read_mac(const char *text, uint8_t *bytes)
{
	for (int i = 0; i < MAC_BYTES; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i + 1 < MAC_BYTES ? ':' : '\0'))
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Seconds with up to nine digits behind the point, exactly. */
static bool read_seconds(const char *text, uint64_t *ret)
{
	uint64_t nsec = 0;
	int behind = -1;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text; text++) {
		if (*text == '.' && behind < 0) {
			behind = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || behind == NSEC_DIGITS ||
		    __builtin_mul_overflow(nsec, 10, &nsec) ||
		    __builtin_add_overflow(nsec, (uint64_t)(*text - '0'), &nsec))
			return false;
		behind += behind >= 0;
	}
	for (behind = behind < 0 ? 0 : behind; behind < NSEC_DIGITS; behind++)
		if (__builtin_mul_overflow(nsec, 10, &nsec))
			return false;
	*ret = nsec;
	return true;
}

static int put_seconds(struct encoder *encoder, const json_t *json, uint8_t *bytes)
{
	const char *text = json_string_value(json);
	char number[64];
	uint64_t nsec;

	/* A number that has more digits than a double comes as text. */
	if (json_is_integer(json))
		(void)str_format(number, sizeof(number), "%lld",
				 (long long)json_integer_value(json));
	else if (json_is_real(json) && json_real_value(json) < 1e12)
		(void)str_format(number, sizeof(number), "%.9f", json_real_value(json));
	else if (!text)
		return encoder_refuse(encoder, json, "a number of seconds");
	if (!read_seconds(text ? text : number, &nsec))
		return encoder_refuse(encoder, json,
				      "a number of seconds, with up to 9 digits behind the point");
	memcpy(bytes, &nsec, sizeof(nsec));
	return 0;
}

static int put_port(struct encoder *encoder, const json_t *json, uint8_t *bytes)
{
	uint16_t port;
	int err = encoder_unsigned(encoder, (struct bits){.count = 16}, json, bytes);

	if (err)
		return err;
	memcpy(&port, bytes, sizeof(port));
	port = htons(port);
	memcpy(bytes, &port, sizeof(port));
	return 0;
}

int encoder_address(struct encoder *encoder, enum field_format format, const json_t *json,
		    uint8_t *bytes)
{
	const char *text = json_string_value(json);

	if (format == FORMAT_PORT)
		return put_port(encoder, json, bytes);
	if (format == FORMAT_NS)
		return put_seconds(encoder, json, bytes);
	if (format == FORMAT_MAC)
		return text && read_mac(text, bytes)
			       ? 0
			       : encoder_refuse(encoder, json,
						"an address such as 02:00:00:00:00:01");
	if (format == FORMAT_IP6)
		return text && inet_pton(AF_INET6, text, bytes) == 1
			       ? 0
			       : encoder_refuse(encoder, json,
						"an IPv6 address such as 2001:db8::1");
	return text && inet_pton(AF_INET, text, bytes) == 1
		       ? 0
		       : encoder_refuse(encoder, json, "an IPv4 address such as 192.0.2.1");
}
