#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A real Prometheus scrapes a daemon under load while a unit is reloaded again and again: all that
# docs/metrics.md lists is there, and the counters agree with counts from outside. COUNTS: the file that
# gets "series=N missing=N mismatched=N". QUICK=1: 10 reloads.

load ../e2e/helpers
load ../e2e/metrics
load prometheus

setup()
{
	e2e_setup
	veth_make v0 v1
	reloads=50
	[ "${QUICK:-0}" = 0 ] || reloads=10
	missing=0 mismatched=0
}

teardown()
{
	prometheus_stop
	e2e_teardown
}

# over_all NAME: a counter of the unit "packets", over all generations that there were
over_all()
{
	sum "max_over_time($1{unit=\"packets\"}[1h])"
}

# agree WHAT OUTSIDE COUNTED
agree()
{
	echo "# $1: $2 outside, $3 in Prometheus"
	[ "$2" -eq "$3" ] || mismatched=$((mismatched + 1))
}

series_of_the_page()
{
	sed -nE '/^## Of unit files/q; s/^\| `(ebpfd_[a-z_]+)` \| ([a-z]+) .*/\1 \2/p' docs/metrics.md |
		sed -E 's/ histogram$/_bucket/; s/ [a-z]+$//'
}

caught_up()
{
	[ "$(over_all ebpfd_ring_records_consumed_total)" = "$sent" ]
}

@test "every series of the page is there, and counters agree with counts from outside over reloads" {
	local name listed=0 i
	every_unit
	metrics_start
	prometheus_start
	packets_begin v0 500
	for ((i = 0; i < reloads; i++)); do
		ctl -q reload packets
		sleep 1.5
	done
	packets_end
	wait_until 30 caught_up || true
	for name in $(series_of_the_page); do
		listed=$((listed + 1))
		[ "$(ask series "match[]=$name" | jq length)" -gt 0 ] || { missing=$((missing + 1)); echo "missing: $name"; }
	done
	agree "packets consumed" "$sent" "$(over_all ebpfd_ring_records_consumed_total)"
	agree "packets attempted" "$sent" "$(over_all ebpfd_program_records_attempted_total)"
	agree "runs of programs" "$sent" "$(over_all ebpfd_program_runs_total)"
	agree "verdicts" "$sent" "$(over_all ebpfd_program_verdicts_total)"
	agree "records delivered" "$sent" "$(over_all ebpfd_ring_records_delivered_total)"
	agree "records failed" 0 "$(over_all ebpfd_program_records_failed_total)"
	agree "a map's packets" "$sent" "$(sum 'max_over_time(ebpfd_user_packets_total[1h])')"
	agree "reloads" "$reloads" "$(sum 'max_over_time(ebpfd_unit_operations_total{unit="packets",operation="reload",result="done"}[1h])')"
	agree "lines of the sink" "$sent" "$(event_count packets)"
	echo "series=$listed missing=$missing mismatched=$mismatched" >"$COUNTS"
	[ "$listed" -gt 30 ] && [ "$missing" -eq 0 ] && [ "$mismatched" -eq 0 ]
}

# queries: of the dashboard's panels and annotations, for all hosts and units, over a time that no slow
# machine lets pass
queries()
{
	jq -r '.panels[].targets[].expr, .annotations.list[].expr' packaging/grafana/ebpfd.json |
		sed 's/\$__rate_interval/1h/g; s/\$__interval/1h/g; s/"\$[a-z]*"/".*"/g'
}

@test "every query of the dashboard has an answer" {
	local query
	every_unit
	metrics_start
	prometheus_start
	packets_begin v0 100
	sleep 5
	ctl -q reload packets
	sleep 3
	packets_end
	while read -r query; do
		echo "$query"
		[ "$(ask query "query=$query" | jq '.result | length')" -gt 0 ]
	done < <(queries)
}

@test "promtool finds no fault in either format" {
	every_unit
	metrics_start
	curl -sf "http://127.0.0.1:$port/metrics" | "$PROMETHEUS/usr/bin/promtool" check metrics
}
