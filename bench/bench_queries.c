/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/bench_queries.c - W9: 153 evidence queries on 1,000 machines with 20 facts each, through
 * the query process as the program runs them; then one fact changes.
 *
 * usage: bench_queries frameworks/scs-2026-03-27.yaml [ROUNDS]
 *
 * The queries are those of the file in its order, again from the start until there are 153 (each
 * repeat with a comment of its own, so that it is a query of its own). Seed fixed; the digest is of
 * the lists' text.
 */
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../tests/unit/store/table_text.h"
#include "app/query_process.h"
#include "base/hash.h"
#include "base/io.h"
#include "parse/yaml.h"

#include "base/ban.h"

#define ASSETS	   1000u
#define QUERIES	   153u
#define ROUNDS_MAX 100u
#define TEXT_MAX   (16u << 20)
#define DAY	   "2026-11-25"

static char folder[] = "/var/tmp/yagura-bench-facts-XXXXXX";
static char path[80];
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

/* Processor time of this process and of the query processes that have ended. */
static double cpu_ms(void)
{
	double sum = 0;

	for (int i = 0; i < 2; i++) {
		struct rusage use;

		(void)getrusage(i == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &use);
		sum += (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
		       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
	}
	return sum;
}

struct times {
	double wall_ms[ROUNDS_MAX];
	double cpu_ms[ROUNDS_MAX];
	double wall_start;
	double cpu_start;
};

static void begin(struct times *times)
{
	times->wall_start = now_ms();
	times->cpu_start = cpu_ms();
}

static void end(struct times *times, unsigned round)
{
	times->wall_ms[round] = now_ms() - times->wall_start;
	times->cpu_ms[round] = cpu_ms() - times->cpu_start;
}

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

/* A day up to @back days before DAY. */
static const char *day_back(uint32_t back)
{
	static char iso[4][YG_DAY_SIZE];
	static unsigned turn;

	turn = (turn + 1) % 4;
	yg_day_write(yg_day_read(YG_S(DAY)) - (int32_t)chance(back), iso[turn]);
	return iso[turn];
}

static const char *kind_of(uint32_t i)
{
	return i % 50 == 0 ? "boundary" : i % 20 == 1 ? "server" : i % 10 == 2 ? "mobile" : "pc";
}

enum {
	L_ASSETS,
	L_SETTINGS,
	L_SOFTWARE,
	L_UPDATES,
	L_PROTECTION,
	L_ACCOUNTS,
	L_SEEN,
	L_TRAINING,
	L_BOUNDARIES,
	L_NETWORKS,
	L_BACKUPS,
	L_LOGS,
	L_SERVICES,
	L_ALLOWED,
	L_RULES,
	L_ALERTS,
	LISTS
};

static struct {
	const char *name;
	const char *header;
	struct yg_buf text;
} lists[LISTS] = {
	{"assets",
	 "asset,kind,maker,model,os,support_until,owner,admin,network,address,reviewed",
	 {0}},
	{"settings",
	 "asset,firewall_on,auto_update,autorun_off,lock_on_failures,pin_length,"
	 "disk_encrypted,config_saved",
	 {0}},
	{"software", "asset,name,version,support_until", {0}},
	{"updates", "asset,vuln,cvss,published,applied,checked", {0}},
	{"protection", "asset,product,active,definitions,last_scan,web_filter", {0}},
	{"accounts", "system,account,person,kind,enabled,mfa,internet,last_used,reviewed", {0}},
	{"seen", "address,asset,last_seen", {0}},
	{"training", "person,topic,done", {0}},
	{"boundaries", "asset,default_password_changed,remote_admin,inbound_blocked,detects", {0}},
	{"networks", "network,place,purpose,separated,diagram,reviewed", {0}},
	{"backups", "target,important,every_days,last_ok,keep_days,offsite,restore_tested", {0}},
	{"logs", "log,kind,kept_days,fields_ok,reviewed", {0}},
	{"services", "service,important,mfa,checked", {0}},
	{"allowed_software", "name", {0}},
	{"firewall_rules", "asset,rule,direction,purpose,approved_by,reviewed", {0}},
	{"alerts", "alert,raised,judged,is_incident", {0}},
};

#define ADD(list, ...) yg_buf_addf(&lists[list].text, __VA_ARGS__)
#define YES(percent)   (chance(100) < (percent) ? "yes" : "no")

/* 20 facts: 1 machine, 1 settings, 8 programs, 5 updates, 1 protection, 2 accounts, 1 seen, 1
 * lesson. */
static void add_asset(uint32_t i)
{
	ADD(L_ASSETS, "PC-%05u,%s,Maker %u,M%u,OS %u,%s,Owner %u,Admin %u,LAN%u,192.0.2.%u-%u,%s\n",
	    i, kind_of(i), i % 7, i % 31, i % 5, chance(20) ? "2028-10-10" : "2025-10-14", i % 90,
	    i % 3, i % 12, i % 250, i / 250, day_back(500));
	ADD(L_SETTINGS, "PC-%05u,%s,%s,%s,%s,%u,%s,%s\n", i, YES(97), YES(95), YES(96), YES(98),
	    4 + chance(8), YES(90), day_back(400));
	for (uint32_t k = 0; k < 8; k++)
		ADD(L_SOFTWARE, "PC-%05u,Program %u,%u.%u,%s\n", i, chance(60), 1 + chance(9),
		    chance(20), chance(3) ? "" : day_back(400));
	for (uint32_t k = 0; k < 5; k++)
		ADD(L_UPDATES, "PC-%05u,CVE-2026-%u,%u.%u,%s,%s,%s\n", i, 1000 + k * 97 + i % 90,
		    chance(10), chance(10), day_back(90), chance(10) ? day_back(60) : "",
		    day_back(40));
	ADD(L_PROTECTION, "PC-%05u,AV,%s,%s,%s,%s\n", i, YES(98), day_back(10), day_back(40),
	    YES(80));
	for (uint32_t k = 0; k < 2; k++)
		ADD(L_ACCOUNTS, "Service %u,user%05u,Person %u,%s,%s,%s,%s,%s,%s\n", k, i, i,
		    chance(20) ? "user" : "admin", YES(95), YES(85), YES(50), day_back(300),
		    day_back(500));
	ADD(L_SEEN, "192.0.2.%u-%u,%s,%s\n", i % 250, i / 250 + (i % 97 == 0 ? 90 : 0), "",
	    day_back(5));
	ADD(L_TRAINING, "Person %u,%s,%s\n", i, i % 4 ? "mail" : "incident", day_back(500));
	if (i % 50 == 0)
		ADD(L_BOUNDARIES, "PC-%05u,%s,mfa,%s,%s\n", i, YES(95), YES(95), YES(90));
	if (i % 50 == 0)
		ADD(L_RULES, "PC-%05u,1,in,VPN,Admin,%s\n", i, day_back(500));
}

static void make_lists(void)
{
	for (uint32_t i = 0; i < LISTS; i++) {
		yg_buf_init(&lists[i].text, TEXT_MAX);
		ADD(i, "%s\n", lists[i].header);
	}
	for (uint32_t i = 0; i < ASSETS; i++)
		add_asset(i);
	for (uint32_t i = 0; i < 12; i++)
		ADD(L_NETWORKS, "LAN%u,Place %u,Office,%s,%s,%s\n", i, i, YES(80), day_back(500),
		    day_back(500));
	for (uint32_t i = 0; i < 30; i++)
		ADD(L_BACKUPS, "Data %u,%s,7,%s,90,%s,%s\n", i, YES(50), day_back(12), YES(90),
		    day_back(500));
	ADD(L_LOGS, "FW,firewall,180,yes,%s\nAD,auth,365,yes,%s\n", day_back(40), day_back(40));
	ADD(L_SERVICES, "Service 0,yes,yes,%s\nService 1,no,no,\n", day_back(400));
	for (uint32_t i = 0; i < 58; i++)
		ADD(L_ALLOWED, "Program %u\n", i);
	for (uint32_t i = 0; i < 40; i++)
		ADD(L_ALERTS, "%u,%s,%s,no\n", i, day_back(60), i % 9 ? DAY : "");
}

static void import(uint32_t list, struct yg_bytes text)
{
	struct yg_arena *arena = yg_arena_new(256u << 20);
	struct yg_table rows = table_text(text, arena);
	struct yg_inventory *inventory = NULL;
	struct yg_line_fault fault = {0};
	struct yg_inventory_in in = {.table = yg_bytes_str(lists[list].name),
				     .rows = &rows,
				     .day = yg_day_read(YG_S(DAY)),
				     .source = YG_S("W9")};

	if (yg_inventory_open(path, true, &inventory) != YG_OK)
		die("the facts file cannot be opened");
	if (yg_inventory_import(inventory, &in, NULL, &fault) != YG_OK)
		die(fault.msg);
	(void)yg_inventory_free(inventory);
	(void)yg_arena_free(arena);
}

static struct yg_bytes numbered(struct yg_bytes sql, uint32_t number)
{
	struct yg_buf text;

	yg_buf_init(&text, YG_QUERY_SQL_MAX);
	yg_buf_addf(&text, "-- %u\n%.*s", number, YG_FMT(sql));
	return yg_buf_bytes(&text); /* for as long as the program runs */
}

/* The queries of one node, while there is room. Returns the new count. */
static uint32_t add_queries(const struct yg_yaml *node, struct yg_assess_query queries[QUERIES],
			    uint32_t count)
{
	const struct yg_yaml *evidence = yg_yaml_get(node, "x_evidence");

	for (const struct yg_yaml *e = evidence ? evidence->first : NULL; e && count < QUERIES;
	     e = e->next)
		if (yg_yaml_text(e, "sql").size > 0) {
			queries[count].sql = numbered(yg_yaml_text(e, "sql"), count);
			count++;
		}
	return count;
}

static void read_queries(const char *file, struct yg_assess_query queries[QUERIES])
{
	struct yg_arena *arena = yg_arena_new(64u << 20); /* for as long as the program runs */
	struct yg_yaml_fault fault;
	const struct yg_yaml *docs;
	const struct yg_yaml *nodes;
	uint8_t *bytes;
	size_t size;
	uint32_t count = 0;
	uint32_t before;

	if (yg_io_read_file(file, TEXT_MAX, &bytes, &size) != YG_OK ||
	    yg_yaml_parse((struct yg_bytes){bytes, size}, arena, &docs, &fault) != YG_OK)
		die("the queries cannot be read");
	nodes = yg_yaml_get(yg_yaml_get(yg_yaml_get(docs->first, "objects"), "framework"),
			    "requirement_nodes");
	if (!nodes)
		die("the file holds no framework");
	/* Repeated until there is one for each criterion; numbered, so that no two are the same. */
	do {
		before = count;
		for (const struct yg_yaml *node = nodes->first; node; node = node->next)
			count = add_queries(node, queries, count);
	} while (count < QUERIES && count > before);
	if (count < QUERIES)
		die("the framework holds no query");
	free(bytes);
}

struct tally {
	uint64_t rows;
	uint64_t errors;
	uint64_t checks[5];
};

static int count_row(void *arg, uint32_t query, const struct yg_check_row *row, const char *error)
{
	struct tally *tally = arg;

	if (row) {
		tally->rows++;
		tally->checks[row->check]++;
	} else {
		tally->errors++;
		fprintf(stderr, "query %u: %s\n", query, error);
	}
	return YG_OK;
}

static struct tally run_all(struct yg_query_process *process,
			    const struct yg_assess_query queries[QUERIES])
{
	struct tally tally = {0};

	if (yg_query_process_run(process, NULL, yg_day_read(YG_S(DAY)), queries, QUERIES, count_row,
				 &tally) != YG_OK)
		die("the queries cannot be run");
	return tally;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *what, struct times *times, unsigned rounds)
{
	qsort(times->wall_ms, rounds, sizeof(double), by_size);
	qsort(times->cpu_ms, rounds, sizeof(double), by_size);
	printf("%-46s best %7.1f  median %7.1f ms; processor time best %7.1f  median %7.1f ms\n",
	       what, times->wall_ms[0], times->wall_ms[rounds / 2], times->cpu_ms[0],
	       times->cpu_ms[rounds / 2]);
}

static void measure_all(const struct yg_assess_query queries[QUERIES], unsigned rounds)
{
	static struct times times;
	struct tally tally = {0};

	for (unsigned round = 0; round < rounds; round++) {
		struct yg_query_process *process = yg_query_process_new(path);

		begin(&times);
		tally = run_all(process, queries);
		end(&times, round);
		(void)yg_query_process_free(process);
	}
	printf("rows %llu (ok %llu, alarm %llu, na %llu, unknown %llu), queries that failed %llu\n",
	       (unsigned long long)tally.rows, (unsigned long long)tally.checks[YG_CHECK_OK],
	       (unsigned long long)tally.checks[YG_CHECK_ALARM],
	       (unsigned long long)tally.checks[YG_CHECK_NA],
	       (unsigned long long)tally.checks[YG_CHECK_UNKNOWN],
	       (unsigned long long)tally.errors);
	report("all 153 queries", &times, rounds);
}

/* In the text of @list one day is another one. */
static void change_one_fact(uint32_t list)
{
	struct yg_buf *text = &lists[list].text;
	size_t at = yg_bytes_chr(yg_buf_bytes(text), '\n');

	/* The last digit of a line's day, where the next one is a day as well. */
	while (text->data[at] < '1' || text->data[at] > '8' || text->data[at + 1] != '\n' ||
	       text->data[at - 1] > '1' || text->data[at - 2] != '-')
		at++;
	text->data[at]++;
}

/* A new list with one fact changed comes in, then everything is evaluated again. */
static void measure_change(const struct yg_assess_query queries[QUERIES], uint32_t list,
			   unsigned rounds)
{
	static struct times coming;
	static struct times running;
	struct yg_query_process *process = yg_query_process_new(path);
	struct yg_query_process_counts before;
	struct yg_query_process_counts after = {0};
	char what[80];

	(void)run_all(process, queries);
	before = after;
	for (unsigned round = 0; round < rounds; round++) {
		begin(&coming);
		change_one_fact(list);
		import(list, yg_buf_bytes(&lists[list].text));
		end(&coming, round);
		before = yg_query_process_counts(process);
		begin(&running);
		(void)run_all(process, queries);
		end(&running, round);
		after = yg_query_process_counts(process);
	}
	(void)snprintf(what, sizeof(what), "one fact of %s: its list comes in", lists[list].name);
	report(what, &coming, rounds);
	(void)snprintf(what, sizeof(what), "one fact of %s: %llu queries run again",
		       lists[list].name, (unsigned long long)(after.run - before.run));
	report(what, &running, rounds);
	(void)yg_query_process_free(process);
}

int main(int argc, char **argv)
{
	static struct yg_assess_query queries[QUERIES];
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 7;
	struct yg_bytes texts[LISTS];
	uint8_t digest[YG_DIGEST_BYTES];
	char hex[2 * YG_DIGEST_BYTES + 1];
	double start;

	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX || !mkdtemp(folder))
		die("usage: bench_queries frameworks/scs-2026-03-27.yaml [ROUNDS]");
	(void)snprintf(path, sizeof(path), "%s/w9.facts", folder);
	make_lists();
	for (uint32_t i = 0; i < LISTS; i++)
		texts[i] = yg_buf_bytes(&lists[i].text);
	yg_digest_parts(texts, LISTS, digest);
	yg_hex((struct yg_bytes){digest, sizeof(digest)}, hex);
	printf("W9: %u machines, lists' digest %s\n", ASSETS, hex);
	read_queries(argv[1], queries);
	start = now_ms();
	for (uint32_t i = 0; i < LISTS; i++)
		import(i, texts[i]);
	printf("%-44s      %8.1f ms\n", "all lists come in, once", now_ms() - start);
	measure_all(queries, rounds);
	measure_change(queries, L_TRAINING, rounds);
	measure_change(queries, L_SETTINGS, rounds);
	measure_change(queries, L_ACCOUNTS, rounds);
	measure_change(queries, L_NETWORKS, rounds);
	measure_change(queries, L_ASSETS, rounds);
	(void)unlink(path);
	(void)rmdir(folder);
	return EXIT_SUCCESS;
}
