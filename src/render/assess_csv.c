/* SPDX-License-Identifier: Apache-2.0 */
#include "render/assess-int.h"
#include "render/csv-int.h"

#include "base/ban.h"

/* A column: its name, where its value stands, how it is worded. */
struct column {
	const char *name;
	const char *key;
	const char *inner; /* key inside the object at @key, or NULL */
	struct yg_bytes (*word)(struct yg_bytes value, enum yg_lang lang); /* NULL: as it is */
};

/* One report: which list is its table. */
struct table {
	const char *report;
	const char *list;
	const struct column *columns;
	size_t count;
};

static struct yg_bytes text_of(const json_t *object, const struct column *column)
{
	const json_t *value = json_object_get(object, column->key);

	if (!column->inner)
		return yg_json_text(object, column->key);
	return yg_json_text(value, column->inner);
}

static void add_cell(struct yg_buf *to, const json_t *row, const struct column *column,
		     enum yg_lang lang)
{
	const json_t *value = json_object_get(row, column->key);
	struct yg_bytes text = text_of(row, column);

	if (!column->inner && json_is_array(value)) {
		struct yg_buf words;

		yg_buf_init(&words, 64u << 10);
		yg_words_closed_by(&words, value, lang);
		yg_csv_quoted(to, yg_buf_bytes(&words));
		yg_text_end(to, &words);
	} else if (!column->inner && json_is_integer(value)) {
		yg_csv_quoted(to, yg_words_size(json_integer_value(value), lang));
	} else if (!column->inner && json_is_boolean(value)) {
		yg_csv_quoted(to, json_is_true(value) ? yg_bytes_str(yg_tr(lang, N_("yes")))
						      : (struct yg_bytes){0});
	} else {
		yg_csv_quoted(to, column->word && text.size ? column->word(text, lang) : text);
	}
}

static void add_table(struct yg_buf *to, const json_t *report, const struct table *table,
		      enum yg_lang lang)
{
	const json_t *list = json_object_get(report, table->list);

	yg_buf_add_str(to, "\xef\xbb\xbf");
	for (size_t c = 0; c < table->count; c++) {
		if (c > 0)
			yg_buf_add_byte(to, ',');
		yg_csv_quoted(to, yg_bytes_str(yg_tr(lang, table->columns[c].name)));
	}
	yg_buf_add_str(to, "\r\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		for (size_t c = 0; c < table->count; c++) {
			if (c > 0)
				yg_buf_add_byte(to, ',');
			add_cell(to, json_array_get(list, i), &table->columns[c], lang);
		}
		yg_buf_add_str(to, "\r\n");
	}
}

void yg_assess_csv(struct yg_buf *to, const json_t *report, enum yg_lang lang)
{
	static const struct column gaps[] = {
		{N_("criterion"), "id", NULL, NULL},
		{N_("title"), "title", NULL, NULL},
		{N_("declared"), "state", NULL, yg_words_state},
		{N_("evidence expired or changed"), "stale", NULL, NULL},
		{N_("what is asked"), "asked", NULL, NULL},
		{N_("next step"), "cheap", NULL, NULL},
		{N_("what would close it"), "closed_by", NULL, NULL},
		{N_("effect"), "effect", NULL, NULL},
		{N_("effort"), "effort", NULL, NULL},
		{N_("reason"), "reason", NULL, NULL},
		{N_("answered by"), "by", NULL, NULL},
		{N_("day"), "date", NULL, NULL},
	};
	static const struct column checks[] = {
		{N_("criterion"), "id", NULL, NULL},
		{N_("title"), "title", NULL, NULL},
		{N_("check"), "status", NULL, yg_words_due},
		{N_("last done"), "last", NULL, NULL},
		{N_("due"), "due", NULL, NULL},
		{N_("record"), "record", NULL, NULL},
		{N_("declared"), "state", NULL, yg_words_state},
		{N_("answered by"), "by", NULL, NULL},
	};
	static const struct column changes[] = {
		{N_("criterion"), "id", NULL, NULL},
		{N_("title"), "title", NULL, NULL},
		{N_("before"), "from", NULL, yg_words_state},
		{N_("now"), "to", NULL, yg_words_state},
		{N_("answered by"), "by", NULL, NULL},
		{N_("time (UTC)"), "time", NULL, NULL},
		{N_("reason"), "reason", NULL, NULL},
	};
	static const struct column criteria[] = {
		{N_("criterion"), "id", NULL, NULL},
		{N_("title"), "title", NULL, NULL},
		{N_("declared"), "state", NULL, yg_words_state},
		{N_("specialist"), "confirmation", "decision", yg_words_decision},
		{N_("looked at"), "confirmation", "looked_at", NULL},
		{N_("how"), "confirmation", "how", yg_words_how},
		{N_("advice"), "confirmation", "advice", NULL},
		{N_("day"), "confirmation", "date", NULL},
		{N_("validity"), "confirmation", "state", yg_words_validity},
	};
	static const struct table tables[] = {
		{"ciso", "checks", checks, sizeof(checks) / sizeof(checks[0])},
		{"management", "gaps", gaps, sizeof(gaps) / sizeof(gaps[0])},
		{"gaps", "gaps", gaps, sizeof(gaps) / sizeof(gaps[0])},
		{"progress", "changes", changes, sizeof(changes) / sizeof(changes[0])},
		{"expert", "criteria", criteria, sizeof(criteria) / sizeof(criteria[0])},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (yg_bytes_eq(yg_json_text(report, "report"), yg_bytes_str(tables[i].report)))
			add_table(to, report, &tables[i], lang);
}
