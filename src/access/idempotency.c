/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "access/idempotency.h"

#include "base/json.h"

#include "base/ban.h"

static const struct yg_bytes answers_org = {(const uint8_t *)"hub.answers", 11};
static const struct yg_bytes answer_kind = {(const uint8_t *)"answer", 6};

static void add_part(struct yg_buf *to, struct yg_bytes part)
{
	yg_buf_addf(to, "%zu:", part.size);
	yg_buf_add(to, part);
}

/* Who and which key; what was asked. Both as hex. YG_OK, YG_ENOMEM. */
static int digests(const struct yg_hub_actor *actor, const char *operation,
		   const struct yg_request *request, char key[YG_SHA256_HEX + 1],
		   char asked[YG_SHA256_HEX + 1])
{
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_API_BODY_MAX + 2 * YG_API_QUERY_MAX);
	add_part(&text, yg_bytes_str(actor->person));
	add_part(&text, yg_bytes_str(actor->token));
	add_part(&text, request->idempotency_key);
	yg_sha256_hex(yg_buf_bytes(&text), key);
	rc = yg_buf_error(&text);
	yg_buf_reset(&text);
	add_part(&text, yg_bytes_str(operation));
	add_part(&text, request->path);
	add_part(&text, request->query);
	add_part(&text, request->body);
	yg_sha256_hex(yg_buf_bytes(&text), asked);
	if (rc == YG_OK)
		rc = yg_buf_error(&text);
	yg_buf_done(&text);
	return rc;
}

static bool is_key(struct yg_bytes key)
{
	for (size_t i = 0; i < key.size; i++)
		if (key.data[i] < 0x21 || key.data[i] > 0x7e)
			return false;
	return key.size > 0 && key.size <= YG_IDEMPOTENCY_KEY_MAX;
}

static int refuse(const struct yg_request *request, struct yg_reply *reply, int status,
		  const char *code, const char *title, const char *detail)
{
	(void)yg_reply_problem(reply, status, code, yg_tr(request->lang, title),
			       yg_tr(request->lang, detail)); /* shows in the buffer */
	return YG_EEND;
}

/* ---- an answer of then ---- */

struct found {
	json_t *answer;
	int64_t time_ns;
	uint32_t revision;
};

static int read_answer(void *arg, const struct yg_doc *doc)
{
	struct found *found = arg;
	struct yg_fault fault;

	found->time_ns = doc->time_ns;
	found->revision = doc->revision;
	return yg_json_load(doc->body, YG_DOC_BODY_MAX, &found->answer, &fault);
}

static int give_again(const struct found *found, const char *asked,
		      const struct yg_request *request, struct yg_reply *reply)
{
	struct yg_bytes etag = yg_json_text(found->answer, "etag");

	if (!yg_bytes_eq(yg_json_text(found->answer, "asked"), yg_bytes_str(asked)))
		return refuse(request, reply, 422, "other-request",
			      N_("This Idempotency-Key stood with another request"),
			      N_("Give each request a key of its own."));
	if (json_is_true(json_object_get(found->answer, "secret")))
		return refuse(request, reply, 409, "already-done", N_("This was done already"),
			      N_("What was shown then is shown once only. Look at the list; make a "
				 "new one if it is lost."));
	reply->status = (int)yg_json_int(found->answer, "status", 200);
	if (etag.size < sizeof(reply->etag))
		(void)snprintf(reply->etag, sizeof(reply->etag), "%.*s", YG_FMT(etag)); /* fits */
	yg_buf_reset(&reply->body);
	yg_buf_add(&reply->body, yg_json_text(found->answer, "body"));
	return YG_EEND;
}

int yg_idempotency_begin(struct yg_control *store, struct yg_clock clock,
			 const struct yg_hub_actor *actor, const char *operation,
			 const struct yg_request *request, struct yg_reply *reply)
{
	char key[YG_SHA256_HEX + 1];
	char asked[YG_SHA256_HEX + 1];
	struct found found = {0};
	int rc;

	if (!is_key(request->idempotency_key))
		return refuse(request, reply, 400, "bad-request",
			      N_("The header field Idempotency-Key is malformed"),
			      N_("Send at most 128 printable ASCII characters without blanks."));
	rc = digests(actor, operation, request, key, asked);
	if (rc == YG_OK)
		rc = yg_control_begin(store);
	if (rc != YG_OK)
		return rc;
	rc = yg_control_get(store, answers_org, answer_kind, yg_bytes_str(key), read_answer,
			    &found);
	if (rc == YG_ENOENT || (rc == YG_OK && clock.now_ns(clock.arg) - found.time_ns >
						       (int64_t)YG_IDEMPOTENCY_S * YG_NS_PER_S)) {
		json_decref(found.answer);
		return YG_OK;
	}
	yg_control_abort(store);
	if (rc == YG_OK)
		rc = give_again(&found, asked, request, reply);
	json_decref(found.answer);
	return rc;
}

/* ---- what is answered now ---- */

static int keep(struct yg_control *store, struct yg_clock clock, const char *key, const char *asked,
		const struct yg_reply *reply)
{
	struct yg_bytes body = yg_buf_bytes(&reply->body);
	bool is_secret = reply->is_secret || body.size > YG_IDEMPOTENCY_BODY_MAX;
	json_t *answer =
		json_pack("{s:s, s:i, s:b, s:s, s:o}", "asked", asked, "status",
			  reply->status ? reply->status : 200, "secret", (int)is_secret, "etag",
			  reply->etag, "body", is_secret ? json_null() : yg_json_string(body));
	struct yg_doc_put put = {.org = answers_org,
				 .kind = answer_kind,
				 .key = yg_bytes_str(key),
				 .expected = YG_REVISION_ANY,
				 .time_ns = clock.now_ns(clock.arg),
				 .actor = YG_S("hub")};
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 4 * YG_IDEMPOTENCY_BODY_MAX);
	rc = answer ? yg_json_canonical(answer, &text) : YG_ENOMEM;
	json_decref(answer);
	put.body = yg_buf_bytes(&text);
	if (rc == YG_OK)
		rc = yg_control_put(store, &put, NULL);
	yg_buf_done(&text);
	return rc;
}

int yg_idempotency_end(struct yg_control *store, struct yg_clock clock,
		       const struct yg_hub_actor *actor, const char *operation,
		       const struct yg_request *request, const struct yg_reply *reply, int error)
{
	char key[YG_SHA256_HEX + 1];
	char asked[YG_SHA256_HEX + 1];
	int rc = error;

	if (rc == YG_OK && reply->status >= 300) {
		yg_control_abort(store); /* refused: nothing was done */
		return YG_OK;
	}
	if (rc == YG_OK)
		rc = digests(actor, operation, request, key, asked);
	if (rc == YG_OK)
		rc = keep(store, clock, key, asked, reply);
	if (rc == YG_OK)
		return yg_control_commit(store);
	yg_control_abort(store);
	return rc;
}
