#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Manual pages are complete: they have what --help shows and what the tables of the sources know, and
# nothing else.

setup_file()
{
	local verb
	"${BUILD:-build}/ebpfctl" --help | sed -nE '/^Verbs:/,/^Options:/s/^  ((map )?[a-z-]+) .*/\1/p' \
		>"$BATS_FILE_TMPDIR/verbs"
	# shellcheck disable=SC2086
	while IFS= read -r verb; do
		"${BUILD:-build}/ebpfctl" $verb --help | sed "s/^/$verb: /"
	done <"$BATS_FILE_TMPDIR/verbs" >"$BATS_FILE_TMPDIR/help"
}

setup()
{
	build=${BUILD:-build}
	verbs=$BATS_FILE_TMPDIR/verbs
	help=$BATS_FILE_TMPDIR/help # of each verb, "VERB: LINE"
}

# same WHAT COMMAND WHAT COMMAND: both print lines, the same ones in whatever order
same()
{
	local left right
	left=$($2 | sort) right=$($4 | sort)
	[ -n "$left" ] || { echo "there is nothing in $1"; return 1; }
	diff -u --label "$1" <(echo "$left") --label "$3" <(echo "$right")
}

# section NAME FILE: what stands below that .Sh
section()
{
	awk -v name="$1" '/^\.Sh / { on = substr($0, 5) == name; next } on' "$2"
}

# ---- ebpfctl(1) ----

# page PART: see manual.awk
page()
{
	awk -v part="$1" -f tests/e2e/manual.awk docs/ebpfctl.1
}

# "VERB: OPTION", with those of all verbs
options_of_help()
{
	sed -nE 's/^([a-z -]+:)   (-.{23}).*/\1 \2/p' "$help" | sed 's/ *$//'
}

options_of_page()
{
	page options | awk -F': ' 'NR == FNR { verbs[$0]; next } $1 != "all" { print; next }
		{ for (verb in verbs) print verb ": " $2 }' "$verbs" -
}

# "VERB: OPERANDS"
operands_of_help()
{
	sed -nE 's/^([a-z -]+:) ebpfctl .* \[OPTIONS\]/\1/p' "$help"
}

operands_of_page()
{
	page operands
}

# "VERB: [OPTION]... OPERANDS", without the options of all verbs, and with short names where there are
synopsis_of_help()
{
	{
		page options | grep '^all: '
		options_of_help
		operands_of_help | sed 's/^/usage /'
	} | awk -F': ?' '
		$1 == "all" { of_all[$2]; next }
		sub(/^usage /, "", $1) { print $1 ":" options[$1] ($2 == "" ? "" : " " $2); next }
		!($2 in of_all) { sub(/, --[a-z-]+/, "", $2); options[$1] = options[$1] " [" $2 "]" }'
}

synopsis_of_page()
{
	page synopsis
}

@test "ebpfctl(1) has each verb with its operands, and no other" {
	same --help operands_of_help ebpfctl.1 operands_of_page
}

@test "ebpfctl(1) has each option at the verbs that take it, and no other" {
	same --help options_of_help ebpfctl.1 options_of_page
}

@test "the synopsis of ebpfctl(1) has each verb with its options and operands" {
	same --help synopsis_of_help ebpfctl.1 synopsis_of_page
}

options_in_the_text()
{
	sed -E 's/\\-/-/g; s/\bFl Fl /--/g' docs/ebpfctl.1 | grep -oE -- '(^|[[:blank:]])--[a-z][a-z-]+' | tr -d '[:blank:]' | sort -u
}

options_of_all()
{
	options_of_help | grep -oE -- '--[a-z][a-z-]+' | sort -u
}

@test "the text and the examples of ebpfctl(1) name no option that there is not" {
	same --help options_of_all ebpfctl.1 options_in_the_text
}

# The rows of lib/outcome.c: NAME CODE
outcomes()
{
	sed -nE 's/^\t\[OUTCOME_\w+\] = \{"([a-z-]+)", .*, ([0-9]+)\},$/\1 \2/p' lib/outcome.c
}

outcome_codes()
{
	outcomes | cut -d' ' -f2 | sort -u
}

codes_of_page()
{
	section 'EXIT STATUS' docs/ebpfctl.1 | sed -n 's/^\.It //p'
}

outcomes_of_errors()
{
	outcomes | cut -d' ' -f1 | grep -vx 'done'
}

outcomes_of_page()
{
	section OUTPUT docs/ebpfctl.1 | sed -n '/^\.Sy outcome$/,/take-back-failed/s/^\.Ql //p' |
		grep -oE '[a-z-]+'
}

@test "ebpfctl(1) has each exit code and each outcome of an error" {
	same lib/outcome.c outcome_codes ebpfctl.1 codes_of_page
	same lib/outcome.c outcomes_of_errors ebpfctl.1 outcomes_of_page
}

# ---- ebpfd(8) ----

# "OPTION ARGUMENT"
daemon_options_of_help()
{
	"$build/ebpfd" --help | sed -nE 's/^  (--[a-z-]+( [A-Z]+)?) .*/\1/p'
}

daemon_options_of_page()
{
	section DESCRIPTION docs/ebpfd.8 | sed -nE 's/^\.It Fl Fl ([a-z-]+)/--\1/p' | sed 's/ Ar / /'
}

daemon_options_of_synopsis()
{
	section SYNOPSIS docs/ebpfd.8 | sed -nE 's/^\.Op Fl Fl ([a-z-]+)/--\1/p' | sed 's/ Ar / /'
}

daemon_settings_of_help()
{
	daemon_options_of_help | grep ' '
}

@test "ebpfd(8) has each option with its argument, and no other" {
	same --help daemon_options_of_help ebpfd.8 daemon_options_of_page
	same --help daemon_settings_of_help 'SYNOPSIS of ebpfd.8' daemon_options_of_synopsis
}

# ---- ebpfd.conf(5) and ebpfd.unit(5) ----

# keys FILE...: see manual_keys.awk
keys()
{
	awk -f tests/e2e/manual_keys.awk "$@"
}

settings() { keys config/daemon_file.c; }
settings_of_page() { keys docs/ebpfd.conf.5; }
unit_keys() { keys config/unit_*.c; }
unit_keys_of_page() { keys docs/ebpfd.unit.5; }

@test "ebpfd.conf(5) has each setting, and no other" {
	same config/daemon_file.c settings ebpfd.conf.5 settings_of_page
}

@test "ebpfd.unit(5) has each section and key, and no other" {
	same 'config/unit_*.c' unit_keys ebpfd.unit.5 unit_keys_of_page
}

# "KEY=VALUE" of the settings file that is shipped, all of them comments
defaults()
{
	sed -nE 's/^#([A-Z][A-Za-z]+=.*)/\1/p' config/ebpfd.conf
}

defaults_of_page()
{
	sed -nE 's/^\.It Sy ([A-Za-z]+=)( Ns)?( (Pa|Cm))? ?(.*)/\1\5/p' docs/ebpfd.conf.5
}

@test "ebpfd.conf(5) and the settings file that is shipped have the same defaults" {
	same config/ebpfd.conf defaults ebpfd.conf.5 defaults_of_page
}

kinds()
{
	sed -nE 's/.*\[HOOK_[A-Z_]+\] = \{\.name = "([a-z_]+)",.*/\1/p' config/attach.c
}

kinds_of_page()
{
	section '[Hook NAME]' docs/ebpfd.unit.5 |
		awk '/^\.It Cm / { for (i = 2; i <= NF; i++) if ($i == "Cm" && $(i + 1) ~ /^[a-z_]+:$/) print substr($(i + 1), 1, length($(i + 1)) - 1) }'
}

kinds_of_readme()
{
	sed -n '/^Hooks: /,/\. /p' README.md | sed 's/\. .*//' | grep -oE '`[a-z_]+`' | tr -d '`'
}

@test "ebpfd.unit(5) and the README have each kind of hook, and no other" {
	same config/attach.c kinds ebpfd.unit.5 kinds_of_page
	same config/attach.c kinds README.md kinds_of_readme
}

# The words that values may be, without those of later versions.
words()
{
	sed -nE 's/^.*\{\.name = "([a-z][a-z0-9]*)(:PATH)?", \.value = .*/\1/p' config/unit_*.c | sort -u
}

@test "ebpfd.unit(5) has each word that a value may be" {
	local word missing=0
	[ "$(words | wc -l)" -ge 15 ]
	while IFS= read -r word; do
		grep -qE "\bCm $word(:|\b)" docs/ebpfd.unit.5 || { echo "no $word"; missing=1; }
	done < <(words)
	[ "$missing" -eq 0 ]
}

# ---- the documents ----

# Command lines of ebpfctl in fences and between backquotes: FILE COMMAND
commands_of_documents()
{
	awk -v quote='`' '
		/^```/ { fenced = !fenced; next }
		fenced && match($0, /(^|[ (])ebpfctl .*/) { print FILENAME, substr($0, RSTART) }
		!fenced {
			count = split($0, part, quote)
			for (i = 2; i <= count; i += 2)
				if (part[i] ~ /^(sudo )?ebpfctl /) print FILENAME, part[i]
		}' README.md CONTRIBUTING.md docs/*.md |
		sed -E 's/ +#.*//; s/[|;&>)].*//; s/ (sudo )?ebpfctl / /' | sort -u
}

# a_command WORD...: the verb is one, if there is any, and takes these options
a_command()
{
	local verb=
	while [ $# -gt 0 ]; do
		case $1 in
		-o | --output | --runtime-dir) shift ;;
		-q | --quiet) ;;
		-*) grep -qE "^$verb:   .*${1%%=*}\b" "$help" || return ;;
		map) [ -n "$verb" ] || { verb="map $2"; shift; } ;;
		*) [ -n "$verb" ] || verb=$1 ;;
		esac
		shift
	done
	[ -z "$verb" ] || grep -qxF "$verb" "$verbs"
}

@test "each command line of ebpfctl in the documents has a verb that there is, with options that it takes" {
	local document words missing=0
	[ "$(commands_of_documents | wc -l)" -ge 50 ]
	while read -r document words; do
		# shellcheck disable=SC2086
		a_command $words || { echo "$document: ebpfctl $words"; missing=1; }
	done < <(commands_of_documents)
	[ "$missing" -eq 0 ]
}

# Messages that the table of operators.md explains, without what varies in them, a piece a line.
messages_of_operators()
{
	sed -n '/^| you see/,/^$/p' docs/operators.md | sed -nE 's/^\| `([^`]+ [^`]+)`.*/\1/p' | sed 's/ *… */\n/g' | grep .
}

@test "each message that operators.md explains is one" {
	local piece missing=0
	# Strings of the sources, put together, with the quotes that they have in them.
	find daemon ctl lib -name '*.c' -exec cat {} + | tr -d '\n' | sed 's/"[[:space:]]*"//g; s/\\"/"/g' \
		>"$BATS_TEST_TMPDIR/sources"
	[ "$(messages_of_operators | wc -l)" -ge 12 ]
	while IFS= read -r piece; do
		grep -qF -- "$piece" "$BATS_TEST_TMPDIR/sources" || { echo "nobody says: $piece"; missing=1; }
	done < <(messages_of_operators)
	[ "$missing" -eq 0 ]
}
