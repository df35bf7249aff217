/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "sensor/uplink.h"

#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "sensor/downlink-int.h"
#include "sensor/http.h"
#include "wire/cert.h"

#include "base/ban.h"

#define BATCH_TYPE    "application/vnd.yagura.batch"
#define RENEW_LOOK_NS (INT64_C(6) * 3600 * YG_NS_PER_S)
#define ANSWER_MAX    YG_WIRE_MESSAGE_MAX
#define TIDY_NS	      (INT64_C(600) * YG_NS_PER_S)

struct yg_uplink {
	struct yg_uplink_config config;
	pthread_t sender;
	pthread_t listener;
	bool has_sender;
	bool has_listener;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool is_woken;	     /* by lock */
	bool is_ending;	     /* by lock: send what waits, then end */
	int64_t end_mono_ns; /* by lock: but not longer than this */
	atomic_int stop;     /* now */
	struct yg_wire_range range;
	struct yg_wire_source *sources; /* by lock */
	uint32_t source_count;
	char detection[YG_WIRE_DETECTION_MAX + 1]; /* by lock */
	bool is_told; /* by lock: how the sources fare; a heartbeat without them says nothing */

	/* Of the sender alone. */
	struct yg_http *http;
	struct yg_buf body;
	struct yg_buf answer;
	unsigned failures;
	int64_t heartbeat_ns; /* the last one that arrived */
	int64_t tidied_ns;
	int cut_rc;	    /* of the last time, so that it is said once */
	int64_t renewal_ns; /* when it was looked at last */
	bool is_down;	    /* said */
	bool has_asked;	    /* a heartbeat was answered, whatever it said */
	bool takes_none;    /* the hub takes no records of this organisation now */
	bool is_foreign_said;
	enum yg_wire_refusal said;
};

/* ---- waiting ---- */

static int64_t mono_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * YG_NS_PER_S + now.tv_nsec;
}

static int64_t now_ns(const struct yg_uplink *u)
{
	return u->config.clock.now_ns(u->config.clock.arg);
}

/* Until woken or told to end, at most @wait_ms. */
static void rest(struct yg_uplink *u, unsigned wait_ms, bool until_woken)
{
	int64_t end = mono_ns() + (int64_t)wait_ms * 1000000;
	struct timespec until = {end / YG_NS_PER_S, end % YG_NS_PER_S};
	int rc = 0;

	(void)pthread_mutex_lock(&u->lock); /* ours, of the plain kind */
	while (rc == 0 && !(until_woken && u->is_woken) && !u->is_ending &&
	       atomic_load(&u->stop) == 0)
		rc = pthread_cond_timedwait(&u->woken, &u->lock, &until);
	u->is_woken = false;
	(void)pthread_mutex_unlock(&u->lock); /* as above */
}

/* Is it time to go? With something to send and time left, not yet. */
static bool is_over(struct yg_uplink *u, bool has_work)
{
	bool is;

	(void)pthread_mutex_lock(&u->lock); /* as above */
	is = atomic_load(&u->stop) != 0 ||
	     (u->is_ending && (!has_work || mono_ns() >= u->end_mono_ns));
	(void)pthread_mutex_unlock(&u->lock); /* as above */
	return is;
}

unsigned yg_uplink_backoff_ms(unsigned failures, uint32_t chance)
{
	unsigned wait_ms = YG_UPLINK_RETRY_MS_MIN;

	for (unsigned i = 1; i < failures && wait_ms < YG_UPLINK_RETRY_MS_MAX; i++)
		wait_ms *= 2;
	if (wait_ms > YG_UPLINK_RETRY_MS_MAX)
		wait_ms = YG_UPLINK_RETRY_MS_MAX;
	return wait_ms / 2 + chance % (wait_ms / 2 + 1);
}

static void say(struct yg_uplink *u, const char *what, const char *detail)
{
	u->config.say(u->config.arg, what, detail);
}

/* Nobody answered, or only that it is not the time. */
static void fail(struct yg_uplink *u, const char *why)
{
	uint32_t chance;

	yg_random((uint8_t *)&chance, sizeof(chance));
	u->failures++;
	if (!u->is_down && u->failures == 3)
		say(u, N_("the hub cannot be reached; what is collected waits in the spool"), why);
	u->is_down |= u->failures == 3;
	rest(u, yg_uplink_backoff_ms(u->failures, chance), false);
}

static void succeed(struct yg_uplink *u)
{
	if (u->is_down)
		say(u, N_("the hub is there again"), "");
	u->failures = 0;
	u->is_down = false;
	u->said = YG_WIRE_OK;
}

/* ---- answers ---- */

/* The hub does not want this sensor, or not with this certificate. */
static bool is_unwelcome(enum yg_wire_refusal refusal)
{
	return refusal == YG_WIRE_NO_CERTIFICATE || refusal == YG_WIRE_FOREIGN ||
	       refusal == YG_WIRE_EXPIRED || refusal == YG_WIRE_UNKNOWN ||
	       refusal == YG_WIRE_REVOKED || refusal == YG_WIRE_OTHER_SENSOR ||
	       refusal == YG_WIRE_CONSENT || refusal == YG_WIRE_CLOSED;
}

static void be_unwelcome(struct yg_uplink *u, enum yg_wire_refusal refusal)
{
	u->takes_none |= refusal == YG_WIRE_CONSENT || refusal == YG_WIRE_CLOSED;
	if (u->said != refusal)
		say(u, N_("the hub refuses this sensor; what is collected waits in the spool"),
		    yg_wire_title(refusal));
	u->said = refusal;
	rest(u, YG_UPLINK_REFUSED_MS, false);
}

/* @refusal of @item, with what the hub said about going on. */
static int obey(struct yg_uplink *u, const struct yg_spool_item *item, enum yg_wire_refusal refusal,
		const struct yg_wire_next *next)
{
	struct yg_spool *spool = u->config.spool;
	int64_t now = now_ns(u);
	int rc;

	if (refusal == YG_WIRE_GAP) {
		rc = yg_spool_rewind(spool, next->epoch, next->sequence, now);
		if (rc == YG_OK)
			say(u, N_("the hub lacks earlier batches; they are sent again"), "");
		return rc;
	}
	if (refusal == YG_WIRE_CONFLICT || refusal == YG_WIRE_PASSED) {
		rc = yg_spool_new_epoch(spool, next->epoch, now);
		if (rc == YG_OK)
			say(u,
			    N_("the hub has another batch in this place; a new epoch begins. Was "
			       "this machine copied or restored?"),
			    yg_wire_title(refusal));
		return rc;
	}
	yg_home_set_aside(u->config.home, item->number, yg_buf_bytes(&u->body));
	say(u, N_("the hub will never take a batch: it was set aside"), yg_wire_title(refusal));
	return yg_spool_give_up(spool, item, yg_wire_code(refusal), now);
}

static bool acknowledge(struct yg_uplink *u, const struct yg_spool_item *item,
			const struct yg_wire_receipt *receipt)
{
	bool is_foreign;
	int rc = yg_spool_ack_signed(u->config.spool, item, receipt, u->config.home->key, now_ns(u),
				     &is_foreign);

	if (is_foreign && !u->is_foreign_said)
		say(u,
		    N_("the hub countersigns with a key that is not the one of the enrolment; "
		       "ask its operator"),
		    "");
	u->is_foreign_said |= is_foreign;
	return rc == YG_OK;
}

/* The answer @status to @item. False: try again later. */
static bool take_answer(struct yg_uplink *u, const struct yg_spool_item *item, long status)
{
	enum yg_wire_refusal refusal = YG_WIRE_INTERNAL;
	struct yg_wire_receipt receipt;
	struct yg_wire_fault fault;
	struct yg_wire_next next = {0};

	if (status == 200 &&
	    yg_wire_receipt_read(yg_buf_bytes(&u->answer), &receipt, &fault) == YG_OK &&
	    receipt.epoch == item->epoch && receipt.sequence == item->sequence)
		return acknowledge(u, item, &receipt);
	if (status < 400 || status >= 500 || status == 429 ||
	    yg_wire_problem_read(yg_buf_bytes(&u->answer), &refusal, &next) != YG_OK)
		return false;
	if (is_unwelcome(refusal)) {
		be_unwelcome(u, refusal);
		return true;
	}
	if (refusal == YG_WIRE_INTERNAL || refusal == YG_WIRE_NOT_FOUND ||
	    refusal == YG_WIRE_METHOD)
		return false; /* this is no hub, or one of another time */
	return obey(u, item, refusal, &next) == YG_OK;
}

/* ---- sending ---- */

static void send_item(struct yg_uplink *u, const struct yg_spool_item *item)
{
	struct yg_http_call call = {
		.method = "POST",
		.path = item->kind == YG_SPOOL_DROP ? "/sensor/v1/drops" : "/sensor/v1/batches",
		.content_type = item->kind == YG_SPOOL_DROP ? NULL : BATCH_TYPE,
		.body = yg_buf_bytes(&u->body),
	};
	long status = 0;
	int rc = yg_http_call(u->http, &call, &status, &u->answer);

	if (rc == YG_OK && take_answer(u, item, status)) {
		if (u->said == YG_WIRE_OK)
			succeed(u);
	} else if (rc != YG_EEND) {
		fail(u, rc == YG_OK ? "" : yg_http_trouble(u->http));
	}
}

static void write_heartbeat(struct yg_uplink *u)
{
	struct yg_spool_state spool = yg_spool_state(u->config.spool);
	struct yg_wire_heartbeat heartbeat = {
		.time_ns = now_ns(u),
		.epoch = spool.epoch,
		.last = spool.last,
		.acked = spool.acked,
		.spool_bytes = spool.bytes,
		.spool_bytes_max = spool.bytes_max,
		.dropped = spool.dropped,
	};

	(void)yg_spool_ledger_head(u->config.spool, &heartbeat.ledger_entries,
				   heartbeat.ledger_head); /* 0 entries: there is none */
	if (u->config.policy)
		yg_sensor_policy_told(u->config.policy, heartbeat.policy);
	(void)snprintf(heartbeat.sensor, sizeof(heartbeat.sensor), "%s", u->config.home->sensor);
	(void)snprintf(heartbeat.version, sizeof(heartbeat.version), "%s", u->config.version);
	yg_buf_reset(&u->body);
	(void)pthread_mutex_lock(&u->lock); /* ours, of the plain kind */
	heartbeat.sources = u->sources;
	heartbeat.source_count = u->source_count;
	heartbeat.archive = u->range;
	memcpy(heartbeat.detection, u->detection, sizeof(heartbeat.detection));
	yg_wire_heartbeat_write(&heartbeat, &u->body);
	(void)pthread_mutex_unlock(&u->lock); /* as above */
}

static void send_heartbeat(struct yg_uplink *u)
{
	struct yg_http_call call = {.method = "POST", .path = "/sensor/v1/heartbeat"};
	struct yg_spool_state before = yg_spool_state(u->config.spool);
	enum yg_wire_refusal refusal;
	struct yg_wire_receipt receipt;
	struct yg_wire_fault fault;
	struct yg_wire_next next;
	long status = 0;
	int rc;

	write_heartbeat(u);
	call.body = yg_buf_bytes(&u->body);
	rc = yg_http_call(u->http, &call, &status, &u->answer);
	if (rc == YG_EEND)
		return;
	u->has_asked |= rc == YG_OK;
	if (rc != YG_OK || status != 200) {
		if (rc == YG_OK && status < 500 &&
		    yg_wire_problem_read(yg_buf_bytes(&u->answer), &refusal, &next) == YG_OK &&
		    is_unwelcome(refusal))
			be_unwelcome(u, refusal);
		else
			fail(u, rc == YG_OK ? "" : yg_http_trouble(u->http));
		return;
	}
	u->heartbeat_ns = now_ns(u);
	rc = yg_wire_receipt_read(yg_buf_bytes(&u->answer), &receipt, &fault);
	u->takes_none = rc == YG_OK && receipt.takes_none;
	if (u->takes_none) {
		be_unwelcome(u, u->said == YG_WIRE_CLOSED ? YG_WIRE_CLOSED : YG_WIRE_CONSENT);
		return;
	}
	succeed(u);
	/* The hub lacks what it had acknowledged: it was restored from an older copy. */
	if (rc == YG_OK && receipt.epoch == before.epoch && receipt.next <= before.acked &&
	    yg_spool_rewind(u->config.spool, receipt.epoch, receipt.next, now_ns(u)) == YG_OK)
		say(u, N_("the hub lacks earlier batches; they are sent again"), "");
}

/* ---- the certificate ---- */

static int renew(struct yg_uplink *u)
{
	struct yg_http_call call = {.method = "POST", .path = "/sensor/v1/renew"};
	struct yg_wire_enrolled enrolled;
	struct yg_wire_enrol wish = {.token = YG_S(""), .host = YG_S("")};
	struct yg_wire_fault fault;
	struct yg_buf key;
	struct yg_buf csr;
	struct yg_buf mem;
	long status = 0;
	int rc;

	yg_buf_init(&key, YG_CERT_PEM_MAX);
	yg_buf_init(&csr, YG_CERT_PEM_MAX);
	yg_buf_init(&mem, YG_WIRE_MESSAGE_MAX);
	rc = yg_cert_key_new(&key);
	if (rc == YG_OK)
		rc = yg_cert_request_new(yg_buf_bytes(&key), &csr);
	wish.csr = yg_buf_bytes(&csr);
	yg_buf_reset(&u->body);
	if (rc == YG_OK)
		rc = yg_wire_enrol_write(&wish, &u->body);
	call.body = yg_buf_bytes(&u->body);
	if (rc == YG_OK)
		rc = yg_http_call(u->http, &call, &status, &u->answer);
	if (rc == YG_OK && status != 200)
		rc = YG_EIO;
	if (rc == YG_OK)
		rc = yg_wire_enrolled_read(yg_buf_bytes(&u->answer), &mem, &enrolled, &fault);
	if (rc == YG_OK)
		rc = yg_home_write_identity(u->config.home, yg_buf_bytes(&key),
					    enrolled.certificate);
	if (rc == YG_OK)
		yg_http_reconnect(u->http);
	if (key.data)
		yg_wipe(key.data, key.size);
	yg_buf_done(&key);
	yg_buf_done(&csr);
	yg_buf_done(&mem);
	return rc;
}

/* When a third of its time is left. */
static void look_at_certificate(struct yg_uplink *u)
{
	int64_t now = now_ns(u);
	char path[YG_HOME_PATH_MAX];
	int64_t from_ns;
	int64_t until_ns;

	if (u->renewal_ns != 0 && now - u->renewal_ns < RENEW_LOOK_NS && now >= u->renewal_ns)
		return;
	u->renewal_ns = now;
	if (!yg_home_path(u->config.home, "identity.pem", path) ||
	    yg_downlink_cert_times(path, &from_ns, &until_ns) != YG_OK)
		return;
	if (until_ns - now < (until_ns - from_ns) / 3 && renew(u) != YG_OK)
		say(u, N_("the certificate could not be renewed; it is tried again"), "");
}

/* ---- threads ---- */

static bool is_heartbeat_due(struct yg_uplink *u)
{
	int64_t now = now_ns(u);
	bool is_told;

	(void)pthread_mutex_lock(&u->lock); /* ours, of the plain kind */
	is_told = u->is_told;
	(void)pthread_mutex_unlock(&u->lock); /* as above */
	if (!is_told)
		return false;
	return now - u->heartbeat_ns >= YG_UPLINK_HEARTBEAT_S * YG_NS_PER_S ||
	       now < u->heartbeat_ns;
}

/*
 * May a batch be sent? Without consent not one is, so a heartbeat asks first. What asking costs at
 * the start is a round trip: how the sources fare is told within a moment.
 */
static bool may_send(const struct yg_uplink *u)
{
	return u->has_asked && !u->takes_none;
}

static void cut_ledger(struct yg_uplink *u, int64_t now)
{
	uint64_t first;
	int rc = yg_spool_cut_ledger(u->config.spool, now, &first);

	if (first > 0)
		say(u, N_("the oldest entries of the ledger were cut, as --ledger says"), "");
	if (rc == YG_EFORMAT && rc != u->cut_rc)
		say(u,
		    N_("the ledger is longer than --ledger lets it be, but it is not whole: "
		       "nothing "
		       "of it is cut; `yagura-sensor ledger verify` says what is wrong"),
		    "");
	else if (rc != YG_OK && rc != u->cut_rc)
		say(u, N_("the ledger cannot be cut"), yg_err_text(rc));
	u->cut_rc = rc;
}

static void tidy(struct yg_uplink *u)
{
	int64_t now = now_ns(u);

	if (now - u->tidied_ns < TIDY_NS && now >= u->tidied_ns)
		return;
	u->tidied_ns = now;
	yg_spool_tidy(u->config.spool, now);
	cut_ledger(u, now);
}

static void *run_sender(void *arg)
{
	struct yg_uplink *u = arg;
	struct yg_spool_item item;

	for (;;) {
		int rc;

		if (is_heartbeat_due(u) && !is_over(u, true))
			send_heartbeat(u);
		rc = yg_spool_next(u->config.spool, u->config.home->sensor, now_ns(u), &item,
				   &u->body);
		/* At the end what waits is sent, unless there is nobody to take it. */
		if (is_over(u, rc == YG_OK && item.kind != YG_SPOOL_NOTHING && u->failures == 0 &&
				       u->said == YG_WIRE_OK && !u->takes_none)) {
			yg_spool_settle_receipt(u->config.spool, now_ns(u), true);
			return NULL;
		}
		if (rc != YG_OK) {
			fail(u, yg_err_text(rc));
		} else if (item.kind != YG_SPOOL_NOTHING && may_send(u)) {
			send_item(u, &item);
		} else {
			look_at_certificate(u);
			tidy(u);
			yg_spool_settle_receipt(u->config.spool, now_ns(u), false);
			rest(u, 1000, true);
		}
	}
}

static void *run_listener(void *arg)
{
	struct yg_uplink *u = arg;
	struct yg_downlink *down = yg_downlink_new(&u->config, &u->stop);
	unsigned failures = 0;

	while (down && !is_over(u, false)) {
		uint32_t chance;

		if (yg_downlink_turn(down) == YG_OK) {
			failures = 0;
			yg_uplink_wake(u); /* there may be something to send again */
			continue;
		}
		yg_random((uint8_t *)&chance, sizeof(chance));
		failures++;
		rest(u, yg_uplink_backoff_ms(failures < 4 ? 4 : failures, chance), false);
	}
	(void)yg_downlink_free(down);
	return NULL;
}

static int start_threads(struct yg_uplink *u)
{
	u->has_sender = pthread_create(&u->sender, NULL, run_sender, u) == 0;
	if (!u->has_sender)
		return YG_ENOMEM;
	u->has_listener = pthread_create(&u->listener, NULL, run_listener, u) == 0;
	return u->has_listener ? YG_OK : YG_ENOMEM;
}

static int init_lock(struct yg_uplink *u)
{
	pthread_condattr_t attributes;
	int rc = pthread_condattr_init(&attributes);

	if (rc != 0)
		return YG_ENOMEM;
	rc = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&u->woken, &attributes);
	(void)pthread_condattr_destroy(&attributes); /* ours */
	if (rc == 0 && pthread_mutex_init(&u->lock, NULL) != 0) {
		(void)pthread_cond_destroy(&u->woken); /* nobody waits */
		rc = ENOMEM;
	}
	return rc == 0 ? YG_OK : YG_ENOMEM;
}

int yg_uplink_start(const struct yg_uplink_config *config, struct yg_uplink **ret)
{
	struct yg_uplink *u = yg_calloc(1, sizeof(*u));
	char ca[YG_HOME_PATH_MAX];
	char identity[YG_HOME_PATH_MAX];
	int rc;

	if (!u)
		return YG_ENOMEM;
	u->config = *config;
	rc = init_lock(u);
	if (rc != YG_OK) {
		free(u);
		return rc;
	}
	yg_buf_init(&u->body, YG_WIRE_BATCH_MAX + YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&u->answer, ANSWER_MAX);
	u->sources = yg_calloc(YG_WIRE_SOURCES_MAX, sizeof(*u->sources));
	if (!yg_home_path(config->home, "ca.pem", ca) ||
	    !yg_home_path(config->home, "identity.pem", identity))
		rc = YG_ELIMIT;
	else
		u->http = yg_http_new(config->home->hub, ca, identity, &u->stop);
	if (rc == YG_OK && (!u->http || !u->sources))
		rc = YG_ENOMEM;
	if (rc == YG_OK)
		rc = start_threads(u);
	if (rc != YG_OK) {
		(void)yg_uplink_stop(u, 0);
		return rc;
	}
	*ret = u;
	return YG_OK;
}

struct yg_uplink *yg_uplink_stop(struct yg_uplink *uplink, unsigned grace_ms)
{
	struct yg_uplink *u = uplink;

	if (!u)
		return NULL;
	(void)pthread_mutex_lock(&u->lock); /* ours, of the plain kind */
	u->is_ending = true;
	u->end_mono_ns = mono_ns() + (int64_t)grace_ms * 1000000;
	(void)pthread_cond_broadcast(&u->woken);
	(void)pthread_mutex_unlock(&u->lock); /* as above */
	if (u->has_sender) {
		struct timespec until;

		(void)clock_gettime(CLOCK_REALTIME, &until); /* the clock of that call */
		until.tv_sec += grace_ms / 1000 + 1;
		if (pthread_timedjoin_np(u->sender, NULL, &until) != 0) {
			atomic_store(&u->stop, 1);	     /* out of a call that hangs */
			(void)pthread_join(u->sender, NULL); /* ours, joinable */
		}
	}
	atomic_store(&u->stop, 1);
	(void)pthread_cond_broadcast(&u->woken); /* cannot fail */
	if (u->has_listener)
		(void)pthread_join(u->listener, NULL); /* as above */
	(void)yg_http_free(u->http);
	yg_buf_done(&u->body);
	yg_buf_done(&u->answer);
	free(u->sources);
	(void)pthread_cond_destroy(&u->woken); /* nobody waits */
	(void)pthread_mutex_destroy(&u->lock); /* nobody holds it */
	free(u);
	return NULL;
}

void yg_uplink_wake(struct yg_uplink *uplink)
{
	(void)pthread_mutex_lock(&uplink->lock); /* ours, of the plain kind */
	uplink->is_woken = true;
	(void)pthread_cond_broadcast(&uplink->woken);
	(void)pthread_mutex_unlock(&uplink->lock); /* as above */
}

void yg_uplink_sources(struct yg_uplink *uplink, const struct yg_wire_source *sources,
		       uint32_t count)
{
	if (count > YG_WIRE_SOURCES_MAX)
		count = YG_WIRE_SOURCES_MAX;
	(void)pthread_mutex_lock(&uplink->lock); /* as above */
	memcpy(uplink->sources, sources, count * sizeof(*sources));
	uplink->source_count = count;
	if (!uplink->is_told) {
		uplink->is_told = true;
		uplink->is_woken = true;
		(void)pthread_cond_broadcast(&uplink->woken); /* cannot fail */
	}
	(void)pthread_mutex_unlock(&uplink->lock); /* as above */
}

void yg_uplink_range(struct yg_uplink *uplink, const struct yg_wire_range *range)
{
	(void)pthread_mutex_lock(&uplink->lock); /* ours, of the plain kind */
	uplink->range = *range;
	(void)pthread_mutex_unlock(&uplink->lock); /* as above */
}

void yg_uplink_detection(struct yg_uplink *uplink, const char told[YG_WIRE_DETECTION_MAX + 1])
{
	(void)pthread_mutex_lock(&uplink->lock); /* ours, of the plain kind */
	(void)snprintf(uplink->detection, sizeof(uplink->detection), "%s", told); /* measured */
	(void)pthread_mutex_unlock(&uplink->lock);				  /* as above */
}
