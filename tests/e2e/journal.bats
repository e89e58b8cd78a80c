#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon's own log: messages with ids in the journal, plain lines elsewhere, and nobody who waits.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	mkdir -p /run/systemd/journal
	mount -t tmpfs tmpfs /run/systemd/journal
	journal_pid=
}

teardown()
{
	[ -z "$journal_pid" ] || kill -KILL "$journal_pid" 2>/dev/null || true
	e2e_teardown
	umount /run/systemd/journal
}

journal_start()
{
	"$build/tests/tools/journal" /run/systemd/journal/socket >"$dir/journal" 2>&1 3>&- &
	journal_pid=$!
	wait_until 10 grep -q ready "$dir/journal"
}

# stderr_is_the_journal: for the next daemon JOURNAL_STREAM names the file that its stderr is
stderr_is_the_journal()
{
	local log=$dir/daemon.$((daemon_count + 1)).log
	: >"$log"
	export JOURNAL_STREAM
	JOURNAL_STREAM=$(stat -c %d:%i "$log")
}

# message NAME FIELD: that field of each message of that name
message()
{
	local id
	id=$(sed -nE "s/.*MESSAGE\($1, +\"([0-9a-f]+)\"\).*/\1/p" lib/journal_ids.h)
	[ -n "$id" ] || return
	awk -v RS= -v id="MESSAGE_ID=$id" -v field="^$2=" -F '\n' '{
		for (i = 1; i <= NF; i++)
			if ($i == id)
				for (j = 1; j <= NF; j++)
					if ($j ~ field) { sub(field, "", $j); print $j }
	}' "$dir/journal"
}

is_ready()
{
	ctl -q ping 2>/dev/null && [ -n "$(message DAEMON_READY MESSAGE)" ]
}

daemon_at_the_journal()
{
	journal_start
	stderr_is_the_journal
	daemon_spawn
	wait_until 10 is_ready
}

@test "messages have ids and fields in the journal" {
	daemon_at_the_journal
	packets_unit 1
	ctl -q load packets
	ctl -q reload packets
	ctl -q rollback packets
	ctl -q unload packets
	daemon_stop
	[ "$(message DAEMON_READY MESSAGE)" = "ready, 0 units" ]
	[ "$(message DAEMON_READY PRIORITY)" = 6 ]
	[ "$(message UNIT_LOADED EBPFD_UNIT)" = packets ]
	[ "$(message UNIT_RELOADED EBPFD_GENERATION)" = 2 ]
	[ "$(message UNIT_RELOADED EBPFD_OPERATION)" = reload ]
	[ "$(message UNIT_RELOADED EBPFD_RESULT)" = "done" ]
	[ "$(message UNIT_ROLLED_BACK EBPFD_GENERATION)" = 1 ]
	[ "$(message UNIT_UNLOADED EBPFD_GENERATION)" = "" ]
	[ "$(message UNIT_UNLOADED EBPFD_UNIT)" = packets ]
	[ -n "$(message DAEMON_STOPPING MESSAGE)" ]
	# Each is said once.
	run ! daemon_logged ready
}

@test "an operation is one entry with the facts of its receipt: who asked, digests, phases, verdicts, identity" {
	local pid
	daemon_at_the_journal
	packets_unit 1
	ctl -q load packets
	packets_send v0 5
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 5 ]'
	"$build/ebpfctl" --runtime-dir "$runtime" -o json reload packets >"$dir/receipt" 3>&- &
	pid=$!
	wait "$pid"
	daemon_stop
	[ "$(message UNIT_RELOADED MESSAGE | wc -l)" = 1 ]
	[ "$(message UNIT_RELOADED EBPFD_ASKED_BY)" = client ]
	[ "$(message UNIT_RELOADED EBPFD_CLIENT_UID)" = 0 ]
	[ "$(message UNIT_RELOADED EBPFD_CLIENT_PID)" = "$pid" ]
	[ "$(message UNIT_RELOADED EBPFD_CLIENT_CGROUP)" = "$(sed -n 's/^0:://p' /proc/self/cgroup)" ]
	[ "$(message UNIT_RELOADED EBPFD_DIGEST)" = "$(jq -r .digest "$dir/receipt")" ]
	[ "$(message UNIT_RELOADED EBPFD_DIGEST_BEFORE)" = "$(jq -r .digest "$dir/receipt")" ]
	[ "$(message UNIT_RELOADED EBPFD_GENERATION_BEFORE)" = 1 ]
	[ "$(message UNIT_RELOADED EBPFD_PHASE_PREPARE_USEC)" = "$(jq '.phases[0].usec' "$dir/receipt")" ]
	message UNIT_RELOADED EBPFD_MAP_VERDICT | grep -qx "totals same"
	[ "$(message UNIT_RELOADED EBPFD_EVENTS_ATTEMPTED)" = 5 ]
	[ "$(message UNIT_RELOADED EBPFD_EVENTS_CONSUMED)" = 5 ]
	[ "$(message UNIT_RELOADED EBPFD_EVENTS_IDENTITY)" = holds ]
	[ "$(message UNIT_RELOADED EBPFD_RECEIPT | jq -S .)" = "$(jq -S . "$dir/receipt")" ]
}

@test "what was refused, and who asked for it, is an entry too; what a start or SIGHUP does says so" {
	packets_unit 1
	daemon_at_the_journal
	[ "$(message UNIT_LOADED EBPFD_ASKED_BY)" = start ]
	[ "$(message UNIT_LOADED EBPFD_CLIENT_PID)" = "" ]
	echo "no object" >"$dir/junk.o"
	run -5 ctl reload packets --object "$dir/junk.o"
	[ "$(message UNIT_REFUSED EBPFD_RESULT)" = refused ]
	[ "$(message UNIT_REFUSED EBPFD_CLIENT_UID)" = 0 ]
	[ "$(message UNIT_REFUSED PRIORITY)" = 5 ]
	[ "$(message UNIT_REFUSED EBPFD_RECEIPT | jq -r .error.outcome)" = refused ]
	packets_unit 2
	kill -HUP "$daemon_pid"
	wait_until 10 eval '[ "$(message UNIT_RELOADED EBPFD_ASKED_BY)" = signal ]'
}

@test "a unit that fails at the start, and a daemon that is degraded, are messages" {
	object_unit broken no_such_object
	daemon_at_the_journal
	[ "$(message UNIT_FAILED EBPFD_UNIT)" = broken ]
	[ "$(message UNIT_FAILED PRIORITY)" = 3 ]
	[[ $(message UNIT_FAILED MESSAGE) = *no_such_object* ]]
	[ "$(message DAEMON_DEGRADED PRIORITY)" = 4 ]
}

@test "drift and its end are messages" {
	journal_start
	stderr_is_the_journal
	echo "DriftInterval=100ms" >>"$config"
	daemon_spawn
	wait_until 10 is_ready
	packets_unit 1
	sed -i '1a Heal=yes' "$(unit_path packets)"
	ctl -q load packets
	bpftool link detach id "$(status_of packets '.hooks[0].link_id')"
	wait_until 10 eval '[ -n "$(message DRIFT_FOUND MESSAGE)" ]'
	[ "$(message DRIFT_FOUND EBPFD_UNIT | uniq)" = packets ]
	wait_until 10 eval '[ "$(message DRIFT_HEALED EBPFD_UNIT | uniq)" = packets ]'
}

@test "a journal that takes nothing: the lines go to stderr, and nobody waits" {
	journal_start
	kill -USR1 "$journal_pid"
	stderr_is_the_journal
	daemon_spawn
	wait_until 10 ctl -q ping
	packets_unit 1
	ctl -q load packets
	for _ in {1..30}; do
		ctl -q rollback packets 2>/dev/null || ctl -q reload packets
	done
	wait_until 10 daemon_logged "<6>unit packets: "
	ctl -q ping
	daemon_stop
}

@test "no journal at all: the lines go to stderr" {
	stderr_is_the_journal
	daemon_spawn
	wait_until 10 daemon_logged "<6>ready, 0 units"
}

@test "a stderr that is not what JOURNAL_STREAM names gets plain lines, the journal none" {
	journal_start
	JOURNAL_STREAM=1:1 daemon_start
	[ "$(cat "$dir/journal")" = ready ]
}

@test "a stderr that nobody reads: the daemon goes on, and says how many lines were lost" {
	mkfifo "$dir/pipe"
	exec 8<>"$dir/pipe"
	timeout 1 cat /dev/zero >&8 || true
	"$build/ebpfd" --root "$root" --runtime-dir "$runtime" --state-dir "$dir/state" \
		--config "$config" --loader "$build/ebpfd-loader" 2>"$dir/pipe" </dev/null 3>&- 8>&- &
	daemon_pid=$!
	wait_until 10 ctl -q ping
	packets_unit 1
	ctl -q load packets
	timeout 1 cat <&8 >/dev/null || true
	ctl -q reload packets
	timeout 1 cat <&8 >"$dir/read" || true
	exec 8>&-
	grep -q 'warning: .* of this log could not be written' "$dir/read"
	grep -q 'info: unit packets: reload done, generation 2' "$dir/read"
	daemon_log=$dir/read
	daemon_stop
}
