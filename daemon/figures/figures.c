/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/figures/figures.h"

#include <stdlib.h>

#include "lib/cleanup.h"

static void deinit_unit(struct unit_figures *unit)
{
	for (size_t i = 0; i < unit->generation_count; i++) {
		close_and_forget(&unit->generations[i].counts_fd);
		free(unit->generations[i].counted);
		free(unit->generations[i].rings);
	}
	for (size_t i = 0; i < unit->metric_count; i++) {
		unit_metric_free(unit->metrics[i].metric);
		open_map_free(unit->metrics[i].map);
	}
	free(unit->metrics);
	free(unit->hooks);
	free(unit->maps);
}

struct figures *figures_free(struct figures *figures)
{
	if (!figures)
		return NULL;
	for (size_t i = 0; i < figures->unit_count; i++)
		deinit_unit(&figures->units[i]);
	free(figures->units);
	free(figures->programs);
	free(figures->root);
	free(figures);
	return NULL;
}
