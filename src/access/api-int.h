/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the hub's operations: what they share (api_help.c). */
#pragma once

#include "access/api.h"
#include "access/veil.h"
#include "base/json.h"

#define YG_HUB_LIST_DEFAULT 200u
#define YG_HUB_LIST_MAX	    1000u
#define YG_HUB_JSON_MAX	    (1u << 20) /* bytes of a JSON body */

struct yg_hub_jobs;

struct yg_hub_api {
	struct yg_hub_api_opts opts;
	int fd; /* an eventfd: a job is done */
	struct yg_hub_jobs *passwords;
	struct yg_hub_jobs *searches;
	struct yg_hub_stream *streams;
	uint32_t stream_count;
	int64_t stream_tick_ns;		    /* when they were looked at last */
	int64_t stream_check_ns;	    /* and whether each may still read */
	uint8_t veil_key[YG_MAC_KEY_BYTES]; /* of numbers that go out (access/veil.h) */
};

struct yg_hub_call;

/* ---- api_jobs.c: threads for what takes time ---- */

/*
 * A job has what its work needs, and goes from the loop to a thread and back. Of passwords: hold
 * @old against @hash, then make the digest of @fresh; what is empty is left out; filled: is_right,
 * made, error. Of searches: @question; filled: found, error.
 */
struct yg_hub_job {
	struct yg_hub_api *api;
	void (*work)(struct yg_hub_job *job); /* in the thread */
	struct yg_api_later *later;	      /* NULL: the other side has gone */
	struct yg_reply *reply;
	const struct yg_request *request;
	const struct yg_access *access; /* of the call: it lives as long as somebody waits */
	char hash[YG_PASSWORD_HASH_MAX];
	struct yg_buf old;
	struct yg_buf fresh;
	bool is_right;
	char made[YG_PASSWORD_HASH_MAX];
	int error;
	struct yg_hub_question question;
	json_t *asked; /* what @question borrows from; owned */
	struct yg_buf found;
	/* In the loop, afterwards: fill the reply. Not called when nobody waits any more. */
	int (*then)(struct yg_hub_job *job);
	void *arg; /* for then(); free()d with the job */
	struct yg_hub_job *next;
};
/* A thread that takes one job at a time; @fd: written to when one is done. */
YG_MUST_USE int yg_hub_jobs_new(int fd, struct yg_hub_jobs **ret);
struct yg_hub_jobs *yg_hub_jobs_free(struct yg_hub_jobs *jobs);
/* An empty one of @call. NULL without memory. */
struct yg_hub_job *yg_hub_job_new(const struct yg_hub_call *call,
				  int (*then)(struct yg_hub_job *job));
/* Takes the job, whatever is returned: YG_API_LATER, or YG_OK when the reply is a refusal. */
int yg_hub_job_give(struct yg_hub_jobs *jobs, struct yg_hub_job *take);
struct yg_hub_job *yg_hub_job_free(struct yg_hub_job *job);

/* ---- api_stream.c ---- */

/* Tell those who listen what changed since. */
void yg_hub_streams_run(struct yg_hub_api *api);
/* Nobody listens any more; not told. */
void yg_hub_streams_free(struct yg_hub_api *api);

/* One call, as the functions of api.def get it. */
struct yg_hub_call {
	struct yg_hub_api *api;
	struct yg_access *access; /* of one organisation; NULL: over all that the actor reaches */
	const struct yg_request *request;
	struct yg_reply *reply;
	enum yg_hub_right right;  /* of the route */
	struct yg_access *reader; /* of the same organisation, for what is answered; owned */
};

/* A refusal: @code stays, @title and @detail are msgids. Always YG_OK. */
int yg_call_refuse(const struct yg_hub_call *call, int status, const char *code, const char *title,
		   const char *detail);
/* The usual ones. */
int yg_call_not_found(const struct yg_hub_call *call);
int yg_call_bad(const struct yg_hub_call *call, const char *detail);

/* Answer with the tree (taken; NULL: no memory) and @status. */
YG_MUST_USE int yg_call_json(const struct yg_hub_call *call, int status, json_t *take);

/* Answer {"items":@take,"next":@next}; @next empty: the last page. */
YG_MUST_USE int yg_call_page(const struct yg_hub_call *call, json_t *take, struct yg_bytes next);

/* The body as an object: *ret owned, or YG_EEND and the refusal is in the reply. */
YG_MUST_USE int yg_call_body(const struct yg_hub_call *call, json_t **ret);
/* The same with a file in it: at most @bytes_max. */
YG_MUST_USE int yg_call_body_of(const struct yg_hub_call *call, size_t bytes_max, json_t **ret);

/* ?NAME=, decoded, to @to (room YG_API_QUERY_MAX + 1); empty when absent. */
struct yg_bytes yg_call_query(const struct yg_hub_call *call, const char *name, char *to);
/* api_report_aids.c, for api_reports.c: the workbook of a form. *ret_file owned (free()), of @map
 * text that lives as long as *ret_book. YG_ENOENT: none was imported. */
YG_MUST_USE int yg_call_report_book(const struct yg_hub_call *call, const char *form,
				    json_t **ret_book, struct yg_bytes *ret_file);
/* What is said beside a record: ,"tell":[…],"reminders":[…] */
YG_MUST_USE int yg_call_report_beside(const struct yg_hub_call *call, const char *id,
				      const json_t *record, struct yg_buf *to);
/* The port `report`, asked. */
YG_MUST_USE int yg_call_report_ask(const struct yg_hub_call *call, enum yg_hub_report_what what,
				   struct yg_hub_report_ask *how, struct yg_buf *to);

/* ?NAME= must be absent or: a number from 1 to the page's greatest (@to 200 otherwise); a time or a
 * day (@to YG_TIME_NONE otherwise; with @is_end the end of that day). YG_OK, or YG_EEND: refused.
 */
YG_MUST_USE int yg_call_query_limit(const struct yg_hub_call *call, uint32_t *to);
/* The begin of @day (UTC) to @to. False: outside of what times in nanoseconds hold, 1970 to 2262.
 */
bool yg_call_day_time(int32_t day, int64_t *to);
/* ?zone=: "hub": *ret is where the hub's people live; "utc", or nothing: NULL. YG_EEND: refused. */
YG_MUST_USE int yg_call_query_zone(const struct yg_hub_call *call, const struct yg_zone **ret);
/* ?from= and ?to= where there is ?zone=, too: days are those of that zone. As the next. */
YG_MUST_USE int yg_call_query_span(const struct yg_hub_call *call, int64_t *ret_from,
				   int64_t *ret_to);
YG_MUST_USE int yg_call_query_time(const struct yg_hub_call *call, const char *name, bool is_end,
				   int64_t *to);

/* The part of the pattern with that place as a C string. False: too long for @room. */
bool yg_call_part(const struct yg_hub_call *call, unsigned place, char *to, size_t room);

/* An access of @org (NULL: the hub itself) for @right, as the caller has it: YG_OK, *ret owned;
 * YG_ENOENT or YG_EACCES, as yg_access_hub(). */
YG_MUST_USE int yg_call_open(const struct yg_hub_call *call, const char *org,
			     enum yg_hub_right right, struct yg_access **ret);
/*
 * What is written is answered with the object, so who writes must be able to read it: before
 * anything is done, call->reader for @right at the call's organisation. YG_OK; YG_EEND: refused in
 * the reply. yg_call_reader() is what to read by.
 */
YG_MUST_USE int yg_call_read(struct yg_hub_call *call, enum yg_hub_right right);
struct yg_access *yg_call_reader(const struct yg_hub_call *call);

/* The register of sensors, its changes in the name of @by. *ret: yg_enrol_free(). */
YG_MUST_USE int yg_call_register(const struct yg_hub_call *call, const struct yg_access *by,
				 struct yg_enrol **ret);
/* The text under @key of @in, not longer than @room - 1 bytes, to @to; absent: "". False: refused
 * in the reply. */
bool yg_call_text(const struct yg_hub_call *call, const json_t *in, const char *key, char *to,
		  size_t room);
/* The day under @key: YG_DAY_NONE when absent or null. False: refused. */
bool yg_call_day(const struct yg_hub_call *call, const json_t *in, const char *key, int32_t *to);
/* ["read_findings",…] under "rights" as bits; absent: 0. False: refused. */
bool yg_call_rights(const struct yg_hub_call *call, const json_t *in, uint64_t *to);
/* Answer with the session that @token opens, and give it to the browser. */
YG_MUST_USE int yg_call_give_session(const struct yg_hub_call *call, const char *token);
/* On a demo's hub: a page for people says so. YG_OK, YG_ENOMEM, YG_ELIMIT. */
YG_MUST_USE int yg_call_demo_page(const struct yg_hub_call *call, struct yg_buf *page);
/* The grants as [{"role","org"}]. */
json_t *yg_call_grants_json(const struct yg_hub_grant *grants, uint32_t count);

/* Does the caller have @right at @org, by the call's access or by his reach? */
YG_MUST_USE int yg_call_reaches(const struct yg_hub_call *call, const char *org, bool *ret);

/* The organisations of a call: the one it is for, or all where its actor has the right.
 * yg_hub_reach_done() in any case. YG_OK, YG_ENOMEM. */
YG_MUST_USE int yg_call_reach(const struct yg_hub_call *call, struct yg_hub_reach *ret);

/* "2026-11-25T03:04:05Z" (with milliseconds where there are any); null for YG_TIME_NONE. */
json_t *yg_call_time(int64_t time_ns);

#define X(method, path, id, scope, right, function)                                                \
	int yg_hub_do_##function(struct yg_hub_call *call);
#include "access/api.def"
#undef X
