/* SPDX-License-Identifier: Apache-2.0 */
/* Gathers what a report is made of. */
#include "assess/gather-int.h"
#include "assess/report.h"
#include "assess/statement.h"

#include "base/ban.h"

#define NEXT_STEPS 200u

/* The newest statement, as it was kept when it was issued. */
struct newest {
	json_t *body; /* owned */
};

/* Keys ascend with the time of issue, so the last one stays. */
static int see_statement(void *arg, const struct yg_doc *doc)
{
	struct newest *newest = arg;

	json_decref(newest->body);
	newest->body = NULL;
	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &newest->body, NULL);
}

static int newest_statement(struct yg_assess *assess, json_t **ret)
{
	char prefix[YG_ASSESS_ID_MAX + 2];
	struct yg_doc_filter filter = {.kind = YG_S("statement"), .limit = YG_DOC_LIST_MAX};
	struct newest newest = {0};
	int rc;

	(void)snprintf(prefix, sizeof(prefix), "%s/", yg_assess_id(assess)); /* ids are shorter */
	filter.key_prefix = yg_bytes_str(prefix);
	rc = yg_access_visit(yg_assess_access(assess), &filter, see_statement, &newest);
	*ret = newest.body;
	return rc == YG_EACCES ? YG_OK : rc; /* this reader learns nothing of statements */
}

/* What the trees of one report hang on. */
struct gathered {
	json_t *head;
	json_t *criteria;
	json_t *scope;
	json_t *next;
	json_t *experts;
	json_t *technical;
	json_t *official_results;
	json_t *snapshot;
	json_t *statement;
	char digest[YG_SHA256_HEX + 1];
};

static void forget(struct gathered *all)
{
	json_t *const trees[] = {
		all->head,	all->criteria,	       all->scope,    all->next,     all->experts,
		all->technical, all->official_results, all->snapshot, all->statement};

	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		json_decref(trees[i]);
}

int yg_assess_criteria(struct yg_assess *assess, enum yg_lang lang, json_t **ret)
{
	json_t *lines = NULL;
	json_t *criteria = json_array();
	int rc = criteria ? yg_assess_json_lines(assess, lang, &lines) : YG_ENOMEM;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(lines); i++) {
		json_t *criterion;

		rc = yg_assess_json_criterion(assess, yg_json_text(json_array_get(lines, i), "id"),
					      lang, &criterion);
		if (rc == YG_OK && json_array_append_new(criteria, criterion) != 0)
			rc = YG_ENOMEM;
	}
	json_decref(lines);
	if (rc == YG_OK)
		*ret = criteria;
	else
		json_decref(criteria);
	return rc;
}

/* What only the specialist's paper shows. In practice mode there is nothing to state. */
static int gather_expert(struct yg_assess *assess, struct gathered *all)
{
	int rc = yg_assess_json_items(assess, "expert", &all->experts);

	if (rc == YG_OK)
		rc = yg_assess_json_items(assess, "technical", &all->technical);
	if (rc == YG_OK)
		rc = yg_assess_json_items(assess, "official_result", &all->official_results);
	if (rc == YG_OK)
		rc = yg_assess_snapshot(assess, &all->snapshot);
	if (rc == YG_EUNSUPPORTED)
		return YG_OK;
	if (rc == YG_OK)
		rc = yg_snapshot_digest(all->snapshot, all->digest);
	return rc == YG_OK ? newest_statement(assess, &all->statement) : rc;
}

int yg_assess_report(struct yg_assess *assess, enum yg_report_kind kind, enum yg_lang lang,
		     int32_t since, int32_t zone_s, json_t **ret)
{
	struct gathered all = {0};
	struct yg_report_parts parts = {
		.today = yg_assess_today(assess), .since = since, .zone_s = zone_s};
	int rc = yg_assess_json_head(assess, lang, &all.head);

	if (rc == YG_OK)
		rc = yg_assess_criteria(assess, lang, &all.criteria);
	if (rc == YG_OK)
		rc = yg_assess_json_scope(assess, &all.scope);
	if (rc == YG_OK)
		rc = yg_assess_json_next(assess, lang, NEXT_STEPS, &all.next);
	if (rc == YG_OK && kind == YG_REPORT_EXPERT)
		rc = gather_expert(assess, &all);
	if (rc == YG_OK) {
		parts.head = all.head;
		parts.criteria = all.criteria;
		parts.scope = all.scope;
		parts.next = all.next;
		parts.experts = all.experts;
		parts.technical = all.technical;
		parts.official_results = all.official_results;
		if (all.digest[0])
			parts.digest = all.digest;
		if (yg_bytes_eq(yg_json_text(all.statement, "sha256"), yg_bytes_str(all.digest)))
			parts.key_id = json_string_value(json_object_get(all.statement, "key_id"));
		if (since == YG_DAY_NONE)
			parts.since = parts.today - 365;
		rc = yg_report_build(kind, &parts, ret);
	}
	forget(&all);
	return rc;
}
