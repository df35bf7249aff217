/* SPDX-License-Identifier: Apache-2.0 */
/* Adding: what is right is stored, durably, before the answer; what is wrong is said in the status.
 */
#include <stdio.h>

#include "base/hash.h"
#include "share/taxii-int.h"

#include "base/ban.h"

#define ARENA_MAX  (128u << 20)
#define STATUS_MAX (32u << 20)

struct adding {
	struct yg_taxii_call *call;
	struct yg_buf good;
	struct yg_buf wrong;
	uint32_t good_count;
	uint32_t wrong_count;
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

static int add_one(void *arg, const struct yg_stix_object *object, const char *fault)
{
	struct adding *a = arg;
	int64_t added_us = yg_shelf_now_us(a->call->reader);
	char message[320];
	int rc = fault ? YG_EFORMAT
		       : yg_shelf_put(a->call->reader, &a->call->view, object, &added_us);

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
	struct yg_taxii_call *call = a->call;
	struct yg_buf *to = &call->reply->body;
	char id[YG_STIX_UUID + 1];
	char now[YG_STIX_TIME_SIZE];

	draw_id(id);
	yg_stix_time_write(yg_shelf_now_us(call->reader), now);
	yg_buf_addf(to,
		    "{\"id\":\"%s\",\"status\":\"complete\",\"request_timestamp\":\"%s\","
		    "\"total_count\":%u",
		    id, now, a->good_count + a->wrong_count);
	add_list(to, "success_count", "successes", a->good_count, &a->good);
	add_list(to, "failure_count", "failures", a->wrong_count, &a->wrong);
	yg_buf_add_str(to, ",\"pending_count\":0}");
	call->reply->status = 202;
	call->reply->content_type = YG_TAXII_TYPE;
	if (yg_buf_error(to))
		return yg_buf_error(to);
	return yg_shelf_commit(call->reader, id, call->root, yg_buf_bytes(to));
}

static int refuse_body(const struct yg_taxii_call *call, int rc, const struct yg_line_fault *fault)
{
	return yg_taxii_refuse(call, rc == YG_ELIMIT ? 413 : 422, "bad-content",
			       N_("The content cannot be processed"),
			       fault->msg[0] ? fault->msg : N_("It has no objects."));
}

static int add_all(struct yg_taxii_call *call, struct yg_arena *arena)
{
	const struct yg_taxii_opts *opts = &call->taxii->opts;
	struct adding a = {.call = call};
	struct yg_line_fault fault = {0};
	int rc = yg_shelf_begin(call->reader);

	yg_buf_init(&a.good, STATUS_MAX);
	yg_buf_init(&a.wrong, STATUS_MAX);
	if (rc == YG_OK)
		rc = opts->read(call->request->body, opts->clock.now_ns(opts->clock.arg),
				yg_shelf_has_marking, call->reader, arena, add_one, &a, &fault);
	if (rc == YG_OK && a.good_count + a.wrong_count > 0) {
		rc = end(&a);
	} else {
		yg_shelf_abort(call->reader);
		if (rc == YG_OK || rc == YG_EFORMAT || fault.msg[0])
			rc = refuse_body(call, rc, &fault);
	}
	if (rc != YG_OK)
		yg_shelf_abort(call->reader);
	yg_buf_done(&a.good);
	yg_buf_done(&a.wrong);
	return rc;
}

int yg_taxii_add(struct yg_taxii_call *call)
{
	struct yg_arena *arena;
	int rc;

	if (!call->view.can_write && !call->view.can_read)
		return yg_taxii_not_found(call);
	if (!call->view.can_write)
		return yg_taxii_refuse(call, 403, "not-allowed", N_("You may not do this"), NULL);
	arena = yg_arena_new(ARENA_MAX);
	rc = arena ? add_all(call, arena) : YG_ENOMEM;
	(void)yg_arena_free(arena);
	return rc;
}
