/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles written and listed: bench_facts FOLDER [ROWS] [ORGS] [BATCH]
 *
 * ROWS new bundles (1,000,000) of ORGS organisations (1,000) in batches of BATCH (2,000), event
 * time going on with a little disorder; every eighth is again one of the last. Then pages of 100 on
 * what is there, for each kind of filter, also such that nothing passes: the slowest page of 50 and
 * the median. Seed fixed. By hand; not part of bench/run.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "store/facts.h"

#define MINUTE INT64_C(60000000000)
#define START  INT64_C(1700000000000000000)
#define PAGES  50u
#define BACK   4096u

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64*, as in workload.c */
static uint32_t chance(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double cpu_ms(void)
{
	struct rusage use;

	(void)getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

struct made {
	unsigned org, rule, actor;
	int64_t minute_ns;
};

static struct made last[BACK];
static char orgs[10000][16];

static struct made make(unsigned row, unsigned org_count)
{
	struct made m = {.org = chance(org_count),
			 .rule = chance(200),
			 .actor = chance(20000),
			 .minute_ns = START + (int64_t)(row / 400) * MINUTE -
				      (int64_t)chance(5) * MINUTE};

	if (row > BACK && chance(8) == 0)
		return last[chance(BACK)];
	last[row % BACK] = m;
	return m;
}

static void add(struct yg_facts *facts, const struct made *m, unsigned row)
{
	char rule[40], actor[24], target[40], sensor[20];
	struct yg_fact_finding f = {
		.title = YG_S("A password was guessed from one address"),
		.title_ja = YG_S("\xe3\x81\x82\xe3\x82\x8b\xe3\x82\xa2\xe3\x83\x89\xe3\x83\xac"),
		.rules = YG_S("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
		.level = (enum yg_level)(m->rule % 5),
		.kind = YG_KIND_PATTERN,
		.field = YG_ATTACK_WEB,
		.outcome = (enum yg_outcome)(m->rule % 3),
		.reason = YG_S("status 404: there is nothing at this path"),
		.source = YG_S("/var/log/nginx/access.log"),
		.minute_ns = m->minute_ns,
		.first_ns = m->minute_ns + 5,
		.last_ns = m->minute_ns + 9,
		.received_ns = m->minute_ns + 9,
		.written_ns = m->minute_ns + 11,
		.count = 1,
		.refs = {{row, m->minute_ns}},
		.ref_count = 1,
	};

	(void)snprintf(rule, sizeof(rule), "5a5a5a5a-0000-4000-8000-%012u", m->rule);
	(void)snprintf(actor, sizeof(actor), "203.0.%u.%u", m->actor >> 8, m->actor & 255);
	(void)snprintf(target, sizeof(target), "/wp-content/plugins/p%u/x.php", m->actor % 977);
	(void)snprintf(sensor, sizeof(sensor), "sensor-%u", m->org);
	f.org = yg_bytes_str(orgs[m->org]);
	f.sensor = yg_bytes_str(sensor);
	f.rule = yg_bytes_str(rule);
	f.actor = yg_bytes_str(actor);
	f.target = yg_bytes_str(target);
	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	f.minute_ns = yg_fact_minute(f.minute_ns);
	if (yg_facts_add(facts, &f, NULL) != YG_OK) {
		fprintf(stderr, "a bundle was not taken: %s\n", yg_facts_trouble(facts));
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void write_all(struct yg_facts *facts, unsigned rows, unsigned org_count, unsigned batch)
{
	double *commits = calloc(rows / batch + 1, sizeof(*commits));
	double start = now_ms(), cpu = cpu_ms();
	unsigned count = 0;

	for (unsigned row = 0; row < rows;) {
		double begin = now_ms();

		if (yg_facts_begin(facts, "bench", count) != YG_OK)
			exit(1);
		for (unsigned i = 0; i < batch && row < rows; i++, row++) {
			const struct made m = make(row, org_count);

			add(facts, &m, row);
		}
		if (yg_facts_commit(facts, count + 1, NULL) != YG_OK) {
			fprintf(stderr, "not committed: %s\n", yg_facts_trouble(facts));
			exit(1);
		}
		commits[count++] = now_ms() - begin;
	}
	start = now_ms() - start;
	cpu = cpu_ms() - cpu;
	qsort(commits, count, sizeof(*commits), compare);
	printf("written: %u bundles, %u a commit: %.0f a second, %.0f a second of processor time; "
	       "a commit: median %.1f ms, 99 %% "
	       "%.1f ms\n",
	       rows, batch, rows / start * 1000, rows / cpu * 1000, commits[count / 2],
	       commits[count * 99 / 100]);
	free(commits);
}

static int take(void *arg, const struct yg_fact_finding *f)
{
	*(uint64_t *)arg += f->count;
	return YG_OK;
}

static void list(struct yg_facts *facts, const char *what, struct yg_fact_filter filter)
{
	double ms[PAGES];
	unsigned pages = 0;
	uint64_t given = 0;

	filter.limit = 100;
	while (pages < PAGES) {
		double begin = now_ms();
		struct yg_fact_next next;

		if (yg_facts_list(facts, &filter, take, &given) != YG_OK)
			exit(1);
		ms[pages++] = now_ms() - begin;
		next = yg_facts_next(facts);
		if (!next.is_more)
			break;
		filter.has_after = true;
		memcpy(filter.after_id, next.after_id, sizeof(filter.after_id));
		filter.after_change = next.after_change;
	}
	qsort(ms, pages, sizeof(*ms), compare);
	printf("%-44s %3u pages: median %6.2f ms, slowest %6.2f ms\n", what, pages, ms[pages / 2],
	       ms[pages - 1]);
}

static void list_all(struct yg_facts *facts, unsigned org_count)
{
	struct yg_bytes some[1000];
	unsigned many = org_count < 1000 ? org_count : 1000;

	for (unsigned i = 0; i < many; i++)
		some[i] = yg_bytes_str(orgs[i]);
	list(facts, "newest of all", (struct yg_fact_filter){.is_all_orgs = true});
	list(facts, "of one organisation", (struct yg_fact_filter){.orgs = some, .org_count = 1});
	list(facts, "of ten", (struct yg_fact_filter){.orgs = some, .org_count = 10});
	list(facts, "of as many as fit", (struct yg_fact_filter){.orgs = some, .org_count = many});
	list(facts, "critical, of all",
	     (struct yg_fact_filter){.is_all_orgs = true, .level_min = YG_LEVEL_CRITICAL});
	list(facts, "by an actor, of all",
	     (struct yg_fact_filter){.is_all_orgs = true, .actor = YG_S("203.0.1.1")});
	list(facts, "nothing passes, of all",
	     (struct yg_fact_filter){.is_all_orgs = true, .actor = YG_S("nobody")});
	list(facts, "nothing passes, of as many as fit",
	     (struct yg_fact_filter){.orgs = some, .org_count = many, .actor = YG_S("nobody")});
	list(facts, "one rule, one organisation",
	     (struct yg_fact_filter){.orgs = some,
				     .org_count = 1,
				     .rule = YG_S("5a5a5a5a-0000-4000-8000-000000000007")});
	list(facts, "an old hour, of all",
	     (struct yg_fact_filter){.is_all_orgs = true,
				     .from_ns = START + 600 * MINUTE,
				     .to_ns = START + 660 * MINUTE});
	list(facts, "changes, of all",
	     (struct yg_fact_filter){.is_all_orgs = true, .by_change = true, .after_change = 1000});
	list(facts, "changes, of one",
	     (struct yg_fact_filter){
		     .orgs = some, .org_count = 1, .by_change = true, .after_change = 1000});
	list(facts, "changes, of ten",
	     (struct yg_fact_filter){
		     .orgs = some, .org_count = 10, .by_change = true, .after_change = 1000});
	list(facts, "changes, of as many as fit",
	     (struct yg_fact_filter){
		     .orgs = some, .org_count = many, .by_change = true, .after_change = 1000});
}

static unsigned number(int argc, char **argv, int at, unsigned otherwise)
{
	uint64_t value = 0;

	return argc > at && yg_bytes_u64(yg_bytes_str(argv[at]), &value) && value > 0 &&
			       value <= UINT32_MAX
		       ? (unsigned)value
		       : otherwise;
}

int main(int argc, char **argv)
{
	unsigned rows = number(argc, argv, 2, 1000000);
	unsigned org_count = number(argc, argv, 3, 1000);
	unsigned batch = number(argc, argv, 4, 2000);
	struct yg_facts *facts = NULL;
	char path[4096];

	if (argc < 2 || org_count > 10000) {
		fprintf(stderr, "usage: bench_facts FOLDER [ROWS] [ORGS] [BATCH]\n");
		return 2;
	}
	for (unsigned i = 0; i < org_count; i++)
		(void)snprintf(orgs[i], sizeof(orgs[i]), "org-%u", i);
	(void)snprintf(path, sizeof(path), "%s/facts.db", argv[1]);
	if (yg_facts_open_sqlite(path, true, &facts) != YG_OK) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		return 1;
	}
	write_all(facts, rows, org_count, batch);
	list_all(facts, org_count);
	(void)yg_facts_free(facts);
	return 0;
}
