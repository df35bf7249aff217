/* SPDX-License-Identifier: Apache-2.0 */
/* Output and cursor together: what a consumer sees when something goes wrong in between. */
#include "journal/consumer.h"
#include "journal_help.h"

#include "base/ban.h"

struct output {
	char committed[400];
	char text[400];
	uint64_t cursor;
	int rc_begin, rc_take, rc_commit; /* what the next call gives */
	unsigned aborts;
	char ahead[400]; /* what was taken ahead */
	bool looks_ahead;
};

static int load(void *arg, uint64_t *ret_cursor)
{
	*ret_cursor = ((struct output *)arg)->cursor;
	return YG_OK;
}

static struct yg_journal *j;
static struct yg_consumer *consumer;

static void add(char to[400], const char *format, struct yg_bytes text)
{
	size_t size = strlen(to);

	(void)snprintf(to + size, 400 - size, format, YG_FMT(text));
}

static int begin(void *arg)
{
	struct output *o = arg;

	memcpy(o->text, o->committed, sizeof(o->text));
	add(o->text, "%.*s", yg_bytes_str(o->ahead));
	o->ahead[0] = '\0';
	return o->rc_begin;
}

static int take(void *arg, const struct yg_journal_record *record)
{
	struct output *o = arg;

	if (o->rc_take != YG_OK && yg_bytes_eq(record->batch.body, YG_S("bad")))
		return o->rc_take;
	add(o->text, "%.*s ", record->batch.body);
	return YG_OK;
}

static int take_ahead(void *arg, const struct yg_journal_record *record)
{
	struct output *o = arg;

	if (yg_bytes_eq(record->batch.body, YG_S("bad")))
		return YG_EAGAIN;
	add(o->ahead, "%.*s+ ", record->batch.body);
	return YG_OK;
}

static int commit(void *arg, uint64_t cursor)
{
	struct output *o = arg;

	if (o->looks_ahead)
		yg_consumer_ahead(consumer, take_ahead);
	if (o->rc_commit != YG_OK)
		return o->rc_commit;
	memcpy(o->committed, o->text, sizeof(o->text));
	o->cursor = cursor;
	return YG_OK;
}

static void abort_it(void *arg)
{
	struct output *o = arg;

	o->aborts++;
	o->ahead[0] = '\0';
}

static const struct yg_consumer_ops ops = {
	.load = load, .begin = begin, .take = take, .commit = commit, .abort = abort_it};

static bool start(struct output *o, uint32_t records_max)
{
	static const char *const names[] = {"archive"};
	struct yg_consumer_options options = {
		.name = "archive", .ops = &ops, .arg = o, .records_max = records_max};
	struct yg_journal_report report;

	j = open_with((struct yg_journal_options){.segment_bytes = 4096,
						  .consumers = names,
						  .consumer_count = 1},
		      YG_OK, &report);
	return j && yg_consumer_new(j, &options, &consumer) == YG_OK;
}

static void stop(void)
{
	consumer = yg_consumer_free(consumer);
	j = yg_journal_free(j);
}

static bool say_all(const char *const *texts, size_t count)
{
	uint64_t epoch, next;

	for (size_t i = 0; i < count; i++) {
		yg_journal_expected(j, YG_S("a"), &epoch, &next);
		if (say(j, "a", epoch, next, texts[i]) != YG_JOURNAL_NEW)
			return false;
	}
	return true;
}

static void each_record_comes_once(void)
{
	static const char *const texts[] = {"1", "2", "3", "4", "5"};
	struct output o = {0};

	new_folder();
	CHECK(start(&o, 2) && yg_consumer_step(consumer) == YG_EAGAIN);
	CHECK(yg_consumer_wait(consumer, 1) == YG_EAGAIN);
	CHECK(say_all(texts, 5) && yg_consumer_wait(consumer, 1000) == YG_OK);
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 ") == 0);
	stop();
	CHECK(start(&o, 2) && yg_consumer_cursor(consumer) == 2);
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 3 4 ") == 0);
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 3 4 5 ") == 0);
	CHECK(yg_consumer_step(consumer) == YG_EAGAIN && yg_consumer_position(consumer) == 5);
	stop();
}

static void what_fails_comes_again(void)
{
	static const char *const texts[] = {"1", "2", "bad", "4"};
	struct output o = {.rc_commit = YG_ENOSPC};

	new_folder();
	CHECK(start(&o, 2) && say_all(texts, 4));
	CHECK(yg_consumer_step(consumer) == YG_ENOSPC && o.aborts == 1);
	o.rc_begin = YG_EAGAIN; /* a locked database is trouble, not "nothing to do" */
	CHECK(yg_consumer_step(consumer) == YG_EIO && o.aborts == 1);
	o.rc_begin = o.rc_commit = YG_OK;
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 ") == 0);
	o.rc_take = YG_EFORMAT;
	CHECK(yg_consumer_step(consumer) == YG_EFORMAT && yg_consumer_position(consumer) == 3);
	CHECK(yg_consumer_step(consumer) == YG_EFORMAT); /* stands there, skips nothing */
	CHECK(strcmp(o.committed, "1 2 ") == 0 && yg_consumer_cursor(consumer) == 2);
	o.rc_take = YG_OK;
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 bad 4 ") == 0);
	stop();
}

static void a_commit_that_failed_long_ago_comes_again(void)
{
	static const char *const texts[] = {"1", "2"};
	struct output o = {0};

	new_folder();
	CHECK(start(&o, 1) && say_all(texts, 2));
	o.rc_commit = YG_EIO;
	CHECK(yg_consumer_step(consumer) == YG_EIO);
	stop();
	o.rc_commit = YG_OK;
	CHECK(start(&o, 1) && yg_consumer_step(consumer) == YG_OK);
	CHECK(strcmp(o.committed, "1 ") == 0);
	stop();
}

/* A database from before a backup, or a journal from before one. */
static void a_cursor_that_does_not_fit_is_told(void)
{
	static const char *const texts[] = {"1", "2"};
	struct output o = {.cursor = 7};
	struct yg_consumer_options options = {.name = "archive", .ops = &ops, .arg = &o};

	new_folder();
	CHECK(!start(&o, 1) && j);
	CHECK(say_all(texts, 2) && yg_consumer_new(j, &options, &consumer) == YG_EMISMATCH);
	o.cursor = 1;
	options.name = "other";
	CHECK(yg_consumer_new(j, &options, &consumer) == YG_EINVAL);
	options.name = "archive";
	CHECK(yg_consumer_new(j, &options, &consumer) == YG_OK);
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "2 ") == 0);
	stop();
}

static void passed_segments_go_while_it_reads(void)
{
	static char text[1001];
	static const char *const texts[] = {text};
	struct output o = {0};
	struct yg_journal_stats stats;

	memset(text, 'x', sizeof(text) - 1);
	new_folder();
	CHECK(start(&o, 3));
	for (unsigned i = 0; i < 40; i++) {
		CHECK(say_all(texts, 1) && yg_consumer_step(consumer) == YG_OK);
		yg_journal_stats(j, &stats);
		CHECK(stats.segments <= 2);
		o.committed[0] = '\0';
	}
	stop();
}

static void what_is_taken_ahead_belongs_to_the_next_step(void)
{
	static const char *const texts[] = {"1", "2", "3", "bad", "5", "6", "7"};
	static const char *const more[] = {"8"};
	struct output o = {.looks_ahead = true};

	new_folder();
	CHECK(start(&o, 2) && say_all(texts, 7));
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 ") == 0);
	CHECK(strcmp(o.ahead, "3+ ") == 0 && o.cursor == 2 && yg_consumer_cursor(consumer) == 2);
	CHECK(yg_consumer_position(consumer) == 2);
	/* What it does not take comes as ever. */
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 3+ bad ") == 0);
	CHECK(o.cursor == 4 && strcmp(o.ahead, "5+ 6+ ") == 0);
	/* A step is full with what was taken ahead. */
	CHECK(yg_consumer_step(consumer) == YG_OK && o.cursor == 6);
	CHECK(strcmp(o.committed, "1 2 3+ bad 5+ 6+ ") == 0 && strcmp(o.ahead, "7+ ") == 0);
	/* It is one without anything else, too. */
	CHECK(yg_consumer_step(consumer) == YG_OK && o.cursor == 7 && o.ahead[0] == '\0');
	CHECK(yg_consumer_step(consumer) == YG_EAGAIN);
	CHECK(say_all(more, 1) && yg_consumer_step(consumer) == YG_OK);
	CHECK(strcmp(o.committed, "1 2 3+ bad 5+ 6+ 7+ 8 ") == 0 && o.aborts == 0);
	stop();
}

static void what_was_taken_ahead_in_vain_comes_again(void)
{
	static const char *const texts[] = {"1", "2", "3", "4", "5"};
	struct output o = {.looks_ahead = true, .rc_commit = YG_EIO};

	new_folder();
	CHECK(start(&o, 2) && say_all(texts, 5));
	CHECK(yg_consumer_step(consumer) == YG_EIO && o.aborts == 1 && o.committed[0] == '\0');
	o.rc_commit = YG_OK;
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 ") == 0);
	/* The next commit fails: so does what was taken ahead, before it and in it. */
	o.rc_commit = YG_EIO;
	CHECK(yg_consumer_step(consumer) == YG_EIO && o.aborts == 2 && o.cursor == 2);
	o.rc_begin = YG_EIO;
	CHECK(yg_consumer_step(consumer) == YG_EIO && o.aborts == 2);
	o.rc_commit = o.rc_begin = YG_OK;
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 3 4 ") == 0);
	CHECK(strcmp(o.ahead, "5+ ") == 0);
	/* Nobody says "commit" when it cannot begin. */
	o.rc_begin = YG_EIO;
	CHECK(yg_consumer_step(consumer) == YG_EIO);
	o.rc_begin = YG_OK;
	o.ahead[0] = '\0';
	CHECK(yg_consumer_step(consumer) == YG_OK && strcmp(o.committed, "1 2 3 4 5 ") == 0);
	stop();
	/* A process that ended had nothing of it. */
	new_folder();
	o = (struct output){.looks_ahead = true};
	CHECK(start(&o, 2) && say_all(texts, 5) && yg_consumer_step(consumer) == YG_OK);
	stop();
	o.ahead[0] = '\0';
	CHECK(start(&o, 2) && yg_consumer_step(consumer) == YG_OK);
	CHECK(strcmp(o.committed, "1 2 3 4 ") == 0);
	stop();
}

static const struct check_case cases[] = {
	CASE(each_record_comes_once),
	CASE(what_fails_comes_again),
	CASE(a_commit_that_failed_long_ago_comes_again),
	CASE(a_cursor_that_does_not_fit_is_told),
	CASE(passed_segments_go_while_it_reads),
	CASE(what_is_taken_ahead_belongs_to_the_next_step),
	CASE(what_was_taken_ahead_in_vain_comes_again),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	remove_all(folder);
	return rc;
}
