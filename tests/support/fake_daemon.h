/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that speaks the bus interface with answers made up beforehand, for tests of ebpfctl.
 * What an operation gets depends on the unit's name:
 *   fw                 phases prepare, commit, settle; a receipt
 *   options            a receipt whose notes tell the options; "log" gets a line
 *   a name of outcome  the error of that outcome, with the text "NAME, it says"
 *   leaves             the connection is closed
 *   hangs              a phase, and no answer
 *   others             phases of another unit, then a receipt
 *   denied, unknown    errors of D-Bus itself: AccessDenied, UnknownMethod
 *   garbage            a text that is no JSON
 * MapList has flows and fw.bss, of any unit. MapDump has one entry, and the last line behind it is
 * the map's name where that begins with {; of another, there is none. Status knows "", fw, and the
 * names of outcomes. DaemonReload answers as `fake_report` says.
 */
#pragma once

#include <sys/types.h>

struct fake_daemon {
	char directory[64]; /* has control.sock */
	pid_t pid;
};

/* What DaemonReload answers, as of fake_daemon_start(). */
extern const char *fake_report;

/* `units` is the answer to List. Ends the test's process if it cannot start. */
void fake_daemon_start(struct fake_daemon *daemon, const char *units);

/* Ends the process and removes the directory. */
void fake_daemon_stop(struct fake_daemon *daemon);
