# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The sum of a run: what was sent and what has come, what is left over, where no kill was.

triggered=0 received=0 duplicated=0

rings_are_empty()
{
	[ "$(field "$1" '[.events[].in_ring] | add')" = 0 ]
}

# count_stream NAME SINK TYPE FIELD SENT: what a generator has sent and what has come of it
count_stream()
{
	local line sent
	sent=$(cat "$logs/$5")
	line=$("$build/tests/tools/tally" "$logs/$2" "$3" "$4")
	echo "$1: triggered=$sent $line"
	triggered=$((triggered + sent))
	[[ $line =~ received=([0-9]+)\ duplicated=([0-9]+) ]]
	received=$((received + BASH_REMATCH[1]))
	duplicated=$((duplicated + BASH_REMATCH[2]))
}

unload_all()
{
	local unit
	for unit in guest mover "${lasting[@]}"; do
		[ ! -d "$root/$unit" ] || ctl -q unload "$unit"
	done
}

every_step_was_killed_at()
{
	local step missed=0
	for step in $(all_steps); do
		cut -f 2,3 "$table" | tr '\t' '\n' | sed 's/:.*//' | grep -qx -- "$step" ||
			{ echo "no kill after $step"; missed=1; }
	done
	[ "$missed" -eq 0 ]
}

# sum_up: after the last kill; 0 if all is as it should be
sum_up()
{
	local steps lost residue
	end_traffic
	wait_until 20 rings_are_empty traffic && wait_until 20 rings_are_empty packets
	count_stream packets-by-entry traffic.jsonl packet_event sequence sent0
	count_stream execs-by-entry traffic.jsonl exec_event filename executed
	count_stream packets-by-link packets.jsonl packet_event sequence sent1
	unload_all
	end_daemon
	wait_until 5 nothing_remains
	residue=$(wc -l <"$logs/remaining")
	steps=$(all_steps | wc -l)
	lost=$((triggered - received))
	echo "crash: steps=$steps kills=$kills converged=$converged lost=$lost duplicated=$duplicated residue=$residue"
	[ "$kills" -eq "$converged" ] && [ "$lost" -eq 0 ] && [ "$duplicated" -eq 0 ] &&
		[ "$residue" -eq 0 ] && every_step_was_killed_at
}
