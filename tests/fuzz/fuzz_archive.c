/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as parts of an archive. The first byte says what: a whole file (opened, every frame
 * read, verified, with its second half as its filters), one stored frame, an index, a filter.
 * Checksums over headers are made right first, so that what they protect is reached.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/archive-int.h"
#include "archive/filters.h"
#include "archive/fuse.h"
#include "base/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/yg-fuzz-archive-XXXXXX";
static char file[64], filters_file[80];
static uint64_t noted;

static void remove_folder(void)
{
	(void)unlink(file);
	(void)unlink(filters_file);
	(void)rmdir(folder);
}

static void make_folder(void)
{
	if (file[0])
		return;
	if (!mkdtemp(folder))
		abort();
	(void)snprintf(file, sizeof(file), "%s/f.ndjson.zst", folder);
	(void)snprintf(filters_file, sizeof(filters_file), "%s.filters", file);
	(void)atexit(remove_folder);
}

static void note(void *arg, const struct yg_archive_note *n)
{
	(void)arg;
	noted += n->at + n->size + (n->words[0] != 0) + (n->path[0] != 0);
}

static int take(void *arg, const struct yg_archive_frame *frame, struct yg_bytes text)
{
	(void)arg;
	if (text.size != frame->text_size || text.data[text.size - 1] != '\n')
		abort();
	noted += text.data[text.size / 2];
	return YG_OK;
}

static void ask(const struct yg_archive *archive)
{
	struct yg_archive_filters *filters;
	struct yg_fault fault;
	uint64_t keys[64], found[64];

	for (uint64_t i = 0; i < 64; i++)
		keys[i] = i << 58 | i;
	if (yg_archive_filters_open(archive, &filters, &fault) != YG_OK)
		return;
	if (yg_archive_filters_file(filters, keys, 64, found) > 64)
		abort();
	for (uint32_t f = 0; f < archive->count && f < 16; f++)
		noted += yg_archive_filters_frame(filters, f, keys[f]);
	if (yg_archive_filters_verify(filters, note, NULL) != YG_OK)
		abort();
	(void)yg_archive_filters_free(filters);
}

/* Frames and gaps lie one behind the other, and numbers rise. */
static void go_on(struct yg_archive *archive)
{
	uint64_t at = 0;
	uint32_t gap = 0;

	if (archive->is_sealed || yg_archive_go_on(archive) != YG_OK)
		return;
	for (uint32_t i = 0; i < archive->count; i++) {
		const struct yg_archive_frame *frame = &archive->frames[i];

		for (; gap < archive->gap_count && archive->gaps[gap].at == at; gap++)
			at += archive->gaps[gap].size;
		if (frame->at != at || (i > 0 && frame->number <= archive->frames[i - 1].number))
			abort();
		at += (uint64_t)frame->head_size + frame->packed_size;
	}
	for (; gap < archive->gap_count && archive->gaps[gap].at == at; gap++)
		at += archive->gaps[gap].size;
	if (gap < archive->gap_count || at > archive->size)
		abort();
}

static void whole_file(struct yg_bytes b)
{
	struct yg_archive_check check;
	struct yg_archive *archive;
	struct yg_fault fault;
	size_t split;

	if (b.size < 2)
		return;
	make_folder();
	/* The first two bytes say how many at the end are the filters. */
	split = (size_t)(b.data[0] | b.data[1] << 8);
	b = yg_bytes_from(b, 2);
	split = split < b.size ? b.size - split : b.size;
	if (yg_io_replace(file, yg_bytes_cut(b, 0, split), 0600) != YG_OK ||
	    yg_io_replace(filters_file, yg_bytes_from(b, split), 0600) != YG_OK)
		abort();
	if (yg_archive_open(file, &archive, &fault) == YG_OK) {
		if (archive->end > archive->size ||
		    archive->is_sealed == (archive->fault.msg != NULL))
			abort();
		ask(archive);
		go_on(archive);
		(void)yg_archive_free(archive);
	}
	if (yg_archive_verify(file, &check, note, take, NULL) != YG_OK)
		abort();
}

/* @b with the checksum of the payload of a skippable frame at its end. */
static uint8_t *sealed(struct yg_bytes b, size_t payload)
{
	uint8_t *copy = malloc(b.size ? b.size : 1);
	uint64_t sum;

	if (!copy)
		abort();
	memcpy(copy, b.data, b.size);
	if (payload >= 8 && b.size >= 8 + payload) {
		sum = yg_archive_sum((struct yg_bytes){copy + 8, payload - 8});
		for (unsigned i = 0; i < 8; i++)
			copy[payload + i] = (uint8_t)(sum >> 8 * i);
	}
	return copy;
}

static void one_frame(struct yg_bytes b)
{
	struct yg_archive_unpacker *unpacker = yg_archive_unpacker_new();
	uint8_t *copy = sealed(b, b.size >= 8 ? yg_le32(b.data + 4) : 0);
	struct yg_archive_frame frame;
	struct yg_fault fault = {0};
	struct yg_buf text;
	int rc;

	yg_buf_init(&text, YG_ARCHIVE_TEXT_MAX);
	rc = yg_archive_unpack(unpacker, (struct yg_bytes){copy, b.size}, &frame, &text, &fault);
	if (rc == YG_OK)
		(void)take(NULL, &frame, yg_buf_bytes(&text));
	else if (text.size > 0 || !fault.msg || fault.pos > b.size)
		abort();
	yg_buf_done(&text);
	free(copy);
	(void)yg_archive_unpacker_free(unpacker);
}

static void one_index(struct yg_bytes b)
{
	uint8_t *copy = sealed(b, b.size >= 8 ? b.size - 8 : 0);
	struct yg_archive_index_read index;
	struct yg_fault fault = {0};
	uint64_t at = b.size > 60 ? yg_le32(b.data + 56) : 0;
	uint64_t next = 0;

	if (yg_archive_index_parse((struct yg_bytes){copy, b.size}, at, &index, &fault) == YG_OK) {
		for (uint32_t i = 0; i < index.count; i++) {
			if (index.frames[i].at != next ||
			    index.frames[i].text_size > YG_ARCHIVE_TEXT_MAX ||
			    index.frames[i].packed_size > YG_ARCHIVE_PACKED_MAX)
				abort();
			next += index.frames[i].head_size + (uint64_t)index.frames[i].packed_size;
		}
		if (next != at)
			abort();
		free(index.frames);
	}
	free(copy);
}

static void one_filter(struct yg_bytes b)
{
	struct yg_fuse fuse;

	if (yg_fuse_open(b, &fuse) == YG_OK)
		for (uint64_t key = 0; key < 256; key++)
			noted += yg_fuse_has(&fuse, key * UINT64_C(0x9e3779b97f4a7c15));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes b = {data + 1, size - 1};

	if (size == 0)
		return 0;
	switch (data[0] % 4) {
	case 0:
		whole_file(b);
		break;
	case 1:
		one_frame(b);
		break;
	case 2:
		one_index(b);
		break;
	default:
		one_filter(b);
		break;
	}
	return 0;
}
