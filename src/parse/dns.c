/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/dns.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/times.h"
#include "parse/when.h"

#include "base/ban.h"

#define BIND_TIME_BYTES 20u /* "25-Nov-2026 14:42:51", a fraction may follow */
#define BIND_WORDS_MAX	2u  /* category and severity before "client" */

struct query {
	struct yg_bytes client, port, name, type, answer, rcode, action, server, source, flags;
	struct yg_bytes message;
};

static int add_query(struct yg_event *event, const struct query *q)
{
	struct yg_bytes name = q->name;

	if (name.size > 1 && name.data[name.size - 1] == '.')
		name.size--;
	{
		const struct yg_put puts[] = {
			{"src_ip", q->client},	      {"src_port", q->port},   {"query", name},
			{"record_type", q->type},     {"answer", q->answer},   {"rcode", q->rcode},
			{"action", q->action},	      {"server", q->server},   {"flags", q->flags},
			{"answer_source", q->source}, {"message", q->message},
		};

		return YG_PUT_ALL(event, puts);
	}
}

/* "12 192.0.2.1/5353 " at the front, which --log-queries=extra writes. */
static void skip_serial(struct yg_bytes *b, struct query *q)
{
	struct yg_bytes rest = *b;
	struct yg_bytes serial = yg_take_word(&rest);
	struct yg_bytes client = yg_take_word(&rest);
	struct yg_bytes address = yg_take_to(&client, '/');

	if (!yg_is_digits(serial) || !yg_is_digits(client) || !yg_address_in(address, NULL, NULL))
		return;
	q->client = address;
	q->port = client;
	*b = rest;
}

/* "SOURCE NAME is ANSWER", "forwarded NAME to SERVER": the source may have two words. */
static bool read_dnsmasq_answer(struct yg_bytes b, struct query *q)
{
	static const char *const sources[] = {"reply ",	 "cached ",	    "cached-stale ",
					      "config ", "/etc/hosts ",	    "gravity blocked ",
					      "DHCP ",	 "exactly denied ", "regex denied ",
					      "auth ",	 "domain ",	    "special domain "};

	if (yg_skip_head(&b, YG_S("forwarded "))) {
		q->source = YG_S("forwarded");
		q->name = yg_take_word(&b);
		if (!yg_skip_head(&b, YG_S("to ")))
			return false;
		q->server = b;
		return true;
	}
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		struct yg_bytes head = yg_bytes_str(sources[i]);

		if (!yg_skip_head(&b, head))
			continue;
		q->source = yg_bytes_cut(head, 0, head.size - 1);
		q->name = yg_take_word(&b);
		if (!yg_skip_head(&b, YG_S("is ")))
			return false;
		q->answer = b;
		if (yg_bytes_eq(q->name, YG_S("error")))
			q->name = (struct yg_bytes){0};
		return true;
	}
	return false;
}

static bool read_dnsmasq(struct yg_bytes b, struct query *q)
{
	skip_serial(&b, q);
	if (!yg_skip_head(&b, YG_S("query[")))
		return read_dnsmasq_answer(b, q);
	q->type = yg_take_to(&b, ']');
	yg_skip_spaces(&b);
	q->name = yg_take_word(&b);
	if (!yg_skip_head(&b, YG_S("from ")) || !yg_address_in(b, &q->client, NULL))
		return false;
	return q->type.size > 0 && q->name.size > 0;
}

/* "info: 192.0.2.1 www.example. A IN NOERROR 0.000000 1 63" */
static bool read_unbound(struct yg_bytes b, struct query *q)
{
	struct yg_bytes class;

	(void)(yg_skip_head(&b, YG_S("info: ")) || yg_skip_head(&b, YG_S("reply: ")) ||
	       yg_skip_head(&b, YG_S("query: ")));
	if (!yg_address_in(yg_take_word(&b), &q->client, NULL))
		return false;
	q->name = yg_take_word(&b);
	q->type = yg_take_word(&b);
	class = yg_take_word(&b);
	q->rcode = yg_take_word(&b);
	return q->name.size > 0 && q->name.data[q->name.size - 1] == '.' && q->type.size > 0 &&
	       (yg_bytes_eq(class, YG_S("IN")) || yg_bytes_eq(class, YG_S("CH")) ||
		yg_bytes_starts(class, YG_S("CLASS")) || yg_bytes_eq(class, YG_S("HS")));
}

/* "'office.example/AXFR/IN'": name, type, class in quotes. */
static void read_quoted(struct yg_bytes b, struct query *q)
{
	(void)yg_take_to(&b, '\'');
	b = yg_take_to(&b, '\'');
	q->name = yg_take_to(&b, '/');
	q->type = yg_take_to(&b, '/');
	if (b.size == 0) /* 'example.com/IN' */
		q->type = (struct yg_bytes){0};
}

/* What is said about the client's query. */
static void read_named_words(struct yg_bytes b, struct query *q)
{
	q->message = b;
	if (yg_bytes_find(b, YG_S(" denied")) != SIZE_MAX)
		q->action = YG_S("denied");
	if (yg_skip_head(&b, YG_S("query: "))) {
		q->name = yg_take_word(&b);
		(void)yg_take_word(&b); /* class */
		q->type = yg_take_word(&b);
		q->flags = yg_take_word(&b);
		if (b.size > 2 && b.data[0] == '(' && b.data[b.size - 1] == ')')
			q->server = yg_bytes_cut(b, 1, b.size - 1);
	} else if (yg_skip_head(&b, YG_S("query failed ("))) {
		q->rcode = yg_take_to(&b, ')');
		(void)yg_skip_head(&b, YG_S(" for "));
		q->name = yg_take_to(&b, '/');
		(void)yg_take_to(&b, '/');
		q->type = yg_take_word(&b);
	} else if (yg_bytes_chr(b, '\'') != SIZE_MAX) {
		read_quoted(b, q);
	}
}

/* "client @0x7f… 192.0.2.1#3076 (www.example.com): [view x: ]words" */
static bool read_named(struct yg_bytes b, struct query *q)
{
	struct yg_bytes client;

	for (unsigned i = 0; i < BIND_WORDS_MAX && !yg_bytes_starts(b, YG_S("client ")); i++) {
		struct yg_bytes word = yg_take_word(&b);

		if (word.size < 2 || word.data[word.size - 1] != ':')
			return false;
	}
	if (!yg_skip_head(&b, YG_S("client ")))
		return false;
	if (yg_bytes_starts(b, YG_S("@")))
		(void)yg_take_word(&b);
	client = yg_take_word(&b);
	q->port = client;
	client = yg_take_to(&q->port, '#');
	if (q->port.size > 0 && q->port.data[q->port.size - 1] == ':')
		q->port.size--;
	if (!yg_is_digits(q->port) || !yg_address_in(client, &q->client, NULL))
		return false;
	if (yg_skip_head(&b, YG_S("("))) {
		q->name = yg_take_to(&b, ')');
		(void)yg_skip_head(&b, YG_S(":"));
		yg_skip_spaces(&b);
	}
	if (yg_skip_head(&b, YG_S("view "))) {
		(void)yg_take_to(&b, ':');
		yg_skip_spaces(&b);
	}
	read_named_words(b, q);
	return b.size > 0;
}

int yg_dns_message(struct yg_event *event, struct yg_bytes program, struct yg_bytes message)
{
	struct query q = {0};
	bool is_query = false;

	if (yg_bytes_starts(program, YG_S("dnsmasq")) || yg_bytes_eq(program, YG_S("pihole-FTL")))
		is_query = read_dnsmasq(message, &q);
	else if (yg_bytes_eq(program, YG_S("unbound")))
		is_query = read_unbound(message, &q);
	else if (yg_bytes_eq(program, YG_S("named")))
		is_query = read_named(message, &q);
	if (!is_query)
		return YG_EMISMATCH;
	return add_query(event, &q) == YG_OK ? yg_dns_finish(event) : YG_ENOMEM;
}

static bool is_bind_time(struct yg_bytes b)
{
	return b.size > BIND_TIME_BYTES && yg_count_digits(b) == 2 && b.data[2] == '-' &&
	       yg_when_month(b.data + 3) != 0 && b.data[6] == '-' && b.data[11] == ' ' &&
	       b.data[14] == ':' && b.data[17] == ':';
}

static struct yg_bytes unbound_head(void)
{
	return YG_S("] unbound[");
}

static bool is_unbound_own(struct yg_bytes b)
{
	size_t digits;

	if (b.size < 2 || b.data[0] != '[')
		return false;
	digits = yg_count_digits(yg_bytes_from(b, 1));
	return digits > 0 && digits < 12 &&
	       yg_bytes_starts(yg_bytes_from(b, 1 + digits), unbound_head());
}

bool yg_dns_fits(struct yg_bytes record)
{
	struct query q;

	return is_bind_time(record) || is_unbound_own(record) ||
	       ((yg_bytes_starts(record, YG_S("client ")) ||
		 yg_bytes_starts(record, YG_S("security: ")) ||
		 yg_bytes_starts(record, YG_S("queries: "))) &&
		read_named(record, &q));
}

/* "25-Nov-2026 14:42:51.046 ": read and passed over. False: there is no such time. */
static bool take_bind_time(struct yg_parser_int *ctx, struct yg_bytes *b, struct yg_event *event)
{
	const uint8_t *d = b->data;
	uint32_t day, year, hour, minute, second, ns;
	struct yg_when when = {0};
	size_t size = BIND_TIME_BYTES;

	if (!yg_when_digits(d, 2, &day) || !yg_when_digits(d + 7, 4, &year) ||
	    !yg_when_digits(d + 12, 2, &hour) || !yg_when_digits(d + 15, 2, &minute) ||
	    !yg_when_digits(d + 18, 2, &second))
		return false;
	size += yg_when_fraction(yg_bytes_from(*b, size), &ns);
	when.civil = (struct yg_civil){.year = (int32_t)year,
				       .month = (uint8_t)yg_when_month(d + 3),
				       .day = (uint8_t)day,
				       .hour = (uint8_t)hour,
				       .minute = (uint8_t)minute,
				       .second = (uint8_t)second,
				       .ns = size > BIND_TIME_BYTES ? ns : 0};
	if (!yg_when_instant(&when, ctx->opts.zone, &event->time_ns))
		return false;
	event->time_text = yg_bytes_cut(*b, 0, size);
	*b = yg_bytes_from(*b, size);
	yg_skip_spaces(b);
	return true;
}

/* "[1795617768] unbound[22465:0] info: …" */
static int read_unbound_own(struct yg_parser_int *ctx, struct yg_bytes b, struct yg_event *event)
{
	struct query q = {0};
	struct yg_bytes pid;
	int rc;

	(void)yg_take_to(&b, '[');
	(void)yg_times_set(event, yg_take_to(&b, ']'), ctx->opts.zone);
	(void)yg_take_to(&b, '[');
	pid = yg_take_to(&b, ']');
	yg_skip_spaces(&b);
	if (!read_unbound(b, &q))
		q = (struct query){.message = b};
	{
		const struct yg_put puts[] = {{"program", YG_S("unbound")}, {"pid", pid}};

		rc = YG_PUT_ALL(event, puts);
	}
	return rc == YG_OK ? add_query(event, &q) : rc;
}

int yg_dns_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		struct yg_fault *reterr)
{
	struct yg_bytes b = record;
	struct query q = {0};
	int rc;

	if (is_unbound_own(record)) {
		rc = read_unbound_own(ctx, record, event);
	} else {
		if (is_bind_time(record) && !take_bind_time(ctx, &b, event))
			return yg_fault_set(reterr, YG_EMISMATCH, "no time as BIND writes it", 0);
		if (!read_named(b, &q))
			return yg_fault_set(reterr, YG_EMISMATCH, "not about a query of a client",
					    (size_t)(b.data - record.data));
		rc = add_query(event, &q);
	}
	if (rc == YG_OK)
		rc = yg_dns_finish(event);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}

int yg_dns_finish(struct yg_event *event)
{
	event->channel = YG_S("dns");
	return YG_OK;
}
