/* SPDX-License-Identifier: Apache-2.0 */
/* Those who look: one thread that asks for the findings of planted lines, some that are consoles. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "w6.h"

#include "base/ban.h"

#define TOKENS_MAX  1024u
#define THREADS	    4u
#define PERIOD_S    30
#define PERIODS_MAX 64u
#define PAGE_MAX    (32u << 20)
#define ASKS	    3u /* of a console in a second */
#define TIMEOUT_S   30
#define PAGE_FULL   100000u /* bytes */
#define PAGE_EMPTY  64u     /* nothing of ours in a part of what there is */

struct token {
	char org[YG_WIRE_ID_MAX + 1];
	char secret[128];
};

struct client {
	struct w6_watch *watch;
	unsigned index;
	pthread_t thread;
	struct w6_times times; /* of answers */
	uint64_t errors;
	uint64_t asked;
};

struct w6_watch {
	struct w6_watch_options options;
	char host[256];
	char port[8];
	struct token tokens[TOKENS_MAX];
	unsigned token_count;
	atomic_bool is_over;
	pthread_mutex_t mutex;
	int64_t made_ns[W6_MARKS_MAX]; /* 0: not planted, or seen */
	uint64_t seen;
	uint64_t again; /* a planted line's finding that was seen before */
	struct w6_times visible;
	int64_t begun_ns;
	struct w6_times visible_in[PERIODS_MAX]; /* planted in each PERIOD_S of the run */
	struct client marks;
	struct client consoles[THREADS];
};

static int dial(const struct w6_watch *watch)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct timeval patience = {.tv_sec = TIMEOUT_S};
	struct addrinfo *found = NULL;
	int one = 1;
	int fd;

	if (getaddrinfo(watch->host, watch->port, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
			connect(fd, found->ai_addr, found->ai_addrlen) != 0)) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* The status; 0 when there was no answer (*fd is closed then). */
static int ask(struct client *client, int *fd, const struct token *token, const char *path, struct yg_buf *in)
{
	int64_t begin = w6_steady();
	char text[1024];
	int size = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\n\r\n", path,
			    client->watch->host, client->watch->port, token->secret);
	ssize_t n;

	client->asked++;
	yg_buf_reset(in);
	if (*fd < 0)
		*fd = dial(client->watch);
	n = *fd >= 0 ? send(*fd, text, (size_t)size, MSG_NOSIGNAL) : -1;
	while (n > 0 && !w6_answer_is_whole(in)) {
		uint8_t *room = yg_buf_reserve(in, 64u << 10);

		n = room ? recv(*fd, room, 64u << 10, 0) : -1;
		if (n > 0)
			yg_buf_grew(in, (size_t)n);
	}
	w6_times_add(&client->times, w6_steady() - begin);
	if (n > 0)
		return w6_answer_status(in);
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	return 0;
}

static void nap(int64_t until_ns)
{
	int64_t left = until_ns - w6_steady();

	if (left > 0)
		(void)poll(NULL, 0, (int)(left / 1000000) + 1);
}

/* ---- planted lines ---- */

/* What lasts longer than the periods there are counts to the last. */
static struct w6_times *period_of(struct w6_watch *watch, int64_t at_ns)
{
	int64_t period = (at_ns - watch->begun_ns) / (PERIOD_S * INT64_C(1000000000));

	return &watch->visible_in[period < 0 ? 0 : period < PERIODS_MAX ? period : PERIODS_MAX - 1];
}

static void see(struct w6_watch *watch, uint64_t number, int64_t now)
{
	if (number >= W6_MARKS_MAX)
		return;
	(void)pthread_mutex_lock(&watch->mutex);
	if (watch->made_ns[number] > 0) {
		w6_times_add(&watch->visible, now - watch->made_ns[number]);
		w6_times_add(period_of(watch, watch->made_ns[number]), now - watch->made_ns[number]);
		watch->made_ns[number] = -1;
		watch->seen++;
	} else if (watch->made_ns[number] < 0) {
		watch->again++;
	}
	(void)pthread_mutex_unlock(&watch->mutex);
}

static void see_page(struct w6_watch *watch, struct yg_bytes body)
{
	static const char key[] = "\"source\":\"/planted/";
	const uint8_t *at = body.data;
	const uint8_t *end = body.data + body.size;
	int64_t now = w6_steady();

	while (at && (at = memmem(at, (size_t)(end - at), key, sizeof(key) - 1)) != NULL) {
		at += sizeof(key) - 1;
		see(watch, strtoull((const char *)at, NULL, 10), now); /* ends at the quote */
	}
}

/* The last member of the page. */
static uint64_t next_of(struct yg_bytes body, uint64_t otherwise)
{
	return w6_number(yg_bytes_from(body, body.size > 64 ? body.size - 64 : 0), "next", otherwise);
}

static void *watch_marks(void *arg)
{
	struct client *client = arg;
	struct w6_watch *watch = client->watch;
	struct yg_buf in;
	uint64_t after = 0;
	int fd = -1;

	yg_buf_init(&in, PAGE_MAX);
	while (!watch->is_over) {
		int64_t begin = w6_steady();
		uint64_t before = after;
		char path[256];
		int status;

		int size = snprintf(path, sizeof(path), "/api/v1/findings?org=%s&order=change&limit=200", watch->tokens[0].org);

		if (after != 0) /* a number that says nothing by itself */
			(void)snprintf(path + size, sizeof(path) - (size_t)size, "&after=%llu", (unsigned long long)after);
		status = ask(client, &fd, &watch->tokens[0], path, &in);
		client->errors += status != 200;
		if (status == 200) {
			struct yg_bytes body = w6_answer_body(&in);

			see_page(watch, body);
			after = next_of(body, after);
			if (after != before && (body.size > PAGE_FULL || body.size < PAGE_EMPTY))
				continue; /* there is more */
		}
		nap(begin + watch->options.every_ms * INT64_C(1000000));
	}
	if (fd >= 0)
		(void)close(fd);
	yg_buf_done(&in);
	return NULL;
}

void w6_watch_mark(struct w6_watch *watch, uint64_t number, int64_t made_ns)
{
	(void)pthread_mutex_lock(&watch->mutex);
	if (number < W6_MARKS_MAX)
		watch->made_ns[number] = made_ns;
	(void)pthread_mutex_unlock(&watch->mutex);
}

uint64_t w6_watch_wait(struct w6_watch *watch, uint64_t count, unsigned seconds)
{
	int64_t until = w6_steady() + seconds * YG_NS_PER_S;
	uint64_t seen = 0;

	for (;;) {
		(void)pthread_mutex_lock(&watch->mutex);
		seen = watch->seen;
		(void)pthread_mutex_unlock(&watch->mutex);
		if (seen >= count || w6_steady() >= until)
			return seen;
		(void)poll(NULL, 0, 20);
	}
}

/* ---- consoles ---- */

/* Consoles THREADS apart, spread over the second; each has a connection of its own. */
static void *be_consoles(void *arg)
{
	struct client *client = arg;
	struct w6_watch *watch = client->watch;
	unsigned count = (watch->options.consoles + THREADS - 1 - client->index) / THREADS;
	int64_t due = w6_steady();
	struct yg_buf in;
	int *fds = yg_calloc(count, sizeof(*fds));

	yg_buf_init(&in, PAGE_MAX);
	for (unsigned i = 0; fds && i < count; i++)
		fds[i] = -1;
	for (uint64_t turn = 0; fds && !watch->is_over; turn++) {
		unsigned console = (unsigned)(turn % count);
		const struct token *token =
			&watch->tokens[1 + (console * THREADS + client->index) % (watch->token_count - 1)];
		char paths[ASKS][256];

		(void)snprintf(paths[0], sizeof(paths[0]), "/api/v1/findings?org=%s&limit=50", token->org);
		(void)snprintf(paths[1], sizeof(paths[1]), "/api/v1/sensors?org=%s&limit=50", token->org);
		(void)snprintf(paths[2], sizeof(paths[2]), "/api/v1/orgs?limit=50");
		for (unsigned i = 0; i < ASKS && !watch->is_over; i++)
			client->errors += ask(client, &fds[console], token, paths[i], &in) != 200;
		due += YG_NS_PER_S / count;
		nap(due);
	}
	for (unsigned i = 0; fds && i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	free(fds);
	yg_buf_done(&in);
	return NULL;
}

/* ---- beginning and end ---- */

static void read_tokens(struct w6_watch *watch)
{
	FILE *file = fopen(watch->options.tokens, "re");

	if (!file)
		w6_fail("%s: cannot be read", watch->options.tokens);
	while (watch->token_count < TOKENS_MAX &&
	       fscanf(file, "%64s %127s", watch->tokens[watch->token_count].org,
		      watch->tokens[watch->token_count].secret) == 2)
		watch->token_count++;
	(void)fclose(file);
	if (watch->token_count == 0 || (watch->options.consoles > 0 && watch->token_count < 2))
		w6_fail("%s: too few tokens", watch->options.tokens);
}

static void begin(struct w6_watch *watch, struct client *client, unsigned index, void *(*fn)(void *))
{
	client->watch = watch;
	client->index = index;
	if (pthread_create(&client->thread, NULL, fn, client) != 0)
		w6_fail("no thread");
}

struct w6_watch *w6_watch_start(const struct w6_watch_options *options)
{
	struct w6_watch *watch = yg_calloc(1, sizeof(*watch));
	const char *host = strstr(options->url, "://");
	const char *port = strrchr(options->url, ':');

	if (!watch || !host || port <= host || pthread_mutex_init(&watch->mutex, NULL) != 0)
		w6_fail("%s: no address", options->url);
	watch->options = *options;
	watch->begun_ns = w6_steady();
	(void)snprintf(watch->host, sizeof(watch->host), "%.*s", (int)(port - host - 3), host + 3);
	(void)snprintf(watch->port, sizeof(watch->port), "%s", port + 1);
	read_tokens(watch);
	begin(watch, &watch->marks, 0, watch_marks);
	for (unsigned i = 0; i < THREADS && i < options->consoles; i++)
		begin(watch, &watch->consoles[i], i, be_consoles);
	return watch;
}

void w6_watch_stop(struct w6_watch *watch)
{
	watch->is_over = true;
	(void)pthread_join(watch->marks.thread, NULL);
	for (unsigned i = 0; i < THREADS && i < watch->options.consoles; i++)
		(void)pthread_join(watch->consoles[i].thread, NULL);
	for (unsigned i = 1; i < THREADS; i++) { /* one set of figures for all consoles */
		for (unsigned k = 0; k < W6_CLASSES; k++)
			watch->consoles[0].times.counts[k] += watch->consoles[i].times.counts[k];
		watch->consoles[0].times.all += watch->consoles[i].times.all;
		watch->consoles[0].errors += watch->consoles[i].errors;
		if (watch->consoles[i].times.max_ns > watch->consoles[0].times.max_ns)
			watch->consoles[0].times.max_ns = watch->consoles[i].times.max_ns;
	}
}

/* Up to the last in which something was seen. */
static unsigned periods(const struct w6_watch *watch)
{
	unsigned count = PERIODS_MAX;

	while (count > 0 && watch->visible_in[count - 1].all == 0)
		count--;
	return count;
}

void w6_watch_json(struct w6_watch *watch, struct yg_buf *to)
{
	yg_buf_addf(to, "\"planted_seen\":%llu,\"planted_seen_again\":%llu,\"poll_errors\":%llu,",
		    (unsigned long long)watch->seen, (unsigned long long)watch->again,
		    (unsigned long long)watch->marks.errors);
	w6_times_json(&watch->visible, "visible", to);
	yg_buf_addf(to, ",\"visible_every_s\":%d,\"visible_p99_ms\":[", PERIOD_S);
	for (unsigned i = 0; i < periods(watch); i++)
		yg_buf_addf(to, "%s%.2f", i > 0 ? "," : "", w6_times_at(&watch->visible_in[i], 0.99));
	yg_buf_addf(to, "],");
	w6_times_json(&watch->marks.times, "poll", to);
	yg_buf_addf(to, ",\"consoles\":%u,\"console_errors\":%llu,", watch->options.consoles,
		    (unsigned long long)watch->consoles[0].errors);
	w6_times_json(&watch->consoles[0].times, "console", to);
}

static void print_times(const char *what, const struct w6_times *times)
{
	printf("  %-34s p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, slowest %.1f ms (%llu)\n", what, w6_times_at(times, 0.5),
	       w6_times_at(times, 0.95), w6_times_at(times, 0.99), (double)times->max_ns / 1e6,
	       (unsigned long long)times->all);
}

void w6_watch_print(struct w6_watch *watch)
{
	print_times("log line -> finding visible", &watch->visible);
	if (periods(watch) > 1) {
		printf("    p99 in every %d s:", PERIOD_S);
		for (unsigned i = 0; i < periods(watch); i++)
			printf(" %.0f", w6_times_at(&watch->visible_in[i], 0.99));
		printf(" ms\n");
	}
	print_times("GET of changed findings", &watch->marks.times);
	if (watch->options.consoles > 0)
		print_times("GET of a console", &watch->consoles[0].times);
	if (watch->marks.errors + watch->consoles[0].errors > 0)
		printf("  API: %llu and %llu answers other than 200\n", (unsigned long long)watch->marks.errors,
		       (unsigned long long)watch->consoles[0].errors);
}
