/* SPDX-License-Identifier: Apache-2.0 */
/* Appending, waiting, reading, removing; what is told twice, what is refused. */
#include "journal_help.h"

#include "base/ban.h"

static void what_was_appended_is_read_in_order(void)
{
	struct yg_journal_stats stats;
	struct yg_journal *j;

	new_folder();
	j = open_plain();
	CHECK(j && strcmp(read_all(j, 0), "") == 0);
	CHECK(say(j, "a", 1, 1, "one") == YG_JOURNAL_NEW);
	CHECK(say(j, "b", 7, 1, "") == YG_JOURNAL_NEW);
	CHECK(say(j, "a", 1, 2, "two") == YG_JOURNAL_NEW);
	CHECK(strcmp(read_all(j, 0), "a/1/1=one b/7/1= a/1/2=two ") == 0);
	CHECK(strcmp(read_all(j, 2), "a/1/2=two ") == 0);
	CHECK(strcmp(read_all(j, 3), "") == 0);
	CHECK(strcmp(read_all(j, 4), "no reader") == 0); /* ahead of the journal */
	yg_journal_stats(j, &stats);
	CHECK(stats.appended == 3 && stats.durable == 3 && stats.sensors == 2);
	(void)yg_journal_free(j);
	j = open_plain();
	CHECK(j && say(j, "a", 1, 3, "three") == YG_JOURNAL_NEW);
	CHECK(strcmp(read_all(j, 1), "b/7/1= a/1/2=two a/1/3=three ") == 0);
	(void)yg_journal_free(j);
}

static void nothing_is_read_before_it_is_durable(void)
{
	struct yg_journal_batch b = batch_of("a", 1, 1, "x");
	struct yg_journal_result result;
	struct yg_journal *j;

	new_folder();
	j = open_plain();
	CHECK(j && yg_journal_append(j, &b, &result) == YG_OK && result.position == 1);
	CHECK(yg_journal_outcome(j, 1) == YG_EAGAIN && yg_journal_outcome(j, 2) == YG_EINVAL);
	CHECK(strcmp(read_all(j, 0), "") == 0);
	/* Sent again before that: to be answered when the first one is durable, not earlier. */
	CHECK(yg_journal_append(j, &b, &result) == YG_OK && result.answer == YG_JOURNAL_AGAIN);
	CHECK(result.position == 1 && result.is_compared && result.next_sequence == 2);
	CHECK(yg_journal_sync(j) == YG_OK && yg_journal_outcome(j, 1) == YG_OK);
	CHECK(strcmp(read_all(j, 0), "a/1/1=x ") == 0);
	CHECK(yg_journal_append(j, &b, &result) == YG_OK && result.position == 0);
	CHECK(yg_journal_wait(j, 0, false) == YG_OK);
	(void)yg_journal_free(j);
}

/* The same answers before and behind a restart, with and without the state that a close leaves. */
static bool answers_are_right(struct yg_journal *j)
{
	static const struct {
		uint64_t epoch, sequence;
		const char *text;
		enum yg_journal_answer answer;
	} asked[] = {
		{1, 1, "one", YG_JOURNAL_AGAIN},      {1, 2, "two", YG_JOURNAL_AGAIN},
		{1, 1, "other", YG_JOURNAL_CONFLICT}, {1, 5, "five", YG_JOURNAL_PASSED},
		{1, 9, "nine", YG_JOURNAL_GAP},	      {2, 2, "x", YG_JOURNAL_GAP},
		{1, 7, "seven", YG_JOURNAL_AGAIN},
	};
	uint64_t epoch, sequence;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		int got = say(j, "a", asked[i].epoch, asked[i].sequence, asked[i].text);

		if (got != (int)asked[i].answer) {
			fprintf(stderr, "%zu: answer %d\n", i, got);
			return false;
		}
	}
	yg_journal_expected(j, YG_S("a"), &epoch, &sequence);
	if (epoch != 1 || sequence != 8)
		return false;
	yg_journal_expected(j, YG_S("nobody"), &epoch, &sequence);
	return epoch == 1 && sequence == 1;
}

static void what_is_known_is_answered(void)
{
	static const char whole[] = "a/1/1=one a/1/2=two a/1/3-6 a/1/7=seven !a/1/1=other ";
	struct yg_journal_stats stats;
	struct yg_journal *j;

	new_folder();
	j = open_plain();
	CHECK(j && say(j, "a", 1, 1, "one") == 0 && say(j, "a", 1, 2, "two") == 0);
	CHECK(drop(j, "a", 1, 3, 6) == YG_JOURNAL_NEW);
	CHECK(drop(j, "a", 1, 3, 6) == YG_JOURNAL_AGAIN);
	CHECK(drop(j, "a", 1, 5, 9) == YG_JOURNAL_GAP);
	CHECK(say(j, "a", 1, 7, "seven") == YG_JOURNAL_NEW);
	CHECK(answers_are_right(j) && strcmp(read_all(j, 0), whole) == 0);
	yg_journal_stats(j, &stats);
	CHECK(stats.conflicts == 1 && stats.unkept == 0 && stats.again == 4);
	(void)yg_journal_free(j);
	j = open_plain(); /* from the state */
	CHECK(j && answers_are_right(j));
	CHECK(strcmp(read_all(j, 0), whole) == 0); /* the refused one is not kept twice */
	(void)yg_journal_free(j);
	CHECK(unlink(path_of("state")) == 0);
	j = open_plain(); /* from the segments */
	CHECK(j && answers_are_right(j) && strcmp(read_all(j, 0), whole) == 0);
	(void)yg_journal_free(j);
}

static void refused_batches_are_kept_up_to_a_number(void)
{
	struct yg_journal_stats stats;
	struct yg_journal *j;
	char text[32];

	new_folder();
	j = open_plain();
	CHECK(j && say(j, "a", 1, 1, "one") == 0);
	for (unsigned i = 0; i < YG_JOURNAL_REFUSED_MAX + 5; i++) {
		(void)snprintf(text, sizeof(text), "other %u", i);
		CHECK(say(j, "a", 1, 1, text) == YG_JOURNAL_CONFLICT);
		CHECK(say(j, "a", 1, 1, text) == YG_JOURNAL_CONFLICT);
	}
	yg_journal_stats(j, &stats);
	CHECK(stats.appended == 1 + YG_JOURNAL_REFUSED_MAX);
	CHECK(stats.conflicts == 2 * (YG_JOURNAL_REFUSED_MAX + 5));
	(void)yg_journal_free(j);
}

static void digests_are_compared_in_a_window(void)
{
	struct yg_journal_batch b;
	struct yg_journal_result result;
	struct yg_journal *j;

	new_folder();
	j = open_plain();
	CHECK(j);
	for (uint64_t s = 1; s <= YG_JOURNAL_COMPARED + 2; s++) {
		b = batch_of("a", 1, s, "x");
		CHECK(yg_journal_append(j, &b, &result) == YG_OK && result.answer == 0);
	}
	CHECK(yg_journal_sync(j) == YG_OK);
	b = batch_of("a", 1, 3, "other");
	CHECK(yg_journal_append(j, &b, &result) == YG_OK);
	CHECK(result.answer == YG_JOURNAL_CONFLICT && result.is_compared);
	b = batch_of("a", 1, 2, "other");
	CHECK(yg_journal_append(j, &b, &result) == YG_OK);
	CHECK(result.answer == YG_JOURNAL_AGAIN && !result.is_compared);
	(void)yg_journal_free(j);
}

static void old_epochs_are_passed_over(void)
{
	struct yg_journal *j;
	uint64_t epoch, sequence;

	new_folder();
	j = open_plain();
	CHECK(j);
	for (uint64_t e = 2; e <= YG_JOURNAL_EPOCHS_MAX + 1; e++)
		CHECK(say(j, "a", e, 1, "x") == YG_JOURNAL_NEW);
	CHECK(say(j, "a", 1, 1, "x") == YG_JOURNAL_PASSED);
	CHECK(say(j, "a", 2, 2, "x") == YG_JOURNAL_NEW);
	CHECK(say(j, "a", YG_JOURNAL_EPOCHS_MAX + 2, 1, "x") == YG_JOURNAL_NEW);
	CHECK(say(j, "a", 2, 3, "x") == YG_JOURNAL_PASSED);
	CHECK(say(j, "a", 3, 1, "x") == YG_JOURNAL_AGAIN);
	(void)yg_journal_free(j);
	j = open_plain();
	CHECK(j && say(j, "a", 2, 3, "x") == YG_JOURNAL_PASSED);
	CHECK(say(j, "a", 3, 1, "x") == YG_JOURNAL_AGAIN);
	yg_journal_expected(j, YG_S("a"), &epoch, &sequence);
	CHECK(epoch == YG_JOURNAL_EPOCHS_MAX + 2 && sequence == 2);
	(void)yg_journal_free(j);
}

static void limits_are_told(void)
{
	static char big[YG_JOURNAL_SENSOR_MAX + 2];
	static const char *const bad_name[] = {"Not-A-Name"};
	struct yg_journal_options bad = {.folder = folder, .group_ms = YG_JOURNAL_GROUP_MS_MAX + 1};
	struct yg_journal_report report;
	struct yg_journal_batch b = batch_of("a", 1, 1, "x");
	struct yg_journal_result result;
	struct yg_journal *j, *other = NULL;
	uint8_t *body = calloc(1, YG_JOURNAL_BODY_MAX + 1);
	unsigned taken = 0;

	new_folder();
	CHECK(body && yg_journal_open(&bad, &j, &report) == YG_EINVAL);
	CHECK(!open_with((struct yg_journal_options){.consumers = bad_name, .consumer_count = 1},
			 YG_EINVAL, &report));
	j = open_plain();
	CHECK(j);
	other = open_with((struct yg_journal_options){0}, YG_EAGAIN, &report);
	CHECK(!other);
	memset(big, 'a', sizeof(big) - 1);
	b.sensor = yg_bytes_str(big);
	CHECK(yg_journal_append(j, &b, &result) == YG_EINVAL);
	b.sensor.size--;
	CHECK(yg_journal_append(j, &b, &result) == YG_OK);
	b = batch_of("a", 0, 1, "x");
	CHECK(yg_journal_append(j, &b, &result) == YG_EINVAL);
	b = batch_of("a", 1, 0, "x");
	CHECK(yg_journal_append(j, &b, &result) == YG_EINVAL);
	b = batch_of("a", 1, 1, "x");
	b.body = (struct yg_bytes){body, YG_JOURNAL_BODY_MAX + 1};
	CHECK(yg_journal_append(j, &b, &result) == YG_ELIMIT);
	b.body.size--;
	CHECK(yg_journal_sync(j) == YG_OK);
	for (b.sequence = 1; yg_journal_append(j, &b, &result) == YG_OK; b.sequence++)
		taken++;
	CHECK(taken == YG_JOURNAL_GROUP_MAX / YG_JOURNAL_BODY_MAX - 1);
	CHECK(yg_journal_append(j, &b, &result) == YG_EAGAIN);
	CHECK(yg_journal_sync(j) == YG_OK);
	CHECK(yg_journal_append(j, &b, &result) == YG_OK && yg_journal_sync(j) == YG_OK);
	(void)yg_journal_free(j);
	j = open_plain();
	CHECK(j && say(j, "a", 1, taken + 2, "x") == YG_JOURNAL_NEW);
	(void)yg_journal_free(j);
	free(body);
}

/* ---- group commit ---- */

#define WRITERS 16u

struct writer {
	pthread_t thread;
	struct yg_journal *j;
	unsigned number;
	int rc;
};

static void *write_one(void *arg)
{
	struct writer *w = arg;
	struct yg_journal_result result;
	char sensor[16];
	struct yg_journal_batch b;

	(void)snprintf(sensor, sizeof(sensor), "s%u", w->number);
	b = batch_of(sensor, 1, 1, "x");
	w->rc = yg_journal_append(w->j, &b, &result);
	if (w->rc == YG_OK)
		w->rc = yg_journal_wait(w->j, result.position, w->number % 2);
	return NULL;
}

static void one_sync_serves_all_that_wait(void)
{
	struct writer writers[WRITERS];
	struct yg_journal_stats stats;
	struct yg_journal *j;

	new_folder();
	use_bad_disk();
	j = open_plain();
	CHECK(j);
	disk.syncs = 0;
	disk.is_held = true;
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.j = j, .number = i};
		CHECK(pthread_create(&writers[i].thread, NULL, write_one, &writers[i]) == 0);
		if (i > 0)
			continue;
		/* The first one leads; its sync hangs until all others have appended. */
		(void)pthread_mutex_lock(&disk.mutex);
		while (disk.holding == 0)
			(void)pthread_cond_wait(&disk.changed, &disk.mutex);
		(void)pthread_mutex_unlock(&disk.mutex);
	}
	do {
		yg_journal_stats(j, &stats);
	} while (stats.sensors < WRITERS);
	(void)pthread_mutex_lock(&disk.mutex);
	disk.is_held = false;
	(void)pthread_cond_broadcast(&disk.changed);
	(void)pthread_mutex_unlock(&disk.mutex);
	for (unsigned i = 0; i < WRITERS; i++) {
		CHECK(pthread_join(writers[i].thread, NULL) == 0);
		CHECK(writers[i].rc == YG_OK);
	}
	yg_journal_stats(j, &stats);
	CHECK(stats.appended == WRITERS && stats.syncs == 2);
	(void)yg_journal_free(j);
	yg_disk_use(NULL, NULL);
}

static int64_t now_ns;

static int64_t tell_now(void *arg)
{
	(void)arg;
	return now_ns;
}

static void a_loop_is_told_when_a_sync_is_due(void)
{
	struct yg_journal_batch b = batch_of("a", 1, 1, "x");
	struct yg_journal_report report;
	struct yg_journal_result result;
	struct yg_journal *j;

	new_folder();
	now_ns = INT64_C(1700000000000000000);
	j = open_with((struct yg_journal_options){.group_ms = 50, .clock = {.now_ns = tell_now}},
		      YG_OK, &report);
	CHECK(j && yg_journal_due_ms(j) == -1);
	CHECK(yg_journal_append(j, &b, &result) == YG_OK && yg_journal_due_ms(j) == 0);
	CHECK(yg_journal_sync(j) == YG_OK && yg_journal_due_ms(j) == -1);
	b.sequence = 2;
	CHECK(yg_journal_append(j, &b, &result) == YG_OK && yg_journal_due_ms(j) == 50);
	now_ns += 20 * 1000000 + 1;
	CHECK(yg_journal_due_ms(j) == 30);
	now_ns -= INT64_C(3600) * 1000000000; /* the clock is set back */
	CHECK(yg_journal_due_ms(j) == 0);
	now_ns += INT64_C(7200) * 1000000000;
	CHECK(yg_journal_due_ms(j) == 0);
	CHECK(yg_journal_wait(j, result.position, false) == YG_OK);
	(void)yg_journal_free(j);
}

/* ---- removing ---- */

static const char *long_text(void)
{
	static char text[1001];

	memset(text, 'x', sizeof(text) - 1);
	return text;
}

static bool fill(struct yg_journal *j, uint64_t from, uint64_t to)
{
	for (uint64_t s = from; s <= to; s++) {
		if (say(j, "a", 1, s, long_text()) != YG_JOURNAL_NEW)
			return false;
	}
	return true;
}

/* While somebody copies it, nothing goes; afterwards all that was passed. */
static void held(void)
{
	static const char *const names[] = {"archive"};
	struct yg_journal_options options = {
		.segment_bytes = 4096, .consumers = names, .consumer_count = 1};
	struct yg_journal_report report;
	struct yg_journal_stats before, stats;
	struct yg_journal *j;
	int first = -1, second = -1;
	char list[64][32];

	new_folder();
	j = open_with(options, YG_OK, &report);
	CHECK(j && fill(j, 1, 40));
	yg_journal_stats(j, &before);
	CHECK(before.passed == 0);
	CHECK(yg_journal_hold(folder, &first) == YG_OK &&
	      yg_journal_hold(folder, &second) == YG_OK);
	CHECK(yg_journal_cursor_save(j, "archive", 30) == YG_OK && yg_journal_trim(j) == YG_OK);
	yg_journal_stats(j, &stats);
	CHECK(stats.segments == before.segments && segments(list, 64) == before.segments);
	CHECK(stats.passed == 30);
	(void)yg_disk_close(first);
	CHECK(yg_journal_trim(j) == YG_OK && segments(list, 64) == before.segments);
	/* Opened again meanwhile, it removes nothing either. */
	(void)yg_journal_free(j);
	j = open_with(options, YG_OK, &report);
	CHECK(j && segments(list, 64) >= before.segments && report.first_cursor == 0);
	(void)yg_disk_close(second);
	CHECK(yg_journal_passed(j, "archive", 30) == YG_OK && yg_journal_trim(j) == YG_OK);
	CHECK(segments(list, 64) < before.segments);
	CHECK(strncmp(read_all(j, 30), "a/1/31=", 7) == 0);
	(void)yg_journal_free(j);
}

static void a_segment_goes_when_all_have_passed_it(void)
{
	static const char *const names[] = {"archive", "detect"};
	struct yg_journal_options options = {
		.segment_bytes = 4096, .consumers = names, .consumer_count = 2};
	struct yg_journal_report report;
	struct yg_journal_stats before, stats;
	struct yg_journal *j;
	uint64_t cursor = 99;
	char list[64][32];

	new_folder();
	j = open_with(options, YG_OK, &report);
	CHECK(j && fill(j, 1, 40));
	yg_journal_stats(j, &before);
	CHECK(before.segments >= 10);
	CHECK(yg_journal_cursor_load(j, "archive", &cursor) == YG_OK && cursor == 0);
	CHECK(yg_journal_passed(j, "nobody", 1) == YG_EINVAL);
	CHECK(yg_journal_passed(j, "detect", 41) == YG_EMISMATCH);
	CHECK(yg_journal_passed(j, "detect", 30) == YG_OK);
	CHECK(yg_journal_trim(j) == YG_OK); /* archive has not said anything */
	yg_journal_stats(j, &stats);
	CHECK(stats.segments == before.segments);
	CHECK(yg_journal_cursor_save(j, "archive", 20) == YG_OK && yg_journal_trim(j) == YG_OK);
	yg_journal_stats(j, &stats);
	CHECK(stats.segments < before.segments && stats.bytes < before.bytes);
	CHECK(segments(list, 64) == stats.segments);
	CHECK(strcmp(read_all(j, 3), "no reader") == 0);
	CHECK(strncmp(read_all(j, 20), "a/1/21=", 7) == 0);
	(void)yg_journal_free(j);
	j = open_with(options, YG_OK, &report);
	CHECK(j && report.first_cursor > 0 && report.first_cursor <= 20);
	CHECK(report.last_position == 40 && report.records == 0); /* the state knew all */
	CHECK(yg_journal_cursor_load(j, "archive", &cursor) == YG_OK && cursor == 20);
	/* Of a segment that is gone. */
	CHECK(say(j, "a", 1, 1, long_text()) == YG_JOURNAL_AGAIN);
	CHECK(fill(j, 41, 50) && strncmp(read_all(j, 20), "a/1/21=", 7) == 0);
	CHECK(yg_journal_passed(j, "archive", 50) == YG_OK);
	CHECK(yg_journal_passed(j, "detect", 50) == YG_OK && yg_journal_trim(j) == YG_OK);
	yg_journal_stats(j, &stats);
	CHECK(stats.segments == 1 && strcmp(read_all(j, 50), "") == 0);
	(void)yg_journal_free(j);
	j = open_with(options, YG_OK, &report);
	CHECK(j && fill(j, 51, 52) && strncmp(read_all(j, 50), "a/1/51=", 7) == 0);
	(void)yg_journal_free(j);
}

/* What the newest one holds can go too, when a new one is begun for it. */
static void the_newest_goes_when_it_is_asked_to(void)
{
	static const char *const names[] = {"archive"};
	struct yg_journal_options options = {.consumers = names, .consumer_count = 1};
	struct yg_journal_batch waiting = batch_of("a", 1, 6, "six");
	struct yg_journal_result result;
	struct yg_journal_report report;
	struct yg_journal_stats stats;
	struct yg_journal *j;
	char list[64][32];

	new_folder();
	j = open_with(options, YG_OK, &report);
	CHECK(j && yg_journal_rotate(j) == YG_OK && segments(list, 64) == 1); /* it is empty */
	CHECK(fill(j, 1, 5) && yg_journal_passed(j, "archive", 5) == YG_OK);
	CHECK(yg_journal_trim(j) == YG_OK && segments(list, 64) == 1);
	/* What waits to be written then goes into the new one. */
	CHECK(yg_journal_append(j, &waiting, &result) == YG_OK);
	CHECK(yg_journal_rotate(j) == YG_OK && segments(list, 64) == 2);
	CHECK(yg_journal_rotate(j) == YG_OK && segments(list, 64) == 2);
	CHECK(yg_journal_trim(j) == YG_OK && segments(list, 64) == 1);
	CHECK(yg_journal_sync(j) == YG_OK && strcmp(read_all(j, 5), "a/1/6=six ") == 0);
	yg_journal_stats(j, &stats);
	CHECK(stats.first_cursor == 5 && stats.durable == 6);
	(void)yg_journal_free(j);
	j = open_with(options, YG_OK, &report);
	CHECK(j && report.last_position == 6 && fill(j, 7, 8));
	CHECK(strncmp(read_all(j, 5), "a/1/6=six a/1/7=", 16) == 0);
	(void)yg_journal_free(j);
}

static void a_damaged_cursor_is_told(void)
{
	struct yg_journal *j;
	uint64_t cursor;

	new_folder();
	j = open_plain();
	CHECK(j && yg_journal_cursor_load(j, "../x", &cursor) == YG_EINVAL);
	CHECK(yg_io_replace(path_of("cursors/a"), YG_S("YGJCURS\n1234567812345678"), 0600) ==
	      YG_OK);
	CHECK(yg_journal_cursor_load(j, "a", &cursor) == YG_EDIGEST);
	CHECK(yg_io_replace(path_of("cursors/a"), YG_S(""), 0600) == YG_OK);
	CHECK(yg_journal_cursor_load(j, "a", &cursor) == YG_EDIGEST);
	(void)yg_journal_free(j);
}

static const struct check_case cases[] = {
	CASE(what_was_appended_is_read_in_order),
	CASE(nothing_is_read_before_it_is_durable),
	CASE(what_is_known_is_answered),
	CASE(refused_batches_are_kept_up_to_a_number),
	CASE(digests_are_compared_in_a_window),
	CASE(old_epochs_are_passed_over),
	CASE(limits_are_told),
	CASE(one_sync_serves_all_that_wait),
	CASE(a_loop_is_told_when_a_sync_is_due),
	CASE(a_segment_goes_when_all_have_passed_it),
	CASE(the_newest_goes_when_it_is_asked_to),
	CASE(held),
	CASE(a_damaged_cursor_is_told),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	remove_all(folder);
	return rc;
}
