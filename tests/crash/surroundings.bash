# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the daemon has around it: interfaces, a cgroup, unit files, traffic.

generators=()

# write_unit NAME OBJECT LINE...
write_unit()
{
	local name=$1 object=$2
	shift 2
	{
		printf '[Unit]\nObject=%s\n' "$build/$object"
		printf '%s\n' "$@"
	} >"$work/units.d/$name.conf"
}

# Not among those that a start loads: it comes and goes.
write_guest()
{
	write_unit guest bpf/examples/packets-v1.bpf.o Heal=yes '[Hook in]' Program=on_packet \
		Attach=xdp:in4 '[Map totals]' Shared=guests '[Reload]' Swap=entry
	mv "$work/units.d/guest.conf" "$work/other/"
}

# write_mover [LINE...]: a unit of one hook, or with more; it comes and goes like the guest
write_mover()
{
	write_unit mover bpf/examples/packets-v1.bpf.o '[Hook in]' Program=on_packet Attach=xdp:in5 "$@"
	mv "$work/units.d/mover.conf" "$work/other/"
}

make_interfaces()
{
	local i
	for i in 0 1 2 3 4 5; do
		ip link add "out$i" type veth peer name "in$i"
		ip link set "out$i" up
		ip link set "in$i" up
	done
}

write_units()
{
	write_unit traffic bpf/examples/traffic-v1.bpf.o \
		'[Set]' "target_cgroup=$(stat -c %i "$cgroup")" \
		'[Hook in]' Program=on_packet Attach=xdp:in0 \
		'[Hook exec]' Program=on_exec Attach=raw_tp:sched_process_exec \
		'[Events events]' 'Record=packet_event exec_event' "Sink=file:$PWD/$logs/traffic.jsonl"
	write_unit packets bpf/examples/packets-v1.bpf.o '[Hook in]' Program=on_packet Attach=xdp:in1 \
		'[Map totals]' Keep=yes '[Events events]' Record=packet_event "Sink=file:$PWD/$logs/packets.jsonl"
	write_unit twins bpf/examples/packets-v1.bpf.o '[Hook a]' Program=on_packet Attach=xdp:in2 \
		'[Hook b]' Program=on_packet Attach=xdp:in3 '[Map totals]' Shared=twins '[Reload]' Swap=link
	# Nobody calls what is probed, before the last kill: what is looked at is what is attached.
	write_unit sleeper tests/bpf/sleepable.bpf.o '[Hook main]' Program=on_event \
		"Attach=uprobe:$build/tests/tools/tally:main"
	write_guest
	write_mover
}

make_surroundings()
{
	mkdir "$work/bpf" "$work/execs" "$work/units.d" "$work/other"
	mount -t bpf bpf "$work/bpf"
	make_interfaces
	cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/ebpfd-crash-$$
	mkdir "$cgroup"
	printf '[Daemon]\nUnitsDirectory=%s\nDriftInterval=100ms\n' "$work/units.d" >"$work/ebpfd.conf"
	write_units
}

# generate NAME TOOL OPTION...: what it has made is in $logs/NAME once it has ended
generate()
{
	"$build/tests/tools/$2" "${@:3}" >"$logs/$1" &
	generators+=($!)
}

begin_traffic()
{
	generate sent0 packets out0 2000 1
	generate sent1 packets out1 2000 1
	generate executed execs "$cgroup" "$work/execs" 40 1
}

end_traffic()
{
	[ ${#generators[@]} -ne 0 ] || return
	kill -TERM "${generators[@]}"
	kill -CONT "${generators[@]}" # one that stands still would not end
	wait "${generators[@]}"
	generators=()
}

clean_up()
{
	local status=$?
	trap - EXIT INT TERM HUP
	end_traffic
	[ -z "$daemon" ] || end_daemon
	[ -z "$cgroup" ] || rmdir "$cgroup" 2>/dev/null
	umount "$work/bpf" 2>/dev/null
	rm -rf "$work"
	exit "$status"
}
