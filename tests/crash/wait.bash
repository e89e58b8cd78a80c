# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Waiting, without a process for each look.

exec {never}<> <(:) # nothing ever comes through this pipe

pause()
{
	read -r -t 0.02 -u "$never" || true
}

# wait_until SECONDS COMMAND...
wait_until()
{
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		pause
	done
}
