#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What another hand does to what is attached: told once, shown in status, with Heal=yes made good. What
# goes and comes back is attached again in any case.

load helpers

setup()
{
	e2e_setup
	echo "DriftInterval=100ms" >>"$config"
	daemon_start
}

teardown()
{
	e2e_teardown
}

# hook_is STATE: that of hook "in" of unit "unit"
hook_is()
{
	[ "$(status_of unit '.hooks[0].state')" = "$1" ]
}

becomes()
{
	wait_until 10 hook_is "$1" || { ctl status unit; cat "$daemon_log"; return 1; }
}

link_id()
{
	status_of unit '.hooks[0].link_id'
}

# detach: by another hand, at the pin of hook "in"
detach()
{
	bpftool link detach pinned "$root/unit/hooks/in/link"
}

is_running()
{
	packets_send v0 1
	[ -n "$(versions unit)" ] && [ "$(versions unit | xargs -n 1 | tail -n 1)" = "$1" ] && delivers unit v0
}

xdp_unit()
{
	veth_make v0 v1
	kind_unit unit xdp 1 xdp:v1 "${1:-}"
	ctl -q load unit
}

# times TEXT: how many lines of the daemon's log have it
times()
{
	grep -cF -- "$1" "$daemon_log"
}

# ---- told ----

@test "a detached link is told, once, with the way out" {
	xdp_unit
	hook_is attached
	detach
	becomes detached
	[ "$(status_of unit .state)" = degraded ]
	[ "$(ctl -o json list | field '.units[0].state')" = degraded ]
	[[ $(status_of unit .reason) = *"hook in: another hand detached its link"*"Heal=yes"* ]]
	[[ $(ctl status unit) = *detached* ]]
	daemon_logged "warning: unit unit: hook in is detached: another hand detached its link"
	sleep 0.5
	[ "$(times 'hook in is detached')" -eq 1 ]
	[ "$(status_of unit '.hooks[0].attempts')" = null ]
}

@test "a detached link at each kind that can be detached" {
	cgroup_make
	veth_make v0 v1
	for kind in "xdp xdp:v1" "tcx tcx:v1/ingress" "cgroup_skb cgroup:$cgroup/skb_egress"; do
		for swap in link entry; do
			kind_unit unit "${kind% *}" 1 "${kind#* }" $'[Reload]\nSwap='$swap
			ctl -q load unit
			detach
			becomes detached
			ctl -q unload unit
		done
	done
}

@test "the program that took the place of a detached one is named" {
	xdp_unit
	detach
	ip link set v1 xdpgeneric obj "$objects/kind_xdp_v2.bpf.o" program on_event
	becomes detached
	wait_until 10 eval '[ "$(status_of unit ".hooks[0].other.name")" = on_event ]'
	[[ $(status_of unit '.hooks[0].detail') = *"in its place is program "*on_event* ]]
	ip link set v1 xdpgeneric off
}

@test "a replaced program is told, with what is known of the other" {
	xdp_unit
	bpftool prog load "$objects/kind_xdp_v2.bpf.o" "$dir/bpffs/other" type xdp
	tool link_update "$root/unit/hooks/in/link" "$dir/bpffs/other"
	becomes replaced
	local other
	other=$(bpftool -j prog show pinned "$dir/bpffs/other")
	[ "$(status_of unit '.hooks[0].other | "\(.id) \(.name) \(.tag) \(.uid)"')" = \
		"$(field '"\(.id) \(.name) \(.tag) \(.uid)"' <<<"$other")" ]
	daemon_logged "hook in is replaced: another hand replaced its program by program $(field .id <<<"$other")"
	# And when it is over.
	bpftool prog show pinned "$root/unit/gen-1/progs/on_event"
	tool link_update "$root/unit/hooks/in/link" "$root/unit/gen-1/progs/on_event"
	becomes attached
	[ "$(status_of unit .state)" = active ]
	[ "$(status_of unit .reason)" = null ]
	daemon_logged "notice: unit unit: hook in is attached again"
}

@test "a program that another hand put before ours at tcx is told, and left there" {
	veth_make v0 v1
	kind_unit unit tcx 1 tcx:v1/ingress
	sed -i '1a Heal=yes' "$units/unit.conf"
	ctl -q load unit
	bpftool prog load "$objects/kind_tcx_v2.bpf.o" "$dir/bpffs/other" type classifier
	tool tcx_first v1 "$dir/bpffs/other" "$dir/bpffs/first"
	becomes outranked
	[ "$(status_of unit '.hooks[0].other.id')" = "$(bpftool -j prog show pinned "$dir/bpffs/other" | field .id)" ]
	[[ $(status_of unit .reason) = *"before it"*"it is left there"* ]]
	delivers unit v0
	sleep 0.5
	hook_is outranked
	rm "$dir/bpffs/first"
	becomes attached
}

@test "what was there first outranks nobody" {
	veth_make v0 v1
	kind_unit first tcx 2 tcx:v1/ingress
	kind_unit unit tcx 1 tcx:v1/ingress
	ctl -q load first
	ctl -q load unit
	ctl -q reload first
	sleep 0.5
	hook_is attached
	[ "$(ctl -o json list | field '[.units[].state] | unique[]')" = active ]
}

# ---- made good ----

healing_unit()
{
	veth_make v0 v1
	kind_unit unit xdp 1 xdp:v1 "${1:-}"
	sed -i '1a Heal=yes' "$units/unit.conf"
	ctl -q load unit
}

waits_for_an_attempt()
{
	detach
	sleep 0.3
	[ "$(status_of unit '.hooks[0] | select(.attempts >= 2) | .next_attempt_usec')" ] &&
		[[ $(ctl status --full unit) = *"NEXT ATTEMPT"* ]]
}

@test "Heal=yes: a detached link is attached again, with back-off, and answers" {
	healing_unit
	delivers unit v0
	local before
	before=$(link_id)
	detach
	wait_until 10 daemon_logged "hook in is attached again"
	becomes attached
	[ "$(link_id)" != "$before" ]
	delivers unit v0
	# When it does not hold it takes a while, and status says until when.
	wait_until 20 waits_for_an_attempt
	becomes attached
	delivers unit v0
	ctl -q fsck
}

@test "Heal=yes: reload and rollback go on from there" {
	for swap in link entry; do
		healing_unit $'[Reload]\nSwap='$swap
		detach
		wait_until 10 daemon_logged "hook in is attached again"
		becomes attached
		wait_until 10 ctl -q reload unit --object "$objects/kind_xdp_v2.bpf.o"
		packets_send v0 1
		wait_until 10 eval '[ "$(versions unit)" = 2 ]'
		ctl -q rollback unit
		packets_send v0 1
		wait_until 10 eval '[ "$(versions unit)" = "2 1" ]'
		ctl -q unload unit
		xdp_is_off v1
		root_is_empty
		ip link del v0
		rm "$dir/unit.jsonl"
	done
}

xdp_is_off()
{
	[[ $(ip link show "$1") != *xdp* ]]
}

@test "Heal=yes: what cannot be attached is tried again, and says why" {
	healing_unit
	detach
	ip link set v1 xdpgeneric obj "$objects/kind_xdp_v2.bpf.o" program on_event || true
	detach_until_taken
	wait_until 20 eval '[ "$(status_of unit ".hooks[0].attempts // 0")" -ge 2 ]'
	[[ $(status_of unit .reason) = *"cannot be attached again"*"has an XDP program already"* ]]
	daemon_logged "is tried again in"
	ip link set v1 xdpgeneric off
	becomes attached
	delivers unit v0
}

# The place is ours or theirs, whoever came first: theirs from here on.
detach_until_taken()
{
	until ip link show v1 | grep -q xdpgeneric && [ "$(status_of unit '.hooks[0].other.name')" = on_event ]; do
		detach || true
		ip link set v1 xdpgeneric obj "$objects/kind_xdp_v2.bpf.o" program on_event 2>/dev/null || true
		sleep 0.05
	done
}

@test "Heal=yes: a replaced program is given back by compare and swap" {
	healing_unit
	bpftool prog load "$objects/kind_xdp_v2.bpf.o" "$dir/bpffs/other" type xdp
	tool link_update "$root/unit/hooks/in/link" "$dir/bpffs/other"
	wait_until 10 daemon_logged "hook in is replaced"
	becomes attached
	delivers unit v0
	[ "$(versions unit)" = 1 ]
}

@test "Heal=yes: a removed pin comes back, at hooks that cannot be detached too" {
	kind_unit unit raw_tp 1 raw_tp:sys_enter $'[Set]\ntarget_syscall=9999\n'
	sed -i '1a Heal=yes' "$units/unit.conf"
	ctl -q load unit
	rm "$root/unit/hooks/in/link"
	wait_until 10 daemon_logged "hook in is missing: another hand removed the pin of its link"
	becomes attached
	tool poke no-syscall 3
	wait_until 10 has_events unit 3
	[ -e "$root/unit/hooks/in/link" ]
}

@test "tc: a filter that another hand removes is told, and made again with Heal=yes" {
	veth_make v0 v1
	kind_unit unit tcx 1 tc:v1/ingress
	ctl -q load unit
	tc filter del dev v1 ingress pref 50000
	becomes detached
	[[ $(status_of unit .reason) = *"another hand detached its filter"* ]]
	sed -i '1a Heal=yes' "$units/unit.conf"
	ctl -q reload unit
	becomes attached
	delivers unit v0
	tc qdisc del dev v1 clsact
	wait_until 10 eval '[[ $(tc filter show dev v1 ingress) = *direct-action* ]]'
	becomes attached
	delivers unit v0
	ctl -q fsck
}

@test "tc: a filter that runs a program of another hand is not forced" {
	veth_make v0 v1
	kind_unit unit tcx 1 tc:v1/ingress
	ctl -q load unit
	bpftool prog load "$objects/kind_tcx_v2.bpf.o" "$dir/bpffs/other" type classifier
	tc filter replace dev v1 ingress pref 50000 \
		handle "0x$(printf %x "$(bpftool -j prog show pinned "$root/unit/hooks/in/entry" | jq .id)")" \
		bpf direct-action object-pinned "$dir/bpffs/other"
	becomes replaced
	ctl -q reload unit --object "$objects/kind_tcx_v2.bpf.o"
	hook_is replaced
	[[ $(status_of unit .reason) = *"another hand replaced its program"* ]]
	ctl -q unload unit
	# Theirs stays.
	[[ $(tc filter show dev v1 ingress) = *direct-action* ]]
}

@test "Heal= is taken by a reload" {
	xdp_unit
	detach
	becomes detached
	sed -i '1a Heal=yes' "$units/unit.conf"
	ctl -q reload unit
	becomes attached
	delivers unit v0
}

# ---- what goes and comes back ----

@test "an interface that goes makes the hook wait; when it returns it is attached again" {
	for swap in link entry; do
		xdp_unit $'[Reload]\nSwap='$swap
		delivers unit v0
		ip link del v0
		becomes waiting
		[[ $(status_of unit .reason) = *'interface "v1" is not there'* ]]
		[ "$(status_of unit .state)" = degraded ]
		veth_make v0 v1
		becomes attached
		[ "$(status_of unit .state)" = active ]
		delivers unit v0
		ctl -q fsck
		ctl -q unload unit
		root_is_empty
		ip link del v0
	done
}

@test "netlink tells, long before the interval is over" {
	daemon_stop
	sed -i 's/^DriftInterval=.*/DriftInterval=60min/' "$config"
	daemon_start
	xdp_unit
	ip link del v0
	becomes waiting
	veth_make v0 v1
	becomes attached
	delivers unit v0
}

@test "a cgroup that goes makes the hook wait; when it returns it is attached again" {
	cgroup_make
	mkdir "$cgroup/inner"
	kind_unit unit connect4 1 "cgroup:$cgroup/inner/connect4"
	ctl -q load unit
	rmdir "$cgroup/inner"
	becomes waiting
	[[ $(status_of unit .reason) = *"cgroup \"$cgroup/inner\" is not there"* ]]
	mkdir "$cgroup/inner"
	becomes attached
	# shellcheck disable=SC2016
	bash -c 'echo 0 >"$1/inner/cgroup.procs" && shift && exec "$@"' poke "$cgroup" \
		"$build/tests/tools/poke" datagram 3
	wait_until 10 eval '[ "$(event_count unit)" -ge 3 ]'
	rmdir "$cgroup/inner"
}

@test "a network namespace that goes makes the hook wait; when it returns it is attached again" {
	local namespace=$dir/namespace
	touch "$namespace"
	unshare --net="$namespace" true
	unit_write unit <<-END
		[Unit]
		Object=$objects/life_netns_v1.bpf.o
		[Hook in]
		Program=on_sk_lookup
		Attach=netns:$namespace/sk_lookup
		[Events events]
		Record=life_event
		Sink=file:$dir/unit.jsonl
	END
	ctl -q load unit
	wait_until 10 umount "$namespace" # busy while the daemon looks
	becomes waiting
	[[ $(status_of unit .reason) = *"network namespace \"$namespace\" is not there"* ]]
	unshare --net="$namespace" true
	becomes attached
	nsenter --net="$namespace" ip link set lo up
	nsenter --net="$namespace" "$build/tests/tools/poke" loose-datagram 3
	wait_until 10 eval '[ "$(event_count unit)" -ge 3 ]'
	wait_until 10 umount "$namespace" # busy while the daemon looks
}

@test "a reload and a rollback while a hook waits: what is in force by then is attached" {
	for swap in link entry; do
		xdp_unit $'[Reload]\nSwap='$swap
		ip link del v0
		becomes waiting
		ctl -q reload unit --object "$objects/kind_xdp_v2.bpf.o"
		[[ $(status_of unit .last.note) = *"hook in is waiting"* ]]
		hook_is waiting
		veth_make v0 v1
		becomes attached
		packets_send v0 1
		wait_until 10 eval '[ "$(versions unit)" = 2 ]'
		ip link del v0
		becomes waiting
		ctl -q rollback unit
		veth_make v0 v1
		becomes attached
		packets_send v0 1
		wait_until 10 eval '[ "$(versions unit)" = "2 1" ]'
		ctl -q unload unit
		ip link del v0
		rm "$dir/unit.jsonl"
	done
}

@test "one hook of two waits, the other answers" {
	veth_make v0 v1
	traffic_unit 1
	ctl -q load traffic
	ip link del v0
	wait_until 10 eval '[ "$(status_of traffic ".hooks[] | select(.name == \"in\") | .state")" = waiting ]'
	[ "$(status_of traffic '.hooks[] | select(.name == "exec") | .state')" = attached ]
	/bin/true
	wait_until 10 eval '[ "$(event_count traffic)" -ge 1 ]'
}

# ---- another daemon in between ----

@test "a start without the interface: the unit is adopted, the hook waits" {
	xdp_unit
	daemon_stop
	ip link del v0
	daemon_start
	hook_is waiting
	daemon_logged "hook in is waiting"
	veth_make v0 v1
	becomes attached
	delivers unit v0
}

@test "an interface that went and came back while no daemon ran is attached again" {
	xdp_unit
	daemon_kill
	ip link del v0
	veth_make v0 v1
	daemon_start
	becomes attached
	delivers unit v0
}

@test "a link detached while no daemon ran is told by the next, and not attached" {
	xdp_unit
	daemon_stop
	detach
	daemon_start
	hook_is detached
	sleep 0.5
	hook_is detached
	# And without a daemon at all.
	daemon_kill
	ctl -o json status unit --root "$root" 2>/dev/null >"$dir/status"
	[ "$(field .state <"$dir/status")" = degraded ]
	[ "$(field '.hooks[0].state' <"$dir/status")" = detached ]
	[[ $(field .reason <"$dir/status") = *"another hand detached its link"* ]]
}

@test "a daemon that is restarted while it waits goes on waiting" {
	xdp_unit
	ip link del v0
	becomes waiting
	daemon_kill
	daemon_start
	hook_is waiting
	daemon_stop
	veth_make v0 v1
	daemon_start
	becomes attached
	delivers unit v0
}
