/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/decode_compiler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "daemon/events/json_text.h"
#include "lib/macro.h"

int compiler_out_of_memory(struct compiler *compiler)
{
	return failure_set_errno(compiler->failure, OUTCOME_FAILED, -ENOMEM,
				 "the plan for %s cannot be made", compiler->subject);
}

static char *buffer_room(struct buffer *buffer, size_t length)
{
	if (buffer->room - buffer->length < length) {
		size_t room = 2 * buffer->room + length;
		char *data = realloc(buffer->data, room);

		if (!data)
			return NULL;
		buffer->data = data;
		buffer->room = room;
	}
	return buffer->data + buffer->length;
}

/* Room for at least one byte, even for no text: an empty buffer would have no data at all. */
static int buffer_add(struct compiler *compiler, struct buffer *buffer, const char *text,
		      size_t length)
{
	char *room = buffer_room(buffer, length + LITERAL_SLACK);

	if (!room)
		return compiler_out_of_memory(compiler);
	json_raw(room, text, length);
	buffer->length += length;
	return 0;
}

/* Adds the text as a JSON string, with its quotes. */
static int buffer_add_json(struct compiler *compiler, struct buffer *buffer, const char *text)
{
	size_t length = strlen(text);
	char *room = buffer_room(buffer, JSON_TEXT_MAX(length) + MAX(JSON_SLACK, LITERAL_SLACK));

	if (!room)
		return compiler_out_of_memory(compiler);
	buffer->length += json_text(room, text, length) - room;
	return 0;
}

int compiler_pend(struct compiler *compiler, const char *text)
{
	return buffer_add(compiler, &compiler->pending, text, strlen(text));
}

int compiler_pend_json(struct compiler *compiler, const char *text)
{
	return buffer_add_json(compiler, &compiler->pending, text);
}

/* What was appended to the text since `start`. */
static int literal_since(struct compiler *compiler, size_t start, struct literal *ret)
{
	if (compiler->text.length > TEXT_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "%s: the names of its fields have more than %lu bytes; "
				   "name a smaller struct",
				   compiler->subject, TEXT_MAX);
	*ret = (struct literal){.start = start, .length = compiler->text.length - start};
	return 0;
}

int compiler_add_json(struct compiler *compiler, const char *text, struct literal *ret)
{
	size_t start = compiler->text.length;
	int err = buffer_add_json(compiler, &compiler->text, text);

	return err ?: literal_since(compiler, start, ret);
}

int compiler_take_pending(struct compiler *compiler, struct literal *ret)
{
	size_t start = compiler->text.length;
	int err = buffer_add(compiler, &compiler->text, compiler->pending.data,
			     compiler->pending.length);

	compiler->pending.length = 0;
	return err ?: literal_since(compiler, start, ret);
}

int compiler_close_before(struct compiler *compiler, char bracket, struct literal *literal)
{
	struct buffer *text = &compiler->text;
	size_t start = text->length;
	char *room = buffer_room(text, 1 + literal->length + LITERAL_SLACK);

	if (!room)
		return compiler_out_of_memory(compiler);
	*room = bracket;
	json_raw(room + 1, text->data + literal->start, literal->length);
	text->length += 1 + literal->length;
	return literal_since(compiler, start, literal);
}

int compiler_enter(struct compiler *compiler, const char *name)
{
	struct buffer *path = &compiler->path;
	int err = path->length > 0 ? buffer_add(compiler, path, ".", 1) : 0;

	return err ?: buffer_add(compiler, path, name, strlen(name));
}

void *compiler_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

int compiler_broken_type(struct compiler *compiler, int err)
{
	return failure_set_errno(compiler->failure, OUTCOME_FAILED, err,
				 "%s: the object's BTF is broken; build the object again",
				 compiler->subject);
}

int compiler_use_field(struct compiler *compiler)
{
	if (compiler->fields_left == 0)
		return failure_set(compiler->failure, OUTCOME_FAILED, -E2BIG,
				   "%s has more than %d fields; name a smaller struct",
				   compiler->subject, FIELDS_MAX);
	compiler->fields_left--;
	return 0;
}

int compiler_check_depth(struct compiler *compiler, unsigned depth)
{
	if (depth > TYPE_DEPTH_MAX)
		return failure_set(compiler->failure, OUTCOME_FAILED, -ELOOP,
				   "%s: structs are nested deeper than %d, or in a loop",
				   compiler->subject, TYPE_DEPTH_MAX);
	return 0;
}
