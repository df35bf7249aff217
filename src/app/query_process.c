/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/query_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/query_child.h"
#include "app/query_wire.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* The answer to one query, as it was, with what it rests on. */
struct kept {
	uint8_t digest[YG_DIGEST_BYTES]; /* of the query's text */
	uint32_t tables;
	uint64_t change; /* highest of its tables, when it was run */
	int32_t day;
	int code;
	char refusal[YG_QUERY_REFUSAL_MAX];
	struct yg_buf rows; /* as on the wire */
};

struct child {
	pid_t pid; /* 0: none */
	int talk;
};

struct yg_query_process {
	char *path;
	struct kept *kept;
	size_t kept_count;
	size_t kept_bytes;
	dev_t device; /* of the file whose answers are kept */
	ino_t inode;
	struct child child;
	struct yg_query_process_counts counts;
	uint64_t changes[YG_INVENTORY_TABLES_MAX]; /* of the run that goes on */
	uint64_t change_all;
	int32_t day;
	uint8_t frame[YG_QUERY_FRAME_MAX];
};

struct yg_query_process *yg_query_process_new(const char *facts_path)
{
	struct yg_query_process *process = yg_calloc(1, sizeof(*process));

	if (!process)
		return NULL;
	process->path = yg_strndup(facts_path, strlen(facts_path));
	process->kept = yg_calloc(YG_QUERY_PROCESS_QUERIES_MAX, sizeof(*process->kept));
	if (!process->path || !process->kept)
		return yg_query_process_free(process);
	return process;
}

static void forget_kept(struct yg_query_process *process)
{
	for (size_t i = 0; i < process->kept_count; i++)
		yg_buf_done(&process->kept[i].rows);
	process->kept_count = 0;
	process->kept_bytes = 0;
}

/* ---- the child ---- */

static int64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void stop_child(struct child *child)
{
	if (child->pid == 0)
		return;
	(void)close(child->talk);
	(void)kill(child->pid, SIGKILL); /* it has nothing to finish */
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
}

struct yg_query_process *yg_query_process_free(struct yg_query_process *process)
{
	if (process) {
		stop_child(&process->child);
		forget_kept(process);
		free(process->kept);
		free(process->path);
		free(process);
	}
	return NULL;
}

/* Milliseconds from now until @deadline_ns, 0 when it is over. */
static int wait_ms(int64_t deadline_ns)
{
	int64_t left = deadline_ns - monotonic_ns();

	return left > 0 ? (int)(left / NS_PER_MS) + 1 : 0;
}

/* Wait until the talk can be used for @events. YG_OK, YG_EAGAIN: time is over, YG_EIO. */
static int wait_for(const struct child *child, short events, int64_t deadline_ns)
{
	struct pollfd one = {.fd = child->talk, .events = events};
	int ready;

	do {
		ready = poll(&one, 1, wait_ms(deadline_ns));
	} while (ready < 0 && errno == EINTR);
	return ready > 0 ? YG_OK : ready == 0 ? YG_EAGAIN : YG_EIO;
}

/* Exactly @size bytes. YG_ETRUNC: the child has gone. */
static int receive(const struct child *child, uint8_t *to, size_t size, int64_t deadline_ns)
{
	while (size > 0) {
		ssize_t got = recv(child->talk, to, size, MSG_DONTWAIT);
		int rc;

		if (got > 0) {
			to += got;
			size -= (size_t)got;
			continue;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return YG_ETRUNC;
		rc = wait_for(child, POLLIN, deadline_ns);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

static int send_all(const struct child *child, struct yg_bytes b, int64_t deadline_ns)
{
	while (b.size > 0) {
		ssize_t put = send(child->talk, b.data, b.size, MSG_NOSIGNAL | MSG_DONTWAIT);
		int rc;

		if (put >= 0) {
			b = yg_bytes_from(b, (size_t)put);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return YG_ETRUNC;
		rc = wait_for(child, POLLOUT, deadline_ns);
		if (rc != YG_OK)
			return rc;
	}
	return YG_OK;
}

/* The next frame; its body is in process->frame until the next call. */
static int receive_frame(struct yg_query_process *process, int64_t deadline_ns, uint8_t *ret_kind,
			 struct yg_bytes *ret_body)
{
	uint8_t head[YG_QUERY_FRAME_HEAD];
	uint32_t size;
	int rc = receive(&process->child, head, sizeof(head), deadline_ns);

	if (rc != YG_OK)
		return rc;
	memcpy(&size, head, sizeof(size));
	if (size > sizeof(process->frame))
		return YG_EFORMAT;
	rc = receive(&process->child, process->frame, size, deadline_ns);
	if (rc != YG_OK)
		return rc;
	*ret_kind = head[4];
	*ret_body = (struct yg_bytes){process->frame, size};
	return YG_OK;
}

static int64_t deadline(void)
{
	return monotonic_ns() + YG_QUERY_PROCESS_WAIT_MS_MAX * NS_PER_MS;
}

static int receive_hello(struct yg_query_process *process)
{
	struct yg_bytes body;
	uint8_t kind;
	int32_t code;
	int rc = receive_frame(process, deadline(), &kind, &body);

	if (rc != YG_OK || kind != YG_QUERY_FRAME_HELLO || body.size != sizeof(code))
		return YG_EUNSUPPORTED; /* it died while it built its walls */
	memcpy(&code, body.data, sizeof(code));
	return code > 0 ? YG_EUNSUPPORTED : code;
}

static int start_child(struct yg_query_process *process)
{
	int pair[2];
	int rc;

	if (process->child.pid != 0)
		return YG_OK;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return yg_err_from_errno(errno);
	process->child.pid = fork();
	if (process->child.pid == 0)
		yg_query_child_live(pair[1], process->path, process->day);
	(void)close(pair[1]); /* the child's */
	if (process->child.pid < 0) {
		(void)close(pair[0]);
		process->child.pid = 0;
		return YG_EAGAIN;
	}
	process->child.talk = pair[0];
	process->counts.children++;
	rc = receive_hello(process);
	if (rc != YG_OK)
		stop_child(&process->child);
	return rc;
}

/* ---- one query ---- */

static const char *death(int rc)
{
	switch (rc) {
	case YG_EAGAIN:
		return "the query process did not answer in time and was stopped";
	case YG_ELIMIT:
		return "gives more than 16 MiB of text";
	case YG_ETRUNC:
		return "the query process was ended by its walls or by a limit";
	default:
		return "the query process broke the rules of its answer and was stopped";
	}
}

/* All rows of a ROWS frame are looked at before they are kept. */
static int take_rows(struct kept *to, struct yg_bytes body, uint32_t *count)
{
	struct yg_bytes rest = body;
	struct yg_check_row row;
	int rc;

	while ((rc = yg_query_wire_row(&rest, &row)) == YG_OK)
		if (++*count > YG_QUERY_ROWS_MAX)
			return YG_EFORMAT;
	if (rc != YG_EEND)
		return rc;
	yg_buf_add(&to->rows, body);
	return yg_buf_error(&to->rows);
}

/* Rows until DONE. Other than YG_OK: the child cannot be trusted any more. */
static int receive_answer(struct yg_query_process *process, struct kept *to)
{
	int64_t until = deadline();
	uint32_t count = 0;

	for (;;) {
		struct yg_query_done done;
		struct yg_bytes body;
		uint8_t kind;
		int rc = receive_frame(process, until, &kind, &body);

		if (rc == YG_OK && kind == YG_QUERY_FRAME_DONE) {
			rc = yg_query_wire_done(body, &to->code, &done);
			if (rc != YG_OK)
				return rc;
			to->tables = done.tables;
			memcpy(to->refusal, done.refusal, sizeof(to->refusal));
			return YG_OK;
		}
		if (rc == YG_OK)
			rc = kind == YG_QUERY_FRAME_ROWS ? take_rows(to, body, &count) : YG_EFORMAT;
		if (rc != YG_OK)
			return rc;
	}
}

static int send_query(struct yg_query_process *process, struct yg_bytes sql)
{
	struct yg_buf frame;
	int rc;

	yg_buf_init(&frame, YG_QUERY_SQL_MAX + YG_QUERY_FRAME_HEAD);
	yg_query_wire_add_frame(&frame, YG_QUERY_FRAME_QUERY, sql);
	rc = yg_buf_error(&frame);
	if (rc == YG_OK)
		rc = send_all(&process->child, yg_buf_bytes(&frame), deadline());
	yg_buf_done(&frame);
	return rc;
}

/* Fills *to. YG_OK also when the query failed; *ret_may_keep: would it fail again the same way? */
static int ask_child(struct yg_query_process *process, struct yg_bytes sql, struct kept *to,
		     bool *ret_may_keep)
{
	int rc;

	*ret_may_keep = true;
	if (sql.size > YG_QUERY_SQL_MAX) {
		to->code = YG_ELIMIT;
		(void)snprintf(to->refusal, sizeof(to->refusal), "is longer than %u bytes",
			       YG_QUERY_SQL_MAX); /* fits */
		return YG_OK;
	}
	rc = start_child(process);
	if (rc != YG_OK)
		return rc;
	process->counts.run++;
	rc = send_query(process, sql);
	if (rc == YG_OK)
		rc = receive_answer(process, to);
	if (rc == YG_OK)
		return YG_OK;
	stop_child(&process->child);
	if (rc == YG_ENOMEM)
		return rc;
	*ret_may_keep = false;
	to->code = rc;
	(void)snprintf(to->refusal, sizeof(to->refusal), "%s", death(rc)); /* fits */
	return YG_OK;
}

/* ---- what is kept ---- */

static uint64_t change_of(const struct yg_query_process *process, uint32_t tables)
{
	uint64_t highest = 0;

	for (uint32_t i = 0; i < YG_INVENTORY_TABLES_MAX; i++)
		if ((tables >> i & 1) != 0 && process->changes[i] > highest)
			highest = process->changes[i];
	return highest;
}

static struct kept *find(struct yg_query_process *process, const uint8_t digest[YG_DIGEST_BYTES])
{
	for (size_t i = 0; i < process->kept_count; i++)
		if (memcmp(process->kept[i].digest, digest, YG_DIGEST_BYTES) == 0)
			return &process->kept[i];
	return NULL;
}

static bool still_holds(const struct yg_query_process *process, const struct kept *kept)
{
	bool reads_clock = (kept->tables >> yg_inventory_table(YG_S("clock")) & 1) != 0;

	return change_of(process, kept->tables) == kept->change &&
	       (!reads_clock || kept->day == process->day);
}

/* @one goes into the store, or is freed. */
static void keep(struct yg_query_process *process, struct kept *take_one)
{
	struct kept *old = find(process, take_one->digest);
	size_t size = take_one->rows.room;

	if (!old && process->kept_count == YG_QUERY_PROCESS_QUERIES_MAX)
		forget_kept(process);
	if (process->kept_bytes + size > YG_QUERY_PROCESS_KEPT_MAX) {
		forget_kept(process);
		old = NULL;
	}
	if (old) {
		process->kept_bytes -= old->rows.room;
		yg_buf_done(&old->rows);
	} else {
		old = &process->kept[process->kept_count++];
	}
	*old = *take_one;
	process->kept_bytes += size;
}

static int tell(const struct kept *answer, uint32_t query, yg_assess_row_fn fn, void *arg)
{
	struct yg_bytes rest = yg_buf_bytes(&answer->rows);
	struct yg_check_row row;
	int rc = YG_OK;

	if (answer->code != YG_OK)
		return fn(arg, query, NULL, answer->refusal);
	while (rc == YG_OK && yg_query_wire_row(&rest, &row) == YG_OK)
		rc = fn(arg, query, &row, NULL);
	return rc;
}

static int run_one(struct yg_query_process *process, uint32_t query, struct yg_bytes sql,
		   yg_assess_row_fn fn, void *arg)
{
	struct kept fresh = {.day = process->day};
	struct kept *old;
	bool may_keep;
	int rc;

	yg_digest(sql, fresh.digest);
	old = find(process, fresh.digest);
	if (old && still_holds(process, old)) {
		process->counts.kept++;
		return tell(old, query, fn, arg);
	}
	yg_buf_init(&fresh.rows, YG_QUERY_PROCESS_RESULT_MAX);
	rc = ask_child(process, sql, &fresh, &may_keep);
	fresh.change = change_of(process, fresh.tables);
	if (rc == YG_OK)
		rc = tell(&fresh, query, fn, arg);
	if (rc == YG_OK && may_keep)
		keep(process, &fresh);
	else
		yg_buf_done(&fresh.rows);
	return rc;
}

/* The change numbers before anything runs: a list that comes in meanwhile makes the answers of
 * this run old, never the other way round. Opening for writing also rolls back what a power cut
 * left half done, which a reader could not. */
static int read_changes(struct yg_query_process *process)
{
	struct yg_inventory *inventory;
	struct stat st;
	int rc;

	if (stat(process->path, &st) != 0)
		return yg_err_from_errno(errno);
	if (st.st_dev != process->device || st.st_ino != process->inode)
		forget_kept(process);
	process->device = st.st_dev;
	process->inode = st.st_ino;
	rc = yg_inventory_open(process->path, false, &inventory);
	if (rc != YG_OK)
		return rc;
	rc = yg_inventory_changes(inventory, process->changes, &process->change_all);
	(void)yg_inventory_free(inventory);
	return rc;
}

int yg_query_process_run(void *facts, struct yg_access *access, int32_t day,
			 const struct yg_assess_query *queries, uint32_t count, yg_assess_row_fn fn,
			 void *arg)
{
	struct yg_query_process *process = facts;
	int rc = read_changes(process);

	(void)access; /* the file is of its organisation */
	if (rc == YG_ENOENT)
		return YG_OK;
	process->day = day;
	for (uint32_t i = 0; rc == YG_OK && i < count; i++)
		rc = run_one(process, i, queries[i].sql, fn, arg);
	stop_child(&process->child);
	return rc;
}

struct yg_query_process_counts yg_query_process_counts(const struct yg_query_process *process)
{
	return process->counts;
}
