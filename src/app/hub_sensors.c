/* SPDX-License-Identifier: Apache-2.0 */
/* What each address of docs/protocol.md does. */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hub-int.h"
#include "app/say.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/io.h"
#include "wire/message.h"

#include "base/ban.h"

#define OTHER_FDS 128u /* files, pages, what libraries open */

/* What is known of a connection's certificate, which cannot change while it lasts. */
struct memo {
	bool is_checked;
	int rc;
	struct yg_cert_peer peer;
};
static_assert(sizeof(struct memo) <= YG_TLS_MEMO_BYTES, "the listener's memo is too small");

typedef void handler(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer);
static handler take_batch, take_drop, take_heartbeat, give_down, take_ack, renew, enrol;

static const struct {
	const char *method;
	const char *path;
	size_t body_max;
	bool is_open; /* to those without a certificate */
	handler *handle;
} addresses[] = {
	{"POST", "/sensor/v1/batches", YG_WIRE_BATCH_MAX, false, take_batch},
	{"POST", "/sensor/v1/drops", 4096, false, take_drop},
	{"POST", "/sensor/v1/heartbeat", YG_WIRE_MESSAGE_MAX, false, take_heartbeat},
	{"GET", "/sensor/v1/downlink", 0, false, give_down},
	{"POST", "/sensor/v1/downlink/acks", 4096, false, take_ack},
	{"POST", "/sensor/v1/renew", 2 * YG_WIRE_PEM_MAX, false, renew},
	{"POST", "/sensor/v1/enrol", 2 * YG_WIRE_PEM_MAX, true, enrol},
};
#define ADDRESS_COUNT (sizeof(addresses) / sizeof(addresses[0]))

int64_t yg_hub_now(const struct yg_hub *hub)
{
	return hub->clock.now_ns(hub->clock.arg);
}

bool yg_hub_path(const struct yg_hub *hub, const char *name, char to[YG_HUB_PATH_MAX])
{
	int size = snprintf(to, YG_HUB_PATH_MAX, "%s/%s", hub->data, name);

	return size > 0 && (unsigned)size < YG_HUB_PATH_MAX;
}

/* ---- answers ---- */

static void fill_problem(struct yg_tls_call *call, const struct yg_wire_fault *fault,
			 const struct yg_wire_next *next)
{
	yg_buf_reset(&call->reply.body);
	call->reply.status = yg_wire_status(fault->refusal);
	call->reply.content_type = "application/problem+json";
	yg_wire_problem_write(&call->reply.body, fault, next);
}

static void refuse_fault(struct yg_hub *hub, struct yg_tls_call *call,
			 const struct yg_wire_fault *fault, const struct yg_wire_next *next)
{
	fill_problem(call, fault, next);
	yg_tls_answer(hub->tls, call);
}

void yg_hub_refuse(struct yg_hub *hub, struct yg_tls_call *call, enum yg_wire_refusal refusal,
		   const struct yg_wire_next *next)
{
	struct yg_wire_fault fault = {.refusal = refusal};

	refuse_fault(hub, call, &fault, next);
}

enum yg_wire_refusal yg_hub_refusal_of(int rc)
{
	return rc == YG_EAGAIN || rc == YG_ENOMEM   ? YG_WIRE_BUSY
	       : rc == YG_ENOSPC || rc == YG_ELIMIT ? YG_WIRE_FULL
						    : YG_WIRE_INTERNAL;
}

/* ---- who calls ---- */

enum yg_wire_refusal yg_hub_peer(struct yg_hub *hub, struct yg_tls_call *call,
				 const struct yg_cert_peer **ret)
{
	struct memo *memo = call->memo;
	struct yg_enrol_sensor sensor;
	int rc;

	if (call->certificate.size == 0)
		return YG_WIRE_NO_CERTIFICATE;
	if (!memo->is_checked) {
		memo->rc = yg_cert_check(hub->ca.ca, call->certificate, &memo->peer);
		memo->is_checked = memo->rc != YG_ENOMEM;
	}
	if (memo->rc != YG_OK)
		return memo->rc == YG_ENOMEM ? YG_WIRE_BUSY : YG_WIRE_FOREIGN;
	if (!yg_cert_is_in_time(&memo->peer, yg_hub_now(hub)))
		return YG_WIRE_EXPIRED;
	rc = yg_enrol_sensor_look(hub->enrol, memo->peer.organisation, memo->peer.sensor, &sensor);
	if (rc != YG_OK)
		return rc == YG_ENOENT ? YG_WIRE_UNKNOWN : yg_hub_refusal_of(rc);
	if (sensor.is_revoked)
		return YG_WIRE_REVOKED;
	*ret = &memo->peer;
	if (memcmp(sensor.fingerprint, memo->peer.fingerprint, sizeof(sensor.fingerprint)) == 0)
		return YG_WIRE_OK;
	if (!sensor.has_next ||
	    memcmp(sensor.next, memo->peer.fingerprint, sizeof(sensor.next)) != 0)
		return YG_WIRE_UNKNOWN; /* an older certificate of it */
	/* The renewed one has arrived where it should. */
	rc = yg_enrol_sensor_promote(hub->enrol, sensor.org, sensor.id);
	return rc == YG_OK ? YG_WIRE_OK : yg_hub_refusal_of(rc);
}

/* The row for @call; ADDRESS_COUNT and *ret_refusal when there is none. */
static size_t address_of(const struct yg_tls_call *call, enum yg_wire_refusal *ret_refusal)
{
	*ret_refusal = YG_WIRE_NOT_FOUND;
	for (size_t i = 0; i < ADDRESS_COUNT; i++) {
		if (!yg_bytes_eq(call->path, yg_bytes_str(addresses[i].path)))
			continue;
		if (yg_bytes_eq(call->method, yg_bytes_str(addresses[i].method)))
			return i;
		*ret_refusal = YG_WIRE_METHOD;
	}
	return ADDRESS_COUNT;
}

static bool admit(void *arg, struct yg_tls_call *call)
{
	struct yg_hub *hub = arg;
	struct yg_wire_fault fault = {0};
	const struct yg_cert_peer *peer;
	size_t i = address_of(call, &fault.refusal);

	if (i < ADDRESS_COUNT) {
		fault.refusal = addresses[i].is_open ? YG_WIRE_OK : yg_hub_peer(hub, call, &peer);
		call->body_max = addresses[i].body_max;
	}
	if (fault.refusal == YG_WIRE_OK)
		return true;
	fill_problem(call, &fault, NULL);
	return false;
}

static void serve(void *arg, struct yg_tls_call *call)
{
	struct yg_hub *hub = arg;
	const struct yg_cert_peer *peer = NULL;
	enum yg_wire_refusal refusal;
	size_t i = address_of(call, &refusal); /* admitted: there is one */

	/* Again: a body may take its time, and much can happen meanwhile. */
	refusal = addresses[i].is_open ? YG_WIRE_OK : yg_hub_peer(hub, call, &peer);
	if (refusal != YG_WIRE_OK)
		yg_hub_refuse(hub, call, refusal, NULL);
	else
		addresses[i].handle(hub, call, peer);
}

static void refuse(void *arg, struct yg_tls_call *call, int error)
{
	struct yg_wire_fault fault = {.refusal = error == YG_ELIMIT ? YG_WIRE_TOO_LARGE
								    : YG_WIRE_BUSY};

	(void)arg;
	fill_problem(call, &fault, NULL);
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

static void answer_keep(struct yg_hub *hub, struct yg_tls_call *call, int rc,
			const struct yg_keep_answer *answer, struct yg_wire_receipt *receipt)
{
	static const enum yg_wire_refusal refusals[] = {
		[YG_KEEP_CONFLICT] = YG_WIRE_CONFLICT,
		[YG_KEEP_PASSED] = YG_WIRE_PASSED,
		[YG_KEEP_GAP] = YG_WIRE_GAP,
	};

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
	yg_hub_wait_sync(hub, call, answer->position, receipt);
}

static void take_batch(struct yg_hub *hub, struct yg_tls_call *call,
		       const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_batch batch;
	struct yg_wire_receipt receipt;
	struct yg_keep_answer answer;
	int rc = yg_wire_batch_read(call->body, &batch, &fault);

	if (rc == YG_OK && strcmp(batch.sensor, peer->sensor) != 0)
		rc = yg_wire_fault_set(&fault, YG_EACCES, YG_WIRE_OTHER_SENSOR, NULL, 0);
	yg_buf_reset(&hub->content);
	if (rc == YG_OK)
		rc = yg_wire_batch_unpack(&batch, &hub->content, &fault);
	if (rc != YG_OK) {
		refuse_fault(hub, call, &fault, NULL);
		return;
	}
	rc = hub->keep->ops->accept(hub->keep, peer->organisation, &batch, yg_hub_now(hub),
				    call->body, &answer);
	if (rc == YG_OK && answer.result == YG_KEEP_CONFLICT)
		say_conflict(peer, &batch, answer.position != 0);
	receipt = (struct yg_wire_receipt){.epoch = batch.epoch, .sequence = batch.sequence};
	answer_keep(hub, call, rc, &answer, &receipt);
}

static void take_drop(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_receipt receipt;
	struct yg_keep_answer answer;
	struct yg_wire_drop drop;
	int rc = yg_wire_drop_read(call->body, &drop, &fault);

	if (rc == YG_OK && strcmp(drop.sensor, peer->sensor) != 0)
		rc = yg_wire_fault_set(&fault, YG_EACCES, YG_WIRE_OTHER_SENSOR, NULL, 0);
	if (rc != YG_OK) {
		refuse_fault(hub, call, &fault, NULL);
		return;
	}
	rc = hub->keep->ops->drop(hub->keep, peer->organisation, &drop, yg_hub_now(hub), call->body,
				  &answer);
	receipt = (struct yg_wire_receipt){.epoch = drop.epoch, .sequence = drop.last};
	answer_keep(hub, call, rc, &answer, &receipt);
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

static void take_heartbeat(struct yg_hub *hub, struct yg_tls_call *call,
			   const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_heartbeat heartbeat;
	struct yg_wire_receipt receipt;
	int rc = yg_wire_heartbeat_read(call->body, &heartbeat, &fault);

	if (rc != YG_OK) {
		refuse_fault(hub, call, &fault, NULL);
		return;
	}
	if (strcmp(heartbeat.sensor, peer->sensor) != 0) {
		yg_hub_refuse(hub, call, YG_WIRE_OTHER_SENSOR, NULL);
	} else {
		if (heartbeat.time_ns == YG_TIME_NONE)
			heartbeat.time_ns = yg_hub_now(hub);
		note_heartbeat(hub, peer, &heartbeat);
		receipt = (struct yg_wire_receipt){
			.epoch = heartbeat.epoch,
			.next = hub->keep->ops->next(hub->keep, peer->organisation, peer->sensor,
						     heartbeat.epoch),
			.time_ns = yg_hub_now(hub),
		};
		yg_wire_receipt_write(&receipt, &call->reply.body);
		yg_tls_answer(hub->tls, call);
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

static void give_down(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer)
{
	uint64_t after = number_of(call->query, "after", 0);
	uint64_t wait_s = number_of(call->query, "wait", 0);

	if (after > YG_WIRE_NUMBER_MAX || wait_s == UINT64_MAX ||
	    yg_enrol_down_floor(hub->enrol, peer->sensor, after) == YG_EINVAL)
		yg_hub_refuse(hub, call, YG_WIRE_REQUEST, NULL);
	else
		yg_hub_wait_down(hub, call, after,
				 wait_s < YG_HUB_WAIT_S_MAX ? wait_s : YG_HUB_WAIT_S_MAX);
}

static void take_ack(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer)
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
		refuse_fault(hub, call, &fault, NULL);
		return;
	}
	call->reply.status = 204;
	yg_tls_answer(hub->tls, call);
}

/* ---- enrolment ---- */

static int answer_enrolled(struct yg_hub *hub, struct yg_tls_call *call,
			   const struct yg_cert_peer *peer, struct yg_bytes certificate)
{
	struct yg_wire_enrolled enrolled = {.certificate = certificate,
					    .ca = yg_bytes_str(hub->ca.pem)};

	memcpy(enrolled.sensor, peer->sensor, sizeof(enrolled.sensor));
	memcpy(enrolled.organisation, peer->organisation, sizeof(enrolled.organisation));
	yg_sign_public(hub->ca.seed, enrolled.key);
	return yg_wire_enrolled_write(&enrolled, &call->reply.body);
}

/* The answer is made before the register changes: what was entered is told, or nothing was. */
static int enter(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_wire_enrol *wish,
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
	rc = yg_cert_issue_sensor(hub->ca.ca, wish->csr, now, &peer, &pem);
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

static void enrol(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_wire_enrol wish;
	int rc;

	(void)peer;
	rc = yg_wire_enrol_read(call->body, &hub->text, &wish, &fault);
	if (rc == YG_OK)
		rc = enter(hub, call, &wish, &fault);
	if (rc != YG_OK) {
		refuse_fault(hub, call, &fault, NULL);
		return;
	}
	call->reply.status = 201;
	yg_tls_answer(hub->tls, call);
}

static void renew(struct yg_hub *hub, struct yg_tls_call *call, const struct yg_cert_peer *peer)
{
	struct yg_wire_fault fault = {0};
	struct yg_cert_peer fresh = *peer;
	struct yg_wire_enrol wish;
	struct yg_buf pem;
	int rc;

	yg_buf_init(&pem, YG_CERT_PEM_MAX);
	rc = yg_wire_enrol_read(call->body, &hub->text, &wish, &fault);
	if (rc == YG_OK) {
		rc = yg_cert_issue_sensor(hub->ca.ca, wish.csr, yg_hub_now(hub), &fresh, &pem);
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
		refuse_fault(hub, call, &fault, NULL);
	else
		yg_tls_answer(hub->tls, call);
}

/* ---- the listener ---- */

/* What the system lets this process have open, without what it needs besides. */
static unsigned connections_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur > YG_TLS_CONNECTIONS_MAX + OTHER_FDS)
		return YG_TLS_CONNECTIONS_MAX;
	return limit.rlim_cur > 2 * OTHER_FDS ? (unsigned)limit.rlim_cur - OTHER_FDS : OTHER_FDS;
}

int yg_hub_listen(struct yg_hub *hub, const struct yg_net_place *place)
{
	struct yg_tls_config config = {
		.place = *place,
		.connections_max = connections_max(),
		.key = hub->ca.server_key,
		.certificate = hub->ca.server_pem,
		.authorities = hub->ca.pem,
		.clock = yg_clock_steady(), /* a slow client is one whatever the clock says */
		.admit = admit,
		.serve = serve,
		.refuse = refuse,
		.arg = hub,
	};

	return yg_tls_open(&config, &hub->tls);
}
