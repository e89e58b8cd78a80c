# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A look at everything: what the daemon says, what is pinned, what the traffic tells.

lasting=(traffic packets twins sleeper) # the units that never go
totals=                                 # the id of the map that "packets" keeps

# By unit, as the daemon said last; of a unit that is not loaded there is nothing.
declare -A state generation folders kept
declare -A shared # the id of each shared map, by its name

# ask_units [UNIT...]: of all units what list says, of these what status says
ask_units()
{
	local what name first second rest unit
	state=() generation=() folders=() kept=() shared=()
	while read -r what name first second rest; do
		case $what.$first.$rest in
		unit.*) state[$name]=$first generation[$name]=$second folders[$name]=$rest ;;
		map.totals.-) kept[$name]=$second ;;
		map.*.-) ;;
		map.*) shared[$rest]=$second ;;
		esac
	done < <({
		ctl -o json list
		for unit; do
			[ ! -d "$root/$unit" ] || ctl -o json status "$unit"
		done
	} 2>/dev/null | jq -rf tests/crash/look.jq)
}

units_are_active()
{
	local unit
	for unit in "${lasting[@]}"; do
		[ "${state[$unit]:-}" = active ] || return 1
	done
}

# One generation answers at all hooks, and what lies in bpffs is what the selector names.
looks_right()
{
	local unit=$1 there=("$root/$1"/gen-*)
	[ "${state[$unit]:-}" = active ] && [ "${there[*]##*/}" = "${folders[$unit]}" ]
}

lasting_units_look_right()
{
	local unit
	for unit in "${lasting[@]}"; do
		looks_right "$unit" || return 1
	done
	[ "${kept[packets]:-}" = "$totals" ]
}

# is_whole_or_gone UNIT
is_whole_or_gone()
{
	[ -z "${state[$1]:-}" ] || looks_right "$1"
}

# No place and no entry that no generation needs, and each link and slot has what it should.
mover_is_sound()
{
	[ ! -d "$root/mover" ] || ctl -q fsck mover >>"$logs/log" 2>&1
}

# The names below shared/ are those of the maps that units share.
shared_maps_look_right()
{
	local id name count=0
	while read -r _ id name; do
		[ "${shared[$name]:-}" = "$id" ] || return 1
		count=$((count + 1))
	done < <("$build/tests/tools/objects" "$root/shared")
	[ "$count" -eq "${#shared[@]}" ]
}

nothing_is_left_over()
{
	! compgen -G "$root/gone-*" >/dev/null
}

# Both hooks of the unit report as the generation in force, from now on: the last line of each does.
hooks_answer()
{
	tac "$logs/traffic.jsonl" | awk -v generation="\"generation\":${generation[traffic]}," '
		/packet_event/ && !packet++ { stale += !index($0, generation) }
		/exec_event/ && !exec++ { stale += !index($0, generation) }
		stale || packet && exec { exit }
		END { exit stale || !packet || !exec }'
}

everything_looks_right()
{
	note_own_objects
	ask_units packets twins guest
	units_are_active && lasting_units_look_right && is_whole_or_gone guest &&
		is_whole_or_gone mover && mover_is_sound && shared_maps_look_right &&
		nothing_is_left_over && hooks_answer
}

# come_up: the lasting units, with a former generation each, so that there is one to go back to
come_up()
{
	local unit
	wait_until 20 is_ready && ask_units && units_are_active || return 1
	for unit in "${lasting[@]}"; do
		ctl -q reload "$unit" || return 1
	done
	ask_units packets
	totals=${kept[packets]}
}
