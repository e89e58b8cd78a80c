/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int str_format(char *buffer, size_t size, const char *format, ...)
{
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(buffer, size, format, values);
	va_end(values);
	if (length < 0)
		return -EINVAL;
	return (size_t)length < size ? 0 : -ENAMETOOLONG;
}

int str_list_add(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);

	return str_format(list + used, size - used, "%s%s", used ? ", " : "", word);
}

bool str_has_prefix(const char *string, const char *prefix, const char **ret_rest)
{
	size_t length = strlen(prefix);

	if (strncmp(string, prefix, length) != 0)
		return false;
	if (ret_rest)
		*ret_rest = string + length;
	return true;
}

/* strtoull() takes leading blanks and signs; a number of ours starts with a digit. */
static bool starts_with_digit(const char *string)
{
	return *string >= '0' && *string <= '9';
}

static int base_of(const char *string)
{
	return string[0] == '0' && (string[1] == 'x' || string[1] == 'X') ? 16 : 10;
}

static int parse_number(const char *string, uint64_t *ret, const char **ret_rest)
{
	char *end;
	uint64_t value;

	if (!starts_with_digit(string))
		return -EINVAL;
	errno = 0;
	value = strtoull(string, &end, base_of(string));
	if (errno)
		return -errno;
	*ret = value;
	*ret_rest = end;
	return 0;
}

int str_to_u64(const char *string, uint64_t *ret)
{
	const char *rest = "";
	uint64_t value = 0;
	int err = parse_number(string, &value, &rest);

	if (err)
		return err;
	if (*rest)
		return -EINVAL;
	*ret = value;
	return 0;
}

int str_to_s64(const char *string, int64_t *ret)
{
	bool negative = *string == '-';
	uint64_t magnitude;
	int err = str_to_u64(string + negative, &magnitude);

	if (err)
		return err;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

int str_to_bool(const char *string, bool *ret)
{
	static const char *const words[][2] = {
		{"no", "yes"}, {"false", "true"}, {"0", "1"}, {"off", "on"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (int value = 0; value < 2; value++)
			if (strcmp(string, words[i][value]) == 0) {
				*ret = value;
				return 0;
			}
	return -EINVAL;
}

struct suffix {
	const char *text;
	uint64_t factor;
};

static int parse_scaled(const char *string, const struct suffix *suffixes, size_t count,
			uint64_t *ret)
{
	const char *rest = "";
	uint64_t value = 0;
	int err = parse_number(string, &value, &rest);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		if (strcmp(rest, suffixes[i].text) == 0)
			return __builtin_mul_overflow(value, suffixes[i].factor, ret) ? -ERANGE : 0;
	return -EINVAL;
}

int str_to_size(const char *string, uint64_t *ret)
{
	static const struct suffix suffixes[] = {
		{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};

	return parse_scaled(string, suffixes, ARRAY_SIZE(suffixes), ret);
}

int str_to_usec(const char *string, uint64_t *ret)
{
	static const struct suffix suffixes[] = {
		{"", 1000000}, {"us", 1}, {"ms", 1000}, {"s", 1000000}, {"min", 60000000}};

	return parse_scaled(string, suffixes, ARRAY_SIZE(suffixes), ret);
}

static bool is_name_character(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (!first && (c == '_' || c == '-'));
}

bool name_is_valid(const char *name)
{
	size_t length = 0;

	for (; name[length]; length++)
		if (!is_name_character(name[length], length == 0))
			return false;
	return length > 0 && length <= NAME_MAX_LENGTH;
}

bool unit_name_is_valid(const char *name)
{
	return name_is_valid(name) && strcmp(name, "shared") != 0 &&
	       !str_has_prefix(name, "gone-", NULL);
}
