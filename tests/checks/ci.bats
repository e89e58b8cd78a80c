#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# .ci/run sums what its commands say. The tree here has a Makefile that only pretends.

others=10 # commands that count as one each, the demo among them

setup()
{
	[ "$(id -u)" -eq 0 ] || skip "root (.ci/run asks for it)"
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/.ci" "$tree/packaging"
	cp .ci/run "$tree/.ci"
	printf '#!/bin/sh\n' >"$tree/packaging/install-dependencies"
	chmod +x "$tree/packaging/install-dependencies"
}

# pretend CHECK DEMO: shell commands for the two targets
pretend()
{
	printf 'check:\n\t@%s\ndemo:\n\t@%s\nlint fuzz bench-events bench-reload check-crash check-sanitize check-threads check-vm check-systemd check-pods check-observe check-units:\n\t@true\n' "$1" "$2" >"$tree/Makefile"
}

ci()
{
	run env -u MAKEFLAGS -u MAKELEVEL bash "$tree/.ci/run" "$@" 3>&-
}

@test "cases of check, and one for each other command" {
	pretend 'echo "101 passed, 0 failed, 2 skipped"' 'true'
	ci
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "$((101 + others)) passed, 0 failed, 2 skipped" ]
}

@test "failures of check are summed" {
	pretend 'echo "5 passed, 3 failed, 0 skipped"; false' 'true'
	ci
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "$((5 + others)) passed, 3 failed, 0 skipped" ]
}

@test "a check that ends without its line has failed" {
	pretend 'echo "no compiler"; false' 'true'
	ci
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "$others passed, 1 failed, 0 skipped" ]
}

@test "a check that fails behind a clean line has failed" {
	pretend 'echo "5 passed, 0 failed, 0 skipped"; false' 'true'
	ci
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "$((5 + others)) passed, 1 failed, 0 skipped" ]
}

@test "a demo that fails" {
	pretend 'echo "5 passed, 0 failed, 0 skipped"' 'false'
	ci
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "$((5 + others - 1)) passed, 1 failed, 0 skipped" ]
}

# shellcheck disable=SC2016 # for make and its shell
@test "quick by default, thorough by --full, never interactive" {
	pretend 'echo "1 passed, 0 failed, 0 skipped"; echo "quick=$$QUICK ci=$$CI"; ! read -r line' 'true'
	ci
	[[ $output = *"quick=1 ci=true"* ]]
	ci --full
	[[ $output = *"quick=0 ci=true"* ]]
	[ "${lines[-1]}" = "$((1 + others + 5)) passed, 0 failed, 0 skipped" ]
}

@test "what a command leaves running does not keep it waiting" {
	pretend 'echo "1 passed, 0 failed, 0 skipped"' 'sleep 15 & true'
	local start=$SECONDS
	ci
	[ "$status" -eq 0 ]
	[ $((SECONDS - start)) -lt 12 ]
}
