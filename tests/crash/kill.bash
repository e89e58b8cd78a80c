# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One kill, or two: an operation, the step that it is killed after, a start, a look.

kills=0 converged=0

# decide_outcome UNIT GENERATION_BEFORE: sets outcome
decide_outcome()
{
	if ! wait_until 10 everything_looks_right; then
		outcome="does not look right"
	elif [ "${generation[$1]:-0}" = "$2" ]; then
		outcome=before
	else
		outcome=after
	fi
}

# note_kill OPERATION UNIT STEP SECOND_STEP OUTCOME
note_kill()
{
	kills=$((kills + 1))
	case $5 in before | after) converged=$((converged + 1)) ;; esac
	printf '%s\t%s\t%s\t%s\n' "$1" "$3" "$4" "$5" >>"$table"
	printf '%-9s %-8s %-20s %-18s %s\n' "$@"
}

# start_and_die STEP: a start that is killed in its middle
start_and_die()
{
	start_daemon "$1"
	await_end 15
}

# begin_and_die OPERATION UNIT STEP
begin_and_die()
{
	local client
	begin_operation "$1" "$2" "$3" &
	client=$!
	await_end 15 || outcome="the step was not reached"
	wait "$client"
}

# one_kill OPERATION UNIT STEP [SECOND STEP]
one_kill()
{
	local operation=$1 unit=$2 step=$3 second=${4:-} before outcome=
	prepare_guest "$operation"
	prepare_mover "$operation"
	prepare_far "$operation" "$unit"
	end_daemon
	start_daemon "$step"
	wait_until 20 is_ready || outcome="the daemon does not come up"
	ask_units
	before=${generation[$unit]:-0}
	begin_and_die "$operation" "$unit" "$step"
	if [ -n "$second" ] && [ -z "$outcome" ]; then
		note_own_objects
		start_and_die "$second" || outcome="the second step was not reached"
	fi
	[ -z "$daemon" ] || end_daemon
	note_own_objects
	start_daemon
	[ -n "$outcome" ] || decide_outcome "$unit" "$before"
	note_kill "$operation" "$unit" "$step" "$second" "$outcome"
}
