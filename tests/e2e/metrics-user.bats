#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# [Metric]: maps as metrics, held against what is in the maps; what does not fit is refused by the
# plan; what there is too much of is bounded and told.

load helpers

port=9435

setup()
{
	e2e_setup
	printf '[Metrics]\nListen=127.0.0.1:%s\n' "$port" >>"$config"
	veth_make v0 v1
}

teardown()
{
	exec 5>&- || true
	e2e_teardown
}

# metric_unit TEXT: of a map of each kind, with these sections
metric_unit()
{
	unit_write many <<-END
		[Unit]
		Object=$objects/metrics.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:v1
		$1
	END
}

scrape()
{
	curl -sf --max-time 20 -o "$dir/metrics" "http://127.0.0.1:$port/metrics"
}

# value SERIES: as it stands in the last scrape
value()
{
	awk -v series="$1" 'index($0, series " ") == 1 { print substr($0, length(series) + 2) }' "$dir/metrics"
}

# shipped NAME SED...: the shipped unit at this build's object, changed by SED
shipped()
{
	local name=$1
	shift
	sed -e "s|^Object=.*|Object=$build/bpf/units/$(sed -n 's|^Object=.*/||p' "config/units.d/$name.conf")|" \
		-e "s|^Sink=.*|Sink=none|" "$@" "config/units.d/$name.conf" >"$units/$name.conf"
}

@test "a hash by key, by text, by address, and summed over what is no label" {
	metric_unit "$(cat <<-'END'
		[Metric flows]
		Map=flows
		Value=value.packets
		Labels=source:key.source:ip4 port:key.port:port command:key.command
		Help=Packets "of" a flow.
		[Metric ports]
		Map=flows
		Type=gauge
		Value=value.bytes
		Unit=bytes
		Labels=port:key.port:port
		[Metric sources]
		Map=flows
		Type=gauge
		Value=entries
	END
	)"
	daemon_start
	ctl -q map set many/flows '{"source":16777226,"port":20480,"command":"a\"b\\c\nd"}' \
		'{"packets":7,"bytes":700}'
	ctl -q map set many/flows '{"source":33554442,"port":20480,"command":"x"}' '{"packets":18446744073709551615,"bytes":1}'
	scrape
	grep -qF 'ebpfd_user_flows_total{unit="many",source="10.0.0.1",port="80",command="a\"b\\c\nd"} 7' "$dir/metrics"
	[ "$(value 'ebpfd_user_flows_total{unit="many",source="10.0.0.2",port="80",command="x"}')" = 18446744073709551615 ]
	[ "$(value 'ebpfd_user_ports_bytes{unit="many",port="80"}')" = 701 ]
	[ "$(value 'ebpfd_user_sources{unit="many"}')" = 2 ]
	[ "$(value 'ebpfd_metric_series{unit="many",metric="flows"}')" = 2 ]
	[ "$(value 'ebpfd_metric_complete{unit="many",metric="flows"}')" = 1 ]
	grep -qF '# HELP ebpfd_user_flows_total Packets "of" a flow.' "$dir/metrics"
}

@test "bytes of a label that are no UTF-8 break nothing" {
	metric_unit $'[Metric flows]\nMap=flows\nValue=value.packets\nLabels=command:key.command'
	daemon_start
	bpftool map update pinned "$root/many/gen-1/maps/flows" key hex 0a 00 00 01 50 00 00 00 \
		ff c3 22 0a 5c 00 00 00 value hex 05 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00
	scrape
	grep -aE '^ebpfd_user_flows_total\{unit="many",command="[^a-z]*"\} 5$' "$dir/metrics"
	iconv -f utf-8 -t utf-8 "$dir/metrics" >/dev/null
}

@test "histograms: powers of two and equal steps, with sums over CPUs" {
	metric_unit "$(cat <<-'END'
		[Metric latency]
		Map=latency
		Type=histogram
		Value=value.slots
		Sum=value.sum_ns
		Unit=ns
		Labels=queue:key
		[Metric sizes]
		Map=latency
		Type=histogram
		Value=value.slots
		Buckets=linear:100:50
	END
	)"
	daemon_start
	local zero='{"sum_ns":0,"slots":[0,0,0,0]}' values
	values=$(for ((i = 1; i < $(nproc --all); i++)); do printf ',%s' "$zero"; done)
	ctl -q map set --per-cpu many/latency 1 "[{\"sum_ns\":1500,\"slots\":[1,2,0,4]}$values]"
	scrape
	[ "$(grep '^ebpfd_user_latency_seconds.*queue="1"' "$dir/metrics")" = "$(cat <<-'END'
		ebpfd_user_latency_seconds_bucket{unit="many",queue="1",le="0.000000001"} 1
		ebpfd_user_latency_seconds_bucket{unit="many",queue="1",le="0.000000003"} 3
		ebpfd_user_latency_seconds_bucket{unit="many",queue="1",le="0.000000007"} 3
		ebpfd_user_latency_seconds_bucket{unit="many",queue="1",le="+Inf"} 7
		ebpfd_user_latency_seconds_sum{unit="many",queue="1"} 0.0000015
		ebpfd_user_latency_seconds_count{unit="many",queue="1"} 7
	END
	)" ]
	[ "$(value 'ebpfd_user_sizes_bucket{unit="many",le="149"}')" = 1 ]
	[ "$(value 'ebpfd_user_sizes_bucket{unit="many",le="+Inf"}')" = 7 ]
	[ "$(value 'ebpfd_user_latency_seconds_count{unit="many",queue="0"}')" = 0 ]
}

@test "histograms with an entry for each bucket: powers of two and equal steps" {
	metric_unit "$(cat <<-'END'
		[Metric waits]
		Map=slots
		Type=histogram
		Bucket=key.bucket
		BucketCount=4
		Unit=us
		Labels=queue:key.queue
		[Metric lengths]
		Map=slots
		Type=histogram
		Bucket=key.bucket
		Buckets=linear:10
	END
	)"
	daemon_start
	ctl -q map set many/slots '{"queue":7,"bucket":0}' 5
	ctl -q map set many/slots '{"queue":7,"bucket":2}' 3
	ctl -q map set many/slots '{"queue":7,"bucket":3}' 1
	ctl -q map set many/slots '{"queue":7,"bucket":900}' 1
	ctl -q map set many/slots '{"queue":8,"bucket":1}' 18446744073709551615
	scrape
	[ "$(grep '^ebpfd_user_waits_seconds.*queue="7"' "$dir/metrics")" = "$(cat <<-'END'
		ebpfd_user_waits_seconds_bucket{unit="many",queue="7",le="0.000001"} 5
		ebpfd_user_waits_seconds_bucket{unit="many",queue="7",le="0.000003"} 5
		ebpfd_user_waits_seconds_bucket{unit="many",queue="7",le="0.000007"} 8
		ebpfd_user_waits_seconds_bucket{unit="many",queue="7",le="+Inf"} 10
		ebpfd_user_waits_seconds_count{unit="many",queue="7"} 10
	END
	)" ] || { grep _waits_ "$dir/metrics"; return 1; }
	[ "$(value 'ebpfd_user_waits_seconds_count{unit="many",queue="8"}')" = 18446744073709551615 ]
	[ "$(grep -c '^ebpfd_user_lengths_bucket' "$dir/metrics")" -eq 64 ]
	[ "$(value 'ebpfd_user_lengths_bucket{unit="many",le="9"}')" = 5 ]
	[ "$(value 'ebpfd_metric_series{unit="many",metric="waits"}')" = 2 ]
}

@test "interface, system call and cgroup are named; what has no name stays a number" {
	metric_unit "$(cat <<-'END'
		[Metric named]
		Map=numbers
		Type=gauge
		Labels=interface:key:interface call:key:syscall
		[Metric groups]
		Map=groups
		Type=gauge
		Labels=cgroup:key:cgroup
	END
	)"
	daemon_start
	local index
	index=$(ip -j link show dev v1 | field ".[0].ifindex")
	ctl -q map set many/numbers "$index" 5
	ctl -q map set many/numbers 99999 6
	cgroup_make
	ctl -q map set many/groups "$(stat -c %i "$cgroup")" 3
	ctl -q map set many/groups 18446744073709551615 4
	scrape
	grep -q "^ebpfd_user_named{unit=\"many\",interface=\"v1\",call=\"[a-z_0-9]*\"} 5" "$dir/metrics"
	[ "$(value 'ebpfd_user_named{unit="many",interface="99999",call="99999"}')" = 6 ]
	[ "$(value "ebpfd_user_groups{unit=\"many\",cgroup=\"/${cgroup##*/}\"}")" = 3 ] ||
		{ grep groups "$dir/metrics"; return 1; }
	[ "$(value 'ebpfd_user_groups{unit="many",cgroup="18446744073709551615"}')" = 4 ]
}

@test "10,000 label values: MaxSeries= of them, and how many were left out; a scraper that reads none of it" {
	metric_unit $'[Metric groups]\nMap=groups\nLabels=id:key\n[Metric all]\nMap=groups\nMaxSeries=20000\nLabels=id:key'
	daemon_start
	for ((i = 0; i < 10000; i++)); do
		printf 'map update pinned %s key hex %02x %02x 00 00 00 00 00 00 value hex 01 00 00 00 00 00 00 00\n' \
			"$root/many/gen-1/maps/groups" $((i % 256)) $((i / 256))
	done >"$dir/batch"
	bpftool batch file "$dir/batch" >/dev/null
	scrape
	[ "$(grep -c '^ebpfd_user_groups_total' "$dir/metrics")" -eq 1000 ]
	[ "$(grep -c '^ebpfd_user_all_total' "$dir/metrics")" -eq 10000 ]
	[ "$(value 'ebpfd_metric_left_out{unit="many",metric="groups"}')" = 9000 ]
	[ "$(value 'ebpfd_metric_left_out{unit="many",metric="all"}')" = 0 ]
	exec 5<>/dev/tcp/127.0.0.1/$port
	printf 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' >&5
	scrape
	ctl -q ping
}

@test "a map that is deleted under a metric: no series, and it is told; the others stay" {
	metric_unit $'[Metric groups]\nMap=groups\nLabels=id:key\n[Metric named]\nMap=numbers\nValue=entries\nType=gauge'
	daemon_start
	ctl -q map set many/groups 1 1
	ctl -q map set many/numbers 1 1
	rm "$root/many/gen-1/maps/groups"
	scrape
	[ "$(value 'ebpfd_metric_complete{unit="many",metric="groups"}')" = 0 ]
	run ! grep -q '^ebpfd_user_groups_total' "$dir/metrics"
	[ "$(value 'ebpfd_user_named{unit="many"}')" = 1 ]
}

@test "two units with one name of a metric: one family, and another type is left out and told" {
	metric_unit $'[Metric x]\nMap=numbers\nValue=entries\nType=gauge'
	sed -e 's/xdp:v1/xdp:v0/' "$units/many.conf" >"$units/other.conf"
	sed -e 's/Attach=.*/Attach=xdp:lo/' -e 's/^Type=.*/Type=counter/' "$units/many.conf" >"$units/third.conf"
	daemon_start
	ctl -q map set many/numbers 1 1
	ctl -q map set other/numbers 1 1
	scrape
	[ "$(value 'ebpfd_user_x{unit="many"}')" = 1 ]
	[ "$(value 'ebpfd_user_x{unit="other"}')" = 1 ]
	[ "$(value 'ebpfd_metric_complete{unit="third",metric="x"}')" = 0 ]
	[ "$(value 'ebpfd_metric_complete{unit="other",metric="x"}')" = 1 ]
	[ "$(grep -c '^# TYPE ebpfd_user_x ' "$dir/metrics")" -eq 1 ]
}

# refused TEXT SECTION: a plan of the unit with that section says TEXT
plan_refused()
{
	metric_unit "$2"
	run ! ctl load many
	[[ $output == *"$1"* ]] || { echo "$output"; return 1; }
}

@test "what does not fit the object is refused with what there is" {
	daemon_start
	plan_refused '[Metric x]: no map "nothing" in the object' $'[Metric x]\nMap=nothing'
	plan_refused "[Metric x]: Value=: 'value.wrong' is no integer in an entry of the map, which has: key.source, key.port, key.command, value.packets, value.bytes" \
		$'[Metric x]\nMap=flows\nValue=value.wrong'
	plan_refused "Value=: 'value' is no integer" $'[Metric x]\nMap=flows'
	plan_refused "Value=: 'key.command' is no integer" $'[Metric x]\nMap=flows\nValue=key.command'
	plan_refused "Labels=: 'key' is no number or text" $'[Metric x]\nMap=flows\nValue=value.bytes\nLabels=k:key'
	plan_refused "Labels=: 'key.command' is no number in" \
		$'[Metric x]\nMap=flows\nValue=value.bytes\nLabels=k:key.command:cgroup'
	plan_refused "Value=: 'value.sum_ns' is no list of at most 128 integers" \
		$'[Metric x]\nMap=latency\nType=histogram\nValue=value.sum_ns'
	plan_refused "Bucket=: 'key.slot' is no integer in an entry of the map, which has: key.queue, key.bucket, value" \
		$'[Metric x]\nMap=slots\nType=histogram\nBucket=key.slot'
	plan_refused "Value=: 'key' is no integer" $'[Metric x]\nMap=slots\nType=histogram\nBucket=key.bucket\nValue=key'
	plan_refused "of whose entries no metric can be made" $'[Metric x]\nMap=ring'
	plan_refused "many.conf:" $'[Metric x]\nMap=flows\nValue=value.bytes\nLabels=k:key.source:ip6'
	[ "$(ctl -o json list | field '.units | length')" -eq 0 ]
}

@test "MapMemoryMax= refuses with what each map takes, and lets pass what fits" {
	daemon_start
	metric_unit ''
	sed -i 's/^\[Hook in\]/MapMemoryMax=16K\n&/' "$units/many.conf"
	run -5 ctl load many
	[[ $output =~ "the maps take "[0-9]+" KiB, more than MapMemoryMax= allows, 16 KiB: "[a-z] ]] || { echo "$output"; return 1; }
	[[ $output =~ groups\ [0-9]+\ KiB ]]
	sed -i 's/^MapMemoryMax=.*/MapMemoryMax=64M/' "$units/many.conf"
	ctl -q load many
}

@test "the metrics of the shipped units fit their objects" {
	local name
	daemon_start
	shipped exec_count
	shipped syscalls -e "s/target_pid=0/target_pid=$$/"
	shipped tcp_connect
	shipped socket_filter -e 's/socket:eth0/socket:v0/'
	shipped tc_vlan_redirect -e 's/tcx:eth0/tcx:v1/' -e 's/interface:ifb0/interface:v0/'
	shipped xdp_guard -e 's/xdp:eth0/xdp:v1/'
	shipped dns_watch -e "s|cgroup:/sys/fs/cgroup|cgroup:$(cgroup_make && echo "$cgroup")|"
	for name in exec_count syscalls tcp_connect socket_filter tc_vlan_redirect xdp_guard dns_watch; do
		grep -q '^\[Metric ' "$units/$name.conf"
		ctl plan "$name" >"$dir/plan" 2>&1 || ctl load "$name" >"$dir/plan" 2>&1 || { cat "$dir/plan"; return 1; }
	done
	# The kernel has no types of its map "calls", which is kept.
	ctl -q load syscalls
	ctl -q reload syscalls
}
