/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/profiling.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "render/profile.h"

#include "base/ban.h"

#define OUT_BYTES_MAX	(256u << 20)
#define BEFORE_PATH_MAX 8192u

static int64_t now_ns(void *arg)
{
	struct timespec now;

	(void)arg;
	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0; /* cannot happen on Linux; then nothing is measured */
	return (int64_t)now.tv_sec * YG_NS_PER_S + now.tv_nsec;
}

struct yg_clock yg_profiling_clock(void)
{
	return (struct yg_clock){.now_ns = now_ns};
}

static int order(const void *left, const void *right)
{
	const struct yg_profile_line *a = left, *b = right;
	double cost_a = a->ns_total, cost_b = b->ns_total;

	if (cost_a > cost_b || cost_a < cost_b)
		return cost_a > cost_b ? -1 : 1;
	return (a->runs < b->runs) - (a->runs > b->runs);
}

static void fill(struct yg_profile_line *to, const struct yg_profile *profile,
		 const struct yg_engine *engine, uint32_t rule)
{
	const struct yg_profile_rule *from = &profile->rules[rule];
	struct yg_group_load load = yg_engine_rule_load(engine, rule, profile->groups);

	*to = (struct yg_profile_line){
		.rule = &yg_engine_rule(engine, rule)->info,
		.records = load.records,
		.runs = from->runs,
		.tests = from->tests,
		.matches = from->matches,
		.timed = from->timed,
		.work_per_kib = load.weight ? (double)from->work / (double)load.weight : 0,
	};
	if (from->timed == 0)
		return;
	to->ns_total = (double)from->ns / (double)from->timed * (double)from->runs;
	if (load.records > 0)
		to->ns_per_record = to->ns_total / (double)load.records;
}

bool yg_profiling_write(const struct yg_profile *profile, const struct yg_engine *engine,
			const char *path)
{
	struct yg_profile_line *lines = yg_calloc(profile->rule_count + 1u, sizeof(*lines));
	struct yg_profile_report report = {.records = profile->records,
					   .timed_records = profile->timed_records,
					   .lines = lines};
	struct yg_buf out;
	int rc = lines ? YG_OK : YG_ENOMEM;

	yg_buf_init(&out, OUT_BYTES_MAX);
	for (uint32_t i = 0; lines && i < profile->rule_count; i++)
		if (!yg_engine_rule(engine, i)->correlation)
			fill(&lines[report.line_count++], profile, engine, i);
	if (report.line_count > 1)
		qsort(lines, report.line_count, sizeof(*lines), order);
	if (profile->timed_records > 0)
		report.search_ns_per_record =
			(double)profile->search_ns / (double)profile->timed_records;
	if (strcmp(path, "-") == 0)
		yg_profile_text(&out, &report, yg_say_lang_now());
	else
		yg_profile_json(&out, &report, yg_say_lang_now());
	if (rc == YG_OK)
		rc = yg_buf_error(&out);
	if (rc == YG_OK)
		rc = strcmp(path, "-") == 0 ? yg_io_write(STDERR_FILENO, yg_buf_bytes(&out))
					    : yg_io_write_to(path, yg_buf_bytes(&out), 0600);
	if (rc != YG_OK)
		yg_say_hint(N_("choose another place, or make room"),
			    N_("%s: the profile could not be written: %s"),
			    yg_say_safe(yg_bytes_str(path), 300), yg_say_tr(yg_err_text(rc)));
	yg_buf_done(&out);
	free(lines);
	return rc == YG_OK;
}

void yg_profiling_write_former(const struct yg_profile *profile, const struct yg_engine *engine,
			       const char *path)
{
	struct yg_buf name;
	struct stat st;

	if (strcmp(path, "-") == 0)
		yg_say(N_("the rules that were replaced have cost:"));
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		(void)yg_profiling_write(profile, engine, path); /* said */
		return;
	}
	yg_buf_init(&name, BEFORE_PATH_MAX);
	yg_buf_addf(&name, "%s.before", path);
	yg_buf_add_byte(&name, '\0');
	if (yg_buf_error(&name) == YG_OK)
		(void)yg_profiling_write(profile, engine, (const char *)name.data); /* said */
	else
		yg_say(N_("%s: the profile could not be written: %s"),
		       yg_say_safe(yg_bytes_str(path), 300),
		       yg_say_tr(yg_err_text(yg_buf_error(&name))));
	yg_buf_done(&name);
}
