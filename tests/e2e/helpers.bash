# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests that run the programs as an operator does. Each test gets a daemon of its own, with a
# bpffs, a runtime directory, settings and a folder of unit files of its own. Tests run inside
# tests/runner/private, so namespaces take mounts and interfaces away whatever happens.
#
#	load helpers
#	setup() { e2e_setup; }
#	teardown() { e2e_teardown; }
#
# What is set from e2e_setup on:
#	build objects examples		the build; its tests/bpf; its bpf/examples (absolute)
#	dir root runtime units config	of this test: scratch folder, root in bpffs, and so on
#	daemon_pid daemon_log		of the last daemon that was started
#
# The daemon
#	daemon_start [OPTION]...	starts it and waits until it is ready
#	daemon_spawn [OPTION]...	starts it and waits for nothing; both through the command
#					daemon_through=(COMMAND...) that ends in an exec
#	daemon_stop, daemon_kill	SIGTERM, SIGKILL; both wait for its end, and fail if it is gone
#	daemon_logged TEXT		whether the last daemon's log has TEXT
#	ctl ARGUMENT...			ebpfctl against it
#	manager_start			a service manager that daemons started from then on tell about
#					themselves: $manager_pid, notes in $dir/notified
#	was_told REGEX			whether a line that it was told matches
#	unit_write NAME <<text		writes the unit file NAME.conf; unit_path NAME
#	status_of UNIT FILTER		jq FILTER on the status of UNIT, raw
#	all_generations			of all units, as "a 1, b 3"
#	field FILTER			jq FILTER on standard input, raw
#
# Units to begin with; their events go to $dir/NAME.jsonl
#	kind_unit NAME KIND VERSION ATTACH [TEXT]	object kind_KIND_vVERSION of tests/bpf; TEXT goes
#							behind, such as a [Set] section
#	object_unit NAME OBJECT [TEXT]			OBJECT of tests/bpf, its on_packet at v1
#	packets_unit VERSION [IF] [TEXT]		bpf/examples, unit "packets"
#	traffic_unit VERSION [IF] [TEXT]		bpf/examples, unit "traffic", two hooks
#	both_unit [TEXT]				packets-v1, unit "both", hooks at v1 and w1
#
# Events
#	events NAME FILTER		jq FILTER on each event of the unit, compact
#	event_count NAME [VERSION]	how many there are
#	versions NAME			the versions in order, runs of the same made one: "1 2 1"
#
# Refusals
#	note_state			what no refusal may change: units, pins, descriptors of the daemon
#	refused CODE TEXT COMMAND...	COMMAND exits with CODE, says TEXT, and all is as it was noted
#	delivers NAME IF		a packet sent into IF now becomes an event of the unit
#
# The surroundings
#	veth_make A B			a pair, both up and silent; what is sent into A arrives at B
#	cgroup_make			makes a cgroup of version 2 and sets cgroup=PATH
#	in_cgroup COMMAND...		runs it inside $cgroup
#	packets_send IF COUNT		sends so many numbered packets
#	packets_begin IF RATE		goes on sending in the background, until
#	packets_end			stops that and sets sent=COUNT
#	tally NAME			counts the packets in a unit's events: "received=N duplicated=N ..."
#	tool NAME ARGUMENT...		runs a program of tests/tools, whose sources say how
#	wait_until SECONDS COMMAND...	until COMMAND succeeds; fails after SECONDS
#	root_is_empty			whether nothing is left under the root
#	link_exists ID, program_exists ID	whether the kernel has it still

bats_require_minimum_version 1.5.0

e2e_setup()
{
	build=$PWD/${BUILD:-build}
	objects=$build/tests/bpf
	examples=$build/bpf/examples
	dir=$BATS_TEST_TMPDIR
	root=$dir/bpffs/ebpfd
	runtime=$dir/run
	units=$dir/units.d
	config=$dir/ebpfd.conf
	daemon_pid='' daemon_log='' daemon_count=0 generator_pid='' manager_pid=''
	cgroup='' veths=() janitor='' daemon_through=()
	mkdir -p "$dir/bpffs" "$units"
	mount -t bpf bpf "$dir/bpffs"
	printf '[Daemon]\nUnitsDirectory=%s\n' "$units" >"$config"
}

e2e_teardown()
{
	local pid veth
	for pid in $daemon_pid $generator_pid $manager_pid; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	# What is pinned goes with its mount, and with it what is attached.
	umount -l "$dir/bpffs" || true
	for veth in "${veths[@]}"; do
		ip link del "$veth" 2>/dev/null || true
	done
	[ -z "$janitor" ] || exec {janitor}>&-
	[ -z "$cgroup" ] || wait_until 10 test ! -e "$cgroup"
}

# ---- the daemon ----

daemon_spawn()
{
	daemon_count=$((daemon_count + 1))
	daemon_log=$dir/daemon.$daemon_count.log
	"${daemon_through[@]}" "$build/ebpfd" --root "$root" --runtime-dir "$runtime" --state-dir "$dir/state" \
		--config "$config" --loader "$build/ebpfd-loader" "$@" \
		>"$daemon_log" 2>&1 </dev/null 3>&- &
	daemon_pid=$!
}

daemon_logged()
{
	grep -qF -- "$1" "$daemon_log"
}

ready_or_gone()
{
	daemon_logged 'info: ready' || ! kill -0 "$daemon_pid" 2>/dev/null
}

daemon_start()
{
	daemon_spawn "$@"
	wait_until 30 ready_or_gone || true
	daemon_logged 'info: ready' && ctl -q ping && return
	echo "ebpfd is not ready:"
	cat "$daemon_log"
	return 1
}

# daemon_end SIGNAL: the status is 0 only if it lived, and ended by that signal's own way
daemon_end()
{
	local status=0 pid=$daemon_pid
	kill -"$1" "$pid" || return
	daemon_pid=
	wait "$pid" 2>/dev/null || status=$?
	[ "$1" = KILL ] && [ "$status" -eq 137 ] && return
	[ "$status" -eq 0 ] && return
	echo "ebpfd ended with $status:"
	cat "$daemon_log"
	return 1
}

daemon_stop()
{
	daemon_end TERM
}

daemon_kill()
{
	daemon_end KILL
}

manager_start()
{
	export NOTIFY_SOCKET=$dir/notify
	"$build/tests/tools/notified" "$NOTIFY_SOCKET" >"$dir/notified" 3>&- &
	manager_pid=$!
	wait_until 5 test -S "$NOTIFY_SOCKET"
}

was_told()
{
	grep -q -- "$1" "$dir/notified"
}

ctl()
{
	"$build/ebpfctl" --runtime-dir "$runtime" "$@"
}

# ---- units ----

unit_path()
{
	echo "$units/$1.conf"
}

unit_write()
{
	cat >"$units/$1.conf"
}

kind_unit()
{
	unit_write "$1" <<-END
		[Unit]
		Object=$objects/kind_$2_v$3.bpf.o
		[Hook in]
		Program=on_event
		Attach=$4
		[Events events]
		Record=version_event
		Sink=file:$dir/$1.jsonl
		${5:-}
	END
}

object_unit()
{
	unit_write "$1" <<-END
		[Unit]
		Object=$objects/$2.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
		${3:-}
	END
}

packets_unit()
{
	unit_write packets <<-END
		[Unit]
		Object=$examples/packets-v$1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:${2:-v1}
		[Map totals]
		Keep=yes
		[Events events]
		Record=packet_event
		Sink=file:$dir/packets.jsonl
		${3:-}
	END
}

both_unit()
{
	unit_write both <<-END
		[Unit]
		Object=$examples/packets-v1.bpf.o
		[Hook first]
		Program=on_packet
		Attach=xdp:v1
		[Hook second]
		Program=on_packet
		Attach=xdp:w1
		[Events events]
		Record=packet_event
		Sink=file:$dir/both.jsonl
		${1:-}
	END
}

traffic_unit()
{
	unit_write traffic <<-END
		[Unit]
		Object=$examples/traffic-v$1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:${2:-v1}
		[Hook exec]
		Program=on_exec
		Attach=raw_tp:sched_process_exec
		[Events events]
		Record=packet_event exec_event
		Sink=file:$dir/traffic.jsonl
		${3:-}
	END
}

field()
{
	jq -r "$1"
}

status_of()
{
	ctl -o json status "$1" | field "$2"
}

all_generations()
{
	ctl -o json list | field '[.units[] | "\(.name) \(.generation)"] | join(", ")'
}

# ---- events ----

# Lines that are no JSON are passed over: the last one while it is written, one torn by a kill.
events()
{
	[ ! -e "$dir/$1.jsonl" ] || jq -cR "fromjson? | $2" "$dir/$1.jsonl"
}

event_count()
{
	events "$1" "select(.version == ${2:-.version})" | wc -l
}

versions()
{
	events "$1" .version | uniq | xargs
}

# ---- refusals ----

# Where the loader has ended, what the kernel holds for us hangs on pins and on these descriptors.
# Those of clients come and go by themselves.
state()
{
	find "$root" | sort
	ctl -o json list | field '.units[] | {name, state, generation, bank, former, override} | tojson'
	find "/proc/$daemon_pid/fd" -type l -printf '%l\n' | grep -v '^socket:' | sort
	[ -z "$(pgrep -P "$daemon_pid")" ] || echo "a loader runs"
}

note_state()
{
	wait_until 10 clients_are_gone
	state_noted=$(state)
}

clients_are_gone()
{
	[ "$(ctl -o json status | field .clients)" -eq 1 ]
}

state_is_as_noted()
{
	[ "$(state)" = "$state_noted" ]
}

refused()
{
	local code=$1 text=$2
	shift 2
	run -"$code" "$@"
	[[ $output = *"$text"* ]] || { echo "does not say: $text"; return 1; }
	wait_until 10 state_is_as_noted || diff <(echo "$state_noted") <(state)
}

delivers()
{
	local before
	before=$(event_count "$1")
	packets_send "$2" 1
	wait_until 10 has_events "$1" $((before + 1))
}

has_events()
{
	[ "$(event_count "$1")" -eq "$2" ]
}

# ---- the surroundings ----

wait_until()
{
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || { echo "gave up waiting for: $*"; return 1; }
		sleep 0.05
	done
}

veth_make()
{
	# Without addresses the kernel sends nothing of its own into them.
	ip link add "$1" type veth peer name "$2"
	veths+=("$1")
	ip link set "$1" addrgenmode none
	ip link set "$2" addrgenmode none
	ip link set "$1" up
	ip link set "$2" up
}

# Waits for the end of whoever holds the pipe, an end by SIGKILL too, then removes the cgroup.
cgroup_remove_at_end()
{
	trap '' TERM INT HUP
	cat >/dev/null
	until rmdir "$1" 2>/dev/null || [ ! -e "$1" ]; do
		echo 1 >"$1/cgroup.kill"
		sleep 0.1
	done
}

cgroup_make()
{
	local mount
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$mount" ] || { echo "no cgroup hierarchy of version 2 is mounted"; return 1; }
	cgroup=$mount/ebpfd-test-$$-$BATS_TEST_NUMBER
	mkdir "$cgroup"
	exec {janitor}> >(cgroup_remove_at_end "$cgroup" >/dev/null 2>&1 3>&-)
}

in_cgroup()
{
	# shellcheck disable=SC2016
	bash -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' in_cgroup "$cgroup" "$@"
}

tool()
{
	local name=$1
	shift
	"$build/tests/tools/$name" "$@"
}

packets_send()
{
	tool packets "$1" 20000 0 "$2" >/dev/null
}

packets_begin()
{
	"$build/tests/tools/packets" "$1" "$2" 1 >"$dir/sent" 3>&- &
	generator_pid=$!
}

packets_end()
{
	local pid=$generator_pid
	generator_pid=
	# shellcheck disable=SC2034
	kill -TERM "$pid" && wait "$pid" && sent=$(cat "$dir/sent")
}

tally()
{
	tool tally "$dir/$1.jsonl" packet_event sequence
}

root_is_empty()
{
	[ -z "$(ls -A "$root")" ] || { find "$root"; return 1; }
}

link_exists()
{
	bpftool link show id "$1" >/dev/null 2>&1
}

program_exists()
{
	bpftool prog show id "$1" >/dev/null 2>&1
}
