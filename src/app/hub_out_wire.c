/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_out_wire.h"

#include "base/ban.h"

int yg_out_wish_put(struct yg_msg_pipe *pipe, enum yg_out_kind kind, uint64_t id,
		    const struct yg_out_wish *wish)
{
	struct yg_bytes part;
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, YG_OUT_BODY_MAX);
	yg_msg_add_bytes(&body, yg_bytes_str(wish->to));
	yg_msg_add_bytes(&body, yg_bytes_str(wish->key));
	yg_msg_add_bytes(&body, yg_bytes_str(wish->signature));
	yg_msg_add_bytes(&body, wish->body);
	part = yg_buf_bytes(&body);
	rc = yg_buf_error(&body);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, kind, id, &part, 1);
	yg_buf_done(&body);
	return rc;
}

int yg_out_wish_read(struct yg_bytes body, struct yg_out_wish *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	yg_msg_text(&reader, ret->to, sizeof(ret->to));
	yg_msg_text(&reader, ret->key, sizeof(ret->key));
	yg_msg_text(&reader, ret->signature, sizeof(ret->signature));
	ret->body = yg_msg_bytes(&reader, YG_OUT_BODY_MAX);
	return yg_msg_is_whole(&reader) ? YG_OK : YG_EFORMAT;
}

int yg_out_done_put(struct yg_msg_pipe *pipe, uint64_t id, enum yg_warn_sent how, const char *words)
{
	struct yg_bytes part;
	struct yg_buf body;
	int rc;

	yg_buf_init(&body, 1024);
	yg_msg_add_u8(&body, (uint8_t)how);
	yg_msg_add_bytes(&body, yg_bytes_cut(yg_bytes_str(words), 0, YG_OUT_WORDS_MAX));
	part = yg_buf_bytes(&body);
	rc = yg_buf_error(&body);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, YG_OUT_DONE, id, &part, 1);
	yg_buf_done(&body);
	return rc;
}

int yg_out_done_read(struct yg_bytes body, enum yg_warn_sent *ret_how,
		     char words[YG_OUT_WORDS_MAX + 1])
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint8_t how = yg_msg_u8(&reader);

	yg_msg_text(&reader, words, YG_OUT_WORDS_MAX + 1);
	if (!yg_msg_is_whole(&reader) || how > YG_WARN_BOUNCED)
		return YG_EFORMAT;
	*ret_how = (enum yg_warn_sent)how;
	return YG_OK;
}

/* ---- feeds ---- */

int yg_out_fetch_write(const struct yg_out_fetch *f, struct yg_buf *body)
{
	const char *const texts[] = {f->url,	     f->user,	     f->secret,
				     f->authorities, f->certificate, f->key};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		yg_msg_add_bytes(body, yg_bytes_str(texts[i]));
	return yg_buf_error(body);
}

static bool is_file(const char *name)
{
	return !name[0] || yg_feed_is_file(name);
}

int yg_out_fetch_read(struct yg_bytes body, struct yg_out_fetch *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	yg_msg_text(&reader, ret->url, sizeof(ret->url));
	yg_msg_text(&reader, ret->user, sizeof(ret->user));
	yg_msg_text(&reader, ret->secret, sizeof(ret->secret));
	yg_msg_text(&reader, ret->authorities, sizeof(ret->authorities));
	yg_msg_text(&reader, ret->certificate, sizeof(ret->certificate));
	yg_msg_text(&reader, ret->key, sizeof(ret->key));
	return yg_msg_is_whole(&reader) && is_file(ret->secret) && is_file(ret->authorities) &&
			       is_file(ret->certificate) && is_file(ret->key)
		       ? YG_OK
		       : YG_EFORMAT;
}

int yg_out_fetched_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_fetch_answer *a)
{
	bool is_whole = a->how == YG_FETCHED && a->status == 200;
	struct yg_bytes parts[2];
	struct yg_buf head;
	int rc;

	yg_buf_init(&head, 4096);
	yg_msg_add_u8(&head, (uint8_t)a->how);
	yg_msg_add_u32(&head, a->status > 0 && a->status < 1000 ? (uint32_t)a->status : 0);
	yg_msg_add_u8(&head, a->is_taxii);
	yg_msg_add_u32(&head, a->retry_s);
	yg_msg_add_bytes(&head, yg_bytes_str(a->first));
	yg_msg_add_bytes(&head, yg_bytes_str(a->last));
	yg_msg_add_bytes(&head, yg_bytes_str(a->words));
	parts[1] = is_whole ? yg_buf_bytes(&a->body) : (struct yg_bytes){0};
	yg_msg_add_u32(&head, (uint32_t)parts[1].size);
	parts[0] = yg_buf_bytes(&head);
	rc = yg_buf_error(&head);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, YG_OUT_FETCHED, id, parts, parts[1].size > 0 ? 2 : 1);
	yg_buf_done(&head);
	return rc;
}

int yg_out_fetched_read(struct yg_bytes body, struct yg_fetch_answer *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint8_t how = yg_msg_u8(&reader);
	struct yg_bytes text;

	ret->status = (long)yg_msg_u32(&reader);
	ret->is_taxii = yg_msg_u8(&reader) != 0;
	ret->retry_s = yg_msg_u32(&reader);
	yg_msg_text(&reader, ret->first, sizeof(ret->first));
	yg_msg_text(&reader, ret->last, sizeof(ret->last));
	yg_msg_text(&reader, ret->words, sizeof(ret->words));
	text = yg_msg_bytes(&reader, YG_OUT_FETCH_MAX);
	if (!yg_msg_is_whole(&reader) || how > YG_FETCH_TOO_MUCH || ret->status > 999 ||
	    (text.size > 0 && (how != YG_FETCHED || ret->status != 200)))
		return YG_EFORMAT;
	ret->how = (enum yg_fetched)how;
	yg_buf_add(&ret->body, text);
	return yg_buf_error(&ret->body);
}
