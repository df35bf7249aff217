/* SPDX-License-Identifier: Apache-2.0 */
/* Reports about incidents: one record, every form. What may stand in one, a port says. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/reports.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "model/day.h"

#include "base/ban.h"

#define TEXT_MAX  (8u << 20)
#define WORD_ROOM 64u
#define PAGE_MAX  100u

int yg_call_report_ask(const struct yg_hub_call *call, enum yg_hub_report_what what,
		       struct yg_hub_report_ask *how, struct yg_buf *to)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	int rc;

	how->lang = call->request->lang;
	how->now_ns = opts->clock.now_ns(opts->clock.arg);
	if (!opts->ports.report)
		return YG_EUNSUPPORTED;
	rc = opts->ports.report(opts->ports.arg, what, how, to);
	return rc == YG_OK ? yg_buf_error(to) : rc;
}

static int end(int rc)
{
	return rc == YG_EEND ? YG_OK : rc;
}

/* The id of the path to @to: YG_OK, or YG_EEND refused. */
static int read_id(const struct yg_hub_call *call, char to[YG_REPORT_ID_MAX + 1])
{
	if (yg_call_part(call, 1, to, YG_REPORT_ID_MAX + 1) && yg_report_is_id(to))
		return YG_OK;
	(void)yg_call_not_found(call); /* always YG_OK */
	return YG_EEND;
}

/* What the store says, in the reply; YG_OK stays. */
static int refuse(const struct yg_hub_call *call, int rc)
{
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc == YG_EDUPLICATE)
		return yg_call_refuse(call, 409, "already-there",
				      N_("There is a report with this id already"),
				      N_("Choose another id, or leave it out."));
	if (rc == YG_EMISMATCH)
		return yg_call_refuse(call, 409, "changed", N_("It was changed in between"),
				      N_("Load it again: somebody was faster."));
	if (rc == YG_ELIMIT)
		return yg_call_refuse(call, 409, "too-many", N_("There are too many of these"),
				      N_("Remove those that are not needed."));
	if (rc == YG_EINVAL)
		return yg_call_bad(call, N_("A report is of one organisation, and its id has "
					    "letters, digits, . _ and - only."));
	return end(rc);
}

/* ---- forms ---- */

int yg_hub_do_list_report_forms(struct yg_hub_call *call)
{
	struct yg_hub_report_ask how = {.lang = call->request->lang};

	return yg_call_report_ask(call, YG_HUB_REPORT_FORMS, &how, &call->reply->body);
}

/* ---- reading ---- */

/* {"id","version","changed","by","record":{…},"forms":[…]} as the body. */
static int answer(const struct yg_hub_call *call, const json_t *record,
		  const struct yg_report_version *version, int status)
{
	struct yg_hub_report_ask how = {.record = record, .with_items = true};
	struct yg_buf *to = &call->reply->body;
	char iso[YG_ISO_SIZE];
	int rc;

	(void)yg_time_iso(version->time_ns / YG_NS_PER_S * YG_NS_PER_S, 0, iso);
	yg_buf_add_str(to, "{\"id\":");
	yg_buf_add_json(to, yg_json_text(record, "id"));
	yg_buf_addf(to, ",\"version\":%u,\"changed\":\"%s\",\"by\":", version->number, iso);
	yg_buf_add_json(to, yg_bytes_str(version->by));
	yg_buf_add_str(to, ",\"record\":");
	rc = yg_json_canonical(record, to);
	yg_buf_add_str(to, ",\"forms\":");
	if (rc == YG_OK)
		rc = yg_call_report_ask(call, YG_HUB_REPORT_STATE, &how, to);
	if (rc == YG_OK)
		rc = yg_call_report_beside(call, json_string_value(json_object_get(record, "id")),
					   record, to);
	yg_buf_add_byte(to, '}');
	call->reply->status = status;
	(void)snprintf(call->reply->etag, sizeof(call->reply->etag), "%u", version->number);
	return rc;
}

static int answer_id(struct yg_hub_call *call, const char *id, int status)
{
	struct yg_report_version version;
	json_t *record = NULL;
	int rc = yg_report_get(yg_call_reader(call), id, &record, &version);

	if (rc == YG_OK)
		rc = answer(call, record, &version, status);
	json_decref(record);
	return refuse(call, rc);
}

int yg_hub_do_get_report(struct yg_hub_call *call)
{
	char id[YG_REPORT_ID_MAX + 1];
	int rc = read_id(call, id);

	return rc == YG_OK ? answer_id(call, id, 200) : end(rc);
}

struct page {
	const struct yg_hub_call *call;
	struct yg_buf *to;
	char last[YG_REPORT_ID_MAX + 1];
	uint32_t count;
};

static int add_item(void *arg, const char *id, json_t *record,
		    const struct yg_report_version *version)
{
	struct page *page = arg;
	struct yg_hub_report_ask how = {.record = record};
	const json_t *event = json_object_get(record, "event");
	char iso[YG_ISO_SIZE];
	int rc;

	(void)yg_time_iso(version->time_ns / YG_NS_PER_S * YG_NS_PER_S, 0, iso);
	yg_buf_add_str(page->to, page->count++ ? ",{\"id\":" : "{\"id\":");
	yg_buf_add_json(page->to, yg_bytes_str(id));
	yg_buf_addf(page->to, ",\"version\":%u,\"changed\":\"%s\",\"title\":", version->number,
		    iso);
	yg_buf_add_json(page->to, yg_json_text(json_object_get(record, "damage"), "title"));
	yg_buf_add_str(page->to, ",\"type\":");
	yg_buf_add_json(page->to, yg_json_text(event, "type"));
	yg_buf_add_str(page->to, ",\"forms\":");
	rc = yg_call_report_ask(page->call, YG_HUB_REPORT_STATE, &how, page->to);
	yg_buf_add_byte(page->to, '}');
	(void)snprintf(page->last, sizeof(page->last), "%s", id); /* the same room */
	return rc;
}

int yg_hub_do_list_reports(struct yg_hub_call *call)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes after = yg_call_query(call, "after", mem);
	struct page page = {.call = call, .to = &call->reply->body};
	char from[YG_REPORT_ID_MAX + 1] = "";
	uint32_t limit;
	int rc = yg_call_query_limit(call, &limit);

	if (rc == YG_OK && after.size > YG_REPORT_ID_MAX) {
		(void)yg_call_bad(call, N_("after must be what `next` said.")); /* always YG_OK */
		rc = YG_EEND;
	}
	if (rc != YG_OK)
		return end(rc);
	if (limit > PAGE_MAX)
		limit = PAGE_MAX; /* each is read and filled into its forms while others wait */
	(void)snprintf(from, sizeof(from), "%.*s", YG_FMT(after)); /* fits */
	yg_buf_add_str(page.to, "{\"items\":[");
	rc = yg_report_list(yg_call_reader(call), from, limit, add_item, &page);
	yg_buf_add_byte(page.to, ']');
	if (page.count == limit) {
		yg_buf_add_str(page.to, ",\"next\":");
		yg_buf_add_json(page.to, yg_bytes_str(page.last));
	}
	yg_buf_add_byte(page.to, '}');
	return rc;
}

struct versions {
	const struct yg_hub_call *call;
	struct yg_buf *to;
	json_t *before;
	uint32_t count;
};

static int add_version(void *arg, const char *id, json_t *record,
		       const struct yg_report_version *version)
{
	struct versions *versions = arg;
	struct yg_hub_report_ask how = {.record = record, .before = versions->before};
	char iso[YG_ISO_SIZE];
	int rc;

	(void)id; /* it is the call's */
	(void)yg_time_iso(version->time_ns / YG_NS_PER_S * YG_NS_PER_S, 0, iso);
	yg_buf_addf(versions->to,
		    "%s{\"version\":%u,\"changed\":\"%s\",\"by\":", versions->count++ ? "," : "",
		    version->number, iso);
	yg_buf_add_json(versions->to, yg_bytes_str(version->by));
	yg_buf_add_str(versions->to, ",\"changes\":");
	rc = yg_call_report_ask(versions->call, YG_HUB_REPORT_DIFF, &how, versions->to);
	yg_buf_add_byte(versions->to, '}');
	json_decref(versions->before);
	versions->before = json_incref(record);
	return rc;
}

int yg_hub_do_report_versions(struct yg_hub_call *call)
{
	struct versions versions = {.call = call, .to = &call->reply->body};
	char id[YG_REPORT_ID_MAX + 1];
	int rc = read_id(call, id);

	if (rc != YG_OK)
		return end(rc);
	yg_buf_add_str(versions.to, "{\"items\":[");
	rc = yg_report_history(yg_call_reader(call), id, add_version, &versions);
	yg_buf_add_str(versions.to, "]}");
	json_decref(versions.before);
	if (rc != YG_OK)
		yg_buf_reset(versions.to);
	return refuse(call, rc);
}

/* ---- what leaves ---- */

static const struct kind {
	const char *as;
	const char *type;
} kinds[] = {{"json", "application/json"},
	     {"csv", "text/csv; charset=utf-8"},
	     {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	     {"html", "text/html; charset=utf-8"},
	     {"official", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};

#define OFFICIAL (&kinds[4])

/* ?as=: the kind of file; NULL: it is none. */
static const struct kind *kind_of(struct yg_bytes as)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (as.size == 0 || yg_bytes_eq(as, yg_bytes_str(kinds[i].as)))
			return &kinds[i];
	return NULL;
}

/* The form in @out, or what refused it. */
static int answer_form(const struct yg_hub_call *call, const struct kind *kind, const char *id,
		       struct yg_bytes form, struct yg_buf *out, int rc)
{
	struct yg_reply *reply = call->reply;

	if (rc == YG_EACCES) {
		yg_buf_add_byte(out, '\0');
		return yg_reply_problem(reply, 403, "not-released",
					yg_tr(call->request->lang, N_("Nothing may leave")),
					out->error ? NULL : (const char *)out->data);
	}
	if (rc == YG_EINVAL) {
		yg_buf_add_byte(out, '\0');
		return yg_reply_problem(
			reply, 422, "wrong-workbook",
			yg_tr(call->request->lang, N_("The workbook cannot be filled")),
			out->error ? NULL : (const char *)out->data);
	}
	if (rc == YG_ENOENT)
		return yg_call_not_found(call);
	if (rc != YG_OK)
		return rc;
	yg_buf_add(&reply->body, yg_buf_bytes(out));
	reply->content_type = kind->type;
	if (kind != &kinds[0])
		(void)snprintf(reply->file_name, sizeof(reply->file_name), "%s-%.*s.%s", id,
			       YG_FMT(form),
			       kind == OFFICIAL ? "xlsx" : kind->as); /* ids are short */
	return yg_buf_error(&reply->body);
}

/* The workbook that was imported for the form of @how, where it is asked for. YG_EEND: refused. */
static int find_book(const struct yg_hub_call *call, const struct kind *kind,
		     struct yg_hub_report_ask *how, json_t **ret_book)
{
	char form[WORD_ROOM + 1];
	int rc;

	if (kind != OFFICIAL)
		return YG_OK;
	(void)snprintf(form, sizeof(form), "%.*s", YG_FMT(how->form)); /* as measured */
	rc = yg_call_report_book(call, form, ret_book, &how->file);
	how->map = yg_json_text(*ret_book, "map");
	if (rc != YG_ENOENT)
		return rc;
	(void)yg_call_refuse(call, 409, "no-workbook",
			     N_("The official workbook of this form was not imported"),
			     N_("Import the workbook that you have first.")); /* always YG_OK */
	return YG_EEND;
}

/* ?stage=, ?half=attack, ?as=json|csv|xlsx|html|official, ?person=yes */
int yg_hub_do_render_report(struct yg_hub_call *call)
{
	char stage[YG_API_QUERY_MAX + 1], half[YG_API_QUERY_MAX + 1], as[YG_API_QUERY_MAX + 1],
		person[YG_API_QUERY_MAX + 1];
	struct yg_hub_report_ask how = {
		.form = call->request->parts[2],
		.stage = yg_call_query(call, "stage", stage),
		.as = yg_call_query(call, "as", as),
		.is_attack_only = yg_bytes_eq(yg_call_query(call, "half", half), YG_S("attack")),
		.is_person = yg_bytes_eq(yg_call_query(call, "person", person), YG_S("yes"))};
	const struct kind *kind = kind_of(how.as);
	struct yg_report_version version;
	char id[YG_REPORT_ID_MAX + 1];
	json_t *record = NULL, *book = NULL;
	struct yg_buf out;
	int rc = read_id(call, id);

	if (rc != YG_OK)
		return end(rc);
	if (!kind || how.form.size > WORD_ROOM)
		return yg_call_bad(call, N_("as is json, csv, xlsx, html or official; half is "
					    "attack or all; stage is first, followup or final."));
	rc = yg_report_get(yg_call_reader(call), id, &record, &version);
	if (rc == YG_OK)
		rc = find_book(call, kind, &how, &book);
	if (rc != YG_OK) {
		json_decref(record);
		return refuse(call, rc);
	}
	how.record = record;
	yg_buf_init(&out, YG_API_REPLY_MAX);
	rc = yg_call_report_ask(call, YG_HUB_REPORT_RENDER, &how, &out);
	rc = answer_form(call, kind, id, how.form, &out, rc);
	yg_buf_done(&out);
	free((void *)(uintptr_t)how.file.data); /* ours */
	json_decref(book);
	json_decref(record);
	return rc;
}

/* ---- writing ---- */

/* May @record stand as it is? YG_OK, or YG_EEND: the reply says each fault with its path. */
static int check(const struct yg_hub_call *call, const json_t *record, const json_t *before)
{
	struct yg_hub_report_ask how = {.record = record, .before = before};
	struct yg_buf words;
	int rc;

	yg_buf_init(&words, TEXT_MAX);
	rc = yg_call_report_ask(call, YG_HUB_REPORT_CHECK, &how, &words);
	yg_buf_add_byte(&words, '\0');
	if (rc == YG_EINVAL) {
		(void)yg_reply_problem(
			call->reply, 422, "wrong-record",
			yg_tr(call->request->lang, N_("The record cannot be kept as it is")),
			words.error ? NULL : (const char *)words.data);
		rc = YG_EEND; /* above: always YG_OK */
	}
	yg_buf_done(&words);
	return rc;
}

/* An id for one that came without: the day where the hub's people live, and eight digits. */
static int make_id(const struct yg_hub_call *call, json_t *record)
{
	const struct yg_hub_api_opts *opts = &call->api->opts;
	uint8_t random[4];
	char hex[2 * sizeof(random) + 1];
	char day[YG_DAY_SIZE];
	char id[YG_REPORT_ID_MAX + 1];

	if (json_object_get(record, "id"))
		return YG_OK;
	yg_random(random, sizeof(random));
	yg_hex((struct yg_bytes){random, sizeof(random)}, hex);
	yg_day_write(yg_day_in(yg_hub_zone_of(opts->hub), opts->clock.now_ns(opts->clock.arg)),
		     day);
	(void)snprintf(id, sizeof(id), "%s-%s", day, hex); /* fits */
	return yg_json_set(record, "id", json_string(id));
}

/* The body is the record; "format", "id" and "tlp" (amber) may be left out. */
int yg_hub_do_add_report(struct yg_hub_call *call)
{
	char id[YG_REPORT_ID_MAX + 1] = "";
	json_t *in = NULL;
	int rc = yg_call_body(call, &in);

	if (rc == YG_OK && !json_object_get(in, "format"))
		rc = yg_json_set(in, "format", json_string("yagura-incident/1"));
	if (rc == YG_OK && !json_object_get(in, "tlp"))
		rc = yg_json_set(in, "tlp", json_string("amber"));
	if (rc == YG_OK)
		rc = make_id(call, in);
	(void)json_object_del(in, "version"); /* the store's; may not be there */
	(void)json_object_del(in, "history");
	if (rc == YG_OK)
		rc = check(call, in, NULL);
	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK) {
		(void)snprintf(id, sizeof(id), "%s",
			       json_string_value(json_object_get(in, "id"))); /* checked */
		rc = yg_report_add(call->access, id, in);
	}
	json_decref(in);
	return rc == YG_OK ? answer_id(call, id, 201) : refuse(call, rc);
}

/* {"version":N,"record":{…}}: the version it was made from, and the whole of what shall stand. */
int yg_hub_do_change_report(struct yg_hub_call *call)
{
	struct yg_report_version version;
	char id[YG_REPORT_ID_MAX + 1];
	json_t *in = NULL, *before = NULL, *record = NULL;
	int64_t expected = 0;
	int rc = read_id(call, id);

	if (rc == YG_OK)
		rc = yg_call_body(call, &in);
	record = json_object_get(in, "record");
	expected = yg_json_int(in, "version", 0);
	if (rc == YG_OK && (!json_is_object(record) || expected < 1 || expected > INT32_MAX)) {
		(void)yg_call_bad(call, N_("Send {\"version\":N,\"record\":{…}}.")); /* YG_OK */
		rc = YG_EEND;
	}
	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK)
		rc = yg_report_get(yg_call_reader(call), id, &before, &version);
	/* What is the hub's own stays as it is. */
	if (rc == YG_OK)
		rc = yg_json_set(record, "id", json_string(id));
	if (rc == YG_OK)
		rc = yg_json_set(record, "format", json_string("yagura-incident/1"));
	if (rc == YG_OK && json_object_get(before, "sent"))
		rc = yg_json_set(record, "sent", json_incref(json_object_get(before, "sent")));
	else
		(void)json_object_del(record, "sent");
	(void)json_object_del(record, "version");
	(void)json_object_del(record, "history");
	if (rc == YG_OK)
		rc = check(call, record, before);
	if (rc == YG_OK)
		rc = yg_report_change(call->access, id, record, (uint32_t)expected,
				      "report.change");
	json_decref(in);
	json_decref(before);
	return rc == YG_OK ? answer_id(call, id, 200) : refuse(call, rc);
}

/* The record after form and stage were sent: *ret owned. YG_OK, YG_EEND refused. */
static int after_sent(const struct yg_hub_call *call, const json_t *in, const json_t *record,
		      json_t **ret)
{
	struct yg_hub_report_ask how = {.record = record,
					.form = yg_json_text(in, "form"),
					.stage = yg_json_text(in, "stage")};
	struct yg_fault fault;
	struct yg_buf out;
	int rc;

	yg_buf_init(&out, TEXT_MAX);
	rc = yg_call_report_ask(call, YG_HUB_REPORT_SENT, &how, &out);
	if (rc == YG_OK)
		rc = yg_json_load(yg_buf_bytes(&out), TEXT_MAX, ret, &fault);
	yg_buf_done(&out);
	if (rc == YG_ENOENT) {
		(void)yg_call_bad(call, N_("form and stage are those of GET "
					   "/api/v1/report-forms; all may have been sent."));
		rc = YG_EEND; /* above: always YG_OK */
	}
	return rc;
}

/* {"form","stage"}: it was sent, by whatever way, just now. */
int yg_hub_do_send_report(struct yg_hub_call *call)
{
	struct yg_report_version version;
	char id[YG_REPORT_ID_MAX + 1];
	json_t *in = NULL, *record = NULL, *after = NULL;
	int rc = read_id(call, id);

	if (rc == YG_OK)
		rc = yg_call_body(call, &in);
	if (rc == YG_OK)
		rc = yg_call_read(call, YG_MAY_read_reports);
	if (rc == YG_OK)
		rc = yg_report_get(yg_call_reader(call), id, &record, &version);
	if (rc == YG_OK)
		rc = after_sent(call, in, record, &after);
	if (rc == YG_OK)
		rc = yg_report_change(call->access, id, after, version.number, "report.sent");
	json_decref(in);
	json_decref(record);
	json_decref(after);
	return rc == YG_OK ? answer_id(call, id, 200) : refuse(call, rc);
}
