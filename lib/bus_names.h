/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the bus interface, shared by ebpfd and ebpfctl. The bus is D-Bus, peer to peer, over a
 * Unix socket: no message bus stands between the two.
 *
 * Interface org.ebpfd.Manager1 at /org/ebpfd/Manager. JSON is UTF-8 text. `options` may hold:
 *   "object"       h  descriptor of the object file, opened by the client           (Reload, Plan)
 *   "object-path"  s  where it came from, for people                                 (Reload, Plan)
 *   "file"         h  descriptor of a unit file that is not in UnitsDirectory        (Load)
 *   "file-path"    s  its absolute path                                              (Load)
 *   "generation"   u  the one to go back to; left out: the former one                  (Rollback)
 *   "log"          h  descriptor that gets the whole verifier log              (Load, Reload, Plan)
 * An unknown option is an error, so that nobody believes in one that an old daemon does not know.
 *
 *   Load(s unit, a{sv} options)     -> (s receipt)
 *   Unload(s unit, a{sv} options)   -> (s receipt)
 *   Reload(s unit, a{sv} options)   -> (s receipt)
 *   Rollback(s unit, a{sv} options) -> (s receipt)
 *   Plan(s unit, a{sv} options)     -> (s plan)      a receipt with "safe" and "reasons"
 *   DaemonReload()                  -> (s report)    JSON {"units": [...], "settings": {...}}
 *   List()                          -> (s units)     JSON {"units": [...]}
 *   Status(s unit)                  -> (s status)    JSON of one unit; "" asks for the daemon's
 *   History(s unit)                 -> (s history)   JSON {"generations": [...]}, newest first
 *   Events(s unit, a{sv} options)   -> (h stream)    a pipe that lines of JSON come from, to its
 * end; options: "generation" u, lines of that one alone; "filter" as, each FIELD=VALUE; "numbers"
 * s, number or string, what 64-bit integers become; "last" u, begin with so many that went by;
 *                                                    "follow" b, false: and end with them
 *   Figures(b programs)             -> (s figures)   JSON, see docs/figures.md; true: with all
 *                                                    BPF programs of the host
 *   Reopen(s unit)                  -> (s report)    JSON {"sinks": [...]}; "": of all units
 *   MapList(s unit)                 -> (s maps)      JSON {"maps": [...]} of the generation in
 * force MapDump(s unit, s map, a{sv} options) -> (h stream)  a pipe with a line of JSON for each
 * entry,
 * {"key":KEY,"value":VALUE}, or for each CPU {"key":KEY,"values":[VALUE,...]}, and at the end
 * {"end":{"entries":N,"complete":BOOL}}; options of this and the next: "each-cpu" b, "numbers" s
 *   MapGet(s unit, s map, s key, a{sv} options) -> (s line)
 *   MapSet(s unit, s map, s key, s value, a{sv} options) -> ()  with "each-cpu" the value is a list
 *   MapDelete(s unit, s map, s key, a{sv} options) -> ()
 *   Fsck(s unit)                    -> (s report)    JSON of what lies below the root; "": all of
 * it Gc(b really)                    -> (s report)    JSON of the orphans, removed or (false) not
 *   Ping()                          -> ()
 *   Version()                       -> (s version)
 *   signal Phase(s unit, s phase, t usec)            to the peer that asked for the operation:
 *                                                    `phase` begins, usec after the operation did;
 *                                                    DaemonReload has one for each unit it changes
 */
#pragma once

#define BUS_PATH	 "/org/ebpfd/Manager"
#define BUS_INTERFACE	 "org.ebpfd.Manager1"
#define BUS_ERROR_PREFIX "org.ebpfd.Error."

/* Operations can take as long as the loader's time limit; the client sets no limit of its own. */
#define BUS_OPERATION_TIMEOUT_USEC UINT64_MAX

#define DEFAULT_ROOT		  "/sys/fs/bpf/ebpfd"
#define DEFAULT_RUNTIME_DIRECTORY "/run/ebpfd"
#define DEFAULT_STATE_DIRECTORY	  "/var/lib/ebpfd"
#define DEFAULT_CONFIG_FILE	  "/etc/ebpfd/ebpfd.conf"
#define DEFAULT_UNITS_DIRECTORY	  "/etc/ebpfd/units.d"
#define CONTROL_SOCKET		  "control.sock"
