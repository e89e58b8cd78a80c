/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/reopen.h"

#include <errno.h>

static json_t *reopen_sink(const struct bank *bank, const char *unit, size_t index)
{
	struct sink *sink = bank->sections[index].sink;
	struct failure failure;
	int err = sink_reopen(sink, &failure);

	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s?}", "unit", unit, "ring",
			 bank->file->events[index].name, "generation",
			 (json_int_t)bank->manifest->generation, "sink", sink_name(sink), "outcome",
			 outcome_name(err ? failure.outcome : OUTCOME_DONE), "message",
			 err ? failure.text : NULL);
}

static void reopen_unit(const struct unit *unit, json_t *list)
{
	for (int number = 0; number < EBPFD_BANKS; number++) {
		const struct bank *bank = &unit->banks[number];

		for (size_t i = 0; i < bank->section_count; i++)
			if (bank->file->events[i].sink == SINK_FILE)
				json_array_append_new(list, reopen_sink(bank, unit->name, i));
	}
}

json_t *reopen_sinks(const struct units *units, const char *name, struct failure *reterr_failure)
{
	const struct unit *only = name ? units_find(units, name) : NULL;
	json_t *list;

	if (name && !only) {
		(void)failure_set(reterr_failure, OUTCOME_NO_SUCH_UNIT, -ENOENT,
				  "no unit \"%s\" is loaded (ebpfctl list shows what is)", name);
		return NULL;
	}
	list = json_array();
	for (const struct unit *unit = units->first; unit; unit = unit->next)
		if (!only || unit == only)
			reopen_unit(unit, list);
	return json_pack("{s:o}", "sinks", list);
}
