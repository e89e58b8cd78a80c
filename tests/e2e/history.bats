#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Generations outlive their files, and what was in force outlives a reboot.

load helpers

setup()
{
	e2e_setup
	state_dir=$dir/state
	veth_make v0 v1
}

teardown()
{
	e2e_teardown
	! mountpoint -q "$state_dir" || umount -l "$state_dir"
}

# object_set VERSION: what the unit's Object= is now
object_set()
{
	cp "$examples/packets-v$1.bpf.o" "$dir/mine.bpf.o"
}

# mine_unit: the unit "packets" with an object file that can be overwritten
mine_unit()
{
	packets_unit 1
	sed -i "s|^Object=.*|Object=$dir/mine.bpf.o|" "$(unit_path packets)"
	object_set 1
}

# three_generations: 1 and 3 are of version 1, 2 is of version 2; 3 is in force
three_generations()
{
	mine_unit
	daemon_start
	object_set 2
	ctl -q reload packets
	object_set 1
	ctl -q reload packets
}

# answers VERSION: the generation in force is of that version
answers()
{
	: >"$dir/packets.jsonl"
	packets_send v0 3
	wait_until 5 eval "[ \"\$(event_count packets $1)\" -eq 3 ]"
	[ "$(versions packets)" = "$1" ]
}

history_of()
{
	ctl -o json history packets | field "$1"
}

# generations: their numbers, newest first
generations()
{
	history_of '.generations[].generation' | xargs
}

digest_of()
{
	sha256sum "$1" | cut -d ' ' -f 1
}

objects_stored()
{
	find "$state_dir/objects" -type f | wc -l
}

# reboot: bpffs is empty, links and programs are gone, state and files are still there
reboot()
{
	daemon_stop
	umount -l "$dir/bpffs"
	mount -t bpf bpf "$dir/bpffs"
	wait_until 10 nothing_attached
}

nothing_attached()
{
	! ip link show v1 | grep -q prog/xdp
}

# elsewhere: the unit is loaded from a file that is not in the units' directory
elsewhere()
{
	mine_unit
	mkdir -p "$dir/elsewhere"
	mv "$(unit_path packets)" "$dir/elsewhere"
	ctl -q load "$dir/elsewhere/packets.conf"
}

@test "history: newest first, with digest, origin, and how each came" {
	three_generations
	[ "$(generations)" = "3 2 1" ]
	[ "$(history_of '[.generations[].how] | join(" ")')" = "reload reload load" ]
	[ "$(history_of '[.generations[].state] | join(" ")')" = "in-force former kept" ]
	[ "$(history_of '.generations[1].digest')" = "$(digest_of "$examples/packets-v2.bpf.o")" ]
	[ "$(history_of '.generations[0].object')" = "$dir/mine.bpf.o" ]
	[ "$(history_of '.in_force, .former' | xargs)" = "3 2" ]
	run -0 ctl history packets
	[[ $output = *GENERATION*SHA-256*in-force*former*kept* ]]
}

@test "history: the receipts of what brought each generation in force, who asked included" {
	local phases='[.phases[] | select(.phase != "settle") | .phase, .usec]'
	three_generations
	ctl -o json rollback packets >"$dir/receipt"
	[ "$(history_of '[.generations[].receipts[].operation] | join(" ")')" = "reload reload rollback load" ]
	[ "$(history_of '.generations[2].receipts[0].asked_by.by')" = start ]
	[ "$(history_of '.generations[0].receipts[0].asked_by | .by, .uid' | xargs)" = "client 0" ]
	[ "$(history_of '.generations[1].receipts[1] | .asked_by')" = "$(jq .asked_by "$dir/receipt")" ]
	[ "$(history_of ".generations[1].receipts[1] | $phases")" = "$(jq "$phases" "$dir/receipt")" ]
	for part in digest digest_before generation events maps; do
		[ "$(history_of ".generations[1].receipts[1] | .$part")" = "$(jq -r ".$part" "$dir/receipt")" ]
	done
	run -0 ctl history packets
	[[ $output = *"ASKED BY"*"uid 0, pid "*"the start of ebpfd"* ]]
}

@test "the store has each object once, by its digest, for root alone" {
	three_generations
	[ "$(objects_stored)" -eq 2 ]
	cmp "$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")" \
		"$examples/packets-v2.bpf.o"
	[ "$(stat -c %a "$state_dir/objects/"* | sort -u)" = 600 ]
	[ "$(stat -c %a "$state_dir/units/packets/1.json" "$state_dir/objects" | xargs)" = "600 700" ]
	[ -z "$(find "$state_dir" -name '.?*' -o -name '*.new')" ]
}

@test "rollback N to the former generation is the same flip as without a number" {
	three_generations
	run -0 ctl rollback packets 2
	[[ $output != *prepare* ]]
	[ "$(status_of packets '.generation, .override' | xargs)" = "2 rollback" ]
	answers 2
	[ "$(history_of '[.generations[] | "\(.generation) \(.state)"] | join(" ")')" = \
		"3 former 2 in-force 1 kept" ]
}

@test "rollback N to a generation of the history loads it again, as a generation of its own" {
	three_generations
	object_set 2
	ctl -q reload packets
	run -0 ctl rollback packets 2
	[[ $output = *"rolled back, generation 4 -> 5"*"Again generation: 2"* ]]
	[ "$(status_of packets '.generation, .override' | xargs)" = "5 rollback" ]
	[ "$(history_of '.generations[0] | .how, .again' | xargs)" = "rollback 2" ]
	answers 2
}

@test "rollback N works after the object was overwritten, and after it and the unit file are gone" {
	three_generations
	echo garbage >"$dir/mine.bpf.o"
	ctl -q rollback packets 1
	answers 1
	rm "$dir/mine.bpf.o" "$(unit_path packets)"
	ctl -q rollback packets 2
	answers 2
}

@test "rollback N brings the unit file of then: other settings, other object" {
	mine_unit
	daemon_start
	packets_unit 2
	sed -i '/^Sink/d' "$(unit_path packets)"
	ctl -q reload packets
	ctl -q reload packets
	[ "$(status_of packets '.events[0].sink')" = none ]
	ctl -q rollback packets 1
	[ "$(status_of packets '.events[0].sink')" = "file:$dir/packets.jsonl" ]
	answers 1
}

@test "an override by rollback N outlives a kill, and ends with a plain reload" {
	three_generations
	object_set 2
	ctl -q reload packets
	ctl -q rollback packets 1
	daemon_kill
	daemon_start
	[ "$(status_of packets .override)" = rollback ]
	answers 1
	ctl -q reload packets
	[ "$(status_of packets .override)" = none ]
	answers 2
}

@test "rollback refuses what is in force, what the history has not, and what is no number" {
	three_generations
	note_state
	refused 5 "in force already" ctl rollback packets 3
	refused 5 "has no generation 99" ctl rollback packets 99
	refused 2 "is no generation" ctl rollback packets x
	refused 2 "is no generation" ctl rollback packets 0
	answers 1
}

@test "a stored object whose digest is wrong is not used, and told" {
	three_generations
	object_set 1
	ctl -q reload packets
	ctl -q reload packets
	# It would load all the same: nothing reads what stands behind the last section.
	printf 'x' >>"$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")"
	note_state
	refused 5 "is damaged and is not used" ctl rollback packets 2
	refused 5 "should be $(digest_of "$examples/packets-v2.bpf.o")" ctl rollback packets 2
	rm "$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")"
	refused 5 "not in the store any more" ctl rollback packets 2
	[ "$(history_of '.generations[] | select(.generation == 2) | .stored')" = false ]
	answers 1
}

@test "a damaged entry of the history is told, and hides no other" {
	three_generations
	echo '{"generation":' >"$state_dir/units/packets/1.json"
	[ "$(generations)" = "3 2" ]
	note_state
	refused 5 "its file is damaged" ctl rollback packets 1
}

@test "an object that was damaged in the store is whole again after its next load" {
	three_generations
	echo garbage >"$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")"
	object_set 2
	ctl -q reload packets
	cmp "$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")" \
		"$examples/packets-v2.bpf.o"
}

@test "a full state directory fails neither load nor reload: receipt and status say so" {
	mkdir "$state_dir"
	mount -t tmpfs -o size=256k tmpfs "$state_dir"
	mine_unit
	daemon_start
	head -c 1M /dev/zero >"$state_dir/fill" 2>/dev/null || true
	object_set 2
	run -0 ctl reload packets
	[[ $output = *"No space left on device"* ]]
	[[ $(ctl status packets) = *"Remark: "*"No space left on device"* ]]
	answers 2
	kind_unit kind xdp 1 xdp:v0
	run -0 ctl load kind
	[[ $output = *"No space left on device"* ]]
	ctl -q unload kind
	rm "$(unit_path kind)"
	[ -z "$(find "$state_dir" -name '.?*' -o -name '*.new')" ]
	daemon_stop
	daemon_start
	[[ $(status_of packets .remark) = *"No space left on device"* ]]
	# What could not be written is written at the next start; the copy of the object is lost.
	rm "$state_dir/fill"
	daemon_stop
	daemon_start
	[ "$(generations)" = "2 1" ]
	ctl -q reload packets
	[ "$(status_of packets .remark)" = null ]
	[ "$(history_of '.generations[0].stored')" = true ]
}

@test "a read-only state directory fails neither start nor load, reload, rollback and unload" {
	mkdir "$state_dir"
	mount -t tmpfs -o ro tmpfs "$state_dir"
	mine_unit
	daemon_start
	daemon_logged "the history cannot be written: Read-only file system"
	[[ $(status_of packets .remark) = *"Read-only file system"* ]]
	object_set 2
	run -0 ctl reload packets
	[[ $output = *"Read-only file system"* ]]
	ctl -q rollback packets
	answers 1
	ctl -q unload packets
	root_is_empty
}

@test "HistoryMax=: the oldest go, but neither what is in force nor the former one" {
	local i
	echo "HistoryMax=3" >>"$config"
	three_generations
	for i in 2 1 2; do
		object_set "$i"
		ctl -q reload packets
	done
	[ "$(generations)" = "6 5 4" ]
	ctl -q rollback packets
	sed -i 's/^HistoryMax=.*/HistoryMax=1/' "$config"
	daemon_stop
	daemon_start
	[ "$(generations)" = "6 5" ]
	ctl -q rollback packets 6
	answers 2
}

@test "ObjectStoreMax=: the oldest objects go, and what no generation names" {
	three_generations
	ctl -q reload packets
	# Generations 3 and 4 share one object; 2, with the other, is too much.
	daemon_stop
	echo "ObjectStoreMax=1K" >>"$config"
	cp "$objects/kind_xdp_v1.bpf.o" \
		"$state_dir/objects/$(digest_of "$objects/kind_xdp_v1.bpf.o")"
	echo x >"$state_dir/objects/.packets-77"
	echo x >"$state_dir/objects/README"
	daemon_start
	[ "$(generations)" = "4 3" ]
	[ "$(objects_stored)" -eq 2 ]
	[ -e "$state_dir/objects/README" ]
	[ -e "$state_dir/objects/$(digest_of "$examples/packets-v1.bpf.o")" ]
}

@test "a refused reload and a plan leave nothing in the store" {
	three_generations
	run -5 ctl reload packets --object "$objects/no_btf.bpf.o"
	ctl -q plan packets --object "$objects/kind_xdp_v1.bpf.o" || true
	[ "$(generations)" = "3 2 1" ]
	[ "$(objects_stored)" -eq 2 ]
}

@test "reboot: a unit of the directory comes back from its file, numbers go on" {
	three_generations
	object_set 2
	reboot
	daemon_start
	[ "$(status_of packets '.generation, .override, .remark' | xargs)" = "4 none null" ]
	[ "$(generations)" = "4 3 2 1" ]
	answers 2
	ctl -q rollback packets 1
	answers 1
}

@test "reboot: an override by --object comes back, and status says so" {
	mine_unit
	daemon_start
	cp "$examples/packets-v2.bpf.o" "$dir/other.bpf.o"
	ctl -q reload packets --object "$dir/other.bpf.o"
	rm "$dir/other.bpf.o"
	reboot
	daemon_start
	daemon_logged "unit packets: brought back from the history, generation 2 again"
	[ "$(status_of packets '.generation, .override, .override_object' | xargs)" = \
		"3 object $dir/other.bpf.o" ]
	[[ $(ctl status packets) = *"Remark: brought back from the history"*"Override: object"* ]]
	answers 2
	ctl -q reload packets
	[ "$(status_of packets '.override, .remark' | xargs)" = "none null" ]
	answers 1
}

@test "reboot: an override by rollback comes back, after a flip and after rollback N, twice" {
	three_generations
	ctl -q rollback packets
	reboot
	daemon_start
	[ "$(status_of packets '.generation, .override' | xargs)" = "4 rollback" ]
	answers 2
	ctl -q rollback packets 1
	reboot
	daemon_start
	[ "$(status_of packets '.generation, .override' | xargs)" = "6 rollback" ]
	answers 1
	reboot
	daemon_start
	[ "$(status_of packets '.generation, .override' | xargs)" = "7 rollback" ]
	answers 1
}

@test "reboot: a unit loaded by file from elsewhere comes back, without its files" {
	daemon_start
	elsewhere
	rm -r "$dir/elsewhere" "$dir/mine.bpf.o"
	reboot
	daemon_start
	[ "$(status_of packets '.generation, .override, .file' | xargs)" = \
		"2 none $dir/elsewhere/packets.conf" ]
	answers 1
}

@test "reboot: what was unloaded stays so, with its history" {
	daemon_start
	elsewhere
	ctl -q unload packets
	[ "$(history_of '.generations[0].generation, .in_force' | xargs)" = "1 null" ]
	reboot
	daemon_start
	[ "$(ctl -o json list | jq '.units | length')" -eq 0 ]
	[ "$(generations)" = 1 ]
	ctl -q load "$dir/elsewhere/packets.conf"
	[ "$(status_of packets .generation)" -eq 2 ]
}

@test "reboot: a unit file that was taken out of the directory takes its unit with it" {
	three_generations
	ctl -q rollback packets 1
	rm "$(unit_path packets)"
	reboot
	daemon_start
	daemon_logged "is gone; it stays unloaded"
	[ "$(ctl -o json list | jq '.units | length')" -eq 0 ]
}

@test "reboot: a damaged stored object is not used: the unit file's is, and status says so" {
	three_generations
	ctl -q rollback packets
	object_set 1
	echo x >>"$state_dir/objects/$(digest_of "$examples/packets-v2.bpf.o")"
	reboot
	daemon_start
	daemon_logged "what was in force cannot be had again: the stored object is damaged"
	[ "$(status_of packets .override)" = none ]
	[[ $(status_of packets .remark) = *"the unit file's object is loaded instead"*damaged* ]]
	answers 1
}

@test "reboot: a damaged stored object of a unit from elsewhere: Object= of its stored text" {
	daemon_start
	elsewhere
	rm -r "$dir/elsewhere"
	echo x >>"$state_dir/objects/$(digest_of "$examples/packets-v1.bpf.o")"
	reboot
	daemon_start
	[[ $(status_of packets .remark) = *"the unit file's object is loaded instead"* ]]
	answers 1
}

@test "reboot: a history that says nothing readable stops no start" {
	three_generations
	ctl -q rollback packets
	echo garbage >"$state_dir/units/packets/current.json"
	mkdir -p "$state_dir/units/other" "$state_dir/units/Bad.Name"
	echo '{"generation": 4, "former": 0, "override": "none"}' >"$state_dir/units/other/current.json"
	reboot
	daemon_start
	daemon_logged "unit packets: cannot read what was in force"
	daemon_logged "unit other: what was in force cannot be had again"
	[ "$(status_of packets '.generation, .override' | xargs)" = "4 none" ]
	answers 1
}

@test "a kill between flip and record: the next start writes it down" {
	three_generations
	rm -r "$state_dir/units"
	mkdir "$state_dir/units"
	# As the loader leaves it, before the daemon gives it a name.
	mv "$state_dir/objects/$(digest_of "$examples/packets-v1.bpf.o")" \
		"$state_dir/objects/.packets-3"
	daemon_kill
	daemon_start
	[ "$(generations)" = "3 2" ]
	[ "$(history_of '[.generations[].stored] | join(" ")')" = "true true" ]
}

@test "a history of nobody is no such unit" {
	daemon_start
	run -3 ctl history nobody
	run -2 ctl history 'No.Name'
	run -2 ctl history
}

@test "without a daemon: history says the same, from the state directory and pins" {
	local before
	daemon_start
	packets_unit 1
	ctl -q load packets
	ctl -q reload packets
	ctl -q reload packets
	before=$(ctl -o json history packets | jq -S .)
	daemon_stop
	run -0 --separate-stderr ctl -o json history packets --root "$root" --state-dir "$dir/state"
	[[ $stderr = *"ebpfd does not answer; this is what its state directory and pins say"* ]]
	[ "$(field .daemon <<<"$output")" = false ]
	[ "$(jq -S 'del(.daemon)' <<<"$output")" = "$before" ]
	run -0 ctl history packets --root "$root" --state-dir "$dir/state"
	[[ $output = *GENERATION*in-force*former*kept* ]]
	run -3 ctl history nobody --root "$root" --state-dir "$dir/state"
	[[ $output = *'no unit "nobody" has a history in'* ]]
	run -3 ctl history packets --root "$dir/none" --state-dir "$dir/none"
}

@test "without a daemon and pins, as after a reboot, no generation is in force" {
	daemon_start
	packets_unit 1
	ctl -q load packets
	daemon_stop
	run -0 --separate-stderr ctl -o json history packets --root "$dir/none" --state-dir "$dir/state"
	[ "$(field '[.in_force, .former, .generations[].state] | map(tostring) | join(" ")' <<<"$output")" = \
		"null null kept" ]
}
