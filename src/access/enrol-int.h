/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access/enrol-int.h - documents of the hub's register: what enrol.c and downlink.c share.
 */
#pragma once

#include <jansson.h>

#include "access/enrol.h"

struct yg_enrol {
	struct yg_control *store;
	struct yg_clock clock;
	char *actor;
	yg_enrol_change_fn note; /* NULL: nobody asks */
	void *note_arg;
	struct yg_enrol_seen *seen; /* by number of change; NULL: nothing is remembered */
};

/* Around the puts of one change: with somebody to tell, it and what he writes are one transaction.
 */
YG_MUST_USE int yg_enrol_begin(struct yg_enrol *enrol);
YG_MUST_USE int yg_enrol_finish(struct yg_enrol *enrol, int rc, const char *action, const char *org,
				const char *object);

/* *ret owned (json_decref); @ret_revision may be NULL. YG_ENOENT, YG_EFORMAT, YG_ENOMEM, … */
YG_MUST_USE int yg_enrol_get(struct yg_enrol *enrol, const char *kind, const char *key,
			     json_t **ret, uint32_t *ret_revision);
/* Takes @take_body; NULL (no memory) gives YG_ENOMEM. As yg_control_put. */
YG_MUST_USE int yg_enrol_put(struct yg_enrol *enrol, const char *kind, const char *key,
			     json_t *take_body, uint32_t expected);
YG_MUST_USE int yg_enrol_list(struct yg_enrol *enrol, const struct yg_doc_filter *filter,
			      yg_doc_fn fn, void *arg);

/* The sensor called "ID" or "ORG/ID". */
YG_MUST_USE int yg_enrol_sensor_find(struct yg_enrol *enrol, const char *name,
				     struct yg_enrol_sensor *ret);

/* In a transaction: the queue of @id holds nothing more (it was revoked). */
YG_MUST_USE int yg_enrol_down_forget(struct yg_enrol *enrol, const char *id);

/* As yg_enrol_put; the document holds @shared (NULL: nothing). */
YG_MUST_USE int yg_enrol_put_holding(struct yg_enrol *enrol, const char *kind, const char *key,
				     json_t *take_body, uint32_t expected,
				     const struct yg_shared *shared);

int64_t yg_enrol_now(const struct yg_enrol *enrol);
