/* SPDX-License-Identifier: Apache-2.0 */
/* The local archive read for values of warnings: log first, as `search` does, for what moves over
 * meanwhile. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "base/alloc.h"
#include "base/io.h"
#include "detect/indicators.h"
#include "sensor/back-int.h"
#include "sensor/local-int.h"

#include "base/ban.h"

#define LOG_MAX	 (96u << 20)
#define HITS	 4u
#define SAVE_NS	 (5 * YG_NS_PER_S)
#define PAUSE_NS YG_NS_PER_S /* at most, behind a frame */

struct pass {
	struct yg_back *b;
	struct yg_back_look *looks[YG_BACK_PASS_MAX];
	struct yg_indicators *sets[YG_BACK_PASS_MAX];
	/* Lines before this one are looked at. Numbers do not grow with the files where the clock
	 * was set back, so what this pass looks at moves `done` alone. */
	uint64_t from[YG_BACK_PASS_MAX];
	uint32_t resumed; /* bits of those that an earlier pass began */
	uint32_t count;
	int64_t since_ns; /* the earliest hour that one of them wants */
	struct yg_local_describer *describer;
	struct yg_archive_unpacker *unpacker;
	struct yg_buf stored;
	struct yg_buf text;
	struct yg_clock steady;
	int64_t saved_ns;		/* by that clock */
	char last[YG_ARCHIVE_PATH_MAX]; /* of the files, without its ending */
	uint64_t end;			/* behind the greatest number that was met */
	bool is_mixed;			/* lower numbers came behind greater ones */
	bool has_archive;
};

static int64_t steady_ns(const struct pass *p)
{
	return p->steady.now_ns(p->steady.arg);
}

/* ---- one line ---- */

/* Bits of the looks for which line @number still has to be looked at. */
static uint32_t wanted_by(const struct pass *p, uint64_t number)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < p->count; i++)
		if (number >= p->from[i] && number < p->looks[i]->number)
			bits |= UINT32_C(1) << i;
	return bits;
}

static void note(struct yg_back_look *look, int64_t time_ns)
{
	look->count++;
	if (time_ns == YG_TIME_NONE)
		return;
	if (look->first_ns == YG_TIME_NONE || time_ns < look->first_ns)
		look->first_ns = time_ns;
	if (look->last_ns == YG_TIME_NONE || time_ns > look->last_ns)
		look->last_ns = time_ns;
}

static int look_at(struct pass *p, struct yg_bytes line, uint64_t number)
{
	struct yg_indicator_hit hits[HITS];
	uint32_t bits = wanted_by(p, number), found = 0;
	struct yg_bytes value = {0};
	struct yg_event *event;
	int64_t time_ns;
	int rc;

	if (bits == 0)
		return YG_OK;
	event = yg_local_event(p->describer, line);
	for (uint32_t i = 0; i < p->count; i++) {
		if (!(bits >> i & 1))
			continue;
		p->looks[i]->records++;
		if (!event || event->format == YG_FORMAT_FINDING || !p->sets[i] ||
		    yg_indicators_match(p->sets[i], event, NULL, hits, HITS) == 0)
			continue;
		found |= UINT32_C(1) << i;
		value = hits[0].value;
	}
	if (found == 0)
		return YG_OK;
	time_ns = event->time_ns;
	/* What no finding may speak of does not count: event is masked by that, so it comes last.
	 */
	rc = yg_sensor_policy_values(p->b->config.policy, event, &value, 1);
	for (uint32_t i = 0; rc == YG_OK && i < p->count; i++)
		if (found >> i & 1)
			note(p->looks[i], time_ns);
	return rc == YG_EACCES ? YG_OK : rc;
}

static int look_at_lines(struct pass *p, struct yg_bytes text, uint64_t number)
{
	uint64_t end;
	int rc = YG_OK;

	for (; rc == YG_OK && text.size > 0; number++) {
		size_t size = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */

		rc = look_at(p, yg_bytes_cut(text, 0, size), number);
		text = yg_bytes_from(text, size);
	}
	for (uint32_t i = 0; rc == YG_OK && i < p->count; i++) {
		end = number < p->looks[i]->number ? number : p->looks[i]->number;
		if (end > p->looks[i]->done)
			p->looks[i]->done = end;
	}
	return rc;
}

/* ---- bounded ---- */

/* As long a pause as the work took; now and then how far it is. */
static int rest(struct pass *p, int64_t began_ns)
{
	int64_t now_ns = steady_ns(p), took_ns = now_ns - began_ns;
	bool is_end = yg_back_pause(p->b, took_ns < PAUSE_NS ? took_ns : PAUSE_NS);

	if (!is_end && now_ns - p->saved_ns < SAVE_NS)
		return YG_OK;
	p->saved_ns = now_ns;
	(void)!yg_back_save(p->b); /* else it is read again from an earlier place */
	return is_end ? YG_EEND : YG_OK;
}

/* ---- the archive ---- */

/* Bits of the looks that want something of @frame. */
static uint32_t wanting(const struct pass *p, const struct yg_archive_frame *frame)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < p->count; i++)
		if (frame->journal_end > p->from[i] && frame->journal_first < p->looks[i]->number)
			bits |= UINT32_C(1) << i;
	return bits;
}

static int look_at_frame(struct pass *p, const struct yg_archive *archive, uint32_t index)
{
	int64_t began_ns = steady_ns(p);
	struct yg_archive_frame frame;
	struct yg_fault fault;
	int rc;

	yg_buf_reset(&p->stored);
	yg_buf_reset(&p->text);
	rc = yg_archive_load(archive, index, &p->stored);
	if (rc == YG_OK)
		rc = yg_archive_unpack(p->unpacker, yg_buf_bytes(&p->stored), &frame, &p->text,
				       &fault);
	if (rc == YG_OK)
		rc = look_at_lines(p, yg_buf_bytes(&p->text), frame.journal_first);
	return rc == YG_OK ? rest(p, began_ns) : rc;
}

/* *ret_wanting: when it fails, the looks that wanted something of what was not read. */
static int look_at_file(struct pass *p, const char *path, uint32_t *ret_wanting)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	uint32_t at = 0;
	int rc = yg_archive_open(path, &archive, &fault);

	*ret_wanting = UINT32_MAX; /* nobody knows what it held */
	if (rc != YG_OK)
		return rc;
	for (; rc == YG_OK && at < archive->count; at++) {
		const struct yg_archive_frame *frame = &archive->frames[at];

		*ret_wanting = wanting(p, frame);
		p->is_mixed |= frame->journal_first < p->end;
		if (frame->journal_end > p->end)
			p->end = frame->journal_end;
		if (*ret_wanting != 0)
			rc = look_at_frame(p, archive, at);
	}
	for (; at < archive->count; at++)
		*ret_wanting |= wanting(p, &archive->frames[at]);
	(void)yg_archive_free(archive);
	return rc;
}

/* Once for each look, also where the file is read again after a while, or in another life. */
static void note_damage(struct pass *p, const struct yg_archive_entry *entry, uint32_t wanted)
{
	uint64_t at = (uint64_t)(entry->hour_ns / YG_ARCHIVE_HOUR_NS) * YG_ARCHIVE_PARTS_MAX +
		      entry->part + 1;

	for (uint32_t i = 0; i < p->count; i++) {
		struct yg_back_look *look = p->looks[i];

		if (!(wanted >> i & 1) || at <= look->damaged_at ||
		    entry->hour_ns + YG_ARCHIVE_HOUR_NS <= look->from_ns)
			continue;
		look->damaged_at = at;
		look->damaged++;
	}
}

static bool is_damage(const struct yg_archive_entry *entry, int rc)
{
	return rc == YG_ETRUNC || rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_EIO ||
	       rc == YG_EACCES ||
	       (rc == YG_EMISMATCH && !entry->is_open); /* an open one may be empty yet */
}

static int take_file(void *arg, const struct yg_archive_entry *entry)
{
	struct pass *p = arg;
	char path[YG_ARCHIVE_PATH_MAX], stem[YG_ARCHIVE_PATH_MAX];
	uint32_t wanted;
	int rc;

	p->has_archive = true;
	if (entry->hour_ns + YG_ARCHIVE_HOUR_NS <= p->since_ns)
		return YG_OK;
	(void)snprintf(stem, sizeof(stem), "%.*s", /* shorter */
		       (int)(strlen(entry->path) -
			     strlen(entry->is_open ? YG_ARCHIVE_OPEN : YG_ARCHIVE_CLOSED)),
		       entry->path);
	/* Closed while the folder was listed: it stands there under both names. */
	if (strcmp(stem, p->last) == 0)
		return YG_OK;
	rc = look_at_file(p, entry->path, &wanted);
	/* Closed just now: it has its last name. */
	if (rc == YG_ENOENT && entry->is_open &&
	    snprintf(path, sizeof(path), "%s" YG_ARCHIVE_CLOSED, stem) < (int)sizeof(path))
		rc = look_at_file(p, path, &wanted);
	if (rc == YG_OK)
		memcpy(p->last, stem, sizeof(stem));
	if (is_damage(entry, rc))
		note_damage(p, entry, wanted);
	else if (rc != YG_ENOENT && rc != YG_EMISMATCH) /* it went, to stay within the bound */
		return rc;
	return YG_OK;
}

static int look_everywhere(struct pass *p)
{
	const char *state = p->b->config.home->folder;
	char dir[YG_ARCHIVE_PATH_MAX];
	char log[YG_ARCHIVE_PATH_MAX];
	struct yg_local_entry entry;
	struct yg_bytes text;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;

	if (!yg_local_path(state, "archive", dir) || !yg_local_path(state, "archive.log", log))
		return YG_ELIMIT;
	rc = yg_io_read_file(log, LOG_MAX, &bytes, &size);
	text = (struct yg_bytes){bytes, size};
	p->has_archive = size > 0;
	if (rc == YG_OK || rc == YG_ENOENT)
		rc = yg_archive_walk(dir, NULL, take_file, p);
	rc = rc == YG_ENOENT ? YG_OK : rc;
	for (uint32_t i = 0; i < p->count; i++)
		p->from[i] = p->looks[i]->done; /* the log holds what the archive has, and more */
	while (rc == YG_OK && yg_local_entry_next(&text, &entry))
		rc = look_at_lines(p, entry.lines, entry.first);
	free(bytes);
	return rc;
}

/* ---- beginning and end ---- */

static int add_text(void *arg, const char *file, struct yg_bytes text)
{
	return yg_indicators_add(arg, file, text, NULL, NULL);
}

static int open_sets(struct pass *p)
{
	int rc = YG_OK;

	for (uint32_t i = 0; rc == YG_OK && i < p->count; i++) {
		struct yg_indicators *set = yg_indicators_new();

		p->sets[i] = set;
		rc = set ? yg_back_texts(p->b->config.home, p->looks[i]->name, add_text, set)
			 : YG_ENOMEM;
		if (rc == YG_OK)
			rc = yg_indicators_finish(set);
		if (rc == YG_OK && yg_indicators_count(set) == 0)
			p->sets[i] = yg_indicators_free(set); /* it is gone */
	}
	return rc;
}

/* Where an earlier pass stopped is told by a number, which does not say what was read before where
 * numbers do not grow with the files: "not hit" would be a guess. */
static void begin_again(struct yg_back_look *look)
{
	look->done = look->records = look->count = look->damaged_at = 0;
	look->damaged = 0;
	look->first_ns = look->last_ns = YG_TIME_NONE;
}

/* What was looked at, in times of arrival; what the archive lacks of it is said. */
static void finish(struct pass *p)
{
	struct yg_wire_range range = {0};

	if (yg_local_range_read(p->b->config.home->folder, &range) != YG_OK)
		range = (struct yg_wire_range){0};
	(void)pthread_mutex_lock(&p->b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; i < p->count; i++) {
		struct yg_back_look *look = p->looks[i];

		if (p->is_mixed && (p->resumed >> i & 1)) {
			begin_again(look);
			continue;
		}
		look->has_archive = p->has_archive;
		if (range.is_kept && range.from_ns > look->from_ns)
			look->from_ns = range.from_ns < look->to_ns ? range.from_ns : look->to_ns;
		look->gaps = 0;
		for (uint32_t g = 0; g < range.gap_count; g++)
			look->gaps += range.gaps[g].from_ns < look->to_ns &&
				      range.gaps[g].to_ns > look->from_ns;
		look->state = YG_BACK_DONE;
	}
	(void)pthread_mutex_unlock(&p->b->lock); /* as above */
}

/* The first that wait. */
static void choose(struct pass *p)
{
	(void)pthread_mutex_lock(&p->b->lock); /* ours, of the plain kind */
	for (uint32_t i = 0; i < p->b->count && p->count < YG_BACK_PASS_MAX; i++) {
		struct yg_back_look *look = &p->b->looks[i];

		if (look->state != YG_BACK_WAITS)
			continue;
		p->from[p->count] = look->done;
		p->resumed |= (uint32_t)(look->done > 0) << p->count;
		p->looks[p->count++] = look;
		if (look->from_ns < p->since_ns)
			p->since_ns = look->from_ns;
	}
	(void)pthread_mutex_unlock(&p->b->lock); /* as above */
}

int yg_back_pass(struct yg_back *b)
{
	struct pass p = {.b = b, .since_ns = INT64_MAX, .steady = yg_clock_steady()};
	int rc;

	choose(&p);
	if (p.count == 0)
		return YG_OK;
	yg_buf_init(&p.stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&p.text, YG_ARCHIVE_TEXT_MAX);
	p.saved_ns = steady_ns(&p);
	p.describer = yg_local_describer_new();
	p.unpacker = yg_archive_unpacker_new();
	rc = p.describer && p.unpacker ? open_sets(&p) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = look_everywhere(&p);
	if (rc == YG_OK) {
		finish(&p);
		rc = yg_back_save(b);
	}
	for (uint32_t i = 0; i < p.count; i++)
		(void)yg_indicators_free(p.sets[i]);
	(void)yg_local_describer_free(p.describer);
	(void)yg_archive_unpacker_free(p.unpacker);
	yg_buf_done(&p.stored);
	yg_buf_done(&p.text);
	return rc;
}
