/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/record.h"

#include "parse/asa.h"
#include "parse/auditd.h"
#include "parse/cef.h"
#include "parse/columns.h"
#include "parse/described.h"
#include "parse/dns.h"
#include "parse/fortigate.h"
#include "parse/haproxy.h"
#include "parse/json-int.h"
#include "parse/openvpn.h"
#include "parse/packet.h"
#include "parse/paloalto.h"
#include "parse/plain.h"
#include "parse/products.h"
#include "parse/signin.h"
#include "parse/squid.h"
#include "parse/syslog.h"
#include "parse/web.h"

#include "base/ban.h"

bool yg_record_fits(struct yg_bytes record)
{
	size_t i = 0;

	while (i < record.size && record.data[i] <= ' ')
		i++;
	if (i == record.size || record.data[i] != '{')
		return false;
	for (i++; i < record.size && record.data[i] <= ' ';)
		i++;
	return yg_bytes_starts(yg_bytes_from(record, i), YG_S("\"v\""));
}

typedef int finish_fn(struct yg_event *event);

static int finish_apache(struct yg_event *event)
{
	event->channel = YG_S("apache");
	return YG_OK;
}

static int finish_nginx(struct yg_event *event)
{
	event->channel = YG_S("nginx");
	return YG_OK;
}

/* What follows from the fields, as each format's reader works it out. */
static int finish(struct yg_event *event, struct yg_json_facts *facts)
{
	static finish_fn *const of[YG_FORMAT_COUNT] = {
		[YG_FORMAT_ACCESS] = yg_web_derive,
		[YG_FORMAT_APACHE_ERROR] = finish_apache,
		[YG_FORMAT_NGINX_ERROR] = finish_nginx,
		[YG_FORMAT_SYSLOG] = yg_syslog_finish,
		[YG_FORMAT_FORTIGATE] = yg_fortigate_finish,
		[YG_FORMAT_SQUID] = yg_squid_finish,
		[YG_FORMAT_HAPROXY] = yg_haproxy_finish,
		[YG_FORMAT_CEF] = yg_cef_finish,
		[YG_FORMAT_ASA] = yg_asa_finish,
		[YG_FORMAT_NETFILTER] = yg_netfilter_finish,
		[YG_FORMAT_FILTERLOG] = yg_filterlog_finish,
		[YG_FORMAT_PALOALTO] = yg_paloalto_finish,
		[YG_FORMAT_OPENVPN] = yg_openvpn_finish,
		[YG_FORMAT_DNS] = yg_dns_finish,
		[YG_FORMAT_IIS] = yg_iis_finish,
		[YG_FORMAT_SAMBA] = yg_samba_finish,
		[YG_FORMAT_AUDITD] = yg_auditd_finish,
		[YG_FORMAT_SURICATA] = yg_suricata_finish,
		[YG_FORMAT_ZEEK] = yg_zeek_finish,
		[YG_FORMAT_DESCRIBED] = yg_described_finish,
		[YG_FORMAT_PLAIN] = yg_plain_finish,
		[YG_FORMAT_CLOUDTRAIL] = yg_cloudtrail_finish,
		[YG_FORMAT_KEYVALUE] = yg_keyvalue_finish,
	};

	/* the rest is JSON of some kind */
	return of[event->format] ? of[event->format](event)
				 : yg_json_finish(event->format, event, facts);
}

/* A member of the outer object; an empty run when it is not there. */
static struct yg_bytes member(struct yg_event *event, struct yg_json_facts *facts,
			      enum yg_json_member which)
{
	struct yg_field *field = &facts->member[which];

	return field->name.data ? yg_event_text(event, field) : (struct yg_bytes){0};
}

static int refuse(struct yg_fault *reterr, struct yg_bytes record, struct yg_bytes at,
		  const char *msg)
{
	bool is_inside = at.data >= record.data && at.data <= record.data + record.size;

	return yg_fault_set(reterr, YG_EFORMAT, msg,
			    is_inside ? (size_t)(at.data - record.data) : 0);
}

/* Format, place and time, checked. */
static int read_members(struct yg_bytes record, struct yg_event *event, struct yg_json_facts *facts,
			struct yg_fault *reterr)
{
	struct yg_bytes version = member(event, facts, YG_MEMBER_VERSION);
	struct yg_bytes format = member(event, facts, YG_MEMBER_FORMAT);
	struct yg_bytes position = member(event, facts, YG_MEMBER_POSITION);
	struct yg_bytes time = member(event, facts, YG_MEMBER_TIME);
	enum yg_format kind = yg_format_by_name(format);
	bool has_zone;

	/* What nobody understands still has its place and its text. */
	event->format = YG_FORMAT_UNKNOWN;
	event->source = member(event, facts, YG_MEMBER_SOURCE);
	event->raw = member(event, facts, YG_MEMBER_RAW);
	if (!yg_bytes_eq(version, YG_S("1")))
		return refuse(reterr, record, version,
			      "\"v\" is not 1: a record of another version");
	if (!yg_bytes_u64(position, &event->position) || event->position == 0)
		return refuse(reterr, record, position, "\"position\" is not a number from 1");
	if (kind == YG_FORMAT_UNKNOWN || kind == YG_FORMAT_RECORD)
		return refuse(reterr, record, format, "\"format\" names no format");
	if (time.size > 0 && !yg_time_parse_iso(time, 0, &event->time_ns, &has_zone))
		return refuse(reterr, record, time, "\"time\" is not an ISO 8601 time");
	event->format = kind;
	event->has_zone = yg_bytes_eq(member(event, facts, YG_MEMBER_HAS_ZONE), YG_S("true"));
	event->time_text = member(event, facts, YG_MEMBER_TIME_TEXT);
	return YG_OK;
}

int yg_record_read(struct yg_parser_int *ctx, struct yg_bytes record, struct yg_event *event,
		   struct yg_fault *reterr)
{
	struct yg_json *json = yg_json_state(ctx);
	struct yg_json_facts facts;
	int rc;

	if (!yg_record_fits(record))
		return yg_fault_set(reterr, YG_EMISMATCH, "a record begins with {\"v\":", 0);
	if (!json)
		return yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
	rc = yg_json_walk(json, YG_JSON_RECORD, record, event, reterr);
	if (rc != YG_OK)
		return rc;
	facts = *yg_json_facts(json);
	if (!facts.has_fields || !facts.member[YG_MEMBER_FORMAT].name.data)
		return yg_fault_set(reterr, YG_EMISMATCH,
				    "no \"format\" and \"fields\" of a record", 0);
	rc = read_members(record, event, &facts, reterr);
	if (rc != YG_OK)
		return rc;
	rc = finish(event, &facts);
	return rc == YG_OK ? YG_OK : yg_fault_set(reterr, YG_ENOMEM, "out of memory", 0);
}
