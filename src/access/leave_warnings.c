/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An organisation leaves: warnings, receipts, the question and its answer.
 *
 *   sent to it                 warning, inbox, texts for it alone, timers, mails that wait: gone
 *   about it (it was hit)      of the plan stays that there was one, and when; of the texts those
 *                              that do not name it, without what was taken out of them: others
 *                              still read what they got
 *   along it, to others        the path is gone from the warning
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/leave-int.h"

#include "access/warnings-int.h"

#include "base/ban.h"

struct leaving {
	struct yg_access *by;
	struct yg_hub_access *hub;
	const char *org;
	struct yg_leave_counts *counts;
	struct yg_leave_words sent;  /* warnings to it */
	struct yg_leave_words along; /* warnings to others whose path names it */
	struct yg_leave_words about; /* plans */
	struct yg_leave_words keys;  /* "KIND KEY" of what goes with them */
};

/* ---- looking ---- */

static bool is_in_path(const json_t *body, const char *org)
{
	const json_t *item;
	size_t at;

	json_array_foreach(json_object_get(body, "path"), at, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), org) == 0)
			return true;
	}
	return false;
}

static int look_warning(void *arg, struct yg_bytes key, const json_t *body)
{
	struct leaving *l = arg;

	if (yg_bytes_eq(yg_json_text(body, "org"), yg_bytes_str(l->org)))
		return yg_leave_word_add(&l->sent, key);
	return is_in_path(body, l->org) ? yg_leave_word_add(&l->along, key) : YG_OK;
}

static int look_plan(void *arg, struct yg_bytes key, const json_t *body)
{
	struct leaving *l = arg;

	return yg_bytes_eq(yg_json_text(body, "victim"), yg_bytes_str(l->org))
		       ? yg_leave_word_add(&l->about, key)
		       : YG_OK;
}

static int note_key(struct leaving *l, const char *kind, struct yg_bytes key)
{
	struct yg_buf word;
	int rc;

	yg_buf_init(&word, YG_DOC_KIND_MAX + YG_DOC_KEY_MAX + 2);
	yg_buf_addf(&word, "%s ", kind);
	yg_buf_add(&word, key);
	rc = yg_buf_error(&word);
	if (rc == YG_OK)
		rc = yg_leave_word_add(&l->keys, yg_buf_bytes(&word));
	yg_buf_done(&word);
	return rc;
}

static int take_inbox(void *arg, struct yg_bytes key, const json_t *body)
{
	(void)body;
	return note_key(arg, "inbox", key);
}

static int take_question(void *arg, struct yg_bytes key, const json_t *body)
{
	(void)body;
	return note_key(arg, "question", key);
}

static bool has(const struct yg_leave_words *words, struct yg_bytes text)
{
	for (size_t i = 0; i < words->count; i++)
		if (yg_bytes_eq(yg_bytes_str(words->list[i]), text))
			return true;
	return false;
}

static int take_timer(void *arg, struct yg_bytes key, const json_t *body)
{
	struct leaving *l = arg;
	struct yg_bytes id = yg_json_text(body, "id");

	return has(&l->sent, id) || has(&l->about, id) ? note_key(l, "timer", key) : YG_OK;
}

static int take_row(void *arg, struct yg_bytes key, const json_t *body)
{
	struct leaving *l = arg;
	struct yg_bytes id = yg_json_text(body, "id");

	bool is_reminder = yg_bytes_eq(yg_json_text(body, "org"), yg_bytes_str(l->org));

	return is_reminder || has(&l->sent, id) || has(&l->about, id) ? note_key(l, "outbox", key)
								      : YG_OK;
}

/* ---- taking away ---- */

/* All revisions, or all but the one that was just written. */
static int purge(struct leaving *l, const char *kind, struct yg_bytes key, bool keeps_current)
{
	const struct yg_doc_put id = {
		.org = YG_S(YG_WARN_STORE), .kind = yg_bytes_str(kind), .key = key};
	uint32_t count = 0;
	int rc = yg_control_purge(l->hub->store, &id, keeps_current, &count);

	if (rc == YG_ENOENT)
		return YG_OK;
	l->counts->documents += rc == YG_OK && !keeps_current;
	l->counts->revisions += count;
	return rc;
}

static int save_again(struct leaving *l, const char *kind, const char *key, json_t *take_body)
{
	int rc = yg_warn_save(l->hub, l->by->actor, kind, key, take_body);

	return rc == YG_OK ? purge(l, kind, yg_bytes_str(key), true) : rc;
}

/* How it came to be warned is not said any more, as along a relation that nobody may see. */
static int forget_path(struct leaving *l, const char *id)
{
	static const char *const keys[] = {"path", "why_en", "why_ja"};
	json_t *body = NULL;
	int rc = yg_warn_load(l->hub, "warning", id, &body);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == YG_OK; i++)
		rc = yg_json_set(body, keys[i], json_null());
	if (rc == YG_OK)
		rc = save_again(l, "warning", id, json_incref(body));
	json_decref(body);
	return rc;
}

struct texts {
	struct leaving *l;
	struct yg_leave_words gone;
	struct yg_leave_words kept;
};

static int look_text(void *arg, struct yg_bytes key, const json_t *body)
{
	struct texts *t = arg;
	bool is_own = yg_bytes_eq(yg_json_text(body, "audience"),
				  yg_bytes_str(yg_audience_name(YG_AUDIENCE_OWN)));
	bool is_gone = is_own || json_is_true(json_object_get(body, "named"));

	return yg_leave_word_add(is_gone ? &t->gone : &t->kept, key);
}

/* What was taken out of a text is what points to it. */
static int blank_text(struct leaving *l, const char *key)
{
	json_t *body = NULL;
	int rc = yg_warn_load(l->hub, "text", key, &body);

	if (rc == YG_OK)
		rc = yg_json_set(body, "marks", json_null());
	if (rc == YG_OK)
		rc = save_again(l, "text", key, json_incref(body));
	json_decref(body);
	return rc;
}

static int blank_texts(struct leaving *l, const char *plan)
{
	struct texts t = {.l = l};
	char prefix[YG_WARN_PLAN_HEX + 2];
	int rc;

	(void)snprintf(prefix, sizeof(prefix), "%.16s/", plan); /* as measured */
	rc = yg_hub_each(l->hub, YG_WARN_STORE, "text", prefix, "", 0, look_text, &t);
	for (size_t i = 0; i < t.gone.count && rc == YG_OK; i++)
		rc = purge(l, "text", yg_bytes_str(t.gone.list[i]), false);
	for (size_t i = 0; i < t.kept.count && rc == YG_OK; i++)
		rc = blank_text(l, t.kept.list[i]);
	yg_leave_words_done(&t.gone);
	yg_leave_words_done(&t.kept);
	return rc;
}

static int blank_plan(struct leaving *l, const char *plan)
{
	static const char *const keys[] = {"notice", "own",	  "question", "answer",
					   "reason", "situation", "began"};
	json_t *body = NULL;
	int rc = yg_warn_load(l->hub, "plan", plan, &body);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && rc == YG_OK; i++)
		rc = yg_json_set(body, keys[i],
				 strcmp(keys[i], "situation") == 0 ? json_string("")
				 : strcmp(keys[i], "reason") == 0  ? json_string("")
								   : json_null());
	if (rc == YG_OK)
		rc = yg_json_set(body, "victim", json_string(YG_WARN_NOBODY));
	if (rc == YG_OK)
		rc = yg_json_set(body, "erased", json_true());
	if (rc == YG_OK)
		rc = save_again(l, "plan", plan, json_incref(body));
	json_decref(body);
	l->counts->plans += rc == YG_OK;
	return rc == YG_OK ? blank_texts(l, plan) : rc;
}

static int purge_keys(struct leaving *l)
{
	int rc = YG_OK;

	for (size_t i = 0; i < l->keys.count && rc == YG_OK; i++) {
		struct yg_bytes word = yg_bytes_str(l->keys.list[i]);
		size_t space = yg_bytes_chr(word, ' '); /* not in a kind */
		char kind[YG_DOC_KIND_MAX + 1];

		(void)snprintf(kind, sizeof(kind), "%.*s", (int)space, l->keys.list[i]); /* ours */
		rc = purge(l, kind, yg_bytes_from(word, space + 1), false);
	}
	return rc;
}

static int look(struct leaving *l)
{
	char prefix[YG_HUB_KEY_MAX];
	int rc = yg_hub_each(l->hub, YG_WARN_STORE, "warning", "", "", 0, look_warning, l);

	if (rc == YG_OK)
		rc = yg_hub_each(l->hub, YG_WARN_STORE, "plan", "", "", 0, look_plan, l);
	if (rc == YG_OK && !yg_hub_key(prefix, l->org, ""))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_hub_each(l->hub, YG_WARN_STORE, "inbox", prefix, "", 0, take_inbox, l);
	if (rc == YG_OK)
		rc = yg_hub_each(l->hub, YG_WARN_STORE, "question", prefix, "", 0, take_question,
				 l);
	if (rc == YG_OK)
		rc = yg_hub_each(l->hub, YG_WARN_STORE, "timer", "", "", 0, take_timer, l);
	if (rc == YG_OK)
		rc = yg_hub_each(l->hub, YG_WARN_STORE, "outbox", "", "", 0, take_row, l);
	return rc;
}

int yg_leave_warnings(struct yg_access *by, const char *org, struct yg_leave_counts *counts)
{
	struct leaving l = {.by = by, .hub = by->hub, .org = org, .counts = counts};
	int rc = look(&l);

	for (size_t i = 0; i < l.sent.count && rc == YG_OK; i++)
		rc = purge(&l, "warning", yg_bytes_str(l.sent.list[i]), false);
	counts->warnings = rc == YG_OK ? l.sent.count : 0;
	for (size_t i = 0; i < l.along.count && rc == YG_OK; i++)
		rc = forget_path(&l, l.along.list[i]);
	for (size_t i = 0; i < l.about.count && rc == YG_OK; i++)
		rc = blank_plan(&l, l.about.list[i]);
	if (rc == YG_OK)
		rc = purge_keys(&l);
	if (rc == YG_OK) /* removed ones too: their addresses and secrets */
		rc = purge(&l, "webhook", yg_bytes_str(org), false);
	yg_leave_words_done(&l.sent);
	yg_leave_words_done(&l.along);
	yg_leave_words_done(&l.about);
	yg_leave_words_done(&l.keys);
	return rc;
}
