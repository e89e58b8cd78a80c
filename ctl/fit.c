/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/fit.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/macro.h"

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

static void write_line(FILE *out, const char *line, const char *end, int width)
{
	const char *cut = behind(line, end, width);

	if (width == 0 || cut == end) {
		(void)fwrite(line, 1, (size_t)(end - line), out);
	} else {
		cut = behind(line, end, width - 1);
		(void)fwrite(line, 1, (size_t)(cut - line), out);
		fputs("…", out);
	}
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
