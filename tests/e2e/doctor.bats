#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel can do, with and without a daemon, for the kernel and for a unit.

load helpers

setup()
{
	e2e_setup
}

teardown()
{
	e2e_teardown
}

@test "all features are told without a daemon, and each that is missing says what is reduced" {
	run -0 --separate-stderr ctl -o json doctor
	jq -e '.unit == null and (.features | length > 15)' <<<"$output"
	jq -e '.missing == ([.features[] | select(.here | not)] | length)' <<<"$output"
	jq -e 'all(.features[]; (.probed | length > 0) and (.here == (.reduced == null)))' <<<"$output"
	jq -e '.features[] | select(.name == "ring buffers").here' <<<"$output"
}

@test "a table for people, and nothing with -q" {
	run -0 ctl doctor
	[[ ${lines[0]} = "Linux $(uname -r): "*" features probed, "*" not there" ]]
	[[ ${lines[1]} = *FEATURE*HERE*PROBED*REDUCED* ]]
	run -0 ctl -q doctor
	[ -z "$output" ]
}

@test "a unit is told what it leans on, with its hooks, by the daemon and by its pins" {
	veth_make v0 v1
	daemon_start
	packets_unit 1 v1
	ctl -q load packets
	run -0 --separate-stderr ctl -o json doctor packets
	jq -e '.unit == "packets" and .missing == 0' <<<"$output"
	[ "$(jq -c '[.features[] | select(.hooks) | [.name, .hooks]]' <<<"$output")" = '[["xdp links",["in"]]]' ]
	jq -e 'any(.features[]; .name == "ring buffers")' <<<"$output"
	! jq -e 'any(.features[]; .name == "kprobes")' <<<"$output"
	daemon_kill
	run -0 --separate-stderr ctl -o json doctor packets --root "$root"
	jq -e 'any(.features[]; .name == "xdp links" and .hooks == ["in"])' <<<"$output"
}

@test "a unit that is not there, and a caller without privileges" {
	daemon_start
	run -3 ctl doctor nobody
	run -2 ctl doctor Bad/Name
	run -4 setpriv --reuid=65534 --clear-groups --bounding-set=-all "$build/ebpfctl" doctor
	[[ $output = *"as root"* ]]
}
