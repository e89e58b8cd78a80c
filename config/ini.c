/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/ini.h"

#include <assert.h>
#include <ini.h>
#include <string.h>

#include "lib/macro.h"
#include "lib/str.h"
#include "lib/utf8.h"

#define BLANKS		" \t\r"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Where keys belong at present. */
enum place { BEFORE_SECTIONS, IN_SECTION, IN_BAD_SECTION };

struct reading {
	const char *next, *end;
	const struct ini_visitor *visitor;
	void *userdata;
	struct config_errors *errors;
	enum place place;
	unsigned line;
	bool key_expected; /* of the line that inih has now; it says so by calling key_found() */
	int fatal;	   /* what a visitor returned */
};

static bool is_comment(const char *text)
{
	return *text == ';' || *text == '#';
}

/* Copies the next line without its end; its length may be more than INI_LINE_MAX, the copy is not.
 */
static size_t take_line(struct reading *reading, char *buffer)
{
	size_t left = reading->end - reading->next;
	const char *newline = memchr(reading->next, '\n', left);
	size_t length = newline ? (size_t)(newline - reading->next) : left;
	size_t copied = MIN(length, (size_t)INI_LINE_MAX);

	memcpy(buffer, reading->next, copied);
	buffer[copied] = '\0';
	reading->next += length + (newline != NULL);
	reading->line++;
	return length;
}

/* Notes a control character other than a tab or the CR of a line's end, if there is one. */
static bool has_control_character(struct reading *reading, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = line[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t' || (c == '\r' && i + 1 == length))
			continue;
		config_errors_add(reading->errors, reading->line,
				  "control character 0x%02x at byte %zu; the file must be text", c,
				  i + 1);
		return true;
	}
	return false;
}

static bool line_is_clean(struct reading *reading, const char *line, size_t length)
{
	if (length > INI_LINE_MAX) {
		config_errors_add(reading->errors, reading->line,
				  "the line has %zu bytes; at most %d are allowed", length,
				  INI_LINE_MAX);
		return false;
	}
	if (has_control_character(reading, line, length))
		return false;
	if (!utf8_is_valid(line, length)) {
		config_errors_add(reading->errors, reading->line, "the line is not valid UTF-8");
		return false;
	}
	if ((*line == ' ' || *line == '\t') && line[strspn(line, BLANKS)] &&
	    !is_comment(line + strspn(line, BLANKS))) {
		config_errors_add(reading->errors, reading->line,
				  "the line is indented; begin it at the margin: a value cannot go "
				  "on over several lines");
		return false;
	}
	return true;
}

/* Cuts blanks from both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* Cuts `[TYPE NAME] ; comment` into type and name, in place. Returns NULL or what is wrong. */
static const char *section_split(char *header, char **ret_type, char **ret_name)
{
	char *close = strchr(header, ']'), *rest, *type, *name;

	if (!close)
		return "the section header has no ']'";
	*close = '\0';
	rest = close + 1 + strspn(close + 1, BLANKS);
	if (*rest && *rest != ';')
		return "text behind the section header; keys begin on the next line";
	type = trim(header + 1);
	name = type + strcspn(type, BLANKS);
	if (*name) {
		*name++ = '\0';
		name = trim(name);
	}
	if (!*type)
		return "the section header is empty";
	if (strlen(type) > INI_NAME_MAX || strlen(name) > INI_NAME_MAX)
		return "a name in the section header has more than 48 bytes";
	*ret_type = type;
	*ret_name = name;
	return NULL;
}

_Static_assert(INI_NAME_MAX == 48, "a message says so");

static void read_section(struct reading *reading, const char *line)
{
	char header[INI_LINE_MAX + 1], *type, *name;
	const char *wrong;

	strcpy(header, line);
	wrong = section_split(header, &type, &name);
	if (wrong) {
		reading->place = IN_BAD_SECTION;
		config_errors_add(reading->errors, reading->line, "%s", wrong);
		return;
	}
	reading->place = IN_SECTION;
	reading->fatal = reading->visitor->section(reading->userdata, type, name, reading->line);
}

static void settle_line(struct reading *reading)
{
	if (reading->key_expected)
		config_errors_add(reading->errors, reading->line,
				  "neither KEY=VALUE nor a [SECTION]");
	reading->key_expected = false;
}

/*
 * The reader that inih calls, like fgets(). Sections and bad lines end here: inih gets a blank line
 * in their place, so that nothing it does by itself depends on them.
 */
static char *next_line(char *buffer, int size, void *userdata)
{
	struct reading *reading = userdata;
	char line[INI_LINE_MAX + 1];
	const char *start = line;
	size_t length;

	assert(size > INI_LINE_MAX);
	settle_line(reading);
	if (reading->fatal || reading->next == reading->end)
		return NULL;
	length = take_line(reading, line);
	if (reading->line == 1 && str_has_prefix(start, BYTE_ORDER_MARK, &start))
		length -= strlen(BYTE_ORDER_MARK);
	buffer[0] = '\0';
	if (!line_is_clean(reading, start, length))
		return buffer;
	if (*start == '[') {
		read_section(reading, start);
		return buffer;
	}
	reading->key_expected =
		start[strspn(start, BLANKS)] && !is_comment(start + strspn(start, BLANKS));
	return strcpy(buffer, start);
}

/* inih's handler. Its section is not used: inih cuts it at 49 bytes. */
static int key_found(void *userdata, const char *section, const char *key, const char *value)
{
	struct reading *reading = userdata;

	(void)section;
	reading->key_expected = false;
	if (reading->place == BEFORE_SECTIONS)
		config_errors_add(reading->errors, reading->line,
				  "%s= stands before the first [SECTION]", key);
	else if (strlen(key) > INI_NAME_MAX)
		config_errors_add(reading->errors, reading->line, "the key has more than %d bytes",
				  INI_NAME_MAX);
	else if (!*key)
		config_errors_add(reading->errors, reading->line, "there is no key before '='");
	else if (reading->place == IN_SECTION)
		reading->fatal =
			reading->visitor->key(reading->userdata, key, value, reading->line);
	return 1;
}

int ini_text_read(const char *text, size_t length, const struct ini_visitor *visitor,
		  void *userdata, struct config_errors *errors, unsigned *ret_lines)
{
	struct reading reading = {
		.next = text,
		.end = text + length,
		.visitor = visitor,
		.userdata = userdata,
		.errors = errors,
	};

	/* Its result is the line of a first error, and all errors are noted by now. */
	(void)ini_parse_stream(next_line, &reading, key_found, &reading);
	if (reading.fatal)
		return reading.fatal;
	*ret_lines = MAX(reading.line, 1u);
	return 0;
}
