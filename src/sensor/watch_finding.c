/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of a commit in bundles, as the policy lets them leave, and as records. */
#include "base/alloc.h"
#include "sensor/watch-int.h"

#include "base/ban.h"

#define SLOTS	  32768u
#define FIRST	  64u
#define MINUTE_NS (60 * YG_NS_PER_S)
#define TEXT_MAX  1024u /* as a row of the hub can hold it (store/facts.h) */
#define KEY_MAX	  8192u

/* Values that a finding takes from its record, in this order. */
enum taken { ACTOR, TARGET, MATCHED, REASON, TAKEN };

/* @text, cut before a character that does not fit. */
static struct yg_bytes fit(struct yg_bytes text)
{
	size_t size = TEXT_MAX;

	if (text.size <= size)
		return text;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return yg_bytes_cut(text, 0, size);
}

static int64_t minute_of(int64_t ns)
{
	int64_t in = ns % MINUTE_NS;

	return ns - (in < 0 ? in + MINUTE_NS : in);
}

/* ---- what may leave ---- */

static int words_of(struct yg_watch *w, struct yg_reason reason, struct yg_bytes text,
		    struct yg_bytes *ret)
{
	reason.text = text;
	yg_buf_reset(&w->words);
	yg_reason_add(&w->words, yg_reason_template(reason.code), &reason);
	*ret = yg_buf_error(&w->words) == YG_OK ? fit(yg_buf_bytes(&w->words)) : YG_S("");
	return yg_arena_dup(w->arena, *ret, ret) ? YG_OK : YG_ENOMEM;
}

/*
 * The values as they may leave with the record that is being judged, in the commit's arena. YG_OK,
 * YG_EACCES, YG_ENOMEM.
 */
static int mask_values(struct yg_watch *w, struct yg_bytes values[TAKEN])
{
	struct yg_event event;
	int rc = yg_watch_event(w, w->at, &event);

	if (rc != YG_OK)
		return rc == YG_ENOMEM ? rc : YG_EACCES; /* cannot happen: it was read before */
	rc = yg_sensor_policy_values(w->config.policy, &event, values, TAKEN);
	for (unsigned i = 0; i < TAKEN && rc == YG_OK; i++)
		if (!yg_arena_dup(w->arena, fit(values[i]), &values[i]))
			rc = YG_ENOMEM;
	return rc;
}

/* ---- bundles ---- */

void yg_watch_keep(struct yg_watch *w, const struct yg_watch_kept *kept)
{
	w->kept[w->kept_count++ % YG_WATCH_KEPT_MAX] = *kept;
	if (w->kept_count == 2 * YG_WATCH_KEPT_MAX) /* it stays a ring that is full */
		w->kept_count = YG_WATCH_KEPT_MAX;
}

/* From the newest on: updates come soon. */
static const struct yg_watch_kept *find_kept(const struct yg_watch *w, const uint8_t *finding)
{
	uint32_t count = w->kept_count < YG_WATCH_KEPT_MAX ? w->kept_count : YG_WATCH_KEPT_MAX;

	for (uint32_t i = 1; i <= count; i++) {
		const struct yg_watch_kept *kept =
			&w->kept[(w->kept_count - i) % YG_WATCH_KEPT_MAX];

		if (memcmp(kept->finding, finding, YG_ID_BYTES) == 0)
			return kept;
	}
	return NULL;
}

/* Which bundle: told by a token, for who has not the key can try no values out. */
static int token_of(struct yg_watch *w, const struct yg_finding *f, int64_t minute_ns,
		    bool is_coarse, char to[YG_WATCH_TOKEN_BYTES])
{
	char token[YG_MASK_TOKEN_MAX];
	struct yg_buf key;
	int rc;

	yg_buf_init(&key, 4 * KEY_MAX);
	yg_buf_add(&key, f->rule->id);
	yg_buf_add_byte(&key, 0);
	yg_buf_add(&key, yg_bytes_cut(f->source, 0, KEY_MAX));
	yg_buf_add_byte(&key, 0);
	yg_buf_add_i64(&key, minute_ns);
	yg_buf_add_byte(&key, is_coarse);
	if (!is_coarse)
		yg_buf_add(&key, yg_bytes_cut(f->matched, 0, KEY_MAX));
	rc = yg_buf_error(&key);
	if (rc == YG_OK)
		yg_sensor_policy_token(w->config.policy, yg_buf_bytes(&key), token);
	yg_buf_done(&key);
	if (rc == YG_OK)
		memcpy(to, token, YG_WATCH_TOKEN_BYTES);
	return rc;
}

static uint32_t *slot_of(const struct yg_watch *w, const char *token)
{
	uint64_t hash =
		yg_hash64((struct yg_bytes){(const uint8_t *)token, YG_WATCH_TOKEN_BYTES}, 0);
	uint32_t at = (uint32_t)hash % SLOTS;

	while (w->slots[at] != 0 &&
	       memcmp(w->bundles[w->slots[at] - 1].token, token, YG_WATCH_TOKEN_BYTES) != 0)
		at = (at + 1) % SLOTS;
	return &w->slots[at];
}

/* Room for one more; at most the sum of the limits in watch.h. */
static int new_bundle(struct yg_watch *w, struct yg_watch_bundle **ret)
{
	if (w->bundle_count == 0 || (w->bundle_count & (w->bundle_count - 1)) == 0) {
		uint32_t room = w->bundle_count < FIRST ? FIRST : 2 * w->bundle_count;
		void *grown = yg_reallocarray(w->bundles, room, sizeof(*w->bundles));

		if (!grown)
			return YG_ENOMEM;
		w->bundles = grown;
	}
	*ret = &w->bundles[w->bundle_count++];
	**ret = (struct yg_watch_bundle){.count = 0};
	return YG_OK;
}

static void add_to(struct yg_watch_bundle *b, const struct yg_watch_bundle *one)
{
	b->count += one->count;
	if (one->first_ns < b->first_ns)
		b->first_ns = one->first_ns;
	if (one->last_ns > b->last_ns)
		b->last_ns = one->last_ns;
	if (one->outcome > b->outcome) {
		b->outcome = one->outcome;
		b->reason = one->reason;
	}
}

/* A bundle of its own, or one for all of the rule and the source in this minute when there are
 * many. YG_ELIMIT: there are too many of those, too. */
static int put(struct yg_watch *w, const struct yg_finding *f, struct yg_watch_bundle *one)
{
	struct yg_watch_bundle *to;
	uint32_t *slot = slot_of(w, one->token);
	uint32_t fine = w->bundle_count - w->coarse_count - w->update_count;
	bool is_coarse = false;
	int rc = YG_OK;

	if (*slot == 0 && fine >= YG_WATCH_BUNDLES_MAX) {
		is_coarse = true;
		one->actor = one->target = one->matched = YG_S("");
		rc = token_of(w, f, one->minute_ns, true, one->token);
		slot = slot_of(w, one->token);
	}
	if (rc == YG_OK && *slot != 0) {
		add_to(&w->bundles[*slot - 1], one);
		return YG_OK;
	}
	if (rc == YG_OK && is_coarse && w->coarse_count >= YG_WATCH_COARSE_MAX)
		rc = YG_ELIMIT;
	if (rc == YG_OK)
		rc = new_bundle(w, &to);
	if (rc != YG_OK)
		return rc;
	w->coarse_count += is_coarse;
	*to = *one;
	*slot = w->bundle_count;
	return YG_OK;
}

static int make_bundle(struct yg_watch *w, const struct yg_finding *f, struct yg_watch_bundle *to)
{
	struct yg_bytes values[TAKEN] = {f->actor, f->target, f->matched, f->reason.text};
	int rc = mask_values(w, values);

	if (rc == YG_OK)
		rc = words_of(w, f->reason, values[REASON], &to->reason);
	if (rc != YG_OK)
		return rc;
	to->actor = values[ACTOR];
	to->target = values[TARGET];
	to->matched = values[MATCHED];
	return yg_arena_dup(w->arena, fit(f->source), &to->source) ? YG_OK : YG_ENOMEM;
}

static void fill_times(struct yg_watch_bundle *to, const struct yg_finding *f, int64_t arrived_ns)
{
	int64_t time_ns = f->time_ns == YG_TIME_NONE ? arrived_ns : f->time_ns;
	bool has_first = f->first_position != 0 && f->time_ns != YG_TIME_NONE &&
			 f->first_ns != YG_TIME_NONE && f->first_ns < time_ns;

	to->minute_ns = minute_of(time_ns);
	to->first_ns = has_first ? f->first_ns : time_ns;
	to->last_ns = time_ns;
}

int yg_watch_on_finding(void *arg, const struct yg_finding *f)
{
	struct yg_watch *w = arg;
	struct yg_watch_bundle one = {
		.rule = f->rule, .outcome = f->outcome, .position = f->position, .count = 1};
	struct yg_watch_kept kept;
	int rc;

	fill_times(&one, f, w->arrived_ns);
	rc = token_of(w, f, one.minute_ns, false, one.token);
	if (rc == YG_OK)
		rc = make_bundle(w, f, &one);
	if (rc == YG_OK && !w->is_silent)
		rc = put(w, f, &one);
	if (rc == YG_ENOMEM)
		return rc;
	if (!w->is_silent) {
		w->counts.findings += rc == YG_OK;
		w->counts.held += rc == YG_EACCES;
		w->counts.lost += rc == YG_ELIMIT;
	}
	memcpy(kept.finding, f->id, sizeof(kept.finding));
	memcpy(kept.bundle, one.token, sizeof(kept.bundle));
	kept.minute_ns = rc == YG_OK ? one.minute_ns : YG_WATCH_HELD;
	yg_watch_keep(w, &kept);
	return YG_OK;
}

int yg_watch_on_update(void *arg, const struct yg_finding_update *update)
{
	struct yg_watch *w = arg;
	const struct yg_watch_kept *kept = find_kept(w, update->id);
	struct yg_bytes values[TAKEN] = {{0}};
	struct yg_watch_bundle *to;
	int rc;

	if (!kept || kept->minute_ns == YG_WATCH_HELD || w->is_silent)
		return YG_OK;
	if (w->update_count >= YG_WATCH_UPDATES_MAX) {
		w->counts.lost++;
		return YG_OK;
	}
	values[REASON] = update->reason.text;
	rc = mask_values(w, values);
	if (rc == YG_EACCES)
		return YG_OK;
	if (rc == YG_OK)
		rc = new_bundle(w, &to);
	if (rc != YG_OK)
		return rc;
	w->update_count++;
	*to = (struct yg_watch_bundle){.is_update = true,
				       .outcome = update->outcome,
				       .position = update->position,
				       .minute_ns = kept->minute_ns,
				       .first_ns = kept->minute_ns,
				       .last_ns = kept->minute_ns};
	memcpy(to->token, kept->bundle, sizeof(to->token));
	rc = words_of(w, update->reason, values[REASON], &to->reason);
	if (rc == YG_OK && !yg_arena_dup(w->arena, fit(update->source), &to->source))
		rc = YG_ENOMEM;
	return rc;
}

/* ---- records ---- */

struct writing {
	struct yg_watch *w;
	struct yg_event event;
	int rc;
};

static void add_kind(struct writing *o, const char *name, struct yg_bytes text,
		     enum yg_value_kind kind)
{
	if (o->rc == YG_OK && text.size > 0)
		o->rc = yg_event_add(&o->event, yg_bytes_str(name), text, kind);
}

static void add(struct writing *o, const char *name, struct yg_bytes text)
{
	add_kind(o, name, text, YG_VALUE_TEXT);
}

static void add_time(struct writing *o, const char *name, int64_t ns)
{
	char iso[YG_ISO_SIZE];
	char *kept;

	(void)yg_time_iso(ns, 0, iso);
	kept = yg_arena_str(o->w->event_arena, yg_bytes_str(iso));
	if (kept)
		add(o, name, yg_bytes_str(kept));
	else
		o->rc = YG_ENOMEM;
}

static void add_count(struct writing *o, uint64_t count)
{
	char text[24];
	char *kept;

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)count); /* measured */
	kept = yg_arena_str(o->w->event_arena, yg_bytes_str(text));
	if (kept)
		add_kind(o, "count", yg_bytes_str(kept), YG_VALUE_NUMBER);
	else
		o->rc = YG_ENOMEM;
}

static void add_rule(struct writing *o, const struct yg_watch_bundle *b)
{
	add(o, "rule", fit(b->rule->id));
	add(o, "title", fit(b->rule->title));
	add(o, "title_ja", fit(b->rule->title_ja));
	add(o, "level", yg_bytes_str(yg_level_name(b->rule->level)));
	add(o, "rule_kind", yg_bytes_str(yg_kind_name(b->rule->kind)));
	add(o, "attack_field", yg_bytes_str(yg_attack_name(b->rule->field)));
	add(o, "rule_set", yg_bytes_str(o->w->set->digest));
	add(o, "actor", b->actor);
	add(o, "target", b->target);
	add(o, "matched", b->matched);
	add_count(o, b->count);
}

/* docs/protocol.md, Findings. */
static int write_bundle(struct yg_watch *w, const struct yg_watch_bundle *b, int64_t now_ns,
			struct yg_collect *collect)
{
	struct writing o = {.w = w};

	yg_arena_reset(w->event_arena);
	yg_event_init(&o.event, w->event_arena, yg_engine_names(w->set->engine));
	o.event.format = YG_FORMAT_FINDING;
	o.event.source = b->source;
	o.event.position = b->position > 0 ? b->position : 1;
	o.event.time_ns = b->first_ns;
	o.event.has_zone = true;
	add(&o, "bundle", (struct yg_bytes){(const uint8_t *)b->token, sizeof(b->token)});
	if (b->is_update)
		add_kind(&o, "update", YG_S("true"), YG_VALUE_BOOL);
	else
		add_rule(&o, b);
	add_time(&o, "minute", b->minute_ns);
	if (!b->is_update) {
		add_time(&o, "first", b->first_ns);
		add_time(&o, "last", b->last_ns);
	}
	add(&o, "outcome", yg_bytes_str(yg_outcome_name(b->outcome)));
	add(&o, "reason", b->reason);
	return o.rc == YG_OK ? yg_lines_put(w->writer, &o.event, now_ns, collect) : o.rc;
}

int yg_watch_write(struct yg_watch *w, int64_t now_ns, struct yg_collect *collect)
{
	size_t begin = collect->content.size;
	int rc = YG_OK;

	for (uint32_t i = 0; i < w->bundle_count && rc == YG_OK; i++) {
		struct yg_watch_bundle *b = &w->bundles[i];
		size_t size = collect->content.size - begin;

		/* Long values, which strangers may choose, must not make a batch that nobody takes:
		 * then rule, source, times and count remain. */
		if (size >= YG_WATCH_VALUES_MAX)
			b->actor = b->target = b->matched = b->reason = YG_S("");
		if (size >= YG_WATCH_BYTES_MAX)
			w->counts.lost += b->count;
		else
			rc = write_bundle(w, b, now_ns, collect);
	}
	return rc;
}
