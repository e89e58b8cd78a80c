#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Metrics: what docs/metrics.md lists is there and nothing else, in both formats; a scraper can
# neither hold anything up nor break anything.

load helpers
load metrics

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	exec 5>&- 6>&- || true
	e2e_teardown
}

# scrape [CURL OPTION]...: to $dir/metrics
scrape()
{
	curl -sf --max-time 10 -o "$dir/metrics" "$@" "http://127.0.0.1:$port/metrics"
}

scrape_open()
{
	scrape -H 'Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
}

# value SERIES: as it stands in the last scrape
value()
{
	awk -v series="$1" 'index($0, series " ") == 1 { print $NF }' "$dir/metrics"
}

consumed()
{
	scrape && [ "$(value 'ebpfd_ring_records_consumed_total{unit="packets",ring="events",generation="1"}')" = "$1" ]
}

@test "without Listen= nobody listens" {
	packets_unit 1
	daemon_start
	run ! curl -s --max-time 2 "http://127.0.0.1:$port/metrics"
	[ -z "$(ss -Htln)" ]
}

# families: NAME TYPE UNIT LABELS MEANING of the last scrape in OpenMetrics, as the page has them
families()
{
	awk '
		function flush() {
			if (name == "") return
			n = 0
			for (label in labels) sorted[++n] = label
			asort_labels(n)
			list = ""
			for (i = 1; i <= n; i++) list = list (i > 1 ? ", " : "") "`" sorted[i] "`"
			printf "| `%s%s` | %s | %s | %s | %s |\n", name, type == "counter" ? "_total" : "",
				type, unit, list, help
			delete labels; name = ""
		}
		function asort_labels(n,  i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && order[sorted[j]] < order[sorted[j - 1]]; j--) {
					t = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = t
				}
		}
		/^# HELP / { flush(); name = $3; unit = ""; help = substr($0, length($1 $2 $3) + 4); next }
		/^# TYPE / { type = $4; next }
		/^# UNIT / { unit = $4; next }
		/^# EOF/ { flush(); next }
		{
			while (match($0, /[{,][a-z_]+="/)) {
				label = substr($0, RSTART + 1, RLENGTH - 3)
				if (!(label in labels)) { labels[label] = 1; order[label] = ++seen }
				if (label == "le") delete labels[label]
				$0 = substr($0, RSTART + RLENGTH)
				sub(/^([^"\\]|\\.)*"/, "")
			}
		}' "$dir/metrics"
}

without_samples()
{
	awk '/^# TYPE / { if (name != "" && !n) print name; name = $3; n = 0; next }
		!/^#/ { n++ }
		END { if (!n) print name }' "$dir/metrics"
}

@test "docs/metrics.md lists what is there, with type, unit, labels and meaning, and all of it is there" {
	every_unit
	metrics_start
	scrape_open
	without_samples
	[ "$(without_samples)" = "" ]
	[ "$(families | wc -l)" -gt 35 ]
	diff <(grep '^| `ebpfd_' docs/metrics.md | sort) <(families | grep -v '^| `ebpfd_user_' | sort)
}

# Not installed for the tests: Debian's package would start a server.
@test "promtool finds no fault" {
	command -v promtool >/dev/null || skip "without promtool (Debian's package prometheus)"
	every_unit
	metrics_start
	scrape
	promtool check metrics <"$dir/metrics"
}

@test "both formats are valid, and negotiated" {
	every_unit
	metrics_start
	scrape -D "$dir/head"
	grep -q 'text/plain; version=0.0.4' "$dir/head"
	run ! grep -q '^# EOF' "$dir/metrics"

	scrape_open -D "$dir/head"
	[ "$(tail -1 "$dir/metrics")" = "# EOF" ]
	grep -q '^# UNIT ebpfd_hook_run_seconds seconds$' "$dir/metrics"
	grep -q '^# TYPE ebpfd_hook_run_seconds counter$' "$dir/metrics"
	# The same series in both, names and labels alike.
	grep -o '^ebpfd[^ ]* ' "$dir/metrics" | sort >"$dir/open"
	scrape
	diff "$dir/open" <(grep -o '^ebpfd[^ ]* ' "$dir/metrics" | sort)
}

@test "the numbers are those of the traffic" {
	packets_unit 1
	metrics_start
	packets_send v0 9
	wait_until 10 consumed 9
	[ "$(value 'ebpfd_program_runs_total{unit="packets",hook="in",generation="1"}')" = 9 ]
	[ "$(value 'ebpfd_program_verdicts_total{unit="packets",hook="in",generation="1",verdict="1"}')" = 9 ]
	[ "$(value 'ebpfd_ring_records_delivered_total{unit="packets",ring="events",generation="1"}')" = 9 ]
	[ "$(value 'ebpfd_program_records_attempted_total{unit="packets",hook="in",generation="1"}')" = 9 ]
	[ "$(value 'ebpfd_program_records_failed_total{unit="packets",hook="in",generation="1"}')" = 0 ]
	[ "$(value 'ebpfd_ring_records_dropped_total{unit="packets",ring="events",generation="1"}')" = 0 ]
	[ "$(value 'ebpfd_ring_records_again_total{unit="packets",ring="events",generation="1"}')" = 0 ]
	[ "$(value 'ebpfd_ring_records_waiting{unit="packets",ring="events",generation="1"}')" = 0 ]
	[ "$(value 'ebpfd_hook_attached{unit="packets",hook="in"}')" = 1 ]
	[ "$(value 'ebpfd_unit_state{unit="packets",state="active"}')" = 1 ]
	[ "$(value 'ebpfd_unit_operations_total{unit="packets",operation="load",result="done"}')" = 1 ]
	packets_unit 2
	ctl -q reload packets
	scrape
	[ "$(value 'ebpfd_unit_generation{unit="packets"}')" = 2 ]
	[ "$(value 'ebpfd_unit_phase_seconds_count{unit="packets",phase="barrier"}')" = 1 ]
	[ "$(value 'ebpfd_unit_phase_seconds_bucket{unit="packets",phase="barrier",le="+Inf"}')" = 1 ]
	[ "$(value 'ebpfd_program_runs_total{unit="packets",hook="in",generation="1"}')" = 9 ]
	[ "$(value 'ebpfd_program_runs_total{unit="packets",hook="in",generation="2"}')" = 0 ]
}

@test "drift is told" {
	packets_unit 1
	printf 'DriftInterval=100ms\n' >>"$config"
	metrics_start
	bpftool link detach pinned "$root/packets/hooks/in/link"
	is_detached()
	{
		scrape && [ "$(value 'ebpfd_hook_attached{unit="packets",hook="in"}')" = 0 ]
	}
	wait_until 10 is_detached
	[ "$(value ebpfd_degraded)" = 1 ]
	grep -q '^ebpfd_hook_info{.*state="detached"} 1' "$dir/metrics"
}

@test "what is no request for metrics is refused, and the next one is answered" {
	packets_unit 1
	metrics_start
	local url=http://127.0.0.1:$port
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$url/")" = 404 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X POST -d x=y "$url/metrics")" = 405 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X DELETE "$url/metrics")" = 405 ]
	curl -sfI "$url/metrics" | grep -q '^Content-Type: text/plain'
	head -c 100000 /dev/urandom >"$dir/noise"
	curl -s --max-time 5 telnet://127.0.0.1:$port <"$dir/noise" >/dev/null || true
	scrape
}

@test "a scraper that never reads and one that never asks hold up no event and no other scraper" {
	packets_unit 1
	metrics_start
	exec 5<>/dev/tcp/127.0.0.1/$port
	printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' >&5
	exec 6<>/dev/tcp/127.0.0.1/$port
	printf 'GET /metr' >&6
	packets_send v0 50
	events_there()
	{
		[ "$(event_count packets)" = 50 ]
	}
	wait_until 10 events_there
	curl -sf --max-time 10 "http://127.0.0.1:$port/metrics" >"$dir/other" &
	local other=$!
	scrape
	wait "$other"
	cmp <(grep -c '^ebpfd_' "$dir/other") <(grep -c '^ebpfd_' "$dir/metrics")
	wait_until 10 consumed 50
}

@test "an address in use, or none: the daemon goes on without metrics and says so" {
	packets_unit 1
	metrics_start
	daemon_stop
	sed -i 's/^Listen=.*/Listen=192.0.2.1:9435/' "$config"
	daemon_start
	daemon_logged "error: cannot listen at 192.0.2.1:9435 for metrics: Cannot assign requested address"
	ctl -q ping
}

@test "a socket that the service manager passes is used, without Listen=" {
	packets_unit 1
	daemon_through=(systemd-socket-activate -l "127.0.0.1:$port" --fdname=metrics)
	daemon_spawn
	# It starts the daemon for the first connection.
	wait_until 10 eval "ss -Htln | grep -q :$port"
	wait_until 20 scrape
	grep -q '^ebpfd_units 1$' "$dir/metrics"
}
