#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ebpfd.service leaves to the daemon is enough for what it does, and not more than it says.

load helpers

service=packaging/systemd/ebpfd.service

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
}

# setting NAME: its values in the service, on one line
setting()
{
	sed -n "s/^$1=//p" "$service" | xargs
}

# bounded: the next daemon has the service's capabilities and no others
bounded()
{
	local set
	set=$(setting CapabilityBoundingSet | tr ' A-Z' ',a-z' | sed 's/cap_/+/g')
	daemon_through=(setpriv --bounding-set "-all,$set" --inh-caps -all --no-new-privs "$@")
}

# whole_life: what a daemon does in its time
whole_life()
{
	daemon_start
	packets_unit 1
	ctl -q load packets
	packets_unit 2
	ctl -q daemon-reload
	ctl -q rollback packets
	packets_send v0 10
	wait_until 10 has_events packets 10
	traffic_unit 1
	rm "$(unit_path packets)"
	ctl -q daemon-reload
	/bin/true
	ctl -q reload traffic
	cgroup_make
	kind_unit group cgroup_skb 1 "cgroup:$cgroup/skb_egress"
	ctl -q load group
	ip netns add "ebpfd-$$"
	ip netns del "ebpfd-$$"
	kind_unit tap tracepoint 1 tracepoint:sched/sched_process_exec
	ctl -q load tap
	kind_unit next tcx 1 tcx:v1/ingress
	ctl -q load next
	kind_unit filter tcx 1 tc:v1/egress
	ctl -q load filter
	kind_unit tapped socket 1 socket:v1
	ctl -q load tapped
	ctl -q doctor >/dev/null
	ctl -q fsck >/dev/null
	ctl -q gc >/dev/null
	ctl -q unload traffic
	ctl -q reopen
	daemon_kill
	daemon_start
	[ "$(ctl -o json status | field .state)" = running ]
	daemon_stop
}

@test "the service's capabilities are enough for what the daemon does" {
	bounded
	whole_life
}

@test "CAP_CHOWN: the socket's group" {
	{ grep -v ^ebpfd: /etc/group; echo ebpfd:x:4242:; } >"$dir/group"
	mount --bind "$dir/group" /etc/group
	bounded
	daemon_start
	umount /etc/group
	[ "$(stat -c %g:%a "$runtime/control.sock")" = 4242:660 ]
}

@test "CAP_DAC_OVERRIDE: files of other users" {
	bounded
	daemon_start
	packets_unit 1
	cp "$examples/packets-v1.bpf.o" "$dir/theirs.bpf.o"
	sed -i "s,^Object=.*,Object=$dir/theirs.bpf.o," "$(unit_path packets)"
	chown nobody "$dir/theirs.bpf.o" "$(unit_path packets)"
	chmod 600 "$dir/theirs.bpf.o" "$(unit_path packets)"
	ctl -q load packets
}

@test "CAP_NET_ADMIN: the file of a socket that was kept" {
	manager_start
	bounded
	daemon_start
	wait_until 5 was_told '^descriptor'
	daemon_kill
	bounded "$build/tests/tools/passed" \
		"control=$manager_pid:$(sed -n 's/^descriptor //p' "$dir/notified")" --
	daemon_start
	run ! was_told FDSTOREREMOVE
}

@test "CAP_SYS_PTRACE: the network namespace of a process that has more capabilities" {
	unshare --net sleep 600 3>&- &
	generator_pid=$!
	wait_until 5 eval '[ "$(readlink /proc/$generator_pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	bounded
	daemon_start
	unit_write away <<-END
		[Unit]
		Object=$objects/life_netns_v1.bpf.o
		[Hook in]
		Program=on_sk_lookup
		Attach=netns:/proc/$generator_pid/ns/net/sk_lookup
		[Events events]
		Record=life_event
		Sink=file:$dir/away.jsonl
	END
	ctl -q load away
}

# group NAME: the system calls of a group of systemd.exec(5), without those of others in it
calls_of()
{
	local line
	case $1 in
	@*)
		while read -r line; do
			calls_of "$line"
		done < <(systemd-analyze syscall-filter "$1" | awk 'NR > 1 && $1 !~ /^#/ && NF { print $1 }')
		;;
	*) echo "$1" ;;
	esac
}

@test "the service's filter lets every system call through that daemon and loader make" {
	local name
	command -v strace >/dev/null || skip "no strace"
	daemon_through=(strace -f -qq -o "$dir/calls" -e signal=none)
	daemon_start
	packets_unit 1
	ctl -q load packets
	packets_unit 2
	ctl -q reload packets
	ctl -q rollback packets
	packets_send v0 3
	wait_until 10 has_events packets 3
	ctl -q unload packets
	# strace goes with its child, and takes its signals for its own.
	kill -TERM "$(pgrep -P "$daemon_pid")"
	wait "$daemon_pid"
	daemon_pid=
	for name in $(setting SystemCallFilter); do
		calls_of "$name"
	done | sort -u >"$dir/allowed"
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$dir/calls" | sort -u >"$dir/made"
	grep -qx bpf "$dir/made"
	# The exec of the daemon itself, which systemd lets through.
	[ -z "$(comm -23 "$dir/made" "$dir/allowed")" ] || { comm -23 "$dir/made" "$dir/allowed"; return 1; }
	# Families of addresses.
	sed -nE 's/^[0-9]+ +socket\((AF_[A-Z0-9]+).*/\1/p' "$dir/calls" | sort -u >"$dir/families"
	[ -z "$(comm -23 "$dir/families" <(setting RestrictAddressFamilies | tr ' ' '\n' | sort))" ]
}

@test "pins made in a read-only view of the host are the host's, and stay" {
	daemon_through=(unshare --mount --propagation slave bash -c '
		mount --rbind "$0" "$0" && mount -o remount,bind,ro / && exec "$@"' "$dir")
	daemon_start
	run ! nsenter --target "$daemon_pid" --mount touch /etc/ebpfd-test
	packets_unit 1
	ctl -q load packets
	[ -e "$root/packets/selector" ]
	daemon_kill
	[ -e "$root/packets/selector" ]
	daemon_through=()
	daemon_start
	[ "$(status_of packets .generation)" -eq 1 ]
	packets_send v0 3
	wait_until 10 has_events packets 3
}

@test "a read-only runtime directory is an error with a way out" {
	mkdir "$dir/ro"
	mount -t tmpfs -o ro tmpfs "$dir/ro"
	runtime=$dir/ro/run
	daemon_spawn
	wait_until 10 eval '! kill -0 $daemon_pid 2>/dev/null'
	umount "$dir/ro"
	daemon_logged "Read-only file system"
	daemon_logged "mount it writable"
}

@test "without the group the socket is root's alone, which is said once" {
	grep -v ^ebpfd: /etc/group >"$dir/group"
	mount --bind "$dir/group" /etc/group
	daemon_start
	umount /etc/group
	[ "$(stat -c %G:%a "$runtime/control.sock")" = root:660 ]
	[ "$(grep -c 'no group "ebpfd"' "$daemon_log")" -eq 1 ]
}

@test "the score that architecture.md has is the tool's" {
	local score
	score=$(systemd-analyze security --offline=true "$service" | sed -n 's/.*exposure level for ebpfd.service: \([0-9.]*\) .*/\1/p')
	[ -n "$score" ]
	grep -q "systemd-analyze security.*: $score" docs/architecture.md
}

@test "systemd understands each line of the service and of the sockets" {
	run systemd-analyze verify --man=no "$service" packaging/systemd/ebpfd.socket \
		packaging/systemd/ebpfd-metrics.socket
	[[ $output != *:[0-9]*:* ]] || { echo "$output"; return 1; }
}

@test "each line of the service that restricts it has its reason above it" {
	awk '/^# -/ { next } /^#/ { reason = 1 } /^$/ { reason = 0 }
		/^(Protect|Private|Restrict|Limit|MemoryMax|TasksMax|Capability|SystemCall|NoNew|IPAddress|Keyring|UMask|Lock)/ {
			if (!reason) { print FILENAME ":" FNR ": no reason: " $0; bad = 1 } }
		END { exit bad }' "$service"
}
