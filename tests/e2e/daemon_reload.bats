#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# daemon-reload and SIGHUP: what differs in the folder of unit files is applied, and nothing else.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	veth_make w0 w1
}

teardown()
{
	e2e_teardown
}

# one_unit NAME IF [VERSION] [TEXT]: a unit file of one hook, with an object of its own to overwrite
one_unit()
{
	cp "$examples/packets-v${3:-1}.bpf.o" "$dir/$1.bpf.o"
	unit_write "$1" <<-END
		[Unit]
		Object=$dir/$1.bpf.o
		[Hook in]
		Program=on_packet
		Attach=xdp:$2
		[Events events]
		Record=packet_event
		Sink=file:$dir/$1.jsonl
		${4:-}
	END
}

# two_units: "a" at v1 and "b" at w1, in force
two_units()
{
	one_unit a v1
	one_unit b w1
	daemon_start
}

# touch_file NAME: another text that means the same
touch_file()
{
	echo "# changed" >>"$(unit_path "$1")"
}

# reloaded CODE [OPTION]...: daemon-reload ends with CODE; its report is in $report
reloaded()
{
	local code=$1
	shift
	run "-$code" --separate-stderr ctl -o json daemon-reload "$@"
	report=$output
	echo "$report"
	[ -z "$stderr" ]
}

# rows: "UNIT ACTION OUTCOME" of each, joined by commas
rows()
{
	field '[.units[] | "\(.unit) \(.action) \(.outcome)"] | join(", ")' <<<"$report"
}

message_of()
{
	field ".units[] | select(.unit == \"$1\") | .message" <<<"$report"
}

# pins: of one unit, with the kernel's ids of what stands there
pins()
{
	find "$root/$1" | sort
	status_of "$1" '.generation, .hooks[].program_id, .hooks[].link_id, .maps[].id, .override'
}

# slow_daemon: a daemon whose loaders say that they begin and wait to be let go: touch "$dir/go"
slow_daemon()
{
	cat >"$dir/slow" <<-END
		#!/bin/bash
		echo >>"$dir/loading"
		until [ -e "$dir/go" ]; do sleep 0.05; done
		exec "$build/ebpfd-loader" "\$@"
	END
	chmod +x "$dir/slow"
	touch "$dir/go"
	daemon_start --loader "$dir/slow"
	rm -f "$dir/go" "$dir/loading"
}

# notified_daemon: a daemon that tells "$dir/notified" what it tells its service manager
notified_daemon()
{
	NOTIFY_SOCKET=$dir/notify
	"$build/tests/tools/notified" "$NOTIFY_SOCKET" >"$dir/notified" 3>&- &
	generator_pid=$!
	wait_until 5 test -S "$NOTIFY_SOCKET"
	export NOTIFY_SOCKET
	daemon_start
	wait_until 5 grep -qx READY=1 "$dir/notified"
	forget_told
}

forget_told()
{
	told_before=$(wc -l <"$dir/notified")
}

# told: what the service manager was told since, with figures left out
told()
{
	tail -n "+$((told_before + 1))" "$dir/notified" |
		grep -E '^(READY|RELOADING|MONOTONIC_USEC|STOPPING)=' |
		sed 's/^\(MONOTONIC_USEC=\)[1-9][0-9]*$/\1N/' | xargs
}

was_told()
{
	[ "$(told)" = "$1" ]
}

@test "nothing differs: no unit is touched, and the answer says so" {
	two_units
	local before
	before=$(pins a && pins b)
	reloaded 0
	[ "$(rows)" = "a none done, b none done" ]
	[ "$(field '.units[0].message' <<<"$report")" = null ]
	[ "$(pins a && pins b)" = "$before" ]
	run -0 ctl -q daemon-reload
	[ -z "$output" ]
}

@test "new, changed, gone: each is applied, in the order of names, and the table shows it" {
	two_units
	one_unit a-new v0
	rm "$(unit_path b)"
	touch_file a
	run -0 ctl daemon-reload
	[ "$(awk '{ print $1, $2, $3 }' <<<"$output" | tail -n +2 | xargs)" = \
		"a reload done a-new load done b unload done" ]
	[ "$(all_generations)" = "a 2, a-new 1" ]
	[[ $(ip link show w1) != *prog/xdp* ]]
	delivers a v0
}

@test "an untouched unit beside a changed one keeps pins, ids and override" {
	two_units
	touch_file a
	local before
	before=$(pins b)
	reloaded 0
	[ "$(rows)" = "a reload done, b none done" ]
	[ "$(pins b)" = "$before" ]
	[ "$(all_generations)" = "a 2, b 1" ]
}

@test "events are neither lost nor doubled over a daemon-reload under traffic" {
	two_units
	packets_begin v0 20000
	wait_until 10 eval '[ "$(event_count a)" -gt 100 ]'
	cp "$examples/packets-v2.bpf.o" "$dir/a.bpf.o"
	touch_file a
	reloaded 0
	packets_end
	wait_until 10 eval '[ "$(event_count a)" -ge "$sent" ]'
	[ "$(versions a)" = "1 2" ]
	[[ $(tally a) = *"duplicated=0"* ]]
}

@test "a changed object file is left to reload UNIT" {
	two_units
	cp "$examples/packets-v2.bpf.o" "$dir/a.bpf.o"
	reloaded 0
	[ "$(rows)" = "a none done, b none done" ]
	[ "$(all_generations)" = "a 1, b 1" ]
	ctl -q reload a
	[ "$(status_of a .generation)" -eq 2 ]
}

@test "another Object= in the unit file is taken" {
	two_units
	sed -i "s|^Object=.*|Object=$examples/packets-v2.bpf.o|" "$(unit_path a)"
	reloaded 0
	[ "$(rows)" = "a reload done, b none done" ]
	[ "$(status_of a .object)" = "$examples/packets-v2.bpf.o" ]
}

@test "a unit loaded by file from elsewhere is not unloaded, nor taken for the one of its name" {
	daemon_start
	one_unit a v1
	mkdir "$dir/elsewhere"
	mv "$(unit_path a)" "$dir/elsewhere"
	ctl -q load "$dir/elsewhere/a.conf"
	reloaded 0
	[ "$(rows)" = "" ]
	one_unit a v1 1 "# another text"
	reloaded 0
	[ "$(rows)" = "a none done" ]
	[[ $(message_of a) = *"loaded from another file"* ]]
	[ "$(status_of a '.generation, .file' | xargs)" = "1 $dir/elsewhere/a.conf" ]
}

@test "a unit loaded by the path of its file in the folder is of the folder" {
	daemon_start
	one_unit a v1
	ctl -q load "$(unit_path a)"
	rm "$(unit_path a)"
	reloaded 0
	[ "$(rows)" = "a unload done" ]
	root_is_empty
}

@test "a broken file leaves its unit as it is, with file and line; the others are applied" {
	two_units
	echo "Nonsense=1" >>"$(unit_path a)"
	echo "Rubbish=1" >>"$(unit_path a)"
	touch_file b
	one_unit c v0
	echo "[Broken" >"$(unit_path c)"
	local before line
	before=$(pins a)
	line=$(grep -n Nonsense "$(unit_path a)" | cut -d: -f1)
	reloaded 1
	[ "$(rows)" = "a left failed, b reload done, c left failed" ]
	[[ $(message_of a) = *"$(unit_path a):$line: "*Nonsense*"$(unit_path a):$((line + 1)): "* ]]
	[[ $(message_of c) = *"$(unit_path c):1: "* ]]
	[ "$(pins a)" = "$before" ]
	run -1 ctl -q daemon-reload
	[[ $output = *"a.conf:$line: "* ]]
	delivers a v0
}

@test "what is no readable unit file is broken, not gone" {
	two_units
	ln -sf "$dir/nowhere" "$(unit_path a)"
	rm "$(unit_path b)"
	mkfifo "$(unit_path b)"
	one_unit Bad.Name v0
	reloaded 1
	[ "$(rows)" = "Bad.Name left failed, a left failed, b left failed" ]
	[[ $(message_of b) = *"not a regular file"* ]]
	[ "$(all_generations)" = "a 1, b 1" ]
}

@test "a reload that is refused leaves the old generation in force; the others are applied" {
	two_units
	sed -i "s/^Program=.*/Program=no_such/" "$(unit_path a)"
	touch_file b
	note_state
	reloaded 1
	[ "$(rows)" = "a reload refused, b reload done" ]
	[[ $(message_of a) = *no_such* ]]
	[ "$(all_generations)" = "a 1, b 2" ]
	delivers a v0
	# As the file still differs, it is tried again.
	reloaded 1
	[ "$(rows)" = "a reload refused, b none done" ]
}

@test "a kept map that changed refuses the unit as reload does" {
	daemon_start
	object_unit kept kept_v1
	run ctl -q load kept
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	sed -i "s|kept_v1|kept_v2_value|" "$(unit_path kept)"
	reloaded 1
	[ "$(rows)" = "kept reload refused" ]
	[ "$(status_of kept .generation)" -eq 1 ]
}

@test "an override by --object: an unchanged file leaves it, a changed one ends it" {
	two_units
	ctl -q reload a --object "$examples/packets-v2.bpf.o"
	reloaded 0
	[ "$(rows)" = "a none done, b none done" ]
	[[ $(message_of a) = *"override (object) stays"* ]]
	[ "$(status_of a '.generation, .override' | xargs)" = "2 object" ]
	touch_file a
	reloaded 0
	[ "$(rows)" = "a reload done, b none done" ]
	[[ $(message_of a) = *"override (object) ends"* ]]
	[ "$(status_of a '.generation, .override, .object' | xargs)" = "3 none $dir/a.bpf.o" ]
}

@test "an override by rollback: the file is compared with what was last read from it" {
	two_units
	cp "$(unit_path a)" "$dir/first.conf"
	touch_file a
	ctl -q reload a
	ctl -q rollback a
	# In force is the first text, the file has the second, and nobody has changed it since.
	reloaded 0
	[[ $(message_of a) = *"override (rollback) stays"* ]]
	[ "$(status_of a '.generation, .override' | xargs)" = "1 rollback" ]
	cp "$dir/first.conf" "$(unit_path a)"
	reloaded 0
	[ "$(rows)" = "a reload done, b none done" ]
	[[ $(message_of a) = *"override (rollback) ends"* ]]
	[ "$(status_of a '.generation, .override' | xargs)" = "3 none" ]
}

@test "an override by rollback far back, and a second one: still what was last read" {
	two_units
	touch_file a
	ctl -q reload a
	touch_file a
	ctl -q reload a
	ctl -q rollback a 1
	ctl -q rollback a 2
	reloaded 0
	[ "$(rows)" = "a none done, b none done" ]
	[ "$(status_of a '.generation, .override' | xargs)" = "5 rollback" ]
	touch_file a
	reloaded 0
	[ "$(status_of a '.generation, .override' | xargs)" = "6 none" ]
}

@test "an override by rollback without a history" {
	one_unit a v1
	mkdir "$dir/readonly"
	mount -t tmpfs -o ro tmpfs "$dir/readonly"
	daemon_start --state-dir "$dir/readonly"
	touch_file a
	ctl -q reload a
	ctl -q rollback a
	reloaded 0
	[ "$(rows)" = "a none done" ]
	touch_file a
	reloaded 0
	[ "$(rows)" = "a reload done" ]
	umount -l "$dir/readonly"
}

@test "a unit with an operation under way is busy and left out; the others are applied" {
	one_unit a v1
	one_unit b w1
	slow_daemon
	ctl -q reload a 3>&- &
	wait_until 5 test -e "$dir/loading"
	touch_file a
	rm "$(unit_path b)"
	reloaded 1
	[ "$(rows)" = "a left busy, b unload done" ]
	[[ $(message_of a) = *"a reload is under way"* ]]
	touch "$dir/go"
	wait $!
	reloaded 0
	[ "$(status_of a .generation)" -ge 2 ]
}

@test "a second daemon-reload while one runs is refused as busy; the first one goes on" {
	one_unit a v1
	slow_daemon
	touch_file a
	ctl -o json daemon-reload >"$dir/first" 3>&- &
	wait_until 5 test -e "$dir/loading"
	run -1 --separate-stderr ctl -o json daemon-reload
	[ "$(field .error.outcome <<<"$output")" = busy ]
	run -0 ctl -q ping
	touch "$dir/go"
	wait $!
	[ "$(jq -r '.units[0].action' "$dir/first")" = reload ]
	[ "$(all_generations)" = "a 2" ]
}

@test "a client that leaves in the middle: all of it is done" {
	one_unit a v1
	one_unit b w1
	slow_daemon
	touch_file a
	touch_file b
	"$build/ebpfctl" --runtime-dir "$runtime" daemon-reload >/dev/null 2>&1 3>&- &
	local client=$!
	wait_until 5 test -e "$dir/loading"
	kill -KILL "$client"
	touch "$dir/go"
	wait_until 20 eval '[ "$(all_generations)" = "a 2, b 2" ]'
	reloaded 0
}

@test "a daemon that is still starting refuses as busy, and does a SIGHUP afterwards" {
	one_unit a v1
	slow_daemon
	daemon_stop
	one_unit b w1
	daemon_spawn --loader "$dir/slow"
	wait_until 10 test -e "$dir/loading"
	run -1 ctl daemon-reload
	[[ $output = *"still starting"* ]]
	ctl -q ping
	run -1 ctl ping --ready
	[[ $output = *"still starting"* ]]
	one_unit c v0
	kill -HUP "$daemon_pid"
	touch "$dir/go"
	wait_until 10 daemon_logged "daemon-reload: ended"
	[ "$(all_generations)" = "a 1, b 1, c 1" ]
	ctl -q ping --ready
	echo nonsense >"$(unit_path d)"
	run -1 ctl daemon-reload
	run -1 ctl ping --ready
	[[ $output = *'unit "d" is not loaded: '*'d.conf:1: '* ]]
}

@test "SIGHUP does the same and logs each unit" {
	two_units
	touch_file a
	rm "$(unit_path b)"
	one_unit c w1
	echo "Nonsense=1" >>"$(unit_path c)"
	kill -HUP "$daemon_pid"
	wait_until 10 daemon_logged "daemon-reload: ended"
	daemon_logged "info: daemon-reload: unit a: reload, done"
	daemon_logged "info: daemon-reload: unit b: unload, done"
	daemon_logged "error: daemon-reload: unit c: left, failed: $(unit_path c):"
	daemon_logged "info: daemon-reload: $config: none, done"
	[ "$(all_generations)" = "a 2" ]
}

@test "SIGHUP while one is under way: another follows, for what was changed meanwhile" {
	one_unit a v1
	one_unit b w1
	slow_daemon
	touch_file b
	kill -HUP "$daemon_pid"
	wait_until 5 test -e "$dir/loading"
	touch_file a
	kill -HUP "$daemon_pid"
	touch "$dir/go"
	wait_until 10 eval '[ "$(grep -c "daemon-reload: ended" "$daemon_log")" -eq 2 ]'
	[ "$(all_generations)" = "a 2, b 2" ]
}

# begin_watching: with the folder watched
begin_watching()
{
	echo 'WatchUnits=yes' >>"$config"
	one_unit a v1
	one_unit b w1
	daemon_start
}

unit_is_there()
{
	ctl status "$1" >/dev/null
}

unit_is_gone()
{
	! unit_is_there "$1"
}

asked_by()
{
	ctl -o json history "$1" | field '.generations[0].receipts[0].asked_by.by'
}

@test "WatchUnits=: files that change, come and go are applied by themselves" {
	begin_watching
	touch_file a
	wait_until 10 daemon_logged 'daemon-reload: ended'
	[ "$(all_generations)" = 'a 2, b 1' ]
	[ "$(asked_by a)" = watch ]
	rm "$(unit_path b)"
	wait_until 10 unit_is_gone b
	one_unit b w1
	wait_until 10 unit_is_there b
	delivers b w0
}

@test "WatchUnits=: a link that flips to another folder reloads what differs in it" {
	local link=$units/..data
	begin_watching
	daemon_stop
	mkdir "$units"/..{1,2}
	mv "$units"/*.conf "$units/..1"
	cp "$units"/..1/*.conf "$units/..2"
	echo '# changed' >>"$units/..2/b.conf"
	ln -s ..1 "$link"
	ln -s ..data/a.conf ..data/b.conf "$units"
	daemon_start
	[ "$(all_generations)" = 'a 1, b 1' ]
	ln -s ..2 "$link.new"
	mv -T "$link.new" "$link"
	wait_until 10 daemon_logged 'daemon-reload: ended'
	[ "$(all_generations)" = 'a 1, b 2' ]
}

@test "WatchUnits=: many changes at once are one; without it they wait for daemon-reload" {
	begin_watching
	for _ in 1 2 3 4 5 6 7 8; do touch_file a; done
	wait_until 10 daemon_logged 'daemon-reload: ended'
	[ "$(grep -c 'daemon-reload: ended' "$daemon_log")" -eq 1 ]
	[ "$(all_generations)" = 'a 2, b 1' ]
	daemon_stop
	sed -i '/WatchUnits/d' "$config"
	daemon_start
	touch_file a
	sleep 2
	[ "$(all_generations)" = 'a 2, b 1' ]
}

@test "WatchUnits=: a folder that is not there is told, and no reason not to start" {
	rm -r "$units"
	echo 'WatchUnits=yes' >>"$config"
	daemon_start
	daemon_logged "UnitsDirectory=$units cannot be watched (WatchUnits=): No such file or directory"
}

@test "RELOADING=1 with MONOTONIC_USEC, then READY=1: when all is well and when nothing is" {
	one_unit a v1
	notified_daemon
	reloaded 0
	wait_until 5 was_told "RELOADING=1 MONOTONIC_USEC=N READY=1"
	forget_told
	echo "Nonsense=1" >>"$(unit_path a)"
	reloaded 1
	wait_until 5 was_told "RELOADING=1 MONOTONIC_USEC=N READY=1"
	forget_told
	mv "$units" "$units.away"
	kill -HUP "$daemon_pid"
	wait_until 5 was_told "RELOADING=1 MONOTONIC_USEC=N READY=1"
}

@test "a folder that cannot be read unloads nothing" {
	two_units
	mv "$units" "$units.away"
	run -1 --separate-stderr ctl -o json daemon-reload
	[[ $(field .error.message <<<"$output") = *"UnitsDirectory=$units"*"No such file"* ]]
	[ "$(all_generations)" = "a 1, b 1" ]
	mv "$units.away" "$units"
	reloaded 0
	[ "$(rows)" = "a none done, b none done" ]
}

@test "settings: a change waits for a restart, a mistake is told; both change nothing" {
	two_units
	echo "MaxClients=7" >>"$config"
	reloaded 0
	[ "$(field '.settings | "\(.action) \(.outcome)"' <<<"$report")" = "restart done" ]
	[[ $(ctl daemon-reload) = *"$config: "*"next start"* ]]
	echo "MaxClient=7" >>"$config"
	touch_file a
	reloaded 1
	[ "$(rows)" = "a reload done, b none done" ]
	[ "$(field '.settings | "\(.action) \(.outcome)"' <<<"$report")" = "left failed" ]
	[[ $(field .settings.message <<<"$report") = *"$config:4: "*MaxClient* ]]
}

@test "it changes units, so it is not for the socket's group" {
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$dir"
	two_units
	rm "$(unit_path a)"
	run -4 setpriv --reuid 65534 --regid "$(stat -c %g "$runtime/control.sock")" --clear-groups \
		-- "$build/ebpfctl" --runtime-dir "$runtime" daemon-reload
	[[ $output = *ReloadGroup* ]]
	[ "$(all_generations)" = "a 1, b 1" ]
	run -2 ctl daemon-reload a
}

@test "a unit file replaced again and again while it is read: the one text or the other" {
	local i
	two_units
	# Long, so that a reading takes its time; a mix of both would have both marks, or errors.
	for i in 1 2; do
		cp "$(unit_path a)" "$dir/text$i"
		yes "# mark$i" | head -n 20000 >>"$dir/text$i"
		printf '[Map totals]\nKeep=yes\n# mark%s\n' "$i" >>"$dir/text$i"
	done
	(
		while [ -e "$dir/text1" ]; do
			for i in 1 2; do
				cp "$dir/text$i" "$dir/next" && mv "$dir/next" "$(unit_path a)"
			done
		done
	) >/dev/null 2>&1 3>&- &
	generator_pid=$!
	for i in 1 2 3 4 5 6; do
		reloaded 0
		[[ $(rows) = "a "@(reload|none)" done, b none done" ]]
	done
	kill "$generator_pid" && wait "$generator_pid" || true
	generator_pid=''
	jq -r .config "$dir/state/units/a"/[0-9]*.json >/dev/null
	for i in "$dir/state/units/a"/[0-9]*.json; do
		[ "$(jq -r .config "$i" | grep -o 'mark[12]' | sort -u | wc -l)" -le 1 ]
	done
}

@test "a daemon that stops in the middle: the client is told, the next one does it" {
	one_unit a v1
	one_unit b w1
	slow_daemon
	touch_file a
	touch_file b
	ctl daemon-reload >"$dir/told" 2>&1 3>&- &
	local client=$!
	wait_until 5 test -e "$dir/loading"
	daemon_stop
	run ! wait "$client"
	touch "$dir/go"
	daemon_start
	[ "$(all_generations)" = "a 1, b 1" ]
	reloaded 0
	[ "$(rows)" = "a reload done, b reload done" ]
}

# at_terminal OPTION...: what daemon-reload says at a terminal beside its result, lines without CR
at_terminal()
{
	touch_file a
	touch_file b
	run -0 script -qec "'$build/ebpfctl' --runtime-dir '$runtime' $* daemon-reload >'$dir/result'" /dev/null
	output=${output//$'\r'/}
}

@test "at a terminal there is a line of phases for each unit that changes" {
	local phases='prepare [0-9.]+ [mu]?s, arm .*commit .*barrier .*drain .*settle [0-9.]+ [mu]?s'
	two_units
	one_unit c v0
	at_terminal
	echo "$output"
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]//$'\r'/} =~ ^a:\ $phases$ && ${lines[1]//$'\r'/} =~ ^b:\ $phases$ ]]
	[[ ${lines[2]//$'\r'/} = "c: prepare "*", commit "*", settle "* ]]
	at_terminal -o json
	[ -z "$output" ]
	[ "$(field '[.units[].outcome] | unique | tojson' <"$dir/result")" = '["done"]' ]
	at_terminal -q
	[ -z "$output" ]
	# Elsewhere nobody watches.
	touch_file a
	reloaded 0
}
