#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What lies below the root, removing what nobody needs, and answers while no daemon runs.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
}

# Two generations of each: one by entry with two hooks, one by link with a kept map.
two_units()
{
	ip link show w0 >/dev/null 2>&1 || veth_make w0 w1
	daemon_start
	traffic_unit 1
	packets_unit 1 w1
	ctl -q load traffic
	ctl -q load packets
	traffic_unit 2
	packets_unit 2 w1
	ctl -q reload traffic
	ctl -q reload packets
}

pins()
{
	ctl "$@" --root "$root"
}

# object PATH FILTER: jq FILTER on one object of the report
object()
{
	pins -o json fsck 2>/dev/null | jq -r --arg path "$1" '.objects[] | select(.path == $path) | '"$2"
}

# classified PATH CLASS TEXT: and fsck fails
classified()
{
	run -1 pins fsck
	[ "$(object "$1" .class)" = "$2" ] || { object "$1" .; return 1; }
	[[ "$(object "$1" .problem)" = *"$3"* ]] || { object "$1" .; return 1; }
}

pin_map()
{
	bpftool map create "$1" type array key 4 value 4 entries 1 name stray
}

@test "a sound root: exit 0, two classes, each object once" {
	local classes
	two_units
	run -0 --separate-stderr ctl -o json fsck
	[ -z "$stderr" ]
	[ "$(field .sound <<<"$output")" = true ]
	classes=$(field '[.objects[].class] | unique | join(" ")' <<<"$output")
	[ "$classes" = "former owned" ]
	[ "$(field '.objects[] | select(.problem != null)' <<<"$output")" = "" ]
	[ "$(field '.objects[].path' <<<"$output" | sort)" = \
		"$(cd "$root" && find . -mindepth 1 -printf '%P\n' | sort)" ]
}

@test "the table has class, path, kind, id and references" {
	two_units
	run -0 ctl fsck packets
	[[ $output = *CLASS*PATH*KIND*ID*REFERENCES* ]]
	[[ $output = *"former  packets/gen-1 "* ]]
	[[ $output != *traffic* ]]
	run -0 ctl -q fsck
	[ -z "$output" ]
}

@test "chains lead from the selector to the link" {
	local link
	two_units
	link=$(object traffic/hooks/in/link .id)
	[ "$(object traffic/gen-2/progs/on_packet '.references[0]')" = \
		"selector bank b → gen-2 → progs/on_packet → slot b of hook in → entry $(
			object traffic/hooks/in/entry .id) → link $link" ]
	[ "$(object packets/gen-2/progs/on_packet '.references[0]')" = \
		"selector bank b → gen-2 → progs/on_packet → link $(
			object packets/hooks/in/link .id) of hook in" ]
	[ "$(object packets/maps/totals '.references[0]')" = \
		"selector bank b → gen-2 → kept map totals" ]
	link_exists "$link"
}

@test "no such unit is exit 3, no such name is exit 2" {
	daemon_start
	run -3 ctl fsck nobody
	run -2 ctl fsck Nobody
	run -2 ctl ping --yes
	run -2 ctl reload nobody --root "$root"
}

@test "orphan: a generation in no bank" {
	two_units
	mkdir -p "$root/packets/gen-7/progs"
	classified packets/gen-7 orphan "in no bank"
}

@test "orphan: a hook that no manifest names, a staged pin, a unit without selector" {
	two_units
	mkdir "$root/traffic/hooks/old" "$root/half"
	pin_map "$root/packets/maps/new-totals"
	classified traffic/hooks/old orphan "no manifest names this hook"
	classified packets/maps/new-totals orphan staged
	classified half orphan "first load"
}

@test "orphan: what an unload left" {
	two_units
	mkdir "$root/gone-packets-12"
	pin_map "$root/gone-packets-12/ledger"
	classified gone-packets-12/ledger orphan unload
}

@test "foreign: a pin at the root, a name that no unit has, a map in a program's place" {
	two_units
	pin_map "$root/stray"
	mkdir "$root/Upper"
	pin_map "$root/packets/gen-2/progs/stray"
	ln -s /etc/passwd "$root/packets/here"
	classified stray foreign "only directories"
	classified Upper foreign "no unit"
	classified packets/gen-2/progs/stray foreign "a program belongs here"
	classified packets/here foreign "no such name"
}

@test "problem: a slot with another program" {
	local other
	two_units
	other=$(object packets/gen-1/progs/on_packet .id)
	bpftool map update pinned "$root/traffic/hooks/in/slots" key hex 00 00 00 00 \
		value pinned "$root/packets/gen-1/progs/on_packet"
	classified traffic/hooks/in/slots owned "slot a holds program $other instead of"
}

@test "problem: a link with another program" {
	two_units
	tool link_update "$root/packets/hooks/in/link" "$root/packets/gen-1/progs/on_packet"
	classified packets/hooks/in/link owned "runs program"
}

@test "problem: pins that are missing" {
	two_units
	rm "$root/packets/maps/totals" "$root/traffic/gen-1/progs/on_exec"
	classified packets/maps/totals owned "not there"
	classified traffic/gen-1/progs/on_exec former "not there"
	[ "$(object packets/maps/totals .kind)" = missing ]
}

@test "gc is a rehearsal without --yes" {
	local before
	two_units
	mkdir -p "$root/packets/gen-7/progs"
	pin_map "$root/packets/maps/new-totals"
	before=$(find "$root" | sort)
	run -0 ctl gc
	[[ $output = *packets/gen-7/progs*"3 would be removed; --yes"* ]]
	[ "$(find "$root" | sort)" = "$before" ]
}

@test "gc --yes removes orphans alone, and the units go on" {
	local before
	two_units
	pin_map "$root/stray"
	before=$(find "$root" | sort)
	mkdir -p "$root/packets/gen-7/progs" "$root/gone-x-1/hooks/in" "$root/half/gen-1"
	pin_map "$root/packets/maps/new-totals"
	pin_map "$root/gone-x-1/hooks/in/slots"
	run -0 ctl gc --yes
	[[ $output = *"9 removed"* ]]
	[ "$(find "$root" | sort)" = "$before" ]
	run -0 ctl gc
	[ "$output" = "no orphans" ]
	delivers packets w0
}

@test "gc --yes leaves a directory that holds something foreign, and says so" {
	two_units
	mkdir "$root/half"
	pin_map "$root/half/mine"
	run -1 ctl gc --yes
	[[ $output = *half*"foreign"* ]]
	[ -e "$root/half/mine" ]
}

@test "gc is for root, passes busy units over, and needs a daemon" {
	two_units
	cat >"$dir/slow" <<-END
		#!/bin/bash
		echo >"$dir/loading"
		until [ -e "$dir/go" ]; do sleep 0.05; done
		exec "$build/ebpfd-loader" "\$@"
	END
	chmod +x "$dir/slow"
	run -4 setpriv --reuid 65534 --regid "$(stat -c %g "$runtime/control.sock")" --clear-groups \
		-- "$build/ebpfctl" --runtime-dir "$runtime" gc
	daemon_stop
	run -3 ctl gc
	daemon_start --loader "$dir/slow"
	ctl -q reload packets 3>&- &
	wait_until 10 test -e "$dir/loading"
	mkdir -p "$root/packets/gen-7/progs" "$root/traffic/gen-7/progs"
	run -0 ctl gc --yes
	[[ $output = *traffic/gen-7*"in the middle of an operation: packets"*"2 removed"* ]]
	[[ $output != *packets/gen-7* ]]
	[ -d "$root/packets/gen-7/progs" ]
	[ ! -e "$root/traffic/gen-7" ]
	run -0 ctl -o json fsck
	[ "$(field '.busy[0]' <<<"$output")" = packets ]
	touch "$dir/go"
	wait $!
}

@test "without a daemon: list and status are what they were, as far as pins tell" {
	local list status traffic verb
	two_units
	list=$(ctl -o json list | jq -S '.units[] | del(.consumed)')
	traffic=$(ctl -o json status traffic |
		jq -S 'del(.events, .last, .remark, .subscribers) | del(.hooks[] | .missed, .runs, .verdicts, .mean_ns)')
	daemon_kill
	run -0 --separate-stderr pins -o json list
	[ "$stderr" = "ebpfctl: ebpfd does not answer; this is what its pins say" ]
	[ "$(jq -S '.units[]' <<<"$output")" = "$list" ]
	[ "$(field .daemon <<<"$output")" = false ]
	status=$(pins -o json status traffic 2>/dev/null)
	[ "$(jq -S 'del(.daemon)' <<<"$status")" = "$traffic" ]
	[ "$(pins -o json status 2>/dev/null | field '"\(.daemon) \(.units)"')" = "false 2" ]
	run -3 pins status nobody
	for verb in ping "load packets" "reload packets" gc; do
		# shellcheck disable=SC2086
		run -3 ctl $verb
	done
	rm "$runtime/control.sock"
	run -0 pins list
	[[ $output = *"traffic  active"* ]]
}

@test "without a daemon: fsck says the same, and changes nothing" {
	local before with
	two_units
	mkdir "$root/packets/gen-7"
	with=$(ctl -o json fsck | jq -S '{objects, counts, sound}') || true
	daemon_kill
	before=$(find "$root" | sort)
	run -1 --separate-stderr pins -o json fsck
	[[ $stderr = *"does not answer"* ]]
	[ "$(jq -S '{objects, counts, sound}' <<<"$output")" = "$with" ]
	[ "$(field .daemon <<<"$output")" = false ]
	[ "$(find "$root" | sort)" = "$before" ]
	rmdir "$root/packets/gen-7"
	run -0 pins fsck
	run -0 pins fsck packets
	run -3 pins fsck nobody
}

@test "without a daemon: garbage and other hands are told" {
	two_units
	daemon_kill
	tool link_update "$root/packets/hooks/in/link" "$root/packets/gen-1/progs/on_packet"
	rm "$root/traffic/selector"
	pin_map "$root/traffic/selector"
	[ "$(pins -o json list 2>/dev/null | field '[.units[].state] | join(" ")')" = \
		"degraded degraded" ]
	[[ "$(pins -o json status packets 2>/dev/null | field .reason)" = *"another hand"* ]]
	[[ "$(pins -o json status traffic 2>/dev/null | field .reason)" = *"no selector"* ]]
	run -1 pins fsck
}

@test "without a daemon: who may not read pins is told, and a root that is none" {
	two_units
	daemon_kill
	chmod 700 "$root"
	run -4 setpriv --reuid 65534 --regid 65534 --clear-groups -- \
		"$build/ebpfctl" --runtime-dir /nonexistent --root "$root" list
	[[ $output = *"not permitted to read pins"*"be root"* ]]
	run -1 ctl list --root "$dir"
	[[ $output = *"not on a bpffs"* ]]
	run -1 ctl list --root "$root/packets/selector"
	[[ $output = *"Not a directory"* ]]
	run -3 ctl list --root "$dir/nowhere"
	[[ $output = *"no daemon answers"* ]]
}

@test "without a daemon: a root that is read-only is answered from" {
	two_units
	daemon_kill
	mount -o remount,ro,bind "$dir/bpffs" 2>/dev/null || mount -o remount,ro "$dir/bpffs"
	[ "$(pins -o json status traffic 2>/dev/null | field .generation)" = 2 ]
}
