/* SPDX-License-Identifier: Apache-2.0 */
/* The month of one organisation: in numbers, and as one page. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/report.h"
#include "base/alloc.h"

#include "base/ban.h"

static int may(const struct yg_hub_call *call, enum yg_hub_right right, bool *ret)
{
	struct yg_access *by = NULL;
	int rc = yg_call_open(call, yg_access_org(call->access), right, &by);

	(void)yg_access_free(by);
	*ret = rc == YG_OK;
	return rc == YG_EACCES || rc == YG_ENOENT || rc == YG_EAGAIN ? YG_OK : rc;
}

static int find_rights(const struct yg_hub_call *call, struct yg_month_may *ret)
{
	int rc = may(call, YG_MAY_read_warnings, &ret->warnings);

	if (rc == YG_OK)
		rc = may(call, YG_MAY_read_sensors, &ret->sensors);
	if (rc == YG_OK)
		rc = may(call, YG_MAY_read_views, &ret->views);
	if (rc == YG_OK)
		rc = may(call, YG_MAY_read_members, &ret->members);
	return rc;
}

/* ?month=; without it the last whole one of @zone. YG_EEND: refused in the reply. */
static int make(const struct yg_hub_call *call, const struct yg_zone *zone, struct yg_month *ret)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	const struct yg_month_from from = {.zone = zone,
					   .hub = opts->hub,
					   .enrol = opts->enrol,
					   .facts = opts->facts,
					   .situations = opts->situations,
					   .heartbeat = opts->ports.heartbeat,
					   .arg = opts->ports.arg,
					   .now_ns = opts->clock.now_ns(opts->clock.arg)};
	struct yg_month_may rights = {0};
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = yg_call_query(call, "month", mem);
	int rc;

	if (text.size == 0)
		yg_month_before(zone, from.now_ns, &ret->year, &ret->month);
	rc = text.size > 0 && !yg_month_read(text, &ret->year, &ret->month)
		     ? YG_EINVAL
		     : find_rights(call, &rights);
	if (rc == YG_OK)
		rc = yg_month_make(&from, yg_access_org(call->access), &rights, ret);
	if (rc != YG_EINVAL)
		return rc;
	(void)yg_call_bad(call, N_("Write a month as 2026-11, one that has begun.")); /* YG_OK */
	return YG_EEND;
}

int yg_hub_do_get_month(struct yg_hub_call *call)
{
	struct yg_month *month = yg_calloc(1, sizeof(*month));
	const struct yg_zone *zone = NULL;
	int rc = month ? yg_call_query_zone(call, &zone) : YG_ENOMEM;

	if (rc == YG_OK)
		rc = make(call, zone, month);
	if (rc == YG_OK)
		rc = yg_call_json(call, 200, yg_month_json(month, call->request->lang));
	free(month);
	return rc;
}

int yg_hub_do_month_page(struct yg_hub_call *call)
{
	const struct yg_hub_api_ports *ports = &call->api->opts.ports;
	struct yg_month *month = yg_calloc(1, sizeof(*month));
	/* The page is people's: their days, whatever is asked. */
	int rc = month ? make(call, yg_hub_zone_of(call->api->opts.hub), month) : YG_ENOMEM;

	if (rc == YG_OK && !ports->month)
		rc = yg_call_refuse(call, 503, "busy", N_("Reports cannot be written now"),
				    N_("Wait a moment and try again."));
	else if (rc == YG_OK) {
		ports->month(ports->arg, month, call->request->lang, &call->reply->body);
		call->reply->content_type = "text/html; charset=utf-8";
		rc = yg_buf_error(&call->reply->body);
	}
	free(month);
	return rc;
}
