/* SPDX-License-Identifier: Apache-2.0 */
/* app/share_poll-int.h: a round of pages ends in time, whatever the server does. */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../check.h"
#include "app/share_poll-int.h"

#define URL	 "http://127.0.0.1/root/"
#define MS_MAX	 200
#define SLOW_MS	 30
#define BEGIN_NS (INT64_C(1767225600) * 1000000000) /* 2026-01-01 */

/* A server that takes its time. */
static struct {
	bool is_silent;	    /* it never answers */
	bool is_one_moment; /* all it has was added at once */
	unsigned wish_s;    /* Retry-After, and no page */
	unsigned asked;
	unsigned paused;
} server;

static char path[256];
static struct yg_poll p;

static void wait_ms(int64_t ms)
{
	struct timespec left = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&left, NULL); /* no signal comes */
}

static void stamp(unsigned number, char to[YG_STIX_TIME_SIZE])
{
	int64_t ns = BEGIN_NS + (server.is_one_moment ? 0 : number) * INT64_C(1000000000);

	yg_stix_time_write(ns / 1000, to);
}

static void add_object(struct yg_buf *to, unsigned number)
{
	yg_buf_addf(to,
		    "{\"type\":\"tool\",\"spec_version\":\"2.1\",\"name\":\"n\","
		    "\"id\":\"tool--00000000-0000-4000-8000-%012u\","
		    "\"created\":\"2026-01-01T00:00:00.000Z\","
		    "\"modified\":\"2026-01-01T00:00:00.000Z\"}",
		    number);
}

static void get(void *arg, const char *url, struct yg_fetch_answer *ret)
{
	struct yg_buf body = ret->body;
	unsigned number = server.asked++;

	(void)arg;
	(void)url;
	yg_buf_reset(&body);
	*ret = (struct yg_fetch_answer){.how = YG_FETCHED, .status = 200, .is_taxii = true};
	wait_ms(server.is_silent ? MS_MAX + SLOW_MS : SLOW_MS);
	if (server.is_silent) {
		ret->how = YG_FETCH_BROKEN;
		(void)snprintf(ret->words, sizeof(ret->words), "nothing came");
	}
	if (server.wish_s) {
		ret->status = 429;
		ret->retry_s = server.wish_s;
	}
	/* What shares the last moment comes once more. */
	stamp(number, ret->first);
	stamp(number + 1, ret->last);
	yg_buf_addf(&body, "{\"more\":true,\"next\":\"w%u\",\"objects\":[", number);
	add_object(&body, number);
	yg_buf_add_byte(&body, ',');
	add_object(&body, number + 1);
	yg_buf_add_str(&body, "]}");
	ret->body = body;
}

static bool pause_here(void *arg, int64_t ms)
{
	(void)arg;
	server.paused++;
	wait_ms(ms);
	return true;
}

static bool begin(void)
{
	struct yg_collection shelf = {.root = "hub",
				      .owner = "hub",
				      .title = "t",
				      .reach = YG_COLLECTION_COMMUNITY,
				      .is_readable = true,
				      .is_writable = true,
				      .specs = 3};
	char folder[] = "/tmp/yagura-pages-XXXXXX";
	struct yg_collections *s = NULL;

	if (!mkdtemp(folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/stix.db", folder);
	if (yg_collections_open(path, true, &s) != YG_OK || yg_collections_begin(s) != YG_OK ||
	    yg_collections_add(s, &shelf) != YG_OK || yg_collections_commit(s) != YG_OK)
		return false;
	p = (struct yg_poll){.url = URL, .remote = "r", .limit = 2, .ms_max = MS_MAX};
	p.is_quiet = true;
	p.get = get;
	p.pause = pause_here;
	p.place.s = s;
	p.place.c = shelf;
	p.place.collection = shelf.id;
	return yg_poll_init(&p) == YG_OK && yg_poll_find(&p) == YG_OK &&
	       yg_poll_resume(&p) == YG_OK;
}

static void end(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	yg_poll_done(&p);
	p.place.s = yg_collections_free(p.place.s);
	for (unsigned i = 0; i < 3; i++) {
		char one[300];

		(void)snprintf(one, sizeof(one), "%s%s", path, ends[i]);
		(void)unlink(one); /* if it is there */
	}
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
	memset(&server, 0, sizeof(server));
}

/* It has no end: what came is kept, and the round ends well. */
static void slow_one_is_cut(void)
{
	CHECK(begin());
	CHECK(yg_poll_pages(&p) == YG_OK && p.is_cut && p.stored > 1);
	CHECK(p.pages > 1 && p.pages <= MS_MAX / SLOW_MS + 1);
	CHECK(p.kept_us == p.cursor_us && p.kept_us != INT64_MIN);
	end();
	/* Without a bound of time, that of pages. */
	CHECK(begin());
	p.ms_max = 0;
	p.pages_max = 12;
	CHECK(yg_poll_pages(&p) == YG_OK && p.is_cut && p.pages == 12);
	end();
}

/* Where it comes no further a round may take longer, and fails then: the next would be the same. */
static void one_moment_takes_longer(void)
{
	uint64_t stored;

	server.is_one_moment = true;
	CHECK(begin());
	CHECK(yg_poll_pages(&p) == YG_OK && p.is_cut); /* it came up to that moment */
	stored = p.stored;
	CHECK(yg_poll_pages(&p) == YG_EAGAIN && !p.is_cut);
	CHECK(p.stored - stored > MS_MAX / SLOW_MS);
	CHECK(strstr(p.trouble, "at one moment") != NULL);
	end();
}

static void silent_one_fails_at_once(void)
{
	server.is_silent = true;
	CHECK(begin());
	CHECK(yg_poll_pages(&p) == YG_EAGAIN && server.asked == 1 && server.paused == 0);
	CHECK(strstr(p.trouble, "others wait: nothing came") != NULL);
	end();
}

/* A pause beyond the round is not waited for here. */
static void long_pause_is_for_later(void)
{
	server.wish_s = 30;
	CHECK(begin());
	CHECK(yg_poll_pages(&p) == YG_EAGAIN && server.asked == 1 && server.paused == 0);
	CHECK(p.answer.retry_s == 30 && strstr(p.trouble, "429") != NULL);
	end();
}

static const struct check_case cases[] = {CASE(slow_one_is_cut), CASE(one_moment_takes_longer),
					  CASE(silent_one_fails_at_once),
					  CASE(long_pause_is_for_later)};
CHECK_MAIN(cases)
