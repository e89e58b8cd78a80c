/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/object.h"

#include <errno.h>

#include "daemon/loader/verifier_log.h"

/* libbpf has errors of its own, above those of errno. */
static int refuse_by_libbpf(const char *what, int err, struct failure *reterr_failure)
{
	char text[128];

	(void)libbpf_strerror(err, text, sizeof(text));
	return failure_set(reterr_failure, OUTCOME_REFUSED, err, "%s (%s): %s", what,
			   verifier_log_libbpf_message(), text);
}

int object_open(const struct image *image, const char *name, char *log, struct bpf_object **ret,
		struct failure *reterr_failure)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name, .kernel_log_buf = log,
		    .kernel_log_size = log ? VERIFIER_LOG_SIZE : 0);
	struct bpf_object *object = bpf_object__open_mem(image->data, image->size, &options);

	if (!object)
		return refuse_by_libbpf("libbpf cannot open the object", -errno, reterr_failure);
	/* Where no map needs them, libbpf goes on without types that it cannot read. */
	if (!bpf_object__btf(object)) {
		bpf_object__close(object);
		return refuse_by_libbpf("libbpf cannot read the object's BTF", -EINVAL,
					reterr_failure);
	}
	*ret = object;
	return 0;
}

int object_load(struct bpf_object *object, const char *log, struct failure *reterr_failure)
{
	int err = bpf_object__load(object);

	if (!err)
		return 0;
	if (log[0])
		return verifier_log_refusal(log, err, reterr_failure);
	return refuse_by_libbpf("the kernel refuses the object", err, reterr_failure);
}
