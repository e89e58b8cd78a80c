#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Maps that several units share: one map of one name, as long as anybody uses it.

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

# flows_unit NAME VERSION IF KEY=VALUE: a unit that counts packets in its map `flows`
flows_unit()
{
	unit_write "$1" <<-END
		[Unit]
		Object=$objects/kept_$2.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:$3
		[Map flows]
		$4
	END
}

# Both count into one map; 3 packets by a, 4 by b.
two_units()
{
	flows_unit a v1 v1 Shared=common
	flows_unit b v2 w1 Shared=common
	ctl -q load a
	ctl -q load b
	packets_send v0 3
	packets_send w0 4
}

# map_of UNIT FILTER: of its map `flows`
map_of()
{
	status_of "$1" ".maps[] | select(.name == \"flows\") | $2"
}

# plan_of UNIT FILTER
plan_of()
{
	ctl -o json plan "$1" | field ".maps[] | select(.name == \"flows\") | $2"
}

# names: what is in the directory of shared maps
names()
{
	(cd "$root/shared" && printf '%s\n' * | xargs)
}

# packets_in PIN: sum over all flows
packets_in()
{
	bpftool -j map dump pinned "$root/$1" | jq '[.[].formatted.value.packets] | add // 0'
}

pin_id()
{
	bpftool -j map show pinned "$root/$1" | jq .id
}

# No map of that name is left in the kernel with one of these ids.
maps_are_gone()
{
	local id
	for id in "$@"; do
		! bpftool map show id "$id" >/dev/null 2>&1 || return 1
	done
}

sound()
{
	ctl fsck || { ctl -o json fsck | jq '.objects[] | select(.problem)'; return 1; }
}

@test "two units count into one map, and each says who else does" {
	two_units
	[ "$(map_of a .id)" -eq "$(map_of b .id)" ]
	[ "$(map_of a .id)" -eq "$(pin_id shared/common)" ]
	[ "$(packets_in shared/common)" -eq 7 ]
	[ "$(packets_in a/maps/flows)" -eq 7 ]
	[ "$(map_of a '.shared + " " + (.users | join(" "))')" = "common a b" ]
	run -0 ctl status --full b
	[[ $output = *SHARED*USERS* && $output = *"common  a b"* ]]
	sound
}

@test "a plan says shared, with the other users, and leaves no trace" {
	flows_unit a v1 v1 Shared=common
	flows_unit b v2 w1 Shared=common
	[ "$(plan_of a '[.verdict, .shared, .made, (.users | length)] | join(" ")')" = \
		"shared common true 0" ]
	root_is_empty
	ctl -q load a
	[ "$(plan_of b '[.verdict, .shared, .made, .users[]] | join(" ")')" = "shared common false a" ]
	[ "$(names)" = common ]
}

@test "layouts that differ are refused with the field and the other users" {
	two_units
	flows_unit c v2_layout v1 Shared=common
	note_state
	run -5 ctl plan c
	[[ $output = *"value.packets (unsigned long long) moved from offset 0 to 8"* ]]
	[[ $output = *"shared with units a and b as common"* ]]
	refused 5 "shared with units a and b as common" ctl load c
	refused 5 "value.bytes (unsigned long long) moved from offset 8 to 0" ctl load c
	refused 5 "with unit b as common" ctl reload a --object "$objects/kept_v2_value.bpf.o"
}

@test "another name begins a new map; the former one stays as long as its generation" {
	flows_unit a v1 v1 Shared=common
	ctl -q load a
	packets_send v0 3
	flows_unit a v2_value v1 Shared=wide
	[ "$(plan_of a '[.verdict, .made, .left_behind] | join(" ")')" = "shared true 1" ]
	ctl -q reload a
	[ "$(names)" = "common wide" ]
	[ "$(packets_in shared/common)" -eq 3 ]
	sound
	ctl -q rollback a
	[ "$(map_of a .shared)" = common ]
	packets_send v0 2
	[ "$(packets_in shared/common)" -eq 5 ]
	ctl -q reload a
	ctl -q reload a
	[ "$(names)" = wide ]
	sound
}

@test "the last unload removes it, and no other does" {
	local id
	two_units
	id=$(map_of a .id)
	ctl -q unload a
	[ "$(packets_in shared/common)" -eq 7 ]
	[ "$(map_of b '.users | join(" ")')" = b ]
	sound
	ctl -q unload b
	[ -z "$(ls -A "$root/shared")" ]
	wait_until 10 maps_are_gone "$id"
	sound
}

@test "units that are loaded at once make one map" {
	local n pids=()
	for n in 1 2 3 4; do
		veth_make "x$n" "y$n"
		flows_unit "u$n" v1 "y$n" Shared=common
	done
	for n in 1 2 3 4; do
		ctl -q load "u$n" 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n"
	done
	for n in 2 3 4; do
		[ "$(map_of "u$n" .id)" -eq "$(map_of u1 .id)" ]
	done
	[ "$(map_of u1 '.users | join(" ")')" = "u1 u2 u3 u4" ]
	sound
}

@test "a load that fails leaves no shared map, and none of others takes harm" {
	flows_unit a v1 nowhere Shared=common
	run -5 ctl load a
	[ -z "$(ls -A "$root/shared")" ]
	two_units
	ctl -q unload a
	flows_unit a v1 nowhere Shared=common
	run -5 ctl load a
	[ "$(packets_in shared/common)" -eq 7 ]
	sound
}

@test "a kept map becomes the shared one with its contents" {
	flows_unit a v1 v1 Keep=yes
	ctl -q load a
	packets_send v0 3
	flows_unit a v2 v1 Shared=common
	[ "$(plan_of a '[.verdict, .made, (.left_behind == null)] | join(" ")')" = "shared false true" ]
	ctl -q reload a
	[ "$(packets_in shared/common)" -eq 3 ]
	ctl -q rollback a
	packets_send v0 1
	[ "$(packets_in shared/common)" -eq 4 ]
	sound
}

@test "what does not come along is told: to a map of others, back to kept, and to private" {
	two_units
	flows_unit a v1 v1 Keep=yes
	[ "$(plan_of a '[.verdict, .left_behind] | join(" ")')" = "new 2" ]
	ctl -q reload a
	[ "$(map_of a .shared)" = null ]
	[ "$(packets_in shared/common)" -eq 7 ]
	packets_send v0 1
	flows_unit a v1 v1 Shared=common
	[ "$(plan_of a '[.verdict, .made, .left_behind] | join(" ")')" = "shared false 1" ]
	ctl -q reload a
	flows_unit a v1 v1 Keep=no
	[ "$(plan_of a '[.verdict, .left_behind] | join(" ")')" = "private 2" ]
	sound
}

@test "what cannot be shared is refused with the reason" {
	packets_unit 1 v1 $'[Map events]\nShared=common'
	run -5 ctl load packets
	[[ $output = *"Shared= is impossible: it is a ring of [Events]"* ]]
}

@test "a restart adopts the map, gives a lost name back and removes one that nobody uses" {
	local id
	two_units
	id=$(map_of a .id)
	daemon_kill
	rm "$root/shared/common"
	bpftool map create "$root/shared/stray" type array key 4 value 4 entries 1 name stray
	run -1 ctl fsck --root "$root"
	[[ $output = *"orphan"*"shared/stray"*"no generation of any unit uses it"* ]]
	[[ $output = *"shared/common"*"is not there"* ]]
	daemon_start
	[ "$(names)" = common ]
	[ "$(pin_id shared/common)" -eq "$id" ]
	[ "$(packets_in shared/common)" -eq 7 ]
	sound
}

@test "a name that another hand gave to another map is put right" {
	local id
	two_units
	id=$(map_of a .id)
	rm "$root/shared/common"
	bpftool map create "$root/shared/common" type array key 4 value 4 entries 1 name stray
	run -1 ctl fsck
	[[ $output = *"manifests say $id"* ]]
	ctl -q reload a
	[ "$(pin_id shared/common)" -eq "$id" ]
	sound
}

@test "fsck shows the chains of both units, gc removes what nobody uses" {
	local chains
	two_units
	chains=$(ctl -o json fsck | field '.objects[] | select(.path == "shared/common") | .references[]')
	[ "$chains" = $'unit a → selector bank a → gen-1 → maps/flows\nunit b → selector bank a → gen-1 → maps/flows' ]
	bpftool map create "$root/shared/stray" type array key 4 value 4 entries 1 name stray
	mkdir "$root/shared/dir"
	run -0 ctl gc --yes
	[ "$(names)" = "common dir" ]
	run -1 ctl fsck
	[[ $output = *foreign*shared/dir* ]]
}

@test "without a daemon status names the users" {
	two_units
	daemon_stop
	[ "$(ctl -o json status a --root "$root" 2>/dev/null |
		field '.maps[] | select(.shared == "common") | .users | join(" ")')" = "a b" ]
}
