/* SPDX-License-Identifier: Apache-2.0 */
/* For how long an organisation's records are kept, and what went already. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/audit.h"
#include "access/retention.h"

#include "base/ban.h"

static json_t *kind_json(const struct yg_retention *retention, enum yg_retention_kind kind)
{
	return json_pack("{s:s, s:i, s:b, s:b}", "kind", yg_retention_kind_name(kind), "months",
			 (int)yg_retention_months(retention, kind), "own",
			 (int)(retention->months[kind] > 0), "short",
			 (int)yg_retention_is_short(retention, kind));
}

static json_t *done_json(const struct yg_retention_done *done, int64_t time_ns)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:o, s:o}", "time", yg_call_time(time_ns), "files",
			 (json_int_t)done->files, "records", (json_int_t)done->records, "bytes",
			 (json_int_t)done->bytes, "oldest", yg_call_time(done->oldest_ns), "newest",
			 yg_call_time(done->newest_ns));
}

int yg_hub_do_get_retention(struct yg_hub_call *call)
{
	const char *org = yg_access_org(call->access);
	struct yg_enrol *enrol = call->api->opts.enrol;
	struct yg_retention retention;
	struct yg_retention_done done;
	json_t *kinds = json_array();
	json_t *last = json_null();
	int64_t time_ns;
	int rc = kinds ? yg_retention_get(enrol, org, &retention) : YG_ENOMEM;

	for (unsigned k = 0; rc == YG_OK && k < YG_RETENTION_KIND_COUNT; k++) {
		json_t *kind = kind_json(&retention, (enum yg_retention_kind)k);

		rc = kind && json_array_append_new(kinds, kind) == 0 ? YG_OK : YG_ENOMEM;
	}
	if (rc == YG_OK) {
		rc = yg_retention_noted(enrol, org, &done, &time_ns);
		if (rc == YG_OK)
			last = done_json(&done, time_ns);
		rc = rc == YG_ENOENT ? YG_OK : rc;
	}
	if (rc == YG_OK)
		return yg_call_json(
			call, 200,
			json_pack("{s:i, s:o, s:o}", "months",
				  (int)yg_retention_months(&retention, YG_RETENTION_ALL), "kinds",
				  kinds, "last_deleted", last));
	json_decref(kinds);
	return rc;
}

/* {"kind","months"}: without kind, of all that have no number of their own. */
int yg_hub_do_set_retention(struct yg_hub_call *call)
{
	const char *org = yg_access_org(call->access);
	struct yg_retention retention;
	struct yg_enrol *enrol = NULL;
	enum yg_retention_kind kind = YG_RETENTION_ALL;
	char name[32];
	char detail[64];
	int64_t months;
	json_t *in;
	bool is_good;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc;
	is_good = yg_call_text(call, in, "kind", name, sizeof(name));
	months = yg_json_int(in, "months", 0);
	json_decref(in);
	if (!is_good)
		return YG_OK;
	if (name[0])
		kind = yg_retention_kind_by_name(yg_bytes_str(name));
	if ((name[0] && kind == YG_RETENTION_ALL) || months < 1 ||
	    months > (int64_t)YG_RETENTION_MONTHS_MAX)
		return yg_call_bad(call, N_("months is a number from 1 to 240, kind one of those "
					    "that GET gives, or none."));
	rc = yg_call_read(call, YG_MAY_read_retention);
	if (rc == YG_OK)
		rc = yg_call_register(call, call->access, &enrol);
	if (rc == YG_OK)
		rc = yg_retention_set(enrol, org, kind, (uint32_t)months, &retention);
	(void)snprintf(detail, sizeof(detail), "%s %u", name[0] ? name : "all",
		       (unsigned)months); /* fits */
	if (rc == YG_OK)
		rc = yg_audit_add(call->api->opts.hub, yg_access_actor(call->access), org,
				  "retention.set", org, detail);
	(void)yg_enrol_free(enrol);
	return rc == YG_OK ? yg_hub_do_get_retention(call) : rc;
}
