#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Object files as a pipeline asks for them: loaded here, without a daemon, and let go of.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
}

teardown()
{
	e2e_teardown
}

verify()
{
	ctl verify --loader "$build/ebpfd-loader" "$@"
}

# of FILTER: jq on the last output, the first object
of()
{
	jq -rc ".[0] | $1" <<<"$output"
}


@test "a good object: figures of the verifier, and nothing remains" {
	local before
	before=$(find "$dir/bpffs" /sys/fs/bpf)
	run -0 verify "$examples/traffic-v1.bpf.o"
	[[ ${lines[0]} = "$examples/traffic-v1.bpf.o: good" ]]
	[[ $output = *PROGRAM*INSTRUCTIONS*"JITED BYTES"*on_packet*on_exec* ]]
	run -0 verify "$objects/kept_v1.bpf.o" "$objects/kept_v1.bpf.o"
	[ "$(find "$dir/bpffs" /sys/fs/bpf)" = "$before" ]
	run -0 --separate-stderr verify -o json "$examples/traffic-v1.bpf.o"
	[ "$(of '[.outcome, .units, .reasons, .unverified]')" = '["done",[],[],[]]' ]
	[ "$(of '[.verifier[] | select(.insns > 0 and .jited_bytes > 0) | .program] | sort')" = '["on_exec","on_packet"]' ]
	[ "$(of '.memory.maps > 0')" = true ]
	[ "$(of '.digest')" = "$(sha256sum <"$examples/traffic-v1.bpf.o" | cut -d' ' -f1)" ]
	run -0 verify -q "$examples/traffic-v1.bpf.o"
	[ -z "$output" ]
}

@test "the verifier says no: exit 5, its last lines, and all of them by --log" {
	run -5 verify --log "$dir/log" "$objects/verifier_refused.bpf.o"
	[[ ${lines[0]} = *"verifier_refused.bpf.o: does not fit" ]]
	[[ $output = *"the verifier refuses the object"* ]]
	grep -q "processed .* insns" "$dir/log"
	run -5 --separate-stderr verify -o json "$objects/verifier_refused.bpf.o"
	[ "$(of .outcome)" = refused ]
	[[ $(of .message) = *"the verifier refuses the object"* ]]
}

@test "against a former object: a kept map that changed is exit 5, with both fields named" {
	run -0 verify --against "$objects/kept_v1.bpf.o" "$objects/kept_v2.bpf.o"
	[[ $output = *"Safe: yes"* ]]
	run -5 verify --against "$objects/kept_v1.bpf.o" "$objects/kept_v2_layout.bpf.o"
	[[ $output = *"map flows: value.packets (unsigned long long) moved from offset 0 to 8; value.bytes (unsigned long long) moved from offset 8 to 0"* ]]
	run -5 --separate-stderr verify -o json --against "$objects/kept_v1.bpf.o" "$objects/kept_v2_layout.bpf.o"
	[ "$(of '[.outcome, .against.safe, .verifier[0].program]')" = '["refused",false,"on_packet"]' ]
	object_unit kept kept_v2_layout $'[Map flows]\nOnChange=reset'
	run -0 verify --units "$units" --against "$objects/kept_v1.bpf.o" "$objects/kept_v2_layout.bpf.o"
	run -1 verify --against "$dir/none.bpf.o" "$objects/kept_v1.bpf.o"
	[[ $output = *"cannot read $dir/none.bpf.o: No such file"* ]]
}

@test "units that name the object are held against it, wherever it is" {
	cp "$examples/packets-v1.bpf.o" "$dir/packets-v1.bpf.o"
	packets_unit 1 nowhere0
	object_unit other kept_v1
	run -0 --separate-stderr verify -o json --units "$units" "$dir/packets-v1.bpf.o"
	[ "$(of '[.units[] | .unit, .outcome, .hooks[0].attach, .hooks[0].way]')" = '["packets","done","xdp:nowhere0","link"]' ]
	run -0 verify --units "$units" "$dir/packets-v1.bpf.o"
	[[ $output = *"unit packets: good"*HOOK*xdp:nowhere0*MAP*totals*new* ]]
}

@test "each shipped object is good for its units, also where none of their interfaces is" {
	local object name
	# Kernels before 6.6 have no tcx.
	for name in config/units.d/*.conf; do
		sed 's/^Attach=tcx:/Attach=tc:/' "$name" >"$units/${name##*/}"
	done
	run ! ip link show ifb0
	run -0 --separate-stderr verify -o json --units "$units" "$build"/bpf/units/*.bpf.o
	[ "$(jq -c '[.[] | .outcome, .units[].outcome] | unique' <<<"$output")" = '["done"]' ]
	[ "$(jq -r '.[].units[].unit' <<<"$output" | sort | xargs)" = \
		"$(basename -s .conf config/units.d/*.conf | sort | xargs)" ]
	[ "$(jq -c '[.[] | .verifier[].insns > 0] | unique' <<<"$output")" = '[true]' ]
	for object in "$build"/bpf/units/*.bpf.o; do
		run -0 verify -q --units "$units" --against "$object" "$object"
		run -0 ctl diff -q --loader "$build/ebpfd-loader" --units "$units" "$object" "$object"
	done
}

# unit_refused TEXT PATTERN REPLACEMENT: with this in its file, the unit does not fit
unit_refused()
{
	packets_unit 1
	sed -i "s|$2|$3|" "$units/packets.conf"
	run -5 verify --units "$units" "$examples/packets-v1.bpf.o"
	[[ $output = *"packets-v1.bpf.o: does not fit"*"unit packets: "*"$1"* ]]
}

@test "a unit that does not fit its object: exit 5, and why" {
	unit_refused 'hook in: no function "gone" in the object; it has: on_packet' on_packet gone
	unit_refused 'is of type xdp, hooks of kind tcx take sched_cls' xdp:v1 tcx:v1/ingress
	unit_refused 'no map "gone" in the object' 'Map totals' 'Map gone'
	unit_refused 'gone_event' packet_event gone_event
	unit_refused 'no ring buffer "gone" in the object' 'Events events' 'Events gone'
	unit_refused 'no read-only variable "gone"' '^.Map totals.' $'[Set]\\ngone=1\\n[Map totals]'
}

# metric_refused TEXT SECTION: with this [Metric x] in its file, the unit does not fit
metric_refused()
{
	unit_refused "[Metric x]: $1" '^Sink=.*' "&\\n[Metric x]\\n$2"
}

@test "a [Metric] that does not fit its object: exit 5, with the section and why" {
	metric_refused 'no map "gone" in the object' 'Map=gone'
	metric_refused "Value=: 'value.gone' is no integer in an entry of the map, which has: " \
		'Map=totals\nValue=value.gone'
	metric_refused "Labels=: 'value' is no number or text" 'Map=totals\nValue=value.packets\nLabels=a:value'
	metric_refused 'Labels=a:key:ip6: the field of map totals has 4 bytes, ip6 needs 16' 'Map=totals\nValue=value.packets\nLabels=a:key:ip6'
	metric_refused 'map "events" is of type ringbuf, of whose entries no metric can be made' 'Map=events'
}

@test "a unit file with errors is told with its lines, and nothing is judged" {
	unit_write packets <<<"[Unit]"
	run -1 verify --units "$units" "$examples/packets-v1.bpf.o"
	[[ $output = *"$units/packets.conf:1: "* ]]
	run -1 verify --units "$dir/none" "$examples/packets-v1.bpf.o"
	[[ $output = *"cannot read the unit files of $dir/none: No such file"* ]]
}

@test "sections that say no type: 5, unless a unit has a hook for the program" {
	run -5 verify "$objects/sections.bpf.o"
	[[ $output = *"function on_anything: its section names no type of program, and no unit file has a hook for it (--units)"* ]]
	[[ $output = *"NOT LOADED"*on_packet*"?xdp"* || $output = *"NOT LOADED"*on_packet* ]]
	unit_write sections <<-END
		[Unit]
		Object=/usr/lib/ebpfd/sections.bpf.o
		[Hook in]
		Program=on_anything
		Attach=tcx:v0/ingress
	END
	run -0 --separate-stderr verify -o json --units "$units" "$objects/sections.bpf.o"
	[ "$(of '[.unverified[].program]')" = '["on_packet"]' ]
	[ "$(of '[.verifier[].program]')" = '["on_frame"]' ]
}

@test "several objects: all are judged, and the worst is the exit code" {
	local good=$objects/kept_v1.bpf.o bad=$objects/verifier_refused.bpf.o
	run -1 --separate-stderr verify -o json "$good" "$dir/none.bpf.o" "$good"
	[ "$(jq -c 'map(.outcome)' <<<"$output")" = '["done","failed","done"]' ]
	run -5 --separate-stderr verify -o json "$bad" "$dir/none.bpf.o" "$good"
	[ "$(jq -c 'map(.outcome)' <<<"$output")" = '["refused","failed","done"]' ]
	run -5 verify -q "$good" "$bad"
	[[ $output != *kept_v1* && $output = *verifier_refused* ]]
}

# unreadable TEXT FILE
unreadable()
{
	run -1 verify "$2"
	[[ ${lines[0]} = "$2: cannot be judged" && $output = *"$1"* ]]
}

@test "what cannot be read is 1" {
	local object=$objects/kept_v1.bpf.o
	unreadable "cannot read $dir/none.bpf.o: No such file" "$dir/none.bpf.o"
	unreadable "it is no regular file" "$dir"
	echo "int main" >"$dir/text.o"
	unreadable "not an ELF file" "$dir/text.o"
	unreadable "an ELF file for another machine" "$build/ebpfctl"
	unreadable "the object has no BTF" "$objects/no_btf.bpf.o"
	head -c 2000 "$object" >"$dir/cut.o"
	unreadable "a truncated ELF file" "$dir/cut.o"
	truncate -s 65M "$dir/large.o"
	unreadable "the object is larger than ObjectSizeMax=" "$dir/large.o"
}

@test "an object of the other byte order is named as such" {
	local other=$dir/other.o
	cp "$objects/kept_v1.bpf.o" "$other"
	# EI_DATA, and e_machine the other way around.
	printf '\2' | dd of="$other" bs=1 seek=5 conv=notrunc status=none
	printf '\0\367' | dd of="$other" bs=1 seek=18 conv=notrunc status=none
	unreadable "the object is big-endian (bpfeb) and this machine little-endian (bpfel)" "$other"
}

@test "without privileges nothing can be said, and the capabilities are named" {
	run -1 setpriv --bounding-set=-all --inh-caps=-all -- \
		"$build/ebpfctl" verify --loader "$build/ebpfd-loader" "$objects/kept_v1.bpf.o"
	[[ ${lines[0]} = *"kept_v1.bpf.o: cannot be judged" ]]
	[[ $output = *"it lacks CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN"* ]]
	run -1 setpriv --bounding-set=-all,+bpf,+net_admin --inh-caps=-all -- \
		"$build/ebpfctl" verify --loader "$build/ebpfd-loader" "$examples/traffic-v1.bpf.o"
	[[ $output = *"it lacks CAP_PERFMON"* ]]
}
