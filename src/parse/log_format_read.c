/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines by a compiled format. A field ends where the literal after it begins; inside quotes only
 * a quote counts that was not escaped, unless there is no such. Where no literal follows, the
 * kind of bytes a field may hold says where it ends. No step is ever tried twice.
 */
#include "parse/log_format-int.h"
#include "parse/web.h"
#include "parse/when.h"

#include "base/ban.h"

struct match {
	const struct yg_log_format *format;
	struct yg_bytes line;
	struct yg_event *event;
	struct yg_fault *reterr;
	struct yg_when when;
	bool has_when;
	bool has_instant; /* event->time_ns was set from a number or an ISO time */
	bool is_sure; /* a time or a status was read: this is the format, and later faults damage */
	uint32_t fraction_ns;
};

static int fail(struct match *m, const char *msg, size_t at)
{
	return yg_fault_set(m->reterr, m->is_sure ? YG_EFORMAT : YG_EMISMATCH, msg, at);
}

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_in_class(enum yg_step_bytes bytes, uint8_t c)
{
	switch (bytes) {
	case YG_BYTES_DIGITS:
		return is_digit(c) || c == '.' || c == '-';
	case YG_BYTES_HOST:
		return is_digit(c) || is_letter(c) || (c && strchr(".-:[]_%", c));
	case YG_BYTES_PATH:
		return c != '?' && c != ' ' && c != '"';
	case YG_BYTES_LETTERS:
		return is_letter(c) || c == '_' || c == '-';
	default:
		return false;
	}
}

/* Where the bytes of the class end. */
static size_t class_end(enum yg_step_bytes bytes, struct yg_bytes line, size_t at)
{
	size_t i = at;

	if (bytes == YG_BYTES_QUERY_MARK)
		return at + (at < line.size && line.data[at] == '?');
	while (i < line.size && is_in_class(bytes, line.data[i]))
		i++;
	return i;
}

static bool is_escaped(struct yg_bytes line, size_t at, size_t from)
{
	size_t i = at;

	while (i > from && line.data[i - 1] == '\\')
		i--;
	return (at - i) & 1;
}

/* Field @step could stand at @at: a number is one, up to what follows it. */
static bool fits_after(const struct match *m, size_t step, size_t at)
{
	size_t end;

	if (step >= m->format->count || m->format->steps[step].kind != YG_STEP_NUMBER)
		return true;
	end = class_end(YG_BYTES_DIGITS, m->line, at);
	if (end == at)
		return false;
	if (step + 1 == m->format->count)
		return end == m->line.size;
	return m->format->steps[step + 1].kind != YG_STEP_LITERAL ||
	       yg_bytes_starts(yg_bytes_from(m->line, end), m->format->steps[step + 1].text);
}

/* Behind the comma of "1.2.3.4, 10.0.0.1": the list of X-Forwarded-For goes on, quoted or not. */
static bool is_in_list(const struct match *m, size_t step, size_t at, size_t i)
{
	return m->format->steps[step].name_id == YG_F_x_forwarded_for && i > at &&
	       m->line.data[i - 1] == ',' && m->line.data[i] == ' ';
}

/* The end of field @step, which begins at @at and is followed by a literal. */
static size_t end_by_literal(const struct match *m, size_t step, size_t at)
{
	struct yg_bytes literal = m->format->steps[step + 1].text;
	bool is_quoted = literal.data[0] == '"' && at > 0 && m->line.data[at - 1] == '"';
	size_t other = SIZE_MAX;
	size_t i = at;

	if (step + 2 == m->format->count) /* the last literal ends the line */
		return m->line.size >= at + literal.size && yg_bytes_ends(m->line, literal)
			       ? m->line.size - literal.size
			       : SIZE_MAX;
	for (;;) {
		size_t step_size = yg_bytes_find(yg_bytes_from(m->line, i), literal);

		if (step_size == SIZE_MAX)
			return other;
		i += step_size;
		if (!is_in_list(m, step, at, i) && fits_after(m, step + 2, i + literal.size)) {
			if (!is_quoted || !is_escaped(m->line, i, at))
				return i;
			if (other == SIZE_MAX)
				other = i;
		}
		i++;
	}
}

static size_t field_end(const struct match *m, size_t step, size_t at)
{
	const struct yg_step *next = &m->format->steps[step + 1];
	size_t size;

	if (step + 1 == m->format->count)
		return m->line.size;
	/* A time ends where the literal begins, even if the literal is damaged further on. */
	if (m->format->steps[step].kind == YG_STEP_CLF && next->kind == YG_STEP_LITERAL &&
	    next->text.data[0] != ' ') {
		size = yg_bytes_chr(yg_bytes_from(m->line, at), next->text.data[0]);
		return size == SIZE_MAX ? SIZE_MAX : at + size;
	}
	if (next->kind == YG_STEP_LITERAL)
		return end_by_literal(m, step, at);
	return class_end(m->format->steps[step].bytes, m->line, at);
}

/* ---- strftime, backwards ---- */

/* Up to @max digits at *at. */
static bool take_number(struct yg_bytes line, size_t *at, unsigned max, uint32_t *ret)
{
	size_t from = *at;
	uint32_t value = 0;

	for (; *at < line.size && *at - from < max && is_digit(line.data[*at]); (*at)++)
		value = value * 10 + (uint32_t)(line.data[*at] - '0');
	*ret = value;
	return *at > from;
}

static bool take_month(struct yg_bytes line, size_t *at, struct yg_civil *civil)
{
	if (line.size - *at < 3)
		return false;
	civil->month = (uint8_t)yg_when_month(line.data + *at);
	*at += 3;
	while (*at < line.size && is_letter(line.data[*at])) /* the whole name: %B */
		(*at)++;
	return civil->month > 0;
}

static bool take_zone(struct yg_bytes line, size_t *at, struct yg_when *when)
{
	/* "Z", "+0300" or "+03:00", whatever stands behind it. */
	static const uint8_t sizes[] = {6, 5, 1};

	for (size_t i = 0; i < sizeof(sizes) && !when->has_zone; i++) {
		when->has_zone =
			line.size - *at >= sizes[i] &&
			yg_when_zone(yg_bytes_cut(line, *at, *at + sizes[i]), &when->zone_s);
		*at += when->has_zone ? sizes[i] : 0;
	}
	return when->has_zone;
}

static bool take_conversion(struct match *m, uint8_t letter, size_t *at);

/* A conversion that stands for several. */
static bool take_compound(struct match *m, const char *pattern, size_t *at)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%') {
			if (*at >= m->line.size || m->line.data[*at] != (uint8_t)*pattern)
				return false;
			(*at)++;
			continue;
		}
		pattern++;
		if (!take_conversion(m, (uint8_t)*pattern, at))
			return false;
	}
	return true;
}

static bool take_words(struct match *m, uint8_t letter, size_t *at)
{
	struct yg_civil *civil = &m->when.civil;
	uint8_t c = *at < m->line.size ? m->line.data[*at] : 0;

	switch (letter) {
	case 'b':
	case 'h':
	case 'B':
		return take_month(m->line, at, civil);
	case 'z':
		return take_zone(m->line, at, &m->when);
	case 'p':
		if (m->line.size - *at < 2)
			return false;
		*at += 2;
		if ((c | 0x20) == 'p' && civil->hour < 12)
			civil->hour = (uint8_t)(civil->hour + 12);
		else if ((c | 0x20) == 'a' && civil->hour == 12)
			civil->hour = 0;
		return true;
	default: /* names of days and zones: %a %A %Z */
		if (!is_letter(c))
			return false;
		while (*at < m->line.size && is_letter(m->line.data[*at]))
			(*at)++;
		return true;
	}
}

static void set_number(struct yg_civil *civil, uint8_t letter, uint32_t value)
{
	if (letter == 'Y')
		civil->year = (int32_t)value;
	else if (letter == 'y') /* POSIX: 69 to 99 are of the last century */
		civil->year = (int32_t)(value + (value < 69 ? 2000 : 1900));
	else if (letter == 'm')
		civil->month = (uint8_t)value;
	else if (letter == 'H' || letter == 'I')
		civil->hour = (uint8_t)value;
	else if (letter == 'M')
		civil->minute = (uint8_t)value;
	else if (letter == 'S')
		civil->second = (uint8_t)value;
	else
		civil->day = (uint8_t)value;
}

/* The compound ones name none but simple ones: this is no endless recursion. */
static bool take_conversion(struct match *m, uint8_t letter, size_t *at)
{
	uint32_t value = 0;

	switch (letter) {
	case 'T':
		return take_compound(m, "%H:%M:%S", at);
	case 'R':
		return take_compound(m, "%H:%M", at);
	case 'F':
		return take_compound(m, "%Y-%m-%d", at);
	case 'D':
		return take_compound(m, "%m/%d/%y", at);
	case 'e':
		while (*at < m->line.size && m->line.data[*at] == ' ')
			(*at)++;
		break;
	case 's':
		if (!take_number(m->line, at, 10, &value))
			return false;
		m->event->time_ns = (int64_t)value * YG_NS_PER_S;
		m->has_instant = true;
		return true;
	default:
		break;
	}
	if (!letter || !strchr("demHIMSyY", letter))
		return take_words(m, letter, at);
	if (!take_number(m->line, at, letter == 'Y' ? 4 : 2, &value))
		return false;
	set_number(&m->when.civil, letter, value);
	return true;
}

static bool take_strftime(struct match *m, struct yg_bytes pattern, size_t *at)
{
	for (size_t i = 0; i < pattern.size; i++) {
		if (pattern.data[i] == '%' && i + 1 < pattern.size && pattern.data[i + 1] != '%') {
			i++;
			if (!take_conversion(m, pattern.data[i], at))
				return false;
			continue;
		}
		i += pattern.data[i] == '%' && i + 1 < pattern.size;
		if (*at >= m->line.size || m->line.data[*at] != pattern.data[i])
			return false;
		(*at)++;
	}
	m->has_when = m->has_when || !m->has_instant;
	return true;
}

/* ---- Values ---- */

static bool epoch(struct match *m, struct yg_bytes text, int64_t unit_ns)
{
	size_t dot = yg_bytes_chr(text, '.');
	int64_t ns, fraction;
	uint64_t whole, part = 0;

	if (!yg_bytes_u64(yg_bytes_cut(text, 0, dot), &whole) ||
	    whole > (uint64_t)(INT64_MAX / 2 / unit_ns))
		return false;
	ns = (int64_t)whole * unit_ns;
	fraction = unit_ns;
	if (dot != SIZE_MAX) {
		struct yg_bytes digits = yg_bytes_cut(text, dot + 1, dot + 10);

		if (!yg_bytes_u64(digits, &part))
			return false;
		for (size_t i = 0; i < digits.size; i++)
			fraction /= 10;
		ns += (int64_t)part * fraction;
	}
	m->event->time_ns = ns;
	m->event->has_zone = true;
	m->has_instant = true;
	return true;
}

static bool fraction(struct match *m, struct yg_bytes text, uint32_t unit_ns)
{
	uint64_t value;

	if (!yg_bytes_u64(text, &value) || value >= (uint64_t)YG_NS_PER_S / unit_ns)
		return false;
	m->fraction_ns = (uint32_t)value * unit_ns;
	return true;
}

/* A time of kind @kind in @text. */
static bool take_time(struct match *m, struct yg_parser_int *ctx, enum yg_step_kind kind,
		      struct yg_bytes text)
{
	int32_t zone_s = 0;
	bool has_zone;

	switch (kind) {
	case YG_STEP_CLF:
		m->has_when = yg_when_clf(text, &m->when);
		return m->has_when;
	case YG_STEP_ISO:
		if (!yg_time_parse_iso(text, 0, &m->event->time_ns, &has_zone))
			return false;
		if (!has_zone && ctx->opts.zone) {
			zone_s = yg_zone_offset_local(ctx->opts.zone,
						      m->event->time_ns / YG_NS_PER_S);
			m->event->time_ns -= zone_s * YG_NS_PER_S;
		}
		m->event->has_zone = has_zone;
		m->has_instant = true;
		return true;
	case YG_STEP_EPOCH:
		return epoch(m, text, YG_NS_PER_S);
	case YG_STEP_EPOCH_MS:
		return epoch(m, text, YG_NS_PER_S / 1000);
	case YG_STEP_EPOCH_US:
		return epoch(m, text, YG_NS_PER_S / 1000000);
	case YG_STEP_FRACTION_MS:
		return fraction(m, text, 1000000);
	default:
		return fraction(m, text, 1000);
	}
}

static int add_value(struct match *m, const struct yg_step *step, struct yg_bytes text)
{
	enum yg_value_kind kind = YG_VALUE_TEXT;
	uint64_t number;

	if (step->kind == YG_STEP_REQUEST)
		return yg_web_add_request(m->event, text);
	if (step->bytes == YG_BYTES_QUERY_MARK || yg_bytes_eq(text, YG_S("-")))
		return YG_OK;
	if (step->kind == YG_STEP_QUERY) {
		if (text.size == 0)
			return YG_OK;
		text = yg_bytes_from(text, text.data[0] == '?');
	}
	if (step->kind == YG_STEP_NUMBER && yg_bytes_u64(text, &number))
		kind = YG_VALUE_NUMBER;
	return step->name_id ? yg_event_add_id(m->event, step->name_id, text, kind)
			     : yg_event_add(m->event, step->text, text, kind);
}

/* Field @step at *at. */
static int take_field(struct match *m, struct yg_parser_int *ctx, size_t step, size_t *at)
{
	const struct yg_step *s = &m->format->steps[step];
	size_t from = *at;
	size_t end;
	struct yg_bytes text;

	if (s->kind == YG_STEP_STRFTIME) {
		if (!take_strftime(m, s->text, at))
			return fail(m, "the time does not fit its format", from);
		m->is_sure = true;
		m->event->time_text = m->event->time_text.size ? m->event->time_text
							       : yg_bytes_cut(m->line, from, *at);
		return YG_OK;
	}
	end = field_end(m, step, from);
	if (end == SIZE_MAX)
		return fail(m, "what follows this field in the format is not in the line", from);
	*at = end;
	text = yg_bytes_cut(m->line, from, end);
	if (s->kind >= YG_STEP_CLF) {
		if (!take_time(m, ctx, s->kind, text))
			return fail(m, "there is no such time", from);
		m->is_sure = true;
		m->event->time_text = text;
		return YG_OK;
	}
	if (s->kind == YG_STEP_NUMBER) {
		if (text.size == 0 || (!is_digit(text.data[0]) && text.data[0] != '-'))
			return fail(m, "this should be a number", from);
		m->is_sure = m->is_sure || s->name_id == YG_F_sc_status;
	}
	return add_value(m, s, text) == YG_OK
		       ? YG_OK
		       : yg_fault_set(m->reterr, YG_ENOMEM, "out of memory", from);
}

static int finish_time(struct match *m, struct yg_parser_int *ctx)
{
	if (!m->has_when)
		return YG_OK;
	m->when.civil.ns += m->fraction_ns;
	/* A format may name the day and leave the clock out, but not the other way round. */
	if (!yg_when_instant(&m->when, ctx->opts.zone, &m->event->time_ns))
		return fail(m, "there is no such time",
			    m->event->time_text.size
				    ? (size_t)(m->event->time_text.data - m->line.data)
				    : 0);
	m->event->has_zone = m->when.has_zone;
	return YG_OK;
}

static int walk(struct match *m, struct yg_parser_int *ctx)
{
	size_t at = 0;

	for (size_t i = 0; i < m->format->count; i++) {
		const struct yg_step *step = &m->format->steps[i];
		int rc;

		if (step->kind != YG_STEP_LITERAL) {
			rc = take_field(m, ctx, i, &at);
			if (rc != YG_OK)
				return rc;
			continue;
		}
		for (size_t j = 0; j < step->text.size; j++, at++)
			if (at == m->line.size || m->line.data[at] != step->text.data[j])
				return fail(m, "the line departs from the format here", at);
	}
	if (at < m->line.size)
		return fail(m, "the line goes on where the format ends", at);
	return finish_time(m, ctx);
}

int yg_log_format_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		       struct yg_fault *reterr)
{
	const struct yg_log_format *format = ctx->opts.log_format;
	struct match m = {.format = format, .line = record, .event = event, .reterr = reterr};
	const struct yg_step *first = &format->steps[0];
	/* A spreadsheet's quotes around the whole line. */
	bool is_wrapped = record.size > 2 && record.data[0] == '"' &&
			  record.data[record.size - 1] == '"' &&
			  !(first->kind == YG_STEP_LITERAL && first->text.data[0] == '"');
	int rc;

	m.when.civil = (struct yg_civil){.year = 1970, .month = 1, .day = 1};
	if (is_wrapped)
		m.line = yg_bytes_cut(record, 1, record.size - 1);
	rc = walk(&m, ctx);
	if (rc != YG_OK) {
		reterr->pos += is_wrapped;
		return rc;
	}
	rc = yg_web_derive(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
