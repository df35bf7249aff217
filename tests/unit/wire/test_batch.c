/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "wire/batch.h"

#include <zstd.h>

#include "../check.h"
#include "base/alloc.h"
#include "base/hash.h"

#include "base/ban.h"

#define ROOM (32u << 20)

static const char two[] = "{\"v\":1,\"format\":\"syslog\",\"position\":1,\"fields\":{}}\n"
			  "{\"v\":1,\"format\":\"syslog\",\"position\":2,\"fields\":{}}\n";

/* A batch around @packed that says of its content what the arguments say. */
static void put(struct yg_buf *to, struct yg_bytes content, uint32_t size, uint32_t count,
		struct yg_bytes packed)
{
	struct yg_wire_batch batch = {.sensor = "s-1",
				      .epoch = 1,
				      .sequence = 7,
				      .size = size,
				      .count = count,
				      .first_ns = YG_TIME_NONE,
				      .last_ns = 5 * YG_NS_PER_S};

	yg_sha256(content, batch.digest);
	yg_wire_head_write(&batch, to);
	yg_buf_add(to, packed);
}

/* Pack with zstd as it is, whatever the content. */
static void pack(struct yg_bytes content, struct yg_buf *to)
{
	uint8_t *room = yg_buf_reserve(to, ZSTD_compressBound(content.size));
	size_t size = ZSTD_compress(room, ZSTD_compressBound(content.size), content.data,
				    content.size, 3);

	yg_buf_grew(to, size);
}

/* Read and unpack @bytes; the refusal. */
static enum yg_wire_refusal judge(struct yg_bytes bytes, int *ret_rc, uint64_t *ret_at)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_batch batch;
	struct yg_buf content;

	yg_buf_init(&content, YG_WIRE_CONTENT_MAX);
	*ret_rc = yg_wire_batch_read(bytes, &batch, &fault);
	if (*ret_rc == YG_OK)
		*ret_rc = yg_wire_batch_unpack(&batch, &content, &fault);
	*ret_at = fault.at;
	yg_buf_done(&content);
	return *ret_rc == YG_OK ? YG_WIRE_OK : fault.refusal;
}

static enum yg_wire_refusal judge_content(struct yg_bytes content, uint32_t size, uint32_t count,
					  uint64_t *ret_at)
{
	enum yg_wire_refusal refusal;
	struct yg_buf packed;
	struct yg_buf bytes;
	int rc;

	yg_buf_init(&packed, ROOM);
	yg_buf_init(&bytes, ROOM);
	pack(content, &packed);
	put(&bytes, content, size, count, yg_buf_bytes(&packed));
	refusal = judge(yg_buf_bytes(&bytes), &rc, ret_at);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	return refusal;
}

static void round_trip(void)
{
	struct yg_wire_batch out = {.sensor = "abc-9",
				    .epoch = 3,
				    .sequence = YG_WIRE_NUMBER_MAX,
				    .first_ns = 1700000000 * YG_NS_PER_S,
				    .last_ns = 1700000001123456789};
	struct yg_wire_batch in;
	struct yg_wire_fault fault;
	struct yg_buf packed;
	struct yg_buf bytes;
	struct yg_buf content;

	yg_buf_init(&packed, ROOM);
	yg_buf_init(&bytes, ROOM);
	yg_buf_init(&content, ROOM);
	CHECK(yg_wire_pack(yg_bytes_str(two), &out, &packed) == YG_OK);
	CHECK(out.count == 2 && out.size == sizeof(two) - 1);
	yg_wire_head_write(&out, &bytes);
	yg_buf_add(&bytes, yg_buf_bytes(&packed));
	CHECK(yg_wire_batch_read(yg_buf_bytes(&bytes), &in, &fault) == YG_OK);
	CHECK(strcmp(in.sensor, "abc-9") == 0 && in.epoch == 3);
	CHECK(in.sequence == YG_WIRE_NUMBER_MAX && in.count == 2);
	CHECK(in.first_ns == out.first_ns && in.last_ns == out.last_ns);
	CHECK(memcmp(in.digest, out.digest, sizeof(in.digest)) == 0);
	CHECK(yg_wire_batch_unpack(&in, &content, &fault) == YG_OK);
	CHECK_TEXT(yg_buf_bytes(&content), two);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
	yg_buf_done(&content);
}

/* One after the other with what zstd keeps: a broken one leaves nothing behind for the next. */
static void one_unpacker(void)
{
	struct yg_wire_unpacker *unpacker = yg_wire_unpacker_new();
	struct yg_wire_batch batch = {.sensor = "a", .epoch = 1, .sequence = 1};
	struct yg_wire_fault fault;
	struct yg_wire_batch other;
	struct yg_buf packed;
	struct yg_buf content;

	yg_buf_init(&packed, ROOM);
	yg_buf_init(&content, ROOM);
	CHECK(unpacker && yg_wire_pack(yg_bytes_str(two), &batch, &packed) == YG_OK);
	batch.packed = yg_buf_bytes(&packed);
	for (int i = 0; i < 3; i++) {
		other = batch;
		other.packed = yg_bytes_cut(batch.packed, 0, batch.packed.size - 1);
		CHECK(yg_wire_unpack(unpacker, &other, true, &content, &fault) == YG_EFORMAT);
		other = batch;
		other.digest[0] ^= 1;
		CHECK(yg_wire_unpack(unpacker, &other, false, &content, &fault) == YG_EDIGEST);
		CHECK(content.size == 0);
		CHECK(yg_wire_unpack(unpacker, &other, true, &content, &fault) == YG_OK);
		yg_buf_reset(&content);
		other.count = 3; /* known or not: the lines are counted */
		CHECK(yg_wire_unpack(unpacker, &other, true, &content, &fault) == YG_EFORMAT);
		CHECK(yg_wire_unpack(unpacker, &batch, false, &content, &fault) == YG_OK);
		CHECK_TEXT(yg_buf_bytes(&content), two);
		yg_buf_reset(&content);
	}
	CHECK(yg_wire_unpacker_free(unpacker) == NULL);
	yg_buf_done(&packed);
	yg_buf_done(&content);
}

static void contents(void)
{
	static const char no_end[] = "{\"v\":1,\"format\":\"x\"}\n{\"v\":1,\"format\":\"x\"}";
	static const char no_record[] = "{\"v\":1,\"format\":\"x\"}\nhello\n";
	static const char empty_line[] = "{\"v\":1,\"format\":\"x\"}\n\n";
	static const char no_utf8[] = "{\"v\":1,\"format\":\"\xff\"}\n";
	uint32_t size = sizeof(two) - 1;
	uint64_t at;

	CHECK(judge_content(yg_bytes_str(two), size, 2, &at) == YG_WIRE_OK);
	CHECK(judge_content(yg_bytes_str(two), size, 3, &at) == YG_WIRE_COUNT && at == 2);
	CHECK(judge_content(yg_bytes_str(two), size, 1, &at) == YG_WIRE_COUNT);
	CHECK(judge_content(yg_bytes_str(two), size - 1, 2, &at) == YG_WIRE_SIZE);
	CHECK(judge_content(yg_bytes_str(two), size + 1, 2, &at) == YG_WIRE_SIZE && at == size);
	CHECK(judge_content(yg_bytes_str(two), 0, 2, &at) == YG_WIRE_HEAD);
	CHECK(judge_content(yg_bytes_str(two), size, 0, &at) == YG_WIRE_HEAD);
	CHECK(judge_content(yg_bytes_str(no_end), sizeof(no_end) - 1, 2, &at) == YG_WIRE_RECORD &&
	      at == 2);
	CHECK(judge_content(yg_bytes_str(no_record), sizeof(no_record) - 1, 2, &at) ==
	      YG_WIRE_RECORD);
	CHECK(judge_content(yg_bytes_str(empty_line), sizeof(empty_line) - 1, 2, &at) ==
	      YG_WIRE_RECORD);
	CHECK(judge_content(yg_bytes_str(no_utf8), sizeof(no_utf8) - 1, 1, &at) == YG_WIRE_RECORD);
}

static void long_line(void)
{
	uint8_t *text = yg_malloc(YG_WIRE_LINE_MAX + 16);
	struct yg_bytes head = YG_S("{\"v\":1,\"raw\":\"");
	uint64_t at;

	CHECK(text);
	memset(text, 'x', YG_WIRE_LINE_MAX + 16);
	memcpy(text, head.data, head.size);
	memcpy(text + YG_WIRE_LINE_MAX - 3, "\"}\n", 3);
	CHECK(judge_content((struct yg_bytes){text, YG_WIRE_LINE_MAX}, YG_WIRE_LINE_MAX, 1, &at) ==
	      YG_WIRE_OK);
	text[YG_WIRE_LINE_MAX - 1] = ' ';
	memcpy(text + YG_WIRE_LINE_MAX - 3, "x\"}\n", 4);
	CHECK(judge_content((struct yg_bytes){text, YG_WIRE_LINE_MAX + 1}, YG_WIRE_LINE_MAX + 1, 1,
			    &at) == YG_WIRE_RECORD &&
	      at == 1);
	free(text);
}

/* A bomb is refused before it is unpacked, or takes no more room than its head promised. */
static void bombs(void)
{
	uint8_t *zeros = yg_calloc(YG_WIRE_CONTENT_MAX, 1);
	struct yg_bytes content = {zeros, YG_WIRE_CONTENT_MAX};
	uint64_t at;

	CHECK(zeros);
	CHECK(judge_content(content, YG_WIRE_CONTENT_MAX, 1, &at) == YG_WIRE_BOMB);
	CHECK(judge_content(content, 100, 1, &at) == YG_WIRE_SIZE);
	CHECK(judge_content(content, YG_WIRE_CONTENT_MAX + 1, 1, &at) == YG_WIRE_HEAD);
	free(zeros);
}

static void digests(void)
{
	struct yg_buf packed;
	struct yg_buf bytes;
	uint64_t at;
	int rc;

	yg_buf_init(&packed, ROOM);
	yg_buf_init(&bytes, ROOM);
	pack(yg_bytes_str(two), &packed);
	put(&bytes, YG_S("something else"), sizeof(two) - 1, 2, yg_buf_bytes(&packed));
	CHECK(judge(yg_buf_bytes(&bytes), &rc, &at) == YG_WIRE_DIGEST && rc == YG_EDIGEST);
	yg_buf_reset(&bytes);
	put(&bytes, yg_bytes_str(two), sizeof(two) - 1, 2, YG_S("this is not zstd"));
	CHECK(judge(yg_buf_bytes(&bytes), &rc, &at) == YG_WIRE_CONTENT);
	/* Bytes behind the last frame. */
	yg_buf_reset(&bytes);
	yg_buf_add_str(&packed, "tail");
	put(&bytes, yg_bytes_str(two), sizeof(two) - 1, 2, yg_buf_bytes(&packed));
	CHECK(judge(yg_buf_bytes(&bytes), &rc, &at) == YG_WIRE_CONTENT);
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
}

static void heads(void)
{
	static const char good[] =
		"{\"v\":1,\"sensor\":\"a\",\"epoch\":1,\"sequence\":1,\"sha256\":\"00000000000000"
		"00000000000000000000000000000000000000000000000000\",\"size\":9,\"count\":1,"
		"\"later\":[1]}\nx";
	static const struct {
		const char *text;
		enum yg_wire_refusal refusal;
	} bad[] = {
		{"", YG_WIRE_HEAD},
		{"{}", YG_WIRE_HEAD},
		{"{}\n", YG_WIRE_VERSION},
		{"[]\n", YG_WIRE_HEAD},
		{"{\"v\":2}\n", YG_WIRE_VERSION},
		{"{\"v\":1}\n", YG_WIRE_HEAD},
		{"{\"v\":1,\"sensor\":\"A b\",\"epoch\":1}\n", YG_WIRE_HEAD},
		{"{\"v\":1,\"sensor\":\"a\",\"epoch\":0}\n", YG_WIRE_HEAD},
		{"{\"v\":1,\"sensor\":\"a\",\"epoch\":1,\"sequence\":-1}\n", YG_WIRE_HEAD},
		{"{\"v\":1,\"sensor\":\"a\",\"epoch\":1,\"sequence\":1.5}\n", YG_WIRE_HEAD},
		{"{\"v\":1,\"sensor\":\"a\",\"epoch\":1,\"sequence\":1,\"sha256\":\"0g\"}\n",
		 YG_WIRE_HEAD},
	};
	struct yg_wire_batch batch;
	struct yg_wire_fault fault;

	CHECK(yg_wire_batch_read(yg_bytes_str(good), &batch, &fault) == YG_OK);
	CHECK(batch.packed.size == 1 && batch.first_ns == YG_TIME_NONE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(yg_wire_batch_read(yg_bytes_str(bad[i].text), &batch, &fault) != YG_OK);
		CHECK(fault.refusal == bad[i].refusal);
	}
}

/* Each allocation fails once: an error, or the right result. */
static void without_memory(void)
{
	struct yg_buf packed;
	struct yg_buf bytes;
	uint64_t at;
	int rc = YG_ENOMEM;

	yg_buf_init(&packed, ROOM);
	yg_buf_init(&bytes, ROOM);
	pack(yg_bytes_str(two), &packed);
	put(&bytes, yg_bytes_str(two), sizeof(two) - 1, 2, yg_buf_bytes(&packed));
	for (long n = 1; rc != YG_OK; n++) {
		yg_fail_at = n;
		(void)judge(yg_buf_bytes(&bytes), &rc, &at);
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(n < 1000);
	}
	yg_buf_done(&packed);
	yg_buf_done(&bytes);
}

static void ids(void)
{
	CHECK(yg_wire_is_id(YG_S("a")) && yg_wire_is_id(YG_S("0-9")));
	CHECK(!yg_wire_is_id(YG_S("")) && !yg_wire_is_id(YG_S("-a")) && !yg_wire_is_id(YG_S("A")));
	CHECK(!yg_wire_is_id(YG_S("a/b")) && !yg_wire_is_id(YG_S("a\0")));
}

/* Read once, before a batch is kept; the line is named. */
static void json_lines(void)
{
	const char bad[] = "{\"v\":1,\"fields\":{}}\n{\"v\":1,\"fields\":{}},\"x\":{}\n";
	struct yg_wire_fault fault = {0};

	CHECK(yg_wire_records_check(yg_bytes_str(two), &fault) == YG_OK);
	CHECK(yg_wire_records_check((struct yg_bytes){0}, &fault) == YG_OK);
	CHECK(yg_wire_records_check(yg_bytes_str(bad), &fault) == YG_EFORMAT);
	CHECK(fault.refusal == YG_WIRE_RECORD && fault.at == 2);
}

static const struct check_case cases[] = {
	CASE(round_trip), CASE(one_unpacker), CASE(contents), CASE(long_line),
	CASE(bombs),	  CASE(digests),      CASE(heads),    CASE(without_memory),
	CASE(ids),	  CASE(json_lines),
};
CHECK_MAIN(cases)
