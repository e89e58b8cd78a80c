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

@test "one that connects and says nothing, one that stops in the middle of a word: dropped after 15 s" {
	daemon_start
	connection -b 'sleep 100'
	connection -b '$s->syswrite("\0AUTH EXT"); sleep 100'
	wait_until 10 clients_are 3
	ctl -q reload kind --object "$objects/kind_xdp_v2.bpf.o"
	delivers kind v0
	generation_is 2
	wait_until 30 clients_are_gone
	daemon_logged 'was dropped: it made no call within 15 s'
}

# asked COUNT METHOD: text for connection() that makes so many calls and reads no answer
asked()
{
	cat <<-END
		sub field { my \$f = pack("CCa1xVa*x", \$_[0], 1, \$_[1], length \$_[2], \$_[2]);
			\$_[3] ? \$f : \$f . "\0" x (-length(\$f) % 8) }
		\$f = field(1, "o", "/org/ebpfd/Manager") . field(2, "s", "org.ebpfd.Manager1") .
			field(3, "s", "$2", 1);
		\$s->syswrite("\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n");
		until (\$heard =~ /AGREE_UNIX_FD/) { \$s->sysread(\$heard, 512, length \$heard) or die }
		for (1 .. $1) {
			\$s->syswrite(pack("a1CCCVVV", "l", 1, 0, 1, 0, \$_, length \$f) . \$f .
				"\0" x (-length(\$f) % 8));
		}
		sleep 100
	END
}

@test "one that is idle after its first call may stay" {
	daemon_start
	connection -b "$(asked 1 Ping)"
	wait_until 10 clients_are 2
	connection -b 'sleep 100'
	wait_until 10 clients_are 3
	wait_until 20 clients_are 2
	kill -KILL "${clients[0]}"
	wait_until 10 clients_are_gone
}

@test "one that asks and asks and does not read is dropped" {
	daemon_start
	connection -b "$(asked 20000 List)"
	wait_until 20 daemon_logged 'was dropped: it does not read its answers'
	wait_until 10 clients_are_gone
	delivers kind v0
}

@test "MaxClients= are there: one more is refused in a sentence, and events go on" {
	echo MaxClients=4 >>"$config"
	daemon_start
	for _ in 1 2 3 4; do
		connection -b "$(asked 1 Ping)"
	done
	wait_until 10 refuses
	[[ $output = *"ebpfd serves 4 clients already (MaxClients=); try again when one has left"* ]]
	[ "$(ctl -o json ping | field .error.outcome)" = busy ]
	run -1 busctl --address="unix:path=$runtime/control.sock" call org.ebpfd \
		/org/ebpfd/Manager org.ebpfd.Manager1 Ping
	[[ $output = *"ebpfd serves 4 clients already"* ]]
	delivers kind v0
	kill -KILL "${clients[@]}"
	wait_until 10 ctl -q ping
}

refuses()
{
	run -1 ctl ping
}

# pings COUNT: so many at once; what each says goes to $dir/ping.NUMBER
pings()
{
	local i pids=()
	for ((i = 0; i < $1; i++)); do
		ctl ping >"$dir/ping.$i" 2>&1 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || true
}

@test "MaxClients= are there: each of many more at once is told why" {
	echo MaxClients=1 >>"$config"
	daemon_start
	connection -b "$(asked 1 Ping)"
	wait_until 10 refuses
	connection -b '@more = map { IO::Socket::UNIX->new(Peer => $s->peerpath) } 1 .. 100; sleep 100'
	pings 100
	[ "$(grep -l 'MaxClients=' "$dir"/ping.* | wc -l)" -eq 100 ]
	[ "$(grep -c 'a client was turned away: MaxClients=1 are connected' "$daemon_log")" -lt 50 ]
	delivers kind v0
}

descriptors()
{
	find "/proc/$daemon_pid/fd" -type l | wc -l
}

descriptors_are()
{
	[ "$(descriptors)" -eq "$1" ]
}

# thousand_begin: their fates go to $dir/fates, and they stay until $stay is closed
thousand_begin()
{
	mkfifo "$dir/stay"
	tool clients "$runtime/control.sock" 1000 kind >"$dir/fates" 3>&- <"$dir/stay" &
	clients+=($!)
	exec {stay}>"$dir/stay"
}

@test "1,000 clients at once: MaxClients= are served, the rest refused, one of the served reloads" {
	daemon_start
	# Both banks are in use from here on.
	ctl -q reload kind
	wait_until 10 clients_are_gone
	local before served refused closed other
	before=$(descriptors)
	thousand_begin
	wait_until 60 grep -q '^reload=' "$dir/fates"
	IFS='= ' read -r _ served _ refused _ closed _ other <"$dir/fates"
	cat "$dir/fates"
	[ "$served" -eq 256 ]
	[ "$((refused + closed))" -eq 744 ]
	[ "$other" -eq 0 ]
	[ "$refused" -gt 0 ]
	grep -qx 'reload=done' "$dir/fates"
	refuses
	delivers kind v0
	exec {stay}>&-
	wait_until 20 clients_are_gone
	generation_is 3
	wait_until 10 descriptors_are "$before"
}

@test "no descriptor is left: clients are turned away, and served again when there are" {
	daemon_start
	wait_until 10 clients_are_gone
	local limit
	limit=$(prlimit --pid "$daemon_pid" --nofile --noheadings --output SOFT)
	# The lowest free number is taken, and it has to lie below this.
	prlimit --pid "$daemon_pid" --nofile="$(descriptors):"
	connection -b '@more = map { IO::Socket::UNIX->new(Peer => $s->peerpath) } 1 .. 200; sleep 100'
	wait_until 10 daemon_logged 'a client was turned away: no descriptor is left'
	run -1 ctl ping
	[[ $output = *"takes no more clients"*"MaxClients="* ]]
	delivers kind v0
	kill -KILL "${clients[@]}"
	wait_until 10 ctl -q ping
	prlimit --pid "$daemon_pid" --nofile="$limit:"
	ctl -q reload kind
	delivers kind v0
}

@test "many that talk nonsense: a line in the log now and then, not one each" {
	daemon_start
	connection '$SIG{PIPE} = "IGNORE"; for (1 .. 300) {
		$c = IO::Socket::UNIX->new(Peer => $s->peerpath) or die; $c->syswrite("\xff" x 5000) }'
	wait_until 10 clients_are_gone
	daemon_logged 'left before its first call, or did not speak D-Bus'
	[ "$(grep -c 'did not speak D-Bus' "$daemon_log")" -lt 100 ]
	delivers kind v0
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
