# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of metrics, behind helpers: a daemon that answers scrapers at 127.0.0.1:$port.
#
#	metrics_start	starts it
#	every_unit	writes units that have a sample of each family

port=9435

metrics_start()
{
	printf '[Metrics]\nListen=127.0.0.1:%s\n' "$port" >>"$config"
	daemon_start
}

every_unit()
{
	packets_unit 1
	printf '[Metric packets]\nMap=totals\nValue=value.packets\n' >>"$units/packets.conf"
	traffic_unit 1 v0
	unit_write filter <<-END
		[Unit]
		Object=$build/bpf/units/socket_filter.bpf.o
		[Hook packets]
		Program=on_packet
		Attach=socket:v1
		[Map ports]
		Keep=yes
		[Map total]
		Keep=yes
		[Events headers]
		Record=tcp_header
		Check=tcp4
	END
}
