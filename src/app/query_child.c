/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "app/query_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/query_sandbox.h"
#include "app/query_wire.h"
#include "base/io.h"

#include "base/ban.h"

#define TALK	      3
#define FACTS	      4
#define EXIT_PEER     2 /* the parent said what it must not: a fault of ours */
#define EXIT_NO_WALLS 3

struct child {
	struct yg_query *query;
	struct yg_buf rows;
	struct yg_buf out;
};

/* Nothing is put off to exit handlers: they are the parent's. */
static void die(int code)
{
	_exit(code);
}

static void send_frame(struct child *child, enum yg_query_frame kind, struct yg_bytes body)
{
	yg_buf_reset(&child->out);
	yg_query_wire_add_frame(&child->out, kind, body);
	if (yg_buf_error(&child->out) != YG_OK ||
	    yg_io_write(TALK, yg_buf_bytes(&child->out)) != YG_OK)
		die(EXIT_FAILURE); /* nobody listens */
}

/* Exactly @size bytes; ends the process at the end of the talk. */
static void receive(uint8_t *to, size_t size)
{
	while (size > 0) {
		size_t got = 0;

		if (yg_io_read(TALK, to, size, &got) != YG_OK)
			die(EXIT_FAILURE);
		if (got == 0)
			die(EXIT_SUCCESS);
		to += got;
		size -= got;
	}
}

static int send_row(void *arg, const struct yg_check_row *row)
{
	struct child *child = arg;

	yg_query_wire_add_row(&child->rows, row);
	if (child->rows.size >= YG_QUERY_FRAME_FULL) {
		send_frame(child, YG_QUERY_FRAME_ROWS, yg_buf_bytes(&child->rows));
		yg_buf_reset(&child->rows);
	}
	return yg_buf_error(&child->rows);
}

static void answer(struct child *child, struct yg_bytes sql)
{
	struct yg_query_done done;
	int code;

	yg_buf_reset(&child->rows);
	code = yg_query_run(child->query, sql, send_row, child, &done);
	if (code != YG_OK && done.refusal[0] == 0)
		(void)snprintf(done.refusal, sizeof(done.refusal), "%s", yg_err_text(code));
	if (child->rows.size > 0 && code == YG_OK)
		send_frame(child, YG_QUERY_FRAME_ROWS, yg_buf_bytes(&child->rows));
	yg_buf_reset(&child->rows);
	yg_query_wire_add_done(&child->rows, code, &done);
	send_frame(child, YG_QUERY_FRAME_DONE, yg_buf_bytes(&child->rows));
}

/* The parent's handlers would run here on its state. */
static void forget_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* some cannot be set, and need not be */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail with these */
}

/* Leaves 0, 1, 2 on /dev/null, the talk on 3, and nothing else open. */
static bool close_all(int talk)
{
	int null;

	if (talk != TALK && dup2(talk, TALK) != TALK)
		return false;
	if (close_range(TALK + 1, ~0u, 0) != 0)
		return false;
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return false;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) != fd)
			return false;
	return close(null) == 0;
}

/* SQLite takes the lowest free number for the one file that it opens. */
static bool is_facts_alone(const char *path)
{
	struct stat by_path;
	struct stat by_fd;

	return stat(path, &by_path) == 0 && fstat(FACTS, &by_fd) == 0 &&
	       by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino &&
	       fcntl(FACTS + 1, F_GETFD) < 0;
}

static int set_up(struct child *child, const char *facts_path, int32_t day)
{
	int rc;

	yg_query_bound_memory();
	rc = yg_query_open(facts_path, day, &child->query);
	if (rc != YG_OK)
		return rc;
	if (!is_facts_alone(facts_path))
		return YG_EUNSUPPORTED;
	return yg_query_sandbox_enter(TALK, FACTS);
}

void yg_query_child_live(int talk, const char *facts_path, int32_t day)
{
	static uint8_t sql[YG_QUERY_SQL_MAX];
	struct child child = {0};
	uint8_t head[YG_QUERY_FRAME_HEAD];
	uint32_t size;
	int32_t code;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* the closed talk ends it, too */
	forget_signals();
	if (!close_all(talk))
		die(EXIT_NO_WALLS);
	yg_buf_init(&child.rows, YG_QUERY_FRAME_MAX);
	yg_buf_init(&child.out, YG_QUERY_FRAME_MAX + YG_QUERY_FRAME_HEAD);
	code = set_up(&child, facts_path, day);
	send_frame(&child, YG_QUERY_FRAME_HELLO,
		   (struct yg_bytes){(const uint8_t *)&code, sizeof(code)});
	while (code == YG_OK) {
		receive(head, sizeof(head));
		memcpy(&size, head, sizeof(size));
		if (head[4] != YG_QUERY_FRAME_QUERY || size > sizeof(sql))
			die(EXIT_PEER);
		receive(sql, size);
		answer(&child, (struct yg_bytes){sql, size});
	}
	_exit(EXIT_NO_WALLS);
}
