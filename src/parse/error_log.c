/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/error_log.h"

#include "parse/web.h"
#include "parse/when.h"

#include "base/ban.h"

#define GROUPS_MAX	16u
#define PARTS_MAX	16u
#define LEVEL_BYTES_MAX 8u

static int no_memory(struct yg_fault *reterr)
{
	return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

static bool is_level(struct yg_bytes text)
{
	static const char *const levels[] = {"emerg",	"alert",  "crit", "error", "warn",
					     "warning", "notice", "info", "debug"};

	if (text.size > 1 && text.data[text.size - 1] <= '8') /* trace1 … trace8 */
		return yg_bytes_starts(text, YG_S("trace")) && text.size == 6;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (yg_bytes_eq(text, yg_bytes_str(levels[i])))
			return true;
	return false;
}

static int add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	return text.size == 0 ? YG_OK : yg_event_add_id(event, name_id, text, kind);
}

/* "192.0.2.7:377", "2001:db8::7:377", "[2001:db8::7]:377" or without a port. */
static int add_client(struct yg_event *event, struct yg_bytes text, bool has_port)
{
	struct yg_bytes address = text;
	struct yg_bytes port = {0};
	size_t i = text.size;
	int rc;

	while (i > 0 && (uint8_t)(text.data[i - 1] - '0') <= 9)
		i--;
	if (i > 1 && i < text.size && text.data[i - 1] == ':' &&
	    (has_port || yg_bytes_chr(text, ':') == i - 1 || text.data[i - 2] == ']')) {
		address = yg_bytes_cut(text, 0, i - 1);
		port = yg_bytes_from(text, i);
	}
	if (address.size > 2 && address.data[0] == '[' && address.data[address.size - 1] == ']')
		address = yg_bytes_cut(address, 1, address.size - 1);
	rc = add(event, YG_F_src_ip, address, YG_VALUE_TEXT);
	return rc == YG_OK ? add(event, YG_F_src_port, port, YG_VALUE_NUMBER) : rc;
}

/* ---- Apache ---- */

static bool is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

bool yg_apache_error_fits(struct yg_bytes record)
{
	const uint8_t *d = record.data;

	return record.size >= 26 && d[0] == '[' && is_letter(d[1]) && is_letter(d[2]) &&
	       is_letter(d[3]) && d[4] == ' ' && is_letter(d[5]) && is_letter(d[7]) &&
	       d[8] == ' ' && d[11] == ' ' && d[14] == ':' && d[17] == ':';
}

/* "Thu Sep 30 13:27:06.009964 2021" */
static bool apache_time(struct yg_bytes text, struct yg_when *ret)
{
	const uint8_t *d = text.data;
	uint32_t day, hour, minute, second, year;
	uint32_t ns;
	size_t i = 19;

	*ret = (struct yg_when){0};
	if (text.size < 24 || !yg_when_digits(d + 8 + (d[8] == ' '), 2 - (d[8] == ' '), &day) ||
	    !yg_when_digits(d + 11, 2, &hour) || !yg_when_digits(d + 14, 2, &minute) ||
	    !yg_when_digits(d + 17, 2, &second))
		return false;
	i += yg_when_fraction(yg_bytes_from(text, i), &ns);
	if (text.size - i != 5 || d[i] != ' ' || !yg_when_digits(d + i + 1, 4, &year))
		return false;
	ret->civil = (struct yg_civil){.year = (int32_t)year,
				       .month = (uint8_t)yg_when_month(d + 4),
				       .day = (uint8_t)day,
				       .hour = (uint8_t)hour,
				       .minute = (uint8_t)minute,
				       .second = (uint8_t)second,
				       .ns = ns};
	return true;
}

struct apache {
	struct yg_bytes module, level, pid, tid, client;
};

/* "pid 2560:tid 1404" */
static void cut_pid(struct apache *apache, struct yg_bytes text)
{
	size_t colon = yg_bytes_chr(text, ':');

	apache->pid = yg_bytes_cut(text, 0, colon);
	text = yg_bytes_from(text, colon == SIZE_MAX ? text.size : colon + 1);
	if (yg_bytes_starts(text, YG_S("tid ")))
		apache->tid = yg_bytes_from(text, 4);
}

/* One group in brackets. False when it belongs to the message. */
static bool take_group(struct apache *apache, struct yg_bytes text)
{
	size_t colon = yg_bytes_chr(text, ':');
	struct yg_bytes level = yg_bytes_from(text, colon == SIZE_MAX ? 0 : colon + 1);

	if (yg_bytes_starts(text, YG_S("pid "))) {
		cut_pid(apache, yg_bytes_from(text, 4));
		return true;
	}
	if (yg_bytes_starts(text, YG_S("client ")) || yg_bytes_starts(text, YG_S("remote "))) {
		if (apache->client.size == 0)
			apache->client = yg_bytes_from(text, 7);
		return true;
	}
	if (apache->level.size > 0 || !is_level(level))
		return false;
	apache->level = level;
	if (colon != SIZE_MAX)
		apache->module = yg_bytes_cut(text, 0, colon);
	return true;
}

/* The bracket that closes the group, with a space or the end behind it: addresses have some. */
static size_t group_end(struct yg_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] == ']' && (i + 1 == text.size || text.data[i + 1] == ' '))
			return i;
	return SIZE_MAX;
}

static int fill_apache(struct yg_event *event, const struct apache *apache, struct yg_bytes message)
{
	struct yg_bytes referer = {0};
	/* Since 2.4 the port is always written; before, never. */
	bool has_port = apache->pid.size > 0;
	int rc = add(event, YG_F_module, apache->module, YG_VALUE_TEXT);

	for (size_t at = 0, step;; at += step + 1) {
		step = yg_bytes_find(yg_bytes_from(message, at), YG_S(", referer: "));
		if (step == SIZE_MAX)
			break;
		referer = yg_bytes_from(message, at + step + 11);
	}
	if (rc == YG_OK)
		rc = add(event, YG_F_level, apache->level, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_pid, apache->pid, YG_VALUE_NUMBER);
	if (rc == YG_OK)
		rc = add(event, YG_F_tid, apache->tid, YG_VALUE_NUMBER);
	if (rc == YG_OK && apache->client.size > 0)
		rc = add_client(event, apache->client, has_port);
	if (rc == YG_OK)
		rc = yg_event_add_id(event, YG_F_message, message, YG_VALUE_TEXT);
	return rc == YG_OK ? add(event, YG_F_cs_referer, referer, YG_VALUE_TEXT) : rc;
}

int yg_apache_error_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
			 struct yg_fault *reterr)
{
	struct apache apache = {0};
	struct yg_when when;
	size_t at, end;

	if (!yg_apache_error_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "has no time as Apache's error log writes it", 0);
	at = yg_bytes_chr(record, ']');
	if (at == SIZE_MAX)
		return yg_fault_set(reterr, YG_EFORMAT, "the time's bracket is not closed", 0);
	event->time_text = yg_bytes_cut(record, 1, at);
	if (!apache_time(event->time_text, &when) ||
	    !yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", 1);
	for (size_t i = 0; i < GROUPS_MAX; i++) {
		struct yg_bytes rest = yg_bytes_from(record, at + 1);

		if (!yg_bytes_starts(rest, YG_S(" [")))
			break;
		end = group_end(rest);
		if (end == SIZE_MAX || !take_group(&apache, yg_bytes_cut(rest, 2, end)))
			break;
		at += 1 + end;
	}
	if (apache.level.size == 0)
		return yg_fault_set(reterr, YG_EMISMATCH, "has no level after the time", at + 1);
	event->channel = YG_S("apache");
	if (fill_apache(event, &apache, yg_bytes_trim(yg_bytes_from(record, at + 1))) != YG_OK)
		return no_memory(reterr);
	return YG_OK;
}

/* ---- nginx ---- */

bool yg_nginx_error_fits(struct yg_bytes record)
{
	const uint8_t *d = record.data;

	return record.size >= 24 && d[4] == '/' && d[7] == '/' && d[10] == ' ' && d[13] == ':' &&
	       d[16] == ':' && d[19] == ' ' && d[20] == '[';
}

static bool nginx_time(const uint8_t *d, struct yg_when *ret)
{
	uint32_t year, month, day, hour, minute, second;

	if (!yg_when_digits(d, 4, &year) || !yg_when_digits(d + 5, 2, &month) ||
	    !yg_when_digits(d + 8, 2, &day) || !yg_when_digits(d + 11, 2, &hour) ||
	    !yg_when_digits(d + 14, 2, &minute) || !yg_when_digits(d + 17, 2, &second))
		return false;
	*ret = (struct yg_when){.civil = {.year = (int32_t)year,
					  .month = (uint8_t)month,
					  .day = (uint8_t)day,
					  .hour = (uint8_t)hour,
					  .minute = (uint8_t)minute,
					  .second = (uint8_t)second}};
	return true;
}

static size_t digits(struct yg_bytes text, size_t at)
{
	size_t i = at;

	while (i < text.size && (uint8_t)(text.data[i] - '0') <= 9)
		i++;
	return i - at;
}

/* A part of the list: known names become fields of ours, others keep theirs. */
static int add_part(struct yg_event *event, struct yg_bytes name, struct yg_bytes value)
{
	static const struct {
		const char *name;
		uint32_t id;
	} known[] = {
		{"server", YG_F_server},       {"upstream", YG_F_upstream}, {"host", YG_F_cs_host},
		{"referrer", YG_F_cs_referer}, {"login", YG_F_user},
	};
	size_t space;

	if (yg_bytes_eq(name, YG_S("client"))) {
		space = yg_bytes_chr(value, ' '); /* "192.0.2.7 using starttls" */
		return add_client(event, yg_bytes_cut(value, 0, space), false);
	}
	if (yg_bytes_eq(name, YG_S("request")))
		return yg_web_add_request(event, value);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (yg_bytes_eq(name, yg_bytes_str(known[i].name)))
			return add(event, known[i].id, value, YG_VALUE_TEXT);
	return value.size == 0 ? YG_OK : yg_event_add(event, name, value, YG_VALUE_TEXT);
}

/* The size of "word: " at @at, without these two; 0 = none. */
static size_t part_name(struct yg_bytes text, size_t at)
{
	size_t i = at;

	while (i < text.size && i - at < 24 && (is_letter(text.data[i]) || text.data[i] == '_'))
		i++;
	return i > at && i + 1 < text.size && text.data[i] == ':' && text.data[i + 1] == ' '
		       ? i - at
		       : 0;
}

/* Where the value at @at ends: before ", name: " or at the end. Quotes enclose it or not. */
static size_t part_end(struct yg_bytes text, size_t at)
{
	bool is_quoted = at < text.size && text.data[at] == '"';
	size_t i = at + is_quoted;

	for (; i < text.size; i++) {
		if (text.data[i] != ',' || (is_quoted && text.data[i - 1] != '"'))
			continue;
		if (i + 1 < text.size && text.data[i + 1] == ' ' && part_name(text, i + 2) > 0)
			return i;
	}
	return text.size;
}

static int add_parts(struct yg_event *event, struct yg_bytes text)
{
	size_t at = 0;
	int rc = YG_OK;

	for (size_t i = 0; i < PARTS_MAX && at < text.size && rc == YG_OK; i++) {
		size_t size = part_name(text, at);
		size_t from = at + size + 2;
		size_t end;
		struct yg_bytes value;

		if (size == 0)
			break;
		end = part_end(text, from);
		value = yg_bytes_cut(text, from, end);
		if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
			value = yg_bytes_cut(value, 1, value.size - 1);
		rc = add_part(event, yg_bytes_cut(text, at, at + size), value);
		at = end + 2;
	}
	return rc;
}

/* The last ", client: " in @text, or its size. */
static size_t list_start(struct yg_bytes text)
{
	size_t found = text.size;

	for (size_t at = 0, step;; at += step + 1) {
		step = yg_bytes_find(yg_bytes_from(text, at), YG_S(", client: "));
		if (step == SIZE_MAX)
			return found;
		found = at + step;
	}
}

struct nginx {
	struct yg_bytes level, pid, tid;
	struct yg_bytes rest; /* after the colon */
};

/* "[level] pid#tid:" after the time. */
static int cut_nginx(struct nginx *nginx, struct yg_bytes record, struct yg_fault *reterr)
{
	size_t close, pid, tid, at;

	if (!yg_nginx_error_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "has no time as nginx's error log writes it", 0);
	close = yg_bytes_chr(yg_bytes_cut(record, 21, 21 + LEVEL_BYTES_MAX), ']');
	nginx->level = yg_bytes_cut(record, 21, close == SIZE_MAX ? 21 : 21 + close);
	if (!is_level(nginx->level))
		return yg_fault_set(reterr, YG_EMISMATCH, "has no level after the time", 21);
	at = 21 + nginx->level.size + 2;
	pid = digits(record, at);
	tid = digits(record, at + pid + 1);
	nginx->pid = yg_bytes_cut(record, at, at + pid);
	nginx->tid = yg_bytes_cut(record, at + pid + 1, at + pid + 1 + tid);
	nginx->rest = yg_bytes_from(record, at + pid + 1 + tid + 1);
	if (pid == 0 || tid == 0 || at + pid + 1 + tid >= record.size ||
	    record.data[at + pid] != '#' || record.data[at + pid + 1 + tid] != ':')
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "has no process and thread after the level",
				    at < record.size ? at : record.size);
	return YG_OK;
}

static int fill_nginx(struct yg_event *event, const struct nginx *nginx, struct yg_bytes text)
{
	size_t list = list_start(text);
	int rc = add(event, YG_F_level, nginx->level, YG_VALUE_TEXT);

	if (rc == YG_OK)
		rc = add(event, YG_F_pid, nginx->pid, YG_VALUE_NUMBER);
	if (rc == YG_OK)
		rc = add(event, YG_F_tid, nginx->tid, YG_VALUE_NUMBER);
	if (rc == YG_OK)
		rc = yg_event_add_id(event, YG_F_message, yg_bytes_cut(text, 0, list),
				     YG_VALUE_TEXT);
	return rc == YG_OK ? add_parts(event, yg_bytes_from(text, list + 2)) : rc;
}

int yg_nginx_error_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
			struct yg_fault *reterr)
{
	struct yg_when when;
	struct nginx nginx;
	struct yg_bytes text;
	int rc = cut_nginx(&nginx, record, reterr);

	if (rc != YG_OK)
		return rc;
	if (!nginx_time(record.data, &when) ||
	    !yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time", 0);
	event->time_text = yg_bytes_cut(record, 0, 19);
	event->channel = YG_S("nginx");
	text = yg_bytes_trim(nginx.rest);
	if (text.size > 1 && text.data[0] == '*' && digits(text, 1) > 0) /* connection number */
		text = yg_bytes_trim(yg_bytes_from(text, 1 + digits(text, 1)));
	if (fill_nginx(event, &nginx, text) != YG_OK)
		return no_memory(reterr);
	return YG_OK;
}
