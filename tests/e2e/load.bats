#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How units come to be loaded, what a unit file's settings do, and what kept maps are worth.

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

# map_id UNIT MAP
map_id()
{
	status_of "$1" ".maps[] | select(.name == \"$2\") | .id"
}

# packets_counted PATH: what the kept map of the examples has come to
packets_counted()
{
	bpftool -j map dump pinned "$1" | jq '.[0].formatted.value.packets'
}

@test "load by name: the unit file is looked for in the units' directory" {
	daemon_start
	packets_unit 1
	run -0 ctl load packets
	[[ $output = *"packets: loaded, generation none -> 1"* ]]
	packets_send v0 5
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 5 ]'
}

@test "load by file: the unit file may be anywhere, and a relative Object= starts there" {
	daemon_start
	mkdir "$dir/elsewhere"
	packets_unit 1
	sed 's/^Object=.*/Object=mine.bpf.o/' "$(unit_path packets)" >"$dir/elsewhere/other.conf"
	cp "$examples/packets-v1.bpf.o" "$dir/elsewhere/mine.bpf.o"
	cd "$dir/elsewhere"
	run -0 ctl load other.conf
	[ "$(status_of other .file)" = "$dir/elsewhere/other.conf" ]
	packets_send v0 5
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 5 ]'
}

@test "a unit loaded by file reloads from that file" {
	daemon_start
	mkdir "$dir/elsewhere"
	packets_unit 1
	mv "$(unit_path packets)" "$dir/elsewhere"
	ctl -q load "$dir/elsewhere/packets.conf"
	packets_unit 2
	mv "$(unit_path packets)" "$dir/elsewhere"
	ctl -q reload packets
	packets_send v0 5
	wait_until 5 eval '[ "$(event_count packets 2)" -eq 5 ]'
}

@test "a unit that is loaded is not loaded again" {
	daemon_start
	packets_unit 1
	ctl -q load packets
	run -5 ctl load packets
	[[ $output = *reload* ]]
	[ "$(status_of packets .generation)" -eq 1 ]
}

@test "units of the directory are loaded at start; one that cannot be stops no other" {
	packets_unit 1
	traffic_unit 1 v0
	unit_write bad <<-END
		[Unit]
		Object=nowhere.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
	END
	daemon_start
	[ "$(ctl -o json list | field '[.units[].name] | join(" ")')" = "packets traffic" ]
	daemon_logged nowhere.bpf.o
}

@test "Set= reaches the program: only the process that it names is seen" {
	local pid
	daemon_start
	mkfifo "$dir/go"
	bash -c 'read -r _ <"$1"; exec "$2" getpid 7' - "$dir/go" "$build/tests/tools/poke" 3>&- &
	pid=$!
	kind_unit unit tracepoint 1 tracepoint:syscalls/sys_enter_getpid "[Set]
target_pid=$pid"
	ctl -q load unit
	tool poke getpid 20
	echo >"$dir/go"
	wait "$pid"
	wait_until 5 eval '[ "$(event_count unit)" -ge 7 ]'
	[ "$(event_count unit)" -eq 7 ]
}

@test "Set= of the example: executions of one cgroup alone" {
	daemon_start
	cgroup_make
	traffic_unit 1 v1 "[Set]
target_cgroup=$(stat -c %i "$cgroup")"
	ctl -q load traffic
	/bin/true
	in_cgroup /bin/true
	in_cgroup /bin/true
	wait_until 5 eval '[ "$(event_count traffic 1)" -ge 2 ]'
	[ "$(events traffic .filename | sort | uniq -c | xargs)" = "2 /bin/true" ]
}

@test "Keep=yes: contents and id stay over reload and rollback, published for other tools" {
	local id
	daemon_start
	packets_unit 1
	ctl -q load packets
	id=$(map_id packets totals)
	packets_send v0 10
	wait_until 5 eval '[ "$(packets_counted "$root/packets/maps/totals")" -eq 10 ]'
	packets_unit 2
	ctl -q reload packets
	[ "$(map_id packets totals)" = "$id" ]
	packets_send v0 10
	wait_until 5 eval '[ "$(packets_counted "$root/packets/maps/totals")" -eq 20 ]'
	ctl -q rollback packets
	packets_send v0 10
	wait_until 5 eval '[ "$(packets_counted "$root/packets/maps/totals")" -eq 30 ]'
	[ "$(ls "$root/packets/maps")" = totals ]
}

@test "a receipt says of each map what became of it" {
	daemon_start
	packets_unit 1
	[ "$(ctl -o json load packets | field '.maps[] | select(.name == "totals") | .verdict')" = new ]
	packets_unit 2
	[ "$(ctl -o json reload packets | field '.maps[] | select(.name == "totals") | .verdict')" = same ]
}

@test "a map that the object pins by name is kept, without a word in the unit file" {
	local id
	daemon_start
	object_unit kept kept_v1
	ctl -q load kept
	id=$(map_id kept flows)
	packets_send v0 4
	ctl -q reload kept --object "$objects/kept_v2.bpf.o"
	[ "$(map_id kept flows)" = "$id" ]
	packets_send v0 4
	wait_until 5 eval '[ "$(packets_counted "$root/kept/maps/flows")" -eq 8 ]'
}

@test "Keep=no overrules a pin by name, and private maps start afresh" {
	local id
	daemon_start
	unit_write kept <<-END
		[Unit]
		Object=$objects/kept_v1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
		[Map flows]
		Keep=no
	END
	ctl -q load kept
	id=$(map_id kept flows)
	packets_send v0 4
	ctl -q reload kept
	[ "$(map_id kept flows)" != "$id" ]
	packets_send v0 1
	wait_until 5 eval '[ "$(packets_counted "$root/kept/gen-2/maps/flows")" -eq 1 ]'
}

@test "kept maps are gone after unload" {
	local id
	daemon_start
	packets_unit 1
	ctl -q load packets
	id=$(map_id packets totals)
	ctl -q reload packets
	ctl -q unload packets
	wait_until 5 eval '! bpftool map show id "$id" >/dev/null 2>&1'
	root_is_empty
}

@test "a unit that was unloaded can be loaded again, and its numbers go on" {
	daemon_start
	packets_unit 1
	ctl -q load packets
	ctl -q reload packets
	ctl -q unload packets
	ctl -q load packets
	[ "$(status_of packets .generation)" -eq 3 ]
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 3 ]'
}
