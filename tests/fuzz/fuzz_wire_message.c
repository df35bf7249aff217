/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses which message the rest is; what was read is written and read again. */
#define YG_BAN_ALLOW_MALLOC
#include <assert.h>

#include "base/alloc.h"
#include "wire/message.h"

#include "base/ban.h"

static const uint8_t seed[YG_SIGN_SEED_BYTES] = {1};

static void heartbeat(struct yg_bytes text, struct yg_buf *buf)
{
	struct yg_wire_heartbeat one;
	struct yg_wire_heartbeat two;
	struct yg_wire_fault fault;

	if (yg_wire_heartbeat_read(text, &one, &fault) != YG_OK)
		return;
	yg_wire_heartbeat_write(&one, buf);
	/* Control characters grow when they are written: the limit of the whole may be passed. */
	if (buf->size <= YG_WIRE_MESSAGE_MAX) {
		assert(yg_wire_heartbeat_read(yg_buf_bytes(buf), &two, &fault) == YG_OK);
		assert(one.source_count == two.source_count && one.acked == two.acked);
		free(two.sources);
	}
	free(one.sources);
}

static void drop(struct yg_bytes text, struct yg_buf *buf)
{
	struct yg_wire_drop one;
	struct yg_wire_drop two;
	struct yg_wire_fault fault;

	if (yg_wire_drop_read(text, &one, &fault) != YG_OK)
		return;
	yg_wire_drop_write(&one, buf);
	assert(yg_wire_drop_read(yg_buf_bytes(buf), &two, &fault) == YG_OK);
	assert(one.first == two.first && one.last == two.last);
}

static int count(void *arg, const struct yg_wire_down *down)
{
	*(unsigned *)arg += down->number > 0;
	return YG_OK;
}

/* The rest as an answer, and as the body of a message that is signed rightly. */
static void down(struct yg_bytes text, struct yg_buf *buf)
{
	struct yg_wire_down message = {.sensor = "s", .number = 1, .kind = "k", .body = text};
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	struct yg_wire_fault fault;
	unsigned seen = 0;

	yg_sign_public(seed, key);
	(void)!yg_wire_down_read(text, "s", key, count, &seen, &fault);
	assert(seen == 0 || text.size > 100);
	yg_buf_add_str(buf, "{\"v\":1,\"messages\":[");
	if (yg_wire_down_write(&message, seed, buf) != YG_OK)
		return;
	yg_buf_add_str(buf, "]}");
	(void)!yg_wire_down_read(yg_buf_bytes(buf), "s", key, count, &seen, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yg_bytes text = {data + 1, size - 1};
	struct yg_wire_enrolled enrolled;
	struct yg_wire_receipt receipt;
	struct yg_wire_down_ack ack;
	struct yg_wire_enrol enrol;
	struct yg_wire_fault fault;
	struct yg_wire_next next;
	enum yg_wire_refusal refusal;
	struct yg_buf buf;

	if (size == 0)
		return 0;
	yg_buf_init(&buf, 8u << 20);
	switch (data[0] % 8) {
	case 0:
		heartbeat(text, &buf);
		break;
	case 1:
		drop(text, &buf);
		break;
	case 2:
		down(text, &buf);
		break;
	case 3:
		(void)!yg_wire_receipt_read(text, &receipt, &fault);
		break;
	case 4:
		(void)!yg_wire_enrol_read(text, &buf, &enrol, &fault);
		break;
	case 5:
		(void)!yg_wire_enrolled_read(text, &buf, &enrolled, &fault);
		break;
	case 6:
		(void)!yg_wire_down_ack_read(text, &ack, &fault);
		break;
	default:
		(void)!yg_wire_problem_read(text, &refusal, &next);
	}
	yg_buf_done(&buf);
	return 0;
}
