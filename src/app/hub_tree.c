/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_tree.h"

#include "app/share_drill.h"
#include "base/json.h"
#include "parse/csv.h"
#include "render/drill.h"
#include "share/drill.h"

#include "base/ban.h"

#define ARENA_MAX (64u << 20) /* a body of the API is far below */
#define TEXT_MAX  4096u

/* ---- a table ---- */

static int add_fault(json_t *faults, uint32_t line, const char *column, struct yg_bytes text)
{
	return json_array_append_new(faults,
				     json_pack("{s:i, s:s, s:o}", "line", (int)line, "column",
					       column, "text", yg_json_string(text))) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

/* The words of the command line, with the line in place of the file's name. */
static int add_worded(json_t *faults, const struct yg_tree_fault *fault, enum yg_lang lang)
{
	struct yg_buf place, text;
	int rc;

	yg_buf_init(&place, 64);
	yg_buf_init(&text, TEXT_MAX);
	yg_buf_addf(&place, yg_tr(lang, N_("line %u")), fault->line);
	yg_buf_add_byte(&place, '\0');
	if (yg_buf_error(&place) == YG_OK)
		yg_share_drill_fault_text(&text, (const char *)place.data, fault, lang);
	rc = yg_buf_error(&place) == YG_OK ? yg_buf_error(&text) : yg_buf_error(&place);
	if (rc == YG_OK)
		rc = add_fault(faults, fault->line, fault->column, yg_buf_bytes(&text));
	yg_buf_done(&place);
	yg_buf_done(&text);
	return rc;
}

static int add_faults(json_t *to, const struct yg_tree_faults *faults, enum yg_lang lang)
{
	json_t *list = json_object_get(to, "faults");
	uint32_t count =
		faults->count < YG_HUB_TREE_FAULTS_MAX ? faults->count : YG_HUB_TREE_FAULTS_MAX;
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = add_worded(list, &faults->items[i], lang);
	return rc == YG_OK
		       ? yg_json_set(to, "more", json_integer((json_int_t)(faults->total - count)))
		       : rc;
}

static int add_node(json_t *nodes, const struct yg_tree *tree, const struct yg_tree_node *node)
{
	struct yg_bytes above =
		node->parent == YG_TREE_NONE ? (struct yg_bytes){0} : tree->nodes[node->parent].id;

	return json_array_append_new(nodes,
				     json_pack("{s:i, s:o, s:s, s:o, s:s, s:o}", "line",
					       (int)node->line, "id", yg_json_string(node->id),
					       "stage", yg_tree_stage_name(node->stage), "parent",
					       yg_json_string(above), "channel",
					       yg_tree_channel_name(node->channel), "address",
					       yg_json_string(node->address))) == 0
		       ? YG_OK
		       : YG_ENOMEM;
}

static int read_table(struct yg_bytes text, struct yg_arena *arena, enum yg_lang lang, json_t *to)
{
	struct yg_line_fault fault = {.msg = ""};
	struct yg_tree_faults faults = {0};
	struct yg_table table;
	struct yg_tree tree;
	int rc = yg_csv_read(text, arena, &table, &fault);

	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		return add_fault(json_object_get(to, "faults"), fault.line, "",
				 yg_bytes_str(fault.msg));
	if (rc == YG_OK)
		rc = yg_tree_read(&table, arena, &tree, &faults);
	if (rc == YG_EFORMAT)
		return add_faults(to, &faults, lang);
	for (uint32_t i = 0; rc == YG_OK && i < tree.count; i++)
		rc = add_node(json_object_get(to, "nodes"), &tree, &tree.nodes[i]);
	return rc;
}

int yg_hub_tree_read(void *arg, struct yg_bytes table, enum yg_lang lang, json_t **ret)
{
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	int rc;

	(void)arg;
	*ret = json_pack("{s:[], s:[], s:i}", "nodes", "faults", "more", 0);
	rc = arena && *ret ? read_table(table, arena, lang, *ret) : YG_ENOMEM;
	(void)yg_arena_free(arena);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

/* ---- on paper ---- */

/* Causes at a hub (docs/drill.md): some are those of a drill without one. */
static const struct {
	const char *word;
	const char *title;
	const char *todo;
} causes[] = {
	{"bounced", N_("refused by the other side"),
	 N_("correct the address: the other side knows no such recipient, or does not take it")},
	{"no-contact", N_("no address"), N_("ask for an address, and enter it")},
	{"refused", N_("its marking does not allow this way"), ""},
	{"later", N_("put off by the other side"),
	 N_("try again; ask whether the mailbox is full")},
	{"silent", N_("no way that sends by itself, and nobody has looked"),
	 N_("enter a mail address or a webhook")},
	{"under-way", N_("under way"), ""},
	{"not-sent", N_("not sent"), ""},
	{"not-reached", N_("not reached: the one above did not receive it"), ""},
};

static const char *stage_words(struct yg_bytes word)
{
	for (unsigned i = 0; i < YG_TREE_STAGE_COUNT; i++)
		if (yg_bytes_eq(word, yg_bytes_str(yg_tree_stage_name((enum yg_tree_stage)i))))
			return yg_tree_stage_title((enum yg_tree_stage)i);
	return "";
}

static const char *cause_words(struct yg_bytes word, bool is_todo)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (yg_bytes_eq(word, yg_bytes_str(causes[i].word)))
			return is_todo ? causes[i].todo : causes[i].title;
	return "";
}

static const char *result_words(struct yg_bytes word)
{
	return cause_words(word, false);
}

static const char *todo_words(struct yg_bytes word)
{
	return cause_words(word, true);
}

void yg_hub_tree_receipts(void *arg, const json_t *paper, enum yg_lang lang, struct yg_buf *to)
{
	static const struct yg_drill_words words = {stage_words, result_words, todo_words};

	(void)arg;
	yg_drill_page(to, paper, &words, lang);
}
