/* SPDX-License-Identifier: Apache-2.0 */
#include "app/query_wire.h"

#include <assert.h>

#include "base/utf8.h"

#include "base/ban.h"

#define ROW_HEAD  5u
#define DONE_HEAD 8u

static void add_raw(struct yg_buf *to, const void *data, size_t size)
{
	yg_buf_add(to, (struct yg_bytes){data, size});
}

void yg_query_wire_add_row(struct yg_buf *to, const struct yg_check_row *row)
{
	uint16_t sizes[2] = {(uint16_t)row->resource.size, (uint16_t)row->reason.size};

	assert(row->resource.size <= YG_QUERY_TEXT_MAX);
	assert(row->reason.size <= YG_QUERY_TEXT_MAX);
	yg_buf_add_byte(to, (uint8_t)row->check);
	add_raw(to, sizes, sizeof(sizes));
	yg_buf_add(to, row->resource);
	yg_buf_add(to, row->reason);
}

int yg_query_wire_row(struct yg_bytes *rest, struct yg_check_row *ret)
{
	uint16_t sizes[2];
	struct yg_check_row row;

	if (rest->size == 0)
		return YG_EEND;
	if (rest->size < ROW_HEAD || rest->data[0] > YG_CHECK_ERROR)
		return YG_EFORMAT;
	row.check = (enum yg_check)rest->data[0];
	memcpy(sizes, rest->data + 1, sizeof(sizes));
	if (sizes[0] == 0 || sizes[0] > YG_QUERY_TEXT_MAX || sizes[1] > YG_QUERY_TEXT_MAX ||
	    rest->size - ROW_HEAD < (size_t)sizes[0] + sizes[1])
		return YG_EFORMAT;
	row.resource = yg_bytes_cut(*rest, ROW_HEAD, ROW_HEAD + (size_t)sizes[0]);
	row.reason = yg_bytes_cut(*rest, ROW_HEAD + (size_t)sizes[0],
				  ROW_HEAD + (size_t)sizes[0] + sizes[1]);
	if (!yg_utf8_valid(row.resource) || !yg_utf8_valid(row.reason))
		return YG_EFORMAT;
	*rest = yg_bytes_from(*rest, ROW_HEAD + (size_t)sizes[0] + sizes[1]);
	*ret = row;
	return YG_OK;
}

void yg_query_wire_add_frame(struct yg_buf *to, enum yg_query_frame kind, struct yg_bytes body)
{
	uint32_t size = (uint32_t)body.size;

	assert(body.size <= YG_QUERY_FRAME_MAX);
	add_raw(to, &size, sizeof(size));
	yg_buf_add_byte(to, (uint8_t)kind);
	yg_buf_add(to, body);
}

void yg_query_wire_add_done(struct yg_buf *to, int code, const struct yg_query_done *done)
{
	int32_t code32 = code;

	add_raw(to, &code32, sizeof(code32));
	add_raw(to, &done->tables, sizeof(done->tables));
	yg_buf_add_str(to, done->refusal);
}

int yg_query_wire_done(struct yg_bytes body, int *ret_code, struct yg_query_done *ret)
{
	struct yg_query_done done = {0};
	int32_t code;

	if (body.size < DONE_HEAD || body.size - DONE_HEAD >= YG_QUERY_REFUSAL_MAX)
		return YG_EFORMAT;
	memcpy(&code, body.data, sizeof(code));
	memcpy(&done.tables, body.data + sizeof(code), sizeof(done.tables));
	body = yg_bytes_from(body, DONE_HEAD);
	if (code > 0 || !yg_utf8_valid(body) || (code == YG_OK) != (body.size == 0))
		return YG_EFORMAT;
	for (size_t i = 0; i < body.size; i++)
		if (body.data[i] < 0x20)
			return YG_EFORMAT;
	memcpy(done.refusal, body.data ? (const char *)body.data : "", body.size);
	*ret_code = code;
	*ret = done;
	return YG_OK;
}
