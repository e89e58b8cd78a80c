/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/unit/attach_held.h"

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hook_heal.h"

static const struct manifest *manifest_of(const struct operation *operation)
{
	return operation->unit->banks[operation->to].manifest;
}

bool attach_held_is_needed(const struct operation *operation)
{
	const struct manifest *manifest = manifest_of(operation);

	for (size_t i = 0; i < manifest->hook_count; i++)
		if (hook_is_held(&manifest->hooks[i].attach))
			return true;
	return false;
}

int attach_held(struct operation *operation)
{
	struct unit_pins pins = unit_pins(operation->unit);

	return hooks_attach_held(&pins, manifest_of(operation), &operation->failure);
}
