/* SPDX-License-Identifier: Apache-2.0 */
#include "model/api.h"

#include "base/ban.h"

const char *yg_method_name(enum yg_method method)
{
	static const char *const names[] = {"GET", "POST", "PUT", "DELETE"};

	return names[method];
}

/* TAXII 2.1 sec. 3.6.1: the status is a text there. */
static int taxii_error(struct yg_reply *reply, int status, const char *code, const char *title,
		       const char *detail)
{
	yg_buf_reset(&reply->body);
	reply->status = status;
	reply->content_type = YG_TAXII_TYPE;
	reply->etag[0] = 0;
	reply->file_name[0] = 0;
	reply->added_first_us = reply->added_last_us = 0;
	yg_buf_add_str(&reply->body, "{\"title\":");
	yg_buf_add_json(&reply->body, yg_bytes_str(title));
	if (detail) {
		yg_buf_add_str(&reply->body, ",\"description\":");
		yg_buf_add_json(&reply->body, yg_bytes_str(detail));
	}
	yg_buf_add_str(&reply->body, ",\"error_code\":");
	yg_buf_add_json(&reply->body, yg_bytes_str(code));
	yg_buf_addf(&reply->body, ",\"http_status\":\"%d\"}", status);
	return yg_buf_error(&reply->body);
}

int yg_reply_problem(struct yg_reply *reply, int status, const char *code, const char *title,
		     const char *detail)
{
	if (reply->is_taxii)
		return taxii_error(reply, status, code, title, detail);
	yg_buf_reset(&reply->body);
	reply->status = status;
	reply->content_type = "application/problem+json";
	reply->etag[0] = 0;
	reply->file_name[0] = 0;
	yg_buf_add_str(&reply->body, "{\"type\":\"about:blank\",\"code\":");
	yg_buf_add_json(&reply->body, yg_bytes_str(code));
	yg_buf_add_str(&reply->body, ",\"title\":");
	yg_buf_add_json(&reply->body, yg_bytes_str(title));
	if (detail) {
		yg_buf_add_str(&reply->body, ",\"detail\":");
		yg_buf_add_json(&reply->body, yg_bytes_str(detail));
	}
	yg_buf_addf(&reply->body, ",\"status\":%d}", status);
	return yg_buf_error(&reply->body);
}

/* Decode %XX and + of a query value. Returns the size, or SIZE_MAX without room. */
static size_t decode(struct yg_bytes from, char *to, size_t room)
{
	size_t size = 0;

	for (size_t i = 0; i < from.size; i++) {
		uint8_t c = from.data[i];

		if (size + 1 >= room)
			return SIZE_MAX;
		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < from.size && yg_hex_digit(from.data[i + 1]) >= 0 &&
			   yg_hex_digit(from.data[i + 2]) >= 0) {
			c = (uint8_t)(yg_hex_digit(from.data[i + 1]) << 4 |
				      yg_hex_digit(from.data[i + 2]));
			i += 2;
		}
		to[size++] = (char)c;
	}
	to[size] = 0;
	return size;
}

bool yg_query_get(struct yg_bytes query, const char *name, char *to, size_t room,
		  struct yg_bytes *ret)
{
	struct yg_bytes wanted = yg_bytes_str(name);

	while (query.size > 0) {
		size_t end = yg_bytes_chr(query, '&');
		struct yg_bytes pair = yg_bytes_cut(query, 0, end);
		size_t equals = yg_bytes_chr(pair, '=');

		query = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(query, end + 1);
		if (!yg_bytes_eq(yg_bytes_cut(pair, 0, equals), wanted))
			continue;
		size_t size = decode(equals == SIZE_MAX ? (struct yg_bytes){0}
							: yg_bytes_from(pair, equals + 1),
				     to, room);
		if (size == SIZE_MAX)
			return false;
		*ret = (struct yg_bytes){(const uint8_t *)to, size};
		return true;
	}
	return false;
}
