/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>

#include "ctl/cli.h"

int main(int argc, char **argv)
{
	int status = cli_run(argc, argv, stdout, stderr);

	/* A shell ends its own loop only if it sees that the signal ended us. */
	if (status == CLI_INTERRUPTED)
		(void)raise(SIGINT);
	return status;
}
