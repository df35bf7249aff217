/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the keeper's readers: the same bytes as its loop gives, never from before what was
 * answered already, never for whom it is over; with the loop, both readers and a writer of findings
 * at once, for ThreadSanitizer to look at.
 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub_api-int.h"
#include "base/alloc.h"
#include "base/crypt.h"

#include "../access/hub_help.h"

#include "base/ban.h"

#define PLACES	 64u
#define ROOM	 256u
#define PATIENCE 120000 /* milliseconds: for nothing to come at all */
#define ORGS	 3u
#define SENSORS	 7u
#define FINDINGS 60u
#define BEGIN_NS INT64_C(1764054000000000000)

/* ---- a hub's part for people, and the pages' end of its pipe ---- */

static _Atomic int64_t time_ns;
static char folder[64];
static char data[96];
static char paths[5][128];
static char tokens[4]
		  [YG_HUB_TOKEN_HEX + 1]; /* administrator, analyst, member, one finding reader */
static uint8_t seed[YG_SIGN_SEED_BYTES] = {7};
static uint8_t key[YG_SIGN_PUBLIC_BYTES];
static struct yg_hub_http *http;
static struct yg_msg_pipe pages;
static uint64_t asked; /* ids, without their places */

struct got {
	bool is_there;
	bool is_whole;
	unsigned order; /* of answers, from 1 */
	struct yg_reply reply;
};
static struct got got[PLACES];
static unsigned order;

static int64_t tell_time(void *arg)
{
	(void)arg;
	return atomic_load(&time_ns);
}

static int sign(void *arg, struct yg_bytes message, uint8_t *signature)
{
	(void)arg;
	yg_sign(seed, message, signature);
	return YG_OK;
}

static bool is_ready(void *arg)
{
	(void)arg;
	return true;
}

static void begin_http(bool has_readers)
{
	struct yg_hub_http_opts opts = {.data = data,
					.facts = paths[1],
					.situations = paths[2],
					.collections = paths[3],
					.store = store,
					.store_path = has_readers ? paths[0] : NULL,
					.enrol = enrol,
					.clock = {.now_ns = tell_time},
					.audit_key = key,
					.audit_sign = sign,
					.link_key = "",
					.url = "http://127.0.0.1:8470",
					.is_ready = is_ready,
					.is_demo =
						true}; /* so that what it says is asked for too */
	int fds[2];

	MUST(yg_hub_http_new(&opts, &http) == YG_OK && yg_hub_http_start(http) == YG_OK);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	yg_msg_pipe_init(&pages, YG_PAGES_BODY_MAX, YG_PAGES_QUEUE_MAX);
	yg_msg_pipe_open(&pages, fds[0]);
	yg_hub_http_take(http, fds[1]);
}

static void forget_all(void)
{
	for (unsigned i = 0; i < PLACES; i++) {
		yg_buf_done(&got[i].reply.body);
		got[i] = (struct got){0};
	}
	order = 0;
}

static void end_http(void)
{
	http = yg_hub_http_free(http);
	yg_msg_pipe_close(&pages);
	forget_all();
}

static uint64_t call(enum yg_method method, const char *token, const char *path, const char *query,
		     const char *body, unsigned place)
{
	struct yg_pages_call c = {
		.method = method,
		.path = yg_bytes_str(path),
		.query = yg_bytes_str(query),
		.content_type = body[0] ? YG_S("application/json") : (struct yg_bytes){0},
		.remote = YG_S("192.0.2.7"),
		.bearer = yg_bytes_str(token),
		.body = yg_bytes_str(body),
	};
	uint64_t id = ++asked << YG_PAGES_PLACE_BITS | place;

	MUST(place < PLACES && !got[place].is_there);
	MUST(yg_pages_call_put(&pages, YG_PAGES_CALL, id, &c) == YG_OK);
	return id;
}

static void hear(const struct yg_msg *message)
{
	struct got *one = &got[message->id & (PLACES - 1)];
	bool is_more = false;

	if (message->kind == YG_PAGES_ANSWER) {
		MUST(!one->is_there);
		one->is_there = true;
		one->order = ++order;
		yg_buf_init(&one->reply.body, YG_API_REPLY_MAX);
		MUST(yg_pages_answer_read(message->body, &one->reply, &is_more) == YG_OK);
		one->is_whole = !is_more;
	} else if (message->kind == YG_PAGES_PIECE) {
		yg_buf_add(&one->reply.body, message->body);
	} else {
		MUST(message->kind == YG_PAGES_END);
		one->is_whole = true;
	}
}

/* One round of the keeper's loop, and of the pages. */
static void turn(void)
{
	struct yg_msg message;
	struct pollfd fds[] = {
		yg_hub_http_poll(http),
		{.fd = yg_hub_http_work_fd(http), .events = POLLIN},
		{.fd = yg_hub_http_read_fd(http), .events = POLLIN},
		{.fd = pages.fd, .events = POLLIN},
	};

	(void)yg_msg_flush(&pages); /* what does not fit waits */
	MUST(poll(fds, 4, PATIENCE) > 0);
	if (fds[0].revents & ~POLLOUT)
		MUST(yg_hub_http_hear(http) == YG_OK);
	yg_hub_http_run(http);
	if (yg_msg_fill(&pages) == YG_OK)
		while (yg_msg_next(&pages, &message) == YG_OK)
			hear(&message);
}

static struct got *wait_for(unsigned place)
{
	while (!got[place].is_whole)
		turn();
	return &got[place];
}

/* Asked and answered; the answer stands until the next one. */
static struct got *ask_it(enum yg_method method, const char *token, const char *path,
			  const char *query, const char *body)
{
	forget_all();
	(void)call(method, token, path, query, body, 0);
	return wait_for(0);
}

static bool has(struct got *one, const char *text)
{
	return memmem(one->reply.body.data, one->reply.body.size, text, strlen(text)) != NULL;
}

/* ---- what there is ---- */

static void path_in(const char *name, char to[128])
{
	(void)snprintf(to, 128, "%s/%s", data, name);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	MUST(file && fputs(text, file) > 0 && fclose(file) == 0);
}

static void add_findings(struct yg_facts *facts, unsigned from, unsigned count)
{
	uint64_t after = 0;

	MUST(yg_facts_cursor(facts, "test", &after, NULL) == YG_OK);
	MUST(yg_facts_begin(facts, "test", after) == YG_OK);
	for (unsigned i = from; i < from + count; i++) {
		char org[16];
		struct yg_fact_finding f = {.sensor = YG_S("s1"),
					    .rule = i % 3 ? YG_S("rule-a") : YG_S("rule-b"),
					    .title = YG_S("Title"),
					    .rules = YG_S("0123abcd"),
					    .level = (enum yg_level)(i % 5),
					    .source = YG_S("/var/log/auth.log"),
					    .actor = YG_S("192.0.2.1"),
					    .minute_ns = yg_fact_minute(BEGIN_NS) +
							 (int64_t)i * 60 * YG_NS_PER_S,
					    .count = 1};

		(void)snprintf(org, sizeof(org), "org-%u", i % ORGS);
		f.org = yg_bytes_str(org);
		f.first_ns = f.last_ns = f.received_ns = f.written_ns = f.minute_ns;
		yg_fact_finding_id(f.org, f.sensor, f.rule, f.source, f.minute_ns, f.id);
		MUST(yg_facts_add(facts, &f, NULL) == YG_OK);
	}
	MUST(yg_facts_commit(facts, after + 1, &(struct yg_bytes){0}) == YG_OK);
}

static void add_sensor(const char *org, const char *id)
{
	char text[YG_ENROL_TOKEN_HEX + 1];
	char path[256];
	struct yg_enrol_token token;
	struct yg_enrol_sensor sensor = {.until_ns = INT64_MAX / 2, .enrolled_ns = BEGIN_NS};

	(void)snprintf(sensor.org, sizeof(sensor.org), "%s", org);
	(void)snprintf(sensor.id, sizeof(sensor.id), "%s", id);
	MUST(yg_enrol_token_new(enrol, org, 3600, text) == YG_OK);
	MUST(yg_enrol_token_look(enrol, yg_bytes_str(text), &token) == YG_OK);
	MUST(yg_enrol_sensor_add(enrol, &token, &sensor) == YG_OK);
	(void)snprintf(path, sizeof(path), "%s/heartbeats/%s.json", data, id);
	write_text(path, "{\"received\":\"2026-11-25T03:00:00Z\",\"heartbeat\":{\"n\":1}}");
}

static void fill(void)
{
	static const enum yg_hub_role roles[] = {YG_HUB_ADMINISTRATOR, YG_HUB_ANALYST,
						 YG_HUB_MEMBER, YG_HUB_MEMBER};
	char id[YG_RANDOM_ID_HEX + 1], name[32];
	struct yg_facts *facts = NULL;

	for (unsigned i = 0; i < ORGS; i++) {
		(void)snprintf(name, sizeof(name), "org-%u", i);
		add_org(name);
	}
	for (unsigned i = 0; i < SENSORS; i++) {
		char org[16];

		(void)snprintf(org, sizeof(org), "org-%u", i % ORGS);
		(void)snprintf(name, sizeof(name), "s%u", i);
		add_sensor(org, name);
	}
	for (unsigned i = 0; i < 4; i++)
		MUST(make_token(i < 2 ? "hub" : "org-1", roles[i], i == 3 ? BIT(read_findings) : 0,
				YG_DAY_NONE, id, tokens[i]) == YG_OK);
	MUST(yg_facts_open_sqlite(paths[1], true, &facts) == YG_OK);
	add_findings(facts, 0, FINDINGS);
	facts = yg_facts_free(facts);
}

static void shell(const char *command)
{
	MUST(system(command) == 0);
}

/* A folder with all that there is, which another one can be copied from. */
static void set_place(const char *name)
{
	static const char *const names[] = {"hub.db", "facts.db", "situations.db", "stix.db"};

	(void)snprintf(data, sizeof(data), "%s/%s", folder, name);
	for (unsigned i = 0; i < 4; i++)
		path_in(names[i], paths[i]);
	hub_path = paths[0];
}

static void make_first(void)
{
	char path[128];

	set_place("first");
	MUST(mkdir(data, 0700) == 0);
	path_in("heartbeats", path);
	MUST(mkdir(path, 0700) == 0);
	path_in("hunts", path);
	MUST(mkdir(path, 0700) == 0);
	path_in("demo", path);
	MUST(mkdir(path, 0700) == 0);
	path_in("demo/guide.json", path);
	write_text(path, "{\"people\":[],\"scenes\":[]}");
	hub_start();
	atomic_store(&time_ns, BEGIN_NS);
	fill();
	hub = yg_hub_access_free(hub);
	begin_http(false); /* makes what is made once: the key of veils */
	end_http();
	hub_end();
}

/* The same once more, and the hub's part on it. */
static void begin(const char *name, bool has_readers)
{
	struct yg_clock clock = {.now_ns = tell_time};
	char command[256];

	(void)snprintf(command, sizeof(command), "cp -r %s/first %s/%s", folder, folder, name);
	shell(command);
	set_place(name);
	atomic_store(&time_ns, BEGIN_NS);
	MUST(yg_control_open_sqlite(paths[0], false, &store) == YG_OK);
	MUST(yg_enrol_new(store, clock, "hub", &enrol) == YG_OK);
	begin_http(has_readers);
}

static void end(void)
{
	end_http();
	hub_end();
}

/* ---- the same as the loop ---- */

/* The pattern with values in the place of its names. */
static void path_of(const char *pattern, char *to, size_t room)
{
	static const char *const values[][2] = {{"{org}", "org-1"},
						{"{sensor}", "s1"},
						{"{supplier}", "org-1"},
						{"{buyer}", "org-2"},
						{"{finding}", "00112233445566778899aabbccddeeff"}};
	struct yg_buf path;

	yg_buf_init(&path, room - 1);
	while (*pattern) {
		const char *end = *pattern == '{' ? strchr(pattern, '}') : NULL;
		const char *value = "00112233445566778899aabbccddeeff";

		if (!end) {
			yg_buf_add_byte(&path, (uint8_t)*pattern++);
			continue;
		}
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			if (strncmp(pattern, values[i][0], (size_t)(end - pattern) + 1) == 0)
				value = values[i][1];
		yg_buf_add_str(&path, value);
		pattern = end + 1;
	}
	MUST(yg_buf_error(&path) == YG_OK);
	memcpy(to, path.data, path.size);
	to[path.size] = '\0';
	yg_buf_done(&path);
}

/* Every answer to every GET, one after the other. *ret_read: how many a reader gave. */
static void answers(struct yg_buf *to, unsigned *ret_good)
{
	static const char *const queries[] = {
		"",	   "org=org-1",	       "org=org-2",	      "limit=2",
		"limit=0", "after=org-1%2Fs1", "order=change&limit=3"};
	struct yg_route_table table = yg_hub_api_routes(NULL);

	*ret_good = 0;
	for (size_t i = 0; i < table.count; i++) {
		char path[ROOM];

		if (!yg_hub_api_reads(&table.routes[i]))
			continue;
		path_of(table.routes[i].pattern, path, sizeof(path));
		for (unsigned k = 0; k < 4 * sizeof(queries) / sizeof(queries[0]); k++) {
			struct got *one;

			one = ask_it(YG_METHOD_GET, tokens[k % 4], path, queries[k / 4], "");
			yg_buf_addf(to, "%s?%s %u: %d %s ", path, queries[k / 4], k % 4,
				    one->reply.status, one->reply.etag);
			yg_buf_add(to, yg_buf_bytes(&one->reply.body));
			yg_buf_add_byte(to, '\n');
			*ret_good += one->reply.status == 200;
			atomic_fetch_add(&time_ns, YG_NS_PER_S);
		}
	}
}

static void every_answer_is_the_loops(void)
{
	struct yg_buf by_loop, by_readers;
	unsigned good = 0, good_read = 0;

	yg_buf_init(&by_loop, 64u << 20);
	yg_buf_init(&by_readers, 64u << 20);
	begin("loop", false);
	answers(&by_loop, &good);
	end();
	begin("readers", true);
	answers(&by_readers, &good_read);
	end();
	CHECK(good == good_read && good > 200);
	CHECK(by_loop.size > 10000 && yg_buf_error(&by_loop) == YG_OK);
	CHECK(yg_bytes_eq(yg_buf_bytes(&by_loop), yg_buf_bytes(&by_readers)));
	yg_buf_done(&by_loop);
	yg_buf_done(&by_readers);
}

/* Page by page, whatever the page's size, each sensor comes once, in order. */
static void pages_of_sensors(void)
{
	static const char *const whole =
		"org-0/s0 org-0/s3 org-0/s6 org-1/s1 org-1/s4 org-2/s2 org-2/s5 ";

	begin("pages", true);
	for (unsigned limit = 1; limit <= SENSORS + 1; limit++) {
		char query[2 * ROOM], seen[ROOM] = "";
		char after[ROOM] = "";

		do {
			const char *id, *org, *next;
			struct got *one;
			json_t *page;
			size_t i;
			json_t *item;

			(void)snprintf(query, sizeof(query), "limit=%u%s%s", limit,
				       after[0] ? "&after=" : "", after);
			one = ask_it(YG_METHOD_GET, tokens[0], "/api/v1/sensors", query, "");
			CHECK(one->reply.status == 200);
			page = json_loadb((const char *)one->reply.body.data, one->reply.body.size,
					  0, NULL);
			json_array_foreach(json_object_get(page, "items"), i, item)
			{
				id = json_string_value(json_object_get(item, "id"));
				org = json_string_value(json_object_get(item, "org"));
				(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
					       "%s/%s ", org, id);
			}
			CHECK(i <= limit);
			next = json_string_value(json_object_get(page, "next"));
			(void)snprintf(after, sizeof(after), "%s", next ? next : "");
			json_decref(page);
			atomic_fetch_add(&time_ns, YG_NS_PER_S);
		} while (after[0]);
		CHECK(strcmp(seen, whole) == 0);
	}
	end();
}

/* ---- before and after ---- */

static void a_writer_reads_what_it_wrote(void)
{
	begin("own", true);
	for (unsigned i = 0; i < 200; i++) {
		char body[ROOM], name[32];

		(void)snprintf(name, sizeof(name), "\"name\":\"Name %u\"", i);
		(void)snprintf(body, sizeof(body), "{%s}", name);
		forget_all();
		/* At once, so that the reading may be on its way when the change is answered. */
		(void)call(YG_METHOD_GET, tokens[1], "/api/v1/findings", "", "", 2);
		(void)call(YG_METHOD_PUT, tokens[0], "/api/v1/orgs/org-1", "", body, 0);
		(void)call(YG_METHOD_GET, tokens[1], "/api/v1/orgs/org-1", "", "", 1);
		CHECK(wait_for(0)->reply.status == 200 && has(&got[0], name));
		CHECK(wait_for(1)->reply.status == 200 && has(&got[1], name));
		CHECK(wait_for(2)->reply.status == 200);
		atomic_fetch_add(&time_ns, YG_NS_PER_S);
	}
	end();
}

/* No answer goes to a token once it was answered that it is revoked. */
static void what_is_revoked_reads_nothing_more(void)
{
	unsigned refused = 0;

	begin("revoked", true);
	for (unsigned i = 0; i < 100; i++) {
		char path[2 * ROOM], id[ROOM], secret[YG_HUB_TOKEN_HEX + 1];
		struct got *one = ask_it(YG_METHOD_POST, tokens[0], "/api/v1/tokens", "org=hub",
					 "{\"role\":\"administrator\",\"name\":\"short\"}");
		json_t *made = json_loadb((const char *)one->reply.body.data, one->reply.body.size,
					  0, NULL);
		const char *text = json_string_value(json_object_get(made, "token"));

		CHECK(one->reply.status == 201 && text != NULL);
		(void)snprintf(secret, sizeof(secret), "%s", text);
		text = json_string_value(json_object_get(made, "id"));
		(void)snprintf(id, sizeof(id), "%s", text ? text : "");
		json_decref(made);
		(void)snprintf(path, sizeof(path), "/api/v1/tokens/%s", id);
		forget_all();
		for (unsigned k = 1; k <= 8; k++)
			(void)call(YG_METHOD_GET, secret, "/api/v1/sensors", "", "", k);
		(void)call(YG_METHOD_DELETE, tokens[0], path, "org=hub", "", 0);
		for (unsigned k = 0; k <= 8; k++)
			(void)wait_for(k);
		CHECK(got[0].reply.status < 300);
		for (unsigned k = 1; k <= 8; k++) {
			CHECK(got[k].reply.status == (got[k].order > got[0].order ? 401 : 200));
			refused += got[k].reply.status == 401;
		}
		atomic_fetch_add(&time_ns, YG_NS_PER_S);
	}
	CHECK(refused > 0);
	end();
}

/* ---- while findings come ---- */

static atomic_bool is_over;

static void *write_findings(void *arg)
{
	struct yg_facts *facts = NULL;

	(void)arg;
	MUST(yg_facts_open_sqlite(paths[1], false, &facts) == YG_OK);
	for (unsigned at = FINDINGS; !atomic_load(&is_over); at += 10)
		add_findings(facts, at, 10);
	(void)yg_facts_free(facts);
	return NULL;
}

static void readers_and_writers_at_once(void)
{
	static const char *const what[] = {
		"/api/v1/findings",	   "/api/v1/sensors", "/api/v1/orgs/org-1/funnel",
		"/api/v1/situations",	   "/api/v1/orgs",    "/api/v1/warnings",
		"/api/v1/orgs/org-1/days", "/api/v1/hunts"};
	pthread_t thread;

	begin("busy", true);
	atomic_store(&is_over, false);
	MUST(pthread_create(&thread, NULL, write_findings, NULL) == 0);
	for (unsigned i = 0; i < 100; i++) {
		forget_all();
		for (unsigned k = 0; k < 32; k++)
			(void)call(YG_METHOD_GET, tokens[1 + k % 2], what[k / 2 % 8],
				   i % 2 ? "org=org-1&limit=5" : "limit=50", "", k);
		for (unsigned k = 0; k < 32; k++)
			CHECK(wait_for(k)->reply.status == 200);
		atomic_fetch_add(&time_ns, YG_NS_PER_S);
	}
	atomic_store(&is_over, true);
	MUST(pthread_join(thread, NULL) == 0);
	end();
}

/* A browser that goes, another call in its place; pages that go, and new ones. */
static void who_leaves_is_forgotten(void)
{
	begin("left", true);
	for (unsigned i = 0; i < 100; i++) {
		uint64_t id = call(YG_METHOD_GET, tokens[1], "/api/v1/findings", "", "", 0);

		MUST(yg_pages_word_put(&pages, YG_PAGES_GONE, id) == YG_OK);
		(void)call(YG_METHOD_GET, tokens[2], "/api/v1/orgs/org-1", "", "", 0);
		CHECK(wait_for(0)->reply.status == 200 && has(&got[0], "\"id\":\"org-1\""));
		forget_all();
		if (i % 10 == 9) {
			int fds[2];

			for (unsigned k = 0; k < 16; k++)
				(void)call(YG_METHOD_GET, tokens[1], "/api/v1/sensors", "", "", k);
			(void)yg_msg_flush(&pages);
			MUST(yg_hub_http_hear(http) == YG_OK); /* with the readers now */
			MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
			yg_msg_pipe_open(&pages, fds[0]);
			yg_hub_http_take(http, fds[1]);
		}
		atomic_fetch_add(&time_ns, YG_NS_PER_S);
	}
	/* The hub ends while they read. */
	for (unsigned k = 0; k < 32; k++)
		(void)call(YG_METHOD_GET, tokens[1], "/api/v1/findings", "", "", k);
	(void)yg_msg_flush(&pages);
	MUST(yg_hub_http_hear(http) == YG_OK);
	end();
}

static const struct check_case cases[] = {
	CASE(every_answer_is_the_loops),    CASE(pages_of_sensors),
	CASE(a_writer_reads_what_it_wrote), CASE(what_is_revoked_reads_nothing_more),
	CASE(readers_and_writers_at_once),  CASE(who_leaves_is_forgotten),
};

int main(void)
{
	char command[128];
	int failed;

	(void)snprintf(folder, sizeof(folder), "/tmp/yagura-readers-XXXXXX");
	MUST(mkdtemp(folder) != NULL);
	yg_sign_public(seed, key);
	make_first();
	failed = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	shell(command);
	return failed;
}
