/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/community.h"

#include <stdlib.h>

#include "../check.h"
#include "base/alloc.h"
#include "parse/csv.h"

#define HEAD	  "id,name_ja,name_en,sector,provider,contact_mail,deputy_mail\n"
#define RELATIONS "supplier,buyer,secret_data,business_stop,system_access,consent\n"

static struct yg_arena *arena;
static struct yg_community community;
static struct yg_row_faults faults;

static struct yg_table table_of(const char *text)
{
	struct yg_line_fault fault;
	struct yg_table table = {0};

	if (yg_csv_read(yg_bytes_str(text), arena, &table, &fault) != YG_OK)
		abort();
	return table;
}

static int members(const char *text)
{
	struct yg_table table;

	arena = yg_arena_free(arena);
	arena = yg_arena_new(64u << 20);
	faults = (struct yg_row_faults){0};
	table = table_of(text);
	return yg_members_read(&table, true, arena, &community, &faults);
}

static int relations(const char *text)
{
	struct yg_table table = table_of(text);

	faults = (struct yg_row_faults){0};
	return yg_relations_read(&table, arena, &community, &faults);
}

static bool is_fault(uint32_t at, enum yg_row_wrong wrong, uint32_t line, const char *column)
{
	const struct yg_row_fault *one = &faults.items[at];

	return at < faults.count && one->wrong == wrong && one->line == line &&
	       strcmp(one->column, column) == 0;
}

static void reads_members_by_id(void)
{
	CHECK(members(HEAD "b,部品,Parts,製造,msp,desk@b.example,\na,,,,,,\nB,,,,,,\n") == YG_OK);
	CHECK(community.member_count == 3 && faults.total == 0);
	CHECK_TEXT(community.members[0].id, "B");
	CHECK_TEXT(community.members[2].id, "b");
	CHECK_TEXT(community.members[2].sector, "製造");
	CHECK(community.members[2].line == 2);
	CHECK(yg_community_find(&community, YG_S("a")) == 1);
	CHECK(yg_community_find(&community, YG_S("c")) == YG_MEMBER_NONE);
	CHECK(yg_community_find(&community, YG_S("")) == YG_MEMBER_NONE);
}

/* A column that may be missing, or empty; in any letter case. */
static void reads_the_language_of_mails(void)
{
	CHECK(members("id,name_ja,name_en,sector,provider,contact_mail,deputy_mail,Language\n"
		      "a,,,,,,,JA\nb,,,,,,,en\nc,,,,,,,\n") == YG_OK);
	CHECK_TEXT(community.members[0].language, "ja");
	CHECK_TEXT(community.members[1].language, "en");
	CHECK(community.members[2].language.size == 0);
	CHECK(members(HEAD "a,,,,,,\n") == YG_OK && community.members[0].language.size == 0);
	CHECK(members("id,name_ja,name_en,sector,provider,contact_mail,deputy_mail,language\n"
		      "a,,,,,,,\nb,,,,,,,fr\nc,,,,,,,japanese\n") == YG_EFORMAT);
	CHECK(faults.total == 2 && is_fault(0, YG_ROW_NO_LANGUAGE, 3, "language"));
	CHECK(is_fault(1, YG_ROW_TOO_LONG, 4, "language") ||
	      is_fault(1, YG_ROW_NO_LANGUAGE, 4, "language"));
}

static void tells_every_fault_of_members(void)
{
	CHECK(members(HEAD "a,,,,,not mail,\n,x,,,,,\na,,,,,,\nb,\"x\ny\",,,,,\nc,,,,,,,more\n") ==
	      YG_EFORMAT);
	CHECK(faults.total == 5 && faults.count == 5);
	CHECK(is_fault(0, YG_ROW_NO_MAIL, 2, "contact_mail"));
	CHECK(is_fault(1, YG_ROW_EMPTY, 3, "id"));
	CHECK(is_fault(2, YG_ROW_DOUBLE_ID, 4, "id") && faults.items[2].number == 2);
	CHECK(is_fault(3, YG_ROW_NO_TEXT, 5, "name_ja"));
	CHECK(is_fault(4, YG_ROW_TOO_WIDE, 7, ""));
	/* What would turn or break the line that it stands in; signs beside those are texts. */
	CHECK(members(HEAD
		      "a,x\xe2\x80\xaey,,,,,\nb,,x\xe2\x80\xa8y,,,,\nc,,x\xe2\x81\xa6y,,,,\n"
		      "d,\xe2\x80\xa6\xe2\x80\x93\xe2\x80\x99\xe2\x81\xaa,,,,,\n") == YG_EFORMAT);
	CHECK(faults.total == 3 && is_fault(0, YG_ROW_NO_TEXT, 2, "name_ja"));
	CHECK(is_fault(1, YG_ROW_NO_TEXT, 3, "name_en") &&
	      is_fault(2, YG_ROW_NO_TEXT, 4, "name_en"));
	CHECK(members("id,name_ja,name_en,sector,contact_mail,deputy_mail,ID\na\n") == YG_EFORMAT);
	CHECK(is_fault(0, YG_ROW_DOUBLE_COLUMN, 1, "id"));
	CHECK(is_fault(1, YG_ROW_NO_COLUMN, 1, "provider"));
	CHECK(members("") == YG_EFORMAT && faults.total == 7);
}

static void reads_relations_by_pair(void)
{
	CHECK(members(HEAD "a,,,,,,\nb,,,,,,\nc,,,,,,\n") == YG_OK);
	CHECK(relations(RELATIONS "c,a,Yes,no,NO,ask\na,b,no,yes,yes,Named\nb,a,no,no,no,"
				  "anonymous\n") == YG_OK);
	CHECK(community.relation_count == 3 && community.relations[0].supplier == 0);
	CHECK(community.relations[0].answers ==
	      (YG_ANSWER_BUSINESS_STOP | YG_ANSWER_SYSTEM_ACCESS));
	CHECK(community.relations[0].naming == YG_NAMING_NAMED);
	CHECK(community.relations[2].supplier == 2 && community.relations[2].line == 2);
	CHECK(community.relations[2].answers == YG_ANSWER_SECRET_DATA);
}

static void tells_every_fault_of_relations(void)
{
	CHECK(members(HEAD "a,,,,,,\nb,,,,,,\n") == YG_OK);
	CHECK(relations(RELATIONS "a,b,yes,no,no,ask\na,a,yes,no,no,ask\nx,b,yes,no,no,ask\n"
				  "b,a,maybe,,no,perhaps\na,b,no,no,no,ask\n") == YG_EFORMAT);
	CHECK(faults.total == 6 && community.relation_count == 5);
	CHECK(is_fault(0, YG_ROW_SELF, 3, "buyer"));
	CHECK(is_fault(1, YG_ROW_UNKNOWN, 4, "supplier"));
	CHECK(is_fault(2, YG_ROW_NO_ANSWER, 5, "secret_data"));
	CHECK(is_fault(3, YG_ROW_EMPTY, 5, "business_stop"));
	CHECK(is_fault(4, YG_ROW_NO_CONSENT, 5, "consent"));
	CHECK(is_fault(5, YG_ROW_DOUBLE_PAIR, 6, "") && faults.items[5].number == 2);
}

static void keeps_so_many_faults_and_counts_the_others(void)
{
	static char text[200000] = HEAD;
	size_t size = strlen(text);

	for (uint32_t i = 0; i < 3000; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, ",x,,,,,\n");
	CHECK(members(text) == YG_EFORMAT);
	CHECK(faults.total == 3000 && faults.count == YG_ROW_FAULTS_MAX);
	CHECK(faults.items[999].line == 1001);
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(reads_members_by_id),
		CASE(reads_the_language_of_mails),
		CASE(tells_every_fault_of_members),
		CASE(reads_relations_by_pair),
		CASE(tells_every_fault_of_relations),
		CASE(keeps_so_many_faults_and_counts_the_others),
	};
	int status = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_arena_free(arena);
	return status;
}
