/* SPDX-License-Identifier: Apache-2.0 */
/* What the keys of a JSON object hold, learnt from sample objects and what was pointed at. */
#include <assert.h>

#include "base/utf8.h"
#include "parse/address.h"
#include "parse/described.h"
#include "parse/learn-int.h"

#include "base/ban.h"

#define PRESENT_MAX 8u	 /* keys that only have to be there */
#define LITERAL_MAX 128u /* bytes of a value that stays as it is */
#define DIGITS_MAX  2u	 /* in the name of a kind of event; more: a number of something */

/* The objects among the lines, as fields under their paths. */
struct objects {
	const struct yg_learn *in;
	struct yg_arena *arena;
	struct yg_event *events;
	uint32_t count;
	uint32_t pointed;		     /* index in events */
	uint32_t place[YG_LEARN_FIELDS_MAX]; /* of each field: where in the pointed object */
	struct yg_buf *to;
	uint32_t present; /* keys that only have to be there, so far */
};

static struct yg_event *pointed(const struct objects *o)
{
	return &o->events[o->pointed];
}

static struct yg_bytes text_at(struct yg_event *event, uint32_t index)
{
	return yg_bytes_trim(yg_event_text(event, &event->fields[index]));
}

/* The first field under @path that holds something; UINT32_MAX: none. */
static uint32_t find_path(struct yg_event *event, struct yg_bytes path)
{
	for (uint32_t i = 0; i < event->field_count; i++)
		if (yg_bytes_eq(event->fields[i].name, path) && text_at(event, i).size > 0)
			return i;
	return UINT32_MAX;
}

static struct yg_bytes last_key(struct yg_bytes path)
{
	size_t at = path.size;

	while (at > 0 && path.data[at - 1] != '.')
		at--;
	return yg_bytes_from(path, at);
}

static int read_objects(struct objects *o)
{
	struct yg_parse_opts opts = {.zone = o->in->zone, .reference_ns = o->in->reference_ns};

	o->events = yg_arena_alloc(o->arena, o->in->line_count * sizeof(*o->events));
	if (!o->events)
		return YG_ENOMEM;
	for (uint32_t i = 0; i < o->in->line_count; i++) {
		struct yg_event *event = &o->events[o->count];
		int rc;

		if (o->in->lines[i].size > YG_LEARN_LINE_MAX)
			continue;
		yg_event_init(event, o->arena, o->in->names);
		rc = yg_described_walk(&opts, o->in->lines[i], event);
		if (rc == YG_ENOMEM)
			return rc;
		if (rc != YG_OK || event->field_count == 0)
			continue;
		if (i == o->in->pointed)
			o->pointed = o->count;
		o->count++;
	}
	return YG_OK;
}

/* ---- where what was pointed at stands ---- */

static bool is_like(struct yg_bytes key, struct yg_bytes name)
{
	return yg_bytes_find(key, name) != SIZE_MAX || yg_bytes_find(name, key) != SIZE_MAX;
}

/* A whole value before a part of one; a key that is called so before another. */
static uint32_t find_place(const struct objects *o, const struct yg_learn_field *field)
{
	struct yg_event *event = pointed(o);
	uint32_t best = UINT32_MAX, best_score = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_bytes text = text_at(event, i);
		struct yg_bytes key = last_key(event->fields[i].name);
		uint32_t score = yg_bytes_eq(text, field->value)		 ? 4
				 : yg_bytes_find(text, field->value) != SIZE_MAX ? 1
										 : 0;

		if (score == 4)
			score += yg_bytes_eq(key, field->name) ? 2u : is_like(key, field->name);
		if (score > best_score) {
			best_score = score;
			best = i;
		}
	}
	return best;
}

static bool is_taken(const struct objects *o, uint32_t index)
{
	for (uint32_t i = 0; i < o->in->field_count; i++)
		if (yg_bytes_eq(pointed(o)->fields[o->place[i]].name,
				pointed(o)->fields[index].name))
			return true;
	return false;
}

/* ---- writing ---- */

static void add_member(const struct objects *o, struct yg_bytes path, struct yg_bytes pattern)
{
	yg_buf_add_str(o->to, "      ");
	yg_learn_quote(o->to, path);
	yg_buf_add_str(o->to, ": ");
	yg_learn_quote(o->to, pattern);
	yg_buf_add_byte(o->to, '\n');
}

/* "{name:type}" for a value that is the field as a whole. */
static void add_whole(const struct objects *o, struct yg_bytes path,
		      const struct yg_learn_field *field)
{
	struct yg_bytes address;
	const char *type = "text";
	struct yg_buf pattern;

	if (yg_address_at(field->value, &address) == field->value.size)
		type = "address";
	else if (yg_bytes_ends(field->name, YG_S("_port")))
		type = "port";
	yg_buf_init(&pattern, YG_PATTERN_BYTES_MAX);
	yg_buf_addf(&pattern, "{%.*s:%s}", YG_FMT(field->name), type);
	add_member(o, path, yg_buf_bytes(&pattern));
	yg_buf_done(&pattern);
}

/*
 * A pattern for the texts that stand under the path of field @index in all objects, in which
 * @fields stand. False: none can be made (*ret_rc is YG_OK), or no memory.
 */
static bool add_pattern(const struct objects *o, uint32_t index, struct yg_learn_field *fields,
			uint32_t field_count, int *ret_rc)
{
	struct yg_bytes path = pointed(o)->fields[index].name;
	struct yg_learn learn = *o->in;
	struct yg_bytes *texts = yg_arena_alloc(o->arena, o->count * sizeof(*texts));
	struct yg_buf pattern;
	struct yg_fault fault;
	uint32_t field;

	*ret_rc = texts ? YG_OK : YG_ENOMEM;
	if (!texts)
		return false;
	learn.lines = texts;
	learn.line_count = 0;
	learn.fields = fields;
	learn.field_count = field_count;
	for (uint32_t i = 0; i < o->count; i++) {
		uint32_t at = i == o->pointed ? index : find_path(&o->events[i], path);

		if (i == o->pointed)
			learn.pointed = learn.line_count;
		if (at != UINT32_MAX)
			texts[learn.line_count++] = text_at(&o->events[i], at);
	}
	yg_buf_init(&pattern, YG_PATTERN_BYTES_MAX);
	*ret_rc = yg_learn_pattern(&learn, o->arena, &pattern, &field, &fault);
	if (*ret_rc == YG_OK)
		add_member(o, path, yg_buf_bytes(&pattern));
	yg_buf_done(&pattern);
	if (*ret_rc == YG_ENOMEM)
		return false;
	if (*ret_rc != YG_OK) {
		*ret_rc = YG_OK;
		return false;
	}
	return true;
}

/* What was pointed at under another key, and stands in the text of @index too: it changes there. */
static void add_nameless(const struct objects *o, uint32_t index, struct yg_learn_field *fields,
			 uint32_t *count)
{
	struct yg_bytes text = text_at(pointed(o), index);

	for (uint32_t i = 0; i < o->in->field_count; i++)
		if (o->place[i] != index && yg_bytes_find(text, o->in->fields[i].value) != SIZE_MAX)
			fields[(*count)++] =
				(struct yg_learn_field){.value = o->in->fields[i].value};
}

/* The keys under which something was pointed at, each once. */
static int add_pointed(const struct objects *o)
{
	struct yg_event *event = pointed(o);
	int rc = YG_OK;

	for (uint32_t i = 0; i < o->in->field_count && rc == YG_OK; i++) {
		uint32_t index = o->place[i], count = 0;
		struct yg_learn_field fields[YG_LEARN_FIELDS_MAX];
		bool is_first = true;

		for (uint32_t k = 0; k < o->in->field_count; k++) {
			if (o->place[k] != index)
				continue;
			is_first &= k >= i;
			fields[count++] = o->in->fields[k];
		}
		if (!is_first)
			continue;
		if (count > 1 || !yg_bytes_eq(text_at(event, index), fields[0].value))
			add_nameless(o, index, fields, &count);
		if (count == 1 && yg_bytes_eq(text_at(event, index), fields[0].value))
			add_whole(o, event->fields[index].name, &fields[0]);
		else if (!add_pattern(o, index, fields, count, &rc) && rc == YG_OK)
			return YG_EFORMAT;
	}
	return rc;
}

/* ---- what else makes an object one of this kind ---- */

static bool has_telling_word(struct yg_bytes text)
{
	size_t from = 0;

	for (size_t i = 0; i <= text.size; i++) {
		bool is_letter = i < text.size && ((uint8_t)((text.data[i] | 0x20) - 'a') < 26 ||
						   text.data[i] >= 0x80);

		if (is_letter)
			continue;
		if (i > from && yg_learn_is_telling(yg_bytes_cut(text, from, i)))
			return true;
		from = i + 1;
	}
	return false;
}

/* Keys whose values say what kind of event an object is. */
static bool is_kind_key(struct yg_bytes path)
{
	static const char *const keys[] = {
		"event",      "ev",	   "evt",	  "type", "action",  "outcome",
		"result",     "status",	   "success",	  "msg",  "message", "category",
		"operation",  "sender",	   "metric_name", "kind", "code",    "eventname",
		"event_type", "eventtype", "event_name"};
	struct yg_bytes key = last_key(path);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (yg_bytes_eq_nocase(key, yg_bytes_str(keys[i])))
			return true;
	return false;
}

/* A name for a kind of something: one word, hardly a number in it. */
static bool is_name_of_kind(struct yg_bytes text)
{
	struct yg_bytes address;
	uint32_t digits = 0, letters = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] <= ' ')
			return false;
		digits += (uint8_t)(text.data[i] - '0') < 10;
		letters += (uint8_t)((text.data[i] | 0x20) - 'a') < 26;
	}
	return letters > 0 && digits <= DIGITS_MAX && yg_address_at(text, &address) != text.size;
}

static bool is_plain(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return text.size > 0;
}

static void add_literal(const struct objects *o, struct yg_bytes path, struct yg_bytes text)
{
	struct yg_buf pattern;

	yg_buf_init(&pattern, YG_PATTERN_BYTES_MAX);
	yg_learn_literal(&pattern, text);
	add_member(o, path, yg_buf_bytes(&pattern));
	yg_buf_done(&pattern);
}

/* A text that tells how it ended: what was pointed at elsewhere changes in it, too. */
static int add_telling(struct objects *o, uint32_t index)
{
	struct yg_learn_field fields[YG_LEARN_FIELDS_MAX];
	uint32_t count = 0;
	int rc;

	add_nameless(o, index, fields, &count);
	if (!add_pattern(o, index, fields, count, &rc) && rc == YG_OK)
		(void)add_pattern(o, index, fields, 0, &rc);
	return rc;
}

/* The time, where it is not found by itself. */
static bool add_time(const struct objects *o, uint32_t index)
{
	struct yg_bytes text = text_at(pointed(o), index);
	struct yg_buf pattern;
	struct yg_bytes format;
	size_t at, size;

	if (!yg_learn_time(text, o->in->zone, o->in->reference_ns, &at, &size, &format) ||
	    at != 0 || size != text.size)
		return false;
	yg_buf_init(&pattern, YG_PATTERN_BYTES_MAX);
	yg_buf_addf(&pattern, "{:time %.*s}", YG_FMT(format));
	add_member(o, pointed(o)->fields[index].name, yg_buf_bytes(&pattern));
	yg_buf_done(&pattern);
	return true;
}

/*
 * Yes or no that tells one kind of object from another: the same in all that are here, or said by a
 * key that tells how it ended. An object that says the opposite must not get this one's meaning.
 */
static bool is_answer(const struct objects *o, uint32_t index)
{
	struct yg_bytes path = pointed(o)->fields[index].name;
	struct yg_bytes text = text_at(pointed(o), index);

	if (pointed(o)->fields[index].kind != YG_VALUE_BOOL)
		return false;
	if (has_telling_word(last_key(path)) || yg_bytes_eq_nocase(last_key(path), YG_S("ok")))
		return true;
	for (uint32_t i = 0; i < o->count; i++) {
		uint32_t other = find_path(&o->events[i], path);

		if (other == UINT32_MAX || !yg_bytes_eq(text_at(&o->events[i], other), text))
			return false;
	}
	return true;
}

/* Can this key be named in a description, and has nothing been said of it yet? */
static bool is_open_key(const struct objects *o, uint32_t index)
{
	struct yg_bytes path = pointed(o)->fields[index].name;

	return find_path(pointed(o), path) == index && !is_taken(o, index) && is_plain(path) &&
	       !yg_bytes_ends(path, YG_S("?")) && path.size <= YG_EVENT_NAME_MAX;
}

/* A key that all objects have, as long as not too many are asked for. */
static void add_present(struct objects *o, struct yg_bytes path)
{
	uint32_t have = 0;

	for (uint32_t i = 0; i < o->count; i++)
		have += find_path(&o->events[i], path) != UINT32_MAX;
	if (have < o->count || o->present == PRESENT_MAX)
		return;
	add_member(o, path, YG_S("{:text}"));
	o->present++;
}

static int add_other(struct objects *o, uint32_t index, bool *has_time)
{
	struct yg_bytes path = pointed(o)->fields[index].name;
	struct yg_bytes text = text_at(pointed(o), index);

	if (!is_open_key(o, index))
		return YG_OK;
	if (!*has_time && add_time(o, index)) {
		*has_time = true;
		return YG_OK;
	}
	if (!is_plain(text) || text.size > YG_PATTERN_BYTES_MAX / 2) {
		add_present(o, path);
		return YG_OK;
	}
	if (text.size <= LITERAL_MAX &&
	    ((is_kind_key(path) && is_name_of_kind(text)) || is_answer(o, index))) {
		add_literal(o, path, text);
		return YG_OK;
	}
	if (has_telling_word(text))
		return add_telling(o, index);
	add_present(o, path);
	return YG_OK;
}

static int learn(struct objects *o, uint32_t *ret_field)
{
	bool has_time = o->in->has_time;
	int rc;

	for (uint32_t i = 0; i < o->in->field_count; i++) {
		o->place[i] = find_place(o, &o->in->fields[i]);
		*ret_field = i;
		if (o->place[i] == UINT32_MAX)
			return YG_EFORMAT;
	}
	rc = add_pointed(o);
	if (rc != YG_OK)
		return rc;
	*ret_field = UINT32_MAX;
	for (uint32_t i = 0; i < pointed(o)->field_count && rc == YG_OK; i++)
		rc = add_other(o, i, &has_time);
	return rc == YG_OK ? yg_buf_error(o->to) : rc;
}

int yg_learn_object(const struct yg_learn *in, struct yg_arena *arena, struct yg_buf *to,
		    uint32_t *ret_field, struct yg_fault *reterr)
{
	struct objects o = {.in = in, .arena = arena, .to = to, .pointed = UINT32_MAX};
	int rc = read_objects(&o);

	assert(in->pointed < in->line_count);
	*ret_field = UINT32_MAX;
	if (rc == YG_OK && o.pointed == UINT32_MAX)
		return yg_fault_set(reterr, YG_EMISMATCH, N_("no JSON object"), 0);
	if (rc == YG_OK)
		rc = learn(&o, ret_field);
	if (rc == YG_EFORMAT)
		return yg_fault_set(reterr, rc,
				    N_("this value does not stand in the line, or inside that of "
				       "another field"),
				    0);
	if (rc == YG_ELIMIT)
		return yg_fault_set(reterr, rc, N_("the description would be too long"), 0);
	return rc == YG_OK ? rc : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
