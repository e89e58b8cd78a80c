# SPDX-License-Identifier: GPL-2.0-or-later
# What is the same in each run of the tour: numbers and times become N, and columns lose their width. A
# number that is to stay is marked by a newline before it: generations, versions, exit codes.
s/  +/ /g
s/(generation |Generation: |former |-> |active |version=|packets-v|eth)([0-9])\b/\1\n\2/g
s/^ ([0-9] (in-force|former))/ \n\1/
s/^([0-9])$/\n\1/
s/\b[0-9a-f]{12}\b/DIGEST/g
s/(^|[^\n0-9])[0-9]+([.:-][0-9]+)*( (us|ms|s)\b|[KM]\b)?/\1N/g
s/\n//g
s/^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) /Month /
# bpftool tells more in some versions.
s/^(N: xdp prog N).*/\1/
