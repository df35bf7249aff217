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
