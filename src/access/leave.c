/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an organisation in the register, and the record of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/leave.h"

#include "access/clues.h"
#include "access/enrol-int.h"
#include "access/leave-int.h"
#include "access/people-int.h"
#include "access/warnings-int.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define PAGE	    1000u
#define ANSWERS_ORG "hub.answers" /* access/idempotency.c: replies that are given again */

/* ---- signing ---- */

int yg_leave_sign(const struct yg_hub_access *hub, const char *context, struct yg_bytes message,
		  uint8_t signature[YG_SIGN_BYTES], uint8_t key[YG_SIGN_PUBLIC_BYTES])
{
	struct yg_buf text;
	int rc;

	if (!hub->has_key || hub->sign)
		return YG_EINVAL; /* who signs for others knows the audit log alone */
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	yg_buf_add_str(&text, context);
	yg_buf_add(&text, message);
	rc = yg_buf_error(&text);
	if (rc == YG_OK) {
		yg_sign(hub->seed, yg_buf_bytes(&text), signature);
		memcpy(key, hub->key, YG_SIGN_PUBLIC_BYTES);
	}
	yg_buf_done(&text);
	return rc;
}

/* Adds "key" and "signature" to @object; all of it as a line to @to. */
static int sign_object(const struct yg_hub_access *hub, json_t *object, struct yg_buf *to)
{
	uint8_t signature[YG_SIGN_BYTES];
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_DOC_BODY_MAX);
	yg_base64_add(&text, (struct yg_bytes){hub->key, sizeof(hub->key)});
	rc = yg_json_set(object, "key", yg_json_string(yg_buf_bytes(&text)));
	yg_buf_reset(&text);
	if (rc == YG_OK)
		rc = yg_json_canonical(object, &text);
	if (rc == YG_OK)
		rc = yg_leave_sign(hub, YG_LEAVE_ERASED, yg_buf_bytes(&text), signature, key);
	yg_buf_reset(&text);
	yg_base64_add(&text, (struct yg_bytes){signature, sizeof(signature)});
	if (rc == YG_OK)
		rc = yg_json_set(object, "signature", yg_json_string(yg_buf_bytes(&text)));
	if (rc == YG_OK)
		rc = yg_json_canonical(object, to);
	yg_buf_done(&text);
	return rc;
}

/* ---- words: ids of the organisation, its people and sensors ---- */

void yg_leave_words_done(struct yg_leave_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct yg_leave_words){0};
}

int yg_leave_word_add(struct yg_leave_words *words, struct yg_bytes text)
{
	if (words->count == YG_LEAVE_FOUND_MAX)
		return YG_ELIMIT;
	if ((words->count & (words->count - 1)) == 0) { /* full at each power of two */
		char **more = yg_reallocarray(words->list, words->count ? words->count * 2 : 1,
					      sizeof(*more));

		if (!more)
			return YG_ENOMEM;
		words->list = more;
	}
	words->list[words->count] = yg_strndup((const char *)text.data, text.size);
	if (!words->list[words->count])
		return YG_ENOMEM;
	words->count++;
	return YG_OK;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In order, each once. */
static void sort_words(struct yg_leave_words *words)
{
	size_t kept = 0;

	if (words->count > 1)
		qsort(words->list, words->count, sizeof(*words->list), compare);
	for (size_t i = 0; i < words->count; i++) {
		if (kept > 0 && strcmp(words->list[kept - 1], words->list[i]) == 0)
			free(words->list[i]);
		else
			words->list[kept++] = words->list[i];
	}
	words->count = kept;
}

static bool has_word(const struct yg_leave_words *words, struct yg_bytes text)
{
	char word[YG_DOC_KEY_MAX + 1];
	const char *at = word;

	if (text.size == 0 || text.size >= sizeof(word) || words->count == 0)
		return false;
	memcpy(word, text.data, text.size);
	word[text.size] = '\0';
	return bsearch(&at, words->list, words->count, sizeof(*words->list), compare) != NULL;
}

/* ---- the end ---- */

struct end {
	struct yg_access *by;
	struct yg_hub_access *hub;
	const char *org;
	struct yg_leave_counts *counts;
	struct yg_leave_words ids;   /* of the organisation, its sensors, its people */
	struct yg_leave_words here;  /* people who once had a grant there */
	struct yg_leave_words other; /* people who once had a grant elsewhere */
	struct yg_leave_words keys;  /* of one kind that go */
	uint64_t change;	     /* the last that was looked at */
	uint32_t seen;
	const char *store_org; /* what is looked at */
	bool is_text;	       /* what names an id anywhere goes */
};

/* All revisions under @org of the store, tombstones too; @kind "": of all kinds. */
static int each_revision(struct end *e, const char *org, const char *kind, yg_doc_fn fn)
{
	struct yg_doc_filter filter = {
		.kind = yg_bytes_str(kind), .by_change = true, .limit = PAGE};
	int rc;

	e->change = 0;
	do {
		e->seen = 0;
		filter.after_change = e->change;
		rc = yg_control_list(e->hub->store, yg_bytes_str(org), &filter, fn, e);
	} while (rc == YG_OK && e->seen == PAGE);
	return rc;
}

static void note_seen(struct end *e, const struct yg_doc *doc)
{
	e->seen++;
	e->change = doc->change;
}

/* What a revision says; NULL for a tombstone, and for what is no JSON. */
static json_t *body_of(const struct yg_doc *doc)
{
	struct yg_fault fault;
	json_t *body = NULL;

	if (doc->is_removed || yg_json_load(doc->body, YG_DOC_BODY_MAX, &body, &fault) != YG_OK)
		return NULL;
	return body;
}

static int take_sensor(void *arg, const struct yg_doc *doc)
{
	struct end *e = arg;
	size_t slash = yg_bytes_chr(doc->key, '/');

	note_seen(e, doc);
	if (slash == SIZE_MAX ||
	    !yg_bytes_eq(yg_bytes_cut(doc->key, 0, slash), yg_bytes_str(e->org)))
		return YG_OK;
	return yg_leave_word_add(&e->ids, yg_bytes_from(doc->key, slash + 1));
}

static int take_person(void *arg, const struct yg_doc *doc)
{
	struct end *e = arg;
	json_t *body = body_of(doc);
	const json_t *item;
	int rc = YG_OK;
	size_t at;

	note_seen(e, doc);
	json_array_foreach(json_object_get(body, "grants"), at, item)
	{
		struct yg_bytes text =
			yg_bytes_str(json_is_string(item) ? json_string_value(item) : "");
		size_t colon = yg_bytes_chr(text, ':');
		bool is_here = colon != SIZE_MAX &&
			       yg_bytes_eq(yg_bytes_from(text, colon + 1), yg_bytes_str(e->org));

		if (rc == YG_OK)
			rc = yg_leave_word_add(is_here ? &e->here : &e->other, doc->key);
	}
	json_decref(body);
	return rc;
}

/* Who only ever was there goes; who is elsewhere too, loses the grant. */
static int look_at_people(struct end *e)
{
	int rc = each_revision(e, YG_HUB_REGISTER, "person", take_person);

	sort_words(&e->here);
	sort_words(&e->other);
	for (size_t i = 0; rc == YG_OK && i < e->here.count; i++) {
		struct yg_person_kept kept;
		uint32_t count = 0;

		if (!has_word(&e->other, yg_bytes_str(e->here.list[i]))) {
			e->counts->people++;
			rc = yg_leave_word_add(&e->ids, yg_bytes_str(e->here.list[i]));
			continue;
		}
		rc = yg_person_load(e->hub, e->here.list[i], &kept);
		if (rc != YG_OK) {
			rc = rc == YG_ENOENT ? YG_OK : rc; /* he left */
			continue;
		}
		for (uint32_t g = 0; g < kept.shown.grant_count; g++)
			if (strcmp(kept.shown.grants[g].org, e->org) != 0)
				kept.shown.grants[count++] = kept.shown.grants[g];
		if (count == kept.shown.grant_count)
			continue;
		kept.shown.grant_count = count;
		rc = yg_person_save(e->hub, e->by->actor, &kept);
	}
	return rc;
}

static bool is_named_in_key(const struct end *e, struct yg_bytes key)
{
	while (key.size > 0) {
		size_t slash = yg_bytes_chr(key, '/');

		if (has_word(&e->ids, yg_bytes_cut(key, 0, slash)))
			return true;
		if (slash == SIZE_MAX)
			return false;
		key = yg_bytes_from(key, slash + 1);
	}
	return false;
}

static bool is_named_in_body(const struct end *e, const struct yg_doc *doc)
{
	static const char *const names[] = {"org", "person", "sensor"};
	json_t *body = body_of(doc);
	bool is = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !is; i++)
		is = has_word(&e->ids, yg_json_text(body, names[i]));
	json_decref(body);
	return is;
}

static bool is_named_in_text(const struct end *e, const struct yg_doc *doc)
{
	for (size_t i = 0; i < e->ids.count; i++)
		if (yg_bytes_find(doc->body, yg_bytes_str(e->ids.list[i])) != SIZE_MAX)
			return true;
	return false;
}

static int take_doc(void *arg, const struct yg_doc *doc)
{
	struct end *e = arg;
	bool is = strcmp(e->store_org, e->org) == 0 ||
		  (e->is_text ? is_named_in_text(e, doc)
			      : is_named_in_key(e, doc->key) || is_named_in_body(e, doc));
	struct yg_buf word;
	int rc;

	note_seen(e, doc);
	if (!is)
		return YG_OK;
	yg_buf_init(&word, YG_DOC_KIND_MAX + YG_DOC_KEY_MAX + 2);
	yg_buf_add(&word, doc->kind);
	yg_buf_add_byte(&word, ' ');
	yg_buf_add(&word, doc->key);
	rc = yg_buf_error(&word);
	if (rc == YG_OK)
		rc = yg_leave_word_add(&e->keys, yg_buf_bytes(&word));
	yg_buf_done(&word);
	return rc;
}

static int purge_found(struct end *e)
{
	int rc = YG_OK;

	sort_words(&e->keys);
	for (size_t i = 0; rc == YG_OK && i < e->keys.count; i++) {
		struct yg_bytes word = yg_bytes_str(e->keys.list[i]);
		size_t space = yg_bytes_chr(word, ' '); /* not in a kind */
		struct yg_doc_put id = {.org = yg_bytes_str(e->store_org),
					.kind = yg_bytes_cut(word, 0, space),
					.key = yg_bytes_from(word, space + 1)};
		uint32_t count = 0;

		rc = yg_control_purge(e->hub->store, &id, false, &count);
		e->counts->documents++;
		e->counts->cases += yg_bytes_eq(id.org, YG_S("hub.cases"));
		e->counts->revisions += count;
	}
	yg_leave_words_done(&e->keys);
	return rc;
}

static int purge_all(struct end *e)
{
	static const struct {
		const char *org; /* NULL: its own */
		const char *kind;
		bool is_text;
	} places[] = {
		{YG_HUB_ORG, "sensor", false},
		{YG_HUB_ORG, "enrol_token", false},
		{YG_HUB_ORG, "down", false},
		{YG_HUB_ORG, "down_last", false},
		{YG_HUB_ORG, "retention", false},
		{YG_HUB_ORG, "retention_done", false},
		{YG_HUB_REGISTER, "person", false},
		{YG_HUB_REGISTER, "person_seen", false},
		{YG_HUB_REGISTER, "login", false},
		{YG_HUB_REGISTER, "factor", false},
		{YG_HUB_REGISTER, "link", false},
		{YG_HUB_REGISTER, "session", false},
		{YG_HUB_REGISTER, "session_key", false},
		{YG_HUB_REGISTER, "token", false},
		{YG_HUB_REGISTER, "token_key", false},
		{YG_HUB_REGISTER, "mandate", false},
		{YG_HUB_REGISTER, "mandate_of", false},
		{YG_HUB_REGISTER, "member", false},
		{YG_HUB_REGISTER, "relation", false},
		{YG_HUB_REGISTER, "relation_of", false},
		{YG_HUB_REGISTER, "relation_seen", false},
		{YG_HUB_REGISTER, "consent", false},
		{YG_HUB_REGISTER, "corporate_number", false},
		{"hub.cases", "case", false},
		{"hub.warn", "tree", false}, /* its place among others */
		{ANSWERS_ORG, "answer", true},
		{YG_CLUE_STORE, "lists", false},
		{YG_CLUE_STORE, "word", false},
		{YG_WARN_STORE, "told", false},
		{YG_WARN_STORE, "lists", false},
		{YG_WARN_STORE, "lists_due", false},
		{YG_WARN_STORE, "sighting", false},
		{YG_WARN_STORE, "home", false},
		{NULL, "", false},
	};
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < sizeof(places) / sizeof(places[0]); i++) {
		e->store_org = places[i].org ? places[i].org : e->org;
		e->is_text = places[i].is_text;
		rc = each_revision(e, e->store_org, places[i].kind, take_doc);
		if (rc == YG_OK)
			rc = purge_found(e);
	}
	return rc;
}

/* Its own document: that it was, and what became of it. */
static int put_stone(struct end *e, const struct yg_hub_org *org)
{
	const struct yg_doc_put id = {
		.org = YG_S(YG_HUB_ORG), .kind = YG_S("org"), .key = yg_bytes_str(e->org)};
	json_t *body = json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "id", org->id, "name", org->id,
				 "added", yg_hub_seconds(org->added_ns), "closed",
				 yg_hub_seconds(org->closed_ns), "erased",
				 yg_hub_seconds(yg_hub_now_ns(e->hub)), "erased_by", e->by->actor);
	uint32_t count = 0;
	int rc = yg_hub_put_at(e->hub, YG_HUB_ORG, e->by->actor, "org", e->org, body,
			       YG_REVISION_ANY);

	if (rc == YG_OK)
		rc = yg_control_purge(e->hub->store, &id, true, &count);
	e->counts->revisions += count;
	return rc;
}

/* ---- the record ---- */

static json_t *time_json(int64_t time_ns)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE)
		return json_null();
	(void)yg_time_iso(time_ns, 0, text); /* returns its size */
	return json_string(text);
}

static int write_record(const struct end *e, struct yg_buf *to)
{
	const struct yg_leave_counts *c = e->counts;
	json_t *kept =
		json_pack("[s, s, s, s]", "audit log", "times of batches without their sender",
			  "sensors in journal/state", "backups");
	json_t *deleted = json_pack(
		"{s:{s:I, s:I, s:I, s:o, s:o}, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, "
		"s:I, s:I}}",
		"archive", "files", (json_int_t)c->files, "records", (json_int_t)c->records,
		"bytes", (json_int_t)c->bytes, "oldest", time_json(c->oldest_ns), "newest",
		time_json(c->newest_ns), "findings", (json_int_t)c->findings, "batches",
		(json_int_t)c->batches, "heartbeats", (json_int_t)c->heartbeats, "hunts",
		(json_int_t)c->hunts, "collections", (json_int_t)c->collections, "warnings",
		(json_int_t)c->warnings, "plans", (json_int_t)c->plans, "cases",
		(json_int_t)c->cases, "register", "documents", (json_int_t)c->documents,
		"revisions", (json_int_t)c->revisions, "people", (json_int_t)c->people);
	json_t *record =
		json_pack("{s:i, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:b}", "v", 1, "what", "erased",
			  "organisation", e->org, "time", time_json(yg_hub_now_ns(e->hub)), "by",
			  e->by->actor, "deleted", deleted, "kept", kept, "journal",
			  (json_int_t)c->journal, "complete", (int)(c->journal == 0));
	int rc = record ? sign_object(e->hub, record, to) : YG_ENOMEM;

	json_decref(record);
	return rc;
}

/* ---- the calls ---- */

static int find_closed(struct yg_access *by, const char *org, struct yg_hub_org *ret,
		       struct yg_hub_access **ret_hub)
{
	int rc = yg_hub_require(by, YG_MAY_write_org, ret_hub);

	if (rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0)
		rc = YG_EACCES;
	if (rc == YG_OK)
		rc = yg_hub_org_look((*ret_hub)->enrol, org, ret);
	return rc == YG_OK && ret->closed_ns == YG_TIME_NONE ? YG_EAGAIN : rc;
}

int yg_leave_check(struct yg_access *by, const char *org)
{
	struct yg_hub_access *hub;
	struct yg_hub_org found;

	return find_closed(by, org, &found, &hub);
}

static int note_good(void *arg, const struct yg_enrol_sensor *sensor)
{
	return sensor->is_revoked ? YG_OK : yg_leave_word_add(arg, yg_bytes_str(sensor->id));
}

int yg_leave_refuse(struct yg_access *by, const char *org, uint32_t *ret_count)
{
	struct yg_leave_words good = {0};
	struct yg_hub_access *hub;
	struct yg_hub_org found;
	char name[YG_HUB_KEY_MAX];
	int rc = find_closed(by, org, &found, &hub);

	*ret_count = 0;
	if (rc == YG_OK)
		rc = yg_enrol_sensor_list(hub->enrol, org, note_good, &good);
	for (size_t i = 0; rc == YG_OK && i < good.count; i++) {
		rc = yg_hub_key(name, org, good.list[i]) ? yg_enrol_sensor_revoke(hub->enrol, name)
							 : YG_ELIMIT;
		*ret_count += rc == YG_OK;
	}
	yg_leave_words_done(&good);
	return rc;
}

int yg_leave_erase(struct yg_access *by, const char *org, struct yg_leave_counts *counts,
		   struct yg_buf *record)
{
	struct end e = {.by = by, .org = org, .counts = counts};
	struct yg_hub_org found;
	char detail[YG_AUDIT_DETAIL_MAX + 1] = "";
	int rc = find_closed(by, org, &found, &e.hub);

	if (rc == YG_OK && !e.hub->has_key)
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(e.hub);
	if (rc != YG_OK)
		return rc;
	counts->people = counts->documents = counts->revisions = 0;
	counts->warnings = counts->plans = counts->cases = 0;
	rc = yg_leave_word_add(&e.ids, yg_bytes_str(org));
	if (rc == YG_OK)
		rc = each_revision(&e, YG_HUB_ORG, "sensor", take_sensor);
	if (rc == YG_OK)
		rc = look_at_people(&e);
	sort_words(&e.ids);
	if (rc == YG_OK)
		rc = put_stone(&e, &found);
	if (rc == YG_OK)
		rc = purge_all(&e);
	if (rc == YG_OK)
		rc = yg_leave_warnings(by, org, counts);
	if (rc == YG_OK)
		rc = write_record(&e, record);
	if (rc == YG_OK && record->size > YG_AUDIT_DETAIL_MAX)
		rc = YG_ELIMIT; /* it stands whole in the log, or nothing is erased */
	if (rc == YG_OK)
		memcpy(detail, record->data, record->size);
	yg_buf_add_byte(record, '\n');
	if (rc == YG_OK)
		rc = yg_buf_error(record);
	yg_leave_words_done(&e.ids);
	yg_leave_words_done(&e.here);
	yg_leave_words_done(&e.other);
	yg_leave_words_done(&e.keys);
	return yg_hub_finish(e.hub, rc,
			     &(struct yg_hub_deed){by->actor, org, "org.erase", org, detail});
}
