/* SPDX-License-Identifier: Apache-2.0 */
/* What a query process writes is taken for hostile: rows and ends that are none are refused. */
#include "app/query_wire.h"

#include "../check.h"

static void test_rows(void)
{
	struct yg_check_row rows[] = {
		{YG_S("PC-1"), YG_S("無効"), YG_CHECK_ALARM},
		{YG_S("PC-2"), {0}, YG_CHECK_OK},
	};
	struct yg_check_row back;
	struct yg_bytes rest;
	struct yg_buf wire;

	yg_buf_init(&wire, 4096);
	yg_query_wire_add_row(&wire, &rows[0]);
	yg_query_wire_add_row(&wire, &rows[1]);
	rest = yg_buf_bytes(&wire);
	CHECK(yg_query_wire_row(&rest, &back) == YG_OK && back.check == YG_CHECK_ALARM);
	CHECK_TEXT(back.resource, "PC-1");
	CHECK_TEXT(back.reason, "無効");
	CHECK(yg_query_wire_row(&rest, &back) == YG_OK && back.reason.size == 0);
	CHECK(yg_query_wire_row(&rest, &back) == YG_EEND);
	/* Cut anywhere: never more than the whole rows before the cut. */
	for (size_t size = 0; size < wire.size; size++) {
		int rc;

		rest = (struct yg_bytes){wire.data, size};
		while ((rc = yg_query_wire_row(&rest, &back)) == YG_OK)
			;
		CHECK(rc == (size == 0 || size == 5 + 4 + 6 ? YG_EEND : YG_EFORMAT));
	}
	wire.data[0] = YG_CHECK_ERROR + 1;
	rest = yg_buf_bytes(&wire);
	CHECK(yg_query_wire_row(&rest, &back) == YG_EFORMAT);
	wire.data[0] = YG_CHECK_OK;
	wire.data[5] = 0xff; /* not UTF-8 */
	CHECK(yg_query_wire_row(&rest, &back) == YG_EFORMAT);
	wire.data[5] = 'P';
	wire.data[2] = 0xff; /* a size beyond all bounds */
	CHECK(yg_query_wire_row(&rest, &back) == YG_EFORMAT);
	yg_buf_done(&wire);
}

static void test_done(void)
{
	struct yg_query_done done = {.tables = 5};
	struct yg_query_done back;
	struct yg_buf wire;
	int code;

	yg_buf_init(&wire, 4096);
	yg_query_wire_add_done(&wire, YG_OK, &done);
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_OK);
	CHECK(code == YG_OK && back.tables == 5 && back.refusal[0] == 0);
	for (size_t size = 0; size < wire.size; size++)
		CHECK(yg_query_wire_done((struct yg_bytes){wire.data, size}, &code, &back) ==
		      YG_EFORMAT);
	yg_buf_add_str(&wire, "success with a reason");
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_EFORMAT);
	yg_buf_reset(&wire);
	yg_query_wire_add_done(&wire, YG_EACCES, &done);
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_EFORMAT);
	yg_buf_add_str(&wire, "reads table x");
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_OK);
	CHECK(code == YG_EACCES && strcmp(back.refusal, "reads table x") == 0);
	yg_buf_add_str(&wire, "\n");
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_EFORMAT);
	for (int i = 0; i < 300; i++)
		yg_buf_add_str(&wire, "x");
	CHECK(yg_query_wire_done(yg_buf_bytes(&wire), &code, &back) == YG_EFORMAT);
	yg_buf_done(&wire);
}

static const struct check_case cases[] = {CASE(test_rows), CASE(test_done)};

CHECK_MAIN(cases)
