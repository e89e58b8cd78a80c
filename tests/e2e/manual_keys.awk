# SPDX-License-Identifier: GPL-2.0-or-later
# "SECTION KEY", a line each, of what a file may hold; "SECTION" alone where the keys are the user's own.
# Reads tables of config/schema.h, where keys of later versions are left out, or a manual page.

function tell_section()
{
	if (section != "" && !told)
		print section
	told = 0
}

# ---- tables: arrays of keys, then the sections that name them ----

/struct schema_key [a-z_]+\[.*\] = \{/ {
	match($0, /schema_key [a-z_]+/)
	table = substr($0, RSTART + 11, RLENGTH - 11)
}
/^\};/ { table = "" }
table != "" {
	rest = $0
	while (match(rest, /\{\.name = "[A-Za-z]+", \.store/)) {
		split(substr(rest, RSTART, RLENGTH), part, "\"")
		keys[table] = keys[table] " " part[2]
		rest = substr(rest, RSTART + RLENGTH)
	}
}
/\.type = "[A-Z]/ {
	split($0, part, "\"")
	type = part[2]
}
/\.type = "[A-Z].*\.store_any/ { print type }
/KEYS\([a-z_]+\),|\.keys = [a-z_]+,/ {
	match($0, /(KEYS\(|\.keys = )[a-z_]+/)
	users[type] = substr($0, RSTART, RLENGTH)
	sub(/.*[( ]/, "", users[type])
}

# ---- pages: .Sh [SECTION], .It Sy KEY= ----

/^\.Sh / {
	tell_section()
	section = ""
}
/^\.Sh \[/ {
	section = $2
	gsub(/[][]/, "", section)
}
section != "" && /^\.It Sy [A-Za-z]+=/ {
	print section, substr($3, 1, index($3, "=") - 1)
	told = 1
}

END {
	tell_section()
	for (type in users) {
		count = split(keys[users[type]], names, " ")
		for (i = 1; i <= count; i++)
			print type, names[i]
	}
}
