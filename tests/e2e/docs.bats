#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the documents show is right: examples parse, links lead somewhere, options exist.

setup()
{
	build=${BUILD:-build}
}

# between FROM TO FILE: the lines between two patterns
between()
{
	awk -v from="$1" -v to="$2" '$0 ~ to && on { exit } on { print } $0 ~ from { on = 1 }' "$3"
}

@test "the unit file of the README is one" {
	between '^```ini$' '^```$' README.md >"$BATS_TEST_TMPDIR/fw.conf"
	grep -q '^\[Hook' "$BATS_TEST_TMPDIR/fw.conf"
	"$build/ebpfctl" check "$BATS_TEST_TMPDIR/fw.conf"
}

@test "the unit file of ebpfd.unit(5) is one" {
	between '^[.]Bd -literal' '^[.]Ed' docs/ebpfd.unit.5 >"$BATS_TEST_TMPDIR/example.conf"
	grep -q '^\[Hook' "$BATS_TEST_TMPDIR/example.conf"
	"$build/ebpfctl" check "$BATS_TEST_TMPDIR/example.conf"
}

@test "the unit files of the examples are some" {
	"$build/ebpfctl" check bpf/examples/*.conf
}

@test "links between documents lead to files" {
	local document target missing=0
	while IFS= read -r document; do
		while IFS= read -r target; do
			[ -e "$(dirname "$document")/$target" ] ||
				{ echo "$document: no $target"; missing=1; }
		done < <(grep -oE '\]\([^)#:]+' "$document" | cut -c3-)
	done < <(find . -name '*.md' -not -path './build/*' -not -path './.git/*')
	[ "$missing" -eq 0 ]
}

@test "ebpfd(8) names exactly the options that ebpfd shows" {
	diff <(grep -oE '^\.It Fl Fl [a-z-]+' docs/ebpfd.8 | sed 's/.* /--/' | sort -u) \
		<("$build/ebpfd" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u)
}
