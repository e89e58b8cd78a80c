#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The method Figures: the numbers of all units, held against what was sent and what status says.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
}

# figures [true]: true, with the programs of the host; in $dir/figures
figures()
{
	busctl --address="unix:path=$runtime/control.sock" --json=short call org.ebpfd \
		/org/ebpfd/Manager org.ebpfd.Manager1 Figures b "${1:-false}" |
		jq -r '.data[0]' >"$dir/figures"
}

# figure FILTER
figure()
{
	field "$1" <"$dir/figures"
}

all_consumed()
{
	figures && [ "$(figure '.units[0].generations[0].rings[0].consumed')" -eq "$1" ]
}

@test "events, verdicts and rings are those of the traffic, and of status" {
	packets_unit 1
	daemon_start
	packets_send v0 7
	wait_until 10 all_consumed 7

	[ "$(figure '.units | length')" -eq 1 ]
	[ "$(figure '.units[0] | .name, .state, .generation' | paste -sd' ')" = "packets active 1" ]
	[ "$(figure '.units[0].hooks[0] | .name, .way, .state' | paste -sd' ')" = "in link attached" ]
	[ "$(figure '.units[0].hooks[0].program_id')" = "$(status_of packets '.hooks[0].program_id')" ]
	[ "$(figure '.units[0].hooks[0].attached_id')" = "$(status_of packets '.hooks[0].program_id')" ]
	[ "$(figure '.units[0].hooks[0] | .missed, .skipped' | paste -sd' ')" = "null 0" ]
	[ "$(figure '.units[0].generations[0].hooks[0] | .runs, .attempted, .failed, .verdicts[1]' |
		paste -sd' ')" = "7 7 0 7" ]
	[ "$(figure '.units[0].generations[0].rings[0] | .delivered, .dropped, .in_ring, .fill_bytes' |
		paste -sd' ')" = "7 0 0 0" ]
	[ "$(figure '.units[0].generations[0].rings[0].peak_bytes')" -gt 0 ]
	[ "$(figure '[.units[0].maps[] | select(.name == "events") | .bytes][0]')" -gt \
		"$(figure '.units[0].generations[0].rings[0].size_bytes')" ]
	[ "$(figure '.daemon.pss_bytes')" -gt 100000 ]
	[ "$(figure '.programs')" = null ]
}

@test "the former generation's counts stay beside those in force, and operations are counted" {
	packets_unit 1
	daemon_start
	packets_send v0 3
	wait_until 10 all_consumed 3
	packets_unit 2
	ctl -q reload packets
	packets_send v0 4
	wait_until 10 all_consumed 4

	[ "$(figure '.units[0].generations[] | "\(.generation) \(.in_force) \(.hooks[0].runs)"' |
		paste -sd,)" = "2 true 4,1 false 3" ]
	[ "$(figure '.units[0].operations[] | "\(.operation) \(.result) \(.count)"' | paste -sd,)" = \
		"load done 1,reload done 1" ]
	[ "$(figure '.units[0].last | .operation, .result' | paste -sd' ')" = "reload done" ]
	[ "$(figure '[.units[0].phases[] | select(.phase == "barrier") | .count][0]')" -eq 1 ]

	printf 'no object\n' >"$dir/broken.o"
	run -5 ctl -q reload packets --object "$dir/broken.o"
	figures
	[ "$(figure '.units[0].last | .operation, .result' | paste -sd' ')" = "reload refused" ]
}

@test "the kernel counts runs from the first question on, of an entry over generations" {
	packets_unit 1 v1 $'[Reload]\nSwap=entry'
	daemon_start
	figures
	[ "$(figure .run_time_is_counted)" = false ]
	packets_send v0 5
	wait_until 10 all_consumed 5
	[ "$(figure .run_time_is_counted)" = true ]
	[ "$(figure '.units[0].hooks[0].kernel.runs')" -eq 5 ]
	[ "$(figure '.units[0].hooks[0].kernel.run_ns')" -gt 0 ]
	[ "$(figure '.units[0].hooks[0].missed')" -eq 0 ]
	[ "$(figure '.units[0].hooks[0] | .attached_id == .program_id')" = false ]
	packets_unit 2 v1 $'[Reload]\nSwap=entry'
	ctl -q reload packets
	packets_send v0 5
	wait_until 10 all_consumed 5
	[ "$(figure '.units[0].hooks[0].kernel.runs')" -eq 10 ]
}

@test "programs of the whole host, and whose they are" {
	packets_unit 1
	daemon_start
	figures true
	local id
	id=$(status_of packets '.hooks[0].program_id')
	[ "$(figure ".programs[] | select(.id == $id) | .type, .unit" | paste -sd' ')" = "xdp packets" ]
	[ "$(figure '[.programs[].id] == ([.programs[].id] | sort)')" = true ]
}

@test "what subscribers lost stays counted when they have left" {
	packets_unit 1
	daemon_start
	packets_send v0 3
	wait_until 10 all_consumed 3
	ctl -o json events packets -n 3 >"$dir/lines"
	figures
	[ "$(figure '.units[0].subscribers | .count, .delivered, .lost' | paste -sd' ')" = "0 3 0" ]
}

@test "a first load that fails is counted, though there is no unit to count it at" {
	daemon_start
	unit_write none <<-END
		[Unit]
		Object=$objects/packets_cpu_v1.bpf.o
		[Hook in]
		Program=no_such_program
		Attach=xdp:v1
	END
	run ! ctl -q load none
	figures
	[ "$(figure '.daemon.failed_loads')" -eq 1 ]
	[ "$(figure '.units | length')" -eq 0 ]
}
