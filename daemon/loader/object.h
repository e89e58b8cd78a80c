/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An object file in the hands of libbpf. */
#pragma once

#include <bpf/libbpf.h>

#include "daemon/loader/image.h"

/*
 * Opens an image that passed image_check(). `name` begins the names of its data sections' maps in
 * the kernel. `log` has VERIFIER_LOG_SIZE bytes that a load will use, or is NULL where none
 * follows. *ret is the caller's to close, before the image goes. OUTCOME_REFUSED with libbpf's own
 * words.
 */
int object_open(const struct image *image, const char *name, char *log, struct bpf_object **ret,
		struct failure *reterr_failure);

/* Loads it; `log` is that of object_open(), and "" before. OUTCOME_REFUSED if the kernel says no.
 */
int object_load(struct bpf_object *object, const char *log, struct failure *reterr_failure);
