/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Local detection: whatever is killed, each finding leaves once, and correlations count on; what is
 * damaged on the disk is said and harms nobody; the hub's offers are taken within what was let.
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
#include "sensor/offer.h"
#include "sensor/watch-int.h"

#include "base/ban.h"

#define NOW   (INT64_C(1795000000) * YG_NS_PER_S)
#define LINES 240u
#define CHUNK 7u

#define POLICY                                                                                     \
	"version: 1\nraw: false\nfields:\n- {field: user, mask: hash}\ndetect:\n"                  \
	"  built_in: false\n  rules: [%s/rules]\n  indicators: [%s/lists]\n"
#define RULES                                                                                      \
	"title: Planted\nid: 00000000-0000-4000-8000-000000000001\n"                               \
	"logsource: {product: linux, service: sshd}\ndetection:\n"                                 \
	"  sel: {message|contains: 'planted'}\n  condition: sel\nlevel: high\n---\n"               \
	"title: Base\nid: 00000000-0000-4000-8000-000000000002\nname: base\n"                      \
	"logsource: {product: linux, service: sshd}\ndetection:\n"                                 \
	"  sel: {message|contains: 'knock'}\n  condition: sel\nlevel: low\n---\n"                  \
	"title: Many\nid: 00000000-0000-4000-8000-000000000003\ncorrelation:\n"                    \
	"  type: event_count\n  rules: [base]\n  group-by: [program]\n  timespan: 2h\n"            \
	"  condition: {gte: 64}\nlevel: high\n---\n"                                               \
	"title: More than there are\nid: 00000000-0000-4000-8000-000000000004\n"                   \
	"correlation:\n  type: event_count\n  rules: [base]\n  group-by: [program]\n"              \
	"  timespan: 2h\n  condition: {gte: 65}\nlevel: high\n"

static char root[] = "/tmp/yagura-watch-XXXXXX";
static struct yg_home home;
static struct yg_sensor_policy *policy;
static struct yg_zone *zone;
static uint64_t seed = 20261125;

static unsigned chance(unsigned of)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)(seed >> 33) % of;
}

static int write_text(const char *name, const char *text)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return yg_io_replace(path, yg_bytes_str(text), 0600);
}

static void fill_folder(void)
{
	char text[2048];
	struct yg_line_fault fault;
	char path[512];

	CHECK(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/rules", root);
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/lists", root);
	CHECK(mkdir(path, 0700) == 0);
	(void)snprintf(text, sizeof(text), POLICY, root, root);
	CHECK(write_text("policy.yaml", text) == YG_OK);
	CHECK(write_text("rules/r.yml", RULES) == YG_OK);
	CHECK(write_text("lists/l.txt", "203.0.113.9\n") == YG_OK);
	(void)snprintf(home.folder, sizeof(home.folder), "%s", root);
	CHECK(yg_sensor_policy_load(&home, NULL, true, &policy, &fault) == YG_OK);
	CHECK(yg_zone_load("UTC", &zone) == YG_OK);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static void forget_state(void)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/detect", root);
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void write_line(unsigned n, char *to, size_t room)
{
	const char *what = n % 5 == 1 ? "planted" : n % 3 == 0 ? "knock" : "quiet";

	(void)snprintf(
		to, room,
		"Nov 21 08:%02u:%02u box sshd[7]: Failed password for user%u from 203.0.113.%u "
		"port 22 ssh2 %s %u\n",
		n / 60, n % 60, n, n % 200 == 9 ? 9 : 10, what, n);
}

/* ---- a sensor, as far as it matters here ---- */

struct life {
	struct yg_watch *watch;
	struct yg_names *names;
	struct yg_lines *lines;
	struct yg_collect collect;
	struct yg_lines_tap tap;
};

static size_t tap_take(void *arg, struct yg_event *event, struct yg_bytes source)
{
	struct life *life = arg;

	return yg_watch_take(life->watch, event, source, NOW);
}

static void tap_undo(void *arg)
{
	yg_watch_undo(((struct life *)arg)->watch);
}

static bool begin(struct life *life, uint64_t number)
{
	struct yg_watch_config config = {
		.home = &home, .policy = policy, .zone = zone, .number = number};

	*life = (struct life){.names = yg_names_new()};
	yg_collect_init(&life->collect);
	life->tap = (struct yg_lines_tap){tap_take, tap_undo, life};
	life->collect.tap = &life->tap;
	life->lines = yg_lines_new("/var/log/auth.log", zone, life->names,
				   yg_sensor_policy_filter(policy));
	return life->names && life->lines && yg_watch_open(&config, &life->watch) == YG_OK;
}

/* @is_killed: nothing is written any more. */
static void end(struct life *life, bool is_killed)
{
	if (is_killed && life->watch)
		life->watch->is_broken = true;
	(void)yg_watch_close(life->watch);
	(void)yg_lines_free(life->lines);
	(void)yg_names_free(life->names);
	yg_collect_done(&life->collect);
}

static int take_lines(struct life *life, unsigned from, unsigned to)
{
	struct yg_buf text;
	struct yg_lines_text now = {.is_end = true, .take_all = true, .now_ns = NOW};
	uint64_t feeds;
	size_t size;
	char line[256];
	int rc;

	yg_buf_init(&text, 1u << 20);
	for (unsigned n = from; n < to; n++) {
		write_line(n, line, sizeof(line));
		yg_buf_add_str(&text, line);
	}
	now.text = yg_buf_bytes(&text);
	(void)!yg_buf_reserve(&text, YG_LINES_PADDING);
	now.text.data = text.data;
	rc = yg_lines_take(life->lines, &now, &life->collect, &size, &feeds);
	yg_buf_done(&text);
	return rc;
}

struct sums {
	unsigned planted, base, many, never, indicator, lines;
};

static unsigned count_of(struct yg_bytes text, const char *word)
{
	unsigned count = 0;
	size_t at;

	while ((at = yg_bytes_find(text, yg_bytes_str(word))) != SIZE_MAX) {
		const char *counted = "\"count\":";
		struct yg_bytes rest = yg_bytes_from(text, at);
		size_t number = yg_bytes_find(rest, yg_bytes_str(counted));
		uint64_t value = 0;
		struct yg_bytes digits = yg_bytes_from(rest, number + strlen(counted));

		(void)yg_bytes_u64(yg_bytes_cut(digits, 0, yg_bytes_chr(digits, ',')), &value);
		count += (unsigned)value;
		text = yg_bytes_from(rest, strlen(word));
	}
	return count;
}

static void add_sums(struct sums *to, const struct yg_collect *collect)
{
	struct yg_bytes text = yg_buf_bytes(&collect->content);

	to->planted += count_of(text, "\"rule\":\"00000000-0000-4000-8000-000000000001\"");
	to->base += count_of(text, "\"rule\":\"00000000-0000-4000-8000-000000000002\"");
	to->many += count_of(text, "\"rule\":\"00000000-0000-4000-8000-000000000003\"");
	to->never += count_of(text, "\"rule\":\"00000000-0000-4000-8000-000000000004\"");
	to->indicator += count_of(text, "\"rule\":\"yagura-indicator-address\"");
	to->lines += collect->count;
}

/*
 * All lines, with commits after every few; with probability 1 : @kills the life ends somewhere: as
 * it was read, judged but not committed, or committed.
 */
static bool run(unsigned kills, struct sums *ret)
{
	uint64_t number = 0;
	unsigned at = 0;
	struct life life;
	bool is_right = begin(&life, 0);

	*ret = (struct sums){0};
	while (is_right && at < LINES) {
		unsigned next = at + 1 + chance(CHUNK);
		unsigned to = next < LINES ? next : LINES;
		unsigned where = kills > 0 && chance(kills) == 0 ? 1 + chance(4) : 0;

		is_right = take_lines(&life, at, to) == YG_OK;
		if (where != 1)
			is_right &= yg_watch_before(life.watch, NOW, &life.collect) == YG_OK;
		if (where != 1 && where != 2) { /* committed */
			number = yg_watch_number(life.watch);
			add_sums(ret, &life.collect);
			at = to;
			if (where != 3) {
				yg_watch_after(life.watch);
				if (chance(10) == 0)
					is_right &= yg_watch_save(life.watch) == YG_OK;
			}
		}
		yg_collect_reset(&life.collect);
		if (where > 0) {
			end(&life, true);
			is_right &= begin(&life, number);
		}
	}
	end(&life, false);
	return is_right;
}

static void once_each(void)
{
	struct sums plain;

	printf("seed %llu\n", (unsigned long long)seed);
	CHECK(run(0, &plain));
	CHECK(plain.planted == LINES / 5 && plain.many == 1 && plain.indicator == 2);
	CHECK(plain.never == 0); /* 64 knocks: counted once each */
	for (unsigned i = 0; i < 12; i++) {
		struct sums killed;

		forget_state();
		CHECK(run(2 + i % 4, &killed));
		CHECK(killed.planted == plain.planted && killed.base == plain.base);
		CHECK(killed.many == plain.many && killed.never == 0 &&
		      killed.indicator == plain.indicator);
	}
	forget_state();
}

/* Nothing of the raw line, no user that is masked: in the batch, in state and in log of others. */
static void no_raw_bytes(void)
{
	struct yg_bytes text;
	struct life life;

	CHECK(begin(&life, 0));
	CHECK(take_lines(&life, 0, 60) == YG_OK);
	CHECK(yg_watch_before(life.watch, NOW, &life.collect) == YG_OK);
	text = yg_buf_bytes(&life.collect.content);
	CHECK(life.collect.count > 0 && yg_bytes_find(text, YG_S("Planted")) != SIZE_MAX);
	CHECK(yg_bytes_find(text, YG_S("user")) == SIZE_MAX);
	CHECK(yg_bytes_find(text, YG_S("Failed password")) == SIZE_MAX);
	CHECK(yg_bytes_find(text, YG_S("203.0.113.9")) != SIZE_MAX); /* it is not masked here */
	/* The same again adds nothing: the commit is tried once more. */
	CHECK(yg_watch_before(life.watch, NOW, &life.collect) == YG_OK);
	CHECK(yg_buf_bytes(&life.collect.content).size == text.size);
	end(&life, true);
	forget_state();
}

/* Any byte of the state that differs: it is not used, and the sensor goes on. */
static void damaged_state(void)
{
	uint8_t *bytes = NULL;
	char path[512];
	struct life life;
	size_t size = 0;

	CHECK(begin(&life, 0));
	CHECK(take_lines(&life, 0, 60) == YG_OK);
	CHECK(yg_watch_before(life.watch, NOW, &life.collect) == YG_OK);
	yg_watch_after(life.watch);
	CHECK(yg_watch_save(life.watch) == YG_OK);
	end(&life, false);
	(void)snprintf(path, sizeof(path), "%s/detect/state", root);
	CHECK(yg_io_read_file(path, 1u << 20, &bytes, &size) == YG_OK && size > 100);
	CHECK(begin(&life, 1));
	for (size_t i = 0; i < size; i += 1 + size / 200) {
		struct yg_bytes state = {bytes, size};

		CHECK(yg_watch_state_read(life.watch, yg_bytes_cut(state, 0, i)) != YG_OK);
		bytes[i] ^= 0x40;
		CHECK(yg_watch_state_read(life.watch, state) != YG_OK);
		bytes[i] ^= 0x40;
	}
	end(&life, true);
	bytes[size / 2] ^= 1;
	CHECK(yg_io_replace(path, (struct yg_bytes){bytes, size}, 0600) == YG_OK);
	free(bytes);
	CHECK(begin(&life, 1)); /* said; begins anew */
	CHECK(take_lines(&life, 60, 61) == YG_OK);
	CHECK(yg_watch_before(life.watch, NOW, &life.collect) == YG_OK);
	end(&life, true);
	forget_state();
}

/* More bundles than are told one by one: rule and source remain, no finding is missing. */
static void many_bundles(void)
{
	struct sums sums = {0};
	struct life life;
	char text[128];
	const struct yg_rule_info rule = {.id = YG_S("00000000-0000-4000-8000-000000000001"),
					  .title = YG_S("Planted")};

	CHECK(begin(&life, 0));
	for (unsigned n = 0; n < YG_WATCH_BUNDLES_MAX + 500; n++) {
		struct yg_finding finding = {.rule = &rule,
					     .time_ns = NOW,
					     .source = YG_S("/var/log/auth.log"),
					     .position = 1};

		if (n == 0)
			CHECK(take_lines(&life, 1, 2) == YG_OK);
		(void)snprintf(text, sizeof(text), "value-%u", n);
		finding.matched = yg_bytes_str(text);
		memcpy(finding.id, &n, sizeof(n));
		life.watch->at = 0;
		CHECK(yg_watch_on_finding(life.watch, &finding) == YG_OK);
	}
	CHECK(life.watch->bundle_count == YG_WATCH_BUNDLES_MAX + 1);
	CHECK(yg_watch_write(life.watch, NOW, &life.collect) == YG_OK);
	add_sums(&sums, &life.collect);
	CHECK(sums.planted == YG_WATCH_BUNDLES_MAX + 500);
	end(&life, true);
	forget_state();
}

/* Values as long as they may be, and of all sorts: the batch stays one that the hub takes. */
static void long_values(void)
{
	const struct yg_rule_info rule = {.id = YG_S("00000000-0000-4000-8000-000000000001"),
					  .title = YG_S("Planted")};
	struct yg_wire_batch batch = {.first_ns = NOW, .last_ns = NOW};
	char text[1024];
	struct sums sums = {0};
	struct yg_buf packed;
	struct life life;

	CHECK(begin(&life, 0));
	CHECK(take_lines(&life, 1, 2) == YG_OK);
	for (unsigned n = 0; n < YG_WATCH_BUNDLES_MAX; n++) {
		const struct yg_bytes value = {(const uint8_t *)text, sizeof(text)};
		struct yg_finding finding = {.rule = &rule,
					     .time_ns = NOW,
					     .source = YG_S("/var/log/auth.log"),
					     .position = 1,
					     .matched = value};

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (char)(1 + chance(126));
		memcpy(finding.id, &n, sizeof(n));
		life.watch->at = 0;
		CHECK(yg_watch_on_finding(life.watch, &finding) == YG_OK);
		life.watch->bundles[n].matched = value; /* as without masks */
		CHECK(yg_arena_dup(life.watch->arena, value, &life.watch->bundles[n].matched));
	}
	CHECK(yg_watch_write(life.watch, NOW, &life.collect) == YG_OK);
	add_sums(&sums, &life.collect);
	CHECK(sums.planted == YG_WATCH_BUNDLES_MAX && life.watch->counts.lost == 0);
	CHECK(life.collect.content.size > YG_WATCH_VALUES_MAX);
	CHECK(life.collect.content.size < YG_WATCH_BYTES_MAX + YG_WIRE_LINE_MAX);
	yg_buf_init(&packed, YG_WIRE_CONTENT_MAX);
	CHECK(yg_wire_pack(yg_buf_bytes(&life.collect.content), &batch, &packed) == YG_OK);
	CHECK(packed.size < YG_WIRE_PACKED_MAX);
	yg_buf_done(&packed);
	end(&life, true);
	forget_state();
}

static int offer(const struct yg_detect_settings *settings, const char *body)
{
	json_t *value = json_loads(body, 0, NULL);
	const char *why;
	int rc = value ? yg_offer_take(&home, settings, value, &why) : YG_ENOMEM;

	json_decref(value);
	return rc;
}

static void offers(void)
{
	struct yg_detect_settings *s = yg_calloc(1, sizeof(*s));
	char path[512];

	CHECK(s);
	s->is_on = true;
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\",\"text\":\"x\"}") == YG_EACCES);
	s->takes_rules = true;
	CHECK(offer(s, "{\"what\":\"indicators\",\"name\":\"a\",\"text\":\"x\"}") == YG_EACCES);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"../a.yml\",\"text\":\"x\"}") == YG_EINVAL);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\".a.yml\",\"text\":\"x\"}") == YG_EINVAL);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.txt\",\"text\":\"x\"}") == YG_EINVAL);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\"}") == YG_EINVAL);
	CHECK(offer(s, "{\"what\":\"other\",\"name\":\"a.yml\",\"text\":\"x\"}") == YG_EINVAL);
	CHECK(offer(s, "{}") == YG_EINVAL);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\",\"text\":\"x\"}") == YG_OK);
	(void)snprintf(path, sizeof(path), "%s/detect/rules/a.yml", root);
	CHECK(access(path, R_OK) == 0);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\",\"remove\":true}") == YG_OK);
	CHECK(access(path, R_OK) != 0);
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\",\"remove\":true}") == YG_OK);
	s->is_on = false;
	CHECK(offer(s, "{\"what\":\"rules\",\"name\":\"a.yml\",\"text\":\"x\"}") == YG_EACCES);
	free(s);
	forget_state();
}

int main(void)
{
	static const struct check_case cases[] = {
		CASE(fill_folder),  CASE(once_each),   CASE(no_raw_bytes), CASE(damaged_state),
		CASE(many_bundles), CASE(long_values), CASE(offers)};
	int failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	(void)yg_sensor_policy_free(policy);
	(void)yg_zone_free(zone);
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return failed;
}
