#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each house rule goes red on a tree that breaks it and stays green beside it.

setup()
{
	tree=$BATS_TEST_TMPDIR
	mkdir -p "$tree"/{lib,config,ctl,bpf,daemon/{kernel,loader,events,unit,service},tests}
	ln -s "$PWD/tests/checks" "$tree/tests/checks"
	cp .clang-format "$tree"
	cd "$tree" || return 1
}

# file PATH LINE...: writes a file; rule NAME PATH...: runs a rule on files
file()
{
	local path=$1
	shift
	printf '%s\n' "$@" >"$path"
}

rule()
{
	local name=$1
	shift
	run "tests/checks/rules/$name" < <(printf '%s\n' "$@")
}

# green / red TEXT: how the last rule ended
green()
{
	[ "$status" -eq 0 ] && [ -z "$output" ]
}

red()
{
	[ "$status" -ne 0 ] && [[ $output = *"$1"* ]]
}

@test "includes: along the arrows is allowed" {
	file config/a.c '#include "lib/str.h"' '#include "bpf/abi.h"' '#include <ini.h>'
	file daemon/kernel/a.c '#include <bpf/libbpf.h>' '#include "config/attach.h"'
	file daemon/unit/a.c '#include "daemon/events/ring.h"' '#include "daemon/unit/unit.h"'
	file daemon/main.c '#include "daemon/service/bus.h"'
	rule includes config/a.c daemon/kernel/a.c daemon/unit/a.c daemon/main.c
	green
}

@test "includes: lib includes nothing else of ours" {
	file lib/a.c '#include <stdio.h>' '#include "config/attach.h"'
	rule includes lib/a.c
	red 'lib/a.c:2:'
}

@test "includes: ctl knows neither daemon nor bpf nor libbpf" {
	local header
	for header in '"daemon/unit/unit.h"' '"bpf/abi.h"' '<bpf/libbpf.h>'; do
		file ctl/a.c "#include $header"
		rule includes ctl/a.c
		red 'ctl/a.c:1:'
	done
}

@test "includes: config takes the ABI from bpf and nothing else" {
	file config/a.c '#include "bpf/record.h"'
	rule includes config/a.c
	red 'config/a.c:1:'
}

@test "includes: no arrow against the stream inside the daemon" {
	local pair
	for pair in kernel:events kernel:loader events:unit loader:unit events:loader unit:service; do
		file "daemon/${pair%:*}/a.c" "#include \"daemon/${pair#*:}/b.h\""
		rule includes "daemon/${pair%:*}/a.c"
		red "daemon/${pair%:*}/a.c:1:"
	done
}

@test "includes: libbpf is not for unit and service" {
	file daemon/unit/a.c '#include <bpf/bpf.h>'
	file daemon/service/a.c '#include <bpf/bpf.h>'
	rule includes daemon/unit/a.c daemon/service/a.c
	red 'daemon/unit/a.c:1:'
	red 'daemon/service/a.c:1:'
}

@test "includes: from the root of the tree" {
	file lib/a.c '#include "str.h"'
	rule includes lib/a.c
	red 'from the root'
}

@test "includes: programs of authors need no root of ours" {
	file bpf/a.bpf.c '#include "ebpfd.bpf.h"' '#include <bpf/bpf_helpers.h>'
	rule includes bpf/a.bpf.c
	green
}

@test "headers: one that compiles by itself is fine" {
	file lib/a.h '#pragma once' '#include <stddef.h>' 'size_t size(void);'
	rule headers lib/a.h
	green
}

@test "headers: one that needs another's include is not" {
	file lib/a.h '#pragma once' 'size_t size(void);'
	rule headers lib/a.h
	red 'does not compile by itself'
}

@test "headers: #pragma once" {
	file lib/a.h '#include <stddef.h>'
	rule headers lib/a.h
	red 'no #pragma once'
}

@test "headers: those of programs compile for BPF" {
	file bpf/a.bpf.h '#pragma once' 'static inline __u64 now(void) { return bpf_ktime_get_ns(); }'
	rule headers bpf/a.bpf.h
	green
	file bpf/a.bpf.h '#pragma once' 'static inline __u64 now(void) { return no_such_type_t; }'
	rule headers bpf/a.bpf.h
	red 'does not compile by itself'
}

@test "spdx: present in all forms of comment" {
	file lib/a.c '/* SPDX-License-Identifier: GPL-2.0-or-later */'
	file ctl/a.sh '#!/bin/sh' '# SPDX-License-Identifier: GPL-2.0-or-later'
	file README.md '<!-- SPDX-License-Identifier: GPL-2.0-or-later -->'
	rule spdx lib/a.c ctl/a.sh README.md
	green
}

@test "spdx: missing, late or of another licence" {
	file lib/a.c 'int a;'
	file lib/b.c '' '' '/* SPDX-License-Identifier: GPL-2.0-or-later */'
	file lib/c.c '/* SPDX-License-Identifier: MIT */'
	rule spdx lib/a.c lib/b.c lib/c.c
	red lib/a.c
	red lib/b.c
	red lib/c.c
}

@test "spdx: what enters other people's programs has two licences, and nothing else has" {
	file bpf/abi.h '/* SPDX-License-Identifier: GPL-2.0-or-later */'
	rule spdx bpf/abi.h
	red bpf/abi.h
	file bpf/abi.h '/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */'
	rule spdx bpf/abi.h
	green
	file lib/a.c '/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */'
	rule spdx lib/a.c
	red lib/a.c
}

@test "logging: no print in the daemon" {
	local call
	for call in 'printf("x");' 'fprintf(stderr, "x");' 'perror("x");' 'dprintf(2, "x");' 'puts("x");' \
		'warnx("x");' 'syslog(LOG_ERR, "x");'; do
		file daemon/unit/a.c 'void f(void)' '{' "	$call" '}'
		rule logging daemon/unit/a.c
		red 'daemon/unit/a.c:3:'
	done
}

@test "logging: formatting, comments, strings and errno variables are no prints" {
	file daemon/unit/a.c '/* printf(x) to stderr' ' * printf(x) */' 'void f(void)' '{' \
		'	snprintf(b, s, "printf(%d)", err);' "	x = '\"'; // perror(x)" \
		'	log_line(err, (1));' '	dprintf(report_fd, "x");' '}'
	file lib/macro.h '#define F(f, v) __attribute__((format(printf, f, v)))'
	rule logging daemon/unit/a.c lib/macro.h
	green
}

@test "logging: what reads a command line may print to stdout, not to stderr" {
	file daemon/loader/main.c '	printf("%s", VERSION);'
	file daemon/service/arguments.c '	(void)puts(VERSION);'
	rule logging daemon/loader/main.c daemon/service/arguments.c
	green
	file daemon/service/arguments.c '	fprintf(stderr, "x");'
	rule logging daemon/service/arguments.c
	red daemon/service/arguments.c:1:
}

@test "owners: each has an initialiser" {
	file lib/a.c 'void f(void)' '{' '	cleanup_close int fd = -1, other = -1;' \
		'	cleanup_free char *a = g(1, 2);' '}'
	rule owners lib/a.c
	green
	file lib/a.c 'void f(void)' '{' '	cleanup_close int fd = -1, other;' '	cleanup_free char *a;' '}'
	rule owners lib/a.c
	red lib/a.c:3:
	red lib/a.c:4:
}

@test "owners: no local descriptor is closed by hand" {
	file lib/a.c 'void f(void)' '{' '	int fd = open("x", 0);' '	close(fd);' '}'
	rule owners lib/a.c
	red lib/a.c:4:
	file lib/a.c 'int f(void)' '{' '	int fd = open("x", 0);' '	return fd;' '}' \
		'void g(int fd)' '{' '	close(fd);' '}'
	rule owners lib/a.c
	green
}

@test "names: libbpf's prefixes are not ours to define" {
	local line
	for line in 'int bpf_load(void)' 'static struct x *btf_find(int a)' 'struct bpf_unit {' \
		'#define libbpf_error 1' 'int ring_buffer_count;'; do
		file daemon/kernel/a.c "$line"
		rule names daemon/kernel/a.c
		red daemon/kernel/a.c:1:
	done
}

@test "names: using and forward-declaring theirs is fine" {
	file daemon/kernel/a.c 'struct btf;' 'struct bpf_object;' \
		'int object_open(struct bpf_object *object, int bpf_fd)' '{' '	return bpf_obj_get(path);' '}' \
		'struct bpf_object *object_find(const char *name);'
	rule names daemon/kernel/a.c
	green
}

@test "places: paths of one machine and addresses of hosts" {
	local text
	for text in "/ho""me/someone/x" "see /wo""rk/main" "8.8"".4.4"; do
		file README.md "$text"
		rule places README.md
		red README.md:1:
	done
	file README.md "127.0.0.1 10.1.2.3 192.0.2.7 /etc/ebpfd build/work/x framework/x 0.1.0"
	rule places README.md
	green
}

@test "format: what clang-format would change" {
	file lib/a.c 'int a;'
	rule format lib/a.c
	green
	file lib/a.c 'int    a ;'
	rule format lib/a.c
	red lib/a.c:1:
}

@test "strip: keeps lines, drops comments and strings" {
	file lib/a.c 'int a; /* one' 'two */ int b; // c' 'char *d = "e\"f";'
	run awk -f tests/checks/strip.awk lib/a.c
	[ "${lines[0]}" = 'lib/a.c:1:int a; ' ]
	[ "${lines[1]}" = 'lib/a.c:2: int b; ' ]
	[ "${lines[2]}" = 'lib/a.c:3:char *d = "";' ]
}
