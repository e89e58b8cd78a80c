# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The surroundings and the one move of tests/crash/run: a kill, a start, a look.

build=$PWD/${BUILD:-build/faults}
table=build/crash.tsv
logs=build/crash # what the last line is computed from
work=$(mktemp -d)
cgroup=
daemon=
generators=()
kills=0 converged=0

ctl()
{
	"$build/ebpfctl" --runtime-dir "$work/run" "$@"
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

clean_up()
{
	local status=$?
	trap - EXIT INT TERM HUP
	kill "${generators[@]}" 2>/dev/null
	wait 2>/dev/null
	[ -z "$daemon" ] || end_daemon
	[ -z "$cgroup" ] || rmdir "$cgroup" 2>/dev/null
	umount "$work/bpf" 2>/dev/null
	rm -rf "$work"
	exit "$status"
}

# ---- the daemon ---------------------------------------------------------------------------------

# start_daemon [FAULT]
start_daemon()
{
	EBPFD_FAULT=${1:-} "$build/ebpfd" --root "$work/bpf/ebpfd" --runtime-dir "$work/run" \
		--state-dir "$work/state" --config "$work/ebpfd.conf" --loader "$build/ebpfd-loader" \
		2>>"$logs/log" &
	daemon=$!
	disown "$daemon" # the shell need not tell of each kill
}

daemon_is_gone()
{
	! kill -0 "$daemon" 2>/dev/null
}

daemon_answers_or_is_gone()
{
	daemon_is_gone || ctl ping >/dev/null 2>&1
}

end_daemon()
{
	kill -TERM "$daemon" 2>/dev/null
	wait_until 10 daemon_is_gone
	daemon=
}

# field UNIT FILTER
field()
{
	ctl -o json status "$1" 2>/dev/null | jq -r "$2"
}

generation_of()
{
	field "$1" '.generation // 0'
}

# ---- units and traffic --------------------------------------------------------------------------

# write_unit NAME OBJECT LINE...
write_unit()
{
	local name=$1 object=$2
	shift 2
	{
		printf '[Unit]\nObject=%s\n' "$build/bpf/examples/$object-v1.bpf.o"
		printf '%s\n' "$@"
	} >"$work/units.d/$name.conf"
}

# write_mover [LINE...]: a unit of one hook, or with more; it comes and goes like the guest
write_mover()
{
	write_unit mover packets '[Hook in]' Program=on_packet Attach=xdp:in5 "$@"
	mv "$work/units.d/mover.conf" "$work/other/"
}

make_surroundings()
{
	local i
	mkdir "$work/bpf" "$work/execs" "$work/units.d" "$work/other"
	mount -t bpf bpf "$work/bpf"
	for i in 0 1 2 3 4 5; do
		ip link add "out$i" type veth peer name "in$i"
		ip link set "out$i" up
		ip link set "in$i" up
	done
	cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/ebpfd-crash-$$
	mkdir "$cgroup"
	printf '[Daemon]\nUnitsDirectory=%s\nDriftInterval=100ms\n' "$work/units.d" >"$work/ebpfd.conf"
	write_unit traffic traffic '[Set]' "target_cgroup=$(stat -c %i "$cgroup")" \
		'[Hook in]' Program=on_packet Attach=xdp:in0 \
		'[Hook exec]' Program=on_exec Attach=raw_tp:sched_process_exec \
		'[Events events]' 'Record=packet_event exec_event' "Sink=file:$PWD/$logs/traffic.jsonl"
	write_unit packets packets '[Hook in]' Program=on_packet Attach=xdp:in1 \
		'[Map totals]' Keep=yes '[Events events]' Record=packet_event "Sink=file:$PWD/$logs/packets.jsonl"
	write_unit twins packets '[Hook a]' Program=on_packet Attach=xdp:in2 \
		'[Hook b]' Program=on_packet Attach=xdp:in3 '[Map totals]' Shared=twins '[Reload]' Swap=link
	# Nobody calls what is probed: what is looked at is what is attached.
	write_unit sleeper packets '[Hook main]' Program=on_event \
		"Attach=uprobe:$build/tests/tools/execs:main"
	sed -i "s,^Object=.*,Object=$build/tests/bpf/sleepable.bpf.o," "$work/units.d/sleeper.conf"
	# Not among those that a start loads: it comes and goes.
	write_unit guest packets Heal=yes '[Hook in]' Program=on_packet Attach=xdp:in4 \
		'[Map totals]' Shared=guests '[Reload]' Swap=entry
	mv "$work/units.d/guest.conf" "$work/other/"
	write_mover
}

units_are_active()
{
	[ "$(ctl -o json list 2>/dev/null |
		jq '[.units[]? | select(.state == "active" and .name != "guest" and .name != "mover")] | length')" = 4 ]
}

begin_traffic()
{
	"$build/tests/tools/packets" out0 2000 1 >"$logs/sent0" &
	generators+=($!)
	"$build/tests/tools/packets" out1 2000 1 >"$logs/sent1" &
	generators+=($!)
	"$build/tests/tools/execs" "$cgroup" "$work/execs" 40 1 >"$logs/executed" &
	generators+=($!)
}

# kernel_objects: ids of all programs, maps and links
kernel_objects()
{
	local kind
	for kind in prog map link; do
		bpftool -j "$kind" show 2>/dev/null | jq -r ".[] | \"$kind \" + (.id | tostring)"
	done | sort
}

crash_begin()
{
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	make_surroundings
	rm -rf "$logs" && mkdir -p "$logs"
	printf 'operation\tstep\tsecond step\toutcome\n' >"$table"
	kernel_objects >"$work/objects"
	start_daemon
	wait_until 20 units_are_active || { echo "the units do not come up"; exit 1; }
	# A former generation each, so that there is one to go back to.
	local unit
	for unit in traffic packets twins sleeper; do
		ctl -q reload "$unit" || exit 1
	done
	totals=$(field packets '.maps[] | select(.name == "totals") | .id')
	begin_traffic
}

# ---- one kill -----------------------------------------------------------------------------------

# Detaches the guest's link, or puts another program into it: what the step is about.
other_hand()
{
	local link=$work/bpf/ebpfd/guest/hooks/in/link
	if [ "$step" = heal.updated ]; then
		bpftool prog load "$build/bpf/examples/packets-v$1.bpf.o" "$work/bpf/other" type xdp &&
			"$build/tests/tools/link_update" "$link" "$work/bpf/other" && rm "$work/bpf/other"
	else
		bpftool link detach pinned "$link"
	fi
}

# far_generation UNIT: the last that the history has and the kernel has not
far_generation()
{
	ctl -o json history "$1" |
		jq '[.generations[].generation] - [.in_force, .former] | max'
}

# prepare_far OPERATION UNIT: two generations are in the kernel, so a third makes one far
prepare_far()
{
	[ "$1" != far ] || [ "$(far_generation "$2")" != null ] || ctl -q reload "$2"
}

# begin_operation OPERATION UNIT: its client may be left alone in the middle
begin_operation()
{
	local version=$((RANDOM % 2 + 1)) object
	case $2 in
	traffic) object=$build/bpf/examples/traffic-v$version.bpf.o ;;
	sleeper) object=$build/tests/bpf/sleepable.bpf.o ;;
	*) object=$build/bpf/examples/packets-v$version.bpf.o ;;
	esac
	case $1 in
	heal) other_hand "$version" ;;
	load) ctl -q load "$work/other/guest.conf" ;;
	grow) write_mover "${more[@]}" && ctl -q reload mover ;;
	shrink) ctl -q reload mover ;;
	far) ctl -q rollback "$2" "$(far_generation "$2")" ;;
	reload) ctl -q reload "$2" --object "$object" ;;
	*) ctl -q "$1" "$2" ;;
	esac >>"$logs/log" 2>&1
}

# One generation answers at all hooks, and what lies in bpffs is what the selector names.
looks_right()
{
	local unit=$1 state generation former map
	read -r state generation former map < <(field "$unit" '[.state, .generation // 0, .former // 0,
		(.maps | map(select(.name == "totals"))[0].id)] | join(" ")')
	[ "$state" = active ] || return 1
	[ "$(cd "$work/bpf/ebpfd/$unit" && printf '%s\n' gen-* | sort)" = \
		"$(printf 'gen-%s\n' "$generation" "$former" | grep -vx gen-0 | sort -u)" ] || return 1
	[ "$unit" != packets ] || [ "$map" = "$totals" ]
}

# Both hooks of the unit report as the generation in force, from now on. A generator of packets
# that was held up catches up: many lines between two executions.
hooks_answer()
{
	local generation
	generation=$(generation_of traffic)
	tail -n 8000 "$logs/traffic.jsonl" | grep packet_event | tail -n 1 |
		grep -q "\"generation\":$generation," &&
		tail -n 8000 "$logs/traffic.jsonl" | grep exec_event | tail -n 1 |
		grep -q "\"generation\":$generation,"
}

# is_whole_or_gone UNIT
is_whole_or_gone()
{
	! ctl -o json list | jq -e --arg unit "$1" '.units[]? | select(.name == $unit)' >/dev/null ||
		looks_right "$1"
}

# No place and no entry that no generation needs, and each link and slot has what it should.
mover_is_sound()
{
	[ ! -d "$work/bpf/ebpfd/mover" ] || ctl -q fsck mover >>"$logs/log" 2>&1
}

# NAME ID of each shared map: by what units say, by what is pinned
shared_by_units()
{
	local unit
	for unit in twins guest; do
		field "$unit" '.maps[]? | select(.shared) | "\(.shared) \(.id)"'
	done | sort
}

shared_by_pins()
{
	local pin
	for pin in "$work/bpf/ebpfd/shared"/*; do
		[ ! -e "$pin" ] || echo "${pin##*/} $(bpftool -j map show pinned "$pin" | jq .id)"
	done | sort
}

shared_maps_look_right()
{
	[ "$(shared_by_units)" = "$(shared_by_pins)" ]
}

nothing_is_left_over()
{
	[ -z "$(find "$work/bpf/ebpfd" -maxdepth 1 -name 'gone-*')" ]
}

everything_looks_right()
{
	units_are_active && looks_right traffic && looks_right packets && looks_right twins &&
		looks_right sleeper &&
		is_whole_or_gone guest && is_whole_or_gone mover && mover_is_sound && shared_maps_look_right && nothing_is_left_over && hooks_answer
}

# prepare_guest OPERATION: there for an unload and a heal, not there for a load
prepare_guest()
{
	local there=no
	[ ! -d "$work/bpf/ebpfd/guest" ] || there=yes
	case $1.$there in
	load.yes) ctl -q unload guest ;;
	unload.no | heal.no) ctl -q load "$work/other/guest.conf" ;;
	esac
}

more=('[Hook more]' Program=on_packet Attach=xdp:out5)

# prepare_mover OPERATION: one hook by link that is to become two; or one of two gone by the last
# reload, whose place goes with the next one
prepare_mover()
{
	case $1 in grow | shrink) ;; *) return ;; esac
	[ ! -d "$work/bpf/ebpfd/mover" ] || ctl -q unload mover
	if [ "$1" = grow ]; then
		write_mover
		ctl -q load "$work/other/mover.conf"
	else
		write_mover "${more[@]}"
		ctl -q load "$work/other/mover.conf"
		write_mover
		ctl -q reload mover
	fi
}

# outcome_of OPERATION UNIT GENERATION_BEFORE
outcome_of()
{
	if ! wait_until 10 everything_looks_right; then
		echo "does not look right"
	elif [ "$(generation_of "$2")" = "$3" ]; then
		echo before
	else
		echo after
	fi
}

# note_kill OPERATION UNIT STEP SECOND_STEP OUTCOME
note_kill()
{
	kills=$((kills + 1))
	case $5 in before | after) converged=$((converged + 1)) ;; esac
	printf '%s\t%s\t%s\t%s\n' "$1" "$3" "$4" "$5" >>"$table"
	printf '%-9s %-8s %-20s %-18s %s\n' "$@"
}

# one_kill OPERATION UNIT STEP [SECOND STEP]
one_kill()
{
	local operation=$1 unit=$2 step=$3 second=${4:-} generation client outcome=
	prepare_guest "$operation"
	prepare_mover "$operation"
	prepare_far "$operation" "$unit"
	end_daemon
	start_daemon "$step"
	wait_until 20 units_are_active || outcome="the daemon does not come up"
	generation=$(generation_of "$unit")
	begin_operation "$operation" "$unit" &
	client=$!
	wait_until 15 daemon_is_gone || outcome="the step was not reached"
	wait "$client" 2>/dev/null
	if [ -n "$second" ] && [ -z "$outcome" ]; then
		start_daemon "$second"
		wait_until 15 daemon_answers_or_is_gone
		daemon_is_gone || outcome="the second step was not reached"
		[ -z "$outcome" ] || end_daemon
	fi
	[ -z "$outcome" ] || [ -z "$daemon" ] || end_daemon
	start_daemon
	[ -n "$outcome" ] || outcome=$(outcome_of "$operation" "$unit" "$generation")
	note_kill "$operation" "$unit" "$step" "$second" "$outcome"
}

# ---- a kill between delivery and count ----------------------------------------------------------

# follow NAME [OPTION]...: lines of "packets" to $logs/NAME.jsonl; sets follower=PID
follow()
{
	local name=$1
	shift
	"$build/ebpfctl" --runtime-dir "$work/run" events packets -f "$@" \
		>"$logs/$name.jsonl" 2>"$logs/$name.said" &
	follower=$!
}

end_follower()
{
	kill "$follower"
	wait "$follower" 2>/dev/null
}

has_subscriber()
{
	[ "$(field packets '.subscribers | length')" = 1 ]
}

# The last line of the subscriber is the last that the sink has.
follower_is_level()
{
	[ "$(tail -n 1 "$logs/$1.jsonl" | jq .sequence)" = "$(tail -n 1 "$logs/packets.jsonl" | jq .sequence)" ]
}

# What two subscribers, before and after the kill, have seen: every packet from the first to the
# last, twice only where the second line says "again", and at least one such.
streams_are_whole()
{
	jq -r 'select(.sequence) | "\(.sequence) \(.again // false)"' "$logs/before.jsonl" >"$work/before"
	jq -r 'select(.sequence) | "\(.sequence) \(.again // false)"' "$logs/after.jsonl" >"$work/after"
	awk 'FNR == NR { if (seen[$1]++ || $2 == "true") bad = 1 }
		FNR != NR { if (($1 in seen) != ($2 == "true") || after[$1]++) bad = 1
			again += $2 == "true" }
		{ if (!first || $1 < first) first = $1; if ($1 > last) last = $1 }
		END { for (i = first; i <= last; i++) if (!(i in seen) && !(i in after)) bad = 1
			exit bad || !again }' "$work/before" "$work/after"
}

# The generators stand still where a subscriber must be there first, and are counted nevertheless.
kill_before_count()
{
	local outcome=after
	kill -STOP "${generators[@]}"
	wait_until 10 rings_are_empty packets
	end_daemon
	start_daemon events.delivered:40
	wait_until 20 units_are_active
	follow before
	wait_until 10 has_subscriber
	kill -CONT "${generators[1]}" # in no other unit's batch is the kill
	wait_until 15 daemon_is_gone || outcome="the step was not reached"
	wait_until 10 grep -q 'the daemon has gone' "$logs/before.said"
	end_follower
	kill -STOP "${generators[@]}"
	[ "$outcome" = after ] || end_daemon
	start_daemon
	wait_until 20 units_are_active
	follow after -n 10000
	wait_until 10 has_subscriber
	kill -CONT "${generators[@]}"
	wait_until 10 everything_looks_right || outcome="does not look right"
	kill -STOP "${generators[@]}"
	wait_until 10 rings_are_empty packets
	wait_until 10 follower_is_level after
	kill -CONT "${generators[@]}"
	end_follower
	[ "$outcome" != after ] || streams_are_whole || outcome="the streams are not whole"
	note_kill events packets events.delivered '' "$outcome"
}

# ---- the sum ------------------------------------------------------------------------------------

rings_are_empty()
{
	[ "$(field "$1" '[.events[].in_ring] | add')" = 0 ]
}

nothing_remains()
{
	kernel_objects | comm -13 "$work/objects" - >"$logs/remaining"
	[ ! -s "$logs/remaining" ]
}

crash_end()
{
	local triggered=0 received=0 duplicated=0 line what file type field_name sent
	local steps lost residue
	wait_until 10 units_are_active
	kill -TERM "${generators[@]}"
	wait "${generators[@]}"
	generators=()
	wait_until 20 rings_are_empty traffic && wait_until 20 rings_are_empty packets
	while read -r what file type field_name sent; do
		line=$("$build/tests/tools/tally" "$logs/$file" "$type" "$field_name")
		echo "$what: triggered=$(cat "$logs/$sent") $line"
		triggered=$((triggered + $(cat "$logs/$sent")))
		[[ $line =~ received=([0-9]+)\ duplicated=([0-9]+) ]]
		received=$((received + BASH_REMATCH[1]))
		duplicated=$((duplicated + BASH_REMATCH[2]))
	done <<-END
		packets-by-entry traffic.jsonl packet_event sequence sent0
		execs-by-entry traffic.jsonl exec_event filename executed
		packets-by-link packets.jsonl packet_event sequence sent1
	END
	for unit in guest mover traffic packets twins sleeper; do
		[ ! -d "$work/bpf/ebpfd/$unit" ] || ctl -q unload "$unit"
	done
	end_daemon
	wait_until 5 nothing_remains
	residue=$(wc -l <"$logs/remaining")
	steps=$(sed -n 's/^| `[a-z-]*\.[a-z-]*` |.*/x/p' docs/pinning.md | wc -l)
	lost=$((triggered - received))
	echo "crash: steps=$steps kills=$kills converged=$converged lost=$lost duplicated=$duplicated residue=$residue"
	[ "$kills" -eq "$converged" ] && [ "$lost" -eq 0 ] && [ "$duplicated" -eq 0 ] &&
		[ "$residue" -eq 0 ] && every_step_was_killed_at
}

every_step_was_killed_at()
{
	local step missed=0
	for step in $(sed -n 's/^| `\([a-z-]*\.[a-z-]*\)` |.*/\1/p' docs/pinning.md); do
		cut -f 2,3 "$table" | tr '\t' '\n' | sed 's/:.*//' | grep -qx -- "$step" ||
			{ echo "no kill after $step"; missed=1; }
	done
	[ "$missed" -eq 0 ]
}
