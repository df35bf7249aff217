/* SPDX-License-Identifier: Apache-2.0 */
/* Signed messages from the hub, and their acknowledgements. */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "base/alloc.h"
#include "wire/fields-int.h"
#include "wire/message.h"

#include "base/ban.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))
#define CONTEXT	      YG_WIRE_DOWN_CONTEXT

static const struct yg_wire_field answer_fields[] = {
	{"messages", YG_WIRE_KIND_LIST, YG_WIRE_DOWN_MAX, false,
	 "`messages` must be a list of at most 64"},
};

static const struct yg_wire_field envelope_fields[] = {
	{"payload", YG_WIRE_KIND_TEXT, 4 * YG_WIRE_PAYLOAD_MAX / 3 + 4, false,
	 "`payload` must be base64"},
	{"signature", YG_WIRE_KIND_TEXT, 128, false, "`signature` must be base64"},
};

static const struct yg_wire_field payload_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be an id"},
	{"number", YG_WIRE_KIND_PLACE, 0, false, "`number` must be an integer from 1"},
	{"kind", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`kind` must be a word"},
	{"time", YG_WIRE_KIND_TIME, 0, true, "`time` must be a time with its zone"},
	{"body", YG_WIRE_KIND_OBJECT, 0, false, "`body` must be an object"},
};

static const struct yg_wire_field ack_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be the id from the enrolment"},
	{"number", YG_WIRE_KIND_PLACE, 0, false, "`number` must be an integer from 1"},
	{"status", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`status` must be a word"},
	{"detail", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, true, "`detail` must be a short text"},
};

/* ---- writing ---- */

int yg_wire_down_payload(const struct yg_wire_down *down, struct yg_buf *to)
{
	yg_buf_addf(to, "{\"v\":1,\"sensor\":\"%s\",\"number\":%llu,\"kind\":", down->sensor,
		    (unsigned long long)down->number);
	yg_buf_add_json(to, yg_bytes_str(down->kind));
	yg_wire_add_time(to, "time", down->time_ns);
	yg_buf_add_str(to, ",\"body\":");
	yg_buf_add(to, down->body);
	yg_buf_add_byte(to, '}');
	return yg_buf_error(to);
}

int yg_wire_down_seal(struct yg_bytes payload, const uint8_t signature[YG_SIGN_BYTES],
		      struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"payload\":\"");
	yg_base64_add(to, payload);
	yg_buf_add_str(to, "\",\"signature\":\"");
	yg_base64_add(to, (struct yg_bytes){signature, YG_SIGN_BYTES});
	yg_buf_add_str(to, "\"}");
	return yg_buf_error(to);
}

int yg_wire_down_write(const struct yg_wire_down *down, const uint8_t seed[YG_SIGN_SEED_BYTES],
		       struct yg_buf *to)
{
	uint8_t signature[YG_SIGN_BYTES];
	struct yg_buf signed_text;
	int rc;

	yg_buf_init(&signed_text, YG_WIRE_PAYLOAD_MAX + sizeof(CONTEXT));
	yg_buf_add_str(&signed_text, CONTEXT);
	rc = yg_wire_down_payload(down, &signed_text);
	if (rc == YG_OK) {
		yg_sign(seed, yg_buf_bytes(&signed_text), signature);
		rc = yg_wire_down_seal(
			yg_bytes_from(yg_buf_bytes(&signed_text), sizeof(CONTEXT) - 1), signature,
			to);
	}
	yg_buf_done(&signed_text);
	return rc;
}

void yg_wire_down_ack_write(const struct yg_wire_down_ack *ack, struct yg_buf *to)
{
	yg_buf_addf(to, "{\"v\":1,\"sensor\":\"%s\",\"number\":%llu,\"status\":\"%s\",\"detail\":",
		    ack->sensor, (unsigned long long)ack->number,
		    ack->is_applied ? "applied" : "refused");
	yg_buf_add_json(to, yg_bytes_str(ack->detail));
	yg_buf_add_byte(to, '}');
}

/* ---- reading ---- */

/*
 * The payload of @envelope, behind the context, to @to; *ret_size without it. Nothing of it is
 * looked at before the signature was.
 */
static int open_envelope(const json_t *envelope, const uint8_t key[YG_SIGN_PUBLIC_BYTES],
			 uint8_t *to, size_t *ret_size, struct yg_wire_fault *reterr)
{
	const size_t before = sizeof(CONTEXT) - 1;
	uint8_t signature[YG_SIGN_BYTES];
	size_t size = 0;
	int rc = yg_wire_fields_check(envelope, envelope_fields, COUNT(envelope_fields),
				      YG_WIRE_REQUEST, reterr);

	if (rc != YG_OK)
		return rc;
	memcpy(to, CONTEXT, before);
	if (!yg_base64_read(yg_json_text(envelope, "signature"), signature, sizeof(signature),
			    &size) ||
	    size != sizeof(signature) ||
	    !yg_base64_read(yg_json_text(envelope, "payload"), to + before, YG_WIRE_PAYLOAD_MAX,
			    ret_size) ||
	    !yg_sign_is_valid(key, (struct yg_bytes){to, before + *ret_size}, signature))
		return yg_wire_fault_set(reterr, YG_EDIGEST, YG_WIRE_REQUEST,
					 "a message of the hub without its signature", 0);
	return YG_OK;
}

static int hand_on(const json_t *payload, const char *sensor, yg_wire_down_fn fn, void *arg,
		   struct yg_wire_fault *reterr)
{
	struct yg_wire_down down = {.number = yg_wire_number(payload, "number"),
				    .time_ns = yg_wire_time(payload, "time")};
	struct yg_buf body;
	int rc;

	yg_wire_text(payload, "sensor", down.sensor, sizeof(down.sensor));
	yg_wire_text(payload, "kind", down.kind, sizeof(down.kind));
	if (strcmp(down.sensor, sensor) != 0)
		return yg_wire_fault_set(reterr, YG_EDIGEST, YG_WIRE_OTHER_SENSOR,
					 "a message of the hub for another sensor", 0);
	yg_buf_init(&body, YG_WIRE_PAYLOAD_MAX);
	rc = yg_json_canonical(json_object_get(payload, "body"), &body);
	if (rc != YG_OK) {
		(void)yg_wire_fault_set(reterr, rc, YG_WIRE_REQUEST,
					"`body` has numbers that are no integers", 0);
	} else {
		down.body = yg_buf_bytes(&body);
		rc = fn(arg, &down);
	}
	yg_buf_done(&body);
	return rc;
}

static int read_one(const json_t *envelope, const char *sensor,
		    const uint8_t key[YG_SIGN_PUBLIC_BYTES], yg_wire_down_fn fn, void *arg,
		    struct yg_wire_fault *reterr)
{
	uint8_t *mem = yg_malloc(YG_WIRE_PAYLOAD_MAX + sizeof(CONTEXT));
	json_t *payload = NULL;
	size_t size = 0;
	int rc;

	if (!mem)
		return yg_wire_fault_set(reterr, YG_ENOMEM, YG_WIRE_BUSY, NULL, 0);
	rc = open_envelope(envelope, key, mem, &size, reterr);
	if (rc == YG_OK)
		rc = yg_wire_object_read((struct yg_bytes){mem + sizeof(CONTEXT) - 1, size},
					 YG_WIRE_PAYLOAD_MAX, payload_fields, COUNT(payload_fields),
					 YG_WIRE_REQUEST, &payload, reterr);
	if (rc == YG_OK)
		rc = hand_on(payload, sensor, fn, arg, reterr);
	json_decref(payload);
	free(mem);
	return rc;
}

int yg_wire_down_read(struct yg_bytes text, const char *sensor,
		      const uint8_t key[YG_SIGN_PUBLIC_BYTES], yg_wire_down_fn fn, void *arg,
		      struct yg_wire_fault *reterr)
{
	json_t *answer = NULL;
	const json_t *messages;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, answer_fields, COUNT(answer_fields),
				     YG_WIRE_REQUEST, &answer, reterr);

	if (rc != YG_OK)
		return rc;
	messages = json_object_get(answer, "messages");
	for (size_t i = 0; i < json_array_size(messages) && rc == YG_OK; i++)
		rc = read_one(json_array_get(messages, i), sensor, key, fn, arg, reterr);
	json_decref(answer);
	return rc;
}

int yg_wire_down_ack_read(struct yg_bytes text, struct yg_wire_down_ack *ret,
			  struct yg_wire_fault *reterr)
{
	json_t *object = NULL;
	struct yg_bytes status;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, ack_fields, COUNT(ack_fields),
				     YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	*ret = (struct yg_wire_down_ack){.number = yg_wire_number(object, "number")};
	yg_wire_text(object, "sensor", ret->sensor, sizeof(ret->sensor));
	yg_wire_text(object, "detail", ret->detail, sizeof(ret->detail));
	status = yg_json_text(object, "status");
	ret->is_applied = yg_bytes_eq(status, YG_S("applied"));
	if (!ret->is_applied && !yg_bytes_eq(status, YG_S("refused")))
		rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
				       "`status` must be applied or refused", 0);
	json_decref(object);
	return rc;
}
