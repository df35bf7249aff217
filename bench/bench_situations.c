/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From findings to situations: bench_situations FOLDER [ROWS] [ORGS] [SITUATIONS] [END]
 *                              bench_situations FOLDER --group ADDRESSES
 *
 * ROWS bundles (1,000,000) of ORGS organisations (10,000) are put into a facts store; then the
 * consumer catches up (rate), and the board is listed: the first 100, all open ones, those of an
 * organisation, a member's part. About SITUATIONS (5,000) actors make most of the alerts; one of
 * eight alerts is of an actor who comes once. The 30 days of all of them end at END (seconds since
 * 1970). Seed fixed. By hand, and for bench/w7.py.
 *
 * --group: ADDRESSES addresses try one path once each, which is one situation of as many chains;
 * how long a commit of 100 more of them takes, as it grows.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "app/hub_situations.h"

#define MINUTE INT64_C(60000000000)
#define DAYS   30
#define TIMES  50u

static int64_t start_ns = INT64_C(1700000000000000000);
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

static int check(int rc, const char *what)
{
	if (rc == YG_OK)
		return 0;
	fprintf(stderr, "%s: %d\n", what, rc);
	exit(2);
}

static void add(struct yg_facts *facts, unsigned row, unsigned rows, unsigned orgs, unsigned actors)
{
	char org[16], rule[24], actor[24], target[40], sensor[24];
	bool is_once = chance(8) == 0;
	uint32_t who = is_once ? actors + row : chance(actors);
	/* An actor is busy for some hours of 30 days. */
	int64_t minute = is_once ? (int64_t)chance(DAYS * 1440)
				 : (int64_t)(who % 600) * 72 + (int64_t)chance(180);
	struct yg_fact_finding f = {
		.title = YG_S("SQL injection: UNION SELECT"),
		.rules = YG_S("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
		.source = YG_S("/var/log/nginx/access.log"),
		.reason = YG_S("status 404: there is nothing at this path"),
		.level = (enum yg_level)(1 + chance(4)),
		.kind = YG_KIND_PATTERN,
		.field = YG_ATTACK_WEB,
		.outcome = (enum yg_outcome)(chance(20) ? chance(2) : 2),
		.count = 1 + chance(4),
		.ref_count = 1,
	};

	(void)snprintf(org, sizeof(org), "org%u", is_once ? chance(orgs) : who % orgs);
	(void)snprintf(rule, sizeof(rule), "rule-%u", chance(200));
	(void)snprintf(sensor, sizeof(sensor), "s%u", row % 3); /* nearly each row one bundle */
	(void)snprintf(actor, sizeof(actor), "%u.%u.%u.%u", 20 + who / 65536 / 251,
		       who / 65536 % 251, who / 256 % 256, who % 256);
	(void)snprintf(target, sizeof(target), "/page/%u.php", chance(5000));
	f.org = yg_bytes_str(org);
	f.rule = yg_bytes_str(rule);
	f.sensor = yg_bytes_str(sensor);
	f.actor = yg_bytes_str(actor);
	f.target = yg_bytes_str(target);
	f.minute_ns = start_ns / MINUTE * MINUTE + minute * MINUTE;
	f.first_ns = f.last_ns = f.minute_ns;
	f.received_ns = f.written_ns = start_ns + (int64_t)row * (DAYS * 1440 * MINUTE / rows);
	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	check(yg_facts_add(facts, &f, NULL), "add");
}

static void fill(struct yg_facts *facts, unsigned rows, unsigned orgs, unsigned actors)
{
	uint64_t cursor = 0;

	for (unsigned row = 0; row < rows; row += 5000) {
		check(yg_facts_begin(facts, "bench", cursor), "begin");
		for (unsigned i = row; i < row + 5000 && i < rows; i++)
			add(facts, i, rows, orgs, actors);
		check(yg_facts_commit(facts, ++cursor, NULL), "commit");
	}
}

static int count_one(void *arg, const struct yg_situation *one)
{
	(void)one;
	++*(unsigned *)arg;
	return YG_OK;
}

static void board(struct yg_situations *s, const char *name, struct yg_situations_filter filter)
{
	double times[TIMES], worst = 0, sum = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < TIMES; i++) {
		double began = now_ms();

		count = 0;
		check(yg_situations_list(s, &filter, count_one, &count), "list");
		times[i] = now_ms() - began;
		sum += times[i];
		worst = times[i] > worst ? times[i] : worst;
	}
	printf("%-28s %5u rows  mean %.2f ms, slowest %.2f ms\n", name, count, sum / TIMES, worst);
}

/* ---- one situation that grows ---- */

#define GROUP_STEP 100u

static void add_probe(struct yg_facts *facts, unsigned number)
{
	char actor[24], org[16];
	struct yg_fact_finding f = {
		.title = YG_S("SQL injection: UNION SELECT"),
		.rules = YG_S("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
		.source = YG_S("/var/log/nginx/access.log"),
		.reason = YG_S("the answer does not say"),
		.rule = YG_S("probe"),
		.sensor = YG_S("s1"),
		.target = YG_S("/login.php"),
		.level = YG_LEVEL_HIGH,
		.kind = YG_KIND_PATTERN,
		.field = YG_ATTACK_WEB,
		.outcome = YG_OUTCOME_UNKNOWN,
		.count = 1,
		.ref_count = 1,
	};

	(void)snprintf(org, sizeof(org), "org%u", number % 50);
	(void)snprintf(actor, sizeof(actor), "%u.%u.%u.%u", 20 + number / 65536 / 251,
		       number / 65536 % 251, number / 256 % 256, number % 256);
	f.org = yg_bytes_str(org);
	f.actor = yg_bytes_str(actor);
	f.minute_ns = start_ns / MINUTE * MINUTE + (int64_t)(number / 50) * MINUTE;
	f.first_ns = f.last_ns = f.minute_ns;
	f.received_ns = f.written_ns = f.minute_ns;
	yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
	check(yg_facts_add(facts, &f, NULL), "add");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void grow(struct yg_facts *facts, struct yg_hub_situations *hub, unsigned addresses)
{
	static double times[TIMES];
	uint64_t cursor = 0;

	for (unsigned have = 0; have < addresses; have += GROUP_STEP) {
		unsigned at = have / GROUP_STEP % TIMES;

		check(yg_facts_begin(facts, "bench", cursor), "begin");
		for (unsigned i = have; i < have + GROUP_STEP; i++)
			add_probe(facts, i);
		check(yg_facts_commit(facts, ++cursor, NULL), "commit");
		times[at] = cpu_ms();
		check(yg_hub_situations_step(hub), "step");
		times[at] = cpu_ms() - times[at];
		if (at == TIMES - 1) {
			qsort(times, TIMES, sizeof(times[0]), by_value);
			if ((have + GROUP_STEP) % (10 * TIMES * GROUP_STEP) == 0 ||
			    have + GROUP_STEP == TIMES * GROUP_STEP)
				printf("%7u chains: %u more take %.1f ms of processor time (median "
				       "of %u), slowest %.1f ms\n",
				       have + GROUP_STEP, GROUP_STEP, times[TIMES / 2], TIMES,
				       times[TIMES - 1]);
		}
	}
}

/* ---- W7 ---- */

static void catch_up(struct yg_hub_situations *hub, unsigned rows)
{
	double began = now_ms(), cpu = cpu_ms(), worst = 0;
	unsigned steps = 0;
	int rc;

	do {
		double step = now_ms();

		rc = yg_hub_situations_step(hub);
		step = now_ms() - step;
		worst = step > worst ? step : worst;
		steps++;
	} while (rc == YG_OK);
	printf("%u findings: %.0f a second, %.0f a second of processor time, %u commits, slowest "
	       "%.0f ms\n",
	       rows, rows / (now_ms() - began) * 1e3, rows / (cpu_ms() - cpu) * 1e3, steps, worst);
}

static void list_all(struct yg_situations *s)
{
	struct yg_situations_filter filter = {.limit = 100};

	board(s, "board, first 100", filter);
	filter.limit = 1000;
	filter.is_open = true;
	board(s, "board, 1000 open", filter);
	filter.org = YG_S("org7");
	board(s, "of one organisation", filter);
	filter.is_part = true;
	board(s, "a member's own", filter);
	filter = (struct yg_situations_filter){
		.limit = 100, .has_state = true, .state = YG_SITUATION_RESOLVED};
	board(s, "a state that none has", filter);
}

static unsigned number_at(int argc, char **argv, int at, unsigned otherwise)
{
	return argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	bool is_group = argc > 2 && strcmp(argv[2], "--group") == 0;
	unsigned rows = is_group ? 0 : number_at(argc, argv, 2, 1000000);
	struct yg_hub_situations *hub = NULL;
	struct yg_situations *s = NULL;
	struct yg_facts *facts = NULL;
	char path[2][512];

	if (argc < 2)
		return 2;
	if (!is_group && argc > 5)
		start_ns = (strtoll(argv[5], NULL, 10) - DAYS * 86400) * INT64_C(1000000000);
	(void)snprintf(path[0], sizeof(path[0]), "%s/facts.db", argv[1]);
	(void)snprintf(path[1], sizeof(path[1]), "%s/situations.db", argv[1]);
	check(yg_facts_open_sqlite(path[0], true, &facts), path[0]);
	if (!is_group)
		fill(facts, rows, number_at(argc, argv, 3, 10000), number_at(argc, argv, 4, 5000));
	const struct yg_hub_situations_opts opts = {
		.path = path[1], .facts = facts, .clock = yg_clock_system()};

	check(yg_hub_situations_new(&opts, &hub), path[1]);
	if (is_group)
		grow(facts, hub, number_at(argc, argv, 3, 100000));
	else
		catch_up(hub, rows);
	(void)yg_hub_situations_free(hub);
	check(yg_situations_open(path[1], false, &s), path[1]);
	list_all(s);
	(void)yg_situations_free(s);
	(void)yg_facts_free(facts);
	return 0;
}
