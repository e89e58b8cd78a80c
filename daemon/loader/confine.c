/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/confine.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>

#include "daemon/kernel/feature.h"

/* The leak check of AddressSanitizer, when a process ends, starts another that traces it. */
#ifdef __SANITIZE_ADDRESS__
#define LIMITS_CALLS false
#else
#define LIMITS_CALLS true
#endif

/* Such a namespace is its process's, and no file that a rule could be made for. */
static const struct unit_hook *hook_at_process(const struct loading *loading)
{
	const char *rest;

	for (size_t i = 0; i < loading->file->hook_count; i++) {
		const struct unit_hook *hook = &loading->file->hooks[i];

		if (hook->has_attach && hook->attach.kind == HOOK_NETNS &&
		    str_has_prefix(hook->attach.target, "/proc/", &rest))
			return hook;
	}
	return NULL;
}

static int limit_files(struct loading *loading)
{
	const struct unit_hook *hook = hook_at_process(loading);

	if (!feature_probe(FEATURE_LANDLOCK))
		return 0;
	if (!hook)
		return confine_files(loading);
	loading_note(loading,
		     "hook %s is in the network namespace of a process, which a loader without "
		     "access to other files could not open: this one has it. ip-netns(8) gives "
		     "namespaces a name in /run/netns",
		     hook->name);
	return 0;
}

int confine(struct loading *loading, struct failure *reterr_failure)
{
	int err;

	/* Without it a process needs CAP_SYS_ADMIN to limit itself. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err = -errno;
	else
		err = limit_files(loading);
	if (!err && LIMITS_CALLS && feature_probe(FEATURE_SECCOMP))
		err = confine_calls(loading);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "the loader cannot confine itself before it reads the "
					 "object");
	return 0;
}

int confine_without_unit(struct failure *reterr_failure)
{
	const struct request request = {.root = "", .store = ""};
	struct unit_file file = {0};
	struct loading loading = {.request = &request, .file = &file};

	return confine(&loading, reterr_failure);
}
