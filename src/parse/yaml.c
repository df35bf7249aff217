/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/yaml.h"

#include <assert.h>
#include <yaml.h>

#include "base/utf8.h"

#include "base/ban.h"

#define SMALL_MAP 12u /* up to here duplicate keys are looked for without sorting */

/* An open list or map. */
struct level {
	struct yg_yaml *node;
	struct yg_yaml *last;
	struct yg_bytes key; /* map: the key whose value comes next */
	uint32_t key_line;
	bool has_key;
};

struct reader {
	yaml_parser_t parser;
	struct yg_arena *arena;
	struct yg_yaml_fault *fault;
	struct level levels[YG_YAML_DEPTH_MAX + 1]; /* [0]: the list of documents */
	uint32_t depth;
	uint32_t nodes;
};

static int fail(struct reader *reader, enum yg_err code, uint32_t line, const char *msg,
		struct yg_bytes about)
{
	reader->fault->code = code;
	reader->fault->line = line;
	if (about.size > 60)
		about.size = 60;
	/* Cutting may split a character: the whole must stay readable for people. */
	while (about.size > 0 && !yg_utf8_valid(about))
		about.size--;
	(void)snprintf(reader->fault->msg, sizeof(reader->fault->msg), msg, YG_FMT(about));
	return code;
}

static uint32_t line_of(const yaml_mark_t *mark)
{
	return mark->line < UINT32_MAX - 1 ? (uint32_t)mark->line + 1 : UINT32_MAX;
}

/* What libyaml says when its scanner or parser gives up. */
static int fail_syntax(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	uint32_t line = line_of(&parser->problem_mark);

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		return fail(reader, YG_ENOMEM, line_of(&parser->mark), "out of memory%.*s",
			    YG_S(""));
	case YAML_READER_ERROR:
		return fail(reader, YG_EFORMAT, line_of(&parser->mark), "not UTF-8 text: %.*s",
			    yg_bytes_str(parser->problem));
	default:
		if (parser->problem_mark.line == 0 && parser->mark.line > 0)
			line = line_of(&parser->mark);
		return fail(reader, YG_EFORMAT, line, "not valid YAML: %.*s",
			    yg_bytes_str(parser->problem));
	}
}

static int compare_keys(const void *a, const void *b)
{
	struct yg_bytes x = (*(const struct yg_yaml *const *)a)->key;
	struct yg_bytes y = (*(const struct yg_yaml *const *)b)->key;
	size_t size = x.size < y.size ? x.size : y.size;
	int order = size ? memcmp(x.data, y.data, size) : 0;

	return order ? order : (x.size > y.size) - (x.size < y.size);
}

static int fail_duplicate(struct reader *reader, const struct yg_yaml *a, const struct yg_yaml *b)
{
	return fail(reader, YG_EFORMAT, a->line > b->line ? a->line : b->line,
		    "the key '%.*s' stands twice in one map", b->key);
}

/* Keys of a finished map must differ. */
static int check_keys(struct reader *reader, const struct yg_yaml *map)
{
	const struct yg_yaml **sorted;
	uint32_t count = 0;

	if (map->count <= SMALL_MAP) {
		for (const struct yg_yaml *a = map->first; a; a = a->next)
			for (const struct yg_yaml *b = a->next; b; b = b->next)
				if (yg_bytes_eq(a->key, b->key))
					return fail_duplicate(reader, a, b);
		return YG_OK;
	}
	sorted = yg_arena_alloc(reader->arena, map->count * sizeof(struct yg_yaml *));
	if (!sorted)
		return fail(reader, YG_ENOMEM, map->line, "out of memory%.*s", YG_S(""));
	for (const struct yg_yaml *a = map->first; a; a = a->next)
		sorted[count++] = a;
	qsort(sorted, count, sizeof(*sorted), compare_keys);
	for (uint32_t i = 1; i < count; i++)
		if (yg_bytes_eq(sorted[i - 1]->key, sorted[i]->key))
			return fail_duplicate(reader, sorted[i - 1], sorted[i]);
	return YG_OK;
}

/* Hang a new node into the open list or map. *ret is NULL when it was taken as a key. */
static int add_node(struct reader *reader, enum yg_yaml_kind kind, uint32_t line,
		    struct yg_yaml **ret)
{
	struct level *level = &reader->levels[reader->depth];
	struct yg_yaml *node;

	if (++reader->nodes > YG_YAML_NODES_MAX)
		return fail(reader, YG_ELIMIT, line, "more values than one file may hold%.*s",
			    YG_S(""));
	node = yg_arena_zalloc(reader->arena, sizeof(*node));
	if (!node)
		return fail(reader, YG_ENOMEM, line, "out of memory%.*s", YG_S(""));
	node->kind = kind;
	node->line = line;
	if (level->node->kind == YG_YAML_MAP) {
		assert(level->has_key);
		node->key = level->key;
		if (kind == YG_YAML_SCALAR || line > level->key_line)
			node->line = kind == YG_YAML_SCALAR ? line : level->key_line;
		level->has_key = false;
	}
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	*ret = node;
	return YG_OK;
}

static bool is_core_tag(const yaml_char_t *tag)
{
	static const char *const core[] = {"str", "int", "float", "bool", "null", "seq", "map"};
	const struct yg_bytes prefix = YG_S("tag:yaml.org,2002:");
	struct yg_bytes text = yg_bytes_str((const char *)tag);

	if (!tag || yg_bytes_eq(text, YG_S("!")))
		return true;
	if (!yg_bytes_starts(text, prefix))
		return false;
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		if (yg_bytes_eq(yg_bytes_from(text, prefix.size), yg_bytes_str(core[i])))
			return true;
	return false;
}

static int check_marks(struct reader *reader, const yaml_char_t *anchor, const yaml_char_t *tag,
		       uint32_t line)
{
	if (anchor)
		return fail(reader, YG_EFORMAT, line,
			    "the anchor '&%.*s' is not allowed: write the values out",
			    yg_bytes_str((const char *)anchor));
	if (!is_core_tag(tag))
		return fail(reader, YG_EFORMAT, line, "the tag '%.*s' is not allowed",
			    yg_bytes_str((const char *)tag));
	return YG_OK;
}

static int on_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct level *level = &reader->levels[reader->depth];
	uint32_t line = line_of(&event->start_mark);
	struct yg_bytes text = {event->data.scalar.value, event->data.scalar.length};
	struct yg_yaml *node;
	char *copy;
	int rc = check_marks(reader, event->data.scalar.anchor, event->data.scalar.tag, line);

	if (rc != YG_OK)
		return rc;
	copy = yg_arena_str(reader->arena, text);
	if (!copy)
		return fail(reader, YG_ENOMEM, line, "out of memory%.*s", YG_S(""));
	text.data = (const uint8_t *)copy;
	if (level->node->kind == YG_YAML_MAP && !level->has_key) {
		level->key = text;
		level->key_line = line;
		level->has_key = true;
		return YG_OK;
	}
	rc = add_node(reader, YG_YAML_SCALAR, line, &node);
	if (rc != YG_OK)
		return rc;
	node->text = text;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			 event->data.scalar.plain_implicit; /* a tag such as !!str decides else */
	return YG_OK;
}

static int on_open(struct reader *reader, enum yg_yaml_kind kind, const yaml_char_t *anchor,
		   const yaml_char_t *tag, uint32_t line)
{
	struct level *level = &reader->levels[reader->depth];
	struct yg_yaml *node;
	int rc = check_marks(reader, anchor, tag, line);

	if (rc != YG_OK)
		return rc;
	if (level->node->kind == YG_YAML_MAP && !level->has_key)
		return fail(reader, YG_EFORMAT, line,
			    "a key must be a plain word, not a list or map%.*s", YG_S(""));
	if (reader->depth >= YG_YAML_DEPTH_MAX)
		return fail(reader, YG_ELIMIT, line, "nested too deeply%.*s", YG_S(""));
	rc = add_node(reader, kind, line, &node);
	if (rc != YG_OK)
		return rc;
	reader->levels[++reader->depth] = (struct level){.node = node};
	return YG_OK;
}

static int on_close(struct reader *reader)
{
	struct yg_yaml *node = reader->levels[reader->depth].node;

	assert(reader->depth > 0);
	reader->depth--;
	return node->kind == YG_YAML_MAP ? check_keys(reader, node) : YG_OK;
}

static int take_event(struct reader *reader, const yaml_event_t *event)
{
	uint32_t line = line_of(&event->start_mark);

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (reader->levels[0].node->count >= YG_YAML_DOCS_MAX)
			return fail(reader, YG_ELIMIT, line,
				    "more documents than one file may hold%.*s", YG_S(""));
		return YG_OK;
	case YAML_ALIAS_EVENT:
		return fail(reader, YG_EFORMAT, line,
			    "the alias '*%.*s' is not allowed: write the values out, or quote it",
			    yg_bytes_str((const char *)event->data.alias.anchor));
	case YAML_SCALAR_EVENT:
		return on_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(reader, YG_YAML_LIST, event->data.sequence_start.anchor,
			       event->data.sequence_start.tag, line);
	case YAML_MAPPING_START_EVENT:
		return on_open(reader, YG_YAML_MAP, event->data.mapping_start.anchor,
			       event->data.mapping_start.tag, line);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(reader);
	default:
		return YG_OK;
	}
}

/* The document that could not be finished is taken out again. */
static void drop_open_document(struct yg_yaml *docs, uint32_t complete)
{
	const struct yg_yaml *at = docs->first;
	struct yg_yaml *last = NULL;

	for (uint32_t i = 0; i < complete; i++) {
		/* The nodes are ours and not shared yet: const is for the readers of the tree. */
		last = (struct yg_yaml *)(uintptr_t)at;
		at = at->next;
	}
	if (last)
		last->next = NULL;
	else
		docs->first = NULL;
	docs->count = complete;
}

int yg_yaml_parse(struct yg_bytes text, struct yg_arena *arena, const struct yg_yaml **ret_docs,
		  struct yg_yaml_fault *reterr)
{
	struct reader reader = {.arena = arena, .fault = reterr};
	struct yg_yaml *docs = yg_arena_zalloc(arena, sizeof(*docs));
	uint32_t complete = 0;
	bool is_end = false;
	int rc = YG_OK;

	*ret_docs = NULL;
	if (!docs || !yaml_parser_initialize(&reader.parser))
		return fail(&reader, YG_ENOMEM, 1, "out of memory%.*s", YG_S(""));
	docs->kind = YG_YAML_LIST;
	docs->line = 1;
	reader.levels[0].node = docs;
	if (text.size > YG_YAML_BYTES_MAX) {
		rc = fail(&reader, YG_ELIMIT, 1, "the file is larger than 16 MiB%.*s", YG_S(""));
		goto out;
	}
	/* Told the encoding, libyaml no longer takes a byte-order mark for one. */
	if (yg_bytes_starts(text, YG_S("\xef\xbb\xbf")))
		text = yg_bytes_from(text, 3);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, text.data ? text.data : (const uint8_t *)"",
				     text.size);
	while (rc == YG_OK && !is_end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&reader.parser, &event)) {
			rc = fail_syntax(&reader);
			break;
		}
		rc = take_event(&reader, &event);
		is_end = event.type == YAML_STREAM_END_EVENT;
		if (event.type == YAML_DOCUMENT_END_EVENT)
			complete = docs->count;
		yaml_event_delete(&event);
	}
out:
	yaml_parser_delete(&reader.parser);
	drop_open_document(docs, complete);
	*ret_docs = docs;
	return rc;
}

const struct yg_yaml *yg_yaml_get(const struct yg_yaml *map, const char *key)
{
	struct yg_bytes want = yg_bytes_str(key);

	if (!map || map->kind != YG_YAML_MAP)
		return NULL;
	for (const struct yg_yaml *node = map->first; node; node = node->next)
		if (yg_bytes_eq(node->key, want))
			return node;
	return NULL;
}

struct yg_bytes yg_yaml_text(const struct yg_yaml *map, const char *key)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	return node && node->kind == YG_YAML_SCALAR ? node->text : YG_S("");
}

bool yg_yaml_is_null(const struct yg_yaml *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (!node || node->kind != YG_YAML_SCALAR || !node->is_plain)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq(node->text, yg_bytes_str(words[i])))
			return true;
	return false;
}
