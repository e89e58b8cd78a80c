#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Clients that misbehave: the daemon goes on serving the others, and what was begun is ended.

# shellcheck disable=SC2154,SC2016 # what helpers.bash sets; perl's own variables

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	clients=()
}

teardown()
{
	local client
	for client in "${clients[@]}"; do
		kill -KILL "$client" 2>/dev/null || true
	done
	e2e_teardown
}

# in_background PROGRAM...: no function, so that a kill hits the program itself
in_background()
{
	"$@" >"$dir/client.out" 2>&1 3>&- &
	clients+=($!)
}

# connection [-b] PERL: a connection to the socket as $s, for as long as the text runs; -b: in the
# background. perl is a part of each Debian.
connection()
{
	local where=()
	[ "$1" != -b ] || { where=(in_background); shift; }
	"${where[@]}" perl -MIO::Socket::UNIX -e '
		$SIG{PIPE} = "IGNORE";
		$s = IO::Socket::UNIX->new(Peer => shift) or die "connect: $!";
		eval shift; die $@ if $@' "$runtime/control.sock" "$1"
}

# reload_begin [OPTION]...: in the background, until the loader is at work
reload_begin()
{
	in_background env --default-signal=INT "$build/ebpfctl" --runtime-dir "$runtime" \
		reload kind "$@"
	wait_until 10 operation_is reload
}

clients_are()
{
	[ "$(ctl -o json status | field .clients)" -eq "$1" ]
}

operation_is()
{
	[ "$(status_of kind .operation)" = "$1" ]
}

generation_is()
{
	[ "$(status_of kind .generation)" = "$1" ]
}

# daemon_start_slow: with a loader that does not begin before the file "go" is there
daemon_start_slow()
{
	cat >"$dir/loader" <<-END
		#!/bin/bash
		until [ -e "$dir/go" ]; do sleep 0.05; done
		exec "$build/ebpfd-loader" "\$@"
	END
	chmod +x "$dir/loader"
	daemon_start
	daemon_stop
	daemon_start --loader "$dir/loader"
}

@test "one that is killed in the middle of a reload: the reload is done all the same" {
	daemon_start_slow
	reload_begin --object "$objects/kind_xdp_v2.bpf.o"
	kill -KILL "${clients[0]}"
	wait_until 10 clients_are_gone
	delivers kind v0
	touch "$dir/go"
	wait_until 20 generation_is 2
	[ "$(status_of kind .state)" = active ]
	delivers kind v0
	[ "$(versions kind)" = "1 2" ]
}

@test "one that leaves by Ctrl-C in the middle of a reload is told what becomes of it" {
	daemon_start_slow
	reload_begin
	kill -INT "${clients[0]}"
	wait_until 10 grep -q 'the daemon goes on with kind' "$dir/client.out"
	touch "$dir/go"
	wait_until 20 generation_is 2
	delivers kind v0
}

@test "one that is killed in the middle of a reload that fails" {
	daemon_start_slow
	reload_begin --object "$objects/verifier_refused.bpf.o"
	kill -KILL "${clients[0]}"
	wait_until 10 clients_are_gone
	touch "$dir/go"
	wait_until 20 operation_is null
	[ "$(status_of kind '.last.error.outcome')" = refused ]
	note_state
	generation_is 1
	delivers kind v0
}

@test "a second operation on the unit is refused at once and names the first" {
	daemon_start_slow
	reload_begin
	local verb
	for verb in reload rollback unload load; do
		run -1 timeout 10 "$build/ebpfctl" --runtime-dir "$runtime" "$verb" kind
		[[ $output = *"unit kind: a reload is under way for "*" s (phase prepare); wait for it to end"* ]]
	done
	operation_is reload
	touch "$dir/go"
	wait_until 20 generation_is 2
	delivers kind v0
}

@test "one that talks nonsense" {
	daemon_start
	note_state
	local text
	for text in '"\0GET / HTTP/1.0\r\n\r\n"' '"\0" x 100000' '"\0AUTH NONSENSE\r\nBEGIN\r\n" x 99' \
		'pack("C*", map { ($_ * 7919) & 255 } 1 .. 70000)' '"\xff" x 70000' '"l"'; do
		run connection "\$s->syswrite($text); \$s->shutdown(1); \$s->blocking(0)"
		ctl -q ping
	done
	wait_until 10 state_is_as_noted
	wait_until 10 clients_are_gone
	delivers kind v0
}

@test "one that is let in and then talks nonsense" {
	daemon_start
	note_state
	local text
	for text in '"\xff" x 5000' '"l\1\0\1" . "\xff" x 5000' '"l\1\0\1\0\0\0\0\1\0\0\0\0\0\0\0" x 9' \
		'"B\1\0\1" . "\0" x 4000'; do
		run connection '$s->syswrite("\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n");'"
			\$s->syswrite($text); \$s->shutdown(1)"
		ctl -q ping
	done
	wait_until 10 state_is_as_noted
	wait_until 10 clients_are_gone
	delivers kind v0
}

@test "one that connects and says nothing, one that stops in the middle of a word" {
	daemon_start
	connection -b 'sleep 100'
	connection -b '$s->syswrite("\0AUTH EXT"); sleep 100'
	wait_until 10 clients_are 3
	ctl -q reload kind --object "$objects/kind_xdp_v2.bpf.o"
	delivers kind v0
	generation_is 2
}

@test "many that connect and say nothing: MaxClients is theirs, and they cannot stop events" {
	echo MaxClients=4 >>"$config"
	daemon_start
	connection -b '@more = map { IO::Socket::UNIX->new(Peer => $s->peerpath) } 1 .. 20; sleep 100'
	wait_until 10 daemon_logged 'a client was turned away: MaxClients=4 are connected'
	run -1 ctl ping
	[[ $output = *"the daemon closed the connection"*"its log says why"* ]]
	delivers kind v0
	kill -KILL "${clients[@]}"
	wait_until 10 ctl -q ping
}

@test "one that connects and leaves, very often" {
	daemon_start
	note_state
	connection 'for (1 .. 500) { IO::Socket::UNIX->new(Peer => $s->peerpath) }'
	wait_until 10 state_is_as_noted
	delivers kind v0
}

@test "calls with arguments that make no sense" {
	daemon_start
	note_state
	local bus=(busctl --address="unix:path=$runtime/control.sock" call org.ebpfd
		/org/ebpfd/Manager org.ebpfd.Manager1)
	refused 1 'option "colour" is not known to this ebpfd' \
		"${bus[@]}" Reload 'sa{sv}' kind 1 colour s red
	refused 1 'option "object" must be of type h' "${bus[@]}" Reload 'sa{sv}' kind 1 object s red
	refused 1 'a descriptor and its path must be given together' \
		"${bus[@]}" Reload 'sa{sv}' kind 1 object-path s red
	refused 1 'option "file" is not known to this ebpfd' "${bus[@]}" Reload 'sa{sv}' kind 1 file s red
	refused 1 '"../kind" is no unit name' "${bus[@]}" Reload 'sa{sv}' ../kind 0
	refused 1 '' "${bus[@]}" Reload s kind
	refused 1 '' "${bus[@]}" None
	delivers kind v0
}
