/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "sensor/downlink-int.h"

#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "sensor/http.h"
#include "sensor/offer.h"
#include "sensor/uplink.h"
#include "wire/cert.h"

#include "base/ban.h"

struct yg_downlink {
	const struct yg_home *home;
	struct yg_spool *spool;
	struct yg_clock clock;
	struct yg_sensor_policy *policy; /* NULL: wishes are not taken */
	struct yg_http *http;
	uint64_t last;	/* number of the last message that was done */
	uint64_t after; /* where to ask from: one before it while the answer may be lost */
	struct yg_buf body;
	struct yg_buf answer; /* the messages */
	struct yg_buf reply;  /* to an acknowledgement */
	char detail[YG_WIRE_WORDS_MAX + 1];
};

struct yg_downlink *yg_downlink_new(const struct yg_uplink_config *config, const atomic_int *stop)
{
	const struct yg_home *home = config->home;
	struct yg_downlink *down = yg_calloc(1, sizeof(*down));
	char ca[YG_HOME_PATH_MAX];
	char identity[YG_HOME_PATH_MAX];

	if (!down)
		return NULL;
	*down = (struct yg_downlink){.home = home,
				     .spool = config->spool,
				     .clock = config->clock,
				     .policy = config->policy};
	yg_buf_init(&down->body, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&down->answer, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&down->reply, YG_WIRE_MESSAGE_MAX);
	down->last = yg_home_downlink(home);
	down->after = down->last > 0 ? down->last - 1 : 0;
	if (yg_home_path(home, "ca.pem", ca) && yg_home_path(home, "identity.pem", identity))
		down->http = yg_http_new(home->hub, ca, identity, stop);
	return down->http ? down : yg_downlink_free(down);
}

struct yg_downlink *yg_downlink_free(struct yg_downlink *down)
{
	if (!down)
		return NULL;
	(void)yg_http_free(down->http);
	yg_buf_done(&down->body);
	yg_buf_done(&down->answer);
	yg_buf_done(&down->reply);
	free(down);
	return NULL;
}

/* ---- what is asked ---- */

static int resend(struct yg_downlink *down, const json_t *body, const char **ret_why)
{
	int64_t epoch = yg_json_int(body, "epoch", 0);
	int64_t from = yg_json_int(body, "from", 0);
	int rc;

	if (epoch <= 0 || from <= 0) {
		*ret_why = "epoch and from must be numbers from 1";
		return YG_EINVAL;
	}
	rc = yg_spool_rewind(down->spool, (uint64_t)epoch, (uint64_t)from,
			     down->clock.now_ns(down->clock.arg));
	if (rc == YG_ENOENT)
		*ret_why = "no such batch";
	return rc;
}

static int obey(struct yg_downlink *down, const struct yg_wire_down *message, const char **ret_why)
{
	struct yg_fault fault;
	json_t *body = NULL;
	int rc = yg_json_load(message->body, YG_WIRE_PAYLOAD_MAX, &body, &fault);

	*ret_why = rc == YG_OK ? "" : "body cannot be read";
	if (rc != YG_OK)
		return rc;
	if (strcmp(message->kind, "resend") == 0) {
		rc = resend(down, body, ret_why);
	} else if (strcmp(message->kind, "policy") == 0 && down->policy) {
		/* Also when it is done: what of it was refused. */
		rc = yg_sensor_policy_wish(down->policy, message->body, down->detail);
		*ret_why = down->detail;
	} else if (strcmp(message->kind, "detect") == 0 && down->policy) {
		rc = yg_offer_take(down->home, yg_sensor_policy_detect(down->policy), body,
				   ret_why);
	} else if (strcmp(message->kind, "ping") != 0) {
		/* Warnings have their place here. */
		*ret_why = "unknown kind";
		rc = YG_EUNSUPPORTED;
	}
	json_decref(body);
	return rc;
}

static int answer(struct yg_downlink *down, uint64_t number, int rc, const char *why)
{
	struct yg_wire_down_ack ack = {.number = number, .is_applied = rc == YG_OK};
	struct yg_http_call call = {.method = "POST", .path = "/sensor/v1/downlink/acks"};
	long status = 0;

	(void)snprintf(ack.sensor, sizeof(ack.sensor), "%s", down->home->sensor); /* an id */
	(void)snprintf(ack.detail, sizeof(ack.detail), "%s",
		       why[0] || rc == YG_OK ? why : yg_err_text(rc)); /* short */
	yg_buf_reset(&down->body);
	yg_wire_down_ack_write(&ack, &down->body);
	call.body = yg_buf_bytes(&down->body);
	rc = yg_http_call(down->http, &call, &status, &down->reply);
	if (rc != YG_OK)
		return rc;
	return status == 204 ? YG_OK : YG_EIO;
}

static int take(void *arg, const struct yg_wire_down *message)
{
	struct yg_downlink *down = arg;
	const char *why = "";
	int rc;

	if (message->number <= down->last) /* done before; only the answer got lost */
		return answer(down, message->number, YG_OK, why);
	/* Numbers that were skipped were answered by another life of this sensor, or never meant
	 * for it; none that is signed is taken twice. */
	rc = obey(down, message, &why);
	if (rc == YG_ENOMEM)
		return rc;
	if (yg_home_write_downlink(down->home, message->number) != YG_OK)
		return YG_EIO;
	down->last = message->number;
	return answer(down, message->number, rc, why);
}

int yg_downlink_turn(struct yg_downlink *down)
{
	struct yg_http_call call = {.method = "GET", .timeout_s = YG_UPLINK_WAIT_S + 20};
	struct yg_wire_fault fault;
	char path[96];
	long status = 0;
	int rc;

	(void)snprintf(path, sizeof(path), "/sensor/v1/downlink?after=%llu&wait=%u",
		       (unsigned long long)down->after, YG_UPLINK_WAIT_S); /* measured */
	call.path = path;
	rc = yg_http_call(down->http, &call, &status, &down->answer);
	if (rc != YG_OK)
		return rc;
	if (status != 200)
		return YG_EIO;
	rc = yg_wire_down_read(yg_buf_bytes(&down->answer), down->home->sensor, down->home->key,
			       take, down, &fault);
	down->after = rc == YG_OK ? down->last : down->last > 0 ? down->last - 1 : 0;
	return rc;
}

/* ---- the certificate ---- */

int yg_downlink_cert_times(const char *path, int64_t *ret_from_ns, int64_t *ret_until_ns)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc = yg_io_read_file(path, 4 * YG_CERT_PEM_MAX, &bytes, &size);

	if (rc == YG_OK) {
		rc = yg_cert_times((struct yg_bytes){bytes, size}, ret_from_ns, ret_until_ns);
		yg_wipe(bytes, size);
	}
	free(bytes);
	return rc;
}
