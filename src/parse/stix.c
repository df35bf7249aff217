/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/stix.h"

#include <stdio.h>

#include "base/hash.h"
#include "parse/stix-int.h"

#include "base/ban.h"

#define KNOWN_SLOTS (2 * YG_STIX_MARKINGS_MAX)

struct reader {
	struct yg_bytes text;
	size_t at;
	struct yg_arena *arena;
	const struct yg_stix_ask *ask;
	struct yg_line_fault *fault;
	struct yg_stix_bundle *out;
	uint32_t room;
	uint32_t kept_from; /* index of items[0]: with a stream, what was told before is not kept */
	bool is_keeping;
	/* Marking definitions of the bundle itself. */
	struct yg_bytes *known;
	uint32_t known_count;
	struct yg_stix_marks marks;
	uint8_t *room_text; /* YG_STIX_OBJECT_MAX and a little */
};

static int fail(struct reader *r, enum yg_err code, const char *what)
{
	return yg_line_fault_set(r->fault, code, 0, "byte %zu: %s", r->at, what);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->text.size && is_blank(r->text.data[r->at]))
		r->at++;
}

static bool take(struct reader *r, uint8_t c)
{
	skip_blanks(r);
	if (r->at >= r->text.size || r->text.data[r->at] != c)
		return false;
	r->at++;
	return true;
}

/* ---- one value, without the blanks between its tokens ---- */

struct copy {
	uint8_t *to;
	size_t room;
	size_t size;
	unsigned depth;
	bool was_blank;
};

/* The text whose quote is at @r->at. */
static int copy_text(struct reader *r, struct copy *c)
{
	size_t end = r->at;

	while (++end < r->text.size && r->text.data[end] != '"')
		end += r->text.data[end] == '\\';
	if (end >= r->text.size)
		return YG_ETRUNC;
	end++;
	if (end - r->at > c->room - c->size)
		return YG_ELIMIT;
	memcpy(c->to + c->size, r->text.data + r->at, end - r->at);
	c->size += end - r->at;
	r->at = end;
	return YG_OK;
}

static bool is_joint(uint8_t c)
{
	return strchr("{}[],:", c) != NULL && c != 0;
}

/* One byte that is no blank, or one text. YG_EEND: it was the last. */
static int copy_token(struct reader *r, struct copy *c)
{
	uint8_t byte = r->text.data[r->at];
	bool is_closing = byte == '}' || byte == ']';

	if (c->was_blank && !is_joint(byte) && !is_joint(c->to[c->size - 1]))
		return YG_EFORMAT;
	c->was_blank = false;
	if (byte == '"')
		return copy_text(r, c);
	c->depth += byte == '{' || byte == '[';
	if (is_closing && c->depth-- == 0)
		return YG_EFORMAT;
	if (c->depth > YG_STIX_DEPTH_MAX)
		return YG_ELIMIT;
	c->to[c->size++] = byte;
	r->at++;
	return is_closing && c->depth == 0 ? YG_EEND : YG_OK;
}

/*
 * The value at r->at to @to. Brackets are counted, tokens are not understood: base/json.h reads the
 * result. Two tokens that only a blank held apart do not become one.
 */
static int copy_value(struct reader *r, uint8_t *to, size_t room, size_t *ret_size)
{
	struct copy c = {.to = to, .room = room};
	int rc = YG_OK;

	while (rc == YG_OK && r->at < r->text.size) {
		uint8_t byte = r->text.data[r->at];

		if (is_blank(byte)) {
			c.was_blank = c.size > 0;
			r->at++;
		} else if (c.depth == 0 && c.size > 0 && byte && strchr(",}]", byte)) {
			rc = YG_EEND; /* behind a number, a text, a word */
		} else {
			rc = c.size < room ? copy_token(r, &c) : YG_ELIMIT;
		}
	}
	*ret_size = c.size;
	if (rc != YG_OK && rc != YG_EEND)
		return rc;
	return c.depth > 0 ? YG_ETRUNC : c.size == 0 ? YG_EFORMAT : YG_OK;
}

/* ---- objects ---- */

static bool is_streaming(const struct reader *r)
{
	return r->ask->stream && !r->is_keeping;
}

/* Where the bytes of an object go. */
static struct yg_arena *arena_of(const struct reader *r)
{
	return is_streaming(r) ? r->ask->stream->arena : r->arena;
}

static int count_item(struct reader *r)
{
	uint32_t max = r->ask->objects_max ? r->ask->objects_max : YG_STIX_OBJECTS_MAX;

	if (r->out->count >= max)
		return yg_line_fault_set(r->fault, YG_ELIMIT, 0,
					 "objects[%u]: more than %u objects are not taken at once",
					 r->out->count, max);
	r->out->count++;
	return YG_OK;
}

static int keep_item(struct reader *r, const struct yg_stix_item *item)
{
	struct yg_stix_bundle *out = r->out;
	uint32_t count = out->count - 1 - r->kept_from; /* of those before it */

	if (count == r->room) {
		uint32_t room = r->room ? r->room * 2 : 256;
		struct yg_stix_item *items = yg_arena_alloc(r->arena, room * sizeof(*items));

		if (!items)
			return YG_ENOMEM;
		if (count > 0)
			memcpy(items, out->items, count * sizeof(*items));
		out->items = items;
		r->room = room;
	}
	out->items[count] = *item;
	return YG_OK;
}

static bool is_known(void *arg, struct yg_bytes id)
{
	struct reader *r = arg;
	size_t at = yg_hash64(id, yg_hash_secret()) % KNOWN_SLOTS;

	for (; r->known && r->known[at].size > 0; at = (at + 1) % KNOWN_SLOTS)
		if (yg_bytes_eq(r->known[at], id))
			return true;
	return r->ask->has_marking && r->ask->has_marking(r->ask->arg, id);
}

static int note_definition(struct reader *r, struct yg_bytes id)
{
	size_t at = yg_hash64(id, yg_hash_secret()) % KNOWN_SLOTS;

	if (!yg_arena_dup(r->arena, id, &id)) /* it outlives its object */
		return YG_ENOMEM;
	if (!r->known)
		r->known = yg_arena_zalloc(r->arena, KNOWN_SLOTS * sizeof(*r->known));
	if (!r->known)
		return YG_ENOMEM;
	if (r->known_count++ == YG_STIX_MARKINGS_MAX)
		return fail(r, YG_ELIMIT, "too many marking definitions");
	while (r->known[at].size > 0)
		at = (at + 1) % KNOWN_SLOTS;
	r->known[at] = id;
	return YG_OK;
}

static int set_fault(struct reader *r, struct yg_stix_item *item, const struct yg_stix_where *where)
{
	item->fault = yg_arena_str(arena_of(r), yg_bytes_str(where->text));
	r->out->wrong++;
	return item->fault ? YG_OK : YG_ENOMEM;
}

/* Bytes of the tree to bytes of the arena. */
static bool keep(struct reader *r, struct yg_stix_object *object)
{
	struct yg_arena *arena = arena_of(r);

	return yg_arena_dup(arena, object->id, &object->id) &&
	       yg_arena_dup(arena, object->type, &object->type) &&
	       yg_arena_dup(arena, object->version, &object->version);
}

static int load(struct yg_bytes text, json_t **ret, struct yg_stix_where *where)
{
	struct yg_fault fault = {0};
	int rc = yg_json_load(text, YG_STIX_OBJECT_MAX, ret, &fault);

	if (rc == YG_OK || rc == YG_ENOMEM)
		return rc;
	/* The rest can be told apart all the same: brackets and quotes fit. */
	(void)yg_stix_wrong(where, ": no JSON at its byte %zu: %s", fault.pos,
			    fault.msg ? fault.msg : yg_err_text(rc));
	return YG_EFORMAT;
}

/* Told, or kept: from the first on whose marking may still come all are, so that their order stays.
 */
static int settle_item(struct reader *r, struct yg_stix_item *item, const json_t *tree)
{
	struct yg_stix_object *object = &item->object;

	if (is_streaming(r) && !item->is_open)
		return r->ask->stream->fn(r->ask->stream->arg, r->out->count - 1, item, tree);
	if (is_streaming(r)) {
		r->is_keeping = true;
		r->kept_from = r->out->count - 1;
		if (!yg_arena_dup(r->arena, object->text, &object->text) || !keep(r, object))
			return YG_ENOMEM;
	}
	return keep_item(r, item);
}

/* What can be said of its text without the others. A marking whose definition may still come is
 * looked at again at the end. */
static int look_at(struct reader *r, struct yg_stix_item *item)
{
	struct yg_stix_where where;
	json_t *tree = NULL;
	int rc = load(item->object.text, &tree, &where);

	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK || !yg_stix_check(tree, r->ask, &item->object, &where))
		rc = set_fault(r, item, &where);
	if (rc == YG_OK && !keep(r, &item->object))
		rc = YG_ENOMEM;
	if (rc == YG_OK && !item->fault &&
	    yg_bytes_eq(item->object.type, YG_S("marking-definition")))
		rc = note_definition(r, item->object.id);
	if (rc == YG_OK && !item->fault)
		item->is_open = !yg_stix_check_marks(tree, &r->marks, &item->object, &where);
	if (rc == YG_OK)
		rc = settle_item(r, item, tree);
	json_decref(tree);
	return rc;
}

/* The object at r->at. */
static int read_object(struct reader *r)
{
	size_t start = r->at;
	struct yg_stix_item item = {.fault = NULL};
	size_t size = 0;
	int rc = count_item(r);

	if (rc != YG_OK)
		return rc;
	rc = copy_value(r, r->room_text, YG_STIX_OBJECT_MAX, &size);
	if (rc != YG_OK)
		return yg_line_fault_set(r->fault, rc == YG_ELIMIT ? YG_ELIMIT : YG_EFORMAT, 0,
					 "objects[%u]: %s (it begins at byte %zu)",
					 r->out->count - 1,
					 rc == YG_ELIMIT ? "larger or deeper than an object may be"
					 : rc == YG_ETRUNC ? "does not end"
							   : "is no JSON",
					 start);
	if (!yg_arena_dup(arena_of(r), (struct yg_bytes){r->room_text, size}, &item.object.text))
		return YG_ENOMEM;
	return look_at(r, &item);
}

static int read_objects(struct reader *r)
{
	if (!take(r, '['))
		return fail(r, YG_EFORMAT, "objects: must be a list");
	if (take(r, ']'))
		return YG_OK;
	for (;;) {
		int rc;

		skip_blanks(r);
		rc = read_object(r);
		if (rc != YG_OK)
			return rc;
		if (take(r, ']'))
			return YG_OK;
		if (!take(r, ','))
			return fail(r, YG_EFORMAT, "objects: a comma or ] is missing");
	}
}

/* What an envelope says of the page behind it. Of another kind than it should be: not said. */
static int note_page(struct reader *r, struct yg_bytes key, const json_t *value)
{
	if (yg_bytes_eq(key, YG_S("\"more\"")))
		r->out->is_more = json_is_true(value);
	if (!yg_bytes_eq(key, YG_S("\"next\"")) || !json_is_string(value))
		return YG_OK;
	return yg_arena_dup(r->arena,
			    (struct yg_bytes){(const uint8_t *)json_string_value(value),
					      json_string_length(value)},
			    &r->out->next)
		       ? YG_OK
		       : YG_ENOMEM;
}

/* A member of the outermost object that is not "objects". */
static int read_member(struct reader *r, struct yg_bytes key, bool *is_bundle)
{
	size_t size = 0;
	struct yg_fault fault = {0};
	json_t *list = NULL;
	uint8_t *text = r->room_text;
	int rc;

	text[0] = '['; /* a value alone is none to the reader of documents */
	skip_blanks(r);
	rc = copy_value(r, text + 1, YG_STIX_OBJECT_MAX - 2, &size);
	text[size + 1] = ']';
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){text, size + 2}, YG_STIX_OBJECT_MAX, &list,
				  &fault);
	if (rc == YG_OK && json_array_size(list) != 1)
		rc = YG_EFORMAT;
	if (rc == YG_OK && yg_bytes_eq(key, YG_S("\"type\""))) {
		const char *type = json_string_value(json_array_get(list, 0));

		*is_bundle = type && strcmp(type, "bundle") == 0;
		if (!*is_bundle)
			rc = yg_line_fault_set(r->fault, YG_EFORMAT, 0, "type: this is no bundle");
	} else if (rc != YG_OK && rc != YG_ENOMEM) {
		rc = fail(r, rc == YG_ELIMIT ? YG_ELIMIT : YG_EFORMAT,
			  "a member of the bundle is no JSON");
	}
	if (rc == YG_OK)
		rc = note_page(r, key, json_array_get(list, 0));
	json_decref(list);
	return rc;
}

static int read_key(struct reader *r, uint8_t key[64], size_t *ret_size)
{
	size_t start;

	*ret_size = 0;
	skip_blanks(r);
	start = r->at;
	if (r->at >= r->text.size || r->text.data[r->at] != '"')
		return fail(r, YG_EFORMAT, "a name in quotes is missing");
	while (++r->at < r->text.size && r->text.data[r->at] != '"')
		r->at += r->text.data[r->at] == '\\';
	if (r->at >= r->text.size)
		return fail(r, YG_EFORMAT, "a text does not end");
	r->at++;
	if (r->at - start <= 64) {
		*ret_size = r->at - start;
		memcpy(key, r->text.data + start, *ret_size);
	}
	return take(r, ':') ? YG_OK : fail(r, YG_EFORMAT, ": is missing after a name");
}

static int read_top(struct reader *r)
{
	bool has_objects = false, is_bundle = false;
	int rc;

	if (!take(r, '{'))
		return fail(r, YG_EFORMAT, "this is no JSON object");
	if (take(r, '}'))
		return YG_OK;
	do {
		uint8_t key[64];
		size_t size;
		bool is_objects;

		rc = read_key(r, key, &size);
		is_objects = yg_bytes_eq((struct yg_bytes){key, size}, YG_S("\"objects\""));
		if (rc == YG_OK && is_objects && has_objects)
			rc = fail(r, YG_EFORMAT, "objects: stands there twice");
		if (rc == YG_OK)
			rc = is_objects ? read_objects(r)
					: read_member(r, (struct yg_bytes){key, size}, &is_bundle);
		if (rc != YG_OK)
			return rc;
		has_objects = has_objects || is_objects;
	} while (take(r, ','));
	return take(r, '}') ? YG_OK : fail(r, YG_EFORMAT, "a comma or } is missing");
}

/* A marking whose definition stands behind what it marks. */
static int settle_open(struct reader *r, struct yg_stix_item *item)
{
	struct yg_stix_where where;
	json_t *tree = NULL;
	int rc = load(item->object.text, &tree, &where);

	if (rc != YG_OK)
		return rc;
	item->object.tlp = YG_TLP_NONE;
	item->is_open = false;
	if (!yg_stix_check_marks(tree, &r->marks, &item->object, &where))
		rc = set_fault(r, item, &where);
	json_decref(tree);
	return rc;
}

static int settle_marks(struct reader *r)
{
	struct yg_stix_bundle *out = r->out;
	uint32_t count = !r->ask->stream || r->is_keeping ? out->count - r->kept_from : 0;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		if (out->items[i].is_open)
			rc = settle_open(r, &out->items[i]);
	for (uint32_t i = 0; rc == YG_OK && r->ask->stream && i < count; i++)
		rc = r->ask->stream->fn(r->ask->stream->arg, r->kept_from + i, &out->items[i],
					NULL);
	if (r->ask->stream)
		out->items = NULL;
	return rc;
}

int yg_stix_read(struct yg_bytes text, const struct yg_stix_ask *ask, struct yg_arena *arena,
		 struct yg_stix_bundle *ret, struct yg_line_fault *reterr)
{
	struct reader r = {.text = text, .arena = arena, .ask = ask, .fault = reterr, .out = ret};
	int rc;

	*ret = (struct yg_stix_bundle){0};
	*reterr = (struct yg_line_fault){0};
	r.marks = (struct yg_stix_marks){is_known, &r};
	if (text.size > YG_STIX_BUNDLE_MAX)
		return fail(&r, YG_ELIMIT, "the bundle is too large");
	r.room_text = yg_arena_alloc(arena, YG_STIX_OBJECT_MAX + 16);
	if (!r.room_text)
		return YG_ENOMEM;
	rc = read_top(&r);
	skip_blanks(&r);
	if (rc == YG_OK && r.at < text.size)
		rc = fail(&r, YG_EFORMAT, "something stands behind the bundle");
	if (rc == YG_OK)
		rc = settle_marks(&r);
	return rc;
}
