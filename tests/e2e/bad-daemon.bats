#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Starts that must fail: at once, with cause and way out, and with nothing left behind.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
}

teardown()
{
	mountpoint -q "$dir/readonly" && umount "$dir/readonly"
	e2e_teardown
}

# start_refused CODE TEXT [OPTION]...: where no daemon is
start_refused()
{
	local code=$1 text=$2
	shift 2
	run -"$code" "$build/ebpfd" --root "$root" --runtime-dir "$runtime" --config "$config" \
		--loader "$build/ebpfd-loader" "$@"
	[[ $output = *"$text"* ]] || { echo "does not say: $text"; return 1; }
}

# nothing_is_left: neither below the bpffs nor at the socket
nothing_is_left()
{
	[ ! -e "$root" ] || root_is_empty
	[ ! -e "$runtime/control.sock" ]
}

@test "a root that is on no bpffs" {
	mkdir "$dir/folder"
	start_refused 1 "root \"$dir/folder\" is not on a bpffs; mount one" --root "$dir/folder"
	[[ $output = *"(mount -t bpf bpf /sys/fs/bpf) or give another --root"* ]]
	nothing_is_left
	[ -z "$(ls -A "$dir/folder")" ]
}

@test "a root that would be on no bpffs" {
	start_refused 1 "root \"$dir/none\" is not on a bpffs; mount one" --root "$dir/none"
	[ ! -e "$dir/none" ]
	start_refused 1 "root \"$dir/none/none\" is not on a bpffs; mount one" --root "$dir/none/none"
	start_refused 1 'root "/none" is not on a bpffs; mount one' --root /none
	nothing_is_left
}

@test "a root that is a file" {
	start_refused 1 "root \"$config\" is not on a bpffs; mount one" --root "$config"
	nothing_is_left
}

@test "a root with a relative path" {
	start_refused 2 "--root ebpfd: the path must be absolute" --root ebpfd
	nothing_is_left
}

@test "a root on a bpffs that is mounted read-only" {
	mkdir "$dir/readonly"
	mount -t bpf -o ro bpf "$dir/readonly"
	start_refused 1 "root \"$dir/readonly\" cannot be written; ebpfd needs a bpffs that is mounted" \
		--root "$dir/readonly"
	start_refused 1 "cannot make root \"$dir/readonly/ebpfd\": Read-only file system" \
		--root "$dir/readonly/ebpfd"
	nothing_is_left
}

@test "a second daemon on the same root, in a pid namespace that does not show the first" {
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
	run -1 unshare --pid --fork --mount-proc "$build/ebpfd" --root "$root" \
		--runtime-dir "$dir/run2" --config "$config"
	[[ $output = *"root \"$root\" is locked by a process that cannot be seen from here"* ]]
	state_is_as_noted
	delivers kind v0
}

@test "a second daemon at the same socket" {
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
	start_refused 1 "another ebpfd answers at \"$runtime/control.sock\"; give each its --runtime-dir" \
		--root "$dir/bpffs/other"
	wait_until 10 state_is_as_noted
	delivers kind v0
}

@test "a socket that a killed daemon left is taken over" {
	daemon_start
	daemon_kill
	[ -S "$runtime/control.sock" ]
	daemon_start
}

@test "a runtime directory whose path is too long for a socket" {
	local long
	long=$dir/$(printf 'x%.0s' {1..120})
	start_refused 1 "its path is too long for a socket (107 bytes at most)" --runtime-dir "$long"
	[ ! -e "$long" ]
	run -2 "$build/ebpfctl" --runtime-dir "$long" ping
	[[ $output = *"too long for the address of a socket"* ]]
	nothing_is_left
}

@test "a runtime directory that cannot be made" {
	start_refused 1 "cannot make runtime directory \"$dir/none/run\": No such file or directory" \
		--runtime-dir "$dir/none/run"
	start_refused 1 "cannot listen at \"$config/control.sock\": Not a directory" \
		--runtime-dir "$config"
	nothing_is_left
}

@test "settings with errors: all of them, with file and line" {
	cat >"$config" <<-END
		[Daemon]
		LoadTimeout=soon
		ObjectSizMax=1M
		MaxClients=0
		[Deamon]
	END
	start_refused 1 "$config:2: LoadTimeout= cannot be 'soon'; it is a time above 0, such as 30s"
	[[ $output = *"$config:3: unknown key ObjectSizMax= in [Daemon]; did you mean ObjectSizeMax=?"* ]]
	[[ $output = *"$config:4: MaxClients= cannot be '0'; it is a number above 0"* ]]
	[[ $output = *"$config:5: unknown section [Deamon]; did you mean [Daemon]?"* ]]
	nothing_is_left
}

@test "settings that were asked for and are not there" {
	start_refused 1 "$dir/none.conf: No such file or directory" --config "$dir/none.conf"
	nothing_is_left
}

@test "options that make no sense" {
	start_refused 2 "unrecognized option '--none'" --none
	start_refused 2 "--log-level loud: error, warning, info or debug" --log-level loud
	start_refused 2 '"unit": ebpfd takes options only; see ebpfd --help' unit
	nothing_is_left
}

@test "unit files with errors do not keep the others from being loaded" {
	veth_make v0 v1
	kind_unit good xdp 1 xdp:v1
	kind_unit absent xdp 1 xdp:none0
	kind_unit wrong xdp 1 xdp:v0 'None=1'
	kind_unit Illegal xdp 1 xdp:v0
	daemon_start
	daemon_logged 'absent.conf: hook in: no interface "none0"'
	daemon_logged "wrong.conf: $(unit_path wrong):9: unknown key None= in [Events]"
	daemon_logged 'Illegal.conf: "Illegal" is no unit name'
	[ "$(ctl -o json list | field '.units[].name' | xargs)" = good ]
	[ "$(ls "$root")" = good ]
	delivers good v0
}
