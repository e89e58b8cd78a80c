#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Traps that supervisors of eBPF programs fall into. Each test has the rule in its name.

# What helpers.bash sets; each test is a subshell.
# shellcheck disable=SC2154,SC2030,SC2031

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	watcher=''
}

teardown()
{
	[ -z "$watcher" ] || kill -KILL "$watcher" 2>/dev/null || true
	[ ! -s "$dir/child" ] || kill -KILL "$(cat "$dir/child")" 2>/dev/null || true
	e2e_teardown
}

# ---- never unpin before the swap is durable ----

watch_begin()
{
	"$build/tests/tools/pin_watch" "$1" >"$dir/watched" 3>&- &
	watcher=$!
}

watch_end()
{
	local pid=$watcher
	watcher=
	kill -TERM "$pid" && wait "$pid"
}

# swaps_watched TEXT: reloads, rollbacks and a kill; the unit file ends in TEXT
swaps_watched()
{
	local i
	packets_unit 1 v1 "$1"
	daemon_start
	watch_begin "$root/packets/hooks/in/link"
	for i in {1..10}; do
		packets_unit $((1 + i % 2)) v1 "$1"
		ctl -q reload packets
		ctl -q rollback packets
		ctl -q rollback packets
		[ "$i" -ne 5 ] || { daemon_kill && daemon_start; }
	done
	watch_end
	cat "$dir/watched"
	[[ $(cat "$dir/watched") = opened=*" missed=0 detached=0 ids=1" ]]
}

@test "trap 1: never unpin before the swap is durable: the link's pin is never missed, by link" {
	swaps_watched ''
}

@test "trap 1: never unpin before the swap is durable: the link's pin is never missed, by entry" {
	swaps_watched $'[Reload]\nSwap=entry'
}

# ---- state survives every kind of failed load ----

# kept_unit [TEXT]: a map that its object keeps, with one entry in it
kept_unit()
{
	object_unit kept kept_v1 "${1:-}"
	daemon_start
	packets_send v0 3
}

# pins: each below the root with its id
pins()
{
	ctl -o json fsck | field '.objects[] | "\(.path) \(.kind) \(.id)"'
}

flows_of()
{
	bpftool -j map dump pinned "$root/kept/$1/flows"
}

note_kept()
{
	note_state
	kept_noted=$(pins && flows_of maps && flows_of gen-1/maps)
}

kept_is_as_noted()
{
	local now
	now=$(pins && flows_of maps && flows_of gen-1/maps)
	[ "$now" = "$kept_noted" ] || diff <(echo "$kept_noted") <(echo "$now")
}

# fails CODE TEXT COMMAND...
fails()
{
	refused "$@"
	kept_is_as_noted
}

@test "trap 3: state survives every kind of failed load: pins, ids and contents stay" {
	kept_unit
	[ "$(flows_of maps | jq length)" -eq 1 ]
	note_kept
	head -c 1000 "$objects/kept_v2.bpf.o" >"$dir/cut"
	fails 5 "truncated ELF file" ctl reload kept --object "$dir/cut"
	fails 5 "the verifier refuses" ctl reload kept --object "$objects/verifier_refused_late.bpf.o"
	fails 5 "moved from offset" ctl reload kept --object "$objects/kept_v2_layout.bpf.o"
	fails 5 "no function" ctl reload kept --object "$objects/kind_xdp_v1.bpf.o"
	sed -i s/Program=/Progam=/ "$(unit_path kept)"
	fails 5 "unknown key Progam=" ctl reload kept
	fails 1 "unknown key Progam=" ctl daemon-reload
	# Nor does a start take it for a reason to begin anew.
	daemon_kill
	daemon_start
	kept_is_as_noted
	packets_send v0 1
	[ "$(flows_of maps | jq '.[0].formatted.value.packets')" -eq 4 ]
}

@test "trap 3: state survives until OnChange=reset: an empty map, the former generation keeps the full one" {
	kept_unit $'[Map flows]\nOnChange=reset'
	note_kept
	[ "$(ctl -o json plan kept --object "$objects/kept_v2_layout.bpf.o" |
		field '.maps[] | select(.name == "flows") | .verdict')" = reset ]
	kept_is_as_noted
	run -0 ctl -o json reload kept --object "$objects/kept_v2_layout.bpf.o"
	[ "$(field '.maps[] | select(.name == "flows") | .left_behind' <<<"$output")" = 1 ]
	[ "$(flows_of maps | jq length)" -eq 0 ]
	[ "$(flows_of gen-1/maps | jq length)" -eq 1 ]
	ctl -q rollback kept
	[ "$(flows_of maps)" = "$(flows_of gen-1/maps)" ]
	[ "$(flows_of maps | jq '.[0].formatted.value.packets')" -eq 3 ]
}

# ---- a fresh program array for each generation ----

# calls INDEX: see tests/bpf/tail.h
calls()
{
	bpftool -j map dump pinned "$root/tail/maps/calls" |
		field ".[] | select(.formatted.key == $1) | .formatted.value"
}

all_called()
{
	[ $(($(calls 4) + $(calls 8))) -eq "$sent" ]
}

array_id()
{
	bpftool -j map show pinned "$root/tail/gen-$1/maps/own" | field .id
}

# swaps_called TEXT: reloads and rollbacks under traffic; the unit file ends in TEXT
swaps_called()
{
	local i before
	object_unit tail tail_v1 "$1"
	daemon_start
	packets_begin v0 20000
	for i in {1..10}; do
		before=$(array_id "$i")
		object_unit tail "tail_v$((1 + i % 2))" "$1"
		ctl -q reload tail
		[ "$(array_id "$i")" -eq "$before" ]
		[ "$(array_id $((i + 1)))" -ne "$before" ]
		ctl -q rollback tail
		ctl -q rollback tail
	done
	packets_end
	wait_until 10 all_called
	[ "$(calls 0)" -eq 0 ]
	[ "$(calls 4)" -gt 0 ]
	[ "$(calls 8)" -gt 0 ]
	[ "$(calls 5) $(calls 7)" = "0 0" ]
}

@test "trap 4: fresh program array per generation: no tail call is missed or goes to the other, by link" {
	swaps_called ''
}

@test "trap 4: fresh program array per generation: no tail call is missed or goes to the other, by entry" {
	swaps_called $'[Reload]\nSwap=entry'
	[ "$(status_of tail '.hooks[0].missed')" -eq 0 ]
}

# slot BANK: the id of the program there, as bytes
slot()
{
	local index=0
	[ "$1" = a ] || index=1
	bpftool -j map lookup pinned "$root/traffic/hooks/in/slots" key "$index" 0 0 0 | jq -c .value
}

@test "trap 4: fresh program array per generation: slots are overwritten in the idle bank alone" {
	local i active idle in_force
	traffic_unit 1
	daemon_start
	for i in {1..6}; do
		active=$(status_of traffic .bank)
		idle=$(tr ab ba <<<"$active")
		in_force=$(slot "$active") before=$(slot "$idle" || true)
		ctl -q reload traffic
		[ "$(status_of traffic .bank)" = "$idle" ]
		[ "$(slot "$active")" = "$in_force" ]
		[ "$(slot "$idle")" != "$before" ]
		[ "$(slot "$idle")" != "$in_force" ]
	done
}

# ---- compare with libbpf's semantics first, then BTF ----

# plan_changes OBJECT: what the plan says of the kept maps that changed
plan_changes()
{
	ctl -o json plan kept --object "$objects/$1.bpf.o" | field '.maps[].changes // empty'
}

@test "trap 5: compare with libbpf's semantics first: sizes are compared as they are rounded" {
	object_unit kept kept_rounded_5000
	daemon_start
	# 5000 and 8192 are both 8192; a map of devices has a flag more than anybody gave it; a
	# perf_event_array without a size has one for each CPU.
	ctl -q reload kept
	ctl -q reload kept --object "$objects/kept_rounded_8192.bpf.o"
	ctl -q reload kept
	[ "$(plan_changes kept_rounded_16384)" = \
		"max_entries is 8192 in the kept map and 16384 in the new object" ]
}

@test "trap 5: compare with libbpf's semantics first: type, sizes and flags, then BTF" {
	kept_unit
	[ "$(plan_changes kept_v2)" = "" ]
	[[ $(plan_changes kept_v2_type) = "type is hash (1) in the kept map and lru_hash (9) in the new"* ]]
	[[ $(plan_changes kept_v2_key) = "key_size is 4 in the kept map and 8 in the new object" ]]
	[[ $(plan_changes kept_v2_flags) = "flags is 0 in the kept map and 1 in the new object" ]]
	[[ $(plan_changes kept_v2_both) = "value_size is 16 in the kept map and 24 in the new object" ]]
	[[ $(plan_changes kept_v2_layout) = "value.packets "*" moved from offset 0 to 8; value.bytes "* ]]
}

# ---- types and flags of the programs ----

# plan_refused TEXT OBJECT: a plan says so, and so does a reload
plan_refused()
{
	run -5 ctl plan kind --object "$objects/$2.bpf.o"
	[[ $output = *"$1"* ]] || { echo "does not say: $1"; return 1; }
	refused 5 "$1" ctl reload kind --object "$objects/$2.bpf.o"
}

@test "trap 6: check expected_attach_type, type and frags of old against new in plan: exit 5, both named" {
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
	plan_refused 'is of type cgroup_skb, hooks of kind xdp take xdp' kind_cgroup_skb_v2
	plan_refused 'expects to be attached as xdp_cpumap, the hook is xdp;' kind_xdp_cpumap
	plan_refused 'xdp.frags is no of what is attached (function "on_event") and yes of function' \
		kind_xdp_frags
	delivers kind v0
	ctl -q unload kind
	kind_unit kind xdp frags xdp:v1 $'[Reload]\nSwap=entry'
	sed -i s/_vfrags/_frags/ "$(unit_path kind)"
	ctl -q load kind
	note_state
	plan_refused 'xdp.frags is yes of what is attached (function "on_event") and no of function' \
		kind_xdp_v1
	ctl -q reload kind
	delivers kind v0
}

# ---- one lock for all writers ----

# second_refused: a second daemon on the same root, which touches nothing
second_refused()
{
	run -1 "$build/ebpfd" --root "$root" --runtime-dir "$dir/run2" --config "$config" \
		--loader "$build/ebpfd-loader"
	[[ $output = *"root \"$root\" is in use by process $daemon_pid; one ebpfd serves one root"* ]]
	[ ! -e "$dir/run2" ]
}

@test "trap 7: one lock for all writers: a second daemon on the same root is told which process has it" {
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
	local start=$SECONDS
	second_refused
	[ $((SECONDS - start)) -lt 5 ]
	state_is_as_noted
	delivers kind v0
}

@test "trap 7: one lock for all writers, on a directory that is never removed: the last unload leaves it" {
	local inode
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	inode=$(stat -c %i "$root")
	ctl -q unload kind
	root_is_empty
	[ "$(stat -c %i "$root")" = "$inode" ]
	second_refused
	ctl -q load kind
	[ "$(stat -c %i "$root")" = "$inode" ]
	delivers kind v0
	ctl -q unload kind
	daemon_stop
	[ "$(stat -c %i "$root")" = "$inode" ]
}

daemon_waits_for_root()
{
	find "/proc/$daemon_pid/fd" -lname "$root" | grep -q .
}

@test "trap 7: one lock for all writers: after a kill in a load, the loader's end is waited for" {
	cat >"$dir/loader" <<-END
		#!/bin/bash
		mkdir -p "$root/kind/hooks/in" "$root/kind/gen-1/progs"
		sleep 100 & echo \$! >"$dir/child"
		wait
	END
	chmod +x "$dir/loader"
	daemon_start --loader "$dir/loader"
	kind_unit kind xdp 1 xdp:v1
	ctl -q load kind 2>/dev/null 3>&- &
	wait_until 10 test -s "$dir/child"
	daemon_kill
	daemon_spawn
	wait_until 10 daemon_waits_for_root
	run ! daemon_logged 'info: ready'
	[ -d "$root/kind/hooks/in" ]
	kill -KILL "$(cat "$dir/child")"
	wait_until 10 daemon_logged 'info: ready'
	[ "$(status_of kind '.state + " " + (.generation | tostring)')" = "active 1" ]
	delivers kind v0
}
