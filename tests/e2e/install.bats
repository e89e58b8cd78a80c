#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything in its place, and takes nothing away.

setup()
{
	root=$BATS_TEST_TMPDIR/root
}

install_below()
{
	make -s install DESTDIR="$root" "$@"
}

# mode PATH: its permissions
mode()
{
	stat -c %a "$root$1"
}

@test "programs, for whoever may call them" {
	install_below
	[ "$(mode /usr/sbin/ebpfd)" = 755 ]
	[ "$(mode /usr/bin/ebpfctl)" = 755 ]
	[ "$(mode /usr/libexec/ebpfd/ebpfd-loader)" = 755 ]
}

@test "the headers that authors include, and they compile where they are installed" {
	install_below
	local directory=$root/usr/include/ebpfd
	[ "$(cd "$directory" && echo *)" = "abi.h ebpfd.bpf.h record.h" ]
	printf '#include <%s>\n' linux/bpf.h bpf/bpf_helpers.h ebpfd/{ebpfd.bpf,record,abi}.h |
		clang -target bpf -mcpu=v3 -O2 -g -Wall -Werror -Wno-unused-function -x c -fsyntax-only \
			-I "$root/usr/include" -I "/usr/include/$(gcc -print-multiarch)" -
}

@test "pkg-config knows where the headers are, and which they are" {
	install_below PREFIX=/opt/ebpfd
	export PKG_CONFIG_LIBDIR=$root/opt/ebpfd/share/pkgconfig
	[ "$(pkg-config --cflags ebpfd | tr -d ' ')" = -I/opt/ebpfd/include ]
	[ "ebpfd $(pkg-config --modversion ebpfd)" = "$("${BUILD:-build}/ebpfd" --version)" ]
}

@test "a manual page for each program, each file format and the header" {
	install_below
	local page
	for page in man8/ebpfd.8 man1/ebpfctl.1 man5/ebpfd.conf.5 man5/ebpfd.unit.5 \
		man3/ebpfd.bpf.h.3; do
		[ "$(mode "/usr/share/man/$page")" = 644 ]
	done
}

@test "completion, service, group and directories" {
	install_below
	[ "$(mode /usr/share/bash-completion/completions/ebpfctl)" = 644 ]
	[ "$(mode /usr/lib/systemd/system/ebpfd.service)" = 644 ]
	[ "$(mode /usr/lib/systemd/system/ebpfd.socket)" = 644 ]
	[ "$(mode /usr/lib/systemd/system/ebpfd-metrics.socket)" = 644 ]
	[ "$(mode /usr/lib/systemd/catalog/ebpfd.catalog)" = 644 ]
	[ "$(mode /usr/lib/sysusers.d/ebpfd.conf)" = 644 ]
	[ "$(mode /usr/lib/tmpfiles.d/ebpfd.conf)" = 644 ]
	[ "$(mode /etc/ebpfd/units.d)" = 755 ]
	systemd-sysusers --root="$root" "$root/usr/lib/sysusers.d/ebpfd.conf"
	grep -q '^ebpfd:' "$root/etc/group"
	systemd-tmpfiles --root="$root" --create "$root/usr/lib/tmpfiles.d/ebpfd.conf"
	[ "$(mode /run/ebpfd)" = 755 ]
	[ "$(mode /var/lib/ebpfd)" = 700 ]
}

@test "the service starts the installed daemon and keeps to the host's bpffs" {
	install_below PREFIX=/opt/ebpfd
	local service=$root/opt/ebpfd/lib/systemd/system/ebpfd.service
	grep -qx 'ExecStart=/opt/ebpfd/sbin/ebpfd' "$service"
	run ! grep -E '^(PrivateMounts|PrivateUsers|ProtectKernelTunables|Inaccessible|Temporary|Bind|Root|Mount|Dynamic)' \
		"$service"
}

@test "the shipped settings are the defaults, spelled out" {
	install_below
	[ "$(mode /etc/ebpfd/ebpfd.conf)" = 644 ]
	# Nothing is in force but the sections' headers.
	[ "$(grep -vE '^(#|$)' "$root/etc/ebpfd/ebpfd.conf" | paste -sd,)" = "[Daemon],[Metrics]" ]
}

@test "shipped units are there, none of them enabled, and each finds its object" {
	install_below PREFIX=/opt/ebpfd
	local file object
	[ "$(cd "$root/opt/ebpfd/share/ebpfd/units.d" && ls)" = "$(cd config/units.d && ls ./*.conf | cut -c3-)" ]
	[ "$(ls "$root/etc/ebpfd/units.d")" = README ]
	for file in "$root"/opt/ebpfd/share/ebpfd/units.d/*.conf; do
		"${BUILD:-build}/ebpfctl" check "$file"
		object=$(sed -n 's/^Object=//p' "$file")
		[ "$(mode "$object")" = 644 ]
	done
}

@test "a configuration that is there is kept" {
	mkdir -p "$root/etc/ebpfd/units.d"
	echo mine >"$root/etc/ebpfd/ebpfd.conf"
	echo mine >"$root/etc/ebpfd/units.d/fw.conf"
	install_below
	[ "$(cat "$root/etc/ebpfd/ebpfd.conf")" = mine ]
	[ "$(cat "$root/etc/ebpfd/units.d/fw.conf")" = mine ]
}

@test "nothing but etc and usr, and nothing that others may write" {
	install_below
	[ -z "$(find "$root" -type f -perm /022)" ]
	[ -z "$(find "$root" -type l)" ]
	[ "$(cd "$root" && echo *)" = "etc usr" ]
}
