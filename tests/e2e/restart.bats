#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon stops or dies, and the next one goes on.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	daemon_start
}

teardown()
{
	e2e_teardown
}

# The units' directory is where loads at start come from; these units must be adopted.
load_elsewhere()
{
	mkdir -p "$dir/elsewhere"
	"$1_unit" 1 v1 "${2:-}"
	mv "$(unit_path "$1")" "$dir/elsewhere"
	ctl -q load "$dir/elsewhere/$1.conf"
}

# received SENT: all of them, none counted twice; `again` only where the daemon was killed
received()
{
	[[ $(tally packets) = "received=$1 duplicated=0 "* ]]
}

# life_goes_on END: END of the daemon while packets come, and before and after it
life_goes_on()
{
	local program link
	load_elsewhere packets
	program=$(status_of packets '.hooks[0].program_id')
	link=$(status_of packets '.hooks[0].link_id')
	packets_begin v0 5000
	wait_until 5 eval '[ "$(event_count packets)" -gt 500 ]'
	"daemon_$1"
	link_exists "$link"
	daemon_start
	daemon_logged "unit packets: adopted"
	packets_end
	wait_until 10 received "$sent" || tally packets
	[ "$(status_of packets '.hooks[0].program_id')" = "$program" ]
	[ "$(status_of packets '.hooks[0].link_id')" = "$link" ]
	[ "$(status_of packets '.events[0].consumed')" -eq "$sent" ]
}

@test "SIGTERM: programs stay attached, and the next daemon reads what came meanwhile" {
	life_goes_on stop
	[[ $(tally packets) = *" again=0 torn=0 "* ]]
}

@test "SIGKILL: programs stay attached, and the next daemon reads what came meanwhile" {
	life_goes_on kill
	[ "$(events packets 'select(.again == true) | 1' | wc -l)" -le 256 ]
}

@test "nobody is there while events come: all of them are read later" {
	load_elsewhere packets
	daemon_stop
	packets_send v0 1000
	daemon_start
	wait_until 10 received 1000
}

@test "10 kills under traffic: none lost, what comes again is marked" {
	local i
	load_elsewhere packets
	packets_begin v0 10000
	for i in {1..10}; do
		daemon_kill
		daemon_start
	done
	packets_end
	wait_until 10 received "$sent" || tally packets
	received "$sent"
}

@test "an entry goes on dispatching without a daemon, and its unit is adopted" {
	load_elsewhere packets $'[Reload]\nSwap=entry'
	daemon_kill
	packets_send v0 10
	daemon_start
	wait_until 5 received 10
	ctl -q reload packets --object "$examples/packets-v2.bpf.o"
	packets_send v0 10
	wait_until 5 eval '[ "$(event_count packets 2)" -eq 10 ]'
}

@test "an adopted unit can be reloaded, rolled back to the generation before, and unloaded" {
	load_elsewhere packets
	ctl -q reload packets --object "$examples/packets-v2.bpf.o"
	daemon_kill
	daemon_start
	ctl -q rollback packets
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 3 ]'
	daemon_stop
	daemon_start
	ctl -q reload packets
	ctl -q unload packets
	root_is_empty
}

@test "an override by --object is shown, outlives restarts, and ends with a plain reload" {
	packets_unit 1
	ctl -q load packets
	ctl -q reload packets --object "$examples/packets-v2.bpf.o"
	[ "$(status_of packets '.override + " " + .override_object')" = \
		"object $examples/packets-v2.bpf.o" ]
	[[ $(ctl status packets) = *"Override: object"* ]]
	daemon_stop
	daemon_start
	[ "$(status_of packets '.override')" = object ]
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 2)" -eq 3 ]'
	ctl -q reload packets
	[ "$(status_of packets '.override')" = none ]
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 3 ]'
}

@test "an override by rollback is shown, outlives a kill, and ends with a plain reload" {
	packets_unit 1
	ctl -q load packets
	packets_unit 2
	ctl -q reload packets
	[ "$(status_of packets '.override')" = none ]
	ctl -q rollback packets
	[ "$(status_of packets '.override')" = rollback ]
	daemon_kill
	daemon_start
	[ "$(status_of packets '.override')" = rollback ]
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 3 ]'
	ctl -q reload packets
	[ "$(status_of packets '.override')" = none ]
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 2)" -eq 3 ]'
}

# killed_in_reloads UNIT: 15 kills, each at another moment of a reload
killed_in_reloads()
{
	local i generation unit=$1
	for i in {1..15}; do
		ctl -q reload "$1" --object "$examples/$1-v$((1 + i % 2)).bpf.o" 2>/dev/null 3>&- &
		# Not a wait for something: it is the moment of the kill.
		sleep "0.$(printf %03d $((RANDOM % 250)))"
		daemon_kill
		wait $! || true
		daemon_start
		[ "$(status_of "$1" .state)" = active ]
		[ "$(status_of "$1" .operation)" = null ]
		generation=$(status_of "$1" .generation)
		# Those that are in a bank, and none that was begun.
		[ "$(find "$root/$1" -maxdepth 1 -name 'gen-*' | wc -l)" -eq \
			$((1 + $(status_of "$1" 'if .former then 1 else 0 end'))) ]
		[ -d "$root/$1/gen-$generation" ]
	done
	: >"$dir/$1.jsonl"
	packets_send v0 20
	wait_until 5 eval '[ "$(event_count $unit)" -eq 20 ]'
	[[ $(versions "$1") = [12] ]]
	ctl -q unload "$1"
	root_is_empty
}

@test "15 kills in the middle of reloads, link: one generation answers, nothing is left over" {
	load_elsewhere packets
	killed_in_reloads packets
}

@test "15 kills in the middle of reloads, entry: one generation answers, nothing is left over" {
	cgroup_make
	load_elsewhere traffic "[Set]
target_cgroup=$(stat -c %i "$cgroup")"
	killed_in_reloads traffic
}

@test "a stop in the middle of a load leaves nothing that answers" {
	printf '#!/bin/bash\necho $$ >%s/loading\nexec sleep 60\n' "$dir" >"$dir/slow"
	chmod +x "$dir/slow"
	daemon_stop
	daemon_start --loader "$dir/slow"
	packets_unit 1
	ctl -q load packets 2>/dev/null 3>&- &
	wait_until 5 test -s "$dir/loading"
	daemon_stop
	wait $! || true
	rm "$(unit_path packets)"
	daemon_start
	[ "$(ctl -o json list | jq '.units | length')" -eq 0 ]
	root_is_empty
	run ! kill -0 "$(cat "$dir/loading")"
}
