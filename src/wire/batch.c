/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/batch.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json_check.h"
#include "base/utf8.h"
#include "wire/fields-int.h"

#include "base/ban.h"

#define LEVEL 3

static const struct yg_wire_field head_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be the id from the enrolment"},
	{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},
	{"sequence", YG_WIRE_KIND_PLACE, 0, false, "`sequence` must be an integer from 1"},
	{"sha256", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`sha256` must be 64 hex digits"},
	{"size", YG_WIRE_KIND_COUNT, YG_WIRE_CONTENT_MAX, false,
	 "`size` must be an integer up to 16777216"},
	{"count", YG_WIRE_KIND_COUNT, YG_WIRE_RECORDS_MAX, false,
	 "`count` must be an integer up to 65536"},
	{"first", YG_WIRE_KIND_TIME, 0, true, "`first` must be a time with its zone, or null"},
	{"last", YG_WIRE_KIND_TIME, 0, true, "`last` must be a time with its zone, or null"},
	{"ledger", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, true, "`ledger` must be 64 hex digits"},
};

static int refuse(struct yg_wire_fault *reterr, int rc, enum yg_wire_refusal refusal,
		  const char *msg)
{
	return yg_wire_fault_set(reterr, rc, refusal, msg, 0);
}

/* What can be held against a batch before a byte of it is unpacked. */
static int check_sizes(const struct yg_wire_batch *batch, struct yg_wire_fault *reterr)
{
	if (batch->count == 0 || batch->size == 0)
		return refuse(reterr, YG_EFORMAT, YG_WIRE_HEAD, "a batch has at least one record");
	if (batch->size > YG_WIRE_RATIO_FREE &&
	    (batch->size - YG_WIRE_RATIO_FREE) / YG_WIRE_RATIO_MAX > batch->packed.size)
		return refuse(reterr, YG_ELIMIT, YG_WIRE_BOMB, NULL);
	return YG_OK;
}

int yg_wire_batch_read(struct yg_bytes bytes, struct yg_wire_batch *ret,
		       struct yg_wire_fault *reterr)
{
	struct yg_wire_batch batch = {0};
	size_t end = yg_bytes_chr(yg_bytes_cut(bytes, 0, YG_WIRE_HEAD_MAX), '\n');
	struct yg_bytes ledger;
	json_t *head = NULL;
	int rc;

	if (bytes.size > YG_WIRE_BATCH_MAX)
		return refuse(reterr, YG_ELIMIT, YG_WIRE_TOO_LARGE, NULL);
	if (end == SIZE_MAX)
		return refuse(reterr, YG_EFORMAT, YG_WIRE_HEAD,
			      "no LF in the first 1024 bytes: the head is one line of JSON");
	rc = yg_wire_object_read(yg_bytes_cut(bytes, 0, end), YG_WIRE_HEAD_MAX, head_fields,
				 sizeof(head_fields) / sizeof(head_fields[0]), YG_WIRE_HEAD, &head,
				 reterr);
	if (rc != YG_OK)
		return rc;
	yg_wire_text(head, "sensor", batch.sensor, sizeof(batch.sensor));
	batch.epoch = yg_wire_number(head, "epoch");
	batch.sequence = yg_wire_number(head, "sequence");
	batch.size = (uint32_t)yg_wire_number(head, "size");
	batch.count = (uint32_t)yg_wire_number(head, "count");
	batch.first_ns = yg_wire_time(head, "first");
	batch.last_ns = yg_wire_time(head, "last");
	ledger = yg_json_text(head, "ledger");
	batch.has_ledger = ledger.size > 0;
	batch.packed = yg_bytes_from(bytes, end + 1);
	if (batch.packed.size > YG_WIRE_PACKED_MAX)
		rc = refuse(reterr, YG_ELIMIT, YG_WIRE_TOO_LARGE, NULL);
	else if (!yg_hex_read(yg_json_text(head, "sha256"), batch.digest, YG_SHA256_BYTES))
		rc = refuse(reterr, YG_EFORMAT, YG_WIRE_HEAD, "`sha256` must be 64 hex digits");
	else if (batch.has_ledger && !yg_hex_read(ledger, batch.ledger, YG_SHA256_BYTES))
		rc = refuse(reterr, YG_EFORMAT, YG_WIRE_HEAD, "`ledger` must be 64 hex digits");
	else
		rc = check_sizes(&batch, reterr);
	json_decref(head);
	if (rc == YG_OK)
		*ret = batch;
	return rc;
}

/* One line, without its LF: an object in UTF-8. Its fields are for those who read records. */
static const char *fault_of_line(struct yg_bytes line)
{
	if (line.size >= YG_WIRE_LINE_MAX)
		return "longer than 1 MiB, line";
	if (!yg_bytes_starts(line, YG_S("{\"v\":1,")) || line.data[line.size - 1] != '}')
		return "no object that begins with {\"v\":1, and ends with }, line";
	if (!yg_utf8_valid(line))
		return "no UTF-8, line";
	return NULL;
}

static int check_lines(struct yg_bytes content, uint32_t count, struct yg_wire_fault *reterr)
{
	uint64_t lines = 0;

	while (content.size > 0) {
		size_t end = yg_bytes_chr(content, '\n');
		const char *msg;

		lines++;
		if (end == SIZE_MAX)
			return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_RECORD,
						 "the last line does not end in LF, line", lines);
		msg = fault_of_line(yg_bytes_cut(content, 0, end));
		if (msg)
			return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_RECORD, msg, lines);
		content = yg_bytes_from(content, end + 1);
	}
	if (lines != count)
		return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_COUNT,
					 "records in the content", lines);
	return YG_OK;
}

int yg_wire_records_check(struct yg_bytes content, struct yg_wire_fault *reterr)
{
	for (uint64_t line = 1; content.size > 0; line++) {
		size_t end = yg_bytes_chr(content, '\n');

		if (!yg_json_is_object(yg_bytes_cut(content, 0, end)))
			return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_RECORD,
						 "not well-formed JSON, line", line);
		content = yg_bytes_from(content, end == SIZE_MAX ? content.size : end + 1);
	}
	return YG_OK;
}

/* zstd's own words are not passed on: what matters is whether there was more than was said. */
static int unpack(ZSTD_DCtx *context, const struct yg_wire_batch *batch, uint8_t *to,
		  struct yg_wire_fault *reterr)
{
	size_t size = ZSTD_decompressDCtx(context, to, batch->size, batch->packed.data,
					  batch->packed.size);

	if (ZSTD_isError(size)) {
		/* The library's number for "does not fit": the head promised less. */
		bool is_more = ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall;

		return refuse(reterr, YG_EFORMAT, is_more ? YG_WIRE_SIZE : YG_WIRE_CONTENT, NULL);
	}
	if (size != batch->size)
		return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_SIZE, "bytes in the content",
					 size);
	return YG_OK;
}

struct yg_wire_unpacker {
	ZSTD_DCtx *context;
};

struct yg_wire_unpacker *yg_wire_unpacker_new(void)
{
	struct yg_wire_unpacker *unpacker = yg_calloc(1, sizeof(*unpacker));

	if (!unpacker)
		return NULL;
	unpacker->context = ZSTD_createDCtx();
	return unpacker->context ? unpacker : yg_wire_unpacker_free(unpacker);
}

struct yg_wire_unpacker *yg_wire_unpacker_free(struct yg_wire_unpacker *unpacker)
{
	if (unpacker) {
		(void)ZSTD_freeDCtx(unpacker->context); /* cannot fail */
		free(unpacker);
	}
	return NULL;
}

int yg_wire_unpack(struct yg_wire_unpacker *unpacker, const struct yg_wire_batch *batch,
		   bool is_known, struct yg_buf *to, struct yg_wire_fault *reterr)
{
	uint8_t digest[YG_SHA256_BYTES];
	uint8_t *room = yg_buf_reserve(to, batch->size);
	struct yg_bytes content = {room, batch->size};
	int rc;

	if (!room) {
		rc = yg_buf_error(to);
		return refuse(reterr, rc, rc == YG_ELIMIT ? YG_WIRE_TOO_LARGE : YG_WIRE_BUSY, NULL);
	}
	rc = unpack(unpacker->context, batch, room, reterr);
	if (rc != YG_OK)
		return rc;
	if (!is_known)
		yg_sha256(content, digest);
	if (!is_known && memcmp(digest, batch->digest, sizeof(digest)) != 0)
		return refuse(reterr, YG_EDIGEST, YG_WIRE_DIGEST, NULL);
	rc = check_lines(content, batch->count, reterr);
	if (rc == YG_OK)
		yg_buf_grew(to, batch->size);
	return rc;
}

int yg_wire_batch_unpack(const struct yg_wire_batch *batch, struct yg_buf *to,
			 struct yg_wire_fault *reterr)
{
	struct yg_wire_unpacker unpacker = {ZSTD_createDCtx()};
	int rc;

	if (!unpacker.context)
		return refuse(reterr, YG_ENOMEM, YG_WIRE_BUSY, NULL);
	rc = yg_wire_unpack(&unpacker, batch, false, to, reterr);
	(void)ZSTD_freeDCtx(unpacker.context); /* cannot fail */
	return rc;
}

int yg_wire_pack(struct yg_bytes content, struct yg_wire_batch *batch, struct yg_buf *to)
{
	struct yg_wire_fault fault;
	uint32_t count = 0;
	uint8_t *room;
	size_t size;

	if (content.size == 0 || content.size > YG_WIRE_CONTENT_MAX)
		return YG_EINVAL;
	for (size_t i = 0; i < content.size; i++)
		count += content.data[i] == '\n';
	if (count > YG_WIRE_RECORDS_MAX || check_lines(content, count, &fault) != YG_OK)
		return YG_EINVAL;
	room = yg_buf_reserve(to, ZSTD_compressBound(content.size));
	if (!room)
		return yg_buf_error(to);
	size = ZSTD_compress(room, ZSTD_compressBound(content.size), content.data, content.size,
			     LEVEL);
	if (ZSTD_isError(size))
		return YG_ENOMEM; /* with room for the worst case, nothing else can be wrong */
	if (size > YG_WIRE_PACKED_MAX)
		return YG_ELIMIT;
	yg_buf_grew(to, size);
	yg_sha256(content, batch->digest);
	batch->size = (uint32_t)content.size;
	batch->count = count;
	return YG_OK;
}

void yg_wire_head_write(const struct yg_wire_batch *batch, struct yg_buf *to)
{
	char hex[YG_SHA256_HEX + 1];

	yg_hex((struct yg_bytes){batch->digest, YG_SHA256_BYTES}, hex);
	yg_buf_addf(to,
		    "{\"v\":1,\"sensor\":\"%s\",\"epoch\":%llu,\"sequence\":%llu,\"sha256\":\"%s\","
		    "\"size\":%u,\"count\":%u",
		    batch->sensor, (unsigned long long)batch->epoch,
		    (unsigned long long)batch->sequence, hex, batch->size, batch->count);
	yg_wire_add_time(to, "first", batch->first_ns);
	yg_wire_add_time(to, "last", batch->last_ns);
	if (batch->has_ledger) {
		yg_hex((struct yg_bytes){batch->ledger, YG_SHA256_BYTES}, hex);
		yg_buf_addf(to, ",\"ledger\":\"%s\"", hex);
	}
	yg_buf_add_str(to, "}\n");
}
