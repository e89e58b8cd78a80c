#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two object files side by side, without a daemon.

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

diff_of()
{
	ctl diff --loader "$build/ebpfd-loader" "$@"
}

# change LIST NAME: what became of it, by the last output as JSON
change()
{
	jq -r --arg name "$2" ".$1[] | select(.name == \$name) | .change" <<<"$output"
}

@test "an object beside itself: all is the same" {
	run -0 --separate-stderr diff_of -o json "$objects/kept_v1.bpf.o" "$objects/kept_v1.bpf.o"
	[ "$(jq -c '[.safe, .reasons]' <<<"$output")" = '[true,[]]' ]
	[ "$(jq -r '[.programs, .maps, .records | .[].change] | unique | join(" ")' <<<"$output")" = same ]
	[ "$(jq -r '.former.digest' <<<"$output")" = "$(sha256sum <"$objects/kept_v1.bpf.o" | cut -d' ' -f1)" ]
}

@test "a kept map whose fields changed places: exit 5, both named" {
	run -5 diff_of "$objects/kept_v1.bpf.o" "$objects/kept_v2_layout.bpf.o"
	[[ $output = *"Safe: no"* ]]
	[[ $output = *"value.packets (unsigned long long) moved from offset 0 to 8"* ]]
	[[ $output = *"value.bytes (unsigned long long) moved from offset 8 to 0"* ]]
}

@test "each property of a kept map that changed is named" {
	local version
	for version in type key value entries flags; do
		run -5 diff_of "$objects/kept_v1.bpf.o" "$objects/kept_v2_$version.bpf.o"
		[[ $output = *"in the former object and"*"in the new one"* ]]
	done
	run -5 diff_of "$objects/kept_v1.bpf.o" "$objects/kept_v2_entries.bpf.o"
	[[ $output = *"max_entries is 1024 in the former object and 2048 in the new one"* ]]
}

@test "programs, maps and records that come, go and change; none of it is unsafe" {
	run -0 --separate-stderr diff_of -o json "$examples/packets-v1.bpf.o" "$examples/traffic-v2.bpf.o"
	[ "$(change programs on_packet)" = same ]
	[ "$(change programs on_exec)" = added ]
	[ "$(change maps execs)" = added ]
	[ "$(change maps totals)" = removed ]
	[ "$(change records packet_event)" = changed ]
	[ "$(change records exec_event)" = added ]
	[[ $(jq -r '.records[] | select(.name == "packet_event").changes' <<<"$output") = \
		*"packet_event.sequence (unsigned long long) moved from offset 24 to 40"* ]]
	run -0 --separate-stderr diff_of -o json "$examples/traffic-v2.bpf.o" "$examples/packets-v1.bpf.o"
	[ "$(change programs on_exec)" = removed ]
	[ "$(change records exec_event)" = removed ]
}

@test "a program of another section, and one that takes frags where what is attached does not" {
	run -5 --separate-stderr diff_of -o json "$objects/kind_xdp_v1.bpf.o" "$objects/kind_xdp_frags.bpf.o"
	[ "$(change programs on_event)" = changed ]
	[[ $(jq -r '.reasons[]' <<<"$output") = "function on_event: section was xdp and is xdp.frags; xdp.frags was no and is yes;"* ]]
	run -0 --separate-stderr diff_of -o json "$objects/kind_raw_tp_v1.bpf.o" "$objects/kind_tracepoint_v1.bpf.o"
	[ "$(change programs on_event)" = changed ]
}

@test "unit files say what is kept, what may be reset, and which structs are records" {
	local v1=$objects/kept_v1.bpf.o v2=$dir/new/kept_v1.bpf.o
	mkdir "$dir/new"
	cp "$objects/kept_v2_layout.bpf.o" "$v2"
	object_unit kept kept_v1 $'[Map flows]\nOnChange=reset'
	run -0 diff_of --units "$units" "$v1" "$v2"
	[[ $output = *"Safe: yes"*changed* ]]
	object_unit kept kept_v1 $'[Map flows]\nKeep=no'
	run -0 diff_of --units "$units" "$v1" "$v2"
	object_unit other kept_v1
	run -5 diff_of --units "$units" "$v1" "$v2"
	rm "$units/other.conf"
	unit_write kept <<<"[Unit]"
	run -1 diff_of --units "$units" "$v1" "$v2"
	[[ $output = *"$units/kept.conf"* ]]
	run -1 diff_of --units "$dir/none" "$v1" "$v2"
	[[ $output = *"cannot read the unit files of $dir/none: No such file"* ]]
}

@test "what cannot be read is 1, and the file is named" {
	local object=$objects/kept_v1.bpf.o
	run -1 diff_of "$object" "$dir/none.bpf.o"
	[[ $output = *"cannot read $dir/none.bpf.o: No such file"* ]]
	run -1 diff_of "$dir" "$object"
	[[ $output = *"cannot read $dir: it is no regular file"* ]]
	echo "int main" >"$dir/text.o"
	run -1 diff_of "$object" "$dir/text.o"
	[[ $output = *"$dir/text.o: the object is not an ELF file"* ]]
	run -1 diff_of "$object" "$build/ebpfctl"
	[[ $output = *"$build/ebpfctl: the object is an ELF file for another machine"* ]]
	run -1 diff_of "$object" "$objects/no_btf.bpf.o"
	[[ $output = *"no_btf.bpf.o: the object has no BTF, which describes its maps and records"* ]]
	head -c 2000 "$object" >"$dir/cut.o"
	run -1 diff_of "$dir/cut.o" "$object"
	[[ $output = *"$dir/cut.o: the object is a truncated ELF file"* ]]
	truncate -s 65M "$dir/large.o"
	run -1 --separate-stderr diff_of -o json "$dir/large.o" "$object"
	[[ $(jq -r .error.message <<<"$output") = "$dir/large.o: the object is larger than ObjectSizeMax="* ]]
}

@test "no privilege is needed" {
	run -0 setpriv --bounding-set=-all --inh-caps=-all -- \
		"$build/ebpfctl" diff --loader "$build/ebpfd-loader" "$objects/kept_v1.bpf.o" \
		"$objects/kept_v2.bpf.o"
	[[ $output = *"Safe: yes"* ]]
}
