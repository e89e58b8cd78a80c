#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run counts what it should: a runner that misses a failure makes every other test worthless.

setup()
{
	export BUILD=$BATS_TEST_TMPDIR/build
	mkdir -p "$BUILD/tests/unit" "$BUILD/tests/integration"
}

# unit NAME LINE...: a test binary that is a script
unit()
{
	local path=$BUILD/tests/unit/$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$path"
	chmod +x "$path"
}

last_line()
{
	[ "${lines[-1]}" = "$1" ]
}

@test "passes are summed over files" {
	unit one 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
	unit two 'echo 1..1; echo ok 1 - c'
	run tests/run unit
	[ "$status" -eq 0 ]
	last_line "3 passed, 0 failed, 0 skipped"
}

@test "a failure fails the run, is named, and its log is shown and kept" {
	unit one 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo "# why"; exit 1'
	run tests/run unit
	[ "$status" -eq 1 ]
	last_line "1 passed, 1 failed, 0 skipped"
	[[ $output = *"failed: unit/one: b"* ]]
	[[ $output = *"| # why"* ]]
	grep -q '# why' "$BUILD/check/unit-one.log"
}

@test "a crash counts the cases that never reported" {
	unit one 'echo 1..3; echo ok 1 - a; kill -SEGV $$'
	run tests/run unit
	[ "$status" -eq 1 ]
	last_line "1 passed, 2 failed, 0 skipped"
	[[ $output = *"2 of 3 cases never reported: killed by signal 11"* ]]
}

@test "a bad exit status after passes only is a failure" {
	unit one 'echo 1..1; echo ok 1 - a; exit 23'
	run tests/run unit
	[ "$status" -eq 1 ]
	last_line "1 passed, 1 failed, 0 skipped"
	[[ $output = *"ended with status 23"* ]]
}

@test "a file without a single case is a failure" {
	unit one 'exit 0'
	run tests/run unit
	[ "$status" -eq 1 ]
	last_line "0 passed, 1 failed, 0 skipped"
}

@test "skips are listed with their reason, from cmocka and from TAP" {
	unit one 'echo 1..3; echo "# skip: no tcx"; echo "not ok 1 # SKIP a"' \
		'echo "ok 2 b # skip no netkit"; echo ok 3 - c'
	run tests/run unit
	[ "$status" -eq 0 ]
	last_line "1 passed, 0 failed, 2 skipped"
	[[ $output = *"skipped: unit/one: a: no tcx"* ]]
	[[ $output = *"skipped: unit/one: b: no netkit"* ]]
}

@test "a skip without a reason is a failure" {
	unit one 'echo 1..3; echo "not ok 1 # SKIP a"; echo "ok 2 b # skip"; echo ok 3 - c'
	run tests/run unit
	[ "$status" -eq 1 ]
	last_line "1 passed, 2 failed, 0 skipped"
}

@test "one skip's reason is not another's" {
	unit one 'echo 1..3; echo "# skip: no tcx"; echo "not ok 1 # SKIP a"; echo "not ok 2 # SKIP b"' \
		'echo ok 3 - c'
	run tests/run unit
	last_line "1 passed, 1 failed, 1 skipped"
}

@test "two groups of one binary are both counted" {
	unit one 'echo 1..1; echo ok 1 - a; echo 1..1; echo ok 1 - b'
	run tests/run unit
	last_line "2 passed, 0 failed, 0 skipped"
}

@test "a group with nothing to run is a failure, beside others that have" {
	unit one 'echo 1..1; echo ok 1 - a'
	run tests/run unit e2e/no-such-file
	[ "$status" -ne 0 ]
	last_line "1 passed, 1 failed, 0 skipped"
	[[ $output = *"failed: e2e: nothing to run"* ]]
}

@test "one file can be chosen, and an unknown group is a usage error" {
	unit one 'echo 1..1; echo ok 1 - a'
	unit two 'echo 1..1; echo ok 1 - b'
	run tests/run unit/two
	[ "$status" -eq 0 ]
	last_line "1 passed, 0 failed, 0 skipped"
	run tests/run nonsense
	[ "$status" -eq 2 ]
}

@test "a time-out is a failure that says so" {
	echo 1..1 >"$BATS_TEST_TMPDIR/log"
	run awk -v status=124 -v limit=180 -f tests/runner/tap.awk "$BATS_TEST_TMPDIR/log"
	[[ $output = *"timed out after 180 s"* ]]
}

@test "a file that never ended has failed, even if all its cases passed" {
	printf '1..1\nok 1 - a\n' >"$BATS_TEST_TMPDIR/log"
	run awk -v status= -v limit=180 -f tests/runner/tap.awk "$BATS_TEST_TMPDIR/log"
	[[ $output = *"all cases passed, but the file did not end"* ]]
}

@test "an interrupt ends the test that runs, and the run" {
	unit one "echo \$\$ >$BATS_TEST_TMPDIR/pid" 'echo 1..1' 'sleep 60' 'echo ok 1 - a'
	tests/run unit >"$BATS_TEST_TMPDIR/out" 3>&- &
	local runner=$!
	for _ in $(seq 100); do
		[ ! -s "$BATS_TEST_TMPDIR/pid" ] || break
		sleep 0.05
	done
	kill -TERM "$runner"
	local ended=0
	wait "$runner" || ended=$?
	[ "$ended" -eq 130 ]
	run kill -0 "$(cat "$BATS_TEST_TMPDIR/pid")"
	[ "$status" -ne 0 ]
}
