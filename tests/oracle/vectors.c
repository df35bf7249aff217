/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vectors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/io.h"
#include "oracle.h"
#include "parse/yaml.h"

#define ARENA_MAX (64u << 20)

struct run {
	const char *file;
	const struct vector_matcher *matcher;
	struct vector_counts *counts;
	struct yg_arena *arena; /* of the event at work */
	char reason[512];
};

static void fail(struct run *run, struct yg_bytes group, const char *what, unsigned event)
{
	fprintf(stderr, "%s: %.*s: %s %u\n", run->file, YG_FMT(group), what, event);
	run->counts->failed++;
}

static void note_reason(void *arg, const char *file, uint32_t line, bool is_refused,
			const char *reason)
{
	struct run *run = arg;

	(void)file;
	(void)line;
	(void)is_refused;
	(void)snprintf(run->reason, sizeof(run->reason), "%s", reason);
}

/* The rule text around the detection of a group. */
static void add_rule_text(struct yg_buf *to, struct yg_bytes detection)
{
	yg_buf_add_str(to,
		       "title: vector\nid: vector\nlogsource:\n    category: vector\ndetection:\n");
	while (detection.size > 0) {
		size_t end = yg_bytes_chr(detection, '\n');

		yg_buf_add_str(to, "    ");
		yg_buf_add(to, yg_bytes_cut(detection, 0, end));
		yg_buf_add_byte(to, '\n');
		detection = end == SIZE_MAX ? YG_S("") : yg_bytes_from(detection, end + 1);
	}
}

static enum yg_value_kind kind_of(const struct yg_yaml *value)
{
	double number;

	if (!value->is_plain)
		return YG_VALUE_TEXT;
	if (yg_yaml_is_null(value))
		return YG_VALUE_NULL;
	if (yg_bytes_eq(value->text, YG_S("true")) || yg_bytes_eq(value->text, YG_S("false")))
		return YG_VALUE_BOOL;
	return yg_bytes_double(value->text, &number) ? YG_VALUE_NUMBER : YG_VALUE_TEXT;
}

static void add_value(struct yg_event *event, const struct yg_yaml *value, struct yg_bytes key)
{
	enum yg_value_kind kind = kind_of(value);

	if (yg_event_add(event, key, kind == YG_VALUE_NULL ? YG_S("") : value->text, kind) != YG_OK)
		abort();
}

static void fill_event(struct yg_event *event, const struct yg_yaml *node)
{
	event->format = YG_FORMAT_JSON;
	for (const struct yg_yaml *field = node->first; field; field = field->next) {
		if (yg_bytes_eq(field->key, YG_S("_raw"))) {
			event->raw = field->text;
			continue;
		}
		if (field->kind == YG_YAML_SCALAR)
			add_value(event, field, field->key);
		for (const struct yg_yaml *value = field->first; value; value = value->next)
			add_value(event, value, field->key);
	}
}

static void run_events(struct run *run, const struct yg_yaml *group, void *state, bool is_yes)
{
	const struct yg_yaml *list = yg_yaml_get(group, is_yes ? "yes" : "no");
	struct yg_bytes name = yg_yaml_text(group, "name");
	unsigned number = 0;

	for (const struct yg_yaml *node = list ? list->first : NULL; node; node = node->next) {
		struct yg_event event;

		number++;
		run->counts->cases++;
		yg_arena_reset(run->arena);
		yg_event_init(&event, run->arena, run->matcher->names(state));
		fill_event(&event, node);
		if (run->matcher->match(state, &event) != is_yes)
			fail(run, name,
			     is_yes ? "does not match `yes` event" : "matches `no` event", number);
	}
}

static struct yg_rules *load(struct run *run, const struct yg_yaml *group)
{
	const struct yg_rules_opts opts = {.include_deprecated = false};
	struct yg_bytes placeholders = yg_yaml_text(group, "placeholders");
	struct yg_rules *rules = yg_rules_new();
	struct yg_buf text;
	uint32_t line;

	if (rules)
		rules->matcher = oracle_matcher();
	run->reason[0] = 0;
	yg_buf_init(&text, 1u << 20);
	add_rule_text(&text, yg_yaml_text(group, "detection"));
	if (!rules ||
	    (placeholders.size > 0 && yg_rules_placeholders(rules, "placeholders", placeholders,
							    run->reason, &line) != YG_OK))
		abort();
	if (yg_rules_add(rules, "vector", yg_buf_bytes(&text), &opts, note_reason, run) != YG_OK ||
	    yg_rules_finish(rules, note_reason, run) != YG_OK)
		abort();
	yg_buf_done(&text);
	return rules;
}

static void run_group(struct run *run, const struct yg_yaml *group)
{
	struct yg_bytes name = yg_yaml_text(group, "name");
	const char *refused = (const char *)yg_yaml_text(group, "refused").data;
	struct yg_rules *rules = load(run, group);
	void *state;

	run->counts->groups++;
	if (yg_yaml_get(group, "refused")) {
		run->counts->cases++;
		if (rules->refused != 1 || !strstr(run->reason, refused)) {
			fprintf(stderr, "%s: %.*s: refused because \"%s\", not \"%s\"\n", run->file,
				YG_FMT(name), run->reason, refused);
			run->counts->failed++;
		}
	} else if (rules->rule_count != 1 || rules->rules[0].state != YG_RULE_ACTIVE) {
		fprintf(stderr, "%s: %.*s: not loaded: %s\n", run->file, YG_FMT(name), run->reason);
		run->counts->failed++;
	} else {
		state = run->matcher->open(rules);
		if (!state)
			abort();
		run_events(run, group, state, true);
		run_events(run, group, state, false);
		run->matcher->close(state);
	}
	(void)yg_rules_free(rules);
}

bool vectors_run(const char *file, const struct vector_matcher *matcher,
		 struct vector_counts *counts)
{
	struct run run = {.file = file, .matcher = matcher, .counts = counts};
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	uint8_t *text = NULL;
	size_t size;
	bool is_done = false;

	run.arena = yg_arena_new(ARENA_MAX);
	if (!arena || !run.arena)
		abort();
	if (yg_io_read_file(file, YG_YAML_BYTES_MAX, &text, &size) != YG_OK) {
		fprintf(stderr, "%s: cannot be read\n", file);
	} else if (yg_yaml_parse((struct yg_bytes){text, size}, arena, &docs, &fault) != YG_OK) {
		fprintf(stderr, "%s:%u: %s\n", file, fault.line, fault.msg);
	} else if (docs->count == 1 && docs->first->kind == YG_YAML_LIST) {
		for (const struct yg_yaml *group = docs->first->first; group; group = group->next)
			run_group(&run, group);
		is_done = true;
	}
	free(text);
	(void)yg_arena_free(arena);
	(void)yg_arena_free(run.arena);
	return is_done;
}

static int is_vector_file(const struct dirent *entry)
{
	return yg_bytes_ends(yg_bytes_str(entry->d_name), YG_S(".yml"));
}

bool vectors_run_folder(const char *folder, const struct vector_matcher *matcher,
			struct vector_counts *counts)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_vector_file, alphasort);
	bool is_done = count > 0;

	for (int i = 0; i < count; i++) {
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		is_done &= vectors_run(path, matcher, counts);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return is_done;
}
