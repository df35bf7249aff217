/* SPDX-License-Identifier: Apache-2.0 */
#include "web/headers.h"

#include <stdlib.h>

#include "../check.h"
#include "model/api.h"

static void hosts(void)
{
	CHECK(yg_web_host_is_ours(YG_S("127.0.0.1:8080"), 8080));
	CHECK(yg_web_host_is_ours(YG_S("localhost:8080"), 8080));
	CHECK(yg_web_host_is_ours(YG_S("LocalHost:8080"), 8080));
	CHECK(yg_web_host_is_ours(YG_S("localhost"), 80));
	CHECK(!yg_web_host_is_ours(YG_S("localhost"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("localhost:80800"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("localhost:808"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("localhost.:8080"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("evil.example:8080"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("127.0.0.1:8080@evil.example"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("127.1:8080"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S("localhost:8080\0"), 8080));
	CHECK(!yg_web_host_is_ours(YG_S(""), 8080));
}

static void origins(void)
{
	struct yg_bytes host = YG_S("127.0.0.1:8080");

	CHECK(yg_web_origin_is_ours(YG_S("http://127.0.0.1:8080"), host, false));
	CHECK(!yg_web_origin_is_ours(YG_S("https://127.0.0.1:8080"), host, false));
	CHECK(!yg_web_origin_is_ours(YG_S("http://localhost:8080"), host, false));
	CHECK(!yg_web_origin_is_ours(YG_S("http://127.0.0.1:8081"), host, false));
	CHECK(!yg_web_origin_is_ours(YG_S("http://127.0.0.1:8080.evil.example"), host, false));
	CHECK(yg_web_origin_is_ours(YG_S("https://127.0.0.1:8080"), host, true));
	CHECK(!yg_web_origin_is_ours(YG_S("https://127.0.0.1:8081"), host, true));
	CHECK(!yg_web_origin_is_ours(YG_S("null"), host, false));
	CHECK(!yg_web_origin_is_ours(YG_S("http://"), YG_S(""), false));
}

static void cookies(void)
{
	CHECK_TEXT(yg_web_cookie(YG_S("a=1; yagura_80=abc; b=2"), YG_S("yagura_80")), "abc");
	CHECK_TEXT(yg_web_cookie(YG_S("yagura_80=abc"), YG_S("yagura_80")), "abc");
	CHECK_TEXT(yg_web_cookie(YG_S("yagura_80=a=b"), YG_S("yagura_80")), "a=b");
	CHECK_TEXT(yg_web_cookie(YG_S("xyagura_80=abc"), YG_S("yagura_80")), "");
	CHECK_TEXT(yg_web_cookie(YG_S("yagura_80=abc; yagura_80=def"), YG_S("yagura_80")), "");
	CHECK_TEXT(yg_web_cookie(YG_S("yagura_80"), YG_S("yagura_80")), "");
	CHECK_TEXT(yg_web_cookie(YG_S(";;;=;"), YG_S("yagura_80")), "");
}

static void content_types(void)
{
	char mem[YG_WEB_TYPE_MAX + 1];
	struct yg_bytes type;

	CHECK(yg_web_content_type(YG_S("Application/JSON; charset=utf-8"), mem, &type));
	CHECK_TEXT(type, "application/json");
	CHECK(yg_web_content_type(YG_S("text/csv"), mem, &type));
	CHECK(!yg_web_is_form_type(type));
	CHECK(yg_web_content_type(YG_S("TEXT/Plain;x"), mem, &type));
	CHECK(yg_web_is_form_type(type));
	CHECK(!yg_web_content_type(YG_S("text"), mem, &type));
	CHECK(!yg_web_content_type(YG_S("/json"), mem, &type));
	CHECK(!yg_web_content_type(YG_S("text/"), mem, &type));
	CHECK(!yg_web_content_type(YG_S("te xt/csv"), mem, &type));
	CHECK(!yg_web_content_type(YG_S("a/b/c"), mem, &type));
	CHECK(!yg_web_content_type(YG_S("text/csv\0x"), mem, &type));
}

static void codings(void)
{
	CHECK(yg_web_accepts_gzip(YG_S("gzip")));
	CHECK(yg_web_accepts_gzip(YG_S("br, GZIP;q=0.5")));
	CHECK(yg_web_accepts_gzip(YG_S("identity, *;q=0.1")));
	CHECK(!yg_web_accepts_gzip(YG_S("")));
	CHECK(!yg_web_accepts_gzip(YG_S("br, deflate")));
	CHECK(!yg_web_accepts_gzip(YG_S("gzip;q=0, *")));
	CHECK(!yg_web_accepts_gzip(YG_S("*;q=0")));
	CHECK(!yg_web_accepts_gzip(YG_S("gzip;q=2")));
	CHECK(!yg_web_accepts_gzip(YG_S("gzipped, gzip2")));
}

static void languages(void)
{
	CHECK(yg_web_accept_language(YG_S("ja"), YG_LANG_EN) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S("en-US,en;q=0.9,ja;q=0.8"), YG_LANG_JA) == YG_LANG_EN);
	CHECK(yg_web_accept_language(YG_S("en;q=0.5, ja-JP;q=0.8"), YG_LANG_EN) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S("de, fr"), YG_LANG_JA) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S("en;q=0"), YG_LANG_JA) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S("en;q=nan, ja;q=0.1"), YG_LANG_EN) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S("en;q=9e99"), YG_LANG_JA) == YG_LANG_JA);
	CHECK(yg_web_accept_language(YG_S(""), YG_LANG_EN) == YG_LANG_EN);
}

static void tags(void)
{
	struct yg_bytes tag;

	CHECK(yg_web_if_match(YG_S("\"3\""), &tag));
	CHECK_TEXT(tag, "3");
	CHECK(yg_web_if_match(YG_S(" 0 "), &tag));
	CHECK_TEXT(tag, "0");
	CHECK(!yg_web_if_match(YG_S("*"), &tag));
	CHECK(!yg_web_if_match(YG_S("W/\"3\""), &tag));
	CHECK(!yg_web_if_match(YG_S("\"3\", \"4\""), &tag));
	CHECK(!yg_web_if_match(YG_S("\"\""), &tag));
	CHECK(!yg_web_if_match(YG_S("\""), &tag));
	CHECK(!yg_web_if_match(YG_S("123456789012345678901234567890123456789012345678"), &tag));
	CHECK(yg_web_none_match(YG_S("\"a\", W/\"b\""), YG_S("b")));
	CHECK(yg_web_none_match(YG_S("*"), YG_S("b")));
	CHECK(!yg_web_none_match(YG_S("\"a\", b"), YG_S("b")));
	CHECK(!yg_web_none_match(YG_S(""), YG_S("b")));
}

static void file_names(void)
{
	char mem[YG_WEB_FILE_NAME_MAX + 1];
	char text[3 * YG_WEB_FILE_NAME_MAX + 4];
	struct yg_bytes name;

	CHECK(yg_web_file_name(YG_S("%E8%A6%8F%E7%A8%8B.pdf"), mem, &name));
	CHECK_TEXT(name, "規程.pdf");
	CHECK(!yg_web_file_name(YG_S("..%2Fetc%2Fpasswd"), mem, &name));
	CHECK(!yg_web_file_name(YG_S("C:\\x"), mem, &name));
	CHECK(!yg_web_file_name(YG_S(".."), mem, &name));
	CHECK(!yg_web_file_name(YG_S("a%00b"), mem, &name));
	CHECK(!yg_web_file_name(YG_S("a%0d%0ab"), mem, &name));
	CHECK(!yg_web_file_name(YG_S("a%FFb"), mem, &name));
	CHECK(!yg_web_file_name(YG_S("a%4"), mem, &name));
	CHECK(!yg_web_file_name(YG_S("%20"), mem, &name));
	memset(text, 'a', sizeof(text));
	CHECK(yg_web_file_name((struct yg_bytes){(const uint8_t *)text, 255}, mem, &name));
	CHECK(name.size == 255);
	CHECK(!yg_web_file_name((struct yg_bytes){(const uint8_t *)text, 256}, mem, &name));
	CHECK(!yg_web_file_name((struct yg_bytes){(const uint8_t *)text, sizeof(text)}, mem,
				&name));
}

static void dispositions(void)
{
	struct yg_buf buf;

	yg_buf_init(&buf, 1000);
	yg_web_disposition(&buf, YG_S("list.csv"));
	CHECK_TEXT(yg_buf_bytes(&buf), "attachment; filename=\"list.csv\"");
	yg_buf_reset(&buf);
	yg_web_disposition(&buf, YG_S("規程 \"1\".pdf"));
	CHECK_TEXT(yg_buf_bytes(&buf), "attachment; filename=\"__ _1_.pdf\"; "
				       "filename*=UTF-8''%E8%A6%8F%E7%A8%8B%20%221%22.pdf");
	yg_buf_reset(&buf);
	yg_web_disposition(&buf, YG_S("a\r\nSet-Cookie: x"));
	CHECK(yg_bytes_chr(yg_buf_bytes(&buf), '\n') == SIZE_MAX);
	CHECK(yg_bytes_chr(yg_buf_bytes(&buf), '\r') == SIZE_MAX);
	yg_buf_done(&buf);
}

static int target(const char *text, struct yg_bytes *path, struct yg_bytes *query)
{
	static char mem[YG_API_PATH_MAX + 1];

	return yg_web_target(yg_bytes_str(text), mem, path, query);
}

static void targets(void)
{
	struct yg_bytes path, query;

	CHECK(target("/api/v1/x?a=1&b=%E6", &path, &query) == YG_EFORMAT);
	CHECK(target("/api/v1/x?a=1&b=%E6%97%A5", &path, &query) == YG_OK);
	CHECK_TEXT(path, "/api/v1/x");
	CHECK_TEXT(query, "a=1&b=%E6%97%A5");
	CHECK(target("/", &path, &query) == YG_OK);
	CHECK_TEXT(path, "/");
	CHECK(target("/a//b/", &path, &query) == YG_OK);
	CHECK_TEXT(path, "/a//b/");
	CHECK(target("/%E5%B1%B1", &path, &query) == YG_OK);
	CHECK_TEXT(path, "/山");
	CHECK(target("/a?b?c", &path, &query) == YG_OK);
	CHECK_TEXT(query, "b?c");
	static const char *const refused[] = {
		"",
		"x",
		"*",
		"http://127.0.0.1/",
		"/a/../b",
		"/a/%2e%2e/b",
		"/./a",
		"/a%2fb",
		"/a%5cb",
		"/a%00b",
		"/a%",
		"/a%4",
		"/a%zz",
		"/a%ff",
		"/a#b",
		"/a b",
		"/a\tb",
		"/a\x7f",
		"/a\xe5\xb1\xb1",
		"/?a=%00",
		"/?a=%0a",
		"/?%",
		"/%c0%af",
		"/%ed%a0%80",
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (target(refused[i], &path, &query) != YG_EFORMAT) {
			fprintf(stderr, "not refused: %s\n", refused[i]);
			check_failed = 1;
		}
}

static void long_targets(void)
{
	char *text = malloc(8192);
	char mem[YG_API_PATH_MAX + 1];
	struct yg_bytes path, query;

	CHECK(text);
	memset(text, 'a', 8192);
	text[0] = '/';
	CHECK(yg_web_target((struct yg_bytes){(uint8_t *)text, YG_API_PATH_MAX}, mem, &path,
			    &query) == YG_OK);
	CHECK(path.size == YG_API_PATH_MAX);
	CHECK(yg_web_target((struct yg_bytes){(uint8_t *)text, YG_API_PATH_MAX + 1}, mem, &path,
			    &query) == YG_ELIMIT);
	text[1] = '?';
	CHECK(yg_web_target((struct yg_bytes){(uint8_t *)text, YG_API_QUERY_MAX + 2}, mem, &path,
			    &query) == YG_OK);
	CHECK(query.size == YG_API_QUERY_MAX);
	CHECK(yg_web_target((struct yg_bytes){(uint8_t *)text, YG_API_QUERY_MAX + 3}, mem, &path,
			    &query) == YG_ELIMIT);
	free(text);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(hosts),	    CASE(origins), CASE(cookies),      CASE(content_types),
		CASE(languages),    CASE(codings), CASE(tags),	       CASE(file_names),
		CASE(dispositions), CASE(targets), CASE(long_targets),
	};

	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
