/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "source/tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../check.h"
#include "base/io.h"

#include "base/ban.h"

static char folder[64];
static char path[96];
static struct yg_tail *tail;
static struct yg_buf got;
static unsigned ends;

static bool start(void)
{
	tail = yg_tail_free(tail);
	yg_buf_done(&got);
	yg_buf_init(&got, 1u << 20);
	ends = 0;
	(void)snprintf(folder, sizeof(folder), "%s/tail-XXXXXX",
		       getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return false;
	(void)snprintf(path, sizeof(path), "%s/log", folder);
	return true;
}

/* A write of its own, whose time differs from the one before. */
static bool append(const char *name, const char *text)
{
	static int64_t tick = 1600000000;
	struct timespec times[2] = {{tick, 0}, {tick, 0}};
	char file[128];
	int fd;
	bool is_done;

	(void)snprintf(file, sizeof(file), "%s/%s", folder, name);
	fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	is_done =
		fd >= 0 && yg_io_write(fd, yg_bytes_str(text)) == YG_OK && futimens(fd, times) == 0;
	tick++;
	if (fd >= 0)
		(void)close(fd);
	return is_done;
}

static bool move(const char *from, const char *to)
{
	char a[128];
	char b[128];

	(void)snprintf(a, sizeof(a), "%s/%s", folder, from);
	(void)snprintf(b, sizeof(b), "%s/%s", folder, to);
	return rename(a, b) == 0;
}

/* All there is, with "|" where a file ended. */
static bool read_all(void)
{
	unsigned idle = 0;

	while (idle < 3) {
		int rc = yg_tail_read(tail, &got, 7);

		if (rc == YG_EEND) {
			ends++;
			yg_buf_add_byte(&got, '|');
		} else if (rc != YG_OK && rc != YG_EAGAIN) {
			return false;
		}
		idle = rc == YG_EAGAIN ? idle + 1 : 0;
	}
	return true;
}

static struct yg_tail_mark mark_at(uint64_t offset)
{
	struct yg_tail_mark mark;

	yg_tail_mark(tail, offset, 0, &mark);
	return mark;
}

/* Read "one two", keep a mark behind "one ", end. */
static bool first_life(struct yg_tail_mark *ret)
{
	if (!start() || !append("log", "one two ") || yg_tail_open(path, NULL, &tail) != YG_OK ||
	    !read_all())
		return false;
	*ret = mark_at(4);
	tail = yg_tail_free(tail);
	yg_buf_reset(&got);
	return true;
}

static bool second_life(const struct yg_tail_mark *mark)
{
	return yg_tail_open(path, mark, &tail) == YG_OK && read_all();
}

static void goes_on(void)
{
	struct yg_tail_mark mark;
	uint64_t lines;

	CHECK(first_life(&mark));
	CHECK(append("log", "three "));
	CHECK(yg_tail_open(path, &mark, &tail) == YG_OK);
	CHECK(yg_tail_start(tail, &lines) == 4);
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "two three ");
	CHECK(append("log", "four "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "two three four ");
}

static void renamed_while_away(void)
{
	struct yg_tail_mark mark;

	CHECK(first_life(&mark));
	CHECK(append("log", "three ") && move("log", "log.2"));
	CHECK(append("log.1", "four "));
	CHECK(append("log", "five "));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "two three |four |five ");
	CHECK(yg_tail_state(tail).lost == 0);
}

/* The file of the mark is known by itself, whatever it is called; others of such names are not
 * read. */
static void renamed_to_whatever(void)
{
	struct yg_tail_mark mark;

	CHECK(first_life(&mark) && append("log", "three") && move("log", "log.old") &&
	      append("other.log", "no") && append("log", "new"));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "two three|new");
	CHECK(ends == 1 && yg_tail_state(tail).lost == 0);
	/* Another file that has its number by now is not it. */
	CHECK(first_life(&mark) && append("keep", "x") && unlink(path) == 0 &&
	      append("log.old", "other bytes here") && append("log", "new"));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "new");
	CHECK(yg_tail_state(tail).lost == 1);
}

static void renamed_while_here(void)
{
	CHECK(start() && append("log", "one "));
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(append("log", "two ") && move("log", "log-20261125"));
	CHECK(read_all()); /* the path leads nowhere for now */
	CHECK(append("log-20261125", "three "));
	CHECK(append("log", "four "));
	CHECK(move("log", "log-20261126") && append("log", "five "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one two three |four |five ");
}

static void other_names_are_others(void)
{
	struct yg_tail_mark mark;

	CHECK(first_life(&mark));
	CHECK(move("log", "log.1"));
	CHECK(append("log.bak", "a ") && append("log.1.gz", "b ") && append("log2", "c "));
	CHECK(append("log.2", "\x1f\x8b packed "));
	CHECK(append("log", "five "));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "two |five ");
	CHECK(yg_tail_state(tail).lost == 1); /* the packed one may have held something */
}

static void cut_while_here(void)
{
	CHECK(start() && append("log", "one two "));
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(truncate(path, 0) == 0 && append("log", "three "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one two |three ");
}

/* Cut, and longer than before when we look again: only the first bytes tell. */
static void rewritten_while_here(void)
{
	CHECK(start() && append("log", "one two "));
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(truncate(path, 0) == 0 && append("log", "three and much more "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one two |three and much more ");
}

static void copied_and_cut(void)
{
	struct yg_tail_mark mark;

	CHECK(first_life(&mark));
	CHECK(append("log.1", "one two three ")); /* the copy */
	CHECK(truncate(path, 0) == 0 && append("log", "four and much more "));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "two three |four and much more ");
	/* The same while it runs. */
	CHECK(append("log", "five "));
	CHECK(move("log.1", "log.2") && append("log.1", "four and much more five "));
	CHECK(truncate(path, 0) == 0 && append("log", "six "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "two three |four and much more five |six ");
}

/* The number of the old file, given to another one. */
static void number_reused(void)
{
	struct yg_tail_mark mark;

	CHECK(first_life(&mark));
	CHECK(truncate(path, 0) == 0 && append("log", "another file "));
	CHECK(second_life(&mark));
	CHECK_TEXT(yg_buf_bytes(&got), "another file ");
	CHECK(yg_tail_state(tail).lost == 1);
}

static void comes_later(void)
{
	CHECK(start());
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(got.size == 0 && !yg_tail_state(tail).is_there);
	CHECK(append("log", "one "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one ");
	CHECK(yg_tail_state(tail).is_there);
	tail = yg_tail_free(tail);
	yg_buf_done(&got);
}

/* Made and renamed, twice, between two looks; what was there before is not of our time. */
static void renamed_before_it_was_seen(void)
{
	CHECK(start() && append("log.1", "old "));
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(got.size == 0);
	CHECK(move("log.1", "log.3"));
	CHECK(append("log", "one ") && move("log", "log.2"));
	CHECK(append("log", "two ") && move("log", "log.1"));
	CHECK(append("log", "three "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one |two |three ");
	CHECK(append("log", "four "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one |two |three four ");
	CHECK(yg_tail_state(tail).lost == 0);
}

/* The same, and no new one at the path yet: it is read all the same, also what is added to it. */
static void renamed_and_not_replaced(void)
{
	CHECK(start());
	CHECK(yg_tail_open(path, NULL, &tail) == YG_OK && read_all());
	CHECK(append("log", "one ") && move("log", "log.1"));
	CHECK(read_all());
	CHECK(append("log", "two "));
	CHECK(read_all());
	CHECK_TEXT(yg_buf_bytes(&got), "one |two ");
	tail = yg_tail_free(tail);
	yg_buf_done(&got);
}

static const struct check_case cases[] = {
	CASE(goes_on),
	CASE(renamed_while_away),
	CASE(renamed_to_whatever),
	CASE(renamed_while_here),
	CASE(other_names_are_others),
	CASE(cut_while_here),
	CASE(rewritten_while_here),
	CASE(copied_and_cut),
	CASE(number_reused),
	CASE(comes_later),
	CASE(renamed_before_it_was_seen),
	CASE(renamed_and_not_replaced),
};
CHECK_MAIN(cases)
