/* SPDX-License-Identifier: Apache-2.0 */
/* What each address of docs/protocol.md does. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/hub_lines.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/io.h"
#include "wire/ledger.h"

#include "base/ban.h"

typedef void handler(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer);
#define X(handle, method, path, body_max, is_open) static handler handle;
YG_HUB_ADDRESSES(X)
#undef X

static handler *const handlers[YG_HUB_ADDRESS_COUNT] = {
#define X(handle, method, path, body_max, is_open) handle,
	YG_HUB_ADDRESSES(X)
#undef X
};

int64_t yg_hub_now(const struct yg_hub *hub)
{
	return hub->clock.now_ns(hub->clock.arg);
}

bool yg_hub_path(const struct yg_hub *hub, const char *name, char to[YG_HUB_PATH_MAX])
{
	return yg_hub_join(hub->data, name, to);
}

/* ---- answers ---- */

static void fill_problem(struct yg_hub_call *call, const struct yg_wire_fault *fault,
			 const struct yg_wire_next *next)
{
	yg_buf_reset(&call->reply.body);
	call->reply.status = yg_wire_status(fault->refusal);
	call->reply.content_type = "application/problem+json";
	yg_wire_problem_write(&call->reply.body, fault, next);
}

void yg_hub_refuse_fault(struct yg_hub *hub, struct yg_hub_call *call,
			 const struct yg_wire_fault *fault, const struct yg_wire_next *next)
{
	fill_problem(call, fault, next);
	yg_hub_answer(hub, call);
}

void yg_hub_refuse(struct yg_hub *hub, struct yg_hub_call *call, enum yg_wire_refusal refusal,
		   const struct yg_wire_next *next)
{
	struct yg_wire_fault fault = {.refusal = refusal};

	yg_hub_refuse_fault(hub, call, &fault, next);
}

enum yg_wire_refusal yg_hub_refusal_of(int rc)
{
	return rc == YG_EAGAIN || rc == YG_ENOMEM   ? YG_WIRE_BUSY
	       : rc == YG_ENOSPC || rc == YG_ELIMIT ? YG_WIRE_FULL
						    : YG_WIRE_INTERNAL;
}

/* ---- calls ---- */

void yg_hub_serve(struct yg_hub *hub, struct yg_hub_call *call)
{
	const struct yg_cert_peer *peer = NULL;
	enum yg_wire_refusal refusal = YG_WIRE_OK;

	/* The front has asked before, but not for long: here it counts. */
	if (!yg_hub_addresses[call->address].is_open)
		refusal = yg_hub_peer(hub, call, &peer);
	if (refusal != YG_WIRE_OK)
		yg_hub_refuse(hub, call, refusal, NULL);
	else
		handlers[call->address](hub, call, peer);
}

/* ---- batches ---- */

/* The journal keeps these bytes as evidence; a person is told. */
static void say_conflict(const struct yg_cert_peer *peer, const struct yg_wire_batch *batch,
			 bool is_kept)
{
	yg_say_hint(N_("is the sensor's machine a copy of another one, or was it restored?"),
		    N_("sensor %s of %s sent another batch for epoch %llu, sequence %llu; %s"),
		    peer->sensor, peer->organisation, (unsigned long long)batch->epoch,
		    (unsigned long long)batch->sequence,
		    yg_say_tr(is_kept ? N_("the journal keeps it as evidence")
				      : N_("it was not kept again")));
}

/* @batch: what the hub countersigns; NULL: a drop record. */
static void answer_keep(struct yg_hub *hub, struct yg_hub_call *call, int rc,
			const struct yg_keep_answer *answer, const struct yg_wire_batch *batch,
			struct yg_wire_receipt *receipt)
{
	static const enum yg_wire_refusal refusals[] = {
		[YG_KEEP_CONFLICT] = YG_WIRE_CONFLICT,
		[YG_KEEP_PASSED] = YG_WIRE_PASSED,
		[YG_KEEP_GAP] = YG_WIRE_GAP,
	};
	struct yg_bytes to_sign = {0};
	char text[YG_LEDGER_SIGNED_MAX];

	if (rc != YG_OK) {
		yg_hub_refuse(hub, call, yg_hub_refusal_of(rc), NULL);
		return;
	}
	if (answer->result != YG_KEEP_NEW && answer->result != YG_KEEP_ALREADY) {
		yg_hub_refuse(hub, call, refusals[answer->result], &answer->next);
		return;
	}
	receipt->is_already = answer->result == YG_KEEP_ALREADY;
	receipt->next = answer->next.sequence;
	receipt->time_ns = yg_hub_now(hub);
	/* The sensor's ledger is worth more with it. */
	if (batch && yg_hub_lines_hold(hub->lines, batch, !receipt->is_already))
		to_sign = yg_ledger_signed(receipt, batch, text);
	yg_hub_wait_sync(hub, call, answer->position, receipt, to_sign);
}

/* The head is read here: whose batch it is, no other process has a say in. */
static void take_batch(struct yg_hub *hub, struct yg_hub_call *call,
		       const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	int rc = yg_wire_batch_read(call->body, &call->batch, &fault);

	if (rc == YG_OK && strcmp(call->batch.sensor, peer->sensor) != 0)
		rc = yg_wire_fault_set(&fault, YG_EACCES, YG_WIRE_OTHER_SENSOR, NULL, 0);
	if (rc == YG_OK)
		fault.refusal = yg_hub_consent(hub, peer->organisation);
	if (fault.refusal != YG_WIRE_OK)
		yg_hub_refuse_fault(hub, call, &fault, NULL);
	else
		yg_hub_work(hub, call);
}

void yg_hub_worked(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_wire_fault *fault)
{
	const struct yg_wire_batch *batch = &call->batch;
	struct yg_wire_receipt receipt = {.epoch = batch->epoch, .sequence = batch->sequence};
	struct yg_keep_answer answer;
	int rc;

	if (fault->refusal != YG_WIRE_OK) {
		yg_hub_refuse_fault(hub, call, fault, NULL);
		return;
	}
	rc = hub->keep->ops->accept(hub->keep, call->peer.organisation, batch, yg_hub_now(hub),
				    call->body, &answer);
	if (rc == YG_OK && answer.result == YG_KEEP_CONFLICT)
		say_conflict(&call->peer, batch, answer.position != 0);
	answer_keep(hub, call, rc, &answer, batch, &receipt);
}

static void take_drop(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_receipt receipt;
	struct yg_keep_answer answer;
	struct yg_wire_drop drop;
	int rc = yg_wire_drop_read(call->body, &drop, &fault);

	if (rc == YG_OK && strcmp(drop.sensor, peer->sensor) != 0)
		rc = yg_wire_fault_set(&fault, YG_EACCES, YG_WIRE_OTHER_SENSOR, NULL, 0);
	if (rc != YG_OK) {
		yg_hub_refuse_fault(hub, call, &fault, NULL);
		return;
	}
	rc = hub->keep->ops->drop(hub->keep, peer->organisation, &drop, yg_hub_now(hub), call->body,
				  &answer);
	receipt = (struct yg_wire_receipt){.epoch = drop.epoch, .sequence = drop.last};
	answer_keep(hub, call, rc, &answer, NULL, &receipt);
}

/* ---- heartbeats ---- */

/*
 * The last one of each sensor, for those who look (`yagura admin sensor list`). Not synced: after a
 * loss the next one is 30 seconds away.
 */
static void note_heartbeat(struct yg_hub *hub, const struct yg_cert_peer *peer,
			   const struct yg_wire_heartbeat *heartbeat)
{
	char name[YG_WIRE_ID_MAX + 32];
	char path[YG_HUB_PATH_MAX];
	char temporary[YG_HUB_PATH_MAX];
	char time[YG_ISO_SIZE];
	int64_t now = yg_hub_now(hub);
	int fd;

	(void)yg_time_iso(now, 0, time); /* returns its size */
	yg_buf_reset(&hub->text);
	yg_buf_addf(&hub->text,
		    "{\"organisation\":\"%s\",\"received\":\"%s\",\"clock_ahead_ms\":%lld,"
		    "\"heartbeat\":",
		    peer->organisation, time, (long long)((heartbeat->time_ns - now) / 1000000));
	yg_wire_heartbeat_write(heartbeat, &hub->text);
	yg_buf_add_str(&hub->text, "}\n");
	(void)snprintf(name, sizeof(name), "heartbeats/%s.json", peer->sensor); /* an id */
	if (yg_buf_error(&hub->text) || !yg_hub_path(hub, name, path))
		return;
	(void)snprintf(name, sizeof(name), "heartbeats/%s.new", peer->sensor); /* as above */
	if (!yg_hub_path(hub, name, temporary))
		return;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return; /* the next one may have more luck */
	if (yg_io_write(fd, yg_buf_bytes(&hub->text)) == YG_OK)
		(void)rename(temporary, path); /* as above */
	(void)close(fd);		       /* as above */
}

static void take_heartbeat(struct yg_hub *hub, struct yg_hub_call *call,
			   const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_heartbeat heartbeat;
	struct yg_wire_receipt receipt;
	enum yg_wire_refusal consent;
	int rc = yg_wire_heartbeat_read(call->body, &heartbeat, &fault);

	if (rc != YG_OK) {
		yg_hub_refuse_fault(hub, call, &fault, NULL);
		return;
	}
	if (strcmp(heartbeat.sensor, peer->sensor) != 0) {
		yg_hub_refuse(hub, call, YG_WIRE_OTHER_SENSOR, NULL);
	} else {
		if (heartbeat.time_ns == YG_TIME_NONE)
			heartbeat.time_ns = yg_hub_now(hub);
		note_heartbeat(hub, peer, &heartbeat);
		/* A register that cannot be read just now is no "no": a batch asks again. */
		consent = yg_hub_consent(hub, peer->organisation);
		receipt = (struct yg_wire_receipt){
			.epoch = heartbeat.epoch,
			.next = hub->keep->ops->next(hub->keep, peer->organisation, peer->sensor,
						     heartbeat.epoch),
			.time_ns = yg_hub_now(hub),
			.takes_none = consent == YG_WIRE_CONSENT || consent == YG_WIRE_CLOSED,
		};
		yg_wire_receipt_write(&receipt, &call->reply.body);
		yg_hub_answer(hub, call);
	}
	free(heartbeat.sources);
}

/* ---- downlink ---- */

static uint64_t number_of(struct yg_bytes query, const char *name, uint64_t otherwise)
{
	char mem[32];
	struct yg_bytes text;
	uint64_t number = otherwise;

	if (yg_query_get(query, name, mem, sizeof(mem), &text) && !yg_bytes_u64(text, &number))
		return UINT64_MAX;
	return number;
}

static void give_down(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer)
{
	uint64_t after = number_of(call->query, "after", 0);
	uint64_t wait_s = number_of(call->query, "wait", 0);
	struct yg_wire_fault fault = {.refusal = YG_WIRE_REQUEST, .at = YG_WIRE_NOWHERE};

	if (wait_s == UINT64_MAX)
		fault.msg = "`wait` must be a number of seconds";
	else if (after > YG_WIRE_NUMBER_MAX ||
		 yg_enrol_down_floor(hub->enrol, peer->sensor, after) == YG_EINVAL)
		fault.msg = "`after` must be an integer from 0";
	if (fault.msg)
		yg_hub_refuse_fault(hub, call, &fault, NULL);
	else
		yg_hub_wait_down(hub, call, after,
				 wait_s < YG_HUB_WAIT_S_MAX ? wait_s : YG_HUB_WAIT_S_MAX);
}

static void take_ack(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_down_ack ack;
	int rc = yg_wire_down_ack_read(call->body, &ack, &fault);

	if (rc == YG_OK && strcmp(ack.sensor, peer->sensor) != 0)
		rc = yg_wire_fault_set(&fault, YG_EACCES, YG_WIRE_OTHER_SENSOR, NULL, 0);
	if (rc == YG_OK) {
		rc = yg_enrol_down_answer(hub->enrol, peer->sensor, ack.number, ack.is_applied,
					  ack.detail);
		fault.refusal = rc == YG_ENOENT ? YG_WIRE_NOT_FOUND : yg_hub_refusal_of(rc);
	}
	if (rc != YG_OK) {
		yg_hub_refuse_fault(hub, call, &fault, NULL);
		return;
	}
	call->reply.status = 204;
	yg_hub_answer(hub, call);
}

/* ---- enrolment ---- */

static int answer_enrolled(struct yg_hub *hub, struct yg_hub_call *call,
			   const struct yg_cert_peer *peer, struct yg_bytes certificate)
{
	struct yg_wire_enrolled enrolled = {.certificate = certificate,
					    .ca = yg_bytes_str(hub->ca_pem)};

	memcpy(enrolled.sensor, peer->sensor, sizeof(enrolled.sensor));
	memcpy(enrolled.organisation, peer->organisation, sizeof(enrolled.organisation));
	memcpy(enrolled.key, hub->down_key, sizeof(enrolled.key));
	return yg_wire_enrolled_write(&enrolled, &call->reply.body);
}

/* The answer is made before the register changes: what was entered is told, or nothing was. */
static int enter(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_wire_enrol *wish,
		 struct yg_wire_fault *reterr)
{
	struct yg_enrol_token token;
	struct yg_enrol_sensor sensor = {0};
	struct yg_cert_peer peer = {0};
	struct yg_buf pem;
	int64_t now = yg_hub_now(hub);
	int rc = yg_enrol_token_look(hub->enrol, wish->token, &token);

	reterr->refusal = rc == YG_EACCES ? YG_WIRE_TOKEN : yg_hub_refusal_of(rc);
	if (rc != YG_OK)
		return rc;
	yg_random_id(now, peer.sensor);
	memcpy(peer.organisation, token.org, sizeof(token.org));
	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	rc = yg_signer_issue(&hub->signer, wish->csr, &peer, &pem);
	reterr->refusal = rc == YG_EFORMAT ? YG_WIRE_CSR : yg_hub_refusal_of(rc);
	if (rc == YG_OK)
		rc = answer_enrolled(hub, call, &peer, yg_buf_bytes(&pem));
	yg_buf_done(&pem);
	if (rc != YG_OK)
		return rc;
	memcpy(sensor.org, token.org, sizeof(sensor.org));
	memcpy(sensor.id, peer.sensor, sizeof(sensor.id));
	(void)snprintf(sensor.host, sizeof(sensor.host), "%s",
		       yg_say_safe(wish->host, YG_ENROL_NAME_MAX)); /* both have that limit */
	memcpy(sensor.fingerprint, peer.fingerprint, sizeof(sensor.fingerprint));
	sensor.until_ns = peer.until_ns;
	sensor.enrolled_ns = now;
	rc = yg_enrol_sensor_add(hub->enrol, &token, &sensor);
	reterr->refusal = rc == YG_EACCES ? YG_WIRE_TOKEN : yg_hub_refusal_of(rc);
	return rc;
}

static void enrol(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_enrol wish;
	int rc;

	(void)peer;
	rc = yg_wire_enrol_read(call->body, &hub->text, &wish, &fault);
	if (rc == YG_OK)
		rc = enter(hub, call, &wish, &fault);
	if (rc != YG_OK) {
		yg_hub_refuse_fault(hub, call, &fault, NULL);
		return;
	}
	call->reply.status = 201;
	yg_hub_answer(hub, call);
}

static void renew(struct yg_hub *hub, struct yg_hub_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_cert_peer fresh = *peer;
	struct yg_wire_enrol wish;
	struct yg_buf pem;
	int rc;

	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	rc = yg_wire_enrol_read(call->body, &hub->text, &wish, &fault);
	if (rc == YG_OK) {
		rc = yg_signer_issue(&hub->signer, wish.csr, &fresh, &pem);
		fault.refusal = rc == YG_EFORMAT ? YG_WIRE_CSR : yg_hub_refusal_of(rc);
	}
	if (rc == YG_OK) {
		rc = answer_enrolled(hub, call, &fresh, yg_buf_bytes(&pem));
		if (rc == YG_OK)
			rc = yg_enrol_sensor_renew(hub->enrol, fresh.organisation, fresh.sensor,
						   fresh.fingerprint, fresh.until_ns);
		fault.refusal = yg_hub_refusal_of(rc);
	}
	yg_buf_done(&pem);
	if (rc != YG_OK)
		yg_hub_refuse_fault(hub, call, &fault, NULL);
	else
		yg_hub_answer(hub, call);
}
