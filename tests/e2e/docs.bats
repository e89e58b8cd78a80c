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

# defined_in HEADER...: the names of functions, macros and structs that they define
defined_in()
{
	sed -nE -e 's/^#define ([A-Za-z_]+).*/\1/p' -e 's/^struct ([a-z_]+) \{.*/\1/p' \
		-e 's/^static __always_inline .*[ *]([a-z_]+)\(.*/\1/p' "$@"
}

@test "ebpfd.bpf.h(3) has each function, macro and struct of the header" {
	local name missing=0
	[ "$(defined_in bpf/ebpfd.bpf.h bpf/record.h | wc -l)" -ge 18 ]
	while IFS= read -r name; do
		grep -qE "^\.(Fn|It Fn|Dv) $name\b|^struct $name \{" docs/ebpfd.bpf.h.3 ||
			{ echo "no $name"; missing=1; }
	done < <(defined_in bpf/ebpfd.bpf.h bpf/record.h)
	[ "$missing" -eq 0 ]
}

@test "ebpfd.bpf.h(3) has the members of the structs, in their order" {
	local name
	for name in ebpfd_record ebpfd_counts; do
		diff <(between "^struct $name {" '^};' bpf/record.h | grep -oE '__u[0-9]+ [a-z_]+') \
			<(between "^struct $name {" '^};' docs/ebpfd.bpf.h.3 | grep -oE '__u[0-9]+ [a-z_]+')
	done
}

@test "the object of ebpfd.bpf.h(3) builds, and its unit file is one" {
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 } on && /#include/ { good = 1 }
		good && !on { exit } good' docs/ebpfd.bpf.h.3 >"$BATS_TEST_TMPDIR/example.bpf.c"
	mkdir "$BATS_TEST_TMPDIR/include"
	ln -s "$PWD/bpf" "$BATS_TEST_TMPDIR/include/ebpfd"
	clang -O2 -g -Wall -Werror -target bpf -mcpu=v3 -I "$BATS_TEST_TMPDIR/include" \
		-I "/usr/include/$(gcc -print-multiarch)" -c "$BATS_TEST_TMPDIR/example.bpf.c" \
		-o "$BATS_TEST_TMPDIR/fw.bpf.o"
	sed -n '/^\[Unit\]/,/^\.Ed/p' docs/ebpfd.bpf.h.3 | sed '$d' >"$BATS_TEST_TMPDIR/fw.conf"
	grep -q '^\[Hook' "$BATS_TEST_TMPDIR/fw.conf"
	"$build/ebpfctl" check "$BATS_TEST_TMPDIR/fw.conf"
}

@test "the unit files of the examples are some" {
	"$build/ebpfctl" check bpf/examples/*.conf
}

@test "each shipped unit has a page in units.md, and each page's unit file is shipped" {
	diff <(basename -s .conf config/units.d/*.conf | sort) \
		<(grep -oE '/usr/share/ebpfd/units[.]d/[a-z_0-9]+[.]conf' docs/units.md | sort -u |
			xargs basename -as .conf)
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

# The messages of the journal, NAME ID.
messages()
{
	sed -nE 's/.*MESSAGE\((\w+), +"([0-9a-f]{32})"\).*/\1 \2/p' lib/journal_ids.h | sort
}

@test "ebpfd(8) has each message of the journal with its id, and each id is one message's" {
	[ "$(messages | wc -l)" -ge 10 ]
	diff <(messages) <(sed -nE '/^\.Sh LOG/,/^\.Sh FILES/ {
		/^\.It [0-9a-f]{32}$/ { N; s/^\.It (\w+)\n\.Cm (\w+) \.$/\2 \1/p } }' docs/ebpfd.8 | sort)
	[ -z "$(messages | cut -d' ' -f2 | sort | uniq -d)" ]
}

@test "the journal's catalog explains messages that there are" {
	local catalog=packaging/catalog/ebpfd.catalog
	[ -z "$(comm -13 <(messages | cut -d' ' -f2 | sort) <(sed -n 's/^-- //p' "$catalog" | sort))" ]
	mkdir -p "$BATS_TEST_TMPDIR/usr/lib/systemd/catalog" "$BATS_TEST_TMPDIR/var/lib/systemd/catalog"
	cp "$catalog" "$BATS_TEST_TMPDIR/usr/lib/systemd/catalog/"
	journalctl --update-catalog --root="$BATS_TEST_TMPDIR"
	[ "$(journalctl --list-catalog --root="$BATS_TEST_TMPDIR" | wc -l)" -eq "$(grep -c '^-- ' "$catalog")" ]
}
