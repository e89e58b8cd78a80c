# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A daemon with so many units that answers scrapers, for benchmarks. Wants $build and $work, a folder
# on a tmpfs, and namespaces of mounts and network of its own.
#
#	scraped_start UNITS	sets daemon= to its pid; each unit counts packets at an interface of its own
#	scraped_once [FILE]	one scrape, of OpenMetrics; prints its milliseconds
#	scraped_stop

scraped_port=9435
daemon=''

scraped_unit()
{
	ip link add "d$1" type veth peer name "p$1"
	ip link set "d$1" up
	ip link set "p$1" up
	sed -e "s|^Object=.*|Object=$build/bpf/units/xdp_guard.bpf.o|" -e 's|^Sink=.*|Sink=none|' \
		-e "s|xdp:eth0|xdp:d$1|" -e '/^Record=/a Size=16K' config/units.d/xdp_guard.conf \
		>"$work/units.d/guard$1.conf"
}

scraped_start()
{
	local i
	mkdir -p "$work/bpf" "$work/units.d"
	mount -t bpf bpf "$work/bpf"
	ip link set lo up
	for ((i = 0; i < $1; i++)); do
		scraped_unit "$i"
	done
	printf '[Daemon]\nUnitsDirectory=%s\n[Metrics]\nListen=127.0.0.1:%s\n' "$work/units.d" \
		"$scraped_port" >"$work/ebpfd.conf"
	"$build/ebpfd" --root "$work/bpf/ebpfd" --runtime-dir "$work/run" --state-dir "$work/state" \
		--config "$work/ebpfd.conf" --loader "$build/ebpfd-loader" >"$work/ebpfd.log" 2>&1 &
	daemon=$!
	for ((i = 0; i < 1200; i++)); do
		grep -q "ready, $1 unit" "$work/ebpfd.log" && return
		kill -0 "$daemon" || break
		sleep 0.25
	done
	tail -n 20 "$work/ebpfd.log" >&2
	return 1
}

scraped_once()
{
	curl -sf --max-time 30 -o "${1:-/dev/null}" -w '%{time_total}\n' \
		-H 'Accept: application/openmetrics-text' "http://127.0.0.1:$scraped_port/metrics" |
		awk '{ printf "%.3f\n", $1 * 1000 }'
}

scraped_stop()
{
	[ -z "$daemon" ] || { kill "$daemon"; wait "$daemon" || true; } 2>/dev/null
	daemon=''
	umount -l "$work/bpf" 2>/dev/null || true
}
