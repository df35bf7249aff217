/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "../check.h"
#include "app/demo-int.h"
#include "base/json.h"

#include "base/ban.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static int read_text(const char *text, bool is_ended, struct yg_demo_answer *ret)
{
	return yg_demo_answer_read(yg_bytes_str(text), is_ended, ret);
}

/* Cut anywhere, it wants more; whole, it is the same however it came. */
static void every_cut(void)
{
	static const char *const texts[] = {
		(HEAD "Content-Length: 14\r\n\r\n{\"id\":\"abcdef\""),
		(HEAD "Transfer-Encoding: "
		      "chunked\r\n\r\n5\r\n{\"id\"\r\nA;x=y\r\n:\"abcdef\"}\r\n0\r\n\r\n"),
		("HTTP/1.1 200 OK\nset-cookie: yagura_1=ff; Path=/; HttpOnly\ncontent-length: "
		 "15\n\n"
		 "{\"id\":\"abcdef\"}"),
	};

	for (size_t i = 1; i < 3; i++) {
		struct yg_demo_answer answer;
		size_t size = strlen(texts[i]);
		/* Of a chunked body the last line end says nothing. */
		size_t whole = i == 1 ? size - 2 : size;

		for (size_t cut = 0; cut < whole; cut++) {
			struct yg_bytes part = {(const uint8_t *)texts[i], cut};
			int rc = yg_demo_answer_read(part, false, &answer);

			yg_demo_answer_done(&answer);
			CHECK(rc == YG_ETRUNC);
			CHECK(yg_demo_answer_read(part, true, &answer) == YG_EFORMAT);
			yg_demo_answer_done(&answer);
		}
		CHECK(read_text(texts[i], false, &answer) == YG_OK);
		CHECK(answer.status == 200);
		CHECK_TEXT(yg_json_text(answer.body, "id"), "abcdef");
		CHECK_TEXT(yg_bytes_str(answer.cookie), i == 2 ? "yagura_1=ff" : "");
		yg_demo_answer_done(&answer);
	}
	{
		struct yg_demo_answer answer; /* what is no JSON is no body */

		CHECK(read_text(texts[0], false, &answer) == YG_OK);
		CHECK(!answer.body);
		yg_demo_answer_done(&answer);
	}
}

static void fields(void)
{
	struct yg_demo_answer answer;

	CHECK(read_text("HTTP/1.1 503 Busy\r\nRetry-After:  7 \r\nContent-Length: 0\r\n\r\n", false,
			&answer) == YG_OK);
	CHECK(answer.status == 503 && answer.retry_s == 7 && !answer.body);
	CHECK(read_text("HTTP/1.1 429 Slow\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n",
			false, &answer) == YG_OK);
	CHECK(answer.retry_s == 60);
	CHECK(read_text("HTTP/1.1 204 None\r\n\r\n", false, &answer) == YG_OK);
	/* Without a length the end says where it ends. */
	CHECK(read_text("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", false, &answer) == YG_ETRUNC);
	CHECK(read_text("HTTP/1.1 200 OK\r\n\r\n{\"a\":1}", true, &answer) == YG_OK);
	CHECK(yg_json_int(answer.body, "a", 0) == 1);
	yg_demo_answer_done(&answer);
}

static void wrong_ones(void)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH\r\n",
		"HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
		HEAD "Transfer-Encoding: chunked\r\n\r\n123456789\r\n\r\n",
	};
	struct yg_demo_answer answer;
	struct yg_buf big;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(read_text(texts[i], false, &answer) == YG_EFORMAT);
	CHECK(read_text(HEAD "Transfer-Encoding: gzip\r\n\r\n", false, &answer) == YG_EUNSUPPORTED);
	yg_buf_init(&big, 4 * YG_DEMO_HEAD_MAX);
	yg_buf_add_str(&big, "HTTP/1.1 200 OK\r\nX: ");
	while (big.size <= YG_DEMO_HEAD_MAX)
		yg_buf_add_str(&big, "xxxxxxxxxxxxxxxx");
	CHECK(yg_demo_answer_read(yg_buf_bytes(&big), false, &answer) == YG_ELIMIT);
	yg_buf_reset(&big);
	yg_buf_add_str(&big, "HTTP/1.1 200 OK\r\nSet-Cookie: a=");
	for (unsigned i = 0; i < YG_DEMO_SECRET; i++)
		yg_buf_add_byte(&big, 'f');
	yg_buf_add_str(&big, "\r\n\r\n");
	CHECK(yg_demo_answer_read(yg_buf_bytes(&big), false, &answer) == YG_ELIMIT);
	yg_buf_done(&big);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(every_cut), CASE(fields), CASE(wrong_ones)};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
