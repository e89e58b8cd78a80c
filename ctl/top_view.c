/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/top_view.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/macro.h"

#define UNBOUND_WIDTH  100 /* where lines go into a file */
#define NAME_WIDTH_MAX 32
#define HISTORY_MIN    8
#define HISTORY_STEPS  8
#define USEC_PER_SEC   UINT64_C(1000000)

static const struct {
	const char *name;
	const char *title;
	int width;     /* at least */
	int dropped;   /* when: 1 goes first; 0 never goes */
	bool on_right; /* is a number */
} columns[TOP_COLUMN_MAX_] = {
	[TOP_NAME] = {"name", "NAME", 12, 0, false},
	[TOP_TYPE] = {"type", "TYPE", 9, 2, false},
	[TOP_GENERATION] = {"generation", "GEN", 4, 4, true},
	[TOP_CALLS] = {"calls", "CALLS/S", 7, 8, true},
	[TOP_TIME] = {"time", "NS/CALL", 7, 6, true},
	[TOP_CPU] = {"cpu", "CPU%", 5, 9, true},
	[TOP_EVENTS] = {"events", "EVENT/S", 7, 7, true},
	[TOP_RING] = {"ring", "RING%", 5, 5, true},
	[TOP_SINCE] = {"reload", "RELOAD", 6, 3, true},
	[TOP_HISTORY] = {"history", "CALLS/S", HISTORY_MIN, 1, false},
};

int top_column_from_name(const char *name, enum top_column *ret)
{
	for (enum top_column i = 0; i < TOP_HISTORY; i++)
		if (strcmp(columns[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* ---- the order ---- */

/* What the row is sorted by; what is not known is less than anything that is. */
static double key_of(const struct top_row *row, enum top_column column)
{
	double key;

	switch (column) {
	case TOP_GENERATION:
		return row->generation;
	case TOP_SINCE:
		return (double)row->since_usec;
	case TOP_TIME:
		key = row->ns_per_call;
		break;
	case TOP_CPU:
		key = row->cpu;
		break;
	case TOP_EVENTS:
		key = row->events;
		break;
	case TOP_RING:
		key = row->ring;
		break;
	default:
		key = row->calls;
		break;
	}
	return isnan(key) ? -1 : key;
}

/* Names and types from A on, numbers from the highest on; equals by name. */
static int compare(const struct top_row *a, const struct top_row *b, enum top_column column)
{
	double left, right;
	int order = 0;

	if (column == TOP_TYPE)
		order = strcmp(a->type, b->type);
	else if (column != TOP_NAME) {
		left = key_of(a, column);
		right = key_of(b, column);
		order = (left < right) - (left > right);
	}
	return order ? order : strcmp(a->name, b->name);
}

static int compare_rows(const void *a, const void *b, void *data)
{
	const struct top_row *left = *(const struct top_row *const *)a;
	const struct top_row *right = *(const struct top_row *const *)b;
	const struct top_view *view = data;
	int order = compare(left, right, view->sort);

	return view->reversed ? -order : order;
}

static bool is_shown(const struct top_view *view, const struct top_row *row)
{
	if (row->kind == TOP_HOOK && view->hides_hooks)
		return false;
	if (row->kind == TOP_PROGRAM && view->hides_programs)
		return false;
	return strstr(row->name, view->filter) || strstr(row->type, view->filter);
}

size_t top_view_count(const struct top_view *view, const struct top_model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < model->count; i++)
		count += is_shown(view, &model->rows[i]);
	return count;
}

/* The caller's to free; NULL without memory. */
static const struct top_row **sorted(const struct top_view *view, const struct top_model *model,
				     size_t *ret_count)
{
	const struct top_row **rows = calloc(model->count + 1, sizeof(struct top_row *));

	*ret_count = 0;
	for (size_t i = 0; rows && i < model->count; i++)
		if (is_shown(view, &model->rows[i]))
			rows[(*ret_count)++] = &model->rows[i];
	if (rows)
		qsort_r(rows, *ret_count, sizeof(struct top_row *), compare_rows, (void *)view);
	return rows;
}

/* ---- which columns, and how wide ---- */

struct layout {
	int width[TOP_COLUMN_MAX_]; /* 0: left out */
};

static int width_of(const struct layout *layout)
{
	int width = -1;

	for (size_t i = 0; i < TOP_COLUMN_MAX_; i++)
		if (layout->width[i])
			width += layout->width[i] + 1;
	return width;
}

static void drop(struct layout *layout, int turn, enum top_column sort)
{
	for (enum top_column i = 0; i < TOP_COLUMN_MAX_; i++)
		if (columns[i].dropped == turn && i != sort)
			layout->width[i] = 0;
}

/* What is left over goes to the names first, then to the histories. */
static void stretch(struct layout *layout, int width)
{
	int left = width - width_of(layout);
	int more = MIN(left, NAME_WIDTH_MAX - layout->width[TOP_NAME]);

	if (more > 0)
		layout->width[TOP_NAME] += more;
	left -= MAX(more, 0);
	if (layout->width[TOP_HISTORY] && left > 0)
		layout->width[TOP_HISTORY] =
			MIN(layout->width[TOP_HISTORY] + left, TOP_HISTORY_MAX);
}

/* Narrower than a name and a number: the name gets what is left, or is all there is. */
static void squeeze(struct layout *layout, int width)
{
	int over = width_of(layout) - width;

	if (over <= 0)
		return;
	if (layout->width[TOP_NAME] > over)
		layout->width[TOP_NAME] -= over;
	else
		*layout = (struct layout){.width = {[TOP_NAME] = width}};
}

static struct layout make_layout(int width, enum top_column sort)
{
	struct layout layout;

	for (size_t i = 0; i < TOP_COLUMN_MAX_; i++)
		layout.width[i] = columns[i].width;
	if (!width)
		layout.width[TOP_HISTORY] = 0;
	width = width ? width : UNBOUND_WIDTH;
	for (int turn = 1; width_of(&layout) > width && turn < TOP_COLUMN_MAX_; turn++)
		drop(&layout, turn, sort);
	stretch(&layout, width);
	squeeze(&layout, width);
	return layout;
}

/* ---- cells ---- */

#define CELL_MAX    160
#define SUMMARY_MAX (CELL_MAX + 192)

/* At most 7 characters: 0.42, 9999, 12.3k, 4.5M. */
static void put_number(char *cell, double number)
{
	static const char suffixes[] = " kMGTP";
	size_t power = 0;

	if (isnan(number)) {
		(void)snprintf(cell, CELL_MAX, "-");
		return;
	}
	if (number >= 9999.5)
		do {
			number /= 1000;
			power++;
		} while (number >= 999.5 && power + 2 < sizeof(suffixes));
	if (power > 0)
		(void)snprintf(cell, CELL_MAX, "%.*f%c", number < 99.95 ? 1 : 0, number,
			       suffixes[power]);
	else
		(void)snprintf(cell, CELL_MAX, "%.*f", number > 0 && number < 9.995 ? 2 : 0,
			       number);
}

static void put_percent(char *cell, double share)
{
	if (isnan(share))
		(void)snprintf(cell, CELL_MAX, "-");
	else
		(void)snprintf(cell, CELL_MAX, "%.*f", share < 0.9995 ? 1 : 0, share * 100);
}

static void put_age(char *cell, uint64_t since_usec)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t now = clock_now_usec(CLOCK_REALTIME);
	uint64_t age = now > since_usec ? (now - since_usec) / USEC_PER_SEC : 0;
	size_t i = 0;

	if (!since_usec) {
		(void)snprintf(cell, CELL_MAX, "-");
		return;
	}
	while (i + 1 < ARRAY_SIZE(units) && age < units[i].seconds)
		i++;
	(void)snprintf(cell, CELL_MAX, "%" PRIu64 "%s", age / units[i].seconds, units[i].unit);
}

static double highest(const struct top_row *row)
{
	double most = 0;

	for (size_t i = 0; i < row->history_count; i++)
		most = fmax(most, row->history[i]);
	return most;
}

/* The latest at the right end; the highest of the row is full. */
static void put_history(char *cell, const struct top_row *row, int width, bool utf8)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const letters[] = {" ", ".", ".", ":", ":", "|", "|", "#", "#"};
	const char *const *steps = utf8 ? blocks : letters;
	size_t count = MIN(row->history_count, (size_t)width);
	double most = highest(row);
	char *end = cell;

	*cell = '\0';
	for (size_t i = count; i < (size_t)width; i++)
		end = stpcpy(end, " ");
	for (size_t i = row->history_count - count; i < row->history_count; i++) {
		double share = most > 0 ? row->history[i] / most : 0;
		double step = ceil(share * HISTORY_STEPS);

		end = stpcpy(end, steps[(size_t)step]);
	}
}

static void put_cell(char *cell, const struct top_view *view, const struct top_row *row,
		     enum top_column column, int width)
{
	switch (column) {
	case TOP_NAME:
		(void)snprintf(cell, CELL_MAX, "%s", row->name);
		break;
	case TOP_TYPE:
		(void)snprintf(cell, CELL_MAX, "%s", row->type);
		break;
	case TOP_GENERATION:
		(void)snprintf(cell, CELL_MAX, row->generation ? "%" PRIu32 : "-", row->generation);
		break;
	case TOP_CALLS:
		put_number(cell, row->calls);
		break;
	case TOP_TIME:
		put_number(cell, row->ns_per_call);
		break;
	case TOP_CPU:
		put_percent(cell, row->cpu);
		break;
	case TOP_EVENTS:
		put_number(cell, row->events);
		break;
	case TOP_RING:
		put_percent(cell, row->ring);
		break;
	case TOP_SINCE:
		put_age(cell, row->since_usec);
		break;
	case TOP_HISTORY:
	case TOP_COLUMN_MAX_:
		put_history(cell, row, width, view->utf8);
		break;
	}
}

/* ---- lines ---- */

/* The titles, for a NULL row. */
static void write_row(FILE *out, const struct top_view *view, const struct top_row *row,
		      const struct layout *layout)
{
	bool begun = false;

	for (enum top_column i = 0; i < TOP_COLUMN_MAX_; i++) {
		int width = layout->width[i];
		char cell[CELL_MAX];

		if (!width)
			continue;
		if (row)
			put_cell(cell, view, row, i, width);
		else
			(void)snprintf(cell, sizeof(cell), "%s", columns[i].title);
		if (begun)
			putc(' ', out);
		begun = true;
		if (i == TOP_HISTORY && row)
			fputs(cell, out); /* as wide as it should be, though not in bytes */
		else
			fprintf(out, columns[i].on_right ? "%*.*s" : "%-*.*s", width, width, cell);
	}
	putc('\n', out);
}

static void write_summary(FILE *out, const struct top_view *view, const struct top_model *model,
			  int width)
{
	const json_t *daemon = json_object_get(model->answer, "daemon");
	size_t units = json_array_size(json_object_get(model->answer, "units"));
	char text[SUMMARY_MAX], memory[CELL_MAX];

	put_number(memory, (double)json_integer_value(json_object_get(daemon, "pss_bytes")));
	(void)snprintf(
		text, sizeof(text), "ebpfd: %zu unit%s%s, %s bytes; %zu of %zu rows, by %s%s%s%s",
		units, units == 1 ? "" : "s",
		json_is_true(json_object_get(daemon, "degraded")) ? ", degraded" : "", memory,
		top_view_count(view, model), model->count, columns[view->sort].name,
		view->reversed ? " reversed" : "", *view->filter ? ", with " : "", view->filter);
	fprintf(out, "%.*s\n", width ? width : (int)sizeof(text), text);
}

void top_view_write(FILE *out, const struct top_view *view, const struct top_model *model,
		    int width, int height)
{
	struct layout layout = make_layout(width, view->sort);
	size_t count, end;
	const struct top_row **rows = sorted(view, model, &count);

	write_summary(out, view, model, width);
	if (height != 1)
		write_row(out, view, NULL, &layout);
	end = height > 1 ? MIN(count, view->first + (size_t)height - 2) : height ? 0 : count;
	for (size_t i = view->first; rows && i < end; i++)
		write_row(out, view, rows[i], &layout);
	free(rows);
}
