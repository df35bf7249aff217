/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC
#include "wire/message.h"

#include "../check.h"
#include "base/alloc.h"

#include "base/ban.h"

static struct yg_buf buf;
static struct yg_wire_fault fault;

static void start(void)
{
	yg_buf_done(&buf);
	yg_buf_init(&buf, 4u << 20);
}

static void heartbeat(void)
{
	struct yg_wire_source sources[2] = {
		{.name = "/var/log/\xe3\x83\xad\xe3\x82\xb0",
		 .kind = "file",
		 .position = 12,
		 .lag = 3,
		 .records = 4,
		 .errors = 1,
		 .read_ns = 5 * YG_NS_PER_S,
		 .error = "cannot be \"read\""},
		{.name = "0.0.0.0:514", .kind = "syslog-udp", .read_ns = YG_TIME_NONE},
	};
	struct yg_wire_heartbeat out = {
		.sensor = "s1",
		.version = "0.1.0",
		.time_ns = 9 * YG_NS_PER_S,
		.epoch = 2,
		.last = 10,
		.acked = 8,
		.spool_bytes = 100,
		.spool_bytes_max = 1000,
		.dropped = 3,
		.archive = {.is_kept = true,
			    .from_ns = 10 * YG_NS_PER_S,
			    .to_ns = 90 * YG_NS_PER_S,
			    .bytes = 7,
			    .bytes_max = 8,
			    .gaps = {{20 * YG_NS_PER_S, 30 * YG_NS_PER_S, "full"}},
			    .gap_count = 1,
			    .error = "no"},
		.sources = sources,
		.source_count = 2};
	struct yg_wire_heartbeat in;

	start();
	yg_wire_heartbeat_write(&out, &buf);
	CHECK(yg_wire_heartbeat_read(yg_buf_bytes(&buf), &in, &fault) == YG_OK);
	CHECK(in.archive.is_kept && in.archive.bytes == 7 && in.archive.bytes_max == 8);
	CHECK(in.archive.gap_count == 1 && strcmp(in.archive.gaps[0].why, "full") == 0);
	CHECK(strcmp(in.archive.error, "no") == 0);
	CHECK(yg_wire_range_covers(&in.archive, 10 * YG_NS_PER_S, 20 * YG_NS_PER_S));
	CHECK(yg_wire_range_covers(&in.archive, 30 * YG_NS_PER_S, 90 * YG_NS_PER_S));
	CHECK(!yg_wire_range_covers(&in.archive, 15 * YG_NS_PER_S, 21 * YG_NS_PER_S));
	CHECK(!yg_wire_range_covers(&in.archive, 9 * YG_NS_PER_S, 12 * YG_NS_PER_S));
	CHECK(!yg_wire_range_covers(&in.archive, 80 * YG_NS_PER_S, 91 * YG_NS_PER_S));
	CHECK(strcmp(in.sensor, "s1") == 0 && in.epoch == 2 && in.last == 10 && in.acked == 8);
	CHECK(in.time_ns == out.time_ns && in.dropped == 3 && in.source_count == 2);
	CHECK(strcmp(in.sources[0].name, sources[0].name) == 0 && in.sources[0].lag == 3);
	CHECK(strcmp(in.sources[0].error, sources[0].error) == 0);
	CHECK(in.sources[0].read_ns == 5 * YG_NS_PER_S);
	CHECK(in.sources[1].read_ns == YG_TIME_NONE && in.sources[1].error[0] == 0);
	CHECK(in.ledger_entries == 0 && in.policy[0] == 0 && in.sources[0].held == 0);
	free(in.sources);
	start();
	out.ledger_entries = 7;
	memset(out.ledger_head, 0x5a, sizeof(out.ledger_head));
	(void)snprintf(out.policy, sizeof(out.policy), "{\"raw\":true}");
	sources[0].held = 9;
	yg_wire_heartbeat_write(&out, &buf);
	CHECK(yg_wire_heartbeat_read(yg_buf_bytes(&buf), &in, &fault) == YG_OK);
	CHECK(in.ledger_entries == 7 && strcmp(in.policy, "{\"raw\":true}") == 0);
	CHECK(memcmp(in.ledger_head, out.ledger_head, sizeof(in.ledger_head)) == 0);
	CHECK(in.sources[0].held == 9 && in.sources[1].held == 0);
	free(in.sources);
	CHECK(yg_wire_heartbeat_read(YG_S("{\"v\":1,\"sensor\":\"s\",\"time\":null,\"epoch\":1,"
					  "\"last\":0,\"acked\":0,\"sources\":[],"
					  "\"ledger\":{\"entries\":1,\"head\":\"x\"}}"),
				     &in, &fault) == YG_EFORMAT);
	CHECK(yg_wire_heartbeat_read(YG_S("{\"v\":1,\"sensor\":\"s\"}"), &in, &fault) != YG_OK);
	CHECK(fault.refusal == YG_WIRE_REQUEST && fault.msg);
	CHECK(yg_wire_heartbeat_read(YG_S("{\"v\":1,\"sensor\":\"s\",\"time\":null,\"epoch\":1,"
					  "\"last\":0,\"acked\":0,\"sources\":[{\"name\":1}]}"),
				     &in, &fault) == YG_EFORMAT);
	/* Without a range there is none: nobody looked back. */
	CHECK(yg_wire_heartbeat_read(YG_S("{\"v\":1,\"sensor\":\"s\",\"time\":null,\"epoch\":1,"
					  "\"last\":0,\"acked\":0,\"sources\":[]}"),
				     &in, &fault) == YG_OK);
	CHECK(!in.archive.is_kept && !yg_wire_range_covers(&in.archive, 1, 2));
	free(in.sources);
}

static void drop(void)
{
	struct yg_wire_drop out = {.sensor = "s1",
				   .epoch = 1,
				   .first = 4,
				   .last = 9,
				   .records = 77,
				   .first_ns = YG_NS_PER_S,
				   .last_ns = YG_TIME_NONE,
				   .time_ns = YG_NS_PER_S,
				   .reason = "spool-full"};
	struct yg_wire_drop in;

	start();
	yg_wire_drop_write(&out, &buf);
	CHECK(yg_wire_drop_read(yg_buf_bytes(&buf), &in, &fault) == YG_OK);
	CHECK(in.first == 4 && in.last == 9 && in.records == 77 && in.last_ns == YG_TIME_NONE);
	CHECK(strcmp(in.reason, "spool-full") == 0);
	out.first = 10;
	start();
	yg_wire_drop_write(&out, &buf);
	CHECK(yg_wire_drop_read(yg_buf_bytes(&buf), &in, &fault) == YG_EFORMAT);
}

static void receipts_and_problems(void)
{
	struct yg_wire_receipt out = {.epoch = 2,
				      .sequence = 5,
				      .is_already = true,
				      .next = 6,
				      .time_ns = 7 * YG_NS_PER_S};
	struct yg_wire_receipt in;
	struct yg_wire_next next = {3, 1};
	struct yg_wire_next found;
	enum yg_wire_refusal refusal;

	start();
	yg_wire_receipt_write(&out, &buf);
	CHECK(yg_wire_receipt_read(yg_buf_bytes(&buf), &in, &fault) == YG_OK);
	CHECK(in.epoch == 2 && in.sequence == 5 && in.is_already && in.next == 6);
	CHECK(!in.is_signed);
	start();
	out.is_signed = true;
	memset(out.signature, 0xa5, sizeof(out.signature));
	out.takes_none = true;
	yg_wire_receipt_write(&out, &buf);
	CHECK(yg_wire_receipt_read(yg_buf_bytes(&buf), &in, &fault) == YG_OK && in.is_signed);
	CHECK(in.takes_none);
	out.takes_none = false;
	CHECK(memcmp(in.signature, out.signature, sizeof(in.signature)) == 0);
	CHECK(yg_wire_receipt_read(YG_S("{\"v\":1,\"epoch\":1,\"sequence\":1,\"status\":\"kept\","
					"\"next\":2,\"signature\":\"AAAA\"}"),
				   &in, &fault) == YG_EFORMAT);
	for (unsigned i = 1; i < YG_WIRE_REFUSAL_COUNT; i++) {
		start();
		fault = (struct yg_wire_fault){(enum yg_wire_refusal)i, i % 2 ? "what" : NULL, 4};
		yg_wire_problem_write(&buf, &fault, i == YG_WIRE_CONFLICT ? &next : NULL);
		CHECK(yg_wire_problem_read(yg_buf_bytes(&buf), &refusal, &found) == YG_OK);
		CHECK(refusal == i);
		CHECK(found.epoch == (i == YG_WIRE_CONFLICT ? 3 : 0));
		CHECK(yg_wire_status(refusal) >= 400);
	}
	CHECK(yg_wire_problem_read(YG_S("{\"code\":\"of tomorrow\"}"), &refusal, &found) == YG_OK);
	CHECK(refusal == YG_WIRE_INTERNAL);
	CHECK(yg_wire_problem_read(YG_S("<html>"), &refusal, &found) == YG_EFORMAT);
}

static void enrolment(void)
{
	struct yg_wire_enrol out = {YG_S("token"), YG_S("-----BEGIN\nx\n"), YG_S("nas")};
	struct yg_wire_enrol in;
	struct yg_wire_enrolled answer = {.sensor = "s1",
					  .organisation = "acme",
					  .certificate = YG_S("cert\n"),
					  .ca = YG_S("ca\n"),
					  .key = {1, 2, 3}};
	struct yg_wire_enrolled got;
	struct yg_buf mem;

	start();
	yg_buf_init(&mem, 1u << 20);
	CHECK(yg_wire_enrol_write(&out, &buf) == YG_OK);
	CHECK(yg_wire_enrol_read(yg_buf_bytes(&buf), &mem, &in, &fault) == YG_OK);
	CHECK_TEXT(in.token, "token");
	CHECK_TEXT(in.csr, "-----BEGIN\nx\n");
	CHECK_TEXT(in.host, "nas");
	start();
	CHECK(yg_wire_enrolled_write(&answer, &buf) == YG_OK);
	CHECK(yg_wire_enrolled_read(yg_buf_bytes(&buf), &mem, &got, &fault) == YG_OK);
	CHECK_TEXT(got.certificate, "cert\n");
	CHECK_TEXT(got.ca, "ca\n");
	CHECK(memcmp(got.key, answer.key, sizeof(got.key)) == 0);
	yg_buf_done(&mem);
}

static unsigned seen;
static char seen_body[64];
static int see(void *arg, const struct yg_wire_down *down)
{
	(void)arg;
	seen++;
	(void)snprintf(seen_body, sizeof(seen_body), "%s %llu %.*s", down->kind,
		       (unsigned long long)down->number, YG_FMT(down->body));
	return YG_OK;
}

static void downlink(void)
{
	static const uint8_t seed[YG_SIGN_SEED_BYTES] = {7};
	static const uint8_t other[YG_SIGN_SEED_BYTES] = {8};
	struct yg_wire_down down = {.sensor = "s1",
				    .number = 4,
				    .kind = "ping",
				    .time_ns = YG_NS_PER_S,
				    .body = YG_S("{\"a\":1}")};
	struct yg_wire_down_ack ack = {.sensor = "s1", .number = 4, .detail = "why"};
	struct yg_wire_down_ack got;
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	uint8_t other_key[YG_SIGN_PUBLIC_BYTES];

	yg_sign_public(seed, key);
	yg_sign_public(other, other_key);
	start();
	yg_buf_add_str(&buf, "{\"v\":1,\"messages\":[");
	CHECK(yg_wire_down_write(&down, seed, &buf) == YG_OK);
	yg_buf_add_str(&buf, "]}");
	CHECK(yg_wire_down_read(yg_buf_bytes(&buf), "s1", key, see, NULL, &fault) == YG_OK);
	CHECK(seen == 1 && strcmp(seen_body, "ping 4 {\"a\":1}") == 0);
	/* Another key, another sensor, a changed byte of the payload: not handed on. */
	CHECK(yg_wire_down_read(yg_buf_bytes(&buf), "s1", other_key, see, NULL, &fault) ==
	      YG_EDIGEST);
	CHECK(yg_wire_down_read(yg_buf_bytes(&buf), "s2", key, see, NULL, &fault) == YG_EDIGEST);
	buf.data[60] = buf.data[60] == 'A' ? 'B' : 'A';
	CHECK(yg_wire_down_read(yg_buf_bytes(&buf), "s1", key, see, NULL, &fault) != YG_OK);
	CHECK(seen == 1);
	start();
	yg_wire_down_ack_write(&ack, &buf);
	CHECK(yg_wire_down_ack_read(yg_buf_bytes(&buf), &got, &fault) == YG_OK);
	CHECK(got.number == 4 && !got.is_applied && strcmp(got.detail, "why") == 0);
}

static void without_memory(void)
{
	struct yg_wire_source source = {.name = "n", .kind = "file"};
	struct yg_wire_heartbeat out = {
		.sensor = "s1", .epoch = 1, .sources = &source, .source_count = 1};
	struct yg_wire_heartbeat in;
	int rc = YG_ENOMEM;

	start();
	yg_wire_heartbeat_write(&out, &buf);
	for (long n = 1; rc != YG_OK; n++) {
		yg_fail_at = n;
		rc = yg_wire_heartbeat_read(yg_buf_bytes(&buf), &in, &fault);
		yg_fail_at = 0;
		CHECK(rc == YG_OK || rc == YG_ENOMEM);
		CHECK(n < 1000);
	}
	free(in.sources);
	yg_buf_done(&buf);
}

static const struct check_case cases[] = {
	CASE(heartbeat), CASE(drop),	 CASE(receipts_and_problems),
	CASE(enrolment), CASE(downlink), CASE(without_memory),
};
CHECK_MAIN(cases)
