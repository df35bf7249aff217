/* SPDX-License-Identifier: Apache-2.0 */
/* The signer in a thread, with keys of its own; then one that lies, in all ways that bytes allow.
 */
#define _GNU_SOURCE
#include "app/hub_signer.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access/audit.h"
#include "app/hub-int.h"
#include "app/process.h"
#include "base/alloc.h"

#include "../check.h"

static struct yg_hub_keys keys;
static int control[2];
static pthread_t thread;

static int64_t now_ns(void *arg)
{
	(void)arg;
	return INT64_C(1800000000) * YG_NS_PER_S;
}

static void *live(void *arg)
{
	(void)arg;
	return yg_signer_live(&keys, (struct yg_clock){.now_ns = now_ns}, control[1]) == YG_OK
		       ? NULL
		       : &keys;
}

/* The parent hands an end to the signer; the other is ours. */
static bool connect_to(struct yg_signer *signer)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
	    yg_msg_hand_over(control[0], 1, 0, pair[1]) != YG_OK)
		return false;
	close(pair[1]);
	yg_msg_pipe_open(&signer->pipe, pair[0]);
	return true;
}

static bool make_keys(void)
{
	struct yg_buf key, pem;
	bool is_made;

	yg_buf_init(&key, YG_CERT_PEM_MAX);
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	is_made = yg_cert_key_new(&key) == YG_OK &&
		  yg_cert_ca_new(yg_buf_bytes(&key), "test", now_ns(NULL), &pem) == YG_OK &&
		  yg_cert_ca_load(yg_buf_bytes(&pem), yg_buf_bytes(&key), &keys.ca) == YG_OK;
	if (is_made)
		keys.pem = yg_strndup((const char *)pem.data, pem.size);
	yg_random(keys.seed, sizeof(keys.seed));
	yg_random(keys.audit_seed, sizeof(keys.audit_seed));
	yg_buf_done(&key);
	yg_buf_done(&pem);
	return is_made && keys.pem;
}

static void issues(struct yg_signer *signer, struct yg_cert_ca *checks)
{
	struct yg_cert_peer peer = {.organisation = "acme", .sensor = "one"};
	struct yg_buf key, csr, pem;

	yg_buf_init(&key, YG_CERT_PEM_MAX);
	yg_buf_init(&csr, YG_CERT_PEM_MAX);
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	CHECK(yg_cert_key_new(&key) == YG_OK &&
	      yg_cert_request_new(yg_buf_bytes(&key), &csr) == YG_OK);
	CHECK(yg_signer_issue(signer, yg_buf_bytes(&csr), &peer, &pem) == YG_OK);
	CHECK(peer.from_ns <= now_ns(NULL) && peer.until_ns > now_ns(NULL));
	CHECK(yg_bytes_starts(yg_buf_bytes(&pem), YG_S("-----BEGIN CERTIFICATE")));
	CHECK(checks != NULL);
	yg_buf_reset(&pem);
	CHECK(yg_signer_issue(signer, YG_S("no request"), &peer, &pem) == YG_EFORMAT);
	CHECK(pem.size == 0);
	/* The talk goes on after a refusal. */
	CHECK(yg_signer_issue(signer, yg_buf_bytes(&csr), &peer, &pem) == YG_OK);
	yg_buf_done(&key);
	yg_buf_done(&csr);
	yg_buf_done(&pem);
}

static void answers(void)
{
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	uint8_t audit_key[YG_SIGN_PUBLIC_BYTES];
	uint8_t signature[YG_SIGN_BYTES];
	uint8_t other[YG_SIGN_BYTES];
	struct yg_cert_ca *ca = NULL;
	struct yg_signer signer;
	struct yg_buf big;
	char *pem = NULL;

	yg_signer_init(&signer);
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, YG_S("x"), signature) == YG_EAGAIN);
	CHECK(connect_to(&signer));
	CHECK(yg_signer_identity(&signer, &pem, key, audit_key) == YG_OK &&
	      strcmp(pem, keys.pem) == 0);
	CHECK(yg_cert_ca_load(yg_bytes_str(pem), (struct yg_bytes){0}, &ca) == YG_OK);
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, YG_S("{}"), signature) == YG_OK);
	CHECK(yg_sign_is_valid(key, YG_S(YG_WIRE_DOWN_CONTEXT "{}"), signature));
	/* A purpose is part of what is signed. */
	CHECK(yg_signer_sign(&signer, YG_SIGN_RECEIPT, YG_S("{}"), other) == YG_OK);
	CHECK(memcmp(signature, other, sizeof(other)) != 0);
	CHECK(!yg_sign_is_valid(key, YG_S(YG_WIRE_DOWN_CONTEXT "{}"), other));
	CHECK(yg_sign_is_valid(key, YG_S("yagura-receipt-1:{}"), other));
	/* Checkpoints have a key of their own. */
	CHECK(yg_signer_sign(&signer, YG_SIGN_CHECKPOINT, YG_S("{}"), other) == YG_OK);
	CHECK(memcmp(key, audit_key, sizeof(key)) != 0);
	CHECK(yg_sign_is_valid(audit_key, YG_S(YG_AUDIT_CONTEXT "{}"), other));
	yg_buf_init(&big, YG_WIRE_PAYLOAD_MAX + 1);
	for (size_t i = 0; i < YG_WIRE_PAYLOAD_MAX; i++)
		yg_buf_add_byte(&big, 'x');
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, yg_buf_bytes(&big), other) == YG_OK);
	yg_buf_add_byte(&big, 'x');
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, yg_buf_bytes(&big), other) == YG_ELIMIT);
	yg_buf_done(&big);
	issues(&signer, ca);
	/* Another end: the signer takes it, as after a new start of the keeper. */
	CHECK(connect_to(&signer));
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, YG_S("{}"), other) == YG_OK);
	CHECK(memcmp(signature, other, sizeof(other)) == 0);
	yg_signer_done(&signer);
	yg_cert_ca_free(ca);
	free(pem);
}

struct taken {
	uint64_t ids[8];
	uint8_t last[YG_SIGN_BYTES];
	unsigned count;
	unsigned without;
};

static void take(void *arg, uint64_t id, const uint8_t *signature)
{
	struct taken *taken = arg;

	taken->ids[taken->count++ & 7] = id;
	taken->without += signature == NULL;
	if (signature)
		memcpy(taken->last, signature, sizeof(taken->last));
}

/* Many at once, and one between that is waited for: each gets its own. */
static void answers_later(void)
{
	struct taken taken = {0};
	uint8_t key[YG_SIGN_PUBLIC_BYTES];
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_signer signer;
	uint64_t ids[5];
	char text[8];

	yg_signer_init(&signer);
	signer.take = take;
	signer.arg = &taken;
	CHECK(yg_signer_ask(&signer, YG_SIGN_RECEIPT, YG_S("0"), &ids[0]) == YG_EAGAIN);
	CHECK(connect_to(&signer));
	yg_sign_public(keys.seed, key);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%u", i);
		CHECK(yg_signer_ask(&signer, YG_SIGN_RECEIPT, yg_bytes_str(text), &ids[i]) ==
		      YG_OK);
	}
	CHECK(yg_signer_sign(&signer, YG_SIGN_DOWNLINK, YG_S("x"), signature) == YG_OK);
	CHECK(yg_sign_is_valid(key, YG_S(YG_WIRE_DOWN_CONTEXT "x"), signature));
	CHECK(taken.count == 4 && taken.without == 0);
	for (unsigned i = 0; i < 4; i++)
		CHECK(taken.ids[i] == ids[i]);
	CHECK(yg_sign_is_valid(key, YG_S("yagura-receipt-1:3"), taken.last));
	CHECK(yg_signer_ask(&signer, YG_SIGN_RECEIPT, YG_S("4"), &ids[4]) == YG_OK &&
	      ids[4] > ids[3]);
	CHECK(yg_msg_flush(&signer.pipe) == YG_OK);
	while (taken.count < 5) {
		struct pollfd one = {.fd = signer.pipe.fd, .events = POLLIN};

		CHECK(poll(&one, 1, 60000) == 1);
		yg_signer_hear(&signer);
	}
	CHECK(taken.ids[4] == ids[4] && !signer.is_bad);
	yg_signer_done(&signer);
	yg_signer_hear(&signer); /* without an end: nothing */
}

/* What a lying signer sends as the answer to the first question, id 1. */
static int lie(const void *body, uint32_t size, uint32_t kind, uint64_t id, bool *ret_is_bad)
{
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_signer signer;
	uint32_t head[4] = {size, kind, (uint32_t)id, 0};
	int pair[2];
	int rc = YG_EIO;

	yg_signer_init(&signer);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return rc;
	yg_msg_pipe_open(&signer.pipe, pair[0]);
	if (send(pair[1], head, sizeof(head), 0) == sizeof(head) &&
	    send(pair[1], body, size < 100 ? size : 0, 0) >= 0) {
		shutdown(pair[1], SHUT_WR);
		rc = yg_signer_sign(&signer, YG_SIGN_DOWNLINK, YG_S("x"), signature);
	}
	*ret_is_bad = signer.is_bad;
	close(pair[1]);
	yg_signer_done(&signer);
	return rc;
}

static void believes_nothing(void)
{
	uint8_t body[80] = {0};
	bool is_bad;

	CHECK(lie(body, 68, YG_HUB_DONE, 1, &is_bad) == YG_OK && !is_bad);
	CHECK(lie(body, 67, YG_HUB_DONE, 1, &is_bad) == YG_EAGAIN && is_bad);
	CHECK(lie(body, 69, YG_HUB_DONE, 1, &is_bad) == YG_EAGAIN && is_bad);
	CHECK(lie(body, 3, YG_HUB_DONE, 1, &is_bad) == YG_EAGAIN && is_bad);
	CHECK(lie(body, 68, YG_HUB_DONE, 2, &is_bad) == YG_EAGAIN && !is_bad); /* to nobody */
	CHECK(lie(body, 68, YG_HUB_CALL, 1, &is_bad) == YG_EAGAIN && !is_bad);
	CHECK(lie(body, 1u << 30, YG_HUB_DONE, 1, &is_bad) == YG_EAGAIN);
	body[0] = 1; /* a code above zero */
	CHECK(lie(body, 68, YG_HUB_DONE, 1, &is_bad) == YG_EAGAIN && is_bad);
}

/* A question that is none ends the signer: whoever asks so is not what it was. */
static void answers_no_nonsense(void)
{
	struct yg_bytes part = YG_S("\x09nonsense");
	struct yg_signer signer;
	void *what = NULL;

	yg_signer_init(&signer);
	CHECK(connect_to(&signer));
	CHECK(yg_msg_put(&signer.pipe, YG_HUB_SIGN, 1, &part, 1) == YG_OK &&
	      yg_msg_flush(&signer.pipe) == YG_OK);
	pthread_join(thread, &what);
	CHECK(what == &keys);
	yg_signer_done(&signer);
}

int main(void)
{
	static const struct check_case cases[] = {CASE(answers), CASE(answers_later),
						  CASE(believes_nothing),
						  CASE(answers_no_nonsense)};
	int status;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0 || !make_keys() ||
	    pthread_create(&thread, NULL, live, NULL) != 0)
		return EXIT_FAILURE;
	status = check_main(cases, sizeof(cases) / sizeof(cases[0]));
	yg_cert_ca_free(keys.ca);
	free(keys.pem);
	return status;
}
