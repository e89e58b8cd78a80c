# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A kill between delivery and count: records that were in hand come again, and say so.

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
	local outcome=
	kill -STOP "${generators[@]}"
	wait_until 10 rings_are_empty packets
	end_daemon
	start_daemon events.delivered:40
	wait_until 20 is_ready
	follow before
	wait_until 10 has_subscriber
	kill -CONT "${generators[1]}" # in no other unit's batch is the kill
	await_end 15 || outcome="the step was not reached"
	wait_until 10 grep -q 'the daemon has gone' "$logs/before.said"
	end_follower
	kill -STOP "${generators[@]}"
	[ -z "$daemon" ] || end_daemon
	note_own_objects
	start_daemon
	wait_until 20 is_ready
	follow after -n 10000
	wait_until 10 has_subscriber
	kill -CONT "${generators[@]}"
	wait_until 10 everything_looks_right || outcome="does not look right"
	kill -STOP "${generators[@]}"
	wait_until 10 rings_are_empty packets
	wait_until 10 follower_is_level after
	kill -CONT "${generators[@]}"
	end_follower
	[ -n "$outcome" ] || streams_are_whole || outcome="the streams are not whole"
	note_kill events packets events.delivered '' "${outcome:-after}"
}
