/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/checks.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define ARENA_MAX (8u << 20)
#define STATE_MAX (1u << 20)
#define PATH_ROOM 4096u

extern const unsigned char yg_checks_pack[];
extern const size_t yg_checks_pack_size;

const char *yg_both_text(const struct yg_both *both, enum yg_lang lang)
{
	return lang == YG_LANG_JA ? both->ja : both->en;
}

/* ---- reading ---- */

struct loading {
	struct yg_checks *c;
	char *reason;
	int rc;
};

static void fail(struct loading *l, const struct yg_yaml *at, const char *words)
{
	if (l->rc != YG_OK)
		return;
	l->rc = YG_EFORMAT;
	(void)snprintf(l->reason, 200, "line %u: %s", at ? at->line : 0, words); /* short */
}

static const char *text_of(struct loading *l, const struct yg_yaml *map, const char *key)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	if (node && node->kind == YG_YAML_SCALAR && node->text.size > 0)
		return (const char *)node->text.data; /* ends in NUL */
	fail(l, map, key);
	return "";
}

static struct yg_both both_of(struct loading *l, const struct yg_yaml *map, const char *key)
{
	const struct yg_yaml *node = yg_yaml_get(map, key);

	if (!node)
		fail(l, map, key);
	return (struct yg_both){text_of(l, node, "en"), text_of(l, node, "ja")};
}

static uint32_t number_of(struct loading *l, const struct yg_yaml *map, const char *key)
{
	uint64_t value = 0;

	if (!yg_bytes_u64(yg_yaml_text(map, key), &value) || value > 100000)
		fail(l, map, key);
	return (uint32_t)value;
}

static void read_formats(struct loading *l, const struct yg_yaml *map, struct yg_signal *signal)
{
	const struct yg_yaml *list = yg_yaml_get(map, "formats");

	if (!list || list->count == 0)
		fail(l, map, "formats");
	for (const struct yg_yaml *item = list ? list->first : NULL; item; item = item->next) {
		enum yg_format format = yg_format_by_name(item->text);

		if (format == YG_FORMAT_UNKNOWN)
			fail(l, item, "there is no such format");
		signal->formats |= UINT64_C(1) << format;
	}
}

static void read_values(struct loading *l, const struct yg_yaml *map, struct yg_signal *signal)
{
	const struct yg_yaml *list = yg_yaml_get(map, "values");

	if (!list) {
		list = yg_yaml_get(map, "contains");
		signal->is_contained = list != NULL;
	}
	if ((signal->field.size > 0) != (list != NULL))
		fail(l, map, "`field` needs `values` or `contains`");
	for (const struct yg_yaml *item = list ? list->first : NULL; item; item = item->next) {
		if (signal->value_count == YG_SIGNAL_VALUES_MAX) {
			fail(l, item, "too many values");
			return;
		}
		signal->values[signal->value_count++] = item->text;
	}
}

static void read_signal(struct loading *l, const struct yg_yaml *map)
{
	struct yg_signal *signal = &l->c->signals[l->c->signal_count];
	const struct yg_yaml *events = yg_yaml_get(map, "events");

	if (l->c->signal_count == YG_SIGNALS_MAX) {
		fail(l, map, "too many signals");
		return;
	}
	*signal = (struct yg_signal){
		.id = text_of(l, map, "id"),
		.channel = yg_yaml_text(map, "channel"),
		.has = yg_yaml_text(map, "has"),
		.field = yg_yaml_text(map, "field"),
	};
	read_formats(l, map, signal);
	read_values(l, map, signal);
	for (const struct yg_yaml *item = events ? events->first : NULL; item; item = item->next) {
		uint64_t value = 0;

		if (signal->event_count == YG_SIGNAL_VALUES_MAX ||
		    !yg_bytes_u64(item->text, &value) || value > UINT32_MAX) {
			fail(l, item, "`events` are at most 16 numbers");
			return;
		}
		signal->events[signal->event_count++] = (uint32_t)value;
	}
	l->c->signal_count++;
}

static void read_needs(struct loading *l, const struct yg_yaml *map, struct yg_check *check)
{
	const struct yg_yaml *list = yg_yaml_get(map, "needs");

	if (!list || list->count == 0 || list->count > YG_CHECK_NEEDS_MAX) {
		fail(l, map, "`needs` are 1 to 16 signals");
		return;
	}
	for (const struct yg_yaml *item = list->first; item; item = item->next) {
		uint32_t i = 0;

		while (i < l->c->signal_count &&
		       !yg_bytes_eq(yg_bytes_str(l->c->signals[i].id), item->text))
			i++;
		if (i == l->c->signal_count)
			fail(l, item, "there is no such signal");
		check->needs[check->need_count++] = i;
	}
}

static void read_how(struct loading *l, const struct yg_yaml *map, struct yg_check *check)
{
	const struct yg_yaml *list = yg_yaml_get(map, "how");

	if (!list || list->count == 0 || list->count > YG_CHECK_HOW_MAX) {
		fail(l, map, "`how` are 1 to 8 steps");
		return;
	}
	for (const struct yg_yaml *item = list->first; item; item = item->next)
		check->how[check->how_count++] =
			(struct yg_check_how){both_of(l, item, "for"), both_of(l, item, "step")};
}

static void read_check(struct loading *l, const struct yg_yaml *map)
{
	struct yg_check *check = &l->c->checks[l->c->check_count];

	if (l->c->check_count == YG_CHECKS_MAX) {
		fail(l, map, "too many checks");
		return;
	}
	*check = (struct yg_check){
		.id = text_of(l, map, "id"),
		.attack = both_of(l, map, "attack"),
		.why = both_of(l, map, "why"),
		.is_secret = yg_bytes_eq(yg_yaml_text(map, "secrecy"), YG_S("true")),
	};
	read_needs(l, map, check);
	read_how(l, map, check);
	l->c->check_count++;
}

static void read_all(struct loading *l, const struct yg_yaml *root)
{
	const struct yg_yaml *signals = yg_yaml_get(root, "signals");
	const struct yg_yaml *checks = yg_yaml_get(root, "checks");
	const struct yg_yaml *keeping = yg_yaml_get(root, "retention");

	l->c->fresh_days = number_of(l, root, "fresh_days");
	l->c->keep_days = number_of(l, root, "keep_days");
	l->c->keep_days_bad = number_of(l, root, "keep_days_bad");
	l->c->secrecy = both_of(l, root, "secrecy");
	for (const struct yg_yaml *item = signals ? signals->first : NULL; item; item = item->next)
		read_signal(l, item);
	for (const struct yg_yaml *item = checks ? checks->first : NULL; item; item = item->next)
		read_check(l, item);
	l->c->keeping = (struct yg_check){.id = "retention", .why = both_of(l, keeping, "why")};
	read_how(l, keeping, &l->c->keeping);
}

int yg_checks_load(struct yg_bytes text, struct yg_checks **ret, char reason[200])
{
	struct yg_checks *c = yg_calloc(1, sizeof(*c));
	struct loading l = {c, reason, YG_OK};
	const struct yg_yaml *docs;
	struct yg_yaml_fault fault;
	int rc;

	reason[0] = '\0';
	if (!c)
		return YG_ENOMEM;
	if (!text.data)
		text = (struct yg_bytes){yg_checks_pack, yg_checks_pack_size};
	c->arena = yg_arena_new(ARENA_MAX);
	rc = c->arena ? yg_yaml_parse(text, c->arena, &docs, &fault) : YG_ENOMEM;
	if (rc == YG_EFORMAT || rc == YG_ELIMIT)
		(void)snprintf(reason, 200, "line %u: %s", fault.line, fault.msg); /* short */
	if (rc == YG_OK) {
		read_all(&l, docs->first);
		rc = l.rc;
	}
	if (rc != YG_OK) {
		(void)yg_checks_free(c);
		return rc == YG_ENOMEM ? rc : YG_EFORMAT;
	}
	*ret = c;
	return YG_OK;
}

struct yg_checks *yg_checks_free(struct yg_checks *checks)
{
	if (checks)
		(void)yg_arena_free(checks->arena);
	free(checks);
	return NULL;
}

/* ---- matching ---- */

static bool contains_nocase(struct yg_bytes text, struct yg_bytes part)
{
	for (size_t i = 0; i + part.size <= text.size; i++)
		if (yg_bytes_eq_nocase(yg_bytes_cut(text, i, i + part.size), part))
			return true;
	return false;
}

static bool has_event(const struct yg_signal *signal, uint32_t code)
{
	for (uint32_t i = 0; i < signal->event_count; i++)
		if (signal->events[i] == code)
			return true;
	return signal->event_count == 0;
}

static bool value_fits(const struct yg_signal *signal, struct yg_bytes text)
{
	for (uint32_t i = 0; i < signal->value_count; i++)
		if (signal->is_contained ? contains_nocase(text, signal->values[i])
					 : yg_bytes_eq_nocase(text, signal->values[i]))
			return true;
	return false;
}

static bool fields_fit(const struct yg_signal *signal, struct yg_event *event)
{
	bool has = signal->has.size == 0;
	bool fits = signal->field.size == 0;

	for (uint32_t i = 0; i < event->field_count && !(has && fits); i++) {
		struct yg_field *field = &event->fields[i];

		has = has || yg_bytes_eq_nocase(field->name, signal->has);
		if (!fits && yg_bytes_eq_nocase(field->name, signal->field))
			fits = value_fits(signal, yg_event_text(event, field));
	}
	return has && fits;
}

bool yg_signal_fits(const struct yg_signal *signal, struct yg_event *event)
{
	return (signal->formats >> event->format & 1) && has_event(signal, event->event_code) &&
	       (signal->channel.size == 0 || contains_nocase(event->channel, signal->channel)) &&
	       fields_fit(signal, event);
}

/* ---- counts ---- */

static bool path_of(const char *state, char to[PATH_ROOM])
{
	int size = snprintf(to, PATH_ROOM, "%s/seen.json", state);

	return size > 0 && (unsigned)size < PATH_ROOM;
}

static int64_t time_of(const json_t *object, const char *key)
{
	int64_t time_ns;
	bool has_zone;

	return yg_time_parse_iso(yg_json_text(object, key), 0, &time_ns, &has_zone) ? time_ns
										    : YG_TIME_NONE;
}

static void take_counts(struct yg_seen *seen, const json_t *object, int64_t now_ns)
{
	const json_t *signals = json_object_get(object, "signals");
	int64_t since_ns = time_of(object, "since");

	seen->records = (uint64_t)yg_json_int(object, "records", 0);
	if (since_ns != YG_TIME_NONE && since_ns < now_ns)
		seen->since_ns = since_ns;
	for (uint32_t i = 0; i < seen->checks->signal_count; i++) {
		const json_t *item = json_object_get(signals, seen->checks->signals[i].id);

		if (!item)
			continue;
		seen->signals[i].count = (uint64_t)yg_json_int(item, "count", 0);
		seen->signals[i].first_ns = time_of(item, "first");
		seen->signals[i].last_ns = time_of(item, "last");
	}
}

int yg_seen_load(struct yg_seen *seen, const struct yg_checks *checks, const char *state,
		 int64_t now_ns)
{
	char path[PATH_ROOM];
	struct yg_fault fault;
	uint8_t *bytes = NULL;
	json_t *object = NULL;
	size_t size = 0;
	int rc;

	*seen = (struct yg_seen){.checks = checks, .since_ns = now_ns, .saved_ns = now_ns};
	for (uint32_t i = 0; i < YG_SIGNALS_MAX; i++)
		seen->signals[i].first_ns = seen->signals[i].last_ns = YG_TIME_NONE;
	rc = path_of(state, path) ? yg_io_read_file(path, STATE_MAX, &bytes, &size) : YG_ELIMIT;
	if (rc == YG_OK)
		rc = yg_json_load((struct yg_bytes){bytes, size}, STATE_MAX, &object, &fault);
	if (rc == YG_OK)
		take_counts(seen, object, now_ns);
	json_decref(object);
	free(bytes);
	return rc == YG_ENOMEM ? rc : YG_OK;
}

void yg_seen_take(struct yg_seen *seen, struct yg_event *event, int64_t now_ns)
{
	seen->records++;
	seen->has_news = true;
	for (uint32_t i = 0; i < seen->checks->signal_count; i++) {
		struct yg_seen_signal *signal = &seen->signals[i];

		if (!yg_signal_fits(&seen->checks->signals[i], event))
			continue;
		if (signal->count++ == 0)
			signal->first_ns = now_ns;
		signal->last_ns = now_ns;
	}
}

static void write_time(struct yg_buf *to, const char *key, int64_t time_ns)
{
	char iso[YG_ISO_SIZE] = "";

	if (time_ns != YG_TIME_NONE)
		(void)yg_time_iso(time_ns - time_ns % YG_NS_PER_S, 0, iso);
	yg_buf_addf(to, ",\"%s\":\"%s\"", key, iso);
}

void yg_seen_save(struct yg_seen *seen, const char *state, int64_t now_ns, bool is_end)
{
	char path[PATH_ROOM];
	const char *comma = "";
	struct yg_buf text;
	int rc;

	if (!seen->has_news ||
	    (!is_end && now_ns - seen->saved_ns < YG_SEEN_SAVE_NS && now_ns >= seen->saved_ns))
		return;
	seen->saved_ns = now_ns;
	yg_buf_init(&text, STATE_MAX);
	yg_buf_addf(&text, "{\"v\":1,\"records\":%llu", (unsigned long long)seen->records);
	write_time(&text, "since", seen->since_ns);
	yg_buf_add_str(&text, ",\"signals\":{");
	for (uint32_t i = 0; i < seen->checks->signal_count; i++) {
		const struct yg_seen_signal *signal = &seen->signals[i];

		if (signal->count == 0)
			continue;
		yg_buf_add_str(&text, comma);
		yg_buf_add_json(&text, yg_bytes_str(seen->checks->signals[i].id));
		yg_buf_addf(&text, ":{\"count\":%llu", (unsigned long long)signal->count);
		write_time(&text, "first", signal->first_ns);
		write_time(&text, "last", signal->last_ns);
		yg_buf_add_byte(&text, '}');
		comma = ",";
	}
	yg_buf_add_str(&text, "}}\n");
	rc = yg_buf_error(&text);
	if (rc == YG_OK && path_of(state, path))
		rc = yg_io_replace(path, yg_buf_bytes(&text), 0600);
	seen->has_news = rc != YG_OK; /* tried again in a minute */
	yg_buf_done(&text);
}
