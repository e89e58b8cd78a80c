# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts in the machines of tests/systemd share. Sourced in /vm, where the files lie that
# tests/systemd/run sends along.
#
# A scenario runs while two generators count: numbered packets on two pairs of interfaces, and executions
# in a cgroup. At its end what they made is held against what the sinks have.

export LC_ALL=C
# shellcheck disable=SC2034 # of the scripts
readonly pins=/sys/fs/bpf/ebpfd units=/etc/ebpfd/units.d sinks=/var/log/ebpfd
readonly packets_per_second=150 execs_per_second=4
passed=0 failed=0 lost=0
generators=()

# ---- saying ---------------------------------------------------------------------------------------

# fail TEXT...: ends the scenario
fail()
{
	echo "$*" >&2
	return 1
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "waited in vain for: $*" || return
		sleep 0.2
	done
}

why()
{
	systemctl --no-pager --lines=0 status ebpfd
	journalctl --no-pager --lines=40 --unit ebpfd --output=short-monotonic
	ebpfctl list
}

# run_steps FUNCTION: to the first command that fails. Not to be part of a condition, where -e is ignored.
run_steps()
{
	(
		set -e
		"$1"
	)
}

# not COMMAND...: the contrary, which -e heeds
not()
{
	! "$@"
}

# scenario NAME FUNCTION: under load, and nothing is lost. `ok NAME`, or `not ok NAME` and why.
scenario()
{
	local start=$SECONDS status=0
	begin_load
	run_steps "$2" >/tmp/said 2>&1
	status=$?
	end_load >>/tmp/said 2>&1 || status=$?
	tell "$1" "$status" "$((SECONDS - start))"
}

# check NAME FUNCTION: the same without load
check()
{
	local start=$SECONDS
	run_steps "$2" >/tmp/said 2>&1
	tell "$1" "$?" "$((SECONDS - start))"
}

tell()
{
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $1, $3 s"
	else
		failed=$((failed + 1))
		echo "not ok $1, $3 s"
		sed 's/^/  | /' /tmp/said
		why 2>&1 | sed 's/^/  | /'
	fi
}

# ---- units ----------------------------------------------------------------------------------------

# install_version UNIT VERSION: what a deployment does, the object file is replaced
install_version()
{
	cp "examples/$1-v$2.bpf.o" "/usr/local/lib/$1.new"
	mv "/usr/local/lib/$1.new" "/usr/local/lib/$1.bpf.o"
}

make_surroundings()
{
	local i
	mkdir -p /sys/fs/cgroup/load /usr/local/lib /tmp/execs "$sinks"
	for i in 0 1; do
		ip link add "out$i" type veth peer name "in$i"
		ip link set "out$i" up
		ip link set "in$i" up
	done
}

# traffic has two hooks behind entries, packets one that is swapped in its link
write_units()
{
	install_version traffic 1
	install_version packets 1
	echo "[Unit]
Object=/usr/local/lib/traffic.bpf.o
[Set]
target_cgroup=$(stat -c %i /sys/fs/cgroup/load)
[Hook in]
Program=on_packet
Attach=xdp:in0
[Hook exec]
Program=on_exec
Attach=raw_tp:sched_process_exec
[Events events]
Record=packet_event exec_event
Sink=file:$sinks/traffic.jsonl" >"$units/traffic.conf"
	echo "[Unit]
Object=/usr/local/lib/packets.bpf.o
[Hook in]
Program=on_packet
Attach=xdp:in1
[Map totals]
Keep=yes
[Events events]
Record=packet_event
Sink=file:$sinks/packets.jsonl" >"$units/packets.conf"
}

# field UNIT FILTER
field()
{
	ebpfctl -o json status "$1" | jq -r "$2"
}

both_are_active()
{
	[ "$(ebpfctl -o json list | jq -c '[.units[] | select(.name == "traffic" or .name == "packets") | .state]')" = \
		'["active","active"]' ]
}

rings_are_empty()
{
	local unit
	for unit in traffic packets; do
		field "$unit" '.events[].in_ring' | grep -qx 0 || return 1
	done
}

main_pid()
{
	systemctl show --property=MainPID --value ebpfd
}

# another_runs PID: the service is up, in another process
another_runs()
{
	[ "$(systemctl is-active ebpfd)" = active ] && [ "$(main_pid)" != "$1" ] && both_are_active
}

# ---- load -----------------------------------------------------------------------------------------

begin_load()
{
	generators=()
	rm -f "$sinks"/*.jsonl
	ebpfctl reopen >/dev/null 2>&1
	tools/packets out0 $packets_per_second 1 >/tmp/sent0 &
	generators+=($!)
	tools/packets out1 $packets_per_second 1 >/tmp/sent1 &
	generators+=($!)
	tools/execs /sys/fs/cgroup/load /tmp/execs $execs_per_second 1 >/tmp/executed &
	generators+=($!)
}

# account COUNT SINK TYPE FIELD
account()
{
	local line received duplicated
	line=$(tools/tally "$2" "$3" "$4")
	[[ $line =~ received=([0-9]+)\ duplicated=([0-9]+) ]]
	received=${BASH_REMATCH[1]} duplicated=${BASH_REMATCH[2]}
	echo "$2 $3: triggered $1, $line"
	lost=$((lost + $1 - received))
	[ "$1" -eq "$received" ] && [ "$duplicated" -eq 0 ]
}

end_load()
{
	local status=0
	kill "${generators[@]}"
	wait "${generators[@]}"
	wait_until 60 rings_are_empty || status=1
	account "$(cat /tmp/sent0)" "$sinks/traffic.jsonl" packet_event sequence || status=1
	account "$(cat /tmp/executed)" "$sinks/traffic.jsonl" exec_event filename || status=1
	account "$(cat /tmp/sent1)" "$sinks/packets.jsonl" packet_event sequence || status=1
	return "$status"
}

finish()
{
	echo "# passed=$passed failed=$failed lost=$lost"
	[ "$failed" -eq 0 ] && [ "$lost" -eq 0 ]
}
