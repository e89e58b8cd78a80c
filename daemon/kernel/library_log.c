/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/library_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"

static int print_debug(enum libbpf_print_level level, const char *format, va_list values)
{
	char text[1024];

	(void)level;
	(void)vsnprintf(text, sizeof(text), format, values);
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
	return 0;
}

void library_log_to_debug(void)
{
	(void)libbpf_set_print(print_debug);
}
