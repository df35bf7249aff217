/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_archive.h"

#include <assert.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/describe.h"
#include "app/hub_batches.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "app/walls.h"
#include "archive/tree.h"
#include "archive/writer.h"
#include "base/alloc.h"
#include "base/disk.h"
#include "journal/consumer.h"
#include "wire/message.h"

#include "base/ban.h"

static_assert(YG_WIRE_RECORDS_MAX <= YG_HUB_ARCHIVE_LINES, "numbers of one batch would run over");
static_assert(YG_WIRE_LINE_MAX <= YG_ARCHIVE_RECORD_MAX, "the archive takes shorter records");
static_assert(YG_WIRE_ID_MAX <= YG_ARCHIVE_ORG_MAX, "the archive takes shorter names");

#define RECORDS_MAX 4096u      /* batches of one commit: what a thousand sensors send meanwhile */
#define BYTES_MAX   (2u << 20) /* packed */
#define GATHER_MS   250u       /* between two commits: frames of few lines pack badly */
#define IDLE_MS	    200u
#define AGAIN_MS    2000u /* after an error */
#define SAID_AT	    2u	  /* an error that is gone the next time is nobody's trouble */
#define QUIET_NS    (60 * YG_NS_PER_S)
#define ROTATED_NS  (120 * YG_NS_PER_S)
#define FILTERS_NS  (48 * YG_ARCHIVE_HOUR_NS)

/* An organisation whose file is open. */
struct org {
	struct org *next; /* used longer ago */
	char name[YG_ARCHIVE_ORG_MAX + 1];
	struct yg_archive_writer *writer;
	int64_t hour_ns; /* YG_TIME_NONE: none yet */
	int64_t used_ns;
	uint64_t end; /* the lines below are in the files of this hour, or on their way */
	bool is_touched;
};

struct yg_hub_archive {
	struct yg_hub_archive_opts opts;
	struct yg_consumer *consumer;
	struct yg_describer *describer;
	struct yg_hub_batches *batches; /* or NULL */
	struct org *orgs;
	unsigned org_count;
	struct yg_buf content;
	struct yg_buf kinds; /* of it */
	struct yg_wire_unpacker *unpacker;
	struct yg_hub_archive_counts counts;
	uint64_t bytes;	  /* of the commit */
	uint32_t taken;	  /* batches of this commit */
	int64_t swept_ns; /* the hour in which was looked for files that were left open */
	bool is_foreign_said;
	int failed_rc;
	unsigned failures;

	struct yg_hub_thread life;
	char wish[YG_DISK_PATH_MAX]; /* journal_dir/rotate; "": none */
	int64_t rotated_ns;	     /* when it was fulfilled last; 0: never */
};

static int64_t now_of(const struct yg_hub_archive *a)
{
	return a->opts.clock.now_ns(a->opts.clock.arg);
}

/* ---- organisations ---- */

static void free_org(struct org *org)
{
	(void)yg_archive_writer_free(org->writer);
	free(org);
}

/* After an error: what it held comes again from the journal, what its file holds is looked at. */
static void forget_org(struct yg_hub_archive *a, struct org *org)
{
	struct org **at = &a->orgs;

	while (*at != org)
		at = &(*at)->next;
	*at = org->next;
	a->org_count--;
	free_org(org);
}

/* The one that was not used for longest makes room. */
static int close_last(struct yg_hub_archive *a)
{
	struct org *last = a->orgs;
	int rc;

	while (last->next)
		last = last->next;
	rc = yg_archive_sync(last->writer);
	forget_org(a, last);
	return rc;
}

static struct org *new_org(const struct yg_hub_archive *a, struct yg_bytes name)
{
	struct org *org = yg_calloc(1, sizeof(*org));
	struct yg_archive_writer_opts opts = {a->opts.dir, NULL, yg_describe, a->describer};

	if (!org)
		return NULL;
	memcpy(org->name, name.data, name.size);
	opts.org = org->name;
	org->hour_ns = YG_TIME_NONE;
	org->writer = yg_archive_writer_new(&opts);
	if (org->writer)
		return org;
	free(org);
	return NULL;
}

/* The organisation, at the front of the list. */
static int need_org(struct yg_hub_archive *a, struct yg_bytes name, struct org **ret)
{
	struct org **at = &a->orgs;
	struct org *org;
	int rc;

	while (*at && !yg_bytes_eq(yg_bytes_str((*at)->name), name))
		at = &(*at)->next;
	org = *at;
	if (org) {
		*at = org->next;
	} else {
		rc = a->org_count >= a->opts.writers_max ? close_last(a) : YG_OK;
		if (rc != YG_OK)
			return rc;
		org = new_org(a, name);
		if (!org)
			return YG_ENOMEM;
		a->org_count++;
	}
	org->next = a->orgs;
	a->orgs = org;
	*ret = org;
	return YG_OK;
}

/* ---- what is there already ---- */

/* The end of the numbers in a closed file. */
static int end_of_file(const char *path, uint64_t *end)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);

	for (uint32_t i = 0; rc == YG_OK && i < archive->count; i++)
		if (archive->frames[i].journal_end > *end)
			*end = archive->frames[i].journal_end;
	(void)yg_archive_free(archive);
	return rc == YG_EMISMATCH ? YG_OK
				  : rc; /* not one of ours: nothing of the journal is in it */
}

/* Close a file that nobody writes to; one without a whole frame goes. */
static int close_left(struct yg_hub_archive *a, const char *path)
{
	uint64_t cut;
	struct stat st;
	int rc = yg_archive_repair(path, yg_describe, a->describer, &cut);

	if (rc == YG_EMISMATCH && stat(path, &st) == 0 && st.st_size == 0)
		rc = yg_disk_unlink(path);
	return rc == YG_EAGAIN ? YG_OK : rc; /* that one is ours, or another's */
}

struct hour {
	struct yg_hub_archive *a;
	struct org *org;
	bool is_open_seen;
};

/*
 * Two open files of one hour: the rename of the first did not survive a power cut. The writer goes
 * on with the first; what the other holds must count, so it is closed.
 */
static int close_second(void *arg, const struct yg_archive_entry *entry)
{
	struct hour *hour = arg;
	bool is_second = entry->is_open && hour->is_open_seen;

	hour->is_open_seen |= entry->is_open;
	return is_second ? close_left(hour->a, entry->path) : YG_OK;
}

static int see_end(void *arg, const struct yg_archive_entry *entry)
{
	struct hour *hour = arg;

	return entry->is_open ? YG_OK : end_of_file(entry->path, &hour->org->end);
}

/* The files of the hour that @org writes to now, closed ones and the open one. */
static int find_end(struct yg_hub_archive *a, struct org *org)
{
	struct hour hour = {a, org, false};
	struct yg_journal_stats stats;
	int rc;

	org->end = yg_archive_journal_end(org->writer);
	rc = yg_archive_walk_hour(a->opts.dir, org->name, org->hour_ns, see_end, &hour);
	yg_journal_stats(a->opts.journal, &stats);
	if (rc != YG_OK || org->end <= (stats.durable + 1) * YG_HUB_ARCHIVE_LINES)
		return rc;
	org->end = 0;
	if (!a->is_foreign_said)
		yg_say_hint(N_("lines that came after the backup may stand there twice"),
			    N_("%s: holds what this journal never had: was a backup of the journal "
			       "put back?"),
			    yg_say_safe(yg_bytes_str(a->opts.dir), 300));
	a->is_foreign_said = true;
	return YG_OK;
}

static int enter_hour(struct yg_hub_archive *a, struct org *org, int64_t arrived_ns)
{
	struct hour hour = {a, org, false};
	int64_t hour_ns = yg_archive_hour(arrived_ns);
	int rc;

	org->used_ns = now_of(a);
	if (org->hour_ns == hour_ns)
		return YG_OK;
	rc = yg_archive_walk_hour(a->opts.dir, org->name, hour_ns, close_second, &hour);
	if (rc == YG_OK)
		rc = yg_archive_writer_begin(org->writer, arrived_ns);
	org->hour_ns = hour_ns;
	org->is_touched = true;
	return rc == YG_OK ? find_end(a, org) : rc;
}

/* ---- records ---- */

static int put_lines(struct yg_hub_archive *a, struct org *org,
		     const struct yg_journal_record *record)
{
	struct yg_bytes text = yg_buf_bytes(&a->content);
	uint64_t number = record->position * YG_HUB_ARCHIVE_LINES;
	int rc = YG_OK;

	for (; rc == YG_OK && text.size > 0; number++) {
		size_t size = yg_bytes_chr(text, '\n') + 1; /* whole lines: checked */

		if (number < org->end) {
			a->counts.passed++;
		} else {
			rc = yg_archive_append(org->writer, yg_bytes_cut(text, 0, size),
					       record->batch.received_ns, number);
			if (rc == YG_OK) {
				org->end = number + 1;
				org->is_touched = true;
				a->counts.records++;
			}
		}
		text = yg_bytes_from(text, size);
	}
	return rc;
}

static int take_batch(struct yg_hub_archive *a, const struct yg_journal_record *record)
{
	struct yg_bytes name = record->batch.sensor;
	struct yg_wire_fault fault;
	struct yg_wire_batch batch;
	struct org *org;
	int rc;

	name = yg_bytes_cut(name, 0, yg_bytes_chr(name, '/'));
	if (!yg_archive_is_org(name))
		return YG_EFORMAT;
	yg_buf_reset(&a->content);
	rc = yg_wire_batch_read(record->batch.body, &batch, &fault);
	if (rc == YG_OK)
		rc = yg_wire_unpack(a->unpacker, &batch, false, &a->content, &fault);
	if (rc == YG_OK)
		rc = need_org(a, name, &org);
	if (rc != YG_OK)
		return rc;
	rc = enter_hour(a, org, record->batch.received_ns);
	if (rc == YG_OK)
		rc = put_lines(a, org, record);
	if (rc != YG_OK)
		forget_org(a, org);
	if (rc == YG_OK && a->batches) {
		yg_buf_reset(&a->kinds);
		yg_hub_batches_kinds(yg_buf_bytes(&a->content), &a->kinds);
		rc = yg_hub_batches_add(a->batches, record, &batch, NULL, yg_buf_bytes(&a->kinds));
	}
	a->counts.batches += rc == YG_OK;
	return rc;
}

static int take_drop(struct yg_hub_archive *a, const struct yg_journal_record *record)
{
	struct yg_wire_fault fault;
	struct yg_wire_drop drop;
	int rc = yg_wire_drop_read(record->batch.body, &drop, &fault);

	if (rc == YG_OK && a->batches)
		rc = yg_hub_batches_add(a->batches, record, NULL, &drop, YG_S(""));
	if (rc != YG_OK)
		return rc;
	a->counts.drops++;
	a->counts.dropped += drop.records;
	yg_say(N_("sensor %s had to give up %llu records (sequences %llu to %llu)"),
	       yg_say_safe(record->batch.sensor, YG_JOURNAL_SENSOR_MAX),
	       (unsigned long long)drop.records, (unsigned long long)drop.first,
	       (unsigned long long)drop.last);
	return YG_OK;
}

/* ---- the consumer ---- */

static int load(void *arg, uint64_t *ret_cursor)
{
	struct yg_hub_archive *a = arg;

	return yg_journal_cursor_load(a->opts.journal, a->opts.name, ret_cursor);
}

static int begin(void *arg)
{
	struct yg_hub_archive *a = arg;

	a->bytes = 0;
	a->taken = 0;
	return YG_OK;
}

static int take(void *arg, const struct yg_journal_record *record)
{
	struct yg_hub_archive *a = arg;

	if (yg_hub_thread_ends(&a->life))
		return YG_EAGAIN; /* what is not committed comes again in the next run */
	a->bytes += record->batch.body.size;
	a->taken++;
	if (record->batch.kind == YG_JOURNAL_BATCH)
		return take_batch(a, record);
	if (record->batch.kind == YG_JOURNAL_DROP)
		return take_drop(a, record);
	a->counts.refused++;
	return YG_OK;
}

static int commit(void *arg, uint64_t cursor)
{
	struct yg_hub_archive *a = arg;
	struct org *next;
	int rc = a->batches ? yg_hub_batches_commit(a->batches) : YG_OK;

	if (rc != YG_OK)
		return rc;
	for (struct org *org = a->orgs; org; org = next) {
		rc = org->is_touched ? yg_archive_sync(org->writer) : YG_OK;

		next = org->next;
		org->is_touched = false;
		if (rc != YG_OK) {
			forget_org(a, org);
			return rc;
		}
	}
	return yg_journal_cursor_save(a->opts.journal, a->opts.name, cursor);
}

/* Nothing to undo: what comes again and is there is passed over. */
static void abort_commit(void *arg)
{
	struct yg_hub_archive *a = arg;

	if (a->batches)
		yg_hub_batches_abort(a->batches);
}

int yg_hub_archive_step(struct yg_hub_archive *archive)
{
	return yg_consumer_step(archive->consumer);
}

/* ---- hours that are over ---- */

struct sweep {
	struct yg_hub_archive *a;
	int64_t before_ns;
	int64_t since_ns; /* closed files of these hours: have they their filters? */
	int rc;
};

/* Closed, and then something came between. A damaged file is left to those who check. */
static int need_filters(struct yg_hub_archive *a, const char *path)
{
	char filters[YG_ARCHIVE_PATH_MAX + sizeof(YG_ARCHIVE_FILTERS)];
	int rc;

	(void)snprintf(filters, sizeof(filters), "%s%s", path, YG_ARCHIVE_FILTERS); /* has room */
	rc = access(filters, F_OK) == 0 ? YG_OK : close_left(a, path);
	return rc == YG_EDIGEST || rc == YG_EMISMATCH ? YG_OK : rc;
}

/* A file that an earlier run left open, one that had to make room, one without filters. */
static int sweep_file(void *arg, const struct yg_archive_entry *entry)
{
	struct sweep *sweep = arg;
	int rc = YG_OK;

	if (!entry->is_open && entry->hour_ns >= sweep->since_ns)
		rc = need_filters(sweep->a, entry->path);
	else if (entry->is_open && entry->hour_ns + YG_ARCHIVE_HOUR_NS <= sweep->before_ns)
		rc = close_left(sweep->a, entry->path);
	if (rc != YG_OK)
		sweep->rc = rc;
	return YG_OK;
}

static int sweep(struct yg_hub_archive *a, int64_t now)
{
	struct sweep sweep = {a, yg_archive_hour(now - QUIET_NS), INT64_MIN, YG_OK};
	int rc;

	if (a->swept_ns == sweep.before_ns)
		return YG_OK;
	if (a->swept_ns != YG_TIME_NONE) /* all once in a run; then those that it may have left */
		sweep.since_ns = sweep.before_ns - FILTERS_NS;
	rc = yg_archive_walk(a->opts.dir, NULL, sweep_file, &sweep);
	if (rc == YG_ENOENT)
		rc = YG_OK; /* nothing was ever archived */
	if (rc == YG_OK)
		rc = sweep.rc;
	if (rc == YG_OK)
		a->swept_ns = sweep.before_ns;
	return rc;
}

int yg_hub_archive_seal_over(struct yg_hub_archive *a)
{
	int64_t now = now_of(a);
	struct org *next;

	for (struct org *org = a->orgs; org; org = next) {
		bool is_quiet = now - org->used_ns >= QUIET_NS || now < org->used_ns;
		int rc = YG_OK;

		next = org->next;
		if (!is_quiet || org->hour_ns == YG_TIME_NONE ||
		    org->hour_ns + YG_ARCHIVE_HOUR_NS > now)
			continue;
		rc = yg_archive_seal(org->writer);
		forget_org(a, org);
		if (rc != YG_OK)
			return rc;
	}
	return sweep(a, now);
}

/* ---- the thread ---- */

/* What is damaged stays so, what is full may get room: all is tried again, and said once. */
static void say_state(struct yg_hub_archive *a, int rc)
{
	const char *dir = yg_say_safe(yg_bytes_str(a->opts.dir), 300);

	if (rc == YG_OK) {
		if (a->failures >= SAID_AT)
			yg_say(N_("%s: is being written again"), dir);
		a->failures = 0;
		return;
	}
	a->failures = rc == a->failed_rc ? a->failures + 1 : 1;
	a->failed_rc = rc;
	if (a->failures != SAID_AT)
		return;
	if (yg_consumer_fault(a->consumer)[0])
		yg_say_hint(N_("restore the journal from a backup (docs/journal.md: damage)"),
			    N_("the archive cannot go on: %s"), yg_consumer_fault(a->consumer));
	else
		yg_say_hint(N_("nothing is lost: the journal keeps it until then. Make room, or "
			       "look at the disk"),
			    N_("%s: cannot be written for now: %s"), dir,
			    yg_say_tr(yg_err_text(rc)));
}

/* Somebody wants what the newest segment holds to go: hub_archive.h. */
static void rotate_as_wished(struct yg_hub_archive *a)
{
	int64_t now = now_of(a);

	if (a->wish[0] && access(a->wish, F_OK) == 0 &&
	    yg_journal_rotate(a->opts.journal) == YG_OK && yg_disk_unlink(a->wish) == YG_OK)
		a->rotated_ns = now;
	/* What consumers say when nothing comes removes nothing: they are few steps behind. */
	if (a->rotated_ns != 0 && now - a->rotated_ns < ROTATED_NS && now >= a->rotated_ns)
		(void)!yg_journal_trim(a->opts.journal); /* what is left, the next one finds */
}

static void *run(void *arg)
{
	struct yg_hub_archive *a = arg;

	/* What came is safe: receipts and findings come first. Where it may not, as the others. */
	(void)setpriority(PRIO_PROCESS, 0, YG_WALL_NICE);
	while (!yg_hub_thread_ends(&a->life)) {
		int rc = yg_hub_archive_step(a);
		int seal_rc = yg_hub_archive_seal_over(a);

		rotate_as_wished(a);

		if (rc != YG_OK && rc != YG_EAGAIN) {
			say_state(a, rc);
			(void)yg_hub_thread_pause(&a->life, AGAIN_MS);
		} else if (seal_rc != YG_OK) {
			say_state(a, seal_rc);
			(void)yg_hub_thread_pause(&a->life, AGAIN_MS);
		} else if (rc == YG_OK) {
			say_state(a, YG_OK);
			if (a->bytes < BYTES_MAX && a->taken < RECORDS_MAX) /* else it is behind */
				(void)yg_hub_thread_pause(&a->life, GATHER_MS);
		} else {
			(void)!yg_consumer_wait(a->consumer, IDLE_MS); /* looks again */
		}
	}
	return NULL;
}

/* ---- beginning and end ---- */

int yg_hub_archive_new(const struct yg_hub_archive_opts *opts, struct yg_hub_archive **ret)
{
	static const struct yg_consumer_ops ops = {.load = load,
						   .begin = begin,
						   .take = take,
						   .commit = commit,
						   .abort = abort_commit};
	struct yg_hub_archive *a = yg_calloc(1, sizeof(*a));
	struct yg_consumer_options options = {
		.name = opts->name,
		.ops = &ops,
		.arg = a,
		.records_max = RECORDS_MAX,
		.bytes_max = BYTES_MAX,
	};
	struct yg_journal_stats stats;
	int rc;

	if (!a)
		return YG_ENOMEM;
	a->opts = *opts;
	if (a->opts.writers_max == 0)
		a->opts.writers_max = YG_HUB_ARCHIVE_WRITERS_MAX;
	a->swept_ns = YG_TIME_NONE;
	if (opts->journal_dir && snprintf(a->wish, sizeof(a->wish), "%s/" YG_HUB_ARCHIVE_ROTATE,
					  opts->journal_dir) >= (int)sizeof(a->wish))
		a->wish[0] = '\0';
	yg_buf_init(&a->content, YG_WIRE_CONTENT_MAX);
	yg_buf_init(&a->kinds, 4096);
	rc = YG_OK;
	a->describer = yg_describer_new();
	a->unpacker = yg_wire_unpacker_new();
	if (!a->describer || !a->unpacker)
		rc = YG_ENOMEM;
	if (rc == YG_OK && opts->batches_dir) {
		yg_journal_stats(opts->journal, &stats);
		rc = yg_hub_batches_open(opts->batches_dir, stats.durable, &a->batches);
	}
	if (rc == YG_OK)
		rc = yg_consumer_new(opts->journal, &options, &a->consumer);
	if (rc == YG_OK)
		*ret = a;
	else
		(void)yg_hub_archive_free(a);
	return rc;
}

int yg_hub_archive_start(struct yg_hub_archive *archive)
{
	return yg_hub_thread_start(&archive->life, YG_THREAD_PREFIX "archive", run, archive);
}

struct yg_hub_archive *yg_hub_archive_free(struct yg_hub_archive *a)
{
	if (!a)
		return NULL;
	yg_hub_thread_done(&a->life);
	while (a->orgs)
		forget_org(a, a->orgs); /* what counts was synced */
	(void)yg_consumer_free(a->consumer);
	(void)yg_describer_free(a->describer);
	(void)yg_wire_unpacker_free(a->unpacker);
	(void)yg_hub_batches_free(a->batches);
	yg_buf_done(&a->content);
	yg_buf_done(&a->kinds);
	free(a);
	return NULL;
}

struct yg_hub_archive_counts yg_hub_archive_counts(const struct yg_hub_archive *archive)
{
	return archive->counts;
}
