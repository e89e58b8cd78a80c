/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that the daemon hands to the loader, by number. */
#pragma once

enum loader_fd {
	LOADER_FD_OBJECT = 3, /* the object file */
	LOADER_FD_CONFIG,     /* the text of the unit file; with --diff, the former object file */
	LOADER_FD_REPORT,     /* where the report goes */
	LOADER_FD_LOG,	      /* where the whole verifier log goes, /dev/null if nobody wants it */
	LOADER_FD_ROOT, /* the root directory: holds the writers' lock while the loader lives */
	LOADER_FD_END_,
};
