/* SPDX-License-Identifier: Apache-2.0 */
#define YG_BAN_ALLOW_MALLOC /* jansson.h mentions the names; memory comes from base/alloc.h */
#include "wire/message.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "wire/fields-int.h"

#include "base/ban.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

typedef unsigned long long ull;

static void add_text(struct yg_buf *to, const char *key, const char *text)
{
	yg_buf_addf(to, ",\"%s\":", key);
	yg_buf_add_json(to, yg_bytes_str(text));
}

static void add_number(struct yg_buf *to, const char *key, uint64_t number)
{
	yg_buf_addf(to, ",\"%s\":%llu", key, (ull)number);
}

/* ---- heartbeat ---- */

static const struct yg_wire_field heartbeat_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be the id from the enrolment"},
	{"version", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, true, "`version` must be a short text"},
	{"time", YG_WIRE_KIND_TIME, 0, false, "`time` must be a time with its zone"},
	{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},
	{"last", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`last` must be an integer"},
	{"acked", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`acked` must be an integer"},
	{"spool_bytes", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`spool_bytes` must be an integer"},
	{"spool_bytes_max", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`spool_bytes_max` must be an integer"},
	{"dropped", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true, "`dropped` must be an integer"},
	{"archive", YG_WIRE_KIND_OBJECT, 0, true, "`archive` must be an object or null"},
	{"ledger", YG_WIRE_KIND_OBJECT, 0, true, "`ledger` must be an object"},
	{"policy", YG_WIRE_KIND_OBJECT, 0, true, "`policy` must be an object"},
	{"detection", YG_WIRE_KIND_OBJECT, 0, true, "`detection` must be an object"},
	{"sources", YG_WIRE_KIND_LIST, YG_WIRE_SOURCES_MAX, false,
	 "`sources` must be a list of at most 256"},
};

static const struct yg_wire_field ledger_fields[] = {
	{"entries", YG_WIRE_KIND_PLACE, 0, false, "`entries` must be an integer from 1"},
	{"head", YG_WIRE_KIND_TEXT, YG_SHA256_HEX, false, "`head` must be 64 hex digits"},
};

static const struct yg_wire_field source_fields[] = {
	{"name", YG_WIRE_KIND_TEXT, YG_WIRE_NAME_MAX, false, "`name` of a source must be a text"},
	{"kind", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`kind` of a source must be a word"},
	{"position", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`position` of a source must be an integer"},
	{"lag", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`lag` of a source must be an integer"},
	{"records", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`records` of a source must be an integer"},
	{"errors", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`errors` of a source must be an integer"},
	{"held", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, true,
	 "`held` of a source must be an integer"},
	{"read", YG_WIRE_KIND_TIME, 0, true, "`read` of a source must be a time with its zone"},
	{"error", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, true,
	 "`error` of a source must be a short text"},
};

static void add_source(const struct yg_wire_source *source, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"name\":");
	yg_buf_add_json(to, yg_bytes_str(source->name));
	add_text(to, "kind", source->kind);
	add_number(to, "position", source->position);
	add_number(to, "lag", source->lag);
	add_number(to, "records", source->records);
	add_number(to, "errors", source->errors);
	if (source->held > 0)
		add_number(to, "held", source->held);
	yg_wire_add_time(to, "read", source->read_ns);
	if (source->error[0])
		add_text(to, "error", source->error);
	yg_buf_add_byte(to, '}');
}

void yg_wire_heartbeat_write(const struct yg_wire_heartbeat *heartbeat, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"v\":1");
	add_text(to, "sensor", heartbeat->sensor);
	add_text(to, "version", heartbeat->version);
	yg_wire_add_time(to, "time", heartbeat->time_ns);
	add_number(to, "epoch", heartbeat->epoch);
	add_number(to, "last", heartbeat->last);
	add_number(to, "acked", heartbeat->acked);
	add_number(to, "spool_bytes", heartbeat->spool_bytes);
	add_number(to, "spool_bytes_max", heartbeat->spool_bytes_max);
	add_number(to, "dropped", heartbeat->dropped);
	yg_buf_add_str(to, ",\"archive\":");
	yg_wire_range_write(&heartbeat->archive, to);
	if (heartbeat->ledger_entries > 0) {
		char hex[YG_SHA256_HEX + 1];

		yg_hex((struct yg_bytes){heartbeat->ledger_head, YG_SHA256_BYTES}, hex);
		yg_buf_addf(to, ",\"ledger\":{\"entries\":%llu,\"head\":\"%s\"}",
			    (ull)heartbeat->ledger_entries, hex);
	}
	if (heartbeat->policy[0])
		yg_buf_addf(to, ",\"policy\":%s", heartbeat->policy);
	if (heartbeat->detection[0])
		yg_buf_addf(to, ",\"detection\":%s", heartbeat->detection);
	yg_buf_add_str(to, ",\"sources\":[");
	for (uint32_t i = 0; i < heartbeat->source_count; i++) {
		if (i > 0)
			yg_buf_add_byte(to, ',');
		add_source(&heartbeat->sources[i], to);
	}
	yg_buf_add_str(to, "]}");
}

static int read_source(const json_t *object, struct yg_wire_source *ret,
		       struct yg_wire_fault *reterr)
{
	int rc = yg_wire_fields_check(object, source_fields, COUNT(source_fields), YG_WIRE_REQUEST,
				      reterr);

	if (rc != YG_OK)
		return rc;
	yg_wire_text(object, "name", ret->name, sizeof(ret->name));
	yg_wire_text(object, "kind", ret->kind, sizeof(ret->kind));
	yg_wire_text(object, "error", ret->error, sizeof(ret->error));
	ret->position = yg_wire_number(object, "position");
	ret->lag = yg_wire_number(object, "lag");
	ret->records = yg_wire_number(object, "records");
	ret->errors = yg_wire_number(object, "errors");
	ret->held = yg_wire_number(object, "held");
	ret->read_ns = yg_wire_time(object, "read");
	return YG_OK;
}

/* An object that is kept as text, canonical; @why: what it must be. */
static int read_object(const json_t *object, char *to, size_t room, const char *why,
		       struct yg_wire_fault *reterr)
{
	struct yg_buf text;
	int rc;

	if (!json_is_object(object))
		return YG_OK;
	yg_buf_init(&text, room);
	rc = yg_json_canonical(object, &text);
	if (rc == YG_OK)
		memcpy(to, text.data, text.size);
	else
		(void)yg_wire_fault_set(reterr, rc, YG_WIRE_REQUEST, why, 0);
	yg_buf_done(&text);
	return rc;
}

/* What it tells of its ledger, its policy and its own detection, where it does. */
static int read_told(const json_t *object, struct yg_wire_heartbeat *ret,
		     struct yg_wire_fault *reterr)
{
	const json_t *ledger = json_object_get(object, "ledger");
	int rc = YG_OK;

	if (json_is_object(ledger)) {
		rc = yg_wire_fields_check(ledger, ledger_fields, COUNT(ledger_fields),
					  YG_WIRE_REQUEST, reterr);
		if (rc != YG_OK)
			return rc;
		ret->ledger_entries = yg_wire_number(ledger, "entries");
		if (!yg_hex_read(yg_json_text(ledger, "head"), ret->ledger_head, YG_SHA256_BYTES))
			return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
						 "`head` must be 64 hex digits", 0);
	}
	rc = read_object(json_object_get(object, "policy"), ret->policy, YG_WIRE_TOLD_MAX,
			 "`policy` must be at most 4096 bytes, without fractions", reterr);
	if (rc != YG_OK)
		return rc;
	return read_object(json_object_get(object, "detection"), ret->detection,
			   YG_WIRE_DETECTION_MAX,
			   "`detection` must be at most 1024 bytes, without fractions", reterr);
}

int yg_wire_heartbeat_read(struct yg_bytes text, struct yg_wire_heartbeat *ret,
			   struct yg_wire_fault *reterr)
{
	struct yg_wire_heartbeat heartbeat = {0};
	json_t *object = NULL;
	const json_t *sources;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, heartbeat_fields,
				     COUNT(heartbeat_fields), YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	sources = json_object_get(object, "sources");
	heartbeat.source_count = (uint32_t)json_array_size(sources);
	heartbeat.sources = yg_calloc(heartbeat.source_count + 1u, sizeof(*heartbeat.sources));
	if (!heartbeat.sources)
		rc = yg_wire_fault_set(reterr, YG_ENOMEM, YG_WIRE_BUSY, NULL, 0);
	if (rc == YG_OK)
		rc = read_told(object, &heartbeat, reterr);
	for (uint32_t i = 0; i < heartbeat.source_count && rc == YG_OK; i++)
		rc = read_source(json_array_get(sources, i), &heartbeat.sources[i], reterr);
	yg_wire_text(object, "sensor", heartbeat.sensor, sizeof(heartbeat.sensor));
	yg_wire_text(object, "version", heartbeat.version, sizeof(heartbeat.version));
	heartbeat.time_ns = yg_wire_time(object, "time");
	heartbeat.epoch = yg_wire_number(object, "epoch");
	heartbeat.last = yg_wire_number(object, "last");
	heartbeat.acked = yg_wire_number(object, "acked");
	heartbeat.spool_bytes = yg_wire_number(object, "spool_bytes");
	heartbeat.spool_bytes_max = yg_wire_number(object, "spool_bytes_max");
	heartbeat.dropped = yg_wire_number(object, "dropped");
	if (rc == YG_OK)
		rc = yg_wire_range_read(json_object_get(object, "archive"), &heartbeat.archive,
					reterr);
	json_decref(object);
	if (rc != YG_OK) {
		free(heartbeat.sources);
		return rc;
	}
	*ret = heartbeat;
	return YG_OK;
}

/* ---- drop record ---- */

static const struct yg_wire_field drop_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be the id from the enrolment"},
	{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},
	{"first", YG_WIRE_KIND_PLACE, 0, false, "`first` must be an integer from 1"},
	{"last", YG_WIRE_KIND_PLACE, 0, false, "`last` must be an integer from 1"},
	{"records", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`records` must be an integer"},
	{"from", YG_WIRE_KIND_TIME, 0, true, "`from` must be a time with its zone, or null"},
	{"to", YG_WIRE_KIND_TIME, 0, true, "`to` must be a time with its zone, or null"},
	{"time", YG_WIRE_KIND_TIME, 0, true, "`time` must be a time with its zone"},
	{"reason", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, false, "`reason` must be a short text"},
};

void yg_wire_drop_write(const struct yg_wire_drop *drop, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"v\":1");
	add_text(to, "sensor", drop->sensor);
	add_number(to, "epoch", drop->epoch);
	add_number(to, "first", drop->first);
	add_number(to, "last", drop->last);
	add_number(to, "records", drop->records);
	yg_wire_add_time(to, "from", drop->first_ns);
	yg_wire_add_time(to, "to", drop->last_ns);
	yg_wire_add_time(to, "time", drop->time_ns);
	add_text(to, "reason", drop->reason);
	yg_buf_add_byte(to, '}');
}

int yg_wire_drop_read(struct yg_bytes text, struct yg_wire_drop *ret, struct yg_wire_fault *reterr)
{
	struct yg_wire_drop drop = {0};
	json_t *object = NULL;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, drop_fields, COUNT(drop_fields),
				     YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	yg_wire_text(object, "sensor", drop.sensor, sizeof(drop.sensor));
	yg_wire_text(object, "reason", drop.reason, sizeof(drop.reason));
	drop.epoch = yg_wire_number(object, "epoch");
	drop.first = yg_wire_number(object, "first");
	drop.last = yg_wire_number(object, "last");
	drop.records = yg_wire_number(object, "records");
	drop.first_ns = yg_wire_time(object, "from");
	drop.last_ns = yg_wire_time(object, "to");
	drop.time_ns = yg_wire_time(object, "time");
	json_decref(object);
	if (drop.first > drop.last)
		return yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
					 "`first` stands behind `last`", 0);
	*ret = drop;
	return YG_OK;
}

/* ---- receipt ---- */

static const struct yg_wire_field receipt_fields[] = {
	{"epoch", YG_WIRE_KIND_PLACE, 0, false, "`epoch` must be an integer from 1"},
	{"sequence", YG_WIRE_KIND_COUNT, YG_WIRE_NUMBER_MAX, false, "`sequence` must be a number"},
	{"status", YG_WIRE_KIND_TEXT, YG_WIRE_KIND_MAX, false, "`status` must be a word"},
	{"next", YG_WIRE_KIND_PLACE, 0, false, "`next` must be an integer from 1"},
	{"time", YG_WIRE_KIND_TIME, 0, true, "`time` must be a time with its zone"},
	{"signature", YG_WIRE_KIND_TEXT, 128, true, "`signature` must be base64"},
	{"takes", YG_WIRE_KIND_YES, 0, true, "`takes` must be true or false"},
};

void yg_wire_receipt_write(const struct yg_wire_receipt *receipt, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"v\":1");
	add_number(to, "epoch", receipt->epoch);
	add_number(to, "sequence", receipt->sequence);
	add_text(to, "status", receipt->is_already ? "already" : "kept");
	add_number(to, "next", receipt->next);
	yg_wire_add_time(to, "time", receipt->time_ns);
	if (receipt->takes_none)
		yg_buf_add_str(to, ",\"takes\":false");
	if (receipt->is_signed) {
		yg_buf_add_str(to, ",\"signature\":\"");
		yg_base64_add(to, (struct yg_bytes){receipt->signature, YG_SIGN_BYTES});
		yg_buf_add_byte(to, '"');
	}
	yg_buf_add_byte(to, '}');
}

int yg_wire_receipt_read(struct yg_bytes text, struct yg_wire_receipt *ret,
			 struct yg_wire_fault *reterr)
{
	json_t *object = NULL;
	struct yg_bytes status;
	struct yg_bytes signature;
	size_t size = 0;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, receipt_fields,
				     COUNT(receipt_fields), YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	status = yg_json_text(object, "status");
	if (yg_bytes_eq(status, YG_S("kept")) || yg_bytes_eq(status, YG_S("already")))
		*ret = (struct yg_wire_receipt){
			.epoch = yg_wire_number(object, "epoch"),
			.sequence = yg_wire_number(object, "sequence"),
			.is_already = yg_bytes_eq(status, YG_S("already")),
			.next = yg_wire_number(object, "next"),
			.time_ns = yg_wire_time(object, "time"),
			.takes_none = json_is_false(json_object_get(object, "takes")),
		};
	else
		rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
				       "`status` must be kept or already", 0);
	signature = yg_json_text(object, "signature");
	if (rc == YG_OK && signature.size > 0) {
		ret->is_signed = yg_base64_read(signature, ret->signature, YG_SIGN_BYTES, &size) &&
				 size == YG_SIGN_BYTES;
		if (!ret->is_signed)
			rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
					       "`signature` must be 64 bytes in base64", 0);
	}
	json_decref(object);
	return rc;
}

/* ---- enrolment ---- */

static const struct yg_wire_field enrol_fields[] = {
	{"token", YG_WIRE_KIND_TEXT, YG_WIRE_TOKEN_MAX, false, "`token` must be a text"},
	{"csr", YG_WIRE_KIND_TEXT, YG_WIRE_PEM_MAX, false, "`csr` must be a request in PEM"},
	{"host", YG_WIRE_KIND_TEXT, YG_WIRE_WORDS_MAX, true, "`host` must be a short text"},
};

static const struct yg_wire_field enrolled_fields[] = {
	{"sensor", YG_WIRE_KIND_ID, 0, false, "`sensor` must be an id"},
	{"organisation", YG_WIRE_KIND_ID, 0, false, "`organisation` must be an id"},
	{"certificate", YG_WIRE_KIND_TEXT, YG_WIRE_PEM_MAX, false, "`certificate` must be PEM"},
	{"ca", YG_WIRE_KIND_TEXT, YG_WIRE_PEM_MAX, false, "`ca` must be PEM"},
	{"downlink_key", YG_WIRE_KIND_TEXT, 64, false, "`downlink_key` must be base64"},
};

/* Texts move with the buffer while it grows, so it gets its room at once. */
static struct yg_bytes keep(struct yg_buf *mem, const json_t *object, const char *key)
{
	struct yg_bytes text = yg_json_text(object, key);
	size_t at = mem->size;

	yg_buf_add(mem, text);
	return yg_bytes_from(yg_buf_bytes(mem), at);
}

int yg_wire_enrol_write(const struct yg_wire_enrol *enrol, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"v\":1,\"token\":");
	yg_buf_add_json(to, enrol->token);
	yg_buf_add_str(to, ",\"csr\":");
	yg_buf_add_json(to, enrol->csr);
	yg_buf_add_str(to, ",\"host\":");
	yg_buf_add_json(to, enrol->host);
	yg_buf_add_byte(to, '}');
	return yg_buf_error(to);
}

int yg_wire_enrol_read(struct yg_bytes text, struct yg_buf *mem, struct yg_wire_enrol *ret,
		       struct yg_wire_fault *reterr)
{
	json_t *object = NULL;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, enrol_fields, COUNT(enrol_fields),
				     YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	yg_buf_reset(mem);
	(void)yg_buf_reserve(mem, YG_WIRE_TOKEN_MAX + YG_WIRE_PEM_MAX + YG_WIRE_WORDS_MAX);
	*ret = (struct yg_wire_enrol){
		.token = keep(mem, object, "token"),
		.csr = keep(mem, object, "csr"),
		.host = keep(mem, object, "host"),
	};
	json_decref(object);
	return yg_buf_error(mem) ? yg_wire_fault_set(reterr, YG_ENOMEM, YG_WIRE_BUSY, NULL, 0)
				 : YG_OK;
}

int yg_wire_enrolled_write(const struct yg_wire_enrolled *enrolled, struct yg_buf *to)
{
	yg_buf_add_str(to, "{\"v\":1");
	add_text(to, "sensor", enrolled->sensor);
	add_text(to, "organisation", enrolled->organisation);
	yg_buf_add_str(to, ",\"certificate\":");
	yg_buf_add_json(to, enrolled->certificate);
	yg_buf_add_str(to, ",\"ca\":");
	yg_buf_add_json(to, enrolled->ca);
	yg_buf_add_str(to, ",\"downlink_key\":\"");
	yg_base64_add(to, (struct yg_bytes){enrolled->key, sizeof(enrolled->key)});
	yg_buf_add_str(to, "\"}");
	return yg_buf_error(to);
}

int yg_wire_enrolled_read(struct yg_bytes text, struct yg_buf *mem, struct yg_wire_enrolled *ret,
			  struct yg_wire_fault *reterr)
{
	json_t *object = NULL;
	size_t size = 0;
	int rc = yg_wire_object_read(text, YG_WIRE_MESSAGE_MAX, enrolled_fields,
				     COUNT(enrolled_fields), YG_WIRE_REQUEST, &object, reterr);

	if (rc != YG_OK)
		return rc;
	*ret = (struct yg_wire_enrolled){0};
	yg_buf_reset(mem);
	(void)yg_buf_reserve(mem, 2 * YG_WIRE_PEM_MAX);
	yg_wire_text(object, "sensor", ret->sensor, sizeof(ret->sensor));
	yg_wire_text(object, "organisation", ret->organisation, sizeof(ret->organisation));
	ret->certificate = keep(mem, object, "certificate");
	ret->ca = keep(mem, object, "ca");
	if (!yg_base64_read(yg_json_text(object, "downlink_key"), ret->key, sizeof(ret->key),
			    &size) ||
	    size != sizeof(ret->key))
		rc = yg_wire_fault_set(reterr, YG_EFORMAT, YG_WIRE_REQUEST,
				       "`downlink_key` must be 32 bytes in base64", 0);
	else if (yg_buf_error(mem))
		rc = yg_wire_fault_set(reterr, YG_ENOMEM, YG_WIRE_BUSY, NULL, 0);
	json_decref(object);
	return rc;
}
