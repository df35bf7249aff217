/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw records of an organisation: by a search, and those of a finding. Who is not of it gives a
 * reason, which stands in its list of views before a record is looked at (access/consent.h).
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/api-int.h"

#include "access/access-int.h"
#include "access/consent.h"
#include "access/findings.h"
#include "base/alloc.h"
#include "model/day.h"

#include "base/ban.h"

#define RECORDS_DEFAULT 100u
#define TERMS_MAX	16u

static void search(struct yg_hub_job *job)
{
	const struct yg_hub_api_ports *ports = &job->api->opts.ports;

	job->error = ports->search(ports->arg, &job->question, &job->found);
}

/* A search takes its time, and may have waited for others: the mandate, token, session or grant by
 * which it was asked for may have ended meanwhile. Then nothing of it is given. */
static int answer(struct yg_hub_job *job)
{
	struct yg_buf *to = &job->reply->body;
	int rc = yg_hub_check(job->access);

	if (rc == YG_EACCES || rc == YG_ENOENT || rc == YG_EAGAIN)
		return yg_hub_api_refuse(job->reply, job->request->lang, rc);
	if (rc != YG_OK)
		return rc;
	yg_buf_done(to);
	*to = job->found;
	yg_buf_init(&job->found, 1); /* it has gone over */
	job->reply->status = 200;
	return YG_OK;
}

static int bad_search(struct yg_hub_job *job)
{
	struct yg_hub_call call = {.api = job->api, .request = job->request, .reply = job->reply};

	return yg_call_bad(&call, N_("fields has names and values of at most 4096 bytes, texts at "
				     "most 16 of them, and after is what `next` said."));
}

static void search_or_say(struct yg_hub_job *job)
{
	search(job);
	if (job->error == YG_EINVAL) {
		job->error = YG_OK;
		job->then = bad_search;
	}
}

/* ---- who, and why ---- */

/* Noted for the member, or the refusal is in the reply: YG_EEND. */
static int note_view(const struct yg_hub_call *call, const json_t *in, const char *what,
		     uint32_t limit)
{
	char reason[YG_VIEW_REASON_MAX + 1];
	int rc;

	if (!yg_call_text(call, in, "reason", reason, sizeof(reason)))
		return YG_EEND;
	rc = yg_views_add(call->access, what, limit, reason);
	if (rc != YG_EINVAL)
		return rc;
	(void)yg_call_refuse(call, 400, "reason-needed", N_("A reason is needed"),
			     N_("Write in \"reason\" why these records are looked at: their "
				"owner sees it.")); /* always YG_OK */
	return YG_EEND;
}

static int give(const struct yg_hub_call *call, struct yg_hub_job *job)
{
	job->work = search_or_say;
	return yg_hub_job_give(call->api->searches, job);
}

/* ---- a search ---- */

static bool read_time(const struct yg_hub_call *call, const json_t *in, const char *key,
		      bool is_end, int64_t *to)
{
	struct yg_bytes text = yg_json_text(in, key);
	bool has_zone;
	int32_t day;

	*to = YG_TIME_NONE;
	if (!json_object_get(in, key) || json_is_null(json_object_get(in, key)))
		return true;
	day = yg_day_read(text);
	if (day != YG_DAY_NONE && yg_call_day_time(day + is_end, to))
		return true;
	if (day == YG_DAY_NONE && yg_time_parse_iso(text, 0, to, &has_zone))
		return true;
	(void)yg_call_bad(call, N_("Write a time as 2026-11-25T03:04:05Z, or a day as 2026-11-25 "
				   "(UTC)."));
	return false; /* said above, always YG_OK */
}

static bool read_limit(const struct yg_hub_call *call, const json_t *in, uint32_t *to)
{
	int64_t limit =
		yg_json_int(in, "limit", json_object_get(in, "limit") ? 0 : RECORDS_DEFAULT);

	*to = (uint32_t)limit;
	if (limit >= 1 && limit <= (int64_t)YG_HUB_LIST_MAX)
		return true;
	(void)yg_call_bad(call, N_("limit must be a number from 1 to 1000."));
	return false; /* as above */
}

static const char *const question_keys[] = {"from",   "to",    "fields", "texts",
					    "newest", "limit", "after",	 "reason"};

/* One that is passed over would make a question wider: "text" for "texts" finds everything, and its
 * owner reads that everything was looked for. */
static bool has_only_known(const struct yg_hub_call *call, json_t *in)
{
	const char *key;
	json_t *value;
	bool is_known = true;

	json_object_foreach(in, key, value)
	{
		bool is_one = false;

		for (size_t i = 0; i < sizeof(question_keys) / sizeof(question_keys[0]); i++)
			is_one |= strcmp(key, question_keys[i]) == 0;
		is_known &= is_one;
	}
	if (!is_known)
		(void)yg_call_bad(call, N_("A question has from, to, fields, texts, newest, limit, "
					   "after and reason, and no other key.")); /* YG_OK */
	return is_known;
}

static bool read_question(const struct yg_hub_call *call, json_t *in, struct yg_hub_question *to)
{
	(void)snprintf(to->org, sizeof(to->org), "%s", yg_access_org(call->access)); /* an id */
	to->fields = json_object_get(in, "fields");
	to->texts = json_object_get(in, "texts");
	to->is_newest_first = json_is_true(json_object_get(in, "newest"));
	to->arrived_from_ns = to->arrived_to_ns = YG_TIME_NONE;
	if (json_object_size(to->fields) > TERMS_MAX || json_array_size(to->texts) > TERMS_MAX ||
	    (to->fields && !json_is_object(to->fields)) ||
	    (to->texts && !json_is_array(to->texts))) {
		(void)yg_call_bad(call, N_("fields is an object and texts a list, of at most 16 "
					   "each."));
		return false; /* as above */
	}
	return yg_call_text(call, in, "after", to->after, sizeof(to->after)) &&
	       read_limit(call, in, &to->limit) &&
	       read_time(call, in, "from", false, &to->from_ns) &&
	       read_time(call, in, "to", true, &to->to_ns);
}

/* What was asked, as the member reads it: only what the search goes by, and all of it, so that
 * nothing can be pushed out of sight. YG_OK, YG_ELIMIT: it is longer, YG_ENOMEM. */
static int tell(const json_t *in, char to[YG_VIEW_WHAT_MAX + 1])
{
	json_t *asked = json_object();
	int length = -1;
	char *text;

	for (size_t i = 0; asked && i < sizeof(question_keys) / sizeof(question_keys[0]); i++) {
		json_t *value = json_object_get(in, question_keys[i]);

		/* What he says for himself stands beside it. */
		if (!value || strcmp(question_keys[i], "reason") == 0)
			continue;
		if (json_object_set(asked, question_keys[i], value) != 0) {
			json_decref(asked);
			return YG_ENOMEM;
		}
	}
	text = asked ? json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(asked);
	if (text)
		length = snprintf(to, YG_VIEW_WHAT_MAX + 1, "search %s", text);
	free(text);
	if (length < 0)
		return YG_ENOMEM;
	return length <= (int)YG_VIEW_WHAT_MAX ? YG_OK : YG_ELIMIT;
}

static int too_long(const struct yg_hub_call *call)
{
	return yg_call_refuse(
		call, 400, "question-too-long",
		N_("The question is too long to be shown to the owner of the records"),
		N_("Ask in parts: the owner sees each question as a whole, up to about "
		   "1000 bytes."));
}

/* {"from","to","fields":{NAME:VALUE},"texts":[…],"newest","limit","after","reason"} */
int yg_hub_do_search(struct yg_hub_call *call)
{
	struct yg_hub_job *job;
	char what[YG_VIEW_WHAT_MAX + 1];
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc;
	job = yg_hub_job_new(call, answer);
	if (!job) {
		json_decref(in);
		return YG_ENOMEM;
	}
	job->asked = in;
	if (!has_only_known(call, in) || !read_question(call, in, &job->question)) {
		(void)yg_hub_job_free(job);
		return YG_OK;
	}
	rc = tell(in, what);
	if (rc == YG_ELIMIT && !yg_views_need_reason(call->access)) {
		(void)snprintf(what, sizeof(what), "search"); /* its own records */
		rc = YG_OK;
	}
	if (rc == YG_OK)
		rc = note_view(call, in, what, job->question.limit);
	if (rc == YG_OK)
		return give(call, job);
	(void)yg_hub_job_free(job);
	return rc == YG_ELIMIT ? too_long(call) : rc;
}

/* ---- the records of a finding ---- */

struct place {
	struct yg_hub_question *question;
	char source[YG_FACT_TEXT_MAX + 1];
	bool is_around; /* its log at its times; else what it refers to */
	char id[2 * YG_FACT_ID_BYTES + 1];
	struct yg_fact_ref refs[YG_FACT_REFS_MAX];
};

static int note_place(void *arg, const struct yg_fact_finding *finding)
{
	struct place *place = arg;
	struct yg_hub_question *question = place->question;
	uint32_t count =
		finding->ref_count < YG_FACT_REFS_MAX ? finding->ref_count : YG_FACT_REFS_MAX;
	size_t size =
		finding->source.size < YG_FACT_TEXT_MAX ? finding->source.size : YG_FACT_TEXT_MAX;

	if (size > 0)
		memcpy(place->source, finding->source.data, size);
	place->source[size] = '\0';
	memcpy(place->refs, finding->refs, count * sizeof(*place->refs));
	if (!place->is_around) {
		question->refs = place->refs;
		question->ref_count = count;
		question->is_hunted = finding->hunt.size > 0;
	}
	question->from_ns = finding->first_ns;
	question->to_ns = finding->last_ns == YG_TIME_NONE ? YG_TIME_NONE : finding->last_ns + 1;
	question->arrived_from_ns = question->arrived_to_ns = finding->received_ns;
	for (uint32_t i = 0; i < finding->ref_count; i++)
		if (finding->refs[i].received_ns > question->arrived_to_ns)
			question->arrived_to_ns = finding->refs[i].received_ns;
	return YG_OK;
}

static int find_place(const struct yg_hub_call *call, struct place *place)
{
	struct yg_hub_reach reach = {.orgs = yg_calloc(1, sizeof(*reach.orgs)), .count = 1};
	uint8_t id[YG_FACT_ID_BYTES];
	int rc = reach.orgs ? YG_OK : YG_ENOMEM;

	if (rc == YG_OK)
		(void)snprintf(reach.orgs[0], sizeof(reach.orgs[0]), "%s",
			       yg_access_org(call->access)); /* an id */
	if (rc == YG_OK && !yg_findings_id_read(call->request->parts[0], id))
		rc = YG_ENOENT;
	if (rc == YG_OK)
		rc = call->api->opts.facts
			     ? yg_findings_get(call->api->opts.facts, &reach, id, note_place, place)
			     : YG_ENOENT;
	yg_hub_reach_done(&reach);
	return rc;
}

/* Where its log at its times is asked for. */
static int answer_refs(struct yg_hub_job *job)
{
	const struct place *place = job->arg;

	yg_buf_addf(
		&job->found,
		",\"more\":{\"path\":\"/api/v1/findings/%s/records?org=%s\",\"body\":{\"around\":"
		"true}}}",
		place->id, job->question.org);
	job->error = yg_buf_error(&job->found);
	return job->error == YG_OK ? answer(job) : job->error;
}

/*
 * {"reason"}: the records that it refers to; with "around" (or "after", a page of that) those of
 * its log at its times, its own among them.
 */
int yg_hub_do_finding_records(struct yg_hub_call *call)
{
	char what[YG_VIEW_WHAT_MAX + 1];
	struct yg_hub_job *job;
	struct place *place;
	json_t *in;
	int rc = yg_call_body(call, &in);

	if (rc != YG_OK)
		return rc;
	job = yg_hub_job_new(call, answer);
	place = job ? yg_calloc(1, sizeof(*place)) : NULL;
	if (!place) {
		json_decref(in);
		(void)yg_hub_job_free(job);
		return YG_ENOMEM;
	}
	job->asked = in;
	job->arg = place;
	place->question = &job->question;
	if (!read_question(call, in, &job->question)) {
		(void)yg_hub_job_free(job);
		return YG_OK;
	}
	place->is_around =
		json_is_true(json_object_get(in, "around")) || job->question.after[0] != '\0';
	rc = find_place(call, place);
	job->question.source = yg_bytes_str(place->source);
	if (rc == YG_OK && yg_call_part(call, 0, place->id, sizeof(place->id))) {
		(void)snprintf(what, sizeof(what), "finding %s%s", place->id,
			       place->is_around ? ": its log at its times" : ""); /* fits */
		rc = note_view(call, in, what,
			       place->is_around ? job->question.limit : job->question.ref_count);
	}
	if (!place->is_around)
		job->then = answer_refs;
	if (rc == YG_OK)
		return give(call, job);
	(void)yg_hub_job_free(job);
	return rc == YG_ENOENT ? yg_call_not_found(call) : rc;
}
