#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What strangers left under the root: a start sweeps what is of no use, leaves alone what it does
# not understand, and serves the rest.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	daemon_stop
}

teardown()
{
	e2e_teardown
}

# map_pin PATH SIZE [FLAGS]: an array of one value, all zero; 0x400 is BPF_F_MMAPABLE
map_pin()
{
	bpftool map create "$1" type array key 4 value "$2" entries 1 name stranger flags "${3:-0x400}"
}

# bytes COUNT BYTE: in the form of bpftool
bytes()
{
	local i
	for ((i = 0; i < $1; i++)); do
		echo "$2"
	done
}

# map_fill PATH BYTE...: its value, from the beginning; the rest is as bytes 0
map_fill()
{
	local path=$1 size
	shift
	size=$(bpftool -j map show pinned "$path" | field .bytes_value)
	# shellcheck disable=SC2046
	bpftool map update pinned "$path" key 0 0 0 0 value "$@" $(bytes $((size - $#)) 0)
}

# selector_fill PATH WORD FORMAT FORMER OPERATION: small numbers, as struct ebpfd_selector has them
selector_fill()
{
	# shellcheck disable=SC2046
	map_fill "$1" "$2" $(bytes 63 0) "$3" 0 0 0 112 0 0 0 1 0 0 0 0 0 0 0 "$4" 0 0 0 2 0 0 0 "$5"
}

# left_alone TEXT: the unit "odd" is degraded by TEXT, nothing is done to it, and others are served
left_alone()
{
	local before after
	before=$(find "$root/odd" | sort)
	daemon_start
	note_state
	[ "$(status_of odd .state)" = degraded ]
	[[ $(status_of odd .reason) = *"$1"* ]] || { status_of odd .reason; return 1; }
	daemon_logged "unit odd: degraded: $root/odd/"
	local verb
	for verb in reload rollback unload; do
		refused 5 "unit odd is left alone ($root/odd/" ctl "$verb" odd
		[[ $output = *"if nobody needs it, remove $root/odd and start ebpfd again"* ]]
	done
	refused 5 "unit odd is loaded already" ctl load odd
	after=$(find "$root/odd" | sort)
	[ "$before" = "$after" ]
	delivers kind v0
	ctl -q reload kind
	delivers kind v0
}

@test "a map and a folder whose names no unit has: nobody touches them" {
	map_pin "$root/kind2" 8
	map_pin "$root/gone-map" 8
	mkdir -p "$root/Foreign/hooks" "$root/shared" "$root/-x"
	map_pin "$root/Foreign/selector" 8
	local before after
	before=$(find "$root" | sort)
	daemon_start
	after=$(find "$root" | sort)
	[ "$before" = "$after" ]
	[ "$(ctl -o json list | field '.units[].name' | xargs)" = kind ]
	delivers kind v0
}

@test "a unit's folder without a selector is a load that was cut short: it is swept" {
	mkdir -p "$root/odd/gen-1/progs" "$root/odd/hooks/in"
	map_pin "$root/odd/gen-1/progs/stranger" 8
	daemon_start
	daemon_logged "unit odd: its first load was cut short; it is removed"
	[ "$(ls "$root")" = kind ]
	delivers kind v0
}

@test "what an unload left is swept" {
	mkdir -p "$root/gone-odd-7/hooks/in" "$root/gone-odd-7/gen-3/maps/deep"
	map_pin "$root/gone-odd-7/hooks/in/link" 8
	map_pin "$root/gone-odd-7/selector" 8
	daemon_start
	[ "$(ls "$root")" = kind ]
	delivers kind v0
}

@test "a selector that is a map of another kind" {
	mkdir "$root/odd"
	bpftool map create "$root/odd/selector" type hash key 4 value 128 entries 1 name stranger
	left_alone "odd/selector: Invalid argument"
}

@test "a selector that is too small" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 64
	left_alone "odd/selector: no selector"
}

@test "a selector of zeros" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	left_alone "odd/selector: no selector"
}

@test "a selector of a newer format" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 256
	selector_fill "$root/odd/selector" 1 2 0 0
	left_alone "odd/selector: format 2 is newer than this ebpfd, which knows up to 1"
}

@test "a selector that names a bank that there is not" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	selector_fill "$root/odd/selector" 3 1 0 0
	left_alone "odd/selector: its contents make no sense"
}

@test "a selector that names a former bank that there is not" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	selector_fill "$root/odd/selector" 1 1 3 0
	left_alone "odd/selector: its contents make no sense"
}

@test "a selector that names an operation that there is not" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	selector_fill "$root/odd/selector" 1 1 0 9
	left_alone "odd/selector: its contents make no sense"
}

@test "a selector without its ledger" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	selector_fill "$root/odd/selector" 1 1 0 0
	left_alone "odd/ledger: No such file or directory"
}

@test "a ledger of zeros" {
	mkdir "$root/odd"
	map_pin "$root/odd/selector" 112
	selector_fill "$root/odd/selector" 1 1 0 0
	map_pin "$root/odd/ledger" 4096
	left_alone "odd/ledger: "
}

# manifest_damaged [BYTE...]: of the unit "other": there is none, or one that begins so
manifest_damaged()
{
	local manifest=$root/other/gen-1/manifest
	kind_unit other xdp 1 xdp:v0
	daemon_start
	delivers kind v0
	daemon_stop
	rm "$manifest"
	[ $# -eq 0 ] || map_pin "$manifest" 256 0
	[ $# -eq 0 ] || map_fill "$manifest" "$@"
	daemon_start
	note_state
	[ "$(status_of other .state)" = degraded ]
	refused 5 "unit other is degraded (" ctl reload other
	refused 5 "unload it and load it" ctl rollback other
	delivers kind v0
	# The way out that the message names.
	ctl -q unload other
	[ "$(ls "$root")" = kind ]
	ctl -q load other
	[ "$(status_of other .state)" = active ]
	delivers kind v0
}

@test "a generation without its manifest" {
	manifest_damaged
}

@test "a manifest of zeros" {
	manifest_damaged 0
}

@test "a manifest of a newer format" {
	manifest_damaged 9 0 0 0 2 0 0 0 123 125
}

@test "a manifest that is longer than its map" {
	manifest_damaged 1 0 0 0 255 255 255 255 123 125
}

@test "a manifest that is no JSON" {
	manifest_damaged 1 0 0 0 4 0 0 0 104 101 121 33
}

@test "a manifest that says nothing" {
	manifest_damaged 1 0 0 0 2 0 0 0 123 125
}
