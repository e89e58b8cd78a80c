#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole life of a unit at each kind of hook, by each way that the kind allows: loaded, reloaded,
# rolled back, unloaded, and each time the right version answers.

load helpers

setup()
{
	e2e_setup
	daemon_start
}

teardown()
{
	e2e_teardown
}

# answers VERSIONS COMMAND...: COMMAND makes the hook run, and what was seen of it until then
answers()
{
	local versions=$1
	shift
	"$@"
	wait_until 10 eval '[ "$(versions unit)" = "$versions" ]'
}

# write_version VERSION KIND ATTACH SWAP: the unit file
write_version()
{
	local set=
	# Of all system calls the one that nobody makes.
	[ "$2" != raw_tp ] || set=$'[Set]\ntarget_syscall=9999\n'
	kind_unit unit "$2" "$1" "$3" "$set"$'[Reload]\nSwap='"$4"
}

# skipped_at KIND: what status says of skipped runs where none was skipped
skipped_at()
{
	case $1 in
	tracepoint | uprobe | perf) echo unverified ;;
	*) echo 0 ;;
	esac
}

# life KIND ATTACH SWAP WAY COMMAND...: COMMAND makes the hook run
life()
{
	local kind=$1 attach=$2 swap=$3 way=$4 link programs
	shift 4
	write_version 1 "$kind" "$attach" "$swap"
	ctl -q load unit
	[ "$(status_of unit '.hooks[0] | .attach + " " + .way')" = "$attach $way" ]
	[ "$(status_of unit '.hooks[0].skipped')" = "$(skipped_at "$kind")" ]
	link=$(status_of unit '.hooks[0].link_id')
	programs=$(status_of unit '.hooks[0].program_id')
	answers "1" "$@"

	write_version 2 "$kind" "$attach" "$swap"
	ctl -q reload unit
	programs+=" $(status_of unit '.hooks[0].program_id')"
	answers "1 2" "$@"
	ctl -q rollback unit
	answers "1 2 1" "$@"
	[ "$(status_of unit '.hooks[0].link_id')" = "$link" ]
	[ "$link" = null ] || link_exists "$link"

	ctl -q unload unit
	[ "$link" = null ] || wait_until 5 eval '! link_exists $link'
	for program in $programs; do
		wait_until 5 eval '! program_exists $program'
	done
	root_is_empty
	"$@"
}

# xdp_is_off INTERFACE
xdp_is_off()
{
	[[ $(ip link show "$1") != *xdp* ]]
}

@test "xdp, link" {
	veth_make v0 v1
	life xdp xdp:v1 auto link packets_send v0 3
	xdp_is_off v1
}

@test "xdp, entry" {
	veth_make v0 v1
	life xdp xdp:v1 entry entry packets_send v0 3
	xdp_is_off v1
}

@test "xdp in generic mode, link" {
	veth_make v0 v1
	life xdp xdp:v1,generic link link packets_send v0 3
	xdp_is_off v1
}

@test "xdp in native mode, entry" {
	veth_make v0 v1
	life xdp xdp:v1,native entry entry packets_send v0 3
	xdp_is_off v1
}

@test "tcx ingress, link" {
	veth_make v0 v1
	life tcx tcx:v1/ingress auto link packets_send v0 3
}

@test "tcx ingress, entry" {
	veth_make v0 v1
	life tcx tcx:v1/ingress entry entry packets_send v0 3
}

@test "tcx egress, link" {
	veth_make v0 v1
	life tcx tcx:v0/egress auto link packets_send v0 3
}

@test "tcx egress, entry" {
	veth_make v0 v1
	life tcx tcx:v0/egress entry entry packets_send v0 3
}

# filters INTERFACE DIRECTION: ours
filters()
{
	tc filter show dev "$1" "$2" pref 50000
}

@test "tc ingress, entry" {
	veth_make v0 v1
	life tcx tc:v1/ingress auto entry packets_send v0 3
	[ -z "$(filters v1 ingress)" ]
}

@test "tc egress, entry, beside a filter of another hand" {
	veth_make v0 v1
	tc qdisc add dev v0 clsact
	bpftool prog load "$objects/kind_tcx_v2.bpf.o" "$dir/bpffs/other" type classifier
	tc filter add dev v0 egress pref 60000 bpf direct-action object-pinned "$dir/bpffs/other"
	life tcx tc:v0/egress entry entry packets_send v0 3
	[ -z "$(filters v0 egress)" ]
	[[ $(tc filter show dev v0 egress) = *"pref 60000 bpf"* ]]
}

@test "tc, two units at one place" {
	veth_make v0 v1
	kind_unit one tcx 1 tc:v1/ingress
	kind_unit two tcx 2 tc:v1/ingress
	ctl -q load one
	ctl -q load two
	packets_send v0 3
	wait_until 10 eval '[ "$(versions one) $(versions two)" = "1 2" ]'
	ctl -q unload one
	[[ $(filters v1 ingress) = *direct-action* ]]
	ctl -q unload two
	[ -z "$(filters v1 ingress)" ]
}

@test "a unit goes from tc over socket to tcx, and back" {
	veth_make v0 v1
	kind_unit unit tcx 1 tc:v1/ingress
	ctl -q load unit
	answers 1 packets_send v0 3
	kind_unit unit socket 2 socket:v1
	ctl -q reload unit
	answers "1 2" packets_send v0 3
	kind_unit unit tcx 1 tcx:v1/ingress
	ctl -q reload unit
	answers "1 2 1" packets_send v0 3
	[ -z "$(filters v1 ingress)" ]
	ctl -q rollback unit
	answers "1 2 1 2" packets_send v0 3
	ctl -q fsck
}

@test "socket, entry" {
	veth_make v0 v1
	life socket socket:v1 auto entry packets_send v0 3
	# None is left open.
	[ "$(wc -l </proc/net/packet)" = 1 ]
}

@test "cgroup skb_egress, link" {
	cgroup_make
	life cgroup_skb "cgroup:$cgroup/skb_egress" auto link in_cgroup "$build/tests/tools/poke" datagram
}

@test "cgroup skb_egress, entry" {
	cgroup_make
	life cgroup_skb "cgroup:$cgroup/skb_egress" entry entry \
		in_cgroup "$build/tests/tools/poke" datagram
}

@test "cgroup skb_ingress, link" {
	cgroup_make
	life cgroup_skb "cgroup:$cgroup/skb_ingress" auto link in_cgroup "$build/tests/tools/poke" datagram
}

@test "cgroup connect4, link" {
	cgroup_make
	life connect4 "cgroup:$cgroup/connect4" auto link in_cgroup "$build/tests/tools/poke" datagram
}

@test "cgroup connect4, entry" {
	cgroup_make
	life connect4 "cgroup:$cgroup/connect4" entry entry \
		in_cgroup "$build/tests/tools/poke" datagram
}

@test "tracepoint, entry" {
	life tracepoint tracepoint:syscalls/sys_enter_getpid auto entry tool poke getpid 3
}

@test "raw_tp, entry" {
	life raw_tp raw_tp:sys_enter auto entry tool poke no-syscall 3
}

@test "uprobe, entry" {
	life uprobe "uprobe:$build/tests/tools/poke:main" auto entry tool poke getpid
}

@test "uretprobe, entry" {
	life uprobe "uretprobe:$build/tests/tools/poke:main" auto entry tool poke getpid
}

@test "perf, entry" {
	life perf perf:cpu-clock/cpu=0,freq=99 auto entry sleep 0.1
}

@test "a cgroup's programs are for its tasks alone" {
	cgroup_make
	kind_unit unit connect4 1 "cgroup:$cgroup/connect4"
	ctl -q load unit
	tool poke datagram 5
	in_cgroup "$build/tests/tools/poke" datagram 3
	wait_until 5 eval '[ "$(event_count unit)" -ge 3 ]'
	[ "$(event_count unit)" -eq 3 ]
}

@test "Attach= left out: the ELF section of the program says where" {
	unit_write unit <<-END
		[Unit]
		Object=$objects/kind_tracepoint_v1.bpf.o
		[Hook in]
		Program=on_event
	END
	ctl -q load unit
	[ "$(status_of unit '.hooks[0].attach')" = tracepoint:syscalls/sys_enter_getpid ]
}

@test "Swap=link at a hook that the kernel cannot update is refused" {
	write_version 1 raw_tp raw_tp:sys_enter link
	run -5 ctl load unit
	[[ $output = *entry* ]]
	root_is_empty
}
