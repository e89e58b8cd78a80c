#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Loaders that misbehave. The loader is the one process that touches what strangers wrote: whatever
# becomes of it, the daemon lives and the unit goes on.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
}

teardown()
{
	[ ! -e "$dir/child" ] || kill -KILL "$(cat "$dir/child")" 2>/dev/null || true
	e2e_teardown
}

# begin [OPTION]...: the good loader has done its work and the unit is in force; then a daemon is
# started with these options and with LoadTimeout=$patience, and adopts the unit without a loader.
begin()
{
	daemon_start
	daemon_stop
	echo LoadTimeout=${patience:-30s} >>"$config"
	daemon_start "$@"
	note_state
}

# begin_with <<script: with a loader that runs it
begin_with()
{
	{ echo '#!/bin/bash' && cat; } >"$dir/loader"
	chmod +x "$dir/loader"
	begin --loader "$dir/loader"
}

# reload_refused TEXT: and its events go on
reload_refused()
{
	refused 5 "$1" ctl reload kind
	delivers kind v0
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

# daemon_has_root: it has opened its root, and so tries to lock it
daemon_has_root()
{
	find "/proc/$daemon_pid/fd" -lname "$root" | grep -q .
}

# reload_begin: in the background, until the loader runs
reload_begin()
{
	ctl reload kind >"$dir/reload.out" 2>&1 3>&- &
	wait_until 10 test -s "$dir/child"
}

@test "one that hangs is killed at LoadTimeout" {
	local start patience=1s
	begin_with <<<'exec sleep 100'
	start=$SECONDS
	reload_refused "the loader did not end within LoadTimeout=1s and was killed; nothing was touched"
	[[ $output = *"Raise it in ebpfd.conf"* ]]
	[ $((SECONDS - start)) -le 20 ]
}

@test "one that ignores all signals is killed all the same" {
	local patience=1s
	begin_with <<-'END'
		trap '' TERM INT HUP PIPE
		while :; do sleep 0.1; done
	END
	reload_refused "the loader did not end within LoadTimeout=1s"
}

@test "one that dies of a signal" {
	begin_with <<<'kill -SEGV $$'
	reload_refused "the loader died of signal 11 (Segmentation fault)"
	[[ $output = *"LoadMemoryMax= is too low, which ebpfd.conf can raise; nothing was touched"* ]]
}

@test "one that is killed in the middle of a report" {
	begin_with <<-'END'
		printf '{"outcome":"done","maps":[' >&5
		kill -KILL $$
	END
	reload_refused "the loader died of signal 9 (Killed)"
}

@test "one that ends without a report" {
	begin_with <<<'exit 3'
	reload_refused "the loader ended with status 3 and without a report"
	[[ $output = *"--loader names something else; nothing was touched"* ]]
}

@test "one that reports what is no JSON" {
	begin_with <<<'head -c 1000 /dev/urandom >&5'
	reload_refused "the loader ended with status 0 and without a report"
}

@test "one that reports JSON that is no report" {
	begin_with <<<"cat $dir/report >&5"
	local report
	for report in '[]' '"done"' 7 null '{}' '{"outcome":7}' '{"outcome":"mauve"}' \
		'{"outcome":["done"]}'; do
		echo "$report" >"$dir/report"
		refused 5 "the loader ended with status 0 and without a report" ctl reload kind
	done
	delivers kind v0
}

@test "one that reports without end" {
	begin_with <<<'head -c 8M /dev/zero >&5'
	reload_refused "the loader ended with status 0 and without a report"
}

@test "one whose message is longer than any message" {
	begin_with <<-'END'
		printf '{"outcome":"refused","message":"%s"}' "$(printf 'ä%.0s' {1..9000})" >&5
	END
	reload_refused "ää"
}

@test "one that says it is done and has done nothing" {
	begin_with <<<'printf %s "{\"outcome\":\"done\",\"maps\":[],\"verifier\":[],\"notes\":[]}" >&5'
	reload_refused "gen-2/manifest: no manifest that this ebpfd can read: No such file or directory"
}

@test "one that says done, in words of other types" {
	begin_with <<<'printf %s "{\"outcome\":\"done\",\"maps\":7,\"verifier\":\"x\",\"notes\":{}}" >&5'
	reload_refused "gen-2/manifest: no manifest"
}

@test "one that leaves half a generation behind" {
	begin_with <<-'END'
		while [ $# -gt 0 ]; do
			case $1 in --root) root=$2 ;; --unit) unit=$2 ;; --generation) gen=$2 ;; esac
			shift
		done
		mkdir -p "$root/$unit/gen-$gen/progs/deep" "$root/$unit/gen-$gen/maps"
		kill -KILL $$
	END
	reload_refused "the loader died of signal 9 (Killed)"
}

@test "one that there is not" {
	begin --loader "$dir/none"
	reload_refused "cannot run the loader \"$dir/none\" (--loader names another): No such file"
}

@test "one that may not be executed" {
	echo '#!/bin/bash' >"$dir/loader"
	begin --loader "$dir/loader"
	reload_refused "cannot run the loader \"$dir/loader\" (--loader names another): Permission denied"
}

@test "one that the kernel cannot execute" {
	echo '#!/none/interpreter' >"$dir/loader"
	chmod +x "$dir/loader"
	begin --loader "$dir/loader"
	reload_refused "the loader ended with status 127 and without a report"
}

@test "the true one, without room to work" {
	local size
	for size in 1M 4M 8M; do
		printf '[Daemon]\nUnitsDirectory=%s\n' "$units" >"$config"
		[ -n "$daemon_pid" ] || daemon_start
		daemon_stop
		echo "LoadMemoryMax=$size" >>"$config"
		daemon_start
		note_state
		refused 5 LoadMemoryMax= ctl reload kind
		delivers kind v0
		daemon_stop
	done
}

# As between the unpacking of a package and the restart of the daemon. Of another version are the
# options, too.
@test "the true one of another version than the daemon's" {
	begin_with <<-END
		exec "$build/ebpfd-loader" 0.0.9~older "\${@:2}" --unheard-of
	END
	reload_refused "ebpfd is 0.0.9~older and its loader $("$build/ebpfd" --version | cut -d' ' -f2) already"
	[[ $output = *"nothing was touched. Try again once ebpfd was restarted"* ]]
}

@test "a first load that fails leaves nothing" {
	begin_with <<-'END'
		while [ $# -gt 0 ]; do
			case $1 in --root) root=$2 ;; --unit) unit=$2 ;; esac
			shift
		done
		mkdir -p "$root/$unit/hooks/in" "$root/$unit/gen-1/progs"
		exit 1
	END
	kind_unit other xdp 1 xdp:v0
	refused 5 "the loader ended with status 1 and without a report" ctl load other
	refused 3 'no unit "other" is loaded' ctl status other
	delivers kind v0
}

@test "one that is at work when its daemon is killed ends with it" {
	begin_with <<<"echo \$\$ >$dir/child; exec sleep 100"
	reload_begin
	daemon_kill
	wait_until 10 grep -q 'the daemon closed the connection before it answered' "$dir/reload.out"
	wait_until 10 is_gone "$(cat "$dir/child")"
	daemon_start
	[ "$(status_of kind .generation)" = 1 ]
	delivers kind v0
}

@test "one that outlives its daemon holds the lock: the next daemon waits for its end" {
	begin_with <<<"sleep 100 & echo \$! >$dir/child; wait"
	reload_begin
	daemon_kill
	daemon_spawn
	wait_until 10 daemon_has_root
	run ! daemon_logged 'info: ready'
	kill -KILL "$(cat "$dir/child")"
	wait_until 10 daemon_logged 'info: ready'
	[ "$(status_of kind .generation)" = 1 ]
	delivers kind v0
}

@test "one that outlives its daemon for long: the next daemon says what holds the lock" {
	begin_with <<<"sleep 100 & echo \$! >$dir/child; wait"
	local former=$daemon_pid
	reload_begin
	daemon_kill
	daemon_spawn
	wait_until 20 is_gone "$daemon_pid"
	daemon_pid=
	daemon_logged "root \"$root\" is still locked by a loader of ebpfd $former, which is gone"
	daemon_logged "start again once that loader has ended"
	kill -KILL "$(cat "$dir/child")"
	daemon_start
	[ "$(status_of kind .generation)" = 1 ]
	delivers kind v0
}
