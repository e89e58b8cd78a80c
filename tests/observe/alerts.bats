#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The alerts of packaging/prometheus: each against cases of alerts.yml, and those that a test can bring
# about by a daemon's state, seen to fire in a real Prometheus and to be over.

load ../e2e/helpers
load ../e2e/metrics
load prometheus

rules=packaging/prometheus/ebpfd.rules.yml

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	prometheus_stop
	e2e_teardown
}

# Seconds in place of minutes: else they are as they are shipped.
fast_rules()
{
	sed -E 's/for: .*/for: 1s/; s/(\[|offset )(5|15)m/\110s/g' "$rules" >"$dir/rules.yml"
}

# firing ALERT [LABELS]: how many with that, jq's object; each says a sentence
firing()
{
	ask alerts | jq --arg name "$1" "[.alerts[] | select(.state == \"firing\" and .labels.alertname == \$name)
		| select(.labels | contains(${2:-"{}"}))
		| select(.annotations.summary and all(.annotations[]; test(\"<no value>|<error|[{][{]\") | not))] | length"
}

is_firing()
{
	[ "$(firing "$@")" -gt 0 ]
}

is_over()
{
	[ "$(firing "$1")" -eq 0 ]
}

# comes ALERT [LABELS]
comes()
{
	wait_until 20 is_firing "$@" || { ask alerts; return 1; }
}

# goes ALERT
goes()
{
	wait_until 30 is_over "$1" || { ask alerts; return 1; }
}

@test "each alert has a case, and each case holds" {
	"$PROMETHEUS/usr/bin/promtool" check rules "$rules"
	"$PROMETHEUS/usr/bin/promtool" test rules tests/observe/alerts.yml
	diff <(yq -r '.groups[].rules[].alert' "$rules" | sort) \
		<(yq -r '.tests[].promql_expr_test[].exp_samples[].labels' tests/observe/alerts.yml |
			sed -n 's/.*alertname="\([^"]*\)",alertstate="firing".*/\1/p' | sort -u)
}

@test "a daemon that is gone, and a unit that could not be loaded" {
	fast_rules
	packets_unit 1
	object_unit other none
	metrics_start
	prometheus_start "$dir/rules.yml"
	comes EbpfdUnitNotLoaded
	comes EbpfdDegraded
	object_unit other kept_v1
	sed -i s/xdp:v1/xdp:v0/ "$(unit_path other)"
	ctl -q daemon-reload
	goes EbpfdUnitNotLoaded
	goes EbpfdDegraded
	is_over EbpfdDown
	daemon_kill
	comes EbpfdDown '{instance: "127.0.0.1:9435"}'
	daemon_start
	goes EbpfdDown
}

@test "a hook that another hand was at, and a reload that was refused" {
	fast_rules
	packets_unit 1
	printf 'DriftInterval=100ms\n' >>"$config"
	metrics_start
	prometheus_start "$dir/rules.yml"
	packets_send v0 1
	is_over EbpfdHookNotAttached
	bpftool link detach pinned "$root/packets/hooks/in/link"
	comes EbpfdHookNotAttached '{unit: "packets", hook: "in"}'
	ctl -q unload packets
	ctl -q load packets
	goes EbpfdHookNotAttached
	is_over EbpfdOperationFailed
	echo no object >"$dir/broken.o"
	run -5 ctl -q reload packets --object "$dir/broken.o"
	comes EbpfdOperationFailed '{unit: "packets", operation: "reload", result: "refused"}'
	goes EbpfdOperationFailed
}

# Nobody reads, and a page has room for some.
@test "records that are lost in a full ring" {
	fast_rules
	packets_unit 1
	sed -i '/^Record=/a Size=4096' "$(unit_path packets)"
	metrics_start
	prometheus_start "$dir/rules.yml"
	is_over EbpfdRecordsLost
	kill -STOP "$daemon_pid"
	packets_send v0 500
	kill -CONT "$daemon_pid"
	comes EbpfdRecordsLost '{unit: "packets", hook: "in"}'
	[ "$(sum 'ebpfd_program_records_failed_total{unit="packets"}')" = "$(status_of packets '.events[0].failed')" ]
	goes EbpfdRecordsLost
}
