/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One answer of the hub's pages, taken apart: status, the three fields that mean something here,
 * the body as JSON. Pure. Source: RFC 9112. Tests: tests/unit/app/test_demo_answer.c,
 * tests/fuzz/fuzz_demo_answer.c
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/demo-int.h"
#include "base/json.h"

#include "base/ban.h"

struct head {
	size_t size; /* with the empty line */
	bool has_length;
	uint64_t length;
	bool is_chunked;
};

/* "NAME: VALUE" of @line, when it is that field; the value without blanks at its ends. */
static bool is_field(struct yg_bytes line, const char *name, struct yg_bytes *ret_value)
{
	size_t size = strlen(name);

	if (line.size <= size || line.data[size] != ':' ||
	    !yg_bytes_eq_nocase(yg_bytes_cut(line, 0, size), yg_bytes_str(name)))
		return false;
	*ret_value = yg_bytes_trim(yg_bytes_from(line, size + 1));
	return true;
}

static int read_field(struct yg_bytes line, struct head *head, struct yg_demo_answer *answer)
{
	struct yg_bytes value;
	uint64_t number;

	if (is_field(line, "Content-Length", &value)) {
		if (!yg_bytes_u64(value, &head->length))
			return YG_EFORMAT;
		head->has_length = true;
	} else if (is_field(line, "Transfer-Encoding", &value)) {
		if (!yg_bytes_eq_nocase(value, YG_S("chunked")))
			return YG_EUNSUPPORTED;
		head->is_chunked = true;
	} else if (is_field(line, "Retry-After", &value)) {
		if (yg_bytes_u64(value, &number))
			answer->retry_s = number > 60 ? 60 : (unsigned)number;
	} else if (is_field(line, "Set-Cookie", &value)) {
		size_t end = yg_bytes_chr(value, ';');

		value = end == SIZE_MAX ? value : yg_bytes_cut(value, 0, end);
		if (value.size >= sizeof(answer->cookie))
			return YG_ELIMIT;
		(void)snprintf(answer->cookie, sizeof(answer->cookie), "%.*s", YG_FMT(value));
	}
	return YG_OK;
}

/* "HTTP/1.1 200 OK". */
static bool read_status(struct yg_bytes line, unsigned *ret)
{
	uint64_t number;

	if (line.size < 12 || !yg_bytes_starts(line, YG_S("HTTP/1.")) || line.data[8] != ' ' ||
	    (line.size > 12 && line.data[12] != ' ') ||
	    !yg_bytes_u64(yg_bytes_cut(line, 9, 12), &number) || number < 100 || number > 599)
		return false;
	*ret = (unsigned)number;
	return true;
}

/* YG_ETRUNC: it is not all there yet. */
static int read_head(struct yg_bytes bytes, struct head *head, struct yg_demo_answer *answer)
{
	size_t at = 0;
	bool is_first = true;

	for (;;) {
		struct yg_bytes rest = yg_bytes_from(bytes, at);
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line;
		int rc = YG_OK;

		if (end == SIZE_MAX)
			return bytes.size > YG_DEMO_HEAD_MAX ? YG_ELIMIT : YG_ETRUNC;
		at += end + 1;
		if (at > YG_DEMO_HEAD_MAX)
			return YG_ELIMIT;
		line = yg_bytes_cut(rest, 0, end);
		if (line.size > 0 && line.data[line.size - 1] == '\r')
			line.size--;
		if (is_first && !read_status(line, &answer->status))
			return YG_EFORMAT;
		if (!is_first && line.size == 0)
			break;
		if (!is_first)
			rc = read_field(line, head, answer);
		if (rc != YG_OK)
			return rc;
		is_first = false;
	}
	head->size = at;
	return YG_OK;
}

static bool read_hex(struct yg_bytes text, uint64_t *ret)
{
	uint64_t value = 0;

	if (text.size == 0 || text.size > 8)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i] | 0x20;
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: 16;

		if (digit > 15)
			return false;
		value = value * 16 + digit;
	}
	*ret = value;
	return true;
}

/* The pieces of a chunked body, put together. YG_ETRUNC: more must come. */
static int join_chunks(struct yg_bytes rest, struct yg_buf *to)
{
	for (;;) {
		size_t end = yg_bytes_chr(rest, '\n');
		struct yg_bytes line;
		uint64_t size;

		if (end == SIZE_MAX)
			return rest.size > YG_DEMO_HEAD_MAX ? YG_EFORMAT : YG_ETRUNC;
		line = yg_bytes_cut(rest, 0, end);
		if (yg_bytes_chr(line, ';') != SIZE_MAX)
			line = yg_bytes_cut(line, 0, yg_bytes_chr(line, ';'));
		line = yg_bytes_trim(line);
		if (!read_hex(line, &size))
			return YG_EFORMAT;
		rest = yg_bytes_from(rest, end + 1);
		if (size == 0)
			return yg_buf_error(to); /* trailers say nothing to us */
		if (rest.size < size + 2)
			return YG_ETRUNC;
		yg_buf_add(to, yg_bytes_cut(rest, 0, size));
		rest = yg_bytes_from(rest, size + 2);
	}
}

static int read_body(struct yg_bytes text, struct yg_demo_answer *ret)
{
	struct yg_fault fault;
	int rc;

	if (text.size == 0)
		return YG_OK;
	rc = yg_json_load(text, YG_DEMO_ANSWER_MAX, &ret->body, &fault);
	return rc == YG_EFORMAT ? YG_OK : rc; /* a page: the status says enough */
}

int yg_demo_answer_read(struct yg_bytes bytes, bool is_ended, struct yg_demo_answer *ret)
{
	struct head head = {0};
	struct yg_bytes rest;
	struct yg_buf joined;
	int rc;

	*ret = (struct yg_demo_answer){0};
	rc = read_head(bytes, &head, ret);
	if (rc != YG_OK)
		return rc == YG_ETRUNC && is_ended ? YG_EFORMAT : rc;
	rest = yg_bytes_from(bytes, head.size);
	yg_buf_init(&joined, YG_DEMO_ANSWER_MAX);
	if (head.is_chunked) {
		rc = join_chunks(rest, &joined);
		rest = yg_buf_bytes(&joined);
	} else if (head.has_length) {
		rc = rest.size < head.length ? YG_ETRUNC : YG_OK;
		rest = rc == YG_OK ? yg_bytes_cut(rest, 0, (size_t)head.length) : rest;
	} else if (ret->status == 204 || ret->status == 304) {
		rest = yg_bytes_cut(rest, 0, 0);
	} else {
		rc = is_ended ? YG_OK : YG_ETRUNC;
	}
	if (rc == YG_OK)
		rc = read_body(rest, ret);
	yg_buf_done(&joined);
	return rc == YG_ETRUNC && is_ended ? YG_EFORMAT : rc;
}

void yg_demo_answer_done(struct yg_demo_answer *answer)
{
	json_decref(answer->body);
	answer->body = NULL;
}
