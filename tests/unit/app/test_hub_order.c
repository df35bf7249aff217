/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sensors of one organisation, each a little late: what correlations find in the hub is
 * what the engine of `yagura detect` finds in the same lines, put in the order of their times -
 * whatever order the batches come in within the bound, and whatever ends in between.
 *
 * All cases are made from a seed (YAGURA_TEST_SEED), which is printed.
 */
#define _GNU_SOURCE
#include "hub_detect_kit.h"

#include "detect/judge.h"

#include "base/ban.h"

#define LINES	500u
#define SENSORS 4u
#define ROWS	1000u
#define NS_MS	INT64_C(1000000)
#define SPAN_NS (YG_CORRELATION_LATE_NS / 2) /* of one batch, at most */

#define KNOCK	 "6b6b6b6b-0000-4000-8000-000000000001"
#define OPENED	 "6b6b6b6b-0000-4000-8000-000000000002"
#define SEVEN	 "6b6b6b6b-0000-4000-8000-000000000003"
#define DOORS	 "6b6b6b6b-0000-4000-8000-000000000004"
#define IN_ORDER "6b6b6b6b-0000-4000-8000-000000000005"
#define CHAIN	 "6b6b6b6b-0000-4000-8000-000000000006"
#define FEW	 "6b6b6b6b-0000-4000-8000-000000000007"
#define OTHER	 "6b6b6b6b-0000-4000-8000-000000000009"

/* A document of each; what they have in common once. */
#define LINE_RULE(id, name, word)                                                                  \
	"title: " word "\nid: " id "\nname: " name "\n"                                            \
	"logsource: {product: linux, service: sshd}\n"                                             \
	"detection:\n  sel: {message|contains: '" word "'}\n  condition: sel\nlevel: low\n---\n"
#define COUNT_RULE(id, name, type, rules, group, span, more)                                       \
	"title: " name "\nid: " id "\nname: " name "\ncorrelation:\n"                              \
	"  type: " type "\n  rules: [" rules "]\n  group-by: [" group "]\n"                        \
	"  timespan: " span "\n" more "  generate: true\nlevel: high\n---\n"

/* One rule a line. */
/* clang-format off */
static const char rules_text[] =
	LINE_RULE(KNOCK, "knock", "knock")
	LINE_RULE(OPENED, "opened", "opened")
	COUNT_RULE(SEVEN, "seven", "event_count", "knock", "user", "20s", "  condition: {gte: 7}\n")
	COUNT_RULE(DOORS, "doors", "value_count", "knock", "user", "5s", "  condition: {field: hostname, gte: 3}\n")
	COUNT_RULE(IN_ORDER, "in_order", "temporal_ordered", "knock, opened", "user, hostname", "1s", "")
	COUNT_RULE(CHAIN, "chain", "temporal_ordered", "seven, opened", "user", "10s", "")
	COUNT_RULE(FEW, "few", "event_count", "knock, opened", "hostname", "3s", "  condition: {gt: 1, lt: 4}\n");
/* clang-format on */

/* ---- lines ---- */

struct line {
	int64_t at_ns; /* all differ */
	unsigned sensor;
	unsigned user;
	unsigned host;
	bool is_opened;
};

struct sent {
	unsigned sensor;
	unsigned first; /* of the sensor's lines */
	unsigned count;
	int64_t at_ns;
};

static struct line lines[LINES]; /* in the order of their times */
static unsigned own[SENSORS][LINES];
static unsigned own_count[SENSORS];
static struct sent sent[LINES];
static unsigned sent_count;

static uint32_t draw(uint64_t *state, uint32_t bound)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % bound;
}

static void make_lines(uint64_t seed)
{
	int64_t at_ns = START;

	memset(own_count, 0, sizeof(own_count));
	for (unsigned i = 0; i < LINES; i++) {
		struct line *line = &lines[i];

		at_ns += (1 + draw(&seed, draw(&seed, 40) ? 500 : 8000)) * NS_MS;
		*line = (struct line){.at_ns = at_ns,
				      .sensor = draw(&seed, SENSORS),
				      .user = draw(&seed, 3),
				      .host = draw(&seed, 4),
				      .is_opened = draw(&seed, 5) == 0};
		own[line->sensor][own_count[line->sensor]++] = i;
	}
}

/* A sensor's lines in order, in batches; each batch up to the bound after its first line. */
static void make_batches(uint64_t seed)
{
	sent_count = 0;
	for (unsigned s = 0; s < SENSORS; s++) {
		int64_t before_ns = 0;

		for (unsigned at = 0; at < own_count[s];) {
			int64_t first_ns = lines[own[s][at]].at_ns, last_ns = first_ns;
			unsigned want = 1 + draw(&seed, 6), count = 0;
			int64_t at_ns;

			while (count < want && at + count < own_count[s] &&
			       lines[own[s][at + count]].at_ns - first_ns <= SPAN_NS)
				last_ns = lines[own[s][at + count++]].at_ns;
			at_ns = last_ns +
				(int64_t)draw(&seed, 1001) *
					((first_ns + YG_CORRELATION_LATE_NS - last_ns) / 1000);
			before_ns = at_ns > before_ns ? at_ns : before_ns;
			sent[sent_count++] = (struct sent){s, at, count, before_ns};
			at += count;
		}
	}
	for (unsigned i = 1; i < sent_count; i++)
		for (unsigned k = i; k > 0 && sent[k - 1].at_ns > sent[k].at_ns; k--) {
			struct sent kept = sent[k];

			sent[k] = sent[k - 1];
			sent[k - 1] = kept;
		}
}

static void add_line(struct yg_buf *to, const struct line *line)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(line->at_ns, 0, iso);
	yg_buf_addf(to,
		    "{\"v\":1,\"format\":\"syslog\",\"source\":\"log%u\",\"position\":%u,"
		    "\"time\":\"%s\",\"has_zone\":true,\"fields\":{\"hostname\":\"h%u\","
		    "\"program\":\"sshd\",\"user\":\"u%u\",\"message\":\"%s\"}}\n",
		    line->sensor, (unsigned)(line - lines) + 1, iso, line->host, line->user,
		    line->is_opened ? "session opened" : "knock");
}

/* ---- rows ---- */

struct row {
	char rule[40];
	char source[8];
	int64_t minute_ns;
	int64_t first_ns;
	int64_t last_ns;
	uint64_t count;
};

static struct row want[ROWS], got[ROWS];
static unsigned want_count, got_count;

static int row_order(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = strcmp(a->rule, b->rule);

	if (order == 0)
		order = strcmp(a->source, b->source);
	return order ? order : (a->minute_ns > b->minute_ns) - (a->minute_ns < b->minute_ns);
}

static void set_text(char *to, size_t room, struct yg_bytes text)
{
	(void)snprintf(to, room, "%.*s", YG_FMT(text)); /* ours are short */
}

/* As the store bundles: by minute. */
static int want_finding(void *arg, const struct yg_finding *f)
{
	struct row row = {.minute_ns = yg_fact_minute(f->time_ns),
			  .first_ns = f->first_position ? f->first_ns : f->time_ns,
			  .last_ns = f->time_ns,
			  .count = 1};

	(void)arg;
	set_text(row.rule, sizeof(row.rule), f->rule->id);
	set_text(row.source, sizeof(row.source), f->source);
	for (unsigned i = 0; i < want_count; i++) {
		if (row_order(&want[i], &row) != 0)
			continue;
		want[i].count++;
		if (row.first_ns < want[i].first_ns)
			want[i].first_ns = row.first_ns;
		if (row.last_ns > want[i].last_ns)
			want[i].last_ns = row.last_ns;
		return YG_OK;
	}
	if (want_count == ROWS)
		return YG_ELIMIT;
	want[want_count++] = row;
	return YG_OK;
}

static int ignore_update(void *arg, const struct yg_finding_update *update)
{
	(void)arg;
	(void)update;
	return YG_OK;
}

static int take_row(void *arg, const struct yg_fact_finding *f)
{
	struct row *row = &got[got_count];

	if (got_count == ROWS)
		return YG_ELIMIT;
	if (!yg_bytes_eq(f->org, yg_bytes_str(arg)))
		return YG_OK;
	*row = (struct row){.minute_ns = f->minute_ns,
			    .first_ns = f->first_ns,
			    .last_ns = f->last_ns,
			    .count = f->count};
	set_text(row->rule, sizeof(row->rule), f->rule);
	set_text(row->source, sizeof(row->source), f->source);
	got_count++;
	return YG_OK;
}

/* All lines, in the order of their times, by worker and judge as `yagura detect` has them. */
static int judge_in_order(void)
{
	const struct yg_judge_out out = {.finding = want_finding, .update = ignore_update};
	const struct yg_hub_rules *rules = &engine.rules;
	struct yg_tracer *tracer = yg_tracer_new(rules->set.rules.engine, NULL);
	struct yg_judge *judge = yg_judge_new(rules->set.rules.engine, NULL, &out);
	struct yg_detector detector = {.engine = rules->set.rules.engine,
				       .tracer = tracer,
				       .parse = {.zone = rules->zone}};
	struct yg_worker *worker = tracer && judge ? yg_worker_new(&detector) : NULL;
	static const uint8_t padding[YG_PARSE_PADDING];
	struct yg_batch *batch = yg_batch_new();
	int rc = worker && batch ? YG_OK : YG_ENOMEM;

	want_count = 0;
	if (rc == YG_OK) {
		yg_judge_source(judge, YG_S(""));
		yg_batch_reset(batch);
		batch->format = YG_FORMAT_RECORD;
		batch->is_forced = true;
		for (unsigned i = 0; i < LINES; i++) {
			size_t at = batch->text.size;

			add_line(&batch->text, &lines[i]);
			batch->records[batch->record_count++] = (struct yg_batch_record){
				.at = (uint32_t)at,
				.size = (uint32_t)(batch->text.size - at - 1),
				.position = i + 1};
		}
		yg_buf_add(&batch->text, (struct yg_bytes){padding, sizeof(padding)});
		yg_worker_run(worker, batch);
		rc = batch->rc;
	}
	for (size_t i = 0; rc == YG_OK && i < batch->trace_count; i++)
		rc = yg_judge_take(judge, &batch->traces[i]);
	(void)yg_worker_free(worker);
	(void)yg_judge_free(judge);
	(void)yg_tracer_free(tracer);
	(void)yg_batch_free(batch);
	qsort(want, want_count, sizeof(want[0]), row_order);
	return rc;
}

static bool read_rows(const char *org)
{
	struct yg_fact_filter filter = {.is_all_orgs = true, .limit = YG_FACT_LIST_MAX};
	struct yg_fact_next next = {.is_more = true};
	char name[16];
	int rc = YG_OK;

	(void)snprintf(name, sizeof(name), "%s", org); /* short */
	got_count = 0;
	while (rc == YG_OK && next.is_more) {
		rc = yg_facts_list(facts, &filter, take_row, name);
		next = yg_facts_next(facts);
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
	}
	qsort(got, got_count, sizeof(got[0]), row_order);
	return rc == YG_OK;
}

static bool is_row(const struct row *a, const struct row *b)
{
	return row_order(a, b) == 0 && a->count == b->count && a->first_ns == b->first_ns &&
	       a->last_ns == b->last_ns;
}

/* How many rows of rule @rule there are, if all rows are the wanted ones; else it is said. */
static bool is_same(const char *org)
{
	bool is_all = read_rows(org) && got_count == want_count;

	for (unsigned i = 0; is_all && i < want_count; i++) {
		is_all = is_row(&want[i], &got[i]);
		if (!is_all)
			fprintf(stderr, "%s %s: want x%llu %lld, got %s %s x%llu %lld\n",
				want[i].rule, want[i].source, (unsigned long long)want[i].count,
				(long long)(want[i].last_ns - START), got[i].rule, got[i].source,
				(unsigned long long)got[i].count,
				(long long)(got[i].last_ns - START));
	}
	if (got_count != want_count)
		fprintf(stderr, "%u rows, wanted %u\n", got_count, want_count);
	return is_all;
}

/* ---- sending ---- */

static bool send_one(unsigned index, const char *org, uint64_t *sequences)
{
	const struct sent *batch = &sent[index];
	char sensor[8];
	struct yg_buf content;
	bool is_sent;

	yg_buf_init(&content, 1u << 20);
	for (unsigned i = 0; i < batch->count; i++)
		add_line(&content, &lines[own[batch->sensor][batch->first + i]]);
	(void)snprintf(sensor, sizeof(sensor), "s%u", batch->sensor); /* short */
	is_sent = send_from(org, sensor, ++sequences[batch->sensor], yg_buf_bytes(&content));
	yg_buf_done(&content);
	return is_sent;
}

/* What is done between two batches. */
enum how {
	HOW_QUIETLY,
	HOW_KEEPER_ENDS = 1, /* without a word */
	HOW_ENGINE_ENDS = 2,
	HOW_JUDGES_GO = 4, /* one at a time has room, and there are two organisations */
};

static unsigned all_deaths; /* of engines */

static bool run(uint64_t seed, enum how how)
{
	uint64_t random = seed ^ 0x9e3779b97f4a7c15u;
	uint64_t sequences[2][SENSORS] = {{0}};
	unsigned deaths = 0;
	bool is_good = start_with(rules_text) && judge_in_order() == YG_OK;

	if (is_good && how != HOW_QUIETLY) {
		close_all();
		save_ms = 1 + (int64_t)draw(&random, 3) * 1000;
		orgs_max = how & HOW_JUDGES_GO ? 1 : 0;
		is_relayed = how & HOW_ENGINE_ENDS;
		ends = how & HOW_ENGINE_ENDS ? (uint32_t)seed | 1 : 0;
		ends_after = how & HOW_KEEPER_ENDS ? 15 : 50; /* more than is judged again */
		is_good = reopen();
	}
	for (unsigned i = 0; is_good && i < sent_count; i++) {
		now_ns = sent[i].at_ns;
		is_good = send_one(i, "acme", sequences[0]) &&
			  (!(how & HOW_JUDGES_GO) || send_one(i, "beta", sequences[1]));
		if (is_good && draw(&random, 3) == 0)
			is_good = drain_over(&deaths);
		/* A moment later, without anything new. */
		if (is_good && i + 1 < sent_count && draw(&random, 4) == 0) {
			now_ns += (sent[i + 1].at_ns - now_ns) / 2;
			is_good = drain_over(&deaths);
		}
		if (is_good && (how & HOW_KEEPER_ENDS) && draw(&random, 12) == 0)
			is_good = reopen() && (draw(&random, 2) || drain_over(&deaths));
	}
	is_good = is_good && drain_over(&deaths) && ripen() && is_same("acme") &&
		  (!(how & HOW_JUDGES_GO) || is_same("beta"));
	all_deaths += deaths;
	return is_good && distrusted == 0 && yg_hub_detect_counts(detect).hurried == 0 &&
	       yg_hub_detect_counts(detect).aside == 0;
}

static uint64_t first_seed(void)
{
	const char *given = getenv("YAGURA_TEST_SEED");

	return given ? strtoull(given, NULL, 10) : 7;
}

static unsigned rows_of(const char *rule)
{
	unsigned count = 0;

	for (unsigned i = 0; i < want_count; i++)
		count += strcmp(want[i].rule, rule) == 0;
	return count;
}

static void run_some(enum how how, unsigned runs)
{
	all_deaths = 0;
	for (uint64_t seed = first_seed(); seed < first_seed() + runs; seed++) {
		bool is_good;

		make_lines(seed);
		make_batches(seed * 3 + how);
		is_good = run(seed, how);
		if (!is_good)
			fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		CHECK(is_good);
		/* Something of each kind is there to be missed. */
		CHECK(rows_of(KNOCK) > 0 && rows_of(SEVEN) > 0 && rows_of(DOORS) > 0);
		CHECK(rows_of(IN_ORDER) > 0 && rows_of(CHAIN) > 0 && rows_of(FEW) > 0);
	}
	CHECK(!(how & HOW_ENGINE_ENDS) || all_deaths > 0);
}

static void any_order_of_batches(void)
{
	printf("seed %llu\n", (unsigned long long)first_seed());
	run_some(HOW_QUIETLY, 3);
}

static void keepers_end(void)
{
	run_some(HOW_KEEPER_ENDS, 3);
}

static void engines_end(void)
{
	run_some(HOW_ENGINE_ENDS, 2);
}

static void judges_make_room(void)
{
	run_some(HOW_JUDGES_GO, 2);
}

static void all_of_it(void)
{
	run_some(HOW_KEEPER_ENDS | HOW_ENGINE_ENDS | HOW_JUDGES_GO, 2);
}

/* The engine looks at its files by its own clock; until it has, the records wait. */
static bool change_rules(void)
{
	const struct yg_clock clock = yg_clock_steady();
	int64_t until_ns = clock.now_ns(clock.arg) + 300 * YG_NS_PER_S;
	bool is_good = yg_io_write_to(path_of("rules/more.yml"),
				      YG_S("title: Other\nid: " OTHER "\n"
					   "logsource: {product: linux, service: cron}\n"
					   "detection:\n  sel: {message: 'x'}\n"
					   "  condition: sel\nlevel: low\n"),
				      0600) == YG_OK;

	while (is_good && yg_hub_detect_counts(detect).reloads == 0)
		is_good = drain() && poll(NULL, 0, 5) == 0 && clock.now_ns(clock.arg) < until_ns;
	return is_good;
}

/* Rules are taken over while records wait: those whose rule is the same go on. */
static void rules_change_while_something_waits(void)
{
	uint64_t sequences[SENSORS] = {0};

	make_lines(first_seed());
	make_batches(first_seed());
	CHECK(start_with(rules_text) && judge_in_order() == YG_OK);
	close_all();
	has_own_clock = true;
	CHECK(reopen());
	for (unsigned i = 0; i < sent_count; i++) {
		now_ns = sent[i].at_ns;
		CHECK(send_one(i, "acme", sequences) && drain());
		if (i != sent_count / 2)
			continue;
		CHECK(yg_hub_detect_counts(detect).waiting == 1 && change_rules());
		CHECK(yg_hub_detect_counts(detect).waiting == 1);
	}
	CHECK(ripen() && is_same("acme"));
}

static const struct check_case cases[] = {
	CASE(any_order_of_batches), CASE(keepers_end), CASE(engines_end),
	CASE(judges_make_room),	    CASE(all_of_it),   CASE(rules_change_while_something_waits),
};

int main(void)
{
	int status;

	yg_buf_init(&rows, 16u << 20);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	close_all();
	remove_all();
	yg_buf_done(&rows);
	return status;
}
