/* SPDX-License-Identifier: Apache-2.0 */
/* What a folder may hold when it is opened: torn ends, damage, files too many and too few. */
#include "journal_help.h"

#include "base/ban.h"

static uint8_t *content;
static size_t content_size;

static bool take_file(const char *name)
{
	free(content);
	content = NULL;
	return yg_io_read_file(path_of(name), 1u << 20, &content, &content_size) == YG_OK;
}

static bool put_file(const char *name, size_t size)
{
	return yg_io_replace(path_of(name), (struct yg_bytes){content, size}, 0600) == YG_OK;
}

/* A journal with "one".."three" that was not closed in order: its mark and its state are gone. */
static bool make_crashed(char name[32])
{
	char names[4][32];
	struct yg_journal *j;
	bool is_good;

	new_folder();
	j = open_plain();
	is_good = j && say(j, "a", 1, 1, "one") == 0 && say(j, "a", 1, 2, "two") == 0 &&
		  say(j, "a", 1, 3, "three") == 0;
	is_good = is_good && segments(names, 4) == 1 && take_file(names[0]);
	(void)yg_journal_free(j);
	if (!is_good)
		return false;
	memcpy(name, names[0], 32);
	return unlink(path_of("state")) == 0 && put_file(name, content_size);
}

#define RECORD 136u /* 128, "a" and three letters, filled up */
#define THREE  (128u + 2 * RECORD)

static void a_torn_end_is_cut_off_and_said(void)
{
	struct yg_journal_report report;
	struct yg_journal *j;
	char name[32];
	size_t whole;

	CHECK(make_crashed(name));
	whole = content_size;
	CHECK(whole == THREE + RECORD);
	for (size_t size = THREE; size < whole; size++) {
		CHECK(make_crashed(name) && put_file(name, size));
		j = open_with((struct yg_journal_options){0}, YG_OK, &report);
		CHECK(j && report.cut_bytes == size - THREE && report.last_position == 2);
		CHECK(size == THREE ||
		      (report.cut_at == THREE && strcmp(report.cut_file, name) == 0));
		CHECK(strcmp(read_all(j, 0), "a/1/1=one a/1/2=two ") == 0);
		/* It was never acknowledged, so it comes again. */
		CHECK(say(j, "a", 1, 3, "three") == YG_JOURNAL_NEW);
		(void)yg_journal_free(j);
		j = open_with((struct yg_journal_options){0}, YG_OK, &report);
		CHECK(j && report.cut_bytes == 0);
		CHECK(strcmp(read_all(j, 0), "a/1/1=one a/1/2=two a/1/3=three ") == 0);
		(void)yg_journal_free(j);
	}
}

static void rubbish_behind_the_end_is_cut_off(void)
{
	static const size_t sizes[] = {1, 7, 8, 127, 128, 129, 4096, 70000};
	struct yg_journal_report report;
	struct yg_journal *j;
	char name[32];

	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t more = sizes[i / 2];

		CHECK(make_crashed(name));
		content = realloc(content, content_size + more);
		CHECK(content);
		memset(content + content_size, 0, more);
		if (i % 2) /* an old record, at a place that is not its own */
			memcpy(content + content_size, content + 128,
			       more < RECORD ? more : RECORD);
		CHECK(put_file(name, content_size + more));
		j = open_with((struct yg_journal_options){0}, YG_OK, &report);
		CHECK(j && report.cut_bytes == more && report.last_position == 3);
		(void)yg_journal_free(j);
	}
}

/* Whatever bit is wrong in what was synced: opening says where, and changes nothing. */
static void damage_inside_is_told_with_its_place(void)
{
	struct yg_journal_report report;
	char name[32], after[4][32];

	CHECK(make_crashed(name));
	for (size_t at = 0; at < THREE; at += at < 128 ? 9 : 5) {
		size_t start = at < 128 ? 0 : 128 + (at - 128) / RECORD * RECORD;
		size_t size;

		CHECK(make_crashed(name));
		content[at] ^= 1;
		CHECK(put_file(name, content_size));
		size = content_size;
		CHECK(!open_with((struct yg_journal_options){0},
				 at < 8					? YG_EFORMAT
				 : at >= 128 && (at - 128) % RECORD < 4 ? YG_EFORMAT
									: YG_EDIGEST,
				 &report));
		CHECK(strcmp(report.fault_file, name) == 0 && report.fault_at == start);
		CHECK(strstr(report.text, name) && strstr(report.text, "nothing was changed"));
		CHECK(segments(after, 4) == 1 && take_file(name) && content_size == size);
	}
}

/* After a close in order the last record too is known to have been synced. */
static void a_mark_proves_the_last_record(void)
{
	struct yg_journal_report report;
	struct yg_journal *j;
	char name[2][32];

	CHECK(make_crashed(name[0]));
	j = open_plain();
	CHECK(j && say(j, "a", 1, 4, "four") == 0);
	(void)yg_journal_free(j);
	CHECK(unlink(path_of("state")) == 0 && segments(name, 2) == 2 && take_file(name[1]));
	CHECK(content_size == 128 + RECORD + 128); /* the head, "four", the mark */
	content[128 + 130] ^= 1;
	CHECK(put_file(name[1], content_size));
	CHECK(!open_with((struct yg_journal_options){0}, YG_EDIGEST, &report));
	CHECK(strcmp(report.fault_file, name[1]) == 0 && report.fault_at == 128);
}

static bool fill(unsigned count)
{
	static char text[900];
	struct yg_journal *j = open_plain();
	uint64_t epoch, next;
	bool is_good = j;

	memset(text, 'x', sizeof(text) - 1);
	for (unsigned i = 0; is_good && i < count; i++) {
		yg_journal_expected(j, YG_S("a"), &epoch, &next);
		is_good = say(j, "a", epoch, next, text) == YG_JOURNAL_NEW;
	}
	(void)yg_journal_free(j);
	return is_good;
}

static void sealed_segments_must_be_whole(void)
{
	struct yg_journal_report report;
	char names[32][32];
	size_t count;

	new_folder();
	CHECK(fill(30));
	count = segments(names, 32);
	CHECK(count >= 6 && take_file(names[2]));
	/* Cut, with and without the state that would spare opening to read it. */
	CHECK(put_file(names[2], content_size - 8));
	CHECK(!open_with((struct yg_journal_options){0}, YG_ETRUNC, &report));
	CHECK(strcmp(report.fault_file, names[2]) == 0 && report.fault_at == content_size - 8);
	CHECK(put_file(names[2], content_size));
	/* Longer than its successor knows: what a sync that failed left. Nothing there counts. */
	content = realloc(content, content_size + 500);
	CHECK(content);
	memset(content + content_size, 'y', 500);
	CHECK(put_file(names[2], content_size + 500) && unlink(path_of("state")) == 0);
	CHECK(fill(0));
	/* Gone. */
	CHECK(unlink(path_of(names[2])) == 0);
	CHECK(!open_with((struct yg_journal_options){0}, YG_EFORMAT, &report));
	CHECK(strstr(report.text, "missing") && strcmp(report.fault_file, names[2]) == 0);
}

static void damage_that_opening_does_not_read_is_met_by_the_reader(void)
{
	struct yg_journal_reader *reader;
	struct yg_journal_record record;
	struct yg_journal *j;
	char names[32][32];
	unsigned count = 0;
	int rc;

	new_folder();
	CHECK(fill(30) && segments(names, 32) > 6 && take_file(names[2]));
	content[2000] ^= 4;
	CHECK(put_file(names[2], content_size));
	j = open_plain();
	CHECK(j && yg_journal_reader_new(j, 0, &reader) == YG_OK);
	while ((rc = yg_journal_reader_next(reader, &record)) == YG_OK)
		count++;
	CHECK(rc == YG_EDIGEST && count > 5 && count < 20);
	CHECK(yg_journal_reader_next(reader, &record) == YG_EDIGEST); /* never skipped */
	CHECK(strstr(yg_journal_reader_fault(reader), names[2]));
	(void)yg_journal_reader_free(reader);
	(void)yg_journal_free(j);
}

static void a_segment_under_a_wrong_name_is_told(void)
{
	struct yg_journal_report report;
	char names[32][32];

	new_folder();
	CHECK(fill(30) && segments(names, 32) > 6);
	CHECK(rename(path_of(names[3]), path_of("00000000000000000999.seg")) == 0);
	CHECK(!open_with((struct yg_journal_options){0}, YG_EFORMAT, &report));
	CHECK(rename(path_of("00000000000000000999.seg"), path_of(names[3])) == 0);
	CHECK(take_file(names[3]) && put_file("00000000000000000000.seg", content_size));
	CHECK(put_file("notes.txt", 5) && put_file("1.seg", 5));
	CHECK(fill(1)); /* names that are none of ours are left alone */
	CHECK(access(path_of("notes.txt"), F_OK) == 0);
}

static void a_state_must_fit(void)
{
	struct yg_journal_report report;
	char names[32][32];

	new_folder();
	CHECK(fill(30) && take_file("state"));
	for (size_t at = 0; at < content_size; at += 3) {
		content[at] ^= 0x10;
		CHECK(put_file("state", content_size));
		CHECK(!open_with((struct yg_journal_options){0}, at < 8 ? YG_EFORMAT : YG_EDIGEST,
				 &report));
		CHECK(strcmp(report.fault_file, "state") == 0);
		content[at] ^= 0x10;
	}
	for (size_t size = 0; size < content_size; size += 5) {
		CHECK(put_file("state", size));
		CHECK(!open_with((struct yg_journal_options){0},
				 size < 48 ? YG_EFORMAT : YG_EDIGEST, &report));
	}
	/* It knows more than there is: the segments are older than it. */
	CHECK(put_file("state", content_size));
	for (size_t i = segments(names, 32); i > 3; i--)
		CHECK(unlink(path_of(names[i - 1])) == 0);
	CHECK(!open_with((struct yg_journal_options){0}, YG_EMISMATCH, &report));
	CHECK(strstr(report.text, "restored"));
}

static void leftovers_of_a_crash_are_removed(void)
{
	static const char *const names[] = {"state.0123456789abcdef",
					    "00000000000000000031.seg.new",
					    "cursors/archive.0123456789abcdef"};

	new_folder();
	CHECK(fill(3));
	content_size = 0;
	for (size_t i = 0; i < 3; i++)
		CHECK(put_file(names[i], 0));
	CHECK(fill(1));
	for (size_t i = 0; i < 3; i++)
		CHECK(access(path_of(names[i]), F_OK) != 0);
}

static void opening_often_leaves_no_trail(void)
{
	char names[32][32];

	new_folder();
	for (unsigned i = 0; i < 20; i++)
		CHECK(fill(0));
	CHECK(segments(names, 32) == 1);
	for (unsigned i = 0; i < 5; i++)
		CHECK(fill(1));
	CHECK(segments(names, 32) == 5);
}

static const struct check_case cases[] = {
	CASE(a_torn_end_is_cut_off_and_said),
	CASE(rubbish_behind_the_end_is_cut_off),
	CASE(damage_inside_is_told_with_its_place),
	CASE(a_mark_proves_the_last_record),
	CASE(sealed_segments_must_be_whole),
	CASE(damage_that_opening_does_not_read_is_met_by_the_reader),
	CASE(a_segment_under_a_wrong_name_is_told),
	CASE(a_state_must_fit),
	CASE(leftovers_of_a_crash_are_removed),
	CASE(opening_often_leaves_no_trail),
};

int main(void)
{
	int rc = check_main(cases, sizeof(cases) / sizeof(cases[0]));

	free(content);
	remove_all(folder);
	return rc;
}
