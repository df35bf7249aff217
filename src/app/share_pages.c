/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of a collection of another server, until there are no more, so that nothing is lost
 * whatever becomes of a page on the way.
 *
 *   added_after=CURSOR ─► page ─► stored with the new cursor, in one transaction ─► next ─► …
 *
 * What stands in a page is in the order in which it was added, but several objects may have been
 * added at one moment, and a page may end between them. So the cursor stays a microsecond before
 * the last moment that was seen: what was added then is asked for once more, and what comes twice
 * is no error. A server may forget, or have moved on behind, a `next` whose answer did not arrive:
 * after a break, a page that was there before, or one out of order, a new round begins at the
 * cursor, and no word that was asked with since is asked with again, also not by a later run: the
 * page that brings it may be an old one, which something in between repeats. Its place is gone on
 * from by the cursor alone, as where there is no `next`; where more objects share a moment than a
 * page holds, larger pages are asked for. A round begins with what was added at the moment where
 * the cursor stands, or that was deleted: what begins later is asked for once more.
 * Source: TAXII 2.1 sec. 3.3 to 3.5; what servers do: docs/taxii.md. Tests: tests/e2e/share_poll.py
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <time.h>

#include "app/say.h"
#include "app/share_poll-int.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define ARENA_MAX	(1024ul << 20)
#define LIMIT_MAX	100000u
#define TRIES_MAX	8u
#define PAUSE_MS	20
#define PAUSES_MAX	6u /* doublings */
#define WAIT_S_MAX	60u
#define SAID_MAX	10u
#define PAGES_MAX	100000u
#define DUPLICATES_SEED 0x7a12u
#define GAPS_MAX	2u /* times that a round is asked for again because it begins too late */
#define WORD_SEED	0x7a14u
#define STUCK_MAX	6u /* below TRIES_MAX */

/* What a page comes to. */
enum step {
	STEP_ON,      /* another one */
	STEP_DONE,    /* it was the last */
	STEP_RESTART, /* a new round from the cursor */
	STEP_FAIL,    /* said */
};

/* True: it was there. */
static bool note_hash(struct yg_poll_set *set, uint64_t hash)
{
	size_t at;

	hash = hash ? hash : 1;
	if (set->count == YG_POLL_SET_MAX)
		*set = (struct yg_poll_set){0};
	for (at = hash % (2 * YG_POLL_SET_MAX); set->slots[at];
	     at = (at + 1) % (2 * YG_POLL_SET_MAX))
		if (set->slots[at] == hash)
			return true;
	set->slots[at] = hash;
	set->count++;
	return false;
}

/* ---- one question ---- */

static void add_time(struct yg_buf *to, int64_t us)
{
	char text[YG_STIX_TIME_SIZE];

	yg_stix_time_write(us, text);
	yg_fetch_escape(yg_bytes_str(text), to);
}

static int ask(struct yg_poll *p)
{
	int64_t after_us = p->next[0] ? p->round_us : p->cursor_us;
	struct yg_buf url;
	int rc;

	yg_buf_init(&url, 2 * YG_FETCH_URL_MAX + 3 * sizeof(p->next));
	yg_buf_add_str(&url, (const char *)p->objects.data);
	yg_buf_addf(&url, "?limit=%u&match%%5Bversion%%5D=all&match%%5Bspec_version%%5D=2.0,2.1",
		    p->limit);
	if (after_us != INT64_MIN) {
		yg_buf_add_str(&url, "&added_after=");
		add_time(&url, after_us);
	}
	if (p->next[0]) {
		yg_buf_add_str(&url, "&next=");
		yg_fetch_escape(yg_bytes_str(p->next), &url);
	}
	yg_buf_add_byte(&url, 0);
	rc = yg_buf_error(&url);
	if (rc == YG_OK)
		p->get(p->arg, (const char *)url.data, &p->answer);
	yg_buf_done(&url);
	return rc;
}

static enum step fail(struct yg_poll *p, const char *text)
{
	yg_poll_say(p, NULL, "%s: %s", yg_say_safe(yg_bytes_str(p->url), 200),
		    p->is_quiet ? text : yg_say_tr(text));
	return STEP_FAIL;
}

static int fail_store(struct yg_poll *p, int rc)
{
	yg_poll_say(p, NULL, "%s: %s", yg_say_safe(yg_bytes_str(p->place.collection), 300),
		    p->is_quiet ? yg_err_text(rc) : yg_say_tr(yg_err_text(rc)));
	return rc;
}

static enum step fail_status(struct yg_poll *p)
{
	const struct yg_fetch_answer *a = &p->answer;

	if (a->status >= 300 && a->status < 400)
		yg_poll_say(p, N_("is the address right? Give the new one with --url"),
			    N_("%s: it sends us elsewhere (%ld), where nothing is asked"),
			    yg_say_safe(yg_bytes_str(p->url), 200), a->status);
	else
		yg_poll_say(p, NULL, N_("%s: answered with %ld: %s"),
			    yg_say_safe(yg_bytes_str(p->url), 200), a->status,
			    yg_say_safe(yg_buf_bytes(&a->body), 200));
	return STEP_FAIL;
}

/* Is it worth being read? STEP_ON: it is. */
static enum step look_at(struct yg_poll *p)
{
	const struct yg_fetch_answer *a = &p->answer;

	if (a->how == YG_FETCH_TOO_MUCH) {
		if (p->limit == 1)
			return fail(p, N_("one object is larger than is taken at once"));
		p->limit = p->limit > 4 ? p->limit / 4 : 1;
		return STEP_RESTART;
	}
	if (a->how != YG_FETCHED || yg_poll_busy(a))
		return STEP_RESTART;
	if (p->next[0] && (a->status == 400 || a->status == 404 || a->status == 410))
		return STEP_RESTART; /* it knows nothing of its `next` any more */
	if (a->status != 200)
		return fail_status(p);
	if (!a->is_taxii)
		return fail(p, N_("what came is no TAXII 2.1: its Content-Type is another one"));
	return STEP_ON;
}

/* ---- a page that came ---- */

static bool has_marking(void *arg, struct yg_bytes id)
{
	const struct yg_poll *p = arg;

	return yg_collections_has(p->place.s, id);
}

static void refuse(struct yg_poll *p, const struct yg_stix_object *object, const char *fault)
{
	if (note_hash(p->wrong, yg_hash64(object->text, DUPLICATES_SEED)))
		return;
	(void)snprintf(p->wrong_text, sizeof(p->wrong_text), "%s%s%s",
		       yg_say_safe(object->id.size ? object->id : YG_S("?"), 120),
		       fault[0] == ':' ? "" : ".",
		       yg_say_safe(yg_bytes_str(fault), YG_STIX_FAULT_MAX)); /* it fits */
	if (p->refused++ < SAID_MAX && !p->is_quiet)
		yg_say("%s: %s", yg_say_safe(yg_bytes_str(p->url), 200), p->wrong_text);
}

/* What it is marked with may come on a later page. */
static bool put_off(struct yg_poll *p, const struct yg_stix_item *item)
{
	if (!yg_bytes_starts(yg_bytes_str(item->fault), YG_S("object_marking_refs[")) &&
	    !yg_bytes_starts(yg_bytes_str(item->fault), YG_S("granular_markings[")))
		return false;
	if (p->later_count == YG_POLL_LATER_MAX ||
	    p->later.size + item->object.text.size > YG_POLL_LATER_BYTES)
		return false;
	yg_buf_add_str(&p->later, p->later_count++ ? "," : "");
	yg_buf_add(&p->later, item->object.text);
	return true;
}

static int put_one(struct yg_poll *p, const struct yg_stix_object *object, int64_t now_us)
{
	struct yg_stix_object one = *object;
	int64_t added_us;
	int rc;

	if (one.tlp == YG_TLP_NONE)
		one.tlp = p->default_tlp;
	rc = yg_collections_put(p->place.s, p->place.c.number, &one, now_us, 0, &added_us);
	if (rc == YG_OK && p->origin)
		rc = yg_collections_put_origin(p->place.s, p->place.c.number, added_us, p->origin);
	p->stored += rc == YG_OK;
	p->there += rc == YG_EDUPLICATE;
	if (rc == YG_OK)
		p->tries = 0;
	if (rc == YG_EMISMATCH)
		refuse(p, object, N_("modified: this version is here already, with other content"));
	return rc == YG_EDUPLICATE || rc == YG_EMISMATCH ? YG_OK : rc;
}

static int put_all(struct yg_poll *p, const struct yg_stix_bundle *bundle, bool is_last)
{
	struct yg_clock clock = yg_clock_system();
	int64_t now_us = clock.now_ns(clock.arg) / 1000;
	int rc = YG_OK;

	for (uint32_t i = 0; i < bundle->count && rc == YG_OK; i++) {
		const struct yg_stix_item *item = &bundle->items[i];

		if (!item->fault)
			rc = put_one(p, &item->object, now_us);
		else if (is_last || !put_off(p, item))
			refuse(p, &item->object, item->fault);
	}
	return rc == YG_OK ? yg_buf_error(&p->later) : rc;
}

/* The place that is kept, and the words that were asked with since. */
static int keep_place(struct yg_poll *p, int64_t place_us)
{
	char added[YG_STIX_TIME_SIZE];
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, 3 * YG_FETCH_URL_MAX + 32 * YG_POLL_ASKED_MAX);
	yg_buf_add_str(&text, "{\"url\":");
	yg_buf_add_json(&text, yg_bytes_str((const char *)p->objects.data));
	if (place_us != INT64_MIN) {
		yg_stix_time_write(place_us, added);
		yg_buf_addf(&text, ",\"added_after\":\"%s\"", added);
	}
	yg_buf_add_str(&text, ",\"asked\":[");
	for (uint32_t i = 0; i < p->asked_count; i++)
		yg_buf_addf(&text, "%s\"%016llx\"", i ? "," : "", (unsigned long long)p->asked[i]);
	yg_buf_add_str(&text, "]}");
	rc = yg_buf_error(&text);
	if (rc == YG_OK)
		rc = yg_collections_put_text(p->place.s, "poll", yg_bytes_str(p->state),
					     yg_buf_bytes(&text));
	yg_buf_done(&text);
	return rc;
}

static uint64_t hash_word(struct yg_bytes word)
{
	return yg_hash64(word, WORD_SEED);
}

static bool was_asked(const struct yg_poll *p, struct yg_bytes word)
{
	uint64_t hash = hash_word(word);

	for (uint32_t i = 0; i < p->asked_count; i++)
		if (p->asked[i] == hash)
			return true;
	return false;
}

/* What it has been asked with until here belongs to pages before the place: none of them would be
 * taken for one that comes behind it. @word: of the page that is stored with it. */
static void note_word(struct yg_poll *p, struct yg_bytes word, bool is_moved)
{
	if (is_moved)
		p->asked_count = 0;
	if (word.size == 0 || was_asked(p, word))
		return;
	/* Of so many the oldest goes: more pages share no moment, and wait for no marking. */
	if (p->asked_count == YG_POLL_ASKED_MAX)
		memmove(p->asked, p->asked + 1, --p->asked_count * sizeof(p->asked[0]));
	p->asked[p->asked_count++] = hash_word(word);
}

/* The cursor into the file, with what stands before it. Not past what was put off. */
static int keep_cursor(struct yg_poll *p, struct yg_bytes word)
{
	bool is_moved = p->later_count == 0 && p->cursor_us != p->kept_us;

	if (!is_moved && (word.size == 0 || was_asked(p, word)))
		return YG_OK;
	note_word(p, word, is_moved);
	return keep_place(p, is_moved ? p->cursor_us : p->kept_us);
}

static int store(struct yg_poll *p, const struct yg_stix_bundle *bundle, bool is_last)
{
	int rc = yg_collections_begin(p->place.s);

	if (rc == YG_OK)
		rc = put_all(p, bundle, is_last);
	if (rc == YG_OK)
		rc = keep_cursor(p, p->will_ask ? bundle->next : (struct yg_bytes){0});
	if (rc == YG_OK)
		rc = yg_collections_commit(p->place.s);
	else
		yg_collections_abort(p->place.s);
	if (rc == YG_OK && p->later_count == 0)
		p->kept_us = p->cursor_us;
	return rc == YG_OK ? rc : fail_store(p, rc);
}

/* When the first and the last of the page were added; INT64_MIN: it does not say. */
static int64_t time_of(const char *field)
{
	int64_t ns;

	if (!field[0] || !yg_stix_time(yg_bytes_str(field), &ns))
		return INT64_MIN;
	return ns / 1000 - (ns % 1000 < 0);
}

static uint64_t hash_of(const struct yg_stix_bundle *bundle)
{
	uint64_t hash = DUPLICATES_SEED;

	for (uint32_t i = 0; i < bundle->count; i++)
		hash = yg_hash64(bundle->items[i].object.text, hash);
	return hash;
}

/* Is it the page that was asked for, as far as can be told? */
static bool is_ours(struct yg_poll *p, const struct yg_stix_bundle *bundle, int64_t first_us,
		    int64_t last_us)
{
	int64_t after_us = p->next[0] ? p->round_us : p->cursor_us;

	if (bundle->count == 0)
		return true;
	if (first_us != INT64_MIN && (first_us <= after_us || first_us > last_us))
		return false;
	if (p->next[0] && first_us != INT64_MIN && first_us < p->last_us)
		return false;
	/* By the cursor the last ones of the page before come again, by `next` nothing does. */
	return !note_hash(p->seen, hash_of(bundle)) || !p->next[0];
}

/* Is the page's word to be asked with? One that was asked with before stands for nothing, but that
 * of the question which the page answers: some servers have one word for all pages. */
static bool is_good_word(const struct yg_poll *p, const struct yg_stix_bundle *bundle)
{
	bool is_same = p->next[0] && yg_bytes_eq(bundle->next, yg_bytes_str(p->next));

	return bundle->is_more && bundle->count > 0 && bundle->next.size > 0 &&
	       bundle->next.size < sizeof(p->next) && (is_same || !was_asked(p, bundle->next));
}

static enum step go_by_word(struct yg_poll *p, const struct yg_stix_bundle *bundle)
{
	memcpy(p->next, bundle->next.data, bundle->next.size);
	p->next[bundle->next.size] = 0;
	return STEP_ON;
}

/* The page brings nothing to go on by: it may be an old one, so it is asked for again; and when it
 * is the same each time, an old word is better than no way at all. */
static enum step go_anyhow(struct yg_poll *p, const struct yg_stix_bundle *bundle)
{
	bool has_word = bundle->next.size > 0 && bundle->next.size < sizeof(p->next);

	if (p->stuck < STUCK_MAX) {
		p->stuck++;
		(void)snprintf(p->answer.words, sizeof(p->answer.words),
			       "a page that says nothing new, and no way behind it");
		return STEP_RESTART;
	}
	if (has_word)
		return go_by_word(p, bundle);
	return fail(p, N_("more objects were added at one moment than the server gives on a page, "
			  "and it gives no `next`: what is behind them cannot be reached"));
}

/* Where it goes on behind a page that is stored. @cursor_us: where it stood before it. */
static enum step go_on(struct yg_poll *p, const struct yg_stix_bundle *bundle, int64_t cursor_us)
{
	if (!bundle->is_more || bundle->count == 0)
		return STEP_DONE;
	if (p->will_ask) {
		p->stuck = 0;
		return go_by_word(p, bundle);
	}
	p->next[0] = 0;
	if (p->last_us == INT64_MIN && bundle->next.size == 0)
		return fail(p, N_("there is more, and neither `next` nor X-TAXII-Date-Added-Last "
				  "says where"));
	if (p->last_us != INT64_MIN && p->cursor_us > cursor_us) {
		p->stuck = 0;
		return STEP_ON;
	}
	/* One moment fills the page: only a larger one shows what is behind it. */
	if (p->last_us == INT64_MIN || bundle->count < p->limit || p->limit >= LIMIT_MAX)
		return go_anyhow(p, bundle);
	p->limit = p->limit < LIMIT_MAX / 2 ? p->limit * 2 : LIMIT_MAX;
	return STEP_ON;
}

/* It begins behind what has to come once more: an old page, or that was deleted there. */
static bool is_gap(struct yg_poll *p, const struct yg_stix_bundle *bundle, int64_t first_us)
{
	if (p->next[0] || p->cursor_us == INT64_MIN || bundle->count == 0 ||
	    first_us == INT64_MIN || first_us == p->cursor_us + 1) {
		p->gaps = 0;
		return false;
	}
	if (++p->gaps <= GAPS_MAX)
		return true;
	p->gaps = 0;
	return false;
}

static enum step take_page(struct yg_poll *p, struct yg_arena *arena)
{
	struct yg_stix_ask how = {.has_marking = has_marking, .arg = p, .objects_max = LIMIT_MAX};
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault;
	int64_t first_us = time_of(p->answer.first), last_us = time_of(p->answer.last);
	int64_t cursor_us = p->cursor_us;
	int rc = yg_stix_read(yg_buf_bytes(&p->answer.body), &how, arena, &bundle, &fault);

	if (rc == YG_ENOMEM || rc == YG_ELIMIT)
		return fail_store(p, rc), STEP_FAIL;
	if (rc != YG_OK || !is_ours(p, &bundle, first_us, last_us) ||
	    is_gap(p, &bundle, first_us)) {
		(void)snprintf(p->answer.words, sizeof(p->answer.words), "%.190s",
			       rc != YG_OK ? fault.msg : "a page that was not asked for");
		return STEP_RESTART;
	}
	if (bundle.count > 0 && last_us != INT64_MIN && last_us - 1 > p->cursor_us) {
		p->cursor_us = last_us - 1;
		p->tries = 0;
	}
	if (bundle.count > 0)
		p->last_us = last_us;
	p->will_ask = is_good_word(p, &bundle);
	if (store(p, &bundle, false) != YG_OK)
		return STEP_FAIL;
	p->pages++;
	return go_on(p, &bundle, cursor_us);
}

static enum step page(struct yg_poll *p)
{
	struct yg_arena *arena;
	enum step step;

	if (ask(p) != YG_OK)
		return fail(p, N_("its address, or its `next`, is too long"));
	step = look_at(p);
	if (step != STEP_ON)
		return step;
	arena = yg_arena_new(ARENA_MAX);
	step = arena ? take_page(p, arena) : fail(p, yg_err_text(YG_ENOMEM));
	(void)yg_arena_free(arena);
	return step;
}

/* ---- rounds ---- */

static void begin_round(struct yg_poll *p)
{
	*p->seen = (struct yg_poll_set){0};
	p->next[0] = 0;
	p->last_us = INT64_MIN;
	p->round_us = p->cursor_us;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* Linux has it */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Is the time over, @times the usual, when @more has gone by? */
static bool is_over(const struct yg_poll *p, int64_t more_ms, int64_t times)
{
	return p->ms_max > 0 && now_ms() - p->begun_ms + more_ms > times * p->ms_max;
}

/* The server may be busy, or starting again. */
static int64_t pause_ms(const struct yg_poll *p)
{
	uint32_t doublings = p->tries < PAUSES_MAX ? p->tries : PAUSES_MAX;

	if (p->answer.retry_s == 0)
		return (int64_t)PAUSE_MS << doublings;
	return INT64_C(1000) * (p->answer.retry_s < WAIT_S_MAX ? p->answer.retry_s : WAIT_S_MAX);
}

static enum step give_up(struct yg_poll *p)
{
	if (!yg_poll_say_busy(p))
		yg_poll_say(p, YG_POLL_AGAIN,
			    p->tries > TRIES_MAX ? N_("%s: it breaks off again and again: %s")
						 : N_("%s: it does not go on, and others wait: %s"),
			    yg_say_safe(yg_bytes_str(p->url), 200),
			    p->answer.status >= 300
				    ? yg_say_safe(yg_buf_bytes(&p->answer.body), 200)
				    : yg_say_safe(yg_bytes_str(p->answer.words), 200));
	return STEP_FAIL;
}

static enum step restart(struct yg_poll *p)
{
	if (++p->tries > TRIES_MAX || is_over(p, pause_ms(p), 1))
		return give_up(p);
	p->restarts++;
	if (!p->pause(p->arg, pause_ms(p)))
		return STEP_FAIL;
	/* What shares a moment has to come through in one go: fewer pages are less often broken. */
	if (p->broken_us == p->cursor_us && p->answer.how != YG_FETCH_TOO_MUCH &&
	    p->limit < LIMIT_MAX / 2)
		p->limit *= 2;
	p->broken_us = p->cursor_us;
	begin_round(p);
	return STEP_ON;
}

/* Objects whose marking has not come are refused now. */
static int settle(struct yg_poll *p)
{
	struct yg_stix_ask how = {.has_marking = has_marking, .arg = p};
	struct yg_stix_bundle bundle;
	struct yg_line_fault fault;
	struct yg_arena *arena;
	struct yg_buf all;
	int rc;

	if (p->later_count == 0)
		return YG_OK;
	arena = yg_arena_new(ARENA_MAX);
	yg_buf_init(&all, YG_POLL_LATER_BYTES + 64);
	yg_buf_add_str(&all, "{\"objects\":[");
	yg_buf_add(&all, yg_buf_bytes(&p->later));
	yg_buf_add_str(&all, "]}");
	rc = arena ? yg_buf_error(&all) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_stix_read(yg_buf_bytes(&all), &how, arena, &bundle, &fault);
	p->later_count = 0;
	p->will_ask = false;
	if (rc == YG_OK)
		rc = store(p, &bundle, true);
	else
		(void)fail_store(p, rc);
	yg_buf_done(&all);
	(void)yg_arena_free(arena);
	return rc;
}

/* What waits for its marking is waited for a while longer. */
static bool is_enough(const struct yg_poll *p)
{
	if (p->pages_max > 0 && p->pages >= p->pages_max &&
	    (p->later_count == 0 || p->pages >= YG_POLL_LONGER * p->pages_max))
		return true;
	return p->cursor_us != p->from_us && is_over(p, 0, p->later_count > 0 ? YG_POLL_LONGER : 1);
}

static enum step next_page(struct yg_poll *p)
{
	if (p->pages >= PAGES_MAX)
		return fail(p, N_("it has no end"));
	if (is_over(p, 0, YG_POLL_LONGER)) /* the next round would begin where this one did */
		return fail(p, N_("what it added at one moment takes too long"));
	return page(p);
}

int yg_poll_pages(struct yg_poll *p)
{
	enum step step = STEP_ON;
	int rc;

	p->begun_ms = now_ms();
	p->from_us = p->cursor_us;
	begin_round(p);
	while (step == STEP_ON) {
		p->is_cut = is_enough(p);
		if (p->is_cut)
			break;
		step = next_page(p);
		if (step == STEP_RESTART)
			step = restart(p);
	}
	rc = settle(p);
	if (rc != YG_OK)
		return rc;
	return step == STEP_DONE || p->is_cut ? YG_OK : YG_EAGAIN;
}
