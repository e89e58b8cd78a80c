/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's own settings, ebpfd.conf. doc: ebpfd.conf(5). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/outcome.h"

/* When the kernel is asked to count runs and their time. */
enum run_statistics_when {
	RUN_STATISTICS_ASKED, /* while somebody asks for figures, and for a while after */
	RUN_STATISTICS_ALWAYS,
	RUN_STATISTICS_NEVER,
};

/* Defaults are those of daemon_file_init(). */
struct daemon_file {
	char *units_directory;	      /* UnitsDirectory=/etc/ebpfd/units.d */
	bool watch_units;	      /* WatchUnits=no */
	uint64_t load_timeout_usec;   /* LoadTimeout=30s */
	uint64_t load_memory_max;     /* LoadMemoryMax=512M, bytes */
	uint64_t object_size_max;     /* ObjectSizeMax=64M, bytes */
	uint64_t max_clients;	      /* MaxClients=256 */
	uint64_t history_max;	      /* HistoryMax=10, generations per unit */
	uint64_t object_store_max;    /* ObjectStoreMax=256M, bytes of all stored objects */
	uint64_t drift_interval_usec; /* DriftInterval=5s */
	uint64_t max_subscribers;     /* MaxSubscribers=16, of each unit */
	uint64_t subscriber_buffer;   /* SubscriberBuffer=1M, bytes for each subscriber */
	char *reload_group;	      /* ReloadGroup=, or NULL: changing verbs are for root alone */
	char *metrics_listen;	      /* [Metrics] Listen=, or NULL: at no address of our own */
	enum run_statistics_when run_statistics; /* [Metrics] RunStatistics=asked */
	char *text;				 /* what was read; NULL: no file was */
};

/* Fills in the defaults. -ENOMEM. */
int daemon_file_init(struct daemon_file *file);

/*
 * Reads the file over what is set already. Errors as in unit_file_parse(): each with file and line,
 * *file untouched. -ENOENT where the file does not exist.
 */
int daemon_file_read(const char *path, struct daemon_file *file, struct failure *reterr_failure);

/* Idempotent. */
void daemon_file_deinit(struct daemon_file *file);
