/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "share/stix_notice.h"

#include <stdio.h>

#include "base/crypt.h"
#include "base/json.h"
#include "model/stix.h"

#include "base/ban.h"

#define ID_ROOM	    80u /* "attack-pattern--UUID" */
#define TIME_ROOM   YG_STIX_TIME_SIZE
#define PATTERN_MAX (64u << 10)
#define TEXT_MAX    (64u << 10)
#define SEEN_MAX    999999999u /* of a sighting's count (sec. 5.2) */
#define TECHNIQUE   "attack.t"

struct bundle {
	const struct yg_notice *notice;
	enum yg_lang lang;
	struct yg_bytes number; /* of the report: of one that is put right, the earlier one's */
	json_t *objects;
	json_t *refs; /* of all but the issuer */
	char issuer[ID_ROOM];
	char time[TIME_ROOM];
	char first[TIME_ROOM]; /* of the first version */
	unsigned used;	       /* bit by enum yg_tlp */
	int rc;
};

/* ---- ids and texts ---- */

/* A UUID of the name-based form, of the number and @what. */
static void id_of(const struct bundle *b, const char *type, struct yg_bytes what, char to[ID_ROOM])
{
	struct yg_sha256_state state;
	uint8_t digest[YG_SHA256_BYTES];
	char hex[2 * 16 + 1];

	yg_sha256_begin(&state);
	yg_sha256_add(&state, YG_S("yagura-notice-1"));
	yg_sha256_add(&state, b->number);
	yg_sha256_add(&state, (struct yg_bytes){(const uint8_t *)"", 1});
	yg_sha256_add(&state, yg_bytes_str(type));
	yg_sha256_add(&state, (struct yg_bytes){(const uint8_t *)"", 1});
	yg_sha256_add(&state, what);
	yg_sha256_end(&state, digest);
	digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50);
	digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
	yg_hex((struct yg_bytes){digest, 16}, hex);
	(void)snprintf(to, ID_ROOM, "%s--%.8s-%.4s-%.4s-%.4s-%.12s", type, hex, hex + 8, hex + 12,
		       hex + 16, hex + 20); /* types are ours */
}

static void set(struct bundle *b, json_t *object, const char *key, json_t *take)
{
	int rc = yg_json_set(object, key, take);

	if (b->rc == YG_OK)
		b->rc = rc;
}

/* Left out where it is empty. */
static void set_text(struct bundle *b, json_t *object, const char *key, struct yg_bytes text)
{
	if (text.size > 0)
		set(b, object, key, yg_json_string(text));
}

static void set_time(struct bundle *b, json_t *object, const char *key, int64_t ns)
{
	char text[TIME_ROOM];

	yg_stix_time_write(ns / 1000, text);
	set(b, object, key, json_string(text));
}

static void mark(struct bundle *b, json_t *object, enum yg_tlp tlp)
{
	/* Nothing is marked on it: it counts as RED, and says so. */
	enum yg_tlp as = tlp == YG_TLP_NONE ? YG_TLP_RED : tlp;

	b->used |= 1u << as;
	set(b, object, "object_marking_refs", json_pack("[o]", yg_json_string(yg_stix_tlp_id(as))));
}

/* An object with what all of them have; borrowed from the bundle. NULL: b->rc says why. */
static json_t *add(struct bundle *b, const char *type, const char *id, enum yg_tlp tlp)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "spec_version",
				   "2.1", "id", id, "created_by_ref", b->issuer, "created",
				   b->first, "modified", b->time);
	bool is_issuer = strcmp(id, b->issuer) == 0;

	if (!object || json_array_append_new(b->objects, object) != 0) {
		b->rc = YG_ENOMEM;
		return NULL;
	}
	/* Nothing that was found or is to be looked for holds any more. */
	if (b->notice->kind == YG_NOTICE_WITHDRAWAL && !is_issuer)
		set(b, object, "revoked", json_true());
	if (is_issuer)
		(void)json_object_del(object, "created_by_ref"); /* it is there */
	else if (json_array_append_new(b->refs, json_string(id)) != 0)
		b->rc = YG_ENOMEM;
	mark(b, object, tlp);
	return object;
}

static void label(struct bundle *b, json_t *object)
{
	const struct yg_notice *n = b->notice;
	json_t *labels = json_array();
	char pap[32];
	int failed = 0;

	(void)snprintf(pap, sizeof(pap), "pap:%s", n->pap ? yg_pap_name(n->pap) : "red");
	failed |= json_array_append_new(labels, json_string(pap));
	if (n->is_exercise)
		failed |= json_array_append_new(labels, json_string("exercise"));
	if (n->is_automatic)
		failed |= json_array_append_new(labels, json_string("unconfirmed"));
	set(b, object, "labels", labels);
	if (failed && b->rc == YG_OK)
		b->rc = YG_ENOMEM;
}

/* The title, with what must not be overlooked before it. */
static void name(struct bundle *b, json_t *object)
{
	struct yg_bytes title = yg_notice_say(&b->notice->title, b->lang);
	struct yg_buf text;

	yg_buf_init(&text, TEXT_MAX);
	if (b->notice->is_exercise)
		yg_buf_addf(&text, "%s ", yg_tr(b->lang, N_("[exercise]")));
	yg_buf_add(&text, title.size > 0 ? title : b->notice->number);
	if (yg_buf_error(&text) && b->rc == YG_OK)
		b->rc = yg_buf_error(&text);
	set_text(b, object, "name", yg_buf_bytes(&text));
	yg_buf_done(&text);
}

/* ---- what it is about ---- */

static void add_issuer(struct bundle *b)
{
	struct yg_bytes issuer = yg_notice_say(&b->notice->issuer, b->lang);
	json_t *object;

	/* The same one in every notice of it. */
	b->number = (struct yg_bytes){0};
	id_of(b, "identity", issuer, b->issuer);
	object = add(b, "identity", b->issuer, YG_TLP_CLEAR);
	if (object) {
		set_text(b, object, "name", issuer.size > 0 ? issuer : YG_S("Yagura"));
		set(b, object, "identity_class", json_string("organization"));
	}
	b->number = b->notice->refers.size > 0 ? b->notice->refers : b->notice->number;
}

/* 'it\'s' */
static void add_quoted(struct yg_buf *to, struct yg_bytes value)
{
	yg_buf_add_byte(to, '\'');
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] == '\'' || value.data[i] == '\\')
			yg_buf_add_byte(to, '\\');
		yg_buf_add_byte(to, value.data[i]);
	}
	yg_buf_add_byte(to, '\'');
}

static const char *path_of(enum yg_notice_indicator_type type, struct yg_bytes value)
{
	switch (type) {
	case YG_NOTICE_INDICATOR_ADDRESS:
		return yg_bytes_chr(value, ':') == SIZE_MAX ? "ipv4-addr:value" : "ipv6-addr:value";
	case YG_NOTICE_INDICATOR_DOMAIN:
		return "domain-name:value";
	case YG_NOTICE_INDICATOR_URL:
		return "url:value";
	case YG_NOTICE_INDICATOR_MAIL:
		return "email-addr:value";
	case YG_NOTICE_INDICATOR_HASH:
		return value.size == 32	   ? "file:hashes.MD5"
		       : value.size == 40  ? "file:hashes.'SHA-1'"
		       : value.size == 128 ? "file:hashes.'SHA-512'"
					   : "file:hashes.'SHA-256'";
	default:
		return "file:name";
	}
}

/* The attack as it was seen here, by what it came from. */
static void add_sighting(struct bundle *b, const char *indicator, enum yg_tlp tlp)
{
	const struct yg_notice_attack *a = &b->notice->attack;
	char id[ID_ROOM];
	json_t *object;

	id_of(b, "sighting", yg_bytes_str(indicator), id);
	object = add(b, "sighting", id, tlp);
	if (!object)
		return;
	set(b, object, "sighting_of_ref", json_string(indicator));
	if (a->count > 0)
		set(b, object, "count",
		    json_integer((json_int_t)(a->count < SEEN_MAX ? a->count : SEEN_MAX)));
	if (a->first_ns != YG_TIME_NONE)
		set_time(b, object, "first_seen", a->first_ns);
	if (a->last_ns != YG_TIME_NONE)
		set_time(b, object, "last_seen", a->last_ns);
}

static void add_indicator(struct bundle *b, const struct yg_notice_indicator *one, bool is_seen)
{
	enum yg_tlp tlp = one->tlp > b->notice->tlp ? one->tlp : b->notice->tlp;
	char id[ID_ROOM];
	struct yg_buf pattern;
	json_t *object;

	yg_buf_init(&pattern, PATTERN_MAX);
	yg_buf_addf(&pattern, "[%s = ", path_of(one->type, one->value));
	add_quoted(&pattern, one->value);
	yg_buf_add_byte(&pattern, ']');
	if (yg_buf_error(&pattern) && b->rc == YG_OK)
		b->rc = yg_buf_error(&pattern);
	id_of(b, "indicator", yg_buf_bytes(&pattern), id);
	object = b->rc == YG_OK ? add(b, "indicator", id, tlp) : NULL;
	if (object) {
		set_text(b, object, "name", one->value);
		set_text(b, object, "description", one->comment);
		set_text(b, object, "pattern", yg_buf_bytes(&pattern));
		set(b, object, "pattern_type", json_string("stix"));
		set(b, object, "indicator_types", json_pack("[s]", "malicious-activity"));
		set(b, object, "valid_from", json_string(b->first));
		if (one->valid_until_ns != INT64_MAX && one->valid_until_ns > b->notice->time_ns)
			set_time(b, object, "valid_until", one->valid_until_ns);
		if (one->confidence > 0)
			set(b, object, "confidence", json_integer(one->confidence));
		label(b, object);
		if (is_seen)
			add_sighting(b, id, tlp);
	}
	yg_buf_done(&pattern);
}

static bool is_listed(const struct yg_notice_attack *a, struct yg_bytes address)
{
	for (size_t i = 0; i < a->indicators.count; i++)
		if (yg_bytes_eq(a->indicators.at[i].value, address))
			return true;
	return false;
}

static bool is_source(const struct yg_notice_attack *a, struct yg_bytes value)
{
	for (size_t i = 0; i < a->sources.count; i++)
		if (yg_bytes_eq(a->sources.at[i], value))
			return true;
	return false;
}

static void add_indicators(struct bundle *b)
{
	const struct yg_notice_attack *a = &b->notice->attack;

	for (size_t i = 0; i < a->sources.count; i++) {
		struct yg_notice_indicator one = {.type = YG_NOTICE_INDICATOR_ADDRESS,
						  .value = a->sources.at[i],
						  .valid_until_ns = INT64_MAX};

		if (!is_listed(a, one.value))
			add_indicator(b, &one, true);
	}
	for (size_t i = 0; i < a->indicators.count; i++)
		add_indicator(b, &a->indicators.at[i], is_source(a, a->indicators.at[i].value));
}

/* "attack.t1190" as what others know it by: T1190. */
static void add_technique(struct bundle *b, struct yg_bytes tag)
{
	char number[32] = "T";
	char id[ID_ROOM];
	json_t *object;
	size_t size = strlen(TECHNIQUE);

	if (!yg_bytes_starts(tag, YG_S(TECHNIQUE)) || tag.size - size >= sizeof(number) - 2)
		return; /* a tactic, or a word of somebody's own */
	for (size_t i = size; i < tag.size; i++) {
		if (tag.data[i] != '.' && (tag.data[i] < '0' || tag.data[i] > '9'))
			return;
		number[i - size + 1] = (char)tag.data[i];
	}
	id_of(b, "attack-pattern", tag, id);
	object = add(b, "attack-pattern", id, b->notice->tlp);
	if (!object)
		return;
	set(b, object, "name", json_string(number));
	set(b, object, "external_references",
	    json_pack("[{s:s, s:s}]", "source_name", "mitre-attack", "external_id", number));
}

static void add_incident(struct bundle *b)
{
	const struct yg_notice *n = b->notice;
	struct yg_buf text;
	char id[ID_ROOM];
	json_t *object;

	if (!n->has_damage && !n->has_victim)
		return;
	id_of(b, "incident", (struct yg_bytes){0}, id);
	object = add(b, "incident", id, n->tlp);
	if (!object)
		return;
	name(b, object);
	yg_buf_init(&text, TEXT_MAX);
	if (n->has_victim) {
		yg_buf_add(&text, yg_notice_say(&n->victim.name, b->lang));
		yg_buf_add_byte(&text, '\n');
	}
	if (n->has_damage) {
		yg_buf_add(&text, yg_notice_say(&n->damage.what, b->lang));
		yg_buf_add_byte(&text, '\n');
		yg_buf_add(&text, yg_notice_say(&n->damage.response, b->lang));
	}
	set_text(b, object, "description", yg_bytes_trim(yg_buf_bytes(&text)));
	yg_buf_done(&text);
	label(b, object);
}

/* ---- the report ---- */

static void add_lines(struct bundle *b, struct yg_buf *to, const struct yg_notice_text *at,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		yg_buf_add_str(to, "- ");
		yg_buf_add(to, yg_notice_say(&at[i], b->lang));
		yg_buf_add_byte(to, '\n');
	}
}

static void describe(struct bundle *b, json_t *report)
{
	const struct yg_notice *n = b->notice;
	struct yg_buf text;

	yg_buf_init(&text, 4 * TEXT_MAX);
	yg_buf_add(&text, yg_notice_say(&n->attack.comment, b->lang));
	yg_buf_add_byte(&text, '\n');
	add_lines(b, &text, n->act.at, n->act.count);
	add_lines(b, &text, n->avoid.at, n->avoid.count);
	add_lines(b, &text, n->tell.at, n->tell.count);
	if (yg_buf_error(&text) && b->rc == YG_OK)
		b->rc = yg_buf_error(&text);
	set_text(b, report, "description", yg_bytes_trim(yg_buf_bytes(&text)));
	yg_buf_done(&text);
}

/* Low, medium, high (appendix A). */
static int confidence_of(const struct yg_notice *n)
{
	switch (n->certain.certainty) {
	case YG_CERTAINTY_CONFIRMED:
		return 85;
	case YG_CERTAINTY_ANALYST:
		return 50;
	default:
		return 15;
	}
}

static void add_report(struct bundle *b)
{
	const struct yg_notice *n = b->notice;
	bool is_grouping = n->kind == YG_NOTICE_INDICATORS;
	const char *type = is_grouping ? "grouping" : "report";
	json_t *refs = b->refs;
	char id[ID_ROOM];
	json_t *report;

	id_of(b, type, (struct yg_bytes){0}, id);
	/* What it names is what is there before it; of nothing else, the one who says so. */
	if (json_array_size(refs) == 0 && json_array_append_new(refs, json_string(b->issuer)) != 0)
		b->rc = YG_ENOMEM;
	b->refs = json_array();
	report = add(b, type, id, n->tlp);
	json_decref(b->refs);
	b->refs = refs;
	if (!report)
		return;
	name(b, report);
	describe(b, report);
	set(b, report, "object_refs", json_incref(refs));
	if (is_grouping) {
		set(b, report, "context", json_string("suspicious-activity"));
	} else {
		set(b, report, "published", json_string(b->first));
		set(b, report, "report_types", json_pack("[s]", "threat-report"));
	}
	set(b, report, "confidence", json_integer(confidence_of(n)));
	set(b, report, "external_references",
	    json_pack("[{s:s, s:o}]", "source_name", "yagura", "external_id",
		      yg_json_string(n->number)));
	label(b, report);
}

/* The definitions of what was marked, behind everything: whoever reads it may not have them. */
static void add_marks(struct bundle *b)
{
	for (unsigned i = YG_TLP_CLEAR; i < YG_TLP_COUNT; i++) {
		struct yg_fault fault;
		json_t *mark_object = NULL;
		const char *text = yg_stix_tlp_definition((enum yg_tlp)i);

		if (!(b->used & (1u << i)) || b->rc != YG_OK)
			continue;
		b->rc = yg_json_load(yg_bytes_str(text), 1u << 16, &mark_object, &fault);
		if (b->rc == YG_OK && json_array_append_new(b->objects, mark_object) != 0)
			b->rc = YG_ENOMEM;
	}
}

int yg_stix_notice(const struct yg_notice *n, enum yg_lang lang, struct yg_buf *to)
{
	return yg_stix_notice_again(n, n->time_ns, lang, to);
}

int yg_stix_notice_again(const struct yg_notice *n, int64_t first_ns, enum yg_lang lang,
			 struct yg_buf *to)
{
	struct bundle b = {.notice = n, .lang = lang};
	char id[ID_ROOM];
	json_t *bundle;

	if (n->time_ns == YG_TIME_NONE || n->number.size == 0)
		return YG_EINVAL;
	b.objects = json_array();
	b.refs = json_array();
	yg_stix_time_write(n->time_ns / 1000, b.time);
	yg_stix_time_write((first_ns < n->time_ns ? first_ns : n->time_ns) / 1000, b.first);
	add_issuer(&b);
	json_decref(b.refs); /* the issuer is not what it is about */
	b.refs = json_array();
	add_indicators(&b);
	for (size_t i = 0; i < n->attack.techniques.count; i++)
		add_technique(&b, n->attack.techniques.at[i]);
	add_incident(&b);
	add_report(&b);
	add_marks(&b);
	id_of(&b, "bundle", n->number, id);
	bundle = json_pack("{s:s, s:s, s:O}", "type", "bundle", "id", id, "objects", b.objects);
	if (b.rc == YG_OK)
		b.rc = bundle ? yg_json_canonical(bundle, to) : YG_ENOMEM;
	json_decref(bundle);
	json_decref(b.objects);
	json_decref(b.refs);
	yg_buf_add_byte(to, '\n');
	return b.rc == YG_OK ? yg_buf_error(to) : b.rc;
}
