/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_wire.h"

#include <string.h>

#include "base/ban.h"

const struct yg_hub_address yg_hub_addresses[YG_HUB_ADDRESS_COUNT] = {
#define X(handle, method, path, body_max, is_open) {method, path, body_max, is_open},
	YG_HUB_ADDRESSES(X)
#undef X
};

/* Types of replies, by number on the pipe; 0 is what is meant where none is named. */
static const char *const types[] = {"application/json", "application/problem+json",
				    "application/octet-stream", "text/plain; charset=utf-8"};
#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

size_t yg_hub_address_find(struct yg_bytes method, struct yg_bytes path,
			   enum yg_wire_refusal *ret_refusal)
{
	*ret_refusal = YG_WIRE_NOT_FOUND;
	for (size_t i = 0; i < YG_HUB_ADDRESS_COUNT; i++) {
		if (!yg_bytes_eq(path, yg_bytes_str(yg_hub_addresses[i].path)))
			continue;
		if (yg_bytes_eq(method, yg_bytes_str(yg_hub_addresses[i].method)))
			return i;
		*ret_refusal = YG_WIRE_METHOD;
	}
	return YG_HUB_ADDRESS_COUNT;
}

int yg_hub_call_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_hub_request *request)
{
	uint32_t head[3] = {(uint32_t)request->address, (uint32_t)request->query.size,
			    (uint32_t)request->certificate.size};
	const struct yg_bytes parts[] = {
		{(const uint8_t *)&head[0], 4}, {(const uint8_t *)&head[1], 4}, request->query,
		{(const uint8_t *)&head[2], 4}, request->certificate,		request->body,
	};

	return yg_msg_put(pipe, YG_HUB_CALL, id, parts, sizeof(parts) / sizeof(parts[0]));
}

int yg_hub_call_read(struct yg_bytes body, struct yg_hub_request *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);

	ret->address = yg_msg_u32(&reader);
	ret->query = yg_msg_bytes(&reader, YG_HUB_QUERY_MAX);
	ret->certificate = yg_msg_bytes(&reader, YG_HUB_CERT_MAX);
	ret->body = reader.rest;
	if (reader.is_bad || ret->address >= YG_HUB_ADDRESS_COUNT ||
	    ret->body.size > yg_hub_addresses[ret->address].body_max)
		return YG_EFORMAT;
	return YG_OK;
}

int yg_hub_answer_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_reply *reply)
{
	uint32_t head[2] = {(uint32_t)(reply->status ? reply->status : 200), 0};
	struct yg_bytes parts[2] = {{(const uint8_t *)head, sizeof(head)},
				    yg_buf_bytes(&reply->body)};

	for (uint32_t i = 0; reply->content_type && i < TYPE_COUNT; i++)
		if (strcmp(reply->content_type, types[i]) == 0)
			head[1] = i;
	return yg_msg_put(pipe, YG_HUB_ANSWER, id, parts, 2);
}

int yg_hub_answer_read(struct yg_bytes body, struct yg_reply *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t status = yg_msg_u32(&reader);
	uint32_t type = yg_msg_u32(&reader);

	if (reader.is_bad || status < 200 || status > 599 || type >= TYPE_COUNT ||
	    reader.rest.size > YG_HUB_REPLY_MAX)
		return YG_EFORMAT;
	ret->status = (int)status;
	ret->content_type = types[type];
	yg_buf_add(&ret->body, reader.rest);
	return YG_OK;
}

int yg_hub_admitted_put(struct yg_msg_pipe *pipe, uint64_t id, enum yg_wire_refusal refusal)
{
	uint32_t number = refusal;
	struct yg_bytes part = {(const uint8_t *)&number, sizeof(number)};

	return yg_msg_put(pipe, YG_HUB_ADMITTED, id, &part, 1);
}

int yg_hub_admitted_read(struct yg_bytes body, enum yg_wire_refusal *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t number = yg_msg_u32(&reader);

	if (!yg_msg_is_whole(&reader) || number >= YG_WIRE_REFUSAL_COUNT)
		return YG_EFORMAT;
	*ret = (enum yg_wire_refusal)number;
	return YG_OK;
}

int yg_hub_checked_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_wire_fault *fault)
{
	uint32_t refusal = fault->refusal;
	uint64_t at = fault->at;
	struct yg_bytes words = yg_bytes_cut(yg_bytes_str(fault->msg), 0, YG_HUB_WORDS_MAX);
	uint32_t size = (uint32_t)words.size;
	const struct yg_bytes parts[] = {
		{(const uint8_t *)&refusal, sizeof(refusal)},
		{(const uint8_t *)&at, sizeof(at)},
		{(const uint8_t *)&size, sizeof(size)},
		words,
	};

	return yg_msg_put(pipe, YG_HUB_CHECKED, id, parts, sizeof(parts) / sizeof(parts[0]));
}

/* What a look at the content can say; all else is the keeper's own to judge. */
static bool is_of_content(uint32_t refusal)
{
	switch (refusal) {
	case YG_WIRE_OK:
	case YG_WIRE_HEAD:
	case YG_WIRE_VERSION:
	case YG_WIRE_TOO_LARGE:
	case YG_WIRE_CONTENT:
	case YG_WIRE_BOMB:
	case YG_WIRE_SIZE:
	case YG_WIRE_DIGEST:
	case YG_WIRE_COUNT:
	case YG_WIRE_RECORD:
	case YG_WIRE_BUSY:
		return true;
	default:
		return false;
	}
}

int yg_hub_checked_read(struct yg_bytes body, struct yg_hub_checked *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t refusal = yg_msg_u32(&reader);

	ret->at = yg_msg_u64(&reader);
	yg_msg_text(&reader, ret->words, sizeof(ret->words));
	if (!yg_msg_is_whole(&reader) || !is_of_content(refusal))
		return YG_EFORMAT;
	for (const char *c = ret->words; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return YG_EFORMAT;
	ret->refusal = (enum yg_wire_refusal)refusal;
	return YG_OK;
}
