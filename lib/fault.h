/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault points: where a build with FAULTS=1 can be killed, to prove that every crash converges.
 * Other builds have none of this. docs/pinning.md has a row for each point, and a test holds the
 * two against each other.
 */
#pragma once

#ifdef EBPFD_FAULTS
/*
 * Kills the process with SIGKILL if the environment asks for it: EBPFD_FAULT=OPERATION.STEP, with
 * ":N" behind it for the Nth time that the point is passed. A loader takes its daemon with it, as
 * a machine that goes down would.
 */
void fault_point(const char *operation, const char *step);
#else
static inline void fault_point(const char *operation, const char *step)
{
	(void)operation;
	(void)step;
}
#endif
