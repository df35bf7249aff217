/* SPDX-License-Identifier: Apache-2.0 */
/* test_form FOLDER: a filled form as JSON, table and page; nothing in it becomes markup. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#include "render/form.h"

#include "../check.h"
#include "../forms_kit.h"
#include "base/json.h"
#include "model/day.h"
#include "parse/workbook.h"

#define EVIL "<script>x</script>\"&'"

static const char *folder;
static struct yg_filled_row rows[] = {
	{.kind = YG_FILLED_PART},
	{.kind = YG_FILLED_FIELD, .is_needed = true, .is_missing = true},
	{.kind = YG_FILLED_FIELD},
	{.kind = YG_FILLED_PARAGRAPH, .is_needed = true},
};
static struct yg_filled filled;
static struct yg_buf out;

static bool begin(const char *form)
{
	if (!kit_load(folder))
		return false;
	rows[0].label = YG_S("Part " EVIL);
	rows[1].path = YG_S("event.type");
	rows[1].label = YG_S("Type");
	rows[1].json = YG_S("null");
	rows[2].path = YG_S("damage.services");
	rows[2].label = YG_S("Services");
	rows[2].value = YG_S("=1+1\n" EVIL "\xe2\x80\xae");
	rows[2].json = YG_S("[1]");
	rows[3].value = YG_S("A paragraph");
	filled = (struct yg_filled){.form = yg_form_find(kit_forms, yg_bytes_str(form)),
				    .lang = YG_LANG_JA,
				    .record = YG_S("i-1"),
				    .tlp = YG_S("amber+strict"),
				    .version = 3,
				    .today = yg_day_read(YG_S("2026-11-26")),
				    .rows = rows,
				    .row_count = 4,
				    .missing = 1,
				    .due_count = 1};
	filled.due[0] = (struct yg_filled_due){.from = filled.today - 2,
					       .aim = filled.today,
					       .latest = filled.today + 2,
					       .left = 2,
					       .state = YG_DUE_OPEN,
					       .from_path = YG_S("event.known")};
	yg_buf_init(&out, 1u << 20);
	return filled.form != NULL;
}

static void end(void)
{
	yg_buf_done(&out);
	kit_end();
}

static bool has(const char *text)
{
	return yg_bytes_find(yg_buf_bytes(&out), yg_bytes_str(text)) != SIZE_MAX;
}

static void writes_json(void)
{
	struct yg_fault fault;
	json_t *tree = NULL;

	CHECK(begin("personal-data"));
	yg_filled_json(&out, &filled);
	CHECK(yg_buf_error(&out) == YG_OK);
	CHECK(yg_json_load(yg_buf_bytes(&out), 1u << 20, &tree, &fault) == YG_OK);
	CHECK_TEXT(yg_json_text(tree, "stage_title"), "速報");
	CHECK(yg_json_int(tree, "missing", 0) == 1 && yg_json_int(tree, "version", 0) == 3);
	CHECK(json_array_size(json_object_get(tree, "items")) == 4);
	CHECK(json_is_array(
		json_object_get(json_array_get(json_object_get(tree, "items"), 2), "value")));
	CHECK_TEXT(yg_json_text(json_array_get(json_object_get(tree, "deadlines"), 0), "latest"),
		   "2026-11-28");
	json_decref(tree);
	end();
}

static void writes_a_page_without_markup_of_others(void)
{
	CHECK(begin("sector-report"));
	yg_filled_page(&out, &filled);
	CHECK(yg_buf_error(&out) == YG_OK);
	CHECK(!has("<script") && !has("\xe2\x80\xae") && has("&lt;script&gt;"));
	CHECK(has("lang=ja") && has("TLP:AMBER+STRICT") && has("default-src 'none'"));
	CHECK(has("=1+1<br>"));		  /* a list by lines */
	CHECK(has("<p class=practice>")); /* a draft */
	filled.missing = 0;
	yg_buf_reset(&out);
	yg_filled_page(&out, &filled);
	CHECK(!has("<p class=practice>"));
	end();
}

/* What everybody reads has no marking and no word of an office. */
static void writes_a_letter(void)
{
	CHECK(begin("public-statement"));
	filled.heading = YG_S("Heading");
	yg_filled_page(&out, &filled);
	CHECK(has("<h1>Heading</h1>") && !has("TLP") && !has("<footer") && has("<p>A paragraph"));
	end();
}

static void writes_tables(void)
{
	struct yg_line_fault fault;
	struct yg_table table;

	CHECK(begin("sector-report"));
	CHECK(yg_filled_sheet(&out, &filled, YG_SHEET_CSV) == YG_OK);
	CHECK(has("\"'=1+1 / ") && has("\xef\xbb\xbf"));
	yg_buf_reset(&out);
	CHECK(yg_filled_sheet(&out, &filled, YG_SHEET_WORKBOOK) == YG_OK);
	CHECK(yg_workbook_table(yg_buf_bytes(&out), kit_arena, &table, &fault) == YG_OK);
	CHECK(table.header.count == 4);
	CHECK_TEXT(yg_table_cell(&table.rows[table.row_count - 2], 1), "Services");
	CHECK(yg_bytes_starts(yg_table_cell(&table.rows[table.row_count - 2], 3), YG_S("=1+1\n")));
	end();
}

static void says_a_deadline_in_words(void)
{
	CHECK(begin("personal-data"));
	yg_filled_due_words(&out, &filled.due[0], YG_LANG_EN);
	CHECK_TEXT(yg_buf_bytes(&out), "by 2026-11-26, at the latest 2026-11-28; 2 days left");
	filled.due[0].left = -1;
	filled.due[0].aim = filled.due[0].latest;
	yg_buf_reset(&out);
	yg_filled_due_words(&out, &filled.due[0], YG_LANG_EN);
	CHECK_TEXT(yg_buf_bytes(&out), "by 2026-11-28; over by 1 day");
	filled.due[0].state = YG_DUE_UNKNOWN;
	yg_buf_reset(&out);
	yg_filled_due_words(&out, &filled.due[0], YG_LANG_EN);
	CHECK_TEXT(yg_buf_bytes(&out), "counted from event.known, which is not filled in");
	end();
}

int main(int argc, char **argv)
{
	static const struct check_case cases[] = {
		CASE(writes_json), CASE(writes_a_page_without_markup_of_others),
		CASE(writes_a_letter), CASE(writes_tables), CASE(says_a_deadline_in_words)};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
