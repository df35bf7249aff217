/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/hub_retention.h"

#include <stdatomic.h>
#include <sys/stat.h>

#include "app/hub_archive.h"
#include "app/hub_batches.h"
#include "app/hub_thread.h"
#include "app/say.h"
#include "archive/tree.h"
#include "base/alloc.h"
#include "store/facts.h"
#include "store/situations.h"

#include "base/ban.h"

#define AGAIN_S (5 * 60) /* after an error, and while a clock that jumped is waited for */
#define DAY_S	86400
#define ROWS	1000u /* findings at once, so that those who write them wait little */

/* One pass. */
struct pass {
	const struct yg_hub_retention_opts *opts;
	struct yg_enrol *enrol;
	struct yg_hub_retention_counts *counts;
	const atomic_bool *is_ending; /* NULL: never */
	int64_t now_ns;
	uint64_t passed;	      /* numbers of lines below: no consumer needs them any more */
	uint64_t foreign;	      /* numbers from here on are not of this journal */
	struct yg_retention settings; /* of the organisation that is looked at */
	struct yg_retention_done done;
	struct yg_facts *facts;
	uint32_t longest; /* of all organisations' times, in months */
	struct yg_situations *situations;
	uint64_t size;	  /* of the file that is looked at */
	uint64_t records; /* in it */
	int rc;
};

/* The organisation that was looked at has no more files. */
static void leave_org(struct pass *p)
{
	const struct yg_retention_done *d = &p->done;
	char oldest[YG_ISO_SIZE], newest[YG_ISO_SIZE];
	int rc;

	if (d->files > 0) {
		rc = yg_enrol_is_id(yg_bytes_str(p->settings.org))
			     ? yg_retention_note(p->enrol, p->settings.org, d)
			     : YG_OK;
		if (p->rc == YG_OK)
			p->rc = rc;
		(void)yg_time_iso(d->oldest_ns, 0, oldest);
		(void)yg_time_iso(d->newest_ns, 0, newest);
		yg_say(N_("retention: %s: %llu files deleted, %llu records, hours of arrival %s to "
			  "%s"),
		       p->settings.org, (unsigned long long)d->files,
		       (unsigned long long)d->records, oldest, newest);
	}
	p->done = (struct yg_retention_done){0};
}

static int enter_org(struct pass *p, const char *org)
{
	if (strcmp(p->settings.org, org) == 0)
		return YG_OK;
	if (p->settings.org[0])
		leave_org(p);
	return yg_retention_get(p->enrol, org, &p->settings);
}

static uint32_t longest(const struct pass *p, uint64_t formats)
{
	uint32_t most = 0;

	for (unsigned f = 0; f < 64; f++) {
		enum yg_format format = f < YG_FORMAT_COUNT ? (enum yg_format)f : YG_FORMAT_UNKNOWN;
		uint32_t months;

		if (!(formats >> f & 1) || (UINT64_C(1) << f) == YG_ARCHIVE_UNPLACED)
			continue;
		months = yg_retention_months(&p->settings, yg_retention_kind_of(format));
		if (months > most)
			most = months;
	}
	return most;
}

static uint32_t shortest(const struct pass *p)
{
	uint32_t least = UINT32_MAX;

	for (unsigned k = 0; k < YG_RETENTION_KIND_COUNT; k++) {
		uint32_t months = yg_retention_months(&p->settings, (enum yg_retention_kind)k);

		if (months < least)
			least = months;
	}
	return least;
}

/* How long is what the file holds kept? Is the journal done with it? */
static uint32_t months_of(struct pass *p, const char *path, bool *ret_is_needed)
{
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	int rc = yg_archive_open(path, &archive, &fault);
	uint64_t formats = 0;
	uint64_t end = 0;
	uint32_t months;

	p->size = p->records = 0;
	if (rc == YG_OK && archive->is_sealed) {
		p->size = archive->size;
		for (uint32_t i = 0; i < archive->count; i++) {
			formats |= archive->frames[i].formats;
			p->records += archive->frames[i].records;
			if (archive->frames[i].journal_end > end)
				end = archive->frames[i].journal_end;
		}
	} else {
		formats = UINT64_MAX; /* damaged: it may hold anything */
	}
	months = longest(p, formats);
	*ret_is_needed = end > p->passed && end <= p->foreign;
	(void)yg_archive_free(archive);
	return months;
}

static bool is_over(const struct pass *p, const struct yg_archive_entry *entry, uint32_t months)
{
	return entry->hour_ns + YG_ARCHIVE_HOUR_NS <= yg_retention_since(p->now_ns, months);
}

static bool may_go(void *arg, const struct yg_archive_entry *entry)
{
	struct pass *p = arg;
	bool is_needed = false;

	if (p->rc != YG_OK || (p->is_ending && *p->is_ending))
		return false;
	p->rc = enter_org(p, entry->org);
	if (p->rc != YG_OK || !is_over(p, entry, shortest(p)) ||
	    !is_over(p, entry, months_of(p, entry->path, &is_needed)))
		return false;
	p->counts->kept += is_needed;
	return !is_needed;
}

static int count_gone(void *arg, const struct yg_archive_entry *entry)
{
	struct pass *p = arg;
	struct yg_retention_done *d = &p->done;

	if (d->files == 0 || entry->hour_ns < d->oldest_ns)
		d->oldest_ns = entry->hour_ns;
	if (d->files == 0 || entry->hour_ns > d->newest_ns)
		d->newest_ns = entry->hour_ns;
	d->files++;
	d->records += p->records;
	d->bytes += p->size;
	p->counts->files++;
	p->counts->bytes += p->size;
	return YG_OK;
}

/* ---- findings ---- */

static int expire_org(void *arg, const struct yg_retention *retention)
{
	struct pass *p = arg;
	uint32_t count = ROWS;
	uint64_t gone = 0;
	int64_t since_ns;
	int rc = YG_OK;

	p->settings = *retention;
	since_ns = yg_retention_since(p->now_ns, longest(p, UINT64_MAX));
	while (rc == YG_OK && count == ROWS && !(p->is_ending && *p->is_ending)) {
		rc = yg_facts_expire(p->facts, yg_bytes_str(retention->org), since_ns, ROWS,
				     &count);
		gone += count;
	}
	count = p->situations ? ROWS : 0;
	while (rc == YG_OK && count == ROWS && !(p->is_ending && *p->is_ending))
		rc = yg_situations_expire(p->situations, yg_bytes_str(retention->org), since_ns,
					  ROWS, &count);
	p->counts->findings += gone;
	if (gone > 0)
		yg_say(N_("retention: %s: %llu findings deleted"), retention->org,
		       (unsigned long long)gone);
	return rc;
}

static int expire_findings(struct pass *p)
{
	int rc;

	if (!p->opts->facts_path)
		return YG_OK;
	rc = yg_facts_open_sqlite(p->opts->facts_path, false, &p->facts);
	if (rc == YG_OK && p->opts->situations_path)
		rc = yg_situations_open(p->opts->situations_path, false, &p->situations);
	if (rc == YG_OK)
		rc = yg_retention_list(p->enrol, expire_org, p);
	p->situations = yg_situations_free(p->situations);
	p->facts = yg_facts_free(p->facts);
	return rc == YG_ENOENT ? YG_OK : rc; /* nothing was ever found */
}

/* ---- what is remembered of batches: of all organisations in one file a day ---- */

static int note_longest(void *arg, const struct yg_retention *retention)
{
	struct pass *p = arg;
	uint32_t months;

	p->settings = *retention;
	months = longest(p, UINT64_MAX);
	if (months > p->longest)
		p->longest = months;
	return YG_OK;
}

static int expire_batches(struct pass *p)
{
	uint64_t files = 0;
	int rc;

	if (!p->opts->batches_dir)
		return YG_OK;
	p->longest = 0;
	rc = yg_retention_list(p->enrol, note_longest, p);
	if (rc == YG_OK && p->longest > 0)
		rc = yg_hub_batches_expire(p->opts->batches_dir,
					   yg_retention_since(p->now_ns, p->longest), &files);
	p->counts->batch_days = files;
	if (files > 0)
		yg_say(N_("retention: what was remembered of the batches of %llu days deleted"),
		       (unsigned long long)files);
	return rc;
}

static int pass(struct pass *p)
{
	struct yg_journal_stats stats;
	bool is_safe = false;
	int rc;

	*p->counts = (struct yg_hub_retention_counts){0};
	rc = yg_retention_pass(p->enrol, &is_safe);
	if (rc != YG_OK)
		return rc;
	p->counts->is_waiting = !is_safe;
	if (!is_safe)
		return YG_OK;
	yg_journal_stats(p->opts->journal, &stats);
	/* Until the consumers have said how far they are, nothing that may be theirs goes. */
	p->passed = (stats.passed + 1) * YG_HUB_ARCHIVE_LINES;
	p->foreign = (stats.durable + 1) * YG_HUB_ARCHIVE_LINES;
	p->now_ns = p->opts->clock.now_ns(p->opts->clock.arg);
	rc = yg_archive_expire_asked(p->opts->archive_dir, NULL, yg_retention_since(p->now_ns, 1),
				     may_go, count_gone, p);
	leave_org(p);
	if (rc == YG_ENOENT)
		rc = YG_OK; /* nothing was ever archived */
	if (rc == YG_OK)
		rc = expire_findings(p);
	if (rc == YG_OK)
		rc = expire_batches(p);
	return rc == YG_OK ? p->rc : rc;
}

int yg_hub_retention_run(const struct yg_hub_retention_opts *opts, struct yg_enrol *enrol,
			 struct yg_hub_retention_counts *ret)
{
	struct pass p = {.opts = opts, .enrol = enrol, .counts = ret};

	return pass(&p);
}

/* ---- the thread ---- */

struct yg_hub_retention {
	struct yg_hub_retention_opts opts;
	struct yg_hub_thread life;
	int said_rc;
	bool is_wait_said;
};

static int run_once(struct yg_hub_retention *r, struct yg_hub_retention_counts *ret)
{
	struct yg_control *store = NULL;
	struct yg_enrol *enrol = NULL;
	int rc = yg_control_open_sqlite(r->opts.db_path, false, &store);

	if (rc == YG_OK)
		rc = yg_enrol_new(store, r->opts.clock, "hub", &enrol);
	if (rc == YG_OK) {
		struct pass p = {.opts = &r->opts,
				 .enrol = enrol,
				 .counts = ret,
				 .is_ending = &r->life.is_ending};

		rc = pass(&p);
	}
	(void)yg_enrol_free(enrol);
	(void)yg_control_free(store);
	return rc;
}

static void say_pass(struct yg_hub_retention *r, int rc,
		     const struct yg_hub_retention_counts *counts)
{
	if (rc != YG_OK && rc != r->said_rc)
		yg_say_hint(N_("nothing is lost by that; it is tried again"),
			    N_("retention: what is too old cannot be deleted: %s"),
			    yg_say_tr(yg_err_text(rc)));
	r->said_rc = rc;
	if (counts->is_waiting && !r->is_wait_said)
		yg_say_hint(N_("is the time of this machine right? When it still is the same in a "
			       "day, it is believed"),
			    N_("retention: the clock is more than a month ahead of the last run: "
			       "nothing is deleted"));
	r->is_wait_said = counts->is_waiting;
}

static void *run(void *arg)
{
	struct yg_hub_retention *r = arg;

	do {
		struct yg_hub_retention_counts counts = {0};
		int rc = run_once(r, &counts);
		bool is_early = rc != YG_OK || counts.is_waiting || counts.kept > 0;

		say_pass(r, rc, &counts);
		if (!yg_hub_thread_pause(&r->life, INT64_C(1000) * (is_early ? AGAIN_S : DAY_S)))
			break;
	} while (!yg_hub_thread_ends(&r->life));
	return NULL;
}

int yg_hub_retention_start(const struct yg_hub_retention_opts *opts, struct yg_hub_retention **ret)
{
	struct yg_hub_retention *r = yg_calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return YG_ENOMEM;
	r->opts = *opts;
	rc = yg_hub_thread_start(&r->life, YG_THREAD_PREFIX "retention", run, r);
	if (rc == YG_OK)
		*ret = r;
	else
		(void)yg_hub_retention_free(r);
	return rc;
}

struct yg_hub_retention *yg_hub_retention_free(struct yg_hub_retention *r)
{
	if (!r)
		return NULL;
	yg_hub_thread_done(&r->life);
	free(r);
	return NULL;
}
