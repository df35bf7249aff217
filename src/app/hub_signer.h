/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/hub_signer.h - the process that has the hub's keys: its life, and how the keeper asks it.
 *
 * It answers three questions and no others: who the hub is (certificate of the authority, public
 * key), a certificate for a sensor whose request is well formed, a signature over bytes of a named
 * purpose. Each purpose has words of its own before the bytes, so that a signature for one is never
 * one for another, whoever asks.
 *
 * The client waits for the answer, at most YG_SIGNER_WAIT_MS, or is called when it comes; without a
 * signer (it is being started again) the answer is YG_EAGAIN: the same may succeed later. Threads:
 * one at a time per client. Tests:   tests/unit/app/test_hub_signer.c, tests/e2e/hub_processes.py
 */
#pragma once

#include "app/hub_wire.h"
#include "base/crypt.h"
#include "wire/cert.h"

#define YG_SIGNER_WAIT_MS  2000
#define YG_SIGNER_BODY_MAX (YG_WIRE_PAYLOAD_MAX + 1024u)

enum yg_sign_purpose {
	YG_SIGN_DOWNLINK,   /* YG_WIRE_DOWN_CONTEXT and a payload */
	YG_SIGN_RECEIPT,    /* "yagura-receipt-1:" */
	YG_SIGN_CHECKPOINT, /* of the audit log, by a key of its own (access/audit.h) */
	YG_SIGN_PURPOSES
};

/* What stands before the bytes that are signed. */
const char *yg_sign_context(enum yg_sign_purpose purpose);

struct yg_signer {
	struct yg_msg_pipe pipe; /* to the signer; the owner opens it with each new end */
	uint64_t last_id;
	bool is_bad; /* it said what it must not: there must be another one */
	/* The answer to yg_signer_ask(): NULL where it did not sign. In the order of the questions.
	 */
	void (*take)(void *arg, uint64_t id, const uint8_t *signature);
	void *arg;
};

void yg_signer_init(struct yg_signer *signer);
void yg_signer_done(struct yg_signer *signer);

/* *ret_pem is heap memory; @key signs messages and receipts, @audit_key checkpoints. YG_OK,
 * YG_EAGAIN, YG_ENOMEM. */
YG_MUST_USE int yg_signer_identity(struct yg_signer *signer, char **ret_pem,
				   uint8_t key[YG_SIGN_PUBLIC_BYTES],
				   uint8_t audit_key[YG_SIGN_PUBLIC_BYTES]);

/* As yg_cert_issue_sensor(), by the signer's clock; or YG_EAGAIN. */
YG_MUST_USE int yg_signer_issue(struct yg_signer *signer, struct yg_bytes csr,
				struct yg_cert_peer *peer, struct yg_buf *pem);

/* YG_OK, YG_EAGAIN; YG_ELIMIT: over YG_WIRE_PAYLOAD_MAX. */
YG_MUST_USE int yg_signer_sign(struct yg_signer *signer, enum yg_sign_purpose purpose,
			       struct yg_bytes bytes, uint8_t signature[YG_SIGN_BYTES]);

/*
 * The same without waiting: the answer goes to signer->take() from a later yg_signer_hear(), or
 * while another question waits for its own. An end that is lost takes its questions with it. YG_OK
 * (*ret_id is in the answer), or as above.
 */
YG_MUST_USE int yg_signer_ask(struct yg_signer *signer, enum yg_sign_purpose purpose,
			      struct yg_bytes bytes, uint64_t *ret_id);

/* Take what has come; never waits. */
void yg_signer_hear(struct yg_signer *signer);

/* Its life, from keys that were opened before; ends when @control does. */
struct yg_hub_keys;
YG_MUST_USE int yg_signer_live(const struct yg_hub_keys *keys, struct yg_clock clock, int control);
