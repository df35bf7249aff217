/* SPDX-License-Identifier: Apache-2.0 */
#include "model/notice.h"

#include <stdarg.h>

#include "base/ban.h"

static const char *const kind_names[] = {
#define X(code, word, title) word,
	YG_NOTICE_KIND_MAP(X)
#undef X
};
static const char *const kind_titles[] = {
#define X(code, word, title) title,
	YG_NOTICE_KIND_MAP(X)
#undef X
};
static const char *const indicator_names[] = {
#define X(code, word, words) word,
	YG_NOTICE_INDICATOR_MAP(X)
#undef X
};
static const char *const indicator_words[] = {
#define X(code, word, words) words,
	YG_NOTICE_INDICATOR_MAP(X)
#undef X
};

const char *yg_notice_kind_name(enum yg_notice_kind kind)
{
	return kind_names[kind];
}

const char *yg_notice_kind_title(enum yg_notice_kind kind)
{
	return kind_titles[kind];
}

const char *yg_notice_indicator_name(enum yg_notice_indicator_type type)
{
	return indicator_names[type];
}

const char *yg_notice_indicator_words(enum yg_notice_indicator_type type)
{
	return indicator_words[type];
}

static bool find(struct yg_bytes name, const char *const *names, unsigned count, unsigned *ret)
{
	for (unsigned i = 0; i < count; i++) {
		if (yg_bytes_eq(name, yg_bytes_str(names[i]))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool yg_notice_kind_by_name(struct yg_bytes name, enum yg_notice_kind *ret)
{
	unsigned found;

	if (!find(name, kind_names, YG_NOTICE_KIND_COUNT, &found))
		return false;
	*ret = (enum yg_notice_kind)found;
	return true;
}

/* ---- to JSON ---- */

/* The first error stays; later additions do nothing. */
static void put(json_t *to, const char *key, json_t *take_value, int *rc)
{
	if (*rc == YG_OK)
		*rc = yg_json_set(to, key, take_value);
	else
		json_decref(take_value);
}

static void put_text(json_t *to, const char *key, struct yg_bytes text, int *rc)
{
	if (text.size == 0)
		return;
	if (text.size > YG_NOTICE_TEXT_MAX && *rc == YG_OK)
		*rc = YG_ELIMIT;
	if (*rc == YG_OK)
		put(to, key, yg_json_string(text), rc);
}

static void put_word(json_t *to, const char *key, const char *word, int *rc)
{
	put_text(to, key, yg_bytes_str(word), rc);
}

static void put_count(json_t *to, const char *key, uint64_t count, int *rc)
{
	put(to, key, json_integer((json_int_t)(count > INT64_MAX ? INT64_MAX : count)), rc);
}

static void put_time(json_t *to, const char *key, int64_t time_ns, int *rc)
{
	char text[YG_ISO_SIZE];

	if (time_ns == YG_TIME_NONE || time_ns == INT64_MAX)
		return;
	(void)yg_time_iso(time_ns, 0, text);
	put_word(to, key, text, rc);
}

static json_t *both_json(const struct yg_notice_text *text, int *rc)
{
	json_t *both = json_object();

	put_text(both, "en", text->en, rc);
	put_text(both, "ja", text->ja, rc);
	return both;
}

static void put_both(json_t *to, const char *key, const struct yg_notice_text *text, int *rc)
{
	if (text->en.size || text->ja.size)
		put(to, key, both_json(text, rc), rc);
}

/* A list is put together by one function for each entry. */
typedef json_t *(*entry_fn)(const void *list, size_t index, int *rc);

static void put_list(json_t *to, const char *key, const void *list, size_t count, entry_fn fn,
		     int *rc)
{
	json_t *array;

	if (count == 0)
		return;
	if (count > YG_NOTICE_LIST_MAX && *rc == YG_OK)
		*rc = YG_ELIMIT;
	array = json_array();
	for (size_t i = 0; *rc == YG_OK && i < count; i++) {
		json_t *entry = fn(list, i, rc);

		if (*rc != YG_OK)
			json_decref(entry);
		else if (!entry || json_array_append_new(array, entry) != 0)
			*rc = YG_ENOMEM;
	}
	put(to, key, array, rc);
}

static json_t *text_entry(const void *list, size_t index, int *rc)
{
	const struct yg_bytes *texts = list;

	if (texts[index].size > YG_NOTICE_TEXT_MAX) {
		*rc = YG_ELIMIT;
		return NULL;
	}
	return yg_json_string(texts[index]);
}

static json_t *both_entry(const void *list, size_t index, int *rc)
{
	return both_json((const struct yg_notice_text *)list + index, rc);
}

static json_t *rule_entry(const void *list, size_t index, int *rc)
{
	const struct yg_notice_rule *rule = (const struct yg_notice_rule *)list + index;
	json_t *entry = json_object();

	put_text(entry, "id", rule->id, rc);
	put_both(entry, "title", &rule->title, rc);
	put_word(entry, "level", yg_level_name(rule->level), rc);
	put_count(entry, "count", rule->count, rc);
	return entry;
}

static json_t *indicator_entry(const void *list, size_t index, int *rc)
{
	const struct yg_notice_indicator *at = (const struct yg_notice_indicator *)list + index;
	json_t *entry = json_object();

	put_word(entry, "type", indicator_names[at->type], rc);
	put_text(entry, "value", at->value, rc);
	put_word(entry, "tlp", yg_tlp_name(at->tlp), rc);
	put_word(entry, "pap", yg_pap_name(at->pap), rc);
	if (at->confidence)
		put_count(entry, "confidence", at->confidence, rc);
	put_time(entry, "valid_until", at->valid_until_ns, rc);
	put_text(entry, "comment", at->comment, rc);
	return entry;
}

static json_t *target_entry(const void *list, size_t index, int *rc)
{
	const struct yg_notice_target *target = (const struct yg_notice_target *)list + index;
	json_t *entry = json_object();

	put_text(entry, "type", target->type, rc);
	put_text(entry, "value", target->value, rc);
	return entry;
}

static json_t *attack_json(const struct yg_notice_attack *attack, int *rc)
{
	json_t *to = json_object();

	put_word(to, "field", yg_attack_name(attack->field), rc);
	put_text(to, "log_kind", attack->log_kind, rc);
	put_word(to, "outcome", yg_outcome_name(attack->outcome), rc);
	put_time(to, "first", attack->first_ns, rc);
	put_time(to, "last", attack->last_ns, rc);
	put_count(to, "count", attack->count, rc);
	put_list(to, "sources", attack->sources.at, attack->sources.count, text_entry, rc);
	put_list(to, "techniques", attack->techniques.at, attack->techniques.count, text_entry, rc);
	put_list(to, "rules", attack->rules.at, attack->rules.count, rule_entry, rc);
	put_list(to, "indicators", attack->indicators.at, attack->indicators.count, indicator_entry,
		 rc);
	put_both(to, "comment", &attack->comment, rc);
	return to;
}

static json_t *damage_json(const struct yg_notice_damage *damage, int *rc)
{
	json_t *to = json_object();

	put_both(to, "what", &damage->what, rc);
	put_both(to, "response", &damage->response, rc);
	put_list(to, "targets", damage->targets.at, damage->targets.count, target_entry, rc);
	put_list(to, "records", damage->records.at, damage->records.count, text_entry, rc);
	return to;
}

static json_t *victim_json(const struct yg_notice_victim *victim, int *rc)
{
	json_t *to = json_object();

	put_text(to, "id", victim->id, rc);
	put_both(to, "name", &victim->name, rc);
	put_text(to, "corporate_number", victim->corporate_number, rc);
	return to;
}

static json_t *certain_json(const struct yg_certain *certain, int *rc)
{
	json_t *to = json_object();

	put_word(to, "level", yg_certainty_name(certain->certainty), rc);
	put_text(to, "source", certain->source, rc);
	put_time(to, "time", certain->time_ns, rc);
	return to;
}

int yg_notice_json(const struct yg_notice *notice, json_t **ret)
{
	json_t *to = json_object();
	int rc = to ? YG_OK : YG_ENOMEM;

	put_word(to, "kind", kind_names[notice->kind], &rc);
	put_text(to, "number", notice->number, &rc);
	put_text(to, "refers", notice->refers, &rc);
	put_text(to, "situation", notice->situation, &rc);
	put_time(to, "time", notice->time_ns, &rc);
	put_word(to, "tlp", yg_tlp_name(notice->tlp), &rc);
	put_word(to, "pap", yg_pap_name(notice->pap), &rc);
	put(to, "certainty", certain_json(&notice->certain, &rc), &rc);
	put(to, "automatic", json_boolean(notice->is_automatic), &rc);
	put(to, "exercise", json_boolean(notice->is_exercise), &rc);
	put_both(to, "issuer", &notice->issuer, &rc);
	put_both(to, "reach", &notice->reach, &rc);
	put_both(to, "title", &notice->title, &rc);
	if (notice->has_victim)
		put(to, "victim", victim_json(&notice->victim, &rc), &rc);
	put(to, "attack", attack_json(&notice->attack, &rc), &rc);
	if (notice->has_damage)
		put(to, "damage", damage_json(&notice->damage, &rc), &rc);
	put_list(to, "act", notice->act.at, notice->act.count, both_entry, &rc);
	put_list(to, "avoid", notice->avoid.at, notice->avoid.count, both_entry, &rc);
	put_list(to, "tell", notice->tell.at, notice->tell.count, both_entry, &rc);
	if (rc != YG_OK) {
		json_decref(to);
		return rc;
	}
	*ret = to;
	return YG_OK;
}

/* ---- from JSON ---- */

struct reading {
	struct yg_arena *arena;
	struct yg_line_fault *reterr;
	int rc; /* the first error; nothing is read after it */
};

__attribute__((format(printf, 3, 4))) static void bad(struct reading *in, enum yg_err code,
						      const char *format, ...)
{
	char text[YG_LINE_FAULT_MAX];
	va_list args;

	if (in->rc != YG_OK)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	in->rc = yg_line_fault_set(in->reterr, code, 0, "%s", text);
}

/* The value under @key when it is of @type; NULL when it is not there. */
static const json_t *get(struct reading *in, const json_t *from, const char *key, json_type type)
{
	const json_t *value = in->rc == YG_OK ? json_object_get(from, key) : NULL;

	if (!value || json_is_null(value))
		return NULL;
	if (json_typeof(value) != type) {
		bad(in, YG_EFORMAT, "\"%s\": a value of another type is wanted", key);
		return NULL;
	}
	return value;
}

static struct yg_bytes bytes_of(struct reading *in, const json_t *value, const char *key)
{
	struct yg_bytes text = {(const uint8_t *)json_string_value(value),
				json_string_length(value)};

	if (text.size > YG_NOTICE_TEXT_MAX) {
		bad(in, YG_ELIMIT, "\"%s\": more than %u bytes", key, YG_NOTICE_TEXT_MAX);
		return (struct yg_bytes){0};
	}
	return text;
}

static struct yg_bytes get_text(struct reading *in, const json_t *from, const char *key)
{
	const json_t *value = get(in, from, key, JSON_STRING);

	return value ? bytes_of(in, value, key) : (struct yg_bytes){0};
}

static uint64_t get_count(struct reading *in, const json_t *from, const char *key)
{
	const json_t *value = get(in, from, key, JSON_INTEGER);

	if (value && json_integer_value(value) < 0)
		bad(in, YG_EFORMAT, "\"%s\": less than 0", key);
	return value && in->rc == YG_OK ? (uint64_t)json_integer_value(value) : 0;
}

static bool get_bool(struct reading *in, const json_t *from, const char *key)
{
	const json_t *value = in->rc == YG_OK ? json_object_get(from, key) : NULL;

	if (value && !json_is_boolean(value) && !json_is_null(value))
		bad(in, YG_EFORMAT, "\"%s\": true or false is wanted", key);
	return json_is_true(value);
}

static int64_t get_time(struct reading *in, const json_t *from, const char *key, int64_t otherwise)
{
	struct yg_bytes text = get_text(in, from, key);
	int64_t time_ns = otherwise;
	bool has_zone = true;

	if (text.size && (!yg_time_parse_iso(text, 0, &time_ns, &has_zone) || !has_zone))
		bad(in, YG_EFORMAT, "\"%s\": no time with a zone (2026-11-25T09:00:00Z)", key);
	return time_ns;
}

/* The place of the word under @key among @names; @otherwise where it is not there. */
static unsigned get_word(struct reading *in, const json_t *from, const char *key,
			 const char *const *names, unsigned count)
{
	struct yg_bytes word = get_text(in, from, key);
	unsigned found = count;

	if (word.size && !find(word, names, count, &found))
		bad(in, YG_EFORMAT, "\"%s\": the word \"%.*s\" is not known here", key,
		    (int)(word.size > 60 ? 60 : word.size), (const char *)word.data);
	return found;
}

static void get_marking(struct reading *in, const json_t *from, enum yg_tlp *tlp, enum yg_pap *pap)
{
	struct yg_bytes text = get_text(in, from, "tlp");

	*tlp = YG_TLP_NONE;
	*pap = YG_PAP_NONE;
	if (text.size && !yg_tlp_by_name(text, tlp))
		bad(in, YG_EFORMAT, "\"tlp\": clear, green, amber, amber+strict or red is wanted");
	text = get_text(in, from, "pap");
	if (text.size && !yg_pap_by_name(text, pap))
		bad(in, YG_EFORMAT, "\"pap\": clear, green, amber or red is wanted");
}

static void read_both(struct reading *in, const json_t *from, struct yg_notice_text *ret)
{
	ret->en = get_text(in, from, "en");
	ret->ja = get_text(in, from, "ja");
}

static struct yg_notice_text get_both(struct reading *in, const json_t *from, const char *key)
{
	const json_t *value = get(in, from, key, JSON_OBJECT);
	struct yg_notice_text text = {0};

	if (value)
		read_both(in, value, &text);
	return text;
}

/* One entry of a list, into its place. */
typedef void (*read_fn)(struct reading *in, const json_t *entry, void *to);

static const void *get_list(struct reading *in, const json_t *from, const char *key, size_t size,
			    read_fn fn, size_t *ret_count)
{
	const json_t *list = get(in, from, key, JSON_ARRAY);
	size_t count = json_array_size(list);
	uint8_t *at;

	*ret_count = 0;
	if (count == 0)
		return NULL;
	if (count > YG_NOTICE_LIST_MAX) {
		bad(in, YG_ELIMIT, "\"%s\": more than %u entries", key, YG_NOTICE_LIST_MAX);
		return NULL;
	}
	at = yg_arena_zalloc(in->arena, count * size);
	if (!at) {
		bad(in, YG_ENOMEM, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < count && in->rc == YG_OK; i++)
		fn(in, json_array_get(list, i), at + i * size);
	*ret_count = count;
	return at;
}

static void read_text(struct reading *in, const json_t *entry, void *to)
{
	struct yg_bytes *text = to;

	if (!json_is_string(entry))
		bad(in, YG_EFORMAT, "a list of texts holds something else");
	else
		*text = bytes_of(in, entry, "a list's entry");
}

/* Entries of other lists are objects. */
static bool is_object(struct reading *in, const json_t *entry)
{
	if (json_is_object(entry))
		return true;
	bad(in, YG_EFORMAT, "a list of objects holds something else");
	return false;
}

static void read_pair(struct reading *in, const json_t *entry, void *to)
{
	if (is_object(in, entry))
		read_both(in, entry, to);
}

static void read_rule(struct reading *in, const json_t *entry, void *to)
{
	struct yg_notice_rule *rule = to;
	struct yg_bytes level;

	if (!is_object(in, entry))
		return;
	rule->id = get_text(in, entry, "id");
	rule->title = get_both(in, entry, "title");
	rule->count = get_count(in, entry, "count");
	level = get_text(in, entry, "level");
	if (level.size && !yg_level_by_name(level, &rule->level))
		bad(in, YG_EFORMAT, "\"level\": no level of a rule");
}

static void read_indicator(struct reading *in, const json_t *entry, void *to)
{
	struct yg_notice_indicator *at = to;
	uint64_t confidence;
	unsigned type;

	if (!is_object(in, entry))
		return;
	type = get_word(in, entry, "type", indicator_names, YG_NOTICE_INDICATOR_COUNT);
	if (type == YG_NOTICE_INDICATOR_COUNT)
		bad(in, YG_EFORMAT, "an indicator without \"type\"");
	else
		at->type = (enum yg_notice_indicator_type)type;
	at->value = get_text(in, entry, "value");
	get_marking(in, entry, &at->tlp, &at->pap);
	confidence = get_count(in, entry, "confidence");
	if (confidence > YG_INDICATOR_CONFIDENCE_MAX)
		bad(in, YG_EFORMAT, "\"confidence\": more than 100");
	at->confidence = (uint8_t)confidence;
	at->valid_until_ns = get_time(in, entry, "valid_until", INT64_MAX);
	at->comment = get_text(in, entry, "comment");
}

static void read_target(struct reading *in, const json_t *entry, void *to)
{
	struct yg_notice_target *target = to;

	if (!is_object(in, entry))
		return;
	target->type = get_text(in, entry, "type");
	target->value = get_text(in, entry, "value");
}

static const char *const outcome_names[] = {"unknown", "attempt", "possible"};

static void read_attack(struct reading *in, const json_t *from, struct yg_notice_attack *to)
{
	struct yg_bytes field = get_text(in, from, "field");
	unsigned outcome = get_word(in, from, "outcome", outcome_names, 3);

	to->field = YG_ATTACK_OTHER;
	if (field.size && !yg_attack_by_name(field, &to->field))
		bad(in, YG_EFORMAT, "\"field\": no field of attack");
	to->outcome = outcome < 3 ? (enum yg_outcome)outcome : YG_OUTCOME_UNKNOWN;
	to->log_kind = get_text(in, from, "log_kind");
	to->first_ns = get_time(in, from, "first", YG_TIME_NONE);
	to->last_ns = get_time(in, from, "last", YG_TIME_NONE);
	to->count = get_count(in, from, "count");
	to->sources.at = get_list(in, from, "sources", sizeof(struct yg_bytes), read_text,
				  &to->sources.count);
	to->techniques.at = get_list(in, from, "techniques", sizeof(struct yg_bytes), read_text,
				     &to->techniques.count);
	to->rules.at = get_list(in, from, "rules", sizeof(struct yg_notice_rule), read_rule,
				&to->rules.count);
	to->indicators.at = get_list(in, from, "indicators", sizeof(struct yg_notice_indicator),
				     read_indicator, &to->indicators.count);
	to->comment = get_both(in, from, "comment");
}

static void read_damage(struct reading *in, const json_t *from, struct yg_notice_damage *to)
{
	to->what = get_both(in, from, "what");
	to->response = get_both(in, from, "response");
	to->targets.at = get_list(in, from, "targets", sizeof(struct yg_notice_target), read_target,
				  &to->targets.count);
	to->records.at = get_list(in, from, "records", sizeof(struct yg_bytes), read_text,
				  &to->records.count);
}

static void read_certain(struct reading *in, const json_t *from, struct yg_certain *to)
{
	struct yg_bytes level = get_text(in, from, "level");

	if (level.size && !yg_certainty_by_name(level, &to->certainty))
		bad(in, YG_EFORMAT, "\"certainty\": machine, analyst or confirmed is wanted");
	to->source = get_text(in, from, "source");
	to->time_ns = get_time(in, from, "time", YG_TIME_NONE);
}

/* The parts that are objects of their own. */
static void read_parts(struct reading *in, const json_t *tree, struct yg_notice *to)
{
	const json_t *part = get(in, tree, "certainty", JSON_OBJECT);

	to->certain.time_ns = YG_TIME_NONE;
	if (part)
		read_certain(in, part, &to->certain);
	part = get(in, tree, "victim", JSON_OBJECT);
	to->has_victim = part != NULL;
	if (part) {
		to->victim.id = get_text(in, part, "id");
		to->victim.name = get_both(in, part, "name");
		to->victim.corporate_number = get_text(in, part, "corporate_number");
	}
	part = get(in, tree, "attack", JSON_OBJECT);
	to->attack.first_ns = to->attack.last_ns = YG_TIME_NONE;
	to->attack.field = YG_ATTACK_OTHER;
	if (part)
		read_attack(in, part, &to->attack);
	part = get(in, tree, "damage", JSON_OBJECT);
	to->has_damage = part != NULL;
	if (part)
		read_damage(in, part, &to->damage);
}

int yg_notice_read(const json_t *tree, struct yg_arena *arena, struct yg_notice *ret,
		   struct yg_line_fault *reterr)
{
	struct reading in = {arena, reterr, YG_OK};
	struct yg_notice to = {0};
	unsigned kind;

	if (!json_is_object(tree))
		return yg_line_fault_set(reterr, YG_EFORMAT, 0, "a notice is an object");
	kind = get_word(&in, tree, "kind", kind_names, YG_NOTICE_KIND_COUNT);
	if (kind == YG_NOTICE_KIND_COUNT)
		bad(&in, YG_EFORMAT, "\"kind\" is missing");
	else
		to.kind = (enum yg_notice_kind)kind;
	to.number = get_text(&in, tree, "number");
	if (to.number.size > YG_NOTICE_NUMBER_MAX)
		bad(&in, YG_ELIMIT, "\"number\": more than %u bytes", YG_NOTICE_NUMBER_MAX);
	to.refers = get_text(&in, tree, "refers");
	to.situation = get_text(&in, tree, "situation");
	to.time_ns = get_time(&in, tree, "time", YG_TIME_NONE);
	get_marking(&in, tree, &to.tlp, &to.pap);
	to.is_automatic = get_bool(&in, tree, "automatic");
	to.is_exercise = get_bool(&in, tree, "exercise");
	to.issuer = get_both(&in, tree, "issuer");
	to.reach = get_both(&in, tree, "reach");
	to.title = get_both(&in, tree, "title");
	read_parts(&in, tree, &to);
	to.act.at =
		get_list(&in, tree, "act", sizeof(struct yg_notice_text), read_pair, &to.act.count);
	to.avoid.at = get_list(&in, tree, "avoid", sizeof(struct yg_notice_text), read_pair,
			       &to.avoid.count);
	to.tell.at = get_list(&in, tree, "tell", sizeof(struct yg_notice_text), read_pair,
			      &to.tell.count);
	if (in.rc == YG_OK)
		*ret = to;
	return in.rc;
}
