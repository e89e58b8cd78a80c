#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# top: in a real terminal, by keys and through what the terminal shows; and as plain rows.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	packets_unit 1
	tmux_runs=
}

teardown()
{
	[ -z "$tmux_runs" ] || terminal kill-server || true
	e2e_teardown
}

terminal()
{
	TMUX_TMPDIR=$dir tmux -S "$dir/tmux" -f /dev/null "$@" 3>&-
}

# terminal_start COLUMNS ROWS COMMAND: in a terminal of that size; behind it comes its status
terminal_start()
{
	tmux_runs=yes
	# A server starts with the first session, and hands its environment on.
	env -u TMUX LC_ALL=C.UTF-8 SHELL=/bin/bash TMUX_TMPDIR="$dir" tmux -S "$dir/tmux" -f /dev/null \
		new-session -d -x "$1" -y "$2" "$3; echo ended with \$?; exec sleep 1000" 3>&-
	terminal set-option -g remain-on-exit on >/dev/null
}

top_start()
{
	terminal_start "$1" "$2" "$build/ebpfctl --runtime-dir $runtime top ${3:-}"
}

screen()
{
	terminal capture-pane -p
}

# shows PATTERN: some line of the screen has it
shows()
{
	screen | grep -q -- "$1"
}

# above ONE OTHER: both are shown, in that order
above()
{
	screen | awk -v one="$1" -v other="$2" '$0 ~ one { a = NR } $0 ~ other { b = NR } END { exit !(a && a < b) }'
}

keys()
{
	terminal send-keys "$@"
}

@test "units live: calls, time, events, generation; a reload is seen" {
	daemon_start
	packets_begin v0 500
	top_start 80 24
	wait_until 20 shows '^packets  *active  *1  *[1-9][^ ]*  *[1-9][^ ]*  *[^ -]*  *[1-9]'
	ctl -q reload packets
	wait_until 20 shows '^packets  *active  *2  *[1-9]'
	packets_end
	screen | sed -n 2p | grep -q '^NAME .*GEN CALLS/S NS/CALL  CPU% EVENT/S RING% RELOAD'
	# The history of calls.
	wait_until 20 shows '^packets .*█'
}

@test "programs of the host that are nobody's here; keys sort, filter, hide and quit" {
	daemon_start
	bpftool prog load "$examples/packets-v2.bpf.o" "$dir/bpffs/stranger" type xdp
	top_start 80 200
	wait_until 20 shows '^on_packet:[0-9]*  *xdp'
	shows '^packets/in '
	keys h
	wait_until 10 eval '! shows "^packets/in "'
	keys n
	wait_until 10 shows 'by name'
	wait_until 10 above '^on_packet:' '^packets '
	keys R
	wait_until 10 above '^packets ' '^on_packet:'
	keys /
	wait_until 10 shows '^filter:'
	keys -l 'on_packX'
	keys BSpace
	wait_until 10 shows '^filter: on_pack$'
	keys Enter
	wait_until 10 eval '! shows "^packets "'
	shows '^on_packet:[0-9]*  *xdp'
	keys / Escape
	wait_until 10 shows '^packets '
	keys o
	wait_until 10 eval '! shows "^on_packet:"'
	keys q
	wait_until 10 shows '^ended with 0$'
}

@test "a terminal of 20 columns, and one that changes its size" {
	daemon_start
	top_start 20 6 packets # others of the host would fill the few lines
	wait_until 20 shows '^packets '
	[ "$(screen | wc -L)" -le 20 ]
	shows '^NAME  *CPU%$'
	terminal resize-window -x 100 -y 30
	wait_until 10 shows 'GEN CALLS/S'
	terminal resize-window -x 7 -y 2
	terminal resize-window -x 1 -y 1
	terminal resize-window -x 80 -y 24
	wait_until 10 shows '^packets  *active '
	keys q
	wait_until 10 shows '^ended with 0$'
}

@test "a daemon that goes away is told, and waited for" {
	daemon_start
	top_start 80 24
	wait_until 20 shows '^packets  *active'
	daemon_kill
	wait_until 20 shows '^ebpfd is away, waiting for it: '
	shows '^packets '
	daemon_start
	wait_until 20 eval '! shows "^ebpfd is away"'
	wait_until 20 shows '^packets  *active  *1  *[0-9]'
	keys q
	wait_until 10 shows '^ended with 0$'
}

@test "SIGINT and SIGTERM leave the terminal as it was" {
	daemon_start
	top_start 80 24
	wait_until 20 shows '^packets '
	keys C-c
	wait_until 10 shows '^ended with '
	keys -l 'x'
	wait_until 10 shows '^x'
}

@test "a pipe gets plain rows; --once, -n, --sort and a text" {
	local escape=$'\e'
	daemon_start
	ctl top --once >"$dir/rows"
	run ! grep -q "$escape" "$dir/rows"
	[ "$(sed -n 1p "$dir/rows" | grep -c '^ebpfd: 1 unit,')" = 1 ]
	grep -q '^packets  *active  *1  *[0-9]' "$dir/rows"
	grep -q '^packets/in  *xdp ' "$dir/rows"
	[ "$(ctl top -n 2 packets/ | grep -c '^packets')" = 2 ]
	[ "$(ctl top --once --sort name | sed -n '3,$p' | LC_ALL=C sort -c && echo sorted)" = sorted ]
	# Without a number, until nobody reads.
	timeout 20 "$build/ebpfctl" --runtime-dir "$runtime" top | head -n 8 >"$dir/rows"
	[ "$(wc -l <"$dir/rows")" = 8 ]
	ctl -o json top -n 2 >"$dir/rows"
	[ "$(jq -s 'map(.[] | select(.kind == "unit") | .name) | join(" ")' "$dir/rows")" = '"packets packets"' ]
	[ "$(jq -s 'map(.[] | select(.kind == "unit") | .calls_per_s >= 0) | all' "$dir/rows")" = true ]
}

# counted NAME FIELD: over all rows so far, rates by the time that they are of
counted()
{
	jq -cR 'fromjson?' "$dir/rows" | jq -s --arg name "$1" \
		"[.[][] | select(.name == \$name and .$2) | .$2 * .seconds] | add // 0 | round"
}

# shows_so_many COUNT: calls of the unit and of its hook, and events
shows_so_many()
{
	[ "$(counted packets calls_per_s) $(counted packets/in calls_per_s) $(counted packets events_per_s)" = "$1 $1 $1" ]
}

comes_to()
{
	wait_until 20 shows_so_many "$1" || { jq -c '.[] | select(.name == "packets")' "$dir/rows"; return 1; }
}

@test "calls and events are as many as packets were sent, over reloads" {
	packets_unit 1 v1 $'[Reload]\nSwap=entry'
	daemon_start
	"$build/ebpfctl" --runtime-dir "$runtime" -o json top -n 60 >"$dir/rows" 3>&- &
	local reader=$!
	# From the first answer on.
	wait_until 10 test -s "$dir/rows"
	packets_send v0 1234
	comes_to 1234
	packets_begin v0 500
	ctl -q reload packets
	# Two within a second would leave no bank for the events of the one between.
	sleep 2.5
	ctl -q reload packets
	packets_end
	comes_to $((1234 + sent))
	sleep 1.5
	shows_so_many $((1234 + sent))
	kill "$reader"
}

@test "TERM=dumb, no TERM and a terminal that nobody knows: plain rows" {
	local how
	daemon_start
	for how in TERM=dumb "-u TERM" TERM=no-such-terminal; do
		terminal_start 120 40 "env $how $build/ebpfctl --runtime-dir $runtime top"
		wait_until 20 shows '^packets  *active  *1  *[0-9]'
		! shows '^q quit'
		terminal kill-server
		tmux_runs=
	done
}

@test "no daemon at all, and what makes no sense" {
	run -3 ctl top --once
	daemon_start
	run -2 ctl top --sort size
	[[ $output = *"--sort size: must be name, type"* ]]
	run -2 ctl top -n 0
	[[ $output = *"-n 0: must be a number above 0"* ]]
	run -2 ctl top -n 1 --once
	[[ $output = *"-n 1: must be a number above 0, and not beside --once"* ]]
	run -2 ctl list --once
	[[ $output = *"--once and --sort are not for list"* ]]
}
