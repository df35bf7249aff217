/* SPDX-License-Identifier: Apache-2.0 */
/* Whose logs an indicator is looked for in, and what people say of it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/clues-int.h"

#include "access/gate.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define HUB	      "hub"
#define LOGIN	      "login:"
#define REPORTERS_MAX 256u /* organisations that are told apart; more add nothing */

/* ---- whose logs ---- */

static bool may_have(enum yg_audience audience, enum yg_outlet outlet, enum yg_tlp tlp)
{
	/* Whoever adds an object to what is for others has agreed that they get it. */
	struct yg_release_ask ask = {.kind = "stix",
				     .audience = audience,
				     .outlet = outlet,
				     .agreed = YG_AGREED_NAMED,
				     .use = YG_USE_MATCH};

	return yg_gate_ask(&ask, tlp, YG_PAP_CLEAR) == YG_REFUSAL_NONE;
}

enum yg_clue_scope yg_clue_scope_of(const struct yg_collection *of, enum yg_tlp tlp)
{
	bool is_sector = of->reach == YG_COLLECTION_SECTOR;

	/* It goes to sensors, so the outlet for sensors has to carry it in any case. */
	if (!of->is_readable || strcmp(of->root, HUB) != 0 || strncmp(of->owner, LOGIN, 6) == 0 ||
	    !may_have(YG_AUDIENCE_SENSOR, YG_OUTLET_SENSOR, tlp))
		return YG_CLUE_FOR_NOBODY;
	if (strcmp(of->owner, HUB) != 0)
		return YG_CLUE_FOR_ORG;
	if (!may_have(is_sector ? YG_AUDIENCE_SECTOR : YG_AUDIENCE_COMMUNITY, YG_OUTLET_TAXII, tlp))
		return YG_CLUE_FOR_NOBODY;
	return is_sector ? YG_CLUE_FOR_SECTOR : YG_CLUE_FOR_ALL;
}

bool yg_clue_is_for(const struct yg_collection *of, enum yg_tlp tlp, const char *org,
		    const char *sector)
{
	switch (yg_clue_scope_of(of, tlp)) {
	case YG_CLUE_FOR_ALL:
		return true;
	case YG_CLUE_FOR_SECTOR:
		return of->sector[0] && strcmp(of->sector, sector) == 0;
	case YG_CLUE_FOR_ORG:
		return strcmp(of->owner, org) == 0;
	default:
		return false;
	}
}

int yg_clue_sector(struct yg_hub_access *hub, const char *org, char *to, size_t room)
{
	json_t *member = NULL;
	int rc = yg_hub_get(hub, "member", org, &member, NULL);

	to[0] = '\0';
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_OK : rc;
	yg_hub_text(member, "sector", to, room);
	json_decref(member);
	return YG_OK;
}

/* ---- words ---- */

static const char *const word_names[YG_CLUE_WORD_COUNT] = {"false-positive", "seen", "yes", "no",
							   "back"};

const char *yg_clue_word_name(enum yg_clue_word word)
{
	return (unsigned)word < YG_CLUE_WORD_COUNT ? word_names[word] : "";
}

bool yg_clue_word_by_name(struct yg_bytes name, enum yg_clue_word *ret)
{
	for (unsigned i = 0; i < YG_CLUE_WORD_COUNT; i++)
		if (yg_bytes_eq(name, yg_bytes_str(word_names[i]))) {
			*ret = (enum yg_clue_word)i;
			return true;
		}
	return false;
}

bool yg_clue_is_id(struct yg_bytes text)
{
	struct yg_bytes type;

	return text.size == YG_CLUE_ID && yg_stix_is_id(text, &type) &&
	       yg_bytes_eq(type, YG_S("indicator"));
}

int yg_clue_each_word(struct yg_hub_access *hub, const char *id, yg_hub_doc_fn fn, void *arg)
{
	char prefix[YG_HUB_KEY_MAX];

	return yg_hub_key(prefix, id, "")
		       ? yg_hub_each(hub, YG_CLUE_STORE, "word", prefix, "", 0, fn, arg)
		       : YG_OK;
}

static int count_report(void *arg, struct yg_bytes key, struct yg_bytes body)
{
	uint32_t *count = arg;
	enum yg_clue_word word;

	(void)key;
	if (yg_clue_word_by_name(yg_json_peek_text(body, "word"), &word) && word < YG_CLUE_WORD_YES)
		++*count;
	return *count < YG_CLUE_WORDS_MAX ? YG_OK : YG_ELIMIT;
}

/* However much members report: a person of the hub can always decide. */
static int check_room(struct yg_hub_access *hub, const char *id, enum yg_clue_word word)
{
	char prefix[YG_HUB_KEY_MAX];
	uint32_t count = 0;

	if (word >= YG_CLUE_WORD_YES)
		return YG_OK;
	return yg_hub_key(prefix, id, "") ? yg_hub_each_raw(hub, YG_CLUE_STORE, "word", prefix, "",
							    0, count_report, &count)
					  : YG_EINVAL;
}

static int put_word(struct yg_hub_access *hub, const struct yg_access *by, const char *id,
		    enum yg_clue_word word, const char *text)
{
	int64_t now_ns = yg_hub_now_ns(hub);
	char tail[64], key[YG_HUB_KEY_MAX], random[YG_RANDOM_ID_HEX + 1];
	json_t *body;
	int rc = check_room(hub, id, word);

	if (rc != YG_OK)
		return rc;
	yg_random_id(now_ns, random);
	(void)snprintf(tail, sizeof(tail), "%016llx-%.32s", (unsigned long long)now_ns, random);
	if (!yg_hub_key(key, id, tail))
		return YG_EINVAL;
	body = json_pack("{s:s, s:o, s:o, s:s, s:s, s:I}", "word", yg_clue_word_name(word), "text",
			 yg_hub_string(text), "name", yg_hub_string(by->who.name), "org", by->org,
			 "by", by->actor, "time_s", (json_int_t)(now_ns / YG_NS_PER_S));
	rc = yg_hub_put_at(hub, YG_CLUE_STORE, by->actor, "word", key, body, YG_REVISION_NONE);
	return rc == YG_OK ? yg_hub_put_at(hub, YG_CLUE_STORE, by->actor, "due", key, json_object(),
					   YG_REVISION_ANY)
			   : rc;
}

int yg_clue_say(struct yg_access *by, const char *id, enum yg_clue_word word, const char *text)
{
	bool is_hub = strcmp(yg_access_org(by), YG_HUB_ORG) == 0;
	struct yg_hub_access *hub = NULL;
	struct yg_hub_deed deed;
	char action[40];
	int rc = yg_hub_require(by, is_hub ? YG_MAY_write_indicators : YG_MAY_write_warnings, &hub);

	if (rc != YG_OK)
		return rc;
	if (!yg_clue_is_id(yg_bytes_str(id)) || (unsigned)word >= YG_CLUE_WORD_COUNT ||
	    (word >= YG_CLUE_WORD_YES && !is_hub) || !yg_hub_is_text(text, YG_CLUE_TEXT_MAX))
		return YG_EINVAL;
	(void)snprintf(action, sizeof(action), "indicator.%s", yg_clue_word_name(word)); /* fits */
	deed = (struct yg_hub_deed){by->actor, by->org, action, id, text};
	rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	return yg_hub_finish(hub, put_word(hub, by, id, word, text), &deed);
}

/* ---- what counts ---- */

struct first {
	struct yg_clue_due *to;
	bool is_there;
};

static int take_first(void *arg, struct yg_bytes key, const json_t *body)
{
	struct first *first = arg;

	(void)body;
	if (key.size <= YG_CLUE_ID || key.size >= sizeof(first->to->key))
		return YG_OK;
	*first->to = (struct yg_clue_due){.id = ""};
	memcpy(first->to->id, key.data, YG_CLUE_ID);
	memcpy(first->to->key, key.data, key.size);
	first->is_there = true;
	return YG_EEND;
}

int yg_clue_due(struct yg_hub_access *hub, struct yg_clue_due *ret)
{
	struct first first = {ret, false};
	int rc = yg_hub_each(hub, YG_CLUE_STORE, "due", "", "", 1, take_first, &first);

	if (rc != YG_OK && rc != YG_EEND)
		return rc;
	return first.is_there ? YG_OK : YG_ENOENT;
}

static int remove_at(struct yg_hub_access *hub, const char *kind, const char *key)
{
	struct yg_doc_put put = {.org = YG_S(YG_CLUE_STORE),
				 .kind = yg_bytes_str(kind),
				 .key = yg_bytes_str(key),
				 .is_removed = true,
				 .expected = YG_REVISION_ANY,
				 .time_ns = yg_hub_now_ns(hub),
				 .actor = YG_S(HUB)};
	int rc = yg_control_put(hub->store, &put, NULL);

	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_clue_due_done(struct yg_hub_access *hub, const struct yg_clue_due *due)
{
	return remove_at(hub, "due", due->key);
}

/* The organisations that said one thing since the last yes or no. */
struct orgs {
	char (*names)[YG_ENROL_ID_MAX + 1];
	uint32_t count;
};

static int add_org(struct orgs *orgs, const json_t *body)
{
	char org[YG_ENROL_ID_MAX + 1];

	yg_hub_text(body, "org", org, sizeof(org));
	for (uint32_t i = 0; i < orgs->count; i++)
		if (strcmp(orgs->names[i], org) == 0)
			return YG_OK;
	if (orgs->count == REPORTERS_MAX)
		return YG_OK;
	if (!orgs->names)
		orgs->names = yg_calloc(REPORTERS_MAX, sizeof(*orgs->names));
	if (!orgs->names)
		return YG_ENOMEM;
	memcpy(orgs->names[orgs->count++], org, sizeof(org));
	return YG_OK;
}

struct counting {
	struct yg_clue_words words;
	struct orgs reporters;
	struct orgs seers;
};

static int count_word(void *arg, struct yg_bytes key, const json_t *body)
{
	struct counting *c = arg;
	enum yg_clue_word word;

	(void)key;
	if (!yg_clue_word_by_name(yg_json_text(body, "word"), &word))
		return YG_OK;
	if (word == YG_CLUE_WORD_FALSE)
		return add_org(&c->reporters, body);
	if (word == YG_CLUE_WORD_SEEN)
		return add_org(&c->seers, body);
	c->words.is_yes = word == YG_CLUE_WORD_YES;
	c->words.is_no = word == YG_CLUE_WORD_NO;
	c->words.said_ns = yg_json_int(body, "time_s", 0) * YG_NS_PER_S;
	if (word == YG_CLUE_WORD_YES) /* who says yes has weighed what was reported before */
		c->reporters.count = 0;
	return YG_OK;
}

int yg_clue_count(struct yg_hub_access *hub, const char *id, struct yg_clue_words *ret)
{
	struct counting c = {.reporters = {.count = 0}};
	int rc = yg_clue_each_word(hub, id, count_word, &c);

	for (uint32_t i = 0; i < c.reporters.count; i++)
		c.words.reports += strcmp(c.reporters.names[i], HUB) == 0 ? 2 : 1;
	c.words.told = c.seers.count;
	*ret = c.words;
	free(c.reporters.names);
	free(c.seers.names);
	return rc;
}

/* ---- lists of sensors ---- */

struct reading {
	json_t *value;
};

static int read_doc(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &reading->value, &fault);
}

static int pass_doc(void *arg, const struct yg_doc *doc)
{
	(void)arg;
	(void)doc;
	return YG_OK;
}

int yg_clue_lists_is_new(struct yg_hub_access *hub, const char *org, const char *sensor, bool *ret)
{
	char key[YG_HUB_KEY_MAX];
	int rc = yg_hub_key(key, org, sensor)
			 ? yg_control_get(hub->store, YG_S(YG_CLUE_STORE), YG_S("lists"),
					  yg_bytes_str(key), pass_doc, NULL)
			 : YG_EINVAL;

	*ret = rc == YG_ENOENT;
	return rc == YG_ENOENT ? YG_OK : rc;
}

static int read_held(void *arg, struct yg_bytes bytes)
{
	struct reading *reading = arg;
	struct yg_fault fault;

	json_decref(reading->value);
	reading->value = NULL;
	return yg_json_load(bytes, YG_DOC_BODY_MAX, &reading->value, &fault);
}

/* The document says what; the lists are what it holds: sensors that were sent the same share it.
 * An earlier version wrote them into the document. */
static int read_lists(struct yg_hub_access *hub, struct yg_bytes key, struct reading *ret)
{
	struct yg_bytes org = YG_S(YG_CLUE_STORE), kind = YG_S("lists");
	int rc = yg_control_get(hub->store, org, kind, key, read_doc, ret);

	if (rc != YG_OK)
		return rc;
	rc = yg_control_shared(hub->store, org, kind, key, read_held, ret);
	return rc == YG_ENOENT ? YG_OK : rc;
}

int yg_clue_lists(struct yg_hub_access *hub, const char *org, const char *sensor, json_t **ret,
		  bool *ret_is_new)
{
	struct reading reading = {0};
	char key[YG_HUB_KEY_MAX];
	int rc = yg_hub_key(key, org, sensor) ? read_lists(hub, yg_bytes_str(key), &reading)
					      : YG_EINVAL;

	*ret_is_new = rc == YG_ENOENT;
	if (rc != YG_OK && rc != YG_ENOENT) {
		json_decref(reading.value);
		return rc;
	}
	*ret = reading.value ? reading.value : json_object();
	return *ret ? YG_OK : YG_ENOMEM;
}

static int put_lists(struct yg_hub_access *hub, const char *key, struct yg_bytes text)
{
	struct yg_shared shared = yg_shared_of(text);
	struct yg_doc_put put = {.org = YG_S(YG_CLUE_STORE),
				 .kind = YG_S("lists"),
				 .key = yg_bytes_str(key),
				 .expected = YG_REVISION_ANY,
				 .time_ns = yg_hub_now_ns(hub),
				 .actor = YG_S(HUB),
				 .shared = &shared};
	char hex[YG_SHA256_HEX + 1];
	char body[YG_SHA256_HEX + 48];

	yg_hex((struct yg_bytes){shared.digest, YG_SHA256_BYTES}, hex);
	(void)snprintf(body, sizeof(body), "{\"sha256\":\"%s\",\"size\":%zu}", hex,
		       text.size); /* it fits */
	put.body = yg_bytes_str(body);
	return yg_control_put(hub->store, &put, NULL);
}

int yg_clue_lists_set(struct yg_hub_access *hub, const char *org, const char *sensor,
		      json_t *take_lists)
{
	char key[YG_HUB_KEY_MAX];
	struct yg_buf text;
	int rc = take_lists ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK && !yg_hub_key(key, org, sensor))
		rc = YG_EINVAL;
	yg_buf_init(&text, YG_DOC_BODY_MAX);
	if (rc == YG_OK)
		rc = yg_json_canonical(take_lists, &text);
	if (rc == YG_OK)
		rc = put_lists(hub, key, yg_buf_bytes(&text));
	yg_buf_done(&text);
	json_decref(take_lists);
	return rc;
}

int yg_clue_lists_forget(struct yg_hub_access *hub, const char *actor, const char *org,
			 const char *sensor)
{
	struct yg_doc_put put = {.org = YG_S(YG_CLUE_STORE),
				 .kind = YG_S("lists"),
				 .is_removed = true,
				 .expected = YG_REVISION_ANY,
				 .time_ns = yg_hub_now_ns(hub),
				 .actor = yg_bytes_str(actor)};
	char key[YG_HUB_KEY_MAX];
	int rc;

	if (!yg_hub_key(key, org, sensor))
		return YG_EINVAL;
	put.key = yg_bytes_str(key);
	rc = yg_control_put(hub->store, &put, NULL);
	return rc == YG_ENOENT ? YG_OK : rc;
}
