/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_warn.h"

#include "base/json.h"
#include "parse/warn_rules.h"
#include "render/advice.h"
#include "render/notice.h"
#include "warn/lend.h"

#include "base/ban.h"

#define RULES_MAX  (4u << 20)
#define NOTICE_MAX (64u << 20)
#define LINES_MAX  20u

/* rules/warn/default.yaml, made by tools/embed.py. */
extern const unsigned char yg_warn_default[];
extern const size_t yg_warn_default_size;

int yg_hub_warn_init(struct yg_hub_warn *warn)
{
	const struct yg_bytes text = {yg_warn_default, yg_warn_default_size};
	struct yg_line_fault fault = {.msg = ""};
	int rc;

	*warn = (struct yg_hub_warn){.arena = yg_arena_new(RULES_MAX)};
	rc = warn->arena ? yg_warn_rules_read(text, warn->arena, &warn->rules, &fault) : YG_ENOMEM;
	if (rc == YG_OK)
		warn->planner = yg_warn_lend(&warn->rules);
	return rc;
}

void yg_hub_warn_done(struct yg_hub_warn *warn)
{
	warn->arena = yg_arena_free(warn->arena);
}

/* ---- advice ---- */

/* Line @at of @text; empty after the last. */
static struct yg_bytes line_of(const char *text, unsigned at)
{
	struct yg_bytes rest = yg_bytes_str(text);

	for (; at > 0; at--) {
		size_t end = yg_bytes_chr(rest, '\n');

		if (end == SIZE_MAX)
			return (struct yg_bytes){0};
		rest = yg_bytes_from(rest, end + 1);
	}
	return yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '\n'));
}

/* The lines of both languages, pair by pair; what stands there already stays. */
static int add_lines(json_t *notice, const char *key, const char *en, const char *ja)
{
	json_t *list;
	int rc = YG_OK;

	if (json_array_size(json_object_get(notice, key)) > 0)
		return YG_OK;
	list = json_array();
	for (unsigned i = 0; i < LINES_MAX && list && rc == YG_OK; i++) {
		struct yg_bytes a = line_of(en, i), b = line_of(ja, i);
		json_t *one;

		if (a.size == 0 && b.size == 0)
			break;
		one = json_pack("{s:o, s:o}", "en", yg_json_string(a), "ja", yg_json_string(b));
		rc = one && json_array_append_new(list, one) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK)
		return yg_json_set(notice, key, list);
	json_decref(list);
	return rc;
}

int yg_hub_warn_advise(void *arg, json_t *notice)
{
	const json_t *attack = json_object_get(notice, "attack");
	struct yg_bytes outcome_text = yg_json_text(attack, "outcome");
	enum yg_attack_field field = 0;
	enum yg_outcome outcome = YG_OUTCOME_UNKNOWN;
	struct yg_advice en, ja;
	const char *checked;
	int rc;

	(void)arg;
	if (!yg_attack_by_name(yg_json_text(attack, "field"), &field))
		(void)yg_attack_by_name(YG_S("other"), &field); /* the field of what is none */
	if (yg_bytes_eq(outcome_text, YG_S("possible")))
		outcome = YG_OUTCOME_POSSIBLE;
	else if (yg_bytes_eq(outcome_text, YG_S("attempt")))
		outcome = YG_OUTCOME_ATTEMPT;
	en = yg_advice_for((struct yg_bytes){0}, field, outcome, YG_LANG_EN);
	ja = yg_advice_for((struct yg_bytes){0}, field, outcome, YG_LANG_JA);
	rc = add_lines(notice, "act", en.do_now, ja.do_now);
	if (rc == YG_OK)
		rc = add_lines(notice, "avoid", en.do_not, ja.do_not);
	if (rc == YG_OK)
		rc = add_lines(notice, "tell", yg_advice_contacts(en.whom, YG_LANG_EN, &checked),
			       yg_advice_contacts(ja.whom, YG_LANG_JA, &checked));
	return rc;
}

/* ---- for people ---- */

int yg_hub_warn_tell(void *arg, const json_t *copy, const char *form, enum yg_lang lang,
		     struct yg_buf *to)
{
	struct yg_arena *arena = yg_arena_new(NOTICE_MAX);
	struct yg_line_fault fault;
	struct yg_notice notice;
	int rc = arena ? yg_notice_read(copy, arena, &notice, &fault) : YG_ENOMEM;

	if (rc == YG_OK)
		notice.zone = arg;
	if (rc == YG_OK && strcmp(form, "page") == 0)
		yg_notice_page(to, &notice, lang);
	else if (rc == YG_OK && strcmp(form, "script") == 0)
		yg_notice_script(to, &notice, lang);
	else if (rc == YG_OK)
		yg_notice_text(to, &notice, lang);
	(void)yg_arena_free(arena);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}
