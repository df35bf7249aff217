/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of an archive that are damaged: the frames behind the damage are read, what was passed over
 * is said, and headers that lie are not believed, nor read for ever.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "archive/reader.h"
#include "base/io.h"

#include "../check.h"

#define FRAMES 8u

static char path[64];
static struct yg_archive_packer *packer;

/* Helpers give values: what must not fail there ends the test. */
static void must(bool is_so)
{
	if (!is_so)
		abort();
}

/* A frame with its number in its text and @filling lines that do not pack well. */
static size_t add_frame(struct yg_buf *to, uint32_t number, unsigned filling)
{
	struct yg_archive_frame frame = {
		.number = number, .records = filling + 1, .first_ns = 1, .last_ns = 2};
	struct yg_buf text;
	size_t at = to->size;

	yg_buf_init(&text, YG_ARCHIVE_TEXT_MAX);
	yg_buf_addf(&text, "frame %u\n", number);
	for (unsigned i = 0; i < filling; i++)
		yg_buf_addf(&text, "%08x\n", (number * 1000 + i + 1) * 2654435761u);
	must(yg_archive_pack(packer, yg_buf_bytes(&text), &frame, to) == YG_OK);
	yg_buf_done(&text);
	return at;
}

/* FRAMES frames; where each begins, and the end. */
static void whole_file(struct yg_buf *to, size_t at[FRAMES + 1])
{
	yg_buf_init(to, 64u << 20);
	for (uint32_t i = 0; i < FRAMES; i++)
		at[i] = add_frame(to, i, 40);
	at[FRAMES] = to->size;
}

/* The numbers of the whole frames of a file of these bytes, as bits; its gaps in *ret. */
static uint64_t frames_of(struct yg_bytes bytes, struct yg_archive **ret)
{
	struct yg_archive_unpacker *unpacker = yg_archive_unpacker_new();
	struct yg_fault fault = {0};
	struct yg_buf stored, text;
	uint64_t found = 0;

	must(yg_io_replace(path, bytes, 0600) == YG_OK);
	must(yg_archive_open(path, ret, &fault) == YG_OK);
	must(yg_archive_go_on(*ret) == YG_OK);
	yg_buf_init(&stored, YG_ARCHIVE_STORED_MAX);
	yg_buf_init(&text, YG_ARCHIVE_TEXT_MAX);
	for (uint32_t i = 0; i < (*ret)->count; i++) {
		struct yg_archive_frame frame;

		yg_buf_reset(&stored);
		yg_buf_reset(&text);
		must(yg_archive_load(*ret, i, &stored) == YG_OK);
		if (yg_archive_unpack(unpacker, yg_buf_bytes(&stored), &frame, &text, &fault) !=
		    YG_OK)
			continue;
		must(frame.number == (*ret)->frames[i].number && frame.number < 64);
		found |= UINT64_C(1) << frame.number;
	}
	yg_buf_done(&stored);
	yg_buf_done(&text);
	(void)yg_archive_unpacker_free(unpacker);
	return found;
}

static void begin(void)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/yagura-past-XXXXXX");
	fd = mkstemp(path);
	must(fd >= 0);
	(void)close(fd);
	packer = yg_archive_packer_new();
	must(packer != NULL);
}

static void end(void)
{
	packer = yg_archive_packer_free(packer);
	(void)unlink(path);
}

#define ALL ((UINT64_C(1) << FRAMES) - 1)

/* Wherever a byte is cut out or comes in: at most the frames that it touches are lost. */
static void bytes_come_and_go(void)
{
	struct yg_archive *archive;
	size_t at[FRAMES + 1];
	struct yg_buf file, changed;

	begin();
	whole_file(&file, at);
	yg_buf_init(&changed, 64u << 20);
	CHECK(frames_of(yg_buf_bytes(&file), &archive) == ALL && archive->gap_count == 0);
	(void)yg_archive_free(archive);
	for (size_t i = 16; i < file.size; i += 7) { /* without the mark at 0 it is no archive */
		for (unsigned is_in = 0; is_in < 2; is_in++) {
			uint64_t lost = 0, found, left = 0;

			for (unsigned k = 0; k < FRAMES; k++)
				if (i >= at[k] && i < at[k + 1] && !(is_in && i == at[k]))
					lost = UINT64_C(1) << k;
			yg_buf_reset(&changed);
			yg_buf_add(&changed, yg_bytes_cut(yg_buf_bytes(&file), 0, i));
			if (is_in)
				yg_buf_add_str(&changed, "#");
			yg_buf_add(&changed, yg_bytes_from(yg_buf_bytes(&file), is_in ? i : i + 1));
			found = frames_of(yg_buf_bytes(&changed), &archive);
			CHECK(found == (ALL & ~lost));
			for (uint32_t g = 0; g < archive->gap_count; g++)
				left += archive->gaps[g].size;
			for (uint32_t f = 0; f < archive->count; f++)
				left += archive->frames[f].head_size +
					archive->frames[f].packed_size;
			/* Frames and the gap are the file. */
			CHECK(left == changed.size);
			CHECK(archive->gap_count == 1);
			(void)yg_archive_free(archive);
		}
	}
	yg_buf_done(&changed);
	yg_buf_done(&file);
	end();
}

/* A frame that is missing, twice there, or of another number. */
static void numbers_have_to_rise(void)
{
	struct yg_archive *archive;
	size_t at[FRAMES + 1];
	struct yg_buf file, changed;

	begin();
	whole_file(&file, at);
	yg_buf_init(&changed, 64u << 20);
	yg_buf_add(&changed, yg_bytes_cut(yg_buf_bytes(&file), 0, at[3]));
	yg_buf_add(&changed, yg_bytes_from(yg_buf_bytes(&file), at[5]));
	CHECK(frames_of(yg_buf_bytes(&changed), &archive) == (ALL & ~UINT64_C(0x18)));
	CHECK(archive->gap_count == 1 && archive->gaps[0].size == 0 &&
	      archive->gaps[0].at == at[3]);
	(void)yg_archive_free(archive);

	yg_buf_reset(&changed);
	yg_buf_add(&changed, yg_bytes_cut(yg_buf_bytes(&file), 0, at[3]));
	yg_buf_add(&changed, yg_bytes_cut(yg_buf_bytes(&file), at[1], at[2]));
	yg_buf_add(&changed, yg_bytes_from(yg_buf_bytes(&file), at[3]));
	CHECK(frames_of(yg_buf_bytes(&changed), &archive) == ALL && archive->count == FRAMES);
	CHECK(archive->gap_count == 1 && archive->gaps[0].at == at[3] &&
	      archive->gaps[0].size == at[2] - at[1]);
	(void)yg_archive_free(archive);
	yg_buf_done(&changed);
	yg_buf_done(&file);
	end();
}

/* Whole frames or marks inside the bytes of another are met only where it is damaged itself. */
static void what_stands_inside_is_not_met(void)
{
	struct yg_archive_frame outer = {.number = 1, .records = 1, .first_ns = 1, .last_ns = 2};
	struct yg_archive *archive;
	struct yg_buf file, inner;
	size_t head, second;

	begin();
	yg_buf_init(&file, 64u << 20);
	yg_buf_init(&inner, 1u << 20);
	(void)add_frame(&inner, 5, 40); /* packed once, it hardly packs again: it stands there */
	yg_buf_add_byte(&inner, '\n');
	for (size_t i = 0; i + 1 < inner.size; i++)
		outer.records += inner.data[i] == '\n';
	head = add_frame(&file, 0, 40);
	CHECK(head == 0);
	second = file.size;
	CHECK(yg_archive_pack(packer, yg_buf_bytes(&inner), &outer, &file) == YG_OK);
	CHECK(yg_bytes_find(yg_bytes_from(yg_buf_bytes(&file), second + 32), YG_S("YGARFRM1")) !=
	      SIZE_MAX);
	(void)add_frame(&file, 2, 40);
	CHECK(frames_of(yg_buf_bytes(&file), &archive) == 7 && archive->count == 3);
	(void)yg_archive_free(archive);
	/* Something in front of it: the search meets the outer one first, and passes over it. */
	{
		struct yg_buf changed;

		yg_buf_init(&changed, 64u << 20);
		yg_buf_add(&changed, yg_bytes_cut(yg_buf_bytes(&file), 0, second));
		yg_buf_add_str(&changed, "YGARFRM1 and YGARFRM1YGARFRM1");
		yg_buf_add(&changed, yg_bytes_from(yg_buf_bytes(&file), second));
		CHECK(frames_of(yg_buf_bytes(&changed), &archive) == 7 && archive->count == 3);
		CHECK(archive->gap_count == 1 && archive->gaps[0].at == second &&
		      archive->gaps[0].size == 29);
		(void)yg_archive_free(archive);
		yg_buf_done(&changed);
	}
	yg_buf_done(&file);
	yg_buf_done(&inner);
	end();
}

/* Headers whose own checks hold, without what they promise: a few are passed over, ... */
static size_t add_liars(struct yg_buf *to, unsigned count)
{
	struct yg_buf frame;
	size_t size;

	yg_buf_init(&frame, YG_ARCHIVE_STORED_MAX);
	(void)add_frame(&frame, 3, 15000);
	size = 124; /* 8 + 108 + 0 names + 8 */
	must(frame.size > 50000);
	for (unsigned i = 0; i < count; i++)
		yg_buf_add(to, yg_bytes_cut(yg_buf_bytes(&frame), 0, size));
	yg_buf_done(&frame);
	return size * count;
}

/* ... many end the search, as a file may not be read for ever. */
static void liars_are_not_believed(void)
{
	for (unsigned many = 0; many < 2; many++) {
		struct yg_archive *archive;
		struct yg_buf file;
		size_t before, lies;
		uint64_t found;

		begin();
		yg_buf_init(&file, 64u << 20);
		(void)add_frame(&file, 0, 40);
		before = file.size;
		lies = add_liars(&file, many ? 5000 : 5);
		(void)add_frame(&file, 4, 15000);
		found = frames_of(yg_buf_bytes(&file), &archive);
		CHECK(found == (many ? 1u : 17u));
		CHECK(archive->gap_count == 1 && archive->gaps[0].at == before);
		CHECK(archive->gaps[0].size == (many ? file.size - before : lies));
		(void)yg_archive_free(archive);
		yg_buf_done(&file);
		end();
	}
}

static const struct check_case cases[] = {
	CASE(bytes_come_and_go),
	CASE(numbers_have_to_rise),
	CASE(what_stands_inside_is_not_met),
	CASE(liars_are_not_believed),
};

CHECK_MAIN(cases)
