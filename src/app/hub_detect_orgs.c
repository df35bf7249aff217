/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_detect-int.h"

#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "detect/correlate.h"

#include "base/ban.h"

#define STATE_SIZE YG_HDET_STATE_SIZE
#define STATE_MAX  YG_HDET_STATE_MAX
#define STATE_V	   1u
#define NS_PER_MS  YG_HDET_NS_PER_MS

static struct yg_bytes name_of(const struct yg_hdet_org *org)
{
	return yg_bytes_str(org->name);
}

/* ---- organisations ---- */

static void unlink_use(struct yg_hub_detect *d, struct yg_hdet_org *org)
{
	*(org->newer ? &org->newer->older : &d->newest) = org->older;
	*(org->older ? &org->older->newer : &d->oldest) = org->newer;
	org->older = NULL;
	org->newer = NULL;
}

static void link_newest(struct yg_hub_detect *d, struct yg_hdet_org *org)
{
	org->older = d->newest;
	*(d->newest ? &d->newest->newer : &d->oldest) = org;
	d->newest = org;
}

struct yg_hdet_org **yg_hdet_place_of(struct yg_hub_detect *d, struct yg_bytes name)
{
	struct yg_hdet_org **at = &d->buckets[yg_hash64(name, 0) % YG_HDET_BUCKETS];

	while (*at && !yg_bytes_eq(name_of(*at), name))
		at = &(*at)->next;
	return at;
}

/* Here alone: the engine's judge is another matter. */
static void forget_org(struct yg_hub_detect *d, struct yg_hdet_org *org)
{
	struct yg_hdet_org **at = yg_hdet_place_of(d, name_of(org));

	d->bytes -= org->bytes;
	*at = org->next;
	unlink_use(d, org);
	d->org_count--;
	free(org);
}

void yg_hdet_forget_all(struct yg_hub_detect *d)
{
	while (d->newest)
		forget_org(d, d->newest);
	while (d->sleepers) {
		struct yg_hdet_sleeper *sleeper = d->sleepers;

		d->sleepers = sleeper->next;
		free(sleeper);
	}
}

/* ---- what waits where no judge is ---- */

/* The judge of @org goes; what waits in its state must not be forgotten. */
static int put_to_sleep(struct yg_hub_detect *d, const struct yg_hdet_org *org)
{
	struct yg_hdet_sleeper *sleeper;

	if (org->due_ns == YG_TIME_NONE)
		return YG_OK;
	sleeper = yg_calloc(1, sizeof(*sleeper));
	if (!sleeper)
		return YG_ENOMEM;
	memcpy(sleeper->name, org->name, sizeof(sleeper->name));
	sleeper->position = org->position;
	sleeper->due_ns = org->due_ns;
	sleeper->next = d->sleepers;
	d->sleepers = sleeper;
	return YG_OK;
}

static void wake(struct yg_hub_detect *d, struct yg_bytes name)
{
	struct yg_hdet_sleeper **at = &d->sleepers;
	struct yg_hdet_sleeper *sleeper;

	while (*at && !yg_bytes_eq(yg_bytes_str((*at)->name), name))
		at = &(*at)->next;
	sleeper = *at;
	if (sleeper)
		*at = sleeper->next;
	free(sleeper);
}

int yg_hdet_sleep_all(struct yg_hub_detect *d)
{
	int rc = YG_OK;

	while (rc == YG_OK && d->newest) {
		rc = put_to_sleep(d, d->newest);
		if (rc == YG_OK)
			forget_org(d, d->newest);
	}
	return rc;
}

uint64_t yg_hdet_waiting(const struct yg_hub_detect *d)
{
	uint64_t count = 0;

	for (const struct yg_hdet_org *org = d->oldest; org; org = org->newer)
		count += org->due_ns != YG_TIME_NONE;
	for (const struct yg_hdet_sleeper *s = d->sleepers; s; s = s->next)
		count++;
	return count;
}

/* ---- states ---- */

static void put_u64(uint8_t *to, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

uint64_t yg_hdet_get_u64(const uint8_t *from)
{
	uint64_t value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

bool yg_hdet_is_state(struct yg_bytes state)
{
	return state.size >= STATE_SIZE && state.size <= STATE_MAX && state.data[0] == STATE_V &&
	       (state.size - STATE_SIZE) % 8 == 0;
}

int yg_hub_detect_begin_of(struct yg_bytes state, uint64_t *ret)
{
	bool is_ours = yg_hdet_is_state(state);

	*ret = is_ours ? yg_hdet_get_u64(state.data + 9) : 0;
	return is_ours || state.size == 0 ? YG_OK : YG_EFORMAT;
}

int yg_hdet_open_batch(struct yg_hub_detect *d)
{
	int rc;

	if (d->is_open)
		return YG_OK;
	rc = yg_facts_begin(d->opts.facts, d->opts.name, d->cursor);
	d->is_open = rc == YG_OK;
	d->now = (struct yg_hub_detect_counts){0};
	return rc;
}

/* What its judge remembers cannot be had: it begins anew behind its last batch. */
static void say_lost(struct yg_hub_detect *d, const struct yg_hdet_org *org, const char *why)
{
	d->counts.lost_states++;
	yg_say(N_("%s: what correlations remembered cannot be read and begins anew: %s"),
	       yg_say_safe(name_of(org), YG_FACT_ORG_MAX), yg_say_tr(why));
}

static int lose_state(struct yg_hub_detect *d, const struct yg_hdet_org *org)
{
	int rc = yg_hub_ask_drop(d->ask, name_of(org));

	say_lost(d, org, N_("the process that looks at logs ends over it"));
	return rc == YG_OK ? yg_facts_put_part(d->opts.facts, name_of(org), org->position, YG_S(""))
			   : rc;
}

static int save_org(struct yg_hub_detect *d, struct yg_hdet_org *org)
{
	int result = YG_OK;
	int rc = yg_hdet_open_batch(d);

	yg_buf_reset(&d->state);
	if (rc != YG_OK)
		return rc;
	if (yg_hub_ask_is_poison(d->ask, YG_HUB_SAVE, name_of(org), 0))
		rc = lose_state(d, org);
	else
		rc = yg_hub_ask_save(d->ask, name_of(org), &d->state, &result);
	if (rc == YG_OK && result == YG_OK && d->state.size > 0)
		rc = yg_facts_put_part(d->opts.facts, name_of(org), org->position,
				       yg_buf_bytes(&d->state));
	else if (rc == YG_OK && result != YG_ENOENT) /* without a judge: no batch could be read */
		rc = result;
	if (rc != YG_OK)
		return rc;
	org->saved = org->position;
	org->saved_bytes = d->state.size;
	org->dirty = 0;
	d->now.saved++;
	return YG_OK;
}

/*
 * How old its first change may become. A large state is written whole for a small change: engine
 * and disk would do little else under load, so that its size lets wait. What is not in a state, a
 * restart reads from the journal again.
 */
static int64_t patience_ns(const struct yg_hub_detect *d, const struct yg_hdet_org *org)
{
	size_t times = 1 + org->saved_bytes / YG_HUB_DETECT_WAIT_BYTES;

	if (times > YG_HUB_DETECT_WAITS_MAX)
		times = YG_HUB_DETECT_WAITS_MAX;
	return (int64_t)times * d->opts.save_ms * NS_PER_MS;
}

static int64_t due_ns(const struct yg_hub_detect *d, const struct yg_hdet_org *org)
{
	return org->dirty_ns + patience_ns(d, org);
}

/* Also when the clock was set back. */
static bool is_late(const struct yg_hub_detect *d, const struct yg_hdet_org *org, int64_t now_ns)
{
	int64_t age_ns = now_ns - org->dirty_ns;

	return age_ns < 0 || age_ns / YG_HUB_DETECT_LATE >= patience_ns(d, org);
}

/*
 * Is the next state to be written, by @now_ns? After each the disk is left to findings for as long
 * as it is large, so that states that fell due together do not come together.
 */
static bool is_save_due(const struct yg_hub_detect *d, const struct yg_hdet_org *org,
			int64_t now_ns)
{
	int64_t rest_ns = d->rest_until_ns - now_ns;

	if (is_late(d, org, now_ns))
		return true;
	return now_ns >= due_ns(d, org) && (rest_ns <= 0 || rest_ns > d->rest_ns);
}

/* Of those whose state changed, the one that is to be written first. */
static struct yg_hdet_org *first_dirty(const struct yg_hub_detect *d)
{
	struct yg_hdet_org *first = NULL;

	for (struct yg_hdet_org *org = d->oldest; org; org = org->newer)
		if (org->dirty != 0 && (!first || due_ns(d, org) < due_ns(d, first)))
			first = org;
	return first;
}

/*
 * The states that are due; all with @is_all. Findings wait for them: what is not late goes a little
 * at a time.
 */
int yg_hdet_save_due(struct yg_hub_detect *d, int64_t now_ns, bool is_all)
{
	uint64_t bytes = 0;
	unsigned count = 0;
	int rc = YG_OK;

	while (rc == YG_OK) {
		struct yg_hdet_org *org = first_dirty(d);

		if (!org || (!is_all && !is_save_due(d, org, now_ns)))
			break;
		if (!is_all &&
		    (count >= YG_HUB_DETECT_SAVES_MAX ||
		     (count > 0 && bytes >= (is_late(d, org, now_ns) ? YG_HUB_DETECT_SAVE_BYTES
								     : YG_HUB_DETECT_SOON_BYTES))))
			break;
		rc = save_org(d, org);
		bytes += d->state.size;
		count++;
	}
	if (bytes > 0) {
		d->rest_ns = (int64_t)(bytes / YG_HUB_DETECT_SAVE_PER_MS) * NS_PER_MS;
		d->rest_until_ns = now_ns + d->rest_ns;
	}
	return rc;
}

/* Where a restart would have to begin, when the journal was read up to @read. */
static uint64_t begin_of(const struct yg_hub_detect *d, uint64_t read)
{
	uint64_t begin = read;

	for (const struct yg_hdet_org *org = d->oldest; org; org = org->newer) {
		if (org->dirty != 0 && org->dirty - 1 < begin)
			begin = org->dirty - 1;
		/* Meeting its last batch again, a restart takes up what waits. */
		if (org->due_ns != YG_TIME_NONE && org->position > 0 && org->position - 1 < begin)
			begin = org->position - 1;
	}
	for (const struct yg_hdet_sleeper *s = d->sleepers; s; s = s->next)
		if (s->position > 0 && s->position - 1 < begin)
			begin = s->position - 1;
	return begin;
}

static void add_counts(struct yg_hub_detect_counts *to, const struct yg_hub_detect_counts *more)
{
	to->batches += more->batches;
	to->records += more->records;
	to->unread += more->unread;
	to->findings += more->findings;
	to->damaged += more->damaged;
	to->unlisted += more->unlisted;
	to->saved += more->saved;
}

/* Batches before @begin are not read again: whether they were set aside is nobody's question. */
static size_t add_aside(struct yg_hub_detect *d, uint64_t begin, uint8_t *to)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->aside_count; i++)
		if (d->aside[i] > begin)
			d->aside[kept++] = d->aside[i];
	d->aside_count = kept;
	for (unsigned i = 0; i < kept; i++)
		put_u64(to + (size_t)8 * i, d->aside[i]);
	return (size_t)8 * kept;
}

/* Rows, states and cursor, if there are any. @read: so far the journal was read. */
int yg_hdet_commit_batch(struct yg_hub_detect *d, uint64_t cursor, uint64_t read,
			 void (*meanwhile)(struct yg_hub_detect *d))
{
	uint8_t bytes[STATE_MAX] = {STATE_V};
	struct yg_bytes state = {bytes, STATE_SIZE};
	uint64_t begin = begin_of(d, read);
	int rc;

	if (!d->is_open)
		return YG_OK;
	put_u64(bytes + 1, d->seed);
	put_u64(bytes + 9, begin);
	state.size += add_aside(d, begin, bytes + STATE_SIZE);
	if (meanwhile)
		meanwhile(d);
	rc = yg_facts_commit(d->opts.facts, cursor, &state);
	d->is_open = false;
	if (rc != YG_OK)
		return rc;
	d->cursor = cursor;
	d->begin = begin;
	add_counts(&d->counts, &d->now);
	return YG_OK;
}

/* What was not committed is made again: the judges have seen it already. */
void yg_hdet_give_up(struct yg_hub_detect *d)
{
	if (d->is_open)
		yg_facts_abort(d->opts.facts);
	d->is_open = false;
	d->is_stale = true;
}

/* ---- judges ---- */

/* The state of an organisation that comes back, or comes for the first time. */
static int load_org(struct yg_hub_detect *d, struct yg_hdet_org *org)
{
	int result = YG_OK;
	int rc = yg_facts_part(d->opts.facts, d->opts.name, name_of(org), &org->saved, &d->state);

	if (rc == YG_ENOENT)
		return YG_OK;
	if (rc != YG_OK)
		return rc;
	org->position = org->saved;
	org->saved_bytes = d->state.size;
	if (yg_hub_ask_is_poison(d->ask, YG_HUB_RESTORE, name_of(org), 0))
		result = YG_EFORMAT;
	else
		rc = yg_hub_ask_restore(d->ask, name_of(org), yg_buf_bytes(&d->state), &result);
	if (rc == YG_OK && result == YG_OK)
		org->due_ns = 0; /* whether something waits in it, its first answer says */
	if (rc != YG_OK || result == YG_OK)
		return rc;
	if (result != YG_EFORMAT && result != YG_EDIGEST && result != YG_EMISMATCH)
		return result;
	say_lost(d, org, yg_err_text(result));
	return YG_OK;
}

/* The one that was silent for longest goes. */
static int give_up_oldest(struct yg_hub_detect *d)
{
	struct yg_hdet_org *last = d->oldest;
	int rc = YG_OK;

	if (last->dirty != 0)
		rc = save_org(d, last);
	if (rc == YG_OK)
		rc = put_to_sleep(d, last);
	if (rc == YG_OK)
		rc = yg_hub_ask_drop(d->ask, name_of(last));
	if (rc != YG_OK)
		return rc;
	d->counts.evicted++;
	forget_org(d, last);
	return YG_OK;
}

bool yg_hdet_is_over(const struct yg_hub_detect *d)
{
	return d->bytes > d->opts.bytes_max && d->oldest != d->newest;
}

/* Over the bound the others make room for the one that came last. */
int yg_hdet_make_room(struct yg_hub_detect *d)
{
	int rc = YG_OK;

	while (rc == YG_OK && yg_hdet_is_over(d))
		rc = give_up_oldest(d);
	return rc;
}

/* What the judge holds, after a batch. */
void yg_hdet_weigh(struct yg_hub_detect *d, struct yg_hdet_org *org,
		   const struct yg_hub_judged_batch *judged)
{
	d->bytes -= org->bytes;
	org->bytes = (size_t)judged->held;
	d->bytes += org->bytes;
	if (judged->pushed_out > org->pushed_out)
		d->counts.pushed_out += judged->pushed_out - org->pushed_out;
	org->pushed_out = judged->pushed_out;
	if (judged->hurried > org->hurried)
		d->counts.hurried += judged->hurried - org->hurried;
	org->hurried = judged->hurried;
	org->due_ns = judged->due_ns;
}

int yg_hdet_need_org(struct yg_hub_detect *d, struct yg_bytes name, struct yg_hdet_org **ret)
{
	struct yg_hdet_org *org = *yg_hdet_place_of(d, name);
	int rc;

	if (org) {
		unlink_use(d, org);
		link_newest(d, org);
		*ret = org;
		return YG_OK;
	}
	if (name.size == 0 || name.size > YG_FACT_ORG_MAX)
		return YG_EFORMAT;
	rc = d->org_count < d->opts.orgs_max ? YG_OK : give_up_oldest(d);
	if (rc != YG_OK)
		return rc;
	org = yg_calloc(1, sizeof(*org));
	if (!org)
		return YG_ENOMEM;
	memcpy(org->name, name.data, name.size);
	org->due_ns = YG_TIME_NONE;
	*yg_hdet_place_of(d, name) = org; /* the end of its bucket */
	link_newest(d, org);
	d->org_count++;
	*ret = org;
	rc = load_org(d, org);
	if (rc == YG_OK)
		wake(d, name);
	return rc;
}

/* ---- time that goes on without a batch ---- */

static bool is_due(int64_t due_ns, int64_t now_ns)
{
	if (due_ns == YG_TIME_NONE)
		return false;
	/* Else the clock was set back since. */
	return now_ns >= due_ns || due_ns - now_ns > 2 * YG_CORRELATION_WAIT_NS;
}

/*
 * A tick is not in the journal: judged again, the batches alone would not give what it gave. So the
 * state behind it is written with it.
 */
static int tick(struct yg_hub_detect *d, struct yg_hdet_org *org, int64_t now_ns)
{
	int rc = yg_hdet_open_batch(d);

	org->has_released = false;
	org->due_ns = YG_TIME_NONE; /* unless the answer says when */
	if (rc != YG_OK)
		return rc;
	if (yg_hub_ask_is_poison(d->ask, YG_HUB_TICK, name_of(org), org->position))
		return lose_state(d, org);
	rc = yg_hub_ask_tick(d->ask, name_of(org), org->position, now_ns);
	return rc == YG_OK && org->has_released ? save_org(d, org) : rc;
}

static struct yg_hdet_sleeper *sleeper_due(const struct yg_hub_detect *d, int64_t now_ns)
{
	struct yg_hdet_sleeper *sleeper = d->sleepers;

	while (sleeper && !is_due(sleeper->due_ns, now_ns))
		sleeper = sleeper->next;
	return sleeper;
}

bool yg_hdet_needs_rest(const struct yg_hub_detect *d, int64_t read_ns, int64_t now_ns)
{
	const struct yg_hdet_org *first = first_dirty(d);

	if ((first && is_save_due(d, first, now_ns)) || yg_hdet_is_over(d) ||
	    sleeper_due(d, read_ns - YG_HDET_SLACK_NS))
		return true;
	for (const struct yg_hdet_org *org = d->oldest; org; org = org->newer)
		if (is_due(org->due_ns, read_ns - YG_HDET_SLACK_NS))
			return true;
	return false;
}

int yg_hdet_release_due(struct yg_hub_detect *d, int64_t now_ns)
{
	const struct yg_hdet_sleeper *sleeper;
	int rc = YG_OK;

	now_ns -= YG_HDET_SLACK_NS;
	for (struct yg_hdet_org *org = d->oldest; rc == YG_OK && org; org = org->newer)
		if (is_due(org->due_ns, now_ns))
			rc = tick(d, org, now_ns);
	while (rc == YG_OK && (sleeper = sleeper_due(d, now_ns)) != NULL) {
		char name[YG_FACT_ORG_MAX + 1];
		struct yg_hdet_org *org;

		memcpy(name, sleeper->name, sizeof(name));
		rc = yg_hdet_need_org(d, yg_bytes_str(name), &org);
		wake(d, yg_bytes_str(name));
		if (rc == YG_OK)
			rc = tick(d, org, now_ns);
		if (rc == YG_OK)
			rc = yg_hdet_make_room(d);
	}
	return rc;
}
