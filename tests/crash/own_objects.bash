# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Which of the kernel's programs, maps and links are the run's own: others make theirs meanwhile.
# What outlives a daemon that was killed is pinned, and what only its processes hold goes with them;
# so what was ever seen below its root, after each kill and in each look, or open in it in a look,
# is all there is to be left over.

note_own_objects()
{
	"$build/tests/tools/objects" "$root" ${daemon:+"$daemon"} >>"$work/own"
}

# objects_of_kernel: "KIND ID" of everybody's
objects_of_kernel()
{
	local kind
	for kind in prog map link; do
		bpftool -j "$kind" show 2>/dev/null | jq -r --arg kind "$kind" '.[] | "\($kind) \(.id)"'
	done
}

# nothing_remains: what does is in $logs/remaining
nothing_remains()
{
	note_own_objects
	comm -12 <(cut -d ' ' -f 1,2 "$work/own" | sort -u) <(objects_of_kernel | sort -u) >"$logs/remaining"
	[ ! -s "$logs/remaining" ]
}
