/* SPDX-License-Identifier: Apache-2.0 */
/* Lists come in whole or not at all; values are understood as people write them. */
#include "store/inventory.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/crypt.h"
#include "store/inventory-int.h"
#include "table_text.h"

static char folder[] = "/tmp/yagura-inventory-XXXXXX";
static char path[64];
static struct yg_line_fault fault;
static struct yg_inventory_done done;

static int import_on(struct yg_inventory *inventory, const char *table, const char *text,
		     const char *day)
{
	struct yg_arena *arena = yg_arena_new(1u << 24);
	struct yg_table rows = table_text(yg_bytes_str(text), arena);
	char digest[YG_SHA256_HEX + 1];
	struct yg_inventory_in in = {.table = yg_bytes_str(table),
				     .rows = &rows,
				     .day = yg_day_read(yg_bytes_str(day)),
				     .source = YG_S("管理台帳"),
				     .sha256 = digest};
	int rc;

	yg_sha256_hex(yg_bytes_str(text), digest);
	fault = (struct yg_line_fault){0};
	rc = yg_inventory_import(inventory, &in, &done, &fault);
	(void)yg_arena_free(arena);
	return rc;
}

static int import(struct yg_inventory *inventory, const char *table, const char *text)
{
	return import_on(inventory, table, text, "2026-11-20");
}

static struct yg_inventory *open_fresh(void)
{
	struct yg_inventory *inventory = NULL;

	unlink(path);
	if (yg_inventory_open(path, true, &inventory) != YG_OK)
		abort();
	return inventory;
}

/* All rows of @sql as text, cells separated by |, rows by a blank. */
static void read_back(struct yg_inventory *inventory, const char *sql, char *to, size_t room)
{
	sqlite3_stmt *statement = NULL;
	size_t used = 0;

	to[0] = 0;
	if (sqlite3_prepare_v2(inventory->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return;
	while (sqlite3_step(statement) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(statement); i++) {
			const char *text = (const char *)sqlite3_column_text(statement, i);

			used += (size_t)snprintf(to + used, room - used, "%s%s", text ? text : "~",
						 i + 1 < sqlite3_column_count(statement) ? "|"
											 : " ");
		}
	sqlite3_finalize(statement);
}

#define CHECK_READS(sql, expected)                                                                 \
	do {                                                                                       \
		char read[2000];                                                                   \
		read_back(inventory, sql, read, sizeof(read));                                     \
		CHECK_TEXT(yg_bytes_str(read), expected);                                          \
	} while (0)

static void test_values(void)
{
	struct yg_inventory *inventory = open_fresh();

	CHECK(import(inventory, "Assets",
		     "端末名,種類,OS,サポート期限,適用範囲,使わない列\n"
		     "ＰＣ－００１,ノートパソコン,Windows 11,2027年10月12日,はい,x\n"
		     "pc-002,PC,,令和9年1月5日,,\n"
		     "SV1,サーバー,Debian 12,R10.6.30,×,\n"
		     "rt,ルーター,-,2026/1/2 13:00:00,不明,\n") == YG_OK);
	CHECK(done.rows == 4 && done.left_out == 1 && done.change == 1);
	CHECK_TEXT(yg_bytes_str(done.first_left_out), "使わない列");
	CHECK_READS("SELECT asset, kind, os, support_until, in_scope FROM assets",
		    "PC-001|pc|Windows 11|2027-10-12|1 pc-002|pc|~|2027-01-05|~ "
		    "SV1|server|Debian 12|2028-06-30|0 rt|boundary|~|2026-01-02|~ ");
	CHECK(import(inventory, "updates",
		     "asset,CVE,CVSS基本値,Mitigation in place,severity\n"
		     "a,CVE-1,９．８,○,重大\na,CVE-2,,◯,HIGH\na,CVE-3,7,No,\n") == YG_OK);
	CHECK_READS("SELECT vuln, cvss, mitigated, severity FROM updates",
		    "CVE-1|9.8|1|critical CVE-2|~|1|high CVE-3|7.0|0|~ ");
	CHECK(import(inventory, "seen", "ip,asset,kind\n10.0.0.1,-,不明\n") == YG_OK);
	CHECK_READS("SELECT address, asset, kind FROM seen", "10.0.0.1|~|~ ");
	CHECK(import(inventory, "boundaries", "asset,remote_admin\nFW,none\n") == YG_OK);
	CHECK_READS("SELECT remote_admin FROM boundaries", "off ");
	CHECK(import(inventory, "backups", "対象,取得間隔,保管日数\nfiles,７日,180\n") == YG_OK);
	CHECK_READS("SELECT target, every_days, keep_days FROM backups", "files|7|180 ");
	(void)yg_inventory_free(inventory);
}

#define CHECK_REFUSED(code_wanted, line_wanted, words)                                             \
	do {                                                                                       \
		CHECK(fault.code == (code_wanted));                                                \
		CHECK(fault.line == (line_wanted));                                                \
		if (!strstr(fault.msg, words))                                                     \
			fprintf(stderr, "\"%s\" lacks \"%s\"\n", fault.msg, words);                \
		CHECK(strstr(fault.msg, words));                                                   \
	} while (0)

static void test_refusals(void)
{
	struct yg_inventory *inventory = open_fresh();

	CHECK(import(inventory, "assets", "asset,kind\nA,pc\n") == YG_OK);
	CHECK(import(inventory, "nothing", "asset,kind\n") == YG_ENOENT);
	CHECK_REFUSED(YG_ENOENT, 0, "there is no list \"nothing\"");
	CHECK(import(inventory, "clock", "today\n") == YG_ENOENT);
	CHECK(import(inventory, "assets", "") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 0, "first line names the columns");
	CHECK(import(inventory, "assets", "asset,os\nB,x\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 1, "no column \"kind\" (or 種類)");
	CHECK(import(inventory, "assets", "asset,種類,kind\nB,pc,pc\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 1, "columns 2 and 3 (\"kind\") both mean \"kind\"");
	CHECK(import(inventory, "assets", "asset,kind\nB,pc\n,pc\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 3, "column \"asset\" is empty");
	CHECK(import(inventory, "assets", "asset,kind\nB,pc\nC,toaster\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 3, "column \"kind\": \"toaster\" is not one of the words");
	CHECK(import(inventory, "assets", "asset,kind,reviewed\nB,pc,4/1/2026\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 2, "\"4/1/2026\" is not a day such as");
	CHECK(import(inventory, "assets", "asset,kind,reviewed\nB,pc,2026-02-30\n") == YG_EFORMAT);
	CHECK(import(inventory, "assets", "asset,kind,in_scope\nB,pc,maybe\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 2, "\"maybe\" is not yes or no");
	CHECK(import(inventory, "updates", "asset,cve,cvss\nB,c,11\n") == YG_EFORMAT);
	CHECK(import(inventory, "updates", "asset,cve,cvss\nB,c,nan\n") == YG_EFORMAT);
	CHECK(import(inventory, "backups", "target,every_days\nB,-1\n") == YG_EFORMAT);
	CHECK(import(inventory, "assets", "asset,kind\nB,pc\nX,pc\nＢ,server\n") == YG_EDUPLICATE);
	CHECK_REFUSED(YG_EDUPLICATE, 4, "stands twice: also on line 2");
	CHECK(import(inventory, "assets", "asset,kind\n\xff\xfe,pc\n") == YG_EFORMAT);
	CHECK_REFUSED(YG_EFORMAT, 2, "UTF-8");
	CHECK(import(inventory, "protection", "asset,active\na,yes\nA,no\n") == YG_EDUPLICATE);
	CHECK(import_on(inventory, "assets", "asset,kind\nB,pc\n", "yesterday") == YG_EINVAL);
	/* After all of it the first list stands as it stood. */
	CHECK_READS("SELECT asset FROM assets", "A ");
	CHECK_READS("SELECT name, change FROM yg_lists", "assets|1 ");
	(void)yg_inventory_free(inventory);
}

static int count_view(void *arg, const struct yg_inventory_view *view)
{
	struct yg_buf *to = arg;

	if (view->change > 0)
		yg_buf_addf(to, "%s:%u rows, filled %x, change %u, %.*s, %zu digits; ", view->name,
			    view->rows, view->filled, (unsigned)view->change, YG_FMT(view->source),
			    view->sha256.size);
	else
		yg_buf_add_str(to, view->day == YG_DAY_NONE ? "." : "!");
	return view->column_count > 0 && view->title && view->help ? YG_OK : YG_EINVAL;
}

static void test_replace_and_list(void)
{
	struct yg_inventory *inventory = open_fresh();
	uint64_t changes[YG_INVENTORY_TABLES_MAX];
	uint64_t all;
	struct yg_buf text;

	CHECK(import(inventory, "assets", "asset,kind\nA,pc\nB,pc\n") == YG_OK);
	CHECK(import(inventory, "seen", "ip,last seen\n10.0.0.1,2026-11-01\n") == YG_OK);
	CHECK(import(inventory, "assets", "asset,kind\nB,server\n") == YG_OK);
	CHECK_READS("SELECT asset, kind FROM assets", "B|server ");
	CHECK(yg_inventory_changes(inventory, changes, &all) == YG_OK);
	CHECK(all == 3 && changes[yg_inventory_table(YG_S("assets"))] == 3 &&
	      changes[yg_inventory_table(YG_S("seen"))] == 2 &&
	      changes[yg_inventory_table(YG_S("software"))] == 0 &&
	      changes[yg_inventory_table(YG_S("lists"))] == 3);
	yg_buf_init(&text, 4096);
	CHECK(yg_inventory_list(inventory, count_view, &text) == YG_OK);
	CHECK_TEXT(
		yg_buf_bytes(&text),
		"assets:1 rows, filled 3, change 3, 管理台帳, 64 digits; ............seen:1 rows, "
		"filled 11, change 2, 管理台帳, 64 digits; ......");
	CHECK(yg_inventory_forget(inventory, YG_S("assets")) == YG_OK);
	CHECK(yg_inventory_forget(inventory, YG_S("lists")) == YG_ENOENT);
	CHECK_READS("SELECT asset FROM assets", "");
	CHECK_READS("SELECT name, taken, change FROM yg_lists", "assets|~|4 seen|2026-11-20|2 ");
	yg_buf_done(&text);
	(void)yg_inventory_free(inventory);
}

static void test_file(void)
{
	struct yg_inventory *inventory = open_fresh();
	struct yg_inventory *second = NULL;
	struct stat st;

	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(yg_inventory_open(path, true, &second) == YG_OK); /* already made */
	CHECK(import(second, "assets", "asset,kind\nA,pc\n") == YG_OK);
	CHECK_READS("SELECT asset FROM assets", "A ");
	(void)yg_inventory_free(second);
	/* Someone else's table, or a newer version: left alone. */
	CHECK(sqlite3_exec(inventory->db, "CREATE TABLE mine(a)", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(yg_inventory_open(path, true, &second) == YG_EFORMAT);
	CHECK(sqlite3_exec(inventory->db, "DROP TABLE mine; PRAGMA user_version = 2", NULL, NULL,
			   NULL) == SQLITE_OK);
	CHECK(yg_inventory_open(path, true, &second) == YG_EMISMATCH);
	CHECK(sqlite3_exec(inventory->db, "PRAGMA user_version = 1; PRAGMA application_id = 7",
			   NULL, NULL, NULL) == SQLITE_OK);
	CHECK(yg_inventory_open(path, true, &second) == YG_EFORMAT);
	(void)yg_inventory_free(inventory);
	unlink(path);
	CHECK(yg_inventory_open(path, false, &second) == YG_ENOENT);
	CHECK(access(path, F_OK) != 0);
}

/* Each name is found as it is written; it is in the list that it stands in. */
static bool are_found(const char *names)
{
	struct yg_bytes rest = yg_bytes_str(names);

	while (rest.size > 0) {
		size_t end = yg_bytes_chr(rest, '|');
		struct yg_bytes one = yg_bytes_cut(rest, 0, end);
		char alone[200];

		(void)snprintf(alone, sizeof(alone), "%.*s", YG_FMT(one));
		if (!yg_inventory_is_one_of(one, alone)) {
			fprintf(stderr, "\"%s\" is not found\n", alone);
			return false;
		}
		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
	}
	return true;
}

static void test_names_are_found(void)
{
	for (uint32_t t = 0; t < yg_inventory_def_count; t++)
		for (uint32_t i = 0; i < yg_inventory_defs[t].column_count; i++) {
			const struct yg_inventory_column *column = &yg_inventory_defs[t].columns[i];

			CHECK(are_found(column->name) && are_found(column->synonyms));
			for (const struct yg_inventory_word *word = column->words;
			     word && word->word; word++)
				CHECK(are_found(word->word) && are_found(word->synonyms));
		}
}

/* One name means one column: within a table no header name may be claimed twice. */
static void test_names_are_clear(void)
{
	for (uint32_t t = 0; t < yg_inventory_def_count; t++) {
		const struct yg_inventory_def *def = &yg_inventory_defs[t];

		for (uint32_t i = 0; i < def->column_count; i++)
			for (uint32_t k = 0; k < def->column_count; k++) {
				struct yg_bytes rest = yg_bytes_str(def->columns[i].synonyms);

				while (k != i && rest.size > 0) {
					size_t end = yg_bytes_chr(rest, '|');
					struct yg_bytes one = yg_bytes_cut(rest, 0, end);

					if (yg_inventory_is_one_of(one, def->columns[k].name) ||
					    yg_inventory_is_one_of(one, def->columns[k].synonyms))
						fprintf(stderr, "%s: \"%.*s\" is %s and %s\n",
							def->name, YG_FMT(one),
							def->columns[i].name, def->columns[k].name);
					CHECK(!yg_inventory_is_one_of(one, def->columns[k].name) &&
					      !yg_inventory_is_one_of(one,
								      def->columns[k].synonyms));
					rest = end == SIZE_MAX ? (struct yg_bytes){0}
							       : yg_bytes_from(rest, end + 1);
				}
			}
	}
}

static void test_guess(void)
{
	struct yg_arena *arena = yg_arena_new(1u << 20);
	static const struct {
		const char *header;
		const char *table;
	} heads[] = {
		{"端末名,種類,OS,製造元", "assets"},
		{"コンピューター名,リアルタイム保護,パターンファイル,最終スキャン日", "protection"},
		{"asset,cve,cvss,published,applied", "updates"},
		{"システム,ユーザーID,氏名,多要素認証", "accounts"},
		{"氏名,研修,受講日", "training"},
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct yg_table rows = table_text(yg_bytes_str(heads[i].header), arena);

		CHECK(yg_inventory_guess(&rows) ==
		      yg_inventory_table(yg_bytes_str(heads[i].table)));
	}
	struct yg_table none = table_text(YG_S("apples,pears"), arena);
	CHECK(yg_inventory_guess(&none) == UINT32_MAX);
	(void)yg_arena_free(arena);
}

/* The line at @line ends with the names, separated by commas there and by | in @synonyms. */
static bool names_synonyms(const char *line, const char *synonyms)
{
	char wanted[2000];
	size_t used = 0;
	struct yg_bytes whole =
		yg_bytes_cut(yg_bytes_str(line), 0, yg_bytes_chr(yg_bytes_str(line), '\n'));
	bool is_there;

	for (; *synonyms && used < sizeof(wanted) - 8; synonyms++)
		used += (size_t)snprintf(wanted + used, sizeof(wanted) - used, "%s",
					 *synonyms == '|' ? ", " : (char[]){*synonyms, 0});
	(void)snprintf(wanted + used, sizeof(wanted) - used, " |");
	is_there = yg_bytes_ends(whole, yg_bytes_str(wanted));
	if (!is_there)
		fprintf(stderr, "docs/inventory.md: \"%.*s\" should end with \"%s\"\n",
			YG_FMT(whole), wanted);
	return is_there;
}

/* docs/inventory.md names every column and every other name a header may have. */
static void test_page(void)
{
	const char *page = getenv("YAGURA_INVENTORY_PAGE");
	FILE *file = page ? fopen(page, "r") : NULL;
	static char text[200000];
	size_t size;

	CHECK(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	CHECK(size < sizeof(text) - 1);
	for (uint32_t t = 0; t < yg_inventory_def_count; t++) {
		const struct yg_inventory_def *def = &yg_inventory_defs[t];
		char wanted[1000];
		char *at;

		(void)snprintf(wanted, sizeof(wanted), "\n## %s\n", def->name);
		at = strstr(text, wanted);
		if (!at)
			fprintf(stderr, "docs/inventory.md has no \"## %s\"\n", def->name);
		CHECK(at);
		for (uint32_t i = 0; i < def->column_count; i++) {
			(void)snprintf(wanted, sizeof(wanted), "\n| `%s` |", def->columns[i].name);
			at = strstr(at, wanted);
			if (!at)
				fprintf(stderr, "%s lacks %s\n", def->name, def->columns[i].name);
			CHECK(at);
			CHECK(names_synonyms(at + 1, def->columns[i].synonyms));
		}
	}
}

static const struct check_case cases[] = {
	CASE(test_values),	     CASE(test_refusals),
	CASE(test_replace_and_list), CASE(test_file),
	CASE(test_names_are_clear),  CASE(test_guess),
	CASE(test_names_are_found),  CASE(test_page),
};

int main(void)
{
	int failed;

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/f.facts", folder);
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	unlink(path);
	rmdir(folder);
	return failed;
}
