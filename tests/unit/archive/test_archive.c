/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of an archive: what goes in comes out; a file torn at any byte gives its whole frames and
 * can be closed; a byte changed anywhere is found; filters never say "no" to what is there; writing
 * goes on after failures and crashes. Lines of the tests are "TIME KEY KEY … text".
 */
#define _GNU_SOURCE
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/tree.h"
#include "archive/writer.h"
#include "base/alloc.h"
#include "base/io.h"

#include "../check.h"

#define HOUR	(INT64_C(3600) * YG_NS_PER_S)
#define ARRIVED (INT64_C(1795000000) * YG_NS_PER_S)

static char folder[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void new_folder(void)
{
	/* Thousands of small files are synced: in memory where there is such a place. */
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(folder, sizeof(folder), "%s/yg-archive-XXXXXX", place);
	if (!mkdtemp(folder))
		abort();
}

static void drop_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static uint64_t keys[8];

static int describe(void *arg, struct yg_bytes line, struct yg_archive_facts *ret)
{
	struct yg_bytes rest = yg_bytes_trim(line);
	uint64_t number;

	(void)arg;
	*ret = (struct yg_archive_facts){
		.time_ns = YG_TIME_NONE, .format = YG_FORMAT_SYSLOG, .keys = keys};
	for (unsigned i = 0; i < 4 && rest.size > 0; i++) {
		size_t end = yg_bytes_chr(rest, ' ');

		if (!yg_bytes_u64(yg_bytes_cut(rest, 0, end), &number))
			break;
		if (i == 0)
			ret->time_ns = (int64_t)number * YG_NS_PER_S;
		else
			keys[ret->key_count++] = number * UINT64_C(0x9e3779b97f4a7c15);
		rest = end == SIZE_MAX ? (struct yg_bytes){0} : yg_bytes_from(rest, end + 1);
	}
	if (ret->time_ns == YG_TIME_NONE)
		ret->format = YG_FORMAT_UNKNOWN;
	return YG_OK;
}

static struct yg_archive_writer *new_writer(void)
{
	const struct yg_archive_writer_opts opts = {folder, "acme", describe, NULL};

	return yg_archive_writer_new(&opts);
}

static void line_of(struct yg_buf *to, unsigned i, unsigned filling)
{
	yg_buf_reset(to);
	yg_buf_addf(to, "%u %u %u line", 1000 + i, i, i / 10);
	for (unsigned k = 0; k < filling; k++)
		yg_buf_addf(to, " %u", (i * 2654435761u + k * 40503u) >> 7);
	yg_buf_add_byte(to, '\n');
}

/* Lines [from, to) into the archive of @arrived_ns; a frame each @every of them. */
static int fill(struct yg_archive_writer *w, unsigned from, unsigned to, unsigned every,
		int64_t arrived_ns)
{
	struct yg_buf line;
	int rc = YG_OK;

	yg_buf_init(&line, 1u << 20);
	for (unsigned i = from; i < to && rc == YG_OK; i++) {
		line_of(&line, i, 5);
		rc = yg_archive_append(w, yg_buf_bytes(&line), arrived_ns, i);
		if (rc == YG_OK && every && (i + 1) % every == 0)
			rc = yg_archive_sync(w);
	}
	yg_buf_done(&line);
	return rc;
}

struct reading {
	unsigned next;
	bool is_good;
	struct yg_archive_filters *filters;
	uint64_t notes;
	uint64_t at;
};

/* Each line must be the next one. */
static int take(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	struct reading *r = arg;
	struct yg_buf line;

	yg_buf_init(&line, 1u << 20);
	while (text.size > 0) {
		size_t end = yg_bytes_chr(text, '\n') + 1;
		struct yg_archive_facts facts;

		line_of(&line, r->next++, 5);
		r->is_good &= yg_bytes_eq(yg_bytes_cut(text, 0, end), yg_buf_bytes(&line));
		(void)describe(NULL, yg_bytes_cut(text, 0, end), &facts);
		for (uint32_t k = 0; k < facts.key_count; k++) {
			uint64_t found;

			r->is_good &= yg_archive_filters_frame(r->filters, frame->number, keys[k]);
			r->is_good &= yg_archive_filters_file(r->filters, &keys[k], 1, &found) == 1;
		}
		r->is_good &= facts.time_ns >= frame->first_ns && facts.time_ns <= frame->last_ns;
		text = yg_bytes_from(text, end);
	}
	yg_buf_done(&line);
	return YG_OK;
}

static void note(void *arg, const struct yg_archive_note *n)
{
	struct reading *r = arg;

	r->notes++;
	r->at = n->at;
}

static void path_of(char to[YG_ARCHIVE_PATH_MAX], unsigned part, const char *ending)
{
	int64_t hour = ARRIVED - ARRIVED % HOUR;

	if (!yg_archive_path(folder, "acme", hour, part, ending, to))
		abort();
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Many keys at once, and frames in any order, are answered as one after the other. */
static bool is_same_at_once(const struct yg_archive *archive, struct yg_archive_filters *filters)
{
	static uint64_t list[20000], one[20000], all[20000];
	uint64_t key = 815;
	uint32_t found = 0;
	bool is_same;

	for (unsigned i = 0; i < 20000; i++)
		list[i] = key = key * UINT64_C(6364136223846793005) + 1;
	qsort(list, 20000, sizeof(list[0]), ascending);
	for (unsigned i = 0; i < 20000; i++)
		found += yg_archive_filters_file(filters, &list[i], 1, one + found);
	is_same = yg_archive_filters_file(filters, list, 20000, all) == found &&
		  memcmp(one, all, found * sizeof(one[0])) == 0;
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t frame = (uint32_t)(list[i] >> 32) % archive->count;
		bool was = yg_archive_filters_frame(filters, frame, list[i] | 1);

		(void)yg_archive_filters_frame(filters, (uint32_t)list[i] % archive->count, key);
		is_same &= yg_archive_filters_frame(filters, frame, list[i] | 1) == was;
	}
	return is_same;
}

static void comes_back(void)
{
	struct yg_archive_writer *w;
	struct yg_archive_check check;
	struct yg_archive *archive;
	struct reading r = {.is_good = true};
	struct yg_fault fault = {0};
	char path[YG_ARCHIVE_PATH_MAX];
	uint64_t key = 4711, found;
	uint32_t passed = 0;

	new_folder();
	w = new_writer();
	CHECK(w && fill(w, 0, 30000, 0, ARRIVED) == YG_OK);
	CHECK(yg_archive_seal(w) == YG_OK);
	CHECK(yg_archive_writer_counts(w).files == 1 &&
	      yg_archive_writer_counts(w).records == 30000);
	(void)yg_archive_writer_free(w);
	path_of(path, 0, YG_ARCHIVE_CLOSED);
	CHECK(yg_archive_open(path, &archive, &fault) == YG_OK);
	CHECK(archive->is_sealed && archive->count > 3 && strcmp(archive->org, "acme") == 0);
	CHECK(archive->hour_ns == ARRIVED - ARRIVED % HOUR);
	CHECK(archive->frames[0].journal_first == 0 &&
	      archive->frames[archive->count - 1].journal_end == 30000);
	CHECK(archive->frames[1].journal_first == archive->frames[0].journal_end);
	CHECK(archive->frames[0].formats == UINT64_C(1) << YG_FORMAT_SYSLOG);
	CHECK(yg_archive_filters_open(archive, &r.filters, &fault) == YG_OK);
	CHECK(yg_archive_verify(path, &check, note, take, &r) == YG_OK);
	CHECK(r.is_good && r.notes == 0 && r.next == 30000 && check.records == 30000);
	CHECK(check.is_sealed && check.first_ns == 1000 * YG_NS_PER_S &&
	      check.last_ns == 30999 * YG_NS_PER_S);
	CHECK(check.journal_first == 0 && check.journal_end == 30000);
	CHECK(yg_archive_filters_verify(r.filters, note, &r) == YG_OK && r.notes == 0);
	for (unsigned i = 0; i < 100000; i++) {
		key = key * UINT64_C(6364136223846793005) + 1;
		passed += yg_archive_filters_file(r.filters, &key, 1, &found);
	}
	CHECK(passed < 20);
	CHECK(is_same_at_once(archive, r.filters));
	(void)yg_archive_filters_free(r.filters);
	(void)yg_archive_free(archive);
	drop_folder();
}

static void hours_divide(void)
{
	struct yg_archive_writer *w;
	char path[YG_ARCHIVE_PATH_MAX];

	new_folder();
	w = new_writer();
	CHECK(fill(w, 0, 10, 0, ARRIVED) == YG_OK);
	CHECK(fill(w, 10, 20, 0, ARRIVED + HOUR) == YG_OK);
	path_of(path, 0, YG_ARCHIVE_CLOSED);
	CHECK(access(path, F_OK) == 0);
	CHECK(yg_archive_seal(w) == YG_OK);
	/* The hour has a file already: the next one gets a number. */
	CHECK(fill(w, 20, 30, 0, ARRIVED) == YG_OK && yg_archive_seal(w) == YG_OK);
	path_of(path, 1, YG_ARCHIVE_CLOSED);
	CHECK(access(path, F_OK) == 0);
	CHECK(yg_archive_seal(w) == YG_OK); /* nothing to do */
	(void)yg_archive_writer_free(w);
	drop_folder();
}

static void one_writer_only(void)
{
	struct yg_archive_writer *a, *b;

	new_folder();
	a = new_writer();
	b = new_writer();
	CHECK(fill(a, 0, 10, 0, ARRIVED) == YG_OK);
	CHECK(fill(b, 0, 1, 0, ARRIVED) == YG_EAGAIN);
	(void)yg_archive_writer_free(a);
	(void)yg_archive_writer_free(b);
	drop_folder();
}

static void bad_lines_are_refused(void)
{
	static uint8_t big[YG_ARCHIVE_RECORD_MAX + 1];
	struct yg_archive_writer *w;

	new_folder();
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	w = new_writer();
	CHECK(yg_archive_append(w, YG_S("no end"), ARRIVED, 0) == YG_EINVAL);
	CHECK(yg_archive_append(w, YG_S("two\nlines\n"), ARRIVED, 0) == YG_EINVAL);
	CHECK(yg_archive_append(w, YG_S("\n"), ARRIVED, 0) == YG_EINVAL);
	CHECK(yg_archive_append(w, (struct yg_bytes){big, sizeof(big)}, ARRIVED, 0) == YG_ELIMIT);
	CHECK(yg_archive_append(w, (struct yg_bytes){big + 1, sizeof(big) - 1}, ARRIVED, 0) ==
	      YG_OK);
	CHECK(yg_archive_seal(w) == YG_OK);
	(void)yg_archive_writer_free(w);
	drop_folder();
	CHECK(yg_archive_is_org(YG_S("acme.co-1_x")) && !yg_archive_is_org(YG_S("../x")) &&
	      !yg_archive_is_org(YG_S("")) && !yg_archive_is_org(YG_S("a/b")) &&
	      !yg_archive_is_org(YG_S(".a")) && !yg_archive_is_org(YG_S("-a")));
}

/* A small file and its bytes. */
static uint8_t *small_file(char path[YG_ARCHIVE_PATH_MAX], size_t *ret_size)
{
	struct yg_archive_writer *w = new_writer();
	uint8_t *data = NULL;

	if (!w || fill(w, 0, 12, 4, ARRIVED) != YG_OK || yg_archive_seal(w) != YG_OK)
		abort();
	(void)yg_archive_writer_free(w);
	path_of(path, 0, YG_ARCHIVE_CLOSED);
	if (yg_io_read_file(path, 1u << 20, &data, ret_size) != YG_OK)
		abort();
	return data;
}

/* Lines that whole frames of @archive hold: 4 in each. */
static unsigned lines_of(const struct yg_archive *archive)
{
	return archive->count * 4;
}

static void torn_anywhere(void)
{
	char path[YG_ARCHIVE_PATH_MAX], open_path[YG_ARCHIVE_PATH_MAX];
	uint8_t *data;
	size_t size;

	new_folder();
	data = small_file(path, &size);
	CHECK(unlink(path) == 0);
	path_of(open_path, 0, YG_ARCHIVE_OPEN);
	for (size_t cut = 0; cut <= size; cut++) {
		struct yg_archive *archive = NULL;
		struct yg_archive_check check;
		struct reading r = {.is_good = true};
		struct yg_fault fault = {0};
		struct yg_archive_writer *w;
		uint64_t cut_bytes;
		unsigned whole = 0;
		int rc;

		CHECK(yg_io_replace(open_path, (struct yg_bytes){data, cut}, 0600) == YG_OK);
		rc = yg_archive_open(open_path, &archive, &fault);
		CHECK(rc == YG_OK || (rc == YG_EMISMATCH && cut < 16));
		if (rc == YG_OK) {
			whole = lines_of(archive);
			CHECK(archive->is_sealed == (cut == size));
			CHECK(archive->end <= cut && (archive->is_sealed || archive->fault.msg));
		}
		(void)yg_archive_free(archive);
		if (cut >= 16) {
			CHECK(yg_archive_verify(open_path, &check, note, take, &r) == YG_OK);
			CHECK(r.is_good && r.next == whole);
			CHECK(check.is_sealed == (cut == size));
		}
		if (cut % 7 == 0) { /* closing it keeps just these */
			rc = yg_archive_repair(open_path, describe, NULL, &cut_bytes);
			CHECK(whole ? rc == YG_OK : rc == YG_EMISMATCH);
			r = (struct reading){.is_good = true};
			if (whole) {
				CHECK(yg_archive_verify(path, &check, note, take, &r) == YG_OK);
				CHECK(r.is_good && r.notes == 0 && r.next == whole &&
				      check.is_sealed);
				CHECK(unlink(path) == 0);
			}
		} else { /* the next writer goes on behind them */
			w = new_writer();
			CHECK(yg_archive_writer_begin(w, ARRIVED) == YG_OK);
			CHECK(yg_archive_journal_end(w) == whole);
			CHECK(fill(w, whole, 12, 4, ARRIVED) == YG_OK);
			CHECK(yg_archive_seal(w) == YG_OK);
			(void)yg_archive_writer_free(w);
			r = (struct reading){.is_good = true};
			CHECK(yg_archive_verify(path, &check, note, take, &r) == YG_OK);
			CHECK(r.is_good && r.notes == 0 && r.next == 12);
			CHECK(unlink(path) == 0);
		}
	}
	free(data);
	drop_folder();
}

static void changed_anywhere(void)
{
	char path[YG_ARCHIVE_PATH_MAX];
	uint8_t *data;
	size_t size;

	new_folder();
	data = small_file(path, &size);
	for (size_t at = 0; at < size; at++) {
		struct yg_archive_check check;
		struct reading r = {.is_good = true};

		data[at] ^= 0x11;
		CHECK(yg_io_replace(path, (struct yg_bytes){data, size}, 0600) == YG_OK);
		CHECK(yg_archive_verify(path, &check, note, NULL, &r) == YG_OK);
		if (r.notes == 0 && check.is_sealed)
			fprintf(stderr, "byte %zu of %zu\n", at, size);
		CHECK(r.notes > 0 || !check.is_sealed);
		CHECK(r.notes == check.notes && r.at <= size);
		/* Two of three frames are still read wherever the damage is. */
		CHECK(at < 16 || check.frames >= 2);
		data[at] ^= 0x11;
	}
	free(data);
	drop_folder();
}

static void filters_may_be_damaged(void)
{
	char path[YG_ARCHIVE_PATH_MAX], beside[YG_ARCHIVE_PATH_MAX + 16];
	struct yg_archive *archive;
	struct yg_fault fault = {0};
	uint8_t *file, *data;
	size_t size;

	new_folder();
	file = small_file(path, &size);
	free(file);
	(void)snprintf(beside, sizeof(beside), "%s%s", path, YG_ARCHIVE_FILTERS);
	CHECK(yg_io_read_file(beside, 1u << 20, &data, &size) == YG_OK);
	CHECK(yg_archive_open(path, &archive, &fault) == YG_OK);
	for (size_t at = 0; at < size * 2; at++) { /* each byte changed, then each cut */
		struct yg_archive_filters *filters = NULL;
		struct reading r = {.is_good = true};
		struct yg_archive_check check;
		int rc;

		data[at % size] ^= at < size ? 0x40 : 0;
		CHECK(yg_io_replace(beside, (struct yg_bytes){data, at < size ? size : at - size},
				    0600) == YG_OK);
		data[at % size] ^= at < size ? 0x40 : 0;
		rc = yg_archive_filters_open(archive, &filters, &fault);
		CHECK((rc == YG_OK) == (filters != NULL));
		r.filters = filters;
		CHECK(yg_archive_verify(path, &check, note, take, &r) == YG_OK);
		CHECK(r.is_good && r.notes == 0); /* never "no" */
		CHECK(yg_archive_filters_verify(filters, note, &r) == YG_OK);
		CHECK(rc != YG_OK || r.notes > 0 || (at >= 32 && at < 40));
		(void)yg_archive_filters_free(filters);
	}
	CHECK(unlink(beside) == 0);
	{
		uint64_t cut;
		struct yg_archive_filters *filters;

		CHECK(yg_archive_filters_open(archive, &filters, &fault) == YG_ENOENT);
		CHECK(yg_archive_repair(path, describe, NULL, &cut) == YG_OK);
		CHECK(yg_archive_filters_open(archive, &filters, &fault) == YG_OK);
		(void)yg_archive_filters_free(filters);
	}
	(void)yg_archive_free(archive);
	free(data);
	drop_folder();
}

/* After a sync that failed the file is given up: what is not in it is given again, up to @last. */
static bool give_again(struct yg_archive_writer *w, unsigned last)
{
	struct yg_buf line;
	bool is_given = true;

	if (yg_archive_writer_path(w))
		return true;
	yg_buf_init(&line, 1u << 20);
	is_given = yg_archive_writer_begin(w, ARRIVED) == YG_OK;
	for (unsigned i = (unsigned)yg_archive_journal_end(w); is_given && i <= last; i++) {
		line_of(&line, i, 5);
		is_given = yg_archive_append(w, yg_buf_bytes(&line), ARRIVED, i) == YG_OK;
	}
	yg_buf_done(&line);
	return is_given;
}

/* Each call of memory or of the system fails once; the same call is made again. */
static void failures_are_outlived(void)
{
	bool is_failing = true;

	for (long at = 1; is_failing && at < 400; at++) {
		struct yg_archive_writer *w;
		struct yg_archive_check check;
		struct reading r = {.is_good = true};
		struct yg_buf line;
		char closed[YG_ARCHIVE_PATH_MAX];
		uint64_t cut;
		int rc;

		new_folder();
		path_of(closed, 0, YG_ARCHIVE_CLOSED);
		yg_buf_init(&line, 1u << 20);
		w = new_writer();
		CHECK(w);
		yg_fail_at = at;
		for (unsigned i = 0; i < 12; i++) {
			long before = yg_fail_at;

			line_of(&line, i, 5);
			if (yg_buf_error(&line) != YG_OK) {
				line.error = YG_OK;
				line_of(&line, i, 5);
			}
			rc = yg_archive_append(w, yg_buf_bytes(&line), ARRIVED, i);
			if (rc != YG_OK) {
				CHECK(before > 0 && yg_fail_at == 0);
				CHECK(yg_archive_append(w, yg_buf_bytes(&line), ARRIVED, i) ==
				      YG_OK);
			}
			if (i % 4 == 3 && yg_archive_sync(w) != YG_OK)
				CHECK(give_again(w, i) && yg_archive_sync(w) == YG_OK);
		}
		rc = yg_archive_seal(w);
		if (rc != YG_OK && access(closed, F_OK) != 0)
			CHECK(give_again(w, 11));
		if (rc != YG_OK)
			CHECK(yg_archive_seal(w) == YG_OK);
		is_failing = yg_fail_at == 0;
		yg_fail_at = 0;
		(void)yg_archive_writer_free(w);
		CHECK(yg_archive_verify(closed, &check, note, take, &r) == YG_OK);
		CHECK(r.is_good && r.notes == 0 && r.next == 12 && check.is_sealed);
		CHECK(yg_archive_repair(closed, describe, NULL, &cut) == YG_OK);
		yg_buf_done(&line);
		drop_folder();
	}
	CHECK(!is_failing); /* the last round met no failure */
}

static int count_entry(void *arg, const struct yg_archive_entry *entry)
{
	unsigned *count = arg;

	if (strcmp(entry->org, "acme") == 0 && !entry->is_open)
		(*count)++;
	return YG_OK;
}

static bool ask_no(void *arg, const struct yg_archive_entry *entry)
{
	(void)arg;
	(void)entry;
	return false;
}

static void old_files_go(void)
{
	struct yg_archive_writer *w;
	char path[YG_ARCHIVE_PATH_MAX];
	unsigned count = 0, gone = 0;
	int64_t hour = ARRIVED - ARRIVED % HOUR;

	new_folder();
	w = new_writer();
	for (unsigned i = 0; i < 60; i++)
		CHECK(fill(w, i, i + 1, 0, ARRIVED + i * HOUR) == YG_OK);
	CHECK(yg_archive_walk(folder, NULL, count_entry, &count) == YG_OK && count == 59);
	CHECK(yg_archive_expire(folder, "acme", hour + 10 * HOUR, count_entry, &gone) == YG_OK);
	CHECK(gone == 10);
	count = 0;
	CHECK(yg_archive_walk(folder, "acme", count_entry, &count) == YG_OK && count == 49);
	path_of(path, 0, YG_ARCHIVE_CLOSED YG_ARCHIVE_FILTERS);
	CHECK(access(path, F_OK) != 0);
	CHECK(yg_archive_expire_asked(folder, NULL, INT64_MAX, ask_no, count_entry, &gone) ==
	      YG_OK);
	CHECK(gone == 10);
	CHECK(yg_archive_expire(folder, "acme", INT64_MAX, count_entry, &gone) == YG_OK);
	count = 0; /* the open one stays */
	CHECK(yg_archive_walk(folder, "acme", count_entry, &count) == YG_OK && count == 0);
	CHECK(access(yg_archive_writer_path(w), F_OK) == 0);
	CHECK(yg_archive_walk(folder, "other", count_entry, &count) == YG_ENOENT);
	(void)yg_archive_writer_free(w);
	drop_folder();
}

/* A frame whose header is whole but lies: nothing is reserved beyond the limits. */
static void lies_are_found(void)
{
	struct yg_archive_packer *packer = yg_archive_packer_new();
	struct yg_archive_unpacker *unpacker = yg_archive_unpacker_new();
	struct yg_archive_frame frame = {.records = 2, .first_ns = 1, .last_ns = 2};
	struct yg_archive_frame got;
	struct yg_fault fault = {0};
	struct yg_buf stored, text;

	yg_buf_init(&stored, 4u << 20);
	yg_buf_init(&text, YG_ARCHIVE_TEXT_MAX);
	CHECK(packer && unpacker);
	CHECK(yg_archive_pack(packer, YG_S("one\ntwo\n"), &frame, &stored) == YG_OK);
	CHECK(yg_archive_unpack(unpacker, yg_buf_bytes(&stored), &got, &text, &fault) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&text), "one\ntwo\n");
	yg_buf_reset(&stored);
	frame.records = 3;
	CHECK(yg_archive_pack(packer, YG_S("one\ntwo\n"), &frame, &stored) == YG_OK);
	CHECK(yg_archive_unpack(unpacker, yg_buf_bytes(&stored), &got, &text, &fault) ==
	      YG_EFORMAT);
	CHECK(text.size == 8);
	/* A bomb: the packed frame says and gives more than the header. */
	{
		static uint8_t zeros[1u << 20];
		struct yg_buf bomb;
		size_t head;

		yg_buf_init(&bomb, 4u << 20);
		memset(zeros, '\n', sizeof(zeros));
		frame.records = 2;
		yg_buf_reset(&stored);
		CHECK(yg_archive_pack(packer, YG_S("one\ntwo\n"), &frame, &stored) == YG_OK);
		head = stored.size - frame.packed_size;
		frame.records = sizeof(zeros);
		CHECK(yg_archive_pack(packer, (struct yg_bytes){zeros, sizeof(zeros)}, &frame,
				      &bomb) == YG_OK);
		stored.size = head;
		yg_buf_add(&stored,
			   yg_bytes_from(yg_buf_bytes(&bomb), bomb.size - frame.packed_size));
		CHECK(yg_archive_unpack(unpacker, yg_buf_bytes(&stored), &got, &text, &fault) !=
		      YG_OK);
		CHECK(text.size == 8);
		yg_buf_done(&bomb);
	}
	yg_buf_done(&stored);
	yg_buf_done(&text);
	(void)yg_archive_packer_free(packer);
	(void)yg_archive_unpacker_free(unpacker);
}

static const struct check_case cases[] = {
	CASE(comes_back),
	CASE(hours_divide),
	CASE(one_writer_only),
	CASE(bad_lines_are_refused),
	CASE(torn_anywhere),
	CASE(changed_anywhere),
	CASE(filters_may_be_damaged),
	CASE(failures_are_outlived),
	CASE(old_files_go),
	CASE(lies_are_found),
};

CHECK_MAIN(cases)
