/* SPDX-License-Identifier: Apache-2.0 */
/* Search over an archive: what it finds, page by page, is what a look at every line finds. */
#define _GNU_SOURCE
#include "app/archive_search.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "app/describe.h"
#include "archive/tree.h"
#include "archive/writer.h"

#include "base/ban.h"

#define HOUR	    YG_ARCHIVE_HOUR_NS
#define START	    (HOUR * 490000) /* 2025-11-24 */
#define HOURS	    5u
#define OF_HOUR	    700u /* records */
#define RECORDS_MAX (HOURS * OF_HOUR)

static char dir[64];
static struct yg_describer *describer;
static struct yg_narrow narrow;
static struct yg_terms *terms;

/* Record number @n: its address and words repeat, its time is its number in seconds. */
static void add_record(struct yg_buf *to, unsigned n)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(START + (int64_t)n * YG_NS_PER_S, 0, iso);
	yg_buf_addf(to,
		    "{\"v\":1,\"format\":\"syslog\",\"position\":%u,\"time\":\"%s\",\"has_zone\":"
		    "true,\"raw\":\"%s\",\"fields\":{\"src_ip\":\"10.0.%u.%u\",\"message\":\"%s "
		    "%u\",\"pad\":\"%0300u\"}}\n",
		    n + 1, iso, n % 50 == 7 ? "\\u0053ecret word" : "plain", n % 7, n % 100,
		    n % 3 ? "Refused" : "taken", n, n);
}

static bool start(void)
{
	struct yg_archive_writer_opts opts = {dir, "acme", yg_describe, NULL};
	struct yg_archive_writer *w;
	struct yg_buf line;
	int rc = YG_OK;

	(void)snprintf(dir, sizeof(dir), "%s/archive-search-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	describer = yg_describer_new();
	terms = yg_terms_new();
	yg_narrow_init(&narrow);
	if (!mkdtemp(dir) || !describer || !terms)
		return false;
	opts.arg = describer;
	w = yg_archive_writer_new(&opts);
	yg_buf_init(&line, 4096);
	for (unsigned n = 0; w && rc == YG_OK && n < RECORDS_MAX; n++) {
		yg_buf_reset(&line);
		add_record(&line, n);
		rc = yg_archive_append(w, yg_buf_bytes(&line),
				       START + (int64_t)(n / OF_HOUR) * HOUR, UINT64_MAX);
		if (rc == YG_OK && n % 200 == 199) /* more frames */
			rc = yg_archive_sync(w);
	}
	if (rc == YG_OK)
		rc = yg_archive_sync(w); /* the last hour stays open */
	(void)yg_archive_writer_free(w);
	yg_buf_done(&line);
	return w && rc == YG_OK;
}

static void end(void)
{
	describer = yg_describer_free(describer);
	terms = yg_terms_free(terms);
}

struct got {
	unsigned list[RECORDS_MAX + 1];
	unsigned count;
	struct yg_archive_search_result result;
};

static int take(void *arg, const struct yg_archive_found *found)
{
	struct got *got = arg;

	got->list[got->count++] = (unsigned)found->event->position - 1;
	return got->count <= RECORDS_MAX ? YG_OK : YG_EEND;
}

/* All pages of @limit (0: one), one behind the other. */
static bool search(struct got *got, uint32_t limit, uint32_t frames_max, bool is_newest_first)
{
	struct yg_archive_position after;
	struct yg_archive_search_opts opts = {
		.dir = dir,
		.org = "acme",
		.narrow = &narrow,
		.terms = yg_terms_count(terms) ? terms : NULL,
		.limit = limit,
		.frames_max = frames_max,
		.is_newest_first = is_newest_first,
	};

	got->count = 0;
	do {
		char text[YG_ARCHIVE_POSITION_SIZE];

		if (yg_archive_search(&opts, take, got, &got->result) != YG_OK)
			return false;
		yg_archive_position_write(&got->result.last, text);
		if (!yg_archive_position_read(yg_bytes_str(text), &after))
			return false;
		opts.after = &after;
	} while (got->result.is_more && got->count < RECORDS_MAX);
	return true;
}

/* Are these exactly the records that @is_one says, in order? */
static bool is_all(const struct got *got, bool (*is_one)(unsigned n), bool is_newest_first)
{
	unsigned at = 0;

	for (unsigned i = 0; i < RECORDS_MAX; i++) {
		unsigned n = is_newest_first ? RECORDS_MAX - 1 - i : i;

		if (is_one(n) && (at >= got->count || got->list[at++] != n))
			return false;
	}
	return at == got->count;
}

static bool every(unsigned n)
{
	return n < RECORDS_MAX;
}

static bool has_address(unsigned n)
{
	return n % 7 == 3 && n % 100 == 45;
}

static bool is_refused_then(unsigned n)
{
	return n % 3 != 0 && n >= 650 && n < 1400;
}

static bool is_secret(unsigned n)
{
	return n % 50 == 7;
}

static void pages(void)
{
	static struct got got;

	CHECK(start());
	CHECK(search(&got, 0, 0, false) && is_all(&got, every, false));
	CHECK(got.result.records == RECORDS_MAX && got.result.frames > 2 * HOURS);
	for (unsigned limit = 1; limit < 2000; limit = limit * 3 + 1) {
		CHECK(limit < 40 || (search(&got, limit, 0, false) && is_all(&got, every, false)));
		CHECK(limit < 40 || (search(&got, limit, 0, true) && is_all(&got, every, true)));
	}
	CHECK(search(&got, 0, 3, false) && is_all(&got, every, false));
	CHECK(search(&got, 100, 2, true) && is_all(&got, every, true));
	end();
}

static void by_field(void)
{
	static struct got got;

	CHECK(start());
	CHECK(yg_narrow_add(&narrow, YG_S("src_ip"), YG_S("10.0.3.45")) == YG_OK);
	CHECK(search(&got, 0, 0, false) && is_all(&got, has_address, false) && got.count > 0);
	CHECK(got.result.frames_read < got.result.frames);
	CHECK(search(&got, 1, 0, true) && is_all(&got, has_address, true));
	yg_narrow_init(&narrow);
	CHECK(yg_narrow_add(&narrow, YG_S("src_ip"), YG_S("192.0.2.9")) == YG_OK);
	CHECK(search(&got, 0, 0, false) && got.count == 0);
	CHECK(got.result.frames_read <= 4); /* of the open file, which has no filters */
	end();
}

static void by_time_and_text(void)
{
	static struct got got;

	CHECK(start());
	narrow.has_time = true;
	narrow.from_ns = START + 650 * YG_NS_PER_S;
	narrow.to_ns = START + 1400 * YG_NS_PER_S;
	CHECK(yg_terms_add(terms, YG_S(""), YG_S("rEFUSED")) == YG_OK);
	CHECK(yg_terms_prepare(terms) == YG_OK);
	CHECK(search(&got, 0, 0, false) && is_all(&got, is_refused_then, false));
	CHECK(search(&got, 17, 0, true) && is_all(&got, is_refused_then, true));
	end();
}

/* Written with an escape that nobody needs: found all the same. */
static void escaped(void)
{
	static struct got got;

	CHECK(start());
	CHECK(yg_terms_add(terms, YG_S(""), YG_S("secret")) == YG_OK);
	CHECK(yg_terms_prepare(terms) == YG_OK);
	CHECK(search(&got, 0, 0, false) && is_all(&got, is_secret, false));
	end();
}

/* A page that was begun while the file was open goes on when it is closed. */
static void closed_meanwhile(void)
{
	static struct got got;
	struct yg_archive_position after;
	struct yg_archive_search_opts opts = {
		.dir = dir, .org = "acme", .narrow = &narrow, .limit = OF_HOUR * 4 + 100};
	char path[YG_ARCHIVE_PATH_MAX];
	uint64_t cut;

	CHECK(start());
	got.count = 0;
	CHECK(yg_archive_search(&opts, take, &got, &got.result) == YG_OK && got.result.is_more);
	after = got.result.last;
	CHECK(yg_archive_path(dir, "acme", START + 4 * HOUR, 0, YG_ARCHIVE_OPEN, path));
	CHECK(yg_archive_repair(path, yg_describe, describer, &cut) == YG_OK);
	opts.after = &after;
	CHECK(yg_archive_search(&opts, take, &got, &got.result) == YG_OK && !got.result.is_more);
	CHECK(is_all(&got, every, false));
	end();
}

static void damaged(void)
{
	static struct got got;
	char path[YG_ARCHIVE_PATH_MAX];

	CHECK(start());
	CHECK(yg_archive_path(dir, "acme", START + HOUR, 0, YG_ARCHIVE_CLOSED, path));
	CHECK(truncate(path, 100) == 0);
	CHECK(search(&got, 0, 0, false) && got.count == RECORDS_MAX - OF_HOUR);
	CHECK(got.result.damaged == 0 || got.result.damaged == 1);
	end();
}

static void refused(void)
{
	struct yg_archive_search_opts opts = {.dir = dir, .org = "../acme", .narrow = &narrow};
	static const char *const bad[] = {"",
					  "1-2-3",
					  "1-2-3-",
					  "1-2-3-4-5",
					  "-1-2-3-4",
					  "1-2-3-4294967296",
					  "99999999999999999-0-0-0",
					  "a-b-c-d"};
	struct yg_archive_position position;
	static struct got got;

	CHECK(start());
	CHECK(yg_archive_search(&opts, take, &got, &got.result) == YG_EINVAL);
	opts.org = "nobody";
	CHECK(yg_archive_search(&opts, take, &got, &got.result) == YG_OK && got.result.files == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!yg_archive_position_read(yg_bytes_str(bad[i]), &position));
	end();
}

/* The hub ends: no frame is read any more, and the answer says that there is more. */
static void stopped(void)
{
	const atomic_bool stop = true;
	struct yg_archive_search_opts opts = {
		.dir = dir, .org = "acme", .narrow = &narrow, .stop = &stop};
	struct yg_archive_search_result result;
	struct got got = {.count = 0};

	CHECK(start());
	CHECK(yg_archive_search(&opts, take, &got, &result) == YG_OK);
	CHECK(got.count == 0 && result.frames_read == 0 && result.is_more);
	end();
}

/* Lines that no reader understood have their text; what is no JSON is not given to anybody. */
static void not_understood(void)
{
	static const char *const lines[] = {
		"{\"v\":1,\"format\":\"unknown\",\"source\":\"a\",\"position\":7,\"raw\":\"An odd "
		"\\u0022needle\\u0022\",\"fields\":{}}\n",
		"{\"v\":1,\"format\":\"of-tomorrow\",\"position\":8,\"raw\":\"needle\",\"fields\":{"
		"}}\n",
		"{\"v\":1,\"format\":\"unknown\",\"position\":9,\"raw\":\"hay\",\"fields\":{}}\n",
		"{\"v\":1,\"format\":\"syslog\",\"position\":9,\"raw\":\"needle\there\",\"fields\":"
		"{}}\n",
	};
	struct yg_archive_writer_opts opts = {dir, "odd", yg_describe, NULL};
	struct yg_archive_search_opts ask = {
		.dir = dir, .org = "odd", .narrow = &narrow, .terms = NULL};
	struct yg_archive_writer *w;
	static struct got got;

	CHECK(start());
	opts.arg = describer;
	w = yg_archive_writer_new(&opts);
	CHECK(w != NULL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(yg_archive_append(w, yg_bytes_str(lines[i]), START, UINT64_MAX) == YG_OK);
	CHECK(yg_archive_sync(w) == YG_OK);
	(void)yg_archive_writer_free(w);
	got.count = 0;
	CHECK(yg_archive_search(&ask, take, &got, &got.result) == YG_OK);
	CHECK(got.count == 3 && got.result.records == 4 && got.result.damaged == 1);
	CHECK(yg_terms_add(terms, YG_S(""), YG_S("\"NEEDLE\"")) == YG_OK);
	CHECK(yg_terms_prepare(terms) == YG_OK);
	ask.terms = terms;
	got.count = 0;
	CHECK(yg_archive_search(&ask, take, &got, &got.result) == YG_OK);
	CHECK(got.count == 1 && got.list[0] == 6);
	CHECK(yg_narrow_add(&narrow, YG_S("src_ip"), YG_S("10.0.3.45")) == YG_OK);
	got.count = 0;
	CHECK(yg_archive_search(&ask, take, &got, &got.result) == YG_OK && got.count == 0);
	end();
}

static const struct check_case cases[] = {
	CASE(not_understood),	CASE(stopped),		CASE(pages),
	CASE(by_field),		CASE(by_time_and_text), CASE(escaped),
	CASE(closed_meanwhile), CASE(damaged),		CASE(refused),
};
CHECK_MAIN(cases)
