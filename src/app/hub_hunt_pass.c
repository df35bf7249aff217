/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "app/hub_hunt_pass.h"

#include <inttypes.h>
#include <stdlib.h>

#include "app/hub_archive.h"
#include "app/hunt.h"
#include "app/say.h"
#include "archive/tree.h"
#include "base/alloc.h"
#include "base/crypt.h"
#include "base/disk.h"
#include "base/hash.h"
#include "base/json.h"

#include "base/ban.h"

#define STATE_BYTES (16u << 20)
#define NS_PER_MS   INT64_C(1000000)

/* A file to look at; in the order of the walk, which is that of strcmp. */
struct file {
	char org[YG_ARCHIVE_ORG_MAX + 1];
	int64_t hour_ns;
	uint32_t part;
	bool is_open;
};

/* Where the pass is: the next frame to look at. */
struct place {
	char org[YG_ARCHIVE_ORG_MAX + 1]; /* "": at the beginning */
	int64_t hour_ns;
	uint32_t part;
	uint32_t frame;
};

/* A finding, or an outcome learnt later, on its way to the store. Texts in the arena. */
struct found {
	struct yg_fact_finding finding;
	bool is_outcome;
};

struct yg_hunt_pass {
	struct yg_hunt_pass_opts opts;
	json_t *job; /* borrowed */
	char name[YG_FACT_CONSUMER_MAX + 1];
	char id[YG_HUNT_ID_SIZE];
	struct yg_hunt_set set; /* by which frames are chosen; records are the hunter's to read */
	struct yg_hunt hunt;	/* what frames are wanted of anybody */
	/* What frames are wanted besides of the organisation @aimed, for what counts for it alone:
	 * which those are says nothing about others. */
	struct yg_hunt own;
	struct yg_indicators *own_set; /* NULL: nothing */
	char aimed[YG_ARCHIVE_ORG_MAX + 1];
	uint64_t seed;
	char judge_of[YG_ARCHIVE_ORG_MAX + 1]; /* organisation that the hunter has a judge of */
	uint64_t records;		       /* of the frame that was judged last */
	uint64_t *rule_ids;		       /* hashes, ascending */
	size_t rule_count;
	struct file *files;
	size_t file_count;
	int64_t from_ns;
	int64_t created_ns;
	uint64_t end;	 /* of the numbers that are looked at */
	bool is_for_all; /* there are rules, or indicators that count for everybody */

	struct yg_archive_unpacker *unpacker;
	struct yg_buf stored;
	struct yg_buf text;
	struct yg_buf state;
	struct yg_arena *arena;
	struct found *found; /* YG_HUNT_FOUND_MAX */
	size_t found_count;
	bool is_over; /* more than fit came of one frame: the rest is counted */
	uint64_t cursor;
	struct place place; /* committed */
	struct place now;   /* behind what was judged */
	json_t *progress;   /* of the state */
	int64_t committed_ns;
	int (*save)(void *arg); /* of the job, while it runs */
	void *save_arg;
};

static int64_t now_of(const struct yg_hunt_pass *p)
{
	return p->opts.clock.now_ns(p->opts.clock.arg);
}

static int add_number(json_t *object, const char *key, uint64_t more)
{
	return yg_json_set(object, key,
			   json_integer(yg_json_int(object, key, 0) + (json_int_t)more));
}

/* ---- what is looked for ---- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int read_rule_ids(struct yg_hunt_pass *p)
{
	const json_t *ids = json_object_get(p->job, "rule_ids");
	size_t count = json_array_size(ids);

	if (count == 0)
		return YG_OK;
	p->rule_ids = yg_calloc(count, sizeof(*p->rule_ids));
	if (!p->rule_ids)
		return YG_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		p->rule_ids[p->rule_count++] = yg_hash64(yg_bytes_str(id ? id : ""), 0);
	}
	qsort(p->rule_ids, p->rule_count, sizeof(*p->rule_ids), by_number);
	return YG_OK;
}

static bool is_new_rule(const struct yg_hunt_pass *p, struct yg_bytes text)
{
	uint64_t hash = yg_hash64(text, 0);

	return p->rule_count > 0 &&
	       bsearch(&hash, p->rule_ids, p->rule_count, sizeof(hash), by_number) != NULL;
}

/* The hunter begins without judges, under the seed of earlier runs. */
static int begin_hunter(struct yg_hunt_pass *p, bool has_seed)
{
	int result = YG_OK;
	int rc;

	if (!has_seed)
		yg_random((uint8_t *)&p->seed, sizeof(p->seed));
	rc = yg_hub_ask_load(p->opts.ask, p->id, p->seed, &result);
	return rc == YG_OK ? result : rc;
}

/* ---- the place, as it is committed ---- */

static int read_place(struct yg_hunt_pass *p, bool *ret_has_seed)
{
	struct yg_fault fault;
	struct yg_bytes org;
	uint8_t seed[8];
	int rc = yg_facts_cursor(p->opts.facts, p->name, &p->cursor, &p->state);

	*ret_has_seed = false;
	if (rc != YG_OK || p->cursor == 0)
		return rc;
	json_decref(p->progress);
	p->progress = NULL;
	rc = yg_json_load(yg_buf_bytes(&p->state), STATE_BYTES, &p->progress, &fault);
	if (rc != YG_OK)
		return rc;
	org = yg_json_text(p->progress, "org");
	if (org.size > YG_ARCHIVE_ORG_MAX)
		return YG_EFORMAT;
	if (org.size > 0)
		memcpy(p->place.org, org.data, org.size);
	p->place.hour_ns = yg_json_int(p->progress, "hour", 0) * YG_ARCHIVE_HOUR_NS;
	p->place.part = (uint32_t)yg_json_int(p->progress, "part", 0);
	p->place.frame = (uint32_t)yg_json_int(p->progress, "frame", 0);
	p->now = p->place;
	if (!yg_hex_read(yg_json_text(p->progress, "seed"), seed, sizeof(seed)))
		return YG_EFORMAT;
	memcpy(&p->seed, seed, sizeof(seed)); /* as it was written: the same machine */
	*ret_has_seed = true;
	return YG_OK;
}

static int write_place(struct yg_hunt_pass *p)
{
	char hex[2 * sizeof(p->seed) + 1];
	int rc;

	yg_hex((struct yg_bytes){(const uint8_t *)&p->seed, sizeof(p->seed)}, hex);
	rc = yg_json_set(p->progress, "org", json_string(p->now.org));
	if (rc == YG_OK)
		rc = yg_json_set(p->progress, "hour",
				 json_integer(p->now.hour_ns / YG_ARCHIVE_HOUR_NS));
	if (rc == YG_OK)
		rc = yg_json_set(p->progress, "part", json_integer(p->now.part));
	if (rc == YG_OK)
		rc = yg_json_set(p->progress, "frame", json_integer(p->now.frame));
	if (rc == YG_OK)
		rc = yg_json_set(p->progress, "seed", json_string(hex));
	yg_buf_reset(&p->state);
	return rc == YG_OK ? yg_json_canonical(p->progress, &p->state) : rc;
}

/* What the state counts is what the job says. */
static int tell_progress(struct yg_hunt_pass *p)
{
	static const char *const keys[] = {"files_done", "frames_read", "records",
					   "findings",	 "unlisted",	"damaged"};
	json_t *orgs = json_deep_copy(json_object_get(p->progress, "orgs"));
	int rc = yg_json_set(p->job, "orgs", orgs ? orgs : json_object());

	for (size_t i = 0; rc == YG_OK && i < sizeof(keys) / sizeof(keys[0]); i++)
		rc = yg_json_set(p->job, keys[i],
				 json_integer(yg_json_int(p->progress, keys[i], 0)));
	return rc;
}

/* ---- commits ---- */

static int ignore(void *arg, const struct yg_fact_finding *finding)
{
	(void)arg;
	(void)finding;
	return YG_OK;
}

/* A bundle of another organisation is none that the hunter may speak of. */
static int write_outcome(struct yg_hunt_pass *p, const struct yg_fact_finding *f)
{
	const struct yg_fact_filter filter = {.orgs = &f->org, .org_count = 1, .limit = 1};
	int rc = yg_facts_get(p->opts.facts, &filter, f->id, ignore, NULL);

	if (rc == YG_OK)
		rc = yg_facts_outcome(p->opts.facts, f->id, f->outcome, f->reason);
	return rc == YG_ENOENT ? YG_OK : rc; /* of a rule that is not new */
}

static int write_found(struct yg_hunt_pass *p)
{
	int64_t written_ns = now_of(p);
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < p->found_count; i++) {
		struct yg_fact_finding *f = &p->found[i].finding;

		if (p->found[i].is_outcome) {
			rc = write_outcome(p, f);
			continue;
		}
		f->written_ns = written_ns;
		rc = yg_facts_add(p->opts.facts, f, NULL);
	}
	return rc;
}

/* The judge of @org as it is now; none when its files are at their end. */
static int put_judge(struct yg_hunt_pass *p, const char *org, bool is_end)
{
	struct yg_bytes name = yg_bytes_str(org);
	struct yg_buf judge;
	int result = YG_OK;
	int rc = YG_OK;

	if (org[0] == '\0' || (!is_end && strcmp(p->judge_of, org) != 0))
		return YG_OK;
	yg_buf_init(&judge, YG_HUB_STATE_MAX);
	if (!is_end)
		rc = yg_hub_ask_save(p->opts.ask, name, &judge, &result);
	if (rc == YG_OK)
		rc = result;
	if (rc == YG_OK)
		rc = yg_facts_put_part(p->opts.facts, name, p->cursor, yg_buf_bytes(&judge));
	yg_buf_done(&judge);
	return rc;
}

static int try_commit(struct yg_hunt_pass *p, const char *org, bool is_end)
{
	struct yg_bytes state;
	int rc = yg_facts_begin(p->opts.facts, p->name, p->cursor);

	if (rc != YG_OK)
		return rc;
	rc = write_found(p);
	if (rc == YG_OK)
		rc = put_judge(p, org, is_end);
	state = yg_buf_bytes(&p->state);
	if (rc == YG_OK)
		rc = yg_facts_commit(p->opts.facts, p->cursor + 1, &state);
	if (rc != YG_OK)
		yg_facts_abort(p->opts.facts);
	return rc;
}

/* All up to p->now, in one. The live detection may be writing: then again. */
static int commit(struct yg_hunt_pass *p, const char *org, bool is_end)
{
	int rc = write_place(p);

	if (rc != YG_OK)
		return rc;
	while ((rc = try_commit(p, org, is_end)) == YG_EAGAIN) {
		rc = p->opts.go_on(p->opts.arg);
		if (rc != YG_OK)
			return rc;
	}
	if (rc != YG_OK)
		return rc;
	p->cursor++;
	p->place = p->now;
	p->found_count = 0;
	yg_arena_reset(p->arena);
	p->committed_ns = now_of(p);
	return tell_progress(p);
}

/* ---- findings ---- */

static int keep_texts(struct yg_hunt_pass *p, struct yg_fact_finding *f)
{
	struct yg_bytes *const texts[] = {&f->org,	&f->sensor, &f->rule,	 &f->title,
					  &f->title_ja, &f->rules,  &f->reason,	 &f->source,
					  &f->actor,	&f->target, &f->matched, &f->hunt};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!yg_arena_dup(p->arena, *texts[i], texts[i]))
			return YG_ENOMEM;
	return YG_OK;
}

static int keep(struct yg_hunt_pass *p, const struct yg_fact_finding *f, bool is_outcome)
{
	struct found *to;

	/* One frame has at most 16384 records; rules that hit all of them are no find. */
	if (p->found_count == YG_HUNT_FOUND_MAX * 16u)
		return is_outcome ? YG_OK : add_number(p->progress, "unlisted", 1);
	to = &p->found[p->found_count];
	*to = (struct found){*f, is_outcome};
	if (keep_texts(p, &to->finding) != YG_OK)
		return YG_ENOMEM;
	p->found_count++;
	return YG_OK;
}

int yg_hunt_pass_found(struct yg_hunt_pass *p, const struct yg_fact_finding *finding)
{
	json_t *org;
	int rc;

	if (finding->kind != YG_KIND_INDICATOR && !is_new_rule(p, finding->rule) &&
	    !is_new_rule(p, finding->title))
		return YG_OK; /* it stands in the same file */
	rc = keep(p, finding, false);
	org = json_object_get(json_object_get(p->progress, "orgs"), p->now.org);
	if (rc == YG_OK)
		rc = add_number(org, "findings", finding->count);
	return rc == YG_OK ? add_number(p->progress, "findings", finding->count) : rc;
}

int yg_hunt_pass_learnt(struct yg_hunt_pass *p, const struct yg_hub_asked *asked,
			const struct yg_hub_learnt *learnt)
{
	struct yg_fact_finding f = {.org = yg_bytes_str(asked->org),
				    .outcome = learnt->outcome,
				    .reason = learnt->reason};

	memcpy(f.id, learnt->bundle, sizeof(f.id));
	return keep(p, &f, true);
}

int yg_hunt_pass_judged(struct yg_hunt_pass *p, const struct yg_hub_judged_batch *judged)
{
	p->records = judged->records;
	return judged->unlisted > 0 ? add_number(p->progress, "unlisted", judged->unlisted)
				    : judged->rc;
}

/* ---- frames ---- */

/* Of another journal (a backup was put back), or of none: then arrival says whether it is old. */
static bool is_foreign(const struct yg_hunt_pass *p, const struct yg_archive_frame *frame)
{
	return frame->journal_first == frame->journal_end ||
	       frame->journal_first >= p->opts.foreign;
}

static bool is_wanted(struct yg_hunt_pass *p, const struct yg_archive_frame *frame,
		      struct yg_archive_filters *filters, const uint32_t may_count[2])
{
	bool is_old = is_foreign(p, frame) ? frame->arrived_ns < p->created_ns
					   : frame->journal_first < p->end;

	return is_old &&
	       ((p->is_for_all && yg_hunt_wants(&p->hunt, frame, filters, may_count[0])) ||
		(p->own_set && yg_hunt_wants(&p->own, frame, filters, may_count[1])));
}

/*
 * The lines of the frame that came before the new set took over. Where one frame holds both and its
 * numbers have gaps, it counts as a whole: what is seen twice is better than what is missed.
 */
static struct yg_bytes old_lines(const struct yg_hunt_pass *p, const struct yg_archive_frame *frame)
{
	struct yg_bytes text = yg_buf_bytes(&p->text);
	size_t at = 0;

	if (is_foreign(p, frame) || frame->journal_end <= p->end ||
	    frame->journal_end - frame->journal_first != frame->records)
		return text;
	for (uint64_t n = frame->journal_first; n < p->end; n++)
		at += yg_bytes_chr(yg_bytes_from(text, at), '\n') + 1; /* whole lines: checked */
	return yg_bytes_cut(text, 0, at);
}

/* The hunter looks at the lines, unless it ends over them. */
static int ask_hunter(struct yg_hunt_pass *p, const struct yg_hub_batch *batch,
		      struct yg_bytes text, uint64_t first)
{
	int rc;

	p->records = 0;
	if (yg_hub_ask_is_poison(p->opts.ask, YG_HUB_FRAME, batch->org, first)) {
		yg_say_hint(N_("the archive has it; please report this"),
			    N_("hunt %s: lines of %s from number %llu on ended the process that "
			       "looks at them, %u times: they are left out"),
			    p->id, p->now.org, (unsigned long long)first, YG_HUB_ENGINE_TRIES_MAX);
		return add_number(p->progress, "damaged", 1);
	}
	rc = yg_hub_ask_frame(p->opts.ask, batch, text, first);
	if (rc == YG_OK)
		rc = yg_hub_ask_wait(p->opts.ask);
	if (rc == YG_OK) /* as large */
		(void)snprintf(p->judge_of, sizeof(p->judge_of), "%s", p->now.org);
	return rc;
}

static int judge_frame(struct yg_hunt_pass *p, const struct yg_archive_frame *frame)
{
	const struct yg_hub_batch batch = {
		.org = yg_bytes_str(p->now.org),
		.sensor = YG_S(YG_HUNT_SENSOR),
		.received_ns = frame->arrived_ns,
	};
	struct yg_bytes text = old_lines(p, frame);
	json_t *org = json_object_get(json_object_get(p->progress, "orgs"), p->now.org);
	int rc;

	if (text.size == 0)
		return YG_OK;
	rc = ask_hunter(p, &batch, text, frame->journal_first);
	if (rc == YG_OK)
		rc = add_number(p->progress, "records", p->records);
	return rc == YG_OK ? add_number(org, "records", p->records) : rc;
}

static int read_frame(struct yg_hunt_pass *p, const struct yg_archive *archive, uint32_t index)
{
	struct yg_archive_frame frame;
	struct yg_fault fault;
	int rc;

	yg_buf_reset(&p->stored);
	yg_buf_reset(&p->text);
	rc = yg_archive_load(archive, index, &p->stored);
	if (rc == YG_OK)
		rc = yg_archive_unpack(p->unpacker, yg_buf_bytes(&p->stored), &frame, &p->text,
				       &fault);
	if (rc == YG_ENOMEM)
		return rc;
	if (rc != YG_OK)
		return add_number(p->progress, "damaged", 1);
	rc = judge_frame(p, &frame);
	return rc == YG_OK ? add_number(p->progress, "frames_read", 1) : rc;
}

static bool is_time_to_commit(const struct yg_hunt_pass *p)
{
	return p->found_count >= YG_HUNT_FOUND_MAX ||
	       now_of(p) - p->committed_ns >= YG_HUNT_COMMIT_MS * NS_PER_MS;
}

/* ---- files ---- */

static int open_file(const struct yg_hunt_pass *p, const struct file *file, struct yg_archive **ret)
{
	char path[YG_ARCHIVE_PATH_MAX];
	struct yg_fault fault;
	int rc = YG_ENOENT;

	/* One that was open may have been closed meanwhile; never the other way. */
	for (unsigned i = file->is_open ? 0 : 1; rc == YG_ENOENT && i < 2; i++) {
		if (!yg_archive_path(p->opts.archive_dir, file->org, file->hour_ns, file->part,
				     i == 0 ? YG_ARCHIVE_OPEN : YG_ARCHIVE_CLOSED, path))
			return YG_ELIMIT;
		rc = yg_archive_open(path, ret, &fault);
	}
	return rc;
}

static void forget_own(struct yg_hunt_pass *p)
{
	yg_hunt_aim_done(&p->own);
	p->own_set = yg_indicators_free(p->own_set);
	p->own = (struct yg_hunt){.keys = NULL};
	p->aimed[0] = '\0';
}

/* The values that count for @org, one a line. */
static int own_values(const struct yg_hunt_pass *p, const char *org, struct yg_buf *to)
{
	const struct yg_warned_row *rows;
	size_t count = yg_hub_warned_rows(yg_hub_indicators_warned(p->set.known), &rows);

	for (size_t i = 0; i < count; i++)
		if (yg_bytes_eq(rows[i].org, yg_bytes_str(org))) {
			yg_buf_add(to, rows[i].value);
			yg_buf_add_byte(to, '\n');
		}
	return yg_buf_error(to);
}

static int aim_own(struct yg_hunt_pass *p, const char *org, struct yg_bytes values)
{
	int rc;

	p->own_set = yg_indicators_new();
	rc = p->own_set ? yg_indicators_add(p->own_set, org, values, NULL, NULL) : YG_ENOMEM;
	if (rc == YG_OK)
		rc = yg_indicators_finish(p->own_set);
	yg_narrow_init(&p->own.narrow);
	return rc == YG_OK ? yg_hunt_aim(&p->own, p->set.set.rules.engine, p->own_set) : rc;
}

static int aim_at(struct yg_hunt_pass *p, const char *org)
{
	struct yg_buf values;
	int rc;

	if (strcmp(p->aimed, org) == 0)
		return YG_OK;
	forget_own(p);
	yg_buf_init(&values, YG_WARNED_BYTES_MAX);
	rc = own_values(p, org, &values);
	if (rc == YG_OK && values.size > 0)
		rc = aim_own(p, org, yg_buf_bytes(&values));
	yg_buf_done(&values);
	if (rc == YG_OK)
		(void)snprintf(p->aimed, sizeof(p->aimed), "%s", org); /* as large */
	return rc;
}

/* Frames of raw logs: not what a sensor found itself, or told of its machine. */
#define NO_LOGS (YG_ARCHIVE_FORMAT_OTHER | YG_ARCHIVE_UNPLACED | UINT64_C(1) << YG_FORMAT_FINDING)

/* From when on there are raw logs of the organisation, whichever of them were read: what a member
 * is told of the look back. */
static int note_logs(struct yg_hunt_pass *p, const struct file *file,
		     const struct yg_archive *archive)
{
	json_t *org = json_object_get(json_object_get(p->progress, "orgs"), file->org);

	if (!org || json_object_get(org, "logs_from_s"))
		return YG_OK;
	for (uint32_t i = 0; i < archive->count; i++)
		if (archive->frames[i].formats & ~NO_LOGS)
			return yg_json_set(org, "logs_from_s",
					   json_integer((json_int_t)(file->hour_ns / YG_NS_PER_S)));
	return YG_OK;
}

typedef int (*frame_fn)(struct yg_hunt_pass *p, const struct yg_archive *archive, uint32_t index);

/* @fn for each frame that is wanted, from number @from on. */
static int each_frame(struct yg_hunt_pass *p, const struct file *file, uint32_t from, frame_fn fn)
{
	struct yg_archive_filters *filters = NULL;
	struct yg_archive *archive = NULL;
	struct yg_fault fault;
	uint32_t may_count[2] = {0, 0};
	int rc = aim_at(p, file->org);

	if (rc != YG_OK)
		return rc;
	rc = open_file(p, file, &archive);
	if (rc == YG_ENOENT)
		return YG_OK; /* its time was over just now */
	if (rc != YG_OK)      /* a file that was made just now is empty */
		return rc == YG_ENOMEM || file->is_open ? (rc == YG_ENOMEM ? rc : YG_OK)
							: add_number(p->progress, "damaged", 1);
	rc = yg_archive_filters_open(archive, &filters, &fault);
	rc = rc == YG_ENOMEM ? rc : YG_OK; /* without filters all is looked at */
	may_count[0] =
		yg_archive_filters_file(filters, p->hunt.keys, p->hunt.key_count, p->hunt.may);
	if (p->own_set)
		may_count[1] =
			yg_archive_filters_file(filters, p->own.keys, p->own.key_count, p->own.may);
	if (rc == YG_OK)
		rc = note_logs(p, file, archive);
	for (uint32_t i = from; rc == YG_OK && i < archive->count; i++)
		if (is_wanted(p, &archive->frames[i], filters, may_count))
			rc = fn(p, archive, i);
	(void)yg_archive_filters_free(filters);
	(void)yg_archive_free(archive);
	return rc;
}

static int list_file(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_hunt_pass *p = arg;
	struct file *more;

	if (entry->hour_ns + YG_ARCHIVE_HOUR_NS <= p->from_ns || entry->hour_ns > p->created_ns)
		return YG_OK;
	if (!p->is_for_all && !json_object_get(json_object_get(p->job, "warned"), entry->org))
		return YG_OK; /* nothing of the job concerns it */
	if (p->file_count == YG_HUNT_FILES_MAX)
		return YG_ELIMIT;
	if ((p->file_count & (p->file_count - 1)) == 0) { /* full at each power of two */
		more = yg_reallocarray(p->files, p->file_count ? 2 * p->file_count : 1,
				       sizeof(*more));
		if (!more)
			return YG_ENOMEM;
		p->files = more;
	}
	more = &p->files[p->file_count++];
	*more = (struct file){
		.hour_ns = entry->hour_ns, .part = entry->part, .is_open = entry->is_open};
	(void)snprintf(more->org, sizeof(more->org), "%s", entry->org); /* checked by the walk */
	return YG_OK;
}

/* ---- planning ---- */

static int weigh_frame(struct yg_hunt_pass *p, const struct yg_archive *archive, uint32_t index)
{
	const struct yg_archive_frame *frame = &archive->frames[index];

	return add_number(p->job, "bytes", frame->head_size + (uint64_t)frame->packed_size);
}

int yg_hunt_pass_plan(struct yg_hunt_pass *p)
{
	int rc = yg_archive_walk(p->opts.archive_dir, NULL, list_file, p);

	rc = rc == YG_ENOENT ? YG_OK : rc; /* nothing was ever archived */
	if (rc == YG_OK)
		rc = yg_json_set(p->job, "files", json_integer((json_int_t)p->file_count));
	if (rc == YG_OK)
		rc = yg_json_set(p->job, "bytes", json_integer(0));
	for (size_t i = 0; rc == YG_OK && i < p->file_count; i++) {
		rc = p->opts.go_on(p->opts.arg);
		if (rc == YG_OK)
			rc = each_frame(p, &p->files[i], 0, weigh_frame);
	}
	return rc;
}

/* ---- the pass ---- */

static int take_frame(struct yg_hunt_pass *p, const struct yg_archive *archive, uint32_t index)
{
	int rc = p->opts.go_on(p->opts.arg);

	if (rc != YG_OK)
		return rc;
	rc = read_frame(p, archive, index);
	p->now.frame = index + 1;
	if (rc == YG_OK && is_time_to_commit(p))
		rc = commit(p, p->now.org, false);
	return rc;
}

/* Is @file before what was committed? */
static bool is_passed(const struct yg_hunt_pass *p, const struct file *file)
{
	int order = strcmp(file->org, p->place.org);

	if (order != 0)
		return order < 0;
	if (file->hour_ns != p->place.hour_ns)
		return file->hour_ns < p->place.hour_ns;
	return file->part < p->place.part;
}

static bool is_at(const struct place *place, const struct file *file)
{
	return strcmp(place->org, file->org) == 0 && place->hour_ns == file->hour_ns &&
	       place->part == file->part;
}

/* From here on the job names it, and its member sees that it is searched: in this order, so that
 * who closes and erases it either keeps the pass out, or sees that it is at work there. @hour_ns:
 * of its first file. */
static int name_org(struct yg_hunt_pass *p, const char *name)
{
	json_t *orgs = json_object_get(p->progress, "orgs");
	bool is_named = json_object_get(orgs, name) != NULL;
	int rc = YG_OK;

	if (is_named && strcmp(name, p->now.org) == 0)
		return p->opts.may ? p->opts.may(p->opts.arg, name) : YG_OK;
	if (!is_named)
		rc = yg_json_set(
			orgs, name,
			json_pack("{s:i, s:i, s:i}", "files", 0, "records", 0, "findings", 0));
	if (rc == YG_OK)
		rc = tell_progress(p);
	if (rc == YG_OK)
		rc = p->save(p->save_arg);
	if (rc == YG_OK && p->opts.enter)
		rc = p->opts.enter(p->opts.arg, name);
	if (rc == YG_ENOENT && !is_named)
		(void)json_object_del(orgs, name); /* it is there */
	return rc;
}

static int enter_org(struct yg_hunt_pass *p, const char *name)
{
	struct yg_buf judge;
	uint64_t position = 0;
	int result = YG_OK;
	int rc = name_org(p, name);

	yg_buf_init(&judge, YG_HUB_STATE_MAX);
	if (rc == YG_OK && strcmp(p->judge_of, name) != 0) {
		rc = yg_facts_part(p->opts.facts, p->name, yg_bytes_str(name), &position, &judge);
		if (rc == YG_OK)
			rc = yg_hub_ask_restore(p->opts.ask, yg_bytes_str(name),
						yg_buf_bytes(&judge), &result);
		if (rc == YG_OK && judge.size > 0)
			(void)snprintf(p->judge_of, sizeof(p->judge_of), "%s", name);
		rc = rc == YG_ENOENT ? YG_OK : rc == YG_OK ? result : rc;
	}
	yg_buf_done(&judge);
	return rc;
}

static int take_file(struct yg_hunt_pass *p, const struct file *file)
{
	uint32_t from = is_at(&p->place, file) ? p->place.frame : 0;
	int rc = enter_org(p, file->org);

	(void)snprintf(p->now.org, sizeof(p->now.org), "%s", file->org); /* as large */
	p->now.hour_ns = file->hour_ns;
	p->now.part = file->part;
	p->now.frame = from;
	if (rc == YG_OK)
		rc = each_frame(p, file, from, take_frame);
	if (rc == YG_OK)
		rc = add_number(json_object_get(json_object_get(p->progress, "orgs"), file->org),
				"files", 1);
	if (rc == YG_OK || rc == YG_ENOENT) /* closed: left alone */
		rc = add_number(p->progress, "files_done", 1);
	p->now.part = file->part + 1; /* behind it, whatever is appended now */
	p->now.frame = 0;
	return rc;
}

/* All of @org was looked at. */
static int end_org(struct yg_hunt_pass *p, const char *org)
{
	json_t *counts = json_object_get(json_object_get(p->progress, "orgs"), org);

	return counts ? yg_json_set(counts, "done", json_true()) : YG_OK;
}

/* Organisations that were closed meanwhile are named no more: they may be erased now. */
static int drop_closed(struct yg_hunt_pass *p, const char *at)
{
	json_t *orgs = json_object_get(p->progress, "orgs");
	const char *name;
	bool is_some = false;
	json_t *org;
	void *next;

	json_object_foreach_safe(orgs, next, name, org)
	{
		int rc = p->opts.may ? p->opts.may(p->opts.arg, name) : YG_OK;

		if (rc != YG_OK && rc != YG_ENOENT)
			return rc;
		/* The one that it is at goes when it is left. */
		if (rc == YG_OK || strcmp(name, at) == 0)
			continue;
		(void)json_object_del(orgs, name); /* it is there */
		is_some = true;
	}
	return is_some ? commit(p, at, false) : YG_OK;
}

/* Its organisation is done. */
static int drop_judge(struct yg_hunt_pass *p)
{
	int rc = p->judge_of[0] ? yg_hub_ask_drop(p->opts.ask, yg_bytes_str(p->judge_of)) : YG_OK;

	p->judge_of[0] = '\0';
	return rc;
}

/* One file, and what is due behind it. @saved_ns: when the job was saved last. */
static int pass_file(struct yg_hunt_pass *p, size_t index, int64_t *saved_ns)
{
	const struct file *file = &p->files[index];
	bool is_end = index + 1 == p->file_count || strcmp(p->files[index + 1].org, file->org) != 0;
	int rc = take_file(p, file);

	if (rc == YG_OK && is_end)
		rc = end_org(p, file->org);
	if (rc == YG_OK && (is_end || is_time_to_commit(p)))
		rc = commit(p, file->org, is_end);
	if (rc == YG_OK && is_end)
		rc = drop_judge(p);
	if (rc == YG_OK && now_of(p) - *saved_ns >= YG_NS_PER_S) {
		rc = drop_closed(p, is_end ? "" : file->org);
		if (rc == YG_OK)
			rc = p->save(p->save_arg);
		*saved_ns = now_of(p);
	}
	return rc;
}

int yg_hunt_pass_run(struct yg_hunt_pass *p, int (*save)(void *arg), void *arg)
{
	int64_t saved_ns = now_of(p);
	int rc = YG_OK;

	p->committed_ns = now_of(p);
	p->save = save;
	p->save_arg = arg;
	for (size_t i = 0; rc == YG_OK && i < p->file_count; i++)
		if (!is_passed(p, &p->files[i]))
			rc = pass_file(p, i, &saved_ns);
	if (rc == YG_OK)
		rc = drop_closed(p, "");
	return rc == YG_OK ? tell_progress(p) : rc;
}

/* ---- beginning and end ---- */

static int make_rooms(struct yg_hunt_pass *p)
{
	yg_buf_init(&p->stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&p->text, YG_ARCHIVE_TEXT_MAX);
	yg_buf_init(&p->state, YG_FACT_STATE_MAX);
	p->unpacker = yg_archive_unpacker_new();
	p->arena = yg_arena_new(YG_HUNT_FOUND_BYTES);
	p->found = yg_calloc((size_t)YG_HUNT_FOUND_MAX * 16u, sizeof(*p->found));
	p->progress = json_pack("{s:{}}", "orgs");
	return p->unpacker && p->arena && p->found && p->progress ? YG_OK : YG_ENOMEM;
}

/* A backup has no empty folders; the hunter cannot make any. */
static int make_folders(const struct yg_hunt_pass *p)
{
	static const char *const names[] = {"rules", "indicators", "indicators/.warned"};
	char path[YG_HUNT_PATH_MAX];
	int rc = YG_OK;

	for (size_t i = 0; rc == YG_OK && i < sizeof(names) / sizeof(names[0]); i++)
		rc = yg_hunt_path(p->opts.hunts_dir, p->id, names[i], path)
			     ? yg_disk_mkdir(path, 0700)
			     : YG_ELIMIT;
	return rc;
}

static int prepare(struct yg_hunt_pass *p)
{
	bool has_seed = false;
	int rc = make_rooms(p);

	if (rc == YG_OK)
		rc = make_folders(p);
	if (rc == YG_OK)
		rc = yg_hunt_set_load(&p->set, p->opts.hunts_dir, p->id, p->opts.allow_dir,
				      p->opts.warning_dir, true);
	if (rc == YG_OK)
		rc = read_rule_ids(p);
	yg_narrow_init(&p->hunt.narrow);
	if (rc == YG_OK)
		rc = yg_hunt_aim(&p->hunt, p->set.set.rules.engine, p->set.set.lists.set);
	if (rc == YG_OK)
		rc = read_place(p, &has_seed);
	if (rc == YG_OK)
		rc = begin_hunter(p, has_seed);
	return rc == YG_OK ? tell_progress(p) : rc;
}

int yg_hunt_pass_new(const struct yg_hunt_pass_opts *opts, json_t *job, struct yg_hunt_pass **ret)
{
	struct yg_hunt_pass *p = yg_calloc(1, sizeof(*p));
	struct yg_bytes id = yg_json_text(job, "id");
	int rc;

	if (!p)
		return YG_ENOMEM;
	p->opts = *opts;
	p->job = job;
	(void)snprintf(p->id, sizeof(p->id), "%.*s", YG_FMT(id)); /* yg_hunt_is_id(): it fits */
	(void)snprintf(p->name, sizeof(p->name), "hunt-%s", p->id);
	p->from_ns = yg_json_int(job, "from_s", 0) * YG_NS_PER_S;
	p->created_ns = yg_json_int(job, "created_s", 0) * YG_NS_PER_S + YG_NS_PER_S;
	p->is_for_all = yg_json_int(job, "rules", 0) > 0 || yg_json_int(job, "indicators", 0) > 0;
	p->end = ((uint64_t)yg_json_int(job, "cutoff", 0) + 1) * YG_HUB_ARCHIVE_LINES;
	rc = prepare(p);
	if (rc == YG_OK)
		*ret = p;
	else
		(void)yg_hunt_pass_free(p);
	return rc;
}

struct yg_hunt_pass *yg_hunt_pass_free(struct yg_hunt_pass *p)
{
	if (!p)
		return NULL;
	forget_own(p);
	yg_hunt_aim_done(&p->hunt);
	yg_hunt_set_done(&p->set);
	free(p->rule_ids);
	free(p->files);
	free(p->found);
	json_decref(p->progress);
	(void)yg_arena_free(p->arena);
	(void)yg_archive_unpacker_free(p->unpacker);
	yg_buf_done(&p->stored);
	yg_buf_done(&p->text);
	yg_buf_done(&p->state);
	free(p);
	return NULL;
}
