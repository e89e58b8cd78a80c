/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/fit.h"

int hooks_fit(const struct loading *loading, struct failure *reterr_failure)
{
	for (size_t i = 0; i < loading->hook_count; i++) {
		const struct loading_hook *hook = &loading->hooks[i];
		int err = hook_check_context(&hook->attach, hook->config->program,
					     bpf_program__fd(hook->program), reterr_failure);

		if (err)
			return loading_fail_hook(hook->config->name, reterr_failure, err);
	}
	return 0;
}
