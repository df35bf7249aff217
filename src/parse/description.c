/* SPDX-License-Identifier: Apache-2.0 */
/* Description files to descriptions (parse/sources.h; docs/source-description.md is the form). */
#include "parse/description-int.h"

#include "base/alloc.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define NAME_BYTES_MAX	 64u
#define TEXT_BYTES_MAX	 512u
#define SET_BYTES_MAX	 (64u << 20) /* of all descriptions, compiled */
#define TREE_BYTES_MAX	 (32u << 20)
#define ANCHOR_BYTES_MIN 3u

static const char *const kinds[] = {"vpn", "firewall", "proxy", "dns", "nas",	"mail",
				    "ftp", "database", "web",	"app", "phone", "other"};

struct yg_sources *yg_sources_new(void)
{
	struct yg_sources *sources = yg_calloc(1, sizeof(*sources));

	if (!sources)
		return NULL;
	sources->arena = yg_arena_new(SET_BYTES_MAX);
	return sources->arena ? sources : yg_sources_free(sources);
}

struct yg_sources *yg_sources_free(struct yg_sources *sources)
{
	if (!sources)
		return NULL;
	(void)yg_arena_free(sources->arena);
	free(sources);
	return NULL;
}

const struct yg_source *yg_sources_first(const struct yg_sources *sources)
{
	return sources ? sources->first : NULL;
}

uint32_t yg_sources_count(const struct yg_sources *sources)
{
	return sources ? sources->count : 0;
}

/* ---- one description ---- */

struct reading {
	struct yg_sources *sources;
	struct yg_arena *arena;
	struct yg_source *to;
	uint32_t default_line; /* of the document */
	struct yg_line_fault *fault;
};

static int no_memory(const struct reading *r)
{
	return yg_line_fault_set(r->fault, YG_ENOMEM, 0, "out of memory");
}

static bool is_one_of(struct yg_bytes text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq(text, yg_bytes_str(words[i])))
			return true;
	return false;
}

/* Keys other than those of @list (divided by blanks) are mistakes, mostly of spelling. */
static int check_keys(struct reading *r, const struct yg_yaml *map, const char *list)
{
	for (const struct yg_yaml *node = map->first; node; node = node->next) {
		struct yg_bytes rest = yg_bytes_str(list);
		bool is_known = false;

		while (rest.size > 0 && !is_known) {
			size_t end = yg_bytes_chr(rest, ' ');

			is_known = yg_bytes_eq(node->key, yg_bytes_cut(rest, 0, end));
			rest = end == SIZE_MAX ? (struct yg_bytes){0}
					       : yg_bytes_from(rest, end + 1);
		}
		if (!is_known)
			return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
						 "no key \"%.*s\" here; there are: %s",
						 YG_FMT(yg_bytes_cut(node->key, 0, 40)), list);
	}
	return YG_OK;
}

static int copy(struct reading *r, struct yg_bytes text, struct yg_bytes *ret)
{
	return yg_arena_dup(r->arena, text, ret) ? YG_OK : no_memory(r);
}

static int read_text(struct reading *r, const struct yg_yaml *map, const char *key,
		     struct yg_bytes *ret)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_SCALAR || node->text.size > TEXT_BYTES_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "%s: a text of at most %u bytes is expected", key,
					 TEXT_BYTES_MAX);
	return copy(r, node->text, ret);
}

static bool is_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++)
		if ((uint8_t)(name.data[i] - 'a') >= 26 && (uint8_t)(name.data[i] - '0') > 9 &&
		    name.data[i] != '-')
			return false;
	return name.size > 0 && name.size <= NAME_BYTES_MAX;
}

/* A text or a list of texts. */
static int read_list(struct reading *r, const struct yg_yaml *map, const char *key, uint32_t most,
		     const struct yg_bytes **ret, uint32_t *ret_count)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);
	const struct yg_yaml *item;
	struct yg_bytes *texts;
	uint32_t count = 0;

	if (!node)
		return YG_OK;
	if (node->kind == YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "%s: a text or a list of texts is expected", key);
	if (node->count > most)
		return yg_line_fault_set(r->fault, YG_ELIMIT, node->line, "%s: more than %u", key,
					 most);
	texts = yg_arena_alloc(r->arena, (node->count + 1) * sizeof(*texts));
	if (!texts)
		return no_memory(r);
	item = node->kind == YG_YAML_LIST ? node->first : node;
	while (item) {
		if (item->kind != YG_YAML_SCALAR || item->text.size > TEXT_BYTES_MAX)
			return yg_line_fault_set(r->fault, YG_EFORMAT, item->line,
						 "%s: a text of at most %u bytes is expected", key,
						 TEXT_BYTES_MAX);
		if (copy(r, item->text, &texts[count++]) != YG_OK)
			return YG_ENOMEM;
		item = node->kind == YG_YAML_LIST ? item->next : NULL;
	}
	*ret = texts;
	*ret_count = count;
	return YG_OK;
}

/* "name: text" of a map. */
static int read_pairs(struct reading *r, const struct yg_yaml *node, uint32_t most,
		      const struct yg_source_pair **ret, uint32_t *ret_count)
{
	struct yg_source_pair *pairs;
	uint32_t count = 0;

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "pairs \"name: text\" are expected");
	if (node->count > most)
		return yg_line_fault_set(r->fault, YG_ELIMIT, node->line, "more than %u pairs",
					 most);
	pairs = yg_arena_alloc(r->arena, (node->count + 1) * sizeof(*pairs));
	if (!pairs)
		return no_memory(r);
	for (const struct yg_yaml *item = node->first; item; item = item->next, count++) {
		if (item->kind != YG_YAML_SCALAR || item->text.size > TEXT_BYTES_MAX ||
		    item->key.size == 0 || item->key.size > TEXT_BYTES_MAX)
			return yg_line_fault_set(
				r->fault, YG_EFORMAT, item->line,
				"a name and a text of at most %u bytes are expected",
				TEXT_BYTES_MAX);
		if (copy(r, item->key, &pairs[count].name) != YG_OK ||
		    copy(r, item->text, &pairs[count].text) != YG_OK)
			return YG_ENOMEM;
	}
	*ret = pairs;
	*ret_count = count;
	return YG_OK;
}

/* Constants become fields of the record. */
static int read_sets(struct reading *r, const struct yg_yaml *map,
		     const struct yg_source_pair **ret, uint32_t *ret_count)
{
	const struct yg_yaml *node = yg_yaml_get(map, "set");
	int rc = read_pairs(r, node, YG_SOURCE_SETS_MAX, ret, ret_count);

	for (uint32_t i = 0; rc == YG_OK && i < *ret_count; i++)
		if ((*ret)[i].name.size > YG_PATTERN_NAME_MAX || (*ret)[i].text.size == 0)
			rc = yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					       "set: a field's name of at most %u bytes and a text "
					       "are expected",
					       YG_PATTERN_NAME_MAX);
	return rc;
}

/* @is_value: the value under a key of an object, which may be a text alone. */
static int compile_as(struct reading *r, const struct yg_yaml *node, bool is_value,
		      const struct yg_line_pattern **ret)
{
	struct yg_fault fault;
	int rc;

	if (node->kind != YG_YAML_SCALAR)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line, "a pattern is expected");
	rc = is_value ? yg_pattern_compile_value(node->text, r->arena, ret, &fault)
		      : yg_pattern_compile(node->text, r->arena, ret, &fault);
	if (rc != YG_OK)
		return yg_line_fault_set(r->fault, rc, node->line,
					 "%s (at byte %zu of the pattern)", fault.msg, fault.pos);
	return YG_OK;
}

static int compile(struct reading *r, const struct yg_yaml *node,
		   const struct yg_line_pattern **ret)
{
	return compile_as(r, node, false, ret);
}

static int read_cells(struct reading *r, const struct yg_yaml *map, const struct yg_yaml *cells,
		      struct yg_source_line *line)
{
	struct yg_bytes separator = yg_yaml_text(map, "separator");
	const struct yg_line_pattern **patterns;
	uint32_t count = 0;

	if (cells->kind != YG_YAML_LIST || cells->count == 0 ||
	    cells->count > YG_SOURCE_COLUMNS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, cells->line,
					 "cells: a list of 1 to %u patterns is expected",
					 YG_SOURCE_COLUMNS_MAX);
	if (yg_yaml_get(map, "separator") && separator.size != 1)
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "separator: one byte is expected");
	patterns = yg_arena_zalloc(r->arena, cells->count * sizeof(*patterns));
	if (!patterns)
		return no_memory(r);
	for (const struct yg_yaml *cell = cells->first; cell; cell = cell->next, count++) {
		int rc = YG_OK;

		if (cell->kind != YG_YAML_SCALAR ||
		    (cell->text.size > 0 && !yg_bytes_eq(cell->text, YG_S("-"))))
			rc = compile(r, cell, &patterns[count]);
		if (rc != YG_OK)
			return rc;
	}
	line->separator = separator.size == 1 ? separator.data[0] : ',';
	line->cells = patterns;
	line->cell_count = count;
	return YG_OK;
}

/* "path: pattern", a path with '?' at its end where the key may be missing. */
static int read_object(struct reading *r, const struct yg_yaml *object, struct yg_source_line *line)
{
	struct yg_source_member *members;
	uint32_t count = 0, wanted = 0;

	if (object->kind != YG_YAML_MAP || object->count == 0 ||
	    object->count > YG_SOURCE_MEMBERS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, object->line,
					 "object: 1 to %u pairs \"key: pattern\" are expected",
					 YG_SOURCE_MEMBERS_MAX);
	if (!r->to->in_lines || r->to->in_syslog)
		return yg_line_fault_set(r->fault, YG_EFORMAT, object->line,
					 "object: only with framing line");
	members = yg_arena_zalloc(r->arena, object->count * sizeof(*members));
	if (!members)
		return no_memory(r);
	for (const struct yg_yaml *item = object->first; item; item = item->next) {
		struct yg_source_member *to = &members[count++];
		struct yg_bytes path = item->key;
		int rc;

		to->is_optional = yg_bytes_ends(path, YG_S("?"));
		path.size -= to->is_optional;
		wanted += !to->is_optional;
		if (path.size == 0 || path.size > YG_EVENT_NAME_MAX)
			return yg_line_fault_set(r->fault, YG_EFORMAT, item->line,
						 "object: a key of 1 to %u bytes is expected",
						 YG_EVENT_NAME_MAX);
		rc = copy(r, path, &to->path);
		if (rc == YG_OK)
			rc = compile_as(r, item, true, &to->pattern);
		if (rc != YG_OK)
			return rc;
	}
	if (wanted == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, object->line,
					 "object: at least one key has to be there always");
	line->members = members;
	line->member_count = count;
	return YG_OK;
}

/* The one of the three that @node has; NULL: none or several. */
static const struct yg_yaml *form_of(const struct yg_yaml *node)
{
	static const char *const forms[] = {"pattern", "cells", "object"};
	const struct yg_yaml *found = NULL;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct yg_yaml *form = yg_yaml_get(node, forms[i]);

		if (form && found)
			return NULL;
		found = form ? form : found;
	}
	return found;
}

static int read_form(struct reading *r, const struct yg_yaml *node, const struct yg_yaml *form,
		     struct yg_source_line *line)
{
	if (yg_bytes_eq(form->key, YG_S("object")))
		return read_object(r, form, line);
	if (yg_bytes_eq(form->key, YG_S("cells")))
		return read_cells(r, node, form, line);
	return compile(r, form, &line->pattern);
}

/* What a kind of line has to do with others of its key. */
static int read_line_join(struct reading *r, const struct yg_yaml *node,
			  struct yg_source_line *line)
{
	struct yg_bytes ends = yg_yaml_text(node, "ends");
	int rc = read_list(r, node, "keeps", YG_SOURCE_JOIN_FIELDS_MAX, &line->keeps,
			   &line->keep_count);

	if (rc == YG_OK)
		rc = read_list(r, node, "takes", YG_SOURCE_JOIN_FIELDS_MAX, &line->takes,
			       &line->take_count);
	if (rc != YG_OK)
		return rc;
	line->is_end = yg_bytes_eq(ends, YG_S("true"));
	if (yg_yaml_get(node, "ends") && !line->is_end)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "ends: true is expected, or no such key");
	if ((line->keep_count > 0 || line->take_count > 0 || line->is_end) &&
	    r->to->join_key_count == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "keeps, takes and ends need a join (with its key)");
	if (line->members && r->to->join_key_count > 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "join: not with objects");
	return YG_OK;
}

static int read_line(struct reading *r, const struct yg_yaml *node, struct yg_source_line *line)
{
	const struct yg_yaml *form;
	int rc;

	if (node->kind != YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "lines: a list of maps with a pattern is expected");
	form = form_of(node);
	line->at_line = form ? form->line : node->line;
	rc = check_keys(r, node, "name about pattern cells separator object set keeps takes ends");
	if (rc == YG_OK && !form)
		rc = yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
				       "a kind of line has one of pattern, cells, object");
	if (rc == YG_OK)
		rc = read_text(r, node, "name", &line->name);
	if (rc == YG_OK)
		rc = read_sets(r, node, &line->sets, &line->set_count);
	if (rc == YG_OK)
		rc = read_form(r, node, form, line);
	return rc == YG_OK ? read_line_join(r, node, line) : rc;
}

static int read_lines(struct reading *r, const struct yg_yaml *map)
{
	const struct yg_yaml *node = yg_yaml_get(map, "lines");
	struct yg_source_line *lines;
	uint32_t count = 0;
	int rc = YG_OK;

	if (!node || node->kind != YG_YAML_LIST || node->count == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node ? node->line : r->default_line,
					 "lines: at least one kind of line is needed");
	if (node->count > YG_SOURCE_LINES_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, node->line,
					 "lines: more than %u kinds of line", YG_SOURCE_LINES_MAX);
	lines = yg_arena_zalloc(r->arena, node->count * sizeof(*lines));
	if (!lines)
		return no_memory(r);
	for (const struct yg_yaml *item = node->first; item && rc == YG_OK; item = item->next)
		rc = read_line(r, item, &lines[count++]);
	r->to->lines = lines;
	r->to->line_count = count;
	return rc;
}

static int read_keys(struct reading *r, const struct yg_yaml *map)
{
	const struct yg_yaml *node = yg_yaml_get(map, "keys");
	struct yg_source_key *keys;
	uint32_t count = 0;
	int rc = YG_OK;

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_MAP || node->count > YG_SOURCE_KEYS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "keys: at most %u pairs \"name in the log: pattern\"",
					 YG_SOURCE_KEYS_MAX);
	keys = yg_arena_zalloc(r->arena, (node->count + 1) * sizeof(*keys));
	if (!keys)
		return no_memory(r);
	for (const struct yg_yaml *item = node->first; item && rc == YG_OK; item = item->next) {
		rc = copy(r, item->key, &keys[count].name);
		if (rc == YG_OK)
			rc = compile(r, item, &keys[count++].pattern);
	}
	r->to->keys = keys;
	r->to->key_count = count;
	return rc;
}

static int read_values(struct reading *r, const struct yg_yaml *map)
{
	const struct yg_yaml *node = yg_yaml_get(map, "values");
	struct yg_source_values *values;
	uint32_t count = 0;
	int rc = YG_OK;

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_LIST || node->count > YG_SOURCE_SETS_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "values: a list of at most %u tables is expected",
					 YG_SOURCE_SETS_MAX);
	values = yg_arena_zalloc(r->arena, (node->count + 1) * sizeof(*values));
	if (!values)
		return no_memory(r);
	for (const struct yg_yaml *item = node->first; item && rc == YG_OK; item = item->next) {
		struct yg_source_values *to = &values[count++];

		if (item->kind != YG_YAML_MAP || yg_yaml_text(item, "field").size == 0 ||
		    !yg_yaml_get(item, "map"))
			return yg_line_fault_set(r->fault, YG_EFORMAT, item->line,
						 "values: a table has a field and a map");
		rc = check_keys(r, item, "field to map else");
		if (rc == YG_OK)
			rc = read_text(r, item, "field", &to->from);
		if (rc == YG_OK)
			rc = read_text(r, item, "to", &to->to);
		if (rc == YG_OK)
			rc = read_text(r, item, "else", &to->otherwise);
		if (rc == YG_OK)
			rc = read_pairs(r, yg_yaml_get(item, "map"), YG_SOURCE_WORDS_MAX,
					&to->words, &to->word_count);
		if (to->to.size == 0)
			to->to = to->from;
	}
	r->to->values = values;
	r->to->value_count = count;
	return rc;
}

static int read_framing(struct reading *r, const struct yg_yaml *map)
{
	struct yg_bytes framing = yg_yaml_text(map, "framing");
	const struct yg_yaml *node = yg_yaml_get(map, "framing");

	r->to->in_lines =
		!node || yg_bytes_eq(framing, YG_S("line")) || yg_bytes_eq(framing, YG_S("any"));
	r->to->in_syslog =
		yg_bytes_eq(framing, YG_S("syslog")) || yg_bytes_eq(framing, YG_S("any"));
	if (!r->to->in_lines && !r->to->in_syslog)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "framing: line, syslog or any is expected");
	return YG_OK;
}

/* What names the description. */
static int read_head(struct reading *r, const struct yg_yaml *map)
{
	const struct yg_yaml *version = yg_yaml_get(map, "source");
	const struct yg_yaml *kind = yg_yaml_get(map, "kind");
	int rc = check_keys(r, map,
			    "source name title title_ja about kind framing program needs empty set "
			    "lines keys values join");

	if (rc == YG_OK && (!version || !yg_bytes_eq(version->text, YG_S("1"))))
		return yg_line_fault_set(r->fault, YG_EFORMAT, version ? version->line : map->line,
					 "a description begins with \"source: 1\"");
	if (rc == YG_OK)
		rc = read_text(r, map, "name", &r->to->name);
	if (rc == YG_OK && !is_name(r->to->name))
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "name: 1 to %u of a-z, 0-9 and - are expected",
					 NAME_BYTES_MAX);
	if (rc == YG_OK)
		rc = read_text(r, map, "title", &r->to->title);
	if (rc == YG_OK)
		rc = read_text(r, map, "title_ja", &r->to->title_ja);
	if (rc == YG_OK)
		rc = read_text(r, map, "kind", &r->to->kind);
	if (rc == YG_OK && !is_one_of(r->to->kind, kinds, sizeof(kinds) / sizeof(kinds[0])))
		return yg_line_fault_set(r->fault, YG_EFORMAT, kind ? kind->line : map->line,
					 "kind: one of vpn, firewall, proxy, dns, nas, mail, ftp, "
					 "database, web, app, phone, other is expected");
	return rc;
}

/* By which fields lines are joined, and for how long. */
static int read_join(struct reading *r, const struct yg_yaml *map)
{
	const struct yg_yaml *node = yg_yaml_get(map, "join");
	struct yg_source *to = r->to;
	uint64_t within = 0;
	int rc;

	if (!node)
		return YG_OK;
	if (node->kind != YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "join: a map with key and within is expected");
	rc = check_keys(r, node, "key within");
	if (rc == YG_OK)
		rc = read_list(r, node, "key", YG_SOURCE_JOIN_KEYS_MAX, &to->join_keys,
			       &to->join_key_count);
	if (rc != YG_OK)
		return rc;
	if (to->join_key_count == 0 || !yg_bytes_u64(yg_yaml_text(node, "within"), &within) ||
	    within == 0 || within > YG_SOURCE_JOIN_WITHIN_MAX)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "join: a key, and within of 1 to %u seconds, are expected",
					 YG_SOURCE_JOIN_WITHIN_MAX);
	to->join_within_s = (uint32_t)within;
	/* Records are looked at before they are read: by something that costs next to nothing. */
	if (to->in_syslog && to->program_count == 0)
		return yg_line_fault_set(r->fault, YG_EFORMAT, node->line,
					 "join: in the system log the program is needed");
	return YG_OK;
}

/* Whole lines that are joined are told by words before they are read. */
static int check_join(struct reading *r)
{
	const struct yg_source *source = r->to;

	for (uint32_t i = 0; i < source->line_count; i++) {
		const struct yg_source_line *line = &source->lines[i];

		if (source->in_lines && source->need_count == 0 && yg_source_line_joins(line) &&
		    (!line->pattern || line->pattern->anchor.size < ANCHOR_BYTES_MIN))
			return yg_line_fault_set(r->fault, YG_EFORMAT, line->at_line,
						 "join: a text under needs, or one of at least %u "
						 "bytes in this pattern, is needed",
						 ANCHOR_BYTES_MIN);
	}
	return YG_OK;
}

static int read_source(struct reading *r, const struct yg_yaml *map)
{
	struct yg_source *to = r->to;
	int rc;

	if (map->kind != YG_YAML_MAP)
		return yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
					 "a description is a map that begins with \"source: 1\"");
	r->default_line = map->line;
	rc = read_head(r, map);
	if (rc == YG_OK)
		rc = read_framing(r, map);
	if (rc == YG_OK)
		rc = read_list(r, map, "program", YG_SOURCE_PROGRAMS_MAX, &to->programs,
			       &to->program_count);
	if (rc == YG_OK && to->program_count > 0 && !to->in_syslog)
		rc = yg_line_fault_set(r->fault, YG_EFORMAT, map->line,
				       "program: only with framing syslog or any");
	if (rc == YG_OK)
		rc = read_list(r, map, "needs", YG_SOURCE_PROGRAMS_MAX, &to->needs,
			       &to->need_count);
	if (rc == YG_OK)
		rc = read_list(r, map, "empty", YG_SOURCE_PROGRAMS_MAX, &to->empties,
			       &to->empty_count);
	if (rc == YG_OK)
		rc = read_sets(r, map, &to->sets, &to->set_count);
	if (rc == YG_OK)
		rc = read_keys(r, map);
	if (rc == YG_OK)
		rc = read_values(r, map);
	if (rc == YG_OK)
		rc = read_join(r, map);
	if (rc == YG_OK)
		rc = read_lines(r, map);
	return rc == YG_OK ? check_join(r) : rc;
}

static const struct yg_source *find(const struct yg_sources *sources, const struct yg_source *added,
				    struct yg_bytes name)
{
	for (const struct yg_source *s = sources->first; s; s = s->next)
		if (yg_bytes_eq(s->name, name))
			return s;
	for (; added; added = added->next)
		if (yg_bytes_eq(added->name, name))
			return added;
	return NULL;
}

/* Room for it, and nobody of its name. */
static int check_place(const struct reading *r, const struct yg_source *added, uint32_t count,
		       uint32_t lines)
{
	const struct yg_source *other = find(r->sources, added, r->to->name);

	if (other)
		return yg_line_fault_set(r->fault, YG_EDUPLICATE, r->default_line,
					 "the name \"%.*s\" is taken by %.*s", YG_FMT(r->to->name),
					 YG_FMT(yg_bytes_cut(other->file, 0, 120)));
	if (r->sources->count + count >= YG_SOURCES_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, r->default_line,
					 "more than %u descriptions", YG_SOURCES_MAX);
	if (r->sources->lines + lines > YG_SOURCES_LINES_MAX)
		return yg_line_fault_set(r->fault, YG_ELIMIT, r->default_line,
					 "more than %u kinds of line in all descriptions",
					 YG_SOURCES_LINES_MAX);
	return YG_OK;
}

static int read_documents(struct reading *r, struct yg_bytes file, const struct yg_yaml *docs)
{
	struct yg_source *first = NULL, *last = NULL;
	uint32_t count = 0, lines = 0;

	for (const struct yg_yaml *doc = docs->first; doc; doc = doc->next) {
		struct yg_source *to = yg_arena_zalloc(r->arena, sizeof(*to));
		int rc;

		if (!to)
			return no_memory(r);
		r->to = to;
		to->file = file;
		rc = read_source(r, doc);
		lines += to->line_count;
		if (rc == YG_OK)
			rc = check_place(r, first, count, lines);
		if (rc != YG_OK)
			return rc;
		if (last)
			last->next = to;
		else
			first = to;
		last = to;
		count++;
	}
	if (!first)
		return yg_line_fault_set(r->fault, YG_EFORMAT, 0, "there is no description in it");
	for (const struct yg_source *s = first; s; s = s->next)
		if (yg_sources_note(r->sources, s) != YG_OK)
			return no_memory(r);
	if (r->sources->last)
		r->sources->last->next = first;
	else
		r->sources->first = first;
	r->sources->last = last;
	r->sources->count += count;
	r->sources->lines += lines;
	return YG_OK;
}

int yg_sources_add(struct yg_sources *sources, struct yg_bytes file, struct yg_bytes text,
		   struct yg_line_fault *reterr)
{
	struct reading r = {.sources = sources, .arena = sources->arena, .fault = reterr};
	struct yg_arena *tree;
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	struct yg_bytes name;
	int rc;

	if (text.size > YG_SOURCE_BYTES_MAX)
		return yg_line_fault_set(reterr, YG_ELIMIT, 0, "larger than %u bytes",
					 YG_SOURCE_BYTES_MAX);
	tree = yg_arena_new(TREE_BYTES_MAX);
	if (!tree || !yg_arena_dup(sources->arena, file, &name)) {
		(void)yg_arena_free(tree);
		return no_memory(&r);
	}
	rc = yg_yaml_parse(text, tree, &docs, &fault);
	if (rc != YG_OK)
		rc = yg_line_fault_set(reterr, rc, fault.line, "%s", fault.msg);
	else
		rc = read_documents(&r, name, docs);
	(void)yg_arena_free(tree);
	return rc;
}
