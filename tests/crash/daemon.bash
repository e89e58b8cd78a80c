# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The daemon that is going to be killed: its start, its end, and what it is asked.

root=$work/bpf/ebpfd
daemon= # its pid
life=   # what comes from its standard output: nothing, and the end of file

ctl()
{
	"$build/ebpfctl" --runtime-dir "$work/run" "$@"
}

# field UNIT FILTER
field()
{
	ctl -o json status "$1" 2>/dev/null | jq -r "$2"
}

# start_daemon [FAULT]
start_daemon()
{
	: >"$work/said"
	exec {life}< <(EBPFD_FAULT=${1:-} exec "$build/ebpfd" --root "$root" \
		--runtime-dir "$work/run" --state-dir "$work/state" --config "$work/ebpfd.conf" \
		--loader "$build/ebpfd-loader" 2>>"$work/said")
	daemon=$!
}

# await_end SECONDS: 0 once the daemon and its loaders are gone
await_end()
{
	local said
	read -r -t "$1" -u "$life"
	[ $? -eq 1 ] || return 1 # above 128, it is time that has come to its end
	wait "$daemon"
	exec {life}<&-
	daemon=
	IFS= read -r -d '' said <"$work/said"
	printf '%s' "$said" >>"$logs/log"
}

is_ready()
{
	local said
	IFS= read -r -d '' said <"$work/said"
	[[ $said = *'info: ready, '* ]]
}

end_daemon()
{
	kill -TERM "$daemon"
	await_end 10
}
