#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ebpfd as a pod of its DaemonSet: ConfigMaps that change, pods that are replaced, under traffic.
# POD_ROOT: the root of packaging/container/make-root.

load ../e2e/helpers

setup()
{
	e2e_setup
	node=$dir/node
	runtime=$node/run/ebpfd
	mkdir -p "$node"/{run/ebpfd,var/lib/ebpfd,var/log/ebpfd,sys/fs/bpf,sys/fs/cgroup} \
		"$node"/configmaps/ebpfd-{settings,units}
	mount --bind "$dir/bpffs" "$node/sys/fs/bpf"
	yq -r 'select(.metadata.name == "ebpfd-settings").data["ebpfd.conf"]' packaging/kubernetes/configmaps.yaml \
		>"$node/configmaps/ebpfd-settings/ebpfd.conf"
	mkdir -p "$POD_ROOT"/{run,var/lib,var/log}/ebpfd
	veth_make v0 v1
	veth_make w0 w1
	flips=0
}

teardown()
{
	e2e_teardown
	umount "$node/sys/fs/bpf"
}

# unit NAME IF [TEXT]: as in a ConfigMap, beside its object
unit()
{
	cp "$examples/packets-v1.bpf.o" "$next/$1.bpf.o"
	cat >"$next/$1.conf" <<-END
		[Unit]
		Object=/etc/ebpfd/units.d/$1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:$2
		[Events events]
		Record=packet_event
		Sink=file:/var/log/ebpfd/$1.jsonl
		${3:-}
	END
	ln -sf "$node/var/log/ebpfd/$1.jsonl" "$dir/$1.jsonl"
}

# configmap COMMAND...: what COMMAND writes into $next becomes the ConfigMap ebpfd-units, as kubelet does it
configmap()
{
	local folder=$node/configmaps/ebpfd-units former=..$flips file
	flips=$((flips + 1))
	next=$folder/..$flips
	mkdir "$next"
	"$@"
	ln -s "..$flips" "$folder/..data_tmp"
	mv -T "$folder/..data_tmp" "$folder/..data"
	for file in "$next"/*; do
		ln -sfn "..data/$(basename "$file")" "$folder/$(basename "$file")"
	done
	rm -rf "${folder:?}/$former"
}

two_units()
{
	unit a v1
	unit b w1 "${1:-}"
}

broken_unit()
{
	two_units
	echo 'Nonsense=yes' >>"$next/b.conf"
}

probe()
{
	tests/pods/pod "$POD_ROOT" "$node" ebpfctl "$@"
}

pod_start()
{
	daemon_count=$((daemon_count + 1))
	daemon_log=$dir/daemon.$daemon_count.log
	tests/pods/pod "$POD_ROOT" "$node" /usr/sbin/ebpfd >"$daemon_log" 2>&1 </dev/null 3>&- &
	daemon_pid=$!
	wait_until 30 daemon_logged 'info: ready' || { cat "$daemon_log"; return 1; }
}

link_of()
{
	status_of "$1" '.hooks[0].link_id'
}

# nothing_lost NAME: of what packets_begin sent
nothing_lost()
{
	wait_until 20 has_events "$1" "$sent"
	[ "$(tally "$1")" = "received=$sent duplicated=0 again=0 torn=0 highest=$sent" ] || { tally "$1"; return 1; }
}

@test "a pod loads what its ConfigMap says, and is ready" {
	configmap two_units
	pod_start
	probe -q ping --ready
	[ "$(all_generations)" = 'a 1, b 1' ]
	delivers a v0
	delivers b w0
}

@test "a ConfigMap that changes: the unit that differs is reloaded under traffic, and nothing is lost" {
	configmap two_units
	pod_start
	packets_begin v0 200
	configmap two_units '# changed'
	wait_until 20 daemon_logged 'daemon-reload: ended'
	[ "$(all_generations)" = 'a 1, b 2' ]
	packets_end
	nothing_lost a
}

@test "a pod that is replaced: what is attached stays, the next pod adopts it, and nothing is lost" {
	local link
	configmap two_units
	pod_start
	link=$(link_of a)
	packets_begin v0 200
	daemon_stop
	run -3 probe -q ping
	pod_start
	probe -q ping --ready
	[ "$(link_of a)" -eq "$link" ]
	[ "$(all_generations)" = 'a 1, b 1' ]
	packets_end
	nothing_lost a
}

@test "a pod that is killed, with a ConfigMap that changes before the next one: the same" {
	local link
	configmap two_units
	pod_start
	link=$(link_of a)
	packets_begin v0 200
	daemon_kill
	configmap two_units '# changed'
	pod_start
	[ "$(link_of a)" -eq "$link" ]
	packets_end
	# What was in hand at the kill comes again, marked.
	wait_until 20 all_arrived a
}

# all_arrived NAME: those that are marked as delivered before do not count
all_arrived()
{
	[[ $(tally "$1") = "received=$sent duplicated=0 again="*" torn=0 highest=$sent" ]]
}

@test "a unit that does not load: the pod is not ready, and says why; what ran runs on" {
	configmap two_units
	pod_start
	configmap broken_unit
	wait_until 20 daemon_logged 'daemon-reload: ended'
	delivers b w0
	daemon_stop
	configmap with_a_third_that_is_broken
	pod_start
	run -1 probe ping --ready
	[[ $output = *'unit "c" is not loaded: '* ]]
}

with_a_third_that_is_broken()
{
	two_units
	echo nonsense >"$next/c.conf"
}

@test "the DaemonSet gives the capabilities that the service gives" {
	diff <(yq -r '.spec.template.spec.containers[0].securityContext.capabilities.add[] | "CAP_" + .' \
		packaging/kubernetes/daemonset.yaml | sort) \
		<(sed -n 's/^CapabilityBoundingSet=//p' packaging/systemd/ebpfd.service | tr ' ' '\n' | sort)
}
