#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks that come, go and move from one generation to the next, under traffic: nothing lost, nothing
# doubled, and a rollback has everything as it was.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	veth_make w0 w1
	daemon_start
}

teardown()
{
	e2e_teardown
}

# hooks_unit VERSION NAME:ATTACH... [+TEXT]: unit "packets" with these hooks; its events are told
# apart by the packets' sequence numbers
hooks_unit()
{
	local version=$1 hook text=
	shift
	{
		printf '[Unit]\nObject=%s/packets-v%s.bpf.o\n' "$examples" "$version"
		for hook; do
			case $hook in
			+*) text=${hook#+} ;;
			*) printf '[Hook %s]\nProgram=on_packet\nAttach=%s\n' "${hook%%:*}" "${hook#*:}" ;;
			esac
		done
		printf '[Map totals]\nKeep=yes\n[Events events]\nRecord=packet_event\n'
		printf 'Sink=file:%s\n%s\n' "$dir/packets.jsonl" "$text"
	} | unit_write packets
}

# hooks FILTER: of each hook of the unit in force, on one line
hooks()
{
	status_of packets "[.hooks[] | $1] | join(\" \")"
}

places()
{
	(cd "$root/packets/hooks" && echo *)
}

# What the generator sent into v0 is there, each once.
all_received()
{
	[[ $(tally packets) = "received=$sent duplicated=0 again=0 torn=0 "* ]]
}

# traffic_ends: and all of it was seen
traffic_ends()
{
	packets_end
	wait_until 10 all_received || tally packets
	all_received
}

is_sound()
{
	run -0 ctl fsck
}

# speaks INTERFACE: one packet, one event
speaks()
{
	delivers packets "$1"
}

# silent INTERFACE
silent()
{
	local before
	before=$(event_count packets)
	packets_send "$1" 3
	speaks v0
	[ "$(event_count packets)" -eq $((before + 1)) ]
}

restart()
{
	daemon_stop
	daemon_start
}

xdp_is_off()
{
	[[ $(ip link show "$1") != *xdp* ]]
}

@test "one becomes two: the link goes over to an entry, and everything flips in one store" {
	hooks_unit 1 in:xdp:v1
	ctl -q load packets
	[ "$(hooks .way)" = link ]
	link=$(hooks .link_id)
	packets_begin v0 5000
	hooks_unit 2 in:xdp:v1 second:xdp:w1
	run -0 ctl -o json plan packets
	[ "$(jq -r '[.hooks[] | .name, .change, .way] | join(" ")' <<<"$output")" = \
		"in converted entry second added entry" ]
	[ "$(jq .mixed_window <<<"$output")" = false ]
	[ "$(places)" = in ]
	run -0 ctl -o json reload packets
	[ "$(jq -r '.events[0].identity' <<<"$output")" = holds ]
	[[ $output = *"hook in: it has an entry from now on"* ]]
	[ "$(hooks .way)" = "entry entry" ]
	[ "$(status_of packets '.hooks[0].link_id')" = "$link" ]
	is_sound
	traffic_ends
	speaks v0
	speaks w0
	[ "$(status_of packets '[.hooks[].missed] | add')" -eq 0 ]
}

@test "added: a rollback silences it, another brings it back, and a restart changes nothing" {
	hooks_unit 1 in:xdp:v1 '+[Reload]
Swap=entry'
	ctl -q load packets
	packets_begin v0 5000
	hooks_unit 2 in:xdp:v1 second:xdp:w1
	ctl -q reload packets
	restart
	is_sound
	ctl -q rollback packets
	[ "$(places)" = "in second" ]
	restart
	is_sound
	ctl -q rollback packets
	traffic_ends
	speaks w0
	ctl -q rollback packets
	silent w0
}

@test "removed: silent at once, there again after a rollback, detached with its generation" {
	hooks_unit 1 in:xdp:v1 second:xdp:w1
	ctl -q load packets
	packets_begin v0 5000
	hooks_unit 2 in:xdp:v1
	[ "$(ctl -o json plan packets | field '[.hooks[] | .name + "=" + .change] | join(" ")')" = \
		"in=same second=removed" ]
	ctl -q reload packets
	[ "$(hooks .name)" = in ]
	[ "$(places)" = "in second" ]
	is_sound
	restart
	ctl -q rollback packets
	restart
	ctl -q rollback packets
	ctl -q reload packets
	[ "$(places)" = in ]
	wait_until 5 xdp_is_off w1
	is_sound
	traffic_ends
	silent w0
}

@test "retargeted: by link, from one interface to another and back to its old place" {
	hooks_unit 1 in:xdp:v1
	ctl -q load packets
	hooks_unit 2 in:xdp:w1
	run -0 ctl -o json plan packets
	[ "$(jq -r '.hooks[0] | [.change, .from, .attach, .way] | join(" ")' <<<"$output")" = \
		"retargeted xdp:v1 xdp:w1 link" ]
	[ "$(jq .mixed_window <<<"$output")" = true ]
	packets_begin v0 5000
	ctl -q reload packets
	[ "$(places)" = "in in@2" ]
	[ "$(hooks .attach)" = xdp:w1 ]
	is_sound
	restart
	packets_end
	speaks w0
	before=$(event_count packets)
	packets_send v0 3
	hooks_unit 1 in:xdp:v1
	ctl -q reload packets
	[ "$(places)" = "in in@2" ]
	[ "$(event_count packets)" -eq "$before" ]
	speaks v0
	restart
	ctl -q rollback packets
	speaks w0
	ctl -q rollback packets
	is_sound
	speaks v0
	ctl -q reload packets
	[ "$(places)" = in ]
	wait_until 5 xdp_is_off w1
}

@test "two hooks change places, one is renamed: both stay attached throughout" {
	hooks_unit 1 a:xdp:v1 b:xdp:w1
	ctl -q load packets
	links=$(hooks .link_id)
	packets_begin v0 5000
	hooks_unit 2 b:xdp:v1 a:xdp:w1
	ctl -q reload packets
	[ "$(hooks .link_id)" = "$links" ]
	[ "$(ctl -o json plan packets | field '[.hooks[].change] | unique | join(" ")')" = same ]
	hooks_unit 2 first:xdp:v1 a:xdp:w1
	[ "$(ctl -o json plan packets | field '.hooks[0] | .change + " " + .from')" = "renamed b" ]
	ctl -q reload packets
	[ "$(hooks .link_id)" = "$links" ]
	ctl -q rollback packets
	is_sound
	traffic_ends
	[ "$(tally packets | grep -o 'duplicated=[0-9]*')" = duplicated=0 ]
}

@test "Swap=link on hooks that come and go: links are exchanged for the neutral program" {
	hooks_unit 1 in:xdp:v1 '+[Reload]
Swap=link'
	ctl -q load packets
	packets_begin v0 5000
	hooks_unit 2 in:xdp:v1 second:xdp:w1 '+[Reload]
Swap=link'
	ctl -q reload packets
	[ "$(hooks .way)" = "link link" ]
	is_sound
	ctl -q rollback packets
	is_sound
	ctl -q rollback packets
	hooks_unit 1 in:xdp:v1 '+[Reload]
Swap=link'
	ctl -q reload packets
	is_sound
	traffic_ends
	silent w0
	ctl -q rollback packets
	speaks w0
}

@test "an entry stays one: Swap=link is refused with the way out, and two becoming one keeps it" {
	hooks_unit 1 in:xdp:v1 second:xdp:w1
	ctl -q load packets
	hooks_unit 2 in:xdp:v1 '+[Reload]
Swap=link'
	note_state
	refused 5 "unload the unit and load it" ctl reload packets
	hooks_unit 2 in:xdp:v1
	ctl -q reload packets
	[ "$(hooks .way)" = entry ]
	speaks v0
}

@test "a rollback to a generation of the history brings its hooks back" {
	hooks_unit 1 in:xdp:v1 second:xdp:w1
	ctl -q load packets
	hooks_unit 2 in:xdp:v1
	ctl -q reload packets
	ctl -q reload packets
	[ "$(places)" = in ]
	ctl -q rollback packets 1
	[ "$(hooks .name)" = "in second" ]
	speaks w0
	is_sound
}

@test "a hook that cannot be attached: refused, and all is as before" {
	hooks_unit 1 in:xdp:v1
	ctl -q load packets
	ctl -q reload packets
	packets_begin v0 5000
	note_state
	hooks_unit 2 in:xdp:v1 second:xdp:none
	refused 5 'no interface "none"' ctl reload packets
	hooks_unit 2 in:xdp:v1 other:xdp:w1 second:xdp:none
	refused 5 'no interface "none"' ctl reload packets
	wait_until 5 xdp_is_off w1
	hooks_unit 2 in:xdp:v1,generic
	refused 5 "in another mode" ctl reload packets
	hooks_unit 2 in:xdp:v1 second:xdp:v1
	refused 5 "hooks in and second are both at xdp:v1" ctl plan packets
	[ "$(hooks .way)" = link ]
	is_sound
	traffic_ends
	ctl -q rollback packets
	speaks v0
}

@test "hooks of other kinds come and go beside xdp" {
	hooks_unit 1 in:xdp:v1
	ctl -q load packets
	packets_begin v0 3000
	cp "$examples/traffic-v1.bpf.o" "$dir/both.bpf.o"
	traffic_unit 1 w1
	ctl -q load traffic
	sed -i '/^\[Hook exec\]/,/^Attach=/d' "$(unit_path traffic)"
	ctl -q reload traffic
	[ "$(status_of traffic '.hooks | length')" -eq 1 ]
	is_sound
	ctl -q rollback traffic
	[ "$(status_of traffic '.hooks | length')" -eq 2 ]
	is_sound
	ctl -q unload traffic
	traffic_ends
}

@test "SIGKILL in the middle of a reload that adds and removes" {
	hooks_unit 1 in:xdp:v1 second:xdp:w1
	ctl -q load packets
	packets_begin v0 5000
	hooks_unit 2 in:xdp:v1 moved:xdp:w0
	ctl -q reload packets 3>&- &
	client=$!
	wait_until 10 eval '[ -d "$root/packets/hooks/moved" ]'
	daemon_kill
	wait "$client" || true
	daemon_start
	is_sound
	[[ $(hooks .name) = "in second" || $(hooks .name) = "in moved" ]]
	[ "$(status_of packets .state)" = active ]
	ctl -q reload packets
	[ "$(hooks .name)" = "in moved" ]
	is_sound
	packets_end
	wait_until 10 eval '[[ $(tally packets) = "received=$sent duplicated=0 "* ]]'
}
