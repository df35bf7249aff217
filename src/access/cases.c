/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/cases.h"

#include "access/hub-int.h"
#include "base/json.h"
#include "base/utf8.h"

#include "base/ban.h"

#define STORE "hub.cases"

static const char *const channels[] = {"telephone", "mail", "visit", "other"};

/* ---- documents ---- */

struct reading {
	json_t *body;
	uint32_t revision;
};

static int read_doc(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	reading->revision = doc->revision;
	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &reading->body, &fault);
}

static int load(struct yg_hub_access *hub, const char *kind, const char *key, struct reading *ret)
{
	int rc;

	*ret = (struct reading){0};
	rc = yg_control_get(hub->store, YG_S(STORE), yg_bytes_str(kind), yg_bytes_str(key),
			    read_doc, ret);
	return rc == YG_EINVAL ? YG_ENOENT : rc; /* what cannot be a key is not there */
}

static bool is_id(const char *id)
{
	return strlen(id) == YG_CASE_ID_HEX && strspn(id, "0123456789abcdef") == YG_CASE_ID_HEX;
}

/* Later ones first, whatever within the same millisecond by chance. */
static void fresh_id(int64_t now_ns, char to[YG_CASE_ID_HEX + 1])
{
	uint64_t place = (UINT64_C(0xffffffffffff) - (uint64_t)(now_ns / 1000000)) << 16;
	uint16_t chance;

	yg_random((uint8_t *)&chance, sizeof(chance));
	(void)snprintf(to, YG_CASE_ID_HEX + 1, "%016llx", (unsigned long long)(place | chance));
}

static json_t *time_json(int64_t time_ns)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(time_ns - time_ns % 1000000, 0, iso); /* returns its size */
	return json_string(iso);
}

/* Which case of this year, in a transaction. */
static int next_number(struct yg_hub_access *hub, const char *actor, char to[32])
{
	struct reading last;
	char year[16];
	json_int_t number;
	int rc;

	(void)snprintf(year, sizeof(year), "%04u", yg_hub_year(hub)); /* four digits */
	rc = load(hub, "count", year, &last);
	number = yg_json_int(last.body, "last", 0) + 1;
	json_decref(last.body);
	if (rc != YG_OK && rc != YG_ENOENT)
		return rc;
	(void)snprintf(to, 32, "%.10s-%04u", year, (unsigned)number % 100000000u); /* it fits */
	return yg_hub_put_at(hub, STORE, actor, "count", year, json_pack("{s:I}", "last", number),
			     YG_REVISION_ANY);
}

/* ---- what is written ---- */

/* Lines of text: no other control characters. */
static bool is_lines(const char *text, size_t max)
{
	struct yg_bytes b = yg_bytes_str(text);

	if (b.size == 0 || b.size > max || !yg_utf8_valid(b))
		return false;
	for (size_t i = 0; i < b.size; i++)
		if ((b.data[i] < 0x20 && b.data[i] != '\n') || b.data[i] == 0x7f)
			return false;
	return true;
}

static bool is_line(const char *text)
{
	return yg_hub_is_text(text, YG_CASE_WHO_MAX);
}

static bool is_channel(const char *word)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (strcmp(channels[i], word) == 0)
			return true;
	return false;
}

static bool is_good(const struct yg_case_wish *w)
{
	const char *lines[] = {w->advice, w->note};

	if ((w->channel && !is_channel(w->channel)) || (w->who && !is_line(w->who)) ||
	    (w->contact && w->contact[0] && !is_line(w->contact)) ||
	    (w->text && !is_lines(w->text, YG_CASE_TEXT_MAX)))
		return false;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i] && lines[i][0] && !is_lines(lines[i], YG_CASE_TEXT_MAX))
			return false;
	return true;
}

static int set_texts(json_t *body, const struct yg_case_wish *w)
{
	const struct {
		const char *key;
		const char *value;
	} texts[] = {{"channel", w->channel}, {"org", w->org},	 {"who", w->who},
		     {"contact", w->contact}, {"text", w->text}, {"advice", w->advice}};
	int rc = YG_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && rc == YG_OK; i++)
		if (texts[i].value)
			rc = yg_json_set(body, texts[i].key, yg_hub_string(texts[i].value));
	if (rc == YG_OK && w->received_ns != YG_TIME_NONE)
		rc = yg_json_set(body, "received", time_json(w->received_ns));
	return rc;
}

static int add_note(struct yg_access *by, json_t *body, const char *text)
{
	json_t *notes = json_object_get(body, "notes");
	json_t *one;

	if (!text || !text[0])
		return YG_OK;
	if (json_array_size(notes) >= YG_CASE_NOTES_MAX)
		return YG_ELIMIT;
	one = json_pack("{s:o, s:s, s:o}", "time", time_json(yg_hub_now_ns(by->hub)), "by",
			by->actor, "text", yg_hub_string(text));
	return one && json_array_append_new(notes, one) == 0 ? YG_OK : YG_ENOMEM;
}

static int touch(struct yg_access *by, const char *id, json_t *body, uint32_t expected)
{
	int rc = yg_json_set(body, "changed", time_json(yg_hub_now_ns(by->hub)));

	if (rc == YG_OK)
		rc = yg_json_set(body, "changed_by", json_string(by->actor));
	return rc == YG_OK ? yg_hub_put_at(by->hub, STORE, by->actor, "case", id, json_incref(body),
					   expected)
			   : rc;
}

static int require(struct yg_access *by, enum yg_hub_right right, struct yg_hub_access **ret)
{
	int rc = yg_hub_require(by, right, ret);

	return rc == YG_OK && strcmp(by->org, YG_HUB_ORG) != 0 ? YG_EACCES : rc;
}

/* One that was erased is nobody's any more. */
static int check_org(struct yg_hub_access *hub, const char *org)
{
	struct yg_hub_org found;
	int rc;

	if (!org || !org[0])
		return YG_OK;
	rc = yg_hub_org_look(hub->enrol, org, &found);
	return rc == YG_OK && found.is_erased ? YG_ENOENT : rc;
}

static int make(struct yg_access *by, const char *id, const struct yg_case_wish *wish)
{
	char number[32];
	json_t *now = time_json(yg_hub_now_ns(by->hub));
	json_t *body;
	int rc = next_number(by->hub, by->actor, number);

	body = rc == YG_OK
		       ? json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:s, "
				   "s:n, s:n, s:s, s:[]}",
				   "number", number, "state", "open", "channel", "telephone", "org",
				   "", "who", "", "contact", "", "text", "", "advice", "",
				   "situation", "", "received", now, "made", now, "made_by",
				   by->actor, "closed", "closed_by", "outcome", "", "notes")
		       : NULL;
	json_decref(now);
	if (rc == YG_OK)
		rc = body ? set_texts(body, wish) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = add_note(by, body, wish->note);
	if (rc == YG_OK)
		rc = touch(by, id, body, YG_REVISION_ANY);
	json_decref(body);
	return rc;
}

int yg_case_add(struct yg_access *by, const struct yg_case_wish *wish, char ret[YG_CASE_ID_HEX + 1])
{
	struct yg_hub_access *hub;
	int rc = require(by, YG_MAY_write_cases, &hub);

	if (rc == YG_OK && (!wish->who || !wish->text || !is_good(wish)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = check_org(hub, wish->org);
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	fresh_id(yg_hub_now_ns(hub), ret);
	rc = make(by, ret, wish);
	return yg_hub_finish(
		hub, rc,
		&(struct yg_hub_deed){by->actor, wish->org && wish->org[0] ? wish->org : YG_HUB_ORG,
				      "case.add", ret, ""});
}

/* ---- changes of one that is there ---- */

struct change {
	struct yg_access *by;
	struct yg_hub_access *hub;
	const char *id;
	struct reading at;
	bool is_begun;
};

static int begin(struct yg_access *by, const char *id, struct change *ret)
{
	int rc;

	*ret = (struct change){.by = by, .id = id};
	rc = require(by, YG_MAY_write_cases, &ret->hub);
	if (rc == YG_OK)
		rc = yg_hub_begin(ret->hub);
	if (rc != YG_OK)
		return rc;
	ret->is_begun = true;
	return is_id(id) ? load(ret->hub, "case", id, &ret->at) : YG_ENOENT;
}

static int finish(struct change *c, int rc, const char *action, const char *detail)
{
	char org[YG_ENROL_ID_MAX + 1];

	if (!c->is_begun)
		return rc;
	yg_hub_text(c->at.body, "org", org, sizeof(org));
	json_decref(c->at.body);
	return yg_hub_finish(c->hub, rc,
			     &(struct yg_hub_deed){c->by->actor, org[0] ? org : YG_HUB_ORG, action,
						   c->id, detail});
}

static bool is_open(const json_t *body)
{
	return yg_bytes_eq(yg_json_text(body, "state"), YG_S("open"));
}

int yg_case_change(struct yg_access *by, const char *id, const struct yg_case_wish *wish)
{
	struct change c;
	int rc = begin(by, id, &c);

	if (rc == YG_OK && wish->expected != YG_REVISION_ANY && wish->expected != c.at.revision)
		rc = YG_EMISMATCH;
	if (rc == YG_OK && !is_good(wish))
		rc = YG_EINVAL;
	if (rc == YG_OK && check_org(c.hub, wish->org) != YG_OK)
		rc = YG_EINVAL; /* the case is there */
	if (rc == YG_OK)
		rc = set_texts(c.at.body, wish);
	if (rc == YG_OK)
		rc = add_note(by, c.at.body, wish->note);
	if (rc == YG_OK)
		rc = touch(by, id, c.at.body, c.at.revision);
	return finish(&c, rc, "case.change", "");
}

int yg_case_link(struct yg_access *by, const char *id, const char *situation)
{
	struct change c;
	int rc = begin(by, id, &c);

	if (rc == YG_OK && situation[0] &&
	    (strlen(situation) != YG_CASE_SITUATION_HEX ||
	     strspn(situation, "0123456789abcdef") != YG_CASE_SITUATION_HEX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "situation", json_string(situation));
	if (rc == YG_OK)
		rc = touch(by, id, c.at.body, c.at.revision);
	return finish(&c, rc, "case.link", situation);
}

int yg_case_close(struct yg_access *by, const char *id, const char *text)
{
	struct change c;
	int rc = begin(by, id, &c);

	if (rc == YG_OK && !is_open(c.at.body))
		rc = YG_EMISMATCH;
	if (rc == YG_OK && !is_lines(text, YG_CASE_TEXT_MAX))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "state", json_string("closed"));
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "closed", time_json(yg_hub_now_ns(c.hub)));
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "closed_by", json_string(by->actor));
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "outcome", yg_hub_string(text));
	if (rc == YG_OK)
		rc = touch(by, id, c.at.body, c.at.revision);
	return finish(&c, rc, "case.close", "");
}

int yg_case_reopen(struct yg_access *by, const char *id)
{
	struct change c;
	int rc = begin(by, id, &c);

	if (rc == YG_OK && is_open(c.at.body))
		rc = YG_EMISMATCH;
	if (rc == YG_OK)
		rc = add_note(by, c.at.body,
			      json_string_value(json_object_get(c.at.body, "outcome")));
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "state", json_string("open"));
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "closed", json_null());
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "closed_by", json_null());
	if (rc == YG_OK)
		rc = yg_json_set(c.at.body, "outcome", json_string(""));
	if (rc == YG_OK)
		rc = touch(by, id, c.at.body, c.at.revision);
	return finish(&c, rc, "case.reopen", "");
}

/* ---- reading ---- */

/* Empty texts are null for who reads; *ret owned. */
static int show(struct yg_bytes id, const json_t *body, json_t **ret)
{
	static const char *const empty[] = {"org", "contact", "advice", "situation", "outcome"};
	json_t *shown = json_copy((json_t *)(uintptr_t)body); /* shallow; jansson takes no const */
	int rc = shown ? yg_json_set(shown, "id", yg_json_string(id)) : YG_ENOMEM;

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]) && rc == YG_OK; i++)
		if (yg_json_text(body, empty[i]).size == 0)
			rc = yg_json_set(shown, empty[i], json_null());
	if (rc == YG_OK)
		*ret = shown;
	else
		json_decref(shown);
	return rc;
}

int yg_case_get(struct yg_access *by, const char *id, json_t **ret)
{
	struct yg_hub_access *hub;
	struct reading at = {0};
	int rc = require(by, YG_MAY_read_cases, &hub);

	*ret = NULL;
	if (rc == YG_OK)
		rc = is_id(id) ? load(hub, "case", id, &at) : YG_ENOENT;
	if (rc == YG_OK)
		rc = show(yg_bytes_str(id), at.body, ret);
	if (rc == YG_OK)
		rc = yg_json_set(*ret, "revision", json_integer(at.revision));
	json_decref(at.body);
	if (rc != YG_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

struct listing {
	const struct yg_case_filter *filter;
	uint32_t left;
	yg_case_fn fn;
	void *arg;
};

static bool fits(const json_t *body, const char *key, const char *wanted)
{
	return !wanted[0] || yg_bytes_eq(yg_json_text(body, key), yg_bytes_str(wanted));
}

static int list_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct listing *l = arg;
	json_t *shown = NULL;
	int rc;

	if (!fits(body, "state", l->filter->state) || !fits(body, "org", l->filter->org) ||
	    !fits(body, "situation", l->filter->situation))
		return YG_OK;
	if (l->left == 0)
		return YG_EEND;
	l->left--;
	rc = show(key, body, &shown);
	if (rc == YG_OK)
		rc = l->fn(l->arg, shown);
	json_decref(shown);
	return rc;
}

int yg_case_list(struct yg_access *by, const struct yg_case_filter *filter, yg_case_fn fn,
		 void *arg)
{
	struct listing l = {.filter = filter, .left = filter->limit, .fn = fn, .arg = arg};
	struct yg_hub_access *hub;
	int rc = require(by, YG_MAY_read_cases, &hub);

	if (rc == YG_OK && filter->after[0] && !is_id(filter->after))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_each(hub, STORE, "case", "", filter->after, 0, list_one, &l);
	return rc == YG_EEND ? YG_OK : rc;
}

struct counting {
	const char *org;
	int64_t from_ns;
	int64_t to_ns;
	uint64_t count;
};

static int count_one(void *arg, struct yg_bytes key, const json_t *body)
{
	struct counting *c = arg;
	int64_t ns = YG_TIME_NONE;
	bool has_zone;

	(void)key;
	if (!fits(body, "org", c->org) ||
	    !yg_time_parse_iso(yg_json_text(body, "received"), 0, &ns, &has_zone))
		return YG_OK;
	c->count += ns >= c->from_ns && ns < c->to_ns;
	return YG_OK;
}

int yg_case_count(struct yg_hub_access *hub, const char *org, int64_t from_ns, int64_t to_ns,
		  uint64_t *ret)
{
	struct counting c = {.org = org, .from_ns = from_ns, .to_ns = to_ns};
	int rc = yg_hub_each(hub, STORE, "case", "", "", 0, count_one, &c);

	*ret = c.count;
	return rc;
}
