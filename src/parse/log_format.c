/* SPDX-License-Identifier: Apache-2.0 */
/* Format strings to steps. Matching lines against them is in log_format_read.c. */
#include "parse/log_format.h"

#include <assert.h>

#include "base/alloc.h"
#include "parse/log_format-int.h"

#include "base/ban.h"

#define NAME_BYTES_MAX 64u

/* A directive or variable and what its values are. The order does not matter. */
struct known {
	const char *name;
	uint32_t name_id; /* 0 = none: the own name */
	enum yg_step_kind kind;
	enum yg_step_bytes bytes;
};

/* Apache: the letter. Those in braces stand in apache_braced(). */
static const struct known directives[] = {
	{"a", YG_F_c_ip, YG_STEP_TEXT, YG_BYTES_HOST},
	{"h", YG_F_c_ip, YG_STEP_TEXT, YG_BYTES_HOST},
	{"A", YG_F_s_ip, YG_STEP_TEXT, YG_BYTES_HOST},
	{"l", YG_F_cs_ident, YG_STEP_TEXT, YG_BYTES_ANY},
	{"u", YG_F_cs_username, YG_STEP_TEXT, YG_BYTES_ANY},
	{"r", 0, YG_STEP_REQUEST, YG_BYTES_ANY},
	{"m", YG_F_cs_method, YG_STEP_TEXT, YG_BYTES_LETTERS},
	{"U", YG_F_cs_uri_stem, YG_STEP_TEXT, YG_BYTES_PATH},
	{"q", YG_F_cs_uri_args, YG_STEP_QUERY, YG_BYTES_ANY},
	{"H", YG_F_cs_version, YG_STEP_TEXT, YG_BYTES_ANY},
	{"s", YG_F_sc_status, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"b", YG_F_sc_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"B", YG_F_sc_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"O", YG_F_sc_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"I", YG_F_cs_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"D", YG_F_time_taken, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"T", YG_F_time_taken, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"v", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"V", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"p", YG_F_s_port, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"P", YG_F_pid, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{NULL, 0, YG_STEP_TEXT, YG_BYTES_ANY},
};

static const struct known variables[] = {
	{"remote_addr", YG_F_c_ip, YG_STEP_TEXT, YG_BYTES_HOST},
	{"remote_port", YG_F_src_port, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"remote_user", YG_F_cs_username, YG_STEP_TEXT, YG_BYTES_ANY},
	{"server_addr", YG_F_s_ip, YG_STEP_TEXT, YG_BYTES_HOST},
	{"server_port", YG_F_s_port, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"server_name", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"host", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"http_host", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"server_protocol", YG_F_cs_version, YG_STEP_TEXT, YG_BYTES_ANY},
	{"request", 0, YG_STEP_REQUEST, YG_BYTES_ANY},
	{"request_method", YG_F_cs_method, YG_STEP_TEXT, YG_BYTES_LETTERS},
	{"request_uri", YG_F_cs_uri, YG_STEP_TEXT, YG_BYTES_ANY},
	{"uri", YG_F_cs_uri_stem, YG_STEP_TEXT, YG_BYTES_PATH},
	{"document_uri", YG_F_cs_uri_stem, YG_STEP_TEXT, YG_BYTES_PATH},
	{"is_args", 0, YG_STEP_TEXT, YG_BYTES_QUERY_MARK},
	{"args", YG_F_cs_uri_args, YG_STEP_TEXT, YG_BYTES_ANY},
	{"query_string", YG_F_cs_uri_args, YG_STEP_TEXT, YG_BYTES_ANY},
	{"request_length", YG_F_cs_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"request_time", YG_F_time_taken, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"status", YG_F_sc_status, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"body_bytes_sent", YG_F_sc_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"bytes_sent", YG_F_sc_bytes, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"content_type", YG_F_cs_content_type, YG_STEP_TEXT, YG_BYTES_ANY},
	{"time_local", 0, YG_STEP_CLF, YG_BYTES_ANY},
	{"time_iso8601", 0, YG_STEP_ISO, YG_BYTES_ANY},
	{"msec", 0, YG_STEP_EPOCH, YG_BYTES_DIGITS},
	{"pid", YG_F_pid, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"connection", 0, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"connection_requests", 0, YG_STEP_NUMBER, YG_BYTES_DIGITS},
	{"scheme", 0, YG_STEP_TEXT, YG_BYTES_LETTERS},
	{NULL, 0, YG_STEP_TEXT, YG_BYTES_ANY},
};

/* Request headers with a name of their own; others become "cs-" and their name. */
static const struct known headers[] = {
	{"referer", YG_F_cs_referer, YG_STEP_TEXT, YG_BYTES_ANY},
	{"user-agent", YG_F_cs_user_agent, YG_STEP_TEXT, YG_BYTES_ANY},
	{"x-forwarded-for", YG_F_x_forwarded_for, YG_STEP_TEXT, YG_BYTES_ANY},
	{"host", YG_F_cs_host, YG_STEP_TEXT, YG_BYTES_HOST},
	{"cookie", YG_F_cs_cookie, YG_STEP_TEXT, YG_BYTES_ANY},
	{"content-type", YG_F_cs_content_type, YG_STEP_TEXT, YG_BYTES_ANY},
	{NULL, 0, YG_STEP_TEXT, YG_BYTES_ANY},
};

struct compile {
	struct yg_log_format *format;
	struct yg_fault *reterr;
	size_t base; /* where the piece being compiled begins in the user's text */
};

static int fail(struct compile *c, enum yg_err code, const char *msg, size_t at)
{
	return yg_fault_set(c->reterr, code, msg, c->base + at);
}

/* The entry called @name, or the last one, which is all others. */
static const struct known *look_up(const struct known *table, struct yg_bytes name)
{
	while (table->name && !yg_bytes_eq(name, yg_bytes_str(table->name)))
		table++;
	return table;
}

/* Keep @prefix and @text behind each other. */
static int keep(struct compile *c, const char *prefix, struct yg_bytes text, size_t at,
		struct yg_bytes *ret)
{
	struct yg_log_format *f = c->format;
	size_t size = strlen(prefix);
	uint8_t *to = f->texts + f->texts_size;

	if (size + text.size > sizeof(f->texts) - f->texts_size)
		return fail(c, YG_ELIMIT, "the format string is too long", at);
	memcpy(to, prefix, size);
	if (text.size > 0)
		memcpy(to + size, text.data, text.size);
	f->texts_size += size + text.size;
	*ret = (struct yg_bytes){to, size + text.size};
	return YG_OK;
}

static int add_literal(struct compile *c, uint8_t byte, size_t at)
{
	struct yg_log_format *f = c->format;
	struct yg_step *last = f->count ? &f->steps[f->count - 1] : NULL;
	struct yg_bytes one;
	int rc;

	rc = keep(c, "", (struct yg_bytes){&byte, 1}, at, &one);
	if (rc != YG_OK)
		return rc;
	/* Only literals are added byte by byte, so these bytes follow those of the last one. */
	if (last && last->kind == YG_STEP_LITERAL) {
		last->text.size++;
		return YG_OK;
	}
	if (f->count == YG_LOG_FORMAT_STEPS_MAX)
		return fail(c, YG_ELIMIT, "the format string has too many fields", at);
	f->steps[f->count++] = (struct yg_step){.kind = YG_STEP_LITERAL, .text = one};
	return YG_OK;
}

static int add_field(struct compile *c, struct yg_step step, size_t at)
{
	struct yg_log_format *f = c->format;
	struct yg_step *last = f->count ? &f->steps[f->count - 1] : NULL;

	if (f->count == YG_LOG_FORMAT_STEPS_MAX)
		return fail(c, YG_ELIMIT, "the format string has too many fields", at);
	if (last && last->kind != YG_STEP_LITERAL && last->bytes == YG_BYTES_ANY)
		return fail(
			c, YG_EFORMAT,
			"nothing stands between this field and the one before: no line could tell "
			"them apart",
			at);
	f->steps[f->count++] = step;
	return YG_OK;
}

static int add_known(struct compile *c, const struct known *known, struct yg_bytes own, size_t at)
{
	struct yg_step step = {
		.kind = known->kind, .bytes = known->bytes, .name_id = known->name_id};

	if (step.name_id == 0) {
		int rc = keep(c, "", own, at, &step.text);

		if (rc != YG_OK)
			return rc;
	}
	return add_field(c, step, at);
}

/* In lower case, '_' as '-' when asked: header names. False when too long. */
static bool header_name(struct yg_bytes from, bool is_variable, uint8_t to[NAME_BYTES_MAX],
			struct yg_bytes *ret)
{
	if (from.size == 0 || from.size > NAME_BYTES_MAX)
		return false;
	for (size_t i = 0; i < from.size; i++) {
		uint8_t c = from.data[i];

		to[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
		if (is_variable && c == '_')
			to[i] = '-';
	}
	*ret = (struct yg_bytes){to, from.size};
	return true;
}

/* A header of the request, or (with @prefix) something else named like one. */
static int add_header(struct compile *c, struct yg_bytes name, bool is_variable, const char *prefix,
		      size_t at)
{
	uint8_t mem[NAME_BYTES_MAX];
	const struct known *known;
	struct yg_step step = {.kind = YG_STEP_TEXT, .bytes = YG_BYTES_ANY};
	struct yg_bytes lower;
	int rc;

	if (!header_name(name, is_variable, mem, &lower))
		return fail(c, YG_EFORMAT, "the name of a header is missing or too long", at);
	known = look_up(headers, lower);
	if (!prefix && known->name)
		return add_known(c, known, lower, at);
	rc = keep(c, prefix ? prefix : "cs-", lower, at, &step.text);
	return rc == YG_OK ? add_field(c, step, at) : rc;
}

/* %{format}t */
static int add_time(struct compile *c, struct yg_bytes format, size_t at)
{
	static const struct known units[] = {
		{"sec", 0, YG_STEP_EPOCH, YG_BYTES_DIGITS},
		{"msec", 0, YG_STEP_EPOCH_MS, YG_BYTES_DIGITS},
		{"usec", 0, YG_STEP_EPOCH_US, YG_BYTES_DIGITS},
		{"msec_frac", 0, YG_STEP_FRACTION_MS, YG_BYTES_DIGITS},
		{"usec_frac", 0, YG_STEP_FRACTION_US, YG_BYTES_DIGITS},
		{NULL, 0, YG_STEP_STRFTIME, YG_BYTES_SELF},
	};

	if (yg_bytes_starts(format, YG_S("begin:")))
		format = yg_bytes_from(format, 6);
	else if (yg_bytes_starts(format, YG_S("end:")))
		format = yg_bytes_from(format, 4);
	if (format.size == 0)
		return fail(c, YG_EFORMAT, "the time has an empty format", at);
	return add_known(c, look_up(units, format), format, at);
}

static int add_clf(struct compile *c, size_t at)
{
	static const struct known clf = {"t", 0, YG_STEP_CLF, YG_BYTES_ANY};
	int rc = add_literal(c, '[', at);

	if (rc == YG_OK)
		rc = add_known(c, &clf, YG_S("t"), at);
	return rc == YG_OK ? add_literal(c, ']', at) : rc;
}

/* %{inner}letter */
static int apache_braced(struct compile *c, struct yg_bytes inner, uint8_t letter,
			 struct yg_bytes whole, size_t at)
{
	static const struct known own = {NULL, 0, YG_STEP_TEXT, YG_BYTES_ANY};

	switch (letter) {
	case 'i':
		return add_header(c, inner, false, NULL, at);
	case 'o':
		return add_header(c, inner, false, "sc-", at);
	case 'C':
		return add_header(c, inner, false, "cookie-", at);
	case 't':
		return add_time(c, inner, at);
	case 'a':
	case 'h':
	case 'p':
	case 'P':
	case 'T':
		return add_known(c, look_up(directives, (struct yg_bytes){&letter, 1}), inner, at);
	case 'e':
	case 'n':
		return inner.size > 0 ? add_known(c, &own, inner, at)
				      : fail(c, YG_EFORMAT, "the name in braces is missing", at);
	default:
		return add_known(c, &own, whole, at);
	}
}

/* Modifiers say on which statuses to log, and which of redirected requests. */
static size_t modifiers_end(struct yg_bytes text, size_t at)
{
	while (at < text.size && text.data[at] && strchr("!0123456789,<>", text.data[at]))
		at++;
	return at;
}

/* A directive at @at ('%'). *ret_size: its bytes. */
static int apache_directive(struct compile *c, struct yg_bytes text, size_t at, size_t *ret_size)
{
	struct yg_bytes inner = {0};
	bool is_braced = false;
	size_t i = modifiers_end(text, at + 1);
	size_t close;
	uint8_t letter;

	if (i < text.size && text.data[i] == '{') {
		close = yg_bytes_chr(yg_bytes_from(text, i), '}');
		if (close == SIZE_MAX)
			return fail(c, YG_EFORMAT, "the brace is not closed", i);
		inner = yg_bytes_cut(text, i + 1, i + close);
		is_braced = true;
		i = modifiers_end(text, i + close + 1);
	}
	if (i < text.size && text.data[i] == '^') /* ^ti, ^to: trailers */
		i += i + 2 < text.size ? 2 : 0;
	if (i >= text.size || (uint8_t)((text.data[i] | 0x20) - 'a') > 25)
		return fail(c, YG_EFORMAT, "no letter follows the percent sign (%% is a plain one)",
			    at);
	letter = text.data[i];
	*ret_size = i + 1 - at;
	if (is_braced)
		return apache_braced(c, inner, letter, yg_bytes_cut(text, at, i + 1), at);
	if (letter == 't')
		return add_clf(c, at);
	return add_known(c, look_up(directives, (struct yg_bytes){&letter, 1}),
			 yg_bytes_cut(text, at, i + 1), at);
}

static int compile_apache(struct compile *c, struct yg_bytes text)
{
	size_t i = 0;
	int rc = YG_OK;

	while (i < text.size && rc == YG_OK) {
		uint8_t byte = text.data[i];
		uint8_t next = i + 1 < text.size ? text.data[i + 1] : 0;
		size_t used = 1;

		if (byte == '%' && next == '%') {
			rc = add_literal(c, '%', i);
			used = 2;
		} else if (byte == '%') {
			rc = apache_directive(c, text, i, &used);
		} else if (byte == '\\' && next) {
			rc = add_literal(c, next == 't' ? '\t' : next == 'n' ? '\n' : next, i);
			used = 2;
		} else {
			rc = add_literal(c, byte, i);
		}
		i += used;
	}
	return rc;
}

static bool is_variable_byte(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_';
}

static int nginx_variable(struct compile *c, struct yg_bytes name, size_t at)
{
	const struct known *known = look_up(variables, name);

	if (known->name)
		return add_known(c, known, name, at);
	if (yg_bytes_starts(name, YG_S("http_")))
		return add_header(c, yg_bytes_from(name, 5), true, NULL, at);
	if (yg_bytes_starts(name, YG_S("sent_http_")))
		return add_header(c, yg_bytes_from(name, 10), true, "sc-", at);
	if (yg_bytes_starts(name, YG_S("cookie_")))
		return add_header(c, yg_bytes_from(name, 7), true, "cookie-", at);
	return add_known(c, known, name, at);
}

static int compile_nginx(struct compile *c, struct yg_bytes text)
{
	size_t i = 0;
	int rc = YG_OK;

	while (i < text.size && rc == YG_OK) {
		bool is_braced = i + 1 < text.size && text.data[i + 1] == '{';
		size_t from = i + 1 + is_braced;
		size_t end = from;

		if (text.data[i] == '\\' && i + 1 < text.size &&
		    strchr("\"'\\", text.data[i + 1])) {
			rc = add_literal(c, text.data[i + 1], i);
			i += 2;
			continue;
		}
		if (text.data[i] == '$')
			while (end < text.size && is_variable_byte(text.data[end]))
				end++;
		if (text.data[i] != '$' || end == from) {
			rc = add_literal(c, text.data[i], i);
			i++;
			continue;
		}
		if (is_braced && (end == text.size || text.data[end] != '}'))
			return fail(c, YG_EFORMAT, "the brace is not closed", i + 1);
		rc = nginx_variable(c, yg_bytes_cut(text, from, end), i);
		i = end + is_braced;
	}
	return rc;
}

static bool has_variable(struct yg_bytes text)
{
	for (size_t i = 0; i + 1 < text.size; i++)
		if (text.data[i] == '$' &&
		    (text.data[i + 1] == '{' || (uint8_t)((text.data[i + 1] | 0x20) - 'a') < 26))
			return true;
	return false;
}

/* One piece of the text at @at, after quotes and keywords were taken off. */
static int compile_piece(struct compile *c, struct yg_bytes text, size_t at, bool is_nginx)
{
	c->base = at;
	return is_nginx ? compile_nginx(c, text) : compile_apache(c, text);
}

/* The quote at @at: where its partner stands, or SIZE_MAX. */
static size_t closing_quote(struct yg_bytes text, size_t at)
{
	for (size_t i = at + 1; i < text.size; i++) {
		if (text.data[i] == '\\')
			i++;
		else if (text.data[i] == text.data[at])
			return i;
	}
	return SIZE_MAX;
}

/* All quoted pieces from @at on: log_format may have several, LogFormat has one. */
static int compile_quoted(struct compile *c, struct yg_bytes text, size_t at, bool is_nginx)
{
	bool has_any = false;

	while (at < text.size) {
		size_t end;
		int rc;

		if (text.data[at] != '"' && text.data[at] != '\'') {
			at++;
			continue;
		}
		end = closing_quote(text, at);
		if (end == SIZE_MAX)
			return yg_fault_set(c->reterr, YG_EFORMAT, "the quote is not closed", at);
		rc = compile_piece(c, yg_bytes_cut(text, at + 1, end), at + 1, is_nginx);
		if (rc != YG_OK || !is_nginx)
			return rc;
		has_any = true;
		at = end + 1;
	}
	return has_any ? YG_OK
		       : yg_fault_set(c->reterr, YG_EFORMAT, "has no format in quotes", text.size);
}

static bool starts_word(struct yg_bytes text, struct yg_bytes word)
{
	return text.size > word.size &&
	       yg_bytes_eq_nocase(yg_bytes_cut(text, 0, word.size), word) &&
	       (text.data[word.size] == ' ' || text.data[word.size] == '\t');
}

static int compile_text(struct compile *c, struct yg_bytes text)
{
	static const struct {
		const char *name;
		const char *text;
	} nicknames[] = {
		{"common", "%h %l %u %t \"%r\" %>s %b"},
		{"combined", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""},
		{"vhost_combined",
		 "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""},
	};
	size_t at = 0;

	for (size_t i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++)
		if (yg_bytes_eq(yg_bytes_trim(text), yg_bytes_str(nicknames[i].name)))
			return compile_piece(c, yg_bytes_str(nicknames[i].text), 0, false);
	while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t'))
		at++;
	if (starts_word(yg_bytes_from(text, at), YG_S("LogFormat")))
		return compile_quoted(c, text, at, false);
	if (starts_word(yg_bytes_from(text, at), YG_S("log_format")))
		return compile_quoted(c, text, at, true);
	if (at < text.size && (text.data[at] == '\'' || text.data[at] == '"')) {
		size_t end = closing_quote(text, at);

		/* Quotes around the whole; others belong to the format. */
		if (end != SIZE_MAX && yg_bytes_trim(yg_bytes_from(text, end + 1)).size == 0)
			return compile_quoted(c, text, at, has_variable(text));
	}
	return compile_piece(c, text, 0, has_variable(text));
}

int yg_log_format_compile(struct yg_bytes text, struct yg_log_format **ret, struct yg_fault *reterr)
{
	struct compile c = {.reterr = reterr};
	bool has_field = false;
	int rc;

	assert(ret && reterr);
	if (text.size > YG_LOG_FORMAT_BYTES_MAX)
		return yg_fault_set(reterr, YG_ELIMIT, "the format string is too long",
				    YG_LOG_FORMAT_BYTES_MAX);
	c.format = yg_calloc(1, sizeof(*c.format));
	if (!c.format)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	rc = compile_text(&c, text);
	for (size_t i = 0; i < c.format->count; i++)
		has_field = has_field || c.format->steps[i].kind != YG_STEP_LITERAL;
	if (rc == YG_OK && !has_field)
		rc = yg_fault_set(
			reterr, YG_EFORMAT,
			"names no field: %h (Apache) or $remote_addr (nginx), for example", 0);
	if (rc != YG_OK) {
		c.format = yg_log_format_free(c.format);
		return rc;
	}
	*ret = c.format;
	return YG_OK;
}

struct yg_log_format *yg_log_format_free(struct yg_log_format *format)
{
	free(format);
	return NULL;
}
