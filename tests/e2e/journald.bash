# SPDX-License-Identifier: GPL-2.0-or-later
# The system's own journal, in the mount namespace of a test: /run is empty but for it.

journald_pid=

journald_start()
{
	mount -t tmpfs tmpfs /run
	mount -t tmpfs tmpfs /etc/systemd
	[ ! -d /var/log/journal ] || mount -t tmpfs tmpfs /var/log/journal
	# Neither the kernel's log nor its audit is touched.
	printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\nRuntimeMaxUse=8M\n' \
		>/etc/systemd/journald.conf
	mkdir -p /run/systemd/journal
	/lib/systemd/systemd-journald 2>"$dir/journald.log" 3>&- &
	journald_pid=$!
	wait_until 10 test -S /run/systemd/journal/socket
}

# Also where none was started.
journald_stop()
{
	[ -n "$journald_pid" ] || return 0
	kill "$journald_pid"
	wait "$journald_pid" || true
	umount /run /etc/systemd
	! mountpoint -q /var/log/journal || umount /var/log/journal
}

# daemon_at_journald: its messages go to the journal, and its stderr is said to
daemon_at_journald()
{
	: >"$dir/daemon.$((daemon_count + 1)).log"
	export JOURNAL_STREAM
	JOURNAL_STREAM=$(stat -c %d:%i "$dir/daemon.$((daemon_count + 1)).log")
	daemon_spawn
	wait_until 10 ctl -q ping
}

# in_the_journal TEXT: it has come there
in_the_journal()
{
	journalctl --quiet --no-pager --output=cat 2>/dev/null | grep -qF -- "$1"
}
