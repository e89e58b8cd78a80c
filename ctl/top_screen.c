/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top_screen.h"

#include <ctype.h>
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/clock.h"
#include "lib/macro.h"

#define TITLE_LINE    1 /* behind the summary */
#define USEC_PER_MSEC 1000
#define KEY_ESCAPE    27

struct top_screen {
	struct top_source *source;
	struct top_model *model;
	struct top_view *view;
	bool typing;  /* into the filter */
	bool stopped; /* no new numbers are asked for */
	bool quits;
	char message[256]; /* why there are no new numbers; "": there are */
};

/* ---- drawing ---- */

static const char *last_line(const struct top_screen *screen)
{
	if (screen->typing)
		return "filter: ";
	if (*screen->message)
		return screen->message;
	if (screen->stopped)
		return "stopped; space goes on";
	return "q quit  n c t p e r l sort by  R reverse  / filter  h hooks  o others  space stop";
}

static void draw_last_line(const struct top_screen *screen)
{
	attrset(*screen->message ? A_BOLD : A_DIM);
	mvaddnstr(LINES - 1, 0, last_line(screen), COLS);
	if (screen->typing)
		addnstr(screen->view->filter, COLS - (int)strlen("filter: "));
	attrset(A_NORMAL);
}

static void draw_lines(char *text)
{
	char *rest = text;

	for (int y = 0; y < LINES - 1 && rest && *rest; y++) {
		const char *line = strsep(&rest, "\n");

		attrset(y == TITLE_LINE ? A_REVERSE : A_NORMAL);
		mvaddstr(y, 0, line);
	}
	attrset(A_NORMAL);
}

/* The last column stays free: a character in the last corner would scroll. */
static void draw(const struct top_screen *screen)
{
	cleanup_free char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	top_view_write(out, screen->view, screen->model, MAX(COLS - 1, 1), MAX(LINES - 1, 1));
	fclose(out);
	erase();
	if (text)
		draw_lines(text);
	draw_last_line(screen);
	refresh();
}

/* ---- keys ---- */

static void sort_by(struct top_view *view, enum top_column column)
{
	view->sort = column;
	view->reversed = false;
	view->first = 0;
}

static void scroll_by(struct top_screen *screen, int rows)
{
	size_t count = top_view_count(screen->view, screen->model);
	size_t last = count > 0 ? count - 1 : 0;
	size_t *first = &screen->view->first;

	if (rows < 0)
		*first -= MIN(*first, (size_t)-rows);
	else
		*first = MIN(*first + (size_t)rows, last);
}

static void type(struct top_screen *screen, int key)
{
	char *filter = screen->view->filter;
	size_t length = strlen(filter);

	if (key == KEY_ESCAPE)
		*filter = '\0';
	if (key == KEY_ESCAPE || key == '\n' || key == '\r' || key == KEY_ENTER)
		screen->typing = false;
	else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length > 0)
		filter[length - 1] = '\0';
	else if (key < 128 && isprint(key) && length + 1 < TOP_FILTER_MAX) {
		filter[length] = (char)key;
		filter[length + 1] = '\0';
	}
	screen->view->first = 0;
}

static bool take_sort_key(struct top_view *view, int key)
{
	static const struct {
		int key;
		enum top_column column;
	} keys[] = {
		{'n', TOP_NAME},   {'c', TOP_CALLS}, {'t', TOP_TIME},  {'p', TOP_CPU},
		{'e', TOP_EVENTS}, {'r', TOP_RING},  {'l', TOP_SINCE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].key == key) {
			sort_by(view, keys[i].column);
			return true;
		}
	return false;
}

static void take_key(struct top_screen *screen, int key)
{
	struct top_view *view = screen->view;

	if (screen->typing) {
		type(screen, key);
		return;
	}
	if (take_sort_key(view, key))
		return;
	switch (key) {
	case 'q':
		screen->quits = true;
		break;
	case 'R':
		view->reversed = !view->reversed;
		break;
	case 'h':
		view->hides_hooks = !view->hides_hooks;
		break;
	case 'o':
		view->hides_programs = !view->hides_programs;
		break;
	case '/':
		screen->typing = true;
		break;
	case ' ':
		screen->stopped = !screen->stopped;
		break;
	case KEY_UP:
		scroll_by(screen, -1);
		break;
	case KEY_DOWN:
		scroll_by(screen, 1);
		break;
	case KEY_PPAGE:
		scroll_by(screen, -LINES);
		break;
	case KEY_NPAGE:
		scroll_by(screen, LINES);
		break;
	case KEY_HOME:
		view->first = 0;
		break;
	default: /* such as KEY_RESIZE: all is drawn anew */
		break;
	}
}

/* ---- turns ---- */

/* Whoever does not answer is asked again at the next turn. */
static void ask(struct top_screen *screen)
{
	struct failure failure;

	if (top_source_ask(screen->source, screen->model, &failure) == 0)
		*screen->message = '\0';
	else
		(void)snprintf(screen->message, sizeof(screen->message),
			       "ebpfd is away, waiting for it: %.200s", failure.text);
}

static void take_keys_until(struct top_screen *screen, uint64_t due_usec)
{
	uint64_t now;

	while (!screen->quits && (now = clock_now_usec(CLOCK_MONOTONIC)) < due_usec) {
		int key;

		draw(screen);
		timeout((int)((due_usec - now) / USEC_PER_MSEC) + 1);
		key = getch();
		if (key != ERR)
			take_key(screen, key);
	}
}

static void run(struct top_screen *screen, uint64_t interval_usec)
{
	while (!screen->quits) {
		take_keys_until(screen, clock_now_usec(CLOCK_MONOTONIC) + interval_usec);
		if (!screen->stopped && !screen->quits)
			ask(screen);
	}
}

/* initscr(3) would end the program where it does not know the terminal. */
static SCREEN *open_screen(void)
{
	SCREEN *screen;

	(void)setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return NULL;
	cbreak();
	noecho();
	keypad(stdscr, true);
	set_escdelay(50);
	(void)curs_set(0);
	return screen;
}

bool top_screen_run(struct top_source *source, struct top_model *model, struct top_view *view,
		    uint64_t interval_usec)
{
	struct top_screen screen = {.source = source, .model = model, .view = view};
	SCREEN *terminal = open_screen();

	if (!terminal)
		return false;
	view->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	run(&screen, interval_usec);
	endwin();
	delscreen(terminal);
	return true;
}
