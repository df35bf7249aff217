/* SPDX-License-Identifier: Apache-2.0 */
#include "app/hub_signer.h"

#include <poll.h>

#include "access/audit.h"
#include "app/hub-int.h"
#include "app/process.h"
#include "base/alloc.h"

#include "base/ban.h"

#define NS_PER_MS INT64_C(1000000)

static const char *const contexts[YG_SIGN_PURPOSES] = {
	[YG_SIGN_DOWNLINK] = YG_WIRE_DOWN_CONTEXT,
	[YG_SIGN_RECEIPT] = "yagura-receipt-1:",
	[YG_SIGN_CHECKPOINT] = YG_AUDIT_CONTEXT,
};

const char *yg_sign_context(enum yg_sign_purpose purpose)
{
	return contexts[purpose];
}

/* ---- the keeper's side ---- */

void yg_signer_init(struct yg_signer *signer)
{
	*signer = (struct yg_signer){0};
	yg_msg_pipe_init(&signer->pipe, YG_SIGNER_BODY_MAX, 4 * YG_SIGNER_BODY_MAX);
}

void yg_signer_done(struct yg_signer *signer)
{
	yg_msg_pipe_close(&signer->pipe);
}

static int64_t monotonic_ms(void)
{
	return yg_clock_steady().now_ns(NULL) / NS_PER_MS;
}

/* Until the pipe can be used for @events or time is over. */
static bool wait_for(const struct yg_msg_pipe *pipe, short events, int64_t until_ms)
{
	struct pollfd one = {.fd = pipe->fd, .events = events};
	int64_t left = until_ms - monotonic_ms();

	return left > 0 && (poll(&one, 1, (int)left) > 0 || errno == EINTR);
}

#define LATER (UINT64_C(1) << 63) /* in the id of a question that nobody waits at */

static void lose(struct yg_signer *signer)
{
	yg_msg_pipe_close(&signer->pipe); /* the next end comes from the parent */
}

/* An answer that is not waited for. */
static int take(struct yg_signer *signer, const struct yg_msg *answer)
{
	struct yg_msg_reader reader = yg_msg_read(answer->body);
	int32_t code = (int32_t)yg_msg_u32(&reader);
	uint8_t signature[YG_SIGN_BYTES];

	if (code == YG_OK)
		yg_msg_raw(&reader, signature, sizeof(signature));
	if (!yg_msg_is_whole(&reader) || code > 0 || answer->kind != YG_HUB_DONE || !signer->take) {
		signer->is_bad = true;
		return YG_EPIPE;
	}
	signer->take(signer->arg, answer->id, code == YG_OK ? signature : NULL);
	return YG_OK;
}

/* The answer to @id; older ones, to which nobody listens any more, are passed over. */
static int receive(struct yg_signer *signer, uint64_t id, int64_t until_ms, struct yg_msg *ret)
{
	for (;;) {
		int rc = yg_msg_next(&signer->pipe, ret);

		if (rc == YG_OK && ret->kind == YG_HUB_DONE && ret->id == id)
			return YG_OK;
		if (rc == YG_OK && (ret->id & LATER) && take(signer, ret) != YG_OK)
			return YG_EPIPE;
		if (rc == YG_OK)
			continue;
		if (rc == YG_EAGAIN)
			rc = yg_msg_fill(&signer->pipe);
		if (rc == YG_EAGAIN && !wait_for(&signer->pipe, POLLIN, until_ms))
			return YG_EAGAIN; /* late: it may still come, and is passed over then */
		if (rc != YG_OK && rc != YG_EAGAIN)
			return YG_EPIPE;
	}
}

/* Ask, and begin to read the answer: its code is taken, the rest stands in *ret. */
static int ask(struct yg_signer *signer, enum yg_hub_kind kind, const struct yg_buf *question,
	       struct yg_msg_reader *ret)
{
	struct yg_bytes part = yg_buf_bytes(question);
	int64_t until_ms = monotonic_ms() + YG_SIGNER_WAIT_MS;
	uint64_t id = ++signer->last_id;
	struct yg_msg answer;
	int32_t code;
	int rc = yg_buf_error(question);

	if (rc == YG_OK)
		rc = yg_msg_put(&signer->pipe, kind, id, &part, 1);
	while (rc == YG_OK && (rc = yg_msg_flush(&signer->pipe)) == YG_EAGAIN)
		rc = wait_for(&signer->pipe, POLLOUT, until_ms) ? YG_OK : YG_EPIPE;
	if (rc == YG_OK)
		rc = receive(signer, id, until_ms, &answer);
	if (rc == YG_OK) {
		*ret = yg_msg_read(answer.body);
		code = (int32_t)yg_msg_u32(ret);
		if (!ret->is_bad && code <= 0)
			return code;
		signer->is_bad = true;
		rc = YG_EPIPE;
	}
	if (rc == YG_EPIPE) {
		lose(signer);
		rc = YG_EAGAIN;
	}
	return rc;
}

static int whole(struct yg_signer *signer, const struct yg_msg_reader *reader)
{
	if (yg_msg_is_whole(reader))
		return YG_OK;
	yg_msg_pipe_close(&signer->pipe);
	signer->is_bad = true;
	return YG_EAGAIN;
}

int yg_signer_identity(struct yg_signer *signer, char **ret_pem, uint8_t key[YG_SIGN_PUBLIC_BYTES],
		       uint8_t audit_key[YG_SIGN_PUBLIC_BYTES])
{
	struct yg_msg_reader reader;
	struct yg_bytes pem;
	struct yg_buf nothing;
	int rc;

	yg_buf_init(&nothing, 1);
	rc = ask(signer, YG_HUB_IDENTITY, &nothing, &reader);
	if (rc != YG_OK)
		return rc;
	pem = yg_msg_bytes(&reader, YG_CERT_PEM_MAX);
	yg_msg_raw(&reader, key, YG_SIGN_PUBLIC_BYTES);
	yg_msg_raw(&reader, audit_key, YG_SIGN_PUBLIC_BYTES);
	rc = whole(signer, &reader);
	if (rc != YG_OK)
		return rc;
	*ret_pem = yg_strndup((const char *)pem.data, pem.size);
	return *ret_pem ? YG_OK : YG_ENOMEM;
}

int yg_signer_issue(struct yg_signer *signer, struct yg_bytes csr, struct yg_cert_peer *peer,
		    struct yg_buf *pem)
{
	struct yg_msg_reader reader;
	struct yg_bytes text;
	struct yg_buf question;
	int rc;

	yg_buf_init(&question, YG_SIGNER_BODY_MAX);
	yg_msg_add_bytes(&question, yg_bytes_str(peer->organisation));
	yg_msg_add_bytes(&question, yg_bytes_str(peer->sensor));
	yg_msg_add_bytes(&question, csr);
	rc = ask(signer, YG_HUB_ISSUE, &question, &reader);
	yg_buf_done(&question);
	if (rc != YG_OK)
		return rc;
	yg_msg_raw(&reader, peer->fingerprint, sizeof(peer->fingerprint));
	peer->from_ns = (int64_t)yg_msg_u64(&reader);
	peer->until_ns = (int64_t)yg_msg_u64(&reader);
	text = yg_msg_bytes(&reader, YG_CERT_PEM_MAX);
	rc = whole(signer, &reader);
	if (rc != YG_OK)
		return rc;
	yg_buf_add(pem, text);
	return yg_buf_error(pem);
}

/* YG_OK: @question holds it; the caller frees it in any case. */
static int word_sign(struct yg_buf *question, enum yg_sign_purpose purpose, struct yg_bytes bytes)
{
	yg_buf_init(question, YG_SIGNER_BODY_MAX);
	if (bytes.size > YG_WIRE_PAYLOAD_MAX)
		return YG_ELIMIT;
	yg_msg_add_u8(question, (uint8_t)purpose);
	yg_msg_add_bytes(question, bytes);
	return yg_buf_error(question);
}

int yg_signer_sign(struct yg_signer *signer, enum yg_sign_purpose purpose, struct yg_bytes bytes,
		   uint8_t signature[YG_SIGN_BYTES])
{
	struct yg_msg_reader reader;
	struct yg_buf question;
	int rc = word_sign(&question, purpose, bytes);

	if (rc == YG_OK)
		rc = ask(signer, YG_HUB_SIGN, &question, &reader);
	yg_buf_done(&question);
	if (rc != YG_OK)
		return rc;
	yg_msg_raw(&reader, signature, YG_SIGN_BYTES);
	return whole(signer, &reader);
}

int yg_signer_ask(struct yg_signer *signer, enum yg_sign_purpose purpose, struct yg_bytes bytes,
		  uint64_t *ret_id)
{
	uint64_t id = ++signer->last_id | LATER;
	struct yg_buf question;
	struct yg_bytes part;
	int rc = word_sign(&question, purpose, bytes);

	part = yg_buf_bytes(&question);
	if (rc == YG_OK)
		rc = yg_msg_put(&signer->pipe, YG_HUB_SIGN, id, &part, 1);
	yg_buf_done(&question);
	if (rc == YG_OK)
		*ret_id = id;
	return rc == YG_EPIPE ? YG_EAGAIN : rc;
}

void yg_signer_hear(struct yg_signer *signer)
{
	struct yg_msg answer;
	int rc = yg_msg_fill(&signer->pipe);

	while (rc == YG_OK && (rc = yg_msg_next(&signer->pipe, &answer)) == YG_OK)
		if (answer.id & LATER)
			rc = take(signer, &answer);
	if (rc == YG_EFORMAT)
		signer->is_bad = true;
	if (rc != YG_EAGAIN)
		lose(signer);
}

/* ---- the signer's side ---- */

struct signing {
	const struct yg_hub_keys *keys;
	struct yg_sign_key receipts; /* and what else is not a checkpoint */
	struct yg_sign_key checkpoints;
	struct yg_clock clock;
};

static void add_code(struct yg_buf *to, int code)
{
	yg_msg_add_u32(to, (uint32_t)code);
}

static void give_identity(const struct yg_hub_keys *keys, struct yg_buf *answer)
{
	uint8_t key[YG_SIGN_PUBLIC_BYTES];

	yg_sign_public(keys->seed, key);
	add_code(answer, YG_OK);
	yg_msg_add_bytes(answer, yg_bytes_str(keys->pem));
	yg_buf_add(answer, (struct yg_bytes){key, sizeof(key)});
	yg_sign_public(keys->audit_seed, key);
	yg_buf_add(answer, (struct yg_bytes){key, sizeof(key)});
}

/* YG_EFORMAT: no question of ours. */
static int issue(const struct yg_hub_keys *keys, int64_t now_ns, struct yg_bytes question,
		 struct yg_buf *answer)
{
	struct yg_msg_reader reader = yg_msg_read(question);
	struct yg_cert_peer peer = {0};
	struct yg_bytes csr;
	struct yg_buf pem;
	int rc;

	yg_msg_text(&reader, peer.organisation, sizeof(peer.organisation));
	yg_msg_text(&reader, peer.sensor, sizeof(peer.sensor));
	csr = yg_msg_bytes(&reader, YG_WIRE_PEM_MAX);
	if (!yg_msg_is_whole(&reader) || !yg_wire_is_id(yg_bytes_str(peer.organisation)) ||
	    !yg_wire_is_id(yg_bytes_str(peer.sensor)))
		return YG_EFORMAT;
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	rc = yg_cert_issue_sensor(keys->ca, csr, now_ns, &peer, &pem);
	add_code(answer, rc);
	if (rc == YG_OK) {
		yg_buf_add(answer, (struct yg_bytes){peer.fingerprint, sizeof(peer.fingerprint)});
		yg_msg_add_u64(answer, (uint64_t)peer.from_ns);
		yg_msg_add_u64(answer, (uint64_t)peer.until_ns);
		yg_msg_add_bytes(answer, yg_buf_bytes(&pem));
	}
	yg_buf_done(&pem);
	return YG_OK;
}

static int sign(const struct signing *signing, struct yg_bytes question, struct yg_buf *answer)
{
	struct yg_msg_reader reader = yg_msg_read(question);
	uint8_t purpose = yg_msg_u8(&reader);
	struct yg_bytes bytes = yg_msg_bytes(&reader, YG_WIRE_PAYLOAD_MAX);
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_buf text;
	int rc;

	if (!yg_msg_is_whole(&reader) || purpose >= YG_SIGN_PURPOSES)
		return YG_EFORMAT;
	yg_buf_init(&text, YG_SIGNER_BODY_MAX);
	yg_buf_add_str(&text, contexts[purpose]);
	yg_buf_add(&text, bytes);
	rc = yg_buf_error(&text);
	add_code(answer, rc);
	if (rc == YG_OK) {
		yg_sign_by(purpose == YG_SIGN_CHECKPOINT ? &signing->checkpoints
							 : &signing->receipts,
			   yg_buf_bytes(&text), signature);
		yg_buf_add(answer, (struct yg_bytes){signature, sizeof(signature)});
	}
	yg_buf_done(&text);
	return YG_OK;
}

static int answer_one(const struct signing *signing, struct yg_msg_pipe *pipe,
		      const struct yg_msg *question)
{
	struct yg_buf answer;
	struct yg_bytes part;
	int rc = YG_EFORMAT;

	yg_buf_init(&answer, YG_SIGNER_BODY_MAX);
	if (question->kind == YG_HUB_IDENTITY && question->body.size == 0) {
		give_identity(signing->keys, &answer);
		rc = YG_OK;
	} else if (question->kind == YG_HUB_ISSUE) {
		rc = issue(signing->keys, signing->clock.now_ns(signing->clock.arg), question->body,
			   &answer);
	} else if (question->kind == YG_HUB_SIGN) {
		rc = sign(signing, question->body, &answer);
	}
	if (rc == YG_OK)
		rc = yg_buf_error(&answer);
	part = yg_buf_bytes(&answer);
	if (rc == YG_OK)
		rc = yg_msg_put(pipe, YG_HUB_DONE, question->id, &part, 1);
	yg_buf_done(&answer);
	return rc;
}

/* YG_EAGAIN: all is answered; YG_EPIPE: the keeper has gone, and comes again; else it asks what it
 * must not. */
static int answer_all(const struct signing *signing, struct yg_msg_pipe *pipe)
{
	struct yg_msg question;
	int rc = yg_msg_fill(pipe);

	while (rc == YG_OK && (rc = yg_msg_next(pipe, &question)) == YG_OK)
		rc = answer_one(signing, pipe, &question);
	if (rc != YG_EAGAIN)
		yg_msg_pipe_close(pipe);
	return rc == YG_EPIPE ? YG_EAGAIN : rc;
}

int yg_signer_live(const struct yg_hub_keys *keys, struct yg_clock clock, int control)
{
	struct signing signing = {.keys = keys, .clock = clock};
	struct yg_msg_pipe pipe;
	int rc = yg_process_say_ready(control);

	yg_sign_key_grow(keys->seed, &signing.receipts);
	yg_sign_key_grow(keys->audit_seed, &signing.checkpoints);
	yg_msg_pipe_init(&pipe, YG_SIGNER_BODY_MAX, 4 * YG_SIGNER_BODY_MAX);
	while (rc == YG_OK || rc == YG_EAGAIN) {
		bool is_full = yg_msg_flush(&pipe) == YG_EAGAIN;
		struct pollfd fds[] = {{.fd = control, .events = POLLIN},
				       {.fd = pipe.fd, .events = is_full ? POLLOUT : POLLIN}};
		unsigned peer;
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents) {
			rc = yg_process_next_link(control, &peer, &fd);
			if (rc == YG_OK)
				yg_msg_pipe_open(&pipe, fd);
		} else if (fds[1].revents && !is_full) {
			rc = answer_all(&signing, &pipe);
		}
	}
	yg_msg_pipe_close(&pipe);
	yg_wipe(&signing, sizeof(signing));
	return rc == YG_EEND ? YG_OK : rc;
}
