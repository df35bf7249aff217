/* SPDX-License-Identifier: Apache-2.0 */
#include "render/csv.h"

#include "base/utf8.h"

#include "../check.h"
#include "sample_report.h"

static struct sample s;

static struct yg_buf *empty(void)
{
	static struct yg_buf buf;

	if (!buf.max)
		yg_buf_init(&buf, 1 << 20);
	yg_buf_reset(&buf);
	return &buf;
}

static void header(void)
{
	struct yg_buf *to = empty();

	yg_csv_header(to, YG_LANG_EN);
	CHECK_TEXT(yg_buf_bytes(to),
		   "\xef\xbb\xbftime,level,title,rule id,outcome,reason,source address or actor,"
		   "target,file,position,count,finding id\r\n");
	yg_buf_reset(to);
	yg_csv_header(to, YG_LANG_JA);
	CHECK_TEXT(yg_buf_bytes(to),
		   "\xef\xbb\xbf日時,重大度,題名,ルールID,結果,理由,送信元,対象,ファイル,位置,件数,"
		   "検知ID\r\n");
}

static void rows(void)
{
	struct yg_buf *to = empty();

	sample_fill(&s, false);
	yg_csv_finding(to, &s.findings[0], YG_LANG_JA, 9 * 3600);
	CHECK_TEXT(
		yg_buf_bytes(to),
		"2025-11-20 09:58:20 +09:00,高,\"SQLインジェクションの試み\",\"5f0c-web-sqli\","
		"\"試み（成功の形跡なし）\",\"応答コード404：この場所には何もありませんでした\","
		"\"203.0.113.7\",\"/shop/item.php?id=1'%20or%201=1--\",\"logs/access.log\",1234,1,"
		"id:0a010000000000000000000000000000\r\n");
	yg_buf_reset(to);
	yg_csv_finding(to, &s.findings[1], YG_LANG_EN, 0);
	CHECK_TEXT(yg_buf_bytes(to),
		   ",critical,\"Many refused sign-ins, then one accepted\",\"b-vpn-guess\","
		   "\"may have succeeded\",\"the same source was then let in: suzuki\",\"gw01\","
		   "\"suzuki\",\"vpn.zip!event.log\",900,611,"
		   "id:0b010000000000000000000000000000\r\n");
	yg_buf_reset(to);
	yg_csv_update(to, &s.update, YG_LANG_EN, -5 * 3600 - 1800);
	CHECK_TEXT(yg_buf_bytes(to),
		   "2025-11-19 19:32:20 -05:30,,\"later change of an earlier finding\",,"
		   "\"may have succeeded\","
		   "\"answered with 98211 bytes where this path usually gives 4100\",,,"
		   "\"logs/access.log\",1300,,id:0a010000000000000000000000000000\r\n");
}

static void formulas_are_made_text(void)
{
	static const char *const bad[] = {"=1+1",
					  "+1",
					  "-1",
					  "@SUM(A1)",
					  " =1",
					  "\t=1",
					  ("\xef\xbc\x9d"
					   "1"),
					  "\xe3\x80\x80=1",
					  "\r=1"};

	sample_fill(&s, false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct yg_buf *to = empty();
		size_t at;

		s.findings[0].actor = yg_bytes_str("X");
		s.findings[0].target = yg_bytes_str(bad[i]);
		yg_csv_finding(to, &s.findings[0], YG_LANG_EN, 0);
		at = yg_bytes_find(yg_buf_bytes(to), YG_S("\"X\",\""));
		CHECK(at < to->size);
		/* An apostrophe, or the backslash of an escape: never the character itself. */
		CHECK(to->data[at + 5] == '\'' || to->data[at + 5] == '\\');
	}
}

static void hostile_texts_end_no_cell_and_no_row(void)
{
	struct yg_buf *to = empty();
	size_t cells = 1;
	bool is_quoted = false;

	sample_fill(&s, true);
	yg_csv_finding(to, &s.findings[0], YG_LANG_JA, 0);
	CHECK(yg_utf8_valid(yg_buf_bytes(to)));
	CHECK(yg_bytes_find(yg_buf_bytes(to), YG_S("\xe2\x80\xae")) == SIZE_MAX);
	for (size_t i = 0; i + 2 < to->size; i++) {
		CHECK(to->data[i] >= 0x20 && to->data[i] != 0x7f);
		if (to->data[i] == '"')
			is_quoted = !is_quoted;
		cells += to->data[i] == ',' && !is_quoted;
	}
	CHECK(cells == 12);
	CHECK(yg_bytes_ends(yg_buf_bytes(to), YG_S("\r\n")));
}

static const struct check_case cases[] = {
	CASE(header),
	CASE(rows),
	CASE(formulas_are_made_text),
	CASE(hostile_texts_end_no_cell_and_no_row),
};
CHECK_MAIN(cases)
