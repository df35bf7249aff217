/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a Windows event file: scanned for chunks and records, each record read twice (with
 * the templates of those before it, and alone: the same must come out), written as a record and
 * read back. Then the bytes behind the first record's head as the body of one record that is whole,
 * so that sizes need not be guessed.
 */
#include "parse/evtx.h"

#include "parse_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_AT 536u /* of the first record */

static struct yg_names *names;
static struct yg_evtx *warm, *alone;
static uint64_t noted;

static void note(void *arg, const struct yg_evtx_note *n)
{
	(void)arg;
	noted += n->size + (n->words[0] != 0);
}

static void check_again(struct yg_event *event)
{
	struct yg_buf first, second, third;

	yg_buf_init(&first, 256u << 20);
	yg_buf_init(&second, 256u << 20);
	yg_buf_init(&third, 256u << 20);
	event->position = 1;
	yg_record_write(&first, event, YG_S("log"), true);
	if (first.size <= YG_EVENT_RECORD_MAX) {
		fuzz_again(&first, &second);
		fuzz_again(&second, &third);
		if (!yg_bytes_eq(yg_buf_bytes(&second), yg_buf_bytes(&third)))
			abort();
	}
	yg_buf_done(&first);
	yg_buf_done(&second);
	yg_buf_done(&third);
}

static void read_record(struct yg_evtx *reader, struct yg_bytes chunk, uint32_t at,
			struct yg_buf *to)
{
	struct yg_arena *arena = yg_arena_new(64u << 20);
	struct yg_event event;
	struct yg_fault fault = {0};
	int rc;

	if (!arena)
		abort();
	yg_buf_reset(to);
	rc = yg_evtx_read(reader, at, arena, &event, &fault);
	if (rc == YG_ENOMEM)
		abort(); /* the limits keep it below what a reader is given */
	if (rc != YG_OK) {
		if (!fault.msg || fault.pos > chunk.size)
			abort();
		yg_buf_add_str(to, fault.code == YG_ELIMIT ? "limit" : fault.msg);
	} else {
		fuzz_look(&event);
		yg_record_fields(to, &event);
		check_again(&event);
	}
	(void)yg_arena_free(arena);
}

static void read_chunk(const struct yg_evtx_part *part)
{
	struct yg_evtx_chunk chunk;
	struct yg_evtx_record record;
	struct yg_buf first, second;

	yg_buf_init(&first, 256u << 20);
	yg_buf_init(&second, 256u << 20);
	yg_evtx_chunk_begin(&chunk, part, note, NULL);
	yg_evtx_open(warm, part->chunk);
	for (unsigned i = 0; i < 50 && yg_evtx_chunk_next(&chunk, &record); i++) {
		if (record.size == 0 || record.at + record.size > part->chunk.size)
			abort();
		if (record.is_damaged)
			continue;
		read_record(warm, part->chunk, record.at, &first);
		yg_evtx_open(alone, part->chunk);
		read_record(alone, part->chunk, record.at, &second);
		/* only the limits of a chunk may tell them apart */
		if (!yg_bytes_eq(yg_buf_bytes(&first), yg_buf_bytes(&second)) &&
		    !yg_bytes_eq(yg_buf_bytes(&first), YG_S("limit")))
			abort();
	}
	yg_buf_done(&first);
	yg_buf_done(&second);
}

static void read_body(const uint8_t *data, size_t size)
{
	struct yg_bytes chunk;
	struct yg_buf out;
	uint32_t record = (uint32_t)(size - 512 + 4);
	uint8_t *to;

	if (size <= BODY_AT || size > YG_EVTX_CHUNK_BYTES - 4)
		return;
	to = malloc(size + 4);
	if (!to)
		abort();
	memcpy(to, data, size);
	memcpy(to + 512, "**\0", 4);
	memcpy(to + 516, &record, 4);
	memcpy(to + size, &record, 4);
	chunk = (struct yg_bytes){to, size + 4};
	yg_buf_init(&out, 256u << 20);
	yg_evtx_open(warm, chunk);
	read_record(warm, chunk, 512, &out);
	yg_buf_done(&out);
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_evtx_scan scan = {.note = note};
	struct yg_bytes rest = {data, size};
	struct yg_evtx_part part;

	fuzz_open();
	if (!names) {
		names = yg_names_new();
		warm = names ? yg_evtx_new(names) : NULL;
		alone = names ? yg_evtx_new(names) : NULL;
		if (!warm || !alone)
			abort();
	}
	while (yg_evtx_scan_next(&scan, rest, true, &part) == YG_OK) {
		if (part.consumed == 0 || part.consumed > rest.size)
			abort();
		rest = yg_bytes_from(rest, part.consumed);
		if (part.chunk.size > 0)
			read_chunk(&part);
	}
	if (rest.size > 0)
		abort();
	read_body(data, size);
	return 0;
}
