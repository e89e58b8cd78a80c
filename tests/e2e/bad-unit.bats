#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unit files that cannot be loaded, or not in place of what is in force. Where a file is at fault,
# the message names file and line.

# shellcheck disable=SC2154 # what helpers.bash sets

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	kind_unit kind xdp 1 xdp:v1
	daemon_start
	note_state
}

teardown()
{
	e2e_teardown
}

# load_refused TEXT: of the unit "bad"
load_refused()
{
	refused 5 "$1" ctl load bad
	delivers kind v0
}

# plain_unit OBJECT PROGRAM ATTACH [TEXT]: the unit "bad" of an object that knows nothing of ebpfd
plain_unit()
{
	unit_write bad <<-END
		[Unit]
		Object=$objects/plain_$1.bpf.o
		[Hook in]
		Program=$2
		Attach=$3
		${4:-}
	END
}

getpid_unit()
{
	plain_unit tracepoint on_getpid tracepoint:syscalls/sys_enter_getpid "$1"
}

@test "no such interface, for xdp" {
	kind_unit bad xdp 1 xdp:none0
	load_refused 'hook in: no interface "none0" in ebpfd'"'"'s network namespace (ip link shows'
}

@test "no such interface, for tcx" {
	kind_unit bad tcx 1 tcx:none0/ingress
	load_refused 'hook in: no interface "none0" in ebpfd'"'"'s network namespace (ip link shows'
}

@test "an interface that has an XDP program already" {
	kind_unit bad xdp 1 xdp:v1
	load_refused 'hook in: interface "v1" has an XDP program already, and XDP takes one'
}

@test "no such cgroup" {
	cgroup_make
	kind_unit bad connect4 1 "cgroup:$cgroup/none/connect4"
	load_refused "hook in: no cgroup \"$cgroup/none\"; make it first, or give another Attach="
}

@test "a folder that is no cgroup" {
	kind_unit bad connect4 1 "cgroup:$dir/connect4"
	load_refused "hook in: \"$dir\" is no cgroup of the version 2 hierarchy; Attach= takes"
}

@test "no such tracepoint" {
	kind_unit bad tracepoint 1 tracepoint:syscalls/none
	load_refused 'hook in: no tracepoint "syscalls/none" in this kernel (see /sys/kernel/tracing'
}

@test "no such category of tracepoints" {
	kind_unit bad tracepoint 1 tracepoint:none/none
	load_refused 'hook in: no tracepoint "none/none" in this kernel (see /sys/kernel/tracing'
}

@test "no such raw tracepoint" {
	kind_unit bad raw_tp 1 raw_tp:none
	load_refused 'hook in: no raw tracepoint "none" in this kernel; they have the names of'
}

@test "no such file, function or process to be probed" {
	kind_unit bad uprobe 1 "uprobe:$dir/none:main"
	load_refused "hook in: no file \"$dir/none\"; give another path in Attach="
	kind_unit bad uprobe 1 "uprobe:$build/tests/tools/poke:none"
	load_refused "hook in: no function \"none\" in \"$build/tests/tools/poke\"; nm and nm -D"
	kind_unit bad uprobe 1 "uprobe:$PWD/Makefile:main"
	load_refused "hook in: \"$PWD/Makefile\" is no ELF file"
	kind_unit bad uprobe 1 "uprobe:$build/tests/tools/poke:main,pid=2000000000"
	load_refused "hook in: no process 2000000000; leave out pid="
}

@test "no such event, and no such CPU" {
	kind_unit bad perf 1 perf:99:0/cpu=0
	load_refused 'hook in: no event "99:0" on this machine'
	kind_unit bad perf 1 perf:cpu-clock/cpu=99999
	load_refused 'hook in: the kernel takes no event "cpu-clock" with cpu=99999; a CPU may be'
}

@test "no such function to be traced" {
	[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF of its own"
	kind_unit bad fentry 1 fentry:no_such_function
	load_refused 'hook in: no function "no_such_function" among the kernel'"'s types; it has another"
}

@test "a program for fentry at fexit" {
	kind_unit bad fentry 1 fexit:__x64_sys_getpid
	load_refused '(section "fentry/__x64_sys_getpid") expects to be attached as trace_fentry, the hook is'
}

@test "the second of two hooks cannot be attached: the first is detached again" {
	kind_unit bad xdp 1 xdp:v0 $'[Hook two]\nProgram=on_event\nAttach=xdp:none0'
	load_refused 'hook two: no interface "none0"'
	[[ $(ip link show v0) != *prog/xdp* ]]
}

@test "no Attach=, and a section that names a file outside of /usr" {
	unit_write bad <<-END
		[Unit]
		Object=$objects/uprobe_of_etc.bpf.o
		[Hook in]
		Program=on_event
	END
	load_refused 'the loader opens no file "/etc/passwd" that the object alone names'
}

@test "no Attach=, and a section that names no place" {
	kind_unit bad xdp 1 xdp:v0
	sed -i /^Attach=/d "$(unit_path bad)"
	load_refused 'hook in: its section "xdp" names no place to attach to; give Attach='
}

@test "Swap=link where no kernel updates links" {
	kind_unit bad raw_tp 1 raw_tp:sys_enter $'[Reload]\nSwap=link'
	load_refused "hook in: Swap=link is impossible: no kernel updates links of kind raw_tp; use"
}

@test "[Set] of a variable that there is not" {
	plain_unit cgroup on_connect4 "cgroup:$dir/connect4" $'[Set]\nnone=1'
	load_refused "$(unit_path bad):7: the object has no read-only variable \"none\" (const volatile"
}

@test "[Set] of a value that does not fit" {
	plain_unit cgroup on_connect4 "cgroup:$dir/connect4" $'[Set]\nrefused_port=65536'
	load_refused "$(unit_path bad):7: refused_port= cannot be '65536'; it takes a number of 0 to 65535"
}

@test "[Set] of a negative value where the variable has no sign" {
	plain_unit cgroup on_connect4 "cgroup:$dir/connect4" $'[Set]\nrefused_port=-1'
	load_refused "$(unit_path bad):7: refused_port= cannot be '-1'; it takes a number of 0 to 65535"
}

@test "[Set] of a word where the variable is a number" {
	getpid_unit $'[Set]\ntarget_pid=myself'
	load_refused "$(unit_path bad):7: target_pid= cannot be 'myself'; it takes a number of -21474"
	[[ $output = *"a number of -2147483648 to 2147483647"* ]]
}

@test "[Map] that the object has not" {
	getpid_unit $'[Map none]\nKeep=yes'
	load_refused "$(unit_path bad):6: no map \"none\" in the object; it has: calls, calls_by_thread"
}

@test "[Events] that the object has not" {
	getpid_unit '[Events none]'
	load_refused "$(unit_path bad):6: no ring buffer \"none\" in the object; it has: calls"
}

@test "[Events] that is a map, but no ring" {
	getpid_unit '[Events calls_by_thread]'
	load_refused "$(unit_path bad):6: no ring buffer \"calls_by_thread\" in the object; it has: calls"
}

@test "Record= that the object's BTF has not" {
	getpid_unit $'[Events calls]\nRecord=none'
	load_refused "$(unit_path bad):6: Record=none: the object's BTF has no such struct"
}

@test "Keep=yes on a ring of events" {
	getpid_unit $'[Events calls]\n[Map calls]\nKeep=yes'
	load_refused "map calls: Keep=yes is impossible: it is a ring of [Events], and each bank has its"
}

@test "a sink that is a folder" {
	getpid_unit $'[Events calls]\nSink=file:'"$dir"
	load_refused "Sink=file:$dir cannot be opened: Is a directory"
}

@test "a sink in a folder that there is not" {
	getpid_unit $'[Events calls]\nSink=file:'"$dir/none/events"
	load_refused "Sink=file:$dir/none/events cannot be opened: its folder is missing; make it first"
}

@test "no such unit file" {
	refused 3 "no unit file \"$(unit_path none)\"; write it, or give a file" ctl load none
	refused 5 "cannot read $dir/none.conf: No such file or directory" ctl load "$dir/none.conf"
}

@test "no such unit" {
	local verb
	for verb in reload rollback unload status; do
		refused 3 'no unit "none" is loaded (ebpfctl list shows what is)' ctl "$verb" none
	done
}

@test "a unit that is loaded already" {
	refused 5 "unit kind is loaded already; use: ebpfctl reload kind" ctl load kind
}

@test "no former generation to go back to" {
	refused 5 "unit kind has no former generation to go back to" ctl rollback kind
}

@test "names that no unit may have" {
	local name
	for name in Kind shared gone-kind .. -kind kind.old "a b" "" ä \
		"$(printf 'a%.0s' {1..49})"; do
		refused 2 "'$name' is no name of a unit: 1 to 48 of a-z, 0-9, _ and -" \
			ctl unload -- "$name"
	done
	cp "$(unit_path kind)" "$dir/Kind.conf"
	refused 2 "'Kind' is no name of a unit" ctl load "$dir/Kind.conf"
	delivers kind v0
}

@test "errors in the unit file: load refuses, check fails, and both name all lines" {
	kind_unit bad xdp 1 xdp:v0 $'Sinc=none\n[Hok two]'
	load_refused "$(unit_path bad):9: unknown key Sinc= in [Events]; did you mean Sink=?"
	[[ $output = *"$(unit_path bad):10: unknown section [Hok]; did you mean [Hook]?"* ]]
	refused 1 "$(unit_path bad):9: unknown key Sinc=" ctl check "$(unit_path bad)"
	[[ $output = *"$(unit_path bad):10: unknown section [Hok]"* ]]
}

@test "errors in the unit file: reload refuses" {
	sed -i s/^Attach=.*/Attach=xpd:v1/ "$(unit_path kind)"
	refused 5 "$(unit_path kind):5: Attach=: unknown hook kind 'xpd'; did you mean 'xdp'?" \
		ctl reload kind
	delivers kind v0
}

@test "reload: the unit file is gone" {
	rm "$(unit_path kind)"
	refused 5 "the unit file \"$(unit_path kind)\" is gone; bring it back, or unload" ctl reload kind
}
