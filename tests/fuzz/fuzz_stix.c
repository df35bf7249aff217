/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: objects that are what they say, each of which is read again as the same, and told one
 * by one as all at once; or words. */
#include <stdlib.h>

#include "base/buf.h"
#include "parse/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct yg_stix_item *item, const struct yg_stix_ask *ask)
{
	struct yg_arena *arena = yg_arena_new(16u << 20);
	struct yg_buf text;
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault;

	yg_buf_init(&text, YG_STIX_OBJECT_MAX * 2);
	yg_buf_add_str(&text, "{\"objects\":[");
	yg_buf_add(&text, item->object.text);
	yg_buf_add_str(&text, "]}");
	if (arena && yg_stix_read(yg_buf_bytes(&text), ask, arena, &bundle, &fault) == YG_OK) {
		const struct yg_stix_object *object = &bundle.items[0].object;

		if (bundle.count != 1 || !yg_bytes_eq(object->text, item->object.text) ||
		    !yg_bytes_eq(object->id, item->object.id) ||
		    object->version_ns != item->object.version_ns)
			abort();
	} else if (arena) {
		abort();
	}
	yg_buf_done(&text);
	(void)yg_arena_free(arena);
}

struct telling {
	struct yg_stix_stream stream;
	const struct yg_stix_bundle *whole;
	uint32_t count;
};

static int tell(void *arg, uint32_t index, const struct yg_stix_item *item,
		const struct json_t *tree)
{
	struct telling *t = arg;
	const struct yg_stix_item *other = &t->whole->items[index];

	(void)tree;
	if (index != t->count++ || index >= t->whole->count || !item->fault != !other->fault ||
	    !yg_bytes_eq(item->object.text, other->object.text) ||
	    !yg_bytes_eq(item->object.id, other->object.id) ||
	    item->object.version_ns != other->object.version_ns ||
	    item->object.tlp != other->object.tlp)
		abort();
	yg_arena_reset(t->stream.arena);
	return YG_OK;
}

static void one_by_one(struct yg_bytes text, const struct yg_stix_ask *ask,
		       const struct yg_stix_bundle *whole)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct telling t = {.whole = whole};
	struct yg_stix_ask asked = *ask;
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault;

	t.stream = (struct yg_stix_stream){.fn = tell, .arg = &t, .arena = yg_arena_new(4u << 20)};
	asked.stream = &t.stream;
	if (arena && t.stream.arena &&
	    (yg_stix_read(text, &asked, arena, &bundle, &fault) != YG_OK ||
	     t.count != whole->count || bundle.count != whole->count ||
	     bundle.wrong != whole->wrong))
		abort();
	(void)yg_arena_free(t.stream.arena);
	(void)yg_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_stix_ask ask = {.now_ns = INT64_C(1764115200000000000), .objects_max = 100};
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault;
	int rc = arena && size <= 65536
			 ? yg_stix_read((struct yg_bytes){data, size}, &ask, arena, &bundle, &fault)
			 : YG_ENOMEM;

	if (rc != YG_OK && rc != YG_ENOMEM && fault.msg[0] == 0)
		abort();
	for (uint32_t i = 0; rc == YG_OK && i < bundle.count; i++) {
		const struct yg_stix_object *object = &bundle.items[i].object;
		struct yg_bytes type;
		int64_t version_ns;

		if (bundle.items[i].fault)
			continue;
		if (!yg_stix_is_id(object->id, &type) || !yg_bytes_eq(type, object->type))
			abort();
		if (object->version.size > 0 && (!yg_stix_time(object->version, &version_ns) ||
						 version_ns != object->version_ns))
			abort();
		again(&bundle.items[i], &ask);
	}
	if (rc == YG_OK)
		one_by_one((struct yg_bytes){data, size}, &ask, &bundle);
	(void)yg_arena_free(arena);
	return 0;
}
