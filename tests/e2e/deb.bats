#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What can be known of the Debian packages without building them; `make deb` does that.

bats_require_minimum_version 1.5.0

debian=packaging/debian

setup()
{
	build=${BUILD:-build}
	root=$BATS_TEST_TMPDIR/root
	pins=$root/sys/fs/bpf/ebpfd
	# What dpkg says to scripts of a system that is not the one at /.
	export DPKG_ROOT=$root
}

teardown()
{
	! mountpoint -q "$root/sys/fs/bpf" || umount "$root/sys/fs/bpf"
	ip link del v0 2>/dev/null || true
}

# bpffs_make: one below $root
bpffs_make()
{
	mkdir -p "$root/sys/fs/bpf"
	mount -t bpf bpf "$root/sys/fs/bpf"
}

# pin_units NAME...: a tree of pins as of these units
pin_units()
{
	local unit
	bpffs_make
	for unit; do
		mkdir -p "$pins/$unit"/{hooks/in/at-7,hooks/out,gen-1/progs,gen-1/maps,maps}
		pin_map "$unit"/{ledger,selector,hooks/in/{slots,entry,neutral,link},hooks/out/link-new} \
			"$unit"/{gen-1/manifest,gen-1/progs/on_packet,gen-1/maps/totals,maps/totals}
	done
}

# pin_map NAME...: pins a map below $pins under these names
pin_map()
{
	local name first=
	for name; do
		if [ -z "$first" ]; then
			bpftool map create "$pins/$name" type array key 4 value 4 entries 1 name ebpfd_test
			first=$name
		else
			bpftool map pin pinned "$pins/$first" "$pins/$name"
		fi
	done
}

# state_make: what lies elsewhere when the package goes, but for its own files in /etc
state_make()
{
	mkdir -p "$root"/{run/ebpfd,var/lib/ebpfd/objects,var/log/ebpfd,etc/ebpfd/units.d}
	touch "$root/run/ebpfd/control.sock" "$root/var/lib/ebpfd/objects/x" "$root/var/log/ebpfd/fw.jsonl"
}

postrm()
{
	run --separate-stderr sh "$debian/ebpfd.postrm" "$@"
	echo "$output$stderr"
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
}

# lines_of FILE: without comments
lines_of()
{
	grep -v '^#' "$1"
}

@test "the version of the packages is that of the programs" {
	[ "$(sed -nE '1s/^ebpfd \((.*)\) .*/\1/p' $debian/changelog)" = "$(packaging/version)" ]
	[ "ebpfd $(packaging/version)" = "$("$build/ebpfd" --version)" ]
}

@test "all that make install installs is in exactly one package" {
	local file package line count
	make -s install DESTDIR="$root" UNITDIR=/usr/lib/systemd/system
	while IFS= read -r file; do
		count=0
		for package in ebpfd ebpfd-dev; do
			while IFS= read -r line; do
				[[ $file != "$line"/* ]] || count=$((count + 1))
			done < <(lines_of $debian/$package.install |
				sed "s|\${env:UNITDIR}|usr/lib/systemd/system|")
		done
		[ "$count" -eq 1 ] || { echo "$file is in $count packages"; false; }
	done < <(cd "$root" && find . -type f -printf '%P\n')
}

@test "what the packages name is there" {
	local file missing=0
	make -s install DESTDIR="$root" UNITDIR=/usr/lib/systemd/system
	while IFS= read -r file; do
		[ -e "$root/${file/'${env:UNITDIR}'/usr/lib/systemd/system}" ] || { echo "no $file"; missing=1; }
	done < <(lines_of $debian/ebpfd.install; lines_of $debian/ebpfd-dev.install)
	while IFS= read -r file; do
		compgen -G "$file" >/dev/null || { echo "no $file"; missing=1; }
	done < <(lines_of $debian/ebpfd.docs; lines_of $debian/ebpfd-dev.docs; lines_of $debian/ebpfd-dev.examples)
	[ "$missing" -eq 0 ]
}

@test "what the package builds are targets of the Makefile" {
	local targets
	read -ra targets < <(sed -n 's/^\tdh_auto_build -- //p' $debian/rules)
	[ "${#targets[@]}" -ge 1 ]
	make -n "${targets[@]}" >/dev/null
}

# scripts: the maintainer's
scripts()
{
	find $debian -name '*.preinst' -o -name '*.prerm' -o -name '*.postinst' -o -name '*.postrm'
}

@test "scripts of the maintainer are shell" {
	local script
	[ "$(scripts | wc -l)" -ge 2 ]
	for script in $(scripts); do
		sh -n "$script"
		[ "$(head -n 1 "$script")" = '#!/bin/sh' ]
		grep -qx '#DEBHELPER#' "$script"
	done
}

@test "each unit of systemd is enabled and started, or not, on purpose" {
	diff <(cd packaging/systemd && ls) \
		<(grep -A1 $'^\tdh_installsystemd ' $debian/rules | grep -oE 'ebpfd[-a-z]*\.[a-z]+' | sort)
}

# Stubs stand for what would act on the system.
@test "an upgrade stops nothing before the new files are there" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "$0 $*" >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/deb-systemd-invoke"
	chmod +x "$BATS_TEST_TMPDIR/bin/deb-systemd-invoke"
	ln -s deb-systemd-invoke "$BATS_TEST_TMPDIR/bin/systemctl"
	run env DPKG_ROOT= PATH="$BATS_TEST_TMPDIR/bin:$PATH" sh $debian/ebpfd.prerm upgrade 0.2.0
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	run ! grep preinst <<<"$(scripts)"
}

@test "the script for what is gone ends nothing in an upgrade" {
	pin_units fw
	state_make
	local action before
	before=$(find "$root" | sort)
	for action in "upgrade 0.2.0" "failed-upgrade 0.1.0" "abort-install" "abort-upgrade 0.2.0" disappear; do
		# shellcheck disable=SC2086 # words of an action
		postrm $action
		[ -z "$output" ]
		[ "$(find "$root" | sort)" = "$before" ]
	done
}

@test "remove leaves all as it is, and says how to end it" {
	pin_units fw conns
	mkdir "$pins/shared"
	state_make
	local before
	before=$(find "$root" | sort)
	postrm remove
	[[ $output = *"still attached, with events that nobody reads: conns fw"$'\n'* ]]
	[ "$(find "$root" | sort)" = "$before" ]

	# As it is said there, for one unit.
	eval "$(sed -n 's/^ebpfd:   \(find .*\)/\1/p' <<<"${output//UNIT/fw}")"
	[ "$(ls "$pins")" = $'conns\nshared' ]
}

@test "remove has nothing to say where nothing is attached" {
	postrm remove
	[ -z "$output" ]
	pin_units
	postrm remove
	[ -z "$output" ]
}

@test "what the documents say of it is what remove says" {
	diff <(sed -nE "s/^[[:space:]]*ebpfd:   (find .*)/\1/p" $debian/ebpfd.postrm | sed 's|\$pins|/sys/fs/bpf/ebpfd|g; s/; /\n/') \
		<(sed -n '/^<!-- detach -->/,/^```$/p' docs/packages.md | grep -v '^[`<]')
}

@test "purge ends all, and leaves what is not its own" {
	pin_units fw conns gone-old-3
	mkdir "$pins/shared"
	pin_map shared/flows
	state_make
	echo mine >"$root/etc/ebpfd/units.d/fw.conf"
	postrm purge
	[[ $output = *"ebpfd: detached: conns fw gone-old-3"* ]]
	[[ $output = *"left, as it is yours: $root/etc/ebpfd/units.d/fw.conf"* ]]
	[ ! -e "$pins" ]
	[ ! -e "$root/run/ebpfd" ]
	[ ! -e "$root/var/lib/ebpfd" ]
	[ -e "$root/var/log/ebpfd/fw.jsonl" ]
	[ "$(cat "$root/etc/ebpfd/units.d/fw.conf")" = mine ]
}

# daemon_was_here UNIT-TEXT: one loaded the unit fw, and ended
daemon_was_here()
{
	bpffs_make
	state_make
	ip link add v0 type veth peer name v1
	printf '[Daemon]\nUnitsDirectory=%s\n' "$root" >"$root/ebpfd.conf"
	echo "$1" >"$root/fw.conf"
	"$build/ebpfd" --config "$root/ebpfd.conf" --root "$pins" --runtime-dir "$root/run/ebpfd" \
		--state-dir "$root/var/lib/ebpfd" --loader "$build/ebpfd-loader" 3>&- &
	local daemon=$!
	timeout 30 sh -c "until [ -e '$pins/fw/gen-1/manifest' ]; do sleep 0.1; done"
	kill "$daemon" && wait "$daemon"
}

@test "purge detaches: links go first, and with them what is attached" {
	daemon_was_here "[Unit]
Object=$PWD/$build/bpf/examples/packets-v1.bpf.o
[Hook in]
Program=on_packet
Attach=xdp:v1"
	ip link show v1 | grep -q prog/xdp
	postrm purge
	[[ $output = *"detached: fw"* ]]
	timeout 30 sh -c "while ip link show v1 | grep -q prog/xdp; do sleep 0.1; done"
	[ ! -e "$pins" ]
}

@test "purge detaches filters, which have no link" {
	daemon_was_here "[Unit]
Object=$PWD/$build/tests/bpf/life_tc_v1.bpf.o
[Hook in]
Program=on_ingress
Attach=tc:v1/ingress"
	tc filter show dev v1 ingress | grep -q pref.50000
	tc filter add dev v1 ingress pref 7 bpf bytecode '1,6 0 0 0,'
	postrm purge
	run ! grep pref.50000 <(tc filter show dev v1 ingress)
	tc filter show dev v1 ingress | grep -q "pref 7 "
}

@test "purge of what never ran" {
	postrm purge
	[ -z "$output" ]
}
