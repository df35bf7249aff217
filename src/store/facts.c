/* SPDX-License-Identifier: Apache-2.0 */
#include "store/facts-int.h"

#include "model/day.h"

#include "base/arena.h"
#include "base/crypt.h"

#include "base/ban.h"

#define MINUTE_BIAS INT64_C(0x80000000)
#define PAGE_BYTES  ((size_t)YG_FACT_LIST_MAX * 16u * YG_FACT_TEXT_MAX)

/* ---- ids ---- */

int64_t yg_fact_floor(int64_t ns, int64_t unit_ns)
{
	int64_t rest = ns % unit_ns;
	int64_t floor;

	if (rest < 0)
		rest += unit_ns;
	return __builtin_sub_overflow(ns, rest, &floor) ? INT64_MIN : floor;
}

int64_t yg_fact_minute(int64_t ns)
{
	return yg_fact_floor(ns, YG_FACT_MINUTE_NS);
}

static void put_prefix(int64_t minute, uint8_t to[YG_FACT_PREFIX_BYTES])
{
	uint32_t biased = (uint32_t)(minute + MINUTE_BIAS); /* 2^63 ns are 1.6e8 minutes */

	for (unsigned i = 0; i < YG_FACT_PREFIX_BYTES; i++)
		to[i] = (uint8_t)(biased >> (24 - 8 * i));
}

void yg_fact_prefix(int64_t ns, uint8_t to[YG_FACT_PREFIX_BYTES])
{
	int64_t minute = ns / YG_FACT_MINUTE_NS; /* towards zero */

	put_prefix(ns > 0 && ns % YG_FACT_MINUTE_NS ? minute + 1 : minute, to);
}

int64_t yg_fact_minute_of(const uint8_t id[YG_FACT_ID_BYTES])
{
	int64_t biased = 0;
	int64_t ns;

	for (unsigned i = 0; i < YG_FACT_PREFIX_BYTES; i++)
		biased = biased << 8 | id[i];
	return __builtin_mul_overflow(biased - MINUTE_BIAS, YG_FACT_MINUTE_NS, &ns) ? INT64_MIN
										    : ns;
}

/* Another part behind the @size bytes at @to; longer ones count by their beginning. */
static size_t add_part(uint8_t *to, size_t size, struct yg_bytes part)
{
	size_t count = part.size < YG_FACT_TEXT_MAX ? part.size : YG_FACT_TEXT_MAX;

	for (unsigned i = 0; i < 8; i++)
		to[size + i] = (uint8_t)((uint64_t)count >> (56 - 8 * i));
	if (count > 0)
		memcpy(to + size + 8, part.data, count);
	return size + 8 + count;
}

static int64_t minute_number(int64_t ns)
{
	int64_t minute = ns / YG_FACT_MINUTE_NS;

	return ns % YG_FACT_MINUTE_NS < 0 ? minute - 1 : minute;
}

void yg_fact_finding_id(struct yg_bytes org, struct yg_bytes sensor, struct yg_bytes rule,
			struct yg_bytes source, int64_t minute_ns, uint8_t to[YG_FACT_ID_BYTES])
{
	const struct yg_bytes parts[] = {org, sensor, rule, source};
	uint8_t key[5 * (8 + YG_FACT_TEXT_MAX)];
	uint8_t digest[YG_SHA256_BYTES];
	int64_t minute = minute_number(minute_ns);
	char text[24];
	size_t size = 0;

	(void)snprintf(text, sizeof(text), "%lld", (long long)minute); /* 20 digits fit */
	for (size_t i = 0; i < 4; i++)
		size = add_part(key, size, parts[i]);
	size = add_part(key, size, yg_bytes_str(text));
	yg_sha256((struct yg_bytes){key, size}, digest);
	put_prefix(minute, to);
	memcpy(to + YG_FACT_PREFIX_BYTES, digest, YG_FACT_ID_BYTES - YG_FACT_PREFIX_BYTES);
}

/* ---- bundles ---- */

static void merge_refs(struct yg_fact_finding *row, const struct yg_fact_finding *more)
{
	for (uint32_t i = 0; i < more->ref_count; i++) {
		if (row->ref_count < YG_FACT_REFS_MAX)
			row->ref_count++;
		row->refs[row->ref_count - 1] = more->refs[i];
	}
}

bool yg_fact_merge(struct yg_fact_finding *row, const struct yg_fact_finding *more)
{
	if (__builtin_add_overflow(row->count, more->count, &row->count) || row->count > INT64_MAX)
		row->count = INT64_MAX;
	if (more->first_ns < row->first_ns)
		row->first_ns = more->first_ns;
	if (more->last_ns > row->last_ns)
		row->last_ns = more->last_ns;
	if (more->received_ns < row->received_ns)
		row->received_ns = more->received_ns;
	if (more->level > row->level)
		row->level = more->level;
	merge_refs(row, more);
	return more->outcome > row->outcome;
}

bool yg_fact_passes(const struct yg_fact_filter *filter, const struct yg_fact_finding *row)
{
	if (row->level < filter->level_min || row->outcome < filter->outcome_min)
		return false;
	if (filter->actor.size > 0 && !yg_bytes_eq(filter->actor, row->actor))
		return false;
	if (filter->from_ns != 0 && row->minute_ns < filter->from_ns)
		return false;
	return filter->to_ns == 0 || row->minute_ns < filter->to_ns;
}

/* ---- what may be asked ---- */

static bool is_consumer(const char *name)
{
	size_t size = strlen(name);

	if (size == 0 || size > YG_FACT_CONSUMER_MAX)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((name[i] < 'a' || name[i] > 'z') && (name[i] < '0' || name[i] > '9') &&
		    name[i] != '-')
			return false;
	return true;
}

static bool is_org(struct yg_bytes org)
{
	return org.size > 0 && org.size <= YG_FACT_ORG_MAX;
}

static bool is_finding(const struct yg_fact_finding *f)
{
	const struct yg_bytes texts[] = {f->sensor, f->rule,  f->title,	 f->title_ja, f->reason,
					 f->source, f->actor, f->target, f->matched,  f->hunt};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].size > YG_FACT_TEXT_MAX)
			return false;
	return is_org(f->org) && f->sensor.size > 0 && f->rule.size > 0 &&
	       f->rules.size <= YG_FACT_DIGEST_MAX && f->level <= YG_LEVEL_CRITICAL &&
	       f->kind <= YG_KIND_CORRELATION && f->field < YG_ATTACK_COUNT &&
	       f->outcome <= YG_OUTCOME_POSSIBLE && f->count > 0 && f->count <= INT64_MAX &&
	       f->ref_count <= YG_FACT_REFS_MAX && f->minute_ns == yg_fact_minute_of(f->id);
}

static bool is_filter(const struct yg_fact_filter *filter)
{
	return filter->limit > 0 && filter->limit <= YG_FACT_LIST_MAX &&
	       filter->org_count <= YG_FACT_ORGS_MAX;
}

static bool is_in_batch(const struct yg_facts *facts)
{
	return facts->consumer[0] != '\0' && !facts->is_reading;
}

/* ---- batches ---- */

struct yg_facts *yg_facts_free(struct yg_facts *facts)
{
	if (!facts)
		return NULL;
	yg_facts_abort(facts);
	facts->ops->free(facts);
	return NULL;
}

int yg_facts_cursor(struct yg_facts *facts, const char *consumer, uint64_t *ret_cursor,
		    struct yg_buf *ret_state)
{
	if (facts->is_reading || !is_consumer(consumer))
		return YG_EINVAL;
	if (ret_state)
		yg_buf_reset(ret_state);
	return facts->ops->cursor(facts, consumer, ret_cursor, ret_state);
}

int yg_facts_begin(struct yg_facts *facts, const char *consumer, uint64_t after)
{
	uint64_t cursor = 0;
	int rc;

	if (facts->is_reading || facts->consumer[0] != '\0' || !is_consumer(consumer))
		return YG_EINVAL;
	rc = facts->ops->begin(facts);
	if (rc != YG_OK)
		return rc;
	rc = facts->ops->cursor(facts, consumer, &cursor, NULL);
	if (rc == YG_OK && cursor != after)
		rc = YG_EMISMATCH;
	if (rc != YG_OK) {
		facts->ops->abort(facts);
		return rc;
	}
	(void)snprintf(facts->consumer, sizeof(facts->consumer), "%s", consumer); /* measured */
	facts->failed = YG_OK;
	return YG_OK;
}

/* What a backend could not do breaks the batch; what was refused does not. */
static int note(struct yg_facts *facts, int rc)
{
	if (rc != YG_OK && rc != YG_EINVAL && rc != YG_ENOENT && rc != YG_ELIMIT)
		facts->failed = rc;
	return rc;
}

static int count_finding(struct yg_facts *facts, const struct yg_fact_finding *finding, bool is_new)
{
	struct yg_fact_day more = {
		.org = finding->org,
		.day_ns = yg_day_part_ns(facts->zone, finding->received_ns),
		.findings = finding->count,
		.bundles = is_new,
	};

	more.by_level[finding->level] = is_new;
	return facts->ops->count(facts, &more);
}

int yg_facts_add(struct yg_facts *facts, const struct yg_fact_finding *finding, bool *ret_is_new)
{
	bool is_new = false;
	int rc;

	if (!is_in_batch(facts) || !is_finding(finding))
		return YG_EINVAL;
	if (facts->failed != YG_OK)
		return facts->failed;
	rc = facts->ops->add(facts, finding, &is_new);
	if (rc == YG_OK)
		rc = count_finding(facts, finding, is_new);
	if (rc == YG_OK && ret_is_new)
		*ret_is_new = is_new;
	if (rc != YG_OK)
		facts->failed = rc;
	return rc;
}

int yg_facts_outcome(struct yg_facts *facts, const uint8_t id[YG_FACT_ID_BYTES],
		     enum yg_outcome outcome, struct yg_bytes reason)
{
	if (!is_in_batch(facts) || outcome > YG_OUTCOME_POSSIBLE || reason.size > YG_FACT_TEXT_MAX)
		return YG_EINVAL;
	if (facts->failed != YG_OK)
		return facts->failed;
	return note(facts, facts->ops->outcome(facts, id, outcome, reason));
}

void yg_facts_zone(struct yg_facts *facts, const struct yg_zone *zone)
{
	facts->zone = zone;
}

int yg_facts_count_records(struct yg_facts *facts, struct yg_bytes org, int64_t received_ns,
			   uint64_t records, uint64_t bytes)
{
	const struct yg_fact_day more = {
		.org = org,
		.day_ns = yg_day_part_ns(facts->zone, received_ns),
		.records = records,
		.bytes = bytes,
	};

	if (!is_in_batch(facts) || !is_org(org) || records > INT64_MAX || bytes > INT64_MAX)
		return YG_EINVAL;
	if (facts->failed != YG_OK)
		return facts->failed;
	return note(facts, facts->ops->count(facts, &more));
}

int yg_facts_put_part(struct yg_facts *facts, struct yg_bytes key, uint64_t position,
		      struct yg_bytes state)
{
	if (!is_in_batch(facts) || key.size == 0 || key.size > YG_FACT_KEY_MAX ||
	    position > INT64_MAX)
		return YG_EINVAL;
	if (state.size > YG_FACT_PART_MAX)
		return YG_ELIMIT;
	if (facts->failed != YG_OK)
		return facts->failed;
	return note(facts, facts->ops->put_part(facts, key, position, state));
}

int yg_facts_part(struct yg_facts *facts, const char *consumer, struct yg_bytes key,
		  uint64_t *ret_position, struct yg_buf *ret_state)
{
	if (facts->is_reading || !is_consumer(consumer) || key.size == 0 ||
	    key.size > YG_FACT_KEY_MAX)
		return YG_EINVAL;
	if (ret_state)
		yg_buf_reset(ret_state);
	return facts->ops->part(facts, consumer, key, ret_position, ret_state);
}

int yg_facts_commit(struct yg_facts *facts, uint64_t cursor, const struct yg_bytes *state)
{
	int rc = facts->failed;

	if (!is_in_batch(facts))
		return YG_EINVAL;
	if (cursor > INT64_MAX || (state && state->size > YG_FACT_STATE_MAX))
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = facts->ops->commit(facts, cursor, state);
	if (rc != YG_OK)
		facts->ops->abort(facts);
	facts->consumer[0] = '\0';
	return rc;
}

void yg_facts_abort(struct yg_facts *facts)
{
	if (facts->consumer[0] == '\0')
		return;
	facts->ops->abort(facts);
	facts->consumer[0] = '\0';
}

/* ---- reading ---- */

struct kept {
	struct kept *next;
	struct yg_fact_finding finding;
};

struct page {
	struct yg_arena *arena;
	struct kept *first;
	struct kept **end;
};

static int keep(void *arg, const struct yg_fact_finding *finding)
{
	struct page *page = arg;
	struct kept *kept = yg_arena_alloc(page->arena, sizeof(*kept));
	bool is_kept = kept != NULL;

	if (!is_kept)
		return YG_ENOMEM;
	*kept = (struct kept){.finding = *finding};
	struct yg_bytes *const texts[] = {
		&kept->finding.org,	 &kept->finding.sensor, &kept->finding.rule,
		&kept->finding.title,	 &kept->finding.rules,	&kept->finding.bundle,
		&kept->finding.title_ja, &kept->finding.reason, &kept->finding.source,
		&kept->finding.actor,	 &kept->finding.target, &kept->finding.matched,
		&kept->finding.hunt,
	};

	for (size_t i = 0; is_kept && i < sizeof(texts) / sizeof(texts[0]); i++)
		is_kept = yg_arena_dup(page->arena, *texts[i], texts[i]);
	*page->end = kept;
	page->end = &kept->next;
	return is_kept ? YG_OK : YG_ENOMEM;
}

/* Who is given a row may take long over it. Meanwhile the page stands here, not in the file: a
 * moment of the file that somebody looks at keeps all that was written since from being put into
 * its place. */
static int list_page(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
		     void *arg)
{
	struct page page = {.arena = yg_arena_new(PAGE_BYTES), .end = &page.first};
	int rc = page.arena ? facts->ops->list(facts, filter, keep, &page) : YG_ENOMEM;

	for (const struct kept *kept = page.first; rc == YG_OK && kept; kept = kept->next)
		rc = fn(arg, &kept->finding);
	(void)yg_arena_free(page.arena);
	return rc;
}

int yg_facts_list(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_fn fn,
		  void *arg)
{
	int rc;

	if (facts->is_reading || !is_filter(filter))
		return YG_EINVAL;
	facts->next = (struct yg_fact_next){.after_change = filter->after_change};
	if (filter->has_after)
		memcpy(facts->next.after_id, filter->after_id, YG_FACT_ID_BYTES);
	facts->is_reading = true;
	rc = list_page(facts, filter, fn, arg);
	facts->is_reading = false;
	return rc;
}

struct yg_fact_next yg_facts_next(const struct yg_facts *facts)
{
	return facts->next;
}

int yg_facts_get(struct yg_facts *facts, const struct yg_fact_filter *filter,
		 const uint8_t id[YG_FACT_ID_BYTES], yg_fact_fn fn, void *arg)
{
	int rc;

	if (facts->is_reading || filter->org_count > YG_FACT_ORGS_MAX)
		return YG_EINVAL;
	facts->is_reading = true;
	rc = facts->ops->get(facts, filter, id, fn, arg);
	facts->is_reading = false;
	return rc;
}

void yg_fact_day_sum(struct yg_fact_day *to, const struct yg_fact_day *more)
{
	to->records += more->records;
	to->bytes += more->bytes;
	to->findings += more->findings;
	to->bundles += more->bundles;
	for (unsigned i = 0; i < 5; i++)
		to->by_level[i] += more->by_level[i];
}

int yg_fact_days_end(struct yg_fact_days *days)
{
	const struct yg_fact_filter *filter = days->filter;
	bool is_wanted = days->is_begun &&
			 (filter->from_ns == 0 || days->day.day_ns >= filter->from_ns) &&
			 (filter->to_ns == 0 || days->day.day_ns < filter->to_ns);

	days->is_begun = false;
	if (!is_wanted)
		return YG_OK;
	if (days->given == filter->limit)
		return YG_EEND;
	days->given++;
	return days->fn(days->arg, &days->day);
}

int yg_fact_days_add(struct yg_fact_days *days, const struct yg_fact_day *part)
{
	const struct yg_zone *zone = days->filter->zone;
	int64_t day_ns = yg_day_start_ns(zone, yg_day_in(zone, part->day_ns));
	int rc = YG_OK;

	if (days->is_begun && days->day.day_ns != day_ns)
		rc = yg_fact_days_end(days);
	if (rc != YG_OK)
		return rc;
	if (!days->is_begun)
		days->day = (struct yg_fact_day){.org = days->day.org, .day_ns = day_ns};
	days->is_begun = true;
	yg_fact_day_sum(&days->day, part);
	return YG_OK;
}

int yg_facts_days(struct yg_facts *facts, const struct yg_fact_filter *filter, yg_fact_day_fn fn,
		  void *arg)
{
	int rc;

	if (facts->is_reading || !is_filter(filter))
		return YG_EINVAL;
	facts->is_reading = true;
	rc = facts->ops->days(facts, filter, fn, arg);
	facts->is_reading = false;
	return rc;
}

int yg_facts_last_change(struct yg_facts *facts, uint64_t *ret)
{
	return facts->is_reading ? YG_EINVAL : facts->ops->last_change(facts, ret);
}

int yg_facts_expire(struct yg_facts *facts, struct yg_bytes org, int64_t before_ns, uint32_t limit,
		    uint32_t *ret_count)
{
	if (facts->is_reading || facts->consumer[0] != '\0' || !is_org(org) || limit == 0)
		return YG_EINVAL;
	*ret_count = 0;
	return facts->ops->expire(facts, org, before_ns, limit, ret_count);
}

int yg_facts_forget(struct yg_facts *facts, struct yg_bytes org)
{
	if (facts->is_reading || facts->consumer[0] != '\0' || !is_org(org))
		return YG_EINVAL;
	return facts->ops->forget(facts, org);
}

const char *yg_facts_trouble(const struct yg_facts *facts)
{
	return facts->ops->trouble(facts);
}
