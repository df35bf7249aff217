/* SPDX-License-Identifier: Apache-2.0 */
/* The statement of an assessment as it is now: gathered, released, dated. */
#include "assess/statement.h"

#include "base/clock.h"

#include "base/ban.h"

#define PAGE_CHANGES 1000u

/* @object as whoever gets the statement may have it; JSON null when nothing of it may leave. */
static int release(const char *kind, const json_t *object, json_t **ret)
{
	struct yg_released released;
	int rc;

	*ret = NULL;
	if (!json_is_object(object)) {
		*ret = json_null();
		return YG_OK;
	}
	rc = yg_release(&(struct yg_release_ask){.kind = kind, .audience = YG_AUDIENCE_STATEMENT},
			object, &released);
	*ret = released.copy;
	if (rc == YG_EACCES) {
		*ret = json_null();
		return YG_OK;
	}
	return rc;
}

static int release_each(const char *kind, const json_t *list, json_t *to)
{
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < json_array_size(list); i++) {
		json_t *one;

		rc = release(kind, json_array_get(list, i), &one);
		if (rc == YG_OK && json_array_append_new(to, one) != 0)
			rc = YG_ENOMEM;
	}
	return rc;
}

/* One criterion cut down to what a statement needs of it: id, answer, confirmation. */
static int add_criterion(struct yg_assess *assess, struct yg_bytes id, json_t *to)
{
	json_t *criterion = NULL;
	json_t *answer = NULL;
	json_t *confirmation = NULL;
	json_t *entry = json_object();
	int rc = entry ? yg_assess_json_criterion(assess, id, YG_LANG_JA, &criterion) : YG_ENOMEM;

	if (rc == YG_OK) {
		const json_t *declared = json_object_get(criterion, "answer");

		/* Not answered: the criterion itself says that it is open. */
		rc = release("answer", json_is_object(declared) ? declared : criterion, &answer);
	}
	if (rc == YG_OK)
		rc = release("confirmation", json_object_get(criterion, "confirmation"),
			     &confirmation);
	if (rc == YG_OK)
		rc = yg_json_set(entry, "id", yg_json_string(id));
	if (rc == YG_OK && json_object_set(entry, "answer", answer) != 0)
		rc = YG_ENOMEM;
	if (rc == YG_OK && json_object_set(entry, "confirmation", confirmation) != 0)
		rc = YG_ENOMEM;
	if (rc == YG_OK && json_array_append(to, entry) != 0)
		rc = YG_ENOMEM;
	json_decref(criterion);
	json_decref(answer);
	json_decref(confirmation);
	json_decref(entry);
	return rc;
}

static int add_criteria(struct yg_assess *assess, json_t *to)
{
	json_t *lines = NULL;
	int rc = yg_assess_json_lines(assess, YG_LANG_JA, &lines);

	for (size_t i = 0; rc == YG_OK && i < json_array_size(lines); i++)
		rc = add_criterion(assess, yg_json_text(json_array_get(lines, i), "id"), to);
	json_decref(lines);
	return rc;
}

int yg_assess_snapshot(struct yg_assess *assess, json_t **ret)
{
	json_t *head = NULL;
	json_t *scope = NULL;
	json_t *evidence = NULL;
	json_t *fit_head = NULL;
	json_t *fit_scope = NULL;
	json_t *fit_evidence = json_array();
	json_t *criteria = json_array();
	int rc = fit_evidence && criteria ? yg_assess_json_head(assess, YG_LANG_JA, &head)
					  : YG_ENOMEM;

	if (rc == YG_OK && !json_is_false(json_object_get(head, "practice")))
		rc = YG_EUNSUPPORTED;
	if (rc == YG_OK)
		rc = yg_assess_json_scope(assess, &scope);
	if (rc == YG_OK)
		rc = yg_assess_json_items(assess, "evidence", &evidence);
	if (rc == YG_OK)
		rc = release("assessment", head, &fit_head);
	if (rc == YG_OK)
		rc = release("scope", scope, &fit_scope);
	if (rc == YG_OK)
		rc = release_each("evidence", evidence, fit_evidence);
	if (rc == YG_OK)
		rc = add_criteria(assess, criteria);
	if (rc == YG_OK) {
		struct yg_snapshot_parts parts = {
			.head = fit_head,
			.scope = fit_scope,
			.criteria = criteria,
			.evidence = fit_evidence,
			.framework_sha256 = yg_assess_framework_sha256(assess),
		};

		rc = yg_snapshot_build(&parts, ret);
	}
	json_decref(head);
	json_decref(scope);
	json_decref(evidence);
	json_decref(fit_head);
	json_decref(fit_scope);
	json_decref(fit_evidence);
	json_decref(criteria);
	return rc;
}

/* The latest time that stands in the store, and where a page of changes ended. */
struct newest {
	int64_t time_ns;
	uint64_t change;
	uint32_t count;
};

static int see_time(void *arg, const struct yg_doc *doc)
{
	struct newest *newest = arg;

	if (doc->time_ns > newest->time_ns)
		newest->time_ns = doc->time_ns;
	newest->change = doc->change;
	newest->count++;
	return YG_OK;
}

/* All changes are looked at: a clock that jumped back and forth leaves the latest anywhere. */
static int newest_change(struct yg_access *access, int64_t *ret_ns)
{
	struct newest newest = {.time_ns = YG_TIME_NONE};
	int rc;

	do {
		struct yg_doc_filter filter = {
			.by_change = true, .after_change = newest.change, .limit = PAGE_CHANGES};

		newest.count = 0;
		rc = yg_access_visit(access, &filter, see_time, &newest);
	} while (rc == YG_OK && newest.count > 0);
	*ret_ns = newest.time_ns;
	return rc;
}

static int check_days(struct yg_assess *assess, const struct yg_key *signer, int64_t now_ns,
		      int32_t zone_s, struct yg_line_fault *reterr)
{
	int32_t today = yg_day_of_time(now_ns, zone_s);
	int64_t newest_ns;
	int rc = newest_change(yg_assess_access(assess), &newest_ns);

	if (rc != YG_OK)
		return rc;
	if (newest_ns != YG_TIME_NONE && now_ns < newest_ns)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "clock-back: something later is recorded already");
	if (signer->expires != YG_DAY_NONE && signer->expires < today)
		return yg_line_fault_set(reterr, YG_EINVAL, 0, "key-expired: its last day is over");
	if (signer->created != YG_DAY_NONE && signer->created > today)
		return yg_line_fault_set(reterr, YG_EINVAL, 0,
					 "key-early: its first day lies in the future");
	return YG_OK;
}

/* What the result is called, in @lang; *ret_head keeps the text alive. */
static int result_text(struct yg_assess *assess, enum yg_lang lang, json_t **ret_head,
		       const char **ret)
{
	int rc = yg_assess_json_head(assess, lang, ret_head);

	*ret = rc == YG_OK ? json_string_value(json_object_get(*ret_head, "level_text")) : NULL;
	if (!*ret)
		*ret = "";
	return rc;
}

int yg_assess_statement(struct yg_assess *assess, const struct yg_key *signer, const char *version,
			int32_t zone_s, json_t **ret, struct yg_line_fault *reterr)
{
	struct yg_statement_new wanted = {
		.issued_ns = yg_access_now(yg_assess_access(assess)),
		.zone_s = zone_s,
		.version = version,
		.signer = signer,
	};
	json_t *snapshot = NULL;
	json_t *japanese = NULL;
	json_t *english = NULL;
	int rc = signer ? check_days(assess, signer, wanted.issued_ns, zone_s, reterr) : YG_OK;

	if (rc == YG_OK)
		rc = yg_assess_snapshot(assess, &snapshot);
	if (rc == YG_EUNSUPPORTED)
		rc = yg_line_fault_set(reterr, rc, 0,
				       "practice: a statement needs the official wording");
	if (rc == YG_OK)
		rc = result_text(assess, YG_LANG_JA, &japanese, &wanted.text_ja);
	if (rc == YG_OK)
		rc = result_text(assess, YG_LANG_EN, &english, &wanted.text_en);
	if (rc == YG_OK)
		rc = yg_statement_build(snapshot, &wanted, ret);
	json_decref(snapshot);
	json_decref(japanese);
	json_decref(english);
	return rc;
}

int yg_assess_keep_statement(struct yg_assess *assess, const json_t *statement,
			     const struct yg_key *signer)
{
	const json_t *predicate = json_object_get(statement, "predicate");
	const json_t *subject = json_array_get(json_object_get(statement, "subject"), 0);
	struct yg_bytes issued = yg_json_text(predicate, "issued");
	char key[YG_DOC_KEY_MAX + 1];
	json_t *body;
	int size;
	int rc;

	size = snprintf(key, sizeof(key), "%s/%.*s", yg_assess_id(assess), YG_FMT(issued));
	if (size < 0 || (size_t)size >= sizeof(key))
		return YG_EINVAL;
	body = json_pack("{s:O,s:O,s:s,s:s,s:O}", "issued", json_object_get(predicate, "issued"),
			 "day", json_object_get(predicate, "day"), "key_id", signer->id, "signer",
			 signer->name, "sha256",
			 json_object_get(json_object_get(subject, "digest"), "sha256"));
	if (!body)
		return YG_ENOMEM;
	rc = yg_access_put(yg_assess_access(assess), "statement", key, body, YG_REVISION_ANY, NULL);
	json_decref(body);
	return rc;
}
