#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A ring per CPU: each is read, none loses or doubles, and the terms are told for each CPU.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	cpus=$(nproc --all)
}

teardown()
{
	e2e_teardown
}

# rings_unit VERSION [OBJECT] [TEXT]: TEXT goes to [Events]
rings_unit()
{
	unit_write packets <<-END
		[Unit]
		Object=${2:-$objects/packets_cpu_v$1.bpf.o}
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
		[Events events]
		Record=packet_event
		Sink=file:$dir/packets.jsonl
		${3-Rings=cpu}
	END
}

# reload_times COUNT: turn and turn about between the versions
reload_times()
{
	local i
	for ((i = 1; i <= $1; i++)); do
		rings_unit $((1 + i % 2))
		ctl -o json reload packets >"$dir/receipt" || { cat "$dir/receipt"; return 1; }
		[ "$(field .events[0].identity <"$dir/receipt")" = holds ] || return 1
	done
}

all_received()
{
	[[ $(tally packets) = "received=$sent duplicated=0 again=0 torn=0 "* ]]
}

# move_to CPU: the generator sends from there, so the packets arrive there
move_to()
{
	taskset -pc "$1" "$generator_pid" >/dev/null
}

@test "reloads under traffic that moves from CPU to CPU: no event lost or doubled" {
	[ "$cpus" -ge 2 ] || skip "feature: two CPUs"
	rings_unit 1
	daemon_start
	wait_until 10 ctl -q status packets
	packets_begin v0 4000
	for cpu in 0 1 0 1; do
		move_to "$cpu"
		reload_times 3
	done
	packets_end
	wait_until 10 all_received || tally packets
	all_received
	[ "$(status_of packets '.events[0].rings')" -eq "$cpus" ]
	# Both CPUs had some, and each record was read from the ring of the CPU in its head.
	[ "$(events packets .cpu | sort -u | tr '\n' ' ')" = "0 1 " ]
}

@test "the terms of each CPU add up to those of the unit, over a restart too" {
	rings_unit 1
	daemon_start
	wait_until 10 ctl -q status packets
	packets_begin v0 2000
	move_to 0
	wait_until 10 test -s "$dir/packets.jsonl"
	[ "$cpus" -lt 2 ] || move_to 1
	daemon_kill
	daemon_start
	packets_end
	wait_until 10 all_received || [ "$(status_of packets '.events[0].again')" -gt 0 ]
	[ "$(status_of packets '.events[0] | .consumed == .attempted and .in_ring == 0')" = true ]
	[ "$(status_of packets '.events[0] | ([.cpus[].consumed] | add) == .consumed')" = true ]
	[ "$(status_of packets '.events[0].cpus | all(.attempted == .consumed + .failed)')" = true ]
	[ "$(status_of packets .events[0].consumed)" -eq "$sent" ]
}

@test "Rings= and the object's map have to agree, and the refusal says what to do" {
	daemon_start
	rings_unit 1 "$examples/packets-v1.bpf.o"
	note_state
	refused 5 'the map is one ring for all CPUs' ctl load packets
	rings_unit 1 "$objects/packets_cpu_v1.bpf.o" Rings=one
	refused 5 'the map is an array of rings; set Rings=cpu' ctl load packets
	rings_unit 1 "$objects/packets_cpu_v1.bpf.o" Rings=many
	refused 5 "Rings=" ctl load packets
}

@test "reload from one ring to a ring per CPU and back loses nothing" {
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	daemon_start
	wait_until 10 ctl -q status packets
	packets_begin v0 4000
	rings_unit 1
	ctl -q reload packets
	rings_unit 1 "$examples/packets-v2.bpf.o" ''
	ctl -q reload packets
	ctl -q rollback packets
	packets_end
	wait_until 10 all_received || tally packets
	all_received
}

@test "a plan counts the memory of every CPU's ring" {
	rings_unit 1
	daemon_start
	wait_until 10 ctl -q status packets
	# A ring takes its data twice in address space, once in memory, and its pages of positions.
	[ "$(ctl -o json plan packets | field .memory.maps)" -ge $((cpus * 1024 * 1024)) ]
}

@test "Size= is the size of a ring, whatever the object says" {
	packets_unit 1 v1
	sed -i 's/^Record=/Size=300K\nRecord=/' "$(unit_path packets)"
	daemon_start
	[ "$(bpftool -j map show pinned "$root/packets/gen-1/maps/events" | field .max_entries)" -eq 524288 ]
	packets_send v0 10
	wait_until 10 has_events packets 10
}

# ring_id GENERATION
ring_id()
{
	bpftool -j map show pinned "$root/packets/gen-$1/maps/events" | field .id
}

@test "a bank keeps its ring: generations 1 and 3 have the same, 2 and 4 too; nothing lost or doubled" {
	local version ids=()
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	daemon_start
	wait_until 10 ctl -q status packets
	packets_begin v0 4000
	ids[1]=$(ring_id 1)
	for version in 2 3 4; do
		rings_unit 1 "$examples/packets-v$((2 - version % 2)).bpf.o" ''
		ctl -o json reload packets >"$dir/receipt"
		[ "$(field .events[0].identity <"$dir/receipt")" = holds ]
		ids[version]=$(ring_id "$version")
	done
	# One that is taken over costs no memory.
	[ "$(field .memory.maps <"$dir/receipt")" -lt 65536 ]
	packets_end
	wait_until 10 all_received || tally packets
	all_received
	[ "${ids[1]}" -eq "${ids[3]}" ]
	[ "${ids[2]}" -eq "${ids[4]}" ]
	[ "${ids[1]}" -ne "${ids[2]}" ]
}

@test "a bank gets a new ring where another size or shape is asked for" {
	local first
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	daemon_start
	wait_until 10 ctl -q status packets
	first=$(ring_id 1)
	ctl -q reload packets
	rings_unit 1 "$examples/packets-v1.bpf.o" Size=64K
	ctl -q reload packets
	[ "$(ring_id 3)" -ne "$first" ]
	rings_unit 1
	ctl -q reload packets
	ctl -q reload packets
	first=$(ring_id 5)
	ctl -q reload packets
	ctl -q reload packets
	[ "$(ring_id 7)" -eq "$first" ]
	packets_send v0 10
	wait_until 10 has_events packets 10
}

@test "a reload that is refused leaves the ring to the former generation" {
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	daemon_start
	wait_until 10 ctl -q status packets
	ctl -q reload packets
	rings_unit 1 "$objects/wrong_type.bpf.o" ''
	note_state
	refused 5 'hook in' ctl reload packets
	ctl -q rollback packets
	packets_send v0 10
	wait_until 10 has_events packets 10
	[ "$(events packets .generation | sort -u)" = 1 ]
}

# unread_unit [TEXT]: one whose ring nobody of ours reads
unread_unit()
{
	unit_write packets <<-END
		[Unit]
		Object=$examples/packets-v1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
		${1:-}
	END
}

@test "a ring that nobody read is not taken over: what is in it is of another generation" {
	local first
	unread_unit
	daemon_start
	wait_until 10 ctl -q status packets
	first=$(ring_id 1)
	packets_send v0 10
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	ctl -q reload packets
	ctl -q reload packets
	[ "$(ring_id 3)" -ne "$first" ]
	packets_send v0 10
	wait_until 10 has_events packets 10
	[ "$(events packets .generation | sort -u)" = 3 ]
}

@test "a ring that was kept is not taken over: the generation in force writes to it" {
	local kept
	unread_unit $'[Map events]\nKeep=yes'
	daemon_start
	wait_until 10 ctl -q status packets
	kept=$(ring_id 1)
	ctl -q reload packets
	[ "$(ring_id 2)" -eq "$kept" ]
	rings_unit 1 "$examples/packets-v1.bpf.o" ''
	ctl -q reload packets
	[ "$(ring_id 3)" -ne "$kept" ]
}
