/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/json_text.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define GROUPS 8 /* of 16 bits, in an IPv6 address */

static const char hex_digits[16] = "0123456789abcdef";

/* A byte in decimal. */
struct octet {
	char text[3];
	uint8_t length;
};

#define OCTET(digits)                                        \
	{                                                    \
		.text = digits, .length = sizeof(digits) - 1 \
	}
#define DECADE(tens)                                                                         \
	OCTET(tens "0"), OCTET(tens "1"), OCTET(tens "2"), OCTET(tens "3"), OCTET(tens "4"), \
		OCTET(tens "5"), OCTET(tens "6"), OCTET(tens "7"), OCTET(tens "8"),          \
		OCTET(tens "9")

/* Four more than a byte can be. */
static const struct octet octets[] = {
	DECADE(""),   DECADE("1"),  DECADE("2"),  DECADE("3"),	DECADE("4"),  DECADE("5"),
	DECADE("6"),  DECADE("7"),  DECADE("8"),  DECADE("9"),	DECADE("10"), DECADE("11"),
	DECADE("12"), DECADE("13"), DECADE("14"), DECADE("15"), DECADE("16"), DECADE("17"),
	DECADE("18"), DECADE("19"), DECADE("20"), DECADE("21"), DECADE("22"), DECADE("23"),
	DECADE("24"), DECADE("25"),
};

/* Writes four bytes, whatever the number of digits is. */
static char *put_octet(char *out, uint8_t value)
{
	memcpy(out, &octets[value], sizeof(octets[value]));
	return out + octets[value].length;
}

static char *put_dotted(char *out, const uint8_t *address)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*out++ = '.';
		out = put_octet(out, address[i]);
	}
	return out;
}

char *json_ip4(char *out, const void *address)
{
	*out++ = '"';
	out = put_dotted(out, address);
	*out++ = '"';
	return out;
}

/* The longest run of groups that are 0, the first of several: what "::" stands for. */
struct zero_run {
	int start, end;
};

static struct zero_run find_zeros(const uint16_t *groups)
{
	struct zero_run best = {0};
	int start = 0;

	for (int i = 0; i < GROUPS; i++) {
		if (groups[i] != 0)
			start = i + 1;
		else if (i + 1 - start > best.end - best.start)
			best = (struct zero_run){.start = start, .end = i + 1};
	}
	/* One group alone is written out. */
	return best.end - best.start > 1 ? best : (struct zero_run){.start = -1, .end = -1};
}

static char *put_group(char *out, unsigned group)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		if (group >> shift || shift == 0)
			*out++ = hex_digits[group >> shift & 15];
	return out;
}

static char *put_groups(char *out, const uint16_t *groups, int start, int end)
{
	for (int i = start; i < end; i++) {
		if (i > start)
			*out++ = ':';
		out = put_group(out, groups[i]);
	}
	return out;
}

/* The last four bytes in dots behind ::ffff: and, as inet_ntop(3) has it, behind :: alone. */
static bool is_ip4_inside(const uint16_t *groups, struct zero_run zeros)
{
	return zeros.start == 0 && (zeros.end == 6 || (zeros.end == 5 && groups[5] == 0xffff));
}

char *json_ip6(char *out, const void *address)
{
	uint16_t groups[GROUPS];
	struct zero_run zeros;

	memcpy(groups, address, sizeof(groups));
	for (int i = 0; i < GROUPS; i++)
		groups[i] = be16toh(groups[i]);
	zeros = find_zeros(groups);
	*out++ = '"';
	if (zeros.start < 0) {
		out = put_groups(out, groups, 0, GROUPS);
	} else {
		out = put_groups(out, groups, 0, zeros.start);
		out = json_raw(out, "::", 2);
		if (is_ip4_inside(groups, zeros)) {
			if (zeros.end == 5)
				out = json_raw(out, "ffff:", 5);
			out = put_dotted(out, (const uint8_t *)address + 12);
		} else {
			out = put_groups(out, groups, zeros.end, GROUPS);
		}
	}
	*out++ = '"';
	return out;
}

char *json_mac(char *out, const void *address)
{
	const uint8_t *bytes = address;

	for (int i = 0; i < 6; i++) {
		*out++ = i == 0 ? '"' : ':';
		*out++ = hex_digits[bytes[i] >> 4];
		*out++ = hex_digits[bytes[i] & 15];
	}
	*out++ = '"';
	return out;
}
