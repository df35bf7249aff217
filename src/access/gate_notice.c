/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notice through the gate: read into struct yg_notice, and field by field into another one. What
 * is not written here does not leave.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/gate-int.h"
#include "base/net.h"
#include "base/utf8.h"
#include "model/form.h"
#include "model/notice.h"

#include "base/ban.h"

#define PATH_MAX_BYTES 120u
#define LIST_BYTES     64u

static const char *const stands_en[] = {
#define X(code, word, en, ja) en,
	YG_TAKEN_MAP(X)
#undef X
};
static const char *const stands_ja[] = {
#define X(code, word, en, ja) ja,
	YG_TAKEN_MAP(X)
#undef X
};

struct walk {
	const struct yg_release_ask *ask;
	const struct yg_gate_audience *audience;
	struct yg_arena *arena;
	struct yg_proved proved;
	struct yg_spans spans;
	json_t *marks;
	enum yg_tlp tlp; /* of the notice, as it leaves */
	enum yg_pap pap;
	bool with_names; /* they are looked for and taken out */
	int rc;		 /* the first error */
};

/* ---- marks ---- */

static void add_mark(struct walk *walk, const char *path, enum yg_taken why, const size_t ends[4])
{
	json_t *mark = json_object();

	if (walk->rc == YG_OK && !mark)
		walk->rc = YG_ENOMEM;
	if (walk->rc == YG_OK)
		walk->rc = yg_json_set(mark, "path", json_string(path));
	if (walk->rc == YG_OK)
		walk->rc = yg_json_set(mark, "reason", json_string(yg_taken_name(why)));
	if (walk->rc == YG_OK && ends)
		walk->rc =
			yg_json_set(mark, "before",
				    json_pack("[I,I]", (json_int_t)ends[0], (json_int_t)ends[1]));
	if (walk->rc == YG_OK && ends)
		walk->rc =
			yg_json_set(mark, "after",
				    json_pack("[I,I]", (json_int_t)ends[2], (json_int_t)ends[3]));
	if (walk->rc != YG_OK)
		json_decref(mark);
	else if (json_array_append_new(walk->marks, mark) != 0)
		walk->rc = YG_ENOMEM;
}

static void drop(struct walk *walk, const char *path, enum yg_taken why)
{
	add_mark(walk, path, why, NULL);
}

/* "attack/rules/3/title" */
__attribute__((format(printf, 2, 3))) static const char *path_of(char to[PATH_MAX_BYTES],
								 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(to, PATH_MAX_BYTES, format, args);
	va_end(args);
	return to;
}

/* ---- texts ---- */

/* @text without its spans, and a mark for each; empty when it cannot be put together. */
static struct yg_bytes replace(struct walk *walk, const char *path, struct yg_bytes text,
			       bool is_ja)
{
	struct yg_buf to;
	struct yg_bytes out = {0};
	size_t at = 0;

	yg_buf_init(&to, YG_NOTICE_TEXT_MAX);
	for (size_t i = 0; i < walk->spans.count; i++) {
		const struct yg_span *span = &walk->spans.at[i];
		size_t ends[4] = {span->start, span->end, 0, 0};

		yg_buf_add(&to, yg_bytes_cut(text, at, span->start));
		ends[2] = to.size;
		yg_buf_add_str(&to, is_ja ? stands_ja[span->why] : stands_en[span->why]);
		ends[3] = to.size;
		at = span->end;
		add_mark(walk, path, span->why, ends);
	}
	yg_buf_add(&to, yg_bytes_from(text, at));
	if (walk->rc == YG_OK && yg_buf_error(&to) == YG_ENOMEM)
		walk->rc = YG_ENOMEM;
	if (walk->rc == YG_OK && !yg_buf_error(&to) &&
	    !yg_arena_dup(walk->arena, yg_buf_bytes(&to), &out))
		walk->rc = YG_ENOMEM;
	yg_buf_done(&to);
	return out;
}

static struct yg_bytes clean(struct walk *walk, const char *path, struct yg_bytes text,
			     enum yg_manner manner, bool is_ja)
{
	struct yg_scan scan = {walk->ask->own, &walk->proved, manner};
	struct yg_bytes out;
	int rc;

	if (text.size == 0 || walk->rc != YG_OK)
		return (struct yg_bytes){0};
	rc = yg_gate_spans(&scan, walk->with_names, text, &walk->spans);
	if (rc == YG_ENOMEM)
		walk->rc = rc;
	if (rc != YG_OK) {
		drop(walk, path, YG_TAKEN_UNPROVED);
		return (struct yg_bytes){0};
	}
	if (walk->spans.count == 0)
		return text;
	out = replace(walk, path, text, is_ja);
	/* What is left may read as a name where pieces have come together. */
	if (out.size && yg_gate_is_named(walk->ask->own, walk->with_names, out)) {
		drop(walk, path, YG_TAKEN_UNPROVED);
		return (struct yg_bytes){0};
	}
	return out;
}

static struct yg_notice_text clean_both(struct walk *walk, const char *path,
					const struct yg_notice_text *text, enum yg_manner manner)
{
	char name[PATH_MAX_BYTES];
	struct yg_notice_text out;

	out.en = clean(walk, path_of(name, "%s/en", path), text->en, manner, false);
	out.ja = clean(walk, path_of(name, "%s/ja", path), text->ja, manner, true);
	return out;
}

/* A value that stays whole or goes whole. */
static struct yg_bytes whole(struct walk *walk, const char *path, struct yg_bytes text)
{
	if (text.size == 0)
		return text;
	if (!yg_gate_is_named(walk->ask->own, walk->with_names, text))
		return text;
	drop(walk, path, YG_TAKEN_NAME);
	return (struct yg_bytes){0};
}

/* Words of the program's own: "apache-access", "attack.t1190". */
static struct yg_bytes word(struct walk *walk, const char *path, struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (text.size <= 64 && (yg_point_is_alnum(c) || c == '-' || c == '.' || c == '_'))
			continue;
		drop(walk, path, YG_TAKEN_UNPROVED);
		return (struct yg_bytes){0};
	}
	return whole(walk, path, text);
}

/* ---- what is of the attacker's side ---- */

static bool is_attackers(struct walk *walk, struct yg_bytes text, bool may_be_range)
{
	uint8_t address[16];
	unsigned prefix;

	return yg_scan_address(text, address, &prefix) && (may_be_range || prefix == 128) &&
	       !yg_net_is_internal(address, prefix) &&
	       !yg_own_has_address(walk->ask->own, address, prefix);
}

static void prove_address(struct walk *walk, struct yg_bytes text)
{
	struct yg_proved *to = &walk->proved;
	uint8_t address[16];
	unsigned prefix;

	if (yg_scan_address(text, address, &prefix) && prefix == 128 &&
	    to->address_count < YG_GATE_PROVED_MAX)
		memcpy(to->addresses[to->address_count++], address, 16);
}

static void prove_domain(struct walk *walk, struct yg_bytes lower)
{
	if (walk->proved.domain_count < YG_GATE_PROVED_MAX)
		walk->proved.domains[walk->proved.domain_count++] = lower;
}

static struct yg_bytes lower_of(struct walk *walk, struct yg_bytes text)
{
	uint8_t *to = yg_arena_alloc(walk->arena, text.size + 1);

	if (!to) {
		walk->rc = YG_ENOMEM;
		return (struct yg_bytes){0};
	}
	return (struct yg_bytes){to, yg_fold(text, to)};
}

/* Names of its own are looked for here even when it is named: a domain of its own is no attacker's.
 */
static bool is_clean_domain(struct walk *walk, struct yg_bytes lower)
{
	return yg_scan_is_domain(lower) && !yg_gate_is_named(walk->ask->own, true, lower);
}

/* The host of a URL: [*start, *end). False: there is none. */
static bool host_of(struct yg_bytes url, size_t *start, size_t *end)
{
	size_t at = yg_bytes_find(url, YG_S("://"));

	if (at == SIZE_MAX)
		return false;
	*start = at + 3;
	for (*end = *start; *end < url.size && !strchr("/?#", url.data[*end]); ++*end)
		if (url.data[*end] == '@')
			*start = *end + 1;
	for (size_t i = *start; i < *end; i++)
		if (url.data[i] == ':')
			*end = i;
	return *start < *end;
}

/* A URL without account, query and fragment, when its host is an attacker's; else empty. */
static struct yg_bytes clean_url(struct walk *walk, const char *path, struct yg_bytes url)
{
	struct yg_buf to;
	struct yg_bytes out = {0};
	size_t start;
	size_t end;
	size_t stop = 0;
	struct yg_bytes lower;

	while (stop < url.size && url.data[stop] > ' ' && url.data[stop] != '?' &&
	       url.data[stop] != '#')
		stop++;
	if (!host_of(url, &start, &end) ||
	    yg_gate_is_named(walk->ask->own, true, yg_bytes_cut(url, 0, stop)))
		return out;
	lower = lower_of(walk, yg_bytes_cut(url, start, end));
	if (!is_attackers(walk, lower, false) && !is_clean_domain(walk, lower))
		return out;
	if (stop < url.size)
		add_mark(walk, path, YG_TAKEN_QUERY, (size_t[]){stop, url.size, stop, stop});
	yg_buf_init(&to, YG_NOTICE_TEXT_MAX);
	yg_buf_add(&to, yg_bytes_cut(url, 0, yg_bytes_find(url, YG_S("://")) + 3));
	yg_buf_add(&to, yg_bytes_cut(url, start, stop));
	if (yg_buf_error(&to) || !yg_arena_dup(walk->arena, yg_buf_bytes(&to), &out))
		walk->rc = YG_ENOMEM;
	yg_buf_done(&to);
	prove_address(walk, lower);
	prove_domain(walk, lower);
	return out;
}

static bool is_hash(struct yg_bytes text)
{
	static const size_t sizes[] = {32, 40, 56, 64, 96, 128};
	bool is_size = false;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		is_size = is_size || text.size == sizes[i];
	for (size_t i = 0; is_size && i < text.size; i++)
		is_size = yg_hex_digit(text.data[i]) >= 0;
	return is_size;
}

/* The value of an indicator when it is the attacker's beyond doubt; else empty. */
static struct yg_bytes clean_value(struct walk *walk, const char *path,
				   const struct yg_notice_indicator *from)
{
	struct yg_bytes lower;

	switch (from->type) {
	case YG_NOTICE_INDICATOR_ADDRESS:
		if (!is_attackers(walk, from->value, true))
			break;
		prove_address(walk, from->value);
		return from->value;
	case YG_NOTICE_INDICATOR_DOMAIN:
		lower = lower_of(walk, from->value);
		if (!is_clean_domain(walk, lower))
			break;
		prove_domain(walk, lower);
		return lower;
	case YG_NOTICE_INDICATOR_URL:
		return clean_url(walk, path, from->value);
	case YG_NOTICE_INDICATOR_HASH:
		if (is_hash(from->value) && !yg_gate_is_named(walk->ask->own, true, from->value))
			return from->value;
		break;
	default:
		break; /* mail addresses and files may be anybody's */
	}
	return (struct yg_bytes){0};
}

/* May this entry's own marking go where the notice goes? */
static bool entry_may_go(const struct walk *walk, const struct yg_notice_indicator *from)
{
	struct yg_release_ask ask = *walk->ask;
	enum yg_tlp tlp = from->tlp == YG_TLP_NONE ? walk->tlp : from->tlp;
	enum yg_pap pap = from->pap == YG_PAP_NONE ? walk->pap : from->pap;

	return yg_gate_ask(&ask, tlp, pap) == YG_REFUSAL_NONE;
}

static void *list_of(struct walk *walk, size_t count, size_t size)
{
	void *list = yg_arena_zalloc(walk->arena, (count + 1) * size);

	if (!list)
		walk->rc = YG_ENOMEM;
	return list;
}

static void clean_indicators(struct walk *walk, const struct yg_notice_attack *from,
			     struct yg_notice_attack *to)
{
	struct yg_notice_indicator *list = list_of(walk, from->indicators.count, sizeof(*list));
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; walk->rc == YG_OK && i < from->indicators.count; i++) {
		struct yg_notice_indicator at = from->indicators.at[i];

		if (!entry_may_go(walk, &at)) {
			drop(walk, path_of(path, "attack/indicators/%zu", i), YG_TAKEN_MARKING);
			continue;
		}
		at.value = clean_value(walk, path_of(path, "attack/indicators/%zu/value", i), &at);
		if (at.value.size == 0) {
			drop(walk, path_of(path, "attack/indicators/%zu", i), YG_TAKEN_UNPROVED);
			continue;
		}
		/* Comments wait until all that is proved is known; the place is kept in them. */
		at.comment = (struct yg_bytes){(const uint8_t *)&from->indicators.at[i], i + 1};
		list[to->indicators.count++] = at;
	}
	to->indicators.at = list;
	for (size_t k = 0; walk->rc == YG_OK && k < to->indicators.count; k++) {
		size_t i = list[k].comment.size - 1;

		list[k].comment = clean(walk, path_of(path, "attack/indicators/%zu/comment", i),
					from->indicators.at[i].comment, YG_MANNER_FREE, false);
	}
}

static void clean_sources(struct walk *walk, const struct yg_notice_attack *from,
			  struct yg_notice_attack *to)
{
	struct yg_bytes *list = list_of(walk, from->sources.count, sizeof(*list));
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; walk->rc == YG_OK && i < from->sources.count; i++) {
		if (is_attackers(walk, from->sources.at[i], false)) {
			prove_address(walk, from->sources.at[i]);
			list[to->sources.count++] = from->sources.at[i];
		} else {
			drop(walk, path_of(path, "attack/sources/%zu", i), YG_TAKEN_ADDRESS);
		}
	}
	to->sources.at = list;
}

static void clean_rules(struct walk *walk, const struct yg_notice_attack *from,
			struct yg_notice_attack *to)
{
	struct yg_notice_rule *list = list_of(walk, from->rules.count, sizeof(*list));
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; walk->rc == YG_OK && i < from->rules.count; i++) {
		list[i] = from->rules.at[i];
		list[i].id = whole(walk, path_of(path, "attack/rules/%zu/id", i), list[i].id);
		list[i].title = clean_both(walk, path_of(path, "attack/rules/%zu/title", i),
					   &from->rules.at[i].title, YG_MANNER_TITLE);
	}
	to->rules.at = list;
	to->rules.count = from->rules.count;
}

static void clean_attack(struct walk *walk, const struct yg_notice_attack *from,
			 struct yg_notice_attack *to)
{
	struct yg_bytes *techniques = list_of(walk, from->techniques.count, sizeof(*techniques));
	char path[PATH_MAX_BYTES];

	to->field = from->field;
	to->first_ns = to->last_ns = YG_TIME_NONE;
	clean_sources(walk, from, to);
	clean_indicators(walk, from, to);
	for (size_t i = 0; walk->rc == YG_OK && i < from->techniques.count; i++) {
		struct yg_bytes text = word(walk, path_of(path, "attack/techniques/%zu", i),
					    from->techniques.at[i]);

		if (text.size)
			techniques[to->techniques.count++] = text;
	}
	to->techniques.at = techniques;
	if (!walk->audience->is_whole) {
		drop(walk, "attack/rules", YG_TAKEN_FIELD);
		return;
	}
	to->outcome = from->outcome;
	to->first_ns = from->first_ns;
	to->last_ns = from->last_ns;
	to->count = from->count;
	to->log_kind = word(walk, "attack/log_kind", from->log_kind);
	clean_rules(walk, from, to);
	to->comment = clean_both(walk, "attack/comment", &from->comment, YG_MANNER_FREE);
}

/* ---- the rest of a notice ---- */

static void clean_damage(struct walk *walk, const struct yg_notice *from, struct yg_notice *to)
{
	struct yg_notice_target *targets;
	struct yg_bytes *records;
	char path[PATH_MAX_BYTES];

	if (!from->has_damage)
		return;
	if (!walk->audience->has_damage || !walk->ask->has_damage_consent) {
		drop(walk, "damage", YG_TAKEN_FIELD);
		return;
	}
	to->has_damage = true;
	to->damage.what = clean_both(walk, "damage/what", &from->damage.what, YG_MANNER_FREE);
	to->damage.response =
		clean_both(walk, "damage/response", &from->damage.response, YG_MANNER_FREE);
	targets = list_of(walk, from->damage.targets.count, sizeof(*targets));
	records = list_of(walk, from->damage.records.count, sizeof(*records));
	for (size_t i = 0; walk->rc == YG_OK && i < from->damage.targets.count; i++) {
		/* What was hit is the house itself: its kind may be told, not which one. */
		targets[i].type = whole(walk, path_of(path, "damage/targets/%zu/type", i),
					from->damage.targets.at[i].type);
		drop(walk, path_of(path, "damage/targets/%zu/value", i), YG_TAKEN_FIELD);
	}
	for (size_t i = 0; walk->rc == YG_OK && i < from->damage.records.count; i++)
		records[i] = clean(walk, path_of(path, "damage/records/%zu", i),
				   from->damage.records.at[i], YG_MANNER_FREE, false);
	to->damage.targets.at = targets;
	to->damage.targets.count = from->damage.targets.count;
	to->damage.records.at = records;
	to->damage.records.count = from->damage.records.count;
}

static void clean_victim(struct walk *walk, const struct yg_notice *from, struct yg_notice *to)
{
	if (!from->has_victim)
		return;
	if (walk->with_names) {
		drop(walk, "victim", YG_TAKEN_FIELD);
		return;
	}
	to->has_victim = true;
	to->victim.name = from->victim.name;
	to->victim.corporate_number = from->victim.corporate_number;
}

static const struct yg_notice_text *clean_texts(struct walk *walk, const char *key,
						const struct yg_notice_text *from, size_t count)
{
	struct yg_notice_text *list = list_of(walk, count, sizeof(*list));
	char path[PATH_MAX_BYTES];

	for (size_t i = 0; walk->rc == YG_OK && i < count; i++)
		list[i] = clean_both(walk, path_of(path, "%s/%zu", key, i), &from[i],
				     YG_MANNER_SENDER);
	return list;
}

/* A notice that nobody gave another title has that of one of its rules. */
static bool is_rules_title(const struct yg_notice *notice)
{
	for (size_t i = 0; i < notice->attack.rules.count; i++)
		if (yg_bytes_eq(notice->attack.rules.at[i].title.en, notice->title.en) &&
		    yg_bytes_eq(notice->attack.rules.at[i].title.ja, notice->title.ja))
			return true;
	return false;
}

static void clean_notice(struct walk *walk, const struct yg_notice *from, struct yg_notice *to)
{
	bool is_sensor = walk->ask->audience == YG_AUDIENCE_SENSOR;

	to->kind = from->kind == YG_NOTICE_WARNING && !walk->audience->is_whole
			   ? YG_NOTICE_INDICATORS
			   : from->kind;
	to->number = whole(walk, "number", from->number);
	to->refers = whole(walk, "refers", from->refers);
	to->time_ns = from->time_ns;
	to->tlp = walk->tlp;
	to->pap = walk->pap;
	to->certain = from->certain;
	to->is_automatic = from->is_automatic;
	to->is_exercise = from->is_exercise;
	clean_attack(walk, &from->attack, &to->attack);
	to->certain.source =
		clean(walk, "certainty/source", from->certain.source, YG_MANNER_SENDER, false);
	to->issuer = clean_both(walk, "issuer", &from->issuer, YG_MANNER_SENDER);
	to->reach = clean_both(walk, "reach", &from->reach, YG_MANNER_SENDER);
	if (walk->audience->is_whole)
		to->title = clean_both(walk, "title", &from->title,
				       is_rules_title(from) ? YG_MANNER_TITLE : YG_MANNER_FREE);
	else
		drop(walk, "title", YG_TAKEN_FIELD);
	clean_victim(walk, from, to);
	clean_damage(walk, from, to);
	if (is_sensor)
		return;
	to->act.at = clean_texts(walk, "act", from->act.at, from->act.count);
	to->act.count = from->act.count;
	to->avoid.at = clean_texts(walk, "avoid", from->avoid.at, from->avoid.count);
	to->avoid.count = from->avoid.count;
	to->tell.at = clean_texts(walk, "tell", from->tell.at, from->tell.count);
	to->tell.count = from->tell.count;
}

static bool is_empty(const struct walk *walk, const struct yg_notice *notice)
{
	size_t facts = notice->attack.indicators.count + notice->attack.sources.count;

	/* How it is done and what to do are worth telling where nothing can be looked for, as in
	 * logs that name no address; but to a program they are nothing. */
	if (walk->ask->audience != YG_AUDIENCE_SENSOR)
		facts += notice->attack.techniques.count + notice->act.count;
	if (notice->kind == YG_NOTICE_WITHDRAWAL)
		return notice->refers.size == 0;
	if (notice->kind == YG_NOTICE_DRILL)
		return notice->title.en.size + notice->title.ja.size == 0;
	if (walk->audience->is_whole)
		facts += notice->attack.rules.count + notice->attack.comment.en.size +
			 notice->attack.comment.ja.size;
	return facts == 0;
}

static int release_notice(struct walk *walk, const struct yg_notice *from, struct yg_released *ret)
{
	struct yg_notice to = {0};

	if (walk->ask->audience != YG_AUDIENCE_OWN && from->kind == YG_NOTICE_VICTIM) {
		ret->refusal = YG_REFUSAL_KIND;
		return YG_EACCES;
	}
	ret->refusal = yg_gate_ask(walk->ask, walk->tlp, walk->pap);
	if (ret->refusal == YG_REFUSAL_NONE && !walk->ask->own)
		ret->refusal = YG_REFUSAL_OWN;
	if (ret->refusal != YG_REFUSAL_NONE)
		return YG_EACCES;
	walk->marks = ret->marks = json_array();
	if (!walk->marks)
		return YG_ENOMEM;
	clean_notice(walk, from, &to);
	if (walk->rc != YG_OK)
		return walk->rc;
	if (is_empty(walk, &to)) {
		ret->refusal = YG_REFUSAL_EMPTY;
		return YG_EACCES;
	}
	ret->is_named = to.has_victim;
	return yg_notice_json(&to, &ret->copy);
}

/* To the organisation itself: all but what is the hub's. */
static int release_own(const json_t *object, struct yg_released *ret)
{
	ret->marks = json_array();
	ret->copy = json_deep_copy(object);
	if (!ret->marks || !ret->copy)
		return YG_ENOMEM;
	(void)json_object_del(ret->copy, "situation"); /* not there: as wanted */
	return YG_OK;
}

int yg_gate_notice(const struct yg_release_ask *ask, const json_t *object, struct yg_released *ret)
{
	struct walk *walk;
	struct yg_arena *arena = yg_arena_new(YG_GATE_ARENA_MAX);
	struct yg_line_fault fault;
	struct yg_notice from;
	int rc = YG_ENOMEM;

	walk = arena ? yg_arena_zalloc(arena, sizeof(*walk)) : NULL;
	if (!walk)
		goto out;
	rc = yg_notice_read(object, arena, &from, &fault);
	if (rc != YG_OK) {
		rc = rc == YG_ENOMEM ? rc : YG_EINVAL;
		goto out;
	}
	walk->ask = ask;
	walk->arena = arena;
	walk->audience = yg_gate_audience_of(ask->audience);
	walk->tlp = from.tlp;
	walk->pap = from.pap;
	if (ask->loosening)
		(void)yg_loosening_of(ask->loosening, object, &walk->tlp, &walk->pap);
	walk->with_names = !(ask->agreed == YG_AGREED_NAMED && walk->audience->has_name);
	ret->tlp = walk->tlp;
	ret->pap = walk->pap;
	if (ask->audience == YG_AUDIENCE_OWN)
		rc = release_own(object, ret);
	else
		rc = release_notice(walk, &from, ret);
out:
	yg_arena_free(arena);
	return rc;
}

/* ---- records of incidents ---- */

/* @from, a list of texts or one text, without what points to the house; NULL: nothing is left. */
static json_t *clean_json(struct walk *walk, const char *path, const json_t *from)
{
	struct yg_bytes text;
	json_t *list;

	if (json_is_string(from)) {
		text = clean(walk, path, yg_bytes_str(json_string_value(from)), YG_MANNER_FREE,
			     true);
		return text.size ? yg_json_string(text) : NULL;
	}
	list = json_array();
	for (size_t i = 0; list && walk->rc == YG_OK && i < json_array_size(from); i++) {
		char at[PATH_MAX_BYTES];
		json_t *one =
			clean_json(walk, path_of(at, "%s/%zu", path, i), json_array_get(from, i));

		if (one && json_array_append_new(list, one) != 0)
			walk->rc = YG_ENOMEM;
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

/* An indicator whose value is the attacker's; NULL: it stays inside. */
static json_t *clean_indicator(struct walk *walk, const char *path, const json_t *from)
{
	struct yg_notice_indicator one = {.value = yg_json_text(from, "value")};
	struct yg_bytes type = yg_json_text(from, "type");
	struct yg_bytes comment;
	char at[PATH_MAX_BYTES];
	json_t *to;

	while (one.type < YG_NOTICE_INDICATOR_COUNT &&
	       !yg_bytes_eq(type, yg_bytes_str(yg_notice_indicator_name(one.type))))
		one.type++;
	if (one.type == YG_NOTICE_INDICATOR_COUNT)
		return NULL;
	one.value = clean_value(walk, path, &one);
	if (one.value.size == 0) {
		drop(walk, path, YG_TAKEN_UNPROVED);
		return NULL;
	}
	comment = walk->audience->is_whole
			  ? clean(walk, path_of(at, "%s/comment", path),
				  yg_json_text(from, "comment"), YG_MANNER_FREE, true)
			  : (struct yg_bytes){0};
	to = json_object();
	if (!to || yg_json_set(to, "type", yg_json_string(type)) != YG_OK ||
	    yg_json_set(to, "value", yg_json_string(one.value)) != YG_OK ||
	    (comment.size && yg_json_set(to, "comment", yg_json_string(comment)) != YG_OK)) {
		json_decref(to);
		walk->rc = YG_ENOMEM;
		return NULL;
	}
	return to;
}

static json_t *clean_indicator_list(struct walk *walk, const char *path, const json_t *from)
{
	json_t *list = json_array();

	for (size_t i = 0; list && walk->rc == YG_OK && i < json_array_size(from); i++) {
		char at[PATH_MAX_BYTES];
		json_t *one = clean_indicator(walk, path_of(at, "%s/%zu", path, i),
					      json_array_get(from, i));

		if (one && json_array_append_new(list, one) != 0)
			walk->rc = YG_ENOMEM;
	}
	if (json_array_size(list) > 0)
		return list;
	json_decref(list);
	return NULL;
}

/* One value as the audience gets it; NULL: not at all. */
static json_t *clean_field(struct walk *walk, const struct yg_form_field *field, const char *path,
			   const json_t *from)
{
	if (!walk->with_names)
		return json_deep_copy(from);
	switch (field->type) {
	case YG_FORM_LINE:
	case YG_FORM_PROSE:
	case YG_FORM_LINES:
		if (walk->audience->is_whole)
			return clean_json(walk, path, from);
		drop(walk, path, YG_TAKEN_FIELD);
		return NULL;
	case YG_FORM_INDICATORS:
		return clean_indicator_list(walk, path, from);
	default:
		return json_deep_copy(from); /* a choice, a number, a time */
	}
}

/* Which halves go: the name's and the damage's only as was agreed, the public's only to the public.
 */
static bool half_goes(const struct walk *walk, enum yg_form_half half)
{
	if (walk->ask->audience == YG_AUDIENCE_PUBLIC)
		return half == YG_FORM_PUBLIC;
	if (half == YG_FORM_WHO)
		return !walk->with_names;
	if (half == YG_FORM_DAMAGE)
		return !walk->with_names && walk->audience->has_damage &&
		       walk->ask->has_damage_consent;
	return half == YG_FORM_ATTACK;
}

/* The object of @section in @to, made where it is missing; NULL without memory. */
static json_t *body_of(struct walk *walk, const char *section, json_t *to)
{
	json_t *body = json_object_get(to, section);

	if (body)
		return body;
	body = json_object();
	if (!body || json_object_set_new(to, section, body) != 0) {
		walk->rc = YG_ENOMEM;
		return NULL;
	}
	return body;
}

/* @is_proof: indicators only, which prove what may stand in the texts; else all others. */
static void clean_section(struct walk *walk, const struct yg_form_section *section,
			  const json_t *from, json_t *to, bool is_proof)
{
	for (uint32_t i = 0; walk->rc == YG_OK && i < section->count; i++) {
		const struct yg_form_field *field = &walk->ask->forms->fields[section->first + i];
		const char *name = (const char *)field->name.data; /* ends with NUL */
		const json_t *value = json_object_get(from, name);
		char path[PATH_MAX_BYTES];
		json_t *body;
		json_t *one;

		if (!value || is_proof != (field->type == YG_FORM_INDICATORS))
			continue;
		(void)path_of(path, "%.*s", YG_FMT(field->path));
		if (strcmp(path, "reporter.own_names") == 0)
			continue; /* the gate's own list */
		one = clean_field(walk, field, path, value);
		body = one ? body_of(walk, (const char *)section->name.data, to) : NULL;
		if (!body)
			json_decref(one);
		else if (json_object_set_new(body, name, one) != 0)
			walk->rc = YG_ENOMEM;
	}
}

static void clean_sections(struct walk *walk, const json_t *from, json_t *to, bool is_proof)
{
	const struct yg_forms *forms = walk->ask->forms;

	for (uint32_t i = 0; walk->rc == YG_OK && i < forms->section_count; i++) {
		const struct yg_form_section *section = &forms->sections[i];
		const char *name = (const char *)section->name.data; /* ends with NUL */
		const json_t *body = json_object_get(from, name);

		if (!json_is_object(body))
			continue;
		if (half_goes(walk, section->half))
			clean_section(walk, section, body, to, is_proof);
		else if (!is_proof)
			drop(walk, name, YG_TAKEN_FIELD);
	}
}

/* Each section by its half; what is no section of @ask->forms stays inside. YG_EEND: nothing goes.
 */
static int clean_record(struct walk *walk, const json_t *from, json_t *to)
{
	static const char *const named[] = {"id", "version", "sent"};
	size_t before;

	if (yg_json_set(to, "format", json_string("yagura-incident/1")) != YG_OK ||
	    (walk->tlp != YG_TLP_NONE &&
	     yg_json_set(to, "tlp", json_string(yg_tlp_name(walk->tlp))) != YG_OK))
		return YG_ENOMEM;
	for (size_t i = 0; i < 3 && !walk->with_names; i++)
		if (json_object_get(from, named[i]) &&
		    yg_json_set(to, named[i], json_deep_copy(json_object_get(from, named[i]))) !=
			    YG_OK)
			return YG_ENOMEM;
	before = json_object_size(to);
	clean_sections(walk, from, to, true);
	clean_sections(walk, from, to, false);
	return walk->rc == YG_OK && json_object_size(to) == before ? YG_EEND : walk->rc;
}

/* Has a person put his name to the public half? */
static bool is_approved(const json_t *object)
{
	return yg_bytes_trim(yg_json_text(json_object_get(object, "statement"), "approved_by"))
		       .size > 0;
}

static enum yg_refusal refuse_incident(const struct walk *walk, const json_t *object)
{
	enum yg_refusal refusal;

	if (walk->ask->audience == YG_AUDIENCE_PUBLIC && !is_approved(object))
		return YG_REFUSAL_APPROVAL;
	refusal = yg_gate_ask(walk->ask, walk->tlp, YG_PAP_NONE);
	if (refusal == YG_REFUSAL_NONE && walk->with_names && !walk->ask->own)
		return YG_REFUSAL_OWN;
	return refusal;
}

int yg_gate_incident(const struct yg_release_ask *ask, const json_t *object,
		     struct yg_released *ret)
{
	struct yg_arena *arena = yg_arena_new(YG_GATE_ARENA_MAX);
	struct walk *walk = arena ? yg_arena_zalloc(arena, sizeof(*walk)) : NULL;
	int rc = YG_ENOMEM;

	if (!walk || !ask->forms) {
		rc = walk ? YG_EINVAL : YG_ENOMEM;
		goto out;
	}
	walk->ask = ask;
	walk->arena = arena;
	walk->audience = yg_gate_audience_of(ask->audience);
	/* What was approved for everybody is clear, whatever the rest of the record is. */
	walk->tlp = YG_TLP_CLEAR;
	if (ask->audience != YG_AUDIENCE_PUBLIC &&
	    !yg_tlp_by_name(yg_json_text(object, "tlp"), &walk->tlp))
		walk->tlp = YG_TLP_NONE;
	walk->with_names = ask->audience != YG_AUDIENCE_PUBLIC &&
			   !(ask->agreed == YG_AGREED_NAMED && walk->audience->has_name);
	ret->tlp = walk->tlp;
	ret->is_named = !walk->with_names;
	if (ask->audience == YG_AUDIENCE_OWN) {
		rc = release_own(object, ret);
		goto out;
	}
	rc = YG_EACCES;
	ret->refusal = refuse_incident(walk, object);
	if (ret->refusal != YG_REFUSAL_NONE)
		goto out;
	walk->marks = ret->marks = json_array();
	ret->copy = json_object();
	rc = walk->marks && ret->copy ? clean_record(walk, object, ret->copy) : YG_ENOMEM;
	if (rc == YG_EEND) {
		ret->refusal = YG_REFUSAL_EMPTY;
		rc = YG_EACCES;
	}
out:
	yg_arena_free(arena);
	return rc;
}
