# SPDX-License-Identifier: GPL-2.0-or-later
# C without comments and without what stands in strings, each line as FILE:LINE:CODE: rules look at
# code alone, and at all files in one go.
FNR == 1 { inside = 0 }
{
	out = ""
	line = $0
	while (line != "") {
		if (inside) {
			end = index(line, "*/")
			if (!end)
				break
			line = substr(line, end + 2)
			inside = 0
		} else if (match(line, /\/\*|\/\/|"|'/)) {
			out = out substr(line, 1, RSTART - 1)
			mark = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			if (mark == "/*") {
				inside = 1
			} else if (mark == "//") {
				line = ""
			} else {
				pattern = mark == "\"" ? "^([^\"\\\\]|\\\\.)*\"" : "^([^'\\\\]|\\\\.)*'"
				if (match(line, pattern))
					line = substr(line, RLENGTH + 1)
				else
					line = ""
				out = out mark mark
			}
		} else {
			out = out line
			line = ""
		}
	}
	print FILENAME ":" FNR ":" out
}
