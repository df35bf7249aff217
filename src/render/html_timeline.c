/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture of a run: findings by level above, records below, one axis of local time. Drawn as
 * SVG without style attributes (the page's policy allows none); a table says the same in words.
 */
#include "render/html-int.h"

#include "base/ban.h"

#define BARS_MAX       120u /* steps of the timeline are joined until so many are enough */
#define BARS_MIN       40u  /* fewer would be as wide as doors: the ends are padded */
#define TABLE_ROWS_MAX 24u
#define TICKS_MAX      7u

/* The picture, in its own units. */
#define LEFT	 56.0
#define RIGHT	 944.0
#define TOP	 14.0
#define FINDINGS 104.0 /* height of the upper part */
#define BETWEEN	 18.0
#define RECORDS	 44.0
#define AXIS	 (TOP + FINDINGS + BETWEEN + RECORDS)
#define BAR_MIN	 2.0 /* a single finding must be seen beside a thousand */

struct bars {
	size_t count;
	int64_t start_s; /* seconds, because spans may be longer than an int64_t of ns */
	int64_t step_s;
	uint64_t records[BARS_MAX];
	uint64_t findings[BARS_MAX][5];
	uint64_t records_max;
	uint64_t findings_max; /* of one bar, all levels */
};

static uint64_t sum(const uint64_t levels[5])
{
	return levels[0] + levels[1] + levels[2] + levels[3] + levels[4];
}

/* First and last step that holds something; false when none does. */
static bool used_steps(const struct yg_timeline *timeline, size_t *ret_first, size_t *ret_last)
{
	bool is_used = false;

	if (!timeline || timeline->start_ns == YG_TIME_NONE)
		return false;
	for (size_t i = 0; i < YG_TIMELINE_STEPS; i++) {
		if (timeline->records[i] == 0 && sum(timeline->findings[i]) == 0)
			continue;
		if (!is_used)
			*ret_first = i;
		is_used = true;
		*ret_last = i;
	}
	return is_used;
}

static bool make_bars(const struct yg_timeline *timeline, struct bars *bars)
{
	size_t first = 0;
	size_t last = 0;
	size_t steps;
	size_t joined;
	size_t pad;

	*bars = (struct bars){0};
	if (!used_steps(timeline, &first, &last))
		return false;
	steps = last - first + 1;
	joined = (steps + BARS_MAX - 1) / BARS_MAX;
	bars->count = (steps + joined - 1) / joined;
	pad = bars->count < BARS_MIN ? (BARS_MIN - bars->count) / 2 : 0;
	bars->step_s = timeline->step_ns / YG_NS_PER_S * (int64_t)joined;
	bars->start_s = timeline->start_ns / YG_NS_PER_S +
			(int64_t)first * (timeline->step_ns / YG_NS_PER_S) -
			(int64_t)pad * bars->step_s;
	for (size_t i = first; i <= last; i++) {
		size_t to = (i - first) / joined + pad;

		bars->records[to] += timeline->records[i];
		for (size_t level = 0; level < 5; level++)
			bars->findings[to][level] += timeline->findings[i][level];
	}
	bars->count += 2 * pad;
	for (size_t i = 0; i < bars->count; i++) {
		if (bars->records[i] > bars->records_max)
			bars->records_max = bars->records[i];
		if (sum(bars->findings[i]) > bars->findings_max)
			bars->findings_max = sum(bars->findings[i]);
	}
	return true;
}

void yg_page_strip(struct yg_page *page, int64_t first_ns, int64_t last_ns)
{
	double start_s;
	double span_s;
	double from;
	double width;
	struct bars bars;

	if (first_ns == YG_TIME_NONE || last_ns == YG_TIME_NONE ||
	    !make_bars(page->report->timeline, &bars))
		return;
	start_s = (double)bars.start_s;
	span_s = (double)bars.count * (double)bars.step_s;
	from = ((double)first_ns / 1e9 - start_s) / span_s * 200;
	width = ((double)last_ns - (double)first_ns) / 1e9 / span_s * 200;
	width = width < 3 ? 3 : width > 200 ? 200 : width;
	from = from < 0 ? 0 : from > 200 - width ? 200 - width : from;
	yg_buf_addf(
		page->to,
		"<svg class=strip viewBox=\"0 0 200 6\" preserveAspectRatio=none aria-hidden=true "
		"focusable=false><rect class=ground width=\"200\" height=\"6\"/><rect "
		"class=span x=\"%.1f\" width=\"%.1f\" height=\"6\"/></svg>",
		from, width);
}

static void rect(struct yg_page *page, const char *name, size_t bar, const struct bars *bars,
		 double y, double height)
{
	double width = (RIGHT - LEFT) / (double)bars->count;

	yg_buf_addf(page->to,
		    "<rect class=%s x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", name,
		    LEFT + (double)bar * width + 0.4, y, width - 0.8, height);
}

/* Bars of findings stand on each other, the gravest at the bottom, on the line. */
static void draw_findings(struct yg_page *page, const struct bars *bars, size_t bar)
{
	static const char *const names[] = {"f-informational", "f-low", "f-medium", "f-high",
					    "f-critical"};
	double y = TOP + FINDINGS;

	for (unsigned i = 0; i < 5; i++) {
		size_t level = 4 - i;
		double height = (double)bars->findings[bar][level] / (double)bars->findings_max *
				(FINDINGS - 5 * BAR_MIN);

		if (bars->findings[bar][level] == 0)
			continue;
		height = height < BAR_MIN ? BAR_MIN : height;
		y -= height;
		rect(page, names[level], bar, bars, y, height);
	}
}

static void draw_records(struct yg_page *page, const struct bars *bars, size_t bar)
{
	double height = (double)bars->records[bar] / (double)bars->records_max * RECORDS;

	rect(page, "f-record", bar, bars, AXIS - (height < 1 ? 1 : height),
	     height < 1 ? 1 : height);
}

/* "20 Nov" or "11月20日". */
static void add_date(struct yg_buf *to, const struct yg_civil *c, enum yg_lang lang)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char month[YG_TEXT_NUMBER_SIZE];
	char day[YG_TEXT_NUMBER_SIZE];

	YG_FILL(to, lang, N_("%2 %1"),
		lang == YG_LANG_JA ? yg_text_number(month, c->month)
				   : yg_bytes_str(months[(c->month - 1) % 12]),
		yg_text_number(day, c->day));
}

/* The shortest distance between ticks, in seconds, that needs no more than TICKS_MAX of them. */
static int64_t tick_s(int64_t span_s)
{
	static const int64_t minutes[] = {1,	 2,	5,     10,     15,     30,    60,
					  120,	 180,	360,   720,    1440,   2880,  10080,
					  20160, 40320, 80640, 131040, 262080, 524160};
	int64_t s = 0;

	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		s = minutes[i] * 60;
		if (span_s / s < TICKS_MAX)
			return s;
	}
	while (span_s / s >= TICKS_MAX)
		s *= 2;
	return s;
}

/* A tick: the line, the time (or the date), and beneath it the date (or year) when it is new. */
static void draw_tick(struct yg_page *page, double x, const struct yg_civil *c, bool is_by_day,
		      bool is_new)
{
	yg_buf_addf(page->to,
		    "<line class=tick x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<text class=t x=\"%.1f\" y=\"%.1f\">",
		    x, x, TOP, AXIS + 5, x, AXIS + 19);
	if (is_by_day)
		add_date(&page->piece, c, page->lang);
	else
		yg_buf_addf(&page->piece, "%02u:%02u", c->hour, c->minute);
	yg_page_flush(page);
	yg_page_raw(page, "</text>");
	if (!is_new)
		return;
	yg_buf_addf(page->to, "<text class=d x=\"%.1f\" y=\"%.1f\">", x, AXIS + 35);
	if (is_by_day)
		yg_buf_addf(&page->piece, "%d", (int)c->year);
	else
		add_date(&page->piece, c, page->lang);
	yg_page_flush(page);
	yg_page_raw(page, "</text>");
}

static void draw_axis(struct yg_page *page, const struct bars *bars)
{
	int32_t zone_s = page->report->zone_s;
	int64_t span_s = (int64_t)bars->count * bars->step_s;
	int64_t every_s = tick_s(span_s);
	int64_t local_s = bars->start_s + zone_s;
	bool is_by_day = every_s >= 86400;
	int32_t last_year = INT32_MIN;
	unsigned last_day = 0;

	local_s += (every_s - local_s % every_s) % every_s;
	for (; local_s - zone_s < bars->start_s + span_s; local_s += every_s) {
		struct yg_civil c = yg_time_civil(yg_tell_ns(local_s), 0);
		unsigned day = c.month * 32u + c.day;
		double x = LEFT + (double)(local_s - zone_s - bars->start_s) / (double)span_s *
					  (RIGHT - LEFT);

		draw_tick(page, x, &c, is_by_day,
			  c.year != last_year || (!is_by_day && day != last_day));
		last_year = c.year;
		last_day = day;
	}
	yg_buf_addf(page->to,
		    "<line class=axis x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<line class=axis x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
		    LEFT, RIGHT, TOP + FINDINGS, TOP + FINDINGS, LEFT, RIGHT, AXIS, AXIS);
}

/* The highest value of each part, at its top left. */
static void draw_scale(struct yg_page *page, const struct bars *bars)
{
	yg_buf_addf(page->to, "<text class=s x=\"%.1f\" y=\"%.1f\">", LEFT - 8, TOP + 10);
	yg_page_number(page, bars->findings_max);
	yg_buf_addf(page->to, "</text><text class=s x=\"%.1f\" y=\"%.1f\">", LEFT - 8,
		    AXIS - RECORDS + 10);
	yg_page_number(page, bars->records_max);
	yg_page_raw(page, "</text>");
}

static void legend(struct yg_page *page)
{
	yg_page_raw(page, "<ul class=legend aria-hidden=true>");
	for (unsigned i = 0; i < 5; i++) {
		enum yg_level level = YG_LEVEL_CRITICAL - i;

		if (page->report->by_level[level] == 0)
			continue;
		yg_page_raw(page, "<li class=\"k-");
		yg_page_raw(page, yg_level_name(level));
		yg_page_raw(page, "\">");
		YG_FILL(&page->piece, page->lang, N_("findings: %1"),
			yg_bytes_str(yg_words_level(level, page->lang)));
		yg_page_flush(page);
		yg_page_raw(page, "</li>");
	}
	yg_page_raw(page, "<li class=k-record>");
	yg_page_tr(page, N_("records"));
	yg_page_raw(page, "</li></ul>\n");
}

static void picture(struct yg_page *page, const struct bars *bars)
{
	char zone[YG_TEXT_TIME_SIZE];

	yg_page_raw(page, "<figure><div><svg class=time viewBox=\"0 0 960 228\" role=img "
			  "aria-labelledby=\"time-title time-desc\"><title id=time-title>");
	yg_page_tr(page, N_("Findings and records over time"));
	yg_page_raw(page, "</title><desc id=time-desc>");
	yg_page_tr(page, N_("The table below the picture says the same in numbers."));
	yg_page_raw(page, "</desc>");
	draw_axis(page, bars);
	for (size_t i = 0; i < bars->count; i++) {
		if (bars->records[i] > 0)
			draw_records(page, bars, i);
		draw_findings(page, bars, i);
	}
	draw_scale(page, bars);
	yg_page_raw(page, "</svg></div>\n");
	legend(page);
	yg_page_raw(page, "<figcaption>");
	yg_tell_add_duration(&page->piece, yg_tell_ns(bars->step_s), page->lang);
	{
		struct yg_buf step = page->piece;

		yg_buf_init(&page->piece, YG_PAGE_STORY_BYTES_MAX);
		YG_FILL(&page->piece, page->lang,
			N_("Above: findings. Below: records. One bar stands for %1; times are %2."),
			yg_buf_bytes(&step),
			yg_bytes_str(yg_text_zone(zone, page->report->zone_s)));
		yg_text_end(page->to, &step);
	}
	yg_page_flush(page);
	yg_page_raw(page, "</figcaption></figure>\n");
}

static void table_row(struct yg_page *page, const struct bars *bars, size_t from, size_t to)
{
	char time[YG_TEXT_TIME_SIZE];
	uint64_t records = 0;
	uint64_t levels[5] = {0};

	for (size_t i = from; i < to; i++) {
		records += bars->records[i];
		for (size_t level = 0; level < 5; level++)
			levels[level] += bars->findings[i][level];
	}
	if (records == 0 && sum(levels) == 0)
		return;
	yg_page_raw(page, "<tr><th scope=row>");
	yg_page_text(page, yg_bytes_str(yg_text_time(
				   time, yg_tell_ns(bars->start_s + (int64_t)from * bars->step_s),
				   page->report->zone_s, false)));
	yg_page_raw(page, "</th><td class=n>");
	yg_page_number(page, records);
	for (unsigned i = 0; i < 5; i++) {
		yg_page_raw(page, "</td><td class=n>");
		yg_page_number(page, levels[4 - i]);
	}
	yg_page_raw(page, "</td></tr>\n");
}

static void table(struct yg_page *page, const struct bars *bars)
{
	size_t joined = (bars->count + TABLE_ROWS_MAX - 1) / TABLE_ROWS_MAX;

	yg_page_raw(page, "<details class=numbers><summary>");
	yg_page_tr(page, N_("The same as a table"));
	yg_page_raw(page, "</summary><div class=scroll role=region tabindex=0 aria-label=\"");
	yg_page_tr(page, N_("Findings and records over time"));
	yg_page_raw(page, "\"><table><caption>");
	yg_page_tr(page, N_("Findings and records over time"));
	yg_page_raw(page, "</caption><thead><tr><th scope=col>");
	yg_page_tr(page, N_("from"));
	yg_page_raw(page, "</th><th scope=col class=n>");
	yg_page_tr(page, N_("records"));
	for (unsigned i = 0; i < 5; i++) {
		yg_page_raw(page, "</th><th scope=col class=n>");
		YG_FILL(&page->piece, page->lang, N_("findings: %1"),
			yg_bytes_str(yg_words_level(YG_LEVEL_CRITICAL - i, page->lang)));
		yg_page_flush(page);
	}
	yg_page_raw(page, "</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < bars->count; i += joined)
		table_row(page, bars, i, i + joined < bars->count ? i + joined : bars->count);
	yg_page_raw(page, "</tbody></table></div></details>\n");
}

void yg_page_timeline(struct yg_page *page)
{
	struct bars bars;

	if (!make_bars(page->report->timeline, &bars)) {
		yg_page_raw(page, "<p>");
		yg_page_tr(page, N_("No record carries a time that could be read."));
		yg_page_raw(page, "</p>\n");
		return;
	}
	picture(page, &bars);
	table(page, &bars);
}
