/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small DNS server for tests: one that does what the first word of a name says, as in
 * "late-7.example.test".
 *
 *	nx	there is no such name
 *	silent	no answer at all
 *	late	an answer after NAME_SERVER_LATE_MSEC
 *	twice	the answer, and the same with another id
 *	big	an answer that needs fragments, and says that it has a record
 *	echo	the question as it came, and an answer
 *	cut	an answer that ends within the name, and a whole one
 *	else	an answer without records
 */
#pragma once

#define NAME_SERVER_LATE_MSEC 20
#define NAME_SERVER_BIG	      3000 /* bytes */

/* Answers at port 53 of this network namespace, both families, and closes `ready` when it can. */
void name_server_run(int ready) __attribute__((noreturn));
