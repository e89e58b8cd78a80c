# SPDX-License-Identifier: GPL-2.0-or-later
# From the answers of list and status, for the shell:
#   unit NAME STATE GENERATION FOLDER...   0 for no generation; a folder for each that is pinned
#   map UNIT NAME ID SHARED                the name that it is shared by, or "-"
(.units[]? | "unit \(.name) \(.state) \(.generation // 0) "
	+ ([.generation, .former | select(. > 0) | "gen-\(.)"] | unique | join(" "))),
(.name as $unit | .maps[]? | "map \($unit) \(.name) \(.id) \(.shared // "-")")
