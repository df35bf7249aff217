/* SPDX-License-Identifier: Apache-2.0 */
/* Records counted by fiscal year, quarter and month; what is wrong with a line; pieces cut
 * anywhere. */
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "share/statistics.h"

static int add_row(void *arg, const struct yg_statistics_row *row)
{
	struct yg_buf *to = arg;

	yg_buf_addf(to, "%s %d %d %llu;", yg_statistics_kind_name(row->kind), (int)row->by[0],
		    (int)row->by[1], (unsigned long long)row->count);
	return yg_buf_error(to);
}

static struct yg_statistics *read_text(const char *text, int *ret_rc)
{
	struct yg_statistics *s = yg_statistics_new();

	*ret_rc = s ? yg_statistics_feed(s, yg_bytes_str(text)) : YG_ENOMEM;
	if (s && (*ret_rc == YG_OK || *ret_rc == YG_ELIMIT))
		*ret_rc = yg_statistics_end(s);
	return s;
}

/* The rows of @text by @by, one behind the other in @to. */
static int rows_of(const char *text, const char *by, bool with_zeros, struct yg_buf *to)
{
	struct yg_statistics_order order;
	struct yg_bytes word;
	struct yg_statistics *s;
	int rc;

	if (yg_statistics_order_read(yg_bytes_str(by), &order, &word) != YG_OK)
		return YG_EINVAL;
	s = read_text(text, &rc);
	if (rc == YG_OK)
		rc = yg_statistics_rows(s, &order, with_zeros, add_row, to);
	yg_statistics_free(s);
	return rc;
}

#define CHECK_ROWS(text, by, with_zeros, wanted)                                                   \
	do {                                                                                       \
		struct yg_buf check_to;                                                            \
		yg_buf_init(&check_to, 4096);                                                      \
		int check_rc = rows_of(text, by, with_zeros, &check_to);                           \
		yg_buf_add_byte(&check_to, 0);                                                     \
		int check_order = strcmp((const char *)check_to.data, wanted);                     \
		if (check_order)                                                                   \
			fprintf(stderr, "%s\n", (const char *)check_to.data);                      \
		yg_buf_done(&check_to);                                                            \
		CHECK(check_rc == YG_OK);                                                          \
		CHECK(check_order == 0);                                                           \
	} while (0)

#define REPORT(id, date)    "{\"id\":\"" id "\",\"kind\":\"report\",\"date\":\"" date "\"}\n"
#define PROVISION(id, date) "{\"id\":\"" id "\",\"kind\":\"provision\",\"date\":\"" date "\"}\n"

static void the_year_begins_in_april(void)
{
	CHECK_ROWS(REPORT("1", "2023-03-31") REPORT("2", "2023-04-01") REPORT("3", "2023-06-30")
			   REPORT("4", "2023-07-01") REPORT("5", "2023-12-31")
				   REPORT("6", "2024-01-01") REPORT("7", "2024-03-31"),
		   "fy,quarter", false,
		   "report 2022 4 1;report 2023 1 2;report 2023 2 1;report 2023 3 1;"
		   "report 2023 4 2;");
}

static void a_time_counts_as_japans_day(void)
{
	CHECK_ROWS(REPORT("1", "2023-03-31T14:59:59Z") REPORT("2", "2023-03-31T15:00:00Z")
			   REPORT("3", "2023-03-31T23:59:59+09:00") REPORT("4", "2023/4/1"),
		   "fy", false, "report 2022 0 2;report 2023 0 2;");
}

static void rows_come_as_they_are_asked_for(void)
{
	const char *text = PROVISION("1", "2023-05-01") REPORT("1", "2024-05-01")
		REPORT("2", "2023-05-31") "\n  \r\n" REPORT("3", "2024-06-01");

	CHECK_ROWS(text, "kind", false, "report 0 0 3;provision 0 0 1;");
	CHECK_ROWS(text, "quarter,fy", false,
		   "report 1 2023 1;report 1 2024 2;provision 1 2023 1;");
	CHECK_ROWS(text, "kind,month", false,
		   "report 24280 0 1;report 24292 0 1;report 24293 0 1;provision 24280 0 1;");
	CHECK_ROWS("", "fy,quarter", true, "");
}

static void periods_without_a_record_are_told_when_asked_for(void)
{
	CHECK_ROWS(REPORT("1", "2023-04-01") PROVISION("1", "2023-12-01"), "fy,quarter", true,
		   "report 2023 1 1;report 2023 2 0;report 2023 3 0;"
		   "provision 2023 1 0;provision 2023 2 0;provision 2023 3 1;");
}

static void what_to_count_by_is_checked(void)
{
	static const char *const bad[] = {"",	       "fy,",  ",fy",	    "fy,fy",
					  "kind,kind", "year", "fy quarter"};
	struct yg_statistics_order order;
	struct yg_bytes word;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(yg_statistics_order_read(yg_bytes_str(bad[i]), &order, &word) == YG_EFORMAT);
	CHECK(yg_statistics_order_read(YG_S(" fy , kind,quarter,month"), &order, &word) == YG_OK);
	CHECK(order.count == 3 && order.by[2] == YG_STATISTICS_MONTH);
}

static void each_wrong_line_is_told(void)
{
	static const struct {
		const char *text;
		enum yg_statistics_wrong wrong;
	} lines[] = {
		{"{", YG_STATISTICS_NO_JSON},
		{"{\"id\":\"1\",\"id\":\"2\",\"kind\":\"report\",\"date\":\"2023-04-01\"}",
		 YG_STATISTICS_NO_JSON},
		{"[]", YG_STATISTICS_NO_OBJECT},
		{"{\"kind\":\"report\",\"date\":\"2023-04-01\"}", YG_STATISTICS_MISSING},
		{"{\"id\":\" \",\"kind\":\"report\",\"date\":\"2023-04-01\"}",
		 YG_STATISTICS_MISSING},
		{"{\"id\":\"1\",\"date\":\"2023-04-01\"}", YG_STATISTICS_MISSING},
		{"{\"id\":\"1\",\"kind\":\"Report\",\"date\":\"2023-04-01\"}",
		 YG_STATISTICS_NO_KIND},
		{"{\"id\":\"1\",\"kind\":\"report\"}", YG_STATISTICS_MISSING},
		{"{\"id\":\"1\",\"kind\":\"report\",\"date\":20230401}", YG_STATISTICS_MISSING},
		{"{\"id\":\"1\",\"kind\":\"report\",\"date\":\"2023-02-29\"}",
		 YG_STATISTICS_NO_DATE},
		{"{\"id\":\"1\",\"kind\":\"report\",\"date\":\"1969-12-31\"}",
		 YG_STATISTICS_NO_DATE},
		{"{\"id\":\"1\",\"kind\":\"report\",\"date\":\"3000-01-01\"}",
		 YG_STATISTICS_NO_DATE},
		{"{\"id\":\"1\",\"kind\":\"report\",\"date\":\"2023-04-01 later\"}",
		 YG_STATISTICS_NO_DATE},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct yg_statistics_fault *faults;
		struct yg_statistics *s;
		uint32_t count;
		char text[300];
		int rc;

		(void)snprintf(text, sizeof(text), "\xef\xbb\xbf%s%s", REPORT("fine", "2023-04-01"),
			       lines[i].text);
		s = read_text(text, &rc);
		CHECK(rc == YG_EFORMAT);
		CHECK(yg_statistics_faults(s, &faults, &count) == 1 && count == 1);
		CHECK(faults[0].line == 2 && faults[0].wrong == lines[i].wrong);
		yg_statistics_free(s);
	}
}

static void an_id_counts_once_in_its_kind(void)
{
	const struct yg_statistics_fault *faults;
	struct yg_statistics *s;
	uint32_t count;
	int rc;

	s = read_text(
		REPORT("1", "2023-04-01") PROVISION(
			"1", "2023-04-01") "{\"id\":1,\"kind\":\"report\",\"date\":\"2024-04-01\"}",
		&rc);
	CHECK(rc == YG_EFORMAT);
	CHECK(yg_statistics_faults(s, &faults, &count) == 1);
	CHECK(faults[0].wrong == YG_STATISTICS_DOUBLE && faults[0].line == 3 &&
	      faults[0].number == 1);
	yg_statistics_free(s);
}

static void long_lines_are_passed_over_whole(void)
{
	const struct yg_statistics_fault *faults;
	struct yg_statistics *s = yg_statistics_new();
	uint32_t count;

	CHECK(s);
	for (unsigned i = 0; i < YG_STATISTICS_LINE_MAX / 8 + 1; i++)
		CHECK(yg_statistics_feed(s, YG_S("{{{{{{{{")) == YG_OK);
	CHECK(yg_statistics_feed(s, YG_S("\n" REPORT("1", "2023-04-01"))) == YG_OK);
	CHECK(yg_statistics_end(s) == YG_EFORMAT);
	CHECK(yg_statistics_faults(s, &faults, &count) == 1);
	CHECK(faults[0].wrong == YG_STATISTICS_LONG_LINE && faults[0].line == 1);
	CHECK(yg_statistics_records(s) == 1);
	yg_statistics_free(s);
}

/* Many records, so that the table of ids grows; pieces of every size give the same. */
static void pieces_may_be_cut_anywhere(void)
{
	struct yg_buf text;

	yg_buf_init(&text, 1u << 20);
	for (unsigned i = 0; i < 5000; i++)
		yg_buf_addf(&text,
			    "{\"id\":\"r%u\",\"kind\":\"report\",\"date\":\"2023-%02u-15\"}\n", i,
			    4 + i % 9);
	for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
		struct yg_statistics *s = yg_statistics_new();
		struct yg_bytes rest = yg_buf_bytes(&text);

		CHECK(s);
		for (; rest.size > 0; rest = yg_bytes_from(rest, piece))
			CHECK(yg_statistics_feed(s, yg_bytes_cut(rest, 0, piece)) == YG_OK);
		CHECK(yg_statistics_end(s) == YG_OK);
		CHECK(yg_statistics_records(s) == 5000);
		yg_statistics_free(s);
	}
	yg_buf_done(&text);
}

static void no_memory_is_never_a_wrong_number(void)
{
	const char *text = REPORT("1", "2023-04-01") REPORT("2", "2023-05-01") "{";
	unsigned failures = 0;

	for (long at = 1; at < 200; at++) {
		const struct yg_statistics_fault *faults;
		struct yg_statistics *s;
		uint32_t count;
		int rc;

		yg_fail_at = at;
		s = read_text(text, &rc);
		failures += yg_fail_at == 0 && rc == YG_ENOMEM;
		CHECK(rc == YG_ENOMEM || (rc == YG_EFORMAT && yg_statistics_records(s) == 2 &&
					  yg_statistics_faults(s, &faults, &count) == 1));
		yg_fail_at = 0;
		yg_statistics_free(s);
	}
	CHECK(failures > 3);
}

static const struct check_case cases[] = {
	CASE(the_year_begins_in_april),
	CASE(a_time_counts_as_japans_day),
	CASE(rows_come_as_they_are_asked_for),
	CASE(periods_without_a_record_are_told_when_asked_for),
	CASE(what_to_count_by_is_checked),
	CASE(each_wrong_line_is_told),
	CASE(an_id_counts_once_in_its_kind),
	CASE(long_lines_are_passed_over_whole),
	CASE(pieces_may_be_cut_anywhere),
	CASE(no_memory_is_never_a_wrong_number),
};

CHECK_MAIN(cases)
