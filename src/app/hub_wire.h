/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_wire.h - what the processes of the hub say to each other (base/msg.h carries it).
 *
 *   front ─ADMIT(certificate)────────────────► keeper     may it send its body?
 *         ◄─ADMITTED(refusal)─
 *         ─CALL(address, query, certificate, body)─►      body unread
 *         ◄─ANSWER(status, type, body)─
 *   keeper ─CHECK(batch)────────────────────► worker      unpack it, hold it against its head
 *         ◄─CHECKED(refusal, at, words)─
 *   keeper ─IDENTITY, ISSUE, SIGN───────────► signer      see hub_signer.h
 *
 * The id of a message is the asker's; the answer carries the same. Every reader here takes the body
 * for hostile: YG_EFORMAT is a fault of the other process, whose talk is then ended.
 * Tests:   tests/fuzz/fuzz_hub_wire.c, tests/e2e/hub_processes.py
 */
#pragma once

#include "base/msg.h"
#include "model/api.h"
#include "wire/batch.h"
#include "wire/message.h"

#define YG_HUB_QUERY_MAX 8192u
#define YG_HUB_CERT_MAX	 16384u
#define YG_HUB_CALL_MAX	 (YG_WIRE_BATCH_MAX + YG_HUB_QUERY_MAX + YG_HUB_CERT_MAX + 64u)
#define YG_HUB_REPLY_MAX (4u << 20)
#define YG_HUB_WORDS_MAX 120u
#define YG_HUB_QUEUE_MAX (64u << 20) /* bytes that wait for one other process */

enum yg_hub_kind {
	YG_HUB_ADMIT = 1,
	YG_HUB_ADMITTED,
	YG_HUB_CALL,
	YG_HUB_ANSWER,
	YG_HUB_CHECK,
	YG_HUB_CHECKED,
	YG_HUB_IDENTITY,
	YG_HUB_ISSUE,
	YG_HUB_SIGN,
	YG_HUB_DONE, /* the signer's answer to the three */
};

/*
 * The addresses of docs/protocol.md: what handles it in the keeper (hub_sensors.c), method, path,
 * greatest body, open to those without a certificate. The front knows nothing else of them.
 */
#define YG_HUB_ADDRESSES(X)                                                                        \
	X(take_batch, "POST", "/sensor/v1/batches", YG_WIRE_BATCH_MAX, false)                      \
	X(take_drop, "POST", "/sensor/v1/drops", 4096, false)                                      \
	X(take_heartbeat, "POST", "/sensor/v1/heartbeat", YG_WIRE_MESSAGE_MAX, false)              \
	X(give_down, "GET", "/sensor/v1/downlink", 0, false)                                       \
	X(take_ack, "POST", "/sensor/v1/downlink/acks", 4096, false)                               \
	X(renew, "POST", "/sensor/v1/renew", 2 * YG_WIRE_PEM_MAX, false)                           \
	X(enrol, "POST", "/sensor/v1/enrol", 2 * YG_WIRE_PEM_MAX, true)

enum yg_hub_address_place {
#define X(handle, method, path, body_max, is_open) YG_HUB_AT_##handle,
	YG_HUB_ADDRESSES(X)
#undef X
		YG_HUB_ADDRESS_COUNT
};

struct yg_hub_address {
	const char *method;
	const char *path;
	size_t body_max;
	bool is_open;
};
extern const struct yg_hub_address yg_hub_addresses[YG_HUB_ADDRESS_COUNT];

/* Its place; ADDRESS_COUNT and *ret_refusal (NOT_FOUND, METHOD) when there is none. */
size_t yg_hub_address_find(struct yg_bytes method, struct yg_bytes path,
			   enum yg_wire_refusal *ret_refusal);

/* A call as it comes from the front; all bytes borrowed. */
struct yg_hub_request {
	size_t address; /* < YG_HUB_ADDRESS_COUNT */
	struct yg_bytes query;
	struct yg_bytes certificate; /* empty: none was shown */
	struct yg_bytes body;	     /* at most what the address takes */
};
/* As yg_msg_put(). */
YG_MUST_USE int yg_hub_call_put(struct yg_msg_pipe *pipe, uint64_t id,
				const struct yg_hub_request *request);
YG_MUST_USE int yg_hub_call_read(struct yg_bytes body, struct yg_hub_request *ret);

int yg_hub_answer_put(struct yg_msg_pipe *pipe, uint64_t id, const struct yg_reply *reply);
/* Fills status and type of @ret, adds the body to ret->body. */
YG_MUST_USE int yg_hub_answer_read(struct yg_bytes body, struct yg_reply *ret);

YG_MUST_USE int yg_hub_admitted_put(struct yg_msg_pipe *pipe, uint64_t id,
				    enum yg_wire_refusal refusal);
YG_MUST_USE int yg_hub_admitted_read(struct yg_bytes body, enum yg_wire_refusal *ret);

/* What a worker found out about a batch; OK: it is what its head says. */
struct yg_hub_checked {
	enum yg_wire_refusal refusal; /* OK, or one about content (docs/protocol.md) */
	uint64_t at;
	char words[YG_HUB_WORDS_MAX + 1]; /* printable ASCII; empty: the refusal says it all */
};
YG_MUST_USE int yg_hub_checked_put(struct yg_msg_pipe *pipe, uint64_t id,
				   const struct yg_wire_fault *fault);
YG_MUST_USE int yg_hub_checked_read(struct yg_bytes body, struct yg_hub_checked *ret);
