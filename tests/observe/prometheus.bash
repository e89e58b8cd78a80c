# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real Prometheus, behind helpers and metrics: it scrapes the daemon at 127.0.0.1:$port. PROMETHEUS is
# the folder of fetch-prometheus.
#
#	prometheus_start [RULES]	starts it, with the alerts of that file
#	prometheus_stop			at the end, also where it was not started
#	ask PATH NAME=VALUE...		what it answers
#	sum QUERY			of all that it gives

its_port=9436
prometheus_pid=

# More often than anybody would: each generation is to be seen after its last event.
prometheus_start()
{
	cat >"$dir/prometheus.yml" <<-END
		global: {scrape_interval: 500ms, evaluation_interval: 500ms}
		rule_files: [${1:-}]
		scrape_configs:
		  - job_name: ebpfd
		    static_configs: [{targets: ["127.0.0.1:$port"]}]
	END
	"$PROMETHEUS/usr/bin/prometheus" --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" \
		--web.listen-address="127.0.0.1:$its_port" >"$dir/prometheus.log" 2>&1 3>&- &
	prometheus_pid=$!
	wait_until 60 scrapes
}

# Some seconds after it is ready.
scrapes()
{
	[ "$(sum up)" = 1 ]
}

prometheus_stop()
{
	[ -z "$prometheus_pid" ] || { kill -TERM "$prometheus_pid" && wait "$prometheus_pid"; } || true
}

ask()
{
	local path=$1 arguments=() parameter
	shift
	for parameter; do arguments+=(--data-urlencode "$parameter"); done
	curl -sf --get "${arguments[@]}" "http://127.0.0.1:$its_port/api/v1/$path" | jq .data
}

sum()
{
	ask query "query=$1" | jq '[.result[].value[1] | tonumber] | add // 0'
}
