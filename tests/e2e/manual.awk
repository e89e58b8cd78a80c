# SPDX-License-Identifier: GPL-2.0-or-later
# What ebpfctl(1) says of each verb, in the words of --help, a line each. With -v part=
#	synopsis	VERB: [OPTION]... OPERANDS, of SYNOPSIS
#	operands	VERB: OPERANDS, of the list of verbs
#	options		VERB: OPTION, of the list of options; "all" as the verb for those of all verbs

# The words of a line of mdoc(7) from the one at `from` on.
function shown(from,    text, word, i, before, glued, behind)
{
	glued = 1
	for (i = from; i <= NF; i++) {
		word = $i
		if (word == "Fl") {
			before = before "-"
		} else if (word ~ /^\.?Op$/) {
			before = before "["
			behind = behind "]"
		} else if (word == "Ns") {
			glued = 1
		} else if (word !~ /^\.?(Ar|Cm|No)$/) {
			text = text (glued ? "" : " ") before word
			before = ""
			glued = 0
		}
	}
	gsub(/ ?\| ?/, "|", text)
	gsub(/ ,/, ",", text)
	gsub(/ \.\.\./, "...", text)
	return text behind
}

function end_command()
{
	if (command != "")
		print command
	command = ""
}

function end_option()
{
	if (option != "" && !verb_count)
		print "all: " option
	option = ""
	verb_count = 0
}

/^\.Sh / {
	end_command()
	place = $2 == "SYNOPSIS" ? "synopsis" : ""
}
/^The verbs are:/ { place = "operands" }
/^The options are:/ { place = "options" }
/^\.Bl / { depth++ }
/^\.El/ {
	depth--
	if (depth == 0)
		end_option()
}
place != part { next }

# .Nm, .Op Ar OPTIONS, .Cm VERB, and a line for each option and operand
part == "synopsis" && /^\.Nm/ { end_command() }
part == "synopsis" && /^\.Cm / { command = shown(2) ":" }
part == "synopsis" && /^\.(Op|Ar) / && command != "" { command = command " " shown(1) }

part == "operands" && /^\.It / && depth == 1 {
	text = shown(2)
	match(text, /^(map )?[a-z-]+/)
	print substr(text, 1, RLENGTH) ":" substr(text, RLENGTH + 1)
}

part == "options" && /^\.It / && depth == 1 {
	end_option()
	option = shown(2)
}
# .Cm VERB , VERB :
part == "options" && /^\.Cm .* :$/ {
	text = shown(2)
	verb_count = split(substr(text, 1, length(text) - 2), verbs, ", ")
	for (i = 1; i <= verb_count; i++)
		print verbs[i] ": " option
}
