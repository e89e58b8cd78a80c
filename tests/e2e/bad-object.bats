#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Objects that cannot take the place of the one in force: each is refused, and nothing else happens.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
}

teardown()
{
	e2e_teardown
}

# reload_refused TEXT OBJECT: of the unit "kind", and its events go on
reload_refused()
{
	refused 5 "$1" ctl reload kind --object "$2"
	delivers kind v0
}

# A unit without events, whose map has contents to lose.
kept_load()
{
	unit_write kept <<-END
		[Unit]
		Object=$objects/kept_v1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v0
	END
	ctl -q load kept
	note_state
}

# kept_refused TEXT OBJECT
kept_refused()
{
	kept_load
	refused 5 "$1" ctl reload kept --object "$objects/$2"
	[[ $output = *"Give the object the former layout, or set OnChange=reset in [Map flows]"* ]]
	delivers kind v0
}

@test "no such object file, given by --object" {
	reload_refused "cannot read $dir/none.bpf.o: No such file or directory" "$dir/none.bpf.o"
}

@test "no such object file, named by the unit file" {
	sed -i "s,^Object=.*,Object=$dir/none.bpf.o," "$(unit_path kind)"
	refused 5 "cannot open the object \"$dir/none.bpf.o\": No such file" ctl reload kind
	delivers kind v0
}

@test "a folder" {
	reload_refused "cannot read $dir: it is no regular file" "$dir"
}

@test "a pipe, which nobody waits for" {
	mkfifo "$dir/pipe"
	reload_refused "cannot read $dir/pipe: it is no regular file" "$dir/pipe"
}

@test "not an ELF file" {
	echo "int main(void) { return 0; }" >"$dir/text"
	reload_refused "not an ELF file; compile it with: clang -O2 -g -target bpf -c" "$dir/text"
}

@test "an empty file" {
	: >"$dir/empty"
	reload_refused "not an ELF file; compile it" "$dir/empty"
}

@test "an ELF file for another machine" {
	reload_refused "an ELF file for another machine" "$build/ebpfctl"
	[[ $output = *"compile it with: clang -target bpf"* ]]
}

@test "an ELF file cut at each sixteenth of its length" {
	local object=$objects/kind_xdp_v2.bpf.o part size
	size=$(stat -c %s "$object")
	for part in {1..15}; do
		head -c $((size * part / 16)) "$object" >"$dir/cut"
		refused 5 "truncated ELF file" ctl reload kind --object "$dir/cut"
	done
	head -c $((size - 1)) "$object" >"$dir/cut"
	reload_refused "truncated ELF file" "$dir/cut"
}

@test "an ELF file cut within its header" {
	local length
	for length in 4 10 16 40 63 64 65; do
		head -c "$length" "$objects/kind_xdp_v2.bpf.o" >"$dir/cut"
		refused 5 "truncated ELF file" ctl reload kind --object "$dir/cut"
	done
}

@test "an ELF header with nothing of sense behind it" {
	local object=$objects/kind_xdp_v2.bpf.o size byte
	size=$(stat -c %s "$object")
	for byte in '\000' '\377' A; do
		{ head -c 64 "$object" && head -c $((size - 64)) /dev/zero | tr '\000' "$byte"; } \
			>"$dir/garbage"
		refused 5 "ebpfctl: " ctl reload kind --object "$dir/garbage"
	done
	delivers kind v0
}

@test "an object without BTF" {
	reload_refused "the object has no BTF, which describes its maps and records; compile it with: clang -g" "$objects/no_btf.bpf.o"
}

@test "no such function: the message lists what there is" {
	reload_refused 'hook in: no function "on_event" in the object; it has: on_packet' \
		"$objects/kept_v1.bpf.o"
}

@test "a function of another type than the hook" {
	reload_refused 'is of type cgroup_skb, hooks of kind xdp take xdp' \
		"$objects/kind_cgroup_skb_v2.bpf.o"
	[[ $output = *"name another function in Program=, or another hook in Attach="* ]]
}

@test "a function that expects to be attached elsewhere" {
	cgroup_make
	kind_unit late connect4 1 "cgroup:$cgroup/connect6"
	refused 5 "expects to be attached as cgroup_inet4_connect, the hook is cgroup_inet6_connect" \
		ctl load late
	[[ $output = *"name another function in Program=, or another hook in Attach="* ]]
	delivers kind v0
}

@test "one the verifier refuses: the message ends in its last words" {
	kept_load
	refused 5 "the verifier refuses the object (Permission denied)" \
		ctl reload kept --object "$objects/verifier_refused_late.bpf.o"
	[[ $output = *"R"*" offset is outside of the packet"$'\n'"processed "*" insns"* ]]
	[ "$(wc -l <<<"$output")" -le 14 ]
	delivers kind v0
}

@test "one the verifier refuses: --log has all that it said, the message its end" {
	kept_load
	refused 5 "(--log FILE writes all of it)" ctl reload kept --log "$dir/log" \
		--object "$objects/verifier_refused_late.bpf.o"
	grep -q '^0: R1=ctx' "$dir/log"
	[[ $output != *"0: R1=ctx"* ]]
	[ "$(wc -l <"$dir/log")" -gt 200 ]
	[ "$(tail -n 12 "$dir/log")" = "$(tail -n 12 <<<"$output")" ]
}

@test "a log that cannot be written" {
	refused 5 "cannot write $dir/none/log: No such file or directory" \
		ctl reload kind --log "$dir/none/log" --object "$objects/kind_xdp_v2.bpf.o"
}

@test "a kept map of another type" {
	kept_refused "map flows: type is hash (1) in the kept map and lru_hash (9) in the new object" \
		kept_v2_type.bpf.o
}

@test "a kept map with keys of another size" {
	kept_refused "map flows: key_size is 4 in the kept map and 8 in the new object" \
		kept_v2_key.bpf.o
}

@test "a kept map with values of another size" {
	kept_refused "map flows: value_size is 16 in the kept map and 24 in the new object" \
		kept_v2_value.bpf.o
}

@test "a kept map with another number of entries" {
	kept_refused "map flows: max_entries is 1024 in the kept map and 2048 in the new object" \
		kept_v2_entries.bpf.o
}

@test "a kept map that is checked again at the second reload" {
	kept_refused "map flows: key_size is 4" kept_v2_key.bpf.o
	ctl -q reload kept --object "$objects/kept_v2.bpf.o"
	note_state
	refused 5 "map flows: key_size is 4 in the kept map and 8 in the new object" \
		ctl reload kept --object "$objects/kept_v2_key.bpf.o"
	[ "$(status_of kept '.maps[] | select(.name == "flows").kept')" = true ]
}

@test "an object over ObjectSizeMax is not even looked into" {
	echo ObjectSizeMax=64K >>"$config"
	daemon_stop
	daemon_start
	note_state
	head -c 65536 /dev/urandom >"$dir/garbage"
	refused 5 "not an ELF file" ctl reload kind --object "$dir/garbage"
	echo >>"$dir/garbage"
	reload_refused "the object is larger than ObjectSizeMax=65536 bytes; raise it in ebpfd.conf" \
		"$dir/garbage"
}
