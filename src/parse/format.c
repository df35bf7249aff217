/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/format.h"

#include <assert.h>

#include "base/alloc.h"
#include "parse/access.h"
#include "parse/asa.h"
#include "parse/auditd.h"
#include "parse/cef.h"
#include "parse/columns.h"
#include "parse/described.h"
#include "parse/dns.h"
#include "parse/error_log.h"
#include "parse/format-int.h"
#include "parse/fortigate.h"
#include "parse/haproxy.h"
#include "parse/json.h"
#include "parse/openvpn.h"
#include "parse/packet.h"
#include "parse/paloalto.h"
#include "parse/plain.h"
#include "parse/record.h"
#include "parse/signin.h"
#include "parse/squid.h"
#include "parse/syslog.h"
#include "parse/windows_xml.h"

#include "base/ban.h"

#define RECOGNISE_MAX 64u

/*
 * One line for each format, the more specific first: this is the order in which they are tried,
 * and what decides a tie. Formats that one function reads stand under each other; when any
 * format will do it is called once.
 */
static const struct yg_reader readers[] = {
	{YG_FORMAT_RECORD, yg_record_fits, yg_record_read},
	{YG_FORMAT_SURICATA, yg_fits_json, yg_json_read},
	{YG_FORMAT_CLOUDTRAIL, yg_fits_json, yg_json_read},
	{YG_FORMAT_WINDOWS, yg_fits_json, yg_json_read},
	{YG_FORMAT_NGINX_JSON, yg_fits_json, yg_json_read},
	{YG_FORMAT_ECS, yg_fits_json, yg_json_read},
	{YG_FORMAT_JSON, yg_fits_json, yg_json_read},
	{YG_FORMAT_WINDOWS, yg_windows_xml_fits, yg_windows_xml_read},
	{YG_FORMAT_DESCRIBED, yg_described_fits, yg_described_read},
	{YG_FORMAT_FORTIGATE, yg_fortigate_fits, yg_fortigate_read},
	{YG_FORMAT_IIS, yg_iis_fits, yg_iis_read}, /* these two only below their head lines */
	{YG_FORMAT_ZEEK, yg_zeek_fits, yg_zeek_read},
	{YG_FORMAT_AUDITD, yg_auditd_fits, yg_auditd_read},
	{YG_FORMAT_CEF, yg_cef_fits, yg_cef_read},
	{YG_FORMAT_ASA, yg_asa_fits, yg_asa_read},
	{YG_FORMAT_PALOALTO, yg_paloalto_fits, yg_paloalto_read},
	{YG_FORMAT_OPENVPN, yg_openvpn_fits, yg_openvpn_read},
	{YG_FORMAT_DNS, yg_dns_fits, yg_dns_read},
	{YG_FORMAT_SQUID, yg_squid_fits, yg_squid_read},
	{YG_FORMAT_HAPROXY, yg_haproxy_fits, yg_haproxy_read},
	{YG_FORMAT_SYSLOG, yg_syslog_fits, yg_syslog_read},
	{YG_FORMAT_SAMBA, yg_samba_fits, yg_samba_read},
	{YG_FORMAT_ACCESS, yg_access_fits, yg_access_read},
	{YG_FORMAT_APACHE_ERROR, yg_apache_error_fits, yg_apache_error_read},
	{YG_FORMAT_NGINX_ERROR, yg_nginx_error_fits, yg_nginx_error_read},
	{YG_FORMAT_FILTERLOG, yg_filterlog_fits, yg_filterlog_read},
	{YG_FORMAT_NETFILTER, yg_netfilter_fits, yg_netfilter_read},
	{YG_FORMAT_KEYVALUE, yg_keyvalue_fits, yg_keyvalue_read},
	{YG_FORMAT_PLAIN, yg_plain_fits, yg_plain_read}, /* takes nearly all: the last */
	{YG_FORMAT_UNKNOWN, NULL, NULL},		 /* the end */
};

/* Text that something else carried: a container engine, the system log. Specific first. */
static const struct yg_reader carried[] = {
	{YG_FORMAT_DESCRIBED, yg_described_fits, yg_described_read},
	{YG_FORMAT_OPENVPN, yg_openvpn_fits, yg_openvpn_read},
	{YG_FORMAT_DNS, yg_dns_fits, yg_dns_read},
	{YG_FORMAT_SQUID, yg_squid_fits, yg_squid_read},
	{YG_FORMAT_APACHE_ERROR, yg_apache_error_fits, yg_apache_error_read},
	{YG_FORMAT_NGINX_ERROR, yg_nginx_error_fits, yg_nginx_error_read},
	{YG_FORMAT_SYSLOG, yg_syslog_fits, yg_syslog_read},
	{YG_FORMAT_PLAIN, yg_plain_fits, yg_plain_read},
};

/* Those for which nothing may be known of a text but itself. A description says where it looks. */
static bool is_for_bare_text(enum yg_format format)
{
	return format == YG_FORMAT_DESCRIBED || format == YG_FORMAT_SYSLOG ||
	       format == YG_FORMAT_PLAIN;
}

struct yg_parser {
	struct yg_parser_int ctx;
	struct yg_buf head; /* what ctx.columns was made of */
};

struct yg_parser *yg_parser_new(const struct yg_parse_opts *opts, const struct yg_names *names)
{
	struct yg_parser *parser = yg_calloc(1, sizeof(*parser));

	assert(opts && names);
	if (!parser)
		return NULL;
	parser->ctx.opts = *opts;
	parser->ctx.names = names;
	yg_buf_init(&parser->head, YG_HEAD_BYTES_MAX + 1);
	return parser;
}

int yg_parser_set_head(struct yg_parser *parser, struct yg_bytes head)
{
	int rc;

	if (yg_bytes_eq(head, yg_buf_bytes(&parser->head)))
		return YG_OK;
	yg_buf_reset(&parser->head);
	yg_buf_add(&parser->head, head);
	rc = yg_buf_error(&parser->head);
	parser->ctx.columns = yg_columns_free(parser->ctx.columns);
	if (rc == YG_OK && head.size > 0)
		parser->ctx.columns = yg_columns_new(head, parser->ctx.names, &rc);
	return rc;
}

struct yg_parser *yg_parser_free(struct yg_parser *parser)
{
	if (!parser)
		return NULL;
	if (parser->ctx.json)
		parser->ctx.json_free(parser->ctx.json);
	(void)yg_columns_free(parser->ctx.columns);
	yg_buf_done(&parser->head);
	free(parser);
	return NULL;
}

static int read_as(struct yg_parser_int *ctx, const struct yg_reader *reader,
		   struct yg_bytes record, struct yg_arena *arena, struct yg_event *ret,
		   struct yg_fault *reterr)
{
	yg_event_init(ret, arena, ctx->names);
	ret->format = reader->format;
	ret->raw = record;
	ctx->by = (struct yg_described_by){0};
	return reader->read(ctx, record, ret, reterr);
}

struct yg_described_by yg_parser_described_by(const struct yg_parser *parser)
{
	return parser->ctx.by;
}

/* The reader of @format for @record: Windows events have two, told by their first byte. */
static const struct yg_reader *reader_of(enum yg_format format, struct yg_bytes record)
{
	const struct yg_reader *first = NULL;

	for (const struct yg_reader *reader = readers; reader->read; reader++) {
		if (reader->format != format)
			continue;
		if (format != YG_FORMAT_WINDOWS || reader->fits(record))
			return reader;
		first = first ? first : reader;
	}
	return first;
}

int yg_read_inner(struct yg_parser_int *ctx, const struct yg_reader *reader, struct yg_bytes text,
		  struct yg_event *event)
{
	struct yg_event inner;
	struct yg_fault fault;
	int rc;

	yg_event_init(&inner, event->arena, event->names);
	inner.format = reader->format;
	inner.raw = text;
	rc = reader->read(ctx, text, &inner, &fault);
	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EMISMATCH;
	if (inner.time_ns == YG_TIME_NONE) {
		inner.time_ns = event->time_ns;
		inner.time_text = event->time_text;
		inner.has_zone = event->has_zone;
	}
	inner.raw = event->raw;
	*event = inner;
	return YG_OK;
}

int yg_read_carried(struct yg_parser_int *ctx, struct yg_bytes text, bool is_bare,
		    struct yg_event *event)
{
	int rc = YG_EMISMATCH;

	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]) && rc == YG_EMISMATCH; i++)
		if ((is_bare || !is_for_bare_text(carried[i].format)) && carried[i].fits(text))
			rc = yg_read_inner(ctx, &carried[i], text, event);
	return rc;
}

int yg_parse(struct yg_parser *parser, enum yg_format format, struct yg_bytes record,
	     struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr)
{
	const struct yg_reader *reader = reader_of(format, record);

	assert(parser && arena && ret && reterr);
	if (!reader)
		return yg_fault_set(reterr, YG_EMISMATCH, "there is no reader for this format", 0);
	parser->ctx.wanted = format;
	return read_as(&parser->ctx, reader, record, arena, ret, reterr);
}

/*
 * Read by one of many. YG_OK and YG_ENOMEM end the search; of faults the first is kept, and the
 * first of a format that knew its own over it.
 */
static int try_one(struct yg_parser_int *ctx, const struct yg_reader *reader,
		   struct yg_bytes record, struct yg_arena *arena, struct yg_event *ret,
		   struct yg_fault *best)
{
	struct yg_fault fault = {0};
	int rc = read_as(ctx, reader, record, arena, ret, &fault);

	if (rc == YG_ENOMEM || (rc != YG_OK && best->code == YG_OK) ||
	    (rc == YG_EFORMAT && best->code == YG_EMISMATCH))
		*best = fault;
	return rc;
}

/*
 * Only its own format string can tell what fits it. A damaged record of a format that is known
 * (@best) is no plain line.
 */
static bool may_fit(const struct yg_parser_int *ctx, const struct yg_reader *reader,
		    struct yg_bytes record, const struct yg_fault *best)
{
	if (reader->format == YG_FORMAT_PLAIN && best->code == YG_EFORMAT)
		return false;
	return (reader->format == YG_FORMAT_ACCESS && ctx->opts.log_format) || reader->fits(record);
}

static bool is_final(int rc)
{
	return rc == YG_OK || rc == YG_ENOMEM;
}

/*
 * Which format is asked first. Who gave a format string has said what the lines are; the reader
 * that takes nearly all is never the first.
 */
static enum yg_format first_of(const struct yg_parser *parser, enum yg_format first)
{
	if (first == YG_FORMAT_UNKNOWN && parser->ctx.opts.log_format)
		return YG_FORMAT_ACCESS;
	return first == YG_FORMAT_PLAIN ? YG_FORMAT_UNKNOWN : first;
}

int yg_parse_any(struct yg_parser *parser, enum yg_format first, struct yg_bytes record,
		 struct yg_arena *arena, struct yg_event *ret, struct yg_fault *reterr)
{
	const struct yg_reader *tried = reader_of(first_of(parser, first), record);
	yg_read_fn *before = NULL;
	int rc = YG_EMISMATCH;

	assert(parser && arena && ret && reterr);
	parser->ctx.wanted = YG_FORMAT_UNKNOWN;
	*reterr = (struct yg_fault){0};
	if (tried)
		rc = try_one(&parser->ctx, tried, record, arena, ret, reterr);
	for (const struct yg_reader *reader = readers; reader->read && !is_final(rc); reader++) {
		if ((tried && reader->read == tried->read) || reader->read == before ||
		    !may_fit(&parser->ctx, reader, record, reterr))
			continue;
		before = reader->read;
		rc = try_one(&parser->ctx, reader, record, arena, ret, reterr);
	}
	if (is_final(rc))
		return rc;
	if (reterr->code == YG_OK)
		return yg_fault_set(reterr, YG_EMISMATCH, "fits no known format", 0);
	return reterr->code;
}

enum yg_format yg_parse_recognise(struct yg_parser *parser, const struct yg_bytes *records,
				  size_t count, struct yg_arena *arena)
{
	uint32_t hits[YG_FORMAT_COUNT] = {0};
	enum yg_format best = YG_FORMAT_UNKNOWN;
	struct yg_event event;
	struct yg_fault fault;

	for (size_t i = 0; i < count && i < RECOGNISE_MAX; i++) {
		yg_arena_reset(arena);
		/* a record says what it was, but it is read as a record */
		if (yg_parse(parser, YG_FORMAT_RECORD, records[i], arena, &event, &fault) == YG_OK)
			hits[YG_FORMAT_RECORD]++;
		else if (yg_parse_any(parser, YG_FORMAT_UNKNOWN, records[i], arena, &event,
				      &fault) == YG_OK)
			hits[event.format]++;
	}
	yg_arena_reset(arena);
	for (const struct yg_reader *reader = readers; reader->read; reader++)
		if (hits[reader->format] > hits[best])
			best = reader->format;
	return best;
}
