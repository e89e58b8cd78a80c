/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kernel/bpffs.h"

struct unit *units_find(const struct units *units, const char *name)
{
	for (struct unit *unit = units->first; unit; unit = unit->next)
		if (strcmp(unit->name, name) == 0)
			return unit;
	return NULL;
}

static struct unit **place_of(struct units *units, const char *name)
{
	struct unit **place = &units->first;

	while (*place && strcmp((*place)->name, name) < 0)
		place = &(*place)->next;
	return place;
}

struct unit *units_add(struct units *units, const char *name)
{
	struct unit *unit = calloc(1, sizeof(*unit));
	struct unit **place;

	if (!unit)
		return NULL;
	unit->units = units;
	(void)snprintf(unit->name, sizeof(unit->name), "%s", name);
	unit->selector = MAPPED_INIT;
	unit->ledger = MAPPED_INIT;
	unit->audience.unit = unit->name;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		unit->banks[bank] = BANK_INIT;
	place = place_of(units, name);
	unit->next = *place;
	*place = unit;
	return unit;
}

void units_remove(struct unit *unit)
{
	struct unit **place = place_of(unit->units, unit->name);

	*place = unit->next;
	for (int bank = 0; bank < EBPFD_BANKS; bank++)
		bank_close(&unit->banks[bank]);
	audience_dismiss(&unit->audience, &unit->units->leaving);
	mapped_deinit(&unit->selector);
	mapped_deinit(&unit->ledger);
	drift_deinit(&unit->drift);
	free(unit->reason);
	free(unit->remark);
	json_decref(unit->last);
	free(unit);
}

void units_clear(struct units *units)
{
	while (units->first)
		units_remove(units->first);
	audience_deinit(&units->leaving);
	failed_units_deinit(&units->failed);
}

size_t units_count(const struct units *units)
{
	size_t count = 0;

	for (const struct unit *unit = units->first; unit; unit = unit->next)
		count++;
	return count;
}

int unit_open(struct unit *unit, struct failure *reterr_failure)
{
	const char *root = unit->units->context->root;
	struct ledger ledger;
	char path[PIN_PATH_MAX];
	int err;

	pin_path(path, root, "%s/selector", unit->name);
	err = selector_open(path, &unit->selector, reterr_failure);
	if (err)
		return err;
	pin_path(path, root, "%s/ledger", unit->name);
	err = mapped_open(path, &unit->ledger);
	if (!err)
		err = unit_ledger(unit, &ledger);
	if (err) {
		mapped_deinit(&unit->selector);
		mapped_deinit(&unit->ledger);
		return failure_set_errno(reterr_failure, OUTCOME_FAILED, err, "%s", path);
	}
	return 0;
}

struct ebpfd_selector *unit_selector(const struct unit *unit)
{
	return unit->selector.value;
}

int unit_ledger(const struct unit *unit, struct ledger *ret)
{
	return ledger_view(unit->ledger.value, unit->ledger.size, ret);
}

int unit_active(const struct unit *unit)
{
	if (!unit->selector.value)
		return BANK_NONE;
	return word_bank(selector_word(unit_selector(unit)));
}

int unit_former(const struct unit *unit)
{
	return unit->selector.value ? (int)unit_selector(unit)->former - 1 : BANK_NONE;
}

struct unit_pins unit_pins(const struct unit *unit)
{
	return (struct unit_pins){.root = unit->units->context->root, .unit = unit->name};
}

bool unit_is_degraded(const struct unit *unit)
{
	return unit->reason || !drift_is_none(unit);
}

size_t units_count_degraded(const struct units *units)
{
	size_t count = 0;

	for (const struct unit *unit = units->first; unit; unit = unit->next)
		count += unit_is_degraded(unit);
	return count;
}

bool units_are_degraded(const struct units *units)
{
	return units_count_degraded(units) > 0 || units->failed.first != NULL;
}

void unit_set_reason(struct unit *unit, const char *reason)
{
	free(unit->reason);
	unit->reason = reason ? strdup(reason) : NULL;
}

void unit_set_remark(struct unit *unit, const char *remark)
{
	free(unit->remark);
	unit->remark = remark ? strdup(remark) : NULL;
}
