/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the text of a mapping to its entries. What would change the meaning is refused with its
 * line; what only other tools use is told and left.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "detect/mapping-int.h"

#include "base/ban.h"

#define ARENA_MAX (64u << 20) /* tree and entries of YG_MAPPING_BYTES_MAX */
#define TEXT_MAX  1024u	      /* of a name or value; detect/mapping.c folds no longer ones */
#define SHOWN_MAX 40u

struct reader {
	struct yg_mapping *mapping;
	struct yg_arena *arena;
	struct yg_yaml_fault *fault;
	yg_mapping_report_fn report;
	void *arg;
	struct yg_mapping_entry *entry; /* being read */
	bool has_files;			/* it names files as its sources */
	uint32_t values;		/* read so far, of all entries */
};

#define SHOWN(text)                                                                                \
	(int)((text).size < SHOWN_MAX ? (text).size : SHOWN_MAX), (const char *)(text).data

__attribute__((format(printf, 3, 4))) static int wrong(struct reader *r, uint32_t line,
						       const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(r->fault->msg, sizeof(r->fault->msg), format, list);
	va_end(list);
	r->fault->line = line;
	r->fault->code = YG_EFORMAT;
	return YG_EFORMAT;
}

static void tell(struct reader *r, uint32_t line, const char *format, struct yg_bytes what)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "'%.*s': %s", SHOWN(what), format);
	r->report(r->arg, line, text);
}

/* A name or value: text, of a bounded length, folded into the arena. */
static int folded_text(struct reader *r, const struct yg_yaml *node, struct yg_bytes *ret)
{
	uint8_t *to;

	if (node->kind != YG_YAML_SCALAR || yg_yaml_is_null(node) || node->text.size == 0)
		return wrong(r, node->line, "a text is wanted here");
	if (r->values++ >= YG_MAPPING_VALUES_MAX)
		return wrong(r, node->line, "more than %u values", YG_MAPPING_VALUES_MAX);
	if (node->text.size > TEXT_MAX)
		return wrong(r, node->line, "longer than %u bytes", TEXT_MAX);
	to = yg_arena_alloc(r->arena, node->text.size);
	if (!to)
		return YG_ENOMEM;
	*ret = (struct yg_bytes){to, yg_fold(node->text, to)};
	return YG_OK;
}

/* The same for a scalar or a list of them. */
static int folded_texts(struct reader *r, const struct yg_yaml *node, struct yg_bytes **ret,
			uint32_t *ret_count)
{
	const bool is_list = node->kind == YG_YAML_LIST;
	const struct yg_yaml *at = is_list ? node->first : node;
	struct yg_bytes *to;
	int rc = YG_OK;

	if (is_list && node->count == 0)
		return wrong(r, node->line, "the list is empty");
	to = yg_arena_zalloc(r->arena, (is_list ? node->count : 1u) * sizeof(*to));
	if (!to)
		return YG_ENOMEM;
	*ret = to;
	for (*ret_count = 0; rc == YG_OK && at; at = is_list ? at->next : NULL)
		rc = folded_text(r, at, &to[(*ret_count)++]);
	return rc;
}

/* product, category or service of an entry or rewrite: true when @key is one and was read. */
static bool read_part(struct reader *r, const struct yg_yaml *key, struct yg_logsource *to, int *rc)
{
	struct yg_bytes *part = NULL;

	if (yg_bytes_eq(key->key, YG_S("product")))
		part = &to->product;
	else if (yg_bytes_eq(key->key, YG_S("category")))
		part = &to->category;
	else if (yg_bytes_eq(key->key, YG_S("service")))
		part = &to->service;
	if (part)
		*rc = folded_text(r, key, part);
	return part != NULL;
}

static bool is_empty(const struct yg_logsource *source)
{
	return source->product.size + source->category.size + source->service.size == 0;
}

/* A field's name without spaces, as records have it. */
static int field_name(struct reader *r, uint32_t line, struct yg_bytes name, struct yg_bytes *ret)
{
	uint8_t *to;
	size_t size = 0;

	if (yg_bytes_chr(name, '|') != SIZE_MAX)
		return wrong(r, line, "'%.*s': modifiers are not known here", SHOWN(name));
	if (name.size == 0 || name.size > YG_EVENT_NAME_MAX)
		return wrong(r, line, "a field's name has 1 to %u bytes", YG_EVENT_NAME_MAX);
	to = yg_arena_alloc(r->arena, name.size);
	if (!to)
		return YG_ENOMEM;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] != ' ')
			to[size++] = name.data[i];
	*ret = (struct yg_bytes){to, size};
	return size ? YG_OK : wrong(r, line, "a field's name has 1 to %u bytes", YG_EVENT_NAME_MAX);
}

static int read_test(struct reader *r, const struct yg_yaml *key, struct yg_mapping_test *to)
{
	int rc = field_name(r, key->line, key->key, &to->field);

	if (rc == YG_OK)
		rc = folded_texts(r, key, &to->values, &to->count);
	for (uint32_t i = 0; i < to->count && rc == YG_OK; i++)
		if (yg_bytes_chr(to->values[i], '*') != SIZE_MAX ||
		    yg_bytes_chr(to->values[i], '?') != SIZE_MAX)
			rc = wrong(r, key->line, "'%.*s': wildcards are not known here",
				   SHOWN(to->values[i]));
	to->is_code = yg_bytes_eq(to->field, YG_S("EventID"));
	to->is_channel = yg_bytes_eq(to->field, YG_S("Channel"));
	return rc;
}

static int read_conditions(struct reader *r, const struct yg_yaml *node)
{
	struct yg_mapping_entry *entry = r->entry;
	int rc = YG_OK;

	if (node->kind != YG_YAML_MAP)
		return wrong(r, node->line, "'conditions' must be a map of fields");
	entry->tests = yg_arena_zalloc(r->arena, (node->count + 1u) * sizeof(*entry->tests));
	if (!entry->tests)
		return YG_ENOMEM;
	for (const struct yg_yaml *key = node->first; key && rc == YG_OK; key = key->next)
		rc = read_test(r, key, &entry->tests[entry->test_count++]);
	return rc;
}

/* WinEventLog:CHANNEL; File:PATTERN says where on a disk, which no record tells. */
static int read_source(struct reader *r, const struct yg_yaml *node)
{
	static const char head[] = "wineventlog:";
	struct yg_mapping_entry *entry = r->entry;
	struct yg_bytes text = {0};
	int rc = folded_text(r, node, &text);

	if (rc != YG_OK)
		return rc;
	if (yg_bytes_starts(text, YG_S("file:"))) {
		r->has_files = true;
	} else if (yg_bytes_starts(text, yg_bytes_str(head)) && text.size > sizeof(head) - 1) {
		entry->channels[entry->channel_count++] = yg_bytes_from(text, sizeof(head) - 1);
	} else {
		r->has_files = true;
		tell(r, node->line, "neither WinEventLog: nor File:, not used", node->text);
	}
	return YG_OK;
}

static int read_sources(struct reader *r, const struct yg_yaml *node)
{
	struct yg_mapping_entry *entry = r->entry;
	int rc = YG_OK;

	if (node->kind == YG_YAML_MAP)
		return wrong(r, node->line, "'sources' must be a list of texts");
	entry->channels = yg_arena_zalloc(r->arena, (node->count + 1u) * sizeof(*entry->channels));
	if (!entry->channels)
		return YG_ENOMEM;
	if (node->kind == YG_YAML_SCALAR)
		return read_source(r, node);
	for (const struct yg_yaml *item = node->first; item && rc == YG_OK; item = item->next)
		rc = read_source(r, item);
	return rc;
}

static int read_rewrite(struct reader *r, const struct yg_yaml *node)
{
	struct yg_mapping_entry *entry = r->entry;
	int rc = YG_OK;

	if (node->kind != YG_YAML_MAP)
		return wrong(r, node->line,
			     "'rewrite' must be a map with product, category or service");
	for (const struct yg_yaml *key = node->first; key && rc == YG_OK; key = key->next)
		if (!read_part(r, key, &entry->rewrite, &rc))
			tell(r, key->line, "not known in 'rewrite', not used", key->key);
	if (rc == YG_OK && is_empty(&entry->rewrite))
		return wrong(r, node->line, "'rewrite' names no product, category or service");
	entry->is_rewritten = true;
	return rc;
}

/* Does src/parse/windows.c call it so in all records that @entry can admit? */
static bool is_done_already(const struct yg_mapping_entry *entry, struct yg_bytes as,
			    struct yg_bytes from)
{
	static const struct {
		const char *as, *from, *codes;
	} done[] = {
		{"Image", "NewProcessName", " 4688 "},
		{"ParentImage", "ParentProcessName", " 4688 "},
		{"Signature", "ThreatName",
		 " 1006 1007 1008 1009 1010 1011 1012 1017 1018 1019 1115 1116 "},
		{"Filename", "Path",
		 " 1006 1007 1008 1009 1010 1011 1012 1017 1018 1019 1115 1116 "},
	};

	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
		if (!yg_bytes_eq(as, yg_bytes_str(done[i].as)) ||
		    !yg_bytes_eq(from, yg_bytes_str(done[i].from)))
			continue;
		for (uint32_t k = 0; k < entry->test_count; k++) {
			const struct yg_mapping_test *test = &entry->tests[k];
			bool are_known = test->is_code;

			for (uint32_t v = 0; v < test->count && are_known; v++) {
				char code[16];

				(void)snprintf(code, sizeof(code), " %.*s ",
					       SHOWN(test->values[v]));
				are_known = strstr(done[i].codes, code) != NULL;
			}
			if (are_known)
				return true;
		}
	}
	return false;
}

/* After the conditions, which tell whether the parsers do it already. */
static int read_renames(struct reader *r, const struct yg_yaml *node)
{
	struct yg_mapping_entry *entry = r->entry;
	int rc = YG_OK;

	if (node->kind != YG_YAML_MAP)
		return wrong(r, node->line, "'fieldmappings' must be a map of fields");
	entry->renames = yg_arena_zalloc(r->arena, (node->count + 1u) * sizeof(*entry->renames));
	if (!entry->renames)
		return YG_ENOMEM;
	for (const struct yg_yaml *key = node->first; key && rc == YG_OK; key = key->next) {
		struct yg_mapping_rename *to = &entry->renames[entry->rename_count];

		if (key->kind != YG_YAML_SCALAR)
			return wrong(r, key->line, "one field's name is wanted here");
		rc = field_name(r, key->line, key->key, &to->as);
		if (rc == YG_OK)
			rc = field_name(r, key->line, key->text, &to->from);
		if (rc == YG_OK && !is_done_already(entry, to->as, to->from))
			entry->rename_count++;
	}
	r->mapping->has_renames |= entry->rename_count > 0;
	return rc;
}

static int read_key(struct reader *r, const struct yg_yaml *key)
{
	int rc = YG_OK;

	if (read_part(r, key, &r->entry->source, &rc))
		return rc;
	if (yg_bytes_eq(key->key, YG_S("conditions")))
		return read_conditions(r, key);
	if (yg_bytes_eq(key->key, YG_S("sources")))
		return read_sources(r, key);
	if (yg_bytes_eq(key->key, YG_S("rewrite")))
		return read_rewrite(r, key);
	if (!yg_bytes_eq(key->key, YG_S("fieldmappings")))
		tell(r, key->line, "not known in a log source, not used", key->key);
	return YG_OK;
}

static int read_entry(struct reader *r, const struct yg_yaml *node)
{
	struct yg_mapping *mapping = r->mapping;
	const struct yg_yaml *renames;
	int rc = YG_OK;

	if (node->kind != YG_YAML_MAP)
		return wrong(r, node->line, "a log source must be a map");
	if (mapping->count == YG_MAPPING_ENTRIES_MAX)
		return wrong(r, node->line, "more than %u log sources", YG_MAPPING_ENTRIES_MAX);
	r->entry = &mapping->entries[mapping->count];
	*r->entry = (struct yg_mapping_entry){.line = node->line};
	r->has_files = false;
	for (const struct yg_yaml *key = node->first; key && rc == YG_OK; key = key->next)
		rc = read_key(r, key);
	renames = yg_yaml_get(node, "fieldmappings");
	if (rc == YG_OK && renames)
		rc = read_renames(r, renames);
	if (rc != YG_OK)
		return rc;
	if (is_empty(&r->entry->source)) {
		tell(r, node->line, "names no product, category or service, not used", node->key);
		return YG_OK;
	}
	r->entry->is_left = !r->entry->is_rewritten && r->entry->channel_count == 0 &&
			    (r->has_files || r->entry->test_count == 0);
	mapping->count++;
	return YG_OK;
}

static int read_doc(struct reader *r, const struct yg_yaml *doc)
{
	static const char *const others[] = {"title", "order", "backends", "logsources"};
	const struct yg_yaml *list = yg_yaml_get(doc, "logsources");
	int rc = YG_OK;

	if (doc->kind != YG_YAML_MAP)
		return wrong(r, doc->line, "a map with 'logsources' is wanted");
	for (const struct yg_yaml *key = doc->first; key; key = key->next) {
		bool is_known = false;

		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			is_known |= yg_bytes_eq(key->key, yg_bytes_str(others[i]));
		if (!is_known)
			tell(r, key->line, "not known in a mapping, not used", key->key);
	}
	if (!list) {
		r->report(r->arg, doc->line, "no 'logsources': nothing is taken from here");
		return YG_OK;
	}
	if (list->kind == YG_YAML_SCALAR)
		return yg_yaml_is_null(list) ? YG_OK
					     : wrong(r, list->line, "'logsources' must be a map");
	for (const struct yg_yaml *node = list->first; node && rc == YG_OK; node = node->next)
		rc = read_entry(r, node);
	return rc;
}

static bool is_same(const struct yg_logsource *a, const struct yg_logsource *b)
{
	return yg_bytes_eq(a->product, b->product) && yg_bytes_eq(a->category, b->category) &&
	       yg_bytes_eq(a->service, b->service);
}

static int add_need(struct reader *r, const struct yg_logsource *source)
{
	struct yg_mapping *m = r->mapping;
	struct yg_mapping_need *need = &m->needs[m->need_count++];

	*need = (struct yg_mapping_need){.source = *source};
	need->entries = yg_arena_alloc(r->arena, (m->count + 1u) * sizeof(*need->entries));
	if (!need->entries)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < m->count; i++)
		if (yg_mapping_fits(&m->entries[i], source))
			need->entries[need->count++] = i;
	return YG_OK;
}

/* The logsources that are rewritten to, each once. */
static int find_needs(struct reader *r)
{
	struct yg_mapping *m = r->mapping;
	int rc = YG_OK;

	m->needs = yg_arena_zalloc(r->arena, (m->count + 1u) * sizeof(*m->needs));
	if (!m->needs)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < m->count && rc == YG_OK; i++) {
		struct yg_mapping_entry *entry = &m->entries[i];

		if (!entry->is_rewritten)
			continue;
		while (entry->need < m->need_count &&
		       !is_same(&m->needs[entry->need].source, &entry->rewrite))
			entry->need++;
		if (entry->need == m->need_count)
			rc = add_need(r, &entry->rewrite);
	}
	return rc;
}

/* Are all entries settled that entry @index waits for? */
static bool is_ready(const struct yg_mapping *m, const bool *is_settled, uint32_t index)
{
	const struct yg_mapping_need *need = &m->needs[m->entries[index].need];

	for (uint32_t i = 0; m->entries[index].is_rewritten && i < need->count; i++)
		if (!is_settled[need->entries[i]])
			return false;
	return true;
}

/*
 * Entries by how many rewrites follow on theirs: each pass settles those that need only what is
 * settled. What is left after as many passes as are allowed goes in a circle or too far.
 */
static int sort_entries(struct reader *r)
{
	struct yg_mapping *m = r->mapping;
	bool *is_settled = yg_arena_zalloc(r->arena, m->count + 1u);
	uint32_t settled = 0;

	m->order = yg_arena_zalloc(r->arena, (m->count + 1u) * sizeof(*m->order));
	if (!is_settled || !m->order)
		return YG_ENOMEM;
	for (uint32_t pass = 0; pass <= YG_MAPPING_CHAIN_MAX && settled < m->count; pass++) {
		uint32_t before = settled;

		for (uint32_t i = 0; i < m->count; i++)
			if (!is_settled[i] && is_ready(m, is_settled, i))
				m->order[settled++] = i;
		for (uint32_t i = before; i < settled; i++)
			is_settled[m->order[i]] = true;
	}
	for (uint32_t i = 0; i < m->count && settled < m->count; i++)
		if (!is_settled[i])
			return wrong(
				r, m->entries[i].line,
				"rewrites that go in a circle, or more than %u after one another",
				YG_MAPPING_CHAIN_MAX);
	return YG_OK;
}

static int read_text(struct reader *r, struct yg_bytes text)
{
	const struct yg_yaml *docs = NULL;
	int rc;

	if (text.size > YG_MAPPING_BYTES_MAX) {
		(void)wrong(r, 0, "more than %u bytes", YG_MAPPING_BYTES_MAX);
		return r->fault->code = YG_ELIMIT;
	}
	rc = yg_yaml_parse(text, r->arena, &docs, r->fault);
	if (rc != YG_OK)
		return rc;
	r->mapping->entries =
		yg_arena_alloc(r->arena, YG_MAPPING_ENTRIES_MAX * sizeof(*r->mapping->entries));
	if (!r->mapping->entries)
		return YG_ENOMEM;
	if (!docs->first)
		r->report(r->arg, 1, "no 'logsources': nothing is taken from here");
	for (const struct yg_yaml *doc = docs->first; doc && rc == YG_OK; doc = doc->next)
		rc = read_doc(r, doc);
	if (rc == YG_OK)
		rc = find_needs(r);
	return rc == YG_OK ? sort_entries(r) : rc;
}

int yg_mapping_read(struct yg_bytes text, yg_mapping_report_fn report, void *arg,
		    struct yg_mapping **ret, struct yg_yaml_fault *reterr)
{
	struct reader r = {.fault = reterr, .report = report, .arg = arg};
	int rc = YG_ENOMEM;

	*reterr = (struct yg_yaml_fault){0};
	r.mapping = yg_calloc(1, sizeof(*r.mapping));
	if (r.mapping)
		r.arena = r.mapping->arena = yg_arena_new(ARENA_MAX);
	if (r.arena)
		rc = read_text(&r, text);
	if (rc == YG_OK)
		*ret = r.mapping;
	else
		(void)yg_mapping_free(r.mapping);
	return rc;
}

struct yg_mapping *yg_mapping_free(struct yg_mapping *mapping)
{
	if (mapping)
		(void)yg_arena_free(mapping->arena);
	free(mapping);
	return NULL;
}
