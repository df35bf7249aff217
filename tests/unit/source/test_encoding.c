/* SPDX-License-Identifier: Apache-2.0 */
#include "../check.h"
#include "base/utf8.h"
#include "source/encoding-int.h"

/* Convert @in in parts of @step bytes. */
static int run(struct yg_decoder *d, struct yg_bytes in, size_t step, struct yg_buf *to)
{
	const char *reason = NULL;
	size_t i = 0;

	yg_decoder_init(d);
	yg_buf_init(to, 8u << 20);
	do {
		struct yg_bytes part = yg_bytes_cut(in, i, i + step);
		size_t good = yg_decoder_pass(d, part);
		int rc;

		yg_buf_add(to, yg_bytes_cut(part, 0, good));
		i += part.size;
		rc = yg_decoder_add(d, yg_bytes_from(part, good), i >= in.size, to, &reason);
		if (rc != YG_OK)
			return rc;
	} while (i < in.size);
	return d->held.size ? YG_EINVAL : YG_OK;
}

/* The same result for any cutting into parts. */
#define CHECK_RUN(in, text, kind, bad, line)                                                       \
	do {                                                                                       \
		for (size_t step = 1; step < (in).size + 2; step += step < 9 ? 1 : 37) {           \
			struct yg_decoder d;                                                       \
			struct yg_buf to;                                                          \
			CHECK(run(&d, in, step, &to) == YG_OK);                                    \
			CHECK_TEXT(yg_buf_bytes(&to), text);                                       \
			CHECK(d.encoding == (kind));                                               \
			CHECK(d.replaced == (bad));                                                \
			CHECK(d.first_replaced == (line));                                         \
			yg_decoder_done(&d);                                                       \
			yg_buf_done(&to);                                                          \
		}                                                                                  \
	} while (0)

/* "ログインに失敗しました" */
#define CP932_LINE                                                                                 \
	"\x83\x8d\x83\x4f\x83\x43\x83\x93\x82\xc9\x8e\xb8\x94\x73\x82\xb5\x82\xdc\x82\xb5\x82\xbd" \
	"\n"
#define EUC_LINE                                                                                   \
	"\xa5\xed\xa5\xb0\xa5\xa4\xa5\xf3\xa4\xcb\xbc\xba\xc7\xd4\xa4\xb7\xa4\xde\xa4\xb7\xa4\xbf" \
	"\n"
#define UTF8_LINE "ログインに失敗しました\n"

static void utf8(void)
{
	CHECK_RUN(YG_S("abc\n" UTF8_LINE "x\xf0\x9f\x94\xa5\n"), "abc\n" UTF8_LINE "x🔥\n",
		  YG_ENCODING_UTF8, 0, 0);
	CHECK_RUN(YG_S("\xef\xbb\xbfq\n"), "q\n", YG_ENCODING_UTF8, 0, 0);
	CHECK_RUN(YG_S("plain\r\n"), "plain\r\n", YG_ENCODING_UNKNOWN, 0, 0);
	CHECK_RUN(YG_S(""), "", YG_ENCODING_UNKNOWN, 0, 0);
}

static void utf8_damaged(void)
{
	/* A lone tail byte, a cut character, a surrogate, an overlong slash, the end in
	 * mid-character. */
	CHECK_RUN(YG_S(UTF8_LINE "a\x80z \xe3\x83. \xed\xa0\x80 \xc0\xaf\n" UTF8_LINE "\xe3\x83"),
		  UTF8_LINE "a\xef\xbf\xbdz \xef\xbf\xbd. \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
			    "\xef\xbf\xbd\xef\xbf\xbd\n" UTF8_LINE "\xef\xbf\xbd",
		  YG_ENCODING_UTF8, 8, 2);
}

static void cp932(void)
{
	CHECK_RUN(YG_S("one\n" CP932_LINE "\x83\\ \xb1\xb2\n"), "one\n" UTF8_LINE "ソ ｱｲ\n",
		  YG_ENCODING_CP932, 0, 0);
	/* NEC's and IBM's characters: ①, 髙. The backslash stays one. */
	CHECK_RUN(YG_S(CP932_LINE "C:\\\x87\x40\xfb\xfc\n"), UTF8_LINE "C:\\①髙\n",
		  YG_ENCODING_CP932, 0, 0);
	CHECK_RUN(YG_S(CP932_LINE "a\xff\x82\nb\n" CP932_LINE "\x82"),
		  UTF8_LINE "a\xef\xbf\xbd\xef\xbf\xbd\nb\n" UTF8_LINE "\xef\xbf\xbd",
		  YG_ENCODING_CP932, 3, 2);
}

static void euc(void)
{
	CHECK_RUN(YG_S("one\n" EUC_LINE "\x8e\xb1\n"), "one\n" UTF8_LINE "ｱ\n", YG_ENCODING_EUC_JP,
		  0, 0);
	CHECK_RUN(YG_S(EUC_LINE "\xa4\n\xb4\xc9\xcd\xfd\xbc\xd4\n"),
		  UTF8_LINE "\xef\xbf\xbd\n管理者\n", YG_ENCODING_EUC_JP, 1, 2);
}

static void utf16(void)
{
	CHECK_RUN(YG_S("\xff\xfe\x61\0\x0a\0\xed\x30\x3d\xd8\x25\xdd"), "a\nロ🔥",
		  YG_ENCODING_UTF16LE, 0, 0);
	CHECK_RUN(YG_S("\xfe\xff\0\x61\0\x0a\x30\xed\xd8\x3d\xdd\x25"), "a\nロ🔥",
		  YG_ENCODING_UTF16BE, 0, 0);
	/* Half a surrogate pair, an odd byte at the end. */
	CHECK_RUN(YG_S("\xff\xfe\x0a\0\x3d\xd8\x61\0\x62"),
		  "\n\xef\xbf\xbd"
		  "a\xef\xbf\xbd",
		  YG_ENCODING_UTF16LE, 2, 2);
}

static void utf16_without_mark(void)
{
	struct yg_decoder d;
	struct yg_buf to;

	CHECK(run(&d, YG_S("2\0000\0002\0006\0,\0a\0\n\0"), 4096, &to) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&to), "2026,a\n");
	yg_decoder_done(&d);
	yg_buf_done(&to);
}

/* ASCII for long, then Japanese: decided where it begins. */
static void late(void)
{
	struct yg_buf in;
	struct yg_decoder d;
	struct yg_buf to;

	yg_buf_init(&in, 1u << 20);
	while (in.size < 200000)
		yg_buf_add_str(&in, "192.0.2.1 - - GET /index.html\n");
	yg_buf_add_str(&in, CP932_LINE);
	CHECK(run(&d, yg_buf_bytes(&in), 65536, &to) == YG_OK);
	CHECK(d.encoding == YG_ENCODING_CP932);
	CHECK(yg_bytes_ends(yg_buf_bytes(&to), YG_S("index.html\n" UTF8_LINE)));
	yg_decoder_done(&d);
	yg_buf_done(&to);
	yg_buf_done(&in);
}

/* One stray byte decides nothing: what comes later is read right. */
static void stray_first(void)
{
	struct yg_buf in;
	struct yg_decoder d;
	struct yg_buf to;

	yg_buf_init(&in, 1u << 20);
	yg_buf_add(&in, YG_S("GET /\xff\n"));
	while (in.size < 50000)
		yg_buf_add_str(&in, "192.0.2.1 - - GET /index.html\n");
	yg_buf_add_str(&in, EUC_LINE);
	CHECK(run(&d, yg_buf_bytes(&in), 4096, &to) == YG_OK);
	CHECK(d.encoding == YG_ENCODING_EUC_JP);
	CHECK(d.replaced == 1 && d.first_replaced == 1);
	CHECK(yg_bytes_ends(yg_buf_bytes(&to), YG_S(UTF8_LINE)));
	yg_decoder_done(&d);
	yg_buf_done(&to);
	yg_buf_done(&in);
}

static void western(void)
{
	/* Latin-1 is not taken for Japanese. */
	CHECK_RUN(YG_S("caf\xe9 d\xfc\n"), "caf\xef\xbf\xbd d\xef\xbf\xbd\n", YG_ENCODING_UNKNOWN,
		  2, 1);
}

static void nul_passes(void)
{
	struct yg_decoder d;
	struct yg_buf to;

	CHECK(run(&d, YG_S("a\0b\n\0\0\n"), 4096, &to) == YG_OK);
	CHECK(yg_bytes_eq(yg_buf_bytes(&to), YG_S("a\0b\n\0\0\n")));
	yg_decoder_done(&d);
	yg_buf_done(&to);
}

/* A buffer with little room: nothing is lost, it comes with the next calls. */
static void little_room(void)
{
	struct yg_decoder d;
	struct yg_buf to;
	struct yg_buf all;
	const char *reason = NULL;
	struct yg_bytes in = YG_S(CP932_LINE CP932_LINE "\xff\xff\xff\n" CP932_LINE);
	unsigned rounds = 0;

	yg_decoder_init(&d);
	yg_buf_init(&to, 24);
	yg_buf_init(&all, 4096);
	do {
		CHECK(yg_decoder_add(&d, in, true, &to, &reason) == YG_OK);
		in.size = 0;
		yg_buf_add(&all, yg_buf_bytes(&to));
		yg_buf_reset(&to);
		CHECK(rounds++ < 100);
	} while (d.held.size > 0);
	CHECK(yg_bytes_starts(yg_buf_bytes(&all), YG_S(UTF8_LINE UTF8_LINE "\xef\xbf\xbd")));
	CHECK(yg_bytes_ends(yg_buf_bytes(&all), YG_S("\n" UTF8_LINE)));
	CHECK(d.replaced == 3 && d.first_replaced == 3);
	yg_decoder_done(&d);
	yg_buf_done(&to);
	yg_buf_done(&all);
}

static void runs(void)
{
	size_t bad;

	CHECK(yg_ascii_run(YG_S("")) == 0);
	CHECK(yg_ascii_run(YG_S(
		      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x80")) ==
	      64);
	CHECK(yg_utf8_run(YG_S("aロ\xe3\x83"), &bad) == 4 && bad == 0);
	CHECK(yg_utf8_run(YG_S("aロ\xe3\x83z"), &bad) == 4 && bad == 2);
	CHECK(yg_utf8_run(YG_S("\xf4\x90\x80\x80"), &bad) == 0 && bad == 1);
	CHECK(yg_utf8_run(YG_S("\xe3\x83\x83\xe0\x80\x80zz"), &bad) == 3 && bad == 1);
}

static const struct check_case cases[] = {
	CASE(utf8),    CASE(utf8_damaged),	 CASE(cp932),	    CASE(euc),
	CASE(utf16),   CASE(utf16_without_mark), CASE(late),	    CASE(stray_first),
	CASE(western), CASE(nul_passes),	 CASE(little_room), CASE(runs),
};

CHECK_MAIN(cases)
