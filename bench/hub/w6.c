/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/hub/w6.c - W6: many enrolled sensors under load, in one process (bench/workloads.md).
 *
 * usage: bench_w6 --hub URL --ca FILE --api URL --api-tokens FILE --keys FOLDER [--tokens FILE]
 *                 [--sensors N] [--rate N] [--seconds N] [--hits PERCENT] [--hot N] [--hot-seconds N]
 *                 [--planted N] [--orgs N] [--consoles N] [--hub-pid PID] [--enrol-only]
 *
 * Each sensor has a certificate and a connection of its own, makes RATE events a second and closes
 * a batch every 250 ms; batches of all sensors are spread evenly over that time. A sensor whose
 * batch is not acknowledged yet gathers on, so what the hub does not take in time shows as waiting
 * time and as larger batches, not as less load. Times run from when a batch was closed, or a
 * planted line was made, also when it could not be sent at once.
 *
 * One line of JSON at the end of standard output; words before it. Exit status 1: something was
 * refused, not acknowledged, or not found.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <zstd.h>

#include "base/alloc.h"
#include "base/crypt.h"
#include "base/hash.h"
#include "w6.h"
#include "wire/message.h"

#include "base/ban.h"

#define LEVEL	      3 /* of zstd, as the sensor has it */
#define EVENTS_MAX    2000u
#define EVENTS_READY  256
#define OPENING_MAX   64u
#define BEAT_NS	      (30 * YG_NS_PER_S)
#define AGAIN_NS      (YG_NS_PER_S / 5) /* after "not now" */
#define DRAIN_S	      120
#define SEED	      UINT64_C(0x9e3779b97f4a7c15)
#define MARKS_WAITING 64u

struct options {
	const char *hub;
	const char *ca;
	const char *keys;
	const char *tokens;
	struct w6_watch_options watch;
	unsigned sensors;
	unsigned rate;
	unsigned seconds;
	unsigned hits; /* percent */
	unsigned hot;
	unsigned hot_seconds;
	unsigned planted; /* a second */
	unsigned orgs;	  /* planted lines come from sensors of the first: every ORGS-th */
	int hub_pid;
	bool is_enrol_only;
};

struct sensor {
	struct w6_link link;
	bool is_known;	   /* its first heartbeat was answered */
	bool is_beat;	   /* what is under way is a heartbeat */
	bool is_under_way; /* link.out is not answered yet */
	bool is_hot;
	uint64_t next; /* sequence */
	uint64_t position;
	uint32_t in_batch;  /* events of what is under way */
	uint32_t waiting;   /* events that are in no batch yet */
	int64_t closed_ns;  /* when the oldest of them would have been sent; 0: none */
	int64_t batch_ns;   /* the same of the batch under way */
	int64_t sent_ns;
	int64_t beat_ns;    /* of the last heartbeat */
	int64_t again_ns;   /* not before; 0: at once */
	uint64_t marks[MARKS_WAITING];
	uint32_t mark_count;
};

struct counts {
	uint64_t events;
	uint64_t batches;
	uint64_t acked_events;
	uint64_t acked_batches;
	uint64_t already;
	uint64_t refused; /* 4xx */
	uint64_t put_off; /* 429, 5xx */
	uint64_t broken;  /* connections */
	uint64_t bytes;
	uint64_t planted;
};

struct w6 {
	struct options options;
	struct w6_hub hub;
	struct sensor *sensors;
	unsigned opening;
	unsigned known;
	unsigned under_way;
	int epoll;
	ZSTD_CCtx *packer;
	struct w6_maker maker;
	struct yg_buf content;
	struct counts counts;
	struct w6_times receipt; /* sent -> receipt */
	struct w6_times closed;	 /* closed -> receipt */
	struct w6_watch *watch;
	bool is_loading;
	int64_t begin_ns;
	char refusal[200]; /* the first one's words */
};

/* ---- what goes out ---- */

static void post(struct sensor *s, const char *path, const char *type, const struct yg_bytes parts[2])
{
	struct yg_buf *out = &s->link.out;

	yg_buf_reset(out);
	yg_buf_addf(out, "POST %s HTTP/1.1\r\nHost: hub\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", path, type,
		    parts[0].size + parts[1].size);
	yg_buf_add(out, parts[0]);
	yg_buf_add(out, parts[1]);
	if (yg_buf_error(out))
		w6_fail("no memory");
	s->link.sent = 0;
	s->is_under_way = true;
	if (s->link.state == W6_IDLE)
		s->link.state = W6_WRITING;
}

static void send_beat(struct w6 *w6, struct sensor *s)
{
	struct yg_wire_source source = {.name = "/var/log/nginx/access.log", .kind = "file", .position = s->position,
					.records = s->position, .read_ns = w6_now()};
	struct yg_wire_heartbeat beat = {.time_ns = w6_now(), .epoch = 1, .last = s->next ? s->next - 1 : 0,
					 .acked = s->next ? s->next - 1 : 0, .sources = &source, .source_count = 1};

	memcpy(beat.sensor, s->link.sensor, sizeof(beat.sensor));
	yg_buf_reset(&w6->content);
	yg_wire_heartbeat_write(&beat, &w6->content);
	post(s, "/sensor/v1/heartbeat", "application/json", (struct yg_bytes[2]){yg_buf_bytes(&w6->content)});
	s->is_beat = true;
	s->beat_ns = w6_steady();
	w6->under_way++;
}

static enum w6_kind kind_of(struct w6 *w6, const struct sensor *s)
{
	bool is_hot = s->is_hot && w6_steady() - w6->begin_ns < w6->options.hot_seconds * YG_NS_PER_S;

	if (is_hot || w6_chance(&w6->maker, 100) < w6->options.hits)
		return W6_HIT;
	return w6_chance(&w6->maker, 100) < 20 ? W6_WINDOWS : W6_ACCESS;
}

static void pack(struct w6 *w6, struct sensor *s, struct yg_wire_batch *batch, struct yg_buf *head, struct yg_buf *packed)
{
	struct yg_bytes content = yg_buf_bytes(&w6->content);
	uint8_t *room;
	size_t size;

	yg_buf_reset(head);
	yg_buf_reset(packed);
	room = yg_buf_reserve(packed, ZSTD_compressBound(content.size));
	size = room ? ZSTD_compressCCtx(w6->packer, room, ZSTD_compressBound(content.size), content.data, content.size, LEVEL)
		    : 0;
	if (!room || ZSTD_isError(size))
		w6_fail("no memory");
	yg_buf_grew(packed, size);
	yg_sha256(content, batch->digest);
	batch->size = (uint32_t)content.size;
	memcpy(batch->sensor, s->link.sensor, sizeof(batch->sensor));
	yg_wire_head_write(batch, head);
}

static void send_batch(struct w6 *w6, struct sensor *s)
{
	struct yg_wire_batch batch = {.epoch = 1, .sequence = s->next};
	uint32_t count = s->waiting < EVENTS_MAX ? s->waiting : EVENTS_MAX;
	int64_t now = w6_now();
	struct yg_buf head, packed;

	yg_buf_init(&head, YG_WIRE_HEAD_MAX);
	yg_buf_init(&packed, YG_WIRE_PACKED_MAX);
	yg_buf_reset(&w6->content);
	for (uint32_t i = 0; i < count; i++)
		w6_make(&w6->maker, &w6->content, kind_of(w6, s), ++s->position, now, 0);
	for (uint32_t i = 0; i < s->mark_count; i++)
		w6_make(&w6->maker, &w6->content, W6_MARK, ++s->position, now, s->marks[i]);
	batch.count = count + s->mark_count;
	batch.first_ns = batch.last_ns = now;
	pack(w6, s, &batch, &head, &packed);
	post(s, "/sensor/v1/batches", "application/vnd.yagura.batch",
	     (struct yg_bytes[2]){yg_buf_bytes(&head), yg_buf_bytes(&packed)});
	yg_buf_done(&head);
	yg_buf_done(&packed);
	s->is_beat = false;
	s->in_batch = batch.count;
	s->batch_ns = s->closed_ns;
	s->sent_ns = w6_steady();
	s->waiting -= count;
	s->mark_count = 0;
	s->closed_ns = s->waiting > 0 ? s->sent_ns : 0;
	w6->counts.bytes += s->link.out.size;
	w6->counts.batches++;
	w6->counts.events += batch.count;
	w6->under_way++;
}

/* ---- what comes back ---- */

static void note_refusal(struct w6 *w6, struct sensor *s, int status)
{
	struct yg_bytes body = w6_answer_body(&s->link.in);

	if (!w6->refusal[0])
		(void)snprintf(w6->refusal, sizeof(w6->refusal), "%d %.*s", status, (int)(body.size < 150 ? body.size : 150),
			       (const char *)body.data);
}

static void answered_beat(struct w6 *w6, struct sensor *s, int status)
{
	if (status != 200) {
		note_refusal(w6, s, status);
		w6->counts.refused += status < 500 && status != 429;
		return;
	}
	if (s->is_known)
		return;
	s->is_known = true;
	s->next = w6_number(w6_answer_body(&s->link.in), "next", 1);
	w6->known++;
}

/* The same bytes again, later. */
static void put_off(struct sensor *s)
{
	s->again_ns = w6_steady() + AGAIN_NS;
	s->link.sent = 0;
}

static void answered(struct w6 *w6, struct sensor *s)
{
	int status = w6_answer_status(&s->link.in);
	int64_t now = w6_steady();

	if (status == 429 || status >= 500) {
		note_refusal(w6, s, status);
		w6->counts.put_off++;
		put_off(s);
		return;
	}
	s->is_under_way = false;
	w6->under_way--;
	if (s->is_beat) {
		answered_beat(w6, s, status);
		return;
	}
	if (status != 200) {
		note_refusal(w6, s, status);
		w6->counts.refused++;
		return;
	}
	w6_times_add(&w6->receipt, now - s->sent_ns);
	w6_times_add(&w6->closed, now - s->batch_ns);
	w6->counts.acked_batches++;
	w6->counts.acked_events += s->in_batch;
	w6->counts.already += memmem(s->link.in.data, s->link.in.size, "\"already\"", 9) != NULL;
	s->next++;
}

/* ---- connections ---- */

static void tell_epoll(struct w6 *w6, struct sensor *s, bool is_new)
{
	enum w6_state state = s->link.state;
	bool wants_write = state == W6_CONNECTING || state == W6_WRITING ||
			   (state == W6_SHAKING && gnutls_record_get_direction(s->link.session) == 1);
	struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u), .data.ptr = s};

	if (!is_new && wants_write == s->link.wants_write)
		return;
	s->link.wants_write = wants_write;
	if (epoll_ctl(w6->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, s->link.fd, &event) != 0)
		w6_fail("epoll");
}

static void open_link(struct w6 *w6, struct sensor *s)
{
	if (!s->is_under_way)
		send_beat(w6, s);
	if (w6_link_connect(&s->link, &w6->hub) != 0) {
		s->again_ns = w6_steady() + AGAIN_NS;
		return;
	}
	w6->opening++;
	s->again_ns = 0;
	tell_epoll(w6, s, true);
}

static void lost(struct w6 *w6, struct sensor *s)
{
	bool was_opening = s->link.state == W6_CONNECTING || s->link.state == W6_SHAKING;

	w6->counts.broken++;
	w6->opening -= was_opening;
	w6_link_close(&s->link); /* epoll forgets it with the descriptor */
	put_off(s);
}

/* Make what is to be sent next, when nothing is under way. False: there is nothing. */
static bool next_of(struct w6 *w6, struct sensor *s)
{
	if (s->is_under_way || s->link.state != W6_IDLE || !s->is_known)
		return false;
	if (w6_steady() - s->beat_ns > BEAT_NS)
		send_beat(w6, s);
	else if (s->waiting + s->mark_count > 0 && s->closed_ns > 0)
		send_batch(w6, s);
	else
		return false;
	return true;
}

static void go(struct w6 *w6, struct sensor *s)
{
	int rc;

	do {
		bool was_opening = s->link.state == W6_CONNECTING || s->link.state == W6_SHAKING;

		rc = w6_link_go(&s->link);
		w6->opening -= was_opening && s->link.state > W6_SHAKING;
		if (rc == 1)
			answered(w6, s);
	} while (rc == 1 && next_of(w6, s));
	if (rc < 0)
		lost(w6, s);
	else
		tell_epoll(w6, s, false);
}

/* Those that wait for another try; cheap enough at every tenth of a second. */
static void try_again(struct w6 *w6)
{
	int64_t now = w6_steady();

	for (unsigned i = 0; i < w6->options.sensors; i++) {
		struct sensor *s = &w6->sensors[i];

		if (s->again_ns > now)
			continue;
		if (s->link.state == W6_CLOSED && w6->opening < OPENING_MAX) {
			open_link(w6, s);
		} else if (s->again_ns != 0 && s->link.state == W6_IDLE && s->is_under_way) {
			s->again_ns = 0;
			s->link.state = W6_WRITING;
			go(w6, s);
		}
	}
}

static void wait_events(struct w6 *w6, int ms)
{
	struct epoll_event events[EVENTS_READY];
	int count = epoll_wait(w6->epoll, events, EVENTS_READY, ms);

	for (int i = 0; i < count; i++) {
		struct sensor *s = events[i].data.ptr;

		if (s->link.state != W6_CLOSED)
			go(w6, s);
	}
}

/* ---- the load ---- */

/* A line that must become a finding: made @ago_ns before its batch is closed. */
static void plant(struct w6 *w6, struct sensor *s, int64_t closed_ns)
{
	uint64_t number = w6->counts.planted;

	if (number >= W6_MARKS_MAX || s->mark_count == MARKS_WAITING)
		return;
	s->marks[s->mark_count++] = number;
	w6->counts.planted++;
	w6_watch_mark(w6->watch, number, closed_ns - w6_chance(&w6->maker, 250) * INT64_C(1000000));
}

static void close_batch(struct w6 *w6, struct sensor *s, uint64_t round, int64_t due)
{
	/* Events of whole rounds, without drift. */
	uint64_t rate = w6->options.rate;

	s->waiting += (uint32_t)((round + 1) * rate * 250 / 1000 - round * rate * 250 / 1000);
	if (s->closed_ns == 0)
		s->closed_ns = due;
	if (next_of(w6, s))
		go(w6, s);
}

static void load(struct w6 *w6)
{
	const struct options *o = &w6->options;
	int64_t end = w6->begin_ns + o->seconds * YG_NS_PER_S;
	int64_t tried = 0;
	int64_t plant_ns = o->planted ? YG_NS_PER_S / o->planted : INT64_MAX / 2;
	int64_t plant_due = w6->begin_ns + plant_ns;
	uint64_t turn = 0; /* sensor = turn % sensors */

	for (;;) {
		int64_t now = w6_steady();
		int64_t due = w6->begin_ns + (int64_t)(turn * (uint64_t)W6_PERIOD_NS / o->sensors);

		if (due >= end)
			return;
		for (; due <= now && due < end; due = w6->begin_ns + (int64_t)(++turn * (uint64_t)W6_PERIOD_NS / o->sensors)) {
			struct sensor *s = &w6->sensors[turn % o->sensors];

			if (due >= plant_due && turn % o->sensors % o->orgs == 0) {
				plant(w6, s, due);
				plant_due += plant_ns;
			}
			close_batch(w6, s, turn / o->sensors, due);
		}
		wait_events(w6, 1); /* a batch goes out a millisecond late, rather than a core spins */
		if (now - tried > YG_NS_PER_S / 10) {
			tried = now;
			try_again(w6);
		}
	}
}

static bool is_drained(const struct w6 *w6)
{
	if (w6->under_way > 0)
		return false;
	for (unsigned i = 0; i < w6->options.sensors; i++)
		if (w6->sensors[i].waiting + w6->sensors[i].mark_count > 0)
			return false;
	return true;
}

static void drain(struct w6 *w6)
{
	int64_t end = w6_steady() + DRAIN_S * YG_NS_PER_S;

	while (!is_drained(w6) && w6_steady() < end) {
		wait_events(w6, 10);
		try_again(w6);
	}
}

/* ---- beginning and end ---- */

static void read_identities(struct w6 *w6)
{
	const struct options *o = &w6->options;
	FILE *tokens = o->tokens ? fopen(o->tokens, "re") : NULL;
	int64_t begin = w6_steady();
	unsigned enrolled = 0;
	char token[256];

	for (unsigned i = 0; i < o->sensors; i++) {
		bool has_token = tokens && fscanf(tokens, "%255s", token) == 1;

		enrolled += w6_link_identity(&w6->sensors[i].link, &w6->hub, o->keys, i, has_token ? token : NULL);
		/* The same share in each organisation. */
		w6->sensors[i].is_hot = o->hot > 0 && i / o->orgs % (o->hot < o->sensors ? o->sensors / o->hot : 1) == 0;
	}
	if (tokens)
		(void)fclose(tokens);
	printf("W6: %u sensors, %u of them enrolled now in %.1f s\n", o->sensors, enrolled,
	       (double)(w6_steady() - begin) / 1e9);
}

static void connect_all(struct w6 *w6)
{
	int64_t begin = w6_steady();

	while (w6->known < w6->options.sensors) {
		if (w6_steady() - begin > DRAIN_S * YG_NS_PER_S || w6->counts.refused > 0)
			w6_fail("only %u of %u sensors are connected: %s", w6->known, w6->options.sensors, w6->refusal);
		try_again(w6);
		wait_events(w6, 10);
	}
	printf("  connected in %.1f s\n", (double)(w6_steady() - begin) / 1e9);
	(void)fflush(stdout);
}

struct usage {
	struct w6_process before[W6_PROCESSES_MAX];
	struct w6_process after[W6_PROCESSES_MAX];
	unsigned before_count;
	unsigned after_count;
	double own_cpu_s;
	double seconds;
};

static double cpu_before(const struct usage *u, int pid)
{
	for (unsigned i = 0; i < u->before_count; i++)
		if (u->before[i].pid == pid)
			return u->before[i].cpu_s;
	return 0;
}

static void add_processes(const struct usage *u, struct yg_buf *to)
{
	yg_buf_add_str(to, "\"processes\":[");
	for (unsigned i = 0; i < u->after_count; i++)
		yg_buf_addf(to, "%s{\"name\":\"%s\",\"cpu_s\":%.2f,\"rss_mb\":%.1f,\"peak_mb\":%.1f}", i ? "," : "",
			    u->after[i].name, u->after[i].cpu_s - cpu_before(u, u->after[i].pid),
			    (double)u->after[i].rss_kb / 1024, (double)u->after[i].peak_kb / 1024);
	yg_buf_add_byte(to, ']');
}

static void print_words(struct w6 *w6, const struct usage *u)
{
	const struct counts *c = &w6->counts;
	double hub = 0;

	printf("  acknowledged: %llu of %llu events, %.0f a second in %.1f s; %.0f batches a second\n",
	       (unsigned long long)c->acked_events, (unsigned long long)c->events, (double)c->acked_events / u->seconds,
	       u->seconds, (double)c->acked_batches / u->seconds);
	printf("  refused %llu, put off %llu, connections broken %llu, already there %llu%s%s\n",
	       (unsigned long long)c->refused, (unsigned long long)c->put_off, (unsigned long long)c->broken,
	       (unsigned long long)c->already, w6->refusal[0] ? ": " : "", w6->refusal);
	printf("  batch sent -> receipt              p50 %.1f ms, p99 %.1f ms, slowest %.1f ms\n", w6_times_at(&w6->receipt, 0.5),
	       w6_times_at(&w6->receipt, 0.99), (double)w6->receipt.max_ns / 1e6);
	printf("  batch closed -> receipt            p50 %.1f ms, p99 %.1f ms, slowest %.1f ms\n", w6_times_at(&w6->closed, 0.5),
	       w6_times_at(&w6->closed, 0.99), (double)w6->closed.max_ns / 1e6);
	w6_watch_print(w6->watch);
	printf("  planted lines %llu\n", (unsigned long long)c->planted);
	for (unsigned i = 0; i < u->after_count; i++) {
		double cpu = u->after[i].cpu_s - cpu_before(u, u->after[i].pid);

		hub += cpu;
		printf("  %-15s %6.2f s of processor time (%.2f cores), %.0f MB, at most %.0f MB\n", u->after[i].name, cpu,
		       cpu / u->seconds, (double)u->after[i].rss_kb / 1024, (double)u->after[i].peak_kb / 1024);
	}
	printf("  hub together %.2f s (%.2f cores); generator %.2f s (%.2f cores)\n", hub, hub / u->seconds, u->own_cpu_s,
	       u->own_cpu_s / u->seconds);
}

static void print_json(struct w6 *w6, const struct usage *u)
{
	const struct counts *c = &w6->counts;
	struct yg_buf to;

	yg_buf_init(&to, 1u << 20);
	yg_buf_addf(&to,
		    "{\"sensors\":%u,\"rate\":%u,\"seconds\":%.2f,\"events\":%llu,\"acknowledged\":%llu,\"batches\":%llu,"
		    "\"acknowledged_batches\":%llu,\"events_per_s\":%.1f,\"batches_per_s\":%.1f,\"refused\":%llu,\"put_off\":%llu,"
		    "\"broken\":%llu,\"already\":%llu,\"bytes_sent\":%llu,\"planted\":%llu,",
		    w6->options.sensors, w6->options.rate, u->seconds, (unsigned long long)c->events,
		    (unsigned long long)c->acked_events, (unsigned long long)c->batches, (unsigned long long)c->acked_batches,
		    (double)c->acked_events / u->seconds, (double)c->acked_batches / u->seconds, (unsigned long long)c->refused,
		    (unsigned long long)c->put_off, (unsigned long long)c->broken, (unsigned long long)c->already,
		    (unsigned long long)c->bytes, (unsigned long long)c->planted);
	w6_times_json(&w6->receipt, "receipt", &to);
	yg_buf_add_byte(&to, ',');
	w6_times_json(&w6->closed, "closed", &to);
	yg_buf_add_byte(&to, ',');
	w6_watch_json(w6->watch, &to);
	yg_buf_addf(&to, ",\"generator_cpu_s\":%.2f,", u->own_cpu_s);
	add_processes(u, &to);
	yg_buf_add_str(&to, "}\n");
	if (yg_buf_error(&to) == YG_OK)
		(void)fwrite(to.data, 1, to.size, stdout); /* fflush tells */
	yg_buf_done(&to);
}

static int run(struct w6 *w6)
{
	struct usage u = {0};
	double own;
	uint64_t seen;

	connect_all(w6);
	w6->watch = w6_watch_start(&w6->options.watch);
	u.before_count = w6_processes(w6->options.hub_pid, u.before);
	own = w6_own_cpu_s();
	w6->begin_ns = w6_steady();
	load(w6);
	drain(w6);
	u.seconds = (double)(w6_steady() - w6->begin_ns) / 1e9;
	u.own_cpu_s = w6_own_cpu_s() - own;
	seen = w6_watch_wait(w6->watch, w6->counts.planted, DRAIN_S);
	u.after_count = w6_processes(w6->options.hub_pid, u.after);
	w6_watch_stop(w6->watch);
	print_words(w6, &u);
	print_json(w6, &u);
	return fflush(stdout) == 0 && seen == w6->counts.planted && w6->counts.refused == 0 &&
			       w6->counts.acked_events == w6->counts.events && is_drained(w6)
		       ? 0
		       : 1;
}

static void number(const char *text, unsigned *to)
{
	uint64_t value;

	if (!yg_bytes_u64(yg_bytes_str(text), &value) || value > 1000000)
		w6_fail("%s: no number from 0 to 1000000", text);
	*to = (unsigned)value;
}

static void read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"hub", 1, NULL, 'h'},	   {"ca", 1, NULL, 'c'},	  {"keys", 1, NULL, 'k'},   {"tokens", 1, NULL, 't'},
		{"api", 1, NULL, 'a'},	   {"api-tokens", 1, NULL, 'A'},  {"sensors", 1, NULL, 's'}, {"rate", 1, NULL, 'r'},
		{"seconds", 1, NULL, 'S'}, {"hits", 1, NULL, 'H'},	  {"hot", 1, NULL, 'o'},    {"hot-seconds", 1, NULL, 'O'},
		{"planted", 1, NULL, 'p'}, {"consoles", 1, NULL, 'C'},	  {"orgs", 1, NULL, 'g'},   {"hub-pid", 1, NULL, 'P'},
		{"enrol-only", 0, NULL, 'e'}, {0}};
	unsigned pid = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		const char **text = c == 'h'   ? &o->hub
				    : c == 'c' ? &o->ca
				    : c == 'k' ? &o->keys
				    : c == 't' ? &o->tokens
				    : c == 'a' ? &o->watch.url
				    : c == 'A' ? &o->watch.tokens
					       : NULL;
		unsigned *value = c == 's'   ? &o->sensors
				  : c == 'r' ? &o->rate
				  : c == 'S' ? &o->seconds
				  : c == 'H' ? &o->hits
				  : c == 'o' ? &o->hot
				  : c == 'O' ? &o->hot_seconds
				  : c == 'p' ? &o->planted
				  : c == 'C' ? &o->watch.consoles
				  : c == 'g' ? &o->orgs
				  : c == 'P' ? &pid
					     : NULL;

		if (text)
			*text = optarg;
		else if (value)
			number(optarg, value);
		else if (c == 'e')
			o->is_enrol_only = true;
		else
			w6_fail("the head of bench/hub/w6.c says how it is used");
	}
	o->hub_pid = (int)pid;
	if (!o->hub || !o->ca || !o->keys || o->sensors == 0 || o->orgs == 0 ||
	    (!o->is_enrol_only && (!o->watch.url || !o->watch.tokens)))
		w6_fail("the head of bench/hub/w6.c says how it is used");
}

int main(int argc, char **argv)
{
	static struct w6 w6 = {
		.options = {.sensors = 1000, .rate = 20, .seconds = 60, .hits = 5, .hot = 100, .hot_seconds = 60,
			    .planted = 10, .orgs = 1, .watch = {.every_ms = 50}},
		.maker = {.state = SEED},
	};
	int status = 0;

	read_options(argc, argv, &w6.options);
	w6_hub_open(&w6.hub, w6.options.hub, w6.options.ca);
	w6.sensors = yg_calloc(w6.options.sensors, sizeof(*w6.sensors));
	w6.packer = ZSTD_createCCtx();
	w6.epoll = epoll_create1(EPOLL_CLOEXEC);
	yg_buf_init(&w6.content, YG_WIRE_CONTENT_MAX);
	yg_buf_init(&w6.maker.line, 64u << 10);
	if (!w6.sensors || !w6.packer || w6.epoll < 0)
		w6_fail("no memory");
	read_identities(&w6);
	if (!w6.options.is_enrol_only)
		status = run(&w6);
	for (unsigned i = 0; i < w6.options.sensors; i++) {
		w6_link_close(&w6.sensors[i].link);
		gnutls_certificate_free_credentials(w6.sensors[i].link.credentials);
		yg_buf_done(&w6.sensors[i].link.out);
		yg_buf_done(&w6.sensors[i].link.in);
	}
	gnutls_certificate_free_credentials(w6.hub.trust);
	(void)ZSTD_freeCCtx(w6.packer);
	yg_buf_done(&w6.content);
	yg_buf_done(&w6.maker.line);
	free(w6.sensors);
	return status;
}
