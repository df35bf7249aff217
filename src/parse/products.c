/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/products.h"

#include "parse/address.h"
#include "parse/cursor.h"
#include "parse/times.h"

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
	AUDIT_ID,
	AUDIT_COMM,
	SIGN_COUNT,
};

static const char *const signs[SIGN_COUNT] = {
	"event_type",  "timestamp", "flow_id",	 "in_iface", "stats.uptime",
	"id.orig_h",   "uid",	    "_path",	 "ts",	     "eventVersion",
	"eventSource", "eventName", "awsRegion", "ID",	     "SYSCALL.comm",
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

static bool is_suricata(const bool has[SIGN_COUNT])
{
	return has[EVENT_TYPE] && has[TIMESTAMP] && (has[FLOW_ID] || has[IN_IFACE] || has[STATS]);
}

enum yg_format yg_product_of(struct yg_event *event)
{
	bool has[SIGN_COUNT] = {false};

	note_signs(event, has);
	if (is_suricata(has))
		return YG_FORMAT_SURICATA;
	if (has[TS] && ((has[UID] && has[ORIG_H]) || has[PATH]))
		return YG_FORMAT_ZEEK;
	if (has[EVENT_VERSION] && has[EVENT_SOURCE] && has[EVENT_NAME] && has[AWS_REGION])
		return YG_FORMAT_CLOUDTRAIL;
	if (has[AUDIT_ID] && has[AUDIT_COMM])
		return YG_FORMAT_AUDITD;
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

/* Words of a command, at most as many as have a name here: the rest stays in EXECVE.ARGV. */
static int add_words(struct yg_event *event)
{
	static const char *const names[] = {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"};
	uint32_t count = 0;
	int rc = YG_OK;

	for (uint32_t i = 0, all = event->field_count; i < all && rc == YG_OK; i++) {
		if (!yg_bytes_eq(event->fields[i].name, YG_S("EXECVE.ARGV")) ||
		    count == sizeof(names) / sizeof(names[0]))
			continue;
		rc = yg_event_add(event, yg_bytes_str(names[count++]),
				  yg_event_text(event, &event->fields[i]), YG_VALUE_TEXT);
	}
	return rc;
}

int yg_laurel_add(struct yg_parser_int *ctx, struct yg_event *event)
{
	static const struct {
		const char *from, *to;
	} names[] = {
		{"ID", "audit_id"},
		{"SYSCALL.syscall", "syscall"},
		{"SYSCALL.success", "success"},
		{"SYSCALL.comm", "comm"},
		{"SYSCALL.exe", "exe"},
		{"SYSCALL.key", "key"},
		{"SYSCALL.pid", "pid"},
		{"SYSCALL.ppid", "ppid"},
		{"SYSCALL.auid", "auid"},
		{"SYSCALL.uid", "uid"},
		{"SYSCALL.euid", "euid"},
		{"SYSCALL.AUID", "AUID"},
		{"SYSCALL.tty", "tty"},
	};
	struct yg_bytes id = yg_field_text(event, YG_S("ID"));
	bool is_execve = yg_field_text(event, YG_S("EXECVE.ARGV")).size > 0;
	int rc = YG_OK;

	if (event->time_ns == YG_TIME_NONE)
		(void)yg_times_set(event, yg_bytes_cut(id, 0, yg_bytes_chr(id, ':')),
				   ctx->opts.zone);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && rc == YG_OK; i++) {
		const struct yg_put put[] = {
			{names[i].to, yg_field_text(event, yg_bytes_str(names[i].from))}};

		rc = YG_PUT_ALL(event, put);
	}
	if (rc == YG_OK)
		rc = yg_event_add_id(event, YG_F_type, YG_S("SYSCALL"), YG_VALUE_TEXT);
	if (rc == YG_OK && is_execve)
		rc = yg_event_add_id(event, YG_F_type, YG_S("EXECVE"), YG_VALUE_TEXT);
	return rc == YG_OK && is_execve ? add_words(event) : rc;
}
