#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ebpfd is to those who talk to it: exit codes, JSON, permissions, busy, bus, notification.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
}

# slow_loader_ready: makes $dir/slow, a loader that says when it is begun and waits to be let go by
# touch "$dir/go"
slow_loader_ready()
{
	cat >"$dir/slow" <<-END
		#!/bin/bash
		echo >"$dir/loading"
		until [ -e "$dir/go" ]; do sleep 0.05; done
		exec "$build/ebpfd-loader" "\$@"
	END
	chmod +x "$dir/slow"
}

# slow_loader: the daemon has it, and a unit to reload with it
slow_loader()
{
	slow_loader_ready
	touch "$dir/go"
	daemon_start --loader "$dir/slow"
	packets_unit 1
	ctl -q load packets
	rm "$dir/go" "$dir/loading"
}

# as_member COMMAND...: as somebody who is not root, and is in the socket's group
as_member()
{
	setpriv --reuid 65534 --regid "$(stat -c %g "$runtime/control.sock")" --clear-groups -- "$@"
}

@test "exit codes and errors: done, failed, usage, no such unit, no daemon, refused" {
	run -3 ctl list
	run -0 ctl version
	daemon_start
	packets_unit 1
	run -0 ctl load packets
	run -5 ctl rollback packets
	run -1 ctl check "$dir/nowhere.conf"
	run -2 ctl reload
	run -3 ctl reload nobody
	run -5 ctl reload packets --object /dev/null
	run -5 ctl reload packets --object "$dir/nowhere.bpf.o"
	[ "$(status_of packets .generation)" -eq 1 ]
}

@test "JSON: each verb prints one value, errors too" {
	local verb
	daemon_start
	packets_unit 1
	for verb in ping version list status "load packets" "status packets" "reload packets" \
		"rollback packets" "unload packets" "check $(unit_path packets)"; do
		# shellcheck disable=SC2086
		run -0 --separate-stderr ctl -o json $verb
		[ "$(jq -s length <<<"$output")" -eq 1 ]
		[ -z "$stderr" ]
	done
	run -3 --separate-stderr ctl -o json reload packets
	[ "$(field .error.outcome <<<"$output")" = no-such-unit ]
}

@test "check needs no daemon" {
	packets_unit 1
	run -0 ctl check "$(unit_path packets)"
	echo Nonsense=1 >>"$(unit_path packets)"
	run -1 ctl check "$(unit_path packets)"
	[[ $output = *packets.conf:* ]]
}

@test "a second reload of a unit is refused at once, and told of the one under way" {
	slow_loader
	ctl -q reload packets 3>&- &
	wait_until 5 test -e "$dir/loading"
	run -1 timeout 5 "$build/ebpfctl" --runtime-dir "$runtime" reload packets
	[[ $output = *reload* ]]
	run -1 ctl -o json rollback packets
	[ "$(field .error.outcome <<<"$output")" = busy ]
	run -0 ctl -q ping
	touch "$dir/go"
	wait $!
	[ "$(status_of packets .generation)" -eq 2 ]
}

@test "a client that leaves in the middle: the reload goes on and is done" {
	local client
	slow_loader
	"$build/ebpfctl" --runtime-dir "$runtime" reload packets >/dev/null 2>&1 3>&- &
	client=$!
	wait_until 5 test -e "$dir/loading"
	kill -KILL "$client"
	touch "$dir/go"
	wait_until 10 eval '[ "$(status_of packets .generation)" -eq 2 ]'
}

@test "phases are shown at a terminal, and only there" {
	daemon_start
	packets_unit 1
	ctl -q load packets
	run -0 --separate-stderr ctl reload packets
	[ -z "$stderr" ]
	run -0 script -qec "'$build/ebpfctl' --runtime-dir '$runtime' reload packets >/dev/null" /dev/null
	[[ $output = *prepare*commit*barrier*drain*settle* ]]
}

@test "the socket is for its group, which may read and not change" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$dir"
	daemon_start
	[ "$(stat -c %a "$runtime/control.sock")" = 660 ]
	packets_unit 1
	ctl -q load packets
	run -0 as_member "$build/ebpfctl" --runtime-dir "$runtime" status packets
	run -0 as_member "$build/ebpfctl" --runtime-dir "$runtime" list
	for verb in reload rollback unload load; do
		run -4 as_member "$build/ebpfctl" --runtime-dir "$runtime" "$verb" packets
		[[ $output = *ReloadGroup* ]]
	done
	[ "$(status_of packets .generation)" -eq 1 ]
}

@test "ReloadGroup= lets its members change units" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$dir"
	echo "ReloadGroup=daemon" >>"$config"
	daemon_start
	packets_unit 1
	ctl -q load packets
	setpriv --reuid 65534 --regid "$(stat -c %g "$runtime/control.sock")" \
		--groups "$(getent group daemon | cut -d: -f3)" \
		"$build/ebpfctl" --runtime-dir "$runtime" -q reload packets
	[ "$(status_of packets .generation)" -eq 2 ]
}

@test "a root that is no bpffs is refused with a way out" {
	run -1 "$build/ebpfd" --root "$dir/no-bpffs" --runtime-dir "$runtime" --config "$config"
	[[ $output = *bpffs* && $output = *mount* ]]
}

# ---- what a service manager is told ----

# reloads_are_paired COUNT: so many RELOADING=1 with their stamp were told, each with a READY=1 behind
reloads_are_paired()
{
	grep -E '^(RELOADING=1|MONOTONIC_USEC=[0-9]+|READY=1)$' "$dir/notified" | sed 's/[0-9]*$//' | xargs >"$dir/order"
	diff "$dir/order" <(printf 'READY='; for ((i = 0; i < $1; i++)); do
		printf ' RELOADING= MONOTONIC_USEC= READY='; done; echo)
}

@test "a service manager is told READY=1 and STOPPING=1" {
	manager_start
	daemon_start
	wait_until 5 was_told '^READY=1$'
	run ! was_told STOPPING
	daemon_stop
	wait_until 5 was_told '^STOPPING=1$'
	reloads_are_paired 0
}

@test "READY=1 comes when each enabled unit is loaded or has failed, and the status names those" {
	manager_start
	slow_loader_ready
	packets_unit 1
	object_unit broken no_such_object
	daemon_spawn --loader "$dir/slow"
	wait_until 10 test -e "$dir/loading"
	run ! was_told READY
	touch "$dir/go"
	wait_until 10 was_told '^READY=1$'
	wait_until 5 was_told '^STATUS=1 unit, 1 failed (broken); last load: packets, generation 1, done$'
	[ "$(status_of packets .state)" = active ]
	[ "$(ctl -o json status | field '.state, .failed[].unit' | xargs)" = "degraded broken" ]
	[ "$(ctl -o json list | field '.failed[] | .unit + ": " + .message')" = \
		"$(ctl -o json status | field '.failed[] | .unit + ": " + .message')" ]
	[[ $(ctl list | tail -n 1) = *broken*no_such_object* ]]
	run -3 ctl status broken
	[[ $output = *no_such_object* ]]
	# Put right, the unit is loaded and all is well again.
	rm "$(unit_path broken)"
	ctl -q daemon-reload
	[ "$(ctl -o json status | field .state)" = running ]
	wait_until 5 eval '[[ $(grep ^STATUS "$dir/notified" | tail -n 1) = "STATUS=1 unit;"* ]]'
}

@test "the status says each reload, and what became of it" {
	manager_start
	daemon_start
	packets_unit 1
	ctl -q load packets
	ctl -q reload packets
	wait_until 5 was_told '^STATUS=1 unit; last reload: packets, generation 2, done$'
	run -5 ctl -q reload packets --object "$objects/no_btf.bpf.o"
	wait_until 5 was_told '^STATUS=1 unit; last reload: packets, generation 2, refused$'
	ctl -q unload packets
	wait_until 5 was_told '^STATUS=0 units; last unload: packets, done$'
}

@test "RELOADING=1 has its READY=1: over the bus, at SIGHUP, and where the directory cannot be read" {
	manager_start
	daemon_start
	packets_unit 1
	ctl -q daemon-reload
	wait_until 5 reloads_are_paired 1
	kill -HUP "$daemon_pid"
	wait_until 5 reloads_are_paired 2
	mv "$units" "$units.away"
	run -1 ctl -q daemon-reload
	kill -HUP "$daemon_pid"
	wait_until 5 reloads_are_paired 4
}

@test "RELOADING=1 has its READY=1: busy, and where the client leaves in the middle" {
	local client
	manager_start
	slow_loader
	"$build/ebpfctl" --runtime-dir "$runtime" reload packets >/dev/null 2>&1 3>&- &
	wait_until 5 test -e "$dir/loading"
	packets_unit 2
	# The unit is busy, which its row says; then a whole daemon-reload is.
	run -1 ctl daemon-reload
	wait_until 5 reloads_are_paired 1
	touch "$dir/go"
	wait_until 10 eval '[ "$(status_of packets .generation)" -eq 2 ]'
	rm "$dir/go" "$dir/loading"
	"$build/ebpfctl" --runtime-dir "$runtime" daemon-reload >/dev/null 2>&1 3>&- &
	client=$!
	wait_until 5 test -e "$dir/loading"
	run -1 ctl daemon-reload
	kill -KILL "$client"
	touch "$dir/go"
	wait_until 10 reloads_are_paired 2
	[ "$(status_of packets .generation)" -eq 3 ]
}

@test "a stop in the middle of a daemon-reload: STOPPING=1 is the last that is told" {
	manager_start
	slow_loader
	packets_unit 2
	"$build/ebpfctl" --runtime-dir "$runtime" daemon-reload >/dev/null 2>&1 3>&- &
	wait_until 5 test -e "$dir/loading"
	daemon_stop
	touch "$dir/go"
	wait_until 5 was_told '^STOPPING=1$'
	[[ $(tail -n 2 "$dir/notified" | xargs) = STOPPING=1\ STATUS=stopping* ]]
}

@test "WATCHDOG=1 is for the process that WATCHDOG_PID names, and for that alone" {
	local told
	manager_start
	export WATCHDOG_USEC=400000
	daemon_start
	wait_until 5 was_told '^WATCHDOG=1$'
	daemon_stop
	told=$(grep -c '^WATCHDOG=1$' "$dir/notified")
	# The service manager keeps the other socket.
	runtime=$dir/second
	WATCHDOG_PID=1 daemon_start
	sleep 1
	ctl -q ping
	[ "$(grep -c '^WATCHDOG=1$' "$dir/notified")" -eq "$told" ]
}

@test "without a service manager nothing is told, and all is the same" {
	unset NOTIFY_SOCKET
	daemon_start
	packets_unit 1
	ctl -q load packets
	ctl -q daemon-reload
	daemon_stop
}

@test "the README's busctl lines introspect the daemon and reload" {
	daemon_start
	packets_unit 1
	mv "$(unit_path packets)" "$(unit_path fw)"
	ctl -q load fw
	awk '/<!-- busctl -->/ { on = 1; next } on && /^```$/ { exit } on && !/^```/' README.md |
		sed "s,/run/ebpfd/,$runtime/," >"$dir/block.sh"
	[ "$(grep -c busctl "$dir/block.sh")" -eq 2 ]
	run -0 bash -eu "$dir/block.sh"
	[[ $output = *org.ebpfd.Manager1*.Reload* ]]
	[ "$(status_of fw .generation)" -eq 2 ]
}

# both_loaded: two hooks by link, and another hand's program beside it
both_loaded()
{
	veth_make w0 w1
	daemon_start
	both_unit "[Reload]
Swap=link"
	ctl -q load both
	bpftool prog load "$objects/kind_xdp_v2.bpf.o" "$dir/bpffs/foreign" type xdp
}

# reload_is_taken_back: since another hand exchanges one of the links
reload_is_taken_back()
{
	tool link_update "$root/both/hooks/second/link" "$dir/bpffs/foreign"
	run -6 ctl reload both --object "$examples/packets-v2.bpf.o"
}

@test "exit 6: a link that another hand has exchanged; the first one is taken back" {
	both_loaded
	reload_is_taken_back
	packets_send v0 3
	wait_until 5 eval '[ "$(event_count both 1)" -eq 3 ]'
	[ "$(event_count both 2)" -eq 0 ]
}

@test "exit 6: the former generation's counts outlive the candidate that had its place" {
	both_loaded
	ctl -q reload both --object "$examples/packets-v2.bpf.o"
	packets_send v0 4
	ctl -q rollback both
	reload_is_taken_back
	tool link_update "$root/both/hooks/second/link" "$root/both/gen-1/progs/on_packet"
	ctl -q rollback both
	packets_send v0 2
	run -0 ctl -o json rollback both
	[ "$(field '.events[0].generation' <<<"$output")" -eq 2 ]
	[ "$(field '.events[0].consumed' <<<"$output")" -eq 6 ]
	[ "$(field '.events[0].identity' <<<"$output")" = holds ]
}
