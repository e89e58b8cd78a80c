#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Reloads and rollbacks under traffic: nothing lost, nothing doubled, all hooks at once.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	daemon_start
}

teardown()
{
	e2e_teardown
}

# all_received UNIT: each packet that the generator sent, once
all_received()
{
	[[ $(tally "$1") = "received=$sent duplicated=0 again=0 torn=0 "* ]]
}

# reload_times COUNT TEXT: turn and turn about between the versions of the example, whose unit file
# ends in TEXT
reload_times()
{
	local i
	for ((i = 1; i <= $1; i++)); do
		packets_unit $((1 + i % 2)) v1 "$2"
		ctl -o json reload packets >"$dir/receipt.$i" || { cat "$dir/receipt.$i"; return 1; }
	done
}

# each_receipt FILTER: the values that FILTER has in the receipts, each once
each_receipt()
{
	jq -r "$1" "$dir"/receipt.* | sort -u
}

packets_begin_second()
{
	"$build/tests/tools/packets" "$1" "$2" 1 >"$dir/sent_second" 3>&- &
	second=$!
}

packets_end_second()
{
	kill -TERM "$second" && wait "$second" && sent_second=$(cat "$dir/sent_second")
}

@test "20 reloads under traffic, link: no event lost or doubled, and the receipts know" {
	packets_unit 1
	ctl -q load packets
	packets_begin v0 5000
	reload_times 20 ''
	packets_end
	wait_until 10 all_received packets || tally packets
	all_received packets
	[ "$(each_receipt '.events[].identity')" = holds ]
	[ "$(each_receipt '.events[].failed')" = 0 ]
	[ "$(each_receipt '.generation.after - .generation.before')" = 1 ]
	[ "$(status_of packets .generation)" -eq 21 ]
}

@test "20 reloads under traffic, entry: no event lost or doubled, and the receipts know" {
	packets_unit 1 v1 $'[Reload]\nSwap=entry'
	ctl -q load packets
	packets_begin v0 5000
	reload_times 20 $'[Reload]\nSwap=entry'
	packets_end
	wait_until 10 all_received packets || tally packets
	all_received packets
	[ "$(each_receipt '.events[].identity')" = holds ]
	[ "$(status_of packets '.hooks[0].missed')" -eq 0 ]
}

@test "20 rollbacks under traffic: no event lost or doubled" {
	packets_unit 1
	ctl -q load packets
	packets_unit 2
	ctl -q reload packets
	packets_begin v0 5000
	for i in {1..20}; do
		ctl -o json rollback packets >"$dir/receipt.$i"
	done
	packets_end
	wait_until 10 all_received packets || tally packets
	all_received packets
	[ "$(each_receipt '.events[].identity')" = holds ]
	[ "$(status_of packets .generation)" -eq 2 ]
}

# held: what the daemon has and keeps, by what it is: descriptors, mappings, pins, files
held()
{
	find "/proc/$daemon_pid/fd" -type l -printf '%l\n' | grep -v '^socket:' | sort | uniq -c
	awk '{ print $6 }' "/proc/$daemon_pid/maps" | sort | uniq -c
	find "$root" "$dir/state" -printf '%P\n' | sed 's/[0-9]\+/N/g' | sort | uniq -c
}

# go_rounds COUNT: all that a unit in service meets
go_rounds()
{
	local round
	for ((round = 0; round < $1; round++)); do
		reload_times 2 ''
		ctl -q rollback packets
		run -5 ctl reload packets --object "$objects/kept_v2_key.bpf.o"
		run -5 ctl reload packets --object "$dir/missing.o"
		run timeout --preserve-status 0.1 "$build/ebpfctl" --runtime-dir "$runtime" events packets
		ctl plan packets >"$dir/plan"
		ctl fsck >"$dir/fsck"
	done
	wait_until 10 clients_are_gone
}

@test "however often: reloads, rollbacks, refusals and readers give back what they need" {
	daemon_stop
	echo HistoryMax=4 >>"$config"
	daemon_start
	packets_unit 1
	ctl -q load packets
	packets_begin v0 500
	# The history has all that it keeps after these.
	go_rounds 3
	held >"$dir/before"
	go_rounds 5
	held >"$dir/after"
	packets_end
	diff "$dir/before" "$dir/after"
}

@test "a unit of several hooks flips together: no version is seen again after the next one" {
	veth_make w0 w1
	both_unit
	ctl -q load both
	[ "$(status_of both '[.hooks[].way] | join(" ")')" = "entry entry" ]
	packets_begin v0 2000
	packets_begin_second w0 2000
	ctl -q reload both --object "$examples/packets-v2.bpf.o"
	ctl -q rollback both
	packets_end_second
	packets_end
	wait_until 10 eval '[ "$(event_count both)" -eq $((sent + sent_second)) ]'
	[ "$(versions both)" = "1 2 1" ]
}

@test "two hooks of different kinds flip together" {
	cgroup_make
	traffic_unit 1 v1 "[Set]
target_cgroup=$(stat -c %i "$cgroup")"
	ctl -q load traffic
	packets_send v0 2
	in_cgroup /bin/true
	wait_until 5 eval '[ "$(event_count traffic 1)" -eq 3 ]'
	ctl -q reload traffic --object "$examples/traffic-v2.bpf.o"
	packets_send v0 2
	in_cgroup /bin/true
	wait_until 5 eval '[ "$(event_count traffic 2)" -eq 3 ]'
	[ "$(versions traffic)" = "1 2" ]
}

@test "Swap=link on several hooks: each link is exchanged, and the receipt speaks of the mixed window" {
	local links
	veth_make w0 w1
	both_unit "[Reload]
Swap=link"
	ctl -q load both
	[ "$(status_of both '[.hooks[].way] | join(" ")')" = "link link" ]
	links=$(status_of both '[.hooks[].link_id] | join(" ")')
	ctl -o json reload both --object "$examples/packets-v2.bpf.o" >"$dir/receipt"
	[ "$(status_of both '[.hooks[].link_id] | join(" ")')" = "$links" ]
	[ "$(jq '.note | length' "$dir/receipt")" -gt 0 ]
	packets_send v0 3
	packets_send w0 3
	wait_until 5 eval '[ "$(event_count both 2)" -eq 6 ]'
	ctl -q rollback both
	packets_send v0 3
	packets_send w0 3
	wait_until 5 eval '[ "$(event_count both 1)" -eq 6 ]'
}

@test "plain objects load and reload, and their receipts say unverified" {
	local id
	unit_write plain <<-END
		[Unit]
		Object=$objects/plain_tracepoint.bpf.o
		[Hook in]
		Program=on_getpid
		Attach=tracepoint:syscalls/sys_enter_getpid
		[Events calls]
		Record=call
		Sink=file:$dir/plain.jsonl
	END
	ctl -q load plain
	id=$(status_of plain '.maps[] | select(.name == "calls_by_thread") | .id')
	tool poke getpid 5
	wait_until 5 eval '[ "$(events plain .nth | grep -c 5)" -ge 1 ]'
	[ "$(ctl -o json reload plain | field '.events[0].identity')" = unverified ]
	[ "$(status_of plain '.maps[] | select(.name == "calls_by_thread") | .id')" = "$id" ]
	tool poke getpid 6
	wait_until 5 eval '[ "$(events plain .nth | grep -c 6)" -ge 1 ]'
}

@test "a plain object of two cgroup hooks, [Set] and no ring" {
	cgroup_make
	unit_write plain <<-END
		[Unit]
		Object=$objects/plain_cgroup.bpf.o
		[Set]
		refused_port=53
		[Hook out]
		Program=on_egress
		Attach=cgroup:$cgroup/skb_egress
		[Hook connect]
		Program=on_connect4
		Attach=cgroup:$cgroup/connect4
	END
	ctl -q load plain
	in_cgroup "$build/tests/tools/poke" datagram
	run ! in_cgroup bash -c 'echo >/dev/udp/127.0.0.1/53'
	in_cgroup bash -c 'echo >/dev/udp/127.0.0.1/54'
	sed -i s/refused_port=53/refused_port=54/ "$(unit_path plain)"
	ctl -q reload plain
	in_cgroup bash -c 'echo >/dev/udp/127.0.0.1/53'
	run ! in_cgroup bash -c 'echo >/dev/udp/127.0.0.1/54'
	ctl -q unload plain
	in_cgroup bash -c 'echo >/dev/udp/127.0.0.1/54'
}
