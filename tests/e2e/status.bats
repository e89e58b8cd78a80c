#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# status UNIT: one screen, with the last lines of the unit's journal.

load helpers
load journald

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
	journald_stop
}

# at_a_terminal COLUMNS COMMAND...: what it writes at a terminal as wide as that
at_a_terminal()
{
	local columns=$1
	shift
	script -qec "stty cols $columns rows 24; $(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r'
}

widest()
{
	LC_ALL=C.UTF-8 wc -L
}

@test "one screen: state, hook, map, events, last operation and who asked, the unit's journal" {
	local journal
	journald_start
	packets_unit 1
	daemon_at_journald
	wait_until 10 in_the_journal "load done"
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 3 ]'
	ctl -q reload packets
	wait_until 10 in_the_journal "reload done"
	at_a_terminal 80 "$build/ebpfctl" --runtime-dir "$runtime" status packets >"$dir/page"
	cat "$dir/page"
	[ "$(wc -l <"$dir/page")" -le 24 ]
	[ "$(widest <"$dir/page")" -le 80 ]
	grep -q ' State: active since ' "$dir/page"
	grep -q ' Generation: 2, bank b, former 1' "$dir/page"
	grep -q ' Hooks: in  xdp:v1 by link, on_packet' "$dir/page"
	grep -q ' totals  .*, kept' "$dir/page"
	grep -q ' Events: events  generation 2: 0 consumed, 0 failed, 0 in ring, to' "$dir/page"
	grep -q "^  *file:$dir/packets.jsonl\$" "$dir/page"
	grep -q ' Last operation: packets: reloaded, generation 1 -> 2' "$dir/page"
	grep -q 'asked for by uid 0, pid ' "$dir/page"
	# How these are broken depends on the length of the PID.
	journal=$(sed '1,/^$/d' "$dir/page" | xargs)
	[[ $journal =~ ^[A-Z][a-z]{2}\ [0-9]{2}\ .*\ ebpfd\[[0-9]+\]:\ unit\ packets:\ load\ done,\ generation\ 1\ is\ in\ force ]]
	[[ $journal = *"unit packets: reload done, generation 2 is in force" ]]
}

@test "the journal of another unit, and events that a sink sent there, are not shown; ten lines are enough" {
	journald_start
	packets_unit 1 v1 "Sink=journal"
	sed -i '/^Sink=file/d' "$(unit_path packets)"
	daemon_at_journald
	wait_until 10 in_the_journal "load done"
	packets_send v0 3
	wait_until 10 in_the_journal '"unit":"packets"'
	for _ in {1..11}; do
		ctl -q reload packets
	done
	wait_until 10 in_the_journal "generation 12 is in force"
	ctl status packets >"$dir/page"
	[ "$(grep -c 'reload done' "$dir/page")" = 10 ]
	run ! grep -F '"unit":' "$dir/page"
	object_unit other kept_v1
	sed -i s/xdp:v1/xdp:v0/ "$(unit_path other)"
	ctl -q load other
	wait_until 10 in_the_journal "unit other: load done"
	ctl status other >"$dir/page"
	run ! grep 'reload done' "$dir/page"
}

@test "no journal is said in one line; -o json is as it was" {
	packets_unit 1
	daemon_start
	mount -t tmpfs tmpfs /run
	[ ! -d /var/log/journal ] || mount -t tmpfs tmpfs /var/log/journal
	run -0 ctl status packets
	umount /run
	! mountpoint -q /var/log/journal || umount /var/log/journal
	[ "${lines[-1]}" = "No journal can be read here." ]
	[ "$(status_of packets .name)" = packets ]
}

@test "--full: tables of all hooks, maps and rings" {
	packets_unit 1
	daemon_start
	run -0 ctl status --full packets
	[[ $output = *"HOOK  ATTACH"*"MAP "*"RING "* ]]
	run -0 ctl status packets
	[[ $output != *"HOOK  ATTACH"* ]]
}
