/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Situations: random sets of alerts in random orders, batches and restarts against all pairs; noise
 * removal there and back; what people decide.
 */
#define _GNU_SOURCE
#define YG_BAN_ALLOW_MALLOC
#include <stdlib.h>

#include "app/hub_situations.h"
#include "base/hash.h"
#include "correlate/bundle.h"

#include "../store/facts_help.h"

#include "base/ban.h"

#define ALERTS_MAX 160u
#define TEXT_MAX   64u

static uint64_t seed;
static int64_t now_ns;
static struct yg_facts *facts;
static struct yg_hub_situations *hub;

static int64_t now(void *arg)
{
	(void)arg;
	return now_ns;
}

static uint32_t roll(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

struct made {
	struct yg_fact_finding f;
	char texts[6][TEXT_MAX];
	struct yg_bundle_key keys[YG_BUNDLE_KEYS_MAX];
	struct yg_bundle_key pattern;
	unsigned key_count;
	enum yg_noise step;
	unsigned chain; /* of the reference: the least alert of it */
	unsigned group;
};
static struct made made[ALERTS_MAX];
static unsigned made_count;

static const struct yg_zone *hub_zone; /* NULL: Japan's */

static void open_hub(uint32_t batch)
{
	const struct yg_hub_situations_opts opts = {.path = path_of("s.db"),
						    .facts = facts,
						    .clock = {.now_ns = now, .zone = hub_zone},
						    .batch = batch};

	if (yg_hub_situations_new(&opts, &hub) != YG_OK)
		abort();
}

static int catch_up(void)
{
	int rc;

	while ((rc = yg_hub_situations_step(hub)) == YG_OK)
		;
	return rc == YG_EAGAIN ? YG_OK : rc;
}

static uint64_t position;

static void add(const struct yg_fact_finding *f)
{
	if (yg_facts_begin(facts, "test", position) != YG_OK ||
	    yg_facts_add(facts, f, NULL) != YG_OK)
		abort();
	if (yg_facts_commit(facts, ++position, NULL) != YG_OK)
		abort();
}

/* A small world, so that much belongs together. */
static void make(unsigned i)
{
	static const char *const actors[] = {
		"203.0.113.1", "203.0.113.2",  "198.51.100.3", "10.0.0.5",
		"pc-7",	       "suzuki",       "root",	       "",
		"2001:db8::7", "198.51.100.4", "198.51.100.5", "192.0.2.9"};
	static const char *const targets[] = {"/login", "/login?x=1", "suzuki",
					      "pc-7",	"srv-1",      ""};
	struct made *m = &made[i];

	(void)snprintf(m->texts[0], TEXT_MAX, "org%u", roll(3));
	(void)snprintf(m->texts[1], TEXT_MAX, "rule%u-%u", roll(4), i);
	(void)snprintf(m->texts[2], TEXT_MAX, "%s", actors[roll(12)]);
	(void)snprintf(m->texts[3], TEXT_MAX, "%s", targets[roll(6)]);
	(void)snprintf(m->texts[4], TEXT_MAX, "log%u", roll(3));
	m->texts[1][5] = '\0'; /* "rule3": patterns repeat, ids differ by source and minute */
	(void)snprintf(m->texts[5], TEXT_MAX, "s%u", i);
	m->f = finding_of(m->texts[0], m->texts[1], (int)roll(60 * 72));
	m->f.sensor = yg_bytes_str(m->texts[5]);
	m->f.source = yg_bytes_str(m->texts[4]);
	m->f.actor = yg_bytes_str(m->texts[2]);
	m->f.target = yg_bytes_str(m->texts[3]);
	m->f.field = roll(2) ? YG_ATTACK_WEB : YG_ATTACK_SIGN_IN;
	m->f.kind = roll(3) ? YG_KIND_PATTERN : YG_KIND_INDICATOR;
	m->f.matched = m->f.kind == YG_KIND_INDICATOR ? YG_S("evil.example") : YG_S("");
	if (m->f.kind == YG_KIND_INDICATOR && roll(8))
		m->f.kind = YG_KIND_CORRELATION;
	m->f.level = (enum yg_level)roll(5);
	m->f.outcome = roll(8) ? (enum yg_outcome)roll(2) : YG_OUTCOME_POSSIBLE;
	m->f.count = 1 + roll(3);
	yg_fact_finding_id(m->f.org, m->f.sensor, m->f.rule, m->f.source, m->f.minute_ns, m->f.id);
}

static struct yg_bundle_alert alert_of(const struct yg_fact_finding *f)
{
	return (struct yg_bundle_alert){.org = f->org,
					.rule = f->rule,
					.title = f->title,
					.actor = f->actor,
					.target = f->target,
					.matched = f->matched,
					.field = f->field,
					.kind = f->kind,
					.outcome = f->outcome,
					.time_ns = f->minute_ns};
}

/* ---- the slow truth: all pairs, until nothing changes ---- */

static bool is_near(const struct made *a, const struct made *b)
{
	int64_t apart = a->f.minute_ns - b->f.minute_ns;

	return apart <= YG_BUNDLE_GAP_NS && -apart <= YG_BUNDLE_GAP_NS;
}

static bool is_key_shared(const struct made *a, const struct made *b)
{
	for (unsigned i = 0; i < a->key_count; i++)
		for (unsigned k = 0; k < b->key_count; k++)
			if (memcmp(a->keys[i].key, b->keys[k].key, YG_BUNDLE_KEY_BYTES) == 0)
				return true;
	return false;
}

static void close_over(bool is_group)
{
	bool is_changed = true;

	for (unsigned i = 0; i < made_count; i++)
		*(is_group ? &made[i].group : &made[i].chain) = i;
	while (is_changed) {
		is_changed = false;
		for (unsigned i = 0; i < made_count; i++)
			for (unsigned k = 0; k < made_count; k++) {
				bool is_tied =
					is_group ? memcmp(made[i].pattern.key, made[k].pattern.key,
							  YG_BUNDLE_KEY_BYTES) == 0
						 : is_key_shared(&made[i], &made[k]);
				unsigned *a = is_group ? &made[i].group : &made[i].chain;
				unsigned *b = is_group ? &made[k].group : &made[k].chain;

				if (is_tied && is_near(&made[i], &made[k]) && *b < *a) {
					*a = *b;
					is_changed = true;
				}
			}
	}
}

/* The situation of a chain: its own number, or that of its group behind all chains. */
static unsigned place(unsigned chain)
{
	uint64_t alerts = 0, findings = 0, actors = 0;
	enum yg_outcome outcome = YG_OUTCOME_UNKNOWN;
	const struct made *lead = NULL;
	struct yg_bytes first = {0};

	for (unsigned i = 0; i < made_count; i++) {
		const struct made *m = &made[i];

		if (m->chain != chain)
			continue;
		if (m->f.actor.size > 0 && (actors == 0 || !yg_bytes_eq(first, m->f.actor))) {
			actors++;
			first = m->f.actor;
		}
		if (m->step != YG_NOISE_KEPT)
			continue;
		alerts++;
		findings += m->f.count;
		outcome = m->f.outcome > outcome ? m->f.outcome : outcome;
		if (!lead || memcmp(m->f.id, lead->f.id, sizeof(m->f.id)) < 0)
			lead = m;
	}
	if (lead && yg_bundle_is_thin(alerts, findings, actors, yg_bundle_is_outside(lead->f.actor),
				      outcome))
		return ALERTS_MAX + lead->group;
	return chain;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *lines[ALERTS_MAX];
static unsigned line_count;

static void add_line(struct yg_buf *line)
{
	yg_buf_add_byte(line, 0);
	lines[line_count++] = strdup((const char *)line->data);
	yg_buf_done(line);
}

static char *take_lines(void)
{
	struct yg_buf all;
	char *text;

	yg_buf_init(&all, 1u << 20);
	qsort(lines, line_count, sizeof(lines[0]), by_text);
	for (unsigned i = 0; i < line_count; i++) {
		yg_buf_addf(&all, "%s\n", lines[i]);
		free(lines[i]);
	}
	line_count = 0;
	yg_buf_add_byte(&all, 0);
	text = strdup((const char *)all.data);
	yg_buf_done(&all);
	return text;
}

/* Texts move with what holds them. */
static void bind_texts(struct made *m)
{
	m->f.org = yg_bytes_str(m->texts[0]);
	m->f.rule = yg_bytes_str(m->texts[1]);
	m->f.actor = yg_bytes_str(m->texts[2]);
	m->f.target = yg_bytes_str(m->texts[3]);
	m->f.source = yg_bytes_str(m->texts[4]);
	m->f.sensor = yg_bytes_str(m->texts[5]);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct made *)a)->f.id, ((const struct made *)b)->f.id,
		      YG_FACT_ID_BYTES);
}

/* "ID ID …" of each situation, sorted. */
static char *reference(unsigned steps)
{
	static unsigned placed[ALERTS_MAX];
	struct yg_noise_lists *lists;
	char why[YG_NOISE_WHY_MAX];

	if (yg_noise_lists_new(&lists) != YG_OK)
		abort();
	qsort(made, made_count, sizeof(made[0]), by_id);
	for (unsigned i = 0; i < made_count; i++) {
		bind_texts(&made[i]);
		struct yg_bundle_alert alert = alert_of(&made[i].f);
		const struct yg_noise_alert noise = {.org = alert.org,
						     .rule = alert.rule,
						     .actor = alert.actor,
						     .reason = made[i].f.reason,
						     .level = made[i].f.level,
						     .kind = made[i].f.kind,
						     .outcome = made[i].f.outcome,
						     .time_ns = alert.time_ns};

		made[i].key_count = yg_bundle_keys(&alert, made[i].keys, &made[i].pattern);
		made[i].step = yg_noise_judge(lists, steps, &noise, why);
	}
	(void)yg_noise_lists_free(lists);
	close_over(false);
	close_over(true);
	for (unsigned i = 0; i < made_count; i++)
		placed[i] = place(made[i].chain);
	for (unsigned i = 0; i < 2 * ALERTS_MAX; i++) {
		struct yg_buf line;
		bool is_any = false;

		yg_buf_init(&line, 1u << 16);
		for (unsigned k = 0; k < made_count; k++)
			if (placed[k] == i && made[k].step == YG_NOISE_KEPT) {
				char id[2 * YG_FACT_ID_BYTES + 1];

				yg_hex((struct yg_bytes){made[k].f.id, YG_FACT_ID_BYTES}, id);
				yg_buf_addf(&line, "%s ", id);
				is_any = true;
			}
		if (is_any)
			add_line(&line);
		else
			yg_buf_done(&line);
	}
	return take_lines();
}

/* ---- what the store says ---- */

struct seen {
	uint64_t numbers[ALERTS_MAX];
	unsigned count;
	uint64_t bundles;
	uint64_t findings;
	struct yg_buf words;
};

static int see(void *arg, const struct yg_situation *one)
{
	struct seen *seen = arg;

	seen->numbers[seen->count++] = one->number;
	seen->bundles += one->facts.bundles;
	seen->findings += one->facts.count;
	yg_situation_say(&one->facts, YG_LANG_EN, &seen->words);
	yg_buf_add_byte(&seen->words, '\n');
	return YG_OK;
}

static int see_alert(void *arg, const struct yg_situation_alert *a)
{
	char id[2 * YG_FACT_ID_BYTES + 1];

	yg_hex((struct yg_bytes){a->id, YG_SITUATION_ALERT_ID}, id);
	if (a->step == YG_NOISE_KEPT)
		yg_buf_addf(arg, "%s ", id);
	return YG_OK;
}

static struct yg_situations *open_store(void)
{
	struct yg_situations *s = NULL;

	return yg_situations_open(path_of("s.db"), true, &s) == YG_OK ? s : NULL;
}

/* Lines in the order of their bytes. */
static void sort_lines(struct yg_buf *text)
{
	char *at, *line, *copy;

	yg_buf_add_byte(text, 0);
	copy = strdup((const char *)text->data);
	for (at = copy; (line = strsep(&at, "\n"));)
		if (*line)
			lines[line_count++] = strdup(line);
	free(copy);
	copy = take_lines();
	yg_buf_reset(text);
	yg_buf_add_str(text, copy);
	yg_buf_add_byte(text, 0);
	free(copy);
}

static char *stored(struct seen *seen)
{
	const struct yg_situations_filter filter = {.limit = 1000};
	struct yg_situations *s = open_store();

	*seen = (struct seen){0};
	yg_buf_init(&seen->words, 1u << 20);
	if (!s || yg_situations_list(s, &filter, see, seen) != YG_OK)
		abort();
	for (unsigned i = 0; i < seen->count; i++) {
		struct yg_buf line;

		yg_buf_init(&line, 1u << 16);
		if (yg_situations_alerts(s, seen->numbers[i], YG_S(""), NULL, 1000, see_alert,
					 &line) != YG_OK)
			abort();
		add_line(&line);
	}
	(void)yg_situations_free(s);
	return take_lines();
}

struct sums {
	uint64_t bundles;
	uint64_t findings;
	uint64_t kept;
	uint64_t situations;
};

static int add_day(void *arg, const struct yg_situations_day *day)
{
	struct sums *sums = arg;

	for (unsigned i = 0; i < YG_NOISE_COUNT; i++) {
		sums->bundles += day->bundles[i];
		sums->findings += day->findings[i];
	}
	sums->kept += day->bundles[0];
	sums->situations += day->situations;
	return YG_OK;
}

static void begin_world(void)
{
	make_folder();
	facts = yg_facts_new_ram();
	position = 0;
	now_ns = T0 + 4320 * MINUTE;
}

static void end_world(void)
{
	hub = yg_hub_situations_free(hub);
	facts = yg_facts_free(facts);
	remove_store("s.db");
	(void)rmdir(folder);
}

struct piece {
	unsigned alert;
	enum yg_outcome outcome;
};

/* Each alert comes in one to three pieces; what it becomes is the sum and the weightiest. */
static void deliver(void)
{
	static struct piece pieces[ALERTS_MAX * 3];
	unsigned count = 0;

	for (unsigned i = 0; i < made_count; i++) {
		unsigned n = (unsigned)made[i].f.count;

		for (unsigned k = 0; k < n; k++) {
			pieces[count].alert = i;
			pieces[count++].outcome =
				k == 0 ? made[i].f.outcome
				       : (enum yg_outcome)roll((unsigned)made[i].f.outcome + 1u);
		}
	}
	for (unsigned i = count; i > 1; i--) {
		unsigned k = roll(i);
		struct piece swap = pieces[i - 1];

		pieces[i - 1] = pieces[k];
		pieces[k] = swap;
	}
	for (unsigned i = 0; i < count; i++) {
		struct yg_fact_finding f = made[pieces[i].alert].f;

		f.count = 1;
		f.outcome = pieces[i].outcome;
		f.written_ns = now_ns;
		add(&f);
		int rc = roll(5) == 0 ? yg_hub_situations_step(hub) : YG_OK;

		if (rc != YG_OK) {
			fprintf(stderr, "step: %d\n", rc);
			abort();
		}
		if (roll(40) == 0) {
			hub = yg_hub_situations_free(hub);
			open_hub(1 + roll(20));
		}
	}
}

static void any_order_gives_the_situations_of_all_pairs(void)
{
	for (unsigned round = 0; round < 60; round++) {
		char *wanted, *got, *words = NULL;
		struct seen seen;

		made_count = 5 + roll(round < 40 ? 40 : ALERTS_MAX - 5);
		for (unsigned i = 0; i < made_count; i++)
			make(i);
		wanted = reference(30);
		for (unsigned turn = 0; turn < 3; turn++) {
			struct sums sums = {0};
			struct yg_situations *s;
			uint64_t findings = 0;

			begin_world();
			open_hub(1 + roll(50));
			deliver();
			CHECK(catch_up() == YG_OK);
			got = stored(&seen);
			if (strcmp(got, wanted) != 0)
				fprintf(stderr, "round %u turn %u\nwanted\n%sgot\n%s", round, turn,
					wanted, got);
			CHECK(strcmp(got, wanted) == 0);
			/* Key and reason too. */
			sort_lines(&seen.words);
			if (!words)
				words = strdup((char *)seen.words.data);
			if (strcmp(words, (char *)seen.words.data) != 0)
				fprintf(stderr, "wanted\n%sgot\n%s", words,
					(char *)seen.words.data);
			CHECK(strcmp(words, (char *)seen.words.data) == 0);
			for (unsigned i = 0; i < made_count; i++)
				findings += made[i].f.count;
			s = open_store();
			CHECK(s &&
			      yg_situations_days(s, &(struct yg_situations_days){.limit = 1000},
						 add_day, &sums) == YG_OK);
			CHECK(sums.bundles == made_count && sums.findings == findings);
			CHECK(sums.kept == seen.bundles && sums.situations == seen.count);
			/* Steps off: everything counts, and on again: as before. */
			const struct yg_situation_by by = {YG_S("person"), now_ns, {0}};
			CHECK(yg_situations_set_steps(s, 0, &by) == YG_OK && catch_up() == YG_OK);
			(void)yg_situations_free(s);
			yg_buf_done(&seen.words);
			free(got);
			char *whole = reference(0);

			got = stored(&seen);
			CHECK(strcmp(got, whole) == 0 && seen.bundles == made_count);
			free(whole);
			free(got);
			yg_buf_done(&seen.words);
			s = open_store();
			CHECK(s && yg_situations_set_steps(s, 30, &by) == YG_OK &&
			      catch_up() == YG_OK);
			(void)yg_situations_free(s);
			got = stored(&seen);
			CHECK(strcmp(got, wanted) == 0);
			free(got);
			yg_buf_done(&seen.words);
			end_world();
		}
		free(wanted);
		free(words);
	}
}

/* ---- what people do ---- */

static void story(const char *org, const char *rule, const char *actor, int minute,
		  enum yg_outcome outcome)
{
	struct yg_fact_finding f = finding_of(org, rule, minute);

	f.actor = yg_bytes_str(actor);
	f.target = YG_S("/x");
	f.field = YG_ATTACK_WEB;
	f.outcome = outcome;
	f.written_ns = now_ns;
	add(&f);
}

static int keep_one(void *arg, const struct yg_situation *one)
{
	*(struct yg_situation *)arg = *one;
	return YG_OK;
}

static int count_judged(void *arg, const struct yg_situation_alert *a)
{
	unsigned *counts = arg;

	counts[a->judged]++;
	return YG_OK;
}

static uint8_t an_id[YG_SITUATION_ALERT_ID];

static int keep_id(void *arg, const struct yg_situation_alert *a)
{
	(void)arg;
	memcpy(an_id, a->id, sizeof(an_id));
	return YG_OK;
}

static int count_event(void *arg, const struct yg_situation_event *e)
{
	unsigned *counts = arg;

	counts[e->what]++;
	return YG_OK;
}

static void states_go_their_way_and_each_alert_is_judged(void)
{
	const struct yg_situation_by by = {YG_S("person:a"), 5, YG_S("seen")};
	unsigned judged[YG_SITUATION_STATE_COUNT] = {0}, events[YG_SITUATION_WHAT_COUNT] = {0};
	struct yg_situation one;
	struct yg_situations *s;

	begin_world();
	open_hub(0);
	for (int i = 0; i < 5; i++)
		story("acme", "r", "203.0.113.1", i, YG_OUTCOME_UNKNOWN);
	CHECK(catch_up() == YG_OK);
	s = open_store();
	CHECK(s);
	CHECK(yg_situations_set_state(s, 1, YG_SITUATION_NEW, YG_SITUATION_CONFIRMED, &by) ==
	      YG_EMISMATCH);
	CHECK(yg_situations_set_state(s, 2, YG_SITUATION_NEW, YG_SITUATION_CHECK, &by) ==
	      YG_ENOENT);
	CHECK(yg_situations_set_state(s, 1, YG_SITUATION_NEW, YG_SITUATION_CHECK, &by) == YG_OK);
	CHECK(yg_situations_set_state(s, 1, YG_SITUATION_NEW, YG_SITUATION_CHECK, &by) ==
	      YG_EMISMATCH);
	CHECK(yg_situations_set_state(s, 1, YG_SITUATION_CHECK, YG_SITUATION_NOISE, &by) == YG_OK);
	CHECK(yg_situations_comment(s, 1, &by) == YG_OK);
	CHECK(yg_situations_alerts(s, 1, YG_S(""), NULL, 100, count_judged, judged) == YG_OK);
	CHECK(judged[YG_SITUATION_NOISE] == 5);
	/* A later alert is not judged; one that may have succeeded wakes it. */
	story("acme", "r", "203.0.113.1", 20, YG_OUTCOME_UNKNOWN);
	CHECK(catch_up() == YG_OK && yg_situations_number(s, 1, keep_one, &one) == YG_OK);
	CHECK(one.state == YG_SITUATION_NOISE && one.facts.bundles == 6);
	story("acme", "r", "203.0.113.1", 21, YG_OUTCOME_POSSIBLE);
	CHECK(catch_up() == YG_OK && yg_situations_number(s, 1, keep_one, &one) == YG_OK);
	CHECK(one.state == YG_SITUATION_CHECK);
	memset(judged, 0, sizeof(judged));
	CHECK(yg_situations_alerts(s, 1, YG_S(""), NULL, 100, count_judged, judged) == YG_OK);
	CHECK(judged[YG_SITUATION_NEW] == 2 && judged[YG_SITUATION_NOISE] == 5);
	CHECK(yg_situations_set_state(s, 1, YG_SITUATION_CHECK, YG_SITUATION_CONFIRMED, &by) ==
	      YG_OK);
	CHECK(yg_situations_number(s, 1, keep_one, &one) == YG_OK);
	CHECK(one.certain.certainty == YG_CERTAINTY_ANALYST && one.certain.time_ns == 5);
	CHECK(yg_situations_events(s, 1, count_event, events) == YG_OK);
	CHECK(events[YG_SITUATION_STATE] == 4 && events[YG_SITUATION_COMMENT] == 1 &&
	      events[YG_SITUATION_OPENED] == 1);
	(void)yg_situations_free(s);
	end_world();
}

struct told {
	struct yg_buf words;
};

/* "DAY bundles/findings situations": DAY as it begins, in minutes behind T0. */
static int tell_days(void *arg, const struct yg_situations_day *day)
{
	struct told *told = arg;

	yg_buf_addf(&told->words, "%lld %llu/%llu %llu\n", (long long)((day->day_ns - T0) / MINUTE),
		    (unsigned long long)day->bundles[0], (unsigned long long)day->findings[0],
		    (unsigned long long)day->situations);
	return yg_buf_error(&told->words);
}

static bool days_are(struct yg_situations_days ask, const char *wanted)
{
	struct yg_situations *s = open_store();
	struct told told;
	bool is_same;

	yg_buf_init(&told.words, 4096);
	if (ask.limit == 0)
		ask.limit = 100;
	is_same = s && yg_situations_days(s, &ask, tell_days, &told) == YG_OK;
	yg_buf_add_byte(&told.words, 0);
	is_same = is_same && strcmp((char *)told.words.data, wanted) == 0;
	if (!is_same)
		fprintf(stderr, "wanted\n%sgot\n%s", wanted, (char *)told.words.data);
	yg_buf_done(&told.words);
	(void)yg_situations_free(s);
	return is_same;
}

/* T0 is 22:13 UTC; midnight in UTC is 107 minutes later, that in Japan 467 before and 973 behind.
 */
static void days_are_those_of_the_zone(void)
{
	const struct yg_zone *japan = yg_zone_japan();
	struct yg_bytes acme = YG_S("acme");
	struct yg_zone *utc = NULL;

	CHECK(yg_zone_load("UTC", &utc) == YG_OK);
	begin_world();
	open_hub(0);
	story("acme", "r", "203.0.113.1", 0, YG_OUTCOME_POSSIBLE);
	story("acme", "r", "203.0.113.1", 200, YG_OUTCOME_POSSIBLE);
	story("acme", "q", "198.51.100.9", 1100, YG_OUTCOME_POSSIBLE);
	CHECK(catch_up() == YG_OK);
	CHECK(days_are((struct yg_situations_days){.org = acme}, "-1333 1/1 1\n107 2/2 1\n"));
	CHECK(days_are((struct yg_situations_days){.org = acme, .zone = japan},
		       "-433 2/2 1\n1007 1/1 1\n"));
	CHECK(days_are((struct yg_situations_days){.zone = japan}, "-433 2/2 1\n1007 1/1 1\n"));
	CHECK(days_are((struct yg_situations_days){.zone = japan, .to_ns = T0 + 1007 * MINUTE},
		       "-433 2/2 1\n"));
	CHECK(days_are((struct yg_situations_days){.zone = japan, .from_ns = T0}, "1007 1/1 1\n"));
	CHECK(days_are((struct yg_situations_days){.zone = japan, .limit = 1}, "-433 2/2 1\n"));
	/* Another zone from now on: what was counted is counted on where it stands. */
	hub = yg_hub_situations_free(hub);
	hub_zone = utc;
	open_hub(0);
	story("acme", "r", "203.0.113.1", 0, YG_OUTCOME_POSSIBLE);
	story("acme", "r", "203.0.113.1", 200, YG_OUTCOME_POSSIBLE);
	story("acme", "q", "198.51.100.9", 1100, YG_OUTCOME_POSSIBLE);
	CHECK(catch_up() == YG_OK);
	CHECK(days_are((struct yg_situations_days){.org = acme}, "-1333 1/2 1\n107 2/4 1\n"));
	CHECK(days_are((struct yg_situations_days){.org = acme, .zone = japan},
		       "-433 2/4 1\n1007 1/2 1\n"));
	hub_zone = NULL;
	end_world();
	(void)yg_zone_free(utc);
}

static void merging_and_splitting_are_taken_back(void)
{
	const struct yg_situation_by by = {YG_S("person:a"), 5, {0}};
	struct yg_situation one;
	struct yg_situations *s;
	uint64_t made_number = 0;

	begin_world();
	open_hub(0);
	for (int i = 0; i < 5; i++)
		story("acme", "r", "203.0.113.1", i, YG_OUTCOME_UNKNOWN);
	for (int i = 0; i < 5; i++)
		story("rival", "q", "203.0.113.2", i, YG_OUTCOME_UNKNOWN);
	CHECK(catch_up() == YG_OK);
	s = open_store();
	CHECK(s);
	CHECK(yg_situations_merge(s, 1, 1, &by) == YG_EINVAL);
	CHECK(yg_situations_merge(s, 1, 2, &by) == YG_OK);
	CHECK(yg_situations_merge(s, 1, 2, &by) == YG_EINVAL);
	CHECK(yg_situations_number(s, 1, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 10 && one.facts.orgs == 2 && one.facts.tie == YG_TIE_PEOPLE);
	CHECK(yg_situations_number(s, 2, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 0 && one.merged_into == 1);
	/* What comes later goes where people put it. */
	story("rival", "q", "203.0.113.2", 9, YG_OUTCOME_UNKNOWN);
	CHECK(catch_up() == YG_OK && yg_situations_number(s, 1, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 11);
	CHECK(yg_situations_unmerge(s, 1, 2, &by) == YG_OK);
	CHECK(yg_situations_number(s, 1, keep_one, &one) == YG_OK && one.facts.bundles == 5);
	CHECK(yg_situations_number(s, 2, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 6 && one.merged_into == 0);
	CHECK(yg_situations_alerts(s, 2, YG_S(""), NULL, 1, keep_id, NULL) == YG_OK);
	CHECK(yg_situations_split(s, 1, an_id, 1, &by, &made_number) == YG_ENOENT);
	CHECK(yg_situations_split(s, 2, an_id, 1, &by, &made_number) == YG_OK);
	CHECK(yg_situations_number(s, 2, keep_one, &one) == YG_OK && one.facts.bundles == 5);
	CHECK(yg_situations_number(s, made_number, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 1 && one.facts.sources == 1);
	CHECK(yg_situations_merge(s, 2, made_number, &by) == YG_OK);
	CHECK(yg_situations_number(s, 2, keep_one, &one) == YG_OK && one.facts.bundles == 6);
	/* All of an organisation goes. */
	uint32_t gone = 0;
	CHECK(yg_situations_expire(s, YG_S("rival"), INT64_MAX, 1000, &gone) == YG_OK && gone == 6);
	CHECK(yg_situations_number(s, 2, keep_one, &one) == YG_OK && one.facts.bundles == 0);
	(void)yg_situations_free(s);
	end_world();
}

static void a_member_sees_its_part_alone(void)
{
	const struct yg_situations_filter part = {
		.org = YG_S("rival"), .is_part = true, .limit = 10};
	struct yg_situation one, whole;
	struct yg_situations *s;
	struct yg_situations_filter other = part;

	begin_world();
	open_hub(0);
	for (int i = 0; i < 5; i++)
		story("acme", "r", "203.0.113.1", i, YG_OUTCOME_POSSIBLE);
	story("rival", "q", "203.0.113.1", 7, YG_OUTCOME_UNKNOWN);
	CHECK(catch_up() == YG_OK);
	s = open_store();
	CHECK(s && yg_situations_number(s, 1, keep_one, &whole) == YG_OK);
	CHECK(whole.facts.bundles == 6 && whole.facts.orgs == 2 &&
	      whole.facts.tie == YG_TIE_ADDRESS);
	CHECK(yg_situations_list(s, &part, keep_one, &one) == YG_OK);
	CHECK(one.facts.bundles == 1 && one.facts.orgs == 1 && one.number == 0);
	CHECK(one.facts.outcome == YG_OUTCOME_UNKNOWN && one.facts.logs == 1);
	CHECK(one.facts.first_ns == one.opened_ns && one.facts.first_ns > whole.facts.first_ns);
	CHECK(memcmp(one.id, whole.id, sizeof(one.id)) != 0);
	CHECK(yg_situations_get(s, &part, one.id, keep_one, &one) == YG_OK);
	CHECK(yg_situations_get(s, &part, whole.id, keep_one, &one) == YG_ENOENT);
	other.org = YG_S("acme");
	CHECK(yg_situations_get(s, &other, one.id, keep_one, &one) == YG_ENOENT);
	(void)yg_situations_free(s);
	end_world();
}

static int keep_log(void *arg, const struct yg_situation_alert *a)
{
	yg_buf_add(arg, a->log);
	return yg_buf_error(arg);
}

/* An organisation is erased beside the hub: names that nobody used just then go, and the hub, which
 * remembers their numbers, asks anew. */
static void names_that_another_forgot(void)
{
	struct yg_situation one = {0};
	struct yg_situations *s;
	uint32_t count;
	struct yg_buf log;

	yg_buf_init(&log, 4096);
	begin_world();
	open_hub(0);
	story("acme", "r", "203.0.113.1", 0, YG_OUTCOME_POSSIBLE);
	story("rival", "r", "198.51.100.9", 0, YG_OUTCOME_POSSIBLE);
	CHECK(catch_up() == YG_OK);
	s = open_store();
	CHECK(s && yg_situations_expire(s, YG_S("rival"), INT64_MAX, 10, &count) == YG_OK &&
	      count == 1);
	CHECK(yg_situations_forget(s, YG_S("acme"), 10) == YG_OK);
	s = yg_situations_free(s);
	story("rival", "q", "198.51.100.9", 9000, YG_OUTCOME_POSSIBLE);
	CHECK(catch_up() == YG_OK);
	s = open_store();
	CHECK(s && yg_situations_list(s, &(struct yg_situations_filter){.limit = 10}, keep_one,
				      &one) == YG_OK);
	CHECK(yg_situations_alerts(s, one.number, YG_S("rival"), NULL, 10, keep_log, &log) ==
	      YG_OK);
	CHECK(log.size > 0);
	(void)yg_situations_free(s);
	yg_buf_done(&log);
	end_world();
}

static const struct check_case cases[] = {
	CASE(any_order_gives_the_situations_of_all_pairs),
	CASE(states_go_their_way_and_each_alert_is_judged),
	CASE(days_are_those_of_the_zone),
	CASE(merging_and_splitting_are_taken_back),
	CASE(a_member_sees_its_part_alone),
	CASE(names_that_another_forgot),
};

int main(void)
{
	seed = getenv("YAGURA_SEED") ? strtoull(getenv("YAGURA_SEED"), NULL, 10) : yg_hash_secret();
	printf("seed %llu\n", (unsigned long long)seed);
	return check_main(cases, sizeof(cases) / sizeof(cases[0]));
}
