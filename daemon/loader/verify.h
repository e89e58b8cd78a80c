/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object on its own: all its programs are loaded here, and let go of; nothing is pinned or
 * attached. `ebpfd-loader VERSION --verify`, started by ebpfctl.
 */
#pragma once

/*
 * The mode of main(): returns its exit status; 2: the arguments make no sense. The report of a good
 * object has "digest", "verifier" and "memory" as that of a plan, and "unverified": programs that
 * were not loaded, with "section", "why", and "optional", where their author did not ask for it.
 * An object that cannot be read, and a process that may not load, are OUTCOME_FAILED; one that the
 * kernel does not take is OUTCOME_REFUSED.
 */
int verify_main(int argc, char **argv);
