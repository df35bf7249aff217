/* SPDX-License-Identifier: Apache-2.0 */
/* Adding: what is right is stored, durably, before the answer; what is wrong is said in the status.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "share/taxii-int.h"

#include "base/ban.h"

#define ARENA_MAX  (128u << 20)
#define STATUS_MAX (32u << 20)
#define AT_ONCE	   256u /* objects of one transaction, so that others write between */

struct adding {
	struct yg_taxii_job *job;
	struct yg_buf good;
	struct yg_buf wrong;
	uint32_t good_count;
	uint32_t wrong_count;
};

/* What came, with its bytes behind it. */
struct body {
	size_t size;
	uint8_t bytes[];
};

static void add_detail(struct yg_buf *to, uint32_t count, const struct yg_stix_object *object,
		       int64_t added_us, const char *message)
{
	char added[YG_STIX_TIME_SIZE];

	yg_stix_time_write(added_us, added);
	yg_buf_add_str(to, count ? ",{\"id\":" : "{\"id\":");
	yg_buf_add_json(to, object->id);
	yg_buf_add_str(to, ",\"version\":");
	yg_buf_add_json(to, object->version.size > 0 ? object->version : yg_bytes_str(added));
	yg_buf_add_str(to, ",\"message\":");
	yg_buf_add_json(to, yg_bytes_str(message));
	yg_buf_add_byte(to, '}');
}

/* A transaction does not grow beyond what others may wait for. */
static int begin_anew(struct adding *a)
{
	uint32_t count = a->good_count + a->wrong_count;
	int rc = YG_OK;

	if (count > 0 && count % AT_ONCE == 0) {
		rc = yg_shelf_commit(a->job->filler);
		if (rc == YG_OK)
			rc = yg_shelf_begin(a->job->filler);
	}
	return rc;
}

static int put(struct adding *a, const struct yg_stix_object *object, int64_t *added_us)
{
	int rc = yg_shelf_put(a->job->filler, object, added_us);

	/* The cases of others send a version again that is written otherwise. */
	return rc == YG_EMISMATCH && yg_shelf_is_loaded(a->job->filler) ? YG_EDUPLICATE : rc;
}

static int add_one(void *arg, const struct yg_stix_object *object, const char *fault)
{
	struct adding *a = arg;
	int64_t added_us = yg_shelf_filler_now_us(a->job->filler);
	char message[320];
	int rc = begin_anew(a);

	if (rc != YG_OK)
		return rc;
	rc = fault ? YG_EFORMAT : put(a, object, &added_us);
	switch (rc) {
	case YG_OK:
	case YG_EDUPLICATE:
		add_detail(&a->good, a->good_count++, object, added_us,
			   rc == YG_OK ? "stored" : "was there before");
		break;
	case YG_EMISMATCH:
		fault = "modified: this version is here already, with other content";
		__attribute__((fallthrough));
	case YG_EFORMAT:
		(void)snprintf(message, sizeof(message), "objects[%u]%s%s",
			       a->good_count + a->wrong_count, fault[0] == ':' ? "" : ".", fault);
		add_detail(&a->wrong, a->wrong_count++, object, added_us, message);
		break;
	default:
		return rc;
	}
	rc = yg_buf_error(&a->good);
	return rc ? rc : yg_buf_error(&a->wrong);
}

static bool has_marking(void *arg, struct yg_bytes id)
{
	const struct adding *a = arg;

	return yg_shelf_has_marking(a->job->filler, id);
}

static void add_list(struct yg_buf *to, const char *name, const char *list, uint32_t count,
		     const struct yg_buf *items)
{
	yg_buf_addf(to, ",\"%s\":%u", name, count);
	if (count == 0)
		return;
	yg_buf_addf(to, ",\"%s\":[", list);
	yg_buf_add(to, yg_buf_bytes(items));
	yg_buf_add_byte(to, ']');
}

/* A UUIDv4. */
static void draw_id(char to[YG_STIX_UUID + 1])
{
	uint8_t b[16];
	char hex[2 * sizeof(b) + 1];

	yg_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	yg_hex((struct yg_bytes){b, sizeof(b)}, hex);
	(void)snprintf(to, YG_STIX_UUID + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		       hex + 16, hex + 20);
}

static int end(struct adding *a)
{
	struct yg_taxii_job *job = a->job;
	struct yg_buf *to = &job->out.body;
	char id[YG_STIX_UUID + 1];
	char now[YG_STIX_TIME_SIZE];
	int rc;

	draw_id(id);
	yg_stix_time_write(yg_shelf_filler_now_us(job->filler), now);
	yg_buf_addf(to,
		    "{\"id\":\"%s\",\"status\":\"complete\",\"request_timestamp\":\"%s\","
		    "\"total_count\":%u",
		    id, now, a->good_count + a->wrong_count);
	add_list(to, "success_count", "successes", a->good_count, &a->good);
	add_list(to, "failure_count", "failures", a->wrong_count, &a->wrong);
	yg_buf_add_str(to, ",\"pending_count\":0}");
	job->out.status = 202;
	job->out.content_type = YG_TAXII_TYPE;
	rc = yg_buf_error(to);
	if (rc == YG_OK)
		rc = yg_shelf_put_status(job->filler, id, yg_bytes_str(job->root),
					 yg_buf_bytes(to));
	return rc == YG_OK ? yg_shelf_commit(job->filler) : rc;
}

/* The title is what programs know it by from another server; people read the rest. */
static int refuse_body(struct yg_taxii_job *job, int rc, const struct yg_line_fault *fault)
{
	char detail[2 * YG_LINE_FAULT_MAX];

	(void)snprintf(detail, sizeof(detail), "%s: %s",
		       yg_tr(job->lang, N_("While processing supplied content, an error occurred")),
		       fault->msg[0] ? fault->msg
				     : yg_tr(job->lang, N_("It has no objects."))); /* cut */
	yg_buf_reset(&job->out.body);
	return yg_reply_problem(&job->out, rc == YG_ELIMIT ? 413 : 422, "bad-content",
				YG_TAXII_PROCESSING, detail);
}

static int add_all(struct yg_taxii_job *job, struct adding *a, struct yg_arena *arena)
{
	const struct yg_taxii_opts *opts = &job->taxii->opts;
	const struct body *body = job->arg;
	struct yg_line_fault fault = {0};
	struct yg_taxii_envelope envelope = {
		.text = {body->bytes, body->size},
		.now_ns = opts->clock.now_ns(opts->clock.arg),
		.is_lenient = yg_shelf_is_loaded(job->filler),
		.has_marking = has_marking,
		.each = add_one,
		.arg = a,
	};
	int rc = yg_shelf_begin(job->filler);

	if (rc == YG_OK)
		rc = opts->read(&envelope, arena, &fault);
	if (rc == YG_OK && a->good_count + a->wrong_count > 0)
		rc = end(a);
	else if (rc == YG_OK || rc == YG_EFORMAT || fault.msg[0])
		rc = refuse_body(job, rc, &fault);
	yg_shelf_abort(job->filler); /* what was not committed */
	return rc;
}

static int work(struct yg_taxii_job *job)
{
	struct adding a = {.job = job};
	struct yg_arena *arena = yg_arena_new(ARENA_MAX);
	int rc;

	yg_buf_init(&a.good, STATUS_MAX);
	yg_buf_init(&a.wrong, STATUS_MAX);
	rc = arena ? add_all(job, &a, arena) : YG_ENOMEM;
	yg_buf_done(&a.good);
	yg_buf_done(&a.wrong);
	(void)yg_arena_free(arena);
	return rc;
}

int yg_taxii_add(struct yg_taxii_call *call)
{
	struct yg_bytes text = call->request->body;
	struct yg_taxii_job *job = NULL;
	struct body *body;
	int rc;

	if (!call->view.can_write)
		return yg_taxii_refuse(call, 403, "not-allowed", N_("You may not do this"), NULL);
	rc = yg_taxii_job_new(call, &job);
	if (rc != YG_OK)
		return rc;
	body = yg_calloc(1, sizeof(*body) + text.size);
	if (!body) {
		(void)yg_taxii_job_free(job);
		return YG_ENOMEM;
	}
	body->size = text.size;
	if (text.size > 0)
		memcpy(body->bytes, text.data, text.size);
	job->work = work;
	job->done = free;
	job->arg = body;
	return yg_taxii_job_give(call, job);
}
