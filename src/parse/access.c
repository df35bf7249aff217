/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is cut from its firmest points outwards: first the time in brackets, then the end of
 * the request, which is the first quote that a status follows. Quotes that the server escaped
 * do not count; only where no other fits they do, for servers that do not escape.
 */
#include "parse/access.h"

#include "parse/log_format-int.h"
#include "parse/syslog.h"
#include "parse/web.h"
#include "parse/when.h"

#include "base/ban.h"

#define TIME_LOOK_MAX 2048u /* bytes before the time: names of hosts and users */
#define EXTRA_MAX     64u

struct cut {
	struct yg_bytes vhost, client, ident, user;
	struct yg_bytes forwarded, upstream;
	struct yg_bytes time;
	struct yg_bytes between; /* time to request: only where the time comes first */
	struct yg_bytes request, status, bytes;
	struct yg_bytes method; /* where it stands apart; then request is the target alone */
	struct yg_bytes referer, agent;
	struct yg_bytes extra[EXTRA_MAX];
	size_t extra_count;
	size_t quoted;
	bool has_referer, has_agent;
	bool is_time_first;
};

static bool is_digit(uint8_t c)
{
	return (uint8_t)(c - '0') <= 9;
}

/* A "[dd/Mon/yyyy:" at @at? */
static bool is_time_at(struct yg_bytes line, size_t at)
{
	const uint8_t *d = line.data + at;

	return line.size - at >= 22 && d[0] == '[' && d[3] == '/' && d[7] == '/' && d[12] == ':' &&
	       is_digit(d[1]) && is_digit(d[2]) && is_digit(d[8]) && is_digit(d[11]);
}

/* Where a time's bracket opens, from @at on, or SIZE_MAX. */
static size_t find_time(struct yg_bytes line, size_t at)
{
	struct yg_bytes head = yg_bytes_cut(line, 0, TIME_LOOK_MAX);

	for (;;) {
		size_t step = yg_bytes_chr(yg_bytes_from(head, at), '[');

		if (step == SIZE_MAX)
			return SIZE_MAX;
		at += step;
		if (is_time_at(line, at))
			return at;
		at++;
	}
}

/*
 * The time of the line. A client can put one, and a request behind it, into the name of its
 * user; the server escapes its quotes then, so a time with an escaped quote behind it is not it.
 */
static size_t time_of_line(struct yg_bytes line)
{
	size_t at = find_time(line, 0);

	while (at != SIZE_MAX) {
		size_t quote = yg_bytes_chr(yg_bytes_from(line, at), '"');
		size_t next;

		if (quote == SIZE_MAX || line.data[at + quote - 1] != '\\')
			break;
		next = find_time(line, at + 1);
		if (next == SIZE_MAX)
			break;
		at = next;
	}
	return at;
}

bool yg_access_fits(struct yg_bytes record)
{
	return !yg_fits_json(record) && find_time(record, 0) != SIZE_MAX;
}

/* The next token up to a space; *at moves past the spaces after it. */
static struct yg_bytes next_token(struct yg_bytes line, size_t *at)
{
	size_t from = *at;
	size_t size = yg_bytes_chr(yg_bytes_from(line, from), ' ');
	size_t end = size == SIZE_MAX ? line.size : from + size;

	for (*at = end; *at < line.size && line.data[*at] == ' ';)
		(*at)++;
	return yg_bytes_cut(line, from, end);
}

/* "name:port", where the name is no IPv6 address. */
static bool has_port(struct yg_bytes host)
{
	size_t i = host.size;

	while (i > 0 && is_digit(host.data[i - 1]))
		i--;
	return i < host.size && i > 1 && host.data[i - 1] == ':' && !yg_web_is_address(host);
}

/*
 * What stands before the time. Three words are client, ident and user. With more, the first is
 * a virtual host, or the user's name has spaces: the second word decides, which is then an
 * address, or "-" (ident) in most logs.
 */
static void cut_head(struct cut *cut, struct yg_bytes head)
{
	size_t at = 0;
	struct yg_bytes first = next_token(head, &at);
	size_t after_first = at;
	struct yg_bytes second = next_token(head, &at);
	bool is_more = at < head.size;

	if (is_more && yg_web_is_address(second)) {
		if (yg_web_is_address(
			    first)) { /* client and proxy: the log names the client first */
			cut->client = first;
			cut->forwarded = second;
		} else {
			cut->vhost = first;
			cut->client = second;
		}
	} else if (is_more && has_port(first)) {
		cut->vhost = first;
		cut->client = second;
	} else {
		cut->client = first;
		at = after_first;
	}
	cut->ident = next_token(head, &at);
	cut->user = yg_bytes_from(head, at);
	while (cut->user.size > 0 && cut->user.data[cut->user.size - 1] == ' ')
		cut->user.size--;
	/* No name ends like this: something else stands before the empty user. */
	if (yg_bytes_ends(cut->user, YG_S(" -"))) {
		cut->extra[cut->extra_count++] = yg_bytes_cut(cut->user, 0, cut->user.size - 2);
		cut->user.size = 0;
	}
}

/* Between time and request, in logs that begin with the time: an address is the client. */
static void cut_between(struct cut *cut)
{
	size_t at = 0;

	while (at < cut->between.size && cut->extra_count < EXTRA_MAX) {
		struct yg_bytes token = next_token(cut->between, &at);

		if (cut->client.size == 0 && yg_web_is_address(token))
			cut->client = token;
		else if (cut->client.size == 0 && cut->vhost.size == 0)
			cut->vhost = token;
		else if (token.size > 0)
			cut->extra[cut->extra_count++] = token;
	}
}

static bool is_escaped(struct yg_bytes line, size_t quote, size_t from)
{
	size_t i = quote;

	while (i > from && line.data[i - 1] == '\\')
		i--;
	return (quote - i) & 1;
}

/* After the quote at @quote comes ` 200` or ` -`, and then a space or the end. */
static bool is_status_after(struct yg_bytes line, size_t quote)
{
	size_t i = quote + 2;
	size_t from = i;

	if (i >= line.size || line.data[quote + 1] != ' ')
		return false;
	while (i < line.size && i - from < 3 && is_digit(line.data[i]))
		i++;
	if (i == from && line.data[i] == '-')
		i++;
	return i > from && (i == line.size || line.data[i] == ' ');
}

/* The quote that ends the request which begins at @from, or SIZE_MAX. */
static size_t request_end(struct yg_bytes line, size_t from)
{
	size_t other = SIZE_MAX;
	size_t at = from;

	for (;;) {
		size_t step = yg_bytes_chr(yg_bytes_from(line, at), '"');

		if (step == SIZE_MAX)
			return other;
		at += step;
		if (is_status_after(line, at)) {
			if (at == from || line.data[at - 1] != '\\' || !is_escaped(line, at, from))
				return at;
			if (other == SIZE_MAX)
				other = at;
		}
		at++;
	}
}

/* The quote that ends the quoted text which begins at @from; line.size when there is none. */
static size_t quoted_end(struct yg_bytes line, size_t from)
{
	size_t at = from;

	for (;;) {
		size_t step = yg_bytes_chr(yg_bytes_from(line, at), '"');

		if (step == SIZE_MAX)
			return line.size;
		at += step;
		if ((at + 1 == line.size || line.data[at + 1] == ' ') &&
		    (at == from || line.data[at - 1] != '\\' || !is_escaped(line, at, from)))
			return at;
		at++;
	}
}

/* "203.0.113.7, 10.0.0.1", "unknown": what X-Forwarded-For holds. */
static bool is_forwarded(struct yg_bytes text)
{
	bool is_list = text.size > 1;

	for (size_t i = 0; i < text.size && is_list; i++)
		is_list = is_digit(text.data[i]) || (uint8_t)((text.data[i] | 0x20) - 'a') < 6 ||
			  strchr(".:, []", text.data[i]) != NULL;
	return is_list || yg_bytes_eq(text, YG_S("-")) || yg_bytes_eq(text, YG_S("unknown"));
}

static void take_quoted(struct cut *cut, struct yg_bytes text)
{
	cut->quoted++;
	if (cut->quoted == 1) {
		cut->referer = text;
		cut->has_referer = true;
	} else if (cut->quoted == 2) {
		cut->agent = text;
		cut->has_agent = true;
	} else if (cut->quoted == 3 && cut->forwarded.size == 0 && is_forwarded(text)) {
		cut->forwarded = text;
	} else if (cut->extra_count < EXTRA_MAX && text.size > 0) {
		cut->extra[cut->extra_count++] = text;
	}
}

static bool has_letter(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((uint8_t)((text.data[i] | 0x20) - 'a') < 26)
			return true;
	return false;
}

/* All that follows status and bytes. */
static void cut_tail(struct cut *cut, struct yg_bytes line, size_t at)
{
	while (at < line.size) {
		struct yg_bytes token;

		if (line.data[at] == '"') {
			size_t end = quoted_end(line, at + 1);

			take_quoted(cut, yg_bytes_cut(line, at + 1, end));
			at = end + 1;
			while (at < line.size && line.data[at] == ' ')
				at++;
			continue;
		}
		/* Without quotes the user agent is what remains from its first word on. */
		if (cut->is_time_first && cut->quoted == 0 && !cut->has_agent) {
			size_t next = at;

			if (has_letter(next_token(line, &next))) {
				cut->agent = yg_bytes_from(line, at);
				cut->has_agent = true;
				return;
			}
		}
		token = next_token(line, &at);
		if (cut->extra_count < EXTRA_MAX && token.size > 0)
			cut->extra[cut->extra_count++] = token;
	}
	/* One quoted text alone: a referer looks like a URL, all else is a user agent. */
	if (cut->quoted == 1 && !cut->has_agent && cut->referer.size > 1 &&
	    yg_bytes_find(yg_bytes_cut(cut->referer, 0, 16), YG_S("://")) == SIZE_MAX) {
		cut->agent = cut->referer;
		cut->has_agent = true;
		cut->has_referer = false;
	}
}

/* "[Client 192.0.2.7] [Length 2048] …" from *at on. */
static void cut_groups(struct cut *cut, struct yg_bytes line, size_t *at)
{
	while (*at < line.size && line.data[*at] == '[') {
		struct yg_bytes rest = yg_bytes_from(line, *at + 1);
		size_t end = yg_bytes_chr(rest, ']');
		struct yg_bytes inner = yg_bytes_cut(rest, 0, end);

		if (end == SIZE_MAX)
			return;
		if (yg_bytes_starts(inner, YG_S("Client ")))
			cut->client = yg_bytes_from(inner, 7);
		else if (yg_bytes_starts(inner, YG_S("Length ")))
			cut->bytes = yg_bytes_from(inner, 7);
		else if (yg_bytes_starts(inner, YG_S("Sent-to ")))
			cut->upstream = yg_bytes_from(inner, 8);
		for (*at += end + 2; *at < line.size && line.data[*at] == ' ';)
			(*at)++;
	}
}

/*
 * The form of nginx proxy manager, whose quotes hold the target alone:
 * [time] cache upstream-status status - METHOD scheme host "target" [Client …] … "agent" "referer"
 */
static bool cut_manager(struct cut *cut, struct yg_bytes line, size_t quote)
{
	size_t end = quoted_end(line, quote + 1);
	struct yg_bytes before[3] = {0}; /* the last words before the quote */
	struct yg_bytes status = {0};
	size_t at = 0;

	if (!yg_bytes_starts(yg_bytes_from(line, end), YG_S("\" [Client ")))
		return false;
	while (at < cut->between.size) {
		if (before[0].size > 0 && is_digit(before[0].data[0]))
			status = before[0];
		before[0] = before[1];
		before[1] = before[2];
		before[2] = next_token(cut->between, &at);
	}
	cut->method = before[0];
	cut->vhost = before[2];
	cut->status = status;
	cut->request = yg_bytes_cut(line, quote + 1, end);
	at = end + 2;
	cut_groups(cut, line, &at);
	if (at < line.size && line.data[at] == '"') {
		end = quoted_end(line, at + 1);
		cut->agent = yg_bytes_cut(line, at + 1, end);
		cut->has_agent = true;
		at = end + 2;
	}
	if (at < line.size && line.data[at] == '"') {
		cut->referer = yg_bytes_cut(line, at + 1, quoted_end(line, at + 1));
		cut->has_referer = true;
	}
	return true;
}

static int cut_line(struct cut *cut, struct yg_bytes line, struct yg_fault *reterr)
{
	size_t open = time_of_line(line);
	size_t close, quote, end, at;

	if (open == SIZE_MAX)
		return yg_fault_set(reterr, YG_EMISMATCH, "has no time as access logs write it", 0);
	close = yg_bytes_chr(yg_bytes_cut(line, open, open + 48), ']');
	if (close == SIZE_MAX)
		return yg_fault_set(reterr, YG_EFORMAT, "the time's bracket is not closed", open);
	close += open;
	cut->time = yg_bytes_cut(line, open + 1, close);
	cut->is_time_first = open == 0;
	if (open > 0)
		cut_head(cut, yg_bytes_cut(line, 0, open));
	at = close + 1;
	quote = yg_bytes_chr(yg_bytes_from(line, at), '"');
	if (quote == SIZE_MAX)
		return yg_fault_set(reterr, YG_EFORMAT, "has no request in quotes", at);
	quote += at;
	cut->between = yg_bytes_trim(yg_bytes_cut(line, at, quote));
	if (cut->is_time_first && cut_manager(cut, line, quote))
		return YG_OK;
	end = request_end(line, quote + 1);
	if (end == SIZE_MAX)
		return yg_fault_set(reterr, YG_EFORMAT,
				    "the request has no end that a status follows", quote);
	cut->request = yg_bytes_cut(line, quote + 1, end);
	at = end + 2;
	cut->status = next_token(line, &at);
	if (at < line.size && (is_digit(line.data[at]) || line.data[at] == '-'))
		cut->bytes = next_token(line, &at);
	if (cut->between.size > 0)
		cut_between(cut);
	if (at < line.size)
		cut_tail(cut, line, at);
	return YG_OK;
}

/* A field, unless it is empty or "-". */
static int add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	return text.size == 0 ? YG_OK : yg_web_add(event, name_id, text, kind);
}

/* "name:port" as vhost_combined writes it. */
static int add_vhost(struct yg_event *event, struct yg_bytes vhost)
{
	size_t i = vhost.size;
	int rc;

	if (!has_port(vhost))
		return add(event, YG_F_cs_host, vhost, YG_VALUE_TEXT);
	while (is_digit(vhost.data[i - 1]))
		i--;
	rc = add(event, YG_F_cs_host, yg_bytes_cut(vhost, 0, i - 1), YG_VALUE_TEXT);
	return rc == YG_OK ? add(event, YG_F_s_port, yg_bytes_from(vhost, i), YG_VALUE_NUMBER) : rc;
}

static int add_request(struct yg_event *event, const struct cut *cut)
{
	int rc;

	if (cut->method.size == 0)
		return yg_web_add_request(event, cut->request);
	rc = add(event, YG_F_cs_method, cut->method, YG_VALUE_TEXT);
	return rc == YG_OK ? add(event, YG_F_cs_uri, cut->request, YG_VALUE_TEXT) : rc;
}

/* What came after status and bytes. A referer or agent in quotes counts even when empty. */
static int add_rest(struct yg_event *event, const struct cut *cut)
{
	int rc = YG_OK;

	if (cut->has_referer)
		rc = yg_web_add(event, YG_F_cs_referer, cut->referer, YG_VALUE_TEXT);
	if (rc == YG_OK && cut->has_agent)
		rc = yg_web_add(event, YG_F_cs_user_agent, cut->agent, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_x_forwarded_for, cut->forwarded, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_upstream, cut->upstream, YG_VALUE_TEXT);
	for (size_t i = 0; i < cut->extra_count && rc == YG_OK; i++)
		rc = add(event, YG_F_extra, cut->extra[i], YG_VALUE_TEXT);
	return rc;
}

static int fill(struct yg_event *event, const struct cut *cut)
{
	int rc = add_vhost(event, cut->vhost);

	if (rc == YG_OK)
		rc = add(event, YG_F_c_ip, cut->client, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_cs_ident, cut->ident, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_cs_username, cut->user, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add_request(event, cut);
	if (rc == YG_OK)
		rc = add(event, YG_F_sc_status, cut->status, YG_VALUE_NUMBER);
	if (rc == YG_OK)
		rc = add(event, YG_F_sc_bytes, cut->bytes, YG_VALUE_NUMBER);
	return rc == YG_OK ? add_rest(event, cut) : rc;
}

/* A line with the position of its first byte in the record. */
struct line {
	struct yg_bytes text;
	size_t start;
	bool is_doubled; /* inner quotes were doubled, and are single in @text */
};

/* "2022-01-28T16:04:05.413656027Z stdout F ": the stamp of a container runtime (CRI). */
static size_t stamp_size(struct yg_bytes record)
{
	size_t at = 0;
	struct yg_bytes token;

	if (record.size < 30 || record.data[4] != '-' || record.data[10] != 'T')
		return 0;
	(void)next_token(record, &at);
	token = next_token(record, &at);
	if (!yg_bytes_eq(token, YG_S("stdout")) && !yg_bytes_eq(token, YG_S("stderr")))
		return 0;
	return next_token(record, &at).size == 1 ? at : 0;
}

/* "web-1  | ": the service that docker compose puts in front; an address there is the client. */
static size_t service_size(struct yg_bytes record)
{
	size_t at = 0;
	struct yg_bytes service = next_token(record, &at);

	if (at + 1 >= record.size || record.data[at] != '|' || record.data[at + 1] != ' ' ||
	    yg_web_is_address(service))
		return 0;
	(void)next_token(record, &at);
	return at;
}

/* The line inside a cell of a spreadsheet: quotes around, cell separators after it. */
static int unwrap(struct yg_bytes record, struct yg_arena *arena, struct line *ret)
{
	struct yg_bytes text = record;
	size_t stamp = stamp_size(record);
	size_t start = stamp > 0 ? stamp : service_size(record);
	uint8_t *mem;
	size_t to = 0;

	*ret = (struct line){.text = yg_bytes_from(record, start), .start = start};
	if (record.size < 2 || record.data[0] != '"')
		return YG_OK;
	while (text.size > 1 && strchr(",;\t ", text.data[text.size - 1]))
		text.size--;
	if (text.size > 1 && text.data[text.size - 1] == '"')
		text.size--;
	ret->text = yg_bytes_from(text, 1);
	ret->start = 1;
	ret->is_doubled = yg_bytes_find(ret->text, YG_S(" \"\"")) != SIZE_MAX &&
			  yg_bytes_find(ret->text, YG_S("] \"\"")) != SIZE_MAX;
	if (!ret->is_doubled)
		return YG_OK;
	mem = yg_arena_alloc(arena, ret->text.size);
	if (!mem)
		return YG_ENOMEM;
	for (size_t i = 0; i < ret->text.size; i++) {
		mem[to++] = ret->text.data[i];
		if (ret->text.data[i] == '"' && i + 1 < ret->text.size &&
		    ret->text.data[i + 1] == '"')
			i++;
	}
	ret->text = (struct yg_bytes){mem, to};
	return YG_OK;
}

/* From a position in the line to the one in the record. */
static size_t position(const struct line *line, struct yg_bytes record, size_t at)
{
	size_t i = line->start;

	if (!line->is_doubled)
		return line->start + at;
	for (; at > 0 && i + 1 < record.size; at--)
		i += record.data[i] == '"' && record.data[i + 1] == '"' ? 2 : 1;
	return i;
}

int yg_access_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		   struct yg_fault *reterr)
{
	struct cut cut;
	struct line line;
	struct yg_when when;
	int rc;

	if (ctx->opts.log_format)
		return yg_log_format_read(ctx, record, event, reterr);
	if (yg_fits_json(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "is JSON, not an access log's line", 0);
	/* Taken as it stands, "Sep" would be the client. */
	if (stamp_size(record) == 0 && yg_syslog_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "begins as a line of a system log, to be read as syslog", 0);
	/* All but the array, which its count guards. */
	memset(&cut, 0, offsetof(struct cut, extra));
	cut.extra_count = cut.quoted = 0;
	cut.has_referer = cut.has_agent = false;
	rc = unwrap(record, event->arena, &line);
	if (rc != YG_OK)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	rc = cut_line(&cut, line.text, reterr);
	if (rc != YG_OK) {
		reterr->pos = position(&line, record, reterr->pos);
		return rc;
	}
	if (!yg_when_clf(cut.time, &when) ||
	    !yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return yg_fault_set(
			reterr, YG_EFORMAT, "there is no such time",
			position(&line, record, (size_t)(cut.time.data - line.text.data)));
	event->has_zone = when.has_zone;
	event->time_text = cut.time;
	rc = fill(event, &cut);
	if (rc == YG_OK)
		rc = yg_web_derive(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
