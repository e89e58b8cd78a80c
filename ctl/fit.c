/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/fit.h"

#include <ctype.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/macro.h"

#define INDENT_LEAST 4

int fit_width(FILE *out)
{
	struct winsize size = {0};
	int fd = fileno(out);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

/* The byte behind the first `count` characters, or `end`. */
static const char *behind(const char *at, const char *end, int count)
{
	while (at < end && count-- > 0)
		do
			at++;
		while (at < end && (*at & 0xc0) == 0x80);
	return at;
}

/* Where the text of a line begins: behind blanks, or behind a label of letters and blanks. */
static const char *text_of(const char *line, const char *end)
{
	const char *label = line;

	while (label < end && (isalpha((unsigned char)*label) || *label == ' '))
		label++;
	if (end - label > 2 && label > line && label[0] == ':' && label[1] == ' ')
		return label + 2;
	while (line < end && *line == ' ')
		line++;
	return line;
}

/* Columns before what goes on: of a line without any, some, so that it is told from the next. */
static int indent_of(const char *line, const char *end, int width)
{
	const int indent = (int)(text_of(line, end) - line);

	return indent == 0 ? MIN(INDENT_LEAST, width / 4) : indent <= width / 2 ? indent : 0;
}

/* The end of what fits into `room` columns: before blanks, if there are some behind `text`. */
static const char *break_of(const char *text, const char *at, const char *end, int room)
{
	const char *least = MAX(text, at), *most = behind(at, end, MAX(room, 1)), *blank = most;

	if (most == end)
		return end;
	while (blank > least && *blank != ' ')
		blank--;
	while (blank > least && blank[-1] == ' ')
		blank--;
	return blank > least ? blank : most;
}

static void write_line(FILE *out, const char *line, const char *end, int width)
{
	const int indent = indent_of(line, end, width);
	const char *text = text_of(line, end), *at = line;
	int room = width;

	while (width > 0 && at < end) {
		const char *stop = break_of(text, at, end, room);

		if (stop == end)
			break;
		(void)fwrite(at, 1, (size_t)(stop - at), out);
		at = stop + strspn(stop, " ");
		fprintf(out, "\n%*s", at < end ? indent : 0, "");
		room = width - indent;
	}
	(void)fwrite(at, 1, (size_t)(end - at), out);
	putc('\n', out);
}

void fit_lines(FILE *out, const char *text, int width)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");

		write_line(out, text, end, width);
		text = *end ? end + 1 : end;
	}
}
