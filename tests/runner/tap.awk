# SPDX-License-Identifier: GPL-2.0-or-later
# Reads the log of one test file, TAP from cmocka or bats, and prints what it came to:
#   passed N, failed N, skipped N, and a line "skip" or "failure" with a text for each such case
# Variables: status, the file's exit status, empty where it never ended; limit, its time limit in
# seconds.
#
# Strict on purpose: cases that the plan promised and that never reported have failed (a crash), an
# exit status other than 0 is a failure even where all cases passed (a sanitizer), and a skip has to
# name what is missing.
BEGIN { OFS = "\t" }

function failure(text)
{
	failed++
	failures[failed] = text
}

function skip(name, reason)
{
	if (reason == "")
		failure(name ": skipped without a reason")
	else
		skips[++skipped] = name ": " reason
}

# The word and the number before a case's name.
function name_of(line)
{
	sub(/^(not )?ok [0-9]+ */, "", line)
	sub(/^- /, "", line)
	return line
}

/^1\.\.[0-9]+/ { planned += substr($1, 4) }

# cmocka's skip() knows no reason: tests/support/skip.h prints it on a line of its own.
/^# skip: ./ { reason = substr($0, 9) }

# cmocka says "not ok N # SKIP NAME", against the protocol.
/^not ok [0-9]+ # SKIP / {
	name = $0
	sub(/^.*# SKIP */, "", name)
	skip(name, reason)
	reason = ""
	next
}

/^not ok [0-9]+/ {
	failure(name_of($0))
	reason = ""
	next
}

/^ok [0-9]+.*# [Ss][Kk][Ii][Pp]/ {
	name = name_of($0)
	why = name
	sub(/^.*# [Ss][Kk][Ii][Pp] */, "", why)
	sub(/ *# [Ss][Kk][Ii][Pp].*$/, "", name)
	skip(name, why)
	next
}

/^ok [0-9]+/ {
	passed++
	reason = ""
}

END {
	seen = passed + failed + skipped
	ended = status == "" ? "did not end" : status == 124 || status == 137 ? \
		"timed out after " limit " s" : status > 128 ? \
		"killed by signal " (status - 128) : "ended with status " status
	if (planned + 0 == 0)
		failure("no test ran: " ended)
	else if (seen < planned) {
		failure((planned - seen) " of " planned " cases never reported: " ended)
		failed += planned - seen - 1
	} else if (status != 0 && failed + 0 == 0)
		failure("all cases passed, but the file " ended)
	print "passed", passed + 0
	print "failed", failed + 0
	print "skipped", skipped + 0
	for (i = 1; i <= skipped; i++)
		print "skip", skips[i]
	for (i = 1; i <= failed; i++)
		if (i in failures)
			print "failure", failures[i]
}
