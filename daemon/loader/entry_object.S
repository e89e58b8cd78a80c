/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled entry, embedded: see daemon/loader/entry.c. ENTRY_OBJECT is the object file's path. */
	.section .rodata
	.globl	entry_object, entry_object_end
	.balign	8
entry_object:
	.incbin	ENTRY_OBJECT
entry_object_end:
	.section .note.GNU-stack, "", @progbits
