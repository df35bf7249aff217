/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_pages_wire.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/crypt.h"
#include "base/utf8.h"
#include "web/headers.h"

#include "base/ban.h"

#define ENDS_SESSION 1u
#define IS_STREAM    2u
#define IS_MORE	     4u
#define FLAGS_MAX    7u
#define SESSION_HEX  64u
#define TIME_US_MAX  (INT64_MAX / 1000)

/* Content types of answers, by number on the pipe. */
static const char *const types[] = {
	"application/json",
	"application/problem+json",
	"text/html; charset=utf-8",
	"text/plain; charset=utf-8",
	"text/plain; version=0.0.4; charset=utf-8",
	"text/event-stream",
	"application/octet-stream",
	YG_TAXII_TYPE,
	"text/csv; charset=utf-8",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
#define TYPE_COUNT  (sizeof(types) / sizeof(types[0]))
#define TYPE_STREAM 5u

/* ---- calls ---- */

int yg_pages_call_put(struct yg_msg_pipe *pipe, enum yg_pages_kind kind, uint64_t id,
		      const struct yg_pages_call *call)
{
	const struct {
		struct yg_bytes b;
		size_t max;
	} fields[] = {
		{call->path, YG_API_PATH_MAX},		 {call->query, YG_API_QUERY_MAX},
		{call->content_type, YG_WEB_TYPE_MAX},	 {call->if_match, YG_WEB_TAG_MAX},
		{call->file_name, YG_WEB_FILE_NAME_MAX}, {call->remote, YG_PAGES_REMOTE_MAX},
		{call->browser, YG_PAGES_BROWSER_MAX},	 {call->idempotency_key, YG_PAGES_KEY_MAX},
		{call->token, YG_PAGES_SECRET_MAX},	 {call->bearer, YG_PAGES_SECRET_MAX},
		{call->accept, YG_WEB_ACCEPT_MAX},	 {call->type_parameters, YG_WEB_ACCEPT_MAX},
		{call->login, YG_PAGES_SECRET_MAX},
	};
	struct yg_bytes parts[2];
	struct yg_buf head;
	int rc;

	yg_buf_init(&head, YG_PAGES_HEAD_MAX);
	yg_msg_add_u8(&head, (uint8_t)call->method);
	yg_msg_add_u8(&head, (uint8_t)call->lang);
	yg_msg_add_u8(&head, (uint8_t)(call->is_local << 1 | call->is_direct));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		yg_msg_add_bytes(&head, yg_bytes_cut(fields[i].b, 0, fields[i].max));
	parts[0] = yg_buf_bytes(&head);
	parts[1] = kind == YG_PAGES_CALL ? call->body : (struct yg_bytes){0};
	rc = yg_buf_error(&head);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, kind, id, parts, 2);
	yg_wipe(head.data, head.size); /* cookies and tokens */
	yg_buf_done(&head);
	return rc;
}

/* As yg_web_target() leaves it: segments that are names, in UTF-8. */
static bool is_path(struct yg_bytes path)
{
	if (path.size == 0 || path.data[0] != '/' || !yg_utf8_valid(path))
		return false;
	for (size_t i = 0; i < path.size; i++)
		if (path.data[i] < ' ' || path.data[i] == 0x7f || path.data[i] == '\\')
			return false;
	for (struct yg_bytes rest = path; rest.size > 0;) {
		struct yg_bytes segment;

		rest = yg_bytes_from(rest, 1);
		segment = yg_bytes_cut(rest, 0, yg_bytes_chr(rest, '/'));
		if (yg_bytes_eq(segment, YG_S(".")) || yg_bytes_eq(segment, YG_S("..")))
			return false;
		rest = yg_bytes_from(rest, segment.size);
	}
	return true;
}

static bool is_query(struct yg_bytes query)
{
	uint8_t decoded[YG_API_QUERY_MAX];
	size_t size;

	for (size_t i = 0; i < query.size; i++)
		if (query.data[i] <= ' ' || query.data[i] >= 0x7f || query.data[i] == '#')
			return false;
	return yg_web_decode(query, decoded, &size);
}

static bool is_type(struct yg_bytes type)
{
	char mem[YG_WEB_TYPE_MAX + 1];
	struct yg_bytes read = {0};

	return type.size == 0 || (yg_web_content_type(type, mem, &read) && yg_bytes_eq(read, type));
}

static bool is_tag(struct yg_bytes tag)
{
	struct yg_bytes read = {0};

	return tag.size == 0 || (yg_web_if_match(tag, &read) && yg_bytes_eq(read, tag));
}

/* One name of a file, in UTF-8; for a header field. */
static bool is_file_name(struct yg_bytes name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < ' ' || name.data[i] == 0x7f || name.data[i] == '/' ||
		    name.data[i] == '\\')
			return false;
	return yg_utf8_valid(name) && !yg_bytes_eq(name, YG_S(".")) &&
	       !yg_bytes_eq(name, YG_S(".."));
}

static bool is_address(struct yg_bytes address)
{
	char text[YG_PAGES_REMOTE_MAX + 1];
	uint8_t binary[16];

	if (address.size == 0)
		return true;
	if (address.size >= sizeof(text) || yg_bytes_chr(address, 0) != SIZE_MAX)
		return false;
	memcpy(text, address.data, address.size);
	text[address.size] = '\0';
	return inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1;
}

/* The value of a header field: one line. */
static bool is_line(struct yg_bytes b)
{
	return yg_bytes_chr(b, 0) == SIZE_MAX && yg_bytes_chr(b, '\r') == SIZE_MAX &&
	       yg_bytes_chr(b, '\n') == SIZE_MAX;
}

static bool are_lines(const struct yg_pages_call *call)
{
	return is_line(call->browser) && is_line(call->idempotency_key) && is_line(call->accept) &&
	       is_line(call->type_parameters) && is_line(call->login);
}

static bool is_call(enum yg_pages_kind kind, const struct yg_pages_call *call)
{
	unsigned methods = kind == YG_PAGES_ASK ? YG_WEB_METHOD_OTHER + 1 : YG_WEB_METHOD_OTHER;

	return call->method < methods && (unsigned)call->lang <= YG_LANG_JA &&
	       is_path(call->path) && is_query(call->query) && is_type(call->content_type) &&
	       is_tag(call->if_match) && is_file_name(call->file_name) &&
	       is_address(call->remote) && are_lines(call) &&
	       call->body.size <= (kind == YG_PAGES_CALL ? YG_TAXII_BODY_MAX : 0);
}

int yg_pages_call_read(enum yg_pages_kind kind, struct yg_bytes body, struct yg_pages_call *ret)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint8_t lang;
	uint8_t place;

	ret->method = yg_msg_u8(&reader);
	lang = yg_msg_u8(&reader);
	place = yg_msg_u8(&reader);
	ret->path = yg_msg_bytes(&reader, YG_API_PATH_MAX);
	ret->query = yg_msg_bytes(&reader, YG_API_QUERY_MAX);
	ret->content_type = yg_msg_bytes(&reader, YG_WEB_TYPE_MAX);
	ret->if_match = yg_msg_bytes(&reader, YG_WEB_TAG_MAX);
	ret->file_name = yg_msg_bytes(&reader, YG_WEB_FILE_NAME_MAX);
	ret->remote = yg_msg_bytes(&reader, YG_PAGES_REMOTE_MAX);
	ret->browser = yg_msg_bytes(&reader, YG_PAGES_BROWSER_MAX);
	ret->idempotency_key = yg_msg_bytes(&reader, YG_PAGES_KEY_MAX);
	ret->token = yg_msg_bytes(&reader, YG_PAGES_SECRET_MAX);
	ret->bearer = yg_msg_bytes(&reader, YG_PAGES_SECRET_MAX);
	ret->accept = yg_msg_bytes(&reader, YG_WEB_ACCEPT_MAX);
	ret->type_parameters = yg_msg_bytes(&reader, YG_WEB_ACCEPT_MAX);
	ret->login = yg_msg_bytes(&reader, YG_PAGES_SECRET_MAX);
	ret->body = reader.rest;
	if (reader.is_bad || lang > 1 || place > 3 || place == 2)
		return YG_EFORMAT;
	ret->lang = (enum yg_lang)lang;
	ret->is_direct = place & 1;
	ret->is_local = place >> 1;
	return is_call(kind, ret) ? YG_OK : YG_EFORMAT;
}

/* ---- answers ---- */

int yg_pages_answer_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_reply *reply,
			struct yg_bytes piece, bool is_more)
{
	const char *type = reply->content_type ? reply->content_type : types[0];
	uint32_t flags = (reply->ends_session ? ENDS_SESSION : 0) |
			 (reply->is_stream ? IS_STREAM : 0) | (is_more ? IS_MORE : 0);
	struct yg_bytes parts[2];
	struct yg_buf head;
	uint32_t number = 0;
	int rc;

	while (number < TYPE_COUNT && strcmp(types[number], type) != 0)
		number++;
	if (number == TYPE_COUNT)
		return YG_EINVAL;
	yg_buf_init(&head, YG_PAGES_HEAD_MAX);
	yg_msg_add_u32(&head, (uint32_t)(reply->status ? reply->status : 200));
	yg_msg_add_u32(&head, number);
	yg_msg_add_u32(&head, flags);
	yg_msg_add_u32(&head, reply->retry_s);
	yg_msg_add_u64(&head, (uint64_t)reply->added_first_us);
	yg_msg_add_u64(&head, (uint64_t)reply->added_last_us);
	yg_msg_add_bytes(&head, yg_bytes_str(reply->etag));
	yg_msg_add_bytes(&head, yg_bytes_str(reply->file_name));
	yg_msg_add_bytes(&head, yg_bytes_str(reply->session));
	parts[0] = yg_buf_bytes(&head);
	parts[1] = piece;
	rc = yg_buf_error(&head);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, YG_PAGES_ANSWER, id, parts, 2);
	yg_wipe(head.data, head.size); /* a session's token */
	yg_buf_done(&head);
	return rc;
}

static bool is_session(const char *session)
{
	size_t size = strlen(session);

	for (size_t i = 0; i < size; i++)
		if (yg_hex_digit((uint8_t)session[i]) < 0)
			return false;
	return size == 0 || size == SESSION_HEX;
}

static bool is_answer(uint32_t status, uint32_t type, uint32_t flags, const struct yg_reply *reply)
{
	bool is_stream = flags & IS_STREAM;

	/* Microseconds that can be written as a time. */
	if (reply->added_first_us < 0 || reply->added_first_us > TIME_US_MAX ||
	    reply->added_last_us < 0 || reply->added_last_us > TIME_US_MAX)
		return false;
	return status >= 200 && status <= 599 && type < TYPE_COUNT && flags <= FLAGS_MAX &&
	       is_tag(yg_bytes_str(reply->etag)) && is_file_name(yg_bytes_str(reply->file_name)) &&
	       is_session(reply->session) &&
	       (!is_stream || (status == 200 && type == TYPE_STREAM && !(flags & IS_MORE)));
}

int yg_pages_answer_read(struct yg_bytes body, struct yg_reply *ret, bool *ret_is_more)
{
	struct yg_msg_reader reader = yg_msg_read(body);
	uint32_t status = yg_msg_u32(&reader);
	uint32_t type = yg_msg_u32(&reader);
	uint32_t flags = yg_msg_u32(&reader);

	ret->retry_s = yg_msg_u32(&reader);
	ret->added_first_us = (int64_t)yg_msg_u64(&reader);
	ret->added_last_us = (int64_t)yg_msg_u64(&reader);
	yg_msg_text(&reader, ret->etag, sizeof(ret->etag));
	yg_msg_text(&reader, ret->file_name, sizeof(ret->file_name));
	yg_msg_text(&reader, ret->session, sizeof(ret->session));
	if (reader.is_bad || !is_answer(status, type, flags, ret) ||
	    reader.rest.size > YG_PAGES_PIECE_MAX)
		return YG_EFORMAT;
	ret->status = (int)status;
	ret->content_type = types[type];
	ret->ends_session = flags & ENDS_SESSION;
	ret->is_stream = flags & IS_STREAM;
	*ret_is_more = flags & IS_MORE;
	yg_buf_add(&ret->body, reader.rest);
	return YG_OK;
}

int yg_pages_word_put(struct yg_msg_pipe *pipe, enum yg_pages_kind kind, uint64_t id)
{
	return yg_msg_put(pipe, kind, id, NULL, 0);
}
