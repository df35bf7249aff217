/* SPDX-License-Identifier: Apache-2.0 */
/* The month as a page: its parts, in both languages; what an attacker named stays text; empty ones.
 */
#include "render/month.h"

#include "../check.h"
#include "base/buf.h"

static struct yg_month month;

static void fill(void)
{
	month = (struct yg_month){.org = "acme",
				  .name = "Acme <script>alert(1)</script> & \"Co\"",
				  .year = 2026,
				  .month = 3,
				  .is_over = true,
				  .has_seen = true,
				  .records = 1234567,
				  .record_days = 30,
				  .findings = 42,
				  .alerts = 7,
				  .removed = 4,
				  .situations = 6,
				  .open = 2,
				  .resolved = 3,
				  .by_severity = {0, 1, 2, 2, 1},
				  .top_count = 1,
				  .has_warned = true,
				  .notices = 1,
				  .warnings = 2,
				  .acted = 1,
				  .told_count = 1,
				  .cases = 2,
				  .has_views = true,
				  .views = 5,
				  .has_sensors = true,
				  .sensors = {1, 1, 0, 0, 1},
				  .shown_count = 1};
	(void)snprintf(month.top[0].what[YG_LANG_EN], YG_MONTH_WORDS, "<b>one</b> address");
	(void)snprintf(month.top[0].what[YG_LANG_JA], YG_MONTH_WORDS, "同じ送信元");
	month.top[0].severity = YG_LEVEL_CRITICAL;
	(void)snprintf(month.told[0].number, sizeof(month.told[0].number), "2026-0017");
	(void)snprintf(month.told[0].state, sizeof(month.told[0].state), "acted");
	(void)snprintf(month.told[0].kind, sizeof(month.told[0].kind), "warning");
	(void)snprintf(month.told[0].acted, YG_MONTH_WORDS, "blocked\x1b[31m\xe2\x80\xae it");
	(void)snprintf(month.shown[0].host, YG_MONTH_WORDS, "web<1>");
	month.shown[0].heard_ns = YG_TIME_NONE;
	month.steps[YG_MONTH_STEP_READ] = 2;
}

static struct yg_buf page;

static bool has(const char *text)
{
	return yg_bytes_find(yg_buf_bytes(&page), yg_bytes_str(text)) != SIZE_MAX;
}

static void write_page(enum yg_lang lang)
{
	yg_buf_done(&page);
	yg_buf_init(&page, 1u << 20);
	yg_month_page(&page, &month, lang);
	CHECK(yg_buf_error(&page) == YG_OK);
}

static void all_of_it_in_both_languages(void)
{
	fill();
	write_page(YG_LANG_EN);
	CHECK(has("<html lang=en>") && has("Report of the month 2026-03") && has("1,234,567"));
	CHECK(has("What we saw") && has("What you were told") && has("What was done") &&
	      has("How the sensors are") && has("What to do next"));
	CHECK(has("5 more are in the console") && has("2026-0017"));
	write_page(YG_LANG_JA);
	CHECK(has("<html lang=ja>") && has("2026年3月の報告") && has("同じ送信元") &&
	      has("次にすること"));
	/* It is over, and something waits. */
	CHECK(!has("まだ続いています") && !has("待っていることはありません"));
	yg_buf_done(&page);
}

static void what_others_named_stays_text(void)
{
	fill();
	write_page(YG_LANG_EN);
	CHECK(!has("<script") && has("&lt;script&gt;") && !has("<b>") && !has("web<1>"));
	CHECK(!has("\x1b") && !has("\xe2\x80\xae") && has("blocked"));
	CHECK(!has("href") && !has("src=") && !has("http:") && !has("https:"));
	yg_buf_done(&page);
}

static void nothing_is_said_plainly(void)
{
	month = (struct yg_month){
		.name = "Acme", .year = 2026, .month = 2, .has_seen = true, .is_over = true};
	month.steps[YG_MONTH_STEP_NOTHING] = 1;
	write_page(YG_LANG_EN);
	CHECK(has("An empty month") && has("nobody was looking") && has("Nothing waits for you"));
	CHECK(has("may not read warnings") && has("may not see sensors"));
	month.has_warned = month.has_sensors = true;
	month.has_seen = false;
	write_page(YG_LANG_EN);
	CHECK(has("there is no detection here yet") && has("There is no sensor") &&
	      has("No notice and no warning"));
	yg_buf_done(&page);
}

/* The most that the page takes: what is more is counted. */
static void everything_at_once_has_a_bound(void)
{
	fill();
	month.top_count = month.told_count = YG_MONTH_TOP;
	month.shown_count = YG_MONTH_SENSORS;
	for (unsigned i = 0; i < YG_MONTH_STEP_COUNT; i++)
		month.steps[i] = 3;
	write_page(YG_LANG_JA);
	CHECK(page.size < 64u << 10);
	/* Without memory it is an error, and nothing else. */
	yg_buf_done(&page);
	yg_buf_init(&page, 100);
	yg_month_page(&page, &month, YG_LANG_EN);
	CHECK(yg_buf_error(&page) == YG_ELIMIT);
	yg_buf_done(&page);
}

static void says_whose_days_it_has(void)
{
	struct yg_zone *zone = NULL;

	fill();
	month.made_ns = 0; /* 1970-01-01T00:00:00Z */
	month.shown[0].heard_ns = 0;
	month.zone = yg_zone_japan();
	write_page(YG_LANG_EN);
	CHECK(has("1970-01-01 09:00:00 +09:00") && has("month and days are those of Asia/Tokyo"));
	CHECK(yg_zone_load("America/New_York", &zone) == YG_OK);
	month.zone = zone;
	write_page(YG_LANG_JA);
	CHECK(has("1969-12-31 19:00:00 -05:00") && has("America/New_York"));
	/* Days, too: the evening before. */
	month.top[0].last_ns = 0;
	write_page(YG_LANG_EN);
	CHECK(has("<td>1969-12-31</td>"));
	month.zone = NULL;
	write_page(YG_LANG_EN);
	CHECK(has("1970-01-01 00:00:00 UTC") && has("month and days are those of UTC"));
	(void)yg_zone_free(zone);
}

static const struct check_case cases[] = {
	CASE(all_of_it_in_both_languages), CASE(what_others_named_stays_text),
	CASE(nothing_is_said_plainly),	   CASE(everything_at_once_has_a_bound),
	CASE(says_whose_days_it_has),
};
CHECK_MAIN(cases)
