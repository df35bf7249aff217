/* SPDX-License-Identifier: Apache-2.0 */
/* Each fact of detect/outcome.md, with a case in which that fact alone changes the answer. */
#include "base/hash.h"
#include "detect/outcome.h"

#include "../check.h"
#include "judge_kit.h"

enum { PATTERN, PLANTING, GUESSING, SIGN_IN, ENDPOINT, SCAN };

static const struct yg_bytes planting_tags[] = {{(const uint8_t *)"attack.t1059.004", 16}};

struct bench {
	struct yg_engine engine;
	struct seen seen;
	struct yg_judge *judge;
	uint32_t hits[1];
	uint64_t position;
};

static struct bench bench; /* large: not on the stack; set up anew by each case */

static bool start(void)
{
	if (bench.judge)
		(void)yg_judge_free(bench.judge);
	memset(&bench, 0, sizeof(bench));
	(void)fake_rule(&bench.engine, "a-pattern", YG_LEVEL_MEDIUM, YG_KIND_PATTERN,
			YG_ATTACK_WEB);
	(void)fake_rule(&bench.engine, "b-planting", YG_LEVEL_HIGH, YG_KIND_PATTERN, YG_ATTACK_WEB);
	bench.engine.rules[PLANTING].info.tags = planting_tags;
	bench.engine.rules[PLANTING].info.tag_count = 1;
	(void)fake_rule(&bench.engine, "c-guessing", YG_LEVEL_MEDIUM, YG_KIND_BEHAVIOUR,
			YG_ATTACK_SIGN_IN);
	(void)fake_rule(&bench.engine, "d-sign-in", YG_LEVEL_LOW, YG_KIND_PATTERN,
			YG_ATTACK_SIGN_IN);
	(void)fake_rule(&bench.engine, "e-endpoint", YG_LEVEL_HIGH, YG_KIND_PATTERN,
			YG_ATTACK_ENDPOINT);
	(void)fake_rule(&bench.engine, "f-scan", YG_LEVEL_MEDIUM, YG_KIND_BEHAVIOUR, YG_ATTACK_WEB);
	bench.judge = judge_for(&bench.seen, &bench.engine, NULL);
	return bench.judge != NULL;
}

/* Take @trace, with a hit of @rule where that is >= 0. Positions are given here. */
static void take(struct yg_trace trace, int rule)
{
	trace.position = ++bench.position;
	if (rule >= 0) {
		bench.hits[0] = (uint32_t)rule;
		trace.hits = bench.hits;
		trace.hit_count = 1;
	}
	CHECK(yg_judge_take(bench.judge, &trace) == YG_OK);
}

static void answers(const char *path, uint16_t status, int64_t size_bytes, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		take(web(0, 0, 2, path, status, size_bytes), -1);
}

static const struct yg_finding *last_finding(void)
{
	static const struct yg_finding none;

	return bench.seen.finding_count ? &bench.seen.findings[bench.seen.finding_count - 1]
					: &none;
}

static const struct yg_finding_update *last_update(void)
{
	static const struct yg_finding_update none;

	return bench.seen.update_count ? &bench.seen.updates[bench.seen.update_count - 1] : &none;
}

#define CHECK_FINDING(want_outcome, want_reason)                                                   \
	do {                                                                                       \
		CHECK(last_finding()->outcome == YG_OUTCOME_##want_outcome);                       \
		CHECK(last_finding()->reason.code == YG_REASON_##want_reason);                     \
	} while (0)

/* Status alone. */
static void status_decides_when_it_is_not_2xx(void)
{
	static const struct {
		uint16_t status;
		enum yg_outcome outcome;
		enum yg_reason_code reason;
	} table[] = {
		{400, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REFUSED},
		{401, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REFUSED},
		{403, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REFUSED},
		{404, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_NOT_FOUND},
		{410, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_NOT_FOUND},
		{499, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REFUSED},
		{500, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_ERROR},
		{503, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_ERROR},
		{301, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REDIRECT},
		{302, YG_OUTCOME_ATTEMPT, YG_REASON_STATUS_REDIRECT},
		{304, YG_OUTCOME_UNKNOWN, YG_REASON_STATUS_ONLY},
		{200, YG_OUTCOME_UNKNOWN, YG_REASON_STATUS_ONLY},
		{206, YG_OUTCOME_UNKNOWN, YG_REASON_STATUS_ONLY},
		{0, YG_OUTCOME_UNKNOWN, YG_REASON_NO_OUTCOME},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK(start());
		take(web(0, 0, 1, "/a", table[i].status, 500), PATTERN);
		CHECK(last_finding()->outcome == table[i].outcome);
		CHECK(last_finding()->reason.code == table[i].reason);
	}
}

/* Size against the median of the path's other answers. */
static void an_unusual_size_makes_it_possible(void)
{
	CHECK(start());
	answers("/item", 200, 1000, 5);
	take(web(0, 0, 1, "/item", 200, 9000), PATTERN);
	CHECK_FINDING(POSSIBLE, SIZE_UNUSUAL);
	CHECK(last_finding()->reason.number[0] == 9000);
	CHECK(last_finding()->reason.number[1] == 1000);
	CHECK(start());
	answers("/item", 200, 1000, 5);
	take(web(0, 0, 1, "/item", 200, 200), PATTERN);
	CHECK_FINDING(POSSIBLE, SIZE_UNUSUAL);
}

static void a_usual_size_makes_it_an_attempt(void)
{
	CHECK(start());
	answers("/item", 200, 1000, 5);
	take(web(0, 0, 1, "/item", 200, 1400), PATTERN);
	CHECK_FINDING(ATTEMPT, SIZE_USUAL);
	take(web(0, 0, 1, "/item", 200, 600), PATTERN);
	CHECK_FINDING(ATTEMPT, SIZE_USUAL);
	/* Twice the median, but by too few bytes to mean anything. */
	CHECK(start());
	answers("/item", 200, 100, 5);
	take(web(0, 0, 1, "/item", 200, 250), PATTERN);
	CHECK_FINDING(ATTEMPT, SIZE_USUAL);
}

static void four_answers_are_too_few(void)
{
	CHECK(start());
	answers("/item", 200, 1000, 4);
	take(web(0, 0, 1, "/item", 200, 9000), PATTERN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
}

static void only_harmless_whole_answers_of_the_path_count(void)
{
	CHECK(start());
	for (int i = 0; i < 9; i++) /* flagged themselves */
		take(web(0, 0, 2, "/item", 200, 1000), PATTERN);
	answers("/item", 404, 1000, 9);
	answers("/item", 500, 1000, 9);
	answers("/item", 206, 1000, 9);
	answers("/other", 200, 1000, 9);
	take(web(0, 0, 1, "/item", 200, 9000), PATTERN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
}

static void a_page_of_many_sizes_tells_nothing(void)
{
	CHECK(start());
	answers("/list", 200, 1000, 4);
	answers("/list", 200, 20000, 2);
	take(web(0, 0, 1, "/list", 200, 9000), PATTERN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
	take(web(0, 0, 1, "/list", 200, 90000), PATTERN);
	CHECK_FINDING(POSSIBLE, SIZE_UNUSUAL);
}

static void the_size_of_one_answer_says_nothing_about_many(void)
{
	CHECK(start());
	answers("/item", 200, 1000, 5);
	take(web(0, 0, 1, "/item", 200, 9000), SCAN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
}

static void a_median_that_comes_later_decides_then(void)
{
	uint8_t id[YG_ID_BYTES];

	CHECK(start());
	take(web(0, 0, 1, "/item", 200, 9000), PATTERN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
	memcpy(id, last_finding()->id, sizeof(id));
	answers("/item", 200, 1000, 4);
	CHECK(bench.seen.update_count == 0);
	answers("/item", 200, 1000, 1);
	CHECK(bench.seen.update_count == 1);
	CHECK(memcmp(last_update()->id, id, sizeof(id)) == 0);
	CHECK(last_update()->outcome == YG_OUTCOME_POSSIBLE);
	CHECK(last_update()->reason.code == YG_REASON_SIZE_UNUSUAL);
	CHECK(last_update()->position == 6);
	answers("/item", 200, 1000, 9);
	CHECK(bench.seen.update_count == 1);
}

static void a_later_median_never_takes_back_a_success(void)
{
	struct yg_trace page = web(0, 1, 1, "/admin", 200, 10);

	CHECK(start());
	page.flags |= YG_TRACE_ADMIN;
	answers("/admin", 401, 10, 1);
	take(web(0, 0, 1, "/item", 200, 1000), PATTERN);
	take(page, -1);
	CHECK(last_update()->outcome == YG_OUTCOME_POSSIBLE);
	answers("/item", 200, 1000, 9);
	CHECK(bench.seen.update_count == 1);
}

/* What the source does next: a program that it placed answers. */
static struct yg_trace program(const char *path, uint16_t status, int64_t time_s)
{
	struct yg_trace trace = web(0, time_s, 1, path, status, 30);

	trace.flags |= YG_TRACE_PROGRAM;
	return trace;
}

static void a_program_that_was_missing_answers(void)
{
	CHECK(start());
	take(program("/x.php", 404, 0), -1);
	take(web(0, 0, 1, "/up", 200, 30), PATTERN);
	CHECK_FINDING(UNKNOWN, STATUS_ONLY);
	take(program("/x.php", 200, 1), -1);
	CHECK(bench.seen.update_count == 1);
	CHECK(last_update()->outcome == YG_OUTCOME_POSSIBLE);
	CHECK(last_update()->reason.code == YG_REASON_SHELL_ANSWERED);
	CHECK_TEXT(last_update()->reason.text, "/x.php");
	CHECK(last_update()->position == 3);
	CHECK_TEXT(last_update()->source, "access.log");
	/* The same without the 404 before: a page that nobody had asked for yet. */
	CHECK(start());
	take(web(0, 0, 1, "/up", 200, 30), PATTERN);
	take(program("/x.php", 200, 1), -1);
	CHECK(bench.seen.update_count == 0);
}

static void a_program_answers_after_a_command_was_sent(void)
{
	CHECK(start());
	take(web(0, 0, 1, "/up", 200, 30), PLANTING);
	take(program("/new.php", 200, 1), -1);
	CHECK(last_update()->reason.code == YG_REASON_SHELL_ANSWERED);
	/* Known before: the site's own. */
	CHECK(start());
	take(program("/new.php", 200, 0), -1);
	take(web(0, 0, 1, "/up", 200, 30), PLANTING);
	take(program("/new.php", 200, 1), -1);
	CHECK(bench.seen.update_count == 0);
}

static void a_program_answers_after_an_upload(void)
{
	struct yg_trace put = web(0, 0, 1, "/files/new.php", 201, 0);

	put.flags |= YG_TRACE_UPLOAD | YG_TRACE_PUT;
	CHECK(start());
	take(web(0, 0, 1, "/a", 200, 30), PATTERN);
	take(put, -1);
	take(program("/files/new.php", 200, 1), -1);
	CHECK(last_update()->reason.code == YG_REASON_SHELL_ANSWERED);
	/* The upload looked harmless; the first use of what it placed is the finding. */
	for (int is_uploaded = 0; is_uploaded < 2; is_uploaded++) {
		CHECK(start());
		if (is_uploaded)
			take(put, -1);
		take(program("/files/new.php", 200, 1), PATTERN);
		CHECK(last_finding()->reason.code ==
		      (is_uploaded ? YG_REASON_SHELL_ANSWERED : YG_REASON_STATUS_ONLY));
	}
	CHECK(start());
	put.status = 403; /* refused: nothing was placed */
	take(web(0, 0, 1, "/a", 200, 30), PATTERN);
	take(put, -1);
	take(program("/files/new.php", 200, 1), -1);
	CHECK(bench.seen.update_count == 0);
}

/* A protected page opens. */
static void a_page_that_was_closed_opens(void)
{
	for (int was_closed = 0; was_closed < 2; was_closed++) {
		CHECK(start());
		if (was_closed)
			answers("/secret", 401, 30, 1);
		take(web(0, 0, 1, "/a", 404, 30), PATTERN);
		take(web(0, 1, 1, "/secret", 200, 30), -1);
		CHECK(bench.seen.update_count == (was_closed ? 1u : 0u));
	}
	CHECK(start());
	answers("/secret", 403, 30, 1);
	take(web(0, 0, 1, "/a", 404, 30), PATTERN);
	take(web(0, 1, 1, "/secret", 200, 30), -1);
	CHECK(last_update()->outcome == YG_OUTCOME_POSSIBLE);
	CHECK(last_update()->reason.code == YG_REASON_PAGE_OPENED);
	CHECK_TEXT(last_update()->reason.text, "/secret");
}

static void a_redirect_closes_only_administration_pages(void)
{
	for (int is_admin = 0; is_admin < 2; is_admin++) {
		struct yg_trace page = web(0, 1, 1, "/wp-admin/", 200, 30);

		CHECK(start());
		answers("/wp-admin/", 302, 0, 1);
		take(web(0, 0, 1, "/a", 404, 30), PATTERN);
		if (is_admin)
			page.flags |= YG_TRACE_ADMIN;
		take(page, -1);
		CHECK(bench.seen.update_count == (unsigned)is_admin);
	}
}

static void a_page_open_to_others_is_not_protected(void)
{
	CHECK(start());
	answers("/", 200, 30, 3);
	answers("/", 403, 30, 1); /* one visitor was turned away */
	take(web(0, 0, 1, "/a", 404, 30), PATTERN);
	take(web(0, 1, 1, "/", 200, 30), -1);
	CHECK(bench.seen.update_count == 0);
	/* But when this very source was asked to sign in (401), it has signed in. */
	for (int is_asked = 0; is_asked < 2; is_asked++) {
		CHECK(start());
		answers("/", 200, 30, 3);
		take(web(0, 0, 1, "/", is_asked ? 401 : 403, 30), -1);
		take(web(0, 0, 1, "/a", 404, 30), PATTERN);
		take(web(0, 1, 1, "/", 200, 30), -1);
		CHECK(bench.seen.update_count == (unsigned)is_asked);
	}
}

static void a_refusal_of_an_attack_does_not_protect_the_page(void)
{
	CHECK(start());
	take(web(0, 0, 1, "/", 403, 30), PATTERN);
	take(web(0, 1, 1, "/", 200, 30), -1);
	CHECK(bench.seen.update_count == 0);
}

/* A password is accepted. */
static void a_sign_in_is_accepted_after_guessing(void)
{
	CHECK(start());
	take(sign_in(0, 0, 1, false), GUESSING);
	CHECK_FINDING(ATTEMPT, SIGN_IN_REFUSED);
	take(sign_in(0, 1, 1, true), -1);
	CHECK(last_update()->outcome == YG_OUTCOME_POSSIBLE);
	CHECK(last_update()->reason.code == YG_REASON_PASSWORD_ACCEPTED);
	CHECK_TEXT(last_update()->reason.text, "root");
	/* From another source. */
	CHECK(start());
	take(sign_in(0, 0, 1, false), GUESSING);
	take(sign_in(0, 1, 2, true), -1);
	CHECK(bench.seen.update_count == 0);
	/* Refused again. */
	CHECK(start());
	take(sign_in(0, 0, 1, false), GUESSING);
	take(sign_in(0, 1, 1, false), -1);
	CHECK(bench.seen.update_count == 0);
}

static void one_mistyped_password_is_no_guessing(void)
{
	CHECK(start());
	take(sign_in(0, 0, 1, false), SIGN_IN);
	take(sign_in(0, 1, 1, true), -1);
	CHECK(bench.seen.update_count == 0);
	CHECK(start());
	take(sign_in(0, 0, 1, false), -1);
	take(sign_in(0, 0, 1, false), -1);
	take(sign_in(0, 0, 1, false), SIGN_IN);
	take(sign_in(0, 1, 1, true), -1);
	CHECK(bench.seen.update_count == 1);
}

static void an_accepted_sign_in_is_itself_possible(void)
{
	CHECK(start());
	take(sign_in(0, 0, 1, true), SIGN_IN);
	CHECK_FINDING(POSSIBLE, SIGN_IN_ACCEPTED);
	for (int i = 0; i < 3; i++)
		take(sign_in(0, 0, 1, false), -1);
	take(sign_in(0, 0, 1, true), SIGN_IN);
	CHECK_FINDING(POSSIBLE, PASSWORD_ACCEPTED);
}

static struct yg_trace post(const char *path, uint16_t status, unsigned actor)
{
	struct yg_trace trace = web(0, 0, actor, path, status, 30);

	trace.flags |= YG_TRACE_POST | YG_TRACE_SIGN_IN_PATH;
	if (status == 401 || status == 403)
		trace.flags |= YG_TRACE_SIGN_IN_BAD;
	return trace;
}

static void a_web_form_answers_otherwise_than_before(void)
{
	/* The form again (200), then a redirect. */
	CHECK(start());
	take(post("/login", 200, 1), GUESSING);
	take(post("/login", 302, 1), -1);
	CHECK(last_update()->reason.code == YG_REASON_PASSWORD_ACCEPTED);
	/* A redirect every time: nothing differs. */
	CHECK(start());
	take(post("/login", 302, 1), GUESSING);
	take(post("/login", 302, 1), -1);
	CHECK(bench.seen.update_count == 0);
	/* 401, then 200. */
	CHECK(start());
	take(post("/login", 401, 1), GUESSING);
	take(post("/login", 200, 1), -1);
	CHECK(last_update()->reason.code == YG_REASON_PASSWORD_ACCEPTED);
	/* 200 every time. */
	CHECK(start());
	take(post("/login", 200, 1), GUESSING);
	take(post("/login", 200, 1), -1);
	CHECK(bench.seen.update_count == 0);
}

/* What devices and computers say themselves. */
static void records_that_say_what_was_done(void)
{
	static const struct {
		uint32_t flags;
		int rule;
		enum yg_outcome outcome;
		enum yg_reason_code reason;
	} table[] = {
		{0, PATTERN, YG_OUTCOME_UNKNOWN, YG_REASON_NO_OUTCOME},
		{YG_TRACE_BLOCKED, PATTERN, YG_OUTCOME_ATTEMPT, YG_REASON_BLOCKED},
		{YG_TRACE_ALLOWED, PATTERN, YG_OUTCOME_UNKNOWN, YG_REASON_ALLOWED},
		{YG_TRACE_DONE, ENDPOINT, YG_OUTCOME_POSSIBLE, YG_REASON_EXECUTED},
		{0, ENDPOINT, YG_OUTCOME_UNKNOWN, YG_REASON_NO_OUTCOME},
		{YG_TRACE_DONE | YG_TRACE_BLOCKED, ENDPOINT, YG_OUTCOME_ATTEMPT, YG_REASON_BLOCKED},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct yg_trace trace = web(0, 0, 1, "host", 0, -1);

		CHECK(start());
		trace.flags = table[i].flags;
		trace.path_hash = 0;
		take(trace, table[i].rule);
		CHECK(last_finding()->outcome == table[i].outcome);
		CHECK(last_finding()->reason.code == table[i].reason);
	}
}

/* How long a source is followed. */
static void follow_for(unsigned requests_between, int64_t seconds, unsigned want_updates)
{
	CHECK(start());
	answers("/secret", 403, 30, 1);
	take(web(0, 1000, 1, "/a", 404, 30), PATTERN);
	for (unsigned i = 0; i < requests_between; i++)
		take(web(0, 1000, 1, "/b", 404, 30), -1);
	take(web(0, 1000 + seconds, 1, "/secret", 200, 30), -1);
	CHECK(bench.seen.update_count == want_updates);
}

static void a_source_is_followed_20_requests_or_10_minutes(void)
{
	follow_for(0, 0, 1);
	follow_for(19, 0, 1);
	follow_for(20, 0, 0);
	follow_for(0, 600, 1);
	follow_for(0, 601, 0);
	follow_for(0, -60, 1); /* written a little late */
	follow_for(0, -61, 0); /* happened before */
}

static void time_may_be_missing_or_extreme(void)
{
	static const int64_t times[] = {YG_TIME_NONE, INT64_MIN + 1, INT64_MAX, 0};

	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			struct yg_trace first = web(0, 0, 1, "/a", 404, 30);
			struct yg_trace then = web(0, 0, 1, "/secret", 200, 30);
			bool is_unknown = i == 0 || k == 0;

			CHECK(start());
			answers("/secret", 403, 30, 1);
			first.time_ns = times[i];
			then.time_ns = times[k];
			take(first, PATTERN);
			take(then, -1);
			CHECK(bench.seen.update_count == (is_unknown || i == k));
		}
	}
}

static void other_sources_do_not_use_up_the_requests(void)
{
	CHECK(start());
	answers("/secret", 403, 30, 1);
	take(web(0, 0, 1, "/a", 404, 30), PATTERN);
	answers("/b", 404, 30, 50);
	take(web(0, 0, 1, "/secret", 200, 30), -1);
	CHECK(bench.seen.update_count == 1);
}

static void of_one_source_only_the_latest_findings_are_followed(void)
{
	CHECK(start());
	answers("/secret", 403, 30, 1);
	for (unsigned i = 0; i < YG_FOLLOW_FINDINGS_MAX + 3; i++)
		take(web(0, 0, 1, "/a", 404, 30), PATTERN);
	take(web(0, 0, 1, "/secret", 200, 30), -1);
	CHECK(bench.seen.update_count ==
	      YG_FOLLOW_REQUESTS); /* the requests are the narrower bound */
	for (uint32_t i = 1; i < bench.seen.update_count; i++)
		CHECK(memcmp(bench.seen.updates[i - 1].id, bench.seen.updates[i].id, YG_ID_BYTES) <
		      0);
}

static void what_is_pushed_out_is_counted(void)
{
	CHECK(start());
	for (unsigned i = 0; i < YG_FOLLOW_SOURCES_MAX + 5; i++) {
		struct yg_trace trace = web(0, 0, 1, "/a", 404, 30);

		trace.actor_hash = i + 100;
		take(trace, PATTERN);
	}
	CHECK(yg_judge_counts(bench.judge).evicted_sources == 5);
	for (unsigned i = 0; i < YG_PATHS_MAX + 7; i++) {
		struct yg_trace trace = web(0, 0, 1, "/a", 200, 30);

		trace.path_hash = i + 100;
		take(trace, -1);
	}
	CHECK(yg_judge_counts(bench.judge).evicted_paths == 7);
}

/* 400,000 records that push out sources, paths, groups and stories. */
static uint64_t digest_with(uint64_t salt)
{
	uint32_t random = 1;
	uint64_t digest = 0;

	if (!start())
		return 0;
	bench.seen.digest = &digest;
	for (unsigned i = 0; i < 400000; i++) {
		struct yg_trace trace = web(0, i / 100, 1, "/a", 200, 30);
		uint32_t actor, path;

		random = random * 1664525u + 1013904223u;
		actor = (random >> 8) % (i % 3 ? 1000000u : 50u);
		path = (random >> 4) % 60000u;
		trace.status = random >> 28 == 3 ? 403 : random >> 28 == 4 ? 404 : 200;
		trace.actor = (struct yg_bytes){(const uint8_t *)&actor, sizeof(actor)};
		trace.actor_hash = yg_hash64(trace.actor, salt) | 1;
		trace.path_hash = yg_hash64((struct yg_bytes){(const uint8_t *)&path, 4}, salt) | 1;
		trace.size_bytes = random >> 20 & 2047;
		take(trace, random >> 12 & 1 ? PATTERN : -1);
	}
	return digest;
}

static void what_is_pushed_out_does_not_depend_on_hashes(void)
{
	uint64_t digest = digest_with(1);

	CHECK(digest != 0);
	CHECK(bench.seen.update_total > 0);
	CHECK(yg_judge_counts(bench.judge).evicted_sources > 0);
	CHECK(yg_judge_counts(bench.judge).evicted_paths > 0);
	CHECK(yg_judge_counts(bench.judge).evicted_stories > 0);
	CHECK(digest_with(0x9e3779b97f4a7c15) == digest);
}

static void the_story_tells_the_last_outcome(void)
{
	const struct yg_story *stories;
	size_t count;

	CHECK(start());
	answers("/secret", 403, 30, 1);
	take(web(0, 0, 1, "/a", 404, 30), PATTERN);
	CHECK(yg_judge_stories(bench.judge, &stories, &count) == YG_OK);
	CHECK(count == 1);
	CHECK(stories[0].outcome == YG_OUTCOME_ATTEMPT);
	take(web(0, 0, 1, "/secret", 200, 30), -1);
	CHECK(yg_judge_stories(bench.judge, &stories, &count) == YG_OK);
	CHECK(stories[0].outcome == YG_OUTCOME_POSSIBLE);
	CHECK(stories[0].reason.code == YG_REASON_PAGE_OPENED);
	CHECK_TEXT(stories[0].reason.text, "/secret");
	CHECK(stories[0].rules[0].outcome == YG_OUTCOME_POSSIBLE);
	CHECK(stories[0].position == 2);
	(void)yg_judge_free(bench.judge);
	bench.judge = NULL;
}

static const struct check_case cases[] = {
	CASE(status_decides_when_it_is_not_2xx),
	CASE(an_unusual_size_makes_it_possible),
	CASE(a_usual_size_makes_it_an_attempt),
	CASE(four_answers_are_too_few),
	CASE(only_harmless_whole_answers_of_the_path_count),
	CASE(a_page_of_many_sizes_tells_nothing),
	CASE(the_size_of_one_answer_says_nothing_about_many),
	CASE(a_median_that_comes_later_decides_then),
	CASE(a_later_median_never_takes_back_a_success),
	CASE(a_program_that_was_missing_answers),
	CASE(a_program_answers_after_a_command_was_sent),
	CASE(a_program_answers_after_an_upload),
	CASE(a_page_that_was_closed_opens),
	CASE(a_redirect_closes_only_administration_pages),
	CASE(a_page_open_to_others_is_not_protected),
	CASE(a_refusal_of_an_attack_does_not_protect_the_page),
	CASE(a_sign_in_is_accepted_after_guessing),
	CASE(one_mistyped_password_is_no_guessing),
	CASE(an_accepted_sign_in_is_itself_possible),
	CASE(a_web_form_answers_otherwise_than_before),
	CASE(records_that_say_what_was_done),
	CASE(a_source_is_followed_20_requests_or_10_minutes),
	CASE(time_may_be_missing_or_extreme),
	CASE(other_sources_do_not_use_up_the_requests),
	CASE(of_one_source_only_the_latest_findings_are_followed),
	CASE(what_is_pushed_out_is_counted),
	CASE(what_is_pushed_out_does_not_depend_on_hashes),
	CASE(the_story_tells_the_last_outcome),
};

CHECK_MAIN(cases)
