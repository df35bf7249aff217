/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/hub/w6.h - the parts of the generator of W6 (bench/workloads.md).
 *
 *   w6.c         command line, the loop, what is printed
 *   w6_make.c    records of logs, fixed seed
 *   w6_link.c    one sensor's identity and its TLS connection
 *   w6_watch.c   those who look: findings of planted lines, consoles
 *   w6_count.c   latencies; processor time and memory of the hub's processes
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "base/buf.h"
#include "base/clock.h"
#include "wire/batch.h"

#define W6_PATH_MAX  4096u
#define W6_ANSWER_MAX (64u << 10)
#define W6_PERIOD_NS (INT64_C(250) * 1000000) /* a batch is closed after */
#define W6_MARKS_MAX 100000u

/* ---- w6_count.c ---- */

/* Nanoseconds in classes of one percent, so that memory does not grow with the run. */
#define W6_CLASSES 2400u
struct w6_times {
	uint64_t counts[W6_CLASSES];
	uint64_t all;
	int64_t max_ns;
};
void w6_times_add(struct w6_times *times, int64_t ns);
/* Milliseconds below which @share (0..1) of them are; 0 without any. */
double w6_times_at(const struct w6_times *times, double share);
/* "NAME":{"count":…,"p50_ms":…,"p95_ms":…,"p99_ms":…,"max_ms":…} */
void w6_times_json(const struct w6_times *times, const char *name, struct yg_buf *to);

#define W6_PROCESSES_MAX 32u
struct w6_process {
	int pid;
	char name[32];
	double cpu_s; /* so far */
	long rss_kb;
	long peak_kb;
};
/* @pid and its children. Returns how many. */
unsigned w6_processes(int pid, struct w6_process to[W6_PROCESSES_MAX]);
/* Of this process. */
double w6_own_cpu_s(void);
int64_t w6_now(void);  /* of the day */
int64_t w6_steady(void);
_Noreturn void w6_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- w6_make.c ---- */

struct w6_maker {
	uint64_t state;
	struct yg_buf line;
};
enum w6_kind { W6_ACCESS, W6_WINDOWS, W6_HIT, W6_MARK };
uint32_t w6_chance(struct w6_maker *maker, uint32_t below);
/* One record of @kind with its LF to @to. @mark: number of the planted line. */
void w6_make(struct w6_maker *maker, struct yg_buf *to, enum w6_kind kind, uint64_t position,
	     int64_t time_ns, uint64_t mark);

/* ---- w6_link.c ---- */

struct w6_hub {
	char host[256];
	char port[8];
	const char *ca;		    /* file */
	gnutls_certificate_credentials_t trust; /* no certificate of ours: enrolment */
};
void w6_hub_open(struct w6_hub *hub, const char *url, const char *ca);

enum w6_state { W6_CLOSED, W6_CONNECTING, W6_SHAKING, W6_IDLE, W6_WRITING, W6_READING };

struct w6_link {
	enum w6_state state;
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	char sensor[YG_WIRE_ID_MAX + 1];
	struct yg_buf out;
	size_t sent;
	struct yg_buf in;
	bool wants_write; /* what epoll was told */
};

/* The identity of sensor @number in folder @keys; enrolled with @token when it is not there.
 * True: it was enrolled now. */
bool w6_link_identity(struct w6_link *link, struct w6_hub *hub, const char *keys, unsigned number,
		      const char *token);
/* Begin to connect; what is in link->out goes out from its beginning. 0, or -1. */
int w6_link_connect(struct w6_link *link, const struct w6_hub *hub);
void w6_link_close(struct w6_link *link);
/* As far as it goes without waiting. 1: an answer is whole (link->in); 0: later; -1: broken. */
int w6_link_go(struct w6_link *link);
/* Of a whole answer. */
int w6_answer_status(const struct yg_buf *in);
struct yg_bytes w6_answer_body(const struct yg_buf *in);
/* Is the answer in @in whole? */
bool w6_answer_is_whole(const struct yg_buf *in);
/* The number after "NAME": in @text, a quote before it passed over; @otherwise without one. */
uint64_t w6_number(struct yg_bytes text, const char *name, uint64_t otherwise);

/* ---- w6_watch.c ---- */

struct w6_watch_options {
	const char *url;    /* of the API: http://HOST:PORT */
	const char *tokens; /* file: "ORG TOKEN" a line; the first is asked for planted lines */
	unsigned consoles;
	unsigned every_ms; /* how often planted lines are asked for */
};
struct w6_watch;
struct w6_watch *w6_watch_start(const struct w6_watch_options *options);
/* Planted line @number belongs to @made_ns (steady). */
void w6_watch_mark(struct w6_watch *watch, uint64_t number, int64_t made_ns);
/* Wait until all @count were seen, at most @seconds; how many were. */
uint64_t w6_watch_wait(struct w6_watch *watch, uint64_t count, unsigned seconds);
void w6_watch_stop(struct w6_watch *watch);
void w6_watch_json(struct w6_watch *watch, struct yg_buf *to);
void w6_watch_print(struct w6_watch *watch);
