/* SPDX-License-Identifier: Apache-2.0 */
#include "app/sink.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "app/counting.h"
#include "app/keywords.h"
#include "app/say.h"
#include "base/io.h"
#include "render/count.h"
#include "render/csv.h"
#include "render/json.h"
#include "render/summary.h"

#include "base/ban.h"

#define FLUSH_BYTES	  (256u * 1024u)
#define SINK_BYTES_MAX	  (256u << 20)
#define STORIES_SHOWN	  10u
#define COLUMNS_ELSEWHERE 100u /* in files and pipes no sentence of ours is longer than this */

void yg_sink_init(struct yg_sink *sink, const struct yg_options *options,
		  const struct yg_zone *zone, struct yg_timeline *timeline)
{
	*sink = (struct yg_sink){
		.output = options->output,
		.keywords = options->keywords,
		.lang = yg_say_lang_now(),
		.has_fail_on = options->has_fail_on,
		.fail_on = options->fail_on,
		.level_min = options->level_min,
		.zone = zone,
		.timeline = timeline,
		.copy_fd = -1,
	};
	yg_buf_init(&sink->buf, SINK_BYTES_MAX);
	if (sink->output == YG_OUTPUT_CSV && !sink->keywords)
		yg_csv_header(&sink->buf, sink->lang);
}

void yg_sink_done(struct yg_sink *sink)
{
	yg_buf_done(&sink->buf);
}

int yg_sink_flush(struct yg_sink *sink)
{
	if (sink->rc == YG_OK)
		sink->rc = yg_buf_error(&sink->buf);
	if (sink->rc == YG_OK && sink->copy_fd >= 0)
		sink->rc = yg_io_write(sink->copy_fd, yg_buf_bytes(&sink->buf));
	if (sink->rc == YG_OK)
		sink->rc = yg_io_write(STDOUT_FILENO, yg_buf_bytes(&sink->buf));
	if (sink->rc == YG_OK && sink->copy_fd >= 0)
		sink->copied += sink->buf.size;
	yg_buf_reset(&sink->buf);
	return sink->rc;
}

static int flush_when_full(struct yg_sink *sink)
{
	return sink->buf.size >= FLUSH_BYTES ? yg_sink_flush(sink) : sink->rc;
}

static int32_t zone_at(const struct yg_sink *sink, int64_t time_ns)
{
	return time_ns == YG_TIME_NONE ? 0 : yg_zone_offset_utc(sink->zone, time_ns / YG_NS_PER_S);
}

int yg_sink_finding(void *arg, const struct yg_finding *finding)
{
	struct yg_sink *sink = arg;

	if (finding->rule->level < sink->level_min)
		return sink->rc;
	yg_timeline_finding(sink->timeline, finding->time_ns, finding->rule->level);
	sink->input->findings++;
	if (sink->has_fail_on && finding->rule->level >= sink->fail_on)
		sink->is_fatal = true;
	if (sink->counting) {
		int rc = yg_counting_finding(sink->counting, finding->rule, sink->input_index);

		return rc == YG_OK ? sink->rc : rc;
	}
	if (sink->keywords) {
		int rc = yg_keywords_add(sink->keywords, finding);

		sink->rc = sink->rc == YG_OK ? rc : sink->rc;
		return sink->rc;
	}
	if (sink->output == YG_OUTPUT_JSON)
		yg_json_finding(&sink->buf, finding, sink->lang);
	else if (sink->output == YG_OUTPUT_CHECKER)
		yg_json_checker(&sink->buf, finding);
	else if (sink->output == YG_OUTPUT_CSV)
		yg_csv_finding(&sink->buf, finding, sink->lang, zone_at(sink, finding->time_ns));
	return flush_when_full(sink);
}

int yg_sink_update(void *arg, const struct yg_finding_update *update)
{
	struct yg_sink *sink = arg;

	if (sink->counting || sink->keywords)
		return sink->rc;
	if (sink->output == YG_OUTPUT_JSON)
		yg_json_update(&sink->buf, update);
	else if (sink->output == YG_OUTPUT_CSV)
		yg_csv_update(&sink->buf, update, sink->lang, zone_at(sink, update->time_ns));
	return flush_when_full(sink);
}

static unsigned terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col;
	return COLUMNS_ELSEWHERE;
}

static bool is_coloured(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) &&
	       !(term && strcmp(term, "dumb") == 0);
}

int yg_sink_page(struct yg_sink *sink, const char *path)
{
	int rc = yg_buf_error(&sink->buf);

	if (rc == YG_OK)
		rc = yg_io_write_to(path, yg_buf_bytes(&sink->buf), 0600);
	yg_buf_reset(&sink->buf);
	if (rc != YG_OK)
		yg_say_hint(N_("choose another place, or make room"),
			    N_("%s: the page could not be written: %s"),
			    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	else
		yg_say(N_("the page was written to %s"), yg_say_safe(yg_bytes_str(path), 300));
	return rc;
}

int yg_sink_report(struct yg_sink *sink, const struct yg_report *report, const char *html_path)
{
	struct yg_terminal_opts opts = {.lang = sink->lang, .stories_max = STORIES_SHOWN};
	struct yg_count count;

	if (sink->counting) {
		yg_counting_result(sink->counting, report, &count);
		if (sink->output == YG_OUTPUT_JSON)
			yg_count_json(&sink->buf, &count, sink->lang);
		else
			yg_count_text(&sink->buf, &count, sink->lang);
		return yg_sink_flush(sink);
	}
	if (sink->keywords)
		return sink->rc == YG_OK ? yg_tally_print(sink->keywords, sink->output, sink->zone)
					 : sink->rc;
	switch (sink->output) {
	case YG_OUTPUT_HTML:
		yg_html_report(&sink->buf, report, sink->lang);
		return yg_sink_page(sink, html_path);
	case YG_OUTPUT_STORIES:
		for (size_t i = 0; i < report->story_count && sink->rc == YG_OK; i++) {
			yg_json_story(&sink->buf, &report->stories[i], sink->lang);
			(void)flush_when_full(sink); /* the error is kept and looked at */
		}
		break;
	case YG_OUTPUT_TERMINAL:
		opts.is_coloured = is_coloured();
		opts.columns = terminal_columns();
		yg_terminal_summary(&sink->buf, report, &opts);
		break;
	default:
		break;
	}
	return yg_sink_flush(sink);
}
