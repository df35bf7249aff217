/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/syslog.h"

#include "parse/access.h"
#include "parse/address.h"
#include "parse/asa.h"
#include "parse/auditd.h"
#include "parse/auth.h"
#include "parse/cef.h"
#include "parse/described.h"
#include "parse/dns.h"
#include "parse/fortigate.h"
#include "parse/gateway.h"
#include "parse/haproxy.h"
#include "parse/json.h"
#include "parse/openvpn.h"
#include "parse/packet.h"
#include "parse/paloalto.h"
#include "parse/plain.h"
#include "parse/signin.h"
#include "parse/structured.h"
#include "parse/times.h"
#include "parse/when.h"
#include "parse/windows_xml.h"
#include "parse/words.h"

#include "base/ban.h"

#define TAG_BYTES_MAX	   64u
#define PID_BYTES_MAX	   24u
#define PRI_MAX		   191u
#define PRIORITY_BYTES_MAX 24u
#define SOURCE_BYTES_MAX   320u /* a host name and its address */

struct header {
	struct yg_bytes rest; /* what is not read yet */
	uint32_t pri;
	bool has_pri;
	bool has_time;
	bool is_loose;	   /* the time is one of which many programs write the like */
	bool is_container; /* the text of a program in a container, of which nothing else is known
			    */
	struct yg_bytes host;
	struct yg_bytes program;
	struct yg_bytes pid;
	struct yg_bytes msgid;
	struct yg_bytes data; /* RFC 5424: [id param="value"]… */
	struct yg_bytes message;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct yg_bytes b)
{
	size_t i = 0;

	while (i < b.size && is_digit(b.data[i]))
		i++;
	return i;
}

/* The word at the start of @b, and what follows the spaces after it. */
static struct yg_bytes word(struct yg_bytes *b)
{
	size_t end = yg_bytes_chr(*b, ' ');
	struct yg_bytes ret = yg_bytes_cut(*b, 0, end);

	*b = yg_bytes_from(*b, ret.size);
	while (b->size > 0 && b->data[0] == ' ')
		*b = yg_bytes_from(*b, 1);
	return ret;
}

/* "123 <34>": RFC 6587 octet counting, when the stream was saved as it came. */
static void skip_octets(struct yg_bytes *b)
{
	size_t n = digits(*b);

	if (n > 0 && n < 8 && n + 1 < b->size && b->data[n] == ' ' && b->data[n + 1] == '<')
		*b = yg_bytes_from(*b, n + 1);
}

static void read_pri(struct header *h)
{
	size_t n;
	uint64_t pri;

	if (h->rest.size < 3 || h->rest.data[0] != '<')
		return;
	n = digits(yg_bytes_from(h->rest, 1));
	if (n == 0 || n > 3 || h->rest.size <= n + 1 || h->rest.data[n + 1] != '>' ||
	    !yg_bytes_u64(yg_bytes_cut(h->rest, 1, n + 1), &pri) || pri > PRI_MAX)
		return;
	h->pri = (uint32_t)pri;
	h->has_pri = true;
	h->rest = yg_bytes_from(h->rest, n + 2);
}

static bool is_iso_start(struct yg_bytes b)
{
	return b.size >= 19 && digits(b) == 4 && b.data[4] == '-' && b.data[7] == '-' &&
	       (b.data[10] == 'T' || b.data[10] == 't') && b.data[13] == ':';
}

/* "11月", " 3月": what journalctl writes for a month in Japanese; its size, or 0. */
static size_t ja_month(struct yg_bytes b, unsigned *ret)
{
	size_t blank = b.size > 0 && b.data[0] == ' ';
	size_t n = digits(yg_bytes_from(b, blank));
	uint64_t month;

	if (n == 0 || n > 2 || !yg_bytes_starts(yg_bytes_from(b, blank + n), YG_S("月 ")) ||
	    !yg_bytes_u64(yg_bytes_cut(b, blank, blank + n), &month) || month < 1 || month > 12)
		return 0;
	*ret = (unsigned)month;
	return blank + n + 3;
}

/* The month at the start of @b, in English or Japanese; its size, or 0. */
static size_t month_at(struct yg_bytes b, unsigned *ret)
{
	if (b.size < 3)
		return 0;
	*ret = yg_when_month(b.data);
	return *ret ? 3 : ja_month(b, ret);
}

/* "1772352001.250000 " */
static bool is_unix_start(struct yg_bytes b)
{
	return b.size > 18 && digits(b) == 10 && b.data[10] == '.' &&
	       digits(yg_bytes_from(b, 11)) == 6 && b.data[17] == ' ';
}

/* "2026-03-01 08:00:01" */
static bool is_date_start(struct yg_bytes b)
{
	return b.size > 20 && digits(b) == 4 && b.data[4] == '-' && b.data[7] == '-' &&
	       b.data[10] == ' ' && b.data[13] == ':' && b.data[16] == ':';
}

/* "2026:03:01-08:00:01 ": Sophos UTM. */
static bool is_utm_start(struct yg_bytes b)
{
	return b.size > 20 && digits(b) == 4 && b.data[4] == ':' && b.data[7] == ':' &&
	       b.data[10] == '-' && b.data[13] == ':' && b.data[16] == ':' && b.data[19] == ' ';
}

/*
 * "2026-03-01 08:00:01", "Sun 2026-03-01 08:00:01 JST" (journalctl -o short-full) and
 * "1772352001.250000" (-o short-unix): times of which many programs write the like. They are a
 * system log's where a host and a program with its number follow. The size of the time, or 0.
 */
static size_t loose_size(struct yg_bytes b)
{
	size_t start = yg_bytes_chr(yg_bytes_cut(b, 0, 4), ' ') + 1; /* behind a day of the week */
	size_t size = 19;

	if (is_unix_start(b))
		return 17;
	if (digits(b) > 0)
		start = 0;
	b = yg_bytes_from(b, start);
	if (!is_date_start(b))
		return 0;
	if (b.data[size] == '.' || b.data[size] == ',')
		size += 1 + digits(yg_bytes_from(b, size + 1));
	return start + size;
}

/* "Mmm dd hh:mm:ss" begins here, also with the year between. */
static bool is_bsd_start(struct yg_bytes b)
{
	unsigned month;

	if (b.size >= 17 && b.data[0] < 'A' && ja_month(b, &month) > 0)
		return true;
	return b.size >= 15 && yg_when_month(b.data) != 0 && b.data[3] == ' ' &&
	       (b.data[4] == ' ' || is_digit(b.data[4]));
}

static bool read_year(struct yg_bytes *b, int32_t *ret)
{
	uint32_t year;

	if (digits(*b) != 4 || b->size < 5 || b->data[4] != ' ' ||
	    !yg_when_digits(b->data, 4, &year) || year < 1970 || year > 2200)
		return false;
	*ret = (int32_t)year;
	*b = yg_bytes_from(*b, 5);
	return true;
}

/* "hh:mm:ss", also with a fraction. */
static bool read_clock(struct yg_bytes *b, struct yg_civil *civil)
{
	uint32_t hour, minute, second;
	uint32_t unit = 100000000;

	if (b->size < 8 || b->data[2] != ':' || b->data[5] != ':' ||
	    !yg_when_digits(b->data, 2, &hour) || !yg_when_digits(b->data + 3, 2, &minute) ||
	    !yg_when_digits(b->data + 6, 2, &second))
		return false;
	civil->hour = (uint8_t)hour;
	civil->minute = (uint8_t)minute;
	civil->second = (uint8_t)second;
	*b = yg_bytes_from(*b, 8);
	if (b->size < 2 || b->data[0] != '.' || !is_digit(b->data[1]))
		return true;
	*b = yg_bytes_from(*b, 1);
	while (b->size > 0 && is_digit(b->data[0])) {
		civil->ns += unit * (uint32_t)(b->data[0] - '0');
		unit /= 10;
		*b = yg_bytes_from(*b, 1);
	}
	return true;
}

/* " 2023" behind the time, and not a host of that name: a space must follow, which stays. */
static bool read_late_year(struct yg_bytes *b, int32_t *ret)
{
	struct yg_bytes after = yg_bytes_from(*b, 1);

	if (b->size < 7 || b->data[0] != ' ' || !read_year(&after, ret))
		return false;
	*b = yg_bytes_from(*b, 5);
	return true;
}

/* "Dec  2 03:04:05", "Dec 2 2023 03:04:05", "Dec 2 03:04:05 2023", each also with ':' after. */
static bool read_bsd_time(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	struct yg_bytes b = h->rest;
	struct yg_civil civil = {0};
	struct yg_bytes day;
	uint64_t number;
	unsigned month = 0;
	bool has_year;

	b = yg_bytes_from(b, month_at(b, &month));
	civil.month = (uint8_t)month;
	(void)word(&b); /* the spaces before the day */
	day = word(&b);
	if (day.size > 2 || !yg_bytes_u64(day, &number) || number < 1 || number > 31)
		return false;
	civil.day = (uint8_t)number;
	has_year = read_year(&b, &civil.year);
	if (!read_clock(&b, &civil))
		return false;
	if (!has_year)
		has_year = read_late_year(&b, &civil.year);
	if (has_year ? !yg_times_civil(&civil, ctx->opts.zone, &event->time_ns)
		     : !yg_times_year(&civil, ctx->opts.zone, ctx->opts.reference_ns,
				      &event->time_ns))
		return false;
	event->has_zone = false;
	event->time_text = yg_bytes_cut(h->rest, 0, (size_t)(b.data - h->rest.data));
	if (b.size > 0 && b.data[0] == ':')
		b = yg_bytes_from(b, 1);
	h->rest = b;
	return true;
}

static bool read_iso_time(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	struct yg_bytes b = h->rest;

	if (!yg_times_set(event, word(&b), ctx->opts.zone))
		return false;
	h->rest = b;
	return true;
}

static bool read_utm_time(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	const uint8_t *d = h->rest.data;
	struct yg_bytes clock = yg_bytes_from(h->rest, 11);
	struct yg_civil civil = {0};
	uint32_t year, month, day;

	if (!yg_when_digits(d, 4, &year) || !yg_when_digits(d + 5, 2, &month) ||
	    !yg_when_digits(d + 8, 2, &day) || !read_clock(&clock, &civil))
		return false;
	civil.year = (int32_t)year;
	civil.month = (uint8_t)month;
	civil.day = (uint8_t)day;
	if (!yg_times_civil(&civil, ctx->opts.zone, &event->time_ns))
		return false;
	event->has_zone = false;
	event->time_text = yg_bytes_cut(h->rest, 0, 19);
	h->rest = yg_bytes_from(h->rest, 20);
	return true;
}

/* A time that many programs write the like of, and the zone that may follow it. */
static bool read_loose_time(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	size_t size = loose_size(h->rest);
	struct yg_bytes text = yg_bytes_cut(h->rest, 0, size);
	struct yg_bytes rest = yg_bytes_from(h->rest, size);
	struct yg_bytes zone;
	size_t start = digits(text) == 0 ? yg_bytes_chr(text, ' ') + 1 : 0;

	if (rest.size > 0 && rest.data[0] != ' ') { /* "+09:00" without a blank */
		size += yg_bytes_cut(rest, 0, yg_bytes_chr(rest, ' ')).size;
		text = yg_bytes_cut(h->rest, 0, size);
		rest = yg_bytes_from(h->rest, size);
	}
	if (!yg_times_set(event, yg_bytes_from(text, start), ctx->opts.zone))
		return false;
	(void)word(&rest);
	h->rest = rest;
	zone = word(&rest);
	/* journalctl writes the zone of the machine, which --tz is about, too */
	if (start > 0 && (yg_bytes_eq(zone, YG_S("UTC")) || yg_bytes_eq(zone, YG_S("JST"))))
		h->rest = rest;
	return true;
}

/* "[123]:" at @i: the end of a tag, or 0. */
static size_t pid_end(struct yg_bytes b, size_t i)
{
	size_t end = yg_bytes_chr(yg_bytes_cut(b, 0, i + PID_BYTES_MAX), ']');

	if (i == 0 || end == SIZE_MAX)
		return 0;
	return end + 1 < b.size && b.data[end + 1] == ':' ? end + 2 : end + 1;
}

/* Bytes of "program", "program[pid]" up to and with its ':'; 0 when there is no such thing. */
static size_t tag_size(struct yg_bytes b)
{
	for (size_t i = 0; i < b.size && i < TAG_BYTES_MAX; i++) {
		uint8_t c = b.data[i];

		if (c == '[')
			return pid_end(b, i);
		if (c == ':')
			return i > 0 && (i + 1 == b.size || b.data[i + 1] == ' ') ? i + 1 : 0;
		if (c <= ' ' || strchr("=<\"{,", c))
			return 0;
	}
	return 0;
}

static void read_tag(struct header *h, size_t size)
{
	struct yg_bytes tag = yg_bytes_cut(h->rest, 0, size);
	size_t open = yg_bytes_chr(tag, '[');

	h->program = yg_bytes_cut(tag, 0, open == SIZE_MAX ? size - 1 : open);
	if (open != SIZE_MAX)
		h->pid = yg_bytes_cut(tag, open + 1, yg_bytes_chr(tag, ']'));
	h->rest = yg_bytes_from(h->rest, size);
	if (h->rest.size > 0 && h->rest.data[0] == ' ')
		h->rest = yg_bytes_from(h->rest, 1);
}

static bool is_host(struct yg_bytes b)
{
	if (b.size == 0 || b.size > 255)
		return false;
	for (size_t i = 0; i < b.size; i++) {
		uint8_t c = b.data[i];

		if (!is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && c < 0x80 &&
		    !strchr("-._:%/@,", c))
			return false;
	}
	return true;
}

/* "stdout F ": what a container wrote, as container runtimes keep it. */
static bool skip_stream(struct yg_bytes *b)
{
	if (b->size < 9 ||
	    (!yg_bytes_starts(*b, YG_S("stdout ")) && !yg_bytes_starts(*b, YG_S("stderr "))) ||
	    (b->data[7] != 'F' && b->data[7] != 'P') || b->data[8] != ' ')
		return false;
	*b = yg_bytes_from(*b, 9);
	return true;
}

/* "<local0.warn> ": how bad it is, as syslogd of FreeBSD (NetScaler) writes it when asked to. */
static void skip_priority(struct yg_bytes *b)
{
	size_t end = yg_bytes_chr(yg_bytes_cut(*b, 0, PRIORITY_BYTES_MAX), '>');
	bool has_dot = false;

	if (end == SIZE_MAX || b->data[0] != '<' || end + 1 >= b->size || b->data[end + 1] != ' ')
		return;
	for (size_t i = 1; i < end; i++) {
		uint8_t c = b->data[i];

		has_dot |= c == '.';
		if (c != '.' && !is_digit(c) && (c < 'a' || c > 'z'))
			return;
	}
	if (has_dot)
		*b = yg_bytes_from(*b, end + 2);
}

/* "notice apmd[123]: ": how bad it is, between host and program, as BIG-IP writes it. */
static void skip_severity(struct yg_bytes *b)
{
	static const char *const words[] = {"emerg",   "alert",	 "crit", "err",
					    "warning", "notice", "info", "debug"};
	struct yg_bytes rest = *b;
	struct yg_bytes first = word(&rest);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (yg_bytes_eq(first, yg_bytes_str(words[i])) && tag_size(rest) > 0)
			*b = rest;
}

/* Host, program and message after the time; the host may be missing, or the program. */
static void read_host_and_tag(struct header *h)
{
	struct yg_bytes rest;
	struct yg_bytes host;
	size_t tag;

	while (h->rest.size > 0 && h->rest.data[0] == ' ')
		h->rest = yg_bytes_from(h->rest, 1);
	skip_priority(&h->rest);
	if (skip_stream(&h->rest)) {
		h->program = YG_S("container");
		h->is_container = true;
		h->message = h->rest;
		return;
	}
	rest = h->rest;
	tag = tag_size(rest);
	host = word(&rest);
	if (tag == 0 && is_host(host) && rest.size > 0) {
		h->host = host;
		h->rest = rest;
		if (yg_bytes_starts(rest, host) && rest.size > host.size &&
		    rest.data[host.size] == ' ') /* some relays write it twice */
			(void)word(&h->rest);
		skip_severity(&h->rest);
		if (yg_bytes_starts(h->rest, YG_S(": "))) /* "host : %ASA-6-302013: …" */
			h->rest = yg_bytes_from(h->rest, 2);
		tag = tag_size(h->rest);
	}
	if (tag > 0)
		read_tag(h, tag);
	h->message = h->rest;
}

/* "-" is RFC 5424's way of writing nothing. */
static struct yg_bytes word_or_nil(struct yg_bytes *b)
{
	struct yg_bytes ret = word(b);

	return yg_bytes_eq(ret, YG_S("-")) ? (struct yg_bytes){0} : ret;
}

static int read_5424(struct yg_parser_int *ctx, struct header *h, struct yg_event *event,
		     struct yg_fault *reterr)
{
	struct yg_bytes b = yg_bytes_from(h->rest, 2);
	struct yg_bytes time = word_or_nil(&b);
	size_t size;

	if (time.size > 0 && !yg_times_set(event, time, ctx->opts.zone))
		return yg_fault_set(reterr, YG_EFORMAT, "there is no such time",
				    (size_t)(time.data - event->raw.data));
	h->host = word_or_nil(&b);
	h->program = word_or_nil(&b);
	h->pid = word_or_nil(&b);
	h->msgid = word_or_nil(&b);
	if (b.size > 0 && b.data[0] == '[') {
		size = yg_structured_size(b);
		if (size == SIZE_MAX)
			return yg_fault_set(reterr, YG_EFORMAT, "structured data is not closed",
					    (size_t)(b.data - event->raw.data));
		h->data = yg_bytes_cut(b, 0, size);
		b = yg_bytes_from(b, size);
		if (b.size > 0 && b.data[0] == ' ')
			b = yg_bytes_from(b, 1);
	} else {
		(void)word_or_nil(&b);
	}
	if (yg_bytes_starts(b, YG_S("\xef\xbb\xbf")))
		b = yg_bytes_from(b, 3);
	h->message = b;
	/* some senders repeat the old tag in the message */
	h->rest = b;
	size = tag_size(b);
	if (h->program.size == 0 && size > 0) {
		read_tag(h, size);
		h->message = h->rest;
	}
	return YG_OK;
}

/* A time without PRI is no sign of syslog yet, unless a host and a program follow. */
static bool has_syslog_look(const struct header *h)
{
	struct yg_bytes host = h->host;

	if (h->program.size > 0)
		return true;
	return host.size > 3 &&
	       (yg_bytes_chr(host, '.') != SIZE_MAX || yg_bytes_chr(host, '-') != SIZE_MAX ||
		yg_address_in(host, NULL, NULL));
}

/* "1 2026-03-01T08:00:01Z …": RFC 5424 whose PRI a tool took off. */
static bool is_5424_start(struct yg_bytes b)
{
	return b.size > 21 && b.data[0] == '1' && b.data[1] == ' ' &&
	       is_iso_start(yg_bytes_from(b, 2));
}

bool yg_syslog_fits(struct yg_bytes record)
{
	struct yg_bytes b = record;

	skip_octets(&b);
	return (b.size > 3 && b.data[0] == '<' && is_digit(b.data[1])) || is_bsd_start(b) ||
	       is_iso_start(b) || is_5424_start(b) || is_utm_start(b) || loose_size(b) > 0;
}

static void read_time(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	if (is_bsd_start(h->rest))
		h->has_time = read_bsd_time(ctx, h, event);
	else if (is_iso_start(h->rest))
		h->has_time = read_iso_time(ctx, h, event);
	else if (is_utm_start(h->rest))
		h->has_time = read_utm_time(ctx, h, event);
	else if (loose_size(h->rest) > 0)
		h->has_time = h->is_loose = read_loose_time(ctx, h, event);
}

/* "1 1647478092.669153546 MX84 events …": Meraki's own form behind PRI, which only begins as RFC
 * 5424 does. */
static bool read_seconds(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	struct yg_bytes b = yg_bytes_from(h->rest, 2);
	struct yg_bytes time = word(&b);

	if (digits(time) != 10 || time.size < 12 || time.data[10] != '.' ||
	    !yg_times_set(event, time, ctx->opts.zone))
		return false;
	h->host = word(&b);
	h->program = word(&b);
	h->message = h->rest = b;
	return true;
}

static int read_header(struct yg_parser_int *ctx, struct header *h, struct yg_event *event,
		       struct yg_fault *reterr)
{
	size_t at;

	skip_octets(&h->rest);
	read_pri(h);
	if (h->has_pri && yg_bytes_starts(h->rest, YG_S("1 ")) && read_seconds(ctx, h, event))
		return YG_OK;
	if (is_5424_start(h->rest) || (h->has_pri && yg_bytes_starts(h->rest, YG_S("1 "))))
		return read_5424(ctx, h, event, reterr);
	at = (size_t)(h->rest.data - event->raw.data);
	read_time(ctx, h, event);
	if (!h->has_time && !h->has_pri)
		return yg_fault_set(reterr, YG_EMISMATCH, "no time of a system log at its start",
				    at);
	if (!h->has_time) { /* devices that send their own form behind PRI */
		at = tag_size(h->rest);
		if (at > 0)
			read_tag(h, at);
		h->message = h->rest;
		return YG_OK;
	}
	read_host_and_tag(h);
	if (h->is_loose && !h->has_pri && (h->host.size == 0 || h->pid.size == 0))
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "neither a host nor a program with its number", at);
	if (!h->has_pri && !has_syslog_look(h) && is_iso_start(event->time_text))
		return yg_fault_set(reterr, YG_EMISMATCH, "neither a host nor a program", at);
	return YG_OK;
}

static int add(struct yg_event *event, uint32_t name_id, struct yg_bytes text,
	       enum yg_value_kind kind)
{
	return text.size > 0 ? yg_event_add_id(event, name_id, text, kind) : YG_OK;
}

static int add_number(struct yg_event *event, uint32_t name_id, uint32_t value)
{
	char text[12];
	struct yg_bytes b;
	int size = snprintf(text, sizeof(text), "%u", value);

	if (!yg_arena_dup(event->arena, (struct yg_bytes){(const uint8_t *)text, (size_t)size}, &b))
		return YG_ENOMEM;
	return yg_event_add_id(event, name_id, b, YG_VALUE_NUMBER);
}

/* "sshd(pam_unix)" of old systems: the program alone. */
static struct yg_bytes plain_program(struct yg_bytes program)
{
	size_t open = yg_bytes_chr(program, '(');

	return open == SIZE_MAX || open == 0 ? program : yg_bytes_cut(program, 0, open);
}

static int add_header(struct yg_event *event, const struct header *h)
{
	int rc = YG_OK;

	if (h->has_pri) {
		rc = add_number(event, YG_F_facility, h->pri / 8);
		if (rc == YG_OK)
			rc = add_number(event, YG_F_severity, h->pri % 8);
	}
	if (rc == YG_OK)
		rc = add(event, YG_F_hostname, h->host, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_program, plain_program(h->program), YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_pid, h->pid,
			 digits(h->pid) == h->pid.size && h->pid.data && h->pid.data[0] != '0'
				 ? YG_VALUE_NUMBER
				 : YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add(event, YG_F_msgid, h->msgid, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = yg_structured_add(event, h->data);
	return rc;
}

static bool fits_access(struct yg_bytes message)
{
	return yg_bytes_find(message, YG_S("] \"")) != SIZE_MAX && yg_access_fits(message);
}

/* Text of devices and programs that use the system log as a carrier only; specific first. */
static const struct yg_reader inner_readers[] = {
	{YG_FORMAT_FORTIGATE, yg_fortigate_fits, yg_fortigate_read},
	{YG_FORMAT_AUDITD, yg_auditd_fits, yg_auditd_read},
	{YG_FORMAT_CEF, yg_cef_fits, yg_cef_read},
	{YG_FORMAT_ASA, yg_asa_fits, yg_asa_read},
	{YG_FORMAT_PALOALTO, yg_paloalto_fits, yg_paloalto_read},
	{YG_FORMAT_HAPROXY, yg_haproxy_fits, yg_haproxy_read},
	{YG_FORMAT_ACCESS, fits_access, yg_access_read},
	{YG_FORMAT_NETFILTER, yg_netfilter_fits, yg_netfilter_read},
	{YG_FORMAT_KEYVALUE, yg_keyvalue_fits, yg_keyvalue_read},
};

/* An object, and where it is of no known kind, what its words tell. */
static int read_json(struct yg_parser_int *ctx, struct yg_bytes message, struct yg_event *event)
{
	static const struct yg_reader json = {YG_FORMAT_JSON, yg_fits_json, yg_json_read_inner};
	int rc = yg_read_inner(ctx, &json, message, event);

	return rc == YG_OK && event->format == YG_FORMAT_JSON ? yg_plain_object(event, message)
							      : rc;
}

int yg_syslog_read_message(struct yg_parser_int *ctx, struct yg_bytes message,
			   struct yg_event *event)
{
	static const struct yg_reader xml = {YG_FORMAT_WINDOWS, yg_windows_xml_fits,
					     yg_windows_xml_read};

	if (yg_fits_json(message))
		return read_json(ctx, message, event);
	if (yg_windows_xml_fits(message)) /* Sysmon for Linux writes so */
		return yg_read_inner(ctx, &xml, message, event);
	for (size_t i = 0; i < sizeof(inner_readers) / sizeof(inner_readers[0]); i++) {
		const struct yg_reader *reader = &inner_readers[i];
		int rc;

		if (!reader->fits(message))
			continue;
		rc = yg_read_inner(ctx, reader, message, event);
		if (rc != YG_EMISMATCH)
			return rc;
	}
	return YG_EMISMATCH;
}

/* "CEF: 0|…", "%ASA-6-302013: …" */
static bool is_message_head(struct yg_bytes program)
{
	return yg_bytes_eq(program, YG_S("CEF")) || yg_bytes_starts(program, YG_S("%ASA-")) ||
	       yg_bytes_starts(program, YG_S("%FTD-")) || yg_bytes_starts(program, YG_S("%PIX-"));
}

/* Programs whose messages are told by the program's name. YG_EMISMATCH: just text. */
static int read_program(struct yg_parser_int *ctx, const struct header *h, struct yg_event *event)
{
	static const struct yg_reader filterlog = {YG_FORMAT_FILTERLOG, yg_filterlog_fits,
						   yg_filterlog_read};
	struct yg_event inner = *event;
	int rc = yg_dns_message(&inner, h->program, h->message);

	inner.format = YG_FORMAT_DNS;
	if (rc == YG_EMISMATCH) {
		rc = yg_openvpn_message(&inner, h->program, h->message);
		inner.format = YG_FORMAT_OPENVPN;
	}
	if (rc == YG_EMISMATCH && yg_bytes_eq(h->program, YG_S("filterlog")))
		return yg_read_inner(ctx, &filterlog, h->message, event);
	if (rc == YG_OK)
		*event = inner;
	return rc;
}

/* A firewall's own structured data: in its place, or in the message that a relay made of it. */
static int read_gateway(struct header *h, struct yg_event *event)
{
	struct yg_bytes data = h->data;
	size_t size = data.size;
	int rc;

	if (!yg_gateway_fits(data)) {
		struct yg_bytes name = {0};
		size_t at = yg_gateway_fits(h->message) ? 0 : yg_gateway_find(h->message, &name);

		data = yg_bytes_from(h->message, at);
		size = at == SIZE_MAX ? SIZE_MAX : yg_structured_size(data);
		if (size == SIZE_MAX || size == 0)
			return YG_EMISMATCH;
		h->msgid = name;
		h->message = yg_bytes_trim(yg_bytes_from(data, size));
		data = yg_bytes_cut(data, 0, size);
	} else {
		h->data = (struct yg_bytes){0}; /* its params get their own names */
	}
	rc = yg_gateway_add(event, data, h->msgid);
	return rc == YG_OK ? add(event, YG_F_message, h->message, YG_VALUE_TEXT) : rc;
}

/* The text has a time of its own in front: whoever wrote it did not write it for the system log. */
static bool may_be_carried(const struct header *h)
{
	struct yg_bytes b = h->message;

	return h->is_container || (b.size > 10 && (b.data[0] == '[' || is_digit(b.data[0])));
}

/* The message as a record of another format, with the fields of the header. */
static int read_message(struct yg_parser_int *ctx, struct header *h, struct yg_event *event)
{
	int rc;

	if (is_message_head(h->program)) { /* its start looks like a tag */
		h->message.size += (size_t)(h->message.data - h->program.data);
		h->message.data = h->program.data;
		h->program = (struct yg_bytes){0};
	}
	rc = read_gateway(h, event);
	if (rc == YG_EMISMATCH)
		rc = read_program(ctx, h, event);
	if (rc == YG_EMISMATCH) {
		rc = yg_described_owns(ctx, event, h->program, h->message);
		if (rc == YG_OK)
			return YG_EMISMATCH; /* just text, as far as others go */
		if (rc == YG_EMISMATCH)
			rc = yg_syslog_read_message(ctx, h->message, event);
		if (rc == YG_EMISMATCH && may_be_carried(h))
			rc = yg_read_carried(ctx, h->message, h->is_container, event);
	}
	return rc == YG_OK ? add_header(event, h) : rc;
}

/*
 * The machine a message of a program unknown to us names: "… from 192.0.2.1", "from: ",
 * "from unknown[192.0.2.1]", "rhost=192.0.2.1".
 */
static bool find_source(struct yg_bytes m, struct yg_bytes *ret)
{
	static const struct yg_bytes marks[] = {{(const uint8_t *)"from", 4},
						{(const uint8_t *)"rhost=", 6}};

	for (size_t k = 0; k < 2; k++) {
		struct yg_bytes b = m;
		size_t at;

		while ((at = yg_bytes_find(b, marks[k])) != SIZE_MAX) {
			struct yg_bytes host;
			size_t open;

			b = yg_bytes_from(b, at + marks[k].size);
			while (b.size > 0 && strchr(" :'\"(<", b.data[0]) && b.data[0] != 0)
				b = yg_bytes_from(b, 1);
			host = yg_bytes_cut(b, 0, SOURCE_BYTES_MAX);
			host = yg_bytes_cut(host, 0, yg_bytes_chr(host, ' '));
			while (host.size > 0 && strchr(",;.)>'\"", host.data[host.size - 1]))
				host.size--;
			open = yg_bytes_chr(host, '[');
			if (yg_address_in(host, ret, NULL) ||
			    (open != SIZE_MAX &&
			     yg_address_in(yg_bytes_from(host, open), ret, NULL)))
				return true;
		}
	}
	return false;
}

/* Programs whose sign-ins are read line by line: a second line on the same try counts no second
 * time. */
static bool has_own_reader(struct yg_bytes program)
{
	static const char *const programs[] = {"sshd", "sshd-session", "sshd-auth", "dropbear",
					       "sudo", "su",	       "login",	    "dovecot",
					       "smbd", "smbd_audit",   "CRON",	    "cron"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (yg_bytes_eq(program, yg_bytes_str(programs[i])))
			return true;
	return yg_bytes_starts(program, YG_S("postfix/"));
}

static int add_meaning(struct yg_parser_int *ctx, struct yg_event *event, struct yg_bytes program,
		       struct yg_bytes message)
{
	struct yg_bytes address;
	bool is_known = false;
	int rc = yg_auth_read(event, program, message, &is_known);

	if (rc == YG_OK && !is_known)
		rc = yg_signin_read(event, program, message, &is_known);
	if (rc == YG_OK && !is_known)
		rc = yg_described_message(ctx, event, program, message, &is_known);
	if (rc == YG_OK && !is_known && !has_own_reader(program))
		rc = yg_words_add(event, message, &is_known);
	if (rc == YG_OK && !is_known && find_source(message, &address))
		rc = yg_event_add_id(event, YG_F_src_ip, address, YG_VALUE_TEXT);
	return rc;
}

static int add_message(struct yg_parser_int *ctx, struct yg_event *event, const struct header *h)
{
	int rc = add_header(event, h);

	if (rc == YG_OK)
		rc = add(event, YG_F_message, h->message, YG_VALUE_TEXT);
	if (rc == YG_OK)
		rc = add_meaning(ctx, event, h->program, h->message);
	return rc == YG_OK ? yg_syslog_finish(event) : rc;
}

int yg_syslog_read_entry(struct yg_parser_int *ctx, struct yg_bytes program,
			 struct yg_bytes message, struct yg_event *event)
{
	struct header h = {.host = yg_event_get(event, YG_F_hostname),
			   .program = program,
			   .pid = yg_event_get(event, YG_F_pid),
			   .message = message};
	int rc = read_message(ctx, &h, event);

	return rc == YG_EMISMATCH ? add_meaning(ctx, event, program, message) : rc;
}

int yg_syslog_finish(struct yg_event *event)
{
	event->channel = yg_event_get(event, YG_F_program);
	if (yg_bytes_eq(event->channel, YG_S("sshd-session")) ||
	    yg_bytes_eq(event->channel, YG_S("sshd-auth")))
		event->channel = YG_S("sshd");
	return YG_OK;
}

int yg_syslog_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		   struct yg_fault *reterr)
{
	struct header h = {.rest = record};
	int rc = read_header(ctx, &h, event, reterr);

	if (rc != YG_OK)
		return rc;
	h.message = yg_bytes_trim(h.message);
	rc = read_message(ctx, &h, event);
	if (rc == YG_EMISMATCH)
		rc = add_message(ctx, event, &h);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
