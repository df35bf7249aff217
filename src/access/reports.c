/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/reports.h"

#include "access/hub-int.h"
#include "base/json.h"

#include "base/ban.h"

#define KIND "report"

bool yg_report_is_id(const char *id)
{
	size_t size = strlen(id);

	return size > 0 && size <= YG_REPORT_ID_MAX && id[0] != '.' && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       size;
}

/* ---- reading ---- */

struct reading {
	yg_report_fn fn;
	void *arg;
	json_t *record; /* of yg_report_get(): kept */
	struct yg_report_version version;
	uint32_t count;
	bool keeps;
};

static int read_one(void *arg, const struct yg_doc *doc)
{
	struct reading *reading = arg;
	char id[YG_REPORT_ID_MAX + 1];
	struct yg_fault fault;
	json_t *record = NULL;
	int rc;

	if (doc->is_removed || doc->key.size >= sizeof(id))
		return YG_OK;
	memcpy(id, doc->key.data, doc->key.size);
	id[doc->key.size] = '\0';
	reading->count++;
	reading->version = (struct yg_report_version){doc->revision, doc->time_ns, ""};
	(void)snprintf(reading->version.by, sizeof(reading->version.by), "%.*s",
		       YG_FMT(doc->actor)); /* the store holds the limit */
	rc = yg_json_load(doc->body, YG_DOC_BODY_MAX, &record, &fault);
	if (rc == YG_OK)
		rc = yg_json_set(record, "version", json_integer(doc->revision));
	if (rc == YG_OK && reading->fn)
		rc = reading->fn(reading->arg, id, record, &reading->version);
	if (rc == YG_OK && reading->keeps) {
		reading->record = record;
		return YG_OK;
	}
	json_decref(record);
	return rc;
}

int yg_report_get(struct yg_access *by, const char *id, json_t **ret,
		  struct yg_report_version *ret_version)
{
	struct reading reading = {.keeps = true};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	if (rc == YG_OK && !yg_report_is_id(id))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_control_get(hub->store, yg_bytes_str(by->org), YG_S(KIND), yg_bytes_str(id),
				    read_one, &reading);
	if (rc != YG_OK)
		return rc;
	*ret = reading.record;
	*ret_version = reading.version;
	return reading.record ? YG_OK : YG_ENOENT;
}

int yg_report_list(struct yg_access *by, const char *after, uint32_t limit, yg_report_fn fn,
		   void *arg)
{
	struct reading reading = {.fn = fn, .arg = arg};
	struct yg_doc_filter filter = {
		.kind = YG_S(KIND), .after_key = yg_bytes_str(after), .limit = limit};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	return rc == YG_OK ? yg_control_list(hub->store, yg_bytes_str(by->org), &filter, read_one,
					     &reading)
			   : rc;
}

int yg_report_history(struct yg_access *by, const char *id, yg_report_fn fn, void *arg)
{
	struct reading reading = {.fn = fn, .arg = arg};
	struct yg_hub_access *hub;
	int rc = yg_hub_require(by, YG_MAY_read_reports, &hub);

	if (rc == YG_OK && !yg_report_is_id(id))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = yg_control_history(hub->store, yg_bytes_str(by->org), YG_S(KIND),
					yg_bytes_str(id), read_one, &reading);
	return rc == YG_OK && reading.count == 0 ? YG_ENOENT : rc;
}

/* ---- writing ---- */

static int count_one(void *arg, const struct yg_doc *doc)
{
	(void)doc;
	++*(uint32_t *)arg;
	return YG_OK;
}

/* @record as it is kept: without what the store's revisions say. */
static json_t *body_of(const json_t *record)
{
	json_t *body = json_copy((json_t *)(uintptr_t)record); /* its keys alone are taken out */

	(void)json_object_del(body, "version"); /* may not be there */
	(void)json_object_del(body, "history");
	return body;
}

static int write(struct yg_access *by, const char *id, const json_t *record, uint32_t expected,
		 const char *action)
{
	struct yg_hub_access *hub;
	char number[16];
	int rc = yg_hub_require(by, YG_MAY_write_reports, &hub);

	if (rc == YG_OK && (strcmp(by->org, YG_HUB_ORG) == 0 || !yg_report_is_id(id)))
		rc = YG_EINVAL;
	if (rc == YG_OK)
		rc = yg_hub_begin(hub);
	if (rc != YG_OK)
		return rc;
	rc = yg_hub_put_at(hub, by->org, by->actor, KIND, id, body_of(record), expected);
	(void)snprintf(number, sizeof(number), "%u", expected + 1); /* fits */
	return yg_hub_finish(hub, rc,
			     &(struct yg_hub_deed){by->actor, by->org, action, id, number});
}

int yg_report_add(struct yg_access *by, const char *id, const json_t *record)
{
	struct yg_doc_filter filter = {.kind = YG_S(KIND), .limit = YG_DOC_LIST_MAX};
	struct yg_hub_access *hub;
	uint32_t count = 0;
	int rc = yg_hub_require(by, YG_MAY_write_reports, &hub);

	if (rc == YG_OK)
		rc = yg_control_list(hub->store, yg_bytes_str(by->org), &filter, count_one, &count);
	if (rc == YG_OK && count >= YG_REPORTS_MAX)
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = write(by, id, record, YG_REVISION_NONE, "report.add");
	return rc == YG_EMISMATCH ? YG_EDUPLICATE : rc;
}

int yg_report_change(struct yg_access *by, const char *id, const json_t *record, uint32_t expected,
		     const char *action)
{
	return expected == YG_REVISION_NONE || expected == YG_REVISION_ANY
		       ? YG_EMISMATCH
		       : write(by, id, record, expected, action);
}
