/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking back: what the own archive holds of a warning's list, up to the line from which new ones
 * are judged; told once, again where nobody knows; another list is another look; what is damaged on
 * the disk is looked for again.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/back-int.h"
#include "sensor/local.h"
#include "sensor/watch_set.h"

#include "base/ban.h"

#define NOW	(INT64_C(1795000000) * YG_NS_PER_S)
#define LINES	3000u
#define EVERY	10u /* one line of so many has the address that is looked for */
#define WAIT_MS 60000u
#define POLICY                                                                                     \
	"version: 1\nraw: false\ndetect:\n  built_in: false\n  from_hub: {indicators: true}\n"
#define NO_RAW	 "version: 1\nraw: true\ndetect:\n  on: true\n  from_hub: {indicators: true}\n"
#define NEVER	 POLICY "  look_back: 0\n"
#define HOLDS_IT POLICY "sources:\n- {name: '*auth*', leave: false}\n"
#define NAME	 "warning-00000000000000000000000000000001.csv"
#define PART	 "warning-00000000000000000000000000000001-2.csv"
#define HEAD	 "value,source,tlp,pap,confidence,valid_until,comment\n"

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

static char root[] = "/tmp/yagura-back-XXXXXX";
static struct yg_home home;
static struct yg_zone *zone;
static struct yg_names *names;
static uint64_t number;	  /* of the next line of the archive */
static int64_t arrive_ns; /* its lines come then */

static int64_t clock_now(void *arg)
{
	(void)arg;
	return NOW;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static void make_folder(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	MUST(mkdir(path, 0700) == 0);
}

static void write_text(const char *name, const char *text)
{
	char path[1100];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	MUST(yg_io_replace(path, yg_bytes_str(text), 0600) == YG_OK);
}

static void offer(const char *name, const char *values)
{
	char path[512], text[1024];

	(void)snprintf(path, sizeof(path), "detect/indicators/%s", name);
	(void)snprintf(text, sizeof(text), HEAD "%s", values);
	write_text(path, text);
}

/* ---- an archive with LINES lines ---- */

static size_t tap_take(void *arg, struct yg_event *event, struct yg_bytes source)
{
	yg_local_take(arg, event, source);
	return 0;
}

static void tap_undo(void *arg)
{
	yg_local_undo(arg);
}

static const char *as_it_is(const char *text)
{
	return text;
}

static void say(const char *format, ...)
{
	(void)format;
}

static struct yg_local *open_local(void)
{
	const struct yg_local_config config = {.state = root,
					       .org = "acme",
					       .bytes_max = YG_LOCAL_BYTES_DEFAULT,
					       .days = 366,
					       .now_ns = NOW,
					       .say = say,
					       .tr = as_it_is};
	struct yg_local *local = NULL;

	MUST(yg_local_open(&config, &local) == YG_OK);
	return local;
}

static void take_lines(struct yg_local *local, unsigned from, unsigned to)
{
	struct yg_lines_tap tap = {tap_take, tap_undo, local};
	struct yg_lines *lines = yg_lines_new("/var/log/auth.log", zone, names, NULL);
	struct yg_collect collect;

	yg_collect_init(&collect);
	collect.tap = &tap;
	for (unsigned n = from; n < to; n++) {
		char text[256] = "";
		struct yg_lines_text one = {.is_end = false, .take_all = true, .now_ns = arrive_ns};
		uint64_t count;
		size_t size;

		(void)snprintf(text, sizeof(text) - YG_LINES_PADDING,
			       "Nov 18 %02u:%02u:%02u box sshd[7]: Failed password for root from "
			       "%s port %u ssh2\n",
			       n / 3600, n / 60 % 60, n % 60,
			       n % EVERY == 0 ? "203.0.113.9" : "192.0.2.7", n);
		one.text = yg_bytes_str(text);
		MUST(yg_lines_take(lines, &one, &collect, &size, &count) == YG_OK);
		if (n % 500 == 499 || n + 1 == to) {
			yg_local_before(local, arrive_ns);
			yg_local_after(local, arrive_ns);
			yg_collect_reset(&collect);
		}
	}
	number = yg_local_number(local);
	yg_collect_done(&collect);
	(void)yg_lines_free(lines);
}

static void begin(bool with_archive)
{
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	MUST(mkdir(root, 0700) == 0);
	make_folder("detect");
	make_folder("detect/indicators");
	(void)snprintf(home.folder, sizeof(home.folder), "%s", root);
	number = 0;
	arrive_ns = NOW;
	if (with_archive) {
		struct yg_local *local = open_local();

		take_lines(local, 0, LINES);
		(void)yg_local_close(local, NOW);
	}
}

/* ---- a sensor, as far as it matters here ---- */

struct life {
	struct yg_sensor_policy *policy;
	struct yg_back *back;
	struct yg_collect collect;
};

static bool start(struct life *life, const char *policy)
{
	struct yg_back_config config = {
		.home = &home, .zone = zone, .names = names, .clock = {.now_ns = clock_now}};
	struct yg_line_fault fault;

	*life = (struct life){0};
	yg_collect_init(&life->collect);
	write_text("policy.yaml", policy);
	MUST(yg_sensor_policy_load(&home, NULL, true, &life->policy, &fault) == YG_OK);
	config.policy = life->policy;
	MUST(yg_back_open(&config, &life->back) == YG_OK);
	if (life->back)
		yg_back_set(
			life->back,
			yg_watch_set_signature(yg_sensor_policy_detect(life->policy), &home, true),
			number);
	return life->back != NULL;
}

static void end(struct life *life)
{
	(void)yg_back_close(life->back);
	(void)yg_sensor_policy_free(life->policy);
	yg_collect_done(&life->collect);
}

/* Wait for a look; its fields, owned. */
static json_t *told(struct life *life)
{
	struct yg_fault fault;
	json_t *record = NULL, *fields;

	for (unsigned ms = 0; ms < WAIT_MS && life->collect.count == 0; ms++) {
		MUST(yg_back_read(life->back, NOW, &life->collect) == YG_OK);
		if (life->collect.count == 0)
			(void)usleep(1000);
	}
	MUST(life->collect.count == 1);
	MUST(yg_json_load(yg_buf_bytes(&life->collect.content), 65536, &record, &fault) == YG_OK);
	fields = json_incref(json_object_get(record, "fields"));
	json_decref(record);
	yg_collect_reset(&life->collect);
	return fields;
}

static bool is_told(json_t *take_fields, const char *state, int64_t records, int64_t count)
{
	bool is = yg_bytes_eq(yg_json_text(take_fields, "look"), YG_S(NAME)) &&
		  yg_bytes_eq(yg_json_text(take_fields, "state"), yg_bytes_str(state)) &&
		  yg_json_int(take_fields, "records", -1) == records &&
		  yg_json_int(take_fields, "count", -1) == count;

	if (!is)
		(void)json_dumpf(take_fields, stderr, 0);
	json_decref(take_fields);
	return is;
}

/* The thread has looked at what was set, and found nothing to do: it says so on the disk. */
static bool has_saved(const char *what)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/detect/back.json", root);
	for (unsigned ms = 0; ms < WAIT_MS; ms++) {
		uint8_t *bytes = NULL;
		size_t size = 0;
		bool is = yg_io_read_file(path, 1u << 20, &bytes, &size) == YG_OK &&
			  yg_bytes_find((struct yg_bytes){bytes, size}, yg_bytes_str(what)) !=
				  SIZE_MAX;

		free(bytes);
		if (is)
			return true;
		(void)usleep(1000);
	}
	return false;
}

/* ---- cases ---- */

static void counted_once_and_told_once(void)
{
	struct life life;
	json_t *fields;

	begin(true);
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(start(&life, POLICY));
	fields = told(&life);
	CHECK(yg_bytes_starts(yg_json_text(fields, "first"), YG_S("2026-11-18T00:00:00")));
	CHECK(yg_bytes_starts(yg_json_text(fields, "last"), YG_S("2026-11-18T00:49:50")));
	CHECK(is_told(fields, "done", LINES, LINES / EVERY));
	end(&life); /* before its batch was on the disk */
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	yg_back_after(life.back);
	CHECK(has_saved("\"state\":3"));
	end(&life);
	CHECK(start(&life, POLICY));
	CHECK(has_saved("\"state\":3"));
	CHECK(yg_back_read(life.back, NOW, &life.collect) == YG_OK && life.collect.count == 0);
	/* A part more is another list. */
	offer(PART, "\"192.0.2.0/24\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	yg_back_set(life.back,
		    yg_watch_set_signature(yg_sensor_policy_detect(life.policy), &home, true),
		    number);
	CHECK(is_told(told(&life), "done", LINES, LINES));
	end(&life);
}

/* The life ends as if it had looked at 1,000 lines so far, up to @done, and found seven. */
static void end_within(struct life *life, uint64_t until, uint64_t done)
{
	char digest[2 * YG_DIGEST_BYTES + 1];
	char state[1024];

	(void)pthread_mutex_lock(&life->back->lock);
	memcpy(digest, life->back->looks[0].digest, sizeof(digest));
	(void)pthread_mutex_unlock(&life->back->lock);
	end(life);
	(void)snprintf(state, sizeof(state),
		       "{\"v\":1,\"looks\":[{\"name\":\"" NAME
		       "\",\"digest\":\"%s\",\"state\":0,\"number\":%llu,\"done\":%llu,"
		       "\"from_ms\":1794000000000,\"to_ms\":1795000000000,\"records\":1000,"
		       "\"count\":7}]}",
		       digest, (unsigned long long)until, (unsigned long long)done);
	write_text("detect/back.json", state);
}

/* What comes later is judged when it comes; a look that was begun goes on where it was. */
static void up_to_a_line_and_from_a_line(void)
{
	struct yg_local *local;
	struct life life;
	uint64_t until;

	begin(true);
	until = number;
	local = open_local();
	take_lines(local, LINES, LINES + 500);
	(void)yg_local_close(local, NOW);
	number = until;
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	CHECK(has_saved("\"state\":1"));
	/* Of the first 1,000 lines a former life has found seven. */
	end_within(&life, until, until - LINES + 1000);
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, 7 + (LINES - 1000) / EVERY));
	end(&life);
	/* Damaged: all of it once more. */
	write_text("detect/back.json", "{\"v\":1,\"looks\":[{");
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	end(&life);
}

/* Later lines stand in the file of an earlier hour: they are looked at first, and all the same the
 * others are; where a look goes on, nobody knows which ones were, and it begins again. */
static void the_clock_was_set_back(void)
{
	struct yg_local *local;
	struct life life;

	begin(false);
	local = open_local();
	take_lines(local, 0, LINES / 2);
	arrive_ns -= 3600 * YG_NS_PER_S;
	take_lines(local, LINES / 2, LINES);
	(void)yg_local_close(local, NOW);
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	CHECK(has_saved("\"state\":1"));
	end_within(&life, number, number);
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	end(&life);
}

/* A file that cannot be read is damaged for those who wanted it, once; the others are looked at. */
static void a_file_that_cannot_be_read(void)
{
	struct yg_civil day = yg_time_civil(NOW, 0);
	char name[512];
	struct life life;
	json_t *fields;

	begin(true);
	for (unsigned part = 7; part < 9; part++) {
		(void)snprintf(name, sizeof(name),
			       "%s/archive/acme/%04d/%02u/%02u/%02u-%03u.ndjson.zst", root,
			       (int)day.year, day.month, day.day, day.hour, part);
		MUST(symlink(name, name) == 0); /* YG_EIO, also for root */
	}
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(start(&life, POLICY));
	fields = told(&life);
	CHECK(yg_json_int(fields, "damaged", -1) == 2);
	CHECK(is_told(fields, "done", LINES, LINES / EVERY));
	CHECK(has_saved("\"damaged\":2"));
	/* A life that ended behind them, before it could say so, does not count them again. */
	(void)pthread_mutex_lock(&life.back->lock);
	life.back->looks[0].state = YG_BACK_WAITS;
	(void)pthread_mutex_unlock(&life.back->lock);
	end(&life);
	CHECK(start(&life, POLICY));
	fields = told(&life);
	CHECK(yg_json_int(fields, "damaged", -1) == 2);
	CHECK(is_told(fields, "done", LINES, LINES / EVERY));
	end(&life);
}

/* A list that cannot be read for a moment is looked for afterwards, without another change. */
static void a_list_that_cannot_be_read_at_first(void)
{
	struct life life;
	uint64_t signature;
	char name[512];

	begin(true);
	CHECK(start(&life, POLICY)); /* nothing to look for */
	CHECK(has_saved("\"looks\":[]"));
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	signature = yg_watch_set_signature(yg_sensor_policy_detect(life.policy), &home, true);
	(void)snprintf(name, sizeof(name), "%s/detect/indicators/" PART, root);
	MUST(symlink(name, name) == 0); /* YG_EIO, also for root */
	yg_back_set(life.back, signature, number);
	(void)usleep(300000); /* it is tried; where it is not yet, the case says less */
	MUST(unlink(name) == 0);
	CHECK(is_told(told(&life), "done", LINES, LINES / EVERY));
	end(&life);
}

static void only_what_the_local_file_lets(void)
{
	struct life life;

	begin(true);
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(!start(&life, NO_RAW)); /* the hub has the records */
	end(&life);
	CHECK(!start(&life, NEVER));
	end(&life);
	/* Records that no finding may speak of do not count. */
	CHECK(start(&life, HOLDS_IT));
	CHECK(is_told(told(&life), "done", LINES, 0));
	end(&life);
}

static void without_an_archive_nothing_was_looked_at(void)
{
	struct life life;

	begin(false);
	offer(NAME, "\"203.0.113.9\",\"w\",\"amber\",\"amber\",0,2099-01-01T00:00:00Z,\"x\"\n");
	CHECK(start(&life, POLICY));
	CHECK(is_told(told(&life), "none", -1, -1));
	end(&life);
}

static const struct check_case cases[] = {
	CASE(counted_once_and_told_once),
	CASE(up_to_a_line_and_from_a_line),
	CASE(the_clock_was_set_back),
	CASE(a_file_that_cannot_be_read),
	CASE(a_list_that_cannot_be_read_at_first),
	CASE(only_what_the_local_file_lets),
	CASE(without_an_archive_nothing_was_looked_at),
};

int main(void)
{
	int status;

	MUST(mkdtemp(root));
	MUST(yg_zone_load("UTC", &zone) == YG_OK);
	names = yg_names_new();
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)yg_names_free(names);
	(void)yg_zone_free(zone);
	return status;
}
