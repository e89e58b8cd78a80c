#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The tour of the README is what a terminal shows, but for numbers and times.

# tour FILE: the lines between its markers, as all runs have them
tour()
{
	sed -n '/^<!-- tour/,/^<!-- end of the tour/p' "$1" | sed -E -f tests/tour/mask.sed
}

@test "the tour of the README is what a run of it shows; make tour writes it" {
	tests/tour/tour >"$BATS_TEST_TMPDIR/README.md"
	[ "$(tour README.md | grep -c '^# ')" -ge 10 ]
	diff -u --label README.md <(tour README.md) --label 'this run' <(tour "$BATS_TEST_TMPDIR/README.md")
}
