#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A plan says what a reload would do, after a real load, and touches nothing.

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

# kept_unit: a unit with a kept map, loaded, with one entry in it
kept_unit()
{
	object_unit kept kept_v1 $'[Map flows]\nKeep=yes'
	ctl -q load kept
	packets_send v0 3
}

# plan_of FILTER ARGUMENT...: jq FILTER on the plan
plan_of()
{
	local filter=$1
	shift
	ctl -o json plan "$@" | field "$filter"
}

# verdict VERSION MAP
verdict()
{
	plan_of ".maps[] | select(.name == \"$2\") | .verdict" kept --object "$objects/kept_$1.bpf.o"
}

@test "fields re-ordered at equal size: exit 5, both named, nothing touched" {
	kept_unit
	note_state
	run -5 ctl plan kept --object "$objects/kept_v2_layout.bpf.o"
	[[ $output = *"value.packets (unsigned long long) moved from offset 0 to 8"* ]]
	[[ $output = *"value.bytes (unsigned long long) moved from offset 8 to 0"* ]]
	refused 5 "value.packets (unsigned long long) moved from offset 0 to 8" \
		ctl reload kept --object "$objects/kept_v2_layout.bpf.o"
}

@test "each property of a kept map that changed is named, with both numbers" {
	kept_unit
	local version
	for version in type key value entries; do
		run -5 ctl plan kept --object "$objects/kept_v2_$version.bpf.o"
	done
	[ "$(verdict v2_key flows)" = changed ]
	[[ $(plan_of '.reasons[]' kept --object "$objects/kept_v2_entries.bpf.o") = *"1024"*"2048"* ]]
}

@test "a map that fits is the same, others are private, new and gone" {
	kept_unit
	[ "$(verdict v2 flows)" = same ]
	[ "$(plan_of '.safe' kept --object "$objects/kept_v2.bpf.o")" = true ]
	[ "$(plan_of '.maps[] | select(.name == "flows") | .verdict' kept \
		--object "$examples/packets-v1.bpf.o" 2>/dev/null)" != same ]
}

@test "the way of each hook and why" {
	traffic_unit 1 v1
	[ "$(plan_of '[.hooks[] | .way, .why] | join(" ")' traffic)" = \
		"entry several hooks flip in one store entry several hooks flip in one store" ]
	kept_unit
	[ "$(plan_of '.hooks[0] | .way + " " + .why' kept)" = "link the way of the generation in force" ]
}

@test "a unit that is not loaded is planned as its first load, and stays so" {
	packets_unit 1
	[ "$(plan_of '.generation.after' packets)" = 1 ]
	run -3 ctl status packets
	root_is_empty
}

@test "the verifier is really asked, and memory is told" {
	kept_unit
	[ "$(plan_of '.verifier[0].insns > 0' kept)" = true ]
	[ "$(plan_of '.memory.programs > 0' kept)" = true ]
	unit_write bare <<-END
		[Unit]
		Object=$objects/kept_v1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v0
	END
	ctl -q load bare
	note_state
	refused 5 "the verifier refuses" ctl plan bare --object "$objects/verifier_refused_late.bpf.o"
}

@test "several hooks by link have a moment of both, which the plan says" {
	veth_make v2 v3
	unit_write two <<-END
		[Unit]
		Object=$objects/kind_xdp_v1.bpf.o
		[Hook a]
		Program=on_event
		Attach=xdp:v1
		[Hook b]
		Program=on_event
		Attach=xdp:v3
		[Reload]
		Swap=link
	END
	[ "$(plan_of .mixed_window two)" = true ]
}

@test "a plan leaves the last operation in status as it was" {
	kept_unit
	ctl -q plan kept
	[ "$(status_of kept .last.operation)" = load ]
}

# far_refused ATTACH TEXT: an object that reads its context too far, in all that loads it
far_refused()
{
	local kind=${1%%:*}
	unit_write far <<-END
		[Unit]
		Object=$objects/far_$kind.bpf.o
		[Hook in]
		Program=on_event
		Attach=$1
	END
	note_state
	refused 5 "hook in: $2" ctl plan far
	refused 5 "hook in: $2" ctl load far
	root_is_empty
	sed -i "s,^Object=.*,Object=$objects/kind_${kind}_v1.bpf.o," "$(unit_path far)"
	ctl -q plan far
	ctl -q load far
	note_state
	refused 5 "hook in: $2" ctl plan far --object "$objects/far_$kind.bpf.o"
	refused 5 "hook in: $2" ctl reload far --object "$objects/far_$kind.bpf.o"
}

@test "a function that reads beyond a tracepoint's record: behind an entry no kernel would tell" {
	far_refused tracepoint:syscalls/sys_enter_getpid \
		'function "on_event" reads beyond the record of tracepoint "syscalls/sys_enter_getpid", which has 12 bytes'
	[[ $output = *"/sys/kernel/tracing/events/syscalls/sys_enter_getpid/format"* ]]
}

@test "a function that reads an argument that a raw tracepoint has not" {
	far_refused raw_tp:sched_process_exec \
		'function "on_event" reads argument 4 of raw tracepoint "sched_process_exec", which has 3'
}

@test "an event that is not there is found by a plan" {
	kind_unit none tracepoint 1 tracepoint:sched/nosuch
	note_state
	refused 5 'no tracepoint "sched/nosuch" in this kernel' ctl plan none
	kind_unit none raw_tp 1 raw_tp:nosuch
	refused 5 'no raw tracepoint "nosuch" in this kernel' ctl plan none
}

# stored_unit [TEXT]: a hook whose function keeps data per cgroup
stored_unit()
{
	unit_write stored <<-END
		[Unit]
		Object=$objects/cgroup_storage.bpf.o
		[Hook in]
		Program=on_event
		Attach=cgroup:$cgroup/skb_egress
		${1:-}
	END
}

@test "data per cgroup behind an entry: the kernel would refuse it at the first attempt" {
	local text='hook in: function "on_event" keeps data per cgroup in map "sent"'
	cgroup_make
	stored_unit $'[Reload]\nSwap=entry'
	note_state
	refused 5 "$text" ctl plan stored
	refused 5 "$text" ctl load stored
	root_is_empty
	# One hook that becomes two would come behind an entry.
	stored_unit
	ctl -q load stored
	stored_unit $'[Hook other]\nProgram=on_event\nAttach=cgroup:'"$cgroup/skb_ingress"
	note_state
	refused 5 "$text" ctl plan stored
	refused 5 "$text" ctl reload stored
}

@test "data per cgroup by link: the next generation has the same map, or is refused" {
	cgroup_make
	stored_unit
	[ "$(plan_of '.hooks[0].way' stored)" = link ]
	ctl -q load stored
	note_state
	refused 5 'in the same map "sent"' ctl plan stored
	refused 5 'in the same map "sent"' ctl reload stored
	refused 5 'in the same map "sent"' ctl reload stored --object "$objects/kind_cgroup_skb_v1.bpf.o"
	ctl -q unload stored
	stored_unit $'[Map sent]\nKeep=yes'
	ctl -q load stored
	ctl -q plan stored
	ctl -q reload stored
	in_cgroup "$build/tests/tools/poke" datagram
	[ "$(bpftool -j map dump pinned "$root/stored/maps/sent" | jq length)" -eq 1 ]
}

@test "a function that may sleep overlaps with its successor, and is never behind an entry" {
	kind_unit sleepy uprobe 1 "uprobe:$build/tests/tools/poke:main" $'[Reload]\nSwap=entry'
	sed -i "s,^Object=.*,Object=$objects/sleepable.bpf.o,; /^.Events/,/^Sink/d" "$(unit_path sleepy)"
	note_state
	refused 5 'function "on_event" may sleep, and an entry cannot call such a program' ctl plan sleepy
	sed -i '/^Swap=/d' "$(unit_path sleepy)"
	[ "$(plan_of '.hooks[0].way' sleepy)" = overlap ]
}

# format_refused FORMAT TEXT: by a plan and a load, and beside a unit that is loaded by a reload
format_refused()
{
	packets_unit 2
	ctl -q load packets
	sed -i "s/^Record=/Format=$1\nRecord=/" "$(unit_path packets)"
	note_state
	refused 5 "$(unit_path packets):8: Format=$1: $2" ctl plan packets
	refused 5 "$(unit_path packets):8: Format=$1: $2" ctl reload packets
	ctl -q unload packets
	note_state
	refused 5 "$(unit_path packets):8: Format=$1: $2" ctl plan packets
	refused 5 "$(unit_path packets):8: Format=$1: $2" ctl load packets
	root_is_empty
}

@test "Format= of a field that no record has: the plan names those there are" {
	format_refused saddr:ip4 'no struct of Record= has this field; packet_event has version, interface, queue, length, source, destination, sequence'
}

@test "Format= whose size or type is another than the field's" {
	format_refused source:ip4 'each element of the field of Record=packet_event has 1 bytes, ip4 needs 4; hex fits all fields'
	format_refused sequence:text 'the field of Record=packet_event is not an array of bytes; hex fits all fields'
}

@test "Format= that fits this object and not the next one" {
	packets_unit 2
	sed -i 's/^Record=/Format=source:mac\nRecord=/' "$(unit_path packets)"
	ctl -q load packets
	note_state
	refused 5 'Format=source:mac: no struct of Record= has this field' \
		ctl plan packets --object "$examples/packets-v1.bpf.o"
	refused 5 'packet_event has sequence, length, version' \
		ctl reload packets --object "$examples/packets-v1.bpf.o"
}
