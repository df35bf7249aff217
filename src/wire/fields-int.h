/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/fields-int.h - what an object of the other side must have: a table, checked before anything
 * is taken from it. Inside wire/.
 */
#pragma once

#include "base/json.h"
#include "wire/refuse.h"

enum yg_wire_kind {
	YG_WIRE_KIND_TEXT,  /* at most @max bytes */
	YG_WIRE_KIND_ID,    /* yg_wire_is_id */
	YG_WIRE_KIND_YES,   /* true or false */
	YG_WIRE_KIND_COUNT, /* an integer, 0 to @max */
	YG_WIRE_KIND_PLACE, /* an integer, 1 to YG_WIRE_NUMBER_MAX */
	YG_WIRE_KIND_TIME,  /* ISO 8601 with its zone, or null */
	YG_WIRE_KIND_LIST,  /* at most @max items */
	YG_WIRE_KIND_OBJECT,
};

struct yg_wire_field {
	const char *name;
	enum yg_wire_kind kind;
	uint64_t max;
	bool is_optional; /* may be absent or null */
	const char *msg;  /* static: what is wrong when it is */
};

/*
 * Read @text as one JSON object of version 1 that has @fields; other members are passed over.
 * *ret owned by the caller. YG_OK, or YG_EFORMAT, YG_ELIMIT, YG_ENOMEM with @reterr filled
 * (@refusal, or YG_WIRE_VERSION).
 */
YG_MUST_USE int yg_wire_object_read(struct yg_bytes text, size_t bytes_max,
				    const struct yg_wire_field *fields, size_t count,
				    enum yg_wire_refusal refusal, json_t **ret,
				    struct yg_wire_fault *reterr);

/* The same for an object inside of one; the version is not asked. */
YG_MUST_USE int yg_wire_fields_check(const json_t *object, const struct yg_wire_field *fields,
				     size_t count, enum yg_wire_refusal refusal,
				     struct yg_wire_fault *reterr);

/* What was checked: a number, a time (YG_TIME_NONE: null), a text copied to @to. */
uint64_t yg_wire_number(const json_t *object, const char *key);
int64_t yg_wire_time(const json_t *object, const char *key);
void yg_wire_text(const json_t *object, const char *key, char *to, size_t room);

/* Add ,"key":"ISO" or ,"key":null. */
void yg_wire_add_time(struct yg_buf *to, const char *key, int64_t time_ns);
