# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The operations in the middle of which the daemon is killed, and what each needs beforehand.

more=('[Hook more]' Program=on_packet Attach=xdp:out5)

# prepare_guest OPERATION: there for an unload and a heal, not there for a load
prepare_guest()
{
	local there=no
	[ ! -d "$root/guest" ] || there=yes
	case $1.$there in
	load.yes) ctl -q unload guest ;;
	unload.no | heal.no) ctl -q load "$work/other/guest.conf" ;;
	esac
}

# prepare_mover OPERATION: one hook by link that is to become two; or one of two gone by the last
# reload, whose place goes with the next one
prepare_mover()
{
	case $1 in grow | shrink) ;; *) return ;; esac
	[ ! -d "$root/mover" ] || ctl -q unload mover
	if [ "$1" = grow ]; then
		write_mover
		ctl -q load "$work/other/mover.conf"
	else
		write_mover "${more[@]}"
		ctl -q load "$work/other/mover.conf"
		write_mover
		ctl -q reload mover
	fi
}

# far_generation UNIT: the last that the history has and the kernel has not
far_generation()
{
	ctl -o json history "$1" |
		jq '[.generations[].generation] - [.in_force, .former] | max'
}

# prepare_far OPERATION UNIT: two generations are in the kernel, so a third makes one far
prepare_far()
{
	[ "$1" != far ] || [ "$(far_generation "$2")" != null ] || ctl -q reload "$2"
}

# other_hand STEP VERSION: detaches the guest's link, or puts another program into it: what the step
# is about
other_hand()
{
	local link=$root/guest/hooks/in/link
	if [ "$1" = heal.updated ]; then
		bpftool prog load "$build/bpf/examples/packets-v$2.bpf.o" "$work/bpf/other" type xdp &&
			"$build/tests/tools/link_update" "$link" "$work/bpf/other" && rm "$work/bpf/other"
	else
		bpftool link detach pinned "$link"
	fi
}

# begin_operation OPERATION UNIT STEP: its client may be left alone in the middle
begin_operation()
{
	local version=$((RANDOM % 2 + 1)) object
	case $2 in
	traffic) object=$build/bpf/examples/traffic-v$version.bpf.o ;;
	sleeper) object=$build/tests/bpf/sleepable.bpf.o ;;
	*) object=$build/bpf/examples/packets-v$version.bpf.o ;;
	esac
	case $1 in
	heal) other_hand "$3" "$version" ;;
	load) ctl -q load "$work/other/guest.conf" ;;
	grow) write_mover "${more[@]}" && ctl -q reload mover ;;
	shrink) ctl -q reload mover ;;
	far) ctl -q rollback "$2" "$(far_generation "$2")" ;;
	reload) ctl -q reload "$2" --object "$object" ;;
	*) ctl -q "$1" "$2" ;;
	esac >>"$logs/log" 2>&1
}
