/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/alloc.h"
#include "parse/address.h"
#include "parse/json-int.h"
#include "parse/simdjson-shim.h"

#include "base/ban.h"

#define SLOTS		  8192u /* power of two, twice YG_JSON_NODES_MAX */
#define PROBES_MAX	  16u
#define NODE_BYTES_MAX	  (8u << 20)  /* of the remembered nodes */
#define SCRATCH_BYTES_MAX (16u << 20) /* of one record's other nodes */

struct yg_json {
	struct yg_json_index *index;
	const struct yg_names *names;
	struct yg_arena *nodes;
	struct yg_arena *scratch;
	struct yg_json_node **slots;
	uint32_t node_count;
	uint32_t serial;
	struct yg_json_node roots[YG_JSON_RECORD + 1]; /* by class of the outermost object */
	struct yg_json_facts facts;
};

struct frame {
	const struct yg_json_node *node;
	struct yg_json_node *last; /* the key read last in this object */
	uint8_t klass;		   /* of the names below */
	bool is_array;
};

struct walk {
	struct yg_json *json;
	struct yg_event *event;
	struct yg_fault *reterr;
	struct yg_bytes text;
	const uint32_t *at; /* where tokens begin; at[count] is the end */
	uint32_t count;
	uint32_t i;
	uint32_t depth;
	struct frame stack[YG_JSON_DEPTH_MAX];
	const struct yg_json_node *node; /* of the value to come */
	struct yg_bytes key;		 /* its key as written; without data inside a list */
	struct yg_field item_name;
	struct yg_field item_text;
	bool has_item_name;
	bool has_item_text;
};

static void json_free(void *state)
{
	struct yg_json *json = state;

	(void)yg_json_index_free(json->index);
	(void)yg_arena_free(json->nodes);
	(void)yg_arena_free(json->scratch);
	free(json->slots);
	free(json);
}

struct yg_json *yg_json_state(struct yg_parser_int *ctx)
{
	struct yg_json *json = ctx->json;

	if (json)
		return json;
	json = yg_calloc(1, sizeof(*json));
	if (!json)
		return NULL;
	json->names = ctx->names;
	json->index = yg_json_index_new();
	json->nodes = yg_arena_new(NODE_BYTES_MAX);
	json->scratch = yg_arena_new(SCRATCH_BYTES_MAX);
	json->slots = yg_calloc(SLOTS, sizeof(*json->slots));
	if (!json->index || !json->nodes || !json->scratch || !json->slots) {
		json_free(json);
		return NULL;
	}
	for (uint32_t i = 0; i <= YG_JSON_RECORD; i++)
		json->roots[i] =
			(struct yg_json_node){.serial = i, .child_class = (uint8_t)i, .is_kept = 1};
	json->serial = YG_JSON_RECORD + 1;
	ctx->json = json;
	ctx->json_free = json_free;
	return json;
}

struct yg_json_facts *yg_json_facts(struct yg_json *json)
{
	return &json->facts;
}

static int fail(struct walk *w, enum yg_err code, const char *msg)
{
	return yg_fault_set(w->reterr, code, msg, w->i < w->count ? w->at[w->i] : w->text.size);
}

/* There was no room for a node: the record's own are too many, or memory is out. */
static int fail_node(struct walk *w)
{
	if (yg_arena_used(w->json->scratch) > SCRATCH_BYTES_MAX / 2)
		return fail(w, YG_ELIMIT, "too many different names in one record");
	return fail(w, YG_ENOMEM, "out of memory");
}

/* The token at hand: its first byte, or 0 at the end. */
static inline uint8_t token(const struct walk *w)
{
	return w->i < w->count ? w->text.data[w->at[w->i]] : 0;
}

/* The token at hand, up to where the next begins, without the white space between them. */
static inline struct yg_bytes token_text(const struct walk *w)
{
	const uint8_t *start = w->text.data + w->at[w->i];
	const uint8_t *end = w->text.data + w->at[w->i + 1];

	while (end > start && end[-1] <= ' ')
		end--;
	return (struct yg_bytes){start, (size_t)(end - start)};
}

/* The inside of the string at hand. Its last byte is its closing quote, or it is none. */
static inline bool string_text(const struct walk *w, struct yg_bytes *ret)
{
	struct yg_bytes b = token_text(w);

	if (b.size < 2 || b.data[b.size - 1] != '"')
		return false;
	*ret = (struct yg_bytes){b.data + 1, b.size - 2};
	return true;
}

static inline uint64_t load64(const uint8_t *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/* The first and the last 8 bytes of @key; shorter ones end in zeros. Reads past its end. */
static inline void key_words(struct yg_bytes key, uint64_t word[2])
{
	word[0] = load64(key.data);
	if (key.size >= 8) {
		word[1] = load64(key.data + key.size - 8);
	} else {
		word[0] = key.size ? word[0] << (64 - 8 * key.size) : 0;
		word[1] = 0;
	}
}

static inline bool is_node(const struct yg_json_node *node, const struct frame *frame,
			   struct yg_bytes key, const uint64_t word[2])
{
	return node->key.size == key.size && node->word[0] == word[0] && node->word[1] == word[1] &&
	       node->parent == frame->node && node->parent_class == frame->klass &&
	       (key.size <= 16 || memcmp(node->key.data + 8, key.data + 8, key.size - 16) == 0);
}

static uint32_t node_hash(const struct frame *frame, struct yg_bytes key, const uint64_t word[2])
{
	uint64_t h = word[0] * UINT64_C(0x9e3779b97f4a7c15);

	h ^= (h >> 32) + word[1];
	h *= UINT64_C(0xc2b2ae3d27d4eb4f);
	h ^= (h >> 29) + key.size + ((uint64_t)frame->node->serial << 20) + frame->klass;
	h *= UINT64_C(0x165667b19e3779f9);
	return (uint32_t)(h >> 32);
}

/* A new node for @key; remembered while there is room, else it lives for this record. */
static struct yg_json_node *node_new(struct walk *w, const struct frame *frame, struct yg_bytes key,
				     const uint64_t word[2], struct yg_json_node **slot)
{
	struct yg_json *json = w->json;
	/* A kept node must not lead to one that goes with the record. */
	bool is_kept = slot && frame->node->is_kept && json->node_count < YG_JSON_NODES_MAX &&
		       key.size <= YG_EVENT_NAME_MAX;
	struct yg_arena *arena = is_kept ? json->nodes : json->scratch;
	struct yg_json_node *node = yg_arena_zalloc(arena, sizeof(*node));

	if (!node || !yg_arena_dup(arena, key, &node->key))
		return NULL;
	node->parent = frame->node;
	node->parent_class = frame->klass;
	memcpy(node->word, word, sizeof(node->word));
	if (!yg_json_node_fill(node, arena, json->names))
		return NULL;
	node->serial = json->serial++;
	node->is_kept = is_kept;
	if (is_kept) {
		*slot = node;
		json->node_count++;
	}
	return node;
}

static struct yg_json_node *node_find(struct walk *w, struct frame *frame, struct yg_bytes key)
{
	struct yg_json_node *node = frame->last ? frame->last->follow : NULL;
	struct yg_json_node **slot = NULL;
	uint64_t word[2];
	uint32_t hash;

	key_words(key, word);
	if (node && is_node(node, frame, key, word))
		return frame->last = node;
	hash = node_hash(frame, key, word);
	for (uint32_t i = 0; i < PROBES_MAX; i++) {
		slot = &w->json->slots[(hash + i) & (SLOTS - 1)];
		if (!*slot || is_node(*slot, frame, key, word))
			break;
		slot = NULL;
	}
	node = slot && *slot ? *slot : node_new(w, frame, key, word, slot);
	if (!node)
		return NULL;
	if (frame->last && node->is_kept)
		frame->last->follow = node;
	return frame->last = node;
}

/* Forget the nodes when there are many: a log with ever new keys must not slow the rest. */
static void trim_nodes(struct yg_json *json)
{
	yg_arena_reset(json->scratch);
	if (json->node_count < YG_JSON_NODES_MAX)
		return;
	yg_arena_reset(json->nodes);
	memset(json->slots, 0, SLOTS * sizeof(*json->slots));
	json->node_count = 0;
	json->serial = YG_JSON_RECORD + 1;
}

/* The name the field of @node gets: it must not outlive the event, nor point into the nodes. */
static bool node_name(struct walk *w, const struct yg_json_node *node, struct yg_bytes *ret)
{
	if (node->is_known_name)
		*ret = yg_names_text(w->json->names, node->name_id);
	else if (node->is_key_name && w->key.data)
		*ret = yg_bytes_cut(w->key, 0, node->name.size);
	else
		return yg_arena_dup(w->event->arena, node->name, ret);
	return true;
}

static int add_node(struct walk *w, const struct yg_json_node *node, struct yg_field *field)
{
	uint32_t before = w->event->field_count;
	int rc;

	if (!node_name(w, node, &field->name))
		return fail(w, YG_ENOMEM, "out of memory");
	field->name_id = node->name_id;
	rc = yg_event_add_field(w->event, field);
	if (rc != YG_OK)
		return fail(w, YG_ENOMEM, "out of memory");
	if (w->event->field_count > before && (node->role || node->alias[0] || node->is_windows))
		yg_json_note(&w->json->facts, w->event, node);
	return YG_OK;
}

/* Keys are read in words of 8 bytes: this one has them. */
static struct yg_bytes unnamed_key(void)
{
	static const uint8_t text[16] = "Data";

	return (struct yg_bytes){text, 4};
}

/* A list item {"@Name":…,"#text":…} is complete: as if its name had been a key of the data. */
static int add_item(struct walk *w)
{
	struct frame data = {.node = &w->json->roots[YG_JSON_DATA], .klass = YG_JSON_DATA};
	struct yg_field field = w->has_item_text ? w->item_text : (struct yg_field){0};
	const struct yg_json_node *node;

	if (!w->has_item_name && !w->has_item_text)
		return YG_OK;
	w->has_item_text = false;
	w->key = w->has_item_name ? yg_event_text(w->event, &w->item_name) : unnamed_key();
	node = node_find(w, &data, w->key);
	if (!node)
		return fail_node(w);
	return node->leaf == YG_JSON_LEAF_FIELD ? add_node(w, node, &field) : YG_OK;
}

/* A value of the node at hand: a field, or part of one. */
static int add_value(struct walk *w, struct yg_field *field)
{
	const struct yg_json_node *node = w->node;
	int rc = YG_OK;

	switch ((enum yg_json_leaf)node->leaf) {
	case YG_JSON_LEAF_FIELD:
		return add_node(w, node, field);
	case YG_JSON_LEAF_SKIP:
		break;
	case YG_JSON_LEAF_ITEM_NAME:
		w->item_name = *field;
		w->has_item_name = true;
		break;
	case YG_JSON_LEAF_ITEM_TEXT:
		if (w->has_item_text)
			rc = add_item(w);
		w->item_text = *field;
		w->has_item_text = true;
		break;
	case YG_JSON_LEAF_MEMBER:
		w->json->facts.member[node->rank] = *field;
		w->json->facts.member[node->rank].name = node->key;
		break;
	}
	return rc;
}

static int read_scalar(struct walk *w)
{
	struct yg_field field = {.text = token_text(w)};
	struct yg_bytes text = field.text;

	if (text.data[0] == '"') {
		if (!string_text(w, &field.text))
			return fail(w, YG_EFORMAT, "a string is not closed");
		field.kind = YG_VALUE_TEXT;
		field.is_escaped = yg_bytes_chr(field.text, '\\') != SIZE_MAX;
	} else if (yg_bytes_eq(text, YG_S("null"))) {
		field.kind = YG_VALUE_NULL;
		field.text.size = 0;
	} else if (yg_bytes_eq(text, YG_S("true")) || yg_bytes_eq(text, YG_S("false"))) {
		field.kind = YG_VALUE_BOOL;
	} else if (yg_bytes_is_number(text)) {
		field.kind = YG_VALUE_NUMBER;
	} else {
		return fail(w, YG_EFORMAT, "not a JSON value");
	}
	w->i++;
	return add_value(w, &field);
}

/* A value nested too deeply: kept as one text, as written. */
static int read_deep(struct walk *w)
{
	uint32_t start = w->at[w->i];
	size_t open = 0;
	struct yg_field field = {.kind = YG_VALUE_TEXT};

	for (; w->i < w->count; w->i++) {
		uint8_t c = token(w);

		if (c == '{' || c == '[')
			open++;
		else if ((c == '}' || c == ']') && --open == 0)
			break;
	}
	if (w->i >= w->count)
		return fail(w, YG_EFORMAT, "the JSON text ends inside an object or list");
	field.text = yg_bytes_cut(w->text, start, w->at[w->i] + 1);
	w->i++;
	return add_value(w, &field);
}

static void push(struct walk *w, const struct yg_json_node *node, uint8_t klass, bool is_array)
{
	w->stack[w->depth++] = (struct frame){.node = node, .klass = klass, .is_array = is_array};
	if (klass == YG_JSON_ITEM && !is_array) {
		w->has_item_name = false;
		w->has_item_text = false;
	}
}

/* The value of w->node begins here: read it, or enter it. */
static int read_value(struct walk *w)
{
	const struct frame *top = &w->stack[w->depth - 1];
	uint8_t c = token(w);
	uint8_t klass = w->node->child_class;

	if (c == 0)
		return fail(w, YG_EFORMAT, "the JSON text ends where a value is expected");
	if (c != '{' && c != '[')
		return read_scalar(w);
	if (w->depth == YG_JSON_DEPTH_MAX)
		return read_deep(w);
	if (top->is_array && klass == YG_JSON_DATA)
		klass = YG_JSON_ITEM; /* "EventData":[{"@Name":…},…] */
	if (klass == YG_JSON_FIELDS)
		w->json->facts.has_fields = c == '{';
	push(w, w->node, klass, c == '[');
	w->i++;
	return YG_OK;
}

/* An escaped key is rare: it is decoded as a field's text would be. */
static struct yg_bytes plain_key(struct walk *w, struct yg_bytes key)
{
	struct yg_field field = {.text = key, .is_escaped = 1};

	if (yg_bytes_chr(key, '\\') == SIZE_MAX)
		return key;
	return yg_event_text(w->event, &field);
}

static int read_key(struct walk *w, struct frame *top)
{
	struct yg_bytes key;

	if (token(w) != '"' || !string_text(w, &key))
		return fail(w, YG_EFORMAT, "a key in quotes is expected");
	w->i++;
	if (token(w) != ':')
		return fail(w, YG_EFORMAT, "':' is expected after a key");
	w->i++;
	w->key = plain_key(w, key);
	w->node = node_find(w, top, w->key);
	if (!w->node)
		return fail_node(w);
	return read_value(w);
}

static int pop(struct walk *w)
{
	const struct frame *top = &w->stack[--w->depth];

	w->i++;
	if (top->klass == YG_JSON_ITEM && !top->is_array)
		return add_item(w);
	return YG_OK;
}

/* One step inside the innermost open object or list: a value, or its end. */
static int step(struct walk *w)
{
	struct frame *top = &w->stack[w->depth - 1];
	uint8_t c = token(w);
	bool is_first = w->text.data[w->at[w->i - 1]] == (top->is_array ? '[' : '{');

	if (c == (top->is_array ? ']' : '}'))
		return pop(w);
	if (c == 0)
		return fail(w, YG_EFORMAT, "the JSON text ends inside an object or list");
	if (!is_first) {
		if (c != ',')
			return fail(w, YG_EFORMAT,
				    "',' or the end of an object or list is expected");
		w->i++;
	}
	if (!top->is_array)
		return read_key(w, top);
	w->node = top->node;
	w->key = (struct yg_bytes){0};
	return read_value(w);
}

/*
 * simdjson refuses control characters and broken UTF-8 inside strings, and rightly so; logs have
 * them all the same. Where tokens begin does not depend on such bytes: they are found in a
 * copy without them, the values are taken from the text itself.
 */
static int index_damaged(struct walk *w)
{
	uint8_t *copy = yg_arena_alloc(w->event->arena, w->text.size + YG_PARSE_PADDING);

	if (!copy)
		return fail(w, YG_ENOMEM, "out of memory");
	for (size_t i = 0; i < w->text.size; i++) {
		uint8_t c = w->text.data[i];

		copy[i] = c < ' ' ? ' ' : c >= 0x80 ? 'x' : c;
	}
	memset(copy + w->text.size, ' ', YG_PARSE_PADDING);
	if (yg_json_index_make(w->json->index, copy, w->text.size, &w->at, &w->count) ==
	    YG_JSON_INDEX_OK)
		return YG_OK;
	return yg_fault_set(w->reterr, YG_EFORMAT, "a string is not closed", w->text.size);
}

static int make_index(struct walk *w)
{
	switch (yg_json_index_make(w->json->index, w->text.data, w->text.size, &w->at, &w->count)) {
	case YG_JSON_INDEX_OK:
		return YG_OK;
	case YG_JSON_INDEX_CONTROL:
	case YG_JSON_INDEX_UTF8:
		return index_damaged(w);
	case YG_JSON_INDEX_UNCLOSED:
		return yg_fault_set(w->reterr, YG_EFORMAT, "a string is not closed", w->text.size);
	case YG_JSON_INDEX_EMPTY:
		return yg_fault_set(w->reterr, YG_EMISMATCH, "not a JSON object", 0);
	case YG_JSON_INDEX_NOMEM:
		break;
	}
	return fail(w, YG_ENOMEM, "out of memory");
}

int yg_json_walk(struct yg_json *json, enum yg_json_class root, struct yg_bytes text,
		 struct yg_event *event, struct yg_fault *reterr)
{
	struct walk w;
	int rc;

	assert(text.size <= UINT32_MAX - 1);
	w.json = json;
	w.event = event;
	w.reterr = reterr;
	w.text = text;
	w.count = 0;
	w.i = 0;
	w.depth = 0;
	w.has_item_name = false;
	w.has_item_text = false;
	json->facts = (struct yg_json_facts){0};
	trim_nodes(json);
	rc = make_index(&w);
	if (rc != YG_OK)
		return rc;
	if (token(&w) != '{')
		return fail(&w, YG_EMISMATCH, "not a JSON object");
	w.node = &json->roots[root];
	push(&w, w.node, (uint8_t)root, false);
	w.i = 1;
	while (w.depth > 0 && rc == YG_OK)
		rc = step(&w);
	if (rc != YG_OK)
		return rc;
	if (token(&w) == ',') /* one of a list, a line each */
		w.i++;
	if (w.i < w.count)
		return fail(&w, YG_EFORMAT, "something follows the JSON object");
	return YG_OK;
}
