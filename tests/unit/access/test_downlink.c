/* SPDX-License-Identifier: Apache-2.0 */
/* What sensors are sent is in the register once, for as long as somebody waits for it. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "access/enrol.h"
#include "base/buf.h"

#include "base/ban.h"

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define SENSORS	   60u
#define PIECES	   5u
#define PIECE_SIZE 100000u

static char folder[128];
static char path[160];
static struct yg_control *store;
static struct yg_enrol *enrol;

static int64_t tell(void *arg)
{
	(void)arg;
	return INT64_C(1700000000) * YG_NS_PER_S;
}

static void stop(void)
{
	enrol = yg_enrol_free(enrol);
	store = yg_control_free(store);
}

static bool start(void)
{
	return yg_control_open_sqlite(path, true, &store) == YG_OK &&
	       yg_enrol_new(store, (struct yg_clock){.now_ns = tell}, "hub", &enrol) == YG_OK;
}

static void begin_anew(void)
{
	stop();
	(void)unlink(path);
	CHECK(start());
	CHECK(yg_enrol_add_org(enrol, "acme", NULL) == YG_OK);
}

static int enter(unsigned number)
{
	struct yg_enrol_sensor sensor = {.org = "acme", .fingerprint = {1}};
	struct yg_enrol_token token;
	char text[YG_ENROL_TOKEN_HEX + 1];
	int rc = yg_enrol_token_new(enrol, "acme", 60, text);

	(void)snprintf(sensor.id, sizeof(sensor.id), "s%u", number);
	if (rc == YG_OK)
		rc = yg_enrol_token_look(enrol, yg_bytes_str(text), &token);
	return rc == YG_OK ? yg_enrol_sensor_add(enrol, &token, &sensor) : rc;
}

/* {"name":"N.csv","text":"…"}, canonical: what a sensor is sent is this to the byte. */
static void body_of(struct yg_buf *to, unsigned piece)
{
	yg_buf_reset(to);
	yg_buf_addf(to, "{\"name\":\"%u.csv\",\"text\":\"", piece);
	for (unsigned i = 0; i < PIECE_SIZE / 16; i++)
		yg_buf_addf(to, "%08x.test\\n", piece << 24 | i);
	yg_buf_add_str(to, "\"}");
}

/* Of the file, when nobody has it open. */
static size_t file_size(void)
{
	struct stat st = {0};

	stop();
	MUST(stat(path, &st) == 0);
	MUST(start());
	return (size_t)st.st_size;
}

static int add_all(unsigned sensors)
{
	struct yg_buf body;
	int rc = YG_OK;

	yg_buf_init(&body, YG_ENROL_BODY_MAX);
	for (unsigned piece = 0; rc == YG_OK && piece < PIECES; piece++) {
		body_of(&body, piece);
		for (unsigned n = 0; rc == YG_OK && n < sensors; n++) {
			char name[32];
			uint64_t number;

			(void)snprintf(name, sizeof(name), "acme/s%u", n);
			rc = yg_enrol_down_add(enrol, name, "detect", yg_buf_bytes(&body), &number);
			if (rc == YG_OK && number != piece + 1)
				rc = YG_EFORMAT;
		}
	}
	yg_buf_done(&body);
	return rc;
}

struct seen {
	unsigned count;
	bool is_right;
};

static int see(void *arg, const struct yg_enrol_down *down)
{
	struct seen *seen = arg;
	struct yg_buf body;

	yg_buf_init(&body, YG_ENROL_BODY_MAX);
	body_of(&body, (unsigned)down->number - 1);
	seen->is_right = seen->is_right && strcmp(down->kind, "detect") == 0 &&
			 down->time_ns == tell(NULL) &&
			 yg_bytes_eq(down->body, yg_buf_bytes(&body));
	seen->count++;
	yg_buf_done(&body);
	return YG_OK;
}

/* How many wait for sensor @number, each as it was given. */
static unsigned waiting(unsigned number)
{
	struct seen seen = {.is_right = true};
	char id[32];

	(void)snprintf(id, sizeof(id), "s%u", number);
	MUST(yg_enrol_down_list(enrol, id, 0, 64, see, &seen) == YG_OK && seen.is_right);
	return seen.count;
}

static void a_list_for_many_is_about_one_copy(void)
{
	size_t before, after;

	begin_anew();
	for (unsigned n = 0; n < SENSORS; n++)
		CHECK(enter(n) == YG_OK);
	before = file_size();
	CHECK(add_all(SENSORS) == YG_OK);
	after = file_size();
	/* One copy is 500 kB, and one for each would be 30 MB. A message more is some rows. */
	CHECK(after - before > (size_t)PIECES * PIECE_SIZE * 9 / 10);
	CHECK(after - before < (size_t)PIECES * PIECE_SIZE * 3 / 2);
	for (unsigned n = 0; n < SENSORS; n += 7)
		CHECK(waiting(n) == PIECES);
	/* Nor do their answers write it again: what was said of it stays, without it. */
	for (unsigned n = 0; n < SENSORS; n++) {
		char id[32];

		(void)snprintf(id, sizeof(id), "s%u", n);
		for (uint64_t number = 1; number <= PIECES; number++)
			CHECK(yg_enrol_down_answer(enrol, id, number, number % 2, "why") == YG_OK);
	}
	CHECK(file_size() - before < (size_t)PIECES * PIECE_SIZE * 2);
	/* And the room of it is free for the next. */
	after = file_size();
	CHECK(enter(SENSORS) == YG_OK && waiting(SENSORS) == 0);
	for (unsigned piece = 0; piece < PIECES; piece++) {
		struct yg_buf body;
		uint64_t number;

		yg_buf_init(&body, YG_ENROL_BODY_MAX);
		body_of(&body, piece);
		CHECK(yg_enrol_down_add(enrol, "s60", "detect", yg_buf_bytes(&body), &number) ==
		      YG_OK);
		yg_buf_done(&body);
	}
	CHECK(waiting(SENSORS) == PIECES && file_size() < after + PIECE_SIZE);
}

static int note_holds(void *arg, struct yg_bytes bytes)
{
	*(size_t *)arg = bytes.size;
	return YG_OK;
}

/* Does message @number of @id hold its body? */
static bool holds(const char *id, unsigned number)
{
	size_t size = 0;
	char key[64];

	(void)snprintf(key, sizeof(key), "%s/%016u", id, number);
	return yg_control_shared(store, YG_S("hub"), YG_S("down"), yg_bytes_str(key), note_holds,
				 &size) == YG_OK &&
	       size > PIECE_SIZE / 2;
}

static void a_revoked_one_holds_nothing(void)
{
	enum yg_enrol_down_state state;
	uint64_t number;
	char why[32];

	begin_anew();
	CHECK(enter(0) == YG_OK && enter(1) == YG_OK);
	CHECK(add_all(2) == YG_OK);
	CHECK(yg_enrol_down_answer(enrol, "s0", 1, true, "") == YG_OK && !holds("s0", 1));
	CHECK(yg_enrol_sensor_revoke(enrol, "s0") == YG_OK);
	for (unsigned n = 1; n <= PIECES; n++)
		CHECK(!holds("s0", n) && holds("s1", n));
	CHECK(waiting(0) == 0 && waiting(1) == PIECES);
	/* What became of its messages is known as before. */
	CHECK(yg_enrol_down_look(enrol, "s0", 1, &state, why, sizeof(why)) == YG_OK &&
	      state == YG_ENROL_DOWN_APPLIED);
	CHECK(yg_enrol_down_look(enrol, "s0", 2, &state, why, sizeof(why)) == YG_OK &&
	      state == YG_ENROL_DOWN_WAITS);
	/* Nothing more is queued for it, by whoever. */
	CHECK(yg_enrol_down_add(enrol, "s0", "ping", YG_S("{}"), &number) == YG_ENOENT);
	CHECK(yg_enrol_down_settle(enrol) == YG_OK);
	CHECK(yg_enrol_sensor_revoke(enrol, "s0") == YG_OK);
}

/* The register as an earlier version would have it: the body in the queue itself. */
static int put_old(const char *key, bool is_answered, unsigned piece, uint32_t expected)
{
	struct yg_buf body, text;
	struct yg_doc_put put = {.org = YG_S("hub"),
				 .kind = YG_S("down"),
				 .key = yg_bytes_str(key),
				 .expected = expected,
				 .time_ns = tell(NULL),
				 .actor = YG_S("hub")};
	int rc;

	yg_buf_init(&body, YG_ENROL_BODY_MAX);
	yg_buf_init(&text, 2 * YG_ENROL_BODY_MAX);
	body_of(&body, piece);
	yg_buf_addf(&text, "{\"answered\":%s,\"body\":%.*s,\"kind\":\"detect\",\"number\":%u,",
		    is_answered ? "true" : "false", YG_FMT(yg_buf_bytes(&body)), piece + 1);
	yg_buf_addf(&text, "%s\"time\":%lld}", is_answered ? "\"status\":\"applied\"," : "",
		    (long long)(tell(NULL) / YG_NS_PER_S));
	put.body = yg_buf_bytes(&text);
	rc = yg_control_put(store, &put, NULL);
	yg_buf_done(&text);
	yg_buf_done(&body);
	return rc;
}

static void what_an_earlier_version_queued_is_sent_as_it_was(void)
{
	enum yg_enrol_down_state state;
	uint64_t number;
	char why[32];

	begin_anew();
	CHECK(enter(0) == YG_OK && enter(1) == YG_OK);
	CHECK(put_old("s0/0000000000000001", false, 0, 0) == YG_OK);
	CHECK(put_old("s0/0000000000000001", true, 0, 1) == YG_OK);
	CHECK(put_old("s0/0000000000000002", false, 1, 0) == YG_OK);
	CHECK(put_old("s0/0000000000000003", false, 2, 0) == YG_OK);
	CHECK(put_old("s1/0000000000000001", false, 0, 0) == YG_OK);
	CHECK(yg_enrol_down_floor(enrol, "s0", 3) == YG_OK);
	CHECK(waiting(0) == 2 && waiting(1) == 1);
	/* It is answered before its turn: the body goes out of it then. */
	CHECK(yg_enrol_down_answer(enrol, "s0", 2, true, "") == YG_OK && waiting(0) == 1);
	CHECK(yg_enrol_down_look(enrol, "s0", 2, &state, why, sizeof(why)) == YG_OK &&
	      state == YG_ENROL_DOWN_APPLIED);
	CHECK(yg_enrol_down_add(enrol, "s0", "ping", YG_S("{}"), &number) == YG_OK && number == 4);
	CHECK(yg_enrol_down_answer(enrol, "s0", 4, true, "") == YG_OK);
	/* And one is revoked before: nobody gets it any more. */
	CHECK(yg_enrol_sensor_revoke(enrol, "acme/s1") == YG_OK && waiting(1) == 0);
	CHECK(waiting(0) == 1 && !holds("s0", 3));
}

/* Revoked by an earlier version: what waits for it is let go in turns. */
static void queues_of_those_that_were_revoked_are_settled(void)
{
	struct yg_doc_put put = {.org = YG_S("hub"),
				 .kind = YG_S("sensor"),
				 .key = YG_S("acme/s1"),
				 .body = YG_S("{\"enrolled\":5,\"fingerprint\":\""
					      "01000000000000000000000000000000"
					      "00000000000000000000000000000000"
					      "\",\"host\":\"\",\"id\":\"s1\",\"org\":\"acme\","
					      "\"revoked\":true,\"until\":5}"),
				 .expected = YG_REVISION_ANY,
				 .time_ns = tell(NULL),
				 .actor = YG_S("hub")};
	struct yg_enrol_sensor sensor;
	char key[64];

	begin_anew();
	CHECK(enter(0) == YG_OK && enter(1) == YG_OK);
	CHECK(add_all(2) == YG_OK);
	for (unsigned n = 0; n < 200; n++) {
		(void)snprintf(key, sizeof(key), "s1/%016u", 10 + n);
		CHECK(put_old(key, false, n % PIECES, 0) == YG_OK);
	}
	CHECK(yg_control_put(store, &put, NULL) == YG_OK);
	CHECK(yg_enrol_sensor_look(enrol, "acme", "s1", &sensor) == YG_OK && sensor.is_revoked);
	CHECK(holds("s1", 1) && yg_enrol_down_settle(enrol) == YG_OK);
	CHECK(!holds("s1", 1) && waiting(1) == 0 && waiting(0) == PIECES);
	CHECK(yg_enrol_down_settle(enrol) == YG_OK);
}

static void what_is_no_message_is_refused(void)
{
	struct yg_enrol_message *message = NULL;
	uint64_t number;

	begin_anew();
	CHECK(enter(0) == YG_OK);
	CHECK(yg_enrol_message_new("Ping", YG_S("{}"), &message) == YG_EINVAL);
	CHECK(yg_enrol_message_new("", YG_S("{}"), &message) == YG_EINVAL);
	CHECK(yg_enrol_message_new("ping", YG_S("[]"), &message) == YG_EINVAL);
	CHECK(yg_enrol_message_new("ping", YG_S("{"), &message) == YG_EINVAL);
	CHECK(!message && !yg_enrol_message_free(NULL));
	CHECK(yg_enrol_message_new("ping", YG_S("{ }"), &message) == YG_OK);
	CHECK(yg_enrol_down_send(enrol, "acme", "s9", message, &number) == YG_ENOENT);
	CHECK(yg_enrol_down_send(enrol, "other", "s0", message, &number) == YG_ENOENT);
	CHECK(yg_enrol_down_send(enrol, "acme", "s0", message, &number) == YG_OK && number == 1);
	CHECK(yg_enrol_down_send(enrol, "acme", "s0", message, &number) == YG_OK && number == 2);
	message = yg_enrol_message_free(message);
}

static const struct check_case cases[] = {
	CASE(a_list_for_many_is_about_one_copy),
	CASE(a_revoked_one_holds_nothing),
	CASE(what_an_earlier_version_queued_is_sent_as_it_was),
	CASE(queues_of_those_that_were_revoked_are_settled),
	CASE(what_is_no_message_is_refused),
};

int main(void)
{
	const char *base = getenv("TMPDIR");
	size_t count = sizeof(cases) / sizeof(cases[0]);
	size_t failed = 0;

	(void)snprintf(folder, sizeof(folder), "%s/yagura-down-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(folder))
		return 2;
	(void)snprintf(path, sizeof(path), "%s/hub.db", folder);
	for (size_t i = 0; i < count; i++) {
		check_failed = 0;
		cases[i].run();
		if (check_failed)
			fprintf(stderr, "failed: %s\n", cases[i].name);
		failed += (size_t)check_failed;
	}
	stop();
	(void)unlink(path);
	(void)rmdir(folder);
	printf("%zu passed, %zu failed\n", count - failed, failed);
	return failed > 0;
}
