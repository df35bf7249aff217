/* SPDX-License-Identifier: Apache-2.0 */
#include "app/progress.h"

#include <unistd.h>

#include "app/say.h"
#include "base/io.h"
#include "render/summary.h"

#include "base/ban.h"

#define SHOW_NS	   (YG_NS_PER_S / 4)
#define SILENT_NS  YG_NS_PER_S /* short runs show nothing */
#define LINE_BYTES 512u

void yg_progress_init(struct yg_progress *progress, const struct yg_run *run)
{
	*progress = (struct yg_progress){.run = run, .shown_ns = run->started_ns + SILENT_NS};
	progress->is_shown = isatty(STDERR_FILENO) && !run->options.is_following;
	for (size_t i = 0; i < run->inputs.count; i++) {
		if (run->inputs.items[i].size_bytes == 0) {
			progress->total_bytes = 0;
			return;
		}
		progress->total_bytes += run->inputs.items[i].size_bytes;
	}
}

void yg_progress_read(struct yg_progress *progress, const struct yg_intake *intake)
{
	if (progress->is_shown && intake->archive)
		progress->now_bytes = intake->frame < intake->archive->count
					      ? intake->archive->frames[intake->frame].at
					      : intake->archive->size;
	else if (progress->is_shown && intake->stream)
		progress->now_bytes = yg_stream_state(intake->stream).packed_bytes;
}

void yg_progress_done(struct yg_progress *progress, const struct yg_intake *intake)
{
	progress->past_bytes += intake->input->size_bytes;
	progress->now_bytes = 0;
}

/* Only a look at progress is lost when this fails. */
static void put(struct yg_bytes line)
{
	int rc = yg_io_write(STDERR_FILENO, line);

	(void)rc;
}

void yg_progress_show(struct yg_progress *progress, uint64_t more_records)
{
	const struct yg_run *run = progress->run;
	int64_t now_ns = run->clock.now_ns(run->clock.arg);
	uint64_t bytes = progress->past_bytes + progress->now_bytes;
	double seconds = (double)(now_ns - run->started_ns) / (double)YG_NS_PER_S;
	double share = -1;
	double left_s = -1;
	struct yg_buf line;

	progress->records += more_records;
	if (!progress->is_shown || now_ns < progress->shown_ns)
		return;
	progress->shown_ns = now_ns + SHOW_NS;
	if (progress->total_bytes > 0 && bytes > 0) {
		share = (double)bytes / (double)progress->total_bytes;
		share = share > 1 ? 1 : share;
		left_s = seconds / share - seconds;
	}
	yg_buf_init(&line, LINE_BYTES);
	yg_buf_add_str(&line, "\r\033[K");
	yg_terminal_progress(&line, yg_say_lang_now(), share, progress->records,
			     (double)progress->records / seconds, left_s);
	put(yg_buf_bytes(&line));
	yg_buf_done(&line);
	progress->has_line = true;
}

void yg_progress_end(struct yg_progress *progress)
{
	static const char clear[] = "\r\033[K";

	if (progress->has_line)
		put(yg_bytes_str(clear));
}
