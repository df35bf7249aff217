/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/local-int.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "base/alloc.h"

#include "base/ban.h"

#define NOW (INT64_C(1700000000) * YG_NS_PER_S)
#define S   YG_NS_PER_S

static void entries(void)
{
	struct yg_local_entry out = {7, 2, NOW, YG_S("one\ntwo\n")};
	struct yg_local_entry in;
	struct yg_bytes text;
	struct yg_buf buf;

	yg_buf_init(&buf, 4096);
	yg_local_entry_write(&out, &buf);
	yg_local_entry_write(&out, &buf);
	text = yg_buf_bytes(&buf);
	CHECK(yg_local_entry_next(&text, &in) && in.first == 7 && in.count == 2);
	CHECK(in.arrived_ns == NOW);
	CHECK_TEXT(in.lines, "one\ntwo\n");
	CHECK(yg_local_entry_next(&text, &in) && text.size == 0);
	/* Any byte that differs, any size that is less: nothing. */
	for (size_t i = 0; i < buf.size / 2; i++) {
		text = yg_bytes_cut(yg_buf_bytes(&buf), 0, i);
		CHECK(!yg_local_entry_next(&text, &in));
		buf.data[i] ^= 1;
		text = yg_buf_bytes(&buf);
		CHECK(!yg_local_entry_next(&text, &in));
		buf.data[i] ^= 1;
	}
	yg_buf_done(&buf);
}

static unsigned said;
static void say(const char *format, ...)
{
	(void)format;
	said++;
}
static const char *as_it_is(const char *msgid)
{
	return msgid;
}

static char folder[] = "/tmp/yagura-local-XXXXXX";
static struct yg_names *names;
static struct yg_arena *arena;

static struct yg_local *begin(int64_t now_ns, uint64_t number)
{
	struct yg_local_config config = {
		.state = folder,
		.org = "acme",
		.bytes_max = 1u << 30,
		.days = 366,
		.now_ns = now_ns,
		.number = number,
		.say = say,
		.tr = as_it_is,
	};
	struct yg_local *local = NULL;

	return yg_local_open(&config, &local) == YG_OK ? local : NULL;
}

static void take(struct yg_local *local, const char *raw)
{
	struct yg_event event;

	yg_arena_reset(arena);
	yg_event_init(&event, arena, names);
	event.format = YG_FORMAT_SYSLOG;
	event.position = 1;
	event.time_ns = YG_TIME_NONE;
	event.raw = yg_bytes_str(raw);
	yg_local_take(local, &event, YG_S("x"));
}

struct reading {
	struct yg_local_describer *describer;
	char raws[4096];
};

static int take_frame(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	struct reading *r = arg;

	(void)frame;
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1;
		struct yg_event *event = yg_local_event(r->describer, yg_bytes_cut(text, 0, end));
		size_t size = strlen(r->raws);

		if (event)
			(void)snprintf(r->raws + size, sizeof(r->raws) - size, "%.*s ",
				       YG_FMT(event->raw));
		text = yg_bytes_from(text, end);
	}
	return YG_OK;
}

static void note(void *arg, const struct yg_archive_note *what)
{
	(void)arg;
	(void)what;
}

static int take_entry(void *arg, const struct yg_archive_entry *entry)
{
	struct yg_archive_check check;

	return yg_archive_verify(entry->path, &check, note, take_frame, arg);
}

/* All raws in the archive, a blank behind each. */
static const char *archived(void)
{
	static struct reading r;
	char dir[YG_ARCHIVE_PATH_MAX];

	r.raws[0] = '\0';
	r.describer = yg_local_describer_new();
	if (!r.describer || !yg_local_path(folder, "archive", dir) ||
	    yg_archive_walk(dir, NULL, take_entry, &r) != YG_OK)
		(void)snprintf(r.raws, sizeof(r.raws), "?");
	r.describer = yg_local_describer_free(r.describer);
	return r.raws;
}

#define FIRST ((uint64_t)1700000000 << 20) /* the number of a fresh beginning at NOW */

/* One life of a sensor that is killed at its end: nothing is synced or closed then. */
static bool live(void (*life)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		life();
		_exit(check_failed);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void first_life(void)
{
	struct yg_local *local = begin(NOW, 0);

	CHECK(local != NULL);
	take(local, "a");
	take(local, "b");
	yg_local_undo(local); /* it comes again */
	take(local, "b");
	yg_local_before(local, NOW);
	yg_local_before(local, NOW); /* the spool was full once */
	CHECK(yg_local_number(local) == FIRST + 2);
	yg_local_after(local, NOW);
	/* Logged, and the commit never came. */
	take(local, "c");
	yg_local_before(local, NOW + S);
}

static void second_life(void)
{
	struct yg_local *local = begin(NOW + 2 * S, FIRST + 2);

	CHECK(local != NULL);
	CHECK_TEXT(yg_bytes_str(archived()), "a b ");
	take(local, "c");
	take(local, "d");
	yg_local_before(local, NOW + 3 * S);
	CHECK(yg_local_number(local) == FIRST + 4);
	/* Committed, and killed before the archive had it. */
}

/*
 * A sensor that dies between any two steps; its spool says which number was committed. What was
 * logged and committed is there, what was not committed comes again, nothing is there twice.
 */
static void dies_between_steps(void)
{
	struct yg_local *local;

	CHECK(live(first_life) && live(second_life));
	local = begin(NOW + 4000 * S, FIRST + 4); /* in another hour */
	CHECK(local != NULL);
	CHECK_TEXT(yg_bytes_str(archived()), "a b c d ");
	CHECK(yg_local_number(local) == FIRST + 4);
	take(local, "e");
	yg_local_before(local, NOW + 4000 * S);
	yg_local_after(local, NOW + 4000 * S);
	(void)yg_local_close(local, NOW + 4001 * S);
	CHECK_TEXT(yg_bytes_str(archived()), "a b c d e ");
}

/* Long away: that is a gap; a short one is not. Lines that nobody sends are kept all the same. */
static void gaps_and_held_lines(void)
{
	struct yg_wire_range range;
	struct yg_local *local = begin(NOW + 4100 * S, 0);

	CHECK(local != NULL);
	yg_local_range(local, &range);
	/* The sensor that was killed had not been away for long until the last start. */
	CHECK(range.is_kept && range.gap_count == 1 && range.from_ns == NOW);
	CHECK(range.gaps[0].from_ns == NOW + 2 * S && range.gaps[0].to_ns == NOW + 4000 * S);
	take(local, "held");
	yg_local_before(local, NOW + 4101 * S);
	yg_local_after(local, NOW + 4101 * S);
	yg_local_tick(local, NOW + 4200 * S);
	CHECK_TEXT(yg_bytes_str(archived()), "a b c d e held ");
	(void)yg_local_close(local, NOW + 4300 * S);

	local = begin(NOW + 9000 * S, 0);
	CHECK(local != NULL);
	yg_local_range(local, &range);
	CHECK(range.gap_count == 2 && strcmp(range.gaps[1].why, "stopped") == 0);
	CHECK(range.gaps[1].from_ns == NOW + 4300 * S && range.gaps[1].to_ns == NOW + 9000 * S);
	CHECK(yg_wire_range_covers(&range, NOW + 4000 * S, NOW + 4200 * S));
	CHECK(!yg_wire_range_covers(&range, NOW + 4000 * S, NOW + 4400 * S));
	CHECK(!yg_wire_range_covers(&range, NOW - 1, NOW + 1));
	/* A year and a day later the files are gone, and the range says so. */
	(void)yg_local_close(local, NOW + 9000 * S);
	local = begin(NOW + 32000000 * S, 0);
	CHECK(local != NULL);
	CHECK_TEXT(yg_bytes_str(archived()), "");
	(void)yg_local_close(local, NOW + 32000000 * S);
}

#define LATE (NOW + 33000000 * S)

static void dies_before_its_first_commit(void)
{
	struct yg_local *local = begin(LATE, 0);

	CHECK(local != NULL);
	take(local, "early");
	yg_local_before(local, LATE);
}

/* Nothing was ever committed: what was logged comes again from its source, and stands there once.
 */
static void what_was_never_committed_comes_again(void)
{
	struct yg_local *local;

	CHECK(live(dies_before_its_first_commit));
	local = begin(LATE + 10 * S, 0);
	CHECK(local != NULL);
	CHECK_TEXT(yg_bytes_str(archived()), "");
	take(local, "early");
	yg_local_before(local, LATE + 11 * S);
	yg_local_after(local, LATE + 11 * S);
	(void)yg_local_close(local, LATE + 12 * S);
	CHECK_TEXT(yg_bytes_str(archived()), "early ");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(entries), CASE(dies_between_steps),
						  CASE(gaps_and_held_lines),
						  CASE(what_was_never_committed_comes_again)};
	int status;

	names = yg_names_new();
	arena = yg_arena_new(1u << 20);
	if (!mkdtemp(folder) || !names || !arena)
		return 1;
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* a help, no promise */
	names = yg_names_free(names);
	arena = yg_arena_free(arena);
	return status;
}
