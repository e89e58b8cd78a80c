#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Events on their way out: subscribers that are fast, slow, gone; sinks that fail.

load helpers

setup()
{
	e2e_setup
	followers=()
	veth_make v0 v1
	# Less than 5000 lines take, and more than come while a reader is not run for a moment.
	printf 'SubscriberBuffer=256K\nMaxSubscribers=4\n' >>"$config"
	daemon_start
	packets_unit 1
}

teardown()
{
	local pid
	for pid in "${followers[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "${journal_pid:-}" ] || kill -KILL "$journal_pid" 2>/dev/null || true
	e2e_teardown
}

# follow NAME [OPTION]...: lines of "packets" to $dir/NAME.lines until its end; sets follower=PID
follow()
{
	local name=$1 count
	shift
	count=$(subscribers)
	"$build/ebpfctl" --runtime-dir "$runtime" events packets -f "$@" \
		>"$dir/$name.lines" 2>"$dir/$name.said" 3>&- &
	follower=$!
	followers+=("$follower")
	wait_until 10 subscribers_are $((count + 1))
}

subscribers()
{
	status_of packets '.subscribers | length'
}

subscribers_are()
{
	[ "$(subscribers)" -eq "$1" ]
}

# lines NAME [FILTER]: of what a follower has, those with a packet
lines()
{
	jq -c "select(.sequence) | ${2:-.}" "$dir/$1.lines"
}

has_lines()
{
	[ "$(lines "$1" | wc -l)" -eq "$2" ]
}

# The numbers of the packets that a follower has, from first to last without gap, as FIRST-LAST
range()
{
	lines "$1" '.sequence | tonumber' |
		awk 'NR == 1 { first = $1 } NR > 1 && $1 != last + 1 { bad = 1 } { last = $1 }
			END { print (bad ? "gap" : first "-" last) }'
}

# lost NAME: how many its reader was told of
lost()
{
	jq -s 'map(.lost // 0) | add' "$dir/$1.lines"
}

ring()
{
	status_of packets ".events[0].$1"
}

ring_has()
{
	[ "$(ring "$1")" -eq "$2" ]
}

# ---- subscribers ----

@test "one that never reads loses its own lines, is told, and slows nobody" {
	ctl -q load packets
	follow fast
	follow other
	follow stopped
	kill -STOP "$follower"
	packets_send v0 5000
	wait_until 20 has_lines fast 5000
	wait_until 20 has_lines other 5000
	[ "$(range fast)" = 1-5000 ]
	[ "$(range other)" = 1-5000 ]
	has_events packets 5000
	[ "$(ring consumed) $(ring delivered) $(ring dropped) $(ring failed)" = "5000 5000 0 0" ]
	[ "$(status_of packets '[.subscribers[].lost | . > 0] | tojson')" = "[false,false,true]" ]
	[ "$(status_of packets '[.subscribers[] | .delivered + .lost] | unique | tojson')" = "[5000]" ]

	kill -CONT "$follower"
	wait_until 20 eval '[ "$(lost stopped)" -gt 0 ]'
	[ $(($(lines stopped | wc -l) + $(lost stopped))) -eq 5000 ]
	packets_send v0 1
	wait_until 10 eval '[ "$(tail -n 1 "$dir/stopped.lines" | jq .sequence)" = 1 ]'
	[ "$(grep -c lost "$dir/stopped.lines")" -eq 1 ]
	run ctl status --full packets
	[[ $output = *"SUBSCRIBER"*"LOST"* ]]
}

@test "one that leaves is noticed without an event, and makes room" {
	ctl -q load packets
	follow one
	follow two
	follow three
	follow four
	run -1 ctl events packets -f
	[[ $output = *"has 4 subscribers, as many as MaxSubscribers= in ebpfd.conf allows"* ]]
	kill -TERM "$follower"
	wait_until 10 subscribers_are 3
	follow five
}

@test "a subscriber sees both generations in order over a reload, and the end at an unload" {
	ctl -q load packets
	follow all
	follow second --generation 2
	packets_begin v0 5000
	packets_unit 2
	ctl -q reload packets
	packets_end
	wait_until 20 has_lines all "$sent"
	[ "$(range all)" = "1-$sent" ]
	[ "$(lines all .generation | uniq | xargs)" = "1 2" ]
	[ "$(lines second .generation | uniq)" = 2 ]
	ctl -q unload packets
	wait "$follower"
	grep -qF 'packets: the unit is not loaded any more' "$dir/second.said"
	[ "$(range all)" = "1-$sent" ]
}

@test "a follower finds the next daemon by itself, after a stop and after a kill" {
	ctl -q load packets
	follow all
	packets_send v0 10
	wait_until 10 has_lines all 10
	for way in stop kill; do
		"daemon_$way"
		daemon_start
		wait_until 10 subscribers_are 1
		packets_send v0 10
	done
	wait_until 10 has_lines all 30
	grep -qF 'packets: the daemon has gone; waiting for the next one' "$dir/all.said"
	[ "$(grep -cF 'packets: connected again' "$dir/all.said")" -eq 2 ]
	[ "$(ring consumed)" -eq 30 ]
}

@test "without -f: what went by last, and the end" {
	ctl -q load packets
	run -0 ctl events packets
	[ -z "$output" ]
	packets_send v0 100
	wait_until 10 has_events packets 100
	ctl events packets >"$dir/ten.lines"
	[ "$(range ten)" = 91-100 ]
	ctl events packets -n 30 --filter version=1 >"$dir/more.lines"
	[ "$(range more)" = 71-100 ]
	ctl events packets -n 30 --filter sequence=95 >"$dir/one.lines"
	[ "$(range one)" = 95-95 ]
	packets_unit 2
	ctl -q reload packets
	packets_send v0 3
	wait_until 10 has_events packets 103
	ctl events packets -n 5 >"$dir/both.lines"
	[ "$(lines both '[.generation, .sequence]' | xargs)" = "[1,99] [1,100] [2,1] [2,2] [2,3]" ]
	follow last -n 2
	packets_send v0 1
	wait_until 10 has_lines last 3
	[ "$(lines last .sequence | xargs)" = "2 3 1" ]
	run ctl -o table events packets -n 1
	[[ $output =~ ^[0-9:.]{15}\ \ cpu\ [0-9]+\ +packet_event\ \ version=2\ .*\ sequence=1$ ]]
}

@test "filters and numbers are of each subscriber" {
	ctl -q load packets
	follow plain --filter sequence=7
	follow texts --filter type=packet_event --filter sequence=7 --numbers string
	follow none --filter type=other
	packets_send v0 20
	wait_until 10 has_lines plain 1
	wait_until 10 has_lines texts 1
	[ "$(lines plain '[.sequence, .length, (.time | type), .version]')" = '[7,60,"number",1]' ]
	[ "$(lines texts '[.sequence, .length, (.time | type), (.number | type)]')" = \
		'["7",60,"string","string"]' ]
	[ ! -s "$dir/none.lines" ]
	[ "$(status_of packets '[.subscribers[].lost] | add')" -eq 0 ]
	run -2 ctl events packets -f --filter sequence
	[[ $output = *"'sequence' is no filter"* ]]
	run -3 ctl events nothing -f
}

# ---- files ----

@test "reopen and SIGHUP follow a file that was renamed" {
	ctl -q load packets
	delivers packets v0
	mv "$dir/packets.jsonl" "$dir/old"
	packets_send v0 1
	wait_until 10 eval '[ "$(wc -l <"$dir/old")" -eq 2 ]'
	run -0 ctl reopen packets
	[[ $output = *"file:$dir/packets.jsonl"*done* ]]
	delivers packets v0
	mv "$dir/packets.jsonl" "$dir/older"
	kill -HUP "$daemon_pid"
	wait_until 10 test -e "$dir/packets.jsonl"
	delivers packets v0
	[ "$(wc -l <"$dir/old") $(wc -l <"$dir/older")" = "2 1" ]
	[ "$(ring delivered)" -eq 4 ]
	run -3 ctl reopen nothing
}

@test "a file that cannot be opened again keeps the one there is" {
	mkdir "$dir/logs"
	sed -i "s,^Sink=.*,Sink=file:$dir/logs/packets.jsonl," "$(unit_path packets)"
	ctl -q load packets
	mv "$dir/logs" "$dir/gone"
	run -1 ctl reopen
	[[ $output = *"its folder is missing; make it first"* ]]
	kill -HUP "$daemon_pid"
	wait_until 10 daemon_logged 'its lines go where they went before'
	packets_send v0 1
	wait_until 10 eval '[ "$(wc -l <"$dir/gone/packets.jsonl")" -eq 1 ]'
}

@test "a full file system costs counted lines and one message, and no line is torn" {
	local whole
	mkdir "$dir/small"
	mount -t tmpfs -o size=64k tmpfs "$dir/small"
	sed -i "s,^Sink=.*,Sink=file:$dir/small/packets.jsonl," "$(unit_path packets)"
	ctl -q load packets
	follow all
	packets_send v0 2000
	wait_until 20 ring_has consumed 2000
	wait_until 20 has_lines all 2000
	whole=$(wc -l <"$dir/small/packets.jsonl")
	[ "$(ring dropped)" -gt 0 ]
	[ "$(ring delivered)" -eq "$whole" ]
	[ $((whole + $(ring dropped))) -eq 2000 ]
	[ "$(status_of packets '.events[0].sink_error')" = "No space left on device" ]
	[ "$(grep -c 'unit packets: \[Events events\]: Sink=file:.* lost [0-9]* lines: No space' "$daemon_log")" -eq 1 ]
	daemon_stop
	daemon_start
	[ $((whole + $(ring dropped))) -eq 2000 ]
	mv "$dir/small/packets.jsonl" "$dir/whole"
	ctl -q reopen
	packets_send v0 1
	wait_until 10 eval '[ "$(wc -l <"$dir/small/packets.jsonl")" -eq 1 ]'
	jq -e .sequence "$dir/whole" >/dev/null
	umount "$dir/small" || umount -l "$dir/small"
}

@test "a FIFO and a directory are no sinks" {
	mkfifo "$dir/fifo"
	sed -i "s,^Sink=.*,Sink=file:$dir/fifo," "$(unit_path packets)"
	note_state
	refused 5 "is no regular file but a FIFO" ctl load packets
	sed -i "s,^Sink=.*,Sink=file:$dir," "$(unit_path packets)"
	refused 5 "Is a directory" ctl load packets
}

@test "a FIFO in the place of a file that is opened again stops nothing" {
	ctl -q load packets
	rm "$dir/packets.jsonl"
	mkfifo "$dir/packets.jsonl"
	run -1 ctl reopen packets
	[[ $output = *"is no regular file but a FIFO"* ]]
	packets_send v0 10
	wait_until 10 ring_has delivered 10
}

# ---- the journal ----

journal_start()
{
	"$build/tests/tools/journal" /run/systemd/journal/socket >"$dir/journal" 2>&1 3>&- &
	journal_pid=$!
	wait_until 10 grep -q ready "$dir/journal"
}

journal_unit()
{
	mkdir -p /run/systemd/journal
	mount -t tmpfs tmpfs /run/systemd/journal
	sed -i 's,^Sink=.*,Sink=journal,' "$(unit_path packets)"
}

entries()
{
	grep -c '^EVENT_SEQUENCE=' "$dir/journal"
}

@test "the journal gets the line and each field of it" {
	journal_unit
	journal_start
	ctl -q load packets
	packets_send v0 300
	wait_until 10 eval '[ "$(entries)" -eq 300 ]'
	sed -n '2,/^$/p' "$dir/journal" | sed 's/=.*//' | xargs >"$dir/names"
	[ "$(cat "$dir/names")" = "MESSAGE PRIORITY SYSLOG_IDENTIFIER EBPFD_UNIT EBPFD_GENERATION EBPFD_TYPE EBPFD_CPU EBPFD_TIME_NS EBPFD_NUMBER EVENT_SEQUENCE EVENT_LENGTH EVENT_VERSION" ]
	grep -qx 'EBPFD_UNIT=packets' "$dir/journal"
	[ "$(sed -n 's/^MESSAGE=//p' "$dir/journal" | jq -s 'map(.sequence) == [range(1; 301)]')" = true ]
	[ "$(ring delivered) $(ring dropped)" = "300 0" ]
	[ "$(ring sink)" = journal ]
}

@test "an absent journal costs counted events and one message; it may come and be started again" {
	journal_unit
	ctl -q load packets
	packets_send v0 100
	wait_until 10 ring_has dropped 100
	packets_send v0 100
	wait_until 10 ring_has dropped 200
	[ "$(grep -c 'Sink=journal lost' "$daemon_log")" -eq 1 ]
	for _ in 1 2; do
		journal_start
		packets_send v0 10
		wait_until 10 eval '[ "$(entries)" -eq 10 ]'
		kill -KILL "$journal_pid"
		wait "$journal_pid" || true
	done
	[ "$(ring consumed) $(ring delivered) $(ring dropped)" = "220 20 200" ]
}

@test "a journal that hangs stops nobody" {
	local i
	journal_unit
	journal_start
	ctl -q load packets
	follow all
	kill -USR1 "$journal_pid"
	# As many at once as the follower has room for, however late it is run.
	for ((i = 1; i <= 10; i++)); do
		packets_send v0 300
		wait_until 20 has_lines all $((300 * i))
	done
	wait_until 20 ring_has consumed 3000
	[ "$(ring dropped)" -gt 0 ]
	[ "$(ring failed)" -eq 0 ]
}
