/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the journal to findings: the same rows whatever is done in between - batches gathered into
 * other commits, kills at any point, judges given up for others, states written often or never.
 */
#define _GNU_SOURCE
#include "hub_detect_kit.h"
#include "wire/pack.h"

#include "base/ban.h"

#define BATCHES 60u
#define ORGS	3u

static const char rules_text[] = "title: Knock\n"
				 "id: 6b6b6b6b-0000-4000-8000-000000000001\n"
				 "name: knock\n"
				 "logsource: {product: linux, service: sshd}\n"
				 "detection:\n"
				 "  sel: {message|contains: 'knock'}\n"
				 "  condition: sel\n"
				 "level: low\n"
				 "---\n"
				 "title: Five knocks\n"
				 "id: 6b6b6b6b-0000-4000-8000-000000000002\n"
				 "correlation:\n"
				 "  type: event_count\n"
				 "  rules: [knock]\n"
				 "  group-by: [hostname]\n"
				 "  timespan: 10m\n"
				 "  condition: {gte: 5}\n"
				 "  generate: true\n"
				 "level: high\n";

static bool start(void)
{
	return start_with(rules_text);
}

static bool send_content(const char *org, uint64_t sequence, struct yg_bytes content)
{
	return send_from(org, "s", sequence, content);
}

static void add_line(struct yg_buf *to, int64_t at_s, unsigned position, const char *host,
		     const char *words)
{
	char iso[YG_ISO_SIZE];

	(void)yg_time_iso(START + at_s * YG_NS_PER_S, 0, iso);
	yg_buf_addf(to,
		    "{\"v\":1,\"format\":\"syslog\",\"source\":\"/var/log/auth.log\","
		    "\"position\":%u,\"time\":\"%s\",\"has_zone\":true,\"raw\":\"%s %s\","
		    "\"fields\":{\"hostname\":\"%s\",\"program\":\"sshd\",\"message\":\"%s\"}}\n",
		    position, iso, host, words, host, words);
}

/* Batch @n of all: of which organisation, and what is in it, follows from @n. */
static bool send_batch(unsigned n)
{
	static const char *const orgs[ORGS] = {"acme", "beta", "gamma"};
	struct yg_buf content;
	uint32_t random = n * 2654435761u;
	bool is_sent;

	yg_buf_init(&content, 1u << 20);
	for (unsigned i = 0; i < 1 + (random >> 28) % 4; i++) {
		random = random * 1664525u + 1013904223u;
		/* Within a batch not always in order. */
		add_line(&content, 20 * n + (random >> 9 & 7), n * 10 + i + 1,
			 random >> 13 & 1 ? "web" : "db",
			 random >> 16 & 3 ? "knock from 192.0.2.1" : "session opened");
	}
	is_sent = send_content(orgs[n % ORGS], n / ORGS + 1, yg_buf_bytes(&content));
	yg_buf_done(&content);
	return is_sent;
}

static char *wanted; /* of all batches, one commit, nothing in between */

static unsigned count_of(const char *text, const char *word)
{
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		count++;
	return count;
}

static void all_at_once(void)
{
	CHECK(start());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	CHECK(drain() && yg_hub_detect_counts(detect).waiting == ORGS);
	CHECK(ripen());
	wanted = all_rows();
	CHECK(wanted);
	CHECK(count_of(wanted, "0001 ") > 20 && count_of(wanted, "0002 ") >= 4);
	CHECK(yg_hub_detect_counts(detect).batches == BATCHES);
	CHECK(yg_hub_detect_counts(detect).unread == 0);
}

static bool is_as_wanted(void)
{
	char *got = ripen() ? all_rows() : NULL;
	bool is_same = got && wanted && strcmp(got, wanted) == 0;

	if (!is_same)
		fprintf(stderr, "got\n%s\nnot\n%s\n", got, wanted);
	free(got);
	return is_same;
}

static void one_by_one(void)
{
	CHECK(start());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n) && drain());
	CHECK(is_as_wanted());
}

/* Ended and started at many places, with states that were written lately, long ago, or never. */
static void killed_at_any_batch(void)
{
	static const int64_t ages[] = {1, 300000, 3000000};

	for (size_t a = 0; a < 3; a++) {
		uint32_t random = 77 + (uint32_t)a;
		uint64_t replayed = 0;

		CHECK(start());
		save_ms = ages[a];
		CHECK(reopen());
		for (unsigned n = 0; n < BATCHES; n++) {
			CHECK(send_batch(n));
			now_ns += 20 * YG_NS_PER_S;
			random = random * 1664525u + 1013904223u;
			if (random >> 20 & 1)
				CHECK(drain());
			if ((random >> 24) % 3 == 0) {
				CHECK(reopen());
				CHECK(!(random >> 28 & 1) || drain());
				replayed += yg_hub_detect_counts(detect).replayed;
			}
		}
		CHECK(drain() && is_as_wanted());
		CHECK(a == 0 || replayed > 0);
	}
}

/* By what they hold: of the smallest bound each gives way to the next. */
static void memory_is_bounded_too(void)
{
	CHECK(start());
	bytes_max = 1;
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n) && drain());
	CHECK(is_as_wanted());
	CHECK(yg_hub_detect_counts(detect).evicted > BATCHES / 2);
	CHECK(yg_hub_detect_counts(detect).judges == 1 && yg_hub_detect_counts(detect).bytes > 1);
}

static void judges_make_room_for_others(void)
{
	uint64_t evicted = 0;

	CHECK(start());
	orgs_max = 1;
	save_ms = 1000000;
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++) {
		CHECK(send_batch(n));
		if (n % 7 == 0)
			CHECK(drain());
		if (n % 20 == 19) {
			evicted += yg_hub_detect_counts(detect).evicted;
			CHECK(reopen());
		}
	}
	CHECK(drain() && is_as_wanted());
	CHECK(evicted + yg_hub_detect_counts(detect).evicted > 10);
}

/* Memory, disk: each call that can fail fails once, somewhere on the way. */
static void failures_come_again_from_the_journal(void)
{
	unsigned failed = 0;

	CHECK(start());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	for (long at = 1; at < 4000; at += 37) {
		int rc = YG_OK;

		yg_fail_at = at;
		while (rc == YG_OK)
			rc = yg_hub_detect_step(detect);
		yg_fail_at = 0;
		failed += rc != YG_EAGAIN;
		if (at % 5 == 0 || rc == YG_EPIPE) /* the engine had no memory: the next one */
			CHECK(reopen());
	}
	CHECK(failed > 3 && drain() && is_as_wanted());
}

static void an_older_store_comes_to_the_same(void)
{
	uint8_t *bytes = NULL;
	size_t size = 0;

	CHECK(start());
	for (unsigned n = 0; n < BATCHES / 2; n++)
		CHECK(send_batch(n));
	CHECK(drain());
	close_all();
	CHECK(yg_io_read_file(path_of("facts.db"), 64u << 20, &bytes, &size) == YG_OK);
	CHECK(reopen());
	for (unsigned n = BATCHES / 2; n < BATCHES; n++)
		CHECK(send_batch(n));
	CHECK(drain() && is_as_wanted());
	close_all();
	(void)unlink(path_of("facts.db-wal"));
	(void)unlink(path_of("facts.db-shm"));
	CHECK(yg_io_write_to(path_of("facts.db"), (struct yg_bytes){bytes, size}, 0600) == YG_OK);
	free(bytes);
	CHECK(reopen() && drain() && is_as_wanted());
}

/* What comes next would have positions that count as looked at. */
static void an_older_journal_is_refused(void)
{
	struct yg_journal_report report;
	char command[400];

	for (unsigned waits = 0; waits < 2; waits++) {
		CHECK(start());
		CHECK(send_batch(0) && drain());
		(void)snprintf(command, sizeof(command), "cp -a '%s' '%s'", path_of("journal"),
			       path_of("before"));
		CHECK(system(command) == 0);
		for (unsigned n = 1; n < 4; n++)
			CHECK(send_batch(n));
		CHECK(drain() && yg_hub_detect_counts(detect).waiting > 0);
		if (!waits)
			CHECK(ripen());
		close_all();
		(void)snprintf(command, sizeof(command), "rm -r '%s' && mv '%s' '%s'",
			       path_of("journal"), path_of("before"), path_of("journal"));
		CHECK(system(command) == 0);
		CHECK(yg_keep_open_journal(path_of("journal"), 0, &keep, &report) == YG_OK);
		CHECK(yg_facts_open_sqlite(path_of("facts.db"), true, &facts) == YG_OK);
		CHECK(!open_detect() && !detect);
	}
}

/* Batches of which each line is of a host of its own, until the state is of some MiB. */
static bool send_many_hosts(const char *org)
{
	struct yg_buf content;
	char host[16];
	bool is_sent = true;

	yg_buf_init(&content, 1u << 20);
	for (unsigned n = 0; is_sent && n < 16; n++) {
		yg_buf_reset(&content);
		for (unsigned i = 0; i < 2500; i++) {
			(void)snprintf(host, sizeof(host), "h%u", n * 2500 + i);
			add_line(&content, 0, i + 1, host, "knock");
		}
		is_sent = send_content(org, n + 1, yg_buf_bytes(&content)) && drain();
	}
	yg_buf_done(&content);
	return is_sent;
}

static bool send_one(const char *org, uint64_t sequence)
{
	struct yg_buf content;
	bool is_sent;

	yg_buf_init(&content, 4096);
	add_line(&content, 1, 1, "web", "session opened");
	is_sent = send_content(org, sequence, yg_buf_bytes(&content)) && drain();
	yg_buf_done(&content);
	return is_sent;
}

/* How often states were written by @ms after now. */
static uint64_t saved_after(int64_t ms)
{
	now_ns += ms * 1000000;
	return drain() ? yg_hub_detect_counts(detect).saved : UINT64_MAX;
}

/* Each is written whole, however little changed: every few seconds that would be all that is done.
 */
static void large_states_are_written_more_rarely(void)
{
	uint64_t saved;

	CHECK(start());
	save_ms = 1000;
	CHECK(reopen());
	CHECK(send_many_hosts("acme") && send_many_hosts("beta"));
	CHECK(ripen() && yg_hub_detect_save(detect) == YG_OK);
	saved = saved_after(60000); /* what was written just now keeps nobody from writing */
	CHECK(send_one("small", 1));
	CHECK(saved_after(500) == saved && saved_after(600) == saved + 1);
	CHECK(send_one("acme", 17) && send_one("beta", 17));
	CHECK(saved_after(1500) == saved + 1); /* not the large ones */
	for (unsigned tenths = 0; saved_after(0) == saved + 1 && tenths < 240; tenths++)
		now_ns += 100000000;
	CHECK(saved_after(0) == saved + 2); /* the other not at once */
	CHECK(saved_after(100) == saved + 2);
	CHECK(saved_after(4000) == saved + 3);
}

static void organisations_are_counted_apart(void)
{
	struct yg_buf content;
	char *text;

	CHECK(start());
	yg_buf_init(&content, 1u << 20);
	for (unsigned i = 0; i < 4; i++)
		add_line(&content, i, i + 1, "web", "knock");
	CHECK(send_content("acme", 1, yg_buf_bytes(&content)) &&
	      send_content("beta", 1, yg_buf_bytes(&content)));
	CHECK(drain() && ripen());
	text = all_rows();
	CHECK(text && count_of(text, "0001 ") == 2 && count_of(text, "0002 ") == 0);
	free(text);
	yg_buf_done(&content);
}

static bool send_lines(const char *org, uint64_t sequence, unsigned count, const char *words)
{
	struct yg_buf content;
	bool is_sent;

	yg_buf_init(&content, 1u << 20);
	for (unsigned i = 0; i < count; i++)
		add_line(&content, (int64_t)sequence, i + 1, "web", words);
	is_sent = send_content(org, sequence, yg_buf_bytes(&content));
	yg_buf_done(&content);
	now_ns += 10 * YG_NS_PER_S;
	return is_sent && drain();
}

/* One state is of a later batch than another lacks: reading begins before both. */
static void what_a_state_holds_is_not_judged_again(void)
{
	char *text;

	CHECK(start());
	save_ms = 15000;
	CHECK(reopen());
	/* What waited is found with time, and acme's state written with it. */
	CHECK(send_lines("acme", 1, 2, "knock") && send_lines("beta", 1, 1, "session opened") &&
	      send_lines("acme", 2, 2, "knock"));
	CHECK(drain() && yg_hub_detect_counts(detect).saved == 2); /* acme's alone */
	CHECK(reopen() && drain() && yg_hub_detect_counts(detect).replayed == 1);
	CHECK(send_lines("acme", 3, 1, "knock"));
	text = all_rows();
	CHECK(text && count_of(text, "0002 ") == 1);
	free(text);
}

/* Whatever is wrong with the bytes: refused, and the organisation is as new; never a crash. */
static void damaged_states_are_refused(void)
{
	struct yg_hub_judges_opts opts = {.has_seed = true};
	struct yg_hub_judges *judges = NULL;
	struct yg_buf kept, state, again;
	struct yg_bytes as_kept;
	uint64_t position = 0, left_out;
	unsigned refused = 0;

	yg_buf_init(&kept, YG_HUB_STATE_MAX);
	yg_buf_init(&state, YG_HUB_STATE_MAX);
	yg_buf_init(&again, YG_HUB_STATE_MAX);
	CHECK(start());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	CHECK(drain() && yg_hub_detect_save(detect) == YG_OK);
	CHECK(yg_facts_cursor(facts, YG_KEEP_DETECT, &position, &state) == YG_OK);
	for (unsigned i = 8; i-- > 0;)
		opts.seed = opts.seed << 8 | state.data[1 + i];
	CHECK(yg_facts_part(facts, YG_KEEP_DETECT, YG_S("acme"), &position, &kept) == YG_OK);
	CHECK(yg_zunpack(yg_buf_bytes(&kept), YG_HUB_STATE_MAX, &state, &as_kept) == YG_OK &&
	      as_kept.data == state.data && state.size > kept.size); /* it was packed */
	opts.engine = engine.rules.set.rules.engine;
	opts.parse = (struct yg_parse_opts){.zone = engine.rules.zone};
	CHECK(yg_hub_judges_new(&opts, &judges) == YG_OK);
	CHECK(yg_hub_judges_restore(judges, YG_S("acme"), yg_buf_bytes(&state), &left_out) ==
	      YG_OK);
	CHECK(yg_hub_judges_save(judges, YG_S("acme"), &again) == YG_OK);
	CHECK(yg_bytes_eq(yg_buf_bytes(&state), yg_buf_bytes(&again))); /* nothing is lost */
	for (size_t i = 0; i < state.size; i += 1 + state.size / 3000) {
		int rc;

		yg_hub_judges_drop(judges, YG_S("acme"));
		state.data[i] ^= 0x41;
		rc = yg_hub_judges_restore(judges, YG_S("acme"), yg_buf_bytes(&state), &left_out);
		state.data[i] ^= 0x41;
		refused += rc != YG_OK;
		CHECK(rc == YG_OK || rc == YG_EFORMAT || rc == YG_EDIGEST || rc == YG_EMISMATCH);
		CHECK(yg_hub_judges_has(judges, YG_S("acme")));
	}
	CHECK(refused > 100);
	for (size_t size = 0; size < state.size; size += 1 + state.size / 300) {
		yg_hub_judges_drop(judges, YG_S("acme"));
		(void)!yg_hub_judges_restore(judges, YG_S("acme"),
					     yg_bytes_cut(yg_buf_bytes(&state), 0, size),
					     &left_out);
	}
	(void)yg_hub_judges_free(judges);
	yg_buf_done(&kept);
	yg_buf_done(&state);
	yg_buf_done(&again);
}

static void what_is_no_batch_is_passed_over(void)
{
	struct yg_journal_batch batch = {.kind = YG_JOURNAL_BATCH,
					 .sensor = YG_S("acme/x"),
					 .epoch = 1,
					 .sequence = 1,
					 .received_ns = START,
					 .body = YG_S("no batch")};
	struct yg_journal_result result;

	CHECK(start() && send_batch(0));
	CHECK(yg_journal_append(yg_keep_journal(keep), &batch, &result) == YG_OK);
	CHECK(yg_journal_sync(yg_keep_journal(keep)) == YG_OK);
	CHECK(send_batch(1) && drain());
	CHECK(yg_hub_detect_counts(detect).damaged == 1);
	CHECK(yg_hub_detect_counts(detect).batches == 2);
}

static void engines_end_at_any_batch(void)
{
	uint32_t random = 4711;
	unsigned deaths = 0;

	CHECK(start());
	close_all();
	save_ms = 20000;
	is_relayed = true;
	ends = 4711;
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++) {
		random = random * 1664525u + 1013904223u;
		CHECK(send_batch(n));
		now_ns += 20 * YG_NS_PER_S;
		if (random >> 20 & 1)
			CHECK(drain_over(&deaths));
		CHECK(yg_hub_detect_counts(detect).aside == 0);
	}
	CHECK(drain_over(&deaths) && is_as_wanted());
	CHECK(deaths > 3);
}

#define POISON 17u

/* All rows when batch POISON is one that nobody can read. */
static char *rows_without(void)
{
	if (!start())
		return NULL;
	for (unsigned n = 0; n < BATCHES; n++) {
		bool is_sent;

		spoilt = n == POISON ? YG_S("no batch") : YG_S("");
		is_sent = send_batch(n);
		spoilt = YG_S("");
		if (!is_sent)
			return NULL;
	}
	return drain() && yg_hub_detect_counts(detect).damaged == 1 && ripen() ? all_rows() : NULL;
}

static void a_batch_that_ends_engines_is_set_aside(void)
{
	char *without = rows_without();
	char *got;
	unsigned deaths = 0;

	CHECK(without && wanted && strcmp(without, wanted) != 0);
	CHECK(start());
	close_all();
	save_ms = 3000000;
	is_relayed = true;
	relay.poison = POISON + 1; /* positions begin at 1 */
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	CHECK(drain_over(&deaths));
	CHECK(deaths == 3 && distrusted == 0);
	CHECK(yg_hub_detect_counts(detect).aside == 1);
	CHECK(yg_hub_detect_counts(detect).batches == BATCHES - 1);
	/* It is remembered: what is judged again leaves it out. */
	CHECK(reopen() && drain());
	CHECK(yg_hub_detect_counts(detect).replayed == BATCHES - 1);
	CHECK(yg_hub_detect_counts(detect).aside == 0 && ripen());
	got = all_rows();
	CHECK(got && strcmp(got, without) == 0);
	free(got);
	free(without);
}

static void one_that_does_not_answer_is_ended(void)
{
	int rc;

	CHECK(start());
	close_all();
	answer_ms = 200;
	is_relayed = true;
	relay.after = 3;
	relay.how = RELAY_HANGS;
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	while ((rc = yg_hub_detect_step(detect)) == YG_OK)
		;
	CHECK(rc == YG_EPIPE && distrusted == 1);
	CHECK(next_engine() && drain() && is_as_wanted());
}

static void a_thread_does_the_same_and_ends_at_once(void)
{
	CHECK(start());
	for (unsigned n = 0; n < BATCHES; n++) {
		CHECK(send_batch(n));
		if (n % 16 == 0) {
			if (n % 32 == 0)
				CHECK(yg_hub_detect_start(detect) == YG_OK);
			CHECK(reopen());
		}
	}
	CHECK(drain() && is_as_wanted());
	CHECK(yg_hub_detect_save(detect) == YG_OK && reopen() && drain());
	CHECK(yg_hub_detect_counts(detect).replayed == 0); /* all states were written */
}

/*
 * In commits of a few batches, each handed out while the one before is written: ended and started
 * between any two of them.
 */
static void ended_between_commits(void)
{
	uint32_t random = 99;

	CHECK(start());
	save_ms = 300000;
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	for (unsigned lives = 0; lives < 40; lives++) {
		int rc = YG_OK;

		commit_max = 1 + lives % 5;
		CHECK(reopen());
		random = random * 1664525u + 1013904223u;
		for (unsigned steps = random >> 20 & 7; rc == YG_OK && steps > 0; steps--) {
			rc = yg_hub_detect_step(detect);
			now_ns += 7 * YG_NS_PER_S;
		}
		CHECK(rc == YG_OK || rc == YG_EAGAIN);
		if (random >> 24 & 1) /* what is ahead is committed with it */
			CHECK(yg_hub_detect_save(detect) == YG_OK);
	}
	CHECK(drain() && is_as_wanted());
	commit_max = 0;
}

/* Until the engine was handed @count batches; false: it was not, in a minute. */
static bool is_handed(unsigned count)
{
	for (unsigned ms = 0; ms < 60000; ms++) {
		if (__atomic_load_n(&relay.judges, __ATOMIC_ACQUIRE) >= count)
			return true;
		(void)poll(NULL, 0, 1);
	}
	return false;
}

static void the_next_commit_is_judged_meanwhile(void)
{
	uint64_t cursor = 0;

	CHECK(start());
	close_all();
	commit_max = 4;
	is_relayed = true;
	CHECK(reopen());
	for (unsigned n = 0; n < BATCHES; n++)
		CHECK(send_batch(n));
	CHECK(yg_hub_detect_step(detect) == YG_OK && is_handed(8));
	/* Nothing of those four is written, and nothing said of them. */
	CHECK(yg_facts_cursor(facts, YG_KEEP_DETECT, &cursor, NULL) == YG_OK && cursor == 4);
	CHECK(yg_hub_detect_counts(detect).batches == 4);
	/* States are written with what they hold, and nothing is ahead of them then. */
	CHECK(yg_hub_detect_save(detect) == YG_OK);
	CHECK(yg_facts_cursor(facts, YG_KEEP_DETECT, &cursor, NULL) == YG_OK && cursor == 8);
	CHECK(yg_hub_detect_counts(detect).batches == 8 && relay.judges == 8);
	CHECK(drain() && is_as_wanted());
	commit_max = 0;
}

static void all_of_it_in_small_commits(void)
{
	static const struct check_case again[] = {
		CASE(one_by_one),
		CASE(killed_at_any_batch),
		CASE(memory_is_bounded_too),
		CASE(judges_make_room_for_others),
		CASE(failures_come_again_from_the_journal),
		CASE(an_older_store_comes_to_the_same),
		CASE(what_is_no_batch_is_passed_over),
		CASE(engines_end_at_any_batch),
		CASE(a_batch_that_ends_engines_is_set_aside),
		CASE(one_that_does_not_answer_is_ended),
		CASE(a_thread_does_the_same_and_ends_at_once),
	};

	for (commit_max = 1; commit_max < 8; commit_max += 3) {
		for (size_t i = 0; !check_failed && i < sizeof(again) / sizeof(again[0]); i++) {
			again[i].run();
			if (check_failed)
				fprintf(stderr, "%s, %u a commit\n", again[i].name, commit_max);
		}
	}
	commit_max = 0;
}

static const struct check_case cases[] = {
	CASE(all_at_once),
	CASE(one_by_one),
	CASE(killed_at_any_batch),
	CASE(memory_is_bounded_too),
	CASE(judges_make_room_for_others),
	CASE(failures_come_again_from_the_journal),
	CASE(an_older_store_comes_to_the_same),
	CASE(an_older_journal_is_refused),
	CASE(large_states_are_written_more_rarely),
	CASE(organisations_are_counted_apart),
	CASE(what_a_state_holds_is_not_judged_again),
	CASE(damaged_states_are_refused),
	CASE(what_is_no_batch_is_passed_over),
	CASE(engines_end_at_any_batch),
	CASE(a_batch_that_ends_engines_is_set_aside),
	CASE(one_that_does_not_answer_is_ended),
	CASE(a_thread_does_the_same_and_ends_at_once),
	CASE(ended_between_commits),
	CASE(the_next_commit_is_judged_meanwhile),
	CASE(all_of_it_in_small_commits),
};

int main(void)
{
	int status;

	yg_buf_init(&rows, 16u << 20);
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	close_all();
	remove_all();
	free(wanted);
	yg_buf_done(&rows);
	return status;
}
