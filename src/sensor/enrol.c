/* SPDX-License-Identifier: Apache-2.0 */
/* `yagura-sensor enrol`: a key of our own, a certificate from the hub for a token. */
#define _GNU_SOURCE
#include <unistd.h>

#include "base/io.h"
#include "sensor/commands.h"
#include "sensor/home.h"
#include "sensor/http.h"
#include "sensor/spool.h"
#include "wire/cert.h"

#include "base/ban.h"

#define HOST_ROOM 256u

struct enrolment {
	const struct yg_sensor_options *options;
	struct yg_home home;
	struct yg_buf key;
	struct yg_buf csr;
	struct yg_buf body;
	struct yg_buf answer;
	struct yg_buf mem;
	char token[YG_WIRE_TOKEN_MAX + 2];
};

static bool read_token(struct enrolment *e)
{
	struct yg_bytes token;

	if (strcmp(e->options->token, "-") != 0) {
		(void)snprintf(e->token, sizeof(e->token), "%s", e->options->token); /* cut: bad */
		return true;
	}
	if (!fgets(e->token, sizeof(e->token), stdin)) {
		yg_sensor_say(N_("no token on standard input"));
		return false;
	}
	token = yg_bytes_trim(yg_bytes_str(e->token));
	memmove(e->token, token.data, token.size);
	e->token[token.size] = '\0';
	return true;
}

/* "https://host:port", without a slash at its end. */
static bool read_hub(struct enrolment *e)
{
	struct yg_bytes hub = yg_bytes_str(e->options->hub);
	struct yg_bytes host;

	while (hub.size > 0 && hub.data[hub.size - 1] == '/')
		hub.size--;
	host = yg_bytes_from(hub, 8);
	if (hub.size > YG_HOME_URL_MAX || !yg_bytes_starts(hub, YG_S("https://")) ||
	    host.size == 0 || yg_bytes_chr(host, '/') != SIZE_MAX) {
		yg_sensor_hint(N_("it stands in the hub's ready line as \"sensors\": "
				  "https://HOST:PORT"),
			       N_("--hub %s: this is no address of a hub"), e->options->hub);
		return false;
	}
	memcpy(e->home.hub, hub.data, hub.size);
	e->home.hub[hub.size] = '\0';
	return true;
}

static int write_wish(struct enrolment *e)
{
	char host[HOST_ROOM] = "";
	struct yg_wire_enrol wish = {.token = yg_bytes_str(e->token)};
	int rc = yg_cert_key_new(&e->key);

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0'; /* for people only */
	if (rc == YG_OK)
		rc = yg_cert_request_new(yg_buf_bytes(&e->key), &e->csr);
	wish.csr = yg_buf_bytes(&e->csr);
	wish.host = yg_bytes_str(host);
	return rc == YG_OK ? yg_wire_enrol_write(&wish, &e->body) : rc;
}

static int say_refusal(struct enrolment *e, long status)
{
	enum yg_wire_refusal refusal = YG_WIRE_INTERNAL;
	struct yg_wire_next next;

	if (yg_wire_problem_read(yg_buf_bytes(&e->answer), &refusal, &next) != YG_OK)
		yg_sensor_say(N_("%s answered as no hub does (status %ld)"), e->home.hub, status);
	else if (refusal == YG_WIRE_TOKEN)
		yg_sensor_hint(N_("a token works once and for a limited time: ask the operator of "
				  "the hub for a new one"),
			       N_("the hub does not take this token"));
	else
		yg_sensor_say(N_("the hub refused: %s"), yg_sensor_tr(yg_wire_title(refusal)));
	return 1;
}

/* Ask the hub. The exit status; 0: e->answer holds what it said. */
static int ask(struct enrolment *e)
{
	struct yg_http_call call = {.method = "POST", .path = "/sensor/v1/enrol"};
	struct yg_http *http = yg_http_new(e->home.hub, e->options->ca, NULL, NULL);
	long status = 0;
	int rc;

	if (!http)
		return 2;
	call.body = yg_buf_bytes(&e->body);
	rc = yg_http_call(http, &call, &status, &e->answer);
	if (rc != YG_OK)
		yg_sensor_hint(N_("is the hub running, the address right, and --ca the file that "
				  "this hub's ready line names?"),
			       N_("%s: no answer: %s"), e->home.hub, yg_http_trouble(http));
	(void)yg_http_free(http);
	if (rc != YG_OK)
		return 1;
	return status == 201 ? 0 : say_refusal(e, status);
}

/* What a former sensor of this folder left in the spool belongs to the new one, in a new epoch. */
static int take_over_spool(const struct enrolment *e)
{
	struct yg_spool *spool;
	const char *reason;
	char path[YG_HOME_PATH_MAX];
	int rc;

	if (!yg_home_path(&e->home, "spool", path))
		return YG_ELIMIT;
	if (access(path, F_OK) != 0)
		return YG_OK;
	rc = yg_spool_open(path, YG_SPOOL_BYTES_DEFAULT, &spool, &reason);
	if (rc != YG_OK)
		return rc;
	rc = yg_spool_new_epoch(spool, yg_spool_state(spool).epoch + 1,
				yg_clock_system().now_ns(NULL));
	(void)yg_spool_free(spool);
	return rc;
}

static int keep(struct enrolment *e)
{
	struct yg_wire_enrolled enrolled;
	struct yg_wire_fault fault;
	int rc = yg_wire_enrolled_read(yg_buf_bytes(&e->answer), &e->mem, &enrolled, &fault);

	if (rc != YG_OK) {
		yg_sensor_say(N_("%s answered as no hub does (status %ld)"), e->home.hub, 201L);
		return 1;
	}
	memcpy(e->home.sensor, enrolled.sensor, sizeof(e->home.sensor));
	memcpy(e->home.organisation, enrolled.organisation, sizeof(e->home.organisation));
	memcpy(e->home.key, enrolled.key, sizeof(e->home.key));
	rc = take_over_spool(e);
	if (rc == YG_OK)
		rc = yg_home_write_identity(&e->home, yg_buf_bytes(&e->key), enrolled.certificate);
	if (rc == YG_OK)
		rc = yg_home_write_downlink(&e->home, 0);
	if (rc == YG_OK)
		rc = yg_home_write(&e->home, enrolled.ca);
	if (rc != YG_OK) {
		yg_sensor_say("%s: %s", e->options->state, yg_sensor_tr(yg_err_text(rc)));
		return 2;
	}
	printf("%s/%s\n", e->home.organisation, e->home.sensor);
	return 0;
}

static int prepare(struct enrolment *e)
{
	const char *folder = e->options->state;
	char path[YG_HOME_PATH_MAX];
	int rc = yg_home_make(&e->home, folder);

	if (rc == YG_OK && yg_home_path(&e->home, "sensor.json", path) && access(path, F_OK) == 0 &&
	    !e->options->is_again) {
		yg_sensor_hint(N_("to give it another identity, use --again with a new token"),
			       N_("%s: this sensor is enrolled already"), folder);
		return 1;
	}
	if (rc == YG_OK && access(e->options->ca, R_OK) != 0) {
		rc = yg_err_from_errno(errno);
		folder = e->options->ca;
	}
	if (rc == YG_OK)
		rc = yg_http_start();
	if (rc != YG_OK) {
		yg_sensor_say("%s: %s", folder, yg_sensor_tr(yg_err_text(rc)));
		return 2;
	}
	if (!read_hub(e) || !read_token(e))
		return 2;
	rc = write_wish(e);
	if (rc != YG_OK)
		yg_sensor_say("%s", yg_sensor_tr(yg_err_text(rc)));
	return rc == YG_OK ? 0 : 2;
}

int yg_sensor_enrol(const struct yg_sensor_options *options)
{
	struct enrolment e = {.options = options};
	int status;

	yg_buf_init(&e.key, YG_CERT_PEM_MAX);
	yg_buf_init(&e.csr, YG_CERT_PEM_MAX);
	yg_buf_init(&e.body, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&e.answer, YG_WIRE_MESSAGE_MAX);
	yg_buf_init(&e.mem, YG_WIRE_MESSAGE_MAX);
	status = prepare(&e);
	if (status == 0)
		status = ask(&e);
	if (status == 0)
		status = keep(&e);
	if (e.key.data)
		yg_wipe(e.key.data, e.key.size);
	yg_wipe(e.token, sizeof(e.token));
	yg_buf_done(&e.key);
	yg_buf_done(&e.csr);
	yg_buf_done(&e.body);
	yg_buf_done(&e.answer);
	yg_buf_done(&e.mem);
	return status;
}
