/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, manifest, versions: a filter in, a page out; and deleting by the same filter. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "share/taxii-int.h"

#include "base/ban.h"

#define VALUES_MAX YG_STIX_FILTER_MAX
#define NEXT_MAX   48u
#define NO_SPEC	   (1u << 30) /* a version of STIX that nothing has */

struct question {
	struct yg_stix_filter filter;
	struct yg_bytes ids[VALUES_MAX];
	struct yg_bytes types[VALUES_MAX];
	int64_t versions[VALUES_MAX];
	uint64_t hash;	  /* of what was asked, but for limit and next */
	bool has_version; /* match[version] was given */
	bool has_spec;
	char mem[4][YG_API_QUERY_MAX + 1];
};

/* Names that may stand in a question once, each. */
static const char *const names[] = {"added_after",	  "limit",	 "next",
				    "match[id]",	  "match[type]", "match[version]",
				    "match[spec_version]"};

static int bad(const struct yg_taxii_call *call, const char *detail)
{
	(void)yg_taxii_refuse(call, 400, "bad-request", N_("The question is malformed"),
			      detail); /* always YG_OK */
	return YG_EEND;
}

#define SPELLINGS 3u

/* The brackets of "match[id]" are percent-encoded by some, and not by others. False: none more. */
static bool spell(const char *name, unsigned way, char to[40])
{
	static const char *const opened[SPELLINGS] = {"[", "%5B", "%5b"};
	static const char *const closed[SPELLINGS] = {"]", "%5D", "%5d"};
	const char *open = strchr(name, '[');

	if (way == 0 || !open)
		(void)snprintf(to, 40, "%s", name); /* it fits */
	else
		(void)snprintf(to, 40, "%.*s%s%.*s%s", (int)(open - name), name, opened[way],
			       (int)strlen(open) - 2, open + 1, closed[way]); /* as above */
	return way == 0 || open;
}

static bool get(const struct yg_taxii_call *call, const char *name, char *to, struct yg_bytes *ret)
{
	char spelled[40];

	for (unsigned way = 0; way < SPELLINGS && spell(name, way, spelled); way++)
		if (yg_query_get(call->request->query, spelled, to, YG_API_QUERY_MAX + 1, ret))
			return true;
	return false;
}

static unsigned count_of(struct yg_bytes query, struct yg_bytes name)
{
	unsigned count = 0;

	while (query.size > 0) {
		size_t end = yg_bytes_chr(query, '&');
		struct yg_bytes pair = yg_bytes_cut(query, 0, end);

		query = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(query, end + 1);
		count += yg_bytes_eq(yg_bytes_cut(pair, 0, yg_bytes_chr(pair, '=')), name);
	}
	return count;
}

/* Which of two is meant, nobody can know. */
static int check_once(const struct yg_taxii_call *call)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned count = 0;
		char spelled[40];

		for (unsigned way = 0; way < SPELLINGS && spell(names[i], way, spelled); way++)
			count += count_of(call->request->query, yg_bytes_str(spelled));
		if (count > 1)
			return bad(call, N_("a filter stands there twice"));
	}
	return YG_OK;
}

/* A comma-separated list to @to; -1: too many, or an empty value. */
static int split(struct yg_bytes text, struct yg_bytes *to)
{
	int count = 0;

	for (;;) {
		size_t end = yg_bytes_chr(text, ',');
		struct yg_bytes one = yg_bytes_trim(yg_bytes_cut(text, 0, end));

		if (one.size == 0 || count == (int)VALUES_MAX)
			return -1;
		to[count++] = one;
		if (end == SIZE_MAX)
			return count;
		text = yg_bytes_from(text, end + 1);
	}
}

static int read_versions(const struct yg_taxii_call *call, struct question *q)
{
	struct yg_bytes values[VALUES_MAX];
	struct yg_bytes text = {0};
	struct yg_stix_filter *f = &q->filter;
	int count;

	if (!get(call, "match[version]", q->mem[2], &text)) {
		f->has_last = true;
		return YG_OK;
	}
	q->has_version = true;
	count = split(text, values);
	if (count < 0)
		return bad(call, N_("match[version]: an empty value, or too many"));
	f->versions_ns = q->versions;
	for (int i = 0; i < count; i++) {
		for (int k = 0; k < i; k++)
			if (yg_bytes_eq(values[i], values[k]))
				return bad(call, N_("match[version]: a value stands there twice"));
		if (yg_bytes_eq(values[i], YG_S("last")))
			f->has_last = true;
		else if (yg_bytes_eq(values[i], YG_S("first")))
			f->has_first = true;
		else if (yg_bytes_eq(values[i], YG_S("all")))
			f->has_all = true;
		else if (yg_stix_time(values[i], &q->versions[f->version_count]))
			f->version_count++;
		else
			return bad(call, N_("match[version]: first, last, all or a timestamp"));
	}
	if (f->has_all && count > 1)
		return bad(call, N_("match[version]: all stands alone"));
	return YG_OK;
}

static int read_specs(const struct yg_taxii_call *call, struct question *q)
{
	struct yg_bytes values[VALUES_MAX];
	struct yg_bytes text = {0};
	int count;

	if (!get(call, "match[spec_version]", q->mem[3], &text))
		return YG_OK;
	q->has_spec = true;
	count = split(text, values);
	for (int i = 0; i < count; i++) {
		struct yg_bytes v = values[i];

		if (yg_bytes_eq(v, YG_S("2.0")))
			q->filter.specs |= 1u << YG_STIX_2_0;
		else if (yg_bytes_eq(v, YG_S("2.1")))
			q->filter.specs |= 1u << YG_STIX_2_1;
		else if (v.size == 3 && v.data[1] == '.')
			q->filter.specs |= NO_SPEC;
		else
			count = -1;
	}
	return count < 0 ? bad(call, N_("match[spec_version]: such as 2.1")) : YG_OK;
}

static int read_names(const struct yg_taxii_call *call, struct question *q)
{
	struct yg_bytes text = {0};
	int count = 0;

	if (call->object.size > 0) {
		q->ids[0] = call->object;
		q->filter.id_count = 1;
	} else if (get(call, "match[id]", q->mem[0], &text)) {
		count = split(text, q->ids);
		if (count < 0)
			return bad(call, N_("match[id]: an empty value, or too many"));
		q->filter.id_count = (uint32_t)count;
	}
	if (call->object.size == 0 && get(call, "match[type]", q->mem[1], &text)) {
		count = split(text, q->types);
		if (count < 0)
			return bad(call, N_("match[type]: an empty value, or too many"));
		q->filter.type_count = (uint32_t)count;
	}
	q->filter.ids = q->ids;
	q->filter.types = q->types;
	return YG_OK;
}

static uint64_t hash_of(const struct yg_taxii_call *call, const struct question *q, int64_t after)
{
	const struct yg_stix_filter *f = &q->filter;
	int64_t numbers[] = {after,	    f->has_last,       f->has_first,
			     f->has_all,    (int64_t)f->specs, f->id_count,
			     f->type_count, f->version_count};
	uint64_t hash = yg_hash64(call->request->path, 0x7a11);

	hash = yg_hash64((struct yg_bytes){(const uint8_t *)numbers, sizeof(numbers)}, hash);
	for (uint32_t i = 0; i < f->id_count; i++)
		hash = yg_hash64(q->ids[i], hash);
	for (uint32_t i = 0; i < f->type_count; i++)
		hash = yg_hash64(q->types[i], hash);
	return yg_hash64(
		(struct yg_bytes){(const uint8_t *)q->versions, f->version_count * sizeof(int64_t)},
		hash);
}

/* Where to go on, limit: what is not part of what is asked for. */
static int read_place(const struct yg_taxii_call *call, struct question *q)
{
	char mem[YG_API_QUERY_MAX + 1];
	struct yg_bytes text = {0};
	int64_t after_ns = 0, place = 0;
	uint64_t limit = YG_TAXII_PAGE;

	q->filter.after_us = INT64_MIN;
	if (get(call, "added_after", mem, &text)) {
		if (!yg_stix_time(text, &after_ns))
			return bad(call, N_("added_after: a timestamp such as "
					    "2026-11-26T00:00:00.000000Z"));
		/* Finer than microseconds: what was added within this one came later. */
		q->filter.after_us = after_ns / 1000 - (after_ns % 1000 < 0);
	}
	q->hash = hash_of(call, q, q->filter.after_us);
	if (get(call, "limit", mem, &text) && (!yg_bytes_u64(text, &limit) || limit == 0))
		return bad(call, N_("limit: a whole number above 0"));
	q->filter.limit = limit < YG_TAXII_PAGE ? (uint32_t)limit : YG_TAXII_PAGE;
	if (!get(call, "next", mem, &text))
		return YG_OK;
	{
		size_t dash = yg_bytes_chr(text, '-');
		char wanted[17];

		(void)snprintf(wanted, sizeof(wanted), "%016llx", (unsigned long long)q->hash);
		if (dash == SIZE_MAX || !yg_bytes_i64(yg_bytes_cut(text, 0, dash), &place) ||
		    !yg_bytes_eq(yg_bytes_from(text, dash + 1), yg_bytes_str(wanted))) {
			(void)yg_taxii_refuse(call, 400, "bad-request", YG_TAXII_PROCESSING,
					      N_("next: not what was given for this question"));
			return YG_EEND;
		}
	}
	if (place > q->filter.after_us)
		q->filter.after_us = place;
	return YG_OK;
}

static int read_question(const struct yg_taxii_call *call, struct question *q)
{
	int rc = check_once(call);

	if (rc == YG_OK)
		rc = read_names(call, q);
	if (rc == YG_OK)
		rc = read_versions(call, q);
	if (rc == YG_OK)
		rc = read_specs(call, q);
	return rc == YG_OK ? read_place(call, q) : rc;
}

/* ---- pages ---- */

enum form {
	FORM_OBJECTS,
	FORM_MANIFEST,
	FORM_VERSIONS,
};

struct page {
	const struct yg_taxii_call *call;
	enum form form;
	uint32_t count;
	bool is_full;
	int64_t first_us;
	int64_t last_us;
};

static void add_version(struct yg_buf *to, const struct yg_stix_row *row)
{
	char added[YG_STIX_TIME_SIZE];

	/* What has no versions has the time it was added for one (sec. 3.4). */
	yg_stix_time_write(row->added_us, added);
	yg_buf_add_json(to,
			row->object.version.size > 0 ? row->object.version : yg_bytes_str(added));
}

static int add_row(void *arg, const struct yg_stix_row *row)
{
	static const char *const heads[] = {"{\"objects\":[", "{\"objects\":[", "{\"versions\":["};
	struct page *page = arg;
	struct yg_buf *to = &page->call->reply->body;
	char added[YG_STIX_TIME_SIZE];

	if (page->count > 0 && to->size + row->object.text.size > YG_TAXII_PAGE_BYTES) {
		page->is_full = true;
		return YG_EAGAIN; /* ends the reading */
	}
	yg_buf_add_str(to, page->count++ ? "," : heads[page->form]);
	if (page->form == FORM_OBJECTS) {
		yg_buf_add(to, row->object.text);
	} else if (page->form == FORM_VERSIONS) {
		add_version(to, row);
	} else {
		yg_stix_time_write(row->added_us, added);
		yg_buf_add_str(to, "{\"id\":");
		yg_buf_add_json(to, row->object.id);
		yg_buf_addf(to, ",\"date_added\":\"%s\",\"version\":", added);
		add_version(to, row);
		yg_buf_addf(to, ",\"media_type\":\"application/stix+json;version=2.%u\"}",
			    (unsigned)row->object.spec);
	}
	if (page->first_us == 0)
		page->first_us = row->added_us;
	page->last_us = row->added_us;
	return yg_buf_error(to);
}

static int no_row(void *arg, const struct yg_stix_row *row)
{
	(void)row;
	(*(uint32_t *)arg)++;
	return YG_OK;
}

/* Is there any version of the object that the path names? */
static int is_there(const struct yg_taxii_call *call, uint32_t *ret)
{
	struct yg_stix_filter filter = {.after_us = INT64_MIN,
					.limit = 1,
					.ids = &call->object,
					.id_count = 1,
					.specs = (1u << YG_STIX_SPEC_COUNT) - 1,
					.has_all = true};
	bool is_more;

	*ret = 0;
	return yg_shelf_read(call->reader, &call->view, &filter, false, no_row, ret, &is_more);
}

/* That there is such a collection stands in the list: what it does not let is no secret. */
static int may_not(const struct yg_taxii_call *call)
{
	return yg_taxii_refuse(call, 403, "not-allowed", N_("You may not do this"), NULL);
}

static void end_page(const struct page *page, const struct question *q, bool is_more)
{
	struct yg_reply *reply = page->call->reply;
	struct yg_buf *to = &reply->body;

	if (page->count == 0)
		yg_buf_add_str(to, "{}"); /* no `more` means that there is none (sec. 3.7) */
	else
		yg_buf_addf(to, "],\"more\":%s", is_more ? "true" : "false");
	if (is_more)
		yg_buf_addf(to, ",\"next\":\"%lld-%016llx\"", (long long)page->last_us,
			    (unsigned long long)q->hash);
	if (page->count > 0)
		yg_buf_add_byte(to, '}');
	reply->status = 200;
	reply->content_type = YG_TAXII_TYPE;
	/* Without a row: where the question began, so that going on from there loses nothing. */
	reply->added_first_us = page->first_us;
	reply->added_last_us = page->last_us;
	if (page->count == 0)
		reply->added_first_us = reply->added_last_us =
			q->filter.after_us > 0 ? q->filter.after_us : 1;
}

static int answer(struct yg_taxii_call *call, enum form form)
{
	struct page page = {.call = call, .form = form};
	struct question q = {0};
	bool is_more = false;
	uint32_t there = 1;
	int rc;

	if (!call->view.can_read)
		return may_not(call);
	rc = read_question(call, &q);
	if (rc != YG_OK)
		return rc;
	if (form == FORM_VERSIONS) {
		q.filter.has_last = q.filter.has_first = false;
		q.filter.has_all = true;
	}
	rc = yg_shelf_read(call->reader, &call->view, &q.filter, form == FORM_OBJECTS, add_row,
			   &page, &is_more);
	if (rc == YG_EAGAIN && page.is_full) {
		is_more = true;
		rc = YG_OK;
	}
	if (rc == YG_OK && page.count == 0 && call->object.size > 0)
		rc = is_there(call, &there);
	if (rc != YG_OK)
		return rc;
	if (there == 0)
		return yg_taxii_not_found(call);
	end_page(&page, &q, is_more);
	return YG_OK;
}

int yg_taxii_objects(struct yg_taxii_call *call)
{
	return answer(call, FORM_OBJECTS);
}

int yg_taxii_manifest(struct yg_taxii_call *call)
{
	return answer(call, FORM_MANIFEST);
}

int yg_taxii_versions(struct yg_taxii_call *call)
{
	return answer(call, FORM_VERSIONS);
}

/* ---- deleting ---- */

/* A question with bytes of its own, for the thread. */
struct deletion {
	struct yg_request request;
	struct question q;
	char query[YG_API_QUERY_MAX + 1];
	char object[YG_STIX_ID_MAX + 1];
};

static int delete_all(struct yg_taxii_job *job)
{
	struct deletion *d = job->arg;
	uint64_t count = 0;
	int rc = yg_shelf_delete(job->filler, &d->q.filter, &count);

	if (rc != YG_OK)
		return rc;
	if (count == 0)
		return yg_reply_problem(
			&job->out, 404, "not-found",
			yg_tr(job->lang, N_("There is no such resource, or it is not for you")),
			NULL);
	job->out.status = 200;
	job->out.content_type = YG_TAXII_TYPE;
	yg_buf_add_str(&job->out.body, "{}");
	job->action = "collection.delete-objects";
	(void)snprintf(job->object, sizeof(job->object), "%s %s",
		       yg_shelf_filler_collection(job->filler)->id, d->object); /* they fit */
	(void)snprintf(job->detail, sizeof(job->detail), "%llu versions",
		       (unsigned long long)count); /* it fits */
	return yg_buf_error(&job->out.body);
}

/* Unless one is named, all its versions go: afterwards it is not there. */
static void widen(struct question *q)
{
	if (!q->has_version) {
		q->filter.has_last = false;
		q->filter.has_all = true;
	}
	if (!q->has_spec)
		q->filter.specs = (1u << YG_STIX_SPEC_COUNT) - 1;
}

int yg_taxii_delete(struct yg_taxii_call *call)
{
	struct yg_taxii_job *job = NULL;
	struct yg_taxii_call own = *call;
	struct deletion *d;
	int rc;

	if (!call->view.can_read && !call->view.can_write) /* sec. 5.7 */
		return yg_taxii_not_found(call);
	if (!call->view.can_read || !call->view.can_write)
		return may_not(call);
	if (call->object.size > YG_STIX_ID_MAX)
		return yg_taxii_not_found(call);
	rc = yg_taxii_job_new(call, &job);
	if (rc != YG_OK)
		return rc;
	d = job->arg = yg_calloc(1, sizeof(*d));
	job->done = free;
	job->work = delete_all;
	rc = d ? YG_OK : YG_ENOMEM;
	if (rc == YG_OK) {
		d->request = *call->request;
		memcpy(d->query, call->request->query.data, call->request->query.size);
		memcpy(d->object, call->object.data, call->object.size);
		d->request.query =
			(struct yg_bytes){(uint8_t *)d->query, call->request->query.size};
		own.request = &d->request;
		own.object = yg_bytes_str(d->object);
		rc = read_question(&own, &d->q);
	}
	if (rc == YG_OK) {
		widen(&d->q);
		return yg_taxii_job_give(call, job);
	}
	(void)yg_taxii_job_free(job);
	return rc;
}
