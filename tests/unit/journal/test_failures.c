/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that is full or broken, memory that runs out. */
#include "journal_help.h"

#include "base/ban.h"

static int append(struct yg_journal *j, uint64_t sequence, const char *text, uint64_t *ret_position)
{
	struct yg_journal_batch b = batch_of("a", 1, sequence, text);
	struct yg_journal_result result = {0};
	int rc = yg_journal_append(j, &b, &result);

	*ret_position = result.position;
	return rc != YG_OK ? rc : result.answer == YG_JOURNAL_NEW ? YG_OK : YG_EINVAL;
}

/* However much of the last write got through: nothing of it is ever seen, and it goes on. */
static void a_full_disk_refuses_cleanly_and_goes_on(void)
{
	for (size_t part = 0; part < 400; part += 7) {
		struct yg_journal_stats stats;
		struct yg_journal *j;
		uint64_t one, two, three;

		new_folder();
		use_bad_disk();
		j = open_plain();
		CHECK(j && say(j, "a", 1, 1, "one") == 0);
		CHECK(append(j, 2, "two", &two) == YG_OK && append(j, 3, "three", &three) == YG_OK);
		disk.writes_left = 0;
		disk.part = part;
		disk.truncates_left = part % 2 ? 0 : -1; /* giving the room back may fail too */
		CHECK(yg_journal_sync(j) == YG_ENOSPC);
		CHECK(yg_journal_outcome(j, two) == YG_ENOSPC);
		CHECK(yg_journal_outcome(j, three) == YG_ENOSPC);
		CHECK(append(j, 3, "three", &one) == YG_EINVAL); /* a gap: 2 was not taken */
		CHECK(append(j, 2, "two", &one) == YG_OK && one > three);
		CHECK(yg_journal_wait(j, one, true) == YG_ENOSPC); /* still full */
		CHECK(strcmp(read_all(j, 0), "a/1/1=one ") == 0);
		yg_journal_stats(j, &stats);
		CHECK(stats.failures == 2 && stats.last_error == YG_ENOSPC && stats.durable == 1);
		disk.writes_left = disk.truncates_left = -1;
		CHECK(say(j, "a", 1, 2, "two") == YG_JOURNAL_NEW);
		CHECK(say(j, "a", 1, 3, "three") == YG_JOURNAL_NEW);
		CHECK(strcmp(read_all(j, 0), "a/1/1=one a/1/2=two a/1/3=three ") == 0);
		yg_journal_stats(j, &stats);
		CHECK(stats.last_error == YG_OK);
		(void)yg_journal_free(j);
		yg_disk_use(NULL, NULL);
		(void)unlink(path_of("state"));
		j = open_plain();
		CHECK(j && strcmp(read_all(j, 0), "a/1/1=one a/1/2=two a/1/3=three ") == 0);
		(void)yg_journal_free(j);
	}
}

/* A sync that failed is not tried again and believed; what it was for is lost to its callers. */
static void a_failed_sync_is_never_believed(void)
{
	struct yg_journal *j;
	char names[4][32];
	uint64_t two;

	new_folder();
	use_bad_disk();
	j = open_plain();
	CHECK(j && say(j, "a", 1, 1, "one") == 0);
	CHECK(append(j, 2, "two", &two) == YG_OK);
	disk.syncs_left = 0;
	CHECK(yg_journal_wait(j, two, true) == YG_EIO);
	CHECK(strcmp(read_all(j, 0), "a/1/1=one ") == 0);
	CHECK(append(j, 2, "two", &two) == YG_OK && yg_journal_wait(j, two, true) == YG_EIO);
	CHECK(disk.believed == 0);
	disk.syncs_left = -1;
	CHECK(say(j, "a", 1, 2, "other two") == YG_JOURNAL_NEW);
	CHECK(disk.believed == 0 && segments(names, 4) == 2);
	(void)yg_journal_free(j);
	yg_disk_use(NULL, NULL);
	CHECK(unlink(path_of("state")) == 0);
	/* The bytes of the first "two" are in the file, and are not taken for a record. */
	j = open_plain();
	CHECK(j && strcmp(read_all(j, 0), "a/1/1=one a/1/2=other two ") == 0);
	CHECK(say(j, "a", 1, 2, "two") == YG_JOURNAL_CONFLICT);
	(void)yg_journal_free(j);
}

static void a_folder_that_does_not_sync_begins_no_segment(void)
{
	struct yg_journal *j;
	uint64_t position;

	new_folder();
	use_bad_disk();
	j = open_plain();
	CHECK(j && say(j, "a", 1, 1, "one") == 0);
	disk.syncs_left = 0;
	CHECK(append(j, 2, "two", &position) == YG_OK);
	CHECK(yg_journal_wait(j, position, true) == YG_EIO);
	disk.syncs_left = -1;
	disk.is_folder_bad = true;
	CHECK(append(j, 2, "two", &position) == YG_OK);
	CHECK(yg_journal_wait(j, position, true) == YG_EIO);
	disk.is_folder_bad = false;
	CHECK(say(j, "a", 1, 2, "two") == YG_JOURNAL_NEW);
	(void)yg_journal_free(j);
	yg_disk_use(NULL, NULL);
	j = open_plain();
	CHECK(j && strcmp(read_all(j, 0), "a/1/1=one a/1/2=two ") == 0);
	(void)yg_journal_free(j);
}

static void own_limits_refuse_like_a_full_disk(void)
{
	static const char *const names[] = {"archive"};
	struct yg_journal_options options = {
		.segment_bytes = 4096, .bytes_max = 20000, .consumers = names, .consumer_count = 1};
	struct yg_journal_report report;
	static char text[1001];
	struct yg_journal *j;
	uint64_t position, sequence = 0;

	memset(text, 'x', sizeof(text) - 1);
	new_folder();
	j = open_with(options, YG_OK, &report);
	CHECK(j);
	while (append(j, sequence + 1, text, &position) == YG_OK) {
		CHECK(yg_journal_wait(j, position, true) == YG_OK);
		CHECK(++sequence < 40);
	}
	CHECK(append(j, sequence + 1, text, &position) == YG_ENOSPC && sequence > 10);
	CHECK(yg_journal_passed(j, "archive", sequence) == YG_OK && yg_journal_trim(j) == YG_OK);
	CHECK(say(j, "a", 1, sequence + 1, text) == YG_JOURNAL_NEW);
	(void)yg_journal_free(j);
	options = (struct yg_journal_options){.reserve_bytes = UINT64_MAX / 2};
	j = open_with(options, YG_OK, &report);
	CHECK(j && append(j, sequence + 2, text, &position) == YG_OK);
	CHECK(yg_journal_wait(j, position, true) == YG_ENOSPC);
	(void)yg_journal_free(j);
}

static void many_failures_are_remembered(void)
{
	struct yg_journal *j;
	uint64_t lost[100], kept[100];

	new_folder();
	use_bad_disk();
	j = open_plain();
	CHECK(j);
	for (unsigned i = 0; i < 100; i++) {
		disk.writes_left = 0;
		CHECK(append(j, i + 1, "x", &lost[i]) == YG_OK && yg_journal_sync(j) == YG_ENOSPC);
		disk.writes_left = -1;
		CHECK(append(j, i + 1, "x", &kept[i]) == YG_OK && yg_journal_sync(j) == YG_OK);
	}
	for (unsigned i = 0; i < 100; i++)
		CHECK(yg_journal_outcome(j, lost[i]) < 0);
	for (unsigned i = 100 - 32; i < 100; i++)
		CHECK(yg_journal_outcome(j, kept[i]) == YG_OK);
	(void)yg_journal_free(j);
	yg_disk_use(NULL, NULL);
}

/* ---- each call that can fail fails once ---- */

/* Opens, appends, trims, closes; *acked: how far it was told that all is durable. */
static void live(uint64_t *acked)
{
	static const char *const names[] = {"archive"};
	struct yg_journal_options options = {
		.folder = folder, .segment_bytes = 4096, .consumers = names, .consumer_count = 1};
	static char text[1201];
	struct yg_journal_report report;
	struct yg_journal *j;
	uint64_t position;

	memset(text, 'x', sizeof(text) - 1);
	if (yg_journal_open(&options, &j, &report) != YG_OK)
		return;
	for (unsigned i = 0; i < 8; i++) {
		if (append(j, *acked + 1, text, &position) == YG_OK &&
		    yg_journal_wait(j, position, true) == YG_OK)
			++*acked;
		if (yg_journal_cursor_save(j, "archive", *acked > 3 ? *acked - 3 : 0) == YG_OK)
			(void)!yg_journal_trim(j);
	}
	(void)yg_journal_free(j);
}

/* All that was acknowledged and may not be trimmed is there once; the next one is new. */
static bool is_whole(uint64_t acked)
{
	struct yg_journal *j = open_plain();
	struct yg_journal_reader *reader = NULL;
	struct yg_journal_record record;
	uint64_t epoch, next, last = 0;
	bool is_good;

	if (!j)
		return false;
	yg_journal_expected(j, YG_S("a"), &epoch, &next);
	is_good = next == acked + 1 || next == acked + 2;
	for (uint64_t cursor = 0; is_good && cursor < 60; cursor++) {
		if (yg_journal_reader_new(j, cursor, &reader) != YG_OK)
			continue;
		while (is_good && yg_journal_reader_next(reader, &record) == YG_OK) {
			is_good = last == 0 || record.batch.sequence == last + 1;
			last = record.batch.sequence;
		}
		(void)yg_journal_reader_free(reader);
		break;
	}
	(void)yg_journal_free(j);
	return is_good && last == next - 1;
}

static void every_call_that_can_fail_fails_once(void)
{
	long at = 0;
	long left;

	do {
		uint64_t acked = 0;

		new_folder();
		live(&acked);
		if (acked != 8)
			fprintf(stderr, "calm run: %d\n", (int)acked);
		yg_fail_at = ++at;
		live(&acked);
		left = yg_fail_at;
		yg_fail_at = 0;
		if (!is_whole(acked)) {
			fprintf(stderr, "failing call %ld: %d acknowledged\n", at, (int)acked);
			check_failed = 1;
			return;
		}
	} while (left <= 0 && at < 3000);
	CHECK(at > 100 && left > 0);
}

static const struct check_case cases[] = {
	CASE(a_full_disk_refuses_cleanly_and_goes_on),
	CASE(a_failed_sync_is_never_believed),
	CASE(a_folder_that_does_not_sync_begins_no_segment),
	CASE(own_limits_refuse_like_a_full_disk),
	CASE(many_failures_are_remembered),
	CASE(every_call_that_can_fail_fails_once),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	remove_all(folder);
	return rc;
}
