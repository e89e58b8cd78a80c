#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Units come and go, with the kernel's objects.

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

@test "load by name: the unit file is looked for in the units' directory" {
	daemon_start
	packets_unit 1
	run -0 ctl load packets
	[[ $output = *"packets: loaded, generation none -> 1"* ]]
	tool packets v0 1000 0 5
	wait_until 5 eval '[ "$(event_count packets 1)" -eq 5 ]'
}
