#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bugreport: one file with all that helps, and none of what passed through.

load helpers
load journald

setup()
{
	e2e_setup
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
	journald_stop
}

report()
{
	ctl --root "$root" --state-dir "$dir/state" bugreport "$dir/report" "$@"
}

# part NAME: what stands under that title
part()
{
	awk -v title="==== $1 ====" '/^==== / { inside = $0 == title; next } inside' "$dir/report"
}

@test "it has every part, for root alone, and no event and no entry of a map" {
	local title
	journald_start
	packets_unit 1 v1 "Sink=journal"
	sed -i '/^Sink=file/d' "$(unit_path packets)"
	daemon_at_journald
	wait_until 10 in_the_journal "load done"
	packets_send v0 7
	wait_until 10 in_the_journal '"sequence":'
	ctl -q map set packets/totals 0 '{"packets":987654321987,"bytes":5}'
	run -0 report
	[[ $output = "$dir/report: "* ]]
	[ "$(stat -c %a "$dir/report")" = 600 ]
	[ "$(grep -c '^==== ' "$dir/report")" = 12 ]
	for title in daemon list status "status packets" "history packets" figures fsck bpffs journal doctor; do
		run ! grep '^missing: ' <(part "$title")
	done
	part daemon | grep -q '^ebpfd   '
	part list | grep -q '^  packets  active'
	part "status packets" | jq -e '.name == "packets"' >/dev/null
	part "history packets" | jq -e '.generations[0].receipts[0].asked_by.by == "start"' >/dev/null
	part figures | jq -e '.units[0].name == "packets"' >/dev/null
	part fsck | grep -q " packets/selector "
	part bpffs | grep -q " $root/packets/selector$"
	part journal | grep -q 'unit packets: load done'
	part configuration | grep -qxF -e "---- $config"
	part configuration | grep -qxF "UnitsDirectory=$units"
	part configuration | grep -qxF -e "---- $(unit_path packets)"
	part configuration | grep -qxF "Attach=xdp:v1"
	part kernel | grep -q "$(uname -r)"
	part doctor | grep -q 'features probed'
	run ! grep -F '"sequence"' "$dir/report"
	run ! grep -F 987654321987 "$dir/report"
}

@test "a file that is there is left as it is, also as a link; -o json and -q" {
	daemon_start
	echo mine >"$dir/report"
	run -1 report
	[[ $output = *"is there already"* ]]
	[ "$(cat "$dir/report")" = mine ]
	rm "$dir/report"
	ln -s "$dir/elsewhere" "$dir/report"
	run -1 report
	[ ! -e "$dir/elsewhere" ]
	rm "$dir/report"
	[ "$(report -o json | jq -r .file)" = "$dir/report" ]
	run -1 ctl bugreport /nowhere/report
	[[ $output = *"No such file"* ]]
}

@test "without a daemon, and with one that hangs: pins and the history say what they can" {
	packets_unit 1
	daemon_start
	kill -STOP "$daemon_pid"
	report -q
	kill -CONT "$daemon_pid"
	part daemon | grep -q '^missing: '
	part list | grep -q '^  packets  active'
	part "status packets" | grep -q '"name": "packets"'
	part "history packets" | grep -q '"receipts"'
	part figures | grep -q '^missing: the daemon does not answer'
	rm "$dir/report"
	daemon_kill
	report -q
	part daemon | grep -q '^missing: no daemon answers'
	part "status packets" | grep -q '"name": "packets"'
	part fsck | grep -q " packets/selector "
}
