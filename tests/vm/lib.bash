# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the scripts of tests/vm share. Sourced from the root of the tree.
#
# A machine is a kernel of tests/vm/kernel and a tree of files as initramfs: no disk, no network. Its
# first serial line is the kernel's console, its second one carries what the machine is asked for.

# shellcheck disable=SC2034 # of tests/vm/kernel and debian
VM_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

vm_fail()
{
	echo "vm: $*" >&2
	exit 1
}

# The first mirror of Debian proper that the machine names, in either of apt's two formats. A suite
# that has left it for archive.debian.org needs VM_MIRROR.
vm_mirror()
{
	local mirror=${VM_MIRROR:-}
	[ -n "$mirror" ] || mirror=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' \
		/etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
	[ -n "$mirror" ] || vm_fail "no mirror in apt's sources; name one in VM_MIRROR"
	echo "$mirror"
}

# vm_add_program TREE FILE...: stripped, with the libraries they name, under the paths they have here
vm_add_program()
{
	local tree=$1 file library
	shift
	for file; do
		install -D --strip "$file" "$tree/$file"
		ldd "$file" | grep -oE '/[^ ]+' | while read -r library; do
			[ -e "$tree$library" ] || install -D "$library" "$tree$library"
		done
	done
}

# vm_add_modules TREE SUITE: the modules of tests/vm/modules that are not built into that kernel, and
# what they need. Unpacked, since busybox's modprobe takes them so.
vm_add_modules()
{
	local tree=$1 kernel=build/vm/$2/kernel version name verb file
	version=$(<"build/vm/$2/version")
	mkdir -p "$tree/lib/modules/$version"
	cp "$kernel/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$version"
	grep -v '^#' tests/vm/modules | while read -r name; do
		modprobe -d "$kernel" -S "$version" --show-depends "$name" 2>/dev/null || true
	done | sort -u | while read -r verb file _; do
		[ "$verb" = insmod ] || continue
		name=$tree/lib/modules/$version/$(basename "${file%.xz}")
		if [[ $file = *.xz ]]; then xz -dc "$file" >"$name"; else cp "$file" "$name"; fi
	done
	depmod -b "$tree" "$version"
}

# vm_pack TREE FILE: a tree of files as initramfs; several of them may be joined by cat
vm_pack()
{
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$2"
}

# An oops ends the machine, as a panic does. An emulated timer that is late while the host is busy is
# no broken one. BPF is the last LSM: 5.10 has it off unless it is named.
VM_COMMAND_LINE="console=ttyS0 quiet panic=-1 oops=panic no_timer_check lsm=lockdown,yama,integrity,apparmor,bpf"

# Both CPUs are emulated in turns. By a thread each, the emulator may run an int3 after the kernel has
# patched it away, which then finds no reason for it and panics: 6.12 did at the start, and where
# trampolines come and go.
VM_THREADS=${VM_THREADS:-single}

# vm_command SUITE INITRAMFS: leaves in VM_COMMAND what runs a machine to its end
vm_command()
{
	VM_COMMAND=(qemu-system-x86_64 -accel "tcg,thread=$VM_THREADS" -smp 2
		-m "${VM_MEMORY:-1024}" -no-reboot -kernel "build/vm/$1/vmlinuz" -initrd "$2"
		-append "$VM_COMMAND_LINE")
	[ -z "${VM_DISK:-}" ] || VM_COMMAND+=(-drive "file=$VM_DISK,format=raw,if=virtio")
}

# vm_boot SUITE INITRAMFS SECONDS LOGS: runs a machine to its end, or for so long, and leaves what its
# two lines said in the folder LOGS, as console and results. Returns as timeout(1) does.
vm_boot()
{
	vm_command "$1" "$2"
	mkdir -p "$4"
	: >"$4/console"
	: >"$4/results"
	# In the background, so that a signal to the script ends the machine (vm_clean).
	timeout --kill-after=10 "$3" "${VM_COMMAND[@]}" -display none -monitor none \
		-serial "file:$4/console" -serial "file:$4/results" </dev/null &
	VM_RUNNING=$!
	wait "$VM_RUNNING"
}

# vm_explain SUITE STATUS BEFORE LOGS: why a machine did not do what it was asked for, and its last words
vm_explain()
{
	local how="ended $3"
	[ "$2" -ne 124 ] || how="was out of time"
	echo "failed: $1: the machine $how; its console:"
	tail -n 60 "$4/console" | tr -d '\r' | sed 's/^/      | /'
}

# A folder for this run, VM_SCRATCH, that goes with the script, as does a machine that still runs.
vm_scratch()
{
	VM_RUNNING=
	VM_SCRATCH=$(mktemp -d)
	trap vm_clean EXIT
	trap 'exit 130' INT TERM HUP
}

vm_clean()
{
	rm -rf "$VM_SCRATCH"
	[ -z "$VM_RUNNING" ] || kill "$VM_RUNNING" 2>/dev/null || true
}

# The program of a test, in the tree and in the build.
vm_program()
{
	local folder=integration/
	[[ $1 != */* ]] || folder=
	echo "${BUILD:-build}/tests/$folder$1"
}

# vm_make_tree TREE SUITE TEST...: a busybox, ip, the build's programs and BPF objects, the shipped
# units, and these tests, under the paths of the build
vm_make_tree()
{
	local tree=$1 suite=$2 build=${BUILD:-build} programs=() test
	shift 2
	for test; do programs+=("$(vm_program "$test")"); done
	mkdir -p "$tree"/{bin,dev,proc,sys,tmp,vm}
	ln -s bin "$tree/sbin"
	install /bin/busybox "$tree/bin/busybox"
	install tests/vm/init "$tree/init"
	# Before busybox's own in the PATH of init: that one cannot do what tests need.
	vm_add_program "$tree" "$(readlink -f "$(command -v ip)")"
	vm_add_program "$tree" "$build"/ebpf{d,d-loader,ctl} "${programs[@]}"
	cp --parents -t "$tree" config/units.d/*.conf
	find "$build/bpf" "$build/tests/bpf" -name '*.bpf.o' -exec cp --parents -t "$tree" {} +
	vm_add_modules "$tree" "$suite"
	echo "export BUILD=$build" >"$tree/vm/settings"
}

# The names of the build's integration tests, then of those of shipped units, as units/NAME.
vm_all_tests()
{
	find "${BUILD:-build}/tests/integration" -type f -executable -printf '%f\n' | sort
	find "${BUILD:-build}/tests/units" -type f -executable -printf 'units/%f\n' | sort
}
