#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Descriptors that the service manager keeps, and sockets that it listens at.

load helpers

setup()
{
	e2e_setup
	manager_start
	extra_pids=()
}

teardown()
{
	local pid
	for pid in "${extra_pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	e2e_teardown
}

# passes NAME=PID:FD...: the next daemon is passed these
passes()
{
	daemon_through=("$build/tests/tools/passed" "$@" --)
}

# listener_begin [-d] PATH: a process that listens there, at its descriptor 3; sets listener_pid
listener_begin()
{
	systemd-socket-activate --listen="${*: -1}" "${@:1:$#-1}" true >/dev/null 2>&1 3>&- &
	listener_pid=$!
	extra_pids+=("$listener_pid")
	wait_until 5 test -S "${*: -1}"
	# It waits by then, and has set its descriptors up.
	wait_until 5 eval '[ "$(readlink /proc/'$listener_pid'/fd/4)" = "anon_inode:[eventpoll]" ]'
}

# file_begin: a process that has $config open, as its descriptor 7; sets file_pid
file_begin()
{
	sleep 600 7<"$config" 3>&- &
	file_pid=$!
	extra_pids+=("$file_pid")
	wait_until 5 test -e "/proc/$file_pid/fd/7"
}

# kept: PID:FD of the copy that the service manager was given last
kept()
{
	echo "$manager_pid:$(sed -n 's/^descriptor //p' "$dir/notified" | tail -n 1)"
}

@test "the control socket is given to the service manager by its name, once it listens" {
	daemon_start
	wait_until 5 was_told '^descriptor'
	[ "$(grep -A3 '^FDSTORE=1$' "$dir/notified" | sed 's/ .*//' | xargs)" = \
		"FDSTORE=1 FDPOLL=0 FDNAME=control descriptor" ]
	run ! was_told FDSTOREREMOVE
}

@test "a client that comes while the daemon restarts waits, and is answered by the next one" {
	local client inode
	daemon_start
	inode=$(stat -c %i "$runtime/control.sock")
	wait_until 5 was_told '^descriptor'
	daemon_kill
	"$build/ebpfctl" --runtime-dir "$runtime" ping >"$dir/answer" 2>&1 3>&- &
	client=$!
	passes "control=$(kept)"
	daemon_start
	wait "$client"
	grep -q 'answers in' "$dir/answer"
	[ "$(stat -c %i "$runtime/control.sock")" = "$inode" ]
	run ! was_told FDSTOREREMOVE
	run ! daemon_logged warning
	# And once more, with two copies of the same.
	daemon_stop
	passes "control=$(kept)" "control=$(kept)"
	daemon_start
	[ "$(stat -c %i "$runtime/control.sock")" = "$inode" ]
	run ! was_told FDSTOREREMOVE
}

@test "socket activation: the first client starts the daemon, which leaves group and mode alone" {
	mkdir "$runtime"
	systemd-socket-activate --listen="$runtime/control.sock" --fdname=control -E NOTIFY_SOCKET \
		"$build/ebpfd" --root "$root" --runtime-dir "$runtime" --state-dir "$dir/state" \
		--config "$config" --loader "$build/ebpfd-loader" >"$dir/activated.log" 2>&1 3>&- &
	daemon_pid=$!
	wait_until 5 test -S "$runtime/control.sock"
	chmod 640 "$runtime/control.sock"
	wait_until 10 ctl -q ping
	[ "$(stat -c %a "$runtime/control.sock")" = 640 ]
	[ "$(ctl -o json status | field .pid)" = "$daemon_pid" ]
	wait_until 5 was_told '^READY=1$'
}

@test "names that nobody knows are dropped, forgotten and logged" {
	file_begin
	passes "socket-fw-in=$file_pid:7" "stored=$file_pid:7"
	daemon_start
	daemon_logged '"socket-fw-in"'
	daemon_logged '"stored"'
	[ "$(grep -A1 '^FDSTOREREMOVE=1$' "$dir/notified" | grep FDNAME | xargs)" = "FDNAME=socket-fw-in FDNAME=stored" ]
	# What is forgotten is not what is kept from then on.
	[ "$(grep -n FDSTOREREMOVE "$dir/notified" | tail -n 1 | cut -d: -f1)" -lt \
		"$(grep -n '^FDSTORE=1' "$dir/notified" | head -n 1 | cut -d: -f1)" ]
	run ! eval 'readlink /proc/$daemon_pid/fd/* | grep -qxF "$config"'
}

# is_refused TEXT: the daemon that is started now takes nothing that was passed, and listens itself
is_refused()
{
	daemon_start
	daemon_logged "$1"
	wait_until 5 was_told '^FDSTOREREMOVE=1$'
	[ "$(ctl -o json status | field .pid)" = "$daemon_pid" ]
	[ "$(stat -c %a "$runtime/control.sock")" = 660 ]
}

@test "a descriptor of that name that is no socket" {
	file_begin
	passes "control=$file_pid:7"
	is_refused "no stream socket"
}

@test "a socket of that name for datagrams" {
	mkdir "$runtime"
	listener_begin --datagram "$runtime/control.sock"
	passes "control=$listener_pid:3"
	is_refused "no stream socket"
}

@test "a socket of that name that is connected, and does not listen" {
	local fd
	daemon_start
	mkfifo "$dir/stay"
	"$build/tests/tools/clients" "$runtime/control.sock" 1 none >"$dir/client" 2>&1 3>&- <>"$dir/stay" &
	extra_pids+=("$!")
	wait_until 10 grep -q served=1 "$dir/client"
	fd=$(basename "$(find "/proc/$!/fd" -lname 'socket:*' | head -n 1)")
	passes "control=$!:$fd"
	daemon_kill
	# At the first one's path the service manager has a socket that listens.
	runtime=$dir/second
	is_refused "does not listen"
}

@test "a socket of that name at another path" {
	listener_begin "$dir/elsewhere.sock"
	passes "control=$listener_pid:3"
	is_refused "another path"
}

@test "the control socket whose path was unlinked" {
	daemon_start
	wait_until 5 was_told '^descriptor'
	daemon_kill
	rm "$runtime/control.sock"
	passes "control=$(kept)"
	is_refused "another path"
}

@test "the control socket whose path is another's by now" {
	daemon_start
	wait_until 5 was_told '^descriptor'
	daemon_kill
	passes "control=$(kept)"
	mv "$runtime/control.sock" "$runtime/away"
	listener_begin "$runtime/control.sock"
	kill "$listener_pid"
	wait_until 5 eval '! kill -0 $listener_pid 2>/dev/null'
	is_refused "another path"
}

# ---- packet sockets of hooks ----

# kept_named PATTERN: the copy that the service manager was last given under such a name, as NAME=PID:FD
kept_named()
{
	awk -v pattern="$1" -v pid="$manager_pid" '
		/^FDNAME=/ { name = substr($0, 8) }
		/^descriptor/ && name ~ pattern { last = name "=" pid ":" $2 }
		END { print last }' "$dir/notified"
}

socket_unit()
{
	veth_make v0 v1
	kind_unit unit socket 1 socket:v1
	ctl -q load unit
	wait_until 5 was_told '^FDNAME=hook-socket-'
}

# sockets: how many there are at v1
sockets()
{
	awk -v at="$(ip -o link show v1 | cut -d: -f1)" '$5 == at' /proc/net/packet | wc -l
}

@test "a hook's socket is given to the service manager, goes on over a kill, and is the next one's" {
	daemon_start
	socket_unit
	packets_send v0 3
	daemon_kill
	[ "$(sockets)" = 1 ]
	# Nobody reads them yet.
	packets_send v0 3
	passes "$(kept_named control)" "$(kept_named hook-socket)"
	daemon_start
	[ "$(status_of unit '.hooks[0].state')" = attached ]
	packets_send v0 3
	wait_until 10 eval '[ "$(event_count unit)" = 9 ]'
	[ "$(sockets)" = 1 ]
	run ! was_told FDSTOREREMOVE
	run ! daemon_logged warning
	ctl -q unload unit
	[ "$(grep -A1 '^FDSTOREREMOVE=1$' "$dir/notified" | tail -n 1)" = "FDNAME=$(kept_named hook-socket | cut -d= -f1)" ]
}

@test "a hook's socket that is not passed is opened again" {
	daemon_start
	socket_unit
	daemon_kill
	kill "$manager_pid"
	wait_until 5 eval '[ "$(sockets)" = 0 ]'
	unset NOTIFY_SOCKET
	daemon_start
	wait_until 10 eval '[ "$(status_of unit ".hooks[0].state")" = attached ]'
	daemon_logged "its socket ended with the daemon that held it"
	[ "$(status_of unit '.hooks[0].note')" = "not kept over a restart without systemd" ]
	[[ $(ctl status --full unit) = *NOTE*"not kept over a restart without systemd"* ]]
	packets_send v0 3
	wait_until 10 has_events unit 3
	[ "$(sockets)" = 1 ]
}

@test "what is passed for a hook's socket and is none of any hook is closed and forgotten" {
	daemon_start
	socket_unit
	local socket
	socket=$(kept_named hook-socket)
	ctl -q unload unit
	rm "$(unit_path unit)"
	daemon_stop
	file_begin
	passes "$(kept_named control)" "$socket" "hook-socket-17=$file_pid:7"
	daemon_start
	daemon_logged "closed what no hook names of the sockets that were passed: 1"
	daemon_logged '"hook-socket-17" that was passed is no packet socket'
	wait_until 5 was_told '^FDNAME=hook-socket-17$'
	kill "$manager_pid"
	wait_until 5 eval '[ "$(sockets)" = 0 ]'
}

@test "a start that fails leaves the service manager what it keeps" {
	daemon_start
	wait_until 5 was_told '^descriptor'
	daemon_stop
	passes "control=$(kept)"
	echo Nonsense=1 >>"$config"
	daemon_spawn
	wait_until 10 eval '! kill -0 $daemon_pid 2>/dev/null'
	run ! was_told FDSTOREREMOVE
}
