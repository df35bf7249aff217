/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/indicator_list.h"

#include <stdlib.h>

#include "../check.h"
#include "base/buf.h"
#include "base/clock.h"

static struct yg_buf got;

static int tell(void *arg, uint32_t line, const struct yg_indicator_record *r)
{
	char until[YG_ISO_SIZE] = "-";

	(void)arg;
	if (r->valid_until_ns != INT64_MAX)
		(void)yg_time_iso(r->valid_until_ns, 0, until);
	yg_buf_addf(&got, "%u %.*s [%.*s] %s/%s %u %s (%.*s)\n", line, YG_FMT(r->value),
		    YG_FMT(r->source), yg_tlp_name(r->marking), yg_pap_name(r->pap), r->confidence,
		    until, YG_FMT(r->comment));
	return YG_OK;
}

static void doubt(void *arg, uint32_t line, struct yg_bytes cell, const char *what)
{
	(void)arg;
	(void)what;
	yg_buf_addf(&got, "%u? %.*s\n", line, YG_FMT(cell));
}

static const char *read_text(const char *text)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_line_fault fault;
	int rc;

	yg_buf_reset(&got);
	rc = yg_indicator_list_read(yg_bytes_str(text), arena, tell, doubt, NULL, &fault);
	yg_buf_add_byte(&got, 0);
	(void)yg_arena_free(arena);
	return rc == YG_OK ? (const char *)got.data : "fault";
}

static bool is(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	fprintf(stderr, "got\n%s\nnot\n%s\n", a, b);
	return false;
}

static void all_columns_are_carried(void)
{
	CHECK(is(read_text("Value,Source,TLP,PAP,Confidence,Valid_Until,Comment\n"
			   "192.0.2.1,feed,TLP:AMBER+STRICT,PAP:RED,80,2027-03-31,\"a, b\"\n"
			   "\n"
			   "example.org,,white,green,high,2026-11-21T08:00:00+09:00,\n"
			   "hxxp://x[.]example/,,,,,,\n"),
		 "2 192.0.2.1 [feed] amber+strict/red 80 2027-04-01T00:00:00Z (a, b)\n"
		 "4 example.org [] clear/green 85 2026-11-20T23:00:00Z ()\n"
		 "5 hxxp://x[.]example/ [] / 0 - ()\n"));
	CHECK(is(
		read_text(
			"\xe6\x8c\x87\xe6\xa8\x99;\xe5\x87\xba\xe5\x85\xb8;"
			"\xe6\x9c\x89\xe5\x8a\xb9\xe6\x9c\x9f\xe9\x99\x90\n1.2.3.4;A;2026-01-01\n"),
		"2 1.2.3.4 [A] / 0 2026-01-02T00:00:00Z ()\n"));
}

static void doubt_is_told_and_taken_carefully(void)
{
	CHECK(is(read_text("ioc,tlp,pap,confidence,expires\nx,violet,blue,101,soon\n"),
		 "2? 101\n2? soon\n2? violet\n2? blue\n2 x [] red/red 0 - ()\n"));
}

static void what_says_only_values_is_no_table(void)
{
	CHECK(!yg_indicator_list_is_table(YG_S("192.0.2.1\n192.0.2.2\n")));
	CHECK(!yg_indicator_list_is_table(YG_S("value,comment\nx,y\n")));
	CHECK(!yg_indicator_list_is_table(YG_S("# value,tlp\n")));
	CHECK(!yg_indicator_list_is_table(YG_S("")));
	CHECK(!yg_indicator_list_is_table(YG_S("tlp,confidence\n")));
	CHECK(yg_indicator_list_is_table(YG_S("ip;tlp")));
	CHECK(is(read_text("value,tlp\n\"x"), "fault"));
}

static void validity_ends_with_its_moment(void)
{
	struct yg_indicator_record record = {.valid_until_ns = 100};

	CHECK(yg_indicator_is_valid(&record, 99) && !yg_indicator_is_valid(&record, 100));
	record.valid_until_ns = INT64_MAX;
	CHECK(yg_indicator_is_valid(&record, INT64_MAX - 1));
}

static const struct check_case cases[] = {
	CASE(all_columns_are_carried),
	CASE(doubt_is_told_and_taken_carefully),
	CASE(what_says_only_values_is_no_table),
	CASE(validity_ends_with_its_moment),
};

int main(void)
{
	int status;

	yg_buf_init(&got, 1u << 20);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_buf_done(&got);
	return status;
}
