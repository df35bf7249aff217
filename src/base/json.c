/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "base/json.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/tr.h"
#include "base/utf8.h"

#include "base/ban.h"

#define EXACT_MAX INT64_C(9007199254740992) /* 2^53: beyond, other languages round */

static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * jansson's lexer does not look whether its buffer could grow: a byte would be missing in a text,
 * or its end not be found. So the first failure while loading makes all later ones fail too
 * (then it gives up before it reads the text), and what it returns is not believed.
 */
static _Thread_local enum { IDLE, LOADING, STARVED } loading;

static void *get_memory(size_t size)
{
	void *memory = loading == STARVED ? NULL : yg_malloc(size);

	if (!memory && loading == LOADING)
		loading = STARVED;
	return memory;
}

static void use_our_heap(void)
{
	json_set_alloc_funcs(get_memory, free);
}

static void start(void)
{
	(void)pthread_once(&once, use_our_heap); /* cannot fail with a static control */
}

/* Nesting within the limit, looked at before the library recurses into it. */
static bool is_shallow(struct yg_bytes text)
{
	unsigned depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
		} else if (c == '"') {
			in_text = true;
		} else if (c == '[' || c == '{') {
			if (++depth > YG_JSON_DEPTH_MAX)
				return false;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return true;
}

static const char *message_of(enum json_error_code code)
{
	switch (code) {
	case json_error_duplicate_key:
		return N_("a key stands twice in one object");
	case json_error_invalid_utf8:
		return N_("the text is not UTF-8");
	case json_error_premature_end_of_input:
		return N_("the input ends too early");
	case json_error_end_of_input_expected:
		return N_("something follows after the value");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return N_("a text holds a NUL");
	case json_error_numeric_overflow:
		return N_("a number is too large");
	default:
		return N_("this is no JSON");
	}
}

int yg_json_load(struct yg_bytes text, size_t bytes_max, json_t **ret, struct yg_fault *reterr)
{
	json_error_t error;
	json_t *value;
	bool is_starved;

	start();
	if (text.size > bytes_max)
		return yg_fault_set(reterr, YG_ELIMIT, N_("the input is too large"), bytes_max);
	if (!is_shallow(text))
		return yg_fault_set(reterr, YG_ELIMIT, N_("the input is nested too deeply"), 0);
	loading = LOADING;
	value = json_loadb(text.data ? (const char *)text.data : "", text.size,
			   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	is_starved = loading == STARVED;
	loading = IDLE;
	if (is_starved) {
		json_decref(value);
		return yg_fault_set(reterr, YG_ENOMEM, N_("out of memory"), 0);
	}
	if (!value)
		return yg_fault_set(reterr, YG_EFORMAT, message_of(json_error_code(&error)),
				    error.position > 0 ? (size_t)error.position : 0);
	*ret = value;
	return YG_OK;
}

/* The next UTF-16 unit of @text (valid UTF-8); the second half of a pair waits in *rest. */
static uint32_t next_unit(struct yg_bytes text, size_t *at, uint32_t *rest)
{
	uint32_t point = *rest;
	uint8_t c;
	size_t size;

	*rest = 0;
	if (point)
		return point;
	c = text.data[*at];
	size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	point = size == 1 ? c : c & (0x7fu >> size);
	for (size_t i = 1; i < size && *at + i < text.size; i++)
		point = point << 6 | (text.data[*at + i] & 0x3fu);
	*at += size;
	if (point < 0x10000)
		return point;
	*rest = 0xdc00u | ((point - 0x10000) & 0x3ffu);
	return 0xd800u | (point - 0x10000) >> 10;
}

/* RFC 8785 sec. 3.2.3: keys compare as arrays of UTF-16 units. */
static int compare_units(struct yg_bytes a, struct yg_bytes b)
{
	size_t at_a = 0;
	size_t at_b = 0;
	uint32_t rest_a = 0;
	uint32_t rest_b = 0;

	while ((at_a < a.size || rest_a) && (at_b < b.size || rest_b)) {
		uint32_t unit_a = next_unit(a, &at_a, &rest_a);
		uint32_t unit_b = next_unit(b, &at_b, &rest_b);

		if (unit_a != unit_b)
			return unit_a < unit_b ? -1 : 1;
	}
	return (at_a < a.size || rest_a) - (at_b < b.size || rest_b);
}

/*
 * Bytes of UTF-8 are in the order of UTF-16 units, but where a pair of units (from 0xf0 on) stands
 * against U+E000 and later (0xee, 0xef).
 */
static int compare_keys(const void *a_arg, const void *b_arg)
{
	const char *a = *(const char *const *)a_arg;
	const char *b = *(const char *const *)b_arg;
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	if ((uint8_t)a[i] >= 0xee && (uint8_t)b[i] >= 0xee)
		return compare_units(yg_bytes_str(a), yg_bytes_str(b));
	return ((uint8_t)a[i] > (uint8_t)b[i]) - ((uint8_t)a[i] < (uint8_t)b[i]);
}

static void add_escape(struct yg_buf *to, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	const char *found = c ? strchr("\bb\ff\nn\rr\tt", c) : NULL;

	yg_buf_add_byte(to, '\\');
	if (c == '"' || c == '\\') {
		yg_buf_add_byte(to, c);
	} else if (found) {
		yg_buf_add_byte(to, (uint8_t)found[1]);
	} else {
		yg_buf_add_str(to, "u00");
		yg_buf_add_byte(to, (uint8_t)hex[c >> 4]);
		yg_buf_add_byte(to, (uint8_t)hex[c & 15]);
	}
}

/* RFC 8785 sec. 3.2.2.2. */
static void add_text(struct yg_buf *to, struct yg_bytes text)
{
	size_t from = 0;

	yg_buf_add_byte(to, '"');
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		yg_buf_add(to, yg_bytes_cut(text, from, i));
		add_escape(to, c);
		from = i + 1;
	}
	yg_buf_add(to, yg_bytes_from(text, from));
	yg_buf_add_byte(to, '"');
}

static int add_scalar(const json_t *value, struct yg_buf *to)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		add_text(to, (struct yg_bytes){(const uint8_t *)json_string_value(value),
					       json_string_length(value)});
		return YG_OK;
	case JSON_INTEGER:
		if (json_integer_value(value) > EXACT_MAX || json_integer_value(value) < -EXACT_MAX)
			return YG_EUNSUPPORTED;
		yg_buf_add_i64(to, json_integer_value(value));
		return YG_OK;
	case JSON_TRUE:
		yg_buf_add_str(to, "true");
		return YG_OK;
	case JSON_FALSE:
		yg_buf_add_str(to, "false");
		return YG_OK;
	case JSON_NULL:
		yg_buf_add_str(to, "null");
		return YG_OK;
	default:
		return YG_EUNSUPPORTED; /* a fraction */
	}
}

/* One level of nesting that is being written. */
struct level {
	const json_t *value;
	const char **keys; /* object: sorted; owned */
	size_t count;
	size_t at;
};

static int open_level(struct level *level, const json_t *value, struct yg_buf *to)
{
	const char *key;
	json_t *child;
	size_t i = 0;

	*level = (struct level){.value = value};
	if (json_is_array(value)) {
		level->count = json_array_size(value);
		yg_buf_add_byte(to, '[');
		return YG_OK;
	}
	level->count = json_object_size(value);
	level->keys = yg_calloc(level->count + 1, sizeof(*level->keys));
	if (!level->keys)
		return YG_ENOMEM;
	json_object_foreach((json_t *)(uintptr_t)value, key, child)
	{
		(void)child;
		level->keys[i++] = key;
	}
	qsort((void *)level->keys, level->count, sizeof(*level->keys), compare_keys);
	yg_buf_add_byte(to, '{');
	return YG_OK;
}

/* The next child of @level, its separator and key written; NULL at the end. */
static const json_t *next_child(struct level *level, struct yg_buf *to)
{
	const json_t *child;

	if (level->at >= level->count)
		return NULL;
	if (level->at > 0)
		yg_buf_add_byte(to, ',');
	if (!level->keys)
		return json_array_get(level->value, level->at++);
	child = json_object_get(level->value, level->keys[level->at]);
	add_text(to, yg_bytes_str(level->keys[level->at++]));
	yg_buf_add_byte(to, ':');
	return child;
}

int yg_json_canonical(const json_t *value, struct yg_buf *to)
{
	struct level levels[YG_JSON_DEPTH_MAX];
	size_t depth = 0;
	int rc = YG_OK;

	if (!json_is_array(value) && !json_is_object(value)) {
		rc = add_scalar(value, to);
		return rc != YG_OK ? rc : yg_buf_error(to);
	}
	rc = open_level(&levels[depth++], value, to);
	while (rc == YG_OK && depth > 0) {
		struct level *top = &levels[depth - 1];
		const json_t *child = next_child(top, to);

		if (!child) {
			yg_buf_add_byte(to, top->keys ? '}' : ']');
			free((void *)top->keys);
			depth--;
		} else if (!json_is_array(child) && !json_is_object(child)) {
			rc = add_scalar(child, to);
		} else if (depth == YG_JSON_DEPTH_MAX) {
			rc = YG_ELIMIT;
		} else {
			rc = open_level(&levels[depth++], child, to);
		}
	}
	while (depth > 0)
		free((void *)levels[--depth].keys);
	return rc != YG_OK ? rc : yg_buf_error(to);
}

/* ---- without a tree ---- */

/* Behind the text that begins at @at; the end of all when it has none. */
static size_t behind_text(struct yg_bytes text, size_t at)
{
	for (at++; at < text.size; at++) {
		if (text.data[at] == '"')
			return at + 1;
		at += text.data[at] == '\\';
	}
	return text.size;
}

/* Behind the value that begins at @at. */
static size_t behind_value(struct yg_bytes text, size_t at)
{
	size_t depth = 0;

	while (at < text.size) {
		uint8_t c = text.data[at];

		if (c == '"') {
			at = behind_text(text, at);
			if (depth == 0)
				return at;
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return at; /* a number or a word ends before it */
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return at + 1;
		at++;
	}
	return text.size;
}

struct yg_bytes yg_json_peek(struct yg_bytes text, const char *key)
{
	struct yg_bytes wanted = yg_bytes_str(key);
	size_t at = 1;

	if (text.size == 0 || text.data[0] != '{')
		return (struct yg_bytes){0};
	while (at < text.size && text.data[at] == '"') {
		size_t colon = behind_text(text, at);
		size_t end;

		if (colon >= text.size || text.data[colon] != ':')
			break;
		end = behind_value(text, colon + 1);
		if (yg_bytes_eq(yg_bytes_cut(text, at + 1, colon - 1), wanted))
			return yg_bytes_cut(text, colon + 1, end);
		at = end + 1; /* over the comma */
	}
	return (struct yg_bytes){0};
}

struct yg_bytes yg_json_peek_text(struct yg_bytes text, const char *key)
{
	struct yg_bytes value = yg_json_peek(text, key);

	if (value.size < 2 || value.data[0] != '"' || value.data[value.size - 1] != '"' ||
	    memchr(value.data, '\\', value.size))
		return (struct yg_bytes){0};
	return yg_bytes_cut(value, 1, value.size - 1);
}

/* Of two keys as they are written, in the order of bytes. */
static int order_of(struct yg_bytes a, struct yg_bytes b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int yg_json_splice(struct yg_bytes text, const char *key, struct yg_bytes value, struct yg_buf *to)
{
	struct yg_bytes wanted = yg_bytes_str(key);
	size_t at = 1, rest = 1;
	bool is_first = true, is_there = false;

	if (text.size < 2 || text.data[0] != '{' || text.data[text.size - 1] != '}')
		return YG_EFORMAT;
	while (at < text.size && text.data[at] == '"') {
		size_t colon = behind_text(text, at);
		size_t end = behind_value(text, colon + 1);
		int order;

		if (colon >= text.size || text.data[colon] != ':' || end >= text.size)
			return YG_EFORMAT;
		order = order_of(yg_bytes_cut(text, at + 1, colon - 1), wanted);
		rest = order >= 0 ? at : end;
		is_there = order == 0;
		if (order >= 0)
			break;
		is_first = false;
		at = end + 1; /* over the comma, or behind the end */
	}
	yg_buf_add(to, yg_bytes_cut(text, 0, rest));
	/* Behind others, where nothing follows, a comma comes first; before others, at last. */
	if (!is_first && text.data[rest - 1] != ',')
		yg_buf_add_byte(to, ',');
	yg_buf_addf(to, "\"%s\":", key);
	yg_buf_add(to, value);
	if (is_there)
		rest = behind_value(text, behind_text(text, rest) + 1);
	else if (text.data[rest] == '"')
		yg_buf_add_byte(to, ',');
	yg_buf_add(to, yg_bytes_from(text, rest));
	return yg_buf_error(to);
}

struct yg_bytes yg_json_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		return (struct yg_bytes){0};
	return (struct yg_bytes){(const uint8_t *)json_string_value(value),
				 json_string_length(value)};
}

int64_t yg_json_int(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

json_t *yg_json_string(struct yg_bytes text)
{
	struct yg_buf buf;
	json_t *value;

	start();
	if (yg_utf8_valid(text) &&
	    !memchr(text.data ? text.data : (const uint8_t *)"", 0, text.size))
		return json_stringn_nocheck(text.data ? (const char *)text.data : "", text.size);
	yg_buf_init(&buf, text.size * 3 + 1);
	for (size_t i = 0; i < text.size;) {
		size_t size = yg_utf8_size(yg_bytes_from(text, i));

		if (size == 0 || text.data[i] == 0)
			yg_buf_add_str(&buf, "\xef\xbf\xbd");
		else
			yg_buf_add(&buf, yg_bytes_cut(text, i, i + size));
		i += size ? size : 1;
	}
	value = yg_buf_error(&buf)
			? NULL
			: json_stringn_nocheck(buf.data ? (const char *)buf.data : "", buf.size);
	yg_buf_done(&buf);
	return value;
}

int yg_json_set(json_t *object, const char *key, json_t *take_value)
{
	if (!take_value)
		return YG_ENOMEM;
	return json_object_set_new(object, key, take_value) == 0 ? YG_OK : YG_ENOMEM;
}
