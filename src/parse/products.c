/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/products.h"

#include "parse/address.h"
#include "parse/cursor.h"

#include "base/ban.h"

/* Keys that tell; those of one product together. */
enum sign {
	EVENT_TYPE,
	TIMESTAMP,
	FLOW_ID,
	IN_IFACE,
	STATS,
	ORIG_H,
	UID,
	PATH,
	TS,
	EVENT_VERSION,
	EVENT_SOURCE,
	EVENT_NAME,
	AWS_REGION,
	SIGN_COUNT,
};

static const char *const signs[SIGN_COUNT] = {
	"event_type",  "timestamp", "flow_id",	 "in_iface", "stats.uptime",
	"id.orig_h",   "uid",	    "_path",	 "ts",	     "eventVersion",
	"eventSource", "eventName", "awsRegion",
};

/* Which of the signs are names of fields. */
static void note_signs(const struct yg_event *event, bool has[SIGN_COUNT])
{
	for (uint32_t i = 0; i < event->field_count; i++) {
		struct yg_bytes name = event->fields[i].name;

		if (name.size > 13 || name.size < 2)
			continue;
		for (size_t k = 0; k < SIGN_COUNT; k++)
			if (yg_bytes_eq(name, yg_bytes_str(signs[k])))
				has[k] = true;
	}
}

enum yg_format yg_product_of(struct yg_event *event)
{
	bool has[SIGN_COUNT] = {false};

	note_signs(event, has);
	if (has[EVENT_TYPE] && has[TIMESTAMP] && (has[FLOW_ID] || has[IN_IFACE] || has[STATS]))
		return YG_FORMAT_SURICATA;
	if (has[TS] && ((has[UID] && has[ORIG_H]) || has[PATH]))
		return YG_FORMAT_ZEEK;
	if (has[EVENT_VERSION] && has[EVENT_SOURCE] && has[EVENT_NAME] && has[AWS_REGION])
		return YG_FORMAT_CLOUDTRAIL;
	return YG_FORMAT_UNKNOWN;
}

/* The first of @names that holds something. */
static struct yg_bytes first_of(struct yg_event *event, const char *const *names)
{
	struct yg_bytes ret = {0};

	for (; *names && ret.size == 0; names++)
		ret = yg_field_text(event, yg_bytes_str(*names));
	return ret;
}

int yg_suricata_finish(struct yg_event *event)
{
	static const char *const query[] = {"dns.rrname", "dns.queries.rrname", "dns.query.rrname",
					    NULL};
	static const char *const type[] = {"dns.rrtype", "dns.queries.rrtype", "dns.query.rrtype",
					   NULL};
	static const char *const action[] = {"alert.action", NULL};
	static const char *const target[] = {"dest_ip", NULL};
	static const char *const port[] = {"dest_port", NULL};
	const struct {
		const char *const *from;
		uint32_t to;
	} copies[] = {
		{target, YG_F_dst_ip},	  {port, YG_F_dst_port}, {query, YG_F_query},
		{type, YG_F_record_type}, {action, YG_F_action},
	};
	int rc = YG_OK;

	event->channel = yg_field_text(event, YG_S("event_type"));
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]) && rc == YG_OK; i++)
		rc = yg_derive_once(event, copies[i].to, first_of(event, copies[i].from));
	return rc;
}

int yg_cloudtrail_finish(struct yg_event *event)
{
	static const char *const user[] = {"userIdentity.userName", "userIdentity.arn",
					   "userIdentity.principalId", NULL};
	struct yg_bytes address;
	int rc = YG_OK;

	event->channel = YG_S("cloudtrail");
	if (yg_address_in(yg_field_text(event, YG_S("sourceIPAddress")), &address, NULL))
		rc = yg_derive_once(event, YG_F_src_ip, address);
	return rc == YG_OK ? yg_derive_once(event, YG_F_user, first_of(event, user)) : rc;
}
