#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# ebpfctl map: list, dump, get, set and delete, on a map of each kind.

load helpers

setup()
{
	e2e_setup
	veth_make v0 v1
	daemon_start
	object_unit maps maps "$(
		cat <<-'END'
			[Map hash]
			Format=key.address:ip4 key.port:port value.since:ns
			[Map prefixes]
			Format=key.address:ip4
			[Map named]
			Format=key.address:ip4
		END
	)"
	ctl load maps
	cpus=$(($(sed 's/.*-//' /sys/devices/system/cpu/possible) + 1))
}

teardown()
{
	[ -z "${changer:-}" ] || kill -KILL "$changer" 2>/dev/null || true
	e2e_teardown
}

peer='{"address":"192.0.2.1","port":443,"name":"web"}'
all='{"tiny":-128,"byte":255,"small":-2,"middle":4294967295,"large":-9223372036854775808,"huge":18446744073709551615,"flag":true,"level":"LEVEL_HIGH","low":7,"high":31,"below":-8,"list":[1,2,65535],"raw":"00ff10a0","text":"eightchr","nested":{"inner":9},"right":"01020304","since":1.500000001}'

# get MAP KEY FILTER [OPTION]...
get()
{
	local map=$1 key=$2 filter=$3
	shift 3
	ctl -o json "$@" map get "maps/$map" "$key" | jq -c "$filter"
}

# wrong TEXT MAP KEY [VALUE]: refused as usage, and TEXT says why
wrong()
{
	local text=$1 verb=get
	shift
	[ $# -eq 2 ] || verb=set
	run -2 ctl map "$verb" "maps/$1" "${@:2}"
	[[ $output = *"$text"* ]]
}

@test "a value of every type comes back as it was given" {
	ctl map set maps/hash "$peer" "$all"
	run -0 ctl -o json map get maps/hash "$peer"
	# The other member of the union is shown as well.
	[ "$output" = "{\"key\":$peer,\"value\":${all/\"right\"/\"left\":67305985,\"right\"}}" ]
	[ "$(ctl map dump maps/hash)" = "$output" ]
	ctl map delete maps/hash "$peer"
	run -1 ctl map get maps/hash "$peer"
	[[ $output = *'map "hash" has no such key'* ]]
	[ "$(ctl map dump maps/hash)" = '' ]
}

# set_again set|fill MAP [OPTION]...: what its dump says, entry by entry, is set again, or put in
# again where it was taken out, and is all there is
set_again()
{
	local how=$1 map=$2 shown line key
	shift 2
	# jq rounds large numbers.
	shown=$(ctl map dump --numbers string "$@" "maps/$map" | sort)
	[ -n "$shown" ]
	while read -r line; do
		key=$(jq -c .key <<<"$line")
		[ "$how" = set ] || ctl map delete "maps/$map" "$key"
		ctl map set "$@" -- "maps/$map" "$key" "$(jq -c '.values // .value' <<<"$line")"
	done <<<"$shown"
	[ "$(ctl map dump --numbers string "$@" "maps/$map" | sort)" = "$shown" ]
}

@test "what a dump shows can be put in again, of each kind of map" {
	ctl map set maps/hash "$peer" "$all"
	ctl map set maps/hash "${peer/443/444}" "${all/\"flag\":true/\"flag\":false}"
	ctl map set maps/numbers 7 8
	ctl map set maps/lru 7 LEVEL_HIGH
	ctl map set maps/cpu_hash 3 '{"packets":5,"errors":6,"balance":-3}'
	ctl map set --per-cpu maps/cpu_array 1 "[$(seq -s, "$cpus")]"
	ctl map set maps/lru_cpu 1 2
	ctl map set maps/prefixes 10.1.2.0/24 9
	ctl map set maps/untyped 0a0b0c 0102030405
	ctl map set maps/array 2 -- -7
	set_again fill hash
	set_again fill numbers
	set_again fill lru
	set_again set array
	set_again fill prefixes
	set_again fill untyped
	set_again fill slots
	set_again fill cpu_hash --per-cpu
	set_again set cpu_array --per-cpu
	set_again fill lru_cpu --per-cpu
}

@test "each kind of map is listed with its types" {
	run -0 ctl -o json map list maps
	[ "$(jq -c '.maps[] | select(.name == "hash") | [.type, .key, .value, .max_entries, .kept]' <<<"$output")" = \
		'["hash","struct peer","struct all",64,false]' ]
	[ "$(jq -c '.maps[] | select(.name == "cpu_array") | [.type, .cpus]' <<<"$output")" = "[\"percpu_array\",$cpus]" ]
	[ "$(jq -c '.maps[] | select(.name == "untyped") | [.key, .value]' <<<"$output")" = '["3 bytes","5 bytes"]' ]
	[ "$(jq -c '[.maps[] | select(.written | not) | .name]' <<<"$output")" = '["ring","stack","maps.rodata","maps.bss"]' ]
	ctl map list maps | grep -E '^ *prefixes +lpm_trie +struct prefix +unsigned char +64 '
}

@test "scalars are bare: numbers, names of enums" {
	ctl map set maps/numbers 0x2 18446744073709551615
	ctl map set maps/lru 7 LEVEL_LOW
	ctl map set maps/array 3 -- -5
	[ "$(ctl map get maps/numbers 2)" = 18446744073709551615 ]
	[ "$(ctl map get maps/lru 7)" = LEVEL_LOW ]
	[ "$(ctl map get maps/array 3)" = -5 ]
	[ "$(ctl -o json --numbers string map get maps/numbers 2)" = '{"key":2,"value":"18446744073709551615"}' ]
	[ "$(ctl -o table map dump maps/numbers)" = '2  18446744073709551615' ]
	[ "$(ctl map dump maps/array | tail -1)" = '{"key":3,"value":-5}' ]
}

@test "values of a per-CPU map are summed in 64 bits, or shown each" {
	ctl map set maps/cpu_hash 3 '{"packets":5,"errors":4294967295,"balance":-3}'
	[ "$(get cpu_hash 3 .value)" = \
		"{\"packets\":$((5 * cpus)),\"errors\":$((4294967295 * cpus)),\"balance\":$((-3 * cpus))}" ]
	[ "$(get cpu_hash 3 '.values | length' --per-cpu)" -eq "$cpus" ]
	[ "$(get cpu_hash 3 '.values[0].errors' --per-cpu)" -eq 4294967295 ]
	# Each CPU its own.
	ctl map set --per-cpu maps/cpu_array 1 "[$(seq -s, "$cpus")]"
	[ "$(ctl map get maps/cpu_array 1)" -eq $((cpus * (cpus + 1) / 2)) ]
	[ "$(ctl map dump --per-cpu maps/cpu_array | tail -1)" = "{\"key\":1,\"values\":[$(seq -s, "$cpus")]}" ]
	ctl map set maps/lru_cpu 1 2
	[ "$(ctl map dump maps/lru_cpu)" = "{\"key\":1,\"value\":$((2 * cpus))}" ]
}

@test "a value with an address in it has no sum: each CPU's is shown" {
	ctl unload maps
	cat >>"$(unit_path maps)" <<<$'[Map cpu_seen]\nFormat=value.address:ip4'
	ctl load maps
	[ "$(get cpu_seen 0 '.values[0]')" = '{"packets":0,"address":"0.0.0.0"}' ]
}

@test "prefixes are looked up as the kernel does, and shown by Format=" {
	ctl map set maps/prefixes '{"length":24,"address":"10.1.2.0"}' 1
	[ "$(ctl map get maps/prefixes '{"length":32,"address":"10.1.2.9"}')" -eq 1 ]
	[ "$(ctl map dump maps/prefixes)" = '{"key":{"length":24,"address":"10.1.2.0"},"value":1}' ]
	run -2 ctl map set maps/prefixes '{"length":33,"address":"10.1.2.0"}' 1
	[[ $output = *'the prefix is longer than the address: at most 32 bits'* ]]
	ctl map delete maps/prefixes 10.1.2.0/24
	ctl map set maps/prefixes 10.1.2.0/24 1
	[ "$(ctl map get maps/prefixes 10.1.2.9)" -eq 1 ]
	run -2 ctl map set maps/prefixes 10.1.2.9/24 1
	[[ $output = *'"10.1.2.9/24" has bits behind its prefix; the network is 10.1.2.0/24'* ]]
	run -2 ctl map get maps/prefixes 10.1.2.9/33
	[[ $output = *'must be a network such as 192.0.2.0/24'* ]]
	ctl map delete maps/prefixes '{"length":24,"address":"10.1.2.0"}'
	[ "$(ctl map dump maps/prefixes)" = '' ]
}

id_of()
{
	ctl -o json map list maps | jq --arg name "$1" '.maps[] | select(.name == $name).id'
}

@test "maps in maps are shown and set by their ids" {
	local first second
	first=$(id_of first)
	second=$(id_of second)
	[ "$(ctl map dump maps/slots)" = "{\"key\":0,\"value\":$first}" ]
	ctl map set maps/slots 2 "$second"
	[ "$(ctl map get maps/slots 2)" -eq "$second" ]
	ctl map delete maps/slots 2
	[ "$(ctl map dump maps/slots | wc -l)" -eq 1 ]
	# The kernel has no types of such a map; those of its declaration serve.
	ctl map set maps/named "$peer" "$second"
	[ "$(ctl map dump maps/named)" = "{\"key\":{\"address\":\"192.0.2.1\",\"port\":443,\"name\":\"web\"},\"value\":$second}" ]
	run -2 ctl map set maps/slots 1 4294967295
	[[ $output = *'value: no map has the id 4294967295'* ]]
	run -2 ctl map set maps/slots 1 "$(id_of numbers)"
	[[ $output = *'value: that map is of another type, size or flags than the maps in "slots"'* ]]
	wrong 'key: must be from 0 to 2: so many entries has map "slots"' slots 3 "$first"
	wrong 'key: must be from 0 to 2: so many entries has map "slots"' slots 3
	run -2 ctl map delete maps/slots 3
	[[ $output = *'key: must be from 0 to 2: so many entries has map "slots"'* ]]
	[ "$(ctl map dump maps/slots | wc -l)" -eq 1 ]
}

@test "what is in a map of maps is shown and changed" {
	ctl map set maps/slots 1 "$(id_of plain)"
	ctl map set maps/slots 2 "$(id_of second)"
	ctl map set --inner 2 maps/slots 0 77
	[ "$(ctl map get --inner 2 maps/slots 0)" -eq 77 ]
	[ "$(ctl map get maps/second 0)" -eq 77 ]
	[ "$(ctl map dump --inner 2 maps/slots)" = '{"key":0,"value":77}' ]
	[ "$(ctl map dump --inner 0 maps/slots)" = '{"key":0,"value":0}' ]
	# It has no types of its own, but the map around it says what is in it.
	ctl map set --inner 1 maps/slots 0 78
	[ "$(ctl map dump --inner 1 maps/slots)" = '{"key":0,"value":78}' ]
	[ "$(ctl map dump maps/plain)" = '{"key":0,"value":"4e000000"}' ]
	ctl map delete maps/slots 1
	run -1 ctl map dump --inner 1 maps/slots
	[[ $output = *'map "slots" has no such key'* ]]
	run -2 ctl map get --inner 2 maps/slots 100
	[[ $output = *'so many entries has map "slots[2]"'* ]]
	run -2 ctl map dump --inner 0 maps/second
	[[ $output = *'map "second" is of type array, which has no maps in it'* ]]
}

@test "a map without types is in hex" {
	ctl map set maps/untyped 0a0b0c 0102030405
	[ "$(ctl map dump maps/untyped)" = '{"key":"0a0b0c","value":"0102030405"}' ]
	wrong 'key: must be 6 hex digits, not "0a0b"' untyped 0a0b
	wrong 'value: must be 10 hex digits, not "xy"' untyped 0a0b0c xy
}

@test "variables of the object are shown, and not for writing" {
	[ "$(ctl map dump maps/maps.rodata)" = '{"key":0,"value":{"limit":7}}' ]
	packets_send v0 3
	wait_until 5 test "$(get maps.bss 0 .value.total)" -eq 3
	run -5 ctl map set maps/maps.rodata 0 '{"limit":8}'
	[[ $output = *'map "maps.rodata" is not for writing: it has the variables of the object'* ]]
	run -5 ctl map set maps/maps.bss 0 '{"total":8}'
	run -5 ctl map delete maps/array 1
	[[ $output = *'type array, whose entries are all there always'* ]]
	run -5 ctl map get maps/ring 1
	[[ $output = *'is of type ringbuf, which has no entries'* ]]
	run -5 ctl map dump maps/stack
}

@test "a key or value of the wrong shape: the field is named, and what it should be" {
	wrong 'key: must be a whole number from 0 to 4294967295, not "x"' numbers x
	wrong 'value: must be a whole number from 0 to 18446744073709551615, not "18446744073709551616"' \
		numbers 1 18446744073709551616
	wrong 'value: must be a whole number from -32768 to 32767, not "32768"' array 1 32768
	wrong 'key: must be from 0 to 3: so many entries has map "array"' array 4 1
	wrong 'key: must be an object with address, port, name, not "5"' hash 5
	wrong 'key.address: is missing; all fields must be given' hash '{}'
	wrong 'key.port: must be a whole number from 0 to 65535, not 70000' hash "${peer/443/70000}"
	wrong 'key.address: must be an IPv4 address such as 192.0.2.1, not "::1"' hash "${peer/192.0.2.1/::1}"
	wrong 'key.name: must be text of up to 10 bytes, not "more than fits"' hash "${peer/web/more than fits}"
	wrong 'key.nme: there is no such field; there are: address, port, name' hash "${peer/name/nme}"
	wrong 'key: this is no JSON' hash "${peer%\}}"
	wrong 'value.list: must be a list of 3, not [1]' hash "$peer" "${all/\[*\]/[1]}"
	wrong 'value.level: must be one of LEVEL_NONE, LEVEL_LOW, LEVEL_HIGH' hash "$peer" "${all/LEVEL_HIGH/HIGH}"
	wrong 'value.below: must be a whole number from -8 to 7, not 8' hash "$peer" "${all/-8,/8,}"
	wrong 'value.nested.inner: must be a whole number' hash "$peer" "${all/9\}/null\}}"
	wrong 'value: the members of the union that are given differ; give one: left, right' \
		hash "$peer" "${all/\"right/\"left\":1,\"right}"
	wrong 'value.raw: must be 8 hex digits, not "00"' hash "$peer" "${all/00ff10a0/00}"
	wrong 'value.since: must be a number of seconds' hash "$peer" "${all/1.500000001/\"soon\"}"
	run -2 ctl map set --per-cpu maps/cpu_array 0 '[]'
	[[ $output = *"value: must be a list of $cpus values, one for each CPU, not []"* ]]
	[ "$(ctl map dump maps/hash)" = '' ]
}

@test "what is not there: unit, map, key, room" {
	run -3 ctl map list none
	run -2 ctl map dump maps/none
	[[ $output = *'unit "maps" has no map "none"; it has: '*'numbers'* ]]
	run -2 ctl map dump maps
	[[ $output = *'maps: must be UNIT/MAP'* ]]
	run -2 ctl map
	[[ $output = *'map has list, dump, get, set and delete'* ]]
	run -1 ctl map delete maps/numbers 7
	[[ $output = *'map "numbers" has no such key'* ]]
	for key in 1 2 3 4; do ctl map set maps/numbers "$key" 0; done
	run -5 ctl map set maps/numbers 5 0
	[[ $output = *'map "numbers" is full: it can have 4 entries'* ]]
}

@test "a change says that it is done to programs, and nothing to people" {
	[ -z "$(ctl map set maps/numbers 1 5)" ]
	[ "$(ctl -o json map set maps/numbers 1 6 | jq -c .)" = '{"outcome":"done"}' ]
	[ "$(ctl -o json map delete maps/numbers 1 | jq -c .)" = '{"outcome":"done"}' ]
	[ -z "$(ctl map set maps/numbers 1 5 && ctl map delete maps/numbers 1)" ]
	run -1 --separate-stderr ctl -o json map delete maps/numbers 1
	[ "$(jq -c '[keys[], .error.outcome]' <<<"$output")" = '["error","failed"]' ]
}

@test "a pin that is gone: its map is named, and the others are shown" {
	rm "$root/maps/gen-1/maps/numbers"
	run -1 ctl map dump maps/numbers
	[[ $output = *'the pin of map "numbers" of generation 1 is gone'*'`ebpfctl fsck maps`'* ]]
	run -1 ctl map set maps/numbers 1 1
	run -0 --separate-stderr ctl -o json map list maps
	[ "$(jq -c '[.maps[] | select(.problem) | .name, .kept, .type]' <<<"$output")" = '["numbers",false,null]' ]
	[ "$(jq -c '[.maps[] | select(.type) | .name] | length' <<<"$output")" -gt 15 ]
	ctl map list maps | grep -E '^ *numbers .* the pin of map "numbers"'
	run -0 ctl reload maps
	ctl map set maps/numbers 1 1
	# Without a program's pin, nothing has the types of a map in a map.
	rm "$root"/maps/gen-2/progs/*
	[ "$(ctl map get --inner 0 maps/slots 0)" = 0 ]
}

@test "Format= that does not fit the map is refused by a plan, and before anything is attached" {
	note_state
	sed -i 's/^Format=key.address:ip4$/Format=key.adress:ip4/' "$(unit_path maps)"
	refused 5 'Format=key.adress:ip4: no key or value of the map has this field; it has key.length, key.address, value' \
		ctl plan maps
	refused 5 "$(unit_path maps):" ctl reload maps
	sed -i 's/^Format=key.adress:ip4$/Format=value:mac/' "$(unit_path maps)"
	refused 5 'Format=value:mac: the field of map prefixes has 1 bytes, mac needs 6' ctl reload maps
}

@test "maps are those of the generation in force" {
	ctl map set maps/numbers 1 5
	ctl reload maps
	[ "$(ctl map dump maps/numbers)" = '' ]
	ctl rollback maps
	[ "$(ctl map dump maps/numbers)" = '{"key":1,"value":5}' ]
}

# ---- large maps, and readers of all sorts ----

# large: fills it
large()
{
	tool map_churn "$root/maps/gen-1/maps/large" fill 1000000
}

# Numbers of dumps that the daemon is at.
dumps()
{
	find "/proc/$daemon_pid/task" -mindepth 1 -maxdepth 1 | wc -l
}

dumps_are()
{
	[ "$(dumps)" -eq $(($1 + threads)) ]
}

@test "a million entries are dumped while they change: what stays comes exactly once" {
	large
	"$build/tests/tools/map_churn" "$root/maps/gen-1/maps/large" churn 500000 1000000 3>&- &
	changer=$!
	ctl map dump maps/large >"$dir/dump"
	kill -0 "$changer"
	[ "$(sed -n 's/^{"key":\([0-9]*\),"value":\1}$/\1/p' "$dir/dump" |
		awk '$1 < 500000 { count++; if (seen[$1]++) twice++ } END { print count, twice + 0 }')" = '500000 0' ]
}

@test "a reader that stops holds up nobody, one that leaves ends its dump" {
	local threads reader fifo=$dir/fifo
	threads=$(dumps)
	large
	mkfifo "$fifo"
	"$build/ebpfctl" --runtime-dir "$runtime" map dump maps/large >"$fifo" 2>/dev/null 3>&- &
	changer=$!
	exec {reader}<"$fifo"
	wait_until 10 dumps_are 1
	# The loop and the waiter are free meanwhile.
	ctl map set maps/numbers 1 1
	[ "$(ctl map get maps/numbers 1)" -eq 1 ]
	ctl reload maps
	dumps_are 1
	exec {reader}<&-
	wait_until 10 dumps_are 0
	ctl map dump maps/numbers
}

@test "more dumps than there are threads for are refused; the daemon ends with some under way" {
	local threads i readers=()
	threads=$(dumps)
	large
	for i in 1 2 3 4 5 6 7 8; do
		"$build/ebpfctl" --runtime-dir "$runtime" map dump maps/large 2>"$dir/said.$i" 3>&- | sleep 60 3>&- &
		readers+=($!)
	done
	wait_until 10 dumps_are 8
	run -1 ctl map dump maps/numbers
	[[ $output = *'8 dumps are under way already'* ]]
	daemon_stop
	kill "${readers[@]}"
}

@test "to read is for the socket's group, to write for those who may change units" {
	ctl map set maps/numbers 1 5
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$dir"
	as_nobody=(setpriv --reuid 65534 --regid "$(stat -c %g "$runtime/control.sock")" --clear-groups --)
	[ "$("${as_nobody[@]}" "$build/ebpfctl" --runtime-dir "$runtime" map get maps/numbers 1)" -eq 5 ]
	run -4 "${as_nobody[@]}" "$build/ebpfctl" --runtime-dir "$runtime" map set maps/numbers 1 6
	[[ $output = *'changing a unit is for root'* ]]
	# Before any other argument is looked at.
	run -4 "${as_nobody[@]}" "$build/ebpfctl" --runtime-dir "$runtime" map delete none/none x
	[ "$(ctl map get maps/numbers 1)" -eq 5 ]
}
